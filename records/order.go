package records

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"liaison.example/office"
)

// Here entries find their place in the joint order (spec/entries.md §4), and
// those after a late one are undone and applied again. Nothing else knows that
// entries can come late.

// timed is an entry with its time in the joint order.
type timed struct {
	time  int64
	entry office.Entry
}

func (t *timed) position() position { return position{t.time, t.entry.ID} }

// GapError says that entries were left out: those of a ledger are folded one
// after another.
type GapError struct {
	ID   office.EntryID // given
	Want int64          // the index that comes next in this ledger
}

func (e *GapError) Error() string {
	return fmt.Sprintf("%s was given, but entry %d of that ledger comes next", e.ID, e.Want)
}

// UnplaceableError says that an entry cannot have its place yet: it has seen
// an entry that is neither placed nor was given with it.
type UnplaceableError struct {
	ID, Needs office.EntryID
}

func (e *UnplaceableError) Error() string {
	return fmt.Sprintf("%s has seen %s, which is not here yet", e.ID, e.Needs)
}

// LateError says that an entry would have to be placed at or before the
// settled line. That cannot be, unless its side has broken its word
// (spec/entries.md §5) or we have lost something: it is not folded.
type LateError struct {
	ID   office.EntryID
	Time int64 // of the entry, in the joint order, milliseconds
	Line int64 // the settled line, milliseconds; Time <= Line
}

func (e *LateError) Error() string {
	return fmt.Sprintf("%s would stand at %d, not after the settled line, which is at %d", e.ID, e.Time, e.Line)
}

// Add folds entries that came from the ledgers. Those of one ledger must be in
// their order and without a gap (*GapError); those of different ledgers may be
// mixed in any way, but whatever an entry has seen must be placed or given with
// it (*UnplaceableError). Entries that are placed already are passed over. An
// entry that comes late is slotted in where it belongs; one that belongs at or
// before the settled line is refused (*LateError).
func (f *Fold) Add(entries []office.Entry) error { return f.addAll(entries, true) }

// AddEarlier is Add of entries that many others follow at once. They are not kept in
// memory for the case that they must be placed again: then they are read again.
func (f *Fold) AddEarlier(entries []office.Entry) error { return f.addAll(entries, false) }

func (f *Fold) addAll(entries []office.Entry, keep bool) error {
	if err := f.ready(); err != nil {
		return fmt.Errorf("fold %d entries: %w", len(entries), err)
	}
	if err := f.add(entries, keep); err != nil {
		return f.fail(fmt.Errorf("fold %d entries: %w", len(entries), err))
	}
	return nil
}

func (f *Fold) add(entries []office.Entry, keep bool) error {
	fresh, err := f.arrive(entries)
	if err != nil || len(fresh) == 0 {
		return err
	}
	s := &f.r.state
	if first := fresh[0].position(); first.time <= s.line {
		return &LateError{first.id, first.time, s.line}
	}
	var again replay
	if fresh[0].position().compare(s.last()) < 0 {
		if again, err = f.undo(fresh[0].position()); err != nil {
			return fmt.Errorf("undo what comes after %s: %w", fresh[0].entry.ID, err)
		}
	}
	for len(fresh) > 0 || len(again.order) > 0 {
		var next timed
		if len(again.order) == 0 || len(fresh) > 0 && fresh[0].position().compare(again.order[0]) < 0 {
			next, fresh = fresh[0], fresh[1:]
		} else if next, err = again.next(f.ctx); err != nil {
			return err
		}
		if keep && len(fresh)+len(again.order) < maxRecentEntries {
			f.r.recent.keep(next.entry)
		}
		if _, err := f.apply(next); err != nil {
			return fmt.Errorf("apply %s: %w", next.entry.ID, err)
		}
		if newer := f.newerRules(); newer != nil {
			return newer
		}
	}
	return nil
}

// arrive gives new entries their times, and puts them in the joint order.
func (f *Fold) arrive(entries []office.Entry) ([]timed, error) {
	queues := make(map[office.Side][]*office.Entry)
	for i := range entries {
		e := &entries[i]
		side := e.ID.Side
		next := f.placedOf(side) + int64(len(queues[side]))
		switch {
		case e.ID.Index < next:
			continue
		case e.ID.Index > next:
			return nil, &GapError{e.ID, next}
		}
		queues[side] = append(queues[side], e)
	}
	arrived := make([]timed, 0, len(entries))
	ahead := make(map[office.Side][]int64) // times of those that have arrived
	for len(queues) > 0 {
		var missing *UnplaceableError
		before := len(arrived)
		for _, side := range sortedSides(queues) {
			queue := queues[side]
			for len(queue) > 0 {
				time, needs, err := f.timeOfNew(queue[0], ahead)
				if err != nil {
					return nil, err
				}
				if needs != nil {
					missing = &UnplaceableError{queue[0].ID, *needs}
					break
				}
				arrived = append(arrived, timed{time, *queue[0]})
				ahead[side] = append(ahead[side], time)
				queue = queue[1:]
			}
			if queues[side] = queue; len(queue) == 0 {
				delete(queues, side)
			}
		}
		if len(arrived) == before {
			return nil, missing
		}
	}
	inOrder := func(a, b timed) int { return a.position().compare(b.position()) }
	if !slices.IsSortedFunc(arrived, inOrder) {
		slices.SortFunc(arrived, inOrder)
	}
	return arrived, nil
}

