package liaisontest_test

import (
	"context"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
)

// TestAClockThatIsPutBackShowsBesideTheTimeOfAnEntry lets north acknowledge with its
// clock put back, with it put forward, honestly, and after a cut.
func TestAClockThatIsPutBackShowsBesideTheTimeOfAnEntry(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		ctx := context.Background()
		up := func() bool { return o.Status("south").Lines["north"].Up }
		clocks := func(south, north time.Duration) {
			o.TurnClock("south", south)
			o.TurnClock("north", north)
		}
		answer := func() (acknowledged office.EntryID, arrival *node.Arrival) {
			t.Helper()
			sent := o.Send("south", "Three shots").ID
			o.Equal()
			w, err := o.Nodes["north"].Write(ctx, node.Act{By: "duty-officer", Kind: office.KindAcknowledge, Body: &office.AcknowledgeBody{Dispatch: sent}})
			if err != nil {
				t.Fatal(err)
			}
			o.Equal()
			if arrival, err = o.Nodes["south"].Arrival(ctx, w.ID, w.At); err != nil {
				t.Fatal(err)
			}
			if own, err := o.Nodes["north"].Arrival(ctx, w.ID, w.At); own != nil || err != nil {
				t.Errorf("its writer sees %+v, %v", own, err)
			}
			return w.ID, arrival
		}
		time.Sleep(time.Minute)
		if !up() {
			t.Fatal("the line is down")
		}
		clocks(time.Hour, time.Hour)
		if _, a := answer(); a != nil {
			t.Errorf("honest: %+v", a)
		}
		clocks(time.Hour, time.Hour-16*time.Minute)
		id, a := answer()
		if a == nil || a.Late < 15*time.Minute || a.Late > 17*time.Minute || a.Since.IsZero() || a.At.Sub(a.Since) < 50*time.Minute {
			t.Errorf("put back by 16 minutes: %+v", a)
		}
		clocks(time.Hour, time.Hour+5*time.Minute)
		if _, a := answer(); a == nil || a.Late > -4*time.Minute || !a.Since.IsZero() {
			t.Errorf("put forward by 5 minutes: %+v", a)
		}

		// What was written while the line was cut comes late, and is not shown.
		clocks(2*time.Hour, 2*time.Hour)
		o.Wire.Cut("north", "south")
		w := o.Send("north", "A flood")
		o.Send("south", "A flood here too")
		time.Sleep(10 * time.Minute)
		if up() {
			t.Fatal("the line counts as up")
		}
		clocks(5*time.Hour, 5*time.Hour)
		o.Wire.Mend("north", "south")
		o.Equal()
		if a, err := o.Nodes["south"].Arrival(ctx, w.ID, w.At); a != nil || err != nil {
			t.Errorf("written during a cut: %+v, %v", a, err)
		}

		// It outlives a restart, and no record knows of it.
		o.Stop("south")
		o.Start("south")
		o.Equal()
		line, _, err := o.Nodes["south"].Records().PlacedEntry(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := o.Nodes["south"].Arrival(ctx, id, time.UnixMilli(line.At)); a == nil || err != nil {
			t.Errorf("after a restart: %+v, %v", a, err)
		}
	})
}
