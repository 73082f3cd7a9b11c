package liaisontest_test

import (
	"strings"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
)

func TestALineCheckComparesTheRecordsAndTheClocks(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.NewOffice(t, "north", "south")
		o.TurnClock("north", 3*time.Second)
		o.Start("north")
		o.Start("south")
		o.Equal()
		row, err := o.Nodes["south"].Records().Office(t.Context())
		if err != nil || row.Charter.Channels[0].Checks == nil || row.Charter.Channels[0].Offset != 540 {
			t.Fatalf("the office begins without line checks: %+v, %v", row.Charter, err)
		}
		write := func(side office.Side, kind string, body any) office.EntryID {
			w, err := o.Nodes[side].Write(t.Context(), node.Act{By: "duty-officer", Kind: kind, Body: body})
			if err != nil {
				t.Fatal(err)
			}
			return w.ID
		}
		_, err = o.Nodes["south"].Write(t.Context(), node.Act{By: "operator", Kind: office.KindCheck, Body: &office.CheckBody{Channel: "liaison"}})
		liaisontest.Refused(t, err, office.PostUnknown)
		id := write("north", office.KindCheck, &office.CheckBody{Channel: "liaison"})
		o.Equal()
		write("south", office.KindCheckAnswer, &office.CheckAnswerBody{Check: id, Heard: office.Weak})
		o.Equal()
		check, found, err := o.Nodes["north"].Records().LineCheck(t.Context(), id)
		if err != nil || !found || len(check.Answers) != 1 || check.Text != "neutral" {
			t.Fatalf("%+v, %v", check, err)
		}
		a := check.Answers[0]
		if check.Settled == nil || a.Settled == nil || *check.Settled != *a.Settled {
			t.Errorf("the caller has settled %+v, who answers has %+v", check.Settled, a.Settled)
		}
		if a.Offset == nil || *a.Offset < 2900 || *a.Offset > 3100 {
			t.Errorf("the clocks stand at %v to each other", a.Offset)
		}
		if n, s := o.Dump("north"), o.Dump("south"); n != s {
			t.Errorf("the records differ:\n%s\n%s", n, s)
		}
	})
}

// TestAnAnswerThatTellsOfAnotherRecordRaisesOneAlarm lets another program answer and
// call with a digest that is not ours.
func TestAnAnswerThatTellsOfAnotherRecordRaisesOneAlarm(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.NewOffice(t, "north", "south")
		o.Start("north")
		o.Start("south")
		o.Equal()
		write := func(side office.Side, kind string, body any) office.EntryID {
			t.Helper()
			w, err := o.Nodes[side].Write(t.Context(), node.Act{By: "duty-officer", Kind: kind, Body: body})
			if err != nil {
				t.Fatal(err)
			}
			o.Equal()
			return w.ID
		}
		sign := func(kind string, value any) {
			t.Helper()
			body, err := office.Encode(value)
			if err != nil {
				t.Fatal(err)
			}
			l := o.Nodes["north"].Ledger()
			e, err := l.Draft(l.Head("north").Size, map[string]int64{"south": l.Head("south").Placeable}, o.Config("north").Now(), "duty-officer", kind, body)
			if err == nil {
				err = l.Append(t.Context(), []ledger.Entry{e})
			}
			if err != nil {
				t.Fatal(err)
			}
			o.Equal()
		}
		call := func() office.LineCheck {
			t.Helper()
			check, found, err := o.Nodes["south"].Records().LineCheck(t.Context(), write("south", office.KindCheck, &office.CheckBody{Channel: "liaison"}))
			if err != nil || !found || check.Settled == nil {
				t.Fatalf("%+v, %v", check, err)
			}
			return check
		}
		check := call()
		sign(office.KindCheckAnswer, &office.CheckAnswerBody{Check: check.ID, Heard: office.LoudAndClear, Settled: check.Settled})
		check = call()
		other := &office.Settled{Count: check.Settled.Count, Digest: strings.Repeat("ab", 32)}
		sign(office.KindCheckAnswer, &office.CheckAnswerBody{Check: check.ID, Heard: office.LoudAndClear, Settled: other})
		raised := waitAlarm(t, o.Nodes["south"], "check-differs", 1)
		if raised.Side != "north" || raised.Detail["check"] != check.ID.String() || raised.Detail["theirs_digest"] != other.Digest || raised.Detail["ours_digest"] != check.Settled.Digest {
			t.Errorf("raised %+v", raised)
		}
		o.Stop("south") // a restart does not raise it again
		o.Start("south")
		o.Equal()

		// Its call tells of another record, and ours answers.
		id := office.EntryID{Side: "north", Index: o.Nodes["north"].Ledger().Head("north").Size}
		sign(office.KindCheck, &office.CheckBody{Channel: "liaison", Settled: other, Text: "neutral"})
		write("south", office.KindCheckAnswer, &office.CheckAnswerBody{Check: id, Heard: office.Weak})
		waitAlarm(t, o.Nodes["south"], "check-differs", 2)
		if a, is := alarm(t, o.Nodes["north"], "check-differs"); is && a.Side == "north" {
			t.Errorf("raised about itself: %+v", a)
		}
	})
}
