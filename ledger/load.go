package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// load reads where all logs stand, and puts it in the place of what stood in
// memory. If it fails nothing in memory has changed: what is there is always
// one state of the database, so that a standing made from it is true. l.mu is
// held.
func (l *Ledger) load(ctx context.Context, tx *sqldb.Tx) error {
	fresh := make(map[string]log, len(l.logs))
	for side, lg := range l.logs {
		next, err := l.loadLog(ctx, tx, lg)
		if err != nil {
			return err
		}
		fresh[side] = next
	}
	for side, next := range fresh {
		*l.logs[side] = next
	}
	l.placeWaiting()
	l.recall()
	l.unsure = false
	l.publish()
	return nil
}

// loadLog reads where a log stands. It is quick at any size: of the entries,
// only those after the last full tile are read. What was shown to lg is kept.
func (l *Ledger) loadLog(ctx context.Context, tx *sqldb.Tx, lg *log) (log, error) {
	next := log{
		side: lg.side, verifier: lg.verifier, cosigner: lg.cosigner,
		noted: slices.Clone(lg.noted), shown: lg.shown, mustHold: lg.mustHold,
	}
	var size int64
	var root []byte
	err := tx.QueryRow(ctx, `SELECT size, placeable, recovered, root, checkpoint FROM head WHERE side = $1`, lg.side).
		Scan(&size, &next.placeable, &next.recovered, &root, &next.checkpoint)
	if err != nil {
		return log{}, fmt.Errorf("read the head of %s: %w", lg.side, err)
	}
	if size < 0 || next.placeable < 0 || next.placeable > size {
		return log{}, fmt.Errorf("the stored head of %s is damaged: %d entries, %d placeable", lg.side, size, next.placeable)
	}
	if next.tree, err = l.loadTree(ctx, tx, lg.side, size); err != nil {
		return log{}, err
	}
	if got := next.tree.root(); string(got[:]) != string(root) {
		return log{}, fmt.Errorf("the tiles stored for %s do not have the root of its head at %d entries", lg.side, size)
	}
	if len(next.checkpoint) > 0 {
		c, err := openCheckpoint(next.checkpoint, lg.verifier)
		if err != nil {
			return log{}, fmt.Errorf("stored checkpoint of %s: %w", lg.side, err)
		}
		next.signed, next.shown = c.size, max(next.shown, c.size)
		next.note(c)
	}
	next.reached()
	for _, read := range []func(context.Context, *sqldb.Tx, *log) error{l.loadSeen, l.loadCosigned, l.loadStandings, l.loadMissing} {
		if err := read(ctx, tx, &next); err != nil {
			return log{}, fmt.Errorf("read where the ledger of %s stands: %w", lg.side, err)
		}
	}
	return next, nil
}

// loadTree rebuilds the right edge of a tree from its tiles and last entries.
func (l *Ledger) loadTree(ctx context.Context, tx *sqldb.Tx, side string, size int64) (tree, error) {
	t := tree{size: size}
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		hashes, err := readTile(ctx, tx, side, level, size>>(tileHeight*(level+1)), int(size>>(tileHeight*level)%tileWidth))
		if err != nil {
			return tree{}, err
		}
		t.edge = append(t.edge, append(make([]tlog.Hash, 0, tileWidth), hashes...))
	}
	peaks, err := tileReader{ctx, tx, side, &t}.ReadHashes(peakIndexes(size))
	if err != nil {
		return tree{}, err
	}
	t.peaks = peaks
	return t, nil
}

