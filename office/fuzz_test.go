package office

import (
	"bytes"
	"maps"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// FuzzCheck gives the rules any bytes as the body of any kind. They must
// answer, and what they let pass must be canonical.
func FuzzCheck(f *testing.F) {
	for kind, body := range goldens() {
		encoded, err := Encode(body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, encoded)
		f.Add(kind, bytes.Replace(encoded, []byte(`"`), []byte(`"\u0061`), 1))
	}
	f.Add(KindDispatch, []byte(`{"channel":"liaison","number":1e3}`))
	f.Add(KindCharter, []byte(`{"charter":{"channels":null}}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		verdict := Check(kind, body)
		if !verdict.Done() {
			return
		}
		canonical := jsontext.Value(bytes.Clone(body))
		if err := canonical.Canonicalize(); err != nil || !bytes.Equal(canonical, body) {
			t.Errorf("%s: not canonical, but passed: %q", kind, body)
		}
	})
}

// FuzzApply gives the rules any frame and body, in an open office with a
// dispatch and a proposal. A void entry must leave the desk as it was.
func FuzzApply(f *testing.F) {
	for kind, body := range goldens() {
		encoded, err := Encode(body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("south", int64(20), "duty-officer", kind, encoded)
		f.Add("north", int64(0), "operator", kind, encoded)
	}
	f.Add("north", int64(9), "duty-officer", KindAcknowledge, []byte(`{"dispatch":"south/2"}`))
	open := fuzzOffice(f)
	f.Fuzz(func(t *testing.T, side string, index int64, by, kind string, body []byte) {
		desk := &mapDesk{rows: maps.Clone(open.rows)}
		seen := map[Side]int64{"east": 9, "north": 9, "south": 9}
		delete(seen, side)
		verdict := Apply(desk, &Entry{ID: EntryID{side, index}, By: by, Kind: kind, Body: body, Office: testOffice, Seen: seen})
		if !verdict.Done() && len(desk.put) > 0 {
			t.Errorf("void (%s), but it put %q", verdict.Void, desk.put)
		}
		if verdict.Done() && len(desk.put) == 0 {
			t.Errorf("done, but nothing changed")
		}
	})
}

// fuzzOffice is an open office with posts, a dispatch and a proposal.
func fuzzOffice(f *testing.F) *mapDesk {
	desk := newDesk()
	next := map[Side]int64{}
	found(f, desk, next, "@with-rules-2")
	for _, line := range []string{
		`09:00 south/operator post post=duty-officer role=head name={"en":"Head"} languages=ko`,
		`09:00 north/operator post post=duty-officer role=head name={"en":"Head"} languages=ko`,
		`09:00 south/duty-officer dispatch channel=liaison number=1 precedence=ROUTINE subject=Hello text=Hello to=north`,
		`09:00 south/operator charter.propose amends=#with-rules-2 charter=@with-rules-2-and-more note=`,
	} {
		e := parseAct(f, line)
		e.ID.Index = next[e.ID.Side]
		next[e.ID.Side]++
		if v := Apply(desk, e); !v.Done() {
			f.Fatalf("%s: %s", line, sayVerdict(v))
		}
	}
	return desk
}
