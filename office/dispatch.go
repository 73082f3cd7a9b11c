package office

import (
	"slices"
	"strconv"
	"strings"
)

// checkFirstDispatch checks a dispatch of rules version 1.
func checkFirstDispatch(c *checker, b *firstDispatch) { checkPlainDispatch(c, b.dispatch()) }

// checkSecondDispatch checks a dispatch of rules version 2, which knows no forms and no
// tenders.
func checkSecondDispatch(c *checker, b *DispatchBody) {
	if b.Form != nil || b.Answer != "" || b.Tender != nil {
		c.fail(Malformed, "kind", KindDispatch)
	}
	checkThirdDispatch(c, b)
}

// checkThirdDispatch checks a dispatch of rules version 3, which asks for no
// read-back.
func checkThirdDispatch(c *checker, b *DispatchBody) {
	if b.Readback {
		c.fail(Malformed, "kind", KindDispatch)
	}
	checkDispatch(c, b)
}

func (b *firstDispatch) dispatch() *DispatchBody {
	return &DispatchBody{Channel: b.Channel, Number: b.Number, Precedence: b.Precedence, Subject: b.Subject, Text: b.Text, To: b.To}
}

// checkPlainDispatch checks what a dispatch has under all versions of the rules.
func checkPlainDispatch(c *checker, b *DispatchBody) {
	c.name("channel", b.Channel)
	oneOf(c, "precedence", b.Precedence, Precedences)
	c.number("number", b.Number, 1, maxInteger)
	c.sides("to", b.To)
	c.line("subject", b.Subject, MaxSubject)
	if b.Text != "" || b.Form == nil { // a form may say it all
		c.text("text", b.Text, MaxText)
	}
}

func checkDispatch(c *checker, b *DispatchBody) {
	checkPlainDispatch(c, b)
	if urgent := b.Precedence == Flash || b.Precedence == Immediate; urgent {
		if n := b.Words(); n > MaxUrgentWords {
			c.fail(TooLong, "field", "text", "size", strconv.Itoa(n), "limit", strconv.Itoa(MaxUrgentWords), "unit", "words")
		}
	}
	if b.Answer != "" {
		c.name("answer", b.Answer)
		if b.Reply == nil {
			c.fail(Missing, "field", "reply")
		}
	}
	c.mayLine("attention", b.Attention)
	c.mayLine("name", b.Name)
	c.enclosures("enclosures", b.Enclosures)
	if b.Form != nil {
		c.filled("form", b.Form)
	}
	if b.Info != nil {
		oneOf(c, "info", b.Info.Precedence, Precedences)
		c.sides("info", b.Info.To)
		if slices.Index(Precedences, b.Info.Precedence) < slices.Index(Precedences, b.Precedence) {
			c.fail(InfoAboveAction, "precedence", string(b.Precedence), "info", clip(string(b.Info.Precedence)))
		}
	}
	if b.Mark != "" {
		oneOf(c, "mark", b.Mark, Marks)
	}
	c.dispatches("references", b.References)
	if b.Relation != nil {
		oneOf(c, "relation", b.Relation.Kind, RelationKinds)
	}
	if b.Releasable != "" {
		oneOf(c, "releasable", b.Releasable, Releasabilities)
	}
	if b.Releasable == ReleasableToParty {
		c.line("party", b.Party, MaxNamed)
	} else if b.Party != "" {
		c.fail(BadValue, "field", "party", "value", clip(b.Party))
	}
}

// sides checks a list of addressees: in order of id, at least one.
func (c *checker) sides(field string, sides []Side) {
	if !c.count(field, len(sides), 1, MaxSides) {
		return
	}
	for i, side := range sides {
		c.name(field, side)
		if i > 0 && side <= sides[i-1] {
			c.fail(NotInOrder, "field", field, "value", side)
		}
	}
}

// mayLine checks a line that may be left out.
func (c *checker) mayLine(field, text string) {
	if text != "" {
		c.line(field, text, MaxNamed)
	}
}

// dispatches checks a list of dispatches that are referred to, each once.
func (c *checker) dispatches(field string, ids []EntryID) {
	if !c.count(field, len(ids), 0, MaxReferences) {
		return
	}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			c.fail(NotInOrder, "field", field, "value", id.String())
		}
	}
}

