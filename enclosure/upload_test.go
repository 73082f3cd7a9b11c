package enclosure_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"liaison.example/enclosure"
)

// cut gives so many bytes, and then breaks off.
func cut(b []byte, after int) io.Reader {
	return io.MultiReader(bytes.NewReader(b[:after]), iotest.ErrReader(io.ErrUnexpectedEOF), iotest.ErrReader(errors.New("the line is cut")))
}

func TestAnUploadGoesOnAfterCutsAtAnyPlaceAndAfterTheEndOfTheProcess(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, chance := t.Context(), rand.New(rand.NewPCG(7, 7))
		file := bytesOf(3, 9*enclosure.ChunkSize+4321)
		u, err := w.s.BeginUpload(ctx, "kim", "map.bin", int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		for tries := 0; u.Held < u.Size; tries++ {
			if tries > 200 {
				t.Fatal("it comes to no end")
			}
			rest := file[u.Held:]
			_, _ = w.s.AppendUpload(ctx, "kim", u.ID, u.Held, cut(rest, min(len(rest), chance.IntN(len(rest)+enclosure.ChunkSize))))
			if tries%3 == 2 {
				w.open() // as after a kill
			}
			if u, err = w.s.Upload(ctx, "kim", u.ID); err != nil {
				t.Fatal(err)
			}
			if u.Held == u.Size {
				break
			}
			if _, err := w.s.FinishUpload(ctx, "kim", u.ID); !isOffset(err, u.Held) {
				t.Fatalf("finished with %d of %d bytes: %v", u.Held, u.Size, err)
			}
			if u.Held == 0 || tries%2 == 0 {
				continue
			}
			if _, err := w.s.AppendUpload(ctx, "kim", u.ID, u.Held-1, bytes.NewReader(file)); !isOffset(err, u.Held) {
				t.Fatalf("a part at the wrong place: %v", err)
			}
		}
		if _, err := w.s.AppendUpload(ctx, "kim", u.ID, u.Held, bytes.NewReader([]byte("more"))); !errors.Is(err, enclosure.ErrLonger) {
			t.Errorf("more than was said: %v", err)
		}
		if _, err := w.s.FinishUpload(ctx, "park", u.ID); !errors.Is(err, enclosure.ErrNoUpload) {
			t.Errorf("somebody else finishes it: %v", err)
		}
		first, err := w.s.FinishUpload(ctx, "kim", u.ID)
		if err != nil || first.Hash != hashOf(file) || first.Size != int64(len(file)) || !first.Whole {
			t.Fatalf("finished: %+v, %v", first, err)
		}
		again, err := w.s.FinishUpload(ctx, "kim", u.ID)
		if err != nil || again != first {
			t.Errorf("finished twice: %+v, %v", again, err)
		}
		in, err := w.s.Open(ctx, first.Hash, first.Size)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, file) {
			t.Errorf("read back: %d bytes, %v", len(got), err)
		}
		// The same file once more is not stored twice, and its upload is finished all the same.
		twin := w.uploaded("kim", "map.bin", file)
		for range 2 {
			if f, err := w.s.FinishUpload(ctx, "kim", twin.ID); err != nil || f.Hash != first.Hash {
				t.Errorf("the same file: %+v, %v", f, err)
			}
		}
		if used, err := w.s.Used(ctx); err != nil || used["south"] != first.Size {
			t.Errorf("used %v, %v", used, err)
		}
	})
}

func isOffset(err error, held int64) bool {
	var wrong *enclosure.WrongOffset
	return errors.As(err, &wrong) && wrong.Held == held
}

// uploaded is an upload whose bytes are all here.
func (w *world) uploaded(owner, name string, file []byte) enclosure.Upload {
	w.t.Helper()
	u, err := w.s.BeginUpload(w.t.Context(), owner, name, int64(len(file)))
	if err == nil {
		u, err = w.s.AppendUpload(w.t.Context(), owner, u.ID, 0, bytes.NewReader(file))
	}
	if err != nil || u.Held != u.Size {
		w.t.Fatalf("uploaded: %+v, %v", u, err)
	}
	return u
}

