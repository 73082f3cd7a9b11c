package ledger_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/internal/outside"
	"liaison.example/ledger"
)

// These tests hold a ledger against programs by other authors.

// grown is the size of the large ledger: a third level of tiles, each level with
// a partial tile at its edge.
const grown = 70_000

// tilePath is the path of a tile in the layout of c2sp.org/tlog-tiles, written
// here again so that the ledger's own is not held against itself.
func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), "tile/8/")
	if rest, is := strings.CutPrefix(path, "data/"); is {
		path = "entries/" + rest
	}
	return "tile/" + path
}

// tiles reads a side's log as an outsider does. It is a tlog.TileReader.
type tiles struct {
	t    *testing.T
	l    *ledger.Ledger
	side string
}

func (r tiles) Height() int                     { return 8 }
func (r tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (r tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(list))
	for i, tile := range list {
		var err error
		if data[i], err = r.l.TileData(r.t.Context(), r.side, tilePath(tile)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// consistency proves that the tree of from entries is the beginning of the
// present one.
func (r tiles) consistency(from int64) []tlog.Hash {
	r.t.Helper()
	head := r.l.Head(r.side)
	tree := tlog.Tree{N: head.Size, Hash: head.Root}
	proof, err := tlog.ProveTree(tree.N, from, tlog.TileHashReader(tree, r))
	if err != nil {
		r.t.Fatal(err)
	}
	return proof
}

// folder is the folder of one log in an export of all.
func (r tiles) folder() string {
	r.t.Helper()
	dir := r.t.TempDir()
	if err := r.l.Export(r.t.Context(), dir); err != nil {
		r.t.Fatal(err)
	}
	return filepath.Join(dir, "tlog", r.side)
}

func TestOutsideReadersFindALargeLedgerSound(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(grown)...)
	push(t, south, north, "south")
	origin := ledger.Origin(office, "south")
	key := keysOf(t, "south").Party().Key
	// Of the other side a reader demands its receipt as well.
	policy := outside.Policy{Log: key, Cosigners: []string{keysOf(t, "north").Party().CosignerKey}}

	for holder, l := range map[string]*ledger.Ledger{"its own side": south, "the other side": north} {
		server := httptest.NewServer(ledger.Handler(l, func(r *http.Request, err error) { t.Errorf("%s: %v", r.URL, err) }))
		defer server.Close()
		for _, where := range []string{tiles{t, l, "south"}.folder(), server.URL + "/south"} {
			if err := outside.Fsck(t, where, origin, key); err != nil {
				t.Errorf("fsck refuses the ledger that %s keeps, at %s: %v", holder, where, err)
			}
			if err := outside.ReadLog(t, where, policy); err != nil {
				t.Errorf("torchwood refuses the ledger that %s keeps, at %s: %v", holder, where, err)
			}
		}
	}

	dir := tiles{t, south, "south"}.folder()
	for name, want := range map[string]string{"key.pub": key, "cosigner-north.pub": policy.Cosigners[0]} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%s in the exported folder: got %q, %v, want %q", name, got, err, want)
		}
	}
	for _, path := range []string{"tile/entries/117", "tile/0/117", "tile/1/001.p/17", "checkpoint"} {
		name := filepath.Join(dir, filepath.FromSlash(path))
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		at := len(data) / 2
		if path == "checkpoint" {
			at = len(origin) + 1 // its size: fsck reads no cosignatures
		}
		data[at] ^= 1
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := outside.Fsck(t, dir, origin, key); err == nil {
			t.Errorf("fsck finds the ledger sound with a changed byte in %s", path)
		}
		data[at] ^= 1
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := outside.Fsck(t, dir, origin, key); err != nil {
		t.Errorf("fsck refuses the folder after every byte was put back: %v", err)
	}
}

func TestAnOutsideWitnessCosignsWhatExtendsAndRefusesAFork(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	witness := outside.Witness(t, keysOf(t, "south").Party().Key)

	write(t, south, c.now, bodies(300)...)
	push(t, south, north, "south") // the witness must not mind north's cosignature
	checkpoint, err := south.Checkpoint(t.Context(), "south")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := witness.AddCheckpoint(0, nil, checkpoint); status != http.StatusOK {
		t.Fatalf("first checkpoint: got %d %q, want 200", status, body)
	}
	write(t, south, c.now, bodies(400)...)
	log := tiles{t, south, "south"}
	if status, body := witness.AddCheckpoint(300, log.consistency(300), south.Head("south").Checkpoint); status != http.StatusOK {
		t.Errorf("extension: got %d %q, want 200", status, body)
	}
	write(t, south, c.now, bodies(1)...)
	if status, body := witness.AddCheckpoint(300, log.consistency(300), south.Head("south").Checkpoint); status != http.StatusConflict || body != "700\n" {
		t.Errorf("a size that is stale: got %d %q, want 409 and the size 700", status, body)
	}

	other := open(t, c, "south", "north") // the same keys, another history
	write(t, other, c.now, `{"other":1}`)
	write(t, other, c.now, bodies(799)...)
	if status, body := witness.AddCheckpoint(700, tiles{t, other, "south"}.consistency(700), other.Head("south").Checkpoint); status != http.StatusUnprocessableEntity {
		t.Errorf("fork: got %d %q, want 422", status, body)
	}
	if status, body := witness.AddCheckpoint(700, log.consistency(700), south.Head("south").Checkpoint); status != http.StatusOK {
		t.Errorf("extension after the fork: got %d %q, want 200", status, body)
	}
}

func TestAnOutsideReaderAcceptsADisclosure(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(1000)...)
	push(t, south, north, "south")
	proof, err := south.Disclose(t.Context(), "south", 617)
	if err != nil {
		t.Fatal(err)
	}
	disclosed, err := south.Entry(t.Context(), "south", 617)
	if err != nil {
		t.Fatal(err)
	}
	neighbour, err := south.Entry(t.Context(), "south", 616)
	if err != nil {
		t.Fatal(err)
	}
	key := keysOf(t, "south").Party().Key
	northKey := keysOf(t, "north").Party().CosignerKey
	both := outside.Policy{Log: key, Cosigners: []string{northKey}}
	if err := outside.ReadProof(t, proof, disclosed.Leaf, both); err != nil {
		t.Errorf("torchwood refuses a disclosure with both signatures: %v\n%s", err, proof)
	}
	if err := outside.ReadProof(t, proof, neighbour.Leaf, both); err == nil {
		t.Error("torchwood accepts the proof for another entry")
	}
	third := outside.Policy{Log: key, Cosigners: []string{northKey, keysOf(t, "east").Party().CosignerKey}}
	if err := outside.ReadProof(t, proof, disclosed.Leaf, third); err == nil {
		t.Error("torchwood accepts a proof without the cosignature that it demands")
	}
}
