package link_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"liaison.example/enclosure"
	"liaison.example/liaisontest"
	"liaison.example/link"
	"liaison.example/sqldb"
)

// shelf keeps a side's enclosures, names them and waits for them as the test
// says.
type shelf struct {
	t     *testing.T
	store *enclosure.Store

	mu    sync.Mutex
	named map[string]bool
	waits []link.Wanted
	heard []string // who waits for something, as it comes
}

func newShelf(t *testing.T, side string) *shelf {
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "enclosures.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	store, err := enclosure.Open(context.Background(), db, enclosure.Config{Side: side, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return &shelf{t: t, store: store, named: map[string]bool{}}
}

// names stores a file and names it.
func (s *shelf) names(content []byte) link.Wanted {
	s.t.Helper()
	f, err := s.store.Add(context.Background(), "map.png", bytes.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	s.named[f.Hash] = true
	return link.Wanted{Hash: f.Hash, Size: f.Size}
}

func (s *shelf) Wants(context.Context, string) []link.Wanted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.waits)
}

func (s *shelf) Part(ctx context.Context, w link.Wanted, most int) ([]byte, error) {
	if !s.named[w.Hash] {
		return nil, enclosure.ErrNotHeld
	}
	return s.store.Part(ctx, w.Hash, w.Size, w.Held, most)
}

func (s *shelf) Take(ctx context.Context, from string, w link.Wanted, part []byte) (int64, error) {
	s.mu.Lock()
	waits := slices.ContainsFunc(s.waits, func(x link.Wanted) bool { return x.Hash == w.Hash && x.Size == w.Size })
	s.mu.Unlock()
	if !waits {
		return 0, enclosure.ErrNotHeld
	}
	f, err := s.store.Extend(ctx, enclosure.File{Hash: w.Hash, Size: w.Size, Side: from}, w.Held, part)
	return f.Held, err
}

func (s *shelf) Wanted(by string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, by)
}

// picture is a file of so many bytes, the same each time.
func picture(size int) []byte {
	b := make([]byte, size)
	copy(b, "\x89PNG\r\n\x1a\n")
	for i := 8; i < size; i++ {
		b[i] = byte(i * i >> 3)
	}
	return b
}

// shelved is an office whose sides have shelves.
func shelved(t *testing.T, f func(o *office, south, north *shelf)) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(goldenTime))
		shelves := map[string]*shelf{"south": newShelf(t, "south"), "north": newShelf(t, "north")}
		o := newOfficeWith(t, func(side string, c *link.Config) { c.Enclosures = shelves[side] }, "south", "north")
		f(o, shelves["south"], shelves["north"])
	})
}

// TestPartsOfEnclosuresAreWordForWordTheGoldenOnes lets south fetch a part of a
// file and give one; and then lets it go wrong.
func TestPartsOfEnclosuresAreWordForWordTheGoldenOnes(t *testing.T) {
	shelved(t, func(o *office, south, north *shelf) {
		ctx := o.t.Context()
		content := []byte("The water stands at 4.2 m at the upper gauge. 상류 수위 4.2 m.\n")
		theirs := north.names(content)
		ours := south.names([]byte("The gate opens at noon. 정오에 수문을 엽니다.\n"))
		north.waits = []link.Wanted{ours}

		hear := func(name string, door link.Door, body string, status int) {
			o.t.Helper()
			a, err := o.nodes["north"].link.Hear(ctx, "south", link.Request{Door: door, Body: []byte(body)})
			if err != nil || a.Status != status {
				o.t.Errorf("%s: status %d, %v, want %d: %s", name, a.Status, err, status, a.Body)
			}
			golden(o.t, name+".request", []byte(body))
			golden(o.t, name+".answer", a.Body)
		}
		ask := func(hash string, from, size int64) string {
			return fmt.Sprintf(`{"from":%d,"hash":%q,"max":65536,"size":%d}`+"\n", from, hash, size)
		}
		give := func(w link.Wanted, part string) string {
			return fmt.Sprintf(`{"from":%d,"hash":%q,"size":%d}`+"\n%s", w.Held, w.Hash, w.Size, part)
		}
		hear("enclosure", link.DoorEnclosure, ask(theirs.Hash, 20, theirs.Size), 200)
		hear("refused-unknown-enclosure", link.DoorEnclosure, ask(ours.Hash, 0, ours.Size), 404)
		whole := "The gate opens at noon. 정오에 수문을 엽니다.\n"
		hear("part", link.DoorPart, give(ours, whole[:10]), 200)
		late := ours
		late.Held = 10
		hear("refused-stale-part", link.DoorPart, give(late, whole[10:]), 409)
		hear("refused-wrong-bytes", link.DoorPart, give(ours, strings.ToUpper(whole)), 422)
		hear("refused-malformed-part", link.DoorPart, give(ours, whole+"x"), 400)

		o.wire.Change("north", "south", func(y *liaisontest.Way) { y.Cut = true })
		var hello []byte
		o.heard = func(p liaisontest.Passage) {
			if p.From == "south" && p.Request.Door == link.DoorHello && bytes.Contains(p.Answer.Body, []byte("awaits")) {
				hello = p.Answer.Body
			}
		}
		o.nodes["north"].start()
		time.Sleep(100 * time.Millisecond)
		o.nodes["south"].start()
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		o.wire.Change("south", "north", func(y *liaisontest.Way) { y.Cut = true })
		golden(o.t, "awaiting-hello.answer", hello)
	})
}

