package ledger_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"liaison.example/ledger"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// soundExport expects an exported folder to be found sound.
func soundExport(t testing.TB, dir string) ledger.Summary {
	t.Helper()
	s, err := ledger.VerifyExport(context.Background(), dir, ledger.VerifyOptions{})
	if err != nil {
		t.Fatalf("the exported folder is not sound: %v", err)
	}
	return s
}

// files lists all files of a folder, in order.
func files(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAnExportedFolderIsSoundAndHoldsWhatTheDatabaseDoes(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		south := talk(t, db)
		dir := filepath.Join(t.TempDir(), "out")
		if err := south.Export(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		want := sound(t, db)
		got := soundExport(t, dir)
		if got.Office != office || len(got.Ledgers) != 3 {
			t.Fatalf("%+v", got)
		}
		for i, l := range got.Ledgers {
			w := want.Ledgers[i]
			if l.Side != w.Side || l.Entries != w.Entries || l.Root != w.Root || l.Bytes != w.Bytes || l.Placeable != w.Placeable {
				t.Errorf("exported %+v, want %+v", l, w)
			}
		}
		if s := got.Ledgers[2]; s.Cosigned["north"] != 559 || s.Cosigned["east"] != 559 || s.Cosignatures != 2 || s.Tiles != 7 {
			t.Errorf("south: %+v", s)
		}
		if list := files(t, filepath.Join(dir, "tlog", "south")); !slices.Equal(list, []string{
			"checkpoint", "cosigner-east.pub", "cosigner-north.pub", "key.pub",
			"tile/0/000", "tile/0/001", "tile/0/002.p/47", "tile/1/000.p/2",
			"tile/entries/000", "tile/entries/001", "tile/entries/002.p/47",
		}) {
			t.Errorf("files of south: %v", list)
		}
		// The folder of one log is enough for who is interested in it alone.
		if s := soundExport(t, filepath.Join(dir, "tlog", "south")); len(s.Ledgers) != 1 || s.Ledgers[0].Entries != 559 {
			t.Errorf("south's folder alone: %+v", s)
		}
	})
}

func TestAnyChangedByteInAnExportedFolderIsFound(t *testing.T) {
	south := talk(t, openFile(t, t.TempDir()+"/ledger.db", nil))
	dir := t.TempDir()
	if err := south.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	found := func(what string) {
		t.Helper()
		if _, err := ledger.VerifyExport(t.Context(), dir, ledger.VerifyOptions{}); !errors.As(err, new(*ledger.Fault)) {
			t.Errorf("%s: got %v, want a fault", what, err)
		}
	}
	put := func(name string, data []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(14, 9))
	for _, path := range files(t, dir) {
		file := filepath.Join(dir, filepath.FromSlash(path))
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			i := r.IntN(len(whole))
			changed := slices.Clone(whole)
			changed[i] ^= 1 << r.IntN(8)
			put(file, changed)
			found(path + " with a bit changed")
		}
		put(file, whole[:len(whole)-1])
		found(path + " cut short by a byte")
		put(file, append(slices.Clone(whole), '\n'))
		found(path + " longer by a byte")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		checkpoint, _ := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path), "..", "checkpoint"))
		name, _, isKey := strings.Cut(string(whole), "+")
		if !isKey || strings.Contains(string(checkpoint), "— "+name+" ") { // a cosigner's key that signed nothing is not missed
			found(path + " removed")
		}
		put(file, whole)
	}
	for _, path := range []string{"tlog/south/tile/0/003", "tlog/south/tile/2/000.p/1", "tlog/south/index.html", "tlog/south/tile/0/000.p/256", "tlog/readme", "tlog/south/tile/0/.writing-17"} {
		put(filepath.Join(dir, path), []byte("x"))
		found(path + " too many")
		if err := os.Remove(filepath.Join(dir, path)); err != nil {
			t.Fatal(err)
		}
	}
	soundExport(t, dir)
}

