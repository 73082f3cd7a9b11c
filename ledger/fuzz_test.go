package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// The keys and the clock of the fuzz tests.
const fuzzOffice = "kaesong.example"

func fuzzKeys(t testing.TB, side string) *Keys {
	t.Helper()
	keys, err := DeriveKeys(sha256.Sum256([]byte(side)), fuzzOffice, side)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func fuzzNow() time.Time { return time.Date(2018, 9, 14, 1, 30, 0, 0, time.UTC) }

func FuzzParseLeaf(f *testing.F) {
	for _, leaf := range []string{
		`{"at":"2018-09-14T01:30:00.000Z","body":{},"by":"head","kind":"dispatch","office":"kaesong.example","seen":{},"side":"south"}`,
		`{"at":"2018-09-14T01:30:00.000Z","body":{"a":[1,-2,{"b":"\"\\\u001f개성"}],"c":null,"d":true},"by":"duty-officer","kind":"charter.propose","office":"a","seen":{"east":1,"north":9007199254740991},"side":"south"}`,
	} {
		f.Add([]byte(leaf))
	}
	f.Fuzz(func(t *testing.T, leaf []byte) {
		frame, err := ParseLeaf(leaf)
		if err != nil {
			return
		}
		if again := frame.appendLeaf(nil); !bytes.Equal(again, leaf) {
			t.Fatalf("the frame that was read is that of\n%s\nand not of\n%s", again, leaf)
		}
		// Another reader must find the same.
		var other struct {
			At, By, Kind, Office, Side string
			Body                       json.RawMessage
			Seen                       map[string]int64
		}
		d := json.NewDecoder(bytes.NewReader(leaf))
		d.DisallowUnknownFields()
		if err := d.Decode(&other); err != nil {
			t.Fatalf("another reader refuses %s: %v", leaf, err)
		}
		if other.At != FormatTime(frame.At) || other.By != frame.By || other.Kind != frame.Kind || other.Office != frame.Office ||
			other.Side != frame.Side || !bytes.Equal(other.Body, frame.Body) || !maps.Equal(other.Seen, frame.Seen) {
			t.Fatalf("another reader finds %+v, and we %+v", other, frame)
		}
		if len(leaf) > MaxLeaf || !jsontext.Value(leaf).IsValid() || frame.At.Before(time.Unix(0, 0)) || frame.Seen[frame.Side] != 0 {
			t.Fatalf("accepted: %s", leaf)
		}
	})
}

func FuzzOpenCredence(f *testing.F) {
	text, err := fuzzKeys(f, "south").SignCredence(Credence{Name: "South 남측", Zone: "Asia/Seoul", Languages: []string{"ko", "en"}, Address: "192.0.2.1:7443"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(strings.ReplaceAll(string(text), "\n", "\r\n")))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := OpenCredence(text)
		if err != nil {
			return
		}
		// Nobody else can sign a credence with this key, so it must be the one.
		if origin := Origin(c.Office, c.Side); c.Party.Key == fuzzKeys(t, "south").Party().Key && (origin != "kaesong.example/south" || c.Name != "South 남측") {
			t.Fatalf("a credence that was never signed is good: %+v", c)
		}
		if len(c.Fingerprint()) != 47 {
			t.Fatalf("fingerprint %q", c.Fingerprint())
		}
	})
}