// timeOfNew computes the time of an entry whose predecessor is placed or stands
// in ahead. If it has seen an entry that is in neither, it gives that instead.
func (f *Fold) timeOfNew(e *office.Entry, ahead map[office.Side][]int64) (time int64, needs *office.EntryID, err error) {
	after := func(side office.Side, index int64) error {
		t, err := f.timeOf(side, index, ahead)
		time = max(time, t+1)
		return err
	}
	time = e.At
	if e.ID.Index > 0 {
		if err := after(e.ID.Side, e.ID.Index-1); err != nil {
			return 0, nil, err
		}
	}
	for side, count := range e.Seen {
		if count > f.placedOf(side)+int64(len(ahead[side])) {
			return 0, &office.EntryID{Side: side, Index: count - 1}, nil
		}
		if count > 0 {
			if err := after(side, count-1); err != nil {
				return 0, nil, err
			}
		}
	}
	return time, nil, nil
}

func (f *Fold) placedOf(side office.Side) int64 {
	if its := f.r.state.sides[side]; its != nil {
		return its.placed
	}
	return 0
}

// timeOf gives the time of an entry that is placed, or stands in ahead.
func (f *Fold) timeOf(side office.Side, index int64, ahead map[office.Side][]int64) (int64, error) {
	placed, tail := f.placedOf(side), f.r.tails[side]
	switch first := placed - int64(len(tail)); {
	case index >= placed:
		return ahead[side][index-placed], nil
	case index == placed-1:
		return f.r.state.sides[side].time, nil
	case index >= first:
		return tail[index-first], nil
	}
	// It is not pending: the tail goes back further than what is.
	var time int64
	err := f.tx.QueryRow(f.ctx, "SELECT time FROM placed WHERE side = $1 AND idx = $2", side, index).Scan(&time)
	if err != nil {
		return 0, fmt.Errorf("read the time of %s: %w", office.EntryID{Side: side, Index: index}, err)
	}
	return time, nil
}

// undo takes from the joint order all entries that do not stand before p, and
// puts the rows back to what they were. It gives what is to be applied again.
func (f *Fold) undo(p position) (replay, error) {
	if err := f.flush(); err != nil {
		return replay{}, err
	}
	r := f.r
	order, err := f.restoreTo(p)
	if err != nil {
		return replay{}, err
	}
	cut := r.state.placed - int64(len(order))
	if cut < r.state.settled {
		return replay{}, fmt.Errorf("place %d is settled", cut+1)
	}
	if err := r.desk.cut(cut); err != nil {
		return replay{}, err
	}
	if _, err := f.tx.Exec(f.ctx, "DELETE FROM placed WHERE pos > $1", cut); err != nil {
		return replay{}, err
	}
	// What comes after has other places from now on: it is looked at again.
	if _, err := f.tx.Exec(f.ctx, "UPDATE indexed SET pos = $1 WHERE id = 1 AND pos > $1", cut); err != nil {
		return replay{}, err
	}
	f.changed = true
	return replay{source: r.config.Source, recent: &r.recent, order: order}, f.cutState(cut, order)
}

// restoreTo puts back the rows as they were before p, from the last entry on,
// and lists the entries that do not stand before p, in the joint order.
func (f *Fold) restoreTo(p position) (order []position, err error) {
	defer func() { slices.Reverse(order) }()
	const page = 256
	for before := f.r.state.placed; before > 0; before -= page {
		done, err := f.restorePage(p, before-page, before, &order)
		if err != nil || done {
			return order, err
		}
	}
	return order, nil
}

