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
// one number stands. So whoever is on duty here is told, once, by an alarm.

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
		for entry := false; !entry; {
			select {
			case <-ctx.Done():
				return
			case e, open := <-events:
				if !open {
					return
				}
				entry = e.Kind == "entry" && e.ID.Side != n.side || e.Kind == "lost"
			}
		}
		if pause(ctx, numberRest) != nil {
			return
		}
	}
}

// lookAtNumbers raises an alarm for each dispatch of another side that was not
// looked at before and whose number is out of turn. That it was looked at is
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
			if len(odd) == 0 && count-looked < numberKeep {
				break
			}
			if err := n.flagNumbers(ctx, side, odd, count); err != nil {
				return fmt.Errorf("flag the numbers of %s: %w", side, err)
			}
		}
	}
	return nil
}

// flagNumbers stores that the ledger of a side was looked at, up to count or to
// the last of a full page of odd ones, with an alarm for each of them that no
// other process has flagged.
func (n *Node) flagNumbers(ctx context.Context, side office.Side, odd []records.PlacedEntry, count int64) error {
	if len(odd) == records.MaxPage {
		count = odd[len(odd)-1].ID.Index + 1
	}
	var raised []Alarm
	err := n.alarms.db.Update(ctx, func(tx *sqldb.Tx) error {
		raised = nil
		var looked int64
		err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(idx), 0) FROM numbered WHERE side = $1`, side).Scan(&looked)
		if err != nil {
			return err
		}
		for _, e := range odd {
			if e.ID.Index < looked {
				continue
			}
			number, expected := e.Verdict.Detail["number"], e.Verdict.Detail["expected"]
			code := "number-gap"
			if lower(number, expected) {
				code = "number-again" // all lower ones are used
			}
			alarm := n.alarms.alarm(code, side, map[string]string{"entry": e.ID.String(), "number": number, "expected": expected})
			if err := putAlarm(ctx, tx, alarm); err != nil {
				return err
			}
			raised = append(raised, alarm)
		}
		_, err = tx.Exec(ctx, `INSERT INTO numbered (side, idx) VALUES ($1, $2) ON CONFLICT (side) DO UPDATE SET idx = excluded.idx WHERE excluded.idx > numbered.idx`,
			side, count)
		return err
	})
	if err != nil {
		return err
	}
	n.numbered[side] = count
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
