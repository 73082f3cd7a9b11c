package people_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"liaison.example/office"
	"liaison.example/people"
)

// tableClock is how the clock of a zone goes by its table, from a year on.
func tableClock(t *testing.T, zone string, year int) people.Clock {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	var c people.Clock
	for at, end := time.Date(year, 1, 1, 0, 0, 0, 0, loc), time.Date(year+2, 1, 1, 0, 0, 0, 0, loc); at.Before(end); {
		_, seconds := at.Zone()
		c = append(c, people.Ahead{From: at.UnixMilli(), Minutes: int64(seconds / 60)})
		_, next := at.ZoneBounds()
		if next.IsZero() {
			break
		}
		at = next
	}
	return c
}

func turn(names ...people.Who) (all []people.InTurn) {
	for _, name := range names {
		all = append(all, people.InTurn{Who: name, Languages: []string{"ko"}})
	}
	return all
}

func thrice(names ...people.Who) people.Rotation {
	return people.Rotation{ID: 1, Version: 1, Name: "Desk", From: "2018-01-01", Starts: []string{"00:00", "08:00", "16:00"}, Minutes: 480, Each: 1, Turn: turn(names...)}
}

func at(t *testing.T, text string) int64 {
	t.Helper()
	moment, err := time.Parse("2006-01-02T15:04Z07:00", text)
	if err != nil {
		t.Fatal(err)
	}
	return moment.UnixMilli()
}

func utc(ms int64) string { return time.UnixMilli(ms).UTC().Format("01-02T15:04Z") }

// drawn writes a plan as it is compared: one watch, gap or overlap a line.
func drawn(p people.Plan) string {
	var b strings.Builder
	for _, w := range p.Watches {
		fmt.Fprintf(&b, "%d %s %s  %s %s  %s", w.Layer, w.Day, w.Start, utc(w.From), utc(w.Until), w.Who)
		if w.Given != nil {
			fmt.Fprintf(&b, " for %s", w.Turn)
		}
		b.WriteString("\n")
	}
	for _, g := range p.Gaps {
		fmt.Fprintf(&b, "gap %s %s\n", utc(g.From), utc(g.Until))
	}
	for _, o := range p.Overlaps {
		fmt.Fprintf(&b, "both %s %s  %s\n", utc(o.From), utc(o.Until), o.Who)
	}
	return b.String()
}

func wantPlan(t *testing.T, r people.Roster, from, until, want string) people.Plan {
	t.Helper()
	p, err := r.Plan(at(t, from), at(t, until))
	if err != nil {
		t.Fatal(err)
	}
	if got := drawn(p); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	return p
}

func TestWatchesBeginByTheClockOfTheSide(t *testing.T) {
	t.Run("Berlin goes forward at 02:00", func(t *testing.T) {
		r := people.Roster{Rotations: []people.Rotation{thrice("kim", "park")}, Clock: tableClock(t, "Europe/Berlin", 2018)}
		wantPlan(t, r, "2018-03-24T23:00Z", "2018-03-25T22:00Z", `
1 2018-03-25 00:00  03-24T23:00Z 03-25T06:00Z  park
1 2018-03-25 08:00  03-25T06:00Z 03-25T14:00Z  kim
1 2018-03-25 16:00  03-25T14:00Z 03-25T22:00Z  park`)
	})
	t.Run("Berlin goes back at 03:00", func(t *testing.T) {
		r := people.Roster{Rotations: []people.Rotation{thrice("kim", "park")}, Clock: tableClock(t, "Europe/Berlin", 2018)}
		wantPlan(t, r, "2018-10-27T22:00Z", "2018-10-28T23:00Z", `
1 2018-10-28 00:00  10-27T22:00Z 10-28T07:00Z  kim
1 2018-10-28 08:00  10-28T07:00Z 10-28T15:00Z  park
1 2018-10-28 16:00  10-28T15:00Z 10-28T23:00Z  kim`)
	})
	night := people.Rotation{ID: 1, Version: 1, Name: "Night", From: "2018-03-01", Starts: []string{"01:30", "02:00", "02:30", "03:30"}, Minutes: 1440, Each: 1, Turn: turn("a", "b", "c", "d")}
	t.Run("a time that is left out begins after the gap", func(t *testing.T) {
		r := people.Roster{Rotations: []people.Rotation{night}, Clock: tableClock(t, "Europe/Berlin", 2018)}
		wantPlan(t, r, "2018-03-25T00:30Z", "2018-03-25T02:00Z", `
1 2018-03-25 01:30  03-25T00:30Z 03-25T01:00Z  a
1 2018-03-25 02:30  03-25T01:00Z 03-25T01:30Z  c
1 2018-03-25 03:30  03-25T01:30Z 03-25T23:30Z  d`)
	})
	t.Run("a time that comes twice begins the first time", func(t *testing.T) {
		r := people.Roster{Rotations: []people.Rotation{night}, Clock: tableClock(t, "Europe/Berlin", 2018)}
		wantPlan(t, r, "2018-10-27T23:30Z", "2018-10-28T03:00Z", `
1 2018-10-28 01:30  10-27T23:30Z 10-28T00:00Z  a
1 2018-10-28 02:00  10-28T00:00Z 10-28T00:30Z  b
1 2018-10-28 02:30  10-28T00:30Z 10-28T02:30Z  c
1 2018-10-28 03:30  10-28T02:30Z 10-29T00:30Z  d`)
	})
	t.Run("Seoul does not change", func(t *testing.T) {
		r := people.Roster{Rotations: []people.Rotation{thrice("kim", "park")}, Clock: tableClock(t, "Asia/Seoul", 2018)}
		wantPlan(t, r, "2018-03-24T15:00Z", "2018-03-25T15:00Z", `
1 2018-03-25 00:00  03-24T15:00Z 03-24T23:00Z  park
1 2018-03-25 08:00  03-24T23:00Z 03-25T07:00Z  kim
1 2018-03-25 16:00  03-25T07:00Z 03-25T15:00Z  park`)
	})
	t.Run("Pyongyang changes by notice", func(t *testing.T) {
		clock := people.NewClock(office.NewCalendar([]office.Hours{{
			From:    at(t, "2018-04-01T00:00Z"),
			Offsets: []office.Offset{{From: "2015-08-14T15:00Z", Minutes: 510}, {From: "2018-05-04T15:00Z", Minutes: 540}},
		}}), []office.Offset{{From: "1970-01-01T00:00Z", Minutes: 0}})
		r := people.Roster{Rotations: []people.Rotation{thrice("ri", "choe")}, Clock: clock}
		wantPlan(t, r, "2018-05-04T07:30Z", "2018-05-04T23:00Z", `
1 2018-05-04 16:00  05-04T07:30Z 05-04T15:00Z  choe
1 2018-05-05 00:00  05-04T15:00Z 05-04T23:00Z  ri`)
	})
}

