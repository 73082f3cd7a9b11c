package office

import (
	"bytes"
	"os"
	"testing"
)

// central are the hours of a side in Berlin, whose clock goes forward on 2018-03-25
// at 01:00 UTC and back on 2018-10-28 at 01:00 UTC.
func central(week [][]Span) Calendar {
	return NewCalendar([]Hours{{
		From: moment("2000-01-01 00:00"), Week: week,
		Offsets: []Offset{{"2000-01-01T00:00Z", 60}, {"2018-03-25T01:00Z", 120}, {"2018-10-28T01:00Z", 60}},
	}})
}

// Whoever comes when the station opens has an hour; nobody is late who could not be in time.
func TestRoutineIsAcknowledgedInTheFirstHourOfTheNextWorkingDay(t *testing.T) {
	korea := testCalendar(540, weekdays)
	short := testCalendar(540, slicesOf(Span{"09:00", "09:20"}, Span{"14:00", "17:00"}))
	clock := Clock{Acknowledge: 6 * 60 * 60, Opening: true, Precedence: Routine}
	for _, test := range []struct {
		name     string
		sides    []Calendar
		at, want string
	}{
		{"within the day", []Calendar{korea, korea}, "2018-10-08 00:30", "2018-10-08 06:30"},
		{"in the afternoon", []Calendar{korea, korea}, "2018-10-10 05:00", "2018-10-11 01:00"},
		{"after half an hour of the day's six", []Calendar{korea, korea}, "2018-10-10 02:30", "2018-10-11 00:30"},
		{"in the night", []Calendar{korea, korea}, "2018-10-14 18:00", "2018-10-15 01:00"},
		{"on Friday", []Calendar{korea, korea}, "2018-10-12 04:00", "2018-10-15 01:00"},
		{"where the first opening is shorter than an hour", []Calendar{korea, short}, "2018-10-10 07:00", "2018-10-11 05:40"},
		{"at sides that never close", []Calendar{nil, nil}, "2018-10-13 04:00", "2018-10-13 10:00"},
	} {
		if got := NewJointClock(test.sides, moment(test.at)).Acknowledge(5, clock, moment(test.at)); got != moment(test.want) {
			t.Errorf("%s, from %s: got %s, want %s", test.name, test.at, MinuteOf(got), test.want)
		}
	}
}

func TestRoutineIsAcknowledgedInSixHoursOrWhenTheNextWorkingDayBegins(t *testing.T) {
	korea := testCalendar(540, weekdays)
	holiday := testCalendar(540, weekdays, Holiday{Date: "2018-10-09", Hours: []Span{}})
	noon := [][]Span{}
	for day := range daysOfWeek {
		noon = append(noon, nil)
		if day < 5 {
			noon[day] = []Span{{"09:00", "12:00"}, {"13:00", "18:00"}}
		}
	}
	nights := slicesOf(Span{"00:00", "03:00"}, Span{"20:00", "24:00"})
	clock := Clock{Acknowledge: 6 * 60 * 60, Opening: true, Precedence: Routine}
	for _, test := range []struct {
		name     string
		sides    []Calendar
		at, want string
	}{
		{"within the day", []Calendar{korea, korea}, "2018-10-08 00:30", "2018-10-08 06:30"},
		{"to the end of the day", []Calendar{korea, nil}, "2018-10-08 02:00", "2018-10-08 08:00"},
		{"in the afternoon", []Calendar{korea, korea}, "2018-10-10 05:00", "2018-10-11 00:00"},
		{"before a holiday of one side", []Calendar{korea, holiday}, "2018-10-08 05:00", "2018-10-10 00:00"},
		{"on the holiday", []Calendar{korea, holiday}, "2018-10-09 03:00", "2018-10-10 00:00"},
		{"on Friday", []Calendar{korea, korea}, "2018-10-12 04:00", "2018-10-15 00:00"},
		{"on Saturday", []Calendar{korea, korea}, "2018-10-13 04:00", "2018-10-15 00:00"},
		{"on Monday before it opens", []Calendar{korea, korea}, "2018-10-14 23:59", "2018-10-15 06:00"},
		{"on Sunday in the night", []Calendar{korea, korea}, "2018-10-14 18:00", "2018-10-15 00:00"},
		{"over the break at noon, which begins no day", []Calendar{testCalendar(540, noon)}, "2018-10-08 00:00", "2018-10-08 07:00"},
		{"in the break at noon", []Calendar{testCalendar(540, noon)}, "2018-10-08 03:30", "2018-10-09 00:00"},
		{"at sides that never close", []Calendar{nil, nil}, "2018-10-13 04:00", "2018-10-13 10:00"},
		{"at a side that is open day and night", []Calendar{testCalendar(0, slicesOf(Span{"00:00", "24:00"}))}, "2018-10-13 20:00", "2018-10-14 02:00"},
		{"at a side that never opens", []Calendar{testCalendar(0, slicesOf())}, "2018-10-13 04:00", "2018-10-13 10:00"},
		{"on Friday, before the clock goes forward", []Calendar{central(weekdays)}, "2018-03-23 12:00", "2018-03-26 07:00"},
		{"on Friday, before the clock goes back", []Calendar{central(weekdays)}, "2018-10-26 11:00", "2018-10-29 08:00"},
		{"in the night in which it goes forward, over the hour that is not", []Calendar{central(nights)}, "2018-03-24 21:00", "2018-03-25 18:00"},
		{"in the night in which it goes back, over the hour that is twice", []Calendar{central(nights)}, "2018-10-27 19:30", "2018-10-28 01:30"},
	} {
		at := moment(test.at)
		for _, from := range []int64{at, at - 1, at - 30*dayLength, at + dayLength} { // also for moments before it is of use
			if got := NewJointClock(test.sides, from).Acknowledge(4, clock, at); got != moment(test.want) {
				t.Errorf("%s, from %s: got %s, want %s", test.name, test.at, MinuteOf(got), test.want)
			}
		}
		without := clock
		without.Opening = false
		if got, want := NewJointClock(test.sides, at).Acknowledge(Version, without, at), Due(Routine, clock.Acknowledge, at, test.sides); got != want {
			t.Errorf("%s, without the member: got %s, want %s", test.name, MinuteOf(got), MinuteOf(want))
		}
	}
}

