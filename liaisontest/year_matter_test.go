package liaisontest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"liaison.example/notify"
	"liaison.example/office"
)

// toldMatter is a matter of which the watch of a side is to be told once, and what was
// told is to be withdrawn once.
type toldMatter struct {
	matterKey
	at, until time.Time // until is zero if it is not over when the year is
}

type matterKey struct {
	side  office.Side
	what  notify.What
	about string
}

// expect notes that a side is to be told of a matter.
func (y *year) expect(side office.Side, what notify.What, about string, at time.Time) *toldMatter {
	m := &toldMatter{matterKey: matterKey{side, what, about}, at: at}
	y.told = append(y.told, m)
	return m
}

// became is what became of tenders, forms and suspensions by the story, of both sides
// together, as the statistics must have it.
type became struct {
	tenders  office.Tendering
	answers  office.Answering
	meetings office.Meeting

	suspensions int64
	suspended   time.Duration
}

func (b *became) areCounted(t *testing.T, figures []office.Figures) {
	t.Helper()
	var got became
	for _, f := range figures {
		if f.Channel != "" {
			continue
		}
		got.tenders.Offered += f.Tenders.Offered
		got.tenders.Asked += f.Tenders.Asked
		got.tenders.Accepted += f.Tenders.Accepted
		got.tenders.Declined += f.Tenders.Declined
		got.tenders.Left += f.Tenders.Left
		got.tenders.Waiting += f.Tenders.Waiting
		got.tenders.Withdrawn += f.Tenders.Withdrawn
		got.answers.Asked += f.Answers.Asked
		got.answers.InTime += f.Answers.InTime
		got.answers.Late += f.Answers.Late
		got.answers.Open += f.Answers.Open
		got.answers.Overdue += f.Answers.Overdue
		got.answers.Unobjected += f.Answers.Unobjected
		got.answers.Withdrawn += f.Answers.Withdrawn
		got.meetings.Proposed += f.Meetings.Proposed
		got.meetings.Confirmed += f.Meetings.Confirmed
		got.meetings.Regretted += f.Meetings.Regretted
		got.suspensions += f.Suspensions
		got.suspended += time.Duration(f.SuspendedMS) * time.Millisecond
	}
	if (got.suspended - b.suspended).Abs() < tick {
		got.suspended = b.suspended
	}
	if got != *b {
		t.Errorf("counted %+v, was %+v", got, *b)
	}
	t.Logf("%+v", got)
}

// undisturbed reports whether the line is up from one moment to another, and what was
// held up by the cut is read.
func undisturbed(from, until time.Time) bool {
	return until.Before(cutBegins) || from.After(cutEnds.AddDate(0, 0, 3)) && until.Before(yearEnds.AddDate(0, 0, -1))
}

// moments gives moments of the year, so many days apart, from which on the line is
// up for so long; with their numbers.
func (y *year) moments(apart, long int) func(func(int, time.Time) bool) {
	return func(yield func(int, time.Time) bool) {
		i := 0
		for day := yearBegins.AddDate(0, 0, 4); day.Before(yearEnds); day = day.AddDate(0, 0, apart) {
			at := day.Add(time.Duration(y.chance.IntN(24*60)) * time.Minute)
			if !undisturbed(at, at.AddDate(0, 0, long)) {
				continue
			}
			if !yield(i, at) {
				return
			}
			i++
		}
	}
}

// The ends that a tender can come to, one after another.
const (
	tenderServed = iota
	tenderDeclined
	tenderLeft
	tenderServedInstead
	tenderWithdrawn
	tenderEnds
)

// planTenders plans that every few days a side offers a dispatch before it goes.
func (y *year) planTenders() {
	for i, at := range y.moments(3, 3) {
		y.at(at, func() { y.offer(y.Sides[i%2], i%tenderEnds) })
	}
}

