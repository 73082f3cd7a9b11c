package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/ledger"
)

// These tests hold the code against the golden bytes of spec/entries.md §1 to
// §3, in spec/testdata/ledger, which are never edited: other implementations
// are held against them, and ledgers that exist were made so.

var writeGolden = flag.Bool("write-golden", false, "write golden files that do not exist; those that exist are never overwritten")

const goldenFolder = "../spec/testdata/ledger"

// golden compares what the code makes with a golden file.
func golden(t *testing.T, name string, made []byte) {
	t.Helper()
	path := filepath.Join(goldenFolder, name)
	kept, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && *writeGolden {
		if err := os.MkdirAll(goldenFolder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, made, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, made) {
		t.Errorf("%s: the code makes\n%s\nand the golden file says\n%s", name, made, kept)
	}
}

func goldenJSON(t *testing.T, name string, value any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(value); err != nil {
		t.Fatal(err)
	}
	golden(t, name, b.Bytes())
}

// goldenSeed is the recovery key of a side in the golden files: 32 bytes that
// count up from 0, of north from 32, of east from 64.
func goldenSeed(side string) (seed [ledger.SeedSize]byte) {
	for i := range seed {
		seed[i] = byte(i + map[string]int{"south": 0, "north": 32, "east": 64}[side])
	}
	return seed
}

func goldenKeys(t *testing.T, side string) *ledger.Keys {
	t.Helper()
	keys, err := ledger.DeriveKeys(goldenSeed(side), office, side)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestKeysAreTheGoldenOnes(t *testing.T) {
	type key struct {
		Info   string `json:"info"`
		Secret string `json:"secret_hex"`
		Public string `json:"public_hex"`
		Known  string `json:"known_as"`
	}
	type side struct {
		Office      string `json:"office"`
		Side        string `json:"side"`
		Seed        string `json:"seed_hex"`
		RecoveryKey string `json:"recovery_key"`
		Ledger      key    `json:"ledger"`
		Cosigner    key    `json:"cosigner"`
		Link        key    `json:"link"`
	}
	var sides []side
	for _, id := range []string{"east", "north", "south"} {
		seed, keys := goldenSeed(id), goldenKeys(t, id)
		// Derived here again, as spec/entries.md §3.9 says.
		derive := func(use, known string) key {
			info := "liaison/v1/" + use + "/" + office + "/" + id
			secret, err := hkdf.Key(sha256.New, seed[:], nil, info, 32)
			if err != nil {
				t.Fatal(err)
			}
			public := ed25519.NewKeyFromSeed(secret).Public().(ed25519.PublicKey)
			return key{info, hex.EncodeToString(secret), hex.EncodeToString(public), known}
		}
		s := side{
			office, id, hex.EncodeToString(seed[:]), ledger.FormatRecoveryKey(seed),
			derive("ledger", keys.Party().Key), derive("cosigner", keys.Party().CosignerKey), derive("link", keys.LinkKeyHash()),
		}
		for vkey, public := range map[string]string{s.Ledger.Known: s.Ledger.Public, s.Cosigner.Known: s.Cosigner.Public} {
			raw, err := base64.StdEncoding.DecodeString(strings.SplitN(vkey, "+", 3)[2])
			if err != nil || hex.EncodeToString(raw[1:]) != public {
				t.Errorf("%s is not the key %s", vkey, public)
			}
		}
		sides = append(sides, s)
	}
	goldenJSON(t, "keys.json", sides)
}

// goldenClock is the time of the golden files.
func goldenClock() *clock { return &clock{time.Date(2018, 9, 14, 1, 30, 0, 0, time.UTC)} }

// goldenLedger opens a ledger with the golden keys.
func goldenLedger(t *testing.T, side string) *ledger.Ledger {
	t.Helper()
	cfg := ledger.Config{Office: office, Side: side, Keys: goldenKeys(t, side), Now: goldenClock().time}
	for _, other := range []string{"east", "north", "south"} {
		if other != side {
			cfg.Parties = append(cfg.Parties, goldenKeys(t, other).Party())
		}
	}
	l, err := ledger.Open(t.Context(), openFile(t, t.TempDir()+"/ledger.db", nil), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// hashReader are stored hashes in the numbering of package tlog.
type hashReader []tlog.Hash

func (h hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = h[x]
	}
	return out, nil
}

func TestTheLogIsTheGoldenOne(t *testing.T) {
	type size struct {
		Size        int64    `json:"size"`
		Leaf        string   `json:"leaf"`      // of the last entry
		LeafHash    string   `json:"leaf_hash"` // base64
		Root        string   `json:"root"`
		Checkpoint  string   `json:"checkpoint"`
		Cosigned    string   `json:"cosigned"`           // by north
		Consistency []string `json:"consistency_with_7"` // proof that the tree of 7 entries begins with this one
	}
	south, north := goldenLedger(t, "south"), goldenLedger(t, "north")
	var sizes []size
	var hashes hashReader
	for n := range int64(7) {
		body := fmt.Sprintf(`{"n":%d}`, n)
		if n == 3 {
			body = `{"text":"개성 공동연락사무소","title":"Opening"}`
		}
		if n == 5 {
			write(t, north, goldenClock().now, `{}`)
			push(t, north, south, "north") // so that the last two have seen it
		}
		write(t, south, goldenClock().now.Add(time.Duration(n)*1500*time.Millisecond), body)
		x, err := south.Extension(t.Context(), "south", n, 1, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		r, err := north.Extend(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		if err := south.Countersign(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		h := south.Head("south")
		leafHash := tlog.RecordHash(x.Leaves[0])
		more, err := tlog.StoredHashesForRecordHash(n, leafHash, hashes)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
		sizes = append(sizes, size{
			Size: n + 1, Leaf: string(x.Leaves[0]), LeafHash: leafHash.String(), Root: h.Root.String(),
			Checkpoint: string(h.Checkpoint), Cosigned: string(r.Note),
		})
	}
	for i := range sizes {
		root, err := tlog.TreeHash(sizes[i].Size, hashes)
		if err != nil || root.String() != sizes[i].Root {
			t.Errorf("the root of %d entries is %v, %v", sizes[i].Size, root, err)
		}
		proof, err := tlog.ProveTree(7, sizes[i].Size, hashes)
		if err != nil {
			t.Fatal(err)
		}
		sizes[i].Consistency = []string{}
		for _, h := range proof {
			sizes[i].Consistency = append(sizes[i].Consistency, h.String())
		}
	}
	goldenJSON(t, "log.json", sizes)

	text, err := south.Disclose(t.Context(), "south", 3)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "disclosure.txt", text)
	keys := []string{goldenKeys(t, "south").Party().Key, goldenKeys(t, "north").Party().CosignerKey}
	if d, err := ledger.VerifyDisclosure(t.Context(), text, keys); err != nil || len(d.Cosigned) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestTilesAreTheGoldenOnes(t *testing.T) {
	type file struct {
		Path   string `json:"path"`
		Size   int    `json:"size"`
		SHA256 string `json:"sha256_hex"`
		Base64 string `json:"base64,omitempty"` // of those that are short
	}
	south := goldenLedger(t, "south")
	write(t, south, goldenClock().now, bodies(600)...)
	var list []file
	for _, path := range []string{
		"checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
		"tile/entries/000", "tile/entries/001", "tile/entries/002.p/88",
	} {
		data, err := south.TileData(t.Context(), "south", path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		f := file{Path: path, Size: len(data), SHA256: hex.EncodeToString(sum[:])}
		if len(data) < 500 {
			f.Base64 = base64.StdEncoding.EncodeToString(data)
		}
		list = append(list, f)
	}
	first, err := south.Entry(t.Context(), "south", 0)
	if err != nil {
		t.Fatal(err)
	}
	goldenJSON(t, "tiles.json", struct {
		Entries int    `json:"entries"`
		Leaf    string `json:"first_leaf"`
		Rule    string `json:"rule"`
		Files   []file `json:"files"`
	}{600, string(first.Leaf), "entry i is the first with i as the value of n", list})
}

func TestACredenceIsTheGoldenOne(t *testing.T) {
	text, err := goldenKeys(t, "south").SignCredence(ledger.Credence{
		Name: "South 남측", Zone: "Asia/Seoul", Languages: []string{"ko", "en"}, Address: "192.0.2.1:7443",
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "credence.txt", text)
	c, err := ledger.OpenCredence(text)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "fingerprint.txt", []byte(c.Fingerprint()+"\n"))
}

// goldenEntry is an entry in entries.json.
type goldenEntry struct {
	Name   string `json:"name"`
	Leaf   string `json:"leaf,omitempty"`
	Base64 string `json:"base64,omitempty"` // where it is no text, or too long
	Repeat int    `json:"repeat,omitempty"` // where "@" in the leaf stands for so many of Of
	Of     string `json:"of,omitempty"`
	Hash   string `json:"leaf_hash,omitempty"` // base64; of good ones
	Why    string `json:"why,omitempty"`       // of bad ones
}

func (e goldenEntry) bytes(t *testing.T) []byte {
	t.Helper()
	if e.Base64 != "" {
		leaf, err := base64.StdEncoding.DecodeString(e.Base64)
		if err != nil {
			t.Fatal(err)
		}
		return leaf
	}
	if e.Repeat > 0 {
		return []byte(strings.Replace(e.Leaf, "@", strings.Repeat(e.Of, e.Repeat), 1))
	}
	return []byte(e.Leaf)
}

func TestEntriesAreTakenAndRefusedAsTheGoldenOnes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(goldenFolder, "entries.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Good, Bad []goldenEntry }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Good) < 10 || len(all.Bad) < 40 {
		t.Fatalf("%d good and %d bad entries", len(all.Good), len(all.Bad))
	}
	for _, e := range all.Good {
		if _, err := ledger.ParseLeaf(e.bytes(t)); err != nil {
			t.Errorf("%s: refused: %v", e.Name, err)
		}
		if h := tlog.RecordHash(e.bytes(t)); h.String() != e.Hash {
			t.Errorf("%s: the leaf hash is %v, want %s", e.Name, h, e.Hash)
		}
	}
	for _, e := range all.Bad {
		if _, err := ledger.ParseLeaf(e.bytes(t)); err == nil || e.Why == "" {
			t.Errorf("%s: taken, or no reason given", e.Name)
		}
	}
}

// signNote signs any text with a side's ledger key, as a hostile side could.
func signNote(t *testing.T, side, text string) string {
	t.Helper()
	return signNoteBy(t, goldenSeed(side), side, text)
}

// signNoteBy is signNote with the key that follows from a seed.
func signNoteBy(t *testing.T, seed [ledger.SeedSize]byte, side, text string) string {
	t.Helper()
	secret, err := hkdf.Key(sha256.New, seed[:], nil, "liaison/v1/ledger/"+office+"/"+side, 32)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ledger.DeriveKeys(seed, office, side)
	if err != nil {
		t.Fatal(err)
	}
	name, rest, _ := strings.Cut(keys.Party().Key, "+")
	hash, err := hex.DecodeString(rest[:8])
	if err != nil {
		t.Fatal(err)
	}
	signature := append(hash, ed25519.Sign(ed25519.NewKeyFromSeed(secret), []byte(text))...)
	return text + "\n— " + name + " " + base64.StdEncoding.EncodeToString(signature) + "\n"
}

func TestCheckpointsAreTakenAndRefusedAsTheGoldenOnes(t *testing.T) {
	type checkpoint struct {
		Name string `json:"name"`
		Note string `json:"note"`
		Good bool   `json:"good"` // as a checkpoint of south's log
		Why  string `json:"why,omitempty"`
	}
	root := tlog.RecordHash([]byte("any")).String()
	text := "kaesong.example/south\n17\n" + root + "\n"
	whole := signNote(t, "south", text)
	line := whole[len(text)+1:]
	north := strings.TrimPrefix(signNote(t, "north", text), text+"\n")
	all := []checkpoint{
		{"signed by the ledger's key", whole, true, ""},
		{"with another signature before", text + "\n" + north + line, true, ""},
		{"with another signature behind", whole + north, true, ""},
		{"the signature twice", whole + line, true, ""},
		{"of no entries", signNote(t, "south", "kaesong.example/south\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), true, ""},
		{"the largest", signNote(t, "south", "kaesong.example/south\n9223372036854775807\n"+root+"\n"), true, ""},
		{"signed by another key", text + "\n" + north, false, "no signature by the ledger's key"},
		{"by another key under the name", text + "\n" + strings.Replace(north, "/north", "/south", 1), false, "no signature by the ledger's key"},
		{"another text than was signed", strings.Replace(whole, "\n17\n", "\n18\n", 1), false, "the signature is not good"},
		{"not signed", text + "\n", false, "no signature"},
		{"no empty line", text + line, false, "no note"},
		{"lines ended by CR LF", strings.ReplaceAll(whole, "\n", "\r\n"), false, "no note"},
		{"a hyphen for the dash", strings.Replace(whole, "—", "-", 1), false, "no note"},
		{"another origin", signNote(t, "south", "kaesong.example/north\n17\n"+root+"\n"), false, "the origin is not that of the key"},
		{"an extension line", signNote(t, "south", text+"extension\n"), false, "extension lines are not used"},
		{"two lines", signNote(t, "south", "kaesong.example/south\n17\n"), false, "three lines"},
		{"a leading zero", signNote(t, "south", "kaesong.example/south\n017\n"+root+"\n"), false, "size in decimal without leading zeros"},
		{"a sign", signNote(t, "south", "kaesong.example/south\n+17\n"+root+"\n"), false, "size in decimal without sign"},
		{"a size below zero", signNote(t, "south", "kaesong.example/south\n-17\n"+root+"\n"), false, "size in decimal without sign"},
		{"a size beyond 2^63 - 1", signNote(t, "south", "kaesong.example/south\n9223372036854775808\n"+root+"\n"), false, "size too large"},
		{"a short root", signNote(t, "south", "kaesong.example/south\n17\nAAAA\n"), false, "a root has 32 bytes"},
		{"a root in another writing", signNote(t, "south", "kaesong.example/south\n17\n"+root[:42]+"B=\n"), false, "a root in its one form of base64"},
		{"a root without padding", signNote(t, "south", "kaesong.example/south\n17\n"+root[:43]+"\n"), false, "a root in its one form of base64"},
		{"too long", whole + strings.Repeat(north, 80), false, "at most 8,192 bytes"},
	}
	goldenJSON(t, "checkpoints.json", all)
	for _, c := range all {
		l := goldenLedger(t, "north")
		err := l.Note(t.Context(), "south", []byte(c.Note))
		switch {
		case c.Good && strings.HasSuffix(c.Name, "no entries"):
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		case c.Good && (err != nil || l.Head("south").Noted == 0):
			t.Errorf("%s: %v", c.Name, err)
		case !c.Good:
			refusal(t, err, ledger.RefusedCheckpoint)
		}
	}
}

func TestTheSpecificationShowsTheGoldenBytes(t *testing.T) {
	spec, err := os.ReadFile("../spec/entries.md")
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(goldenFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var log []struct{ Leaf, Checkpoint, Cosigned string }
	var keys []struct {
		Side        string
		RecoveryKey string `json:"recovery_key"`
	}
	for name, into := range map[string]any{"log.json": &log, "keys.json": &keys} {
		if err := json.Unmarshal(read(name), into); err != nil {
			t.Fatal(err)
		}
	}
	shown := map[string]string{
		"the entry south/3": log[3].Leaf, "its checkpoint": log[6].Checkpoint, "a receipt": log[6].Cosigned,
		"a disclosure": string(read("disclosure.txt")), "a credence": string(read("credence.txt")),
		"a fingerprint": string(read("fingerprint.txt")), "a recovery key": keys[2].RecoveryKey,
	}
	for what, text := range shown {
		if !bytes.Contains(spec, []byte(text)) {
			t.Errorf("spec/entries.md does not show %s:\n%s", what, text)
		}
	}
}
