package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// checkWaits is a line check that is due, or was called, at release, with ten minutes
// of grace and an hour until its time has run out.
func checkWaits(channel string, duty office.CheckDuty) Waiting {
	after := func(minutes int64) int64 { return release.UnixMilli() + minutes*60_000 }
	w := Waiting{Channel: channel, At: after(0), Check: &Check{Duty: duty, Due: release, At: "10:00"}, Climb: office.Climb{
		Steps: []office.Step{{After: 10, Do: []office.StepAct{office.StepDeputy}}, {After: 60, Do: []office.StepAct{office.StepHead}}}, Due: []int64{after(10), after(60)},
	}}
	if duty == office.DutySilent {
		w.At = after(60)
		w.Climb = office.Climb{Steps: []office.Step{{After: 60, Do: []office.StepAct{office.StepDeputy, office.StepBearer}}}, Due: []int64{after(60)}}
		w.Check.Silent = []office.Side{"north"}
	}
	return w
}

func TestALineCheckClimbsItsSteps(t *testing.T) {
	const climb = `
0s park check liaison 2018-10-15T01:00:00Z %[1]s step 0
10m0s lee check liaison 2018-10-15T01:00:00Z %[1]s step 1
1h0m0s kim check liaison 2018-10-15T01:00:00Z %[1]s step 2`
	for duty, lines := range map[office.CheckDuty]string{
		office.DutyCall:   fmt.Sprintf(climb, "call"),
		office.DutyAnswer: fmt.Sprintf(climb, "answer"),
		office.DutySilent: `
1h0m0s lee check liaison 2018-10-15T01:00:00Z silent step 1
1h0m0s park check liaison 2018-10-15T01:00:00Z silent step 1`,
	} {
		t.Run(string(duty), func(t *testing.T) {
			wantTold(t, turn(t, &Desk{Waiting: []Waiting{checkWaits("liaison", duty)}, Persons: staff(), Zone: time.UTC}, 3*time.Hour), lines)
		})
	}
}

func TestALineCheckKeepsQuietHoursAndIsNotToldBeforeItsTime(t *testing.T) {
	persons := staff()
	persons[0].Quiet = Quiet{From: 30, Until: 90} // it is 01:00
	w := checkWaits("liaison", office.DutyCall)
	w.At += 60_000
	d := &Desk{Waiting: []Waiting{w}, Persons: persons, Zone: time.UTC}
	if planned, next := Plan(*d, release.UnixMilli()); len(planned) != 0 || next != w.At {
		t.Errorf("before its time %+v are planned, next at %s", planned, time.UnixMilli(next).UTC())
	}
	wantTold(t, turn(t, d, 3*time.Hour), `
10m0s lee check liaison 2018-10-15T01:00:00Z call step 1
30m0s park check liaison 2018-10-15T01:00:00Z call step 0
1h0m0s kim check liaison 2018-10-15T01:00:00Z call step 2`)
}

// TestAFloodOfLineChecksIsToldAtOnce lets another side call without end, and send
// PRIORITY dispatches, which hold up no line check.
func TestAFloodOfLineChecksIsToldAtOnce(t *testing.T) {
	d := &Desk{Persons: staff()[:1], Zone: time.UTC}
	for i := range 20 {
		d.Waiting = append(d.Waiting, waiting(fmt.Sprintf("north/%03d", i+100), office.Priority))
	}
	for i := range int64(50) {
		call := Waiting{Channel: "liaison", From: "north", At: release.UnixMilli(), Check: &Check{Duty: office.DutyAnswer, Call: office.EntryID{Side: "north", Index: 100 + i}}}
		d.Waiting = append(d.Waiting, call)
	}
	d.Waiting = append(d.Waiting, checkWaits("maritime", office.DutyAnswer))
	told := slices.DeleteFunc(turn(t, d, time.Minute), func(line string) bool { return strings.Contains(line, "park north/1") })
	wantTold(t, told, `
0s park check liaison north/100 answer step 0
0s park check liaison north/101 answer step 0
0s park check liaison north/102 answer step 0
0s park check liaison north/103 answer step 0
0s park check liaison north/104 answer step 0
0s park check liaison north/149 answer step 0 of 45
0s park check maritime 2018-10-15T01:00:00Z answer step 0`)
}

