package records_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// order draws the joint order of a node as one line: "south/0 north/0 ...".
func (n *node) order() string {
	n.w.t.Helper()
	entries, err := n.records.Record(ctx, 0, records.MaxPage)
	if err != nil {
		n.w.t.Fatal(err)
	}
	var ids []string
	for i := len(entries) - 1; i >= 0; i-- {
		ids = append(ids, entries[i].ID.String())
	}
	return strings.Join(ids, " ")
}

func threeSides(t *testing.T) *world {
	w := newWorld(t, "east", "north", "south")
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	t.Cleanup(w.close)
	return w
}

func TestALateEntryIsSlottedInAndTheRulesAreAskedAgain(t *testing.T) {
	w := threeSides(t)
	w.found()
	south, north := w.nodes["south"], w.nodes["north"]
	first := w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 1, "One."))
	north.receive("south", 3)

	// The line is cut. South ends its post, and acts through it later: void.
	w.now = w.now.Add(60e9)
	w.mustWrite("south", office.Operator, office.KindPostEnd, &office.PostEndBody{Post: "duty-officer"})
	if _, v := south.write("duty-officer", office.KindDispatch, w.dispatch("south", 2, "Two.")); v.Void != office.PostEnded {
		t.Fatalf("got %v", v)
	}
	// North acknowledges before all that, by its clock.
	north.offset = -30e9
	w.mustWrite("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: first})
	before := south.order()
	south.receive("north", 3)
	got := strings.TrimPrefix(south.order(), strings.TrimSuffix(before, " south/3 south/4"))
	if got != " north/2 south/3 south/4" {
		t.Errorf("the order ends %q", got)
	}
	line, found, err := south.records.Dispatch(ctx, first)
	if err != nil || !found || len(line.Acknowledged) != 1 || line.Acknowledged[0].ID != id("north/2") {
		t.Errorf("the dispatch is %+v, %v, %v", line, found, err)
	}
	w.exchange()
	recordstest.Same(t, south.records, north.records)
	recordstest.Same(t, south.records, w.nodes["east"].records)
}

func TestWhatFollowedFromAnEntryIsVoidWhenALateOneMakesItVoid(t *testing.T) {
	w := threeSides(t)
	w.found()
	south, north, east := w.nodes["south"], w.nodes["north"], w.nodes["east"]
	amend := func(change func(*office.Charter)) (hash string) {
		in, err := south.records.Office(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c := *in.Charter
		c.Channels = append([]office.Channel(nil), c.Channels...)
		change(&c)
		w.mustWrite("south", office.Operator, office.KindPropose, &office.ProposeBody{Amends: in.Hash, Charter: &c})
		w.exchange()
		return office.HashCharter(&c)
	}
	words := office.Words{"en": "Ships"}
	hash := amend(func(c *office.Charter) {
		c.Channels = append(c.Channels, office.Channel{ID: "maritime", Name: words, Purpose: words})
	})
	for _, side := range []office.Side{"north", "east"} {
		w.mustWrite(side, office.Operator, office.KindAgree, &office.AgreeBody{Hash: hash})
		w.exchange()
	}
	hash = amend(func(c *office.Charter) { c.Channels = c.Channels[:1] })
	w.mustWrite("north", office.Operator, office.KindAgree, &office.AgreeBody{Hash: hash})
	w.exchange()

	// South uses the channel, and north acknowledges, while east has closed it.
	w.now = w.now.Add(time.Minute)
	body := w.dispatch("south", 1, "Adrift.")
	body.Channel = "maritime"
	dispatch := w.mustWrite("south", "duty-officer", office.KindDispatch, body)
	north.receive("south", dispatch.Index+1)
	ack := w.mustWrite("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: dispatch})
	south.receive("north", ack.Index+1)
	east.offset = -30 * time.Second
	w.mustWrite("east", office.Operator, office.KindAgree, &office.AgreeBody{Hash: hash})
	south.receive("east", int64(len(w.entries["east"])))

	for id, want := range map[office.EntryID]office.Reason{dispatch: office.ChannelUnknown, ack: office.DispatchUnknown} {
		if e, _, err := south.records.PlacedEntry(ctx, id); err != nil || e.Verdict.Void != want {
			t.Errorf("%s is %v, %v; want %s", id, e.Verdict, err, want)
		}
	}
	if lines, _, err := south.records.Dispatches(ctx, records.Filter{}); err != nil || len(lines) != 0 {
		t.Errorf("there are dispatches: %v, %v", lines, err)
	}
	w.exchange()
	recordstest.Same(t, south.records, north.records)
	recordstest.Same(t, south.records, east.records)
}

func TestEntriesOfALedgerAreFoldedWithoutAGap(t *testing.T) {
	w := threeSides(t)
	w.found()
	south := w.nodes["south"]
	north := w.nodes["north"]
	w.mustWrite("north", "duty-officer", office.KindDispatch, w.dispatch("north", 1, "One."))
	w.mustWrite("north", "duty-officer", office.KindDispatch, w.dispatch("north", 2, "Two."))
	var gap *records.GapError
	err := south.records.Add(ctx, w.entries["north"][3:])
	if !errors.As(err, &gap) || gap.ID != id("north/3") || gap.Want != 2 {
		t.Errorf("got %v", err)
	}
	// What was given before is passed over.
	if err := south.records.Add(ctx, w.entries["north"]); err != nil {
		t.Error(err)
	}
	if err := south.records.Add(ctx, w.entries["north"]); err != nil {
		t.Error(err)
	}
	south.held["north"] = 4
	w.exchange()
	recordstest.Same(t, south.records, north.records)
}

func TestAnEntryThatHasSeenMoreOfAThirdSideWaits(t *testing.T) {
	w := threeSides(t)
	w.found()
	w.mustWrite("east", "duty-officer", office.KindDispatch, w.dispatch("east", 1, "One."))
	w.nodes["north"].receive("east", 3)
	w.mustWrite("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id("east/2")})
	south := w.nodes["south"]
	var unplaceable *records.UnplaceableError
	err := south.records.Add(ctx, w.entries["north"][2:])
	if !errors.As(err, &unplaceable) || unplaceable.ID != id("north/2") || unplaceable.Needs != id("east/2") {
		t.Errorf("got %v", err)
	}
	// Both together are placed, whatever their sequence.
	if err := south.records.Add(ctx, []office.Entry{w.entries["north"][2], w.entries["east"][2]}); err != nil {
		t.Error(err)
	}
	south.held["north"], south.held["east"] = 3, 3
	if got := south.order(); !strings.HasSuffix(got, " east/2 north/2") {
		t.Errorf("the order is %s", got)
	}
	w.exchange()
}

func TestHundredsOfLateEntriesAreReadBackFromTheLedger(t *testing.T) {
	w := newWorld(t, "north", "south")
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	t.Cleanup(w.close)
	w.found()
	// Both write alone for hours, more than any memory holds.
	const many = 700
	for i := range int64(many) {
		w.now = w.now.Add(1e9)
		for _, side := range w.sides {
			w.mustWrite(side, "duty-officer", office.KindDispatch, w.dispatch(side, i+1, strings.Repeat("Long. ", 300)))
		}
	}
	w.exchange()
	recordstest.Same(t, w.nodes["south"].records, w.nodes["north"].records)
	s, err := w.nodes["south"].records.Summary(ctx)
	if err != nil || s.Settled["north"] != many+2 || s.Settled["south"] < many+1 {
		t.Errorf("settled %v, %v", s.Settled, err)
	}
}

func TestOwnEntriesAreRevertedWithoutATrace(t *testing.T) {
	w := threeSides(t)
	w.found()
	south := w.nodes["south"]
	before := recordstest.Dump(t, south.records)
	f, err := south.records.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Rollback()
	seen := f.Placed()
	delete(seen, "south")
	// Refused, mended, refused again, done.
	for i, text := range []string{"", "One.", strings.Repeat("x", office.MaxText+1), "One."} {
		e := w.draft("south", seen, w.now, "duty-officer", office.KindDispatch, w.dispatch("south", 1, text))
		v, err := f.Apply(e)
		if err != nil {
			t.Fatal(err)
		}
		if want := i%2 == 1; v.Done() != want {
			t.Fatalf("%d: got %v", i, v)
		}
		f.Revert()
		f.Revert() // takes back one, not more
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if after := recordstest.Dump(t, south.records); after != before {
		t.Errorf("something stayed:\n%s", after)
	}
	w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 1, "One."))
	w.exchange()
}

func TestARolledBackFoldLeavesNothingInMemory(t *testing.T) {
	w := threeSides(t)
	w.found()
	south := w.nodes["south"]
	f, err := south.records.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seen := f.Placed()
	delete(seen, "south")
	for i := range int64(3) {
		e := w.draft("south", seen, w.now, "duty-officer", office.KindDispatch, w.dispatch("south", i+1, "Text."))
		e.ID.Index += i
		if v, err := f.Apply(e); err != nil || !v.Done() {
			t.Fatal(v, err)
		}
	}
	f.Rollback()
	f.Rollback()
	if err := f.Commit(); err == nil {
		t.Error("a fold that has ended was committed")
	}
	w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 1, "One."))
	w.exchange()
}

