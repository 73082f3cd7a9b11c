package records_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
)

const testOffice = "kaesong.example"

var ctx = context.Background()

// A world is an office with its nodes, without ledgers and links: every entry
// lies in one place, and each node knows how much of each ledger has reached it.
type world struct {
	t       recordstest.T
	sides   []office.Side
	charter *office.Charter
	now     time.Time
	entries map[office.Side][]office.Entry
	nodes   map[office.Side]*node
}

// A node holds the first held[s] entries of each side, and places what it can.
type node struct {
	w         *world
	side      office.Side
	config    records.Config
	records   *records.Records
	held      map[office.Side]int64
	offset    time.Duration // of its clock
	standings map[office.Side][]records.Standing
}

func newWorld(t recordstest.T, sides ...office.Side) *world {
	w := &world{
		t:       t,
		sides:   sides,
		now:     time.Date(2018, 9, 14, 1, 30, 0, 0, time.UTC),
		entries: map[office.Side][]office.Entry{},
		nodes:   map[office.Side]*node{},
	}
	var list []office.CharterSide
	for _, side := range sides {
		list = append(list, charterSide(side))
	}
	w.charter = office.FoundingCharter(testOffice, office.Version, list)
	return w
}

// open gives a side its node, in memory or in the database of the URL.
func (w *world) open(side office.Side, url string) *node {
	n := w.add(side, nil)
	n.records = recordstest.Open(w.t, url, n.config)
	return n
}

// add gives a side its node with records that are open already.
func (w *world) add(side office.Side, r *records.Records) *node {
	n := &node{
		records:   r,
		w:         w,
		side:      side,
		held:      map[office.Side]int64{},
		standings: map[office.Side][]records.Standing{},
		config:    records.Config{Office: testOffice, Side: side, Source: w.source},
	}
	w.nodes[side] = n
	return n
}

func (w *world) source(_ context.Context, side office.Side, from, count int64) ([]office.Entry, error) {
	ledger := w.entries[side]
	if from >= int64(len(ledger)) {
		return nil, nil
	}
	return ledger[from:min(from+count, int64(len(ledger)))], nil
}

func charterSide(id office.Side) office.CharterSide {
	key := func(name string) string {
		return name + "+01234567+" + base64.StdEncoding.EncodeToString([]byte("\x01"+strings.Repeat("k", 32)))
	}
	return office.CharterSide{
		Address:   id + ".example:7460",
		Cosigner:  key(testOffice + "/" + id + "/mirror"),
		ID:        id,
		Languages: []string{"ko", "en"},
		Ledger:    key(testOffice + "/" + id),
		Link:      base64.StdEncoding.EncodeToString(make([]byte, 32)),
		Name:      id,
		Zone:      "Asia/Seoul",
	}
}