// TestALineCheckIsToldOnceAndWithdrawn goes through the outbox, with a restart.
func TestALineCheckIsToldOnceAndWithdrawn(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		p := openPeople(t, db)
		p.add(t, "park", "park")
		p.add(t, "lee", "lee")
		p.waiting = []Waiting{checkWaits("liaison", office.DutyCall), checkWaits("liaison", office.DutySilent)}
		p.mustTell(t)
		p.told(t, "park: check /0 step 0")
		if last := p.sender.last[0]; last.Link != "https://south.example/checks?channel=liaison" || last.Ack != "" ||
			last.Title("en") != "Line check on liaison: our call of 10:00 is due" {
			t.Errorf("told %+v, %q", last, last.Title("en"))
		}
		p.reopen(t, db) // as after a restart
		if next := p.mustTell(t); !next.Equal(release.Add(10 * time.Minute)) {
			t.Errorf("the next look is at %s", next)
		}
		p.told(t)
		p.now = release.Add(10 * time.Minute)
		p.mustTell(t)
		p.told(t, "lee: check /0 step 1")
		p.waiting = nil // somebody has called
		p.mustTell(t)
		p.told(t, "lee: check /0 step 1 withdrawn", "park: check /0 step 0 withdrawn")
		p.waiting = []Waiting{checkWaits("liaison", office.DutyCall)}
		p.now = release.Add(30 * time.Minute)
		p.mustTell(t)
		p.told(t) // it is the same again
		list, err := p.Notices(t.Context(), "park", 10)
		if err != nil || len(list) != 1 || list[0].State != StateWithdrawn || list[0].Notice.Check.Duty != office.DutyCall {
			t.Errorf("listed: %+v, %v", list, err)
		}
	})
}

func TestAFloodOfLineChecksStandsInTheOutbox(t *testing.T) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := openPeople(t, db)
	p.add(t, "park", "park")
	for i := range int64(9) {
		p.waiting = append(p.waiting, Waiting{Channel: "liaison", From: "north", At: release.UnixMilli(), Check: &Check{Duty: office.DutyAnswer, Call: office.EntryID{Side: "north", Index: 100 + i}}})
	}
	p.mustTell(t)
	if sent := p.sender.take(); len(sent) != 6 || p.sender.last[5].Title("ko") == "" {
		t.Errorf("told %v", sent)
	}
	list, err := p.Notices(t.Context(), "park", 20)
	if err != nil || len(list) != 9 {
		t.Errorf("%d stand in the list, %v", len(list), err)
	}
	p.waiting = nil
	p.mustTell(t)
	if sent := p.sender.take(); len(sent) != 6 {
		t.Errorf("taken back: %v", sent)
	}
}

func TestWhatIsSaidOfALineCheck(t *testing.T) {
	answer := Notice{Sort: SortCheck, Channel: "liaison", From: "north", Count: 1, Check: &Check{Duty: office.DutyAnswer, Due: release, At: "10:00"}}
	later := answer
	later.Step, later.Of, later.Since, later.Acts = 1, 2, release, []office.StepAct{office.StepDeputy}
	extra, many, gone := answer, answer, answer
	extra.Check = &Check{Duty: office.DutyAnswer}
	many.Count, gone.Withdrawn = 7, true
	silent := later
	silent.Check, silent.Acts = &Check{Duty: office.DutySilent, Due: release, At: "10:00", Silent: []office.Side{"east", "north"}}, []office.StepAct{office.StepBearer}
	for _, row := range []struct {
		n           Notice
		title, body string
	}{
		{answer, "Line check on liaison: the call of 10:00 waits for our answer", "north has called. A person of our side is to answer how the test text arrived."},
		{later, "Line check on liaison: the call of 10:00 waits for our answer", "north has called. A person of our side is to answer how the test text arrived.\nNobody of our side has done it: step 1 of 2 since 2018-10-15 01:00Z.\nThe deputy is told."},
		{extra, "Line check on liaison: a call outside of the times waits for our answer", "north has called. A person of our side is to answer how the test text arrived."},
		{many, "7 line checks on liaison wait", "north has called. A person of our side is to answer how the test text arrived."},
		{gone, "Line check on liaison: nothing is to be done any more", "It was called or answered, or its time is long over."},
		{silent, "Line check on liaison: our call of 10:00 is unanswered", "No answer of east, north, and its time has run out.\nOther means are to be tried: telephone, fax."},
	} {
		if title, body := row.n.Title("en"), row.n.Body("en"); title != row.title || body != row.body {
			t.Errorf("said %q: %q, want %q: %q", title, body, row.title, row.body)
		}
	}
}
