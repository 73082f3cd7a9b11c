package office

import (
	"testing"
	"time"
)

var weekdays = [][]Span{{{"09:00", "17:00"}}, {{"09:00", "17:00"}}, {{"09:00", "17:00"}}, {{"09:00", "17:00"}}, {{"09:00", "17:00"}}, {}, {}}

// testCalendar is that of a side whose clock is ahead of UTC by minutes.
func testCalendar(minutes int64, week [][]Span, holidays ...Holiday) Calendar {
	return NewCalendar([]Hours{{From: moment("2000-01-01 00:00"), Holidays: holidays, Offsets: []Offset{{"2000-01-01T00:00Z", minutes}}, Week: week}})
}

// moment reads a moment in UTC, in milliseconds.
func moment(text string) int64 {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err) // the test's own
	}
	return t.UnixMilli()
}

func sayOpening(o Opening, ok bool) string {
	if !ok {
		return "never"
	}
	from, until := time.UnixMilli(o.From).UTC().Format("2006-01-02 15:04"), time.UnixMilli(o.Until).UTC().Format("2006-01-02 15:04")
	if o.Until == maxInteger {
		until = "always"
	}
	return from + " to " + until
}

func TestAnOpeningIsReckonedOnTheClockOfTheSide(t *testing.T) {
	korea := testCalendar(540, weekdays)
	holiday := testCalendar(540, weekdays, Holiday{Date: "2018-10-09", Hours: []Span{}}, Holiday{Date: "2018-10-10", Hours: []Span{{"13:00", "14:30"}, {"15:00", "24:00"}}})
	// Half an hour behind until 2018-05-05, as in Pyongyang.
	pyongyang := Calendar{{From: moment("2018-01-01 00:00"), Week: weekdays, Offsets: []Offset{{"2015-08-14T15:00Z", 510}, {"2018-05-04T15:00Z", 540}}}}
	// A clock that is put forward and back by an hour: one hour of the night is left out, one comes twice.
	night := [][]Span{{}, {}, {}, {}, {}, {}, {{"01:00", "04:00"}}}
	berlin := Calendar{{From: moment("2018-01-01 00:00"), Week: night, Offsets: []Offset{{"2017-10-29T01:00Z", 60}, {"2018-03-25T01:00Z", 120}, {"2018-10-28T01:00Z", 60}}}}
	later := NewCalendar([]Hours{
		{From: moment("2018-10-10 03:00"), Week: [][]Span{{}, {}, {}, {}, {}, {}, {}}, Offsets: []Offset{{"2000-01-01T00:00Z", 540}}},
		korea[0],
	})
	for _, test := range []struct {
		name     string
		calendar Calendar
		from     string
		want     string
	}{
		{"before the day begins", korea, "2018-10-08 20:00", "2018-10-09 00:00 to 2018-10-09 08:00"},
		{"within it", korea, "2018-10-09 03:15", "2018-10-09 03:15 to 2018-10-09 08:00"},
		{"at its end", korea, "2018-10-09 08:00", "2018-10-10 00:00 to 2018-10-10 08:00"},
		{"over the weekend", korea, "2018-10-12 08:00", "2018-10-15 00:00 to 2018-10-15 08:00"},
		{"a holiday", holiday, "2018-10-08 08:00", "2018-10-10 04:00 to 2018-10-10 05:30"},
		{"the second part of a day, to midnight", holiday, "2018-10-10 05:30", "2018-10-10 06:00 to 2018-10-10 15:00"},
		{"the zone before its change", pyongyang, "2018-05-03 12:00", "2018-05-04 00:30 to 2018-05-04 08:30"},
		{"the zone after its change", pyongyang, "2018-05-06 12:00", "2018-05-07 00:00 to 2018-05-07 08:00"},
		{"an hour that is left out: up to the change", berlin, "2018-03-24 12:00", "2018-03-25 00:00 to 2018-03-25 01:00"},
		{"an hour that is left out: after it", berlin, "2018-03-25 01:00", "2018-03-25 01:00 to 2018-03-25 02:00"},
		{"an hour that comes twice: the first time", berlin, "2018-10-27 12:00", "2018-10-27 23:00 to 2018-10-28 01:00"},
		{"an hour that comes twice: again", berlin, "2018-10-28 01:00", "2018-10-28 01:00 to 2018-10-28 03:00"},
		{"other hours from the middle of a day on", later, "2018-10-10 00:00", "2018-10-10 00:00 to 2018-10-10 03:00"},
		{"closed for good", later, "2018-10-10 03:00", "never"},
		{"nothing said yet", later[:1], "1999-12-31 00:00", "1999-12-31 00:00 to 2000-01-01 00:00"},
		{"nothing said ever", nil, "2018-10-10 03:00", "2018-10-10 03:00 to always"},
	} {
		if got := sayOpening(test.calendar.From(moment(test.from))); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestJointHoursAreThoseOfAllSides(t *testing.T) {
	korea, ahead := testCalendar(540, weekdays), testCalendar(660, weekdays)
	both := []Calendar{korea, ahead}
	if got, want := sayOpening(Joint(both, moment("2018-10-09 00:00"))), "2018-10-09 00:00 to 2018-10-09 06:00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := sayOpening(Joint(both, moment("2018-10-12 06:00"))), "2018-10-15 00:00 to 2018-10-15 06:00"; got != want {
		t.Errorf("over the weekend: got %s, want %s", got, want)
	}
	apart := []Calendar{korea, testCalendar(-300, weekdays)}
	if got := sayOpening(Joint(apart, moment("2018-10-09 00:00"))); got != "never" {
		t.Errorf("sides that are never open together: %s", got)
	}
	const hour = 60 * minute
	for _, test := range []struct {
		from  string
		hours int64
		want  string
	}{
		{"2018-10-09 00:00", 3, "2018-10-09 03:00"},
		{"2018-10-09 04:00", 3, "2018-10-10 01:00"},
		{"2018-10-12 05:00", 3, "2018-10-15 02:00"},
		{"2018-10-12 12:00", 12, "2018-10-16 06:00"},
	} {
		if got, ok := Within(both, moment(test.from), test.hours*hour); !ok || got != moment(test.want) {
			t.Errorf("%d hours from %s: %s, %v; want %s", test.hours, test.from, time.UnixMilli(got).UTC(), ok, test.want)
		}
	}
	if _, ok := Within(apart, moment("2018-10-09 00:00"), hour); ok {
		t.Error("an hour has passed for sides that are never open together")
	}
	minutely := testCalendar(540, [][]Span{{{"09:00", "09:01"}}, {}, {}, {}, {}, {}, {}}) // 57 minutes in 400 days
	if got, ok := Within([]Calendar{korea, minutely}, moment("2018-10-09 00:00"), 57*minute); !ok {
		t.Errorf("57 minutes: %s, %v", time.UnixMilli(got).UTC(), ok)
	}
	if got, ok := Within([]Calendar{korea, minutely}, moment("2018-10-09 00:00"), 58*minute); ok {
		t.Errorf("58 minutes have passed at %s", time.UnixMilli(got).UTC())
	}
	if got, ok := Within([]Calendar{nil, nil}, moment("2018-10-09 00:00"), hour); !ok || got != moment("2018-10-09 01:00") {
		t.Errorf("without calendars: %s, %v", time.UnixMilli(got).UTC(), ok)
	}
}

func TestASideStandsOpenOrClosedByItsOwnCalendar(t *testing.T) {
	korea := testCalendar(540, weekdays)
	always := testCalendar(540, [][]Span{{{"00:00", "24:00"}}, {{"00:00", "24:00"}}, {{"00:00", "24:00"}}, {{"00:00", "24:00"}}, {{"00:00", "24:00"}}, {{"00:00", "24:00"}}, {{"00:00", "24:00"}}})
	overnight := testCalendar(540, [][]Span{{{"22:00", "24:00"}}, {{"00:00", "06:00"}}, {}, {}, {}, {}, {}})
	closed := testCalendar(540, [][]Span{{}, {}, {}, {}, {}, {}, {}})
	for _, test := range []struct {
		name     string
		calendar Calendar
		at       string
		want     string
	}{
		{"open", korea, "2018-10-08 03:00", "open until 2018-10-08 08:00"},
		{"closed over the weekend", korea, "2018-10-12 08:00", "closed until 2018-10-15 00:00"},
		{"over midnight without a break", overnight, "2018-10-08 14:00", "open until 2018-10-08 21:00"},
		{"at every hour", always, "2018-10-08 14:00", "open"},
		{"for good", closed, "2018-10-08 14:00", "closed"},
		{"before it has said anything", korea, "1999-10-08 14:00", "open, unsaid"},
		{"nothing said", nil, "2018-10-08 14:00", "open, unsaid"},
	} {
		s := test.calendar.Stands(moment(test.at))
		got := "closed"
		if s.Open {
			got = "open"
		}
		if s.Until != 0 {
			got += " until " + time.UnixMilli(s.Until).UTC().Format("2006-01-02 15:04")
		}
		if !s.Said {
			got += ", unsaid"
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestTheClocksBelowImmediateRunInJointHoursAlone(t *testing.T) {
	sides := []Calendar{testCalendar(540, weekdays, Holiday{Date: "2018-10-15", Hours: []Span{}}), testCalendar(540, weekdays)}
	never := []Calendar{testCalendar(540, weekdays), testCalendar(540, [][]Span{{}, {}, {}, {}, {}, {}, {}})}
	const hours = 3600
	for _, test := range []struct {
		precedence Precedence
		seconds    int64
		sides      []Calendar
		want       string
	}{
		{Flash, 600, sides, "2018-10-12 07:10"},
		{Immediate, 6 * hours, sides, "2018-10-12 13:00"},
		{Priority, 1 * hours, sides, "2018-10-12 08:00"},
		{Priority, 3 * hours, sides, "2018-10-16 02:00"},
		{Routine, 6 * hours, sides, "2018-10-16 05:00"},
		{Routine, 6 * hours, nil, "2018-10-12 13:00"},
		{Routine, 6 * hours, never, "2018-10-12 13:00"},
	} {
		got := time.UnixMilli(Due(test.precedence, test.seconds, moment("2018-10-12 07:00"), test.sides)).UTC().Format("2006-01-02 15:04")
		if got != test.want {
			t.Errorf("%s, %d s: due %s, want %s", test.precedence, test.seconds, got, test.want)
		}
	}
}

func TestOfManySetsOfHoursTheLastAreKept(t *testing.T) {
	var hours []Hours
	for i := range MaxCalendar + 5 {
		hours = append(hours, Hours{From: int64(i) * minute})
	}
	if c := NewCalendar(hours); len(c) != MaxCalendar || c[0].From != 5*minute {
		t.Errorf("%d are kept, from %d on", len(c), c[0].From)
	}
}

func BenchmarkDueWhereItTakesLongest(b *testing.B) {
	offsets := []Offset{}
	for i := range MaxOffsets {
		offsets = append(offsets, Offset{MinuteOf(int64(i) * minute), int64(i)})
	}
	brief := [][]Span{{{"09:00", "09:01"}, {"10:00", "10:01"}, {"11:00", "11:01"}, {"12:00", "12:01"}}, {}, {}, {}, {}, {}, {}}
	side := NewCalendar([]Hours{{Offsets: offsets, Week: brief}})
	for b.Loop() {
		Due(Routine, 6*3600, moment("2018-10-12 07:00"), []Calendar{side, side})
	}
}
