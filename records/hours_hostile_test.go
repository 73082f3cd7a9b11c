package records_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"liaison.example/office"
)

// A side that says hours without end, for times to come, must not blot out those
// that it had: its past months stay as they were.
func TestHoursToComeDoNotChangeThePast(t *testing.T) {
	w := newWorld(t, "north", "south")
	w.now = time.Date(2018, 9, 24, 0, 0, 0, 0, time.UTC)
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	w.found()
	say := func(side office.Side, from office.Minute, hour int) {
		week := make([][]office.Span, 7)
		for i := range week {
			week[i] = []office.Span{{From: "09:00", Until: fmt.Sprintf("%02d:00", hour)}}
		}
		w.mustWrite(side, "duty-officer", office.KindHours, &office.HoursBody{
			From: from, Week: week, Zone: "Asia/Seoul", Offsets: []office.Offset{{From: "2018-09-24T00:00Z", Minutes: 540}},
		})
	}
	say("north", "2018-09-24T00:00Z", 17)
	say("south", "2018-09-24T00:00Z", 17)
	for hour := range 3 { // of those that begin at once the last holds
		say("south", "2018-09-26T00:00Z", 12+hour)
	}
	w.exchange()
	w.now = time.Date(2018, 10, 2, 0, 0, 0, 0, time.UTC)
	w.mustWrite("south", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
	w.exchange()
	w.exchange()
	before := of(t, statistics(t, w, "north", "2018-09", "2018-10", ""), "2018-09", "", "south")
	if before.Watch.OpenMS != (2*8+5*5)*60*60*1000 {
		t.Errorf("open for %s", time.Duration(before.Watch.OpenMS)*time.Millisecond)
	}
	for i := range office.MaxCalendar + 40 {
		say("south", office.Minute(fmt.Sprintf("20%02d-01-01T00:00Z", 19+i%80)), 10)
	}
	w.exchange()
	w.exchange()
	for _, months := range [][2]string{{"2018-09", "2018-10"}, {"2018-09", "2018-09"}} {
		if after := of(t, statistics(t, w, "north", months[0], months[1], ""), "2018-09", "", "south"); !reflect.DeepEqual(before, after) {
			t.Errorf("%s: before %+v, %+v, after %+v, %+v", months, before, before.Watch, after, after.Watch)
		}
	}
}

// Nor does it hide so what it keeps and promises now.
func TestWhatIsToComeDoesNotHideWhatHolds(t *testing.T) {
	w := newWorld(t, "north", "south")
	w.now = time.Date(2018, 9, 24, 0, 0, 0, 0, time.UTC)
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	w.found()
	week := make([][]office.Span, 7)
	for i := range week {
		week[i] = []office.Span{{From: "09:00", Until: "17:00"}}
	}
	say := func(from office.Minute) {
		w.mustWrite("south", "duty-officer", office.KindHours, &office.HoursBody{
			From: from, Week: week, Zone: "Asia/Seoul", Offsets: []office.Offset{{From: "2018-09-24T00:00Z", Minutes: 540}},
		})
		w.mustWrite("south", "duty-officer", office.KindCoverage, &office.CoverageBody{From: from, Week: week, Languages: []string{"ko"}, Who: []string{}})
	}
	say("2018-09-24T00:00Z")
	for i := range office.MaxCalendar + 1 {
		say(office.Minute(fmt.Sprintf("20%02d-01-01T00:00Z", 19+i%70)))
	}
	w.exchange()
	sides := []office.Side{"south"}
	calendars, err := w.nodes["north"].records.Calendars(t.Context(), sides)
	if err != nil {
		t.Fatal(err)
	}
	promises, err := w.nodes["north"].records.Promises(t.Context(), sides)
	if err != nil {
		t.Fatal(err)
	}
	now := w.now.Add(time.Minute).UnixMilli()
	if h := calendars["south"].At(now); h == nil || len(calendars["south"]) > office.MaxCalendar {
		t.Errorf("of %d hours none holds", len(calendars["south"]))
	}
	if c, _ := promises["south"].At(now); c == nil || len(promises["south"]) > office.MaxCalendar {
		t.Errorf("of %d promises none holds", len(promises["south"]))
	}
}