func FuzzParseProof(f *testing.F) {
	leaf := []byte(`{"at":"2018-09-14T01:30:00.000Z","body":{},"by":"head","kind":"dispatch","office":"kaesong.example","seen":{},"side":"south"}`)
	keys := fuzzKeys(f, "south")
	c := &checkpoint{origin: Origin(fuzzOffice, "south"), size: 1, root: tlog.RecordHash(leaf)}
	keys.sign(c)
	cosigned := fuzzKeys(f, "north").cosign(c, fuzzNow())
	f.Add(formatProof(leaf, 0, nil, c.note))
	f.Add(formatProof(leaf, 0, nil, cosigned))
	f.Add(formatProof(leaf, 7, tlog.RecordProof{c.root, c.root}, cosigned))
	given := []string{keys.Party().Key, fuzzKeys(f, "north").Party().CosignerKey}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parseProof(text)
		if err != nil {
			return
		}
		if again, err := parseProof(formatProof(p.leaf, p.index, p.path, p.signed)); err != nil || again.index != p.index || !bytes.Equal(again.leaf, p.leaf) {
			t.Fatalf("written again it is %+v, %v; it was %+v", again, err, p)
		}
		d, err := VerifyDisclosure(context.Background(), text, given)
		if err == nil && (!bytes.Equal(d.Entry.Leaf, leaf) || d.Entry.Index != 0) {
			t.Fatalf("an entry that was never written is proven: %+v", d)
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	keys, north := fuzzKeys(f, "south"), fuzzKeys(f, "north")
	c := &checkpoint{origin: Origin(fuzzOffice, "south"), size: 17, root: emptyRoot}
	keys.sign(c)
	f.Add(c.note)
	f.Add(north.cosign(c, fuzzNow()))
	lines := strings.SplitAfter(string(north.cosign(c, fuzzNow())), "\n")
	lines[4], lines[5] = lines[5], lines[4] // the cosignature first
	f.Add([]byte(strings.Join(lines, "")))
	f.Fuzz(func(t *testing.T, signed []byte) {
		if got, err := openCheckpoint(signed, keys.ledgerVerifier); err == nil && !bytes.Equal(got.note, c.note) {
			t.Fatalf("opened as\n%s", got.note)
		}
		if got, _, err := openCosigned(signed, keys.ledgerVerifier, north.cosignerVerifier); err == nil && !bytes.Equal(got.note, north.cosign(c, fuzzNow())) {
			t.Fatalf("opened as\n%s", got.note)
		}
	})
}

func FuzzExtend(f *testing.F) {
	south := fuzzKeys(f, "south")
	var leaves [][]byte
	var notes, proofs [][]byte // by size
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = hashes[x]
		}
		return out, nil
	})
	var t tree
	for n := range int64(6) {
		leaf := fmt.Appendf(nil, `{"at":"2018-09-14T01:30:00.000Z","body":{"n":%d},"by":"head","kind":"dispatch","office":"kaesong.example","seen":{},"side":"south"}`, n)
		more, err := tlog.StoredHashesForRecordHash(n, tlog.RecordHash(leaf), reader)
		if err != nil {
			f.Fatal(err)
		}
		hashes, leaves = append(hashes, more...), append(leaves, leaf)
		t.append(tlog.RecordHash(leaf))
		c := &checkpoint{origin: Origin(fuzzOffice, "south"), size: t.size, root: t.root()}
		south.sign(c)
		notes = append(notes, c.note)
	}
	for n := range int64(5) {
		proof, err := tlog.ProveTree(6, n+1, reader)
		if err != nil {
			f.Fatal(err)
		}
		proofs = append(proofs, joinHashes(proof))
	}
	f.Add(int64(0), notes[5], []byte{}, bundle(leaves))
	f.Add(int64(0), notes[5], proofs[2], bundle(leaves[:3]))
	f.Add(int64(3), notes[5], []byte{}, bundle(leaves[3:]))
	f.Add(int64(0), notes[0], []byte{}, bundle(leaves[:1]))
	f.Add(int64(6), notes[5], []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, from int64, note, proof, entries []byte) {
		ctx := context.Background()
		db, err := sqldb.Open(ctx, sqldb.Config{URL: "sqlite::memory:"})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		l, err := Open(ctx, db, Config{Office: fuzzOffice, Side: "north", Keys: fuzzKeys(t, "north"), Parties: []Party{south.Party()}, Now: fuzzNow})
		if err != nil {
			t.Fatal(err)
		}
		held, _ := splitBundle(entries)
		x := Extension{Side: "south", From: from, Checkpoint: note, Proof: splitHashes(proof), Leaves: held}
		// First as it is, then behind three entries that are held.
		for _, first := range []Extension{{}, {Side: "south", Checkpoint: notes[2], Leaves: leaves[:3]}} {
			if first.Side != "" {
				if _, err := l.Extend(ctx, first); err != nil && !errors.As(err, new(*Stale)) {
					t.Fatal(err)
				}
			}
			r, err := l.Extend(ctx, x)
			if err != nil && !errors.As(err, new(*Stale)) && !errors.As(err, new(*Refusal)) {
				t.Fatalf("an extension is answered with %v", err)
			}
			for i := range l.Head("south").Size {
				e, err := l.Entry(ctx, "south", i)
				if err != nil || !bytes.Equal(e.Leaf, leaves[i]) {
					t.Fatalf("entry %d is %s, %v: it was never signed", i, e.Leaf, err)
				}
			}
			if r.Note != nil && l.Head("south").Size < r.Size {
				t.Fatalf("%d entries are cosigned and %d held", r.Size, l.Head("south").Size)
			}
		}
		if _, err := VerifyDatabase(ctx, db, VerifyOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}
