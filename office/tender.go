package office

import (
	"slices"
)

// Mode says how a dispatch of a form is delivered.
type Mode string

// The modes of a form. Left out, a dispatch of it is served, and may be tendered
// where its side wishes so.
const (
	ModeServed   Mode = ""
	ModeTendered Mode = "tendered" // it is tendered before it is served
	ModeDistress Mode = "distress" // it is never tendered: lives are at risk
)

// Modes lists what a form can say of its mode, if it says anything.
var Modes = []Mode{ModeTendered, ModeDistress}

// TenderWord is what an addressed side says to a tender.
type TenderWord string

// DeclineReason says why a tender was declined.
type DeclineReason string

// What can be said to a tender, and why it can be declined.
const (
	TenderAccept  TenderWord = "accepted"
	TenderDecline TenderWord = "declined"

	DeclineRank        DeclineReason = "name-or-rank"
	DeclineSubject     DeclineReason = "subject"
	DeclineForm        DeclineReason = "form"
	DeclineNoAuthority DeclineReason = "no-authority"
	DeclineOther       DeclineReason = "other"
)

// Lists of all of them, in the order in which they are offered.
var (
	TenderWords    = []TenderWord{TenderAccept, TenderDecline}
	DeclineReasons = []DeclineReason{DeclineRank, DeclineSubject, DeclineForm, DeclineNoAuthority, DeclineOther}
)

// TenderState is how far a tender has come. Time moves it nowhere.
type TenderState string

// The states of a tender.
const (
	TenderWaiting       TenderState = "waiting"        // a side has said nothing, and none has declined
	TenderAccepted      TenderState = "accepted"       // by all that it was meant for
	TenderDeclined      TenderState = "declined"       // by one of them at least
	TenderWithdrawn     TenderState = "withdrawn"      // by its own side
	TenderServed        TenderState = "served"         // the dispatch went after all had accepted
	TenderServedInstead TenderState = "served-instead" // it went although not all had
)

// TenderStates lists all of them.
var TenderStates = []TenderState{TenderWaiting, TenderAccepted, TenderDeclined, TenderWithdrawn, TenderServed, TenderServedInstead}

// TenderBody offers a dispatch: it says in whose name and for whose attention it
// is, what it is about and in which form, but not its text.
type TenderBody struct {
	Attention  string     `json:"attention"` // for whose attention
	Channel    string     `json:"channel"`
	Form       *FormName  `json:"form,omitzero"`
	Mark       Mark       `json:"mark,omitzero"`
	Name       string     `json:"name"` // in whose name
	Precedence Precedence `json:"precedence"`
	Rank       string     `json:"rank,omitzero"` // the post of that person, as its side words it
	Subject    string     `json:"subject"`
	To         []Side     `json:"to"`
	Until      Minute     `json:"until"` // by when an answer is asked
}

// FormName names a form by its code and its hash.
type FormName struct {
	Code string `json:"code"`
	Hash string `json:"hash,omitzero"` // Complete fills it in, if it is left out
}

// TenderAnswerBody accepts or declines a tender.
type TenderAnswerBody struct {
	Answer TenderWord    `json:"answer"`
	Reason DeclineReason `json:"reason,omitzero"` // there if it is declined, and only then
	Tender EntryID       `json:"tender"`
	Text   string        `json:"text,omitzero"`
}

// TenderWithdrawBody takes back a tender of the writer's side.
type TenderWithdrawBody struct {
	Tender EntryID `json:"tender"`
	Text   string  `json:"text,omitzero"`
}

// Tender is the offer of a dispatch, and what has become of it.
type Tender struct {
	Answers    []TenderAnswer `json:"answers"` // in the joint order, one of each addressed side at most
	At         int64          `json:"at"`
	Attention  string         `json:"attention"`
	By         Post           `json:"by"`
	Channel    string         `json:"channel"`
	Form       *FormName      `json:"form,omitzero"`
	From       Side           `json:"from"`
	ID         EntryID        `json:"id"`
	Mark       Mark           `json:"mark,omitzero"`
	Name       string         `json:"name"`
	Precedence Precedence     `json:"precedence"`
	Rank       string         `json:"rank,omitzero"`
	Served     *TenderServing `json:"served,omitzero"`
	Subject    string         `json:"subject"`
	Time       int64          `json:"time"`  // of the entry in the joint order
	To         []Side         `json:"to"`    // in order of id
	Until      int64          `json:"until"` // milliseconds, a whole minute
	Withdrawn  *TenderEnd     `json:"withdrawn,omitzero"`
}

func (*Tender) Table() string { return "tender" }
func (t *Tender) Key() string { return t.ID.String() }

// TenderAnswer is what an addressed side has said.
type TenderAnswer struct {
	Answer TenderWord    `json:"answer"`
	At     int64         `json:"at"`
	By     Post          `json:"by"`
	ID     EntryID       `json:"id"`
	Reason DeclineReason `json:"reason,omitzero"`
	Side   Side          `json:"side"`
	Text   string        `json:"text,omitzero"`
}