// What the table of the zone says is asked of package time, minute for minute.
func TestAWatchBeginsAtTheFirstMomentAtWhichTheClockHasCome(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Asia/Seoul", "Australia/Lord_Howe"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		clock := tableClock(t, zone, 2018)
		rapid.Check(t, func(rt *rapid.T) {
			day := time.Date(2018, 1, 3+rapid.IntRange(0, 700).Draw(rt, "day"), 0, 0, 0, 0, time.UTC)
			if rapid.Bool().Draw(rt, "a night that matters") {
				day = time.UnixMilli(clock[rapid.IntRange(0, len(clock)-1).Draw(rt, "which")].From).In(loc)
				day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
			}
			if day.Before(time.Date(2018, 1, 3, 0, 0, 0, 0, time.UTC)) {
				return
			}
			start := fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute"))
			r := people.Roster{Clock: clock, Rotations: []people.Rotation{{ID: 1, Name: "x", From: "2018-01-01", Starts: []string{start}, Minutes: 60, Each: 1, Turn: turn("a")}}}
			p, err := r.Plan(day.UnixMilli()-86400_000, day.UnixMilli()+2*86400_000)
			if err != nil {
				rt.Fatal(err)
			}
			for _, w := range p.Watches {
				wall := w.Day + "T" + w.Start
				if got := time.UnixMilli(w.From).In(loc).Format("2006-01-02T15:04"); got < wall {
					rt.Fatalf("%s of %s begins when the clock shows %s", wall, zone, got)
				}
				for before := w.From - 60_000; before > w.From-3*3600_000; before -= 60_000 {
					if got := time.UnixMilli(before).In(loc).Format("2006-01-02T15:04"); got >= wall {
						rt.Fatalf("%s of %s was there already at %s", wall, zone, utc(before))
					}
				}
			}
		})
	}
}

func TestLayersTemporarySchedulesAndGivenWatches(t *testing.T) {
	desk, second := thrice("kim", "park", "lee"), thrice("choi")
	second.ID, second.Name, second.Days, second.Starts = 2, "Second", []int{1, 2, 3, 4, 5}, []string{"08:00"}
	holidays := people.Rotation{ID: 3, Version: 1, Name: "Holidays", Instead: 1, From: "2018-01-06", Until: "2018-01-07", Starts: []string{"06:00", "18:00"}, Minutes: 720, Each: 1, Turn: turn("post:head", "choi")}
	swapped := people.WatchID{Layer: 1, Day: "2018-01-05", Start: "16:00"}
	r := people.Roster{
		Rotations: []people.Rotation{desk, second, holidays},
		Given: map[people.WatchID]people.Given{
			swapped: {Watch: swapped, Who: "park", Times: 1},
			{Layer: 1, Day: "2018-01-05", Start: "09:00"}: {Who: "nobody-asks"}, // there is no such watch
		},
	}
	p := wantPlan(t, r, "2018-01-05T08:00Z", "2018-01-07T08:00Z", `
1 2018-01-05 08:00  01-05T08:00Z 01-05T16:00Z  park
2 2018-01-05 08:00  01-05T08:00Z 01-05T16:00Z  choi
1 2018-01-05 16:00  01-05T16:00Z 01-06T00:00Z  park for lee
1 2018-01-06 06:00  01-06T06:00Z 01-06T18:00Z  post:head
1 2018-01-06 18:00  01-06T18:00Z 01-07T00:00Z  choi
1 2018-01-07 00:00  01-07T00:00Z 01-07T08:00Z  kim
gap 01-06T00:00Z 01-06T06:00Z
both 01-05T08:00Z 01-05T16:00Z  [choi park]`)
	if got := p.Watches[2].Sequence - p.Watches[0].Sequence; got != 1 {
		t.Errorf("the watch that was given has a sequence %d above the other", got)
	}
	if on := p.At(at(t, "2018-01-05T15:59Z")); len(on) != 2 || on[0].Who != "park" {
		t.Errorf("at 15:59: %+v", on)
	}
	if twice := (people.Stretch{Who: []people.Who{"choi", "kim", "kim"}}).Twice(); twice != "kim" {
		t.Errorf("twice: %q", twice)
	}
}

