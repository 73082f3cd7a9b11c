package records

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// MaxOpen is how many dispatches of one side and precedence are looked at that wait
// for something: those first in the joint order. A flood of one precedence hides
// nothing of another.
const MaxOpen = 100

// scanned is how many of all are looked through for them, the most urgent first.
const scanned = 10_000

// Question is what is waited for, with the dispatch or the tender that it is about.
type Question struct {
	office.Question
	Line   *DispatchLine  // without its text; nil if it is about a tender
	Tender *office.Tender // nil if it is about a dispatch
}

// Subject is the subject of what it is about.
func (q *Question) Subject() string {
	if q.Tender != nil {
		return q.Tender.Subject
	}
	return q.Line.Subject
}

// Awaited is all that our side waits for and is waited for, with what else the records
// say that it takes to explain a silence. It is not to be changed.
type Awaited struct {
	Office    office.OfficeRow
	Questions []Question      // the most urgent first
	More      bool            // of some side and precedence there are more than MaxOpen
	Unread    []*DispatchLine // that our side has not acknowledged and that are not withdrawn; not all, if there are More
	Distress  []string        // codes of the forms in force that are about lives at risk
	Calendars map[office.Side]office.Calendar
	Watches   bool                  // the rules in force know watches
	OnWatch   map[office.Side]bool  // has somebody on watch
	LeftAt    map[office.Side]int64 // when the last watch of a side ended, if it has nobody on watch
}

// awaited keeps what was found, since every page asks for it and it changes with
// entries alone.
type awaited struct {
	mu     sync.Mutex
	digest [32]byte // of the joint order that it was found in
	found  *Awaited
	since  int64 // it holds from this moment on, milliseconds: when the charter that waited has come into force
	until  int64 // and until this: when the one that waits does

	// waits are kept as long as nobody says other hours and the charter is the
	// same: a calendar can take long to reckon with.
	under string
	waits map[office.EntryID]office.Wait

	// open are all places that may wait for something, up to a place of the joint order
	// with a digest; nil if they were too many, or under another basis.
	open   []openPlace
	upTo   int64
	upToIs [sha256.Size]byte
	basis  string

	// dispatches are those that were looked at last, without their texts, by the
	// effect of the entry that released each: it alone puts that row, so that the row
	// is the same as long as the effect is.
	dispatches map[[sha256.Size]byte]office.Dispatch
}

// Awaited lists what our side waits for from others, and they from it, by the clocks
// of the charter that is in force at a moment.
func (r *Records) Awaited(ctx context.Context, now time.Time) (found *Awaited, err error) {
	at := now.UnixMilli()
	r.awaited.mu.Lock()
	defer r.awaited.mu.Unlock()
	err = r.view(ctx, "read what is waited for", func(tx *sqldb.Tx, _ *cursor) error {
		_, digest, err := lastPlaced(ctx, tx)
		if err != nil {
			return err
		}
		if r.awaited.found == nil || r.awaited.digest != digest || at < r.awaited.since || at >= r.awaited.until {
			if err := asWritten(ctx, tx); err != nil {
				return err
			}
			o, err := r.awaited.find(ctx, tx, r.config.Side, at)
			if err != nil {
				return err
			}
			r.awaited.found, r.awaited.digest = o, digest
		}
		found = r.awaited.found
		return nil
	})
	return found, err
}