// TenderServing says by which dispatch the tendered text went.
type TenderServing struct {
	At      int64   `json:"at"`
	ID      EntryID `json:"id"`
	Instead bool    `json:"instead"` // not all had accepted at its place in the joint order
}

// TenderEnd says that a tender was withdrawn.
type TenderEnd struct {
	At   int64   `json:"at"`
	By   Post    `json:"by"`
	ID   EntryID `json:"id"`
	Text string  `json:"text,omitzero"`
}

// State says how far the tender has come.
func (t *Tender) State() TenderState {
	accepted := 0
	for _, a := range t.Answers {
		if a.Answer == TenderAccept {
			accepted++
		}
	}
	switch {
	case t.Withdrawn != nil:
		return TenderWithdrawn
	case t.Served != nil && t.Served.Instead:
		return TenderServedInstead
	case t.Served != nil:
		return TenderServed
	case accepted < len(t.Answers):
		return TenderDeclined
	case accepted == len(t.To):
		return TenderAccepted
	}
	return TenderWaiting
}

// Waiting lists the sides that may still answer, in order of id.
func (t *Tender) Waiting() []Side {
	if t.Withdrawn != nil || t.Served != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(t.To), func(to Side) bool { return t.AnswerOf(to) != nil })
}

// AnswerOf gives the answer of a side, or nil.
func (t *Tender) AnswerOf(side Side) *TenderAnswer {
	i := slices.IndexFunc(t.Answers, func(a TenderAnswer) bool { return a.Side == side })
	if i < 0 {
		return nil
	}
	return &t.Answers[i]
}

// Unanswered reports whether an answer was asked by a moment that has come, in
// milliseconds, and there is none: a flag, which moves nothing.
func (t *Tender) Unanswered(moment int64) bool {
	return t.State() == TenderWaiting && t.Until <= moment
}

func checkTender(c *checker, b *TenderBody) {
	c.line("attention", b.Attention, MaxNamed)
	c.name("channel", b.Channel)
	if b.Form != nil {
		c.formName("form", b.Form.Code, b.Form.Hash)
	}
	if b.Mark != "" {
		oneOf(c, "mark", b.Mark, Marks)
	}
	c.line("name", b.Name, MaxNamed)
	oneOf(c, "precedence", b.Precedence, Precedences)
	if b.Precedence == Flash {
		c.fail(NeverTendered, "value", string(Flash))
	}
	c.mayLine("rank", b.Rank)
	c.line("subject", b.Subject, MaxSubject)
	c.sides("to", b.To)
	if _, ok := b.Until.Millis(); !ok {
		c.fail(BadValue, "field", "until", "value", clip(string(b.Until)))
	}
}

// applyTender offers a dispatch. What is about lives at risk is never offered: it
// is served.
func applyTender(m *matter, b *TenderBody) Verdict {
	if m.office.Charter.Channel(b.Channel) == nil {
		return void(ChannelUnknown, "channel", b.Channel)
	}
	for _, to := range b.To {
		if to == m.ID.Side || m.office.Charter.Side(to) == nil {
			return void(WrongAddressee, "side", to)
		}
	}
	if b.Form != nil {
		form, verdict := m.formNamed(b.Form.Code, b.Form.Hash)
		if !verdict.Done() {
			return verdict
		}
		if form.Mode == ModeDistress {
			return void(NeverTendered, "value", form.Code)
		}
	}
	until, _ := b.Until.Millis()
	if until <= m.At {
		return void(NotLater, "value", string(b.Until))
	}
	m.desk.Put(&Tender{
		Answers: []TenderAnswer{}, At: m.At, Attention: b.Attention, By: m.By, Channel: b.Channel, Form: b.Form, From: m.ID.Side, ID: m.ID,
		Mark: b.Mark, Name: b.Name, Precedence: b.Precedence, Rank: b.Rank, Subject: b.Subject, Time: m.Time, To: b.To, Until: until,
	})
	return Verdict{}
}

// tender finds a tender that the writer had seen.
func (m *matter) tender(id EntryID) (*Tender, Verdict) {
	t := &Tender{ID: id}
	if unseen := id.Side != m.ID.Side && m.Seen[id.Side] <= id.Index; unseen || !m.desk.Get(t) {
		return nil, void(TenderUnknown, "tender", id.String())
	}
	return t, Verdict{}
}

// over refuses what comes after a tender was withdrawn or served.
func (t *Tender) over() Verdict {
	switch {
	case t.Withdrawn != nil:
		return void(TenderOver, "tender", t.ID.String(), "by", t.Withdrawn.ID.String())
	case t.Served != nil:
		return void(TenderOver, "tender", t.ID.String(), "by", t.Served.ID.String())
	}
	return Verdict{}
}

