package liaisontest_test

import (
	"slices"
	"testing"
	"time"

	"liaison.example/office"
)

// hoursOfTheYear are the hours that each side says, at the beginning of the year and
// once more where a zone changes by notice.
func hoursOfTheYear(side office.Side) *office.HoursBody {
	nine := []office.Span{{From: "09:00", Until: "12:00"}, {From: "13:00", Until: "17:00"}}
	b := &office.HoursBody{Week: [][]office.Span{nine, nine, nine, nine, nine, {}, {}}}
	if side == "south" {
		b.Zone = "Europe/Berlin"
		b.Holidays = []office.Holiday{{Date: "2015-05-01"}, {Date: "2015-10-02"}, {Date: "2015-12-25"}}
	} else {
		b.Zone = "Asia/Pyongyang"
		b.Week = [][]office.Span{{{From: "17:00", Until: "24:00"}}, {{From: "17:00", Until: "24:00"}}, {{From: "17:00", Until: "24:00"}}, {{From: "17:00", Until: "24:00"}}, {{From: "17:00", Until: "24:00"}}, {{From: "17:00", Until: "20:00"}}, {}}
		b.Holidays = []office.Holiday{{Date: "2015-02-16"}, {Date: "2015-10-09", Hours: []office.Span{{From: "17:00", Until: "19:00"}}}}
		b.Offsets = []office.Offset{{From: "2015-01-01T00:00Z", Minutes: 540}}
	}
	for i := range b.Holidays {
		b.Holidays[i].Name = office.Words{"en": "holiday"}
	}
	return b
}

// jointHours counts the minutes of the year, and some months after it, in which
// both sides are open, by the tables of their zones and by nothing of ours.
type jointHours struct {
	open  []int32 // minutes in which both were open, before each minute
	said  map[office.Side]*office.HoursBody
	zones map[office.Side]*time.Location
}

func countJointHours(t *testing.T) *jointHours {
	j := &jointHours{open: []int32{0}, said: map[office.Side]*office.HoursBody{}, zones: map[office.Side]*time.Location{}}
	for _, side := range []office.Side{"north", "south"} {
		j.said[side] = hoursOfTheYear(side)
		zone, err := time.LoadLocation(j.said[side].Zone)
		if err != nil {
			t.Fatal(err)
		}
		j.zones[side] = zone
	}
	for at := yearBegins; at.Before(yearEnds.AddDate(0, 2, 0)); at = at.Add(time.Minute) {
		both := int32(1)
		for side := range j.said {
			clock := at.In(j.zones[side]).Format("15:04")
			if !slices.ContainsFunc(j.day(side, at), func(s office.Span) bool { return s.From <= clock && clock < s.Until }) {
				both = 0
			}
		}
		j.open = append(j.open, j.open[len(j.open)-1]+both)
	}
	return j
}

// day gives the hours that a side keeps on the day of its own clock in which a
// moment lies.
func (j *jointHours) day(side office.Side, at time.Time) []office.Span {
	local := at.In(j.zones[side])
	date := local.Format(time.DateOnly)
	for _, holiday := range j.said[side].Holidays {
		if holiday.Date == date {
			return holiday.Hours
		}
	}
	return j.said[side].Week[(int(local.Weekday())+6)%7]
}

// due is when so many minutes of the clock for a precedence have passed.
func (j *jointHours) due(p office.Precedence, from time.Time, minutes int) time.Time {
	if p == office.Flash || p == office.Immediate {
		return from.Add(time.Duration(minutes) * time.Minute)
	}
	begun := int(from.Sub(yearBegins) / time.Minute)
	n, _ := slices.BinarySearch(j.open, j.open[begun]+int32(minutes))
	return yearBegins.Add(time.Duration(n) * time.Minute)
}

var acknowledgeWithin = map[office.Precedence]int{office.Flash: 10, office.Immediate: 30, office.Priority: 180, office.Routine: 360}

// acknowledge is when a dispatch is to be acknowledged: ROUTINE also an hour after a
// joint working day begins, after four hours without a minute in which both were open.
func (j *jointHours) acknowledge(p office.Precedence, from time.Time) time.Time {
	due := j.due(p, from, acknowledgeWithin[p])
	if p != office.Routine {
		return due
	}
	for i := int(from.Sub(yearBegins)/time.Minute) + acknowledgeWithin[p]; ; i++ {
		begins := yearBegins.Add(time.Duration(i) * time.Minute)
		if !begins.Before(due) {
			return due
		}
		if i >= 240 && j.open[i+1] > j.open[i] && j.open[i] == j.open[i-240] && !begins.Before(from.Add(time.Duration(acknowledgeWithin[p])*time.Minute)) {
			if hour := j.due(p, begins, 60); hour.Before(due) {
				return hour
			}
			return due
		}
	}
}
