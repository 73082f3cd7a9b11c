package office

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// testSchedule is in force from a moment on, for north and south, at 09:00 and
// 17:00 of a clock that is ahead of UTC by minutes.
func testSchedule(from string, minutes int64) Schedule {
	return Schedule{Channels: []ChannelTimes{{DefaultChecks(), "liaison", minutes}}, From: moment(from), Sides: []Side{"north", "south"}}
}

// testCall is a call for a check that was due, with answers of so many minutes later.
func testCall(due, from Side, answered ...int64) LineCheck {
	at := moment(due)
	c := LineCheck{At: at, Channel: "liaison", Due: at, From: from}
	for _, minutes := range answered {
		c.Answers = append(c.Answers, CheckAnswer{At: at + minutes*minute, Side: otherOf(from)})
	}
	return c
}

func otherOf(side Side) Side {
	return map[Side]Side{"north": "south", "south": "north"}[side]
}

func sayChecks(list []JudgedCheck) (said []string) {
	for _, j := range list {
		said = append(said, fmt.Sprintf("%s %s %s, %s: %s, %s %s", j.Date, j.At, time.UnixMilli(j.Due).UTC().Format("2006-01-02T15:04Z"),
			j.Caller, j.Results[j.Caller], otherOf(j.Caller), j.Results[otherOf(j.Caller)]))
	}
	return said
}

func TestAMonthOfLineChecks(t *testing.T) {
	// The clock of the channel is put back by half an hour with the charter of 5 October.
	schedules := NewSchedules([]Schedule{testSchedule("2018-10-05 12:00", 510), testSchedule("2018-10-02 03:00", 540)})
	calendars := map[Side]Calendar{
		"south": testCalendar(540, weekdays, Holiday{Date: "2018-10-09", Hours: []Span{}}), // Hangul Day
		"north": nil,                                                                       // has said nothing of its hours
	}
	late := testCall("2018-10-08 08:30", "south", 20)
	late.At += 15 * minute // called late, so answered in time
	list, ok := schedules.Month("liaison", "2018-10", calendars, []LineCheck{
		testCall("2018-10-02 08:00", "south", 10),
		testCall("2018-10-03 00:00", "north", 11),
		testCall("2018-10-03 08:00", "north", 61),
		testCall("2018-10-04 00:00", "south"),
		testCall("2018-10-05 08:00", "north", 0),
		late,
		testCall("2018-10-10 00:30", "south"),
	}, moment("2018-10-10 01:29"))
	want := []string{
		"2018-10-02 17:00 2018-10-02T08:00Z, south: called, north answered",
		"2018-10-03 09:00 2018-10-03T00:00Z, north: called, south late",
		"2018-10-03 17:00 2018-10-03T08:00Z, north: called, south unanswered",
		"2018-10-04 09:00 2018-10-04T00:00Z, south: called, north unanswered",
		"2018-10-04 17:00 2018-10-04T08:00Z, south: not-called, north no-call",
		"2018-10-05 09:00 2018-10-05T00:00Z, north: not-called, south no-call",
		"2018-10-05 17:00 2018-10-05T08:00Z, north: called, south answered",
		"2018-10-08 09:00 2018-10-08T00:30Z, south: not-called, north no-call",
		"2018-10-08 17:00 2018-10-08T08:30Z, south: called, north answered",
		"2018-10-09 09:00 2018-10-09T00:30Z, north: not-due, south not-due",
		"2018-10-09 17:00 2018-10-09T08:30Z, north: not-due, south not-due",
		"2018-10-10 09:00 2018-10-10T00:30Z, south: called, north waits",
		"2018-10-10 17:00 2018-10-10T08:30Z, south: ahead, north ahead",
	}
	if got := sayChecks(list); !ok || len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if last := list[len(list)-1]; last.Date != "2018-10-31" || last.At != "17:00" || len(list) != 43 {
		t.Errorf("%d checks, the last on %s at %s", len(list), last.Date, last.At)
	}
	figures := CheckFigures(list)
	if got := fmt.Sprint(figures["north"], figures["south"]); got !=
		"map[ahead:31 answered:2 called:3 no-call:2 not-called:1 not-due:2 unanswered:1 waits:1] map[ahead:31 answered:1 called:4 late:1 no-call:1 not-called:2 not-due:2 unanswered:1]" {
		t.Errorf("figures %s", got)
	}
}

func TestAMonthIsOneOfTheCalendar(t *testing.T) {
	for _, bad := range []string{"", "2018", "2018-13", "2018-1", "2018-10-01", "1969-12", "octobre"} {
		if _, ok := (Schedules{}).Month("liaison", bad, nil, nil, 0); ok {
			t.Errorf("%q is taken for a month", bad)
		}
	}
	list, ok := Schedules{testSchedule("1970-01-01 00:00", 540)}.Month("liaison", "2018-12", nil, nil, 0)
	if !ok || len(list) != 42 || list[0].Date != "2018-12-03" || list[41].Date != "2018-12-31" {
		t.Errorf("December has %d checks, %v", len(list), ok)
	}
}

func TestWhoseTurnItIs(t *testing.T) {
	day := func(date string) int64 { return moment(date+" 00:00") / dayLength }
	for _, test := range []struct {
		sides []Side
		date  string
		want  Side
	}{
		{[]Side{"north", "south"}, "2018-10-01", "north"},
		{[]Side{"north", "south"}, "2018-10-02", "south"},
		{[]Side{"north", "south"}, "2018-10-31", "north"},
		{[]Side{"north", "south"}, "2018-11-01", "north"}, // odd after odd
		{testSides, "2018-09-14", "north"},
		{testSides, "2018-09-15", "south"},
		{testSides, "2018-09-16", "east"},
	} {
		if got := Caller(test.sides, day(test.date)); got != test.want {
			t.Errorf("%s of %v: %s, want %s", test.date, test.sides, got, test.want)
		}
	}
}

func TestADayWithFewHoursIsNoClosedDay(t *testing.T) {
	calendar := testCalendar(540, weekdays, Holiday{Date: "2018-10-10", Hours: []Span{{"09:00", "10:00"}}}, Holiday{Date: "2018-10-11", Hours: []Span{}})
	for moment, want := range map[int64]bool{
		moment("2018-10-10 08:00"): false, moment("2018-10-10 15:00"): true, moment("2018-10-11 14:59"): true, moment("2018-10-13 00:00"): true,
	} {
		if got := calendar.closedOn(moment); got != want {
			t.Errorf("%s: closed %v", MinuteOf(moment), got)
		}
	}
}

func TestTheDefaultTextHasEveryKindOfCharacter(t *testing.T) {
	charter := testFounding()
	charter.Rules, charter.Channels[0].Checks = 3, DefaultChecks()
	body, err := Encode(&CharterBody{charter})
	if err != nil {
		t.Fatal(err)
	}
	if v := Check(KindCharter, body); !v.Done() {
		t.Errorf("a charter with the default checks is refused: %s", sayVerdict(v))
	}
	for _, one := range []string{"A", "z", "0", "9", "가", "뷁", "?", "“", "·"} {
		if !strings.Contains(DefaultTexts[0].Text, one) {
			t.Errorf("no %q in it", one)
		}
	}
	charter.Rules = 2
	if body, err = Encode(&CharterBody{charter}); err != nil {
		t.Fatal(err)
	}
	if v := Check(KindCharter, body); v.Void != Malformed {
		t.Errorf("under rules version 2: %s", sayVerdict(v))
	}
}
