package office

import (
	"testing"
)

// asked is a dispatch of south to north, released on Friday 2018-10-12 at 10:00 in Seoul.
func asked(p Precedence) *Dispatch {
	return &Dispatch{At: moment("2018-10-12 01:00"), Channel: "liaison", From: "south", ID: EntryID{"south", 17}, Precedence: p, To: []Side{"north"}}
}

func TestWhatIsWaitedForFollowsFromWhatWasWritten(t *testing.T) {
	charter := &Charter{Clocks: []Clock{{Acknowledge: 3 * 60 * 60, Precedence: Priority}}, Rules: 3}
	korea := []Calendar{testCalendar(540, weekdays), testCalendar(540, weekdays)}
	d := asked(Priority)
	read := []Acknowledgement{{At: moment("2018-10-12 02:00"), Side: "north"}}
	until := moment("2018-10-16 00:00")
	promised := &Handling{Considers: []Consideration{{At: moment("2018-10-12 03:00"), Side: "north", Until: until}}}
	answered := &Handling{Answered: []Answer{{Side: "north"}}}
	closed := func(sides ...Side) *Handling {
		h := &Handling{}
		for _, side := range sides {
			h.Closed = append(h.Closed, Closing{Side: side})
		}
		return h
	}
	for _, test := range []struct {
		name  string
		given []Acknowledgement
		h     *Handling
		f     *Form
		want  Awaits
		due   string
		ends  bool
	}{
		{"nothing has come", nil, nil, nil, AwaitsAcknowledgement, "2018-10-12 04:00", false},
		{"a form, and nothing has come", nil, nil, &Form{Asks: AsksAnswer, Hours: 48}, AwaitsAcknowledgement, "2018-10-12 04:00", false},
		{"acknowledged, and nothing is asked", read, nil, nil, "", "", false},
		{"acknowledged, and the form informs", read, nil, &Form{Asks: AsksNothing}, "", "", false},
		{"acknowledged, and the form informs and lists answers", read, nil, &Form{Asks: AsksNothing, Answers: []Choice{{}}}, AwaitsAnswer, "", false},
		{"acknowledged, and an answer is asked for", read, nil, &Form{Asks: AsksAnswer}, AwaitsAnswer, "", false},
		{"acknowledged, and consent is asked for in 48 hours", read, nil, &Form{Asks: AsksConsent, Hours: 48}, AwaitsAnswer, "2018-10-14 01:00", false},
		{"acknowledged, and silence is no objection", read, nil, &Form{Asks: AsksObjection, Hours: 2}, AwaitsAnswer, "2018-10-12 03:00", true},
		{"an answer was promised, without a form", nil, promised, nil, AwaitsAnswer, "2018-10-16 00:00", false},
		{"an answer was promised instead of an objection", read, promised, &Form{Asks: AsksObjection, Hours: 2}, AwaitsAnswer, "2018-10-16 00:00", false},
		{"answered", read, answered, &Form{Asks: AsksAnswer}, "", "", false},
		{"answered and never acknowledged", nil, answered, nil, "", "", false},
		{"closed by the side that asked", nil, closed("south"), nil, "", "", false},
		{"closed by the other side alone", read, closed("north"), &Form{Asks: AsksAnswer}, AwaitsAnswer, "", false},
		{"withdrawn", nil, &Handling{Relations: []Related{{Kind: Cancellation}}}, nil, "", "", false},
		{"corrected", nil, &Handling{Relations: []Related{{Kind: Correction}}}, nil, AwaitsAcknowledgement, "2018-10-12 04:00", false},
	} {
		list := Questions(d, test.given, test.h, test.f, charter.Wait(d, test.f, NewJointClock(korea, d.At)))
		if test.want == "" {
			if len(list) > 0 {
				t.Errorf("%s: got %+v", test.name, list)
			}
			continue
		}
		due := int64(0)
		if test.due != "" {
			due = moment(test.due)
		}
		if len(list) != 1 || list[0].Awaits != test.want || list[0].Due != due || (list[0].Ends > 0) != test.ends || list[0].From != "south" || list[0].To != "north" {
			t.Errorf("%s: got %+v, want %s due %s", test.name, list, test.want, test.due)
		}
	}
	d.To = []Side{"east", "north"}
	if list := Questions(d, read, nil, nil, Wait{}); len(list) != 1 || list[0].To != "east" || list[0].Due != 0 || list[0].Ladder != nil {
		t.Errorf("of two sides one has acknowledged, without a clock: %+v", list)
	}
}

