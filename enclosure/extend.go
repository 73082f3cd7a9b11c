package enclosure

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"liaison.example/sqldb"
)

// Stale says that a part does not begin where what is held ends.
type Stale struct{ Held int64 }

func (e *Stale) Error() string {
	return fmt.Sprintf("%d bytes are held, and the part begins elsewhere", e.Held)
}

// ErrWrongBytes says that all bytes of a file have come, and that they are not
// those that its hash names. They were thrown away.
var ErrWrongBytes = errors.New("the bytes are not those that the hash names")

// ErrTooLong says that a part has more bytes than the file.
var ErrTooLong = errors.New("the part has more bytes than the enclosure")

// sum is the hash of a file's first bytes.
type sum struct {
	hash hash.Hash
	of   int64 // so many bytes
}

// maxSums is of how many files the hash of what has come is remembered; of
// others it is computed anew when they grow.
const maxSums = 4

// Extend stores the next part of a file that an entry names, which begins at
// from, and tells how much is held then. Only whole chunks are stored, unless
// the part reaches the end of the file. With no bytes it only begins the file,
// or looks how far it is. The answer is *Stale, *NoRoom, *TooLarge, ErrTooLong
// or ErrWrongBytes if the part could not be taken.
func (s *Store) Extend(ctx context.Context, f File, from int64, part []byte) (File, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return File{}, context.Cause(ctx)
	}
	r, err := s.extend(ctx, f, from, part)
	if errors.Is(err, ErrWrongBytes) {
		delete(s.sums, f.Hash)
		err = errors.Join(err, s.remove(context.WithoutCancel(ctx), r, always))
	}
	if err != nil {
		return r.File, fmt.Errorf("extend an enclosure: %w", err)
	}
	return r.File, nil
}

func (s *Store) extend(ctx context.Context, f File, from int64, part []byte) (r row, err error) {
	if f.Size > s.c.Limits.File {
		return r, &TooLarge{s.c.Limits.File}
	}
	if r, err = s.findOrBegin(ctx, f); err != nil || r.Whole || len(part) == 0 {
		return r, err
	}
	switch {
	case from != r.Held:
		return r, &Stale{r.Held}
	case int64(len(part)) > r.Size-r.Held:
		return r, ErrTooLong
	}
	for len(part) > 0 {
		chunk := part[:min(len(part), ChunkSize)]
		last := r.Held+int64(len(chunk)) == r.Size
		if len(chunk) < ChunkSize && !last {
			break
		}
		if err := s.grow(ctx, &r, chunk, last); err != nil {
			return r, err
		}
		part = part[len(chunk):]
	}
	return r, nil
}

// findOrBegin finds a file, or begins it if there is room.
func (s *Store) findOrBegin(ctx context.Context, f File) (r row, err error) {
	err = s.db.View(ctx, func(tx *sqldb.Tx) error {
		r, err = find(ctx, tx, f.Hash, f.Size)
		return err
	})
	if !errors.Is(err, sql.ErrNoRows) {
		return r, err
	}
	err = s.db.Update(ctx, func(tx *sqldb.Tx) error {
		r, err = find(ctx, tx, f.Hash, f.Size)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err = s.room(ctx, tx, f.Side, f.Size); err == nil {
			r, err = s.begin(ctx, tx, File{Hash: f.Hash, Size: f.Size, Side: f.Side})
		}
		return err
	})
	return r, err
}

// grow stores the next chunk of a file. The last is only stored if it makes the
// bytes those that the hash names.
func (s *Store) grow(ctx context.Context, r *row, chunk []byte, last bool) error {
	sum, err := s.sumOf(ctx, r)
	if err != nil {
		return err
	}
	sum.hash.Write(chunk)
	sum.of += int64(len(chunk))
	var also func(tx *sqldb.Tx) error
	if last {
		delete(s.sums, r.Hash)
		if hex.EncodeToString(sum.hash.Sum(nil)) != r.Hash {
			return ErrWrongBytes
		}
		also = func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE enclosure SET whole = 1 WHERE id = $1`, r.id)
			return err
		}
	}
	if err := s.addChunk(ctx, r, chunk, also); err != nil {
		delete(s.sums, r.Hash)
		return err
	}
	r.Whole = last
	return nil
}

// sumOf is the hash of what is held of a file: remembered, or read from disk.
func (s *Store) sumOf(ctx context.Context, r *row) (*sum, error) {
	known := s.sums[r.Hash]
	if known != nil && known.of == r.Held {
		return known, nil
	}
	if len(s.sums) >= maxSums {
		clear(s.sums)
	}
	known = &sum{hash: sha256.New()}
	in := &Reader{ctx: ctx, s: s, id: r.id, size: r.Held}
	var err error
	if known.of, err = io.Copy(known.hash, in); err != nil {
		return nil, err
	}
	s.sums[r.Hash] = known
	return known, nil
}

// Note keeps what was found in a file of another side that is whole.
func (s *Store) Note(ctx context.Context, f File, finding Finding) error {
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE enclosure SET finding = $1 WHERE hash = $2 AND size = $3 AND kept = 0`, string(finding), f.Hash, f.Size)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what is in an enclosure: %w", err)
	}
	return nil
}
