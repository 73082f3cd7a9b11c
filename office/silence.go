package office

import (
	"cmp"
	"slices"

	"github.com/go-json-experiment/json"
)

// What a side waits for from another, and why nothing has come. What is waited for
// follows from entries alone; the cause of the silence also from the line, as the
// node of the reader sees it, and from the moment of reading (spec/entries.md §8).

// Awaits says what is waited for.
type Awaits string

// What can be waited for.
const (
	AwaitsAcceptance      Awaits = "acceptance" // of a tender
	AwaitsAcknowledgement Awaits = "acknowledgement"
	AwaitsAnswer          Awaits = "answer"
	AwaitsReadback        Awaits = "readback"
	AwaitsConfirmation    Awaits = "confirmation" // of a read-back, or its dispute
	AwaitsDecision        Awaits = "decision"     // of the side that offered a tender which was declined: to withdraw it, or to serve it instead
)

// AllAwaits lists all of them.
var AllAwaits = []Awaits{AwaitsAcceptance, AwaitsAcknowledgement, AwaitsAnswer, AwaitsReadback, AwaitsConfirmation, AwaitsDecision}

// Question is what one side waits for from another: that it accepts a tender;
// that it acknowledges a dispatch; or after that an answer, if its form asks for one
// or one was promised, and that it reads it back, if that was asked for; or that it
// confirms a read-back of the other. Of a tender that was declined it is From that has
// to decide.
type Question struct {
	About      EntryID       `json:"about"` // the dispatch or the tender; the read-back that is to be confirmed
	Awaits     Awaits        `json:"awaits"`
	Channel    string        `json:"channel"`
	Declined   DeclineReason `json:"declined,omitzero"` // why a tender was; empty if nothing was said to it
	Due        int64         `json:"due,omitzero"`      // milliseconds; 0 if no time is agreed on
	Ends       int64         `json:"ends,omitzero"`     // when silence has become an answer, as the form says; 0 if never
	From       Side          `json:"from"`              // who waits
	Ladder     []int64       `json:"ladder,omitempty"`  // when the steps of the ladder are due, milliseconds; none once it is acknowledged
	Precedence Precedence    `json:"precedence"`
	Receipt    int64         `json:"receipt,omitzero"` // by when the receipt of the node of To is due, milliseconds; 0 if no time is agreed on
	Read       int64         `json:"read,omitzero"`    // when it was acknowledged, declined, a holding reply was given, it was read back or that was disputed; 0 if none of it was
	Since      int64         `json:"since"`            // the release, by the clock of From
	To         Side          `json:"to"`               // who is silent
}

// Wait is by when a dispatch is to be acknowledged, answered and read back.
type Wait struct {
	Due      int64          // milliseconds; 0 if no time is agreed on
	Ladder   []int64        // when the steps of the ladder are due
	Answer   int64          // by when it is to be answered, if its form asks for that; 0 if no time is agreed on
	Receipt  int64          // by when the other node is to have it, at every hour; 0 if no time is agreed on
	Readback map[Side]int64 // by when the sides are to read it back that owe it; none if no time is agreed on
	Disputes int            // how many read-backs were disputed when that was reckoned
}

// Wait reckons by when a dispatch is to be acknowledged and answered, by the clock and
// the ladder of its precedence, which run below IMMEDIATE in the hours of the sides. f
// is its form, and may be nil.
func (c *Charter) Wait(d *Dispatch, f *Form, clock *JointClock) (w Wait) {
	of, ok := c.Clock(d.Precedence)
	if ok && of.Acknowledge > 0 {
		w.Due = clock.Acknowledge(c.Rules, of, d.At)
	}
	if of.Receipt > 0 {
		w.Receipt = d.At + of.Receipt*1000
	}
	of.Precedence = d.Precedence
	w.Answer = clock.Answer(c.Rules, of, f, d.Form, d.At)
	if c.Rules >= 3 {
		w.Ladder = c.ClimbBy(clock, d.Channel, d.Precedence, d.At).Due
	}
	return w
}