func TestEachSilenceHasOneCause(t *testing.T) {
	now := moment("2018-10-12 02:00")
	monday := moment("2018-10-15 00:00")
	left := moment("2018-10-12 01:30")
	good := Circumstances{Up: true, LineSince: 1, Received: true, Stand: Stand{Said: true, Open: true}, Watches: true, OnWatch: true}
	with := func(change func(c *Circumstances)) Circumstances {
		c := good
		change(&c)
		return c
	}
	down := with(func(c *Circumstances) { c.Up, c.LineSince = false, left })
	queued := with(func(c *Circumstances) { c.Received = false })
	closed := with(func(c *Circumstances) { c.Stand = Stand{Said: true, Until: monday}; c.OnWatch, c.LeftAt = false, left })
	night := with(func(c *Circumstances) { c.Stand = Stand{Said: true, Until: monday} })
	nobody := with(func(c *Circumstances) { c.OnWatch, c.LeftAt = false, left })
	ever := with(func(c *Circumstances) { c.OnWatch = false })
	old := with(func(c *Circumstances) { c.OnWatch, c.Watches = false, false })
	all := with(func(c *Circumstances) { *c = Circumstances{Watches: true, Stand: Stand{Said: true, Until: monday}} })
	since := asked(Routine).At
	for _, test := range []struct {
		name     string
		p        Precedence
		awaits   Awaits
		declined DeclineReason
		c        Circumstances
		want     Silence
	}{
		{"the line is down", Routine, AwaitsAcknowledgement, "", down, Silence{Cause: LinkDown, Since: left}},
		{"the line is down, and it was acknowledged", Flash, AwaitsAnswer, "", down, Silence{Cause: LinkDown, Since: left}},
		{"all that can be is so", Routine, AwaitsAcknowledgement, "", all, Silence{Cause: LinkDown}},
		{"all but the line", Routine, AwaitsAcknowledgement, "", with(func(c *Circumstances) { *c = all; c.Up = true }), Silence{Cause: NotReceived, Since: since}},
		{"it has not arrived", Routine, AwaitsAcknowledgement, "", queued, Silence{Cause: NotReceived, Since: since}},
		{"the station is closed", Routine, AwaitsAcknowledgement, "", closed, Silence{Cause: StationClosed, Until: monday}},
		{"the same, for FLASH", Flash, AwaitsAcknowledgement, "", closed, Silence{Cause: StationClosed, Until: monday}},
		{"closed, and somebody is on watch", Priority, AwaitsAcknowledgement, "", night, Silence{Cause: StationClosed, Until: monday}},
		{"the same, for FLASH", Flash, AwaitsAcknowledgement, "", night, Silence{Cause: NotAcknowledged, Since: since}},
		{"the same, for IMMEDIATE", Immediate, AwaitsAcknowledgement, "", night, Silence{Cause: NotAcknowledged, Since: since}},
		{"closed for 400 days", Routine, AwaitsAcknowledgement, "", with(func(c *Circumstances) { c.Stand = Stand{Said: true} }), Silence{Cause: StationClosed}},
		{"acknowledged, and closed", Routine, AwaitsAnswer, "", closed, Silence{Cause: StationClosed, Until: monday}},
		{"FLASH acknowledged, and closed", Flash, AwaitsAnswer, "", closed, Silence{Cause: NotAnswered, Since: left}},
		{"open, and nobody is on watch", Routine, AwaitsAcknowledgement, "", nobody, Silence{Cause: NobodyOnWatch, Since: left}},
		{"nobody ever was", Routine, AwaitsAcknowledgement, "", ever, Silence{Cause: NobodyOnWatch, Since: since}},
		{"the rules do not know watches", Routine, AwaitsAcknowledgement, "", old, Silence{Cause: NotAcknowledged, Since: since}},
		{"somebody is on watch", Routine, AwaitsAcknowledgement, "", good, Silence{Cause: NotAcknowledged, Since: since}},
		{"acknowledged", Routine, AwaitsAnswer, "", good, Silence{Cause: NotAnswered, Since: left}},
		{"a tender, and nothing was said", Routine, AwaitsAcceptance, "", good, Silence{Cause: NotAccepting, Since: since}},
		{"a tender, and nobody is on watch", Routine, AwaitsAcceptance, "", nobody, Silence{Cause: NobodyOnWatch, Since: left}},
		{"a tender, and closed", Priority, AwaitsAcceptance, "", night, Silence{Cause: StationClosed, Until: monday}},
		{"a tender, and the line is down", Routine, AwaitsAcceptance, "", down, Silence{Cause: LinkDown, Since: left}},
		{"declined", Routine, AwaitsDecision, DeclineRank, good, Silence{Cause: NotAccepting, Since: left}},
		{"declined, and all that can be is so", Routine, AwaitsDecision, DeclineRank, all, Silence{Cause: NotAccepting, Since: left}},
		{"acknowledged, and nobody is on watch now", Routine, AwaitsAnswer, "", nobody, Silence{Cause: NotAnswered, Since: left}},
	} {
		q := Question{Awaits: test.awaits, Declined: test.declined, From: "south", Precedence: test.p, Read: left, Since: since, To: "north"}
		if got, open := q.Silence(&test.c, now); !open || got != test.want {
			t.Errorf("%s (%s): got %+v, want %+v", test.name, test.p, got, test.want)
		}
	}
}