// find finds it once more: of the dispatches it reads what has changed (places), of all
// else, which is little, everything.
func (k *awaited) find(ctx context.Context, tx *sqldb.Tx, own office.Side, at int64) (*Awaited, error) {
	o := &Awaited{Calendars: map[office.Side]office.Calendar{}, OnWatch: map[office.Side]bool{}, LeftAt: map[office.Side]int64{}}
	k.since, k.until = math.MinInt64, math.MaxInt64
	kept, err := readOffice(ctx, tx)
	row := kept.At(at)
	if o.Office = *row; err != nil || row.Charter == nil {
		return o, err
	}
	if row.Pending != nil {
		k.until = row.Pending.From
	} else if kept.Pending != nil {
		k.since = kept.Pending.From
	}
	o.Watches = row.Charter.Rules >= 3
	under := row.Hash
	for _, side := range row.Charter.Sides {
		hours, err := readHours(ctx, tx, side.ID)
		if err != nil {
			return nil, err
		}
		o.Calendars[side.ID] = office.NewCalendar(hours)
		for _, h := range hours {
			under += " " + h.ID.String()
		}
		if err := o.readWatch(ctx, tx, side.ID); err != nil {
			return nil, err
		}
	}
	if k.under != under {
		k.under, k.waits = under, nil
	}
	forms, err := o.readForms(ctx, tx)
	if err != nil {
		return nil, err
	}
	places, err := k.places(ctx, tx, o, forms.asking(), len(row.Charter.Sides))
	if err != nil {
		return nil, err
	}
	lines, err := k.readPlaces(ctx, tx, places)
	if err != nil {
		return nil, err
	}
	lines = slices.DeleteFunc(lines, func(line DispatchLine) bool { return !line.Concerns(own) })
	first := int64(math.MaxInt64)
	for i := range lines { // what is reckoned already needs no clock
		if wait, reckoned := k.waits[lines[i].ID]; !reckoned || wait.Disputes != lines[i].Handling.Disputes() {
			first = min(first, lines[i].At)
		}
	}
	clock, waits := office.NewJointClock(slices.Collect(maps.Values(o.Calendars)), first), map[office.EntryID]office.Wait{}
	for i := range lines {
		line := &lines[i]
		if _, withdrawn := line.Handling.Withdrawn(); !withdrawn && slices.Contains(line.Waiting, own) {
			o.Unread = append(o.Unread, line)
		}
		var form *office.Form
		if line.Form != nil {
			if form, err = forms.read(ctx, tx, line.Form.Hash); err != nil {
				return nil, err
			}
		}
		wait, reckoned := k.waits[line.ID]
		if len(line.Waiting) > 0 || line.Readback || form.AsksForAnswer() {
			if !reckoned {
				wait = row.Charter.Wait(&line.Dispatch, form, clock)
			}
			if !reckoned || wait.Disputes != line.Handling.Disputes() {
				row.Charter.WaitReadback(&wait, &line.Dispatch, &line.Handling, clock)
			}
			waits[line.ID] = wait
		}
		for _, q := range office.Questions(&line.Dispatch, line.Acknowledged, &line.Handling, form, wait) {
			if q.From == own || q.To == own {
				o.Questions = append(o.Questions, Question{q, line, nil})
			}
		}
	}
	k.waits = waits
	if err := o.readTenders(ctx, tx, own); err != nil {
		return nil, err
	}
	slices.SortFunc(o.Questions, func(a, b Question) int { return a.MoreUrgent(&b.Question) })
	return o, nil
}

// readTenders adds the tenders that are not accepted.
func (o *Awaited) readTenders(ctx context.Context, tx *sqldb.Tx, own office.Side) error {
	for side := range o.Calendars {
		for _, state := range []office.TenderState{office.TenderWaiting, office.TenderDeclined} {
			tenders, err := scanRows[office.Tender](ctx, tx, "SELECT row FROM tender WHERE state = $1 AND side = $2 ORDER BY pos LIMIT $3", string(state), side, MaxOpen+1)
			if err != nil {
				return err
			}
			o.More = o.More || len(tenders) > MaxOpen
			for i := range tenders[:min(len(tenders), MaxOpen)] {
				for _, q := range office.TenderQuestions(&tenders[i]) {
					if q.From == own || q.To == own {
						o.Questions = append(o.Questions, Question{q, nil, &tenders[i]})
					}
				}
			}
		}
	}
	return nil
}

