package office

import (
	"slices"
	"strings"
)

func checkConsider(c *checker, b *ConsiderBody) {
	if _, ok := b.Until.Millis(); !ok {
		c.fail(BadValue, "field", "until", "value", clip(string(b.Until)))
	}
}

// applyConsider notes the holding reply of an addressed side: it means to answer
// by a moment. A later one takes the place of the one before.
func applyConsider(m *matter, b *ConsiderBody) Verdict {
	side := m.ID.Side
	d, verdict := m.dispatch(b.Dispatch)
	if !verdict.Done() {
		return verdict
	}
	if !slices.Contains(d.To, side) {
		return void(NotAddressed, "dispatch", d.ID.String())
	}
	h := m.handling(d.ID)
	for _, a := range h.Answered {
		if a.Side == side {
			return void(AlreadyAnswered, "dispatch", d.ID.String(), "by", a.ID.String())
		}
	}
	until, _ := b.Until.Millis()
	if until <= m.At {
		return void(NotLater, "value", string(b.Until))
	}
	list := slices.DeleteFunc(slices.Clone(h.Considers), func(c Consideration) bool { return c.Side == side })
	h.Considers = append(list, Consideration{At: m.At, By: m.By, ID: m.ID, Side: side, Until: until})
	slices.SortFunc(h.Considers, func(a, b Consideration) int { return strings.Compare(a.Side, b.Side) })
	m.desk.Put(h)
	return Verdict{}
}

func checkClose(*checker, *CloseBody) {}

// applyFirstClose is applyClose under rules version 2 to 5, by which a dispatch that
// asks for objection stayed open until each side had answered.
func applyFirstClose(m *matter, b *CloseBody) Verdict {
	return m.close(b, func(*Dispatch, *Form, *Handling) []Side { return nil })
}

// applyClose notes that a side regards a dispatch as done with. One whose form
// lists answers stays open until each addressed side has given one of them or, if the
// form asks for objection, has let the time for it pass; or it is withdrawn: free text
// does not close it.
func applyClose(m *matter, b *CloseBody) Verdict { return m.close(b, m.unobjected) }

func (m *matter) close(b *CloseBody, unobjected func(*Dispatch, *Form, *Handling) []Side) Verdict {
	side := m.ID.Side
	d, verdict := m.dispatch(b.Dispatch)
	if !verdict.Done() {
		return verdict
	}
	if d.From != side && !slices.Contains(d.To, side) {
		return void(NotAddressed, "dispatch", d.ID.String())
	}
	h := m.handling(d.ID)
	for _, c := range h.Closed {
		if c.Side == side {
			return void(AlreadyClosed, "dispatch", d.ID.String(), "by", c.By)
		}
	}
	form := m.form(d)
	silent := unobjected(d, form, h)
	if awaited, is := Awaited(form, d, h, silent); is {
		reason := AnswerAwaited
		if form.Asks == AsksObjection && m.office.Charter.Rules >= unobjectedRules {
			reason = ObjectionAwaited
		}
		return void(reason, "dispatch", d.ID.String(), "side", awaited)
	}
	h.Closed = append(slices.Clone(h.Closed), Closing{At: m.At, By: m.By, ID: m.ID, Side: side, Unobjected: silent})
	m.desk.Put(h)
	return Verdict{}
}

// unobjectedRules is the version of the rules by which a dispatch can be closed to
// which nobody has objected in time.
const unobjectedRules = 6

// unobjected is Charter.Unobjected at the time of the entry, in the hours that the
// sides had said before it. What is not over by the wall is not looked up.
func (m *matter) unobjected(d *Dispatch, f *Form, h *Handling) []Side {
	if f == nil || f.Asks != AsksObjection || m.Time <= d.At+f.Hours*60*minute {
		return nil
	}
	var calendars []Calendar
	for _, side := range m.office.Charter.Sides {
		calendars = append(calendars, NewCalendar(m.desk.Hours(side.ID, m.Time)))
	}
	return m.office.Charter.Unobjected(d, f, h, NewJointClock(calendars, d.At), m.Time)
}

