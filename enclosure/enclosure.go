// Package enclosure keeps the files that entries point to, in chunks by their
// SHA-256: those of our own side as they are read in, those of the other sides
// as they come over the link, part by part, in one go or in many.
//
// What holds, whatever another side sends and whenever a process dies:
//
//   - A file counts as held only when all its bytes are on disk and their hash
//     was found right.
//   - What was stored of a file before a cut is not fetched again.
//   - A file that an entry names never changes; the database refuses it too.
//   - Nobody fills the disk: each side has a bounded account (Limits), what
//     nobody finishes or names is removed after some days, and room is left on
//     the disk for the ledgers.
//   - Memory does not grow with the size of a file, and each chunk is a short
//     transaction of its own, so that entries never wait long for a file.
package enclosure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"liaison.example/sqldb"
)

// ChunkSize is how many bytes of a file stand in one row, and go to disk in one
// commit.
const ChunkSize = 64 << 10

// Limits bound what is kept, in bytes.
type Limits struct {
	File   int64         // of one file
	Loose  int64         // of one side's files that are not whole, or that no entry names yet
	Side   int64         // of all files on one side's account
	Spare  int64         // left free on the disk for the ledgers
	Unused time.Duration // after which what nobody finished or named is removed
}

// Defaults is the table of limits (spec/link.md §8 has the first).
func Defaults() Limits {
	return Limits{
		File:   100 << 20,
		Loose:  4 << 30,
		Side:   64 << 30,
		Spare:  512 << 20,
		Unused: 7 * 24 * time.Hour,
	}
}

// Config says how files are kept.
type Config struct {
	// Side is our own: what is read in here stands on its account.
	Side string
	// Limits are Defaults if zero.
	Limits Limits
	// Now gives the time by which unused files are removed.
	Now func() time.Time
	// Free tells how many bytes are free on the disk. It may be nil where
	// nobody can know, as with a database server.
	Free func() (int64, error)
	// Rest is called after each chunk with how long it took, and returns when
	// the next may be written: so entries go first. It may be nil.
	Rest func(ctx context.Context, took time.Duration) error
}

// File is one file as far as it is here.
type File struct {
	Hash    string // hex SHA-256 of the whole
	Size    int64  // bytes of the whole
	Side    string // on whose account it stands
	Held    int64  // bytes on disk, from the beginning
	Whole   bool   // all bytes are here, and their hash was found right
	Kept    bool   // an entry names it
	Finding Finding
}

// Store keeps files in a database. Its methods may be called from many
// goroutines.
type Store struct {
	db *sqldb.DB
	c  Config

	// turn holds a token while a file of another side grows, and guards sums.
	turn chan struct{}
	sums map[string]*sum // by hash, of files that have grown lately
}

// Open makes the tables where they are missing.
func Open(ctx context.Context, db *sqldb.DB, c Config) (*Store, error) {
	if err := db.Migrate(ctx, "enclosure", migrations); err != nil {
		return nil, err
	}
	if c.Limits == (Limits{}) {
		c.Limits = Defaults()
	}
	if c.Rest == nil {
		c.Rest = func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }
	}
	return &Store{db: db, c: c, turn: make(chan struct{}, 1), sums: map[string]*sum{}}, nil
}

// ErrNotHeld says that there is no such file here, or not all of it.
var ErrNotHeld = errors.New("the enclosure is not held here")

// NoRoom says why no more may be kept.
type NoRoom struct {
	Why   string // "disk", "side" or "loose": which of the limits is reached
	Side  string // on whose account the file would stand
	Need  int64  // bytes of the file
	Limit int64  // bytes that may be kept, or that are free
}

func (e *NoRoom) Error() string {
	return fmt.Sprintf("no room for %d bytes of %s: the limit %q of %d bytes is reached", e.Need, e.Side, e.Why, e.Limit)
}

// TooLarge says that a file has more bytes than are taken.
type TooLarge struct{ Limit int64 }

func (e *TooLarge) Error() string { return fmt.Sprintf("a file has at most %d bytes", e.Limit) }

// row is a file with its place in the database.
type row struct {
	id int64
	File
}

const rowColumns = `id, hash, size, side, held, whole, kept, finding`

// scan reads the columns of rowColumns.
func (r *row) scan(scan func(...any) error) error {
	var whole, kept int64
	if err := scan(&r.id, &r.Hash, &r.Size, &r.Side, &r.Held, &whole, &kept, &r.Finding); err != nil {
		return err
	}
	r.Whole, r.Kept = whole == 1, kept == 1
	return nil
}

// find looks for a file. It answers sql.ErrNoRows if nothing is here of it.
func find(ctx context.Context, tx *sqldb.Tx, hash string, size int64) (r row, err error) {
	err = r.scan(tx.QueryRow(ctx, `SELECT `+rowColumns+` FROM enclosure WHERE hash = $1 AND size = $2`, hash, size).Scan)
	return r, err
}

