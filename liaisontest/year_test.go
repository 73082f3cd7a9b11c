package liaisontest_test

import (
	"container/heap"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/sqldb"
)

// A year of an office of two sides. South keeps a zone whose clocks change twice a
// year; north's clock is set back by half an hour by notice, on 15 August 2015, as
// Pyongyang's was. The line is cut for three months. Dispatches and line checks come
// every day; the watches follow the roster of each side, and now and then nobody comes
// (year_watch_test.go); tenders, forms and suspensions come on some days
// (year_matter_test.go), coordination notes, and watches that change hands; a deputy at
// each side has quiet hours over midnight (year_quiet_test.go).
var (
	yearBegins = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	yearEnds   = time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	cutBegins  = time.Date(2015, 4, 20, 4, 30, 0, 0, time.UTC) // between the nights in which clocks go forward and back
	cutEnds    = time.Date(2015, 7, 22, 7, 15, 0, 0, time.UTC)
	setBack    = time.Date(2015, 8, 14, 15, 0, 0, 0, time.UTC) // midnight in Pyongyang
)

// dispatchesOfTheYear are those of every day; with what tenders and forms bring along
// they are about 5,000.
const dispatchesOfTheYear = 4750

// tick is the smallest time that people see.
const tick = time.Minute

// year is the story of the year: what is to happen, and what was written.
type year struct {
	*liaisontest.Office
	t      *testing.T
	chance *rand.Rand
	now    time.Time
	coming events
	open   *jointHours
	sent   []*sentDispatch
	watch  map[office.Side]*yearWatch
	checks map[office.CheckResult]int // of the side that answers, as it came
	bells  map[office.Side]*yearBell
	next   map[office.Side]time.Time // when each side may have something to tell
	forms  map[string]string         // their hashes by their codes
	told   []*toldMatter             // what is to be told beside dispatches
	became became
	more   int // dispatches beside those of every day
	flags  int // that were looked at
}

// sentDispatch is a dispatch that was released, and what must follow from it.
type sentDispatch struct {
	id           office.EntryID
	precedence   office.Precedence
	at           time.Time
	acknowledged time.Time // zero: never
	distress     bool
}

// event is something that happens at a moment.
type event struct {
	at time.Time
	do func()
}

// events is a heap of them, the first on top.
type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func (y *year) at(t time.Time, do func()) { heap.Push(&y.coming, event{t, do}) }

// turn lets the clocks of both sides stand at a moment.
func (y *year) turn(to time.Time) {
	if to.Before(y.now) {
		y.t.Fatalf("the clock would go back from %s to %s", y.now, to)
	}
	y.now = to
	for _, side := range y.Sides {
		y.TurnClock(side, time.Until(to))
	}
}

func (y *year) write(side office.Side, kind string, body any) office.EntryID {
	y.t.Helper()
	by := office.Post("duty-officer")
	switch kind {
	case office.KindHours, office.KindCoverage, office.KindSuspension, office.KindResumption, office.KindProposeForm, office.KindAgreeForm:
		by = "head"
	case office.KindPost:
		by = "operator"
	}
	w, err := y.Nodes[side].Write(context.Background(), node.Act{By: by, Kind: kind, Body: body})
	if err != nil {
		y.t.Fatalf("%s, %s writes %s: %v", y.now, side, kind, err)
	}
	return w.ID
}

