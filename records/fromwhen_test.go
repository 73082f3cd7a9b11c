package records_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records/recordstest"
)

// waiting founds an office of three sides by rules version 5, in which a charter with
// another channel and quicker clocks waits for a moment two minutes ahead.
func waiting(t *testing.T) (w *world, from time.Time, charter *office.Charter) {
	w = threeSides(t)
	w.charter = office.FoundingCharter(testOffice, 5, w.charter.Sides)
	w.found()
	w.now = w.now.Truncate(time.Minute).Add(time.Minute)
	from = w.now.Add(2 * time.Minute)
	c := *w.charter
	words := office.Words{"en": "Ships"}
	c.Channels = append(slices.Clone(c.Channels), office.Channel{ID: "maritime", Name: words, Purpose: words})
	c.Clocks = slices.Clone(c.Clocks)
	c.Clocks[3].Acknowledge, c.Clocks[3].Opening = 60, false
	w.mustWrite("south", office.Operator, office.KindPropose, &office.ProposeBody{Amends: office.HashCharter(w.charter), Charter: &c, From: office.MinuteOf(from.UnixMilli())})
	w.exchange()
	for _, side := range []office.Side{"north", "east"} {
		w.mustWrite(side, office.Operator, office.KindAgree, &office.AgreeBody{From: office.MinuteOf(from.UnixMilli()), Hash: office.HashCharter(&c)})
		w.exchange()
	}
	for _, n := range w.nodes {
		row, err := n.records.Office(ctx)
		if err != nil || row.Pending == nil || row.Pending.From != from.UnixMilli() || row.Hash != office.HashCharter(w.charter) {
			t.Fatalf("%s: %+v, %v", n.side, row, err)
		}
	}
	return w, from, &c
}

// verdict gives what became of an entry at a node.
func (n *node) verdict(id office.EntryID) office.Reason {
	n.w.t.Helper()
	placed, found, err := n.records.PlacedEntry(ctx, id)
	if err != nil || !found {
		n.w.t.Fatalf("%s: %v, %v", id, found, err)
	}
	return placed.Verdict.Void
}

