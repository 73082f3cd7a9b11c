package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/text/unicode/norm"
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
	f.Add([]byte("{\"at\":\"2018-09-14T01:30:00.000Z\",\"body\":{\"a\":\"개\u11a8\"},\"by\":\"head\",\"kind\":\"a\",\"office\":\"a\",\"seen\":{},\"side\":\"south\"}"))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		frame, err := ParseLeaf(leaf)
		if err != nil {
			return
		}
		if !norm.NFC.IsNormal(leaf) {
			t.Fatalf("it was accepted and is not in normal form C: %q", leaf)
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

// FuzzCanonical holds CheckCanonical against the general canonicalizer.
func FuzzCanonical(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `""`, `0`, `-0`, `-1`, `01`, `1.0`, `1e2`, `9007199254740991`, `9007199254740992`, `-9007199254740991`, `true`, `nul`, `null `,
		`{"a":[1,-2,{"b":"\"\\\u001f개성"}],"c":null,"d":true}`, `{"a":1,"a":2}`, `{"b":1,"a":2}`, `{"a" :1}`, `{"a":1,}`, `[1,]`, `[1`, `{"a"`,
		`"\u0008"`, `"\b\t\n\f\r"`, `"\u001F"`, `"\u000b"`, `"\u00e9"`, `"\/"`, `"\ud83d\ude00"`, "\"\u007f\u2028\"", "\"\x01\"", "\"\xed\xa0\x80\"", "\"\ufffd\"",
		"{\"\U0001F600\":1,\"\uFFFD\":2}", "{\"\uFFFD\":1,\"\U0001F600\":2}", `{"":1,"\"":2}`, `{"\n":1,"\r":2,"a":3}`,
		strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 65) + strings.Repeat("]", 65),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := CheckCanonical(text)
		if want := isCanonical(text); (got == nil) != want {
			t.Fatalf("%q: got %v, want it accepted: %v", text, got, want)
		}
	})
}

// isCanonical asks the general canonicalizer, and looks at each number and at
// how deep it lies.
func isCanonical(text []byte) bool {
	again := jsontext.Value(bytes.Clone(text))
	if again.Canonicalize() != nil || !bytes.Equal(again, text) {
		return false
	}
	for d := jsontext.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.ReadToken()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		if d.StackDepth() > maxDepth {
			return false
		}
		if token.Kind() == '0' {
			n, err := strconv.ParseInt(token.String(), 10, 64)
			if err != nil || n > maxInteger || n < -maxInteger {
				return false
			}
		}
	}
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
	var notes, proofs [][]byte      // by size
	roots := []tlog.Hash{emptyRoot} // by size
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
		notes, roots = append(notes, c.note), append(roots, t.root())
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
	// The database is left out: what it stores is what extended gives.
	at := func(size int) (*Ledger, *log) {
		side := func(keys *Keys) *log {
			return &log{side: keys.side, verifier: keys.ledgerVerifier, cosigner: keys.cosignerVerifier, seen: map[string]int64{}, cosigned: map[string]int64{}}
		}
		own := fuzzKeys(f, "north")
		l := &Ledger{office: fuzzOffice, side: "north", keys: own, now: fuzzNow, logs: map[string]*log{"north": side(own), "south": side(south)}}
		lg := l.logs["south"]
		if size > 0 {
			x := Extension{Side: "south", Checkpoint: notes[size-1], Leaves: leaves[:size]}
			entries, c, err := l.read(lg.verifier, x)
			if err != nil {
				f.Fatal(err)
			}
			if *lg, _, err = l.extended(lg, x, entries, c); err != nil {
				f.Fatal(err)
			}
		}
		return l, lg
	}
	empty, emptyLog := at(0)
	begun, begunLog := at(3)
	f.Fuzz(func(t *testing.T, from int64, note, proof, entries []byte) {
		held, _ := splitBundle(entries)
		x := Extension{Side: "south", From: from, Checkpoint: note, Proof: splitHashes(proof), Leaves: held}
		try := func(l *Ledger, lg *log) {
			before := lg.tree.size
			entries, c, err := l.read(lg.verifier, x)
			var next log
			if err == nil {
				next, _, err = l.extended(lg, x, entries, c)
			}
			switch {
			case lg.tree.size != before:
				t.Fatal("the log was changed before the entries were stored")
			case errors.As(err, new(*Stale)) || errors.As(err, new(*Refusal)):
				return
			case err != nil:
				t.Fatalf("an extension is answered with %v", err)
			}
			size := int64(len(leaves))
			if next.tree.size > size || next.tree.root() != roots[next.tree.size] || next.placeable > next.tree.size || next.signed > size || next.signed < next.tree.size {
				t.Fatalf("%d entries, %d placeable, under a checkpoint of %d: they were never signed", next.tree.size, next.placeable, next.signed)
			}
		}
		try(empty, emptyLog)
		try(begun, begunLog)
	})
}

func FuzzParseSilence(f *testing.F) {
	f.Add("liaison silence v1\noffice kaesong.example\nside south\nabout north\nat 2018-09-14T02:10:00.000Z\nline up unknown\nheard never\nhours none\nwatch nobody\n" +
		"awaits south/17 answer not-answered none\nreceipt eA==\ncheckpoint eA==\nentry 17 eA==\nfrom 0\nleaf eA==\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseSilence(text)
		if err == nil && (p.text() != text || len(p.entries) != len(p.Awaits)) {
			t.Errorf("%q is read, and written as %q", text, p.text())
		}
	})
}
