package office

import (
	"slices"
	"strings"
	"testing"
)

// TestAReadbackIsWaitedFor looks at what is waited for with a dispatch that asks for
// a read-back, step by step.
func TestAReadbackIsWaitedFor(t *testing.T) {
	d := asked(Priority)
	d.Readback = true
	read := []Acknowledgement{{At: moment("2018-10-12 02:00"), Side: "north"}}
	first := Restated{At: moment("2018-10-12 02:10"), ID: EntryID{"north", 4}, Side: "north"}
	said := func(word ReadbackWord, n int) *Handling {
		h := &Handling{}
		for range n {
			one := first
			one.Answer, one.Answered = ReadbackDispute, moment("2018-10-12 02:20")
			h.Readbacks = append(h.Readbacks, one)
		}
		h.Readbacks[n-1].Answer = word
		if word == "" {
			h.Readbacks[n-1].Answered = 0
		}
		return h
	}
	answers := &Form{Asks: AsksAnswer}
	closed := said("", 1)
	closed.Closed = []Closing{{Side: "south"}}
	considered := &Handling{Considers: []Consideration{{At: moment("2018-10-12 02:05"), Side: "north", Until: moment("2018-10-13 00:00")}}}
	for _, test := range []struct {
		name  string
		given []Acknowledgement
		h     *Handling
		f     *Form
		stage Stage
		want  string // awaits from>to about read, by blanks
	}{
		{"nothing has come", nil, &Handling{}, nil, StageReleased, "acknowledgement south>north south/17 -"},
		{"acknowledged", read, &Handling{}, nil, StageAcknowledged, "readback south>north south/17 02:00"},
		{"acknowledged, and a form asks too", read, &Handling{}, answers, StageAcknowledged, "readback south>north south/17 02:00, answer south>north south/17 02:00"},
		{"considered", nil, considered, nil, StageConsidered, "readback south>north south/17 02:05, answer south>north south/17 02:05"},
		{"answered", read, &Handling{Answered: []Answer{{Side: "north"}}}, answers, StageAnswered, "readback south>north south/17 02:00"},
		{"read back", read, said("", 1), nil, StageReadBack, "confirmation north>south north/4 02:10"},
		{"read back and never acknowledged", nil, said("", 1), answers, StageReadBack, "confirmation north>south north/4 02:10, answer south>north south/17 02:10"},
		{"disputed", read, said(ReadbackDispute, 1), nil, StageDisputed, "readback south>north south/17 02:20"},
		{"read back again", read, said("", 2), nil, StageReadBack, "confirmation north>south north/4 02:10"},
		{"disputed for the last time", read, said(ReadbackDispute, MaxReadbacks), nil, StageDisputed, ""},
		{"confirmed", read, said(ReadbackConfirm, 2), nil, StageConfirmed, ""},
		{"closed by the side that asked", read, closed, nil, StageReadBack, ""},
	} {
		var list []string
		for _, q := range Questions(d, test.given, test.h, test.f, Wait{}) {
			at := "-"
			if q.Read > 0 {
				at = string(MinuteOf(q.Read))[11:16]
			}
			list = append(list, string(q.Awaits)+" "+q.From+">"+q.To+" "+q.About.String()+" "+at)
		}
		if got := strings.Join(list, ", "); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if stage := StageOf(d, test.given, test.h, "north"); stage != test.stage {
			t.Errorf("%s: the stage is %s, want %s", test.name, stage, test.stage)
		}
	}
	d.Readback = false
	if list := Questions(d, read, &Handling{}, nil, Wait{}); len(list) != 0 {
		t.Errorf("without being asked: %+v", list)
	}
}

// TestAReadbackIsDueByItsClock has both sides at work from 09:00 to 17:00 in Seoul.
func TestAReadbackIsDueByItsClock(t *testing.T) {
	charter := FoundingCharter(testOffice, 4, nil)
	jointly := []Calendar{testCalendar(540, weekdays), testCalendar(540, weekdays)}
	disputed := &Handling{Readbacks: []Restated{{Answer: ReadbackDispute, Answered: moment("2018-10-12 07:00"), ID: EntryID{"north", 4}, Side: "north"}}}
	early := &Handling{Readbacks: []Restated{{Answer: ReadbackDispute, Answered: moment("2018-10-11 07:00"), ID: EntryID{"north", 4}, Side: "north"}}}
	for _, test := range []struct {
		name string
		p    Precedence
		h    *Handling
		want string
	}{
		{"FLASH at every hour", Flash, &Handling{}, "2018-10-12 01:20"},
		{"PRIORITY in joint hours", Priority, &Handling{}, "2018-10-12 07:00"},
		{"after a dispute anew", Priority, disputed, "2018-10-15 05:00"},
		{"a dispute dated before the release", Priority, early, "2018-10-12 07:00"},
	} {
		d := asked(test.p)
		d.Readback = true
		var w Wait
		charter.WaitReadback(&w, d, test.h, NewJointClock(jointly, d.At))
		if w.Readback["north"] != moment(test.want) || w.Disputes != test.h.Disputes() {
			t.Errorf("%s: due %s, want %s", test.name, MinuteOf(w.Readback["north"]), test.want)
		}
	}
	d := asked(Priority)
	d.Readback = true
	list := Questions(d, []Acknowledgement{{At: d.At, Side: "north"}}, nil, nil, Wait{Readback: map[Side]int64{"north": 7}})
	if len(list) != 1 || list[0].Awaits != AwaitsReadback || list[0].Due != 7 {
		t.Errorf("waited for: %+v", list)
	}
	w := Wait{Readback: map[Side]int64{"north": 7}}
	for _, c := range []*Charter{FoundingCharter(testOffice, 3, nil), {}} {
		if c.WaitReadback(&w, d, nil, NewJointClock(jointly, d.At)); len(w.Readback) > 0 {
			t.Errorf("by a charter without that clock: %v", w.Readback)
		}
	}
}

func TestAReadbackThatIsOwedIsNotAnswered(t *testing.T) {
	d := asked(Routine)
	c := Circumstances{Up: true, Received: true, Stand: Stand{Said: true, Open: true}, Watches: true}
	for _, awaits := range []Awaits{AwaitsReadback, AwaitsConfirmation} {
		q := Question{About: d.ID, Awaits: awaits, Due: d.At + 1, From: "south", Precedence: Routine, Read: d.At, Since: d.At, To: "north"}
		if s, open := q.Silence(&c, d.At+2); !open || s.Cause != NotAnswered || s.Since != d.At || !s.Overdue {
			t.Errorf("%s: %+v, %v", awaits, s, open)
		}
	}
}

func TestWhatSpeaksToAReadback(t *testing.T) {
	about := EntryID{"south", 17}
	for _, test := range []struct {
		kind, body string
		want       bool
	}{
		{KindReadback, `{"dispatch":"south/17","text":"Three."}`, true},
		{KindReadback, `{"dispatch":"south/18","text":"Three."}`, false},
		{KindReadbackReply, `{"answer":"confirmed","readback":"south/17"}`, true},
		{KindReadbackReply, `{"answer":"confirmed","readback":"south/18"}`, false},
		{KindReadbackReply, `{"readback":7}`, false},
		{KindDispatch, `{"readback":true,"reply":"south/17"}`, true},
	} {
		if got := Speaks(test.kind, []byte(test.body), about); got != test.want {
			t.Errorf("%s %s: %v", test.kind, test.body, got)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(AllAwaits)))) != len(AllAwaits) {
		t.Errorf("what can be waited for is listed twice: %v", AllAwaits)
	}
}
