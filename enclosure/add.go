package enclosure

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"

	"liaison.example/sqldb"
)

// Add reads in a file of our own. Nothing is left of one that is not read to
// its end, has no bytes, too many (TooLarge) or finds no room (NoRoom), or that
// Inspect refuses (Refused). A file that is here already is not stored twice.
func (s *Store) Add(ctx context.Context, name string, from io.Reader) (File, error) {
	var r row
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		err := s.room(ctx, tx, s.c.Side, s.c.Limits.File)
		if err == nil {
			r, err = s.begin(ctx, tx, File{Side: s.c.Side})
		}
		return err
	})
	if err != nil {
		return File{}, fmt.Errorf("read in an enclosure: %w", err)
	}
	if err = s.readIn(ctx, &r, from); err == nil {
		err = s.inspect(ctx, &r, name)
	}
	if err == nil {
		r, err = s.finish(ctx, r, nil)
	}
	if err != nil {
		return File{}, fmt.Errorf("read in an enclosure: %w", errors.Join(err, s.remove(context.WithoutCancel(ctx), r, always)))
	}
	return r.File, nil
}

// readIn stores all bytes that are read, and finds their hash.
func (s *Store) readIn(ctx context.Context, r *row, from io.Reader) error {
	sum := sha256.New()
	chunk := make([]byte, ChunkSize)
	for {
		n, err := io.ReadFull(from, chunk)
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		switch {
		case err != nil && !last:
			return err
		case r.Held+int64(n) > s.c.Limits.File:
			return &TooLarge{s.c.Limits.File}
		case n > 0:
			sum.Write(chunk[:n])
			if err := s.addChunk(ctx, r, chunk[:n], nil); err != nil {
				return err
			}
		}
		if last {
			break
		}
	}
	if r.Held == 0 {
		return &Refused{Code: "empty"}
	}
	r.Hash, r.Size = hex.EncodeToString(sum.Sum(nil)), r.Held
	return nil
}

// inspect looks into a file of our own.
func (s *Store) inspect(ctx context.Context, r *row, name string) error {
	in := &Reader{ctx: ctx, s: s, id: r.id, size: r.Size}
	if finding := Inspect(in, r.Size, name); finding.Refused() {
		return &Refused{Code: finding}
	}
	return nil
}

// finish makes a file of our own whole, or finds the same file here already, and does
// in the same commit what else belongs to it.
func (s *Store) finish(ctx context.Context, r row, also func(tx *sqldb.Tx) error) (row, error) {
	var double row
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		double = row{}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		same, err := find(ctx, tx, r.Hash, r.Size)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		case same.Whole && same.id == r.id: // it was finished twice at once
			r = same
			return nil
		case same.Whole:
			double = r
			r = same
			if r.Kept {
				return nil
			}
			_, err := tx.Exec(ctx, `UPDATE enclosure SET touched = $1 WHERE id = $2`, s.c.Now().UnixMilli(), r.id)
			return err
		default: // it is being fetched: this is all of it
			double = same
			if _, err := tx.Exec(ctx, `UPDATE enclosure SET hash = '' WHERE id = $1`, same.id); err != nil {
				return err
			}
		}
		done, err := tx.Exec(ctx, `UPDATE enclosure SET hash = $1, size = $2, whole = 1 WHERE id = $3 AND held = $2 AND whole = 0`, r.Hash, r.Size, r.id)
		if err == nil && done != 1 {
			err = errMoved
		}
		r.Whole = true
		return err
	})
	if err == nil && double.id != 0 {
		err = s.remove(ctx, double, always)
	}
	return r, err
}

const (
	removeChunks = 16            // removed in one commit
	always       = math.MaxInt64 // later than any touch
)

// remove takes a file away that no entry names and that was not touched since
// an instant, a few chunks at a time.
func (s *Store) remove(ctx context.Context, r row, since int64) error {
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		gone, err := tx.Exec(ctx, `UPDATE enclosure SET hash = '', whole = 0 WHERE id = $1 AND kept = 0 AND touched <= $2`, r.id, since)
		if err == nil && gone == 0 {
			err = errMoved
		}
		if err == nil {
			_, err = tx.Exec(ctx, `DELETE FROM enclosure_upload WHERE file = $1`, r.id)
		}
		return err
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	for left := int64(1); err == nil && left > 0; {
		err = s.db.Update(ctx, func(tx *sqldb.Tx) error {
			err := tx.QueryRow(ctx, `SELECT count(*) FROM enclosure_chunk WHERE id = $1`, r.id).Scan(&left)
			if err != nil {
				return err
			}
			left = max(0, left-removeChunks)
			if _, err = tx.Exec(ctx, `DELETE FROM enclosure_chunk WHERE id = $1 AND n >= $2`, r.id, left); err != nil {
				return err
			}
			if left == 0 {
				_, err = tx.Exec(ctx, `DELETE FROM enclosure WHERE id = $1`, r.id)
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("remove an enclosure: %w", err)
	}
	return nil
}

// Sweep removes what nobody has finished or named for long, and tells how many
// files that were. needed says whether an entry names a file that is not whole:
// what there is of it stays.
func (s *Store) Sweep(ctx context.Context, needed func(hash string) bool) (removed int, err error) {
	const most = 100 // at once; the next sweep goes on
	if err := s.sweepUploads(ctx); err != nil {
		return 0, err
	}
	since := s.c.Now().Add(-s.c.Limits.Unused).UnixMilli()
	var unused []row
	err = s.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+rowColumns+` FROM enclosure WHERE kept = 0 AND touched <= $1 ORDER BY id LIMIT $2`,
			since, most)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r row
			if err := r.scan(rows.Scan); err != nil {
				return err
			}
			unused = append(unused, r)
		}
		return rows.Err()
	})
	for _, r := range unused {
		if err == nil && !needed(r.Hash) {
			err = s.remove(ctx, r, since)
			removed++
		}
	}
	if err != nil {
		return removed, fmt.Errorf("remove unused enclosures: %w", err)
	}
	return removed, nil
}
