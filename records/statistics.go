package records

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// What is read for statistics at most, whatever another side has written: the
// latest of each. All sides leave out the same.
const (
	dispatchesCounted = 250_000
	callsCounted      = 50_000
	watchesCounted    = 50_000
	actsCounted       = 20_000 // suspensions, attempts by other means, tenders, and read-backs
)

// ErrMonths is the answer to months that cannot be counted.
var ErrMonths = errors.New("no such months")

// Statistics are figures of months, of the settled record alone.
type Statistics struct {
	Months     []string
	Channel    string // of which they are; empty: of all
	Until      int64  // what is counted was written, and is judged, up to this moment of the joint order, milliseconds; 0 if nothing is settled
	Settled    Digest // what that is
	NotCounted int64  // entries after it
	Figures    []office.Figures
	Cut        bool // there was more than is counted: the first months lack something
}

// Whole reports whether the record is settled to the end of a month.
func (s *Statistics) Whole(month string) bool {
	_, end := office.MonthOf(month, 0)
	return s.Until >= end
}

// Statistics counts from one month to another, of UTC, such as "2018-09"; one that
// is empty is chosen: the last that something is settled in, and eleven before it
// as far as the record goes. ErrMonths if they are none, or too many.
func (r *Records) Statistics(ctx context.Context, from, to, channel string) (s Statistics, err error) {
	err = r.view(ctx, "count for statistics", func(tx *sqldb.Tx, cur *cursor) error {
		s.Channel = channel
		row, err := readOffice(ctx, tx)
		if err != nil {
			return err
		}
		placed, _, err := lastPlaced(ctx, tx)
		if err != nil {
			return err
		}
		s.Settled.Count, s.NotCounted = cur.settled, placed-cur.settled
		if s.Settled.Hash, _, err = digestAt(ctx, tx, cur.settled); err != nil {
			return err
		}
		first := int64(0)
		if cur.settled > 0 {
			s.Until = cur.line
			if err := tx.QueryRow(ctx, "SELECT time FROM placed WHERE pos = 1").Scan(&first); err != nil {
				return err
			}
		}
		if to == "" {
			to = max(office.UTCMonth(s.Until), from)
		}
		if from == "" {
			from = min(to, max(office.MonthAfter(to, -11), office.UTCMonth(first)))
		}
		months, ok := office.Months(from, to)
		if !ok {
			return fmt.Errorf("%w: %q to %q", ErrMonths, from, to)
		}
		s.Months = months
		c := counting{ctx: ctx, tx: tx, cursor: cur, channel: channel}
		c.begins, _ = office.MonthOf(months[0], 0)
		_, c.ends = office.MonthOf(months[len(months)-1], 0)
		schedules, calendars, err := readTimesTo(ctx, tx, c.begins, maxTime, cur.settled)
		if err != nil {
			return err
		}
		settled := func(id office.EntryID) bool { return id.Index < cur.counts[id.Side] }
		var clocks []office.Clock
		if row.Charter != nil && settled(row.Since) {
			clocks = row.Charter.Clocks
		}
		c.tally = office.NewTally(months, s.Until, settled, sortedSides(cur.counts), clocks, schedules, calendars)
		if err := errors.Join(c.dispatches(), c.checks(), c.watches(), c.suspensions(), c.attempts(), c.tenders()); err != nil {
			return err
		}
		s.Figures, s.Cut = c.tally.Figures(channel), c.cut
		return nil
	})
	return s, err
}

// maxTime is after every moment that an entry can name.
const maxTime = 1 << 53

// counting reads what is counted, with one query for each table.
type counting struct {
	ctx          context.Context
	tx           *sqldb.Tx
	cursor       *cursor
	tally        *office.Tally
	channel      string // empty: all
	begins, ends int64
	cut          bool
}

// places gives where in the joint order the months lie, up to what is settled.
func (c *counting) places() (from, until int64, err error) {
	if from, err = placeAt(c.ctx, c.tx, c.begins); err != nil {
		return 0, 0, err
	}
	until, err = placeAt(c.ctx, c.tx, c.ends)
	return from, min(until, c.cursor.settled+1), err
}

func (c *counting) dispatches() error {
	from, until, err := c.places()
	if err != nil {
		return err
	}
	forms, err := c.forms(from, until)
	if err != nil {
		return err
	}
	leads, err := c.leads(from, until, forms)
	if err != nil {
		return err
	}
	readbacks, err := c.readbacks(from)
	if err != nil {
		return err
	}
	rows, err := c.tx.Query(c.ctx, `
		SELECT d.side, d.channel, d.precedence, d.mark, d.formhash, d.readback, a.row, COALESCE(h.row, '')
		FROM dispatch d CROSS JOIN acknowledgement a
		LEFT JOIN placed p ON p.pos = d.pos AND (d.form <> '' OR d.readback > 0)
		LEFT JOIN handling h ON h.dispatch = p.side || '/' || p.idx
		WHERE a.pos = d.pos AND d.pos >= $1 AND d.pos < $2 AND (d.channel = $3 OR $4 = '')
		ORDER BY d.pos DESC LIMIT $5`, from, until, c.channel, c.channel, dispatchesCounted)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var side, channel, precedence, mark, hash string
		var readback int64
		var rawAcknowledged, rawHandling []byte
		if err := rows.Scan(&side, &channel, &precedence, &mark, &hash, &readback, &rawAcknowledged, &rawHandling); err != nil {
			return err
		}
		var a office.Acknowledgements
		var h office.Handling
		if err := json.Unmarshal(rawAcknowledged, &a); err != nil {
			return err
		}
		c.tally.Dispatch(channel, side, office.Precedence(precedence), mark == string(Real), &a)
		form := forms[hash]
		if mark != string(Real) || form == nil && readback == 0 {
			continue
		}
		if len(rawHandling) > 0 {
			if err := json.Unmarshal(rawHandling, &h); err != nil {
				return err
			}
		}
		if readback > 0 {
			c.tally.Readbacks(channel, office.Precedence(precedence), &a, &h, readbacks[a.Dispatch])
		}
		if form != nil {
			c.tally.Answers(channel, office.Precedence(precedence), form, leads[a.Dispatch], &a, &h)
			c.tally.Meeting(channel, side, form, &a, &h)
		}
	}
	c.cut = c.cut || n == dispatchesCounted
	return rows.Err()
}

