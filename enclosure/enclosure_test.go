package enclosure_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/enclosure"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// world is a store whose clock is turned by hand.
type world struct {
	t     *testing.T
	db    *sqldb.DB
	now   time.Time
	free  int64
	rests atomic.Int64 // chunks after which the store has rested
	limit enclosure.Limits
	s     *enclosure.Store
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, now: time.Date(2018, 9, 14, 2, 30, 0, 0, time.UTC), free: 1 << 40, limit: enclosure.Defaults()}
	w.open()
	return w
}

// open opens the store anew, as after a restart.
func (w *world) open() {
	w.t.Helper()
	s, err := enclosure.Open(w.t.Context(), w.db, enclosure.Config{
		Side: "south", Limits: w.limit, Now: func() time.Time { return w.now },
		Free: func() (int64, error) { return w.free, nil },
		Rest: func(ctx context.Context, took time.Duration) error { w.rests.Add(1); return ctx.Err() },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.s = s
}

func bytesOf(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	b[0] = 0xff // it looks like nothing that is known
	return b
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func fileOf(b []byte) enclosure.File {
	return enclosure.File{Hash: hashOf(b), Size: int64(len(b)), Side: "north"}
}

func (w *world) add(b []byte) enclosure.File {
	w.t.Helper()
	f, err := w.s.Add(w.t.Context(), "map.bin", bytes.NewReader(b))
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// holds expects a file to be whole and to have these bytes.
func (w *world) holds(b []byte) {
	w.t.Helper()
	r, err := w.s.Open(w.t.Context(), hashOf(b), int64(len(b)))
	if err != nil {
		w.t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, b) {
		w.t.Fatalf("read %d bytes, %v; want the %d that were stored", len(got), err, len(b))
	}
}

// rows counts the rows of both tables.
func (w *world) rows() (files, chunks int64) {
	w.t.Helper()
	ctx := w.t.Context()
	if err := w.db.View(ctx, func(tx *sqldb.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM enclosure`).Scan(&files); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT count(*) FROM enclosure_chunk`).Scan(&chunks)
	}); err != nil {
		w.t.Fatal(err)
	}
	return files, chunks
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) { f(t, newWorld(t, open(sqldb.Config{}))) })
}

const size = 5*enclosure.ChunkSize + 1234

func TestAFileOfOurOwnIsReadInAndFoundByItsHash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := bytesOf(1, size)
		f := w.add(b)
		if f.Hash != hashOf(b) || f.Size != size || !f.Whole || f.Kept || f.Side != "south" || w.rests.Load() != 6 {
			t.Errorf("got %+v after %d rests", f, w.rests.Load())
		}
		w.holds(b)
		if again := w.add(b); again != f {
			t.Errorf("the same file again is %+v, want %+v", again, f)
		}
		if files, chunks := w.rows(); files != 1 || chunks != 6 {
			t.Errorf("%d files in %d chunks, want it once", files, chunks)
		}
		part, err := w.s.Part(t.Context(), f.Hash, f.Size, enclosure.ChunkSize-10, 20)
		if err != nil || !bytes.Equal(part, b[enclosure.ChunkSize-10:enclosure.ChunkSize+10]) {
			t.Errorf("a part over the edge of a chunk: %d bytes, %v", len(part), err)
		}
	})
}