// readWatch finds out whether a side has somebody on watch, and since when it has not.
func (o *Awaited) readWatch(ctx context.Context, tx *sqldb.Tx, side office.Side) error {
	on, err := count(ctx, tx, "SELECT COUNT(*) FROM watch WHERE side = $1 AND ended = $2", side, int64(notEnded))
	if err != nil {
		return err
	}
	if on > 0 {
		o.OnWatch[side] = true
		return nil
	}
	// Those that began last are enough: no more are on watch at once.
	watches, err := scanRows[office.Watch](ctx, tx, "SELECT row FROM watch WHERE side = $1 ORDER BY pos DESC LIMIT $2", side, office.MaxOnWatch+1)
	for _, w := range watches {
		if w.End != nil {
			o.LeftAt[side] = max(o.LeftAt[side], w.End.Time)
		}
	}
	return err
}

// formsRead are forms by their hashes.
type formsRead map[string]*office.Form

// readForms reads the forms that are or were in force.
func (o *Awaited) readForms(ctx context.Context, tx *sqldb.Tx) (formsRead, error) {
	rows, err := scanRows[office.FormRow](ctx, tx, "SELECT row FROM form WHERE state IN ($1, $2) ORDER BY hash LIMIT $3",
		office.FormInForce, office.FormSucceeded, scanned)
	forms := formsRead{}
	for i := range rows {
		row := &rows[i]
		if forms[row.Hash] = row.Form; row.AboutLives() {
			o.Distress = append(o.Distress, row.Form.Code)
		}
	}
	return forms, err
}

// read gives one form, also one that was put forward again; nil if there is none.
func (f formsRead) read(ctx context.Context, tx *sqldb.Tx, hash string) (*office.Form, error) {
	form, read := f[hash]
	if read {
		return form, nil
	}
	rows, err := scanRows[office.FormRow](ctx, tx, "SELECT row FROM form WHERE hash = $1", hash)
	if len(rows) > 0 {
		form = rows[0].Form
	}
	f[hash] = form
	return form, err
}

// asking are the codes of the forms that ask for an answer.
func (f formsRead) asking() []string {
	codes := map[string]bool{}
	for _, form := range f {
		if form.AsksForAnswer() {
			codes[form.Code] = true
		}
	}
	return slices.Sorted(maps.Keys(codes))
}

// openPlace is where a dispatch stands in the joint order, with the effect of the
// entry that released it, and what was said to it.
type openPlace struct {
	pos      int64
	group    placeGroup
	effect   [sha256.Size]byte
	said     office.Acknowledgements
	handling office.Handling
}

// read takes what was said from the rows.
func (p *openPlace) read(effect, said, handling []byte) (err error) {
	p.effect = [sha256.Size]byte(effect)
	if err = json.Unmarshal(said, &p.said); err == nil && len(handling) > 0 {
		err = json.Unmarshal(handling, &p.handling)
	}
	p.handling.Dispatch = p.said.Dispatch
	return err
}

// places lists where in the joint order the dispatches stand that may wait for
// something: not acknowledged; of a form that asks, and not answered; with an
// answer that was promised; or to be read back, and that not confirmed. What its own
// side has closed, and nobody has acknowledged, is among them for Unread alone. It
// asks only for those of which rows were put since it was asked last, if it can.
func (k *awaited) places(ctx context.Context, tx *sqldb.Tx, o *Awaited, codes []string, sides int) ([]openPlace, error) {
	placed, digest, err := lastPlaced(ctx, tx)
	if err != nil {
		return nil, err
	}
	basis := fmt.Sprint(sides, codes)
	changed, known, err := k.changed(ctx, tx, placed)
	if err != nil {
		return nil, err
	}
	var some places
	if known = known && k.basis == basis; known {
		for _, p := range k.open {
			if !slices.Contains(changed, p.pos) {
				some.add(p)
			}
		}
	}
	if !known || len(changed) > 0 {
		if err := some.read(ctx, tx, codes, sides, known, changed); err != nil {
			return nil, err
		}
		if known && some.more { // those that are kept are the first of all
			some = places{}
			if err := some.read(ctx, tx, codes, sides, false, nil); err != nil {
				return nil, err
			}
		}
	}
	if o.More = some.more; o.More {
		k.open = nil
	} else {
		k.open = append([]openPlace{}, some.list...)
	}
	k.upTo, k.upToIs, k.basis = placed, digest, basis
	return some.list, nil
}

