package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/ledger"
	"liaison.example/office"
	"liaison.example/records"
)

// Silence is what one side waits for from another, and why nothing has come, as
// this node sees it.
type Silence struct {
	records.Question
	office.Silence
}

// Other is the side at the other end of the line that it is about.
func (s *Silence) Other(own office.Side) office.Side {
	if s.From == own {
		return s.To
	}
	return s.From
}

// SilenceFilter chooses what is waited for. What is empty chooses all.
type SilenceFilter struct {
	From       office.Side // who waits
	To         office.Side // who is silent; what the other has to decide is not chosen
	Channel    string
	Precedence office.Precedence
	Cause      office.Cause
	Overdue    bool   // only what is
	Before     string // where to go on: the next that the call before gave
	Limit      int    // at most records.MaxPage; 0: all
}

func (f *SilenceFilter) chooses(s *Silence) bool {
	return (f.From == "" || s.From == f.From) && (f.To == "" || s.To == f.To && s.Awaits != office.AwaitsDecision) && (f.Channel == "" || s.Channel == f.Channel) &&
		(f.Precedence == "" || s.Precedence == f.Precedence) && (f.Cause == "" || s.Cause == f.Cause) && (!f.Overdue || s.Overdue)
}

// Silences are what is waited for, or a page of it.
type Silences struct {
	List    []Silence
	Next    string // where to go on; empty at the end
	All     int    // how many the filter chooses, on all pages
	Overdue int    // of these
	More    bool   // there are too many for all to be looked at (records.MaxOpen)
}

// Silences lists what this side waits for from others, and they from it, the most
// urgent first, with the cause of each silence at a moment.
func (n *Node) Silences(ctx context.Context, f SilenceFilter, now time.Time) (page Silences, err error) {
	var before *office.Question
	if f.Before != "" {
		if before, err = parsePlace(f.Before); err != nil {
			return page, err
		}
	}
	awaited, err := n.records.Awaited(ctx, now)
	if err != nil {
		return page, err
	}
	page.More = awaited.More
	explain := n.explain(awaited, now)
	for i := range awaited.Questions {
		s := Silence{Question: awaited.Questions[i]}
		var open bool
		if s.Silence, open = explain(&s.Question.Question); !open || !f.chooses(&s) {
			continue
		}
		page.All++
		if s.Overdue {
			page.Overdue++
		}
		switch {
		case before != nil && s.MoreUrgent(before) <= 0:
		case f.Limit == 0 || len(page.List) < min(f.Limit, records.MaxPage):
			page.List = append(page.List, s)
		case page.Next == "":
			page.Next = placeOf(&page.List[len(page.List)-1].Question.Question)
		}
	}
	return page, nil
}

// placeOf writes where a question stands in the list. It says all that the list is
// sorted by, so that it stays right when the question itself is answered.
func placeOf(q *office.Question) string {
	return fmt.Sprintf("%s %d %d %s %s %s", q.Precedence, q.Due, q.Since, q.About, q.To, q.Awaits)
}

func parsePlace(text string) (*office.Question, error) {
	words := strings.Split(text, " ")
	if len(words) != 6 {
		return nil, records.ErrBefore
	}
	due, err := strconv.ParseInt(words[1], 10, 64)
	since, err2 := strconv.ParseInt(words[2], 10, 64)
	about, err3 := office.ParseEntryID(words[3])
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, fmt.Errorf("%w: %w", records.ErrBefore, err)
	}
	return &office.Question{Precedence: office.Precedence(words[0]), Due: due, Since: since, About: about, To: words[4], Awaits: office.Awaits(words[5])}, nil
}

// SilencesOf explains what is waited for with one dispatch, also if it does not
// stand among those that are looked at.
func (n *Node) SilencesOf(ctx context.Context, line *records.DispatchLine, now time.Time) (list []Silence, err error) {
	awaited, err := n.records.Awaited(ctx, now)
	if err != nil {
		return nil, err
	}
	row, err := n.records.OfficeAt(ctx, now)
	if err != nil || row.Charter == nil {
		return nil, err
	}
	var form *office.Form
	if line.Form != nil {
		found, _, err := n.records.Form(ctx, line.Form.Hash)
		if err != nil {
			return nil, err
		}
		form = found.Form
	}
	clock := office.NewJointClock(slices.Collect(maps.Values(awaited.Calendars)), line.At)
	wait := row.Charter.Wait(&line.Dispatch, form, clock)
	row.Charter.WaitReadback(&wait, &line.Dispatch, &line.Handling, clock)
	for _, q := range office.Questions(&line.Dispatch, line.Acknowledged, &line.Handling, form, wait) {
		list = append(list, Silence{Question: records.Question{Question: q, Line: line}})
	}
	return n.explained(awaited, list, now), nil
}

// SilencesOfTender explains what is waited for with one tender.
func (n *Node) SilencesOfTender(ctx context.Context, t *office.Tender, now time.Time) (list []Silence, err error) {
	awaited, err := n.records.Awaited(ctx, now)
	if err != nil {
		return nil, err
	}
	for _, q := range office.TenderQuestions(t) {
		list = append(list, Silence{Question: records.Question{Question: q, Tender: t}})
	}
	return n.explained(awaited, list, now), nil
}