func TestNothingIsLeftOfAFileThatCannotBeReadIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cut := errors.New("the line was cut")
		w.limit.File = size
		w.open()
		for name, c := range map[string]struct {
			from io.Reader
			want any
		}{
			"cut":       {io.MultiReader(bytes.NewReader(bytesOf(1, 3*enclosure.ChunkSize)), broken{cut}), cut},
			"too large": {bytes.NewReader(bytesOf(1, size+1)), &enclosure.TooLarge{}},
			"empty":     {bytes.NewReader(nil), &enclosure.Refused{Code: enclosure.Empty}},
			"a page":    {bytes.NewReader([]byte("<!doctype html><script>alert(1)</script>")), &enclosure.Refused{Code: enclosure.Page}},
		} {
			_, err := w.s.Add(t.Context(), "map.bin", c.from)
			var large *enclosure.TooLarge
			var refused *enclosure.Refused
			switch want := c.want.(type) {
			case *enclosure.TooLarge:
				if !errors.As(err, &large) {
					t.Errorf("%s: got %v", name, err)
				}
			case *enclosure.Refused:
				if !errors.As(err, &refused) || refused.Code != want.Code {
					t.Errorf("%s: got %v", name, err)
				}
			case error:
				if !errors.Is(err, want) {
					t.Errorf("%s: got %v", name, err)
				}
			}
			if files, chunks := w.rows(); files != 0 || chunks != 0 {
				t.Errorf("%s: %d files and %d chunks are left", name, files, chunks)
			}
		}
	})
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestAFileComesInPartsAndGoesOnAfterARestart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := bytesOf(2, size)
		f := fileOf(b)
		ctx := t.Context()
		got, err := w.s.Extend(ctx, f, 0, nil)
		if err != nil || got.Held != 0 || got.Whole {
			t.Fatalf("begun: %+v, %v", got, err)
		}
		for held := int64(0); held < size; held = got.Held {
			if held%(2*enclosure.ChunkSize) == 0 {
				w.open()
			}
			if got, err = w.s.Extend(ctx, f, held, b[held:min(held+enclosure.ChunkSize+17, size)]); err != nil {
				t.Fatal(err)
			}
			if got.Held <= held || got.Held%enclosure.ChunkSize != 0 && got.Held != size {
				t.Fatalf("held %d after %d: only whole chunks are stored", got.Held, held)
			}
			if known, err := w.s.File(ctx, f.Hash, f.Size); err != nil || known != got {
				t.Fatalf("File says %+v, %v; want %+v", known, err, got)
			}
			if _, err := w.s.Open(ctx, f.Hash, f.Size); got.Held < size && !errors.Is(err, enclosure.ErrNotHeld) {
				t.Fatalf("a file that is not whole is opened: %v", err)
			}
		}
		if !got.Whole {
			t.Fatal("all bytes are here, and it is not whole")
		}
		w.holds(b)
	})
}

func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := bytesOf(3, size)
		f := fileOf(b)
		ctx := t.Context()
		if _, err := w.s.Extend(ctx, f, 0, b[:2*enclosure.ChunkSize]); err != nil {
			t.Fatal(err)
		}
		for _, from := range []int64{0, enclosure.ChunkSize, 3 * enclosure.ChunkSize} {
			var stale *enclosure.Stale
			if _, err := w.s.Extend(ctx, f, from, b[from:from+enclosure.ChunkSize]); !errors.As(err, &stale) || stale.Held != 2*enclosure.ChunkSize {
				t.Errorf("a part from %d: got %v", from, err)
			}
		}
		if _, err := w.s.Extend(ctx, f, 2*enclosure.ChunkSize, bytesOf(4, size)); !errors.Is(err, enclosure.ErrTooLong) {
			t.Errorf("a part beyond the end: got %v", err)
		}
		wrong := slices.Clone(b)
		wrong[4*enclosure.ChunkSize] ^= 1
		if _, err := w.s.Extend(ctx, f, 2*enclosure.ChunkSize, wrong[2*enclosure.ChunkSize:]); !errors.Is(err, enclosure.ErrWrongBytes) {
			t.Errorf("wrong bytes: got %v", err)
		}
		if files, chunks := w.rows(); files != 0 || chunks != 0 {
			t.Errorf("%d files and %d chunks are left of wrong bytes", files, chunks)
		}
		if _, err := w.s.Extend(ctx, f, 0, b); err != nil {
			t.Fatal(err)
		}
		w.holds(b)
		var large *enclosure.TooLarge
		if _, err := w.s.Extend(ctx, enclosure.File{Hash: hashOf([]byte("?")), Size: 101 << 20, Side: "north"}, 0, nil); !errors.As(err, &large) {
			t.Errorf("a file of 101 MiB: got %v", err)
		}
	})
}

