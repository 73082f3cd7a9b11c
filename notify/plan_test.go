package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
)

var release = time.Date(2018, 10, 15, 1, 0, 0, 0, time.UTC) // a Monday, 10:00 in Seoul

func waiting(id string, p office.Precedence) Waiting {
	w := Waiting{Number: 1, From: "north", Channel: "liaison", Precedence: p, At: release.UnixMilli()}
	if err := w.ID.UnmarshalText([]byte(id)); err != nil {
		panic(err)
	}
	w.Climb = (&office.Charter{Rules: 3}).Climb(w.Channel, p, w.At, nil)
	return w
}

// staff is a duty officer on watch, a deputy and a head, with one means each.
func staff() []Person {
	return []Person{
		{Account: "park", Is: []Who{WhoWatch, WhoDuty}, Means: []int64{1}, May: office.Precedences},
		{Account: "lee", Is: []Who{WhoDeputies}, Means: []int64{2}},
		{Account: "kim", Is: []Who{WhoHeads}, Means: []int64{3}},
	}
}

// turn plans again and again until so much time has passed, as the node does it by
// itself, and lists what is told.
func turn(t *testing.T, d *Desk, last time.Duration) (told []string) {
	t.Helper()
	now, end := release.UnixMilli(), release.Add(last).UnixMilli()
	for range 1000 {
		planned, next := Plan(*d, now)
		for _, p := range planned {
			text := fmt.Sprintf("%s %s %s step %d", time.Duration((now-release.UnixMilli())*1e6), p.Account, p.Subject, p.Step)
			if p.Many {
				text += fmt.Sprintf(" of %d", p.Notice.Count)
			}
			told = append(told, text)
			c := class{p.Notice.Channel, p.Notice.Precedence, p.Notice.Distress}
			d.Told = append(d.Told, Told{p.Key, c, now, p.Many, true, true})
			for _, other := range p.Others {
				d.Told = append(d.Told, Told{other.Key, c, now, false, false, true})
			}
		}
		if again, _ := Plan(*d, now); len(again) > 0 {
			t.Errorf("planned again: %+v", again)
		}
		if next == 0 || next > end {
			return told
		}
		if next <= now {
			t.Fatalf("the next look is at %d, not after %d", next, now)
		}
		now = next
	}
	t.Fatal("it does not end")
	return nil
}

func wantTold(t *testing.T, got []string, lines string) {
	t.Helper()
	if text := strings.Join(got, "\n"); text != strings.TrimSpace(lines) {
		t.Errorf("told:\n%s\nwant:\n%s", text, strings.TrimSpace(lines))
	}
}

func TestEachPrecedenceIsToldByItsLadder(t *testing.T) {
	for p, lines := range map[office.Precedence]string{
		office.Flash:     "0s park north/1 step 0\n5m0s park north/1 step 1\n10m0s lee north/1 step 2\n20m0s kim north/1 step 3",
		office.Immediate: "0s park north/1 step 0\n30m0s lee north/1 step 1",
		office.Priority:  "0s park north/1 step 0\n3h0m0s lee north/1 step 1\n48h0m0s kim north/1 step 2",
		office.Routine:   "0s park north/1 step 0\n6h0m0s park north/1 step 1",
	} {
		t.Run(string(p), func(t *testing.T) {
			wantTold(t, turn(t, &Desk{Waiting: []Waiting{waiting("north/1", p)}, Persons: staff(), Zone: time.UTC}, 100*time.Hour), lines)
		})
	}
}

func TestWhomOverrulesWhatIsUsual(t *testing.T) {
	d := &Desk{Waiting: []Waiting{waiting("north/1", office.Flash)}, Persons: staff(), Zone: time.UTC, Whom: Whom{
		{office.Flash, office.StepAlarm}: {"@kim"}, {office.Flash, office.StepDeputy}: {}, {office.Flash, office.StepBearer}: {},
	}}
	wantTold(t, turn(t, d, time.Hour), "0s park north/1 step 0\n5m0s kim north/1 step 1\n20m0s kim north/1 step 3")
}

func TestWhereNobodyIsOnWatchTheDutyOfficersAreTold(t *testing.T) {
	persons := staff()
	persons[0].Is = []Who{WhoDuty}
	d := &Desk{Waiting: []Waiting{waiting("north/1", office.Immediate)}, Persons: persons, Zone: time.UTC}
	wantTold(t, turn(t, d, time.Minute), "0s park north/1 step 0")
	persons[0].Means = nil
	d = &Desk{Waiting: []Waiting{waiting("north/1", office.Immediate)}, Persons: persons, Zone: time.UTC}
	wantTold(t, turn(t, d, time.Minute), "0s lee north/1 step 0")
}

func TestAfterATimeWithoutTheNodeEachIsToldOfTheLastStepAlone(t *testing.T) {
	w := waiting("north/1", office.Flash)
	w.At -= time.Hour.Milliseconds()
	w.Climb = (&office.Charter{Rules: 3}).Climb(w.Channel, w.Precedence, w.At, nil)
	d := &Desk{Waiting: []Waiting{w}, Persons: staff(), Zone: time.UTC}
	wantTold(t, turn(t, d, time.Hour), "0s kim north/1 step 3\n0s lee north/1 step 2\n0s park north/1 step 1")
}