func TestALateEntryIsJudgedByTheCharterOfItsOwnTime(t *testing.T) {
	w, from, charter := waiting(t)
	south := w.nodes["south"]
	say := func(side office.Side, number int64, at time.Time) office.EntryID {
		w.now = at
		body := w.dispatch(side, number, "Adrift.")
		body.Channel = "maritime"
		id, _ := w.nodes[side].write("duty-officer", office.KindDispatch, body)
		return id
	}
	// South hears nothing of the others. Its entry is the first after the from-when.
	first := say("south", 1, from.Add(10*time.Second))
	if got := south.verdict(first); got != "" {
		t.Fatalf("after the from-when: %q", got)
	}
	row, err := south.records.Office(ctx)
	if err != nil || row.Hash != office.HashCharter(charter) || row.Pending != nil || row.Time != from.UnixMilli() {
		t.Fatalf("in force: %+v, %v", row, err)
	}
	// North has written before it, a moment too early, and then at the from-when itself.
	early := say("north", 1, from.Add(-time.Millisecond))
	exact := say("north", 1, from)
	south.receive("north", exact.Index+1)
	for id, want := range map[office.EntryID]office.Reason{early: office.ChannelUnknown, exact: "", first: ""} {
		if got := south.verdict(id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	// East has proposed to take it back before it was in force. The others consent later:
	// from then on it is as before.
	w.now = from.Add(-time.Minute)
	w.mustWrite("east", office.Operator, office.KindPropose, &office.ProposeBody{Amends: office.HashCharter(charter), Charter: w.charter})
	hash := office.HashCharter(w.charter)
	w.exchange()
	for _, side := range []office.Side{"north", "south"} {
		w.mustWrite(side, office.Operator, office.KindAgree, &office.AgreeBody{Hash: hash})
		w.exchange()
	}
	for _, n := range w.nodes {
		row, err := n.records.Office(ctx)
		if err != nil || row.Hash != hash || row.Pending != nil {
			t.Errorf("%s, after it went back: %+v, %v", n.side, row, err)
		}
		recordstest.Same(t, n.records, south.records)
	}
}

func TestAConsentThatComesLateUndoesWhatTheFromWhenHadDone(t *testing.T) {
	w, from, charter := waiting(t)
	south, north, east := w.nodes["south"], w.nodes["north"], w.nodes["east"]
	hash := office.HashCharter(w.charter)
	w.mustWrite("south", office.Operator, office.KindPropose, &office.ProposeBody{Amends: office.HashCharter(charter), Charter: w.charter})
	w.exchange()
	w.mustWrite("north", office.Operator, office.KindAgree, &office.AgreeBody{Hash: hash})
	w.exchange()
	// The line to east is cut. It consents before the from-when; south does not know, and
	// writes after it.
	w.now = from.Add(-30 * time.Second)
	last := w.mustWrite("east", office.Operator, office.KindAgree, &office.AgreeBody{Hash: hash})
	w.now = from.Add(time.Second)
	body := w.dispatch("south", 1, "Adrift.")
	body.Channel = "maritime"
	sent := w.mustWrite("south", "duty-officer", office.KindDispatch, body)
	north.receive("south", sent.Index+1)
	for _, n := range []*node{south, north} {
		if got := n.verdict(sent); got != "" {
			t.Fatalf("%s: %q", n.side, got)
		}
	}
	south.receive("east", last.Index+1)
	w.exchange()
	for _, n := range []*node{south, north, east} {
		if got := n.verdict(sent); got != office.ChannelUnknown {
			t.Errorf("%s: %q", n.side, got)
		}
		if row, err := n.records.Office(ctx); err != nil || row.Hash != hash || row.Pending != nil || row.Since != last {
			t.Errorf("%s: %+v, %v", n.side, row, err)
		}
		recordstest.Same(t, n.records, south.records)
	}
}

func TestTheClocksOfACharterRunFromItsTimeWithoutAnyEntry(t *testing.T) {
	w, from, charter := waiting(t)
	sent := w.mustWrite("north", "duty-officer", office.KindDispatch, w.dispatch("north", 1, "Text."))
	// Time goes on while relations are suspended: a suspension hinders nothing.
	w.mustWrite("north", "duty-officer", office.KindSuspension, &office.SuspensionBody{Channels: []string{"liaison"}, Reason: "Talks have stopped."})
	w.exchange()
	south := w.nodes["south"].records
	at := w.now.UnixMilli()
	due := func(now time.Time) int64 {
		awaited, err := south.Awaited(ctx, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range awaited.Questions {
			if q.About == sent && q.To == "south" {
				return q.Due - at
			}
		}
		t.Fatal("nothing is waited for")
		return 0
	}
	for range 2 { // back, too
		if got := due(from.Add(-time.Millisecond)); got != 6*60*60*1000 {
			t.Errorf("before: due after %d ms", got)
		}
		if got := due(from); got != 60*1000 {
			t.Errorf("from then on: due after %d ms", got)
		}
	}
	if row, err := south.OfficeAt(ctx, from); err != nil || row.Hash != office.HashCharter(charter) {
		t.Errorf("in force: %s, %v", row.Hash, err)
	}
	if row, err := south.OfficeAt(ctx, from.Add(-time.Millisecond)); err != nil || row.Hash != office.HashCharter(w.charter) {
		t.Errorf("in force before: %s, %v", row.Hash, err)
	}
	// Once an entry has come it says the same.
	w.now = from.Add(time.Hour)
	w.mustWrite("east", "duty-officer", office.KindDispatch, w.dispatch("east", 1, "Text."))
	w.exchange()
	if got := due(w.now); got != 60*1000 {
		t.Errorf("after the next entry: due after %d ms", got)
	}
}

func TestLineChecksAreJudgedByTheCharterOfTheirTime(t *testing.T) {
	w := threeSides(t)
	w.charter = office.FoundingCharter(testOffice, 5, w.charter.Sides)
	w.found()
	w.now = w.now.Truncate(time.Minute).Add(time.Minute)
	from := w.now.Add(5 * time.Minute)
	propose := func(amends, charter *office.Charter, from office.Minute) {
		w.mustWrite("south", office.Operator, office.KindPropose, &office.ProposeBody{Amends: office.HashCharter(amends), Charter: charter, From: from})
		w.exchange()
		for _, side := range []office.Side{"north", "east"} {
			w.mustWrite(side, office.Operator, office.KindAgree, &office.AgreeBody{From: from, Hash: office.HashCharter(charter)})
			w.exchange()
		}
	}
	checked := *w.charter
	checked.Channels = []office.Channel{w.charter.Channels[0]}
	checked.Channels[0].Checks = everyMinute()
	propose(w.charter, &checked, office.MinuteOf(from.UnixMilli()))
	look := func(now time.Time) (due []string) {
		month, _, err := w.nodes["north"].records.CheckMonth(ctx, "liaison", now.UTC().Format("2006-01"), now)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range month.Due {
			if j.Due < now.UnixMilli() {
				due = append(due, fmt.Sprintf("%s %s", time.UnixMilli(j.Due).UTC().Format("15:04"), j.Result))
			}
		}
		return due
	}
	if got := look(from); len(got) != 0 {
		t.Errorf("before it is in force: %q", got)
	}
	if got := look(from.Add(2*time.Minute + time.Second)); len(got) != 3 || got[0] != from.UTC().Format("15:04")+" ahead" {
		t.Errorf("without any entry since: %q", got)
	}
	boards, err := w.nodes["north"].records.CheckBoards(ctx, w.now, true)
	if err != nil || len(boards) != 1 || boards[0].Next == nil || boards[0].Next.Due != from.UnixMilli() && len(boards[0].Open) == 0 {
		t.Errorf("the next is %+v, %v", boards, err)
	}
	w.now = w.now.Add(time.Minute)
	propose(&checked, w.charter, "") // taken back
	if got := look(from.Add(time.Hour)); len(got) != 0 {
		t.Errorf("after it was taken back: %q", got)
	}
}
