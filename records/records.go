// Package records folds the ledgers of all sides of an office into tables, in
// the one joint order, and answers questions about them. The rules are those
// of package office; here is only where each entry stands, and how what
// follows from it is kept, undone when an earlier entry comes late, and proved
// to be the same on every side.
//
// What holds:
//
//   - The tables are what a fold of the placed entries from nothing gives, in
//     whatever sequence they came (spec/entries.md §4).
//   - What is settled never changes, and no entry is placed before it (§5).
//   - The digest of the first n entries is the same on every node (§6).
//   - The tables may be thrown away at any time: they are folded again.
package records

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Config says whose records these are.
type Config struct {
	Office string      // name of the office
	Side   office.Side // our own side
	// Source reads back, from our ledger database, entries that were folded
	// before and must be folded again because an earlier one came late.
	Source Source
	Log    *slog.Logger // nil: slog.Default()
}

// Source reads entries of one ledger: count of them from an index on, fewer if
// it is so minded, but at least one.
type Source func(ctx context.Context, side office.Side, from, count int64) ([]office.Entry, error)

// Records are the derived tables of one office at one side. All methods may be
// called at once from many goroutines; folds wait for each other.
type Records struct {
	db     *sqldb.DB
	config Config

	folding chan struct{} // holds one token while a fold is open
	awaited awaited       // kept between calls

	// The memory of the folds: belongs to whoever holds the token.
	texts   texts
	state   state
	loaded  bool  // state, desk and tails are what the tables said after the last fold here
	written int64 // with SQLite, its data_version when they were read
	desk    *desk
	tails   map[office.Side][]int64 // times of the last entries of each side
	recent  recent
}

// state says how far the fold has come.
type state struct {
	placed int64    // entries in the joint order
	digest [32]byte // after the last of them
	sides  map[office.Side]*sideState
	cursor
}

// sideState is one side's part of the joint order.
type sideState struct {
	placed int64 // its entries, > 0
	time   int64 // of the last of them, in the joint order
}

// cursor says how far the joint order is settled.
type cursor struct {
	settled int64                 // places that are; 0 <= settled <= placed
	line    int64                 // the settled line; math.MinInt64 if nothing is settled
	counts  map[office.Side]int64 // of each side, entries that are
}

// last gives the last entry of the joint order.
func (s *state) last() position {
	last := position{time: math.MinInt64}
	for side, its := range s.sides {
		if p := (position{its.time, office.EntryID{Side: side, Index: its.placed - 1}}); p.compare(last) > 0 {
			last = p
		}
	}
	return last
}

// position is where an entry stands in the joint order (spec/entries.md §4).
type position struct {
	time int64
	id   office.EntryID
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.time, q.time), p.id.Compare(q.id))
}

