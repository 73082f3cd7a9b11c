package liaisontest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

// TestOpenPagesAreToldOfWhatTimeAloneChanges lets one moment after another come at which
// nobody writes anything, and looks at what the readers of both nodes hear.
func TestOpenPagesAreToldOfWhatTimeAloneChanges(t *testing.T) {
	o := liaisontest.NewOffice(t, "north", "south")
	o.Change = func(_ office.Side, c *node.Config) { c.TellByHand = true }
	now := time.Date(2018, 10, 27, 0, 30, 0, 0, time.UTC) // a Saturday
	turn := func(to time.Time) {
		now = to
		for _, side := range o.Sides {
			o.TurnClock(side, time.Until(to))
		}
	}
	turn(now)
	for _, side := range o.Sides {
		o.Start(side)
	}
	o.Equal()
	ctx := context.Background()
	write := func(side office.Side, by office.Post, kind string, body any) office.EntryID {
		t.Helper()
		w, err := o.Nodes[side].Write(ctx, node.Act{By: by, Kind: kind, Body: body})
		if err != nil {
			t.Fatalf("%s: %s: %v", side, kind, err)
		}
		o.Equal()
		return w.ID
	}
	minute := func(at time.Time) office.Minute { return office.MinuteOf(at.UnixMilli()) }

	// comes expects that readers of a side hear at a moment, give or take a millisecond,
	// that something has changed, and not before.
	comes := func(what string, at time.Time, sides ...office.Side) {
		t.Helper()
		if len(sides) == 0 {
			sides = o.Sides
		}
		begun := now
		for _, side := range sides {
			turn(begun)
			n := o.Nodes[side]
			next := time.Time{}
			for range 200 { // moments that come before it
				found, err := n.TellTime(ctx)
				if next = found; err != nil {
					t.Fatal(err)
				}
				if !next.Before(at) {
					break
				}
				turn(next)
			}
			if next.Sub(at).Abs() > time.Millisecond {
				t.Errorf("%s: %s is to be told at %s, and it is looked next at %s", side, what, at, next.UTC())
			}
			events, cancel := n.Watch()
			hears := func() (heard int) {
				t.Helper()
				if _, err := n.TellTime(ctx); err != nil {
					t.Fatal(err)
				}
				for len(events) > 0 {
					if e := <-events; e.Kind == "time" {
						heard++
					}
				}
				return heard
			}
			turn(at.Add(-time.Second))
			before := hears()
			turn(at.Add(time.Millisecond))
			if after := hears(); before > 0 || after != 1 {
				t.Errorf("%s: %s: told %d times before its moment, %d times at it", side, what, before, after)
			}
			cancel()
		}
	}

	row, err := o.Nodes["south"].Records().Office(ctx)
	if err != nil {
		t.Fatal(err)
	}
	later := *row.Charter
	later.Clocks = slices.Clone(later.Clocks)
	later.Clocks[0].Acknowledge = 60
	from := now.Add(7 * time.Minute)
	write("south", "head", office.KindPropose, &office.ProposeBody{Amends: row.Hash, Charter: &later, From: minute(from)})
	write("north", "head", office.KindAgree, &office.AgreeBody{From: minute(from), Hash: office.HashCharter(&later)})
	comes("a charter that comes into force", from)

	flash := write("south", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Subject: "Fire", Text: "A fire."})
	released := now
	line, _, err := o.Nodes["south"].Records().Dispatch(ctx, flash)
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(line.At)
	comes("an acknowledgement that is overdue", at.Add(time.Minute+time.Millisecond))
	comes("the second alarm", at.Add(5*time.Minute))
	comes("the head's step", at.Add(20*time.Minute))
	write("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: flash})

	until := released.Add(40 * time.Minute).Truncate(time.Minute)
	write("south", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}, Until: minute(until)})
	comes("a watch that is over its time", until.Add(time.Millisecond))

	begins := now.Add(10 * time.Minute).Truncate(time.Minute)
	write("north", "head", office.KindSuspension, &office.SuspensionBody{Channels: []string{"liaison"}, From: minute(begins), Reason: "A flood."})
	comes("a suspension that begins", begins)

	// North's own hours, promise and roster, by the clock of Berlin: it is set back in
	// the coming night.
	hours := &office.HoursBody{From: minute(now.Add(time.Minute)), Zone: "Europe/Berlin", Week: slices.Repeat([][]office.Span{{{From: "09:00", Until: "17:00"}}}, 7)}
	if err := node.CompleteHours(now, hours); err != nil {
		t.Fatal(err)
	}
	write("north", "head", office.KindHours, hours)
	write("north", "head", office.KindCoverage, &office.CoverageBody{
		From: minute(now.Add(time.Minute)), Languages: []string{"ko"}, Who: []string{"duty-officer"}, Week: slices.Repeat([][]office.Span{{{From: "08:00", Until: "18:30"}}}, 7),
	})
	berlin := func(day, clock string) time.Time {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	comes("a watch that is promised, and nobody is on it", berlin("2018-10-27", "08:00"))
	comes("a station that opens", berlin("2018-10-27", "09:00"))
	comes("a station that closes", berlin("2018-10-27", "17:00"))
	comes("a promise that ends", berlin("2018-10-27", "18:30"))
	comes("a clock that is set back", time.Date(2018, 10, 28, 1, 0, 0, 0, time.UTC))
	comes("a station that opens after that night", berlin("2018-10-28", "09:00"))

	if err := o.Nodes["north"].People().AddAccount(ctx, people.By{Who: people.Operator}, people.Account{Name: "watch", Person: "Ri", Posts: []office.Post{"duty-officer"}}); err != nil {
		t.Fatal(err)
	}
	clock, _, err := o.Nodes["north"].RosterClock(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Nodes["north"].People().PutRotation(ctx, people.Hand{By: people.By{Who: "head"}, Post: "head", Role: "head"}, clock, people.Rotation{
		Name: "Desk", From: "2018-10-28", Starts: []string{"11:11"}, Minutes: 60, Each: 1, Turn: []people.InTurn{{Who: "watch"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	comes("a watch of the roster that begins", berlin("2018-10-28", "11:11"), "north")
	comes("a watch of the roster that ends", berlin("2018-10-28", "12:11"), "north")

	due := time.Date(2018, 10, 29, 0, 0, 0, 0, time.UTC) // Monday, 09:00 on the channel's clock
	comes("a line check that becomes due", due)
	comes("a line check for which nobody calls", due.Add(time.Hour+time.Millisecond))
}
