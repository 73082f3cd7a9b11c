package records

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

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
	some := places{most: k.most}
	if known && k.basis == basis {
		known, err = some.readOn(ctx, tx, codes, sides, k, changed)
	} else {
		known = false
	}
	if err == nil && !known {
		some = places{most: k.most}
		err = some.read(ctx, tx, codes, sides)
	}
	if err != nil {
		return nil, err
	}
	k.open, k.more, o.More = some.first(), some.more, some.more
	k.upTo, k.upToIs, k.basis = placed, digest, basis
	return k.open, nil
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
	most  int // of a side and precedence
	list  []openPlace
	found map[int64]bool
	more  bool // there are more, or more than are looked through
}

type placeGroup struct {
	side, precedence string
	closed           bool // by its own side
}

// add adds a place, once.
func (s *places) add(p openPlace) {
	if s.found == nil {
		s.found = map[int64]bool{}
	}
	if !s.found[p.pos] {
		s.found[p.pos], s.list = true, append(s.list, p)
	}
}

// first gives the first of each side and precedence, by precedences and then in the
// joint order. It is not nil.
func (s *places) first() []openPlace {
	slices.SortFunc(s.list, func(a, b openPlace) int {
		return cmp.Or(cmp.Compare(a.group.precedence, b.group.precedence), cmp.Compare(a.pos, b.pos))
	})
	list, counts := []openPlace{}, map[placeGroup]int{}
	for _, p := range s.list {
		if counts[p.group]++; counts[p.group] > s.most {
			s.more = true
			continue
		}
		list = append(list, p)
	}
	return list
}

// These find what waits: an acknowledgement, an answer that was promised, one to a
// read-back, one that a form asks for. Each goes by the index of what is rare.
const (
	joinHandling = " LEFT JOIN handling h ON h.dispatch = p.side || '/' || p.idx"

	fromWaiting    = "acknowledgement a CROSS JOIN dispatch d CROSS JOIN placed p" + joinHandling + " WHERE d.pos = a.pos AND p.pos = a.pos AND "
	fromConsidered = "handling h CROSS JOIN placed p CROSS JOIN dispatch d CROSS JOIN acknowledgement a WHERE p.side = h.side AND p.idx = h.idx AND d.pos = p.pos AND a.pos = p.pos AND "
	fromDispatch   = "dispatch d CROSS JOIN placed p" + joinHandling + " CROSS JOIN acknowledgement a WHERE p.pos = d.pos AND a.pos = d.pos AND "
)

// openConditions are the conditions of the four, by the codes of the forms that ask,
// with their arguments. The last falls away if no form asks.
func openConditions(codes []string, sides int) (conditions []string, args []any) {
	const open = "COALESCE(h.over, 0) = 0"
	unanswered, unconfirmed := "COALESCE(h.over + h.answered, 0) = 0", "COALESCE(h.over + h.confirmed, 0) = 0"
	if sides > 2 { // one of several has answered
		unanswered, unconfirmed = open, open
	}
	conditions = []string{
		"a.waiting > 0 AND COALESCE(h.withdrawn, 0) = 0",
		"h.considered > 0 AND " + open,
		"d.readback > 0 AND " + unconfirmed,
	}
	if len(codes) == 0 {
		return conditions, nil
	}
	names, args := fewLengths(codes, "", 0)
	return append(conditions, "d.form <> '' AND d.form IN ("+names+") AND "+unanswered), args
}

// read looks for them among all dispatches.
func (s *places) read(ctx context.Context, tx *sqldb.Tx, codes []string, sides int) error {
	conditions, args := openConditions(codes, sides)
	from := []string{fromWaiting, fromConsidered, fromDispatch, fromDispatch}
	for i, condition := range conditions {
		some := args
		if i < 3 {
			some = nil // it names no form
		}
		if err := s.readFrom(ctx, tx, from[i]+condition, some); err != nil {
			return err
		}
	}
	return nil
}

// readOn takes over what was found before, and looks only at the places that have
// changed since. It does not know, if what has changed may make room for others that
// were too many.
func (s *places) readOn(ctx context.Context, tx *sqldb.Tx, codes []string, sides int, before *awaited, changed []int64) (known bool, err error) {
	s.more = before.more
	for _, p := range before.open {
		if !slices.Contains(changed, p.pos) {
			s.add(p)
		}
	}
	if len(changed) == 0 {
		return true, nil
	}
	conditions, args := openConditions(codes, sides)
	list, these := fewLengths(changed, -1, len(args))
	from := "placed p CROSS JOIN dispatch d CROSS JOIN acknowledgement a" + joinHandling + " WHERE p.pos IN (" + list + ") AND d.pos = p.pos AND a.pos = p.pos AND " +
		"((" + strings.Join(conditions, ") OR (") + "))"
	if err := s.readFrom(ctx, tx, from, append(args, these...)); err != nil || !before.more {
		return err == nil, err
	}
	for _, pos := range changed {
		i := slices.IndexFunc(s.list, func(p openPlace) bool { return p.pos == pos })
		if i < 0 || s.list[i].group.closed { // it waits no longer, or no longer with the others
			return false, nil
		}
	}
	return true, nil
}

func (s *places) readFrom(ctx context.Context, tx *sqldb.Tx, from string, args []any) error {
	// The expression hides from SQLite the index of precedences: it would go
	// through all dispatches there are, to find them in that order.
	rows, err := tx.Query(ctx, "SELECT d.pos, d.side, d.precedence, COALESCE(h.over, 0) > 0, p.effect, a.row, COALESCE(h.row, '') FROM "+from+
		" ORDER BY d.precedence || '', d.pos LIMIT "+strconv.Itoa(scanned), args...)
	if err != nil {
		return err
	}
	n, counts := 0, map[placeGroup]int{}
	for ; rows.Next(); n++ {
		var p openPlace
		var effect, said, handling sql.RawBytes
		err := rows.Scan(&p.pos, &p.group.side, &p.group.precedence, &p.group.closed, &effect, &said, &handling)
		if err == nil && counts[p.group] < s.most {
			err = p.read(effect, said, handling)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("read what was said to a dispatch: %w", err), rows.Close())
		}
		if counts[p.group]++; counts[p.group] > s.most { // behind those, in the order in which they come
			s.more = true
			continue
		}
		s.add(p)
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