func (y *year) offer(side office.Side, end int) {
	to, until := other(side), y.now.Add(time.Duration(6*60+y.chance.IntN(24*60))*time.Minute)
	b := &office.TenderBody{
		Attention: "the head", Channel: "liaison", Name: "the minister", Precedence: office.Routine, Subject: fmt.Sprint("tender of ", y.now), Until: office.MinuteOf(until.UnixMilli()),
	}
	id := y.write(side, office.KindTender, b)
	y.reaches(id)
	y.became.tenders.Offered++
	y.became.tenders.Asked++
	waits := y.expect(to, notify.WhatTender, id.String(), y.now)
	soon := y.now.Add(time.Duration(1+y.chance.IntN(5*60)) * time.Minute) // before it is left
	answer := func(word office.TenderWord, reason office.DeclineReason) {
		y.reaches(y.write(to, office.KindTenderReply, &office.TenderAnswerBody{Answer: word, Reason: reason, Tender: id}))
		waits.until = y.now
		y.tell(to)
	}
	serve := func() {
		d := y.send(side, office.Routine, func(d *office.DispatchBody) {
			d.Attention, d.Name, d.Subject, d.Tender = b.Attention, b.Name, b.Subject, &id
		})
		y.at(y.now.Add(5*tick), func() { y.acknowledge(d) })
	}
	withdraw := func() { y.reaches(y.write(side, office.KindTenderEnd, &office.TenderWithdrawBody{Tender: id})) }
	switch end {
	case tenderServed:
		y.became.tenders.Accepted++
		y.lookAtFlag(id, office.AwaitsAcceptance, until, false)
		y.at(soon, func() {
			answer(office.TenderAccept, "")
			y.at(y.now.Add(time.Hour), serve)
		})
	case tenderDeclined:
		y.became.tenders.Declined++
		y.lookAtFlag(id, office.AwaitsAcceptance, until, false)
		y.at(soon, func() {
			answer(office.TenderDecline, office.DeclineRank)
			declined := y.expect(side, notify.WhatTenderDeclined, id.String(), y.now)
			y.at(y.now.Add(2*time.Hour), func() {
				withdraw()
				declined.until = y.now
				y.tell(side)
			})
		})
	case tenderLeft, tenderServedInstead:
		y.became.tenders.Left++
		y.lookAtFlag(id, office.AwaitsAcceptance, until, true)
		over := y.expect(side, notify.WhatTenderOver, id.String(), until)
		y.at(until.Add(time.Hour), func() {
			if end == tenderLeft {
				withdraw()
			} else {
				serve()
			}
			over.until, waits.until = y.now, y.now
			y.tell(side)
		})
	case tenderWithdrawn:
		y.became.tenders.Withdrawn++
		y.lookAtFlag(id, office.AwaitsAcceptance, until, false)
		y.at(soon, func() {
			withdraw()
			waits.until = y.now
		})
	}
}

// agreeOnForms puts three forms in force: a meeting is to be answered within a day of
// joint hours by one of two answers, to a notice that is IMMEDIATE there may be an
// objection within half a day at every hour, and distress is held back by nothing.
func (y *year) agreeOnForms() {
	words := func(text string) office.Words { return office.Words{"en": text} }
	fields := []office.FormField{{ID: "what", Name: words("What"), Required: true, Type: office.FieldLine}}
	for _, f := range []*office.Form{
		{
			Code: "mt", Name: words("Meeting"), Purpose: words("To meet."), Precedence: office.Routine, Fields: fields, Asks: office.AsksAnswer, Hours: 24,
			Answers: []office.Choice{{ID: "confirm", Name: words("We come")}, {ID: "regrets", Name: words("We do not")}},
		},
		{
			Code: "ob", Name: words("Notice"), Purpose: words("To object."), Precedence: office.Immediate, Fields: fields, Asks: office.AsksObjection, Hours: 12,
			Answers: []office.Choice{{ID: "agree", Name: words("We do not object")}, {ID: "object", Name: words("We object")}},
		},
		{Code: "ds", Name: words("Distress"), Purpose: words("Lives are at risk."), Precedence: office.Immediate, Fields: fields, Asks: office.AsksNothing, Mode: office.ModeDistress},
	} {
		y.forms[f.Code] = office.HashForm(f)
		y.write("south", office.KindProposeForm, &office.ProposeFormBody{Form: f})
		y.Equal()
		y.write("north", office.KindAgreeForm, &office.AgreeFormBody{Hash: y.forms[f.Code]})
		y.Equal()
	}
}

// planForms plans that every few days a side sends a form that asks for something.
func (y *year) planForms() {
	for i, at := range y.moments(3, 20) {
		y.at(at, func() { y.propose(y.Sides[i%2], i/2) })
	}
	for i, at := range y.moments(8, 2) {
		y.at(at, func() { y.giveNotice(y.Sides[i%2], i/2%2 == 0) })
	}
	for i, at := range y.moments(12, 25) {
		y.at(at, func() { y.considers(y.Sides[i%2], i/2%2 == 0) })
	}
}