// Unobjected lists the addressed sides that have not answered a dispatch and whose
// silence has become the answer by a moment, so that it can be closed: its form asks for
// objection, the time for that is over, and so is what the side has promised within that
// time. f and h may be nil. There are none before rules version 6.
func (c *Charter) Unobjected(d *Dispatch, f *Form, h *Handling, clock *JointClock, moment int64) (sides []Side) {
	if c == nil || c.Rules < unobjectedRules || f == nil || f.Asks != AsksObjection {
		return nil
	}
	if h == nil {
		h = &Handling{}
	}
	ends := c.Wait(d, f, clock).Answer
	for _, to := range d.To {
		over := ends
		for _, p := range h.Considers {
			if p.Side == to && p.At <= ends {
				over = max(over, p.Until)
			}
		}
		answered := slices.ContainsFunc(h.Answered, func(a Answer) bool { return a.Side == to })
		if !answered && moment > over {
			sides = append(sides, to)
		}
	}
	return sides
}

func checkStored(c *checker, b *StoredBody) { c.hash("hash", b.Hash) }

// applyStored notes that the node of a side which receives a dispatch has one of
// its enclosures.
func applyStored(m *matter, b *StoredBody) Verdict {
	side := m.ID.Side
	d, verdict := m.dispatch(b.Dispatch)
	switch {
	case !verdict.Done():
		return verdict
	case d.From == side:
		return void(OwnDispatch, "dispatch", d.ID.String())
	case !slices.ContainsFunc(d.Enclosures, func(e Enclosure) bool { return e.Hash == b.Hash }):
		return void(EnclosureUnknown, "dispatch", d.ID.String(), "hash", b.Hash)
	}
	h := m.handling(d.ID)
	for _, s := range h.Stored {
		if s.Side == side && s.Hash == b.Hash {
			return void(AlreadyStored, "dispatch", d.ID.String(), "hash", b.Hash, "by", s.ID.String())
		}
	}
	h.Stored = append(slices.Clone(h.Stored), Storage{At: m.At, Hash: b.Hash, ID: m.ID, Side: side})
	m.desk.Put(h)
	return Verdict{}
}

// Stage says how far an addressed side has come with a dispatch, by what the
// sides have written. A later stage does not imply the ones before it: a side
// can answer what it never acknowledged.
type Stage string

// The stages, the least far first.
const (
	StageReleased     Stage = "released"
	StageAcknowledged Stage = "acknowledged"
	StageDisputed     Stage = "disputed"  // its last read-back was
	StageReadBack     Stage = "read-back" // and the sender has said nothing to it
	StageConfirmed    Stage = "confirmed" // the read-back was
	StageConsidered   Stage = "under-consideration"
	StageAnswered     Stage = "answered"
	StageClosed       Stage = "closed"
)

// Stages lists all of them, the least far first.
var Stages = []Stage{
	StageReleased, StageAcknowledged, StageDisputed, StageReadBack, StageConfirmed, StageConsidered, StageAnswered, StageClosed,
}

// StageOf gives the stage of a dispatch for one side that it is addressed to. It
// is closed once both this side and the sender have closed it, or the sender
// has, after the answer, or after silence had become the answer. h may be nil.
func StageOf(d *Dispatch, given []Acknowledgement, h *Handling, to Side) Stage {
	if h == nil {
		h = &Handling{}
	}
	closed := func(side Side) bool {
		return slices.ContainsFunc(h.Closed, func(c Closing) bool { return c.Side == side })
	}
	answered := slices.ContainsFunc(h.Answered, func(a Answer) bool { return a.Side == to })
	unobjected := slices.ContainsFunc(h.Closed, func(c Closing) bool { return c.Side == d.From && slices.Contains(c.Unobjected, to) })
	switch {
	case closed(d.From) && (closed(to) || answered || unobjected):
		return StageClosed
	case answered:
		return StageAnswered
	case slices.ContainsFunc(h.Considers, func(c Consideration) bool { return c.Side == to }):
		return StageConsidered
	}
	if last, _ := h.ReadbackOf(to); last != nil {
		return last.Stage()
	}
	if slices.ContainsFunc(given, func(a Acknowledgement) bool { return a.Side == to }) {
		return StageAcknowledged
	}
	return StageReleased
}
