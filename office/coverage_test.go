package office

import (
	"fmt"
	"strings"
	"testing"
)

func TestAPromiseHoldsOnTheClockOfItsSide(t *testing.T) {
	at := func(m Minute) int64 {
		ms, ok := m.Millis()
		if !ok {
			t.Fatal(m)
		}
		return ms
	}
	week := func(spans ...Span) (all [][]Span) {
		for range daysOfWeek {
			all = append(all, spans)
		}
		return all
	}
	pyongyang := NewCalendar([]Hours{{
		From: at("2018-04-01T00:00Z"), Week: week(), Holidays: []Holiday{{Date: "2018-05-05"}},
		Offsets: []Offset{{"2015-08-14T15:00Z", 510}, {"2018-05-04T15:00Z", 540}},
	}})
	promises := NewPromises([]Coverage{
		{From: at("2018-05-01T00:00Z"), Until: at("2018-05-05T12:00Z"), Week: week(Span{"08:00", "20:00"})},
		{From: at("2018-05-05T13:00Z"), Week: week(Span{"00:00", "24:00"})},
	})
	say := func(opening []Opening) string {
		var said []string
		for _, o := range opening {
			said = append(said, fmt.Sprintf("%s/%s", MinuteOf(o.From)[5:], MinuteOf(o.Until)[5:]))
		}
		return strings.Join(said, " ")
	}
	// The clock goes from +08:30 to +09:00 in the night to the 5th, which is a holiday;
	// a watch is promised all the same.
	from, until := at("2018-05-03T12:00Z"), at("2018-05-07T00:00Z")
	if got, want := say(promises.Between(pyongyang, from, until)), "05-03T23:30Z/05-04T11:30Z 05-04T23:00Z/05-05T11:00Z 05-05T13:00Z/05-07T00:00Z"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := say(promises.Between(nil, from, at("2018-05-04T13:00Z"))), "05-03T12:00Z/05-03T20:00Z 05-04T08:00Z/05-04T13:00Z"; got != want {
		t.Errorf("on UTC: got %s, want %s", got, want)
	}
	for moment, want := range map[Minute]Stand{
		"2018-04-30T23:59Z": {},
		"2018-05-03T23:29Z": {Said: true, Until: at("2018-05-03T23:30Z")},
		"2018-05-03T23:30Z": {Said: true, Open: true, Until: at("2018-05-04T11:30Z")},
		"2018-05-05T11:30Z": {Said: true, Until: at("2018-05-05T12:00Z")},
		"2018-05-05T12:00Z": {},
		"2018-05-05T13:00Z": {Said: true, Open: true},
	} {
		if got := promises.Stands(pyongyang, at(moment)); got != want {
			t.Errorf("%s: got %+v, want %+v", moment, got, want)
		}
	}
}