func TestAFileIsFetchedByWhoCanCallAndGivenToWhoCannot(t *testing.T) {
	shelved(t, func(o *office, south, north *shelf) {
		ctx, content := o.t.Context(), picture(300<<10)
		fetched := north.names(content)
		for fetched.Held < fetched.Size {
			part, err := o.nodes["south"].link.FetchPart(ctx, "north", fetched, 64<<10)
			if err != nil || len(part) == 0 || len(part) > 64<<10 {
				o.t.Fatalf("from %d: %d bytes, %v", fetched.Held, len(part), err)
			}
			f, err := south.store.Extend(ctx, enclosure.File{Hash: fetched.Hash, Size: fetched.Size, Side: "north"}, fetched.Held, part)
			if err != nil {
				o.t.Fatal(err)
			}
			fetched.Held = f.Held
		}
		if f, err := south.store.File(ctx, fetched.Hash, fetched.Size); err != nil || !f.Whole {
			o.t.Errorf("south fetched %+v, %v", f, err)
		}

		// North waits for a file of south's, and its calls do not get through.
		given := south.names(append(picture(200<<10), "the second"...))
		north.waits = []link.Wanted{given}
		o.wire.Change("north", "south", func(y *liaisontest.Way) { y.Cut = true })
		o.nodes["north"].start()
		o.nodes["south"].start()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := o.nodes["south"].link.WantedBy("north"); !slices.Equal(got, north.waits) || !slices.Contains(south.heard, "north") {
			o.t.Fatalf("south has heard that north waits for %v (%v), want %v", got, south.heard, north.waits)
		}
		if got := o.nodes["north"].link.WantedBy("south"); got != nil {
			o.t.Errorf("north is to give %v", got)
		}
		for given.Held < given.Size {
			part, err := south.store.Part(ctx, given.Hash, given.Size, given.Held, 64<<10)
			if err != nil {
				o.t.Fatal(err)
			}
			if given.Held, err = o.nodes["south"].link.GivePart(ctx, "north", given, part); err != nil {
				o.t.Fatal(err)
			}
		}
		if f, err := north.store.File(ctx, given.Hash, given.Size); err != nil || !f.Whole {
			o.t.Errorf("north was given %+v, %v", f, err)
		}
		var no *link.Refusal
		given.Held = 0
		north.waits = nil
		if _, err := o.nodes["south"].link.GivePart(ctx, "north", given, []byte("x")); !errors.As(err, &no) || no.Code != link.CodeUnknownEnclosure {
			o.t.Errorf("a part that nobody waits for: got %v", err)
		}
	})
}