// restorePage does so for the places after one, up to another. It reports
// whether it has come to p.
func (f *Fold) restorePage(p position, after, upTo int64, order *[]position) (done bool, err error) {
	rows, err := f.tx.Query(f.ctx,
		"SELECT time, side, idx, undo FROM placed WHERE pos > $1 AND pos <= $2 ORDER BY pos DESC", after, upTo)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var q position
		var images string
		if err := rows.Scan(&q.time, &q.id.Side, &q.id.Index, &images); err != nil {
			return false, err
		}
		if q.compare(p) < 0 {
			return true, nil
		}
		if err := f.r.desk.restore(q.id, images); err != nil {
			return false, fmt.Errorf("%s: %w", q.id, err)
		}
		*order = append(*order, q)
	}
	return false, rows.Err()
}

// cutState makes the cursor that of the first cut entries.
func (f *Fold) cutState(cut int64, undone []position) (err error) {
	s := &f.r.state
	s.placed = cut
	if s.digest, _, err = digestAt(f.ctx, f.tx, cut); err != nil {
		return err
	}
	for _, p := range undone {
		s.sides[p.id.Side].placed--
		if tail := f.r.tails[p.id.Side]; len(tail) > 0 {
			f.r.tails[p.id.Side] = tail[:len(tail)-1]
		}
	}
	for side, its := range s.sides {
		if its.placed == 0 {
			delete(s.sides, side)
			continue
		}
		if tail := f.r.tails[side]; len(tail) > 0 {
			its.time = tail[len(tail)-1]
			continue
		}
		err := f.tx.QueryRow(f.ctx, "SELECT time FROM placed WHERE side = $1 AND idx = $2", side, its.placed-1).Scan(&its.time)
		if err != nil {
			return fmt.Errorf("read the time of the last entry of %s: %w", side, err)
		}
	}
	return nil
}

// replay gives entries that were undone, one after another, to be applied
// again. They are read back in pieces: after a long cut there may be many.
type replay struct {
	source Source
	recent *recent
	order  []position // still to come
	read   map[office.Side][]office.Entry
}

func (p *replay) next(ctx context.Context) (timed, error) {
	at := p.order[0]
	p.order = p.order[1:]
	if e, found := p.recent.entries[at.id]; found {
		return timed{at.time, e}, nil
	}
	side := at.id.Side
	if p.read == nil {
		p.read = make(map[office.Side][]office.Entry)
	}
	for len(p.read[side]) > 0 && p.read[side][0].ID.Index < at.id.Index {
		p.read[side] = p.read[side][1:]
	}
	if len(p.read[side]) == 0 {
		const piece = 256
		entries, err := p.source(ctx, side, at.id.Index, piece)
		if err != nil {
			return timed{}, fmt.Errorf("read %s back: %w", at.id, err)
		}
		p.read[side] = entries
	}
	if len(p.read[side]) == 0 || p.read[side][0].ID != at.id {
		return timed{}, fmt.Errorf("read %s back: %w", at.id, errLost)
	}
	e := p.read[side][0]
	p.read[side] = p.read[side][1:]
	return timed{at.time, e}, nil
}

// errLost says that the ledger does not have what the records have.
var errLost = errors.New("the ledger does not hold it")

// recent keeps the latest entries in memory: those that a late entry makes us
// apply again are mostly among them.
type recent struct {
	entries map[office.EntryID]office.Entry
	order   []office.EntryID // oldest first; may name some that were dropped
	bytes   int
}

// What recent keeps is bounded by its size in bytes and in entries.
const (
	maxRecentBytes   = 1 << 20
	maxRecentEntries = 1000
)

func (r *recent) forget() { *r = recent{} }

func (r *recent) keep(e office.Entry) {
	if _, found := r.entries[e.ID]; found {
		return
	}
	if r.entries == nil {
		r.entries = make(map[office.EntryID]office.Entry)
	}
	e = e.Unprepared()
	e.Body = slices.Clone(e.Body) // it may be a part of something larger
	r.entries[e.ID] = e
	r.order = append(r.order, e.ID)
	r.bytes += size(e)
	for r.bytes > maxRecentBytes || len(r.order) > maxRecentEntries {
		r.drop(r.order[0])
		r.order = r.order[1:]
	}
}

// size is about what an entry takes in memory.
func size(e office.Entry) int { return 300 + len(e.Body) }

func (r *recent) drop(id office.EntryID) {
	if e, found := r.entries[id]; found {
		r.bytes -= size(e)
		delete(r.entries, id)
	}
}

// trim keeps the memory for times within bounds, between folds.
func (r *Records) trim() {
	const most, rest = 8192, 4096
	for side, tail := range r.tails {
		if len(tail) > most {
			r.tails[side] = slices.Clone(tail[len(tail)-rest:])
		}
	}
}

func sortedSides[V any](m map[office.Side]V) []office.Side {
	sides := make([]office.Side, 0, len(m))
	for side := range m {
		sides = append(sides, side)
	}
	slices.Sort(sides)
	return sides
}
