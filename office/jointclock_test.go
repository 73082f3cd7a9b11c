package office

import (
	"math/rand/v2"
	"testing"
)

// hostile is a calendar that opens for a minute now and then, with as many sets of
// hours as are kept.
func hostile() Calendar {
	week := [][]Span{}
	for range daysOfWeek {
		week = append(week, []Span{{"00:00", "00:01"}, {"06:00", "06:01"}, {"12:00", "12:01"}, {"18:00", "18:01"}})
	}
	var hours []Hours
	for i := range int64(MaxCalendar) {
		hours = append(hours, Hours{From: moment("2018-01-01 00:00") + i*7*dayLength, Week: week, Offsets: []Offset{{"2000-01-01T00:00Z", i}}})
	}
	return NewCalendar(hours)
}

func TestAJointClockReckonsAsOneThatLooksEachTime(t *testing.T) {
	korea := testCalendar(540, weekdays, Holiday{Date: "2018-10-09", Hours: []Span{}})
	never := testCalendar(0, [][]Span{{}, {}, {}, {}, {}, {}, {}})
	late := NewCalendar([]Hours{never[0], {From: moment("2020-03-01 00:00"), Week: weekdays, Offsets: []Offset{{"2000-01-01T00:00Z", 540}}}})
	random := rand.New(rand.NewPCG(1, 2))
	for name, sides := range map[string][]Calendar{
		"of nobody": nil, "of sides that have said nothing": {nil, nil}, "of one": {korea, nil}, "of two": {korea, testCalendar(510, weekdays)},
		"that never opens": {korea, never}, "that opens after two years": {korea, late}, "of a hostile side": {korea, hostile()},
	} {
		from := moment("2018-09-14 00:00")
		clock := NewJointClock(sides, from)
		for range 60 {
			at := from - dayLength + random.Int64N(700*dayLength)
			seconds := random.Int64N(20 * 24 * 60 * 60)
			if got, want := clock.Due(Routine, seconds, at), Due(Routine, seconds, at, sides); got != want {
				t.Errorf("%s: %d s from %s: got %s, want %s", name, seconds, MinuteOf(at), MinuteOf(got), MinuteOf(want))
			}
			if got, want := clock.Due(Flash, seconds, at), Due(Flash, seconds, at, sides); got != want {
				t.Errorf("%s, FLASH: got %d, want %d", name, got, want)
			}
		}
	}
}

// BenchmarkManyTimesInTheHoursOfAHostileSide reckons a thousand times.
func BenchmarkManyTimesInTheHoursOfAHostileSide(b *testing.B) {
	sides := []Calendar{testCalendar(540, weekdays), hostile()}
	from := moment("2018-09-14 00:00")
	for b.Loop() {
		clock := NewJointClock(sides, from)
		for i := range int64(1000) {
			clock.Due(Routine, 5*24*60*60, from+i*dayLength/10)
		}
	}
}