func TestAHostileSideMayAnswerForAnEnclosureWhatItLikes(t *testing.T) {
	shelved(t, func(o *office, south, north *shelf) {
		ctx := o.t.Context()
		w := north.names(picture(300 << 10))
		good := func() []byte {
			part, err := north.store.Part(ctx, w.Hash, w.Size, 0, 64<<10)
			if err != nil {
				o.t.Fatal(err)
			}
			return part
		}()
		header := func(from, size int64, hash string) string {
			return fmt.Sprintf(`{"from":%d,"hash":%q,"size":%d}`+"\n", from, hash, size)
		}
		for name, answer := range map[string]string{
			"nothing":            "",
			"no header":          string(good),
			"no bytes":           header(0, w.Size, w.Hash),
			"too many bytes":     header(0, w.Size, w.Hash) + string(good) + "x",
			"another place":      header(65536, w.Size, w.Hash) + string(good),
			"another size":       header(0, w.Size+1, w.Hash) + string(good),
			"another file":       header(0, w.Size, strings.Repeat("0", 64)) + string(good),
			"more than a body":   header(0, w.Size, w.Hash) + strings.Repeat("x", 3<<20),
			"not canonical":      `{ "from":0}` + "\n" + string(good),
			"a refusal of 200":   `{"code":"busy","size":0}` + "\n",
			"a number too large": `{"from":0,"hash":"` + w.Hash + `","size":99999999999999999999}` + "\n",
		} {
			o.wire.Change("south", "north", func(y *liaisontest.Way) {
				y.BendAnswer = func(link.Request, link.Answer) link.Answer { return link.Answer{Status: 200, Body: []byte(answer)} }
			})
			if part, err := o.nodes["south"].link.FetchPart(ctx, "north", w, 64<<10); !errors.Is(err, link.ErrLine) {
				o.t.Errorf("%s: got %d bytes, %v", name, len(part), err)
			}
		}
		// It never answers.
		o.wire.Change("south", "north", func(y *liaisontest.Way) { y.BendAnswer, y.DropAnswer = nil, 1 })
		began := time.Now()
		if _, err := o.nodes["south"].link.FetchPart(ctx, "north", w, 64<<10); !errors.Is(err, link.ErrLine) || time.Since(began) > 20*time.Second {
			o.t.Errorf("no answer: got %v after %v", err, time.Since(began))
		}
		// It asks for more than is good for us, and for what is none of its business.
		for name, c := range map[string]struct {
			door   link.Door
			body   string
			status int
		}{
			"a part of nothing":       {link.DoorEnclosure, `{"from":0,"hash":"x","max":1,"size":1}` + "\n", 400},
			"a part before the start": {link.DoorEnclosure, `{"from":-1,"hash":"` + w.Hash + `","max":1,"size":9}` + "\n", 400},
			"a part behind the end":   {link.DoorEnclosure, `{"from":10,"hash":"` + w.Hash + `","max":1,"size":9}` + "\n", 400},
			"a part of no bytes":      {link.DoorEnclosure, `{"from":0,"hash":"` + w.Hash + `","max":0,"size":9}` + "\n", 400},
			"another size":            {link.DoorEnclosure, `{"from":0,"hash":"` + w.Hash + `","max":9,"size":9}` + "\n", 404},
			"what nobody waits for":   {link.DoorPart, header(0, w.Size, w.Hash) + string(good), 404},
			"a part that is too long": {link.DoorPart, header(0, 1<<30, w.Hash) + strings.Repeat("x", 1<<20+1), 400},
		} {
			a, err := o.nodes["north"].link.Hear(ctx, "south", link.Request{Door: c.door, Body: []byte(c.body)})
			if err != nil || a.Status != c.status {
				o.t.Errorf("%s: %d %s, %v; want %d", name, a.Status, a.Body, err, c.status)
			}
		}
		var busy bool
		for range 3000 {
			a, err := o.nodes["north"].link.Hear(ctx, "south", link.Request{Door: link.DoorEnclosure,
				Body: fmt.Appendf(nil, `{"from":0,"hash":%q,"max":1048576,"size":%d}`+"\n", w.Hash, w.Size)})
			if err != nil {
				o.t.Fatal(err)
			}
			if busy = a.Status == 503; busy {
				break
			}
		}
		if !busy {
			o.t.Error("the same file may be fetched without end")
		}
		// Beside it, entries go as ever.
		if err := o.nodes["south"].write(1); err != nil {
			o.t.Fatal(err)
		}
		o.nodes["south"].start()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if h := o.nodes["south"].ledger.Head("south"); h.Cosigned["north"] != 1 {
			o.t.Errorf("the entry has no receipt: %+v", h.Cosigned)
		}
	})
}

// TestEnclosuresCrossOnAConnectionOfTheirOwn lets south fetch over real TLS
// while it pushes entries, and cuts the line in the middle.
func TestEnclosuresCrossOnAConnectionOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		shelves := map[string]*shelf{"south": newShelf(t, "south"), "north": newShelf(t, "north")}
		o := newTLSOfficeWith(t, n, func(side string, c *link.Config) { c.Enclosures = shelves[side] }, []string{"south", "north"}, "south", "north")
		content := picture(1 << 20)
		w := shelves["north"].names(content)
		var got bytes.Buffer
		for w.Held < w.Size {
			part, err := o.nodes["south"].link.FetchPart(t.Context(), "north", w, 100<<10)
			if err != nil {
				t.Fatal(err)
			}
			got.Write(part)
			w.Held += int64(len(part))
			if err := o.nodes["south"].write(1); err != nil {
				t.Fatal(err)
			}
		}
		sum := sha256.Sum256(got.Bytes())
		if hex.EncodeToString(sum[:]) != w.Hash {
			t.Error("other bytes came over TLS")
		}
		o.nodes["south"].link.Cut("north", true)
		w.Held = 0
		if _, err := o.nodes["south"].link.FetchPart(t.Context(), "north", w, 1000); !errors.Is(err, link.ErrLine) {
			t.Errorf("over a line that is cut: got %v", err)
		}
	})
}
