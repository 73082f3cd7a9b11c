package web

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

// progress is what is known of a dispatch, in one sentence. Time raises flags;
// it never moves a state.
type progress struct {
	Shape    string // one of shapes, or "void" if withdrawn: names the mark
	Late     bool   // a clock of the charter has run out
	Sentence template.HTML
}

// due returns when a dispatch is to be acknowledged by the charter's clocks, which
// run in joint hours below IMMEDIATE.
func (v *visit) due(d *office.Dispatch) (acknowledge time.Time, ok bool) {
	if clock, ok := v.clock(d.Precedence); ok && clock.Acknowledge > 0 {
		return fromMillis(office.NewJointClock(v.jointly(), d.At).Acknowledge(v.office.Charter.Rules, clock, d.At)), true
	}
	return time.Time{}, false
}

// jointly are the calendars of all sides of the office.
func (v *visit) jointly() []office.Calendar { return slices.Collect(maps.Values(v.calendars)) }

// hoursSaid reports whether a side has said its hours.
func (v *visit) hoursSaid() bool {
	return slices.ContainsFunc(v.jointly(), func(c office.Calendar) bool { return len(c) > 0 })
}

func (v *visit) clock(p office.Precedence) (office.Clock, bool) {
	if v.office.Charter != nil {
		for _, clock := range v.office.Charter.Clocks {
			if clock.Precedence == p {
				return clock, true
			}
		}
	}
	return office.Clock{}, false
}

// progress puts into words how far a dispatch has come, for each side that it is
// addressed to. receipts are those of the dispatch.
func (v *visit) progress(line *records.DispatchLine, receipts []node.Receipt) progress {
	var p progress
	var sentences []string
	by, withdrawn := line.Handling.Withdrawn()
	if withdrawn {
		sentences = append(sentences, string(v.h("state."+string(by.Kind), "time", v.briefly(fromMillis(by.At)))))
	}
	for _, to := range line.To {
		one := v.progressTo(line, to, receipts)
		if p.Shape == "" || slices.Index(shapes, one.Shape) < slices.Index(shapes, p.Shape) {
			p.Shape = one.Shape // the side that is least far
		}
		p.Late = p.Late || one.Late
		sentences = append(sentences, string(one.Sentence))
	}
	if withdrawn {
		p.Shape, p.Late = "void", false // what no longer stands presses nobody
	}
	p.Sentence = template.HTML(strings.Join(sentences, "; "))
	return p
}

// shapes are how far a dispatch can have come, the least far first.
var shapes = []string{"queued", "received", "waits", "acknowledged", "considered", "answered", "closed"}

