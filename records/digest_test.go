package records_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"liaison.example/office"
	"liaison.example/records"
)

var rewrite = flag.Bool("rewrite", false, "write spec/testdata/order.json, which is never edited once it is published")

const orderFile = "../spec/testdata/order.json"

// example is spec/testdata/order.json: three ledgers in the joint order.
type example struct {
	Office  string         `json:"office"`
	Entries []exampleEntry `json:"entries"`
}

type exampleEntry struct {
	Place    int64    `json:"place"`
	ID       string   `json:"id"`
	Leaf     string   `json:"leaf"`
	LeafHash string   `json:"leaf_hash"`
	Time     int64    `json:"time"`
	Verdict  string   `json:"verdict"`
	Lines    []string `json:"effect_lines"`
	Effect   string   `json:"effect"`
	Digest   string   `json:"digest"`
}

// lineDesk is a desk that notes the lines of spec/entries.md §6, and has
// nothing in common with that of the records.
type lineDesk struct {
	rows  map[string][]byte
	lines []string
}

func (d *lineDesk) Get(row office.Row) bool {
	raw, found := d.rows[row.Table()+" "+row.Key()]
	return found && json.Unmarshal(raw, row) == nil
}

func (d *lineDesk) Put(row office.Row) {
	raw, err := office.Encode(row)
	if err != nil {
		panic(err)
	}
	d.rows[row.Table()+" "+row.Key()] = raw
	d.lines = append(d.lines, row.Table(), row.Key(), string(raw))
}

// Hours finds none: nobody has said any in the example.
func (d *lineDesk) Hours(office.Side, int64) []office.Hours { return nil }

// exampleWorld is an office of three sides: a cut, two entries at the same
// time, a clock that is behind, a third side's entries passed on, void entries.
func exampleWorld(t *testing.T) *world {
	w := threeSides(t)
	w.charter = office.FoundingCharter(testOffice, 1, w.charter.Sides)
	south, north, east := w.nodes["south"], w.nodes["north"], w.nodes["east"]
	found := &office.CharterBody{Charter: w.charter}
	w.mustWrite("south", office.Operator, office.KindCharter, found)
	w.mustWrite("north", office.Operator, office.KindCharter, found) // at the same time
	east.offset = -time.Hour                                         // its clock is behind
	east.receive("south", 1)
	w.mustWrite("east", office.Operator, office.KindCharter, found)
	w.exchange()
	w.now = w.now.Add(1500 * time.Millisecond)
	for _, side := range w.sides {
		w.mustWrite(side, office.Operator, office.KindPost, &office.DefaultPosts([]string{"ko"})[1])
	}
	w.exchange()
	w.now = w.now.Add(time.Minute)
	first := w.mustWrite("south", "duty-officer", office.KindDispatch, &office.DispatchBody{
		Channel: "liaison", Number: 1, Precedence: office.Flash,
		Subject: "Fire near the line / 군사분계선 부근 화재", Text: "A fire moves north.\n불이 북쪽으로 번지고 있다.",
		To: []office.Side{"east", "north"},
	})
	// The line between south and north is cut; east hands on what it has.
	east.receive("south", 3)
	w.now = w.now.Add(time.Second)
	w.mustWrite("east", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: first})
	// North has heard of it by telephone.
	if _, v := north.write("duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: first}); v.Void != office.DispatchUnknown {
		t.Fatalf("got %v", v)
	}
	north.receive("south", 3)
	north.receive("east", 3)
	w.now = w.now.Add(time.Second)
	w.mustWrite("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: first})
	south.write("duty-officer", "telegram", `{"text":"stop"}`)
	w.exchange()
	return w
}

func TestTheJointOrderAndTheDigestAreThoseOfTheSpecification(t *testing.T) {
	w := exampleWorld(t)
	got := example{Office: testOffice}
	desk := &lineDesk{rows: map[string][]byte{}}
	var digest [32]byte
	placed, err := w.nodes["south"].records.Record(ctx, 0, records.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(placed) - 1; i >= 0; i-- {
		p := placed[i]
		e := w.entries[p.ID.Side][p.ID.Index]
		e.Time, e.Office = p.Time, testOffice
		desk.lines = nil
		verdict := "done"
		if v := office.Apply(desk, &e); !v.Done() {
			verdict = string(v.Void)
		}
		lines := append([]string{verdict}, desk.lines...)
		effect := sha256.Sum256([]byte(strings.Join(lines, "\n") + "\n"))
		text := leaf(t, e)
		hash := sha256.Sum256(append([]byte{0}, text...))
		digest = sha256.Sum256(bytes.Join([][]byte{digest[:], hash[:], effect[:]}, nil))
		if p.Effect != effect || p.Digest != digest {
			t.Errorf("%s: effect %x, want %x; digest %x, want %x", p.ID, p.Effect, effect, p.Digest, digest)
		}
		got.Entries = append(got.Entries, exampleEntry{
			Place: p.Pos, ID: p.ID.String(), Leaf: string(text), LeafHash: hex.EncodeToString(hash[:]), Time: p.Time,
			Verdict: verdict, Lines: lines, Effect: hex.EncodeToString(effect[:]), Digest: hex.EncodeToString(digest[:]),
		})
	}
	encoded, err := json.Marshal(&got, jsontext.WithIndent("\t"))
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile(orderFile, append(encoded, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(orderFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(encoded)+"\n" {
		t.Errorf("%s is another; got\n%s", orderFile, encoded)
	}
}

func TestTheFirstEntryWhereTwoNodesPartIsFoundByHalving(t *testing.T) {
	w := threeSides(t)
	w.found()
	for i := range int64(20) {
		w.now = w.now.Add(time.Second)
		w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", i+1, "Text."))
	}
	w.exchange()
	// Another node is given one entry with other bytes.
	other := w.open("spare", "sqlite::memory:")
	forged := w.entries["south"][9]
	forged.Hash[0]++
	ledger := append([]office.Entry(nil), w.entries["south"]...)
	ledger[9] = forged
	delete(w.nodes, "spare")
	var all []office.Entry
	all = append(append(append(all, w.entries["east"]...), w.entries["north"]...), ledger...)
	if err := other.records.Add(ctx, all); err != nil {
		t.Fatal(err)
	}
	same, parted := int64(0), int64(len(all))
	for same+1 < parted {
		middle := (same + parted) / 2
		a, _, okA, errA := w.nodes["south"].records.DigestAt(ctx, middle)
		b, _, okB, errB := other.records.DigestAt(ctx, middle)
		if errA != nil || errB != nil || !okA || !okB {
			t.Fatal(okA, okB, errA, errB)
		}
		if a == b {
			same = middle
		} else {
			parted = middle
		}
	}
	if _, id, _, err := other.records.DigestAt(ctx, parted); err != nil || id != forged.ID {
		t.Errorf("they part at place %d, %s (%v), want %s", parted, id, err, forged.ID)
	}
	for _, count := range []int64{-1, int64(len(all)) + 1} {
		if _, _, ok, err := other.records.DigestAt(ctx, count); ok || err != nil {
			t.Errorf("count %d: %v, %v", count, ok, err)
		}
	}
	if hash, _, ok, err := other.records.DigestAt(ctx, 0); hash != [32]byte{} || !ok || err != nil {
		t.Errorf("count 0: %x, %v, %v", hash, ok, err)
	}
}