func TestOneHasSeveralWatchesInSuccession(t *testing.T) {
	r := people.Roster{Rotations: []people.Rotation{{
		ID: 1, Name: "On call", From: "2018-01-01", Days: []int{1}, Starts: []string{"09:00"}, Minutes: 7 * 24 * 60, Each: 2, Turn: turn("kim", "park"),
	}}, Clock: people.Clock{{Minutes: 540}}}
	wantPlan(t, r, "2018-01-10T00:00Z", "2018-01-31T00:00Z", `
1 2018-01-08 09:00  01-08T00:00Z 01-15T00:00Z  kim
1 2018-01-15 09:00  01-15T00:00Z 01-22T00:00Z  park
1 2018-01-22 09:00  01-22T00:00Z 01-29T00:00Z  park
1 2018-01-29 09:00  01-29T00:00Z 02-05T00:00Z  kim`)
}

func TestAPlanIsTheSameInPartsAsAtOnce(t *testing.T) {
	clock := tableClock(t, "America/New_York", 2018)
	rapid.Check(t, func(rt *rapid.T) {
		var r people.Roster
		r.Clock = clock
		for i := range rapid.IntRange(1, 4).Draw(rt, "rotations") {
			one := thrice("kim", "park", "lee")
			one.ID, one.From = int64(i+1), fmt.Sprintf("2018-03-%02d", rapid.IntRange(1, 20).Draw(rt, "first"))
			one.Minutes, one.Each = rapid.IntRange(1, people.MaxWatchLength).Draw(rt, "minutes"), rapid.IntRange(1, 5).Draw(rt, "each")
			if i > 0 && rapid.Bool().Draw(rt, "instead") {
				one.Instead, one.Until = 1, fmt.Sprintf("2018-03-%02d", rapid.IntRange(20, 31).Draw(rt, "last"))
			}
			if rapid.Bool().Draw(rt, "weekdays") {
				one.Days = []int{1, 3, 6}
			}
			r.Rotations = append(r.Rotations, one)
		}
		from := time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
		until := from + 30*86400_000
		cut := from + int64(rapid.IntRange(0, 30*1440).Draw(rt, "cut"))*60_000
		plan := func(from, until int64) map[people.WatchID]string {
			p, err := r.Plan(from, until)
			if err != nil {
				rt.Fatal(err)
			}
			found, covered := map[people.WatchID]string{}, from
			for _, w := range p.Watches {
				if w.Until <= w.From || w.From >= until || w.Until <= from {
					rt.Fatalf("%+v in a plan from %d to %d", w, from, until)
				}
				found[w.WatchID] = fmt.Sprint(w.From, w.Until, w.Who)
			}
			for _, g := range p.Gaps {
				if g.From < covered || g.Until <= g.From || len(p.At(g.From)) > 0 || len(p.At(g.Until-1)) > 0 {
					rt.Fatalf("no gap: %+v", g)
				}
				covered = g.Until
			}
			return found
		}
		all := plan(from, until)
		parts := plan(from, cut)
		for id, w := range plan(cut, until) {
			if other, is := parts[id]; is && other != w {
				rt.Fatalf("%s is %s, and %s", id, other, w)
			}
			parts[id] = w
		}
		if fmt.Sprint(all) != fmt.Sprint(parts) {
			rt.Fatalf("at once\n%v\nin parts\n%v", all, parts)
		}
	})
}

func TestAPlanIsBounded(t *testing.T) {
	r := people.Roster{}
	for i := range people.MaxRotations {
		one := thrice("kim")
		one.ID, one.Starts = int64(i+1), nil
		for hour := range 24 {
			one.Starts = append(one.Starts, fmt.Sprintf("%02d:00", hour))
		}
		r.Rotations = append(r.Rotations, one)
	}
	begin := at(t, "2018-02-01T00:00Z")
	for what, length := range map[string]time.Duration{"too long": people.MaxPlan + 1, "too many": people.MaxPlan} {
		_, err := r.Plan(begin, begin+length.Milliseconds())
		wantRefusal(t, what, err, "roster-range")
	}
}
