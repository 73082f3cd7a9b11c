package office

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheCalendarIsThatOfPackageTime(t *testing.T) {
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMilli()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, last).Draw(t, "ms")
		at := time.UnixMilli(ms).UTC()
		if got, want := MinuteOf(ms), at.Format("2006-01-02T15:04Z"); string(got) != want {
			t.Fatalf("the minute of %d is %s, want %s", ms, got, want)
		}
		if got, ok := MinuteOf(ms).Millis(); !ok || got != at.Truncate(time.Minute).UnixMilli() {
			t.Fatalf("%s is read as %d, %v", MinuteOf(ms), got, ok)
		}
		if got, want := (DTG{}).after(ms).String(), strings.ToUpper(at.Format("021504Z Jan 06")); got != want {
			t.Fatalf("the group of %d is %s, want %s", ms, got, want)
		}
	})
}

func TestAMinuteIsReadInTheOneFormItIsWrittenIn(t *testing.T) {
	for _, good := range []Minute{"1970-01-01T00:00Z", "2016-02-29T23:59Z", "9999-12-31T23:59Z"} {
		if _, ok := good.Millis(); !ok {
			t.Errorf("%s is refused", good)
		}
	}
	for _, bad := range []Minute{
		"", "2018-09-14", "2018-09-14T09:00:00Z", "2018-09-14 09:00Z", "2018-09-14T24:00Z", "2018-09-14T09:60Z", "2018-02-29T00:00Z", "2018-13-01T00:00Z",
		"2018-00-10T00:00Z", "2018-09-31T00:00Z", "1969-12-31T23:59Z", "2018-09-14T09:0:Z", "201:-09-14T09:00Z", "2018-09-14T-9:00Z", "2018-09-14t09:00z",
	} {
		if ms, ok := bad.Millis(); ok {
			t.Errorf("%q was read as %d", bad, ms)
		}
	}
}
