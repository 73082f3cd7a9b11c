package liaisontest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// TestPeopleAreToldByTheCharterOfTheMoment lets quicker clocks come into force by time
// alone: nothing is written then, and what waits is overdue by them.
func TestPeopleAreToldByTheCharterOfTheMoment(t *testing.T) {
	rings := &bell{sort: notify.SortMatter}
	o := liaisontest.NewOffice(t, "north", "south")
	o.Change = func(side office.Side, c *node.Config) {
		if c.TellByHand = true; side == "south" {
			c.Senders = []notify.Sender{rings}
		}
	}
	for _, side := range o.Sides {
		o.Start(side)
	}
	o.Equal()
	south, ctx := o.Nodes["south"], context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(side office.Side, by office.Post, kind string, body any) office.EntryID {
		t.Helper()
		w, err := o.Nodes[side].Write(ctx, node.Act{By: by, Kind: kind, Body: body})
		must(err)
		o.Equal()
		return w.ID
	}
	by := people.By{Who: people.Operator}
	must(south.People().AddAccount(ctx, by, people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}}))
	_, _, err := south.Notify().AddMeans(ctx, "park", "bell", "Desk", nil)
	must(err)

	row, err := south.Records().Office(ctx)
	must(err)
	quicker := *row.Charter
	quicker.Clocks = slices.Clone(quicker.Clocks)
	quicker.Clocks[0].Acknowledge = 60
	from := time.Now().Truncate(time.Minute).Add(5 * time.Minute)
	minute := office.MinuteOf(from.UnixMilli())
	write("south", "head", office.KindPropose, &office.ProposeBody{Amends: row.Hash, Charter: &quicker, From: minute})
	write("north", "head", office.KindAgree, &office.AgreeBody{From: minute, Hash: office.HashCharter(&quicker)})
	flash := write("south", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Subject: "Fire", Text: "A fire."})
	tell := func(want string) (next time.Time) {
		t.Helper()
		next, err := south.Tell(ctx)
		must(err)
		if said := rings.matters(); said != want {
			t.Fatalf("told %q, want %q", said, want)
		}
		return next
	}
	if next := tell(""); next.IsZero() || next.After(from) {
		t.Errorf("it is looked at again at %v, and the charter comes into force at %v", next, from)
	}
	turn := func(d time.Duration) {
		for _, side := range o.Sides {
			o.TurnClock(side, d)
		}
	}
	turn(2 * time.Minute) // by the clocks of before there is time
	tell("")
	turn(time.Until(from) + time.Second)
	tell("unacknowledged " + flash.String())
	silences, err := south.Silences(ctx, node.SilenceFilter{Limit: 10}, from.Add(time.Second))
	must(err)
	if len(silences.List) != 1 || !silences.List[0].Overdue {
		t.Errorf("what is waited for: %+v", silences.List)
	}
	if after, err := south.Records().Office(ctx); err != nil || after.Hash != row.Hash || after.Pending == nil {
		t.Errorf("something was written: %+v, %v", after, err)
	}
}
