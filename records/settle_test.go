package records_test

import (
	"errors"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

func (n *node) mustSettle(want int64, standings map[office.Side][]records.Standing) {
	n.w.t.Helper()
	got, err := n.records.Settle(ctx, standings)
	if err != nil || got != want {
		n.w.t.Errorf("%s has %d settled (%v), want %d; the order is %s", n.side, got, err, want, n.order())
	}
}

func TestNothingIsSettledBeforeEverySideOfTheCharterHasWritten(t *testing.T) {
	w := threeSides(t)
	south, north, east := w.nodes["south"], w.nodes["north"], w.nodes["east"]
	south.mustSettle(0, nil)
	found := &office.CharterBody{Charter: w.charter}
	w.mustWrite("south", office.Operator, office.KindCharter, found)
	south.mustSettle(0, nil)
	w.now = w.now.Add(time.Second)
	w.mustWrite("north", office.Operator, office.KindCharter, found)
	south.receive("north", 1)
	w.now = w.now.Add(time.Second)
	// North has bound itself, but of east nothing is known.
	south.mustSettle(0, map[office.Side][]records.Standing{"north": {north.standing()}})
	w.mustWrite("east", office.Operator, office.KindCharter, found)
	south.receive("east", 1)
	// The last entries of the others bound what they can still write: south/0
	// and north/0 lie at or before both. So far no standings are needed.
	if got := south.order(); got != "south/0 north/0 east/0" {
		t.Fatalf("the order is %s", got)
	}
	south.mustSettle(2, nil)
	// North could still write one before east/0; it says that it will not.
	north.receive("east", 1)
	south.mustSettle(3, map[office.Side][]records.Standing{"north": {{Own: 1, Seen: map[office.Side]int64{"east": 1}}}})
	// East's own view: it needs the word of both.
	east.receive("south", 1)
	east.receive("north", 1)
	east.mustSettle(1, nil)
	s, err := south.records.Summary(ctx)
	if err != nil || s.Settled["north"] != 1 || s.Settled["south"] != 1 || s.Settled["east"] != 1 {
		t.Errorf("settled %v, %v", s.Settled, err)
	}
}

func TestAStandingCountsOnceAllBeforeItIsPlaced(t *testing.T) {
	w := threeSides(t)
	w.found()
	south, north, east := w.nodes["south"], w.nodes["north"], w.nodes["east"]
	w.exchange()
	before := south.settle()
	w.now = w.now.Add(time.Minute)
	first := w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 1, "One."))
	// North has written before it saw south's dispatch, and then stands by it.
	north.offset = -30 * time.Second
	w.mustWrite("north", "duty-officer", office.KindDispatch, w.dispatch("north", 1, "One."))
	north.receive("south", first.Index+1)
	east.receive("south", first.Index+1)
	standings := map[office.Side][]records.Standing{"north": {north.standing()}, "east": {east.standing()}}
	if own := standings["north"][0].Own; own != 3 {
		t.Fatalf("north stands from %d", own)
	}
	south.mustSettle(before, standings) // north/2 is not here yet, and may lie anywhere
	south.receive("north", 3)
	south.mustSettle(before+2, standings)
	if line, _, err := south.records.Dispatch(ctx, first); err != nil || !line.Settled {
		t.Errorf("the dispatch is settled: %v, %v", line.Settled, err)
	}
	// The line does not move back, and what is too old to help does no harm.
	south.mustSettle(before+2, nil)
	south.mustSettle(before+2, map[office.Side][]records.Standing{
		"north": {{Own: 0}, {Own: 1, Seen: map[office.Side]int64{"south": 1, "nobody": 7, "north": 99, "east": 0}}},
		"west":  {{Own: 0, Seen: map[office.Side]int64{"south": 1000}}},
	})
	w.exchange()
}

func TestAStandingOverMoreThanWeHoldCountsForWhatWeHold(t *testing.T) {
	w := threeSides(t)
	w.found()
	south := w.nodes["south"]
	before := south.settle()
	w.now = w.now.Add(time.Minute)
	w.mustWrite("east", "duty-officer", office.KindDispatch, w.dispatch("east", 1, "One."))
	w.mustWrite("east", "duty-officer", office.KindDispatch, w.dispatch("east", 2, "Two."))
	south.receive("east", 3)
	// North holds both dispatches of east, we only the first.
	north := records.Standing{Own: 2, Seen: map[office.Side]int64{"east": 4, "south": 2}}
	south.mustSettle(before+1, map[office.Side][]records.Standing{"north": {north}})
	w.exchange()
}

func TestAnEntryAtOrBeforeTheSettledLineIsRefused(t *testing.T) {
	w := newWorld(t, "north", "south")
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	t.Cleanup(w.close)
	w.found()
	south := w.nodes["south"]
	w.now = w.now.Add(time.Minute)
	w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 1, "One."))
	// North says that it has seen the dispatch, and then writes as if it had not.
	placed := south.seen()
	south.mustSettle(south.settle()+1, map[office.Side][]records.Standing{
		"north": {{Own: placed["north"], Seen: map[office.Side]int64{"south": 3}}}})
	w.now = w.now.Add(-30 * time.Second)
	liar := w.draft("north", map[office.Side]int64{"south": 2}, w.now, "duty-officer", office.KindDispatch, w.dispatch("north", 1, "Earlier."))
	var late *records.LateError
	err := south.records.Add(ctx, []office.Entry{liar})
	if !errors.As(err, &late) || late.ID != liar.ID || late.Time > late.Line || late.Time != liar.At {
		t.Errorf("got %v", err)
	}
	// At the very line it is refused too.
	liar = w.draft("north", map[office.Side]int64{"south": 2}, time.UnixMilli(late.Line), "duty-officer", office.KindDispatch, w.dispatch("north", 1, "At once."))
	if err := south.records.Add(ctx, []office.Entry{liar}); !errors.As(err, &late) || late.Time != late.Line {
		t.Errorf("got %v", err)
	}
	liar.At++
	if err := south.records.Add(ctx, []office.Entry{liar}); err != nil {
		t.Error(err)
	}
	w.entries["north"] = append(w.entries["north"], liar)
}

func TestUndoReachesBackToTheSettledLineAndNoFurther(t *testing.T) {
	w := newWorld(t, "north", "south")
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	t.Cleanup(w.close)
	w.found()
	south, north := w.nodes["south"], w.nodes["north"]
	text := "Text."
	for i := range int64(40) {
		w.now = w.now.Add(time.Minute)
		w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", i+1, text))
		if i == 19 {
			north.receive("south", int64(len(w.entries["south"])))
			south.standings["north"] = append(south.standings["north"], north.standing())
		}
	}
	settled := south.settle()
	digest, err := south.records.Digest(ctx)
	if err != nil || digest.Count != settled || settled >= 42 {
		t.Fatalf("settled %d, %+v, %v", settled, digest, err)
	}
	// North answers just after what it has seen: twenty dispatches are undone.
	w.now = w.now.Add(-20 * time.Minute)
	north.offset = time.Millisecond
	w.mustWrite("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id("south/2")})
	south.receive("north", 3)
	if e, found, err := south.records.PlacedEntry(ctx, id("north/2")); err != nil || !found || e.Pos != settled+1 || e.Settled {
		t.Errorf("got %+v, %v, %v; want place %d", e, found, err, settled+1)
	}
	hash, _, ok, err := south.records.DigestAt(ctx, settled)
	if err != nil || !ok || hash != digest.Hash {
		t.Errorf("the digest at %d was %x, is %x, %v", settled, digest.Hash, hash, err)
	}
	w.exchange()
}