// File tells how far a file is here. A file of which nothing is here has none
// held.
func (s *Store) File(ctx context.Context, hash string, size int64) (File, error) {
	r := row{File: File{Hash: hash, Size: size}}
	err := s.db.View(ctx, func(tx *sqldb.Tx) error {
		found, err := find(ctx, tx, hash, size)
		if err == nil {
			r = found
		}
		return err
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return File{}, fmt.Errorf("look for an enclosure: %w", err)
	}
	return r.File, nil
}

// Used tells how many bytes stand on each side's account.
func (s *Store) Used(ctx context.Context) (map[string]int64, error) {
	used := map[string]int64{}
	err := s.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT side, CAST(sum(held) AS BIGINT) FROM enclosure GROUP BY side ORDER BY side`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var side string
			var bytes int64
			if err := rows.Scan(&side, &bytes); err != nil {
				return err
			}
			used[side] = bytes
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("add up the enclosures: %w", err)
	}
	return used, nil
}

// room looks whether a file of so many bytes may be begun on a side's account.
func (s *Store) room(ctx context.Context, tx *sqldb.Tx, side string, size int64) error {
	if s.c.Free != nil {
		free, err := s.c.Free()
		if err != nil {
			return fmt.Errorf("look how much of the disk is free: %w", err)
		}
		if free < size+s.c.Limits.Spare {
			return &NoRoom{"disk", side, size, free}
		}
	}
	var all, loose int64
	err := tx.QueryRow(ctx, `SELECT CAST(COALESCE(sum(size), 0) AS BIGINT), CAST(COALESCE(sum(CASE WHEN kept = 1 THEN 0 ELSE size END), 0) AS BIGINT)
		FROM enclosure WHERE side = $1`, side).Scan(&all, &loose)
	switch {
	case err != nil:
		return err
	case all+size > s.c.Limits.Side:
		return &NoRoom{"side", side, size, s.c.Limits.Side}
	case loose+size > s.c.Limits.Loose:
		return &NoRoom{"loose", side, size, s.c.Limits.Loose}
	}
	return nil
}

// begin makes the row of a file of which nothing is here.
func (s *Store) begin(ctx context.Context, tx *sqldb.Tx, f File) (row, error) {
	r := row{File: f}
	err := tx.QueryRow(ctx, `INSERT INTO enclosure (id, hash, size, side, held, whole, kept, finding, touched)
		VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM enclosure), $1, $2, $3, 0, 0, 0, '', $4) RETURNING id`,
		f.Hash, f.Size, f.Side, s.c.Now().UnixMilli()).Scan(&r.id)
	return r, err
}

// errMoved says that another has changed the file meanwhile.
var errMoved = errors.New("the enclosure was changed meanwhile")

// addChunk stores the next bytes of a file in one commit, and does then what
// else belongs to it.
func (s *Store) addChunk(ctx context.Context, r *row, chunk []byte, also func(tx *sqldb.Tx) error) error {
	began := time.Now()
	held := r.Held + int64(len(chunk))
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		grown, err := tx.Exec(ctx, `UPDATE enclosure SET held = $1, size = CASE WHEN hash = '' THEN $1 ELSE size END, touched = $2
			WHERE id = $3 AND held = $4 AND whole = 0`, held, s.c.Now().UnixMilli(), r.id, r.Held)
		if err != nil {
			return err
		}
		if grown != 1 {
			return errMoved
		}
		if _, err := tx.Exec(ctx, `INSERT INTO enclosure_chunk (id, n, data) VALUES ($1, $2, $3)`, r.id, r.Held/ChunkSize, chunk); err != nil {
			return err
		}
		if also != nil {
			return also(tx)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.Held = held
	return s.c.Rest(ctx, time.Since(began))
}

// Keep says that an entry names a file that is whole: from now on it never
// changes. It answers ErrNotHeld if the file is not whole here.
func (s *Store) Keep(ctx context.Context, hash string, size int64) error {
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		r, err := find(ctx, tx, hash, size)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !r.Whole {
			return ErrNotHeld
		}
		if err != nil || r.Kept {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE enclosure SET kept = 1 WHERE id = $1`, r.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep an enclosure: %w", err)
	}
	return nil
}

// Touch says that a file is about to be named, so that Sweep leaves it. It
// answers ErrNotHeld if the file is not whole here.
func (s *Store) Touch(ctx context.Context, hash string, size int64) error {
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		r, err := find(ctx, tx, hash, size)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !r.Whole {
			return ErrNotHeld
		}
		if err != nil || r.Kept {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE enclosure SET touched = $1 WHERE id = $2`, s.c.Now().UnixMilli(), r.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("touch an enclosure: %w", err)
	}
	return nil
}