func TestTwoWhoSendTheSameUploadAtOnceMakeOneFileOfIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, file := t.Context(), bytesOf(4, 5*enclosure.ChunkSize+1)
		u, err := w.s.BeginUpload(ctx, "kim", "map.bin", int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		send := func() {
			for range 100 {
				now, err := w.s.Upload(ctx, "kim", u.ID)
				if err != nil {
					t.Error(err)
					return
				}
				if now.Held == now.Size {
					if f, err := w.s.FinishUpload(ctx, "kim", u.ID); err != nil || f.Hash != hashOf(file) {
						t.Errorf("finished: %+v, %v", f, err)
					}
					return
				}
				end := min(int64(len(file)), now.Held+2*enclosure.ChunkSize)
				var wrong *enclosure.WrongOffset
				if _, err := w.s.AppendUpload(ctx, "kim", u.ID, now.Held, bytes.NewReader(file[now.Held:end])); err != nil && !errors.As(err, &wrong) {
					t.Error(err)
					return
				}
			}
			t.Error("it comes to no end")
		}
		var tabs sync.WaitGroup
		for range 2 {
			tabs.Go(send)
		}
		tabs.Wait()
		if f, err := w.s.File(ctx, hashOf(file), int64(len(file))); err != nil || !f.Whole {
			t.Errorf("the file: %+v, %v", f, err)
		}
	})
}

func TestUploadsHaveLimits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		var large *enclosure.TooLarge
		var refused *enclosure.Refused
		if _, err := w.s.BeginUpload(ctx, "kim", "a.bin", w.limit.File+1); !errors.As(err, &large) {
			t.Errorf("too large: %v", err)
		}
		if _, err := w.s.BeginUpload(ctx, "kim", "a.bin", 0); !errors.As(err, &refused) {
			t.Errorf("empty: %v", err)
		}
		var last enclosure.Upload
		for range enclosure.MaxUploads {
			var err error
			if last, err = w.s.BeginUpload(ctx, "kim", "a.bin", 3*enclosure.ChunkSize); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.s.BeginUpload(ctx, "kim", "a.bin", 3); !errors.Is(err, enclosure.ErrManyUploads) {
			t.Errorf("too many: %v", err)
		}
		if _, err := w.s.BeginUpload(ctx, "park", "a.bin", 3); err != nil {
			t.Errorf("another's: %v", err)
		}
		if _, err := w.s.AppendUpload(ctx, "park", last.ID, 0, bytes.NewReader(bytesOf(5, 10))); !errors.Is(err, enclosure.ErrNoUpload) {
			t.Errorf("somebody else goes on with it: %v", err)
		}
		if err := w.s.DropUpload(ctx, "park", last.ID); !errors.Is(err, enclosure.ErrNoUpload) {
			t.Errorf("somebody else drops it: %v", err)
		}
		if err := w.s.DropUpload(ctx, "kim", last.ID); err != nil {
			t.Error(err)
		}
		if _, err := w.s.BeginUpload(ctx, "kim", "a.bin", 3*enclosure.ChunkSize); err != nil {
			t.Errorf("there is room for another: %v", err)
		}
		// What is refused when it is looked into leaves nothing.
		page := []byte("<!DOCTYPE html><script>alert(1)</script>")
		bad := w.uploaded("park", "page.html", page)
		if _, err := w.s.FinishUpload(ctx, "park", bad.ID); !errors.As(err, &refused) {
			t.Errorf("a web page: %v", err)
		}
		if _, err := w.s.Upload(ctx, "park", bad.ID); !errors.Is(err, enclosure.ErrNoUpload) {
			t.Errorf("a web page stays: %v", err)
		}
		// What nobody goes on with is forgotten after a day, with its bytes.
		half, err := w.s.BeginUpload(ctx, "lee", "b.bin", 3*enclosure.ChunkSize)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.AppendUpload(ctx, "lee", half.ID, 0, bytes.NewReader(bytesOf(6, 2*enclosure.ChunkSize))); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(enclosure.UploadKept - time.Minute)
		sweep := func() {
			if _, err := w.s.Sweep(ctx, func(string) bool { return false }); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		if u, err := w.s.Upload(ctx, "lee", half.ID); err != nil || u.Held != 2*enclosure.ChunkSize {
			t.Errorf("before a day: %+v, %v", u, err)
		}
		w.now = w.now.Add(time.Minute)
		sweep()
		if _, err := w.s.Upload(ctx, "lee", half.ID); !errors.Is(err, enclosure.ErrNoUpload) {
			t.Errorf("after a day: %v", err)
		}
		if used, err := w.s.Used(ctx); err != nil || used["south"] != 0 {
			t.Errorf("what was forgotten stays: %v, %v", used, err)
		}
	})
}
