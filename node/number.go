package node

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/sqldb"
)

// The rules let each side's dispatches bear the numbers 1, 2, 3: one out of turn
// is void, and nobody would ask what became of those between, or which of two with
// one number stands. So whoever is on duty here is told, once, by an alarm. In the
// same way the answers to our line checks are looked at, whether they tell of
// another record (linecheck.go).

var numberMigrations = []sqldb.Migration{{Name: "number", SQL: `
-- How far the numbers of another side's dispatches were looked at.
CREATE TABLE numbered (
	side TEXT   PRIMARY KEY,
	idx  BIGINT NOT NULL -- entries of its ledger before this one
);
`}}

const (
	numberRest = 250 * time.Millisecond // before a look, so that it is one for all entries that come at once
	numberKeep = 1000                   // entries without an alarm after which it is stored how far was looked
)

// followNumbers looks at the numbers of the other sides' dispatches until ctx
// ends.
func (n *Node) followNumbers(ctx context.Context) {
	events, cancel := n.Watch()
	defer cancel()
	for {
		if err := n.lookAtNumbers(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("the numbers of dispatches cannot be looked at", "error", err)
		}
		if !await(ctx, events, func(e Event) bool { return e.Kind == "entry" && e.ID.Side != n.side || e.Kind == "lost" }) {
			return
		}
		if pause(ctx, numberRest) != nil {
			return
		}
	}
}

// lookAtNumbers raises an alarm for each dispatch of another side that was not
// looked at before and whose number is out of turn, and for each answer to a line
// check that tells of another record. That it was looked at is
// stored with the alarm: neither a restart nor a fold from nothing raises it
// again.
func (n *Node) lookAtNumbers(ctx context.Context) error {
	placed, err := n.records.Placed(ctx)
	if err != nil {
		return err
	}
	for side, count := range placed {
		if side == n.side {
			continue
		}
		for looked := n.numbered[side]; looked < count; looked = n.numbered[side] {
			odd, err := n.records.OutOfTurn(ctx, side, looked, records.MaxPage)
			if err != nil {
				return err
			}
			answers, err := n.records.CheckAnswers(ctx, side, looked, records.MaxPage)
			if err != nil {
				return err
			}
			if len(odd) == 0 && len(answers) == 0 && count-looked < numberKeep {
				break
			}
			upTo := count
			for _, page := range [][]records.PlacedEntry{odd, answers} {
				if len(page) == records.MaxPage { // there may be more
					upTo = min(upTo, page[len(page)-1].ID.Index+1)
				}
			}
			flags := n.oddNumbers(side, odd)
			differing, err := n.differingAnswers(ctx, answers)
			if err != nil {
				return err
			}
			if err := n.flag(ctx, side, append(flags, differing...), upTo); err != nil {
				return fmt.Errorf("flag the entries of %s: %w", side, err)
			}
		}
	}
	return nil
}

// flagged is an alarm for an entry.
type flagged struct {
	index int64
	alarm Alarm
}

func (n *Node) oddNumbers(side office.Side, odd []records.PlacedEntry) (flags []flagged) {
	for _, e := range odd {
		number, expected := e.Verdict.Detail["number"], e.Verdict.Detail["expected"]
		code := "number-gap"
		if lower(number, expected) {
			code = "number-again" // all lower ones are used
		}
		flags = append(flags, flagged{e.ID.Index, n.alarms.alarm(code, side, map[string]string{"entry": e.ID.String(), "number": number, "expected": expected})})
	}
	return flags
}

// flag stores that the ledger of a side was looked at up to an entry, with the
// alarms for entries before it that no other process has flagged.
func (n *Node) flag(ctx context.Context, side office.Side, flags []flagged, upTo int64) error {
	var raised []Alarm
	err := n.alarms.db.Update(ctx, func(tx *sqldb.Tx) error {
		raised = nil
		var looked int64
		err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(idx), 0) FROM numbered WHERE side = $1`, side).Scan(&looked)
		if err != nil {
			return err
		}
		for _, f := range flags {
			if f.index < looked || f.index >= upTo {
				continue
			}
			if err := putAlarm(ctx, tx, f.alarm); err != nil {
				return err
			}
			raised = append(raised, f.alarm)
		}
		_, err = tx.Exec(ctx, `INSERT INTO numbered (side, idx) VALUES ($1, $2) ON CONFLICT (side) DO UPDATE SET idx = excluded.idx WHERE excluded.idx > numbered.idx`,
			side, upTo)
		return err
	})
	if err != nil {
		return err
	}
	n.numbered[side] = upTo
	for _, alarm := range raised {
		if n.alarms.stored(alarm) {
			n.tellOfAlarm(alarm.Code, alarm.Side, alarm.Detail)
		}
	}
	return nil
}

// lower reports whether a number in a verdict is lower than another.
func lower(a, b string) bool {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	return errX == nil && errY == nil && x < y
}

// openNumbers reads how far was looked before.
func (n *Node) openNumbers(ctx context.Context) error {
	n.numbered = map[office.Side]int64{}
	return n.alarms.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT side, idx FROM numbered`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var side office.Side
			var looked int64
			if err := rows.Scan(&side, &looked); err != nil {
				return err
			}
			n.numbered[side] = looked
		}
		return rows.Err()
	})
}