func (v *visit) progressTo(line *records.DispatchLine, to office.Side, receipts []node.Receipt) progress {
	h := &line.Handling
	switch office.StageOf(&line.Dispatch, line.Acknowledged, h, to) {
	case office.StageClosed:
		return progress{"closed", false, v.h("state.closed", "time", v.briefly(fromMillis(h.Closed[len(h.Closed)-1].At)))}
	case office.StageAnswered:
		i := slices.IndexFunc(h.Answered, func(a office.Answer) bool { return a.Side == to })
		return progress{"answered", false, v.h("state.answered", "side", v.sideName(to), "time", v.briefly(fromMillis(h.Answered[i].At)))}
	case office.StageConsidered:
		i := slices.IndexFunc(h.Considers, func(c office.Consideration) bool { return c.Side == to })
		until := fromMillis(h.Considers[i].Until)
		return progress{"considered", v.now.After(until), v.h("state.considered", "side", v.sideName(to), "time", v.briefly(until))}
	}
	if last, _ := h.ReadbackOf(to); last != nil {
		stage, at := last.Stage(), cmp.Or(last.Answered, last.At)
		sentence := v.h("state."+string(stage), "side", v.sideName(to), "time", v.briefly(fromMillis(at)))
		owed, late := v.owedReadback(line, to)
		return progress{"acknowledged", late, sentence + owed}
	}
	for _, a := range line.Acknowledged {
		if a.Side == to {
			owed, late := v.owedReadback(line, to)
			return progress{"acknowledged", late, v.h("state.acknowledged",
				"officer", v.officer(to, a.By), "time", v.briefly(fromMillis(a.At))) + owed}
		}
	}
	due, limited := v.due(&line.Dispatch)
	late := limited && v.now.After(due)
	if to == v.side {
		switch {
		case late:
			return progress{"waits", true, v.h("state.waits-overdue", "time", v.briefly(due))}
		case limited:
			return progress{"waits", false, v.h("state.waits-due", "time", v.briefly(due))}
		}
		return progress{"waits", false, v.h("state.waits")}
	}
	overdue := template.HTML("")
	if late {
		overdue = v.h("state.overdue", "time", v.briefly(due))
	}
	if receipt, ok := receiptBy(receipts, to); ok {
		return progress{"received", late, v.h("state.received", "side", v.sideName(to), "time", v.briefly(receipt.At)) + overdue}
	}
	if line.From == v.side {
		if clock, ok := v.clock(line.Precedence); ok && clock.Receipt > 0 {
			if due := fromMillis(line.At + clock.Receipt*1000); v.now.After(due) {
				late, overdue = true, v.h("state.unreceived", "time", v.briefly(due))+overdue
			}
		}
		return progress{"queued", late, v.h("state.queued", "side", v.sideName(to), "age", v.age(fromMillis(line.At))) + overdue}
	}
	return progress{"received", late, v.h("state.between", "side", v.sideName(to)) + overdue}
}

// owedReadback says that a side has still to read a dispatch back, and whether that is
// overdue; empty if it has not.
func (v *visit) owedReadback(line *records.DispatchLine, to office.Side) (sentence template.HTML, late bool) {
	if !line.OwesReadback(&line.Handling, to) {
		return "", false
	}
	due, late, ok := v.readbackDue(line, to)
	switch {
	case late:
		return v.h("state.readback-overdue", "time", v.briefly(due)), true
	case ok:
		return v.h("state.readback-due", "time", v.briefly(due)), false
	}
	return v.h("state.readback-owed"), false
}

// readbackDue gives by when a side that owes it is to read a dispatch back, and whether
// that is over; false if no time is agreed on.
func (v *visit) readbackDue(line *records.DispatchLine, to office.Side) (due time.Time, late, ok bool) {
	clock, ok := v.clock(line.Precedence)
	if !ok || clock.Readback == 0 {
		return due, false, false
	}
	due = fromMillis(office.Due(line.Precedence, clock.Readback, line.ReadbackFrom(&line.Handling, to), v.jointly()))
	return due, v.now.After(due), true
}

func receiptBy(receipts []node.Receipt, side office.Side) (node.Receipt, bool) {
	for _, receipt := range receipts {
		if receipt.By == side {
			return receipt, true
		}
	}
	return node.Receipt{}, false
}

// step is one rung of the ladder of receipts.
type step struct {
	Shape  string // "done", "open" or "late": names the mark
	Title  template.HTML
	By     string          // who did it
	Clocks []onClock       // the moment on every side's clock
	Notes  []template.HTML // what else is known of it
	Proofs []proofLink
	Of     office.EntryID // the entry that it rests on
	At     int64          // and its time, by its writer's clock
}

// proofLink leads to what proves a step: a file to keep, or a page.
type proofLink struct {
	Href, Name string
	File       bool
}