// enclosures checks a list of enclosures, each content once.
func (c *checker) enclosures(field string, list []Enclosure) {
	if !c.count(field, len(list), 0, MaxEnclosures) {
		return
	}
	for i, e := range list {
		c.hash(field+".hash", e.Hash)
		c.line(field+".name", e.Name, MaxNamed)
		if strings.ContainsAny(e.Name, `/\`) || e.Name == "." || e.Name == ".." {
			c.fail(BadText, "field", field+".name")
		}
		c.number(field+".size", e.Size, 1, MaxEnclosure)
		c.mediaType(field+".type", e.Type)
		if slices.ContainsFunc(list[:i], func(before Enclosure) bool { return before.Hash == e.Hash }) {
			c.fail(NotInOrder, "field", field, "value", e.Hash)
		}
	}
}

// mediaType checks the form of a media type without parameters: two parts of
// lower case letters, digits and the marks that names of types have.
func (c *checker) mediaType(field, text string) {
	good := func(b byte) bool { return nameByte(b) || strings.IndexByte(".+_", b) >= 0 }
	major, minor, cut := strings.Cut(text, "/")
	if !cut || len(text) > MaxMediaType || major == "" || minor == "" || !all(major, good) || !all(minor, good) {
		c.fail(BadValue, "field", field, "value", clip(text))
	}
}

// Words counts the words of the text and of the values of the form.
func (b *DispatchBody) Words() int {
	n := CountWords(b.Text)
	if b.Form != nil {
		for _, value := range b.Form.Values {
			n += CountWords(value)
		}
	}
	return n
}

// CountWords counts the words of a text: runs of characters between spaces,
// tabs, line feeds and ideographic spaces (U+3000).
func CountWords(text string) (words int) {
	within := false
	for _, r := range text {
		space := r == ' ' || r == '\t' || r == '\n' || r == '\u3000'
		if !space && !within {
			words++
		}
		within = !space
	}
	return words
}

// applyFirstDispatch is applyDispatch under rules version 1.
func applyFirstDispatch(m *matter, b *firstDispatch) Verdict {
	body := b.dispatch()
	side, verdict := m.turn(body)
	if !verdict.Done() {
		return verdict
	}
	m.desk.Put(side)
	m.putDispatch(body, nil, nil)
	return Verdict{}
}

// turn checks channel, addressees and number of a dispatch, and gives what is
// counted for the writer's side with the number in it.
func (m *matter) turn(b *DispatchBody) (*SideRow, Verdict) {
	if m.office.Charter.Channel(b.Channel) == nil {
		return nil, void(ChannelUnknown, "channel", b.Channel)
	}
	for _, to := range b.To {
		if to == m.ID.Side || m.office.Charter.Side(to) == nil {
			return nil, void(WrongAddressee, "side", to)
		}
	}
	side := &SideRow{Side: m.ID.Side}
	m.desk.Get(side)
	if b.Number != side.Number+1 {
		return nil, void(NumberOutOfTurn, "number", strconv.FormatInt(b.Number, 10),
			"expected", strconv.FormatInt(side.Number+1, 10))
	}
	side.Number = b.Number
	return side, Verdict{}
}

// putDispatch puts a dispatch on the desk, and that each side that it is
// addressed to is waited for from now on.
func (m *matter) putDispatch(b *DispatchBody, dtg *DTG, thread *EntryID) {
	m.desk.Put(&Dispatch{
		Answer:     b.Answer,
		At:         m.At,
		Attention:  b.Attention,
		By:         m.By,
		Channel:    b.Channel,
		DTG:        dtg,
		Enclosures: b.Enclosures,
		Form:       b.Form,
		From:       m.ID.Side,
		ID:         m.ID,
		Info:       b.Info,
		Mark:       b.Mark,
		Name:       b.Name,
		Number:     b.Number,
		Party:      b.Party,
		Precedence: b.Precedence,
		Readback:   b.Readback,
		References: b.References,
		Relation:   b.Relation,
		Releasable: b.Releasable,
		Reply:      b.Reply,
		Subject:    b.Subject,
		Tender:     b.Tender,
		Text:       b.Text,
		Thread:     thread,
		Time:       m.Time,
		To:         b.To,
	})
	m.desk.Put(&Acknowledgements{Dispatch: m.ID, Time: m.Time, Waiting: b.To})
}

// applyDispatch releases a dispatch: it bears its side's next number, and a
// date-time group that no other dispatch of its side has. What answers or mends
// another dispatch is noted there.
func applyDispatch(m *matter, b *DispatchBody) Verdict {
	side, verdict := m.turn(b)
	if !verdict.Done() {
		return verdict
	}
	if b.Info != nil {
		for _, to := range b.Info.To {
			if to == m.ID.Side || m.office.Charter.Side(to) == nil || slices.Contains(b.To, to) {
				return void(WrongAddressee, "side", to)
			}
		}
	}
	for _, id := range b.References {
		if _, verdict := m.dispatch(id); !verdict.Done() {
			return verdict
		}
	}
	if verdict := m.mayRelate(b); !verdict.Done() {
		return verdict
	}
	thread, answers, verdict := m.mayReply(b)
	if !verdict.Done() {
		return verdict
	}
	if verdict := m.mayFill(b); !verdict.Done() {
		return verdict
	}
	tender, verdict := m.mayServe(b)
	if !verdict.Done() {
		return verdict
	}
	dtg := DTG{}
	if side.DTG != nil {
		dtg = *side.DTG
	}
	dtg = dtg.after(m.At)
	side.DTG = &dtg
	m.desk.Put(side)
	m.putDispatch(b, &dtg, thread)
	if answers {
		h := m.handling(*b.Reply)
		h.Answered = append(slices.Clone(h.Answered), Answer{Answer: b.Answer, At: m.At, ID: m.ID, Side: m.ID.Side})
		m.desk.Put(h)
	}
	if b.Relation != nil {
		h := m.handling(b.Relation.Dispatch)
		h.Relations = append(slices.Clone(h.Relations), Related{At: m.At, ID: m.ID, Kind: b.Relation.Kind})
		m.desk.Put(h)
	}
	if tender != nil {
		m.desk.Put(tender)
	}
	return Verdict{}
}

// dispatch finds a dispatch that the writer had seen: nobody has read what had
// not reached its side.
func (m *matter) dispatch(id EntryID) (*Dispatch, Verdict) {
	d := &Dispatch{ID: id}
	if unseen := id.Side != m.ID.Side && m.Seen[id.Side] <= id.Index; unseen || !m.desk.Get(d) {
		return nil, void(DispatchUnknown, "dispatch", id.String())
	}
	return d, Verdict{}
}

// handling gives the row of a dispatch, whether there is one yet or not.
func (m *matter) handling(id EntryID) *Handling {
	h := &Handling{Dispatch: id}
	m.desk.Get(h)
	return h
}

// sameMark checks that what answers or mends a dispatch bears its mark.
func sameMark(b *DispatchBody, d *Dispatch) Verdict {
	if b.Mark == d.Mark {
		return Verdict{}
	}
	return marked(d)
}

// marked refuses what bears another mark than a dispatch.
func marked(d *Dispatch) Verdict {
	mark := string(d.Mark)
	if mark == "" {
		mark = "real"
	}
	return void(MarkDiffers, "dispatch", d.ID.String(), "mark", mark)
}

// mayRelate checks the relation of a dispatch to one before it.
func (m *matter) mayRelate(b *DispatchBody) Verdict {
	if b.Relation == nil {
		return Verdict{}
	}
	id, kind := b.Relation.Dispatch, b.Relation.Kind
	d, verdict := m.dispatch(id)
	if !verdict.Done() {
		return verdict
	}
	if verdict := sameMark(b, d); !verdict.Done() {
		return verdict
	}
	must := []Side{d.From} // who must have this dispatch
	switch own := d.From == m.ID.Side; {
	case kind.OfOwn() && !own:
		return void(NotOwnDispatch, "dispatch", id.String())
	case kind.OfOwn():
		if must = d.To; d.Info != nil {
			must = slices.Concat(d.To, d.Info.To)
		}
	case own:
		return void(OwnDispatch, "dispatch", id.String())
	case !d.Concerns(m.ID.Side):
		return void(NotAddressed, "dispatch", id.String())
	}
	for _, side := range must {
		if !slices.Contains(b.To, side) && (b.Info == nil || !slices.Contains(b.Info.To, side)) {
			return void(AddresseeMissing, "side", side, "dispatch", id.String())
		}
	}
	h := m.handling(id)
	if by, withdrawn := h.Withdrawn(); withdrawn && kind.OfOwn() {
		return void(NotInEffect, "dispatch", id.String(), "by", by.ID.String())
	}
	if n := len(h.Relations) + 1; n > MaxRelations {
		return void(TooMany, "field", "relation", "size", strconv.Itoa(n), "limit", strconv.Itoa(MaxRelations))
	}
	return Verdict{}
}

// mayReply checks the dispatch that this one answers. It gives the one with
// which the thread begins, and whether this is the first answer of an addressed
// side.
func (m *matter) mayReply(b *DispatchBody) (thread *EntryID, answers bool, verdict Verdict) {
	if b.Reply == nil {
		return nil, false, Verdict{}
	}
	d, verdict := m.dispatch(*b.Reply)
	if !verdict.Done() {
		return nil, false, verdict
	}
	if verdict := sameMark(b, d); !verdict.Done() {
		return nil, false, verdict
	}
	side := m.ID.Side
	switch {
	case !d.Concerns(side):
		return nil, false, void(NotAddressed, "dispatch", d.ID.String())
	case d.From != side && !slices.Contains(b.To, d.From):
		return nil, false, void(AddresseeMissing, "side", d.From, "dispatch", d.ID.String())
	}
	if thread = d.Thread; thread == nil {
		thread = &d.ID
	}
	if answers, verdict = m.mayAnswer(b, d); !verdict.Done() {
		return nil, false, verdict
	}
	answered := slices.ContainsFunc(m.handling(d.ID).Answered, func(a Answer) bool { return a.Side == side })
	return thread, answers && slices.Contains(d.To, side) && !answered, Verdict{}
}
