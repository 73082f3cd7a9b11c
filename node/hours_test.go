package node

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"liaison.example/office"
)

func TestTheChangesOfAZoneAreReadFromItsTable(t *testing.T) {
	for _, test := range []struct {
		zone, from string
		some       int // of the offsets are compared
		want       string
	}{
		{"Asia/Pyongyang", "2015-08-01T00:00Z", 0, "[{1970-01-01T00:00Z 540} {2015-08-14T15:00Z 510} {2018-05-04T15:00Z 540}]"},
		{"Asia/Pyongyang", "2018-09-14T00:00Z", 0, "[{2018-05-04T15:00Z 540}]"},
		{"Europe/Berlin", "2018-09-14T00:00Z", 3, "[{2018-03-25T01:00Z 120} {2018-10-28T01:00Z 60} {2019-03-31T01:00Z 120}]"},
		{"America/New_York", "2018-09-14T00:00Z", 2, "[{2018-03-11T07:00Z -240} {2018-11-04T06:00Z -300}]"},
		{"UTC", "2018-09-14T00:00Z", 0, "[{1970-01-01T00:00Z 0}]"},
	} {
		from, _ := office.Minute(test.from).Millis()
		offsets, err := ZoneOffsets(test.zone, time.UnixMilli(from))
		if err != nil {
			t.Fatal(err)
		}
		if len(offsets) > office.MaxOffsets {
			t.Errorf("%s: %d changes", test.zone, len(offsets))
		}
		if test.some > 0 {
			offsets = offsets[:test.some]
		}
		if got := fmt.Sprint(offsets); got != test.want {
			t.Errorf("%s from %s: got %s, want %s", test.zone, test.from, got, test.want)
		}
	}
	for _, zone := range []string{"", "Local", "Asia/Nowhere", "../etc"} {
		_, err := ZoneOffsets(zone, time.UnixMilli(0))
		if r, is := errors.AsType[*Refusal](err); !is || r.Code != "zone-unknown" {
			t.Errorf("%q: %v", zone, err)
		}
	}
}

func TestHoursAreCompletedOnlyWhereSomethingIsLeftOut(t *testing.T) {
	now := time.Date(2018, 9, 14, 0, 0, 30, 0, time.UTC)
	b := office.HoursBody{Zone: "Asia/Seoul"}
	if err := CompleteHours(now, &b); err != nil {
		t.Fatal(err)
	}
	if b.From != "2018-09-14T00:01Z" || len(b.Offsets) != 1 || b.Offsets[0].Minutes != 540 {
		t.Errorf("got %+v", b)
	}
	b = office.HoursBody{From: "2018-09-17T00:00Z", Zone: "Mars/Olympus", Offsets: []office.Offset{{From: "2018-01-01T00:00Z", Minutes: 37}}}
	if err := CompleteHours(now, &b); err != nil || b.From != "2018-09-17T00:00Z" || b.Offsets[0].Minutes != 37 {
		t.Errorf("by hand: %+v, %v", b, err)
	}
}
