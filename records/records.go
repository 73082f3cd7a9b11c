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

	// The memory of the folds: belongs to whoever holds the token.
	texts  texts
	state  state
	loaded bool // state, desk and tails are what the tables of state.stamp say
	desk   *desk
	tails  map[office.Side][]int64 // times of the last entries of each side
	recent recent
}

// state is the cursor: how far the fold has come.
type state struct {
	stamp   int64
	placed  int64    // entries in the joint order
	digest  [32]byte // after the last
	settled int64    // of these, settled
	line    int64    // the settled line; math.MinInt64 if nothing is settled
	sides   map[office.Side]*sideState
}

// sideState is one side's part of the cursor.
type sideState struct {
	Placed  int64 `json:"placed"`  // its entries in the joint order, > 0
	Settled int64 `json:"settled"` // of these, settled
	Time    int64 `json:"time"`    // of the last placed one, in the joint order
}

// last gives the last entry of the joint order.
func (s *state) last() position {
	last := position{time: math.MinInt64}
	for side, its := range s.sides {
		if p := (position{its.Time, office.EntryID{Side: side, Index: its.Placed - 1}}); p.compare(last) > 0 {
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
	}
	if err := r.migrate(ctx); err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	err := db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO cursor (id, office, side, version, stamp, placed, digest, settled, line, sides)
			VALUES (1, $1, $2, $3, 0, 0, $4, 0, $5, '{}')
			ON CONFLICT (id) DO NOTHING`,
			c.Office, c.Side, version, make([]byte, 32), int64(math.MinInt64))
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

// load reads the cursor within tx.
func (s *state) load(ctx context.Context, tx *sqldb.Tx) error {
	var made, sides string
	var digest []byte
	err := tx.QueryRow(ctx, "SELECT version, stamp, placed, digest, settled, line, sides FROM cursor WHERE id = 1").
		Scan(&made, &s.stamp, &s.placed, &digest, &s.settled, &s.line, &sides)
	if err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	if made != version {
		return errVersion
	}
	copy(s.digest[:], digest)
	s.sides = make(map[office.Side]*sideState)
	if err := json.Unmarshal([]byte(sides), &s.sides); err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	return nil
}

// save writes the cursor within tx.
func (s *state) save(ctx context.Context, tx *sqldb.Tx) error {
	sides, err := json.Marshal(s.sides, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write the cursor: %w", err)
	}
	_, err = tx.Exec(ctx, `
		UPDATE cursor SET stamp = $1, placed = $2, digest = $3, settled = $4, line = $5, sides = $6
		WHERE id = 1`,
		s.stamp, s.placed, s.digest[:], s.settled, s.line, string(sides))
	if err != nil {
		return fmt.Errorf("write the cursor: %w", err)
	}
	return nil
}

// view runs f in a read transaction, with the cursor as it is there.
func (r *Records) view(ctx context.Context, doing string, f func(tx *sqldb.Tx, s *state) error) error {
	err := r.db.View(ctx, func(tx *sqldb.Tx) error {
		var s state
		if err := s.load(ctx, tx); err != nil {
			return err
		}
		return f(tx, &s)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// Placed gives how many entries of each ledger stand in the joint order. A side
// of which there are none is not named.
func (r *Records) Placed(ctx context.Context) (placed map[office.Side]int64, err error) {
	err = r.view(ctx, "read what is placed", func(_ *sqldb.Tx, s *state) error {
		placed = s.counts(func(its *sideState) int64 { return its.Placed })
		return nil
	})
	return placed, err
}

// SettledCounts gives how many entries of each ledger are settled. A side of
// which there are none is not named.
func (r *Records) SettledCounts(ctx context.Context) (settled map[office.Side]int64, err error) {
	err = r.view(ctx, "read what is settled", func(_ *sqldb.Tx, s *state) error {
		settled = s.counts(func(its *sideState) int64 { return its.Settled })
		return nil
	})
	return settled, err
}

func (s *state) counts(count func(*sideState) int64) map[office.Side]int64 {
	counts := make(map[office.Side]int64, len(s.sides))
	for side, its := range s.sides {
		if n := count(its); n > 0 {
			counts[side] = n
		}
	}
	return counts
}

// Add folds entries from the ledgers: a fold of its own (Fold.Add).
func (r *Records) Add(ctx context.Context, entries []office.Entry) error {
	f, err := r.Begin(ctx)
	if err != nil {
		return err
	}
	defer f.Rollback()
	if err := f.Add(entries); err != nil {
		return err
	}
	return f.Commit()
}

// Settle moves the settled line: a fold of its own (Fold.Settle).
func (r *Records) Settle(ctx context.Context, standings map[office.Side][]Standing) (settled int64, err error) {
	f, err := r.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer f.Rollback()
	if settled, err = f.Settle(standings); err != nil {
		return 0, err
	}
	return settled, f.Commit()
}

// Digest is the digest of the first Count entries of the joint order.
type Digest struct {
	Count int64
	Hash  [32]byte
}

// Digest gives the digest at the settled line.
func (r *Records) Digest(ctx context.Context) (d Digest, err error) {
	err = r.view(ctx, "read the digest", func(tx *sqldb.Tx, s *state) error {
		d.Count = s.settled
		d.Hash, _, err = digestAt(ctx, tx, s.settled)
		return err
	})
	return d, err
}

// DigestAt gives the digest of the first count entries of the joint order, and
// the last of these. If there are not so many, ok is false. With count 0 the
// digest is that of nothing, and there is no last.
func (r *Records) DigestAt(ctx context.Context, count int64) (hash [32]byte, last office.EntryID, ok bool, err error) {
	err = r.view(ctx, "read the digest", func(tx *sqldb.Tx, s *state) (err error) {
		if ok = count >= 0 && count <= s.placed; ok {
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