// ladder tells what is known of a dispatch step by step: who released it, whose
// node has it, who acknowledged it. A step that has not come says so.
func (s *site) ladder(v *visit, line *records.DispatchLine, receipts []node.Receipt) ([]step, error) {
	released := fromMillis(line.At)
	steps := []step{{
		Shape: "done", Title: v.h("ladder.released"), By: v.officer(line.From, line.By),
		Clocks: v.clocks(released), Of: line.ID, At: line.At, Notes: []template.HTML{v.h("ladder.released-clock", "side", v.sideName(line.From))},
		Proofs: []proofLink{
			{fmt.Sprintf("/leaf/%s", line.ID), v.t("ladder.leaf"), true},
			{fmt.Sprintf("/proof/%s", line.ID), v.t("ladder.proof"), true},
		},
	}}
	for _, side := range v.sides() {
		if side != line.From {
			steps = append(steps, v.receiptStep(line, side, receipts))
		}
	}
	var restated []office.Readback
	if len(line.Handling.Readbacks) > 0 {
		var err error
		if restated, err = s.node.Records().Readbacks(v.ctx, line.ID); err != nil {
			return nil, err
		}
	}
	for _, to := range line.To {
		steps = append(steps, v.acknowledgementStep(line, to))
		steps = append(steps, v.readbackSteps(line, restated, to)...)
		handled, err := s.handlingSteps(v, line, to)
		if err != nil {
			return nil, err
		}
		steps = append(steps, handled...)
	}
	closed, err := s.handlingSteps(v, line, line.From)
	if err != nil {
		return nil, err
	}
	steps = append(steps, closed...)
	return steps, s.arrivals(v, steps)
}

func (v *visit) receiptStep(line *records.DispatchLine, side office.Side, receipts []node.Receipt) step {
	receipt, ok := receiptBy(receipts, side)
	if !ok {
		one := step{Shape: "open"}
		if line.From == v.side {
			one.Title = v.h("ladder.queued", "side", v.sideName(side))
			one.Notes = []template.HTML{v.h("ladder.queued-age", "age", v.age(fromMillis(line.At)))}
			if clock, ok := v.clock(line.Precedence); ok && v.now.Sub(fromMillis(line.At)) > time.Duration(clock.Receipt)*time.Second {
				one.Shape = "late"
				one.Notes = append(one.Notes, v.h("ladder.receipt-late", "span", v.span(clock.Receipt)))
			}
		} else {
			one.Title = v.h("ladder.no-receipt", "side", v.sideName(side))
		}
		return one
	}
	one := step{
		Shape: "done", Title: v.h("ladder.received", "side", v.sideName(side)),
		Clocks: v.clocks(receipt.At),
		Proofs: []proofLink{{fmt.Sprintf("/receipts/%s/%s", line.ID, side), v.t("ladder.receipt"), true}},
	}
	one.Notes = []template.HTML{v.h("ladder.stored")}
	if side == v.side {
		one.Title = v.h("ladder.received-here")
	} else if !receipt.Held.IsZero() {
		one.Notes = append(one.Notes, v.h("ladder.held", "side", v.sideName(side), "time", v.when(receipt.Held)))
	}
	return one
}

func (v *visit) acknowledgementStep(line *records.DispatchLine, to office.Side) step {
	for _, a := range line.Acknowledged {
		if a.Side == to {
			return step{
				Shape: "done", Title: v.h("ladder.acknowledged"), By: v.officer(to, a.By),
				Clocks: v.clocks(fromMillis(a.At)), Of: a.ID, At: a.At,
				Proofs: []proofLink{
					{fmt.Sprintf("/record/%s", a.ID), v.t("ladder.entry", "id", a.ID), false},
					{fmt.Sprintf("/proof/%s", a.ID), v.t("ladder.proof"), true},
				},
			}
		}
	}
	one := step{Shape: "open", Title: v.h("ladder.not-acknowledged", "side", v.sideName(to))}
	if due, ok := v.due(&line.Dispatch); ok {
		if v.now.After(due) {
			one.Shape = "late"
			one.Notes = append(one.Notes, v.h("ladder.overdue", "time", v.briefly(due), "age", v.age(due)))
		} else {
			one.Notes = append(one.Notes, v.h("ladder.due", "time", v.briefly(due), "left", v.left(due)))
		}
	}
	if climbs := v.climbs(line); climbs != "" {
		one.Notes = append(one.Notes, climbs)
	}
	return one
}