// slicesOf gives a week with the same spans on each day.
func slicesOf(day ...Span) (week [][]Span) {
	for range daysOfWeek {
		week = append(week, day)
	}
	return week
}

func TestAnAnswerIsDueByTheFormOrByTheCharter(t *testing.T) {
	korea := testCalendar(540, weekdays)
	friday := moment("2018-10-12 07:00") // an hour before the station closes
	asks := func(p Precedence, hours int64, mode Mode) *Form {
		return &Form{Asks: AsksAnswer, Hours: hours, Mode: mode, Precedence: p}
	}
	for _, test := range []struct {
		name  string
		rules int64
		p     Precedence
		f     *Form
		want  string // empty: no time
	}{
		{"no form", 4, Routine, nil, ""},
		{"a form that asks for nothing", 4, Routine, &Form{Asks: AsksNothing, Precedence: Routine}, ""},
		{"PRIORITY by the charter: a working day", 4, Priority, asks(Priority, 0, ""), "2018-10-15 07:00"},
		{"ROUTINE by the charter: five working days", 4, Routine, asks(Routine, 0, ""), "2018-10-19 07:00"},
		{"IMMEDIATE by the charter", 4, Immediate, asks(Immediate, 0, ""), "2018-10-12 13:00"},
		{"FLASH by the charter", 4, Flash, asks(Flash, 0, ""), "2018-10-12 08:00"},
		{"the hours of the form, in joint hours", 4, Routine, asks(Routine, 2, ""), "2018-10-15 01:00"},
		{"the same before rules version 4", 3, Routine, asks(Routine, 2, ""), "2018-10-12 09:00"},
		{"a dispatch that is sent as FLASH", 4, Flash, asks(Routine, 2, ""), "2018-10-12 09:00"},
		{"a form of IMMEDIATE", 4, Priority, asks(Immediate, 2, ""), "2018-10-12 09:00"},
		{"a form of distress", 4, Priority, asks(Priority, 2, ModeDistress), "2018-10-12 09:00"},
	} {
		charter := FoundingCharter("kaesong.example", test.rules, nil)
		d := &Dispatch{At: friday, From: "south", ID: EntryID{"south", 1}, Precedence: test.p, To: []Side{"north"}}
		w := charter.Wait(d, test.f, NewJointClock([]Calendar{korea, nil}, friday))
		want := int64(0)
		if test.want != "" {
			want = moment(test.want)
		}
		if w.Answer != want {
			t.Errorf("%s: got %s, want %s", test.name, MinuteOf(w.Answer), test.want)
		}
		read := []Acknowledgement{{At: friday + minute, Side: "north"}}
		if list := Questions(d, read, nil, test.f, w); want > 0 && (len(list) != 1 || list[0].Awaits != AwaitsAnswer || list[0].Due != want) {
			t.Errorf("%s: it waits for %+v", test.name, list)
		}
		if want > 0 { // the statistics judge it by the same moment
			for late, figures := range map[int64]Answering{0: {Asked: 1, InTime: 1}, 1: {Asked: 1, Late: 1}} {
				schedules := Schedules{{Clocks: charter.Clocks, From: friday - 1, Rules: test.rules}}
				tally := NewTally([]string{"2018-10"}, friday+100*dayLength, func(EntryID) bool { return true }, []Side{"north", "south"}, nil, schedules,
					map[Side]Calendar{"south": korea, "north": nil})
				tally.Answers("liaison", test.p, test.f, nil, &Acknowledgements{Given: read, Time: friday}, &Handling{Answered: []Answer{{At: want + late, Side: "north"}}})
				if got := tally.cell(0, "", "north").Answers; got != figures {
					t.Errorf("%s, answered %d ms late: %+v", test.name, late, got)
				}
			}
		}
	}
}

func TestACharterWithAllClocksAndPostsHasItsGoldenBytes(t *testing.T) {
	const file = "../spec/testdata/kinds/charter.propose-4.json"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := Encode(&ProposeBody{Amends: HashCharter(testFounding()), Charter: testCharters()["with-clocks-and-posts"], Note: "When to answer."})
	if err != nil || !bytes.Equal(encoded, golden) {
		t.Errorf("%v\ngot  %s\nwant %s (%s)", err, encoded, golden, file)
	}
	if v := Check(KindPropose, golden); !v.Done() {
		t.Errorf("it is refused: %s", sayVerdict(v))
	}
	for _, rules := range []int64{1, 2, 3} {
		if _, v := inForce(Kinds, rules, KindPropose).read(golden); v.Void != Malformed {
			t.Errorf("rules version %d say of it: %s", rules, sayVerdict(v))
		}
	}
	early, err := Encode(&CharterBody{testCharters()["with-an-early-clock"]})
	if _, v := inForce(Kinds, 1, KindCharter).read(early); err != nil || v.Void != Malformed {
		t.Errorf("%v; a founding charter that is older than its clocks: %s", err, sayVerdict(v))
	}
}
