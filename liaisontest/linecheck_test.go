package liaisontest_test

import (
	"testing"
	"time"

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