// loadSeen reads what the last entries have seen, from the first that is not
// placeable on.
func (l *Ledger) loadSeen(ctx context.Context, tx *sqldb.Tx, lg *log) error {
	lg.seen, lg.waiting = map[string]int64{}, nil
	if lg.tree.size == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT leaf FROM entry WHERE side = $1 AND idx >= $2 ORDER BY idx`,
		lg.side, min(lg.placeable, lg.tree.size-1))
	if err != nil {
		return err
	}
	defer rows.Close()
	first := lg.placeable == lg.tree.size
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return err
		}
		f, err := ParseLeaf(leaf)
		if err != nil {
			return fmt.Errorf("a stored entry: %w", err)
		}
		lg.saw(f.Seen)
		if !first {
			lg.waiting = append(lg.waiting, lg.seen)
		}
		first = false
	}
	return rows.Err()
}

// saw takes what the next entry has seen. Entries that have seen the same share
// one map.
func (lg *log) saw(seen map[string]int64) {
	if !maps.Equal(lg.seen, seen) {
		lg.seen = seen
	}
}

// loadCosigned reads the latest cosignature of each other side over a log.
func (l *Ledger) loadCosigned(ctx context.Context, tx *sqldb.Tx, lg *log) error {
	lg.cosigned = map[string]int64{}
	sides, err := readSides(ctx, tx)
	if err != nil {
		return err
	}
	for _, by := range sides {
		var size int64
		err := tx.QueryRow(ctx, `SELECT size FROM cosignature WHERE side = $1 AND cosigner = $2 ORDER BY size DESC LIMIT 1`, lg.side, by).Scan(&size)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		default:
			lg.cosigned[by] = size
		}
	}
	return nil
}

// readSides reads the sides that are admitted here.
func readSides(ctx context.Context, tx *sqldb.Tx) (sides []string, err error) {
	rows, err := tx.Query(ctx, `SELECT side FROM party ORDER BY side`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var side string
		if err := rows.Scan(&side); err != nil {
			return nil, err
		}
		sides = append(sides, side)
	}
	return sides, rows.Err()
}

// loadStandings reads what the side of a log has promised, with its
// cosignatures over the others and by itself.
func (l *Ledger) loadStandings(ctx context.Context, tx *sqldb.Tx, lg *log) error {
	if lg.side == l.side {
		return nil // nobody holds his own promises against himself; Append keeps them
	}
	sides, err := readSides(ctx, tx)
	if err != nil {
		return err
	}
	promises, err := readStandings(ctx, tx, `SELECT own, seen FROM standing WHERE side = $1 ORDER BY own`, lg.side)
	if err != nil {
		return err
	}
	for _, side := range sides {
		// Each row says all that was promised before it, so one is enough of
		// those that begin at one entry, and of those about entries that are
		// all placeable.
		for before := int64(math.MaxInt64); before > lg.placeable; {
			more, err := readStandings(ctx, tx, `SELECT own, seen FROM cosignature
				WHERE side = $1 AND cosigner = $2 AND own < $3 ORDER BY size DESC LIMIT 1`, side, lg.side, before)
			if err != nil {
				return err
			}
			if len(more) == 0 {
				break
			}
			promises, before = append(promises, more[0]), more[0].Own
		}
	}
	slices.SortStableFunc(promises, func(a, b Standing) int { return cmp.Compare(a.Own, b.Own) })
	for _, s := range promises {
		lg.promise(s)
	}
	lg.passed()
	return nil
}

// readStandings reads promises.
func readStandings(ctx context.Context, tx *sqldb.Tx, query string, args ...any) (promises []Standing, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s Standing
		var seen string
		if err := rows.Scan(&s.Own, &seen); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(seen), &s.Seen); err != nil {
			return nil, fmt.Errorf("a stored standing: %w", err)
		}
		promises = append(promises, s)
	}
	return promises, rows.Err()
}

// loadMissing reads what this side has signed or cosigned of a log beyond what
// is stored.
func (l *Ledger) loadMissing(ctx context.Context, tx *sqldb.Tx, lg *log) error {
	var signed []byte
	err := tx.QueryRow(ctx, `SELECT note FROM missing WHERE side = $1`, lg.side).Scan(&signed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := openCheckpoint(signed, lg.verifier)
	if err != nil {
		return fmt.Errorf("the checkpoint that is known to be missing: %w", err)
	}
	lg.mustHold, lg.missing = max(lg.mustHold, c.size), c.size
	lg.shown = max(lg.shown, c.size)
	lg.note(c)
	return nil
}