// fillIn sends a form, which the other side acknowledges soon.
func (y *year) fillIn(side office.Side, code string, p office.Precedence) *sentDispatch {
	d := y.send(side, p, func(b *office.DispatchBody) {
		b.Form = &office.Filled{Code: code, Hash: y.forms[code], Values: map[string]string{"what": "a meeting"}}
	})
	y.at(y.now.Add(3*tick), func() { y.acknowledge(d) })
	y.became.answers.Asked++
	return d
}

// reply answers a form, or objects.
func (y *year) reply(to *sentDispatch, answer string) {
	d := y.send(other(to.id.Side), to.precedence, func(b *office.DispatchBody) { b.Reply, b.Answer = &to.id, answer })
	y.at(y.now.Add(4*tick), func() { y.acknowledge(d) })
	y.tell(other(to.id.Side))
}

// propose proposes a meeting, to which every third answer comes late.
func (y *year) propose(side office.Side, i int) {
	d := y.fillIn(side, "mt", office.Routine)
	due := y.open.due(office.Routine, d.at, 24*60)
	answer, when := "confirm", d.at.Add(4*tick+time.Duration(y.chance.Float64()*float64(due.Sub(d.at)-time.Hour)))
	if y.became.meetings.Proposed++; i%2 == 0 {
		answer = "regrets"
		y.became.meetings.Regretted++
	} else {
		y.became.meetings.Confirmed++
	}
	late := i%3 == 0
	y.lookAtFlag(d.id, office.AwaitsAnswer, due, late)
	if !late {
		y.became.answers.InTime++
		y.at(when, func() { y.reply(d, answer) })
		return
	}
	y.became.answers.Late++
	overdue := y.expect(other(side), notify.WhatAnswer, d.id.String(), due)
	y.at(due.Add(2*time.Hour), func() {
		overdue.until = y.now
		y.reply(d, answer)
	})
}

// considers proposes a meeting, to which the other side gives a holding reply, and then
// answers by the day that it has named or after it. By the form both are late.
func (y *year) considers(side office.Side, kept bool) {
	d := y.fillIn(side, "mt", office.Routine)
	due := y.open.due(office.Routine, d.at, 24*60)
	until := due.Add(50 * time.Hour)
	y.became.meetings.Proposed++
	y.became.meetings.Confirmed++
	y.became.answers.Late++
	y.at(d.at.Add(2*time.Hour), func() {
		y.reaches(y.write(other(side), office.KindConsider, &office.ConsiderBody{Dispatch: d.id, Until: office.MinuteOf(until.UnixMilli())}))
		y.tell(other(side))
	})
	if y.lookAtFlag(d.id, office.AwaitsAnswer, until, !kept); kept {
		y.at(until.Add(-5*time.Hour), func() { y.reply(d, "confirm") })
		return
	}
	over := y.expect(other(side), notify.WhatHolding, d.id.String(), until)
	y.at(until.Add(2*time.Hour), func() {
		over.until = y.now
		y.reply(d, "confirm")
	})
}

// giveNotice gives a notice, to which the other side objects in time or not at all.
func (y *year) giveNotice(side office.Side, objected bool) {
	d := y.fillIn(side, "ob", office.Immediate)
	if y.lookAtFlag(d.id, office.AwaitsAnswer, d.at.Add(12*time.Hour), false); !objected {
		y.became.answers.Unobjected++
		return
	}
	y.became.answers.InTime++
	y.at(y.now.Add(time.Duration(10+y.chance.IntN(11*60))*time.Minute), func() { y.reply(d, "object") })
}

// planSuspensions plans that sides suspend the channel and resume it: at once, or from
// an hour that they have said before. Two of the spells are over the nights in which
// clocks are turned.
func (y *year) planSuspensions() {
	for i, days := range [][2]string{{"2015-01-20", "2015-02-03"}, {"2015-03-25", "2015-04-02"}, {"2015-09-01", "2015-09-05"}, {"2015-10-20", "2015-11-02"}} {
		side, to, channels := y.Sides[i%2], other(y.Sides[i%2]), []string{"liaison"}
		from, _ := time.Parse(time.DateOnly, days[0])
		until, _ := time.Parse(time.DateOnly, days[1])
		said := from.Add(-time.Duration(i/2) * time.Hour)
		y.became.suspensions++
		y.became.suspended += until.Sub(from)
		y.at(said, func() {
			id := y.write(side, office.KindSuspension, &office.SuspensionBody{Channels: channels, From: office.MinuteOf(from.UnixMilli()), Reason: "A flood."})
			y.reaches(id)
			suspended := y.expect(to, notify.WhatSuspended, id.String(), from)
			y.at(until, func() {
				y.reaches(y.write(side, office.KindResumption, &office.ResumptionBody{Channels: channels, Suspension: id}))
				suspended.until = until
				y.expect(to, notify.WhatResumed, id.String(), until).until = until.AddDate(0, 0, 1)
				y.at(until.AddDate(0, 0, 1).Add(tick), func() { y.tell(to) })
			})
		})
	}
}

