package office

import (
	"cmp"
	"slices"
)

// Means is how a side tried to reach another beside the line.
type Means string

// Outcome is what came of it.
type Outcome string

// View is what another side says of an attempt.
type View string

// The means, outcomes and views.
const (
	Telephone   Means = "telephone"
	Fax         Means = "fax"
	Radio       Means = "radio"
	Courier     Means = "courier"
	ThirdParty  Means = "third-party"
	Loudspeaker Means = "loudspeaker"
	OtherMeans  Means = "other"

	Reached      Outcome = "reached"
	HandedOver   Outcome = "handed-over"
	LeftMessage  Outcome = "left-message"
	NoAnswer     Outcome = "no-answer"
	Refused      Outcome = "refused"
	LineDead     Outcome = "line-dead"
	OtherOutcome Outcome = "other"

	Confirmed       View = "yes"
	ConfirmedInPart View = "in-part"
	Denied          View = "no"
)

// Lists of all of them, in the order in which they are offered.
var (
	AllMeans = []Means{Telephone, Fax, Radio, Courier, ThirdParty, Loudspeaker, OtherMeans}
	Outcomes = []Outcome{Reached, HandedOver, LeftMessage, NoAnswer, Refused, LineDead, OtherOutcome}
	Views    = []View{Confirmed, ConfirmedInPart, Denied}
)

// Carried reports whether the outcome means that what was to be said has come
// across, as far as its writer knows.
func (o Outcome) Carried() bool { return o == Reached || o == HandedOver || o == LeftMessage }

func checkAttempt(c *checker, b *AttemptBody) {
	c.name("channel", b.Channel)
	if b.Mark != "" {
		oneOf(c, "mark", b.Mark, Marks)
	}
	oneOf(c, "means", b.Means, AllMeans)
	if _, ok := b.Moment.Millis(); !ok {
		c.fail(BadValue, "field", "moment", "value", clip(string(b.Moment)))
	}
	oneOf(c, "outcome", b.Outcome, Outcomes)
	if b.Text != "" {
		c.text("text", b.Text, MaxStatement)
	}
	c.sides("to", b.To)
}

// applyAttempt records that a side says it has tried to reach others by other
// means, with or without success. It is that side's word alone until the others
// have given theirs.
func applyAttempt(m *matter, b *AttemptBody) Verdict {
	if m.office.Charter.Channel(b.Channel) == nil {
		return void(ChannelUnknown, "channel", b.Channel)
	}
	for _, to := range b.To {
		if to == m.ID.Side || m.office.Charter.Side(to) == nil {
			return void(WrongAddressee, "side", to)
		}
	}
	if b.Dispatch != nil {
		d, verdict := m.dispatch(*b.Dispatch)
		if !verdict.Done() {
			return verdict
		}
		if b.Mark != d.Mark {
			return marked(d)
		}
	}
	moment, _ := b.Moment.Millis()
	if moment > m.At {
		return void(NotYet, "value", string(b.Moment))
	}
	m.desk.Put(&Attempt{
		At: m.At, By: m.By, Channel: b.Channel, Dispatch: b.Dispatch, From: m.ID.Side, ID: m.ID, Mark: b.Mark, Means: b.Means, Moment: moment,
		Outcome: b.Outcome, Text: b.Text, Time: m.Time, To: b.To, Views: []AttemptView{},
	})
	return Verdict{}
}

func checkConfirm(c *checker, b *ConfirmBody) {
	oneOf(c, "confirms", b.Confirms, Views)
	if b.Text != "" || b.Confirms != Confirmed { // who differs says in what
		c.text("text", b.Text, MaxStatement)
	}
}

// applyConfirm notes what an addressed side says of an attempt. A later word
// takes the place of the one before, which stays in the ledger.
func applyConfirm(m *matter, b *ConfirmBody) Verdict {
	side := m.ID.Side
	a := &Attempt{ID: b.Attempt}
	unseen := b.Attempt.Side != side && m.Seen[b.Attempt.Side] <= b.Attempt.Index
	if unseen || !m.desk.Get(a) {
		return void(AttemptUnknown, "attempt", b.Attempt.String())
	}
	if !slices.Contains(a.To, side) {
		return void(AttemptOfOthers, "attempt", a.ID.String())
	}
	list := slices.DeleteFunc(slices.Clone(a.Views), func(v AttemptView) bool { return v.Side == side })
	a.Views = append(list, AttemptView{At: m.At, By: m.By, Confirms: b.Confirms, ID: m.ID, Side: side, Text: b.Text})
	slices.SortFunc(a.Views, func(a, b AttemptView) int { return cmp.Compare(a.Side, b.Side) })
	m.desk.Put(a)
	return Verdict{}
}

// Waiting lists the sides that an attempt was meant to reach and that have said
// nothing of it, in order of id.
func (a *Attempt) Waiting() []Side {
	return slices.DeleteFunc(slices.Clone(a.To), func(to Side) bool {
		return slices.ContainsFunc(a.Views, func(v AttemptView) bool { return v.Side == to })
	})
}
