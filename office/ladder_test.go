package office

import (
	"fmt"
	"strings"
	"testing"
)

// TestTheStepsOfALadderAreReachedAtTheirTimes reckons when the steps of each
// precedence are due, with both sides at work from 09:00 to 17:00 in Seoul.
func TestTheStepsOfALadderAreReachedAtTheirTimes(t *testing.T) {
	charter := testCharters()["with-rules-3"]
	own := testCharters()["with-ladders"]
	always, jointly := []Calendar(nil), []Calendar{NewCalendar([]Hours{{From: 0, Offsets: []Offset{{"1970-01-01T00:00Z", 540}}, Week: weekdays}})}
	for _, row := range []struct {
		name    string
		charter *Charter
		channel string
		p       Precedence
		at      string
		sides   []Calendar
		want    string
	}{
		{"FLASH", charter, "liaison", Flash, "2018-09-14 07:50", jointly, "alarm 2018-09-14T07:55Z; deputy bearer 2018-09-14T08:00Z; head 2018-09-14T08:10Z"},
		{"FLASH on a channel with a ladder of its own", own, "liaison", Flash, "2018-09-14 07:50", jointly, "alarm deputy 2018-09-14T07:53Z; head bearer 2018-09-14T07:56Z"},
		{"FLASH on a channel that is no more", own, "river", Flash, "2018-09-14 07:50", jointly, "alarm 2018-09-14T07:55Z; deputy bearer 2018-09-14T08:00Z; head 2018-09-14T08:10Z"},
		{"IMMEDIATE in the night", charter, "liaison", Immediate, "2018-09-14 14:00", jointly, "deputy bearer 2018-09-14T14:30Z"},
		{"PRIORITY while no side has hours", charter, "liaison", Priority, "2018-09-14 07:00", always, "deputy 2018-09-14T10:00Z; agenda 2018-09-16T07:00Z"},
		{"PRIORITY on a Friday at 16:00", charter, "liaison", Priority, "2018-09-14 07:00", jointly, "deputy 2018-09-17T02:00Z; agenda 2018-09-24T07:00Z"},
		{"ROUTINE on a Friday at 16:00", charter, "liaison", Routine, "2018-09-14 07:00", jointly, "check 2018-09-17T05:00Z"},
		{"ROUTINE on a channel where nothing is done", own, "liaison", Routine, "2018-09-14 07:00", jointly, ""},
	} {
		climb := row.charter.Climb(row.channel, row.p, moment(row.at), row.sides)
		var got []string
		for i, step := range climb.Steps {
			got = append(got, fmt.Sprintf("%s %s", strings.Trim(fmt.Sprint(step.Do), "[]"), MinuteOf(climb.Due[i])))
		}
		if text := strings.Join(got, "; "); text != row.want {
			t.Errorf("%s: %s, want %s", row.name, text, row.want)
		}
		if n, since := climb.Reached(moment(row.at)); n != 0 || since != 0 {
			t.Errorf("%s: step %d is reached at once", row.name, n)
		}
		for i, due := range climb.Due {
			if n, _ := climb.Reached(due - 1); n != i {
				t.Errorf("%s: before step %d %d are reached", row.name, i+1, n)
			}
			if n, since := climb.Reached(due); n != i+1 || since != due {
				t.Errorf("%s: at step %d %d are reached, since %s", row.name, i+1, n, MinuteOf(since))
			}
		}
	}
}

// TestNoStepIsDueBeforeTheOneBeforeIt takes a side that is open for four hours in all.
func TestNoStepIsDueBeforeTheOneBeforeIt(t *testing.T) {
	week := [][]Span{{}, {}, {}, {}, {}, {}, {}}
	once := Calendar{{Week: week, Holidays: []Holiday{{Date: "2019-09-14", Hours: []Span{{"09:00", "13:00"}}}}, Offsets: []Offset{{Minutes: 0}}}}
	climb := testCharters()["with-rules-3"].Climb("liaison", Priority, moment("2018-09-14 07:00"), []Calendar{once})
	if got := fmt.Sprint(MinuteOf(climb.Due[0]), " ", MinuteOf(climb.Due[1])); got != "2019-09-14T12:00Z 2019-09-14T12:00Z" {
		t.Errorf("the steps are due at %s", got)
	}
}

func TestLaddersAreReadAsTheyAreWritten(t *testing.T) {
	const text = "FLASH 5 alarm, 10 deputy bearer, 20 head\nIMMEDIATE 30 deputy bearer\nPRIORITY 180 deputy, 2880 agenda\nROUTINE 360 check"
	if got := LaddersText(DefaultLadders()); got != text {
		t.Errorf("written as %q", got)
	}
	if got := LaddersText(ReadLadders(" flash 5 Alarm,10 deputy  bearer, 20 head \n\nimmediate 30 deputy bearer\nPRIORITY 180 deputy, 2880 agenda\nROUTINE 360 check\n")); got != text {
		t.Errorf("read as %q", got)
	}
	if got := LaddersText(ReadLadders("ROUTINE none")); got != "ROUTINE none" {
		t.Errorf("no steps: %q", got)
	}
	for _, bad := range []string{"FLASH soon head", "FLASH 5", "FLASH 5 head deputy", "LATER 5 head", "ROUTINE 5 check\nFLASH 5 head"} {
		c := &checker{}
		if c.ladders("ladders", ReadLadders(bad)); c.verdict.Done() {
			t.Errorf("%q is taken", bad)
		}
	}
}