// SilencesAbout explains what is waited for with the dispatch or the tender that an
// entry is; nothing is with any other.
func (n *Node) SilencesAbout(ctx context.Context, id office.EntryID, now time.Time) ([]Silence, error) {
	line, found, err := n.records.Dispatch(ctx, id)
	if err != nil {
		return nil, err
	}
	if found {
		return n.SilencesOf(ctx, &line, now)
	}
	t, found, err := n.records.Tender(ctx, id)
	if err != nil || !found {
		return nil, err
	}
	return n.SilencesOfTender(ctx, &t, now)
}

// explained keeps the questions of this side, or to it, that are open at a moment,
// with their causes.
func (n *Node) explained(awaited *records.Awaited, asked []Silence, now time.Time) (list []Silence) {
	explain := n.explain(awaited, now)
	for _, s := range asked {
		if s.From != n.side && s.To != n.side {
			continue
		}
		var open bool
		if s.Silence, open = explain(&s.Question.Question); open {
			list = append(list, s)
		}
	}
	return list
}

// explain gives what finds the cause of a silence at a moment.
func (n *Node) explain(awaited *records.Awaited, now time.Time) func(*office.Question) (office.Silence, bool) {
	lines, own, ms := n.lines(), n.ledger.Head(n.side), now.UnixMilli()
	stands := map[office.Side]office.Stand{}
	return func(q *office.Question) (office.Silence, bool) {
		other := q.To
		if q.To == n.side {
			other = q.From
		}
		stand, known := stands[q.To]
		if !known {
			stand = awaited.Calendars[q.To].Stands(ms)
			stands[q.To] = stand
		}
		line := lines[other]
		c := office.Circumstances{
			Up: line.Up && n.haltedBy(other) == "", Received: q.From != n.side || own.Cosigned[q.To] > q.About.Index, Stand: stand,
			Watches: awaited.Watches, OnWatch: awaited.OnWatch[q.To], LeftAt: awaited.LeftAt[q.To],
		}
		if !line.Since.IsZero() {
			c.LineSince = line.Since.UnixMilli()
		}
		return q.Silence(&c, ms)
	}
}

// SilenceProof is a statement, signed by this side, of what it waits for from
// another, with the proofs of who held what at which time (spec/entries.md §3.12). It
// is about the entries given, or if none is about all that it waits for; the other side
// is found from them. With leaves, the entries of the other side go with it that show
// that no answer is among them. The answer is *Refusal if there is nothing to state.
func (n *Node) SilenceProof(ctx context.Context, about []office.EntryID, other office.Side, leaves bool, now time.Time) ([]byte, error) {
	f := SilenceFilter{From: n.side, To: other}
	page, err := n.Silences(ctx, f, now)
	if err != nil {
		return nil, err
	}
	// What this side has to decide is no silence of the other.
	list := slices.DeleteFunc(page.List, func(s Silence) bool { return s.Awaits == office.AwaitsDecision })
	if len(about) > 0 {
		list = slices.DeleteFunc(list, func(s Silence) bool { return !slices.Contains(about, s.About) })
		for _, id := range about {
			if line, found, err := n.records.Dispatch(ctx, id); err != nil {
				return nil, err
			} else if found && !slices.ContainsFunc(list, func(s Silence) bool { return s.About == id }) {
				of, err := n.SilencesOf(ctx, &line, now)
				if err != nil {
					return nil, err
				}
				list = append(list, slices.DeleteFunc(of, func(s Silence) bool { return !f.chooses(&s) })...)
			}
		}
	}
	if len(list) == 0 {
		return nil, &Refusal{Code: "silence-none"}
	}
	statement := ledger.Silence{About: list[0].To, At: now}
	for _, s := range list { // the most urgent first
		if s.To != statement.About || len(statement.Awaits) == ledger.MaxSilence {
			continue
		}
		one := ledger.SilentEntry{Index: s.About.Index, Awaits: string(s.Awaits), Cause: string(s.Cause)}
		if s.Due > 0 {
			one.Due = time.UnixMilli(s.Due)
		}
		statement.Awaits = append(statement.Awaits, one)
	}
	if err := n.describeSilence(ctx, &statement, now); err != nil {
		return nil, err
	}
	text, err := n.ledger.ProveSilence(ctx, statement, leaves)
	switch {
	case errors.Is(err, ledger.ErrTooLong):
		return nil, &Refusal{Code: "silence-too-long"}
	case errors.Is(err, ledger.ErrNothingHeld):
		return nil, &Refusal{Code: "silence-unheld", Detail: map[string]string{"side": statement.About}}
	}
	return text, err
}

// describeSilence adds how the other side stands, by what this node knows.
func (n *Node) describeSilence(ctx context.Context, s *ledger.Silence, now time.Time) error {
	line := n.lines()[s.About]
	s.Up, s.LineSince, s.Heard = line.Up && n.haltedBy(s.About) == "", line.Since, line.LastHeard
	calendars, err := n.records.Calendars(ctx, []office.Side{s.About})
	if err != nil {
		return err
	}
	if hours := calendars[s.About].At(now.UnixMilli()); hours != nil {
		s.Hours = hours.ID.String()
	}
	watches, err := n.records.OnWatch(ctx)
	if err != nil {
		return fmt.Errorf("read who is on watch: %w", err)
	}
	for _, w := range watches {
		if w.Side == s.About {
			s.Watch = append(s.Watch, w.ID.String())
		}
	}
	return nil
}