func TestWhatAnEntryNamesNeverChanges(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, ctx := bytesOf(5, size), t.Context()
		f := w.add(b)
		if err := w.s.Keep(ctx, hashOf([]byte("?")), 1); !errors.Is(err, enclosure.ErrNotHeld) {
			t.Errorf("keep what is not here: got %v", err)
		}
		for range 2 {
			if err := w.s.Keep(ctx, f.Hash, f.Size); err != nil {
				t.Fatal(err)
			}
		}
		for _, statement := range []string{
			`UPDATE enclosure SET hash = 'ff'`, `UPDATE enclosure SET kept = 0`, `DELETE FROM enclosure`,
			`UPDATE enclosure_chunk SET data = data`, `DELETE FROM enclosure_chunk`, `DELETE FROM enclosure_chunk WHERE n = 5`,
		} {
			if err := w.db.Update(ctx, func(tx *sqldb.Tx) error { _, err := tx.Exec(ctx, statement); return err }); err == nil {
				t.Errorf("%s was done", statement)
			}
		}
		w.now = w.now.Add(1000 * time.Hour)
		if n, err := w.s.Sweep(ctx, func(string) bool { return false }); n != 0 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		w.holds(b)
	})
}

func TestWhatNobodyFinishesOrNamesIsRemoved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		own, touched, needed, left := bytesOf(6, size), bytesOf(7, size), bytesOf(8, size), bytesOf(9, size)
		w.add(own)
		w.add(touched)
		for _, b := range [][]byte{needed, left} {
			if _, err := w.s.Extend(ctx, fileOf(b), 0, b[:enclosure.ChunkSize]); err != nil {
				t.Fatal(err)
			}
		}
		sweep := func(want int) {
			t.Helper()
			if n, err := w.s.Sweep(ctx, func(hash string) bool { return hash == hashOf(needed) }); n != want || err != nil {
				t.Errorf("swept %d, %v; want %d", n, err, want)
			}
		}
		w.now = w.now.Add(w.limit.Unused - time.Hour)
		sweep(0)
		if err := w.s.Touch(ctx, hashOf(touched), size); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(2 * time.Hour)
		sweep(2)
		w.holds(touched)
		if f, err := w.s.File(ctx, hashOf(needed), size); err != nil || f.Held != enclosure.ChunkSize {
			t.Errorf("what an entry waits for: %+v, %v", f, err)
		}
		if files, chunks := w.rows(); files != 2 || chunks != 7 {
			t.Errorf("%d files and %d chunks are left, want 2 and 7", files, chunks)
		}
	})
}

func TestEachSideHasABoundedAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.limit.File, w.limit.Loose, w.limit.Side = size, 3*size, 4*size
		w.open()
		full := func(err error, why, side string) {
			t.Helper()
			var room *enclosure.NoRoom
			if !errors.As(err, &room) || room.Why != why || room.Side != side {
				t.Errorf("got %v, want no room: %s of %s", err, why, side)
			}
		}
		for i := range 4 {
			b := bytesOf(uint64(20+i), size)
			if _, err := w.s.Extend(ctx, fileOf(b), 0, b); err != nil {
				t.Fatal(err)
			}
			if err := w.s.Keep(ctx, hashOf(b), size); err != nil {
				t.Fatal(err)
			}
		}
		more := fileOf(bytesOf(30, size))
		_, err := w.s.Extend(ctx, more, 0, nil)
		full(err, "side", "north")
		if used, err := w.s.Used(ctx); err != nil || used["north"] != 4*size {
			t.Errorf("used: %v, %v", used, err)
		}
		for i := range 3 { // the other's account is none of ours
			w.add(bytesOf(uint64(40+i), size))
		}
		_, err = w.s.Add(ctx, "x", bytes.NewReader(bytesOf(50, size)))
		full(err, "loose", "south")
		w.free = w.limit.Spare + size - 1
		more.Side = "west"
		_, err = w.s.Extend(ctx, more, 0, nil)
		full(err, "disk", "west")
	})
}

func TestAFileThatIsBeingFetchedMayBeReadInMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, ctx := bytesOf(60, size), t.Context()
		if _, err := w.s.Extend(ctx, fileOf(b), 0, b[:2*enclosure.ChunkSize]); err != nil {
			t.Fatal(err)
		}
		w.add(b)
		w.holds(b)
		if got, err := w.s.Extend(ctx, fileOf(b), 2*enclosure.ChunkSize, b[2*enclosure.ChunkSize:]); err != nil || !got.Whole {
			t.Errorf("the fetch goes on: %+v, %v", got, err)
		}
		if files, chunks := w.rows(); files != 1 || chunks != 6 {
			t.Errorf("%d files in %d chunks, want it once", files, chunks)
		}
	})
}

