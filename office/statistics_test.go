package office

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMonthsAreListed(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"2018-09", "2018-09", "[2018-09]"},
		{"2018-11", "2019-02", "[2018-11 2018-12 2019-01 2019-02]"},
		{"9999-11", "9999-12", "[9999-11 9999-12]"},
		{"2018-09", "2018-08", "[]"}, {"2018-09", "2020-09", "[]"}, {"September", "2018-09", "[]"}, {"2018-09", "2018-13", "[]"}, {"", "", "[]"},
	} {
		if list, ok := Months(c.from, c.to); fmt.Sprint(list) != c.want || ok != (list != nil) {
			t.Errorf("%s to %s: %v, %v, want %s", c.from, c.to, list, ok, c.want)
		}
	}
	if list, ok := Months("2018-09", "2020-08"); !ok || len(list) != MaxMonths {
		t.Errorf("two years: %v, %v", list, ok)
	}
	if before, after := MonthAfter("2018-02", -11), MonthAfter("2018-12", 1); before != "2017-03" || after != "2019-01" {
		t.Errorf("before %s, after %s", before, after)
	}
	if first := MonthAfter("1970-03", -11); first != "1970-01" {
		t.Errorf("before the first month: %s", first)
	}
}

// TestDueTimesAreReckonedOnceAndTheSame compares what is kept of joint hours with
// Due, also for sides that open a minute a year.
func TestDueTimesAreReckonedOnceAndTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	day := func() []Span {
		spans := []Span{}
		for at := random.IntN(1200); at < 24*60 && len(spans) < MaxSpans && random.IntN(4) > 0; {
			until := min(at+1+random.IntN(600), 24*60)
			spans = append(spans, Span{fmt.Sprintf("%02d:%02d", at/60, at%60), fmt.Sprintf("%02d:%02d", until/60, until%60)})
			at = until + 1 + random.IntN(120)
		}
		return spans
	}
	begin := moment("2018-09-01 00:00")
	for range 60 {
		var sides []Calendar
		for range 2 {
			var list []Hours
			for from := begin - dayLength; len(list) < random.IntN(4); from += random.Int64N(500) * dayLength {
				h := Hours{From: from, Offsets: []Offset{{"2018-01-01T00:00Z", 540}, {"2018-11-03T15:00Z", 510}}}
				for range 7 {
					h.Week = append(h.Week, day())
				}
				if random.IntN(4) == 0 {
					h.Week = slices.Repeat([][]Span{{}}, 7)
				}
				list = append(list, h)
			}
			sides = append(sides, NewCalendar(list))
		}
		hours := NewJointClock(sides, begin)
		for range 40 {
			at, seconds := begin+random.Int64N(700*dayLength), 1+random.Int64N(40*3600)
			for _, p := range Precedences {
				if got, want := hours.Due(p, seconds, at), Due(p, seconds, at, sides); got != want {
					t.Fatalf("%s, %d s from %s: %s, want %s", p, seconds, MinuteOf(at), MinuteOf(got), MinuteOf(want))
				}
			}
		}
	}
}
