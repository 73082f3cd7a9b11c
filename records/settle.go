package records

import (
	"database/sql"
	"errors"
	"fmt"
	"math"

	"liaison.example/office"
)

// Standing is what a side has said about all that it will yet write: each
// entry of its ledger with an index of Own or above has seen[X] >= Seen[X], for
// each side X named (spec/entries.md §5).
type Standing struct {
	Own  int64
	Seen map[office.Side]int64
}

// Settle moves the settled line as far as the standings of the other sides
// allow, and drops the undo images up to it. It never moves back. It gives how
// many entries of the joint order are settled. Standings may be given again, in
// any order, and of sides that have no part in the office: those are ignored.
func (f *Fold) Settle(standings map[office.Side][]Standing) (settled int64, err error) {
	if err := f.ready(); err != nil {
		return 0, fmt.Errorf("settle: %w", err)
	}
	if err := f.settle(standings); err != nil {
		return 0, f.fail(fmt.Errorf("settle: %w", err))
	}
	return f.r.state.settled, nil
}

func (f *Fold) settle(standings map[office.Side][]Standing) error {
	s := &f.r.state
	line, err := f.settledLine(standings)
	if err != nil || line <= s.line {
		return err
	}
	// What is settled by then: entries that the tables have, up to stored, and
	// pending ones, whose undo images need never be written.
	stored := s.placed - int64(len(f.pending))
	settled, counts := stored, make(map[office.Side]int64)
	for _, l := range f.pending {
		if l.time > line {
			break
		}
		settled = l.pos
		counts[l.id.Side]++
	}
	if s.settled < stored {
		if settled == stored {
			if settled, err = f.storedUpTo(line, stored); err != nil {
				return err
			}
		}
		if err := f.countStored(min(settled, stored), counts); err != nil {
			return err
		}
		if err := f.tx.Later(f.ctx, nil, "UPDATE placed SET undo = '' WHERE pos > $1 AND pos <= $2 AND undo <> ''",
			s.settled, settled); err != nil {
			return err
		}
	}
	for side, count := range counts {
		s.counts[side] += count
	}
	s.settled, s.line = settled, line
	f.undone, f.changed, f.moved = nil, true, true
	return nil
}

// storedUpTo gives the last place in the table, up to stored, whose time is not
// above the line.
func (f *Fold) storedUpTo(line, stored int64) (int64, error) {
	var beyond int64
	err := f.tx.QueryRow(f.ctx, "SELECT pos FROM placed WHERE pos > $1 AND time > $2 ORDER BY pos LIMIT 1",
		f.r.state.settled, line).Scan(&beyond)
	if errors.Is(err, sql.ErrNoRows) {
		return stored, nil
	}
	return beyond - 1, err
}

// countStored adds, for each side, what the table has after the entries that
// are settled already, up to a place.
func (f *Fold) countStored(upTo int64, counts map[office.Side]int64) error {
	rows, err := f.tx.Query(f.ctx,
		"SELECT side, COUNT(*) FROM placed WHERE pos > $1 AND pos <= $2 GROUP BY side ORDER BY side", f.r.state.settled, upTo)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var side office.Side
		var count int64
		if err := rows.Scan(&side, &count); err != nil {
			return err
		}
		counts[side] += count
	}
	return rows.Err()
}

// settledLine computes the line from what is placed and what the others have
// said; math.MinInt64 if there can be none yet.
func (f *Fold) settledLine(standings map[office.Side][]Standing) (int64, error) {
	s := &f.r.state
	var row office.OfficeRow
	if !f.r.desk.Get(&row) || row.Charter == nil {
		return math.MinInt64, f.r.desk.err
	}
	for _, side := range row.Charter.Sides {
		if s.sides[side.ID] == nil {
			return math.MinInt64, nil
		}
	}
	line := int64(math.MaxInt64)
	for side, its := range s.sides {
		if side == f.r.config.Side {
			continue
		}
		bound := its.time
		for _, standing := range standings[side] {
			if standing.Own > its.placed {
				continue
			}
			for other, count := range standing.Seen {
				count = min(count, f.placedOf(other))
				if other == side || count <= 0 {
					continue
				}
				time, err := f.timeOf(other, count-1, nil)
				if err != nil {
					return math.MinInt64, err
				}
				bound = max(bound, time)
			}
		}
		line = min(line, bound)
	}
	return line, nil
}