func TestOurOwnConsentToRulesThatWeDoNotKnowIsRefused(t *testing.T) {
	w := threeSides(t)
	w.found()
	newer := *w.charter
	newer.Rules = office.Version + 1
	hash := office.HashCharter(&newer)
	w.mustWrite("north", office.Operator, office.KindPropose,
		&office.ProposeBody{Amends: office.HashCharter(w.charter), Charter: &newer})
	w.exchange()
	w.mustWrite("east", office.Operator, office.KindAgree, &office.AgreeBody{Hash: hash})
	w.exchange()
	south := w.nodes["south"]
	f, err := south.records.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seen := f.Placed()
	delete(seen, "south")
	agree := w.draft("south", seen, w.now, office.Operator, office.KindAgree, &office.AgreeBody{Hash: hash})
	v, err := f.Apply(agree)
	if err != nil || v.Void != office.NeedsNewerRules || v.Detail["rules"] != fmt.Sprint(newer.Rules) {
		t.Errorf("got %v, %v", v, err)
	}
	f.Revert()
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	// A newer program of ours has agreed. This one must not fold on.
	var stop *records.NewerRulesError
	if err := south.records.Add(ctx, []office.Entry{agree}); !errors.As(err, &stop) || stop.Rules != newer.Rules || stop.Since != agree.ID {
		t.Errorf("got %v", err)
	}
}

// More entries than are kept in memory until they are written, in one fold: what
// is written is what was folded, on either database.
func TestAFoldOfManyEntriesWritesWhatItFolded(t *testing.T) {
	w := busy(t, 3000)
	all := w.sequence()
	config := records.Config{Office: testOffice, Side: "south", Source: w.source}
	few := recordstest.Open(t, "sqlite::memory:", config)
	for part := range slices.Chunk(all, 100) {
		if err := few.Add(ctx, part); err != nil {
			t.Fatal(err)
		}
	}
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		many := openRecords(t, open(sqldb.Config{Schema: "south"}), w)
		if err := many.Add(ctx, all); err != nil {
			t.Fatal(err)
		}
		recordstest.Same(t, many, few)
	})
}
