package node

import (
	"context"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// The writer's own clock stands in an entry, and by it all nodes judge whether an
// acknowledgement or an answer was in time: they must come to the same, and nothing else
// stands in all ledgers. A node knows more for itself: when an entry arrived here, and
// since when the line was up. What does not go together is shown beside what is judged,
// and changes no record.

var arrivalMigrations = []sqldb.Migration{{Name: "arrival", SQL: `
-- When the line to each side has come up, by this node's clock.
CREATE TABLE lineup (
	side  TEXT   NOT NULL,
	began BIGINT NOT NULL, -- milliseconds
	PRIMARY KEY (side, began)
);
`}}

const (
	// ArrivalBound is by how much an arrival may differ from the time that an entry
	// bears before that is shown.
	ArrivalBound = 2 * time.Minute
	// lineupsKept bounds, for each side, how often it is kept that the line came up.
	lineupsKept = 10_000
	// lineupAfter is how much later than an entry the line may be seen to have come up
	// with which it came.
	lineupAfter = time.Minute
)

// Arrival is what this node alone has seen of an entry of another side whose time does
// not go with when it came: it came later than a line that was up explains, or before
// the time that it bears.
type Arrival struct {
	At    time.Time     // when it was stored here, by this node's clock
	Since time.Time     // since when the line was up; zero if it came too early
	Late  time.Duration // how much later than its own time, or than the line came up; negative if it came before its time
}

// Arrival tells what does not go together with the time that an entry bears; nil if all
// does, if it is our own, and if nothing is known.
func (n *Node) Arrival(ctx context.Context, id office.EntryID, written time.Time) (*Arrival, error) {
	if id.Side == n.side {
		return nil, nil
	}
	held, err := n.ledger.HeldAt(ctx, id.Side, id.Index)
	if err != nil || held.IsZero() {
		return nil, err
	}
	switch after := held.Sub(written); {
	case after < -ArrivalBound:
		return &Arrival{At: held, Late: after}, nil
	case after <= ArrivalBound:
		return nil, nil
	}
	var began int64
	if err := n.alarms.db.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT COALESCE(MAX(began), 0) FROM lineup WHERE side = $1 AND began <= $2`, id.Side, held.Add(lineupAfter).UnixMilli()).Scan(&began)
	}); err != nil {
		return nil, err
	}
	if line := n.lines()[id.Side]; line.Up && !line.Since.IsZero() && !line.Since.After(held.Add(lineupAfter)) {
		began = max(began, line.Since.UnixMilli()) // which may not be kept yet
	}
	since := time.UnixMilli(began).UTC()
	late := min(held.Sub(written), held.Sub(since))
	if began == 0 || late <= ArrivalBound {
		return nil, nil
	}
	return &Arrival{At: held, Since: since, Late: late}, nil
}

// followLines keeps when the lines have come up, until ctx ends.
func (n *Node) followLines(ctx context.Context) {
	events, cancel := n.Watch()
	defer cancel()
	kept := map[office.Side]time.Time{}
	for {
		for side, line := range n.lines() {
			if !line.Up || line.Since.IsZero() || line.Since.Equal(kept[side]) {
				continue
			}
			if err := n.keepLine(ctx, side, line.Since.UnixMilli()); err == nil {
				kept[side] = line.Since
			} else if ctx.Err() == nil {
				n.log.Warn("it cannot be kept when the line came up", "side", side, "error", err)
			}
		}
		if !await(ctx, events, func(e Event) bool { return e.Kind == "line" || e.Kind == "lost" }) {
			return
		}
	}
}

func (n *Node) keepLine(ctx context.Context, side office.Side, began int64) error {
	return n.alarms.db.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO lineup (side, began) VALUES ($1, $2) ON CONFLICT (side, began) DO NOTHING`, side, began); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			DELETE FROM lineup WHERE side = $1 AND began < (
				SELECT COALESCE(MIN(began), 0) FROM (SELECT began FROM lineup WHERE side = $1 ORDER BY began DESC LIMIT $2) kept
			)`, side, lineupsKept)
		return err
	})
}
