package office

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestWhatALineCheckAsksOfEachSide looks at the check of Wednesday, 10 October 2018,
// 09:00 in Seoul, for which it is the turn of south to call.
func TestWhatALineCheckAsksOfEachSide(t *testing.T) {
	const due = "2018-10-10 00:00"
	early := testCall(due, "south")
	early.At -= 5 * minute
	late := testCall(due, "south")
	late.At += 20 * minute
	answered := testCall(due, "south", 61)
	closed := map[Side]Calendar{"north": testCalendar(540, weekdays, Holiday{Date: "2018-10-10", Hours: []Span{}})}
	for _, row := range []struct {
		name         string
		call         *LineCheck
		calendars    map[Side]Calendar
		south, north string
	}{
		{"nobody has called", nil, nil, "call from 00:00: [deputy] 00:10, [head] 01:00", ""},
		{"called early", &early, nil, "silent from 01:00: [deputy bearer] 01:00", "answer from 23:55: [deputy] 00:10, [head] 01:00"},
		{"called late", &late, nil, "silent from 01:20: [deputy bearer] 01:20", "answer from 00:20: [deputy] 00:30, [head] 01:20"},
		{"answered, though too late", &answered, nil, "", ""},
		{"a side is closed", nil, closed, "", ""},
		{"called though a side is closed", &late, closed, "", ""},
	} {
		var calls []LineCheck
		if row.call != nil {
			calls = append(calls, *row.call)
		}
		list := Schedules{testSchedule("2018-10-01 00:00", 540)}.Judge("liaison", row.calendars, calls, moment(due), moment(due)+1, moment(due))
		if len(list) != 1 {
			t.Fatalf("%s: %d checks are due", row.name, len(list))
		}
		for side, want := range map[Side]string{"south": row.south, "north": row.north} {
			if got := sayDuty(list[0].Duty(side)); got != want {
				t.Errorf("%s: %s is asked %q, want %q", row.name, side, got, want)
			}
		}
	}
}

func sayDuty(duty CheckDuty, at int64, climb Climb) string {
	if duty == "" {
		return ""
	}
	clock := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("15:04") }
	var steps []string
	for i, step := range climb.Steps {
		steps = append(steps, fmt.Sprintf("%s %s", step.Do, clock(climb.Due[i])))
	}
	return fmt.Sprintf("%s from %s: %s", duty, clock(at), strings.Join(steps, ", "))
}
