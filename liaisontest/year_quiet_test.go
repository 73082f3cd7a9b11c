package liaisontest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// quietOfTheYear are the quiet hours of the deputy of each side, by the clock of that
// side: over midnight, and over the nights in which clocks are set.
var quietOfTheYear = notify.Quiet{From: 22*60 + 30, Until: 6*60 + 30}

// awake is when somebody of a side is told of what comes at a moment: the deputy in the
// quiet hours once the clock of the side, by the table of its zone, shows their end.
func (y *year) awake(side office.Side, who string, at time.Time) time.Time {
	for who == "deputy" {
		if clock := at.In(y.open.zones[side]).Format("15:04"); clock >= "06:30" && clock < "22:30" {
			break
		}
		at = at.Truncate(time.Minute).Add(time.Minute)
	}
	return at
}

// planNights plans what comes in some nights of each side and is acknowledged by nobody
// before the morning. South's clock goes forward and back in two of them, and north's is
// set back in one.
func (y *year) planNights() {
	for _, side := range y.Sides {
		for _, day := range []string{"2015-02-10", "2015-03-28", "2015-08-14", "2015-10-24"} {
			date, _ := time.Parse(time.DateOnly, day)
			after := date.AddDate(0, 0, 1).Format(time.DateOnly)
			y.at(y.open.comes(side, day, "23:10"), func() { y.wakes(side, y.open.comes(side, after, "05:00"), y.open.comes(side, after, "07:30")) })
		}
	}
}

// wakes sends a side what wakes its deputy at once, FLASH and distress, what waits until
// the morning, and what is acknowledged before that by the night watch.
func (y *year) wakes(side office.Side, early, morning time.Time) {
	send := func(p office.Precedence, acknowledged time.Time, form *office.Filled) {
		d := y.send(other(side), p, func(b *office.DispatchBody) { b.Form = form })
		d.distress = form != nil
		y.at(acknowledged, func() { y.acknowledge(d) })
	}
	send(office.Flash, morning, nil)
	send(office.Immediate, morning, nil)
	send(office.Immediate, early, nil)
	send(office.Immediate, morning, &office.Filled{Code: "ds", Hash: y.forms["ds"], Values: map[string]string{"what": "a boat"}})
}

// The ends that the offer of a watch can come to, one after another.
const (
	swapAccepted = iota
	swapDeclined
	swapWithdrawn
	swapLeft
	swapEnds
)

// planSwaps plans that every few days an officer offers a watch to the head.
func (y *year) planSwaps() {
	for i, at := range y.moments(9, 3) {
		y.at(at, func() { y.offerWatch(y.Sides[i%2], i/2%swapEnds) })
	}
}

func (y *year) offerWatch(side office.Side, end int) {
	y.t.Helper()
	ctx, n := context.Background(), y.Nodes[side]
	must := func(err error) {
		y.t.Helper()
		if err != nil {
			y.t.Fatalf("%s, %s: %v", y.now, side, err)
		}
	}
	plan, err := n.Plan(ctx, y.now.Add(8*time.Hour), y.now.Add(32*time.Hour))
	must(err)
	w := plan.Watches[len(plan.Watches)-1]
	clock, _, err := n.RosterClock(ctx)
	must(err)
	officer := people.Hand{By: people.By{Who: "watch"}, Post: "duty-officer", Role: "duty-officer"}
	head := people.Hand{By: people.By{Who: "head"}, Post: "head", Role: "head"}
	swap, err := n.People().OfferSwap(ctx, officer, clock, people.Swap{Watch: w.WatchID, To: "head"})
	must(err)
	offered := y.expect(side, notify.WhatSwap, fmt.Sprint(swap.ID), y.now)
	y.tell(side)
	begins, has := y.open.comes(side, w.Day, w.Start), people.Who("watch")
	soon := y.now.Add(time.Duration(1+y.chance.IntN(7*60)) * time.Minute)
	switch end {
	case swapAccepted:
		has, offered.until = "head", soon
		y.at(soon, func() { must(n.People().AcceptSwap(ctx, head, clock, swap.ID)); y.tell(side) })
	case swapDeclined:
		offered.until = soon
		y.at(soon, func() { must(n.People().DeclineSwap(ctx, head, swap.ID)); y.tell(side) })
	case swapWithdrawn:
		offered.until = soon
		y.at(soon, func() { must(n.People().WithdrawSwap(ctx, officer, swap.ID)); y.tell(side) })
	case swapLeft:
		offered.until = begins
	}
	y.at(begins, func() { // it is over, whatever became of it, and the watch is whose it is
		var refused *people.Refusal
		if err := n.People().AcceptSwap(ctx, head, clock, swap.ID); !errors.As(err, &refused) || refused.Code != "swap-ended" {
			y.t.Errorf("%s: an offer is accepted once its watch has begun: %v", begins, err)
		}
		plan, err := n.Plan(ctx, begins, begins.Add(time.Minute))
		must(err)
		if len(plan.Watches) != 1 || plan.Watches[0].WatchID != w.WatchID || plan.Watches[0].Who != has {
			y.t.Errorf("%s: the watch %s of %s is %+v, want %s", begins, w.WatchID, side, plan.Watches, has)
		}
		y.tell(side)
	})
}

// planNotes plans that every few days a duty officer writes a note to the other, to
// which every third answers. Of one that is not answered nobody is told after a day.
func (y *year) planNotes() {
	for i, at := range y.moments(4, 3) {
		y.at(at, func() {
			side, to := y.Sides[i%2], other(y.Sides[i%2])
			note := y.note(side)
			if i%3 > 0 {
				return
			}
			y.at(y.now.Add(time.Duration(1+y.chance.IntN(5*60))*time.Minute), func() {
				note.until = y.now
				y.note(to)
				y.tell(to)
			})
		})
	}
}

// note writes a note to the other side.
func (y *year) note(side office.Side) *toldMatter {
	id := y.write(side, office.KindNote, &office.NoteBody{Channel: "liaison", Text: "Who brings the keys?", To: []office.Side{other(side)}})
	told := y.expect(other(side), notify.WhatNote, id.String(), y.now)
	told.until = y.now.AddDate(0, 0, 1)
	y.reaches(id)
	return told
}