func TestATenderWaitsUntilItIsAcceptedWithdrawnOrServed(t *testing.T) {
	say := func(change func(t *Tender)) string {
		tender := &Tender{At: 5, From: "south", ID: EntryID{"south", 3}, Precedence: Routine, To: []Side{"east", "north"}, Until: 10}
		change(tender)
		said := ""
		for _, q := range TenderQuestions(tender) {
			said += q.To + " " + string(q.Declined) + ","
			awaits, due := AwaitsAcceptance, int64(10)
			if q.Declined != "" {
				awaits, due = AwaitsDecision, 0
			}
			if q.Awaits != awaits || q.Due != due || q.Since != 5 || q.From != "south" {
				t.Errorf("%+v", q)
			}
		}
		return said
	}
	for _, test := range []struct {
		name, want string
		change     func(t *Tender)
	}{
		{"nothing was said", "east ,north ,", func(*Tender) {}},
		{"one accepted", "north ,", func(t *Tender) { t.Answers = []TenderAnswer{{Answer: TenderAccept, Side: "east"}} }},
		{"one declined", "east subject,north ,", func(t *Tender) {
			t.Answers = []TenderAnswer{{Answer: TenderDecline, Reason: DeclineSubject, Side: "east"}}
		}},
		{"withdrawn", "", func(t *Tender) { t.Withdrawn = &TenderEnd{} }},
		{"served", "", func(t *Tender) { t.Served = &TenderServing{Instead: true} }},
	} {
		if got := say(test.change); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTheStepOfTheLadderStandsBesideASilence(t *testing.T) {
	d := asked(Flash)
	q := Questions(d, nil, nil, nil, (&Charter{Rules: 3}).Wait(d, nil, NewJointClock(nil, d.At)))[0]
	c := Circumstances{Up: true, Received: true, Stand: Stand{Open: true}, Watches: true, OnWatch: true}
	for _, test := range []struct {
		minutes     int64
		step        int
		since       int64
		up, onWatch bool
		steps       int
	}{
		{4, 0, 0, true, true, 3}, {5, 1, 5, true, true, 3}, {11, 2, 10, true, true, 3}, {60, 3, 20, true, false, 3}, {60, 0, 0, false, true, 0},
	} {
		c.Up, c.OnWatch = test.up, test.onWatch
		s, _ := q.Silence(&c, d.At+test.minutes*minute)
		since := int64(0)
		if test.since > 0 {
			since = d.At + test.since*minute
		}
		if s.Step != test.step || s.Steps != test.steps || s.Stepped != since {
			t.Errorf("after %d minutes: got %+v", test.minutes, s)
		}
	}
	if q := Questions(d, nil, nil, nil, (&Charter{Rules: 2}).Wait(d, nil, NewJointClock(nil, d.At)))[0]; q.Ladder != nil {
		t.Error("there is a ladder before the rules know ladders")
	}
}

func TestTheLadderOfWhatIsUrgentRunsWhileTheStationIsClosed(t *testing.T) {
	for p, steps := range map[Precedence]int{Flash: 3, Immediate: 1, Priority: 0, Routine: 0} {
		d := asked(p)
		q := Questions(d, nil, nil, nil, (&Charter{Rules: 3}).Wait(d, nil, NewJointClock(nil, d.At)))[0]
		c := Circumstances{Up: true, Received: true, Stand: Stand{Said: true}, Watches: true}
		if s, _ := q.Silence(&c, d.At+60*minute); s.Cause != StationClosed || s.Steps != steps || s.Step != steps {
			t.Errorf("%s: %+v", p, s)
		}
		q.Awaits = AwaitsAnswer
		if s, _ := q.Silence(&c, d.At+60*minute); s.Steps != 0 {
			t.Errorf("%s, acknowledged: %+v", p, s)
		}
	}
}

func TestAReceiptIsLateByTheClockAtEveryHour(t *testing.T) {
	charter := &Charter{Clocks: []Clock{{Acknowledge: 6 * 60 * 60, Precedence: Routine, Receipt: 60 * 60}}, Rules: 4}
	never := []Calendar{testCalendar(0, slicesOf())}
	d := asked(Routine)
	q := Questions(d, nil, nil, nil, charter.Wait(d, nil, NewJointClock(never, d.At)))[0]
	due := d.At + 60*minute
	for _, test := range []struct {
		name         string
		up, received bool
		now, want    int64
	}{
		{"there is still time", true, false, due, 0}, {"the time is over", true, false, due + 1, due}, {"the line is down", false, false, due + 1, due}, {"it has come", true, true, due + 1, 0},
	} {
		c := Circumstances{Up: test.up, Received: test.received, Stand: Stand{Open: true}}
		if s, _ := q.Silence(&c, test.now); s.Late != test.want {
			t.Errorf("%s: %+v", test.name, s)
		}
	}
}

func TestTheClockOfASilence(t *testing.T) {
	c := Circumstances{Up: true, Received: true, Stand: Stand{Open: true}}
	q := Question{Awaits: AwaitsAnswer, Due: 1000, Precedence: Routine}
	for now, want := range map[int64]bool{999: false, 1000: false, 1001: true} {
		if s, open := q.Silence(&c, now); !open || s.Overdue != want {
			t.Errorf("at %d: %+v, %v", now, s, open)
		}
	}
	if s, _ := (&Question{Precedence: Routine}).Silence(&c, 1); s.Overdue {
		t.Error("what has no time is overdue")
	}
	q.Ends = 1000
	if _, open := q.Silence(&c, 1000); !open {
		t.Error("silence has become an answer too early")
	}
	if _, open := q.Silence(&c, 1001); open {
		t.Error("silence has not become an answer")
	}
}

func TestTheMostUrgentQuestionComesFirst(t *testing.T) {
	flash := &Question{Precedence: Flash, Since: 50}
	due := &Question{Precedence: Routine, Due: 10, Since: 5}
	later := &Question{Precedence: Routine, Due: 20, Since: 1}
	none := &Question{Precedence: Routine, Since: 1}
	order := []*Question{flash, due, later, none}
	for i := range order {
		for j := range order {
			if got := order[i].MoreUrgent(order[j]); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%d and %d: %d", i, j, got)
			}
		}
	}
}

func TestWhatSpeaksToADispatchIsFoundInAnEntry(t *testing.T) {
	about := EntryID{"south", 17}
	for _, test := range []struct {
		kind, body string
		want       bool
	}{
		{KindAcknowledge, `{"dispatch":"south/17"}`, true},
		{KindAcknowledge, `{"dispatch":"south/18"}`, false},
		{KindAcknowledge, `{"dispatch":17}`, false},
		{KindConsider, `{"dispatch":"south/17","until":"2018-10-16T00:00Z"}`, true},
		{KindDispatch, `{"reply":"south/17","text":"x"}`, true},
		{KindDispatch, `{"references":["south/17"],"text":"x"}`, false},
		{KindTenderReply, `{"tender":"south/17"}`, true},
		{KindClose, `{"dispatch":"south/17"}`, false},
		{"later.kind", `{"dispatch":"south/17"}`, false},
	} {
		if got := Speaks(test.kind, []byte(test.body), about); got != test.want {
			t.Errorf("%s %s: got %v", test.kind, test.body, got)
		}
	}
}