func TestWhoTakesTheWatchIsToldOfWhatWaits(t *testing.T) {
	d := &Desk{Waiting: []Waiting{waiting("north/1", office.Flash)}, Persons: staff(), Zone: time.UTC}
	turn(t, d, 6*time.Minute)
	d.Persons = append(d.Persons, Person{Account: "choi", Is: []Who{WhoWatch}, Means: []int64{4}})
	planned, _ := Plan(*d, release.Add(6*time.Minute).UnixMilli())
	if len(planned) != 1 || planned[0].Account != "choi" || planned[0].Step != 1 {
		t.Errorf("planned %+v", planned)
	}
}

func TestQuietHoursHoldBackAllButFlashAndDistress(t *testing.T) {
	seoul := time.FixedZone("KST", 9*3600)
	persons := staff()
	persons[0].Quiet = Quiet{From: 9 * 60, Until: 10*60 + 30} // it is 10:00
	distress := waiting("north/3", office.Immediate)
	distress.Distress = true
	d := &Desk{Waiting: []Waiting{waiting("north/1", office.Flash), waiting("north/2", office.Immediate), distress}, Persons: persons, Zone: seoul}
	wantTold(t, turn(t, d, time.Hour), `
0s park north/3 step 0
0s park north/1 step 0
5m0s park north/1 step 1
10m0s lee north/1 step 2
20m0s kim north/1 step 3
30m0s lee north/3 step 1
30m0s lee north/2 step 1
30m0s park north/2 step 0`)
	for _, row := range []struct {
		q     Quiet
		quiet bool
		until string
	}{
		{Quiet{0, 0}, false, ""},
		{Quiet{22 * 60, 10 * 60}, false, ""},
		{Quiet{22 * 60, 10*60 + 1}, true, "01:01"},
		{Quiet{10 * 60, 23 * 60}, true, "14:00"},
		{Quiet{10*60 + 1, 9 * 60}, false, ""},
	} {
		until, quiet := row.q.holds(release.UnixMilli(), seoul)
		if quiet != row.quiet || quiet && time.UnixMilli(until).UTC().Format("15:04") != row.until {
			t.Errorf("%v: quiet %v until %s", row.q, quiet, time.UnixMilli(until).UTC())
		}
	}
}

// TestAFloodIsToldAtOnceWithItsNumber lets another side send 200 IMMEDIATE
// dispatches, one about lives at risk and one FLASH among them.
func TestAFloodIsToldAtOnceWithItsNumber(t *testing.T) {
	d := &Desk{Persons: staff()[:1], Zone: time.UTC}
	for i := range 200 {
		d.Waiting = append(d.Waiting, waiting(fmt.Sprintf("north/%03d", i+100), office.Immediate))
	}
	d.Waiting[150].Distress = true
	d.Waiting[170] = waiting("north/270", office.Flash)
	told := turn(t, d, time.Minute)
	wantTold(t, told, `
0s park north/250 step 0
0s park north/270 step 0
0s park north/100 step 0
0s park north/101 step 0
0s park north/102 step 0
0s park north/103 step 0
0s park north/104 step 0
0s park north/299 step 0 of 193`)
	for i := range 200 { // and again, at once
		d.Waiting = append(d.Waiting, waiting(fmt.Sprintf("north/%03d", i+300), office.Immediate))
	}
	if planned, next := Plan(*d, release.Add(time.Minute).UnixMilli()); len(planned) != 0 || next != release.Add(5*time.Minute).UnixMilli() {
		t.Errorf("planned %d, next at %s", len(planned), time.UnixMilli(next).UTC())
	}
	planned, _ := Plan(*d, release.Add(10*time.Minute+time.Second).UnixMilli())
	planned = slices.DeleteFunc(planned, func(p Planned) bool { return p.Notice.Precedence == office.Flash })
	if len(planned) != 6 || planned[5].Notice.Count != 195 {
		t.Errorf("ten minutes later %d are planned, the last of %d", len(planned), planned[len(planned)-1].Notice.Count)
	}
}

func TestQuietHoursEndWithTheClockInTheNightsWhenItIsSet(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ from, day, ends string }{
		{"2018-03-24T23:10", "2018-03-25", "07:00"}, // the clock goes forward
		{"2018-10-27T23:10", "2018-10-28", "07:00"}, // and back
		{"2018-03-24T23:10", "2018-03-25", "02:30"}, // in the hour that is left out
		{"2018-10-27T23:10", "2018-10-28", "02:30"}, // in the hour that comes twice
	} {
		begun, err := time.ParseInLocation("2006-01-02T15:04", row.from, berlin)
		if err != nil {
			t.Fatal(err)
		}
		ends, err := time.Parse("15:04", row.ends)
		if err != nil {
			t.Fatal(err)
		}
		w := waiting("north/1", office.Immediate)
		w.At, w.Climb = begun.UnixMilli(), office.Climb{}
		d := Desk{Waiting: []Waiting{w}, Persons: staff(), Zone: berlin}
		d.Persons[0].Quiet = Quiet{22 * 60, ends.Hour()*60 + ends.Minute()}
		want := begun // the first minute at which the clock no longer shows the quiet time
		for at := ""; at == "" || at >= "22:00" || at < row.ends; at = want.Format("15:04") {
			want = want.Add(time.Minute)
		}
		now, told := begun.UnixMilli(), time.Time{}
		for range 10 {
			planned, next := Plan(d, now)
			if len(planned) > 0 {
				told = time.UnixMilli(now).In(berlin)
				break
			}
			now = next
		}
		if !told.Equal(want) || told.Format(time.DateOnly) != row.day {
			t.Errorf("quiet until %s on %s: told at %s, want %s", row.ends, row.day, told, want)
		}
	}
}