// mostChanged is of how many entries, and of how many dispatches, is looked up what
// they have changed.
const mostChanged = 100

// changed gives the places of the dispatches of which rows were put since they were
// asked for last. It does not know if that was in another joint order, or long ago.
func (k *awaited) changed(ctx context.Context, tx *sqldb.Tx, placed int64) (list []int64, known bool, err error) {
	if k.open == nil || placed < k.upTo || placed > k.upTo+mostChanged {
		return nil, false, nil
	}
	if then, _, err := digestAt(ctx, tx, k.upTo); err != nil || then != k.upToIs {
		return nil, false, err
	}
	rows, err := tx.Query(ctx, "SELECT dispatches FROM placed WHERE pos > $1 AND dispatches <> ''", k.upTo)
	if err != nil {
		return nil, false, err
	}
	about := map[string]bool{}
	for rows.Next() {
		var ids string
		if err := rows.Scan(&ids); err != nil {
			return nil, false, errors.Join(err, rows.Close())
		}
		for _, id := range strings.Fields(ids) {
			about[id] = true
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(about) > mostChanged {
		return nil, false, err
	}
	for text := range about {
		var id office.EntryID
		var pos int64
		err := id.UnmarshalText([]byte(text))
		if err == nil {
			err = tx.QueryRow(ctx, "SELECT pos FROM placed WHERE side = $1 AND idx = $2", id.Side, id.Index).Scan(&pos)
		}
		if err != nil {
			return nil, false, fmt.Errorf("read where %s stands: %w", text, err)
		}
		list = append(list, pos)
	}
	return list, true, nil
}

// places are those that may wait for something.
type places struct {
	list   []openPlace
	found  map[int64]bool
	counts map[placeGroup]int
	more   bool // than MaxOpen of a side and precedence, or than are looked through
}

type placeGroup struct {
	side, precedence string
	closed           bool // by its own side
}

// add adds a place, unless there are too many of its side and precedence.
func (s *places) add(p openPlace) {
	if s.found == nil {
		s.found, s.counts = map[int64]bool{}, map[placeGroup]int{}
	}
	if s.counts[p.group]++; s.counts[p.group] > MaxOpen {
		s.more = true
		return
	}
	s.found[p.pos], s.list = true, append(s.list, p)
}

// read looks for them among all dispatches, or only among those at some places.
func (s *places) read(ctx context.Context, tx *sqldb.Tx, codes []string, sides int, only bool, among []int64) error {
	const handling = " LEFT JOIN handling h ON h.dispatch = p.side || '/' || p.idx"
	const open = "COALESCE(h.over, 0) = 0"
	unanswered, unconfirmed := "COALESCE(h.over + h.answered, 0) = 0", "COALESCE(h.over + h.confirmed, 0) = 0"
	if sides > 2 { // one of several has answered
		unanswered, unconfirmed = open, open
	}
	names, args := fewLengths(codes, "", 0)
	waits := []string{
		"a.waiting > 0 AND COALESCE(h.withdrawn, 0) = 0",
		"h.considered > 0 AND " + open,
		"d.readback > 0 AND " + unconfirmed,
		"d.form <> '' AND d.form IN (" + names + ") AND " + unanswered,
	}
	from := []string{ // each by the index of what is rare
		"acknowledgement a CROSS JOIN dispatch d CROSS JOIN placed p" + handling + " WHERE d.pos = a.pos AND p.pos = a.pos AND ",
		"handling h CROSS JOIN placed p CROSS JOIN dispatch d CROSS JOIN acknowledgement a WHERE p.side = h.side AND p.idx = h.idx AND d.pos = p.pos AND a.pos = p.pos AND ",
		"dispatch d CROSS JOIN placed p" + handling + " CROSS JOIN acknowledgement a WHERE p.pos = d.pos AND a.pos = d.pos AND ",
		"dispatch d CROSS JOIN placed p" + handling + " CROSS JOIN acknowledgement a WHERE p.pos = d.pos AND a.pos = d.pos AND ",
	}
	if len(codes) == 0 {
		waits, from = waits[:3], from[:3]
	}
	if only {
		list, these := fewLengths(among, -1, len(args))
		waits, args = []string{"((" + strings.Join(waits, ") OR (") + "))"}, append(args, these...)
		from = []string{"placed p CROSS JOIN dispatch d CROSS JOIN acknowledgement a" + handling + " WHERE p.pos IN (" + list + ") AND d.pos = p.pos AND a.pos = p.pos AND "}
	}
	for i := range from {
		some := args
		if !only && i < 3 {
			some = nil // it names no form
		}
		if err := s.readFrom(ctx, tx, from[i]+waits[i], some); err != nil {
			return err
		}
	}
	return nil
}

func (s *places) readFrom(ctx context.Context, tx *sqldb.Tx, from string, args []any) error {
	// The expression hides from SQLite the index of precedences: it would go
	// through all dispatches there are, to find them in that order.
	rows, err := tx.Query(ctx, "SELECT d.pos, d.side, d.precedence, COALESCE(h.over, 0) > 0, p.effect, a.row, COALESCE(h.row, '') FROM "+from+
		" ORDER BY d.precedence || '', d.pos LIMIT "+strconv.Itoa(scanned), args...)
	if err != nil {
		return err
	}
	n := 0
	for ; rows.Next(); n++ {
		var p openPlace
		var effect, said, handling sql.RawBytes
		err := rows.Scan(&p.pos, &p.group.side, &p.group.precedence, &p.group.closed, &effect, &said, &handling)
		if err == nil && !s.found[p.pos] && s.counts[p.group] < MaxOpen {
			err = p.read(effect, said, handling)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("read what was said to a dispatch: %w", err), rows.Close())
		}
		if !s.found[p.pos] {
			s.add(p)
		}
	}
	s.more = s.more || n == scanned
	return errors.Join(rows.Err(), rows.Close())
}

// readPlaces reads the dispatches at some places, without their texts, and keeps them.
func (k *awaited) readPlaces(ctx context.Context, tx *sqldb.Tx, places []openPlace) ([]DispatchLine, error) {
	dispatches := make(map[[sha256.Size]byte]office.Dispatch, len(places))
	fresh := map[int64][sha256.Size]byte{}
	for _, p := range places {
		if d, kept := k.dispatches[p.effect]; kept {
			dispatches[p.effect] = d
		} else {
			fresh[p.pos] = p.effect
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(fresh)), MaxPage) {
		list, args := fewLengths(some, -1, 0)
		rows, err := tx.Query(ctx, "SELECT pos, row FROM dispatch WHERE pos IN ("+list+")", args...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var pos int64
			var raw sql.RawBytes
			var d office.Dispatch
			err := rows.Scan(&pos, &raw)
			if err == nil {
				err = json.Unmarshal(raw, &d)
			}
			if err != nil {
				return nil, errors.Join(fmt.Errorf("read a dispatch that waits: %w", err), rows.Close())
			}
			d.Text = ""
			dispatches[fresh[pos]] = d
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	k.dispatches = dispatches
	lines := make([]DispatchLine, len(places))
	for i, p := range places {
		lines[i] = DispatchLine{Dispatch: dispatches[p.effect], Acknowledged: p.said.Given, Waiting: p.said.Waiting, Handling: p.handling}
	}
	return lines, nil
}
