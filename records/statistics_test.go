package records_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
)

// TestStatisticsAreCountedAndTheSameOnBothSides counts by hand what two sides do
// in September and October 2018.
func TestStatisticsAreCountedAndTheSameOnBothSides(t *testing.T) {
	w := newWorld(t, "north", "south")
	w.charter.Channels[0].Checks, w.charter.Channels[0].Offset = office.DefaultChecks(), 540
	turn := func(text string) {
		at, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		w.now = at
	}
	turn("2018-09-24 00:00") // a Monday, 09:00 in Seoul
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	if empty := statistics(t, w, "north", "", "", ""); len(empty.Figures) != 0 || empty.Until != 0 || empty.Settled.Count != 0 || len(empty.Months) != 1 {
		t.Errorf("of an empty office: %+v", empty)
	}
	w.found()
	weekdays := make([][]office.Span, 7)
	for i := range weekdays {
		if weekdays[i] = []office.Span{}; i < 5 {
			weekdays[i] = append(weekdays[i], office.Span{From: "09:00", Until: "17:00"})
		}
	}
	duty := "duty-officer"
	for _, side := range w.sides {
		w.mustWrite(side, duty, office.KindHours, &office.HoursBody{
			From: "2018-09-24T00:00Z", Week: weekdays, Zone: "Asia/Seoul", Offsets: []office.Offset{{From: "2018-09-24T00:00Z", Minutes: 540}},
		})
	}
	form := &office.Form{
		Code: "cq", Name: office.Words{"en": "Question"}, Purpose: office.Words{"en": "To ask."}, Asks: office.AsksAnswer, Hours: 1, Precedence: office.Priority,
		Fields: []office.FormField{{ID: "what", Name: office.Words{"en": "What"}, Type: office.FieldLine, Required: true}},
	}
	meeting := &office.Form{
		Code: "mt", Name: office.Words{"en": "Meeting"}, Purpose: office.Words{"en": "To meet."}, Asks: office.AsksAnswer, Precedence: office.Routine, Fields: form.Fields,
		Answers: []office.Choice{{ID: "confirm", Name: office.Words{"en": "Yes"}}, {ID: "regrets", Name: office.Words{"en": "No"}}},
	}
	for _, form := range []*office.Form{form, meeting} {
		w.mustWrite("north", duty, office.KindProposeForm, &office.ProposeFormBody{Form: form})
		w.exchange()
		w.mustWrite("south", duty, office.KindAgreeForm, &office.AgreeFormBody{Hash: office.HashForm(form)})
		w.exchange()
	}
	number := map[office.Side]int64{}
	send := func(from office.Side, change func(*office.DispatchBody)) office.EntryID {
		number[from]++
		body := w.dispatch(from, number[from], "Text.")
		change(body)
		id := w.mustWrite(from, duty, office.KindDispatch, body)
		w.exchange()
		return id
	}
	as := func(p office.Precedence) func(*office.DispatchBody) {
		return func(b *office.DispatchBody) { b.Precedence = p }
	}
	acknowledge := func(by office.Side, id office.EntryID) {
		w.mustWrite(by, duty, office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id})
		w.exchange()
	}
	asked := func(b *office.DispatchBody) {
		b.Precedence, b.Form = office.Priority, &office.Filled{Code: "cq", Hash: office.HashForm(form), Values: map[string]string{"what": "Why?"}}
	}

	// The South has a watch from 00:30 to 06:30 UTC on Tuesday, one hour of it with two.
	turn("2018-09-25 00:30")
	watch := w.mustWrite("south", duty, office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
	w.exchange()
	turn("2018-09-25 01:00")
	first := send("north", as(office.Flash))
	turn("2018-09-25 01:04")
	acknowledge("south", first) // 4 minutes, in time
	turn("2018-09-25 01:05")
	second := send("north", as(office.Flash))
	turn("2018-09-25 01:35")
	acknowledge("south", second) // 30 minutes, late
	send("north", func(b *office.DispatchBody) { b.Mark = office.Exercise })
	turn("2018-09-25 06:30")
	w.mustWrite("south", duty, office.KindWatchEnd, &office.WatchEndBody{Watch: watch})
	// PRIORITY has three joint hours: from 16:00 on Friday they end on Monday, in the next month.
	turn("2018-09-28 07:00")
	third := send("south", as(office.Priority))
	turn("2018-09-28 07:30")
	question := send("north", asked)
	turn("2018-10-01 01:00")
	acknowledge("north", third) // 66 hours, in time
	send("south", func(b *office.DispatchBody) { b.Reply = &question })
	turn("2018-10-02 00:00")
	late := send("north", asked) // nobody answers
	withdrawn := send("north", asked)
	send("north", func(b *office.DispatchBody) {
		b.Relation = &office.Relation{Dispatch: withdrawn, Kind: office.Cancellation}
	})
	_ = late
	// Two meetings are proposed to the South: one it confirms, one it regrets. The third is not answered.
	for _, answer := range []string{"confirm", "regrets", ""} {
		proposal := send("north", func(b *office.DispatchBody) {
			b.Precedence, b.Form = office.Routine, &office.Filled{Code: "mt", Hash: office.HashForm(meeting), Values: map[string]string{"what": "Talks."}}
		})
		if answer != "" {
			send("south", func(b *office.DispatchBody) { b.Reply, b.Answer = &proposal, answer })
		}
	}
	// Of the tenders of the South one is accepted, one declined, one withdrawn at once, one left, and one is an exercise.
	tender := func(until string, mark office.Mark) office.EntryID {
		id := w.mustWrite("south", duty, office.KindTender, &office.TenderBody{
			Attention: "Ri S.", Channel: "liaison", Mark: mark, Name: "Cho M.", Precedence: office.Routine, Subject: "Talks", To: []office.Side{"north"}, Until: office.Minute(until),
		})
		w.exchange()
		return id
	}
	accepted, declined, taken := tender("2018-10-03T00:00Z", ""), tender("2018-10-03T00:00Z", ""), tender("2018-10-03T00:00Z", "")
	tender("2018-10-03T00:00Z", "")
	waiting := tender("2018-11-03T00:00Z", "")
	tender("2018-10-03T00:00Z", office.Exercise)
	w.mustWrite("north", duty, office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderAccept, Tender: accepted})
	w.mustWrite("north", duty, office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderDecline, Reason: office.DeclineSubject, Tender: declined})
	w.mustWrite("south", duty, office.KindTenderEnd, &office.TenderWithdrawBody{Tender: taken})
	w.exchange()
	// Line checks on Tuesday, 2 October: the South calls on even days.
	turn("2018-10-02 00:02")
	call := w.mustWrite("south", duty, office.KindCheck, &office.CheckBody{Channel: "liaison", Due: "2018-10-02T00:00Z", Text: "neutral"})
	w.exchange()
	turn("2018-10-02 00:20")
	w.mustWrite("north", duty, office.KindCheckAnswer, &office.CheckAnswerBody{Check: call, Heard: office.Readable})
	w.exchange()
	// A suspension of 36 hours, an attempt by telephone, and the end of the count.
	suspension := w.mustWrite("north", duty, office.KindSuspension, &office.SuspensionBody{Channels: []string{"liaison"}, From: "2018-10-03T00:00Z", Reason: "Talks are off."})
	turn("2018-10-03 06:00")
	w.mustWrite("south", duty, office.KindAttempt, &office.AttemptBody{
		Channel: "liaison", Means: office.Telephone, Moment: "2018-10-03T05:59Z", Outcome: office.NoAnswer, To: []office.Side{"north"},
	})
	w.mustWrite("north", duty, office.KindResumption, &office.ResumptionBody{Suspension: suspension, Channels: []string{"liaison"}, From: "2018-10-04T12:00Z"})
	w.exchange()
	turn("2018-10-05 12:00")
	w.mustWrite("north", duty, office.KindNote, &office.NoteBody{Channel: "liaison", Text: "Good night.", To: []office.Side{"south"}})
	w.mustWrite("south", duty, office.KindNote, &office.NoteBody{Channel: "liaison", Text: "Good night.", To: []office.Side{"north"}})
	w.exchange()

	north, south := statistics(t, w, "north", "", "", ""), statistics(t, w, "south", "", "", "")
	if !reflect.DeepEqual(north, south) {
		t.Errorf("the sides differ:\nnorth %+v\nsouth %+v", north, south)
	}
	if north.NotCounted != 0 || north.Until != w.now.UnixMilli() || !reflect.DeepEqual(north.Months, []string{"2018-09", "2018-10"}) || !north.Whole("2018-09") || north.Whole("2018-10") {
		t.Errorf("settled up to %s, %d not counted, months %v", time.UnixMilli(north.Until).UTC(), north.NotCounted, north.Months)
	}
	const min, hour = 60_000, 3_600_000
	for _, c := range []struct {
		month, channel string
		side           office.Side
		want           map[string]int64 // all others are 0
	}{
		{"2018-09", "", "north", map[string]int64{
			"released.FLASH": 2, "released.PRIORITY": 1, "marked": 1, "checks.called": 0, "checks.not-called": 4, "checks.no-call": 6,
			"acknowledged.asked": 1, "acknowledged.in_time": 1, "acknowledged.median_ms": 66 * hour, "acknowledged.p90_ms": 66 * hour, "acknowledged.longest_ms": 66 * hour,
			"acknowledged.PRIORITY.asked": 1, "acknowledged.PRIORITY.in_time": 1, "acknowledged.PRIORITY.median_ms": 66 * hour, "acknowledged.PRIORITY.p90_ms": 66 * hour, "acknowledged.PRIORITY.longest_ms": 66 * hour,
			"watch.open_ms": 40 * hour,
		}},
		{"2018-09", "", "south", map[string]int64{
			"released.PRIORITY": 1, "checks.not-called": 6, "checks.no-call": 4,
			"acknowledged.asked": 3, "acknowledged.in_time": 1, "acknowledged.late": 1, "acknowledged.overdue": 1, "acknowledged.median_ms": 4 * min, "acknowledged.p90_ms": 30 * min, "acknowledged.longest_ms": 30 * min,
			"acknowledged.FLASH.asked": 2, "acknowledged.FLASH.in_time": 1, "acknowledged.FLASH.late": 1, "acknowledged.FLASH.median_ms": 4 * min, "acknowledged.FLASH.p90_ms": 30 * min, "acknowledged.FLASH.longest_ms": 30 * min,
			"acknowledged.PRIORITY.asked": 1, "acknowledged.PRIORITY.overdue": 1,
			"answers.asked": 1, "answers.late": 1, "watch.begun": 1, "watch.held_ms": 6 * hour, "watch.open_ms": 40 * hour, "watch.covered_ms": 6 * hour,
		}},
		{"2018-10", "liaison", "north", map[string]int64{
			"released.PRIORITY": 2, "released.ROUTINE": 4, "checks.late": 1, "checks.not-called": 6, "checks.no-call": 3,
			"acknowledged.asked": 3, "acknowledged.overdue": 3, "acknowledged.ROUTINE.asked": 3, "acknowledged.ROUTINE.overdue": 3,
			"meetings.proposed": 3, "tenders.asked": 5, "tenders.accepted": 1, "tenders.declined": 1, "tenders.left": 1, "tenders.waiting": 1, "tenders.withdrawn": 1,
			"suspensions": 1, "suspended_ms": 36 * hour,
		}},
		{"2018-10", "", "south", map[string]int64{
			"released.ROUTINE": 3, "checks.called": 1, "checks.not-called": 3, "checks.no-call": 6,
			"acknowledged.asked": 6, "acknowledged.overdue": 6, "acknowledged.PRIORITY.asked": 2, "acknowledged.PRIORITY.overdue": 2, "acknowledged.ROUTINE.asked": 4, "acknowledged.ROUTINE.overdue": 4,
			"answers.asked": 5, "answers.in_time": 2, "answers.open": 1, "answers.overdue": 1, "answers.withdrawn": 1,
			"meetings.confirmed": 1, "meetings.regretted": 1, "tenders.offered": 5, "attempts.no-answer": 1, "watch.open_ms": 40 * hour,
		}},
	} {
		figures := of(t, north, c.month, c.channel, c.side)
		for _, f := range office.AllFigures {
			if got := f.Of(figures); got != c.want[f.Name] {
				t.Errorf("%s, %q, %s: %s is %d, want %d", c.month, c.channel, c.side, f.Name, got, c.want[f.Name])
			}
		}
	}
	one := statistics(t, w, "south", "2018-09", "2018-10", "liaison")
	if len(one.Figures) != 4 || !reflect.DeepEqual(one.Figures[2], *of(t, north, "2018-10", "liaison", "north")) {
		t.Errorf("of one channel: %+v", one.Figures)
	}
	if none := statistics(t, w, "south", "2001-01", "2001-02", "river"); len(none.Figures) != 4 || none.Figures[0].Released["FLASH"] != 0 {
		t.Errorf("of nothing: %+v", none.Figures)
	}

	// What has reached one side alone is counted by neither.
	w.mustWrite("south", duty, office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: question})
	w.mustWrite("south", duty, office.KindTenderEnd, &office.TenderWithdrawBody{Tender: waiting})
	w.nodes["south"].settle()
	if after := statistics(t, w, "south", "", "", ""); after.NotCounted != 2 || !reflect.DeepEqual(after.Figures, south.Figures) || after.Settled != south.Settled {
		t.Errorf("with an entry that is not settled: %d not counted", after.NotCounted)
	}
	for _, bad := range [][2]string{{"2018-10", "2018-09"}, {"x", ""}, {"", "x"}, {"2018-01", "2020-01"}} {
		if _, err := w.nodes["south"].records.Statistics(ctx, bad[0], bad[1], ""); !errors.Is(err, records.ErrMonths) {
			t.Errorf("from %q to %q: %v", bad[0], bad[1], err)
		}
	}
	w.exchange()
	recordstest.Same(t, w.nodes["north"].records, w.nodes["south"].records)
	w.close()
}

func statistics(t *testing.T, w *world, side office.Side, from, to, channel string) records.Statistics {
	t.Helper()
	s, err := w.nodes[side].records.Statistics(ctx, from, to, channel)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func of(t *testing.T, s records.Statistics, month, channel string, side office.Side) *office.Figures {
	t.Helper()
	for i := range s.Figures {
		if f := &s.Figures[i]; f.Month == month && f.Channel == channel && f.Side == side {
			return f
		}
	}
	t.Fatalf("no figures of %s, %q, %s", month, channel, side)
	return nil
}