// Questions lists what is waited for with a dispatch: for each addressed side one at
// most, and one with its read-back. Nothing is any more once it is withdrawn, or its
// own side has closed it. h and f may be nil.
func Questions(d *Dispatch, given []Acknowledgement, h *Handling, f *Form, w Wait) (list []Question) {
	if h == nil {
		h = &Handling{}
	}
	_, withdrawn := h.Withdrawn()
	if withdrawn || slices.ContainsFunc(h.Closed, func(c Closing) bool { return c.Side == d.From }) {
		return nil
	}
	for _, to := range d.To {
		q := Question{Channel: d.Channel, About: d.ID, From: d.From, Precedence: d.Precedence, Receipt: w.Receipt, Since: d.At, To: to}
		if i := slices.IndexFunc(given, func(a Acknowledgement) bool { return a.Side == to }); i >= 0 {
			q.Read = given[i].At
		}
		stage := StageOf(d, given, h, to)
		if one, open := d.readbackQuestion(q, h, stage, &w); open {
			list = append(list, one)
		}
		switch stage {
		case StageReleased:
			q.Awaits = AwaitsAcknowledgement
			q.Due, q.Ladder = w.Due, w.Ladder
		case StageConsidered:
			i := slices.IndexFunc(h.Considers, func(c Consideration) bool { return c.Side == to })
			q.Awaits, q.Due = AwaitsAnswer, h.Considers[i].Until
			if q.Read == 0 {
				q.Read = h.Considers[i].At
			}
		case StageAcknowledged, StageDisputed, StageReadBack, StageConfirmed:
			if !f.AsksForAnswer() {
				continue
			}
			if last, _ := h.ReadbackOf(to); last != nil && q.Read == 0 {
				q.Read = last.At
			}
			q.Awaits, q.Due = AwaitsAnswer, w.Answer
			if f.Asks == AsksObjection {
				q.Ends = q.Due
			}
		default:
			continue
		}
		list = append(list, q)
	}
	return list
}

// TenderQuestions lists what is waited for with a tender, one for each side that has
// not accepted it: an answer, or after it was declined that its own side withdraws it
// or serves the dispatch instead, for which no time is agreed on. Then nothing is any more.
func TenderQuestions(t *Tender) (list []Question) {
	if t.Withdrawn != nil || t.Served != nil {
		return nil
	}
	for _, to := range t.To {
		q := Question{About: t.ID, Awaits: AwaitsAcceptance, Channel: t.Channel, Due: t.Until, From: t.From, Precedence: t.Precedence, Since: t.At, To: to}
		if a := t.AnswerOf(to); a != nil {
			if a.Answer == TenderAccept {
				continue
			}
			q.Awaits, q.Declined, q.Due, q.Read = AwaitsDecision, a.Reason, 0, a.At
		}
		list = append(list, q)
	}
	return list
}

// AsksForAnswer reports whether a form asks for an answer, an objection among them,
// or lists what may be answered. f may be nil.
func (f *Form) AsksForAnswer() bool {
	return f != nil && (f.Asks != AsksNothing || len(f.Answers) > 0)
}

// Cause says why nothing has come.
type Cause string

// The causes of silence. There is exactly one for each question at a moment.
const (
	NotAccepting    Cause = "not-accepting"    // a tender was declined, or nothing was said to it
	LinkDown        Cause = "link-down"        // the line between the nodes is down
	NotReceived     Cause = "not-received"     // the line is up, and the receipt of the other node is not here
	StationClosed   Cause = "station-closed"   // by its own calendar
	NobodyOnWatch   Cause = "nobody-on-watch"  // its hours are open, and it has nobody on watch
	NotAcknowledged Cause = "not-acknowledged" // somebody is on watch
	NotAnswered     Cause = "not-answered"     // it was acknowledged
)

// Causes are all of them, in the order in which the first that holds is taken. Of a
// tender to which nothing was said, NotAccepting stands in the place of the last.
var Causes = []Cause{NotAccepting, LinkDown, NotReceived, StationClosed, NobodyOnWatch, NotAcknowledged, NotAnswered}

// Circumstances are what a node knows at a moment of how a side can be reached.
type Circumstances struct {
	Up        bool  // the line to it is up, and its ledger is taken
	LineSince int64 // since when that is so, by this node; 0 if it is not known
	Received  bool  // its receipt of the dispatch is here
	Stand     Stand // how it stands by its own calendar
	Watches   bool  // the rules in force know watches
	OnWatch   bool  // it has somebody on watch
	LeftAt    int64 // when its last watch ended, if it has nobody; 0 if it never had one
}

