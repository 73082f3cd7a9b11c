package enclosure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"liaison.example/sqldb"
)

// Reader reads a file, a chunk at a time. It is not for use by several
// goroutines.
type Reader struct {
	ctx  context.Context
	s    *Store
	id   int64
	size int64
	at   int64

	chunk []byte // the chunk that was read last
	n     int64  // its number, if there is one
}

// Open opens a whole file for reading. It answers ErrNotHeld if the file is not
// whole here. What is read belongs to the context.
func (s *Store) Open(ctx context.Context, hash string, size int64) (*Reader, error) {
	var r row
	err := s.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		r, err = find(ctx, tx, hash, size)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) || err == nil && !r.Whole {
		err = ErrNotHeld
	}
	if err != nil {
		return nil, fmt.Errorf("open an enclosure: %w", err)
	}
	return &Reader{ctx: ctx, s: s, id: r.id, size: r.Size}, nil
}

// Size is how many bytes there are.
func (r *Reader) Size() int64 { return r.size }

// Read is io.Reader's.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.readOnce(p, r.at)
	r.at += int64(n)
	return n, err
}

// Seek is io.Seeker's.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning of an enclosure")
	}
	r.at = offset
	return offset, nil
}

// ReadAt is io.ReaderAt's, but for one goroutine.
func (r *Reader) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = r.readOnce(p[n:], at+int64(n))
		n += more
	}
	return n, err
}

// readOnce reads from one chunk.
func (r *Reader) readOnce(p []byte, at int64) (int, error) {
	if at < 0 || at >= r.size {
		return 0, io.EOF
	}
	n := at / ChunkSize
	if r.chunk == nil || r.n != n {
		if err := r.readChunk(n); err != nil {
			return 0, err
		}
	}
	in := r.chunk[at%ChunkSize:]
	return copy(p, in[:min(int64(len(in)), r.size-at)]), nil
}

// readChunk reads a chunk into the room of the one before.
func (r *Reader) readChunk(n int64) error {
	room := r.chunk[:0]
	r.chunk = nil
	err := r.s.db.View(r.ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(r.ctx, `SELECT data FROM enclosure_chunk WHERE id = $1 AND n = $2`, r.id, n)
		if err != nil {
			return err
		}
		defer rows.Close()
		if !rows.Next() {
			return errors.Join(rows.Err(), fmt.Errorf("chunk %d of an enclosure is missing", n))
		}
		var data sql.RawBytes
		if err := rows.Scan(&data); err != nil {
			return err
		}
		room = append(room, data...)
		return rows.Err()
	})
	if want := min(ChunkSize, r.size-n*ChunkSize); err == nil && int64(len(room)) < want {
		err = fmt.Errorf("chunk %d of an enclosure has %d bytes, and must have %d", n, len(room), want)
	}
	if err == nil {
		r.chunk, r.n = room, n
	}
	return err
}

// Part reads at most so many bytes of a whole file, from a place on.
func (s *Store) Part(ctx context.Context, hash string, size, from int64, most int) ([]byte, error) {
	r, err := s.Open(ctx, hash, size)
	if err != nil {
		return nil, err
	}
	part := make([]byte, max(0, min(int64(most), size-from)))
	if len(part) == 0 {
		return part, nil
	}
	if _, err := r.ReadAt(part, from); err != nil {
		return nil, fmt.Errorf("read a part of an enclosure: %w", err)
	}
	return part, nil
}
