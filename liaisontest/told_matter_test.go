package liaisontest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// matters lists what the bell was told of, each as "what about", or with "withdrawn".
func (b *bell) matters() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for _, n := range b.rung {
		text := strings.TrimSpace(string(n.Matter.What) + " " + n.Matter.About)
		if n.Withdrawn {
			text += " withdrawn"
		}
		lines = append(lines, text)
	}
	b.rung = nil
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

// TestPeopleAreToldOfWhatElseAsksForThem goes through the matters, with the clocks of
// both sides turned by hand.
func TestPeopleAreToldOfWhatElseAsksForThem(t *testing.T) {
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
	south, north, ctx := o.Nodes["south"], o.Nodes["north"], context.Background()
	by := people.By{Who: people.Operator}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(n *node.Node, by office.Post, kind string, body any) office.EntryID {
		t.Helper()
		w, err := n.Write(ctx, node.Act{By: by, Kind: kind, Body: body})
		must(err)
		o.Equal()
		return w.ID
	}
	must(south.People().AddAccount(ctx, by, people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}}))
	_, _, err := south.Notify().AddMeans(ctx, "park", "bell", "Desk", nil)
	must(err)
	tell := func(want string) {
		t.Helper()
		_, err := south.Tell(ctx)
		must(err)
		if said := rings.matters(); said != want {
			t.Fatalf("told %q, want %q", said, want)
		}
	}
	turned := time.Duration(0)
	turn := func(d time.Duration) {
		turned += d
		for _, side := range o.Sides {
			o.TurnClock(side, turned)
		}
	}
	inAnHour := func() office.Minute { return office.MinuteOf(time.Now().Add(turned + time.Hour).UnixMilli()) }
	tell("")

	// A coordination note, until our side says something on the channel.
	note := write(north, "duty-officer", office.KindNote, &office.NoteBody{Channel: "liaison", Text: "Are you there?"})
	tell("note " + note.String())
	tell("")
	write(south, "duty-officer", office.KindNote, &office.NoteBody{Channel: "liaison", Text: "Yes."})
	tell("note " + note.String() + " withdrawn")

	// A tender to us, and ours: declined, then withdrawn.
	tender := &office.TenderBody{Channel: "liaison", Precedence: office.Routine, Name: "Office", Attention: "Office", Subject: "A visit", Until: inAnHour()}
	theirs := write(north, "duty-officer", office.KindTender, tender)
	tell("tender " + theirs.String())
	write(south, "duty-officer", office.KindTenderReply, &office.TenderAnswerBody{Tender: theirs, Answer: office.TenderAccept})
	tell("tender " + theirs.String() + " withdrawn")
	ours := write(south, "duty-officer", office.KindTender, tender)
	left := write(south, "duty-officer", office.KindTender, tender)
	write(north, "duty-officer", office.KindTenderReply, &office.TenderAnswerBody{Tender: ours, Answer: office.TenderDecline, Reason: office.DeclineReasons[0]})
	tell("declined " + ours.String())
	write(south, "duty-officer", office.KindTenderEnd, &office.TenderWithdrawBody{Tender: ours})
	tell("declined " + ours.String() + " withdrawn")
	turn(2 * time.Hour)
	tell("over " + left.String())
	write(south, "duty-officer", office.KindTenderEnd, &office.TenderWithdrawBody{Tender: left})
	tell("over " + left.String() + " withdrawn")

	// Ours, which nobody there acknowledges; and theirs, to which we meant to answer.
	flash := write(south, "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Subject: "Fire", Text: "A fire."})
	tell("")
	turn(11 * time.Minute)
	tell("unacknowledged " + flash.String())
	write(north, "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: flash})
	tell("unacknowledged " + flash.String() + " withdrawn")
	asked := write(north, "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Routine, Subject: "A question", Text: "When?"})
	write(south, "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: asked})
	write(south, "duty-officer", office.KindConsider, &office.ConsiderBody{Dispatch: asked, Until: inAnHour()})
	tell("")
	turn(2 * time.Hour)
	tell("holding " + asked.String())

	// A read-back that we owe, dispute and all; and one that is owed to us.
	toUs := write(north, "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Immediate, Readback: true, Subject: "A convoy", Text: "Three vehicles."})
	write(south, "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: toUs})
	tell("")
	turn(61 * time.Minute)
	tell("readback " + toUs.String())
	given := write(south, "duty-officer", office.KindReadback, &office.ReadbackBody{Dispatch: toUs, Text: "Four vehicles."})
	tell("readback " + toUs.String() + " withdrawn")
	write(north, "duty-officer", office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackDispute, Readback: given, Text: "Three."})
	tell("disputed " + toUs.String())
	given = write(south, "duty-officer", office.KindReadback, &office.ReadbackBody{Dispatch: toUs, Text: "Three vehicles."})
	tell("disputed " + toUs.String() + " withdrawn")
	write(north, "duty-officer", office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackConfirm, Readback: given})
	tell("")
	toThem := write(south, "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Immediate, Readback: true, Subject: "A boat", Text: "One boat."})
	write(north, "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: toThem})
	turn(61 * time.Minute)
	tell("unread " + toThem.String())
	given = write(north, "duty-officer", office.KindReadback, &office.ReadbackBody{Dispatch: toThem, Text: "One boat."})
	tell(fmt.Sprintf("confirmation %[1]s, unread %[1]s withdrawn", toThem))
	write(south, "duty-officer", office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackConfirm, Readback: given})
	tell("confirmation " + toThem.String() + " withdrawn")

	// Suspended and resumed by the other side.
	suspension := write(north, "head", office.KindSuspension, &office.SuspensionBody{Channels: []string{"liaison"}, Reason: "A flood."})
	tell("suspended " + suspension.String())
	write(north, "head", office.KindResumption, &office.ResumptionBody{Channels: []string{"liaison"}, Suspension: suspension})
	tell(fmt.Sprintf("resumed %[1]s, suspended %[1]s withdrawn", suspension))
	turn(25 * time.Hour)
	tell("resumed " + suspension.String() + " withdrawn")

	// A watch is promised, and nobody is on it.
	write(south, "head", office.KindCoverage, &office.CoverageBody{From: inAnHour(), Week: slices.Repeat([][]office.Span{{{From: "00:00", Until: "24:00"}}}, 7), Languages: []string{"en"}, Who: []string{"duty-officer"}})
	tell("")
	turn(2 * time.Hour)
	tell("unmanned")
	watch := write(south, "duty-officer", office.KindWatch, &office.WatchBody{})
	tell("unmanned withdrawn")
	turn(time.Hour)
	write(south, "duty-officer", office.KindWatchEnd, &office.WatchEndBody{Watch: watch})
	tell("unmanned")
}

// belled is an office in which the people of the south have a bell, and are told by hand.
func belled(t *testing.T) (o *liaisontest.Office, south *node.Node, rings *bell) {
	t.Helper()
	rings = &bell{sort: notify.SortMatter}
	o = liaisontest.NewOffice(t, "north", "south")
	o.Change = func(side office.Side, c *node.Config) {
		if c.TellByHand = true; side == "south" {
			c.Senders = []notify.Sender{rings}
		}
	}
	for _, side := range o.Sides {
		o.Start(side)
	}
	o.Equal()
	south = o.Nodes["south"]
	for _, name := range []string{"park", "kim"} {
		if err := south.People().AddAccount(t.Context(), people.By{Who: people.Operator}, people.Account{Name: name, Person: name, Posts: []office.Post{"duty-officer"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := south.Notify().AddMeans(t.Context(), "park", "bell", "Desk", nil); err != nil {
		t.Fatal(err)
	}
	return o, south, rings
}

func TestManyNotesOnOneChannelHideNoneOfAnother(t *testing.T) {
	o, south, rings := belled(t)
	ctx := t.Context()
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
		return w.ID
	}
	row, err := south.Records().Office(ctx)
	must(err)
	charter := *row.Charter
	sea := charter.Channels[0]
	sea.ID = "maritime"
	charter.Channels = append(slices.Clone(charter.Channels), sea)
	write("south", "head", office.KindPropose, &office.ProposeBody{Amends: row.Hash, Charter: &charter})
	o.Equal()
	write("north", "head", office.KindAgree, &office.AgreeBody{Hash: office.HashCharter(&charter)})
	o.Equal()
	first := write("north", "duty-officer", office.KindNote, &office.NoteBody{Channel: "maritime", Text: "Are you there?"})
	o.Equal()
	_, err = south.Tell(ctx)
	must(err)
	if said := rings.matters(); said != "note "+first.String() {
		t.Fatalf("told %q", said)
	}
	for range 25 {
		write("north", "duty-officer", office.KindNote, &office.NoteBody{Channel: "liaison", Text: "Hello?"})
	}
	o.Equal()
	_, err = south.Tell(ctx)
	must(err)
	if said := rings.matters(); strings.Contains(said, "withdrawn") || !strings.Contains(said, "note ") {
		t.Errorf("after many notes on another channel told %q", said)
	}
}

func TestWhoOffersAWatchToAllIsNotToldOfIt(t *testing.T) {
	_, south, rings := belled(t)
	ctx := t.Context()
	clock, _, err := south.RosterClock(ctx)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	rotation, err := south.People().PutRotation(ctx, people.Hand{By: people.By{Who: "head"}, Post: "head", Role: "head"}, clock, people.Rotation{
		Name: "Desk", From: day, Starts: []string{"08:00", "16:00"}, Minutes: 480, Each: 1, Turn: []people.InTurn{{Who: "kim"}, {Who: "park"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	offer := func(who, start, want string) {
		t.Helper()
		hand := people.Hand{By: people.By{Who: who}, Post: "duty-officer", Role: "duty-officer"}
		if _, err := south.People().OfferSwap(ctx, hand, clock, people.Swap{Watch: people.WatchID{Layer: rotation.ID, Day: day, Start: start}}); err != nil {
			t.Fatal(err)
		}
		if _, err := south.Tell(ctx); err != nil {
			t.Fatal(err)
		}
		if said := rings.matters(); said != want {
			t.Errorf("when %s offers a watch, park is told %q, want %q", who, said, want)
		}
	}
	offer("park", "16:00", "")
	offer("kim", "08:00", "swap 2")
}