func checkTenderAnswer(c *checker, b *TenderAnswerBody) {
	oneOf(c, "answer", b.Answer, TenderWords)
	if b.Answer == TenderDecline {
		oneOf(c, "reason", b.Reason, DeclineReasons)
	} else if b.Reason != "" {
		c.fail(BadValue, "field", "reason", "value", clip(string(b.Reason)))
	}
	if b.Text != "" || b.Reason == DeclineOther { // another reason must be told
		c.text("text", b.Text, MaxRemark)
	}
}

// applyTenderAnswer notes what an addressed side says to a tender, once. It is
// never too late for it, until the tender is withdrawn or served.
func applyTenderAnswer(m *matter, b *TenderAnswerBody) Verdict {
	t, verdict := m.tender(b.Tender)
	if !verdict.Done() {
		return verdict
	}
	side := m.ID.Side
	if !slices.Contains(t.To, side) {
		return void(TenderOfOthers, "tender", t.ID.String())
	}
	if verdict := t.over(); !verdict.Done() {
		return verdict
	}
	if before := t.AnswerOf(side); before != nil {
		return void(TenderAnswered, "tender", t.ID.String(), "by", before.ID.String())
	}
	t.Answers = append(slices.Clone(t.Answers), TenderAnswer{
		Answer: b.Answer, At: m.At, By: m.By, ID: m.ID, Reason: b.Reason, Side: side, Text: b.Text,
	})
	m.desk.Put(t)
	return Verdict{}
}

func checkTenderWithdraw(c *checker, b *TenderWithdrawBody) {
	if b.Text != "" {
		c.text("text", b.Text, MaxRemark)
	}
}

// applyTenderWithdraw takes a tender back, whatever was said to it.
func applyTenderWithdraw(m *matter, b *TenderWithdrawBody) Verdict {
	t, verdict := m.ownTender(b.Tender)
	if !verdict.Done() {
		return verdict
	}
	t.Withdrawn = &TenderEnd{At: m.At, By: m.By, ID: m.ID, Text: b.Text}
	m.desk.Put(t)
	return Verdict{}
}

// ownTender finds a tender of the writer's side that was neither withdrawn nor
// served.
func (m *matter) ownTender(id EntryID) (*Tender, Verdict) {
	if id.Side != m.ID.Side {
		return nil, void(TenderUnknown, "tender", id.String())
	}
	t, verdict := m.tender(id)
	if !verdict.Done() {
		return nil, verdict
	}
	return t, t.over()
}

// mayServe checks that a dispatch of a form that is to be tendered was tendered,
// and that one which was tendered is what was offered. It gives the tender with
// the dispatch in it, nil if there is none.
func (m *matter) mayServe(b *DispatchBody) (*Tender, Verdict) {
	if b.Tender == nil {
		return nil, m.mayServeAtOnce(b)
	}
	t, verdict := m.ownTender(*b.Tender)
	if !verdict.Done() {
		return nil, verdict
	}
	if field := t.differs(b); field != "" {
		return nil, void(TenderDiffers, "tender", t.ID.String(), "field", field)
	}
	state := t.State()
	if state == TenderWaiting && m.At < t.Until {
		return nil, void(TenderWaits, "tender", t.ID.String(), "side", t.Waiting()[0], "until", string(MinuteOf(t.Until)))
	}
	t.Served = &TenderServing{At: m.At, ID: m.ID, Instead: state != TenderAccepted}
	return t, Verdict{}
}

// mayServeAtOnce checks that the form of a dispatch without a tender does not ask
// for one. FLASH waits for nothing, and neither does what answers or mends
// another dispatch: the other side has that one already.
func (m *matter) mayServeAtOnce(b *DispatchBody) Verdict {
	if b.Form == nil || b.Precedence == Flash || b.Reply != nil || b.Relation != nil {
		return Verdict{}
	}
	row := &FormRow{Hash: b.Form.Hash}
	if m.desk.Get(row) && row.Form.Mode == ModeTendered {
		return void(TenderFirst, "form", row.Form.Code)
	}
	return Verdict{}
}

// differs names what a dispatch has otherwise than the tender, "" if nothing.
func (t *Tender) differs(b *DispatchBody) string {
	form := ""
	if t.Form != nil {
		form = t.Form.Code
	}
	for _, one := range []struct {
		field string
		same  bool
	}{
		{"attention", t.Attention == b.Attention},
		{"channel", t.Channel == b.Channel},
		{"form", form == b.Form.CodeOf()},
		{"mark", t.Mark == b.Mark},
		{"name", t.Name == b.Name},
		{"precedence", t.Precedence == b.Precedence},
		{"subject", t.Subject == b.Subject},
		{"to", slices.Equal(t.To, b.To)},
	} {
		if !one.same {
			return one.field
		}
	}
	return ""
}
