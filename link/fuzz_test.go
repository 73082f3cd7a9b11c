package link_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/link"
	"liaison.example/sqldb"
)

// FuzzWhatASideAsks asks a node whatever there is to ask, as a side that it
// knows. It must answer, within the statuses of spec/link.md §7, and a request
// that it takes for well formed must be its own canonical form.
func FuzzWhatASideAsks(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*.request"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for i, door := range link.Doors {
			if strings.Contains(filepath.Base(name), string(door)) {
				f.Add(uint8(i), body)
			}
		}
	}
	db, err := sqldb.Open(context.Background(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	now := func() time.Time { return goldenTime }
	l, err := ledger.Open(context.Background(), db, ledger.Config{
		Office: officeName, Side: "north", Keys: keysOf(f, "north"), Parties: []ledger.Party{keysOf(f, "south").Party()}, Now: now,
	})
	if err != nil {
		f.Fatal(err)
	}
	limits := link.Defaults()
	limits.Hold, limits.Requests, limits.Burst = 0, 1e12, 1e12
	n := link.New(link.Config{Ledger: l, Peers: []link.Peer{listed(f, "south")}, Now: now, Limits: limits})
	f.Cleanup(n.Close)
	known := map[int]bool{200: true, 400: true, 403: true, 404: true, 409: true, 422: true, 428: true, 503: true}
	f.Fuzz(func(t *testing.T, door uint8, body []byte) {
		q := link.Request{Door: link.Doors[int(door)%len(link.Doors)], Body: body}
		a, err := n.Hear(context.Background(), "south", q)
		if err != nil || !known[a.Status] {
			t.Fatalf("%s: status %d, %v", q.Door, a.Status, err)
		}
		if line, _, ok := bytes.Cut(a.Body, []byte("\n")); !ok || len(line) == 0 {
			t.Fatalf("%s: an answer without a header: %q", q.Door, a.Body)
		}
	})
}

// FuzzAnExtension reads extensions and writes them again: what can be read is
// written with the same bytes.
func FuzzAnExtension(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*extend.request"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body))
	}
	f.Fuzz(func(t *testing.T, body string) {
		x, err := link.DecodeExtension(body)
		if err != nil {
			return
		}
		again, err := link.DecodeExtension(link.EncodeExtension(x))
		if err != nil {
			t.Fatalf("what was read cannot be read when it is written: %v", err)
		}
		if again.Side != x.Side || again.From != x.From || len(again.Leaves) != len(x.Leaves) || !bytes.Equal(again.Checkpoint, x.Checkpoint) {
			t.Fatalf("read %+v, and then %+v", x, again)
		}
		for i := range x.Leaves {
			if !bytes.Equal(x.Leaves[i], again.Leaves[i]) {
				t.Fatalf("leaf %d differs", i)
			}
		}
	})
}