// Silence is why nothing has come, with its clock.
type Silence struct {
	Cause   Cause `json:"cause"`
	Overdue bool  `json:"overdue"`
	Since   int64 `json:"since,omitzero"`   // since when the cause holds, milliseconds; 0 if it is not known
	Step    int   `json:"step,omitzero"`    // of the ladder: the last that is reached; 0 before the first, and where none runs
	Steps   int   `json:"steps,omitzero"`   // of the ladder
	Stepped int64 `json:"stepped,omitzero"` // since when that step is reached, milliseconds
	Late    int64 `json:"late,omitzero"`    // by when the receipt was due that has not come, milliseconds; 0 if it came, or there is still time
	Until   int64 `json:"until,omitzero"`   // when the station opens; 0 for another cause, and if that is not within 400 days
}

// Silence explains why nothing has come at a moment; false once silence has become
// an answer. What lies nearer to the wire comes first, since behind it nothing can
// be told: whoever cannot be reached may have acknowledged long ago. A closed
// station explains nothing of FLASH and IMMEDIATE while somebody is on watch there,
// because their clocks run at every hour.
func (q *Question) Silence(c *Circumstances, now int64) (s Silence, open bool) {
	if q.Ends > 0 && now > q.Ends {
		return s, false
	}
	s.Overdue = q.Due > 0 && now > q.Due
	if !c.Received && q.Receipt > 0 && now > q.Receipt {
		s.Late = q.Receipt
	}
	acknowledged := q.Awaits == AwaitsAnswer || q.Awaits == AwaitsReadback || q.Awaits == AwaitsConfirmation
	waits := q.Precedence != Flash && q.Precedence != Immediate // until the station opens
	switch {
	case q.Awaits == AwaitsDecision:
		s.Cause, s.Since, s.Late = NotAccepting, q.Read, 0
	case !c.Up:
		s.Cause, s.Since = LinkDown, c.LineSince
	case !c.Received:
		s.Cause, s.Since = NotReceived, q.Since
	case !c.Stand.Open && (waits || !c.OnWatch && !acknowledged):
		s.Cause, s.Until = StationClosed, c.Stand.Until
	case acknowledged:
		s.Cause, s.Since = NotAnswered, q.Read
	case c.Watches && !c.OnWatch:
		s.Cause, s.Since = NobodyOnWatch, max(c.LeftAt, q.Since)
	case q.Awaits == AwaitsAcceptance:
		s.Cause, s.Since = NotAccepting, q.Since
	default:
		s.Cause, s.Since = NotAcknowledged, q.Since
	}
	runs := s.Cause == NobodyOnWatch || s.Cause == NotAcknowledged || s.Cause == StationClosed && !waits // else the ladder of the other side may not run
	if runs && q.Awaits == AwaitsAcknowledgement {
		s.Steps = len(q.Ladder)
		s.Step, s.Stepped = Climb{Due: q.Ladder}.Reached(now)
	}
	return s, true
}

// MoreUrgent compares what is waited for, the most urgent first: by precedence,
// then by what is due first, then by how long it has been waited for.
func (q *Question) MoreUrgent(than *Question) int {
	due := func(q *Question) int64 { return cmp.Or(q.Due, maxInteger) }
	return cmp.Or(cmp.Compare(slices.Index(Precedences, q.Precedence), slices.Index(Precedences, than.Precedence)),
		cmp.Compare(due(q), due(than)), cmp.Compare(q.Since, than.Since),
		cmp.Compare(q.About.String(), than.About.String()), cmp.Compare(q.To, than.To), cmp.Compare(q.Awaits, than.Awaits))
}

// Speaks reports whether an entry says something to a dispatch or a tender: that it
// acknowledges it, means to answer, replies, reads it back, confirms or disputes, accepts or declines. Whether the rules
// let it count is not asked.
func Speaks(kind string, body []byte, about EntryID) bool {
	switch kind {
	case KindAcknowledge, KindConsider, KindDispatch, KindTenderReply, KindReadback, KindReadbackReply:
	default:
		return false
	}
	var b struct {
		Dispatch *EntryID `json:"dispatch"`
		Reply    *EntryID `json:"reply"`
		Tender   *EntryID `json:"tender"`
	}
	if json.Unmarshal(body, &b) != nil {
		return false // void
	}
	said := b.Dispatch
	var answer ReadbackAnswerBody
	switch kind {
	case KindDispatch:
		said = b.Reply
	case KindTenderReply:
		said = b.Tender
	case KindReadbackReply:
		if json.Unmarshal(body, &answer) != nil {
			return false // void
		}
		said = &answer.Readback
	}
	return said != nil && *said == about
}