// hold waits until a side has placed an entry.
func (y *year) hold(side office.Side, id office.EntryID) {
	y.t.Helper()
	for range 60_000 {
		if _, found, err := y.Nodes[side].Records().PlacedEntry(context.Background(), id); err != nil {
			y.t.Fatal(err)
		} else if found {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	y.t.Fatalf("%s: %s does not hold %s", y.now, side, id)
}

// clocksTurn are the nights in which south's clock goes forward and back.
var clocksTurn = []time.Time{time.Date(2015, 3, 29, 1, 0, 0, 0, time.UTC), time.Date(2015, 10, 25, 1, 0, 0, 0, time.UTC)}

func (y *year) cut(t time.Time) bool { return !t.Before(cutBegins) && t.Before(cutEnds) }

func other(side office.Side) office.Side {
	if side == "south" {
		return "north"
	}
	return "south"
}

func (y *year) precedence() office.Precedence {
	switch n := y.chance.IntN(100); {
	case n < 2:
		return office.Flash
	case n < 8:
		return office.Immediate
	case n < 40:
		return office.Priority
	}
	return office.Routine
}

// release sends a dispatch, which the other side acknowledges early, late or never.
func (y *year) release(side office.Side) {
	d := y.send(side, y.precedence(), nil)
	within := y.open.acknowledge(d.precedence, d.at).Sub(d.at)
	after := time.Duration(y.chance.Float64() * 0.9 * float64(within))
	switch n := y.chance.IntN(100); {
	case n < 1:
		return
	case n < 20:
		after = within + 2*tick + time.Duration(y.chance.Float64()*float64(within))
	}
	when := d.at.Add(after)
	if y.cut(d.at) || y.cut(when) { // it is read after the line has come back
		when = cutEnds.Add(time.Duration(1+y.chance.IntN(48*60)) * time.Minute)
	} else if urgent := d.precedence == office.Flash || d.precedence == office.Immediate; after > within && (urgent || y.chance.IntN(8) == 0) {
		y.lookAtFlag(d.id, office.AwaitsAcknowledgement, d.at.Add(within), true)
	}
	if when.Before(yearEnds) {
		y.at(when, func() { y.acknowledge(d) })
	}
}

// send sends a dispatch; change may say more of it.
func (y *year) send(side office.Side, p office.Precedence, change func(*office.DispatchBody)) *sentDispatch {
	d := &sentDispatch{precedence: p, at: y.now}
	body := &office.DispatchBody{Channel: "liaison", Precedence: p, Subject: fmt.Sprint("dispatch ", len(y.sent)), Text: "가나다 abc 123 .,:"}
	if change != nil {
		change(body)
		y.more++
	}
	d.id = y.write(side, office.KindDispatch, body)
	y.sent = append(y.sent, d)
	if y.reaches(d.id); p == office.Flash || p == office.Immediate { // its own side tries other means after a time
		y.tell(side)
	}
	return d
}

// reaches waits until the other side holds an entry, unless the line is cut, and lets
// it tell its people.
func (y *year) reaches(id office.EntryID) {
	if !y.cut(y.now) {
		y.hold(other(id.Side), id)
		y.tell(other(id.Side))
	}
}

// acknowledge acknowledges a dispatch for the other side.
func (y *year) acknowledge(d *sentDispatch) {
	y.hold(other(d.id.Side), d.id)
	d.acknowledged = y.now
	id := y.write(other(d.id.Side), office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: d.id})
	if d.precedence == office.Flash || d.precedence == office.Immediate { // its own side tries no other means from here on
		y.hold(d.id.Side, id)
	}
}

// planCheck plans the line check that the charter has for a moment: the side whose
// turn it is calls, and the other answers in time, late, too late or not at all.
func (y *year) planCheck(due time.Time) {
	local := due.Add(9 * time.Hour)
	if local.Weekday() == time.Saturday || local.Weekday() == time.Sunday || due.Before(yearBegins) {
		return
	}
	if len(y.open.day("north", due)) == 0 || len(y.open.day("south", due)) == 0 {
		y.checks[office.CheckNotAsked]++
		return
	}
	caller := y.Sides[(local.Day()+1)%2]
	if y.chance.IntN(40) == 0 { // nobody calls
		y.checks[office.CheckNoCall]++
		y.lookAtCheck(due, due.Add(time.Hour), caller, office.CheckAhead, office.CheckNotCalled)
		y.lookAtCheck(due, due.Add(time.Hour), other(caller), office.CheckAhead, office.CheckNoCall)
		return
	}
	after := func(minutes, more int) time.Duration { return time.Duration(minutes+y.chance.IntN(more)) * time.Minute }
	y.at(due.Add(after(0, 5)), func() {
		id := y.write(caller, office.KindCheck, &office.CheckBody{Channel: "liaison", Due: office.MinuteOf(due.UnixMilli())})
		wait, result := after(0, 9), office.CheckInTime
		switch n := y.chance.IntN(100); {
		case n < 5 || y.cut(y.now.Add(time.Hour)) || y.cut(y.now):
			y.checks[office.CheckUnanswered]++
			if !y.cut(y.now) {
				y.hold(other(caller), id)
				y.lookAtCheck(due, y.now.Add(time.Hour), other(caller), office.CheckAwaited, office.CheckUnanswered)
			}
			return
		case n < 10:
			wait, result = after(61, 30), office.CheckUnanswered
		case n < 20:
			wait, result = after(11, 45), office.CheckLate
		}
		y.checks[result]++
		y.at(y.now.Add(wait), func() {
			y.hold(other(caller), id)
			y.write(other(caller), office.KindCheckAnswer, &office.CheckAnswerBody{Check: id, Heard: office.LoudAndClear})
		})
	})
}

// clocksRanRight compares when the clock of each dispatch had run out, by the
// rules and by the minutes that were counted.
func (y *year) clocksRanRight() {
	y.t.Helper()
	if len(y.sent) != dispatchesOfTheYear+y.more {
		y.t.Errorf("%d dispatches were sent", len(y.sent))
	}
	for _, side := range y.Sides {
		r := y.Nodes[side].Records()
		calendars, err := r.Calendars(context.Background(), y.Sides)
		if err != nil {
			y.t.Fatal(err)
		}
		joint := []office.Calendar{calendars["north"], calendars["south"]}
		founded, err := r.Office(context.Background())
		if err != nil {
			y.t.Fatal(err)
		}
		for _, d := range y.sent {
			line, found, err := r.Dispatch(context.Background(), d.id)
			if err != nil || !found {
				y.t.Fatalf("%s: %s: %v, %v", side, d.id, found, err)
			}
			clock, _ := founded.Charter.Clock(d.precedence)
			due := time.UnixMilli(office.NewJointClock(joint, line.At).Acknowledge(founded.Charter.Rules, clock, line.At))
			if should := y.open.acknowledge(d.precedence, d.at); due.Sub(should).Abs() > tick {
				y.t.Errorf("%s: %s, %s of %s, is due at %s and not at %s", side, d.id, d.precedence, d.at, due.UTC(), should)
			}
			if (len(line.Waiting) == 0) == d.acknowledged.IsZero() {
				y.t.Errorf("%s: %s was acknowledged at %s, and waits for %v", side, d.id, d.acknowledged, line.Waiting)
			}
		}
	}
}

// nightsWereCrossed makes sure that clocks of each precedence that goes by the hours of
// the sides ran over both nights in which a clock is turned, with the line up.
func (y *year) nightsWereCrossed() {
	y.t.Helper()
	for _, night := range clocksTurn {
		crossed := map[office.Precedence]int{}
		for _, d := range y.sent {
			if d.at.Before(night) && y.open.acknowledge(d.precedence, d.at).After(night) {
				crossed[d.precedence]++
			}
		}
		if y.cut(night) || crossed[office.Priority] == 0 || crossed[office.Routine] == 0 {
			y.t.Errorf("over %s went the clocks of %v", night, crossed)
		}
	}
}

// checksWereCounted compares the figures of the line checks with what was done.
func (y *year) checksWereCounted() {
	y.t.Helper()
	for _, side := range y.Sides {
		counted := map[office.CheckResult]int{}
		for month := yearBegins; month.Before(yearEnds); month = month.AddDate(0, 1, 0) {
			m, ok, err := y.Nodes[side].Records().CheckMonth(context.Background(), "liaison", month.Format("2006-01"), y.now.AddDate(0, 0, 2))
			if err != nil || !ok {
				y.t.Fatal(ok, err)
			}
			for _, due := range m.Due {
				if result := due.Results[other(due.Caller)]; due.Due >= yearBegins.UnixMilli() {
					counted[result]++
				}
			}
		}
		if !maps.Equal(counted, y.checks) {
			y.t.Errorf("%s counts the line checks %v, they were %v", side, counted, y.checks)
		}
	}
}

// statisticsAreEqual compares the statistics of both sides with each other, and
// with what was done.
func (y *year) statisticsAreEqual() {
	y.t.Helper()
	counted := map[office.Side]records.Statistics{}
	for _, side := range y.Sides {
		s, err := y.Nodes[side].Records().Statistics(context.Background(), "2015-01", "2015-12", "")
		if err != nil {
			y.t.Fatal(err)
		}
		counted[side] = s
	}
	if s := counted["south"]; s.NotCounted > 0 || !reflect.DeepEqual(s, counted["north"]) {
		y.t.Errorf("the sides differ, or %d entries are not counted:\nsouth %+v\nnorth %+v", s.NotCounted, s.Figures, counted["north"].Figures)
	}
	var all office.Acknowledging
	released := int64(0)
	for _, f := range counted["south"].Figures {
		if f.Channel != "" {
			continue
		}
		for _, n := range f.Released {
			released += n
		}
		all.InTime += f.Acknowledged.InTime
		all.Late += f.Acknowledged.Late
		all.Waiting += f.Acknowledged.Waiting + f.Acknowledged.Overdue
	}
	var waiting, latest, earliest int64 // the counts of late ones, if a tick decides for them or against
	for _, d := range y.sent {
		should := y.open.acknowledge(d.precedence, d.at)
		switch {
		case d.acknowledged.IsZero():
			waiting++
		case d.acknowledged.After(should.Add(tick)):
			latest++
			earliest++
		case d.acknowledged.After(should.Add(-tick)):
			earliest++
		}
	}
	y.became.areCounted(y.t, counted["south"].Figures)
	y.watchesAreCounted(counted["south"])
	if released != int64(len(y.sent)) || all.Waiting != waiting || all.Late < latest || all.Late > earliest || all.InTime+all.Late+all.Waiting != released {
		y.t.Errorf("%d released, %+v; want %d, %d to %d late, %d waiting", released, all, len(y.sent), latest, earliest, waiting)
	}
}

func TestAYearOfAnOffice(t *testing.T) {
	begun := time.Now()
	story(t, func(t *testing.T) {
		y := &year{
			Office: liaisontest.NewOffice(t, "north", "south"), t: t, chance: rand.New(rand.NewPCG(2015, 1)), open: countJointHours(t),
			watch: map[office.Side]*yearWatch{}, checks: map[office.CheckResult]int{},
			bells: map[office.Side]*yearBell{}, forms: map[string]string{}, next: map[office.Side]time.Time{},
		}
		y.Zones = map[office.Side]string{}
		for side, zone := range y.open.zones {
			y.Zones[side] = zone.String()
		}
		y.ring()
		y.Base = func(office.Side, string) sqldb.Config { return sqldb.Config{URL: "sqlite::memory:"} }
		y.turn(yearBegins.Add(-24 * time.Hour))
		for _, side := range y.Sides {
			y.Start(side)
		}
		y.Equal()
		for _, side := range y.Sides {
			y.engage(side)
		}
		y.agreeOnForms()
		y.plan()
		y.planWatches()
		y.planTenders()
		y.planForms()
		y.planSuspensions()
		y.planNights()
		y.planSwaps()
		y.planNotes()
		for len(y.coming) > 0 {
			e := heap.Pop(&y.coming).(event)
			y.pass(e.at)
			e.do()
		}
		y.pass(yearEnds)
		y.Equal()
		for _, side := range y.Sides {
			y.tell(side)
		}
		y.clocksRanRight()
		y.nightsWereCrossed()
		y.everybodyWasTold()
		y.mattersWereTold()
		y.checksWereCounted()
		y.statisticsAreEqual()
	})
	t.Logf("%.1f s", time.Since(begun).Seconds())
}

// plan lays out the year.
func (y *year) plan() {
	for _, side := range y.Sides {
		b := hoursOfTheYear(side)
		b.From = office.MinuteOf(yearBegins.UnixMilli())
		if err := node.CompleteHours(y.now, b); err != nil {
			y.t.Fatal(err)
		}
		y.write(side, office.KindHours, b)
	}
	y.at(setBack.AddDate(0, 0, -7), func() {
		b := hoursOfTheYear("north")
		b.From = office.MinuteOf(setBack.UnixMilli())
		b.Offsets = []office.Offset{{From: "2015-01-01T00:00Z", Minutes: 540}, {From: b.From, Minutes: 510}}
		y.write("north", office.KindHours, b)
	})
	for i := range dispatchesOfTheYear {
		side := y.Sides[i%2]
		minute := y.chance.IntN(int(yearEnds.Sub(yearBegins)/time.Minute) - 1)
		y.at(yearBegins.Add(time.Duration(minute)*time.Minute), func() { y.release(side) })
	}
	for day := yearBegins; day.Before(yearEnds); day = day.AddDate(0, 0, 1) {
		for _, hour := range []int{9, 17} { // of the channel's clock, nine hours ahead of UTC
			y.planCheck(day.Add(time.Duration(hour-9) * time.Hour))
		}
	}
	y.at(cutBegins, func() { y.Wire.Cut("north", "south") })
	y.at(cutEnds, func() {
		y.Wire.Mend("north", "south")
		y.Equal()
		for _, side := range y.Sides {
			y.tell(side)
		}
	})
}