// Open opens the records in db, which holds nothing else. If they were made by
// another version of the program they are thrown away: Placed then says that
// all is to be folded again.
func Open(ctx context.Context, db *sqldb.DB, c Config) (*Records, error) {
	if c.Source == nil {
		return nil, errors.New("open records: no source of entries")
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	r := &Records{
		db:      db,
		config:  c,
		folding: make(chan struct{}, 1),
		texts:   texts{engine: db.Engine(), made: make(map[string]string)},
		awaited: awaited{most: MaxOpen},
	}
	if err := r.migrate(ctx); err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	err := db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO cursor (id, office, side, version, settled, line, sides)
			VALUES (1, $1, $2, $3, 0, $4, '{}')
			ON CONFLICT (id) DO NOTHING`,
			c.Office, c.Side, version, int64(math.MinInt64))
		if err != nil {
			return err
		}
		var name, side string
		if err := tx.QueryRow(ctx, "SELECT office, side FROM cursor WHERE id = 1").Scan(&name, &side); err != nil {
			return err
		}
		if name != c.Office || side != c.Side {
			return fmt.Errorf("these are the records of %s at %s, not of %s at %s", side, name, c.Side, c.Office)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	return r, nil
}

// load reads the cursor.
func (c *cursor) load(ctx context.Context, tx *sqldb.Tx) error {
	var made, sides string
	err := tx.QueryRow(ctx, "SELECT version, settled, line, sides FROM cursor WHERE id = 1").
		Scan(&made, &c.settled, &c.line, &sides)
	if err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	if made != version {
		return errVersion
	}
	c.counts = nil
	if err := json.Unmarshal([]byte(sides), &c.counts); err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	return nil
}

// save writes the cursor.
func (c *cursor) save(ctx context.Context, tx *sqldb.Tx) error {
	sides, err := json.Marshal(c.counts, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write the cursor: %w", err)
	}
	err = tx.Later(ctx, nil, "UPDATE cursor SET settled = $1, line = $2, sides = $3 WHERE id = 1", c.settled, c.line, string(sides))
	if err != nil {
		return fmt.Errorf("write the cursor: %w", err)
	}
	return nil
}

// load reads the state.
func (s *state) load(ctx context.Context, tx *sqldb.Tx) (err error) {
	if err := s.cursor.load(ctx, tx); err != nil {
		return err
	}
	if s.placed, s.digest, err = lastPlaced(ctx, tx); err != nil {
		return err
	}
	s.sides, err = placedSides(ctx, tx)
	return err
}

// lastPlaced gives the last place of the joint order and the digest there.
func lastPlaced(ctx context.Context, tx *sqldb.Tx) (pos int64, digest [32]byte, err error) {
	var bytes []byte
	err = tx.QueryRow(ctx, "SELECT pos, digest FROM placed ORDER BY pos DESC LIMIT 1").Scan(&pos, &bytes)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, digest, fmt.Errorf("read the end of the joint order: %w", err)
	}
	copy(digest[:], bytes)
	return pos, digest, nil
}

// placedSides gives what is placed of each side: from one side to the next,
// because a count would read all there is.
func placedSides(ctx context.Context, tx *sqldb.Tx) (map[office.Side]*sideState, error) {
	sides := make(map[office.Side]*sideState)
	for side := ""; ; {
		err := tx.QueryRow(ctx, "SELECT side FROM placed WHERE side > $1 ORDER BY side LIMIT 1", side).Scan(&side)
		if errors.Is(err, sql.ErrNoRows) {
			return sides, nil
		}
		its := &sideState{}
		if err == nil {
			err = tx.QueryRow(ctx, "SELECT idx + 1, time FROM placed WHERE side = $1 ORDER BY idx DESC LIMIT 1", side).
				Scan(&its.placed, &its.time)
		}
		if err != nil {
			return nil, fmt.Errorf("read what is placed of each side: %w", err)
		}
		sides[side] = its
	}
}

// view runs f in a read transaction, with the cursor as it is there.
func (r *Records) view(ctx context.Context, doing string, f func(tx *sqldb.Tx, c *cursor) error) error {
	err := r.db.View(ctx, func(tx *sqldb.Tx) error {
		var c cursor
		if err := c.load(ctx, tx); err != nil {
			return err
		}
		return f(tx, &c)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// Placed gives how many entries of each ledger stand in the joint order. A side
// of which there are none is not named.
func (r *Records) Placed(ctx context.Context) (placed map[office.Side]int64, err error) {
	err = r.view(ctx, "read what is placed", func(tx *sqldb.Tx, _ *cursor) error {
		s := state{}
		s.sides, err = placedSides(ctx, tx)
		placed = s.placedCounts()
		return err
	})
	return placed, err
}

func (s *state) placedCounts() map[office.Side]int64 {
	counts := make(map[office.Side]int64, len(s.sides))
	for side, its := range s.sides {
		counts[side] = its.placed
	}
	return counts
}

// Update runs do in a fold and commits it, or rolls it back if do returns an
// error. If another process of this side has folded since the last fold of this
// one (ErrOthers, on PostgreSQL), it does so once more, with the records read anew.
func (r *Records) Update(ctx context.Context, do func(*Fold) error) error {
	err := r.update(ctx, do)
	if errors.Is(err, ErrOthers) && r.db.Engine() == sqldb.PostgreSQL {
		err = r.update(ctx, do) // it reads them with the writers' lock: nobody can fold meanwhile
	}
	return err
}

func (r *Records) update(ctx context.Context, do func(*Fold) error) error {
	f, err := r.Begin(ctx)
	if err != nil {
		return err
	}
	defer f.Rollback()
	if err := do(f); err != nil {
		return err
	}
	return f.Commit()
}

// Add folds entries from the ledgers: a fold of its own (Fold.Add).
func (r *Records) Add(ctx context.Context, entries []office.Entry) error {
	return r.Update(ctx, func(f *Fold) error { return f.Add(entries) })
}

// Settle moves the settled line: a fold of its own (Fold.Settle).
func (r *Records) Settle(ctx context.Context, standings map[office.Side][]Standing) (settled int64, err error) {
	err = r.Update(ctx, func(f *Fold) error {
		settled, err = f.Settle(standings)
		return err
	})
	return settled, err
}

// Digest is the digest of the first Count entries of the joint order.
type Digest struct {
	Count int64
	Hash  [32]byte
}

// Digest gives the digest at the settled line.
func (r *Records) Digest(ctx context.Context) (d Digest, err error) {
	err = r.view(ctx, "read the digest", func(tx *sqldb.Tx, c *cursor) error {
		d.Count = c.settled
		d.Hash, _, err = digestAt(ctx, tx, c.settled)
		return err
	})
	return d, err
}

// DigestAt gives the digest of the first count entries of the joint order, and
// the last of these. If there are not so many, ok is false. With count 0 the
// digest is that of nothing, and there is no last.
func (r *Records) DigestAt(ctx context.Context, count int64) (hash [32]byte, last office.EntryID, ok bool, err error) {
	err = r.view(ctx, "read the digest", func(tx *sqldb.Tx, _ *cursor) error {
		placed, _, err := lastPlaced(ctx, tx)
		if ok = err == nil && count >= 0 && count <= placed; ok {
			hash, last, err = digestAt(ctx, tx, count)
		}
		return err
	})
	return hash, last, ok, err
}

func digestAt(ctx context.Context, tx *sqldb.Tx, count int64) (hash [32]byte, last office.EntryID, err error) {
	if count == 0 {
		return hash, last, nil
	}
	var digest []byte
	err = tx.QueryRow(ctx, "SELECT side, idx, digest FROM placed WHERE pos = $1", count).
		Scan(&last.Side, &last.Index, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return hash, last, fmt.Errorf("no entry at place %d", count)
	}
	copy(hash[:], digest)
	return hash, last, err
}
