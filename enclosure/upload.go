package enclosure

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"liaison.example/sqldb"
)

// The limits of uploads.
const (
	MaxUploads = 8              // of one owner that are not finished
	UploadKept = 24 * time.Hour // after the last part, until an upload is forgotten
)

// Upload is a file of our own that is read in part by part. What was stored of it is
// kept over a cut and over the end of a process, in whole chunks: Held says where to
// go on.
type Upload struct {
	ID   string
	Name string
	Size int64  // bytes of the whole
	Held int64  // bytes stored, from the beginning
	Hash string // once it is finished

	file int64 // its row, until it is finished
}

// ErrNoUpload says that there is no upload of that name of this owner: it never was,
// was forgotten, or is somebody else's.
var ErrNoUpload = errors.New("there is no such upload")

// ErrManyUploads says that an owner has MaxUploads that are not finished.
var ErrManyUploads = errors.New("there are too many unfinished uploads")

// WrongOffset says that a part does not begin where what is stored ends.
type WrongOffset struct{ Held int64 }

func (e *WrongOffset) Error() string { return fmt.Sprintf("the next byte is number %d", e.Held) }

// ErrLonger says that more bytes came than the upload was begun for.
var ErrLonger = errors.New("the file is longer than was said")

// BeginUpload begins an upload of a file of so many bytes.
func (s *Store) BeginUpload(ctx context.Context, owner, name string, size int64) (Upload, error) {
	switch {
	case size < 1:
		return Upload{}, &Refused{Code: "empty"}
	case size > s.c.Limits.File:
		return Upload{}, &TooLarge{s.c.Limits.File}
	}
	u := Upload{ID: rand.Text(), Name: name, Size: size}
	err := s.db.Update(ctx, func(tx *sqldb.Tx) error {
		var open int64
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM enclosure_upload WHERE owner = $1 AND hash = ''`, owner).Scan(&open); err != nil {
			return err
		}
		if open >= MaxUploads {
			return ErrManyUploads
		}
		if err := s.room(ctx, tx, s.c.Side, size); err != nil {
			return err
		}
		r, err := s.begin(ctx, tx, File{Side: s.c.Side})
		if err != nil {
			return err
		}
		u.file = r.id
		_, err = tx.Exec(ctx, `INSERT INTO enclosure_upload (id, owner, name, size, file, hash, touched) VALUES ($1, $2, $3, $4, $5, '', $6)`,
			u.ID, owner, name, size, r.id, s.c.Now().UnixMilli())
		return err
	})
	if err != nil {
		return Upload{}, fmt.Errorf("begin an upload: %w", err)
	}
	return u, nil
}

// Upload tells how far an upload is.
func (s *Store) Upload(ctx context.Context, owner, id string) (u Upload, err error) {
	err = s.db.View(ctx, func(tx *sqldb.Tx) error {
		u, _, err = upload(ctx, tx, owner, id)
		return err
	})
	if err != nil {
		return Upload{}, fmt.Errorf("look for an upload: %w", err)
	}
	return u, nil
}

// upload reads an upload, and the row of its file until it is finished.
func upload(ctx context.Context, tx *sqldb.Tx, owner, id string) (u Upload, r row, err error) {
	err = tx.QueryRow(ctx, `SELECT id, name, size, file, hash FROM enclosure_upload WHERE id = $1 AND owner = $2`, id, owner).Scan(
		&u.ID, &u.Name, &u.Size, &u.file, &u.Hash)
	if err == nil && u.Hash != "" {
		u.Held = u.Size
		return u, r, nil
	}
	if err == nil {
		err = r.scan(tx.QueryRow(ctx, `SELECT `+rowColumns+` FROM enclosure WHERE id = $1`, u.file).Scan)
		u.Held = r.Held
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoUpload
	}
	return u, r, err
}

// AppendUpload stores the next part of an upload, which begins at an offset, and
// tells how far it is then. What does not fill a chunk is not stored, unless it is
// the end of the file: after a cut at most that much is sent again. Of two who append
// at once, one is told *WrongOffset.
func (s *Store) AppendUpload(ctx context.Context, owner, id string, offset int64, from io.Reader) (u Upload, err error) {
	const doing = "read in a part of an upload: %w"
	var r row
	err = s.db.Update(ctx, func(tx *sqldb.Tx) error {
		if u, r, err = upload(ctx, tx, owner, id); err != nil {
			return err
		}
		if offset != u.Held || u.Hash != "" {
			return &WrongOffset{u.Held}
		}
		if _, err := tx.Exec(ctx, `UPDATE enclosure_upload SET touched = $1 WHERE id = $2`, s.c.Now().UnixMilli(), id); err != nil {
			return err
		}
		return s.room(ctx, tx, s.c.Side, u.Size-u.Held)
	})
	if err != nil {
		return Upload{}, fmt.Errorf(doing, err)
	}
	chunk := make([]byte, ChunkSize)
	for {
		left := min(u.Size-r.Held, ChunkSize)
		if left == 0 {
			if n, _ := io.ReadFull(from, chunk[:1]); n > 0 {
				return u, fmt.Errorf(doing, ErrLonger)
			}
			return u, nil
		}
		_, err := io.ReadFull(from, chunk[:left])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return u, nil // what was not stored is sent again
		}
		if err == nil {
			err = s.addChunk(ctx, &r, chunk[:left], nil)
		}
		if errors.Is(err, errMoved) {
			if u, err = s.Upload(ctx, owner, id); err == nil {
				err = &WrongOffset{u.Held}
			}
		}
		if err != nil {
			return u, fmt.Errorf(doing, err)
		}
		u.Held = r.Held
	}
}

// FinishUpload makes of an upload whose bytes are all here a file, as Add does. Done
// again it answers the same. Of one that Inspect refuses nothing is left.
func (s *Store) FinishUpload(ctx context.Context, owner, id string) (File, error) {
	f, err := s.finishUpload(ctx, owner, id)
	if err != nil {
		err = fmt.Errorf("finish an upload: %w", err)
	}
	return f, err
}

func (s *Store) finishUpload(ctx context.Context, owner, id string) (File, error) {
	var u Upload
	var r row
	err := s.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		u, r, err = upload(ctx, tx, owner, id)
		return err
	})
	switch {
	case err != nil:
		return File{}, err
	case u.Held != u.Size:
		return File{}, &WrongOffset{u.Held}
	case u.Hash != "":
		f, err := s.File(ctx, u.Hash, u.Size)
		if err == nil && !f.Whole {
			err = ErrNoUpload // nobody has named the file for long, and it was removed
		}
		return f, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, &Reader{ctx: ctx, s: s, id: r.id, size: u.Size}); err != nil {
		return File{}, err
	}
	r.Hash, r.Size = hex.EncodeToString(sum.Sum(nil)), u.Size
	if err := s.inspect(ctx, &r, u.Name); err != nil {
		var refused *Refused
		if errors.As(err, &refused) {
			err = errors.Join(err, s.remove(context.WithoutCancel(ctx), r, always))
		}
		return File{}, err
	}
	r, err = s.finish(ctx, r, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE enclosure_upload SET hash = $1, file = 0, touched = $2 WHERE id = $3`, r.Hash, s.c.Now().UnixMilli(), id)
		return err
	})
	return r.File, err
}