// readbacks reads the settled read-backs from a place on, by their dispatches, each in
// the joint order.
func (c *counting) readbacks(from int64) (map[office.EntryID][]office.Readback, error) {
	list, err := scanRows[office.Readback](c.ctx, c.tx,
		"SELECT row FROM readback WHERE pos >= $1 AND pos <= $2 ORDER BY pos DESC LIMIT $3", from, c.cursor.settled, actsCounted)
	c.cut = c.cut || len(list) == actsCounted
	of := map[office.EntryID][]office.Readback{}
	slices.Reverse(list)
	for _, r := range list {
		of[r.Dispatch] = append(of[r.Dispatch], r)
	}
	return of, err
}

// forms reads the forms that dispatches bear, by their hashes.
func (c *counting) forms(from, until int64) (map[string]*office.Form, error) {
	list, err := scanRows[office.FormRow](c.ctx, c.tx, `
		SELECT row FROM form WHERE hash IN (SELECT formhash FROM dispatch WHERE form <> '' AND pos >= $1 AND pos < $2)`, from, until)
	forms := make(map[string]*office.Form, len(list))
	for i := range list {
		forms[list[i].Hash] = list[i].Form
	}
	return forms, err
}

// leads reads of each dispatch whose form says how long before a moment it is answered
// what that goes by.
func (c *counting) leads(from, until int64, forms map[string]*office.Form) (map[office.EntryID]*office.Filled, error) {
	of := map[office.EntryID]*office.Filled{}
	for _, hash := range slices.Sorted(maps.Keys(forms)) {
		form := forms[hash]
		if form.Ahead == nil {
			continue
		}
		rows, err := c.tx.Query(c.ctx, "SELECT row FROM dispatch WHERE form = $1 AND formhash = $2 AND pos >= $3 AND pos < $4 ORDER BY pos DESC LIMIT $5",
			form.Code, hash, from, until, dispatchesCounted)
		if err != nil {
			return nil, err
		}
		for rows.Next() && err == nil {
			var raw []byte
			var d office.Dispatch
			if err = errors.Join(rows.Scan(&raw), json.Unmarshal(raw, &d)); err == nil {
				of[d.ID] = form.LeadValues(d.Form)
			}
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return of, nil
}

func (c *counting) checks() error {
	calls, err := scanRows[office.LineCheck](c.ctx, c.tx, `
		SELECT row FROM linecheck WHERE due > 0 AND due >= $1 AND due < $2 AND pos <= $3 AND (channel = $4 OR $5 = '')
		ORDER BY due DESC, pos LIMIT $6`, c.begins, c.ends, c.cursor.settled, c.channel, c.channel, callsCounted)
	c.cut = c.cut || len(calls) == callsCounted
	on := map[string][]office.LineCheck{}
	for _, call := range calls {
		on[call.Channel] = append(on[call.Channel], call)
	}
	for _, id := range c.tally.CheckedChannels() {
		if c.channel == "" || c.channel == id {
			c.tally.Checks(id, on[id])
		}
	}
	return err
}

func (c *counting) watches() error {
	if c.channel != "" {
		return nil // they are of no channel
	}
	list, err := scanRows[office.Watch](c.ctx, c.tx,
		"SELECT row FROM watch WHERE ended > $1 AND began < $2 AND pos <= $3 ORDER BY pos DESC LIMIT $4", c.begins, c.ends, c.cursor.settled, watchesCounted)
	c.cut = c.cut || len(list) == watchesCounted
	for i := range list {
		c.tally.Watch(&list[i])
	}
	return err
}

func (c *counting) suspensions() error {
	list, err := scanRows[office.Suspension](c.ctx, c.tx, "SELECT row FROM suspension WHERE pos <= $1 ORDER BY pos DESC LIMIT $2", c.cursor.settled, actsCounted)
	c.cut = c.cut || len(list) == actsCounted
	for i := range list {
		c.tally.Suspension(&list[i], c.channel)
	}
	return err
}

func (c *counting) attempts() error {
	from, until, err := c.places()
	if err != nil {
		return err
	}
	list, err := scanRows[office.Attempt](c.ctx, c.tx, `
		SELECT row FROM attempt WHERE pos >= $1 AND pos < $2 AND (channel = $3 OR $4 = '')
		ORDER BY pos DESC LIMIT $5`, from, until, c.channel, c.channel, actsCounted)
	c.cut = c.cut || len(list) == actsCounted
	for i := range list {
		c.tally.Attempt(&list[i])
	}
	return err
}

func (c *counting) tenders() error {
	from, until, err := c.places()
	if err != nil {
		return err
	}
	list, err := scanRows[office.Tender](c.ctx, c.tx, `
		SELECT row FROM tender WHERE pos >= $1 AND pos < $2 AND (channel = $3 OR $4 = '')
		ORDER BY pos DESC LIMIT $5`, from, until, c.channel, c.channel, actsCounted)
	c.cut = c.cut || len(list) == actsCounted
	for i := range list {
		c.tally.Tender(&list[i])
	}
	return err
}