// encode gives the canonical bytes of a body.
func encode(t recordstest.T, body any) []byte {
	t.Helper()
	if raw, ok := body.(string); ok {
		return []byte(raw)
	}
	encoded, err := office.Encode(body)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// draft makes the next entry of a side. Its hash is that of a leaf as
// spec/entries.md §2 has it.
func (w *world) draft(side office.Side, seen map[office.Side]int64, at time.Time, by, kind string, body any) office.Entry {
	w.t.Helper()
	e := office.Entry{
		ID:   office.EntryID{Side: side, Index: int64(len(w.entries[side]))},
		At:   at.UnixMilli(),
		By:   by,
		Seen: seen,
		Kind: kind,
		Body: encode(w.t, body),
	}
	e.Hash = sha256.Sum256(append([]byte{0}, leaf(w.t, e)...))
	return e
}

// leaf writes the frame of an entry (spec/entries.md §2).
func leaf(t recordstest.T, e office.Entry) []byte {
	t.Helper()
	return encode(t, map[string]any{
		"at":     time.UnixMilli(e.At).UTC().Format("2006-01-02T15:04:05.000Z"),
		"body":   jsontext.Value(e.Body),
		"by":     e.By,
		"kind":   e.Kind,
		"office": testOffice,
		"seen":   e.Seen,
		"side":   e.ID.Side,
	})
}

// seen is what the next entry of the node's side has seen.
func (n *node) seen() map[office.Side]int64 {
	n.w.t.Helper()
	placed, err := n.records.Placed(ctx)
	if err != nil {
		n.w.t.Fatal(err)
	}
	delete(placed, n.side)
	return placed
}

// write writes an entry as a node does: folded first, signed, committed.
func (n *node) write(by, kind string, body any) (office.EntryID, office.Verdict) {
	n.w.t.Helper()
	var e office.Entry
	var verdict office.Verdict
	err := n.records.Update(ctx, func(f *records.Fold) (err error) {
		seen := f.Placed()
		delete(seen, n.side)
		e = n.w.draft(n.side, seen, n.w.now.Add(n.offset), by, kind, body)
		verdict, err = f.Apply(e)
		return err
	})
	if err != nil {
		n.w.t.Fatal(err)
	}
	n.w.entries[n.side] = append(n.w.entries[n.side], e)
	n.held[n.side]++
	return e.ID, verdict
}

// placeable says how many entries of each ledger that the node holds can have
// their place: those that have seen nothing which it does not hold.
func (n *node) placeable() map[office.Side]int64 {
	placeable := map[office.Side]int64{}
	for again := true; again; {
		again = false
		for side, held := range n.held {
		entries:
			for placeable[side] < held {
				for other, count := range n.w.entries[side][placeable[side]].Seen {
					if placeable[other] < count {
						break entries
					}
				}
				placeable[side]++
				again = true
			}
		}
	}
	return placeable
}

// receive gives the node the entries of a side up to a size, and places what
// can be placed.
func (n *node) receive(side office.Side, size int64) {
	n.w.t.Helper()
	n.held[side] = max(n.held[side], size)
	placed, err := n.records.Placed(ctx)
	if err != nil {
		n.w.t.Fatal(err)
	}
	var batch []office.Entry
	placeable := n.placeable()
	for _, other := range n.w.sides {
		if from, to := placed[other], placeable[other]; from < to {
			batch = append(batch, n.w.entries[other][from:to]...)
		}
	}
	err = n.records.Update(ctx, func(f *records.Fold) error {
		if len(batch)%2 > 0 {
			return f.Add(batch)
		}
		for i := range batch { // as a node does that has many before it
			batch[i].Prepare(f.Rules())
		}
		return f.AddEarlier(batch)
	})
	if err != nil {
		n.w.t.Fatal(err)
	}
}

// standing is what the node says about all that it will yet write.
func (n *node) standing() records.Standing {
	seen := n.placeable()
	delete(seen, n.side)
	return records.Standing{Own: int64(len(n.w.entries[n.side])), Seen: seen}
}

// settle moves the node's line.
func (n *node) settle() int64 {
	n.w.t.Helper()
	settled, err := n.records.Settle(ctx, n.standings)
	if err != nil {
		n.w.t.Fatal(err)
	}
	return settled
}

// exchange gives everything to everybody, with standings.
func (w *world) exchange() {
	w.t.Helper()
	for range w.sides {
		for _, to := range w.nodes {
			for _, side := range w.sides {
				to.receive(side, int64(len(w.entries[side])))
			}
		}
		for _, from := range w.nodes {
			for _, to := range w.nodes {
				if from != to && to.standings != nil {
					to.standings[from.side] = append(to.standings[from.side], from.standing())
				}
			}
		}
	}
	for _, n := range w.nodes {
		n.settle()
	}
}

// found lets every side found the office, and gives it a duty officer.
func (w *world) found() {
	w.t.Helper()
	for _, side := range w.sides {
		w.mustWrite(side, office.Operator, office.KindCharter, &office.CharterBody{Charter: w.charter})
	}
	w.exchange()
	for _, side := range w.sides {
		w.mustWrite(side, office.Operator, office.KindPost, &office.DefaultPosts([]string{"ko"})[1])
	}
	w.exchange()
}

func (w *world) mustWrite(side office.Side, by, kind string, body any) office.EntryID {
	w.t.Helper()
	id, verdict := w.nodes[side].write(by, kind, body)
	if !verdict.Done() && kind != office.KindCharter {
		w.t.Fatalf("%s: %s by %s is void: %v", id, kind, by, verdict)
	}
	return id
}

// dispatch is a dispatch to all other sides.
func (w *world) dispatch(from office.Side, number int64, text string) *office.DispatchBody {
	to := slices.DeleteFunc(slices.Clone(w.sides), func(s office.Side) bool { return s == from })
	return &office.DispatchBody{
		Channel: "liaison", Number: number, Precedence: office.Routine,
		Subject: fmt.Sprintf("Dispatch %d of %s", number, from), Text: text, To: to,
	}
}

// close checks every node against a fold from nothing.
func (w *world) close() {
	w.t.Helper()
	for _, side := range w.sides {
		if n := w.nodes[side]; n != nil {
			recordstest.Fresh(w.t, n.records, n.config)
		}
	}
}

func id(text string) office.EntryID {
	id, err := office.ParseEntryID(text)
	if err != nil {
		panic(err)
	}
	return id
}