func TestAFileGoesOnWhereverAWriteIsBroken(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		left, errBroken := -1, errors.New("broken by the test")
		w := newWorld(t, open(sqldb.Config{Fault: func(sqldb.Point) error {
			if left--; left == -1 {
				return errBroken
			}
			return nil
		}}))
		ctx := t.Context()
		for n := 0; ; n++ {
			b := bytesOf(uint64(100+n), 2*enclosure.ChunkSize+1)
			left = n
			got, err := w.s.Extend(ctx, fileOf(b), 0, b)
			passed := left >= 0
			left = -1
			if passed {
				if err != nil || n < 10 {
					t.Fatalf("after %d points: %v", n, err)
				}
				break
			}
			if !errors.Is(err, errBroken) {
				t.Fatalf("broken at %d: %v", n, err)
			}
			if got, err = w.s.Extend(ctx, fileOf(b), 0, nil); err != nil {
				t.Fatal(err)
			}
			if got, err = w.s.Extend(ctx, fileOf(b), got.Held, b[got.Held:]); err != nil || !got.Whole {
				t.Fatalf("broken at %d, and gone on: %+v, %v", n, got, err)
			}
			w.holds(b)
		}
	})
}

func TestVerifyFindsEachByteThatIsNotWhatItWas(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		var sound []string
		verify := func() error {
			sound = nil
			return enclosure.Verify(ctx, w.db, func(f enclosure.File) { sound = append(sound, f.Hash) })
		}
		first, second := bytesOf(70, size), bytesOf(71, size)
		w.add(first)
		w.add(second)
		if err := verify(); err != nil || fmt.Sprint(sound) != fmt.Sprint([]string{hashOf(first), hashOf(second)}) {
			t.Errorf("sound: %v, %v", sound, err)
		}
		for _, statement := range []string{
			`DELETE FROM enclosure_chunk WHERE id = 2 AND n = 3`,
			`INSERT INTO enclosure_chunk (id, n, data) SELECT 2, 3, data FROM enclosure_chunk WHERE id = 1 AND n = 3`,
		} {
			if err := w.db.Update(ctx, func(tx *sqldb.Tx) error { _, err := tx.Exec(ctx, statement); return err }); err != nil {
				t.Fatal(err)
			}
			var fault *enclosure.Fault
			if err := verify(); !errors.As(err, &fault) || fault.Hash != hashOf(second) || len(sound) != 1 {
				t.Errorf("after %s: %v, %v", statement, sound, err)
			}
		}
		err := w.db.Update(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO enclosure (id, hash, size, side, held, whole, kept, finding, touched) VALUES (3, 'kept', 9, 'south', 9, 0, 1, '', 0)`)
			return err
		})
		var fault *enclosure.Fault
		if verified := verify(); err != nil || !errors.As(verified, &fault) || fault.Hash != "kept" {
			t.Errorf("a file that is kept and not whole: %v, %v", verified, err)
		}
	})
}

func TestNoEnclosureIsPassedOverWhereAPageIsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, db)
	for seed := range uint64(3) {
		w.add(bytesOf(seed, 100))
	}
	var roots []int64
	var pageSize int64
	err = db.View(t.Context(), func(tx *sqldb.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT rootpage FROM sqlite_master WHERE tbl_name = 'enclosure' AND rootpage > 0`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var root int64
			if err := rows.Scan(&root); err != nil {
				return err
			}
			roots = append(roots, root)
		}
		return errors.Join(rows.Err(), rows.Close(), tx.QueryRow(t.Context(), `PRAGMA page_size`).Scan(&pageSize))
	})
	if err := errors.Join(err, db.EmptyWAL(t.Context()), db.Close()); err != nil || len(roots) != 3 {
		t.Fatal(roots, err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	for _, root := range roots {
		for bit := range 8 * 16 { // the head of the page, and where its first cells lie
			bytes := slices.Clone(whole)
			bytes[(root-1)*pageSize+int64(bit/8)] ^= 1 << (bit % 8)
			if err := os.WriteFile(damaged, bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + damaged, ReadOnly: true})
			if err != nil {
				continue
			}
			sound := 0
			if err := enclosure.Verify(t.Context(), db, func(enclosure.File) { sound++ }); err == nil && sound != 3 {
				t.Errorf("bit %d of page %d: found sound with %d files, want 3 or a fault", bit, root, sound)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