// DropUpload ends an upload, and removes what is here of it.
func (s *Store) DropUpload(ctx context.Context, owner, id string) error {
	var u Upload
	var r row
	err := s.db.Update(ctx, func(tx *sqldb.Tx) (err error) {
		if u, r, err = upload(ctx, tx, owner, id); err == nil {
			_, err = tx.Exec(ctx, `DELETE FROM enclosure_upload WHERE id = $1`, id)
		}
		return err
	})
	if err == nil && u.Hash == "" {
		err = s.remove(ctx, r, always)
	}
	if err != nil {
		return fmt.Errorf("drop an upload: %w", err)
	}
	return nil
}

// sweepUploads forgets uploads that nobody has gone on with for UploadKept.
func (s *Store) sweepUploads(ctx context.Context) error {
	const most = 100 // at once; the next sweep goes on
	type old struct{ id, owner string }
	var all []old
	err := s.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, owner FROM enclosure_upload WHERE touched <= $1 ORDER BY touched LIMIT $2`,
			s.c.Now().Add(-UploadKept).UnixMilli(), most)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one old
			if err := rows.Scan(&one.id, &one.owner); err != nil {
				return err
			}
			all = append(all, one)
		}
		return rows.Err()
	})
	for _, one := range all {
		if err == nil {
			if err = s.DropUpload(ctx, one.owner, one.id); errors.Is(err, ErrNoUpload) {
				err = nil
			}
		}
	}
	if err != nil {
		return fmt.Errorf("forget old uploads: %w", err)
	}
	return nil
}
