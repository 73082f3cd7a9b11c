package liaisontest_test

import (
	"context"
	"slices"
	"time"

	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// yearWatch is how the watch of a side went through the year.
type yearWatch struct {
	on       *office.EntryID // nil if nobody has it
	begun    int64
	held     []spell // by somebody; the last may go on
	unmanned *toldMatter
}

// spell is from when to when something was so.
type spell struct{ from, until time.Time }

// rosterOfTheYear is when the watches of each side begin by its own clock. South's
// night watch begins in the hour that is left out and comes twice. On some days nobody
// has the first watch: among them are both nights in which south's clock is turned, and
// the one in which north's is set back.
var rosterOfTheYear = map[office.Side]struct {
	starts   []string
	promised string // from then on until midnight somebody is promised, each day
	gaps     []string
}{
	"south": {[]string{"02:30", "10:30", "18:30"}, "00:00", []string{"2015-02-11", "2015-03-29", "2015-05-19", "2015-10-25", "2015-11-24"}},
	"north": {[]string{"00:00", "08:00", "16:00"}, "06:00", []string{"2015-02-24", "2015-06-16", "2015-08-15", "2015-12-08"}},
}

// planWatches makes the rosters, promises the watches, and lets the officers follow
// the roster week by week.
func (y *year) planWatches() {
	for _, side := range y.Sides {
		y.watch[side] = &yearWatch{}
		roster, ctx := rosterOfTheYear[side], context.Background()
		clock, _, err := y.Nodes[side].RosterClock(ctx)
		if err != nil {
			y.t.Fatal(err)
		}
		put := func(r people.Rotation) people.Rotation {
			r.Minutes, r.Each, r.Turn = 8*60, 1, []people.InTurn{{Who: "watch"}}
			r, err := y.Nodes[side].People().PutRotation(ctx, people.Hand{By: people.By{Who: "head"}, Post: "head", Role: "head"}, clock, r)
			if err != nil {
				y.t.Fatal(err)
			}
			return r
		}
		desk := put(people.Rotation{Name: "Desk", From: "2014-12-31", Starts: roster.starts})
		for _, day := range roster.gaps {
			date, _ := time.Parse(time.DateOnly, day)
			put(people.Rotation{Name: "Short", Instead: desk.ID, From: day, Until: date.AddDate(0, 0, 1).Format(time.DateOnly), Starts: roster.starts[1:]})
		}
		y.write(side, office.KindCoverage, &office.CoverageBody{
			From: office.MinuteOf(yearBegins.AddDate(0, 0, 1).UnixMilli()), Languages: []string{"ko"}, Who: []string{"duty-officer"},
			Week: slices.Repeat([][]office.Span{{{From: roster.promised, Until: "24:00"}}}, 7),
		})
		for week := yearBegins; week.Before(yearEnds); week = week.AddDate(0, 0, 7) {
			y.at(week, func() { y.followRoster(side) })
		}
	}
}

// followRoster plans who takes and who leaves the watch in the next week, as the roster
// has it.
func (y *year) followRoster(side office.Side) {
	y.t.Helper()
	ctx, n := context.Background(), y.Nodes[side]
	until := y.now.AddDate(0, 0, 7)
	plan, err := n.Plan(ctx, y.now, until)
	if err != nil {
		y.t.Fatal(err)
	}
	promised, err := n.Promised(ctx, y.now, until)
	if err != nil {
		y.t.Fatal(err)
	}
	for _, w := range plan.Watches {
		from := time.UnixMilli(w.From).UTC()
		if should := y.open.comes(side, w.Day, w.Start); !from.Equal(should) {
			y.t.Errorf("%s: the watch %s begins at %s and not at %s", side, w.WatchID, from, should)
		}
		if !from.Before(y.now) && from.Before(yearEnds) {
			y.at(from, func() { y.takeWatch(side, w.Until) })
		}
	}
	roster := rosterOfTheYear[side]
	var gaps []spell
	for _, day := range roster.gaps {
		if from := y.open.comes(side, day, roster.starts[0]); !from.Before(y.now) && from.Before(until) {
			gaps = append(gaps, spell{from, y.open.comes(side, day, roster.starts[1])})
			y.at(from, func() { y.leaveWatch(side, y.open.comes(side, day, roster.promised)) })
		}
	}
	if len(plan.Gaps) != len(gaps) || len(plan.Overlaps) > 0 {
		y.t.Errorf("%s, week of %s: the roster has the gaps %+v, and %+v are more than one; want %v", side, y.now, plan.Gaps, plan.Overlaps, gaps)
		return
	}
	for i, gap := range plan.Gaps {
		if gap.From != gaps[i].from.UnixMilli() || gap.Until != gaps[i].until.UnixMilli() {
			y.t.Errorf("%s: a gap from %s to %s, want %v", side, time.UnixMilli(gap.From).UTC(), time.UnixMilli(gap.Until).UTC(), gaps[i])
		}
		if !gap.Within(promised) {
			y.t.Errorf("%s: nothing of the gap from %v was promised; the promises are %v", side, gaps[i].from, promised)
		}
	}
}

// comes is the first moment at which the clock of a side shows a time of a day, or a
// later one, by the table of its zone.
func (j *jointHours) comes(side office.Side, day, clock string) time.Time {
	at, _ := time.Parse("2006-01-02 15:04", day+" "+clock)
	for at = at.Add(-15 * time.Hour); at.In(j.zones[side]).Format("2006-01-02 15:04") < day+" "+clock; {
		at = at.Add(time.Minute)
	}
	return at
}

// takeWatch lets the next officer of a side take over.
func (y *year) takeWatch(side office.Side, until int64) {
	w := y.watch[side]
	id := y.write(side, office.KindWatch, &office.WatchBody{Languages: []string{"ko", "en"}, Until: office.MinuteOf(until), Relieves: w.on})
	if w.begun++; w.on == nil {
		w.held = append(w.held, spell{from: y.now})
	}
	if w.on = &id; w.unmanned != nil {
		w.unmanned.until, w.unmanned = y.now, nil
		y.tell(side)
	}
}

// leaveWatch lets nobody of a side have the watch, which was promised from a moment on.
func (y *year) leaveWatch(side office.Side, promised time.Time) {
	w := y.watch[side]
	y.write(side, office.KindWatchEnd, &office.WatchEndBody{Watch: *w.on})
	w.on, w.held[len(w.held)-1].until = nil, y.now
	if promised.Before(y.now) {
		promised = y.now
	}
	w.unmanned = y.expect(side, notify.WhatUnmanned, "", promised)
	y.tell(side)
}

// watchesAreCounted compares for how long somebody was on watch with what was done.
func (y *year) watchesAreCounted(s records.Statistics) {
	y.t.Helper()
	for _, side := range y.Sides {
		var begun int64
		var held, want time.Duration
		for _, f := range s.Figures {
			if f.Side == side && f.Channel == "" {
				begun, held = begun+f.Watch.Begun, held+time.Duration(f.Watch.HeldMS)*time.Millisecond
			}
		}
		for _, spell := range y.watch[side].held {
			if spell.until.IsZero() {
				spell.until = time.UnixMilli(s.Until)
			}
			want += spell.until.Sub(spell.from)
		}
		if begun != y.watch[side].begun || (held-want).Abs() > tick {
			y.t.Errorf("%s: %d watches of %s are counted; %d were begun, and it was %s", side, begun, held, y.watch[side].begun, want)
		}
	}
}