func TestGivenKeysMustBeThoseOfTheFolder(t *testing.T) {
	south := talk(t, openFile(t, t.TempDir()+"/ledger.db", nil))
	dir := t.TempDir()
	if err := south.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	stranger, err := ledger.DeriveKeys(ledger.NewSeed(), office, "north")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{stranger.Party().Key, stranger.Party().CosignerKey} {
		_, err := ledger.VerifyExport(t.Context(), dir, ledger.VerifyOptions{Keys: []string{key}})
		if f := fault(t, err); !strings.Contains(f.Error(), key) {
			t.Errorf("%v does not name the key %s", f, key)
		}
	}
	p := keysOf(t, "south").Party()
	s, err := ledger.VerifyExport(t.Context(), dir, ledger.VerifyOptions{Keys: []string{p.Key, p.CosignerKey}})
	if err != nil || slices.Contains(s.Assumed, "kaesong.example/south") || len(s.Assumed) != 4 {
		t.Errorf("%v, %v", s.Assumed, err)
	}
}

func TestALogWhoseKeyIsGivenIsMissed(t *testing.T) {
	south := talk(t, openFile(t, t.TempDir()+"/ledger.db", nil))
	dir := t.TempDir()
	if err := south.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "tlog", "north"), filepath.Join(t.TempDir(), "away")); err != nil {
		t.Fatal(err)
	}
	north := keysOf(t, "north").Party()
	_, err := ledger.VerifyExport(t.Context(), dir, ledger.VerifyOptions{Keys: []string{north.Key}})
	if f := fault(t, err); f.Where != "tlog/north" {
		t.Errorf("%v does not say that the log of north is missing", f)
	}
	// Its cosigner's key says nothing of the log of north.
	if _, err := ledger.VerifyExport(t.Context(), dir, ledger.VerifyOptions{Keys: []string{north.CosignerKey}}); err != nil {
		t.Error(err)
	}
	_, err = ledger.VerifyExport(t.Context(), filepath.Join(dir, "tlog", "south"), ledger.VerifyOptions{Keys: []string{north.Key}})
	if f := fault(t, err); !strings.Contains(f.Want, "kaesong.example/north,") {
		t.Errorf("%v does not name the key that vouches for nothing", f)
	}
	if _, err := ledger.VerifyExport(t.Context(), filepath.Join(dir, "tlog", "south"), ledger.VerifyOptions{Known: []string{north.Key}}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoFileInAnExportedFolderIsFound(t *testing.T) {
	south := talk(t, openFile(t, t.TempDir()+"/ledger.db", nil))
	for _, name := range []string{"checkpoint", "key.pub", "cosigner-north.pub", "tile/0/000", "tile/entries/001", "tile/1/000.p/2"} {
		dir := t.TempDir()
		if err := south.Export(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "tlog", "south", filepath.FromSlash(name))
		if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o755)); err != nil {
			t.Fatal(err)
		}
		_, err := ledger.VerifyExport(t.Context(), dir, ledger.VerifyOptions{})
		if f := fault(t, err); f.Where != "tlog/south/"+name || f.Got != "what is no file" {
			t.Errorf("%s as a folder: %v", name, f)
		}
	}
}