// mattersWereTold compares what people were told of beside dispatches with what they
// were to be told, and what was withdrawn with what was over.
func (y *year) mattersWereTold() {
	y.t.Helper()
	cut := map[string]bool{} // dispatches that the cut held up: of those only that nothing comes twice
	for _, d := range y.sent {
		urgent := d.precedence == office.Flash || d.precedence == office.Immediate
		due := d.at.Add(time.Duration(acknowledgeWithin[d.precedence]) * time.Minute)
		switch {
		case !urgent || !due.Before(yearEnds) || !d.acknowledged.IsZero() && !d.acknowledged.After(due):
		case y.cut(d.at):
			cut[d.id.String()] = true
		default: // its own side tries other means
			y.expect(d.id.Side, notify.WhatUnacknowledged, d.id.String(), due).until = d.acknowledged
		}
	}
	want, told, withdrawn := map[matterKey][]*toldMatter{}, map[matterKey][]time.Time{}, map[matterKey][]time.Time{}
	for _, m := range y.told {
		want[m.matterKey] = append(want[m.matterKey], m)
	}
	raised := 0
	for side, bell := range y.bells {
		for _, m := range bell.matters {
			key, list := matterKey{side, m.what, m.about}, told
			if m.withdrawn {
				list = withdrawn
			} else {
				raised++
			}
			who := "watch"
			if m.what == notify.WhatSwap {
				who = "head"
			}
			if list[key] = append(list[key], m.at); m.who != who || m.count != 1 && !cut[m.about] {
				y.t.Errorf("%s: %+v", side, m)
			}
		}
	}
	for key, times := range told {
		if cut[key.about] {
			if len(times) > 1 || len(withdrawn[key]) > 1 {
				y.t.Errorf("%+v was told at %v, and withdrawn at %v", key, times, withdrawn[key])
			}
		} else if len(want[key]) == 0 {
			y.t.Errorf("%+v was told at %v for nothing", key, times)
		}
	}
	for key, list := range want {
		slices.SortFunc(list, func(a, b *toldMatter) int { return a.at.Compare(b.at) })
		over := slices.DeleteFunc(slices.Clone(list), func(m *toldMatter) bool { return m.until.IsZero() })
		if len(told[key]) != len(list) || len(withdrawn[key]) != len(over) {
			y.t.Errorf("%+v was told at %v and withdrawn at %v; %d and %d times were right, the first at %s", key, told[key], withdrawn[key], len(list), len(over), list[0].at)
			continue
		}
		for i, m := range list {
			if told[key][i].Sub(m.at).Abs() > tick {
				y.t.Errorf("%+v was told at %s and not at %s", key, told[key][i], m.at)
			}
		}
		for i, m := range over {
			if after := withdrawn[key][i].Sub(m.until); after < -tick || after > 24*time.Hour {
				y.t.Errorf("%+v was over at %s, and withdrawn at %s", key, m.until, withdrawn[key][i])
			}
		}
	}
	for _, what := range []notify.What{
		notify.WhatTender, notify.WhatTenderDeclined, notify.WhatTenderOver, notify.WhatAnswer, notify.WhatUnmanned, notify.WhatSuspended, notify.WhatResumed, notify.WhatUnacknowledged,
		notify.WhatNote, notify.WhatSwap, notify.WhatHolding,
	} {
		if !slices.ContainsFunc(y.told, func(m *toldMatter) bool { return m.what == what }) {
			y.t.Errorf("nobody was to be told of %s in the whole year", what)
		}
	}
	if y.flags < 900 {
		y.t.Errorf("only %d flags were looked at", y.flags)
	}
	y.t.Logf("told of %d matters, %d were to be told, looked at %d flags", raised, len(y.told), y.flags)
}
