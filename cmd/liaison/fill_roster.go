package main

import (
	"context"
	"fmt"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

// promiseWatch makes the scene in which a side promises a watch at every hour, from
// the present on.
func promiseWatch(side office.Side, who ...string) scene {
	return scene{side: side, by: "head", kind: office.KindCoverage, body: func(*office.Charter) any {
		day := []office.Span{{From: "00:00", Until: "24:00"}}
		return &office.CoverageBody{
			From: office.MinuteOf(time.Now().UnixMilli()), Languages: []string{"ko", "en"}, Week: [][]office.Span{day, day, day, day, day, day, day}, Who: who,
		}
	}}
}

// changePersonnel makes the scene in which a side gives notice, at present, that its
// interpreter changes in so many days.
func changePersonnel(side office.Side, days int, comes, goes string) scene {
	return scene{side: side, by: "head", kind: office.KindPersonnel, body: func(*office.Charter) any {
		return &office.PersonnelBody{
			Comes: comes, From: office.MinuteOf(time.Now().AddDate(0, 0, days).UnixMilli()), Goes: goes, Languages: []string{"ko", "en"}, Post: "interpreter",
		}
	}}
}

// roster gives both sides a roster for the fortnight around today, and for later: a
// desk around the clock with a second on working days; of the South also a temporary
// schedule that leaves gaps, a watch that was given to another, and one on offer.
func (s *stage) roster(ctx context.Context) error {
	for _, side := range scenarioSides {
		n := s.nodes[side.id]
		clock, _, err := n.RosterClock(ctx)
		if err != nil {
			return err
		}
		now := time.Now()
		today, _ := clock.Shows(now.UnixMilli())
		first, err := time.Parse(time.DateOnly, today)
		if err != nil {
			return err
		}
		day := func(days int) string { return first.AddDate(0, 0, days).Format(time.DateOnly) }
		both := []string{"ko", "en"}
		rotations := []people.Rotation{
			{Name: "Desk / 당직", From: day(-14), Starts: []string{"00:00", "08:00", "16:00"}, Minutes: 8 * 60, Each: 1, Turn: []people.InTurn{
				{Who: "post:duty-officer", Languages: both}, {Who: "post:liaison-officer", Languages: both}, {Who: "post:deputy", Languages: []string{"ko"}}, {Who: "post:duty-officer", Languages: both},
			}},
			{Name: "Second / 부당직", From: day(-14), Days: []int{1, 2, 3, 4, 5}, Starts: []string{"09:00"}, Minutes: 8 * 60, Each: 5, Turn: []people.InTurn{
				{Who: "post:interpreter", Languages: both}, {Who: "post:secretary", Languages: []string{"ko"}},
			}},
		}
		if side.id == "south" {
			rotations = append(rotations, people.Rotation{
				Name: "Works / 공사", Instead: 1, From: day(5), Until: day(7), Starts: []string{"06:00", "18:00"}, Minutes: 11 * 60, Each: 1, Turn: []people.InTurn{
					{Who: "post:duty-officer", Languages: both}, {Who: "post:deputy", Languages: []string{"ko"}},
				}})
		}
		head := people.Hand{By: people.By{Who: "head"}, Post: "head", Role: "head"}
		for _, r := range rotations {
			if _, err := n.People().PutRotation(ctx, head, clock, r); err != nil {
				return fmt.Errorf("the roster of %s: %w", side.id, err)
			}
		}
		if side.id == "south" {
			if err := giveAndOffer(ctx, n, head, clock, now); err != nil {
				return fmt.Errorf("the roster of %s: %w", side.id, err)
			}
		}
	}
	return nil
}

// giveAndOffer gives the next watch of the deputy to the head, and offers that of the
// liaison officer to all.
func giveAndOffer(ctx context.Context, n *node.Node, head people.Hand, clock people.Clock, now time.Time) error {
	plan, err := n.Plan(ctx, now, now.AddDate(0, 0, 4))
	if err != nil {
		return err
	}
	given, offered := false, false
	for _, w := range plan.Watches {
		switch {
		case w.From < now.Add(time.Hour).UnixMilli():
		case w.Who == "post:deputy" && !given:
			given = true
			err = n.People().GiveWatch(ctx, head, clock, w.WatchID, "post:head", "The deputy travels. 부소장 출장.")
		case w.Who == "post:liaison-officer" && !offered:
			offered = true
			officer := people.Hand{By: people.By{Who: "liaison-officer"}, Post: "liaison-officer", Role: "officer"}
			_, err = n.People().OfferSwap(ctx, officer, clock, people.Swap{Watch: w.WatchID, Words: "A family day. 집안 행사가 있습니다."})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