func TestAnOlderExportIsBroughtUpToDate(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	dir := t.TempDir()
	total := int64(0)
	for _, n := range []int{3, 250, 3, 256, 1, 0} {
		if n > 0 {
			write(t, south, c.now, bodies(n)...)
			push(t, south, north, "south")
		}
		total += int64(n)
		if err := south.Export(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if s := soundExport(t, dir); s.Ledgers[0].Entries != total {
			t.Fatalf("%d entries exported, want %d", s.Ledgers[0].Entries, total)
		}
	}
	if list := files(t, dir); len(list) != 10 {
		t.Errorf("left over: %v", list)
	}
	// A reader may be served an older partial tile, if it fits.
	early := filepath.Join(dir, "tlog/south/tile/0/001.p/3")
	whole, err := os.ReadFile(filepath.Join(dir, "tlog/south/tile/0/001"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(early), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(early, whole[:96], 0o644); err != nil {
		t.Fatal(err)
	}
	soundExport(t, dir)
	if err := os.WriteFile(early, whole[32:128], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.VerifyExport(t.Context(), dir, ledger.VerifyOptions{}); err == nil {
		t.Error("an older partial tile that does not fit was passed over")
	}
	other := open(t, c, "south", "north")
	write(t, other, c.now, `{"another":"history"}`)
	write(t, other, c.now, bodies(1000)...)
	if err := other.Export(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "choose another folder") {
		t.Errorf("another history was exported over the first: %v", err)
	}
}

// countdown is a context that ends when it has been asked so often.
type countdown struct {
	context.Context
	left *atomic.Int64
}

func (c countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestAnInterruptedExportIsNotTakenForAWholeOne(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, north, c.now, bodies(10)...)
	write(t, south, c.now, bodies(600)...)
	push(t, south, north, "south")
	interrupted := 0
	for asked := int64(1); ; asked += 3 {
		dir := t.TempDir()
		var left atomic.Int64
		left.Store(asked)
		err := north.Export(countdown{t.Context(), &left}, dir)
		if err == nil {
			break
		}
		interrupted++
		if _, err := ledger.VerifyExport(t.Context(), dir, ledger.VerifyOptions{}); err == nil {
			if s := soundExport(t, dir); len(s.Ledgers) != 1 { // the first log was whole, the second not begun
				t.Fatalf("after %d steps the folder seems whole: %+v", asked, s)
			}
		}
		if err := north.Export(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		soundExport(t, dir)
	}
	if interrupted < 5 {
		t.Errorf("the export was interrupted at %d places only", interrupted)
	}
}

func TestDuringACatchUpWhatWasReachedIsExported(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(40)...)
	dir := t.TempDir()
	partly := func() {
		x, err := south.Extension(t.Context(), "south", north.Head("south").Size, 10, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := north.Extend(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	partly()
	if err := north.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if list := files(t, dir); len(list) > 0 {
		t.Errorf("no checkpoint was reached, and there is %v", list)
	}
	push(t, south, north, "south")
	write(t, south, c.now, bodies(40)...)
	partly()
	if err := north.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if s := soundExport(t, dir); s.Ledgers[0].Entries != 40 {
		t.Errorf("%+v, want the 40 entries of the checkpoint that was reached", s)
	}
}

func TestALedgerIsServedForReadingAlone(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(300)...)
	push(t, south, north, "south")
	handler := ledger.Handler(south, func(r *http.Request, err error) { t.Errorf("%s: %v", r.URL, err) })
	ask := func(method, path string) *http.Response {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w.Result()
	}
	dir := t.TempDir()
	if err := south.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range files(t, filepath.Join(dir, "tlog", "south")) {
		if strings.HasSuffix(path, ".pub") {
			continue
		}
		want, err := os.ReadFile(filepath.Join(dir, "tlog", "south", path))
		if err != nil {
			t.Fatal(err)
		}
		kind, cache := "application/octet-stream", "public, max-age=31536000, immutable"
		switch {
		case path == "checkpoint":
			kind, cache = "text/plain; charset=utf-8", "no-cache"
		case strings.Contains(path, ".p/"):
			cache = "public, max-age=3600"
		}
		for _, method := range []string{"GET", "HEAD"} {
			answer := ask(method, "/south/"+path)
			got, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			if method == "HEAD" && len(got) == 0 {
				got = want
			}
			h := answer.Header
			if answer.StatusCode != 200 || string(got) != string(want) || answer.ContentLength != int64(len(want)) ||
				h.Get("Content-Type") != kind || h.Get("Cache-Control") != cache || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s: %d, %d bytes, %v", method, path, answer.StatusCode, len(got), h)
			}
		}
	}
	for _, path := range []string{
		"/", "/south", "/south/", "/south/key.pub", "/west/checkpoint", "//checkpoint", "/south//checkpoint", "/south/%63heckpoint",
		"/south/tile/0/001.p/45", "/south/tile/0/../../checkpoint", "/north/checkpoint", "/south/tile/0/000/", "/south/tile/entries/001",
	} {
		if answer := ask("GET", path); answer.StatusCode != 404 || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s: %d %v, want 404 and not to be kept", path, answer.StatusCode, answer.Header)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE"} {
		if answer := ask(method, "/south/checkpoint"); answer.StatusCode != 405 || answer.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, answer.StatusCode)
		}
	}
}
