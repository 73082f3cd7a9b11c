package node

import (
	"context"
	"fmt"
	"slices"
	"time"

	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// What people of our side are told of beside dispatches and line checks. It is
// gathered often: each list is bounded, and the long one is kept by the records until
// an entry comes.

// matterTold is how long people are told of what asks for nothing: a coordination
// note, or that channels are resumed.
const matterTold = 24 * time.Hour

// notesTold bounds the coordination notes that are looked at, the last ones of each
// channel.
const notesTold = 20

// mattersForUs lists the matters that wait at a moment, or will within the time for
// which something is known to come.
func (n *Node) mattersForUs(ctx context.Context, charter *office.Charter, awaited *records.Awaited, now time.Time, g *notify.Gathered) error {
	if charter.Rules < 3 {
		return nil
	}
	cosigned := n.ledger.Head(n.side).Cosigned
	for i := range awaited.Questions {
		q := &awaited.Questions[i]
		if w, is := n.matterOf(charter, q, cosigned[q.To], now.UnixMilli()); is {
			g.Waiting = append(g.Waiting, w)
		}
	}
	if err := n.notesForUs(ctx, charter.Channels, now, g); err != nil {
		return err
	}
	for _, gather := range []func(context.Context, time.Time, *notify.Gathered) error{n.suspensionsForUs, n.swapsForUs} {
		if err := gather(ctx, now, g); err != nil {
			return err
		}
	}
	return n.unmannedForUs(ctx, awaited, now, g)
}

func matter(what notify.What, p office.Precedence, channel, about, page string, side office.Side, at int64) notify.Waiting {
	return notify.Waiting{Channel: channel, From: side, Precedence: p, At: at, Matter: &notify.Matter{What: what, About: about, Page: page, Side: side}}
}

// matterOf gives the matter that a question between the sides is for our people, if
// it is one.
func (n *Node) matterOf(charter *office.Charter, q *records.Question, cosigned, now int64) (w notify.Waiting, is bool) {
	about := q.About.String()
	switch {
	case q.Ends > 0 && now > q.Ends: // silence has become an answer
		return w, false
	case q.Tender != nil && q.To == n.side:
		return matter(notify.WhatTender, office.Priority, q.Channel, about, "/tenders/"+about, q.From, q.Since), q.Declined == ""
	case q.Tender != nil && q.Declined != "":
		return matter(notify.WhatTenderDeclined, office.Priority, q.Channel, about, "/tenders/"+about, q.To, q.Read), true
	case q.Tender != nil:
		return matter(notify.WhatTenderOver, office.Priority, q.Channel, about, "/tenders/"+about, q.To, q.Due+1), true
	case q.To == n.side && q.Awaits == office.AwaitsAnswer && q.Due > 0:
		what := notify.WhatAnswer
		if office.StageOf(&q.Line.Dispatch, q.Line.Acknowledged, &q.Line.Handling, n.side) == office.StageConsidered {
			what = notify.WhatHolding
		}
		w = matter(what, office.Priority, q.Channel, about, "/dispatches/"+about, q.From, q.Due+1)
		w.Matter.Of = fmt.Sprint(q.Due) // another day may be named
		return w, true
	case q.Awaits == office.AwaitsReadback || q.Awaits == office.AwaitsConfirmation:
		return n.readbackMatter(q)
	case q.From == n.side && q.Awaits == office.AwaitsAcknowledgement && (q.Precedence == office.Flash || q.Precedence == office.Immediate):
		what, at := notify.WhatUnacknowledged, bearerAt(charter, q)
		if cosigned <= q.About.Index {
			what = notify.WhatUnreceived
			if i := slices.IndexFunc(charter.Clocks, func(c office.Clock) bool { return c.Precedence == q.Precedence && c.Receipt > 0 }); i >= 0 {
				at = q.Since + charter.Clocks[i].Receipt*1000
			}
		}
		w = matter(what, q.Precedence, q.Channel, about, "/dispatches/"+about, q.To, at)
		w.Mark = q.Line.Mark
		return w, at > 0
	}
	return w, false
}

// readbackMatter gives the matter that a read-back, or the word on one, is for our
// people: what has come is told at once, what is owed once it is overdue.
func (n *Node) readbackMatter(q *records.Question) (w notify.Waiting, is bool) {
	what, at, side := notify.WhatReadback, q.Due+1, q.From
	last, _ := q.Line.Handling.ReadbackOf(n.side)
	switch {
	case q.Awaits == office.AwaitsConfirmation && q.To == n.side:
		what, at = notify.WhatConfirmation, q.Since
	case q.Awaits == office.AwaitsConfirmation: // no time is agreed on
		return w, false
	case q.To == n.side && last != nil:
		what, at = notify.WhatDisputed, q.Read
	case q.Due == 0:
		return w, false
	case q.From == n.side:
		what, side = notify.WhatUnread, q.To
	}
	precedence := office.Priority
	if q.Precedence == office.Flash || q.Precedence == office.Immediate {
		precedence = q.Precedence
	}
	about := q.Line.ID.String()
	w = matter(what, precedence, q.Channel, about, "/dispatches/"+about, side, at)
	w.Mark, w.Matter.Of = q.Line.Mark, fmt.Sprint(at) // each read-back, and each dispute, is told for itself
	return w, true
}

// bearerAt is when our side is to try other means, since nobody of the other has
// acknowledged: when the clock has run out, or at the step that says so; 0 for never.
func bearerAt(charter *office.Charter, q *records.Question) int64 {
	at := q.Due
	for i, step := range charter.Steps(q.Channel, q.Precedence) {
		if i < len(q.Ladder) && slices.Contains(step.Do, office.StepBearer) && (at == 0 || q.Ladder[i] < at) {
			at = q.Ladder[i]
		}
	}
	return at
}

// suspensionsForUs tells of channels that another side suspends, as long as it does,
// and for a day of those that it has resumed.
func (n *Node) suspensionsForUs(ctx context.Context, now time.Time, g *notify.Gathered) error {
	channels, err := n.records.Channels(ctx)
	if err != nil {
		return err
	}
	ms, told := now.UnixMilli(), map[string]bool{}
	for _, c := range channels {
		for _, s := range c.Spells {
			w := matter(notify.WhatSuspended, office.Priority, c.Channel, s.Suspension.String(), "/relations", s.Side, s.From)
			switch {
			case s.Side == n.side || s.Ended(ms-matterTold.Milliseconds()):
				continue
			case s.Ended(ms):
				w.Matter.What, w.Precedence, w.At = notify.WhatResumed, office.Routine, *s.Until
			}
			if key := string(w.Matter.What) + w.Matter.About; !told[key] { // of many channels once
				told[key] = true
				g.Waiting = append(g.Waiting, w)
			}
		}
	}
	return nil
}

// notesForUs tells of coordination notes of a day, until our side has said something
// on the channel.
func (n *Node) notesForUs(ctx context.Context, channels []office.Channel, now time.Time, g *notify.Gathered) error {
	since := now.Add(-matterTold).UnixMilli()
	notes, next, err := n.records.Notes(ctx, records.NoteFilter{Limit: notesTold})
	if err != nil {
		return err
	}
	if next == "" || notes[len(notes)-1].Time <= since {
		n.notesOf(notes, since, g)
		return nil
	}
	// So many on one channel hide none of another.
	for _, channel := range channels {
		if notes, _, err = n.records.Notes(ctx, records.NoteFilter{Channel: channel.ID, Limit: notesTold}); err != nil {
			return err
		}
		n.notesOf(notes, since, g)
	}
	return nil
}

// notesOf tells of those notes, the last first, that came since a moment.
func (n *Node) notesOf(notes []records.NoteLine, since int64, g *notify.Gathered) {
	answered := map[string]bool{}
	for _, note := range notes {
		switch {
		case note.From == n.side:
			answered[note.Channel] = true
		case !answered[note.Channel] && note.Time > since && (len(note.To) == 0 || slices.Contains(note.To, n.side)):
			g.Waiting = append(g.Waiting, matter(notify.WhatNote, office.Routine, note.Channel, note.ID.String(), "/notes", note.From, note.Time))
		}
	}
}

// swapsForUs tells those to whom a watch is offered, and never who offers it.
func (n *Node) swapsForUs(ctx context.Context, now time.Time, g *notify.Gathered) error {
	swaps, err := n.people.Swaps(ctx)
	if err != nil {
		return err
	}
	for _, s := range swaps {
		if s.State != people.SwapOffered || !now.Before(s.Expires) {
			continue
		}
		w := matter(notify.WhatSwap, office.Routine, "", fmt.Sprint(s.ID), "/roster", "", s.Offered.At.UnixMilli())
		for _, p := range g.Persons {
			if own := p.Account == s.Offered.Who || s.Holder == people.Who(p.Account); own {
				continue
			}
			if s.To == "" && slices.Contains(p.Is, notify.WhoDuty) || s.To != "" && s.To.Is(p.Account, p.Posts...) {
				w.Who = append(w.Who, notify.Who("@"+p.Account))
			}
		}
		w.Alone = true
		if len(w.Who) > 0 {
			g.Waiting = append(g.Waiting, w)
		}
	}
	return nil
}

// unmannedForUs tells the duty officers that our side has promised a watch and nobody
// is on it: at once, or when the time that is promised begins.
func (n *Node) unmannedForUs(ctx context.Context, awaited *records.Awaited, now time.Time, g *notify.Gathered) error {
	if len(g.Watches) > 0 {
		return nil
	}
	promises, err := n.records.Promises(ctx, []office.Side{n.side})
	if err != nil || len(promises[n.side]) == 0 {
		return err
	}
	left := awaited.LeftAt[n.side]
	stand := promises[n.side].Stands(awaited.Calendars[n.side], now.UnixMilli())
	if !stand.Said || !stand.Open && stand.Until == 0 {
		return nil
	}
	w := matter(notify.WhatUnmanned, office.Priority, "", "", "/watch", "", stand.Until)
	if stand.Open { // one matter until somebody comes, or the time that is promised ends
		w.At, w.Matter.Of = left, fmt.Sprint(left, " ", stand.Until)
	}
	w.Who = []notify.Who{notify.WhoDuty}
	g.Waiting = append(g.Waiting, w)
	return nil
}
