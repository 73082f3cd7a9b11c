package web

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

const (
	tendersLength     = 30 // tenders on one page
	tendersWaiting    = 50 // that wait for our answer, counted and shown
	tendersOurs       = "ours"
	tendersUnanswered = "unanswered"
)

// tendersPage is the tenders of all sides, and the form in which we offer one.
type tendersPage struct {
	Frame
	Filter  tenderFilter
	Chosen  bool         // the list is filtered
	Tenders []tenderLine // the last first
	Older   string       // address; empty if there are none
	Newest  string       // address, if this is not the newest page

	Known       bool // the rules in force know tenders
	MayOffer    bool
	Typed       typedTender
	Channels    []choice
	Precedences []choice
	Forms       []choice
	To          []choice // empty if there is one other side only
	Marks       []choice
	Example     string          // of a moment
	Unequal     []template.HTML // ranks that do not fit; the form is sent again to offer it all the same
	Looked      string          // for which names that was said
	Ranks       bool            // the table of ranks may be looked at
	Once        string
	Refused     string
}

type tenderFilter struct{ Channel, From, State, Waiting []choice }

// typedTender is what a person typed of a tender.
type typedTender struct {
	Channel, Precedence, Form, Mark      string
	Name, Rank, Attention, Subject, When string
	To                                   []office.Side
}

// looked names what a warning about ranks was said of.
func (t typedTender) looked() string { return t.Name + " / " + t.Rank + " / " + t.Attention }

// tenderLine is one tender as lists show it.
type tenderLine struct {
	ID         office.EntryID
	Href       string
	Precedence office.Precedence
	Word       string // the precedence in words
	From, To   string
	Channel    string
	Form       string // code, in upper case
	FormName   string
	Subject    string
	Lang       string // of the subject
	Name       string // in whose name, with the rank
	Attention  string
	Mark       string // in words; empty if it is meant in earnest
	State      tenderState
	At         template.HTML
	Ours       bool
	Held       bool
}

// tenderState is how far a tender has come, as a shape and in words.
type tenderState struct {
	Shape string
	Words template.HTML
}

func (s *site) tenders(v *visit) error {
	query := v.r.URL.Query()
	return s.showTenders(v, http.StatusOK, typedTender{Channel: query.Get("channel"), Form: query.Get("form")}, tendersPage{})
}

// showTenders shows the tenders, and the form as it was typed. Of the page it takes
// what is to be said beside.
func (s *site) showTenders(v *visit, status int, typed typedTender, page tendersPage) error {
	frame, err := s.frame(v, "tenders", v.t("tender.title"))
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	page.Frame, page.Typed, page.Once, page.Known = frame, typed, newKey(), v.knowsForms()
	page.MayOffer = v.status.Open && v.may(office.KindTender, "") && query.Get("before") == ""
	page.Example = v.now.In(v.zone(v.side)).Format(untilForm)
	page.Looked = typed.looked()
	chosen := records.TenderFilter{
		Channel: query.Get("channel"), From: query.Get("from"), State: office.TenderState(query.Get("state")), Before: query.Get("before"), Limit: tendersLength,
	}
	if query.Get("state") == tendersUnanswered {
		chosen.Unanswered = v.now.UnixMilli()
	} else if chosen.State != "" && !slices.Contains(office.TenderStates, chosen.State) {
		return errNothingHere
	}
	if query.Get("waiting") == tendersOurs {
		chosen.Waiting = v.side
	}
	lines, next, err := s.node.Records().Tenders(v.ctx, chosen)
	if errors.Is(err, records.ErrBefore) {
		return errNothingHere
	}
	if err != nil {
		return fmt.Errorf("read the tenders: %w", err)
	}
	page.Path, page.Chosen = tendersHref(query, query.Get("before")), tendersHref(query, "") != "/tenders"
	if next != "" {
		page.Older = tendersHref(query, next)
	}
	if chosen.Before != "" {
		page.Newest = tendersHref(query, "")
	}
	for i := range lines {
		page.Tenders = append(page.Tenders, s.tenderLine(v, &lines[i].Tender))
	}
	if err := page.offer(v, query, typed); err != nil {
		return err
	}
	return s.render(v, status, "tenders", page)
}

// offer fills in what can be chosen.
func (p *tendersPage) offer(v *visit, query url.Values, typed typedTender) error {
	f := &p.Filter
	f.Channel = []choice{{"", v.t("list.any-channel"), "", false}}
	f.From = []choice{{"", v.t("list.any-side"), "", false}}
	f.State = []choice{{"", v.t("list.any-state"), "", false}}
	f.Waiting = []choice{{"", v.t("attempt.waits-any"), "", false}, {tendersOurs, v.t("tender.waits-ours"), "", query.Get("waiting") == tendersOurs}}
	if v.office.Charter != nil {
		for _, c := range v.office.Charter.Channels {
			f.Channel = append(f.Channel, choice{c.ID, v.channelName(c.ID), "", c.ID == query.Get("channel")})
			p.Channels = append(p.Channels, choice{c.ID, v.channelName(c.ID), "", c.ID == typed.Channel})
		}
	}
	for _, side := range v.sides() {
		f.From = append(f.From, choice{side, v.sideName(side), "", side == query.Get("from")})
	}
	for _, state := range append([]string{tendersUnanswered}, tenderStateWords()...) {
		f.State = append(f.State, choice{state, v.t("tender.state-" + state), "", state == query.Get("state")})
	}
	for _, one := range office.Precedences {
		if one != office.Flash {
			p.Precedences = append(p.Precedences, choice{string(one), v.t("precedence." + lowerPrecedence(one)), "", string(one) == cmp.Or(typed.Precedence, string(office.Routine))})
		}
	}
	forms, err := v.inForce()
	if err != nil {
		return err
	}
	p.Forms = []choice{{"", v.t("tender.no-form"), "", typed.Form == ""}}
	for _, form := range forms {
		if form.Mode != office.ModeDistress {
			p.Forms = append(p.Forms, choice{form.Code, v.codeTitle(form.Code), "", form.Code == typed.Form})
		}
	}
	if others := v.others(); len(others) > 1 {
		for _, id := range others {
			p.To = append(p.To, choice{id, v.sideName(id), "", slices.Contains(typed.To, id)})
		}
	}
	p.Marks = []choice{{"", v.t("particulars.real"), "", typed.Mark == ""}}
	for _, mark := range office.Marks {
		p.Marks = append(p.Marks, choice{string(mark), v.markName(mark), "", string(mark) == typed.Mark})
	}
	return nil
}

func tenderStateWords() (words []string) {
	for _, state := range office.TenderStates {
		words = append(words, string(state))
	}
	return words
}

// tendersHref is the address of the tenders that are chosen, from a place on.
func tendersHref(chosen url.Values, before string) string {
	query := url.Values{}
	for _, name := range []string{"channel", "from", "state", "waiting"} {
		if value := chosen.Get(name); value != "" {
			query.Set(name, value)
		}
	}
	if before != "" {
		query.Set("before", before)
	}
	if len(query) == 0 {
		return "/tenders"
	}
	return "/tenders?" + query.Encode()
}

func tenderHref(id office.EntryID) string { return "/tenders/" + id.String() }

func (s *site) tenderLine(v *visit, t *office.Tender) tenderLine {
	line := tenderLine{
		ID: t.ID, Href: tenderHref(t.ID), Precedence: t.Precedence, Word: v.t("precedence." + lowerPrecedence(t.Precedence)),
		From: v.sideName(t.From), To: v.sideNames(t.To), Channel: v.channelName(t.Channel), Subject: t.Subject, Lang: textLanguage(t.Subject),
		Name: v.named(t.Name), Attention: v.named(t.Attention), Mark: v.markName(t.Mark), State: v.tenderState(t), At: v.briefly(fromMillis(t.At)),
		Ours: t.From == v.side, Held: s.heldByAll(v, t.ID),
	}
	if t.Rank != "" {
		line.Name += ", " + v.named(t.Rank)
	}
	if t.Form != nil {
		line.Form, line.FormName = strings.ToUpper(t.Form.Code), v.codeTitle(t.Form.Code)
	}
	return line
}

// tenderState says how far a tender has come.
func (v *visit) tenderState(t *office.Tender) tenderState {
	until := v.briefly(fromMillis(t.Until))
	if t.Unanswered(v.now.UnixMilli()) {
		return tenderState{"late", v.h("tender.no-answer", "time", until)}
	}
	state := t.State()
	shape := map[office.TenderState]string{
		office.TenderWaiting: "waits", office.TenderAccepted: "acknowledged", office.TenderDeclined: "unequal", office.TenderWithdrawn: "void",
		office.TenderServed: "done", office.TenderServedInstead: "considered",
	}[state]
	switch state {
	case office.TenderWaiting:
		return tenderState{shape, v.h("tender.asked", "time", until)}
	case office.TenderDeclined:
		return tenderState{shape, v.h("tender.declined", "reason", v.declined(t))}
	}
	return tenderState{shape, v.h("tender.state-" + string(state))}
}

// declined says for which reason a tender was declined; empty if it was not.
func (v *visit) declined(t *office.Tender) string {
	for _, a := range t.Answers {
		if a.Answer == office.TenderDecline {
			return v.t("tender.reason-" + string(a.Reason))
		}
	}
	return ""
}

// tenderWaits are the tenders that wait for the answer of our side, the last first.
func (s *site) tenderWaits(v *visit) (waits []tenderLine, err error) {
	if !v.knowsForms() {
		return nil, nil
	}
	lines, _, err := s.node.Records().Tenders(v.ctx, records.TenderFilter{Waiting: v.side, Limit: tendersWaiting})
	if err != nil {
		return nil, fmt.Errorf("read which tenders wait: %w", err)
	}
	for i := range lines {
		waits = append(waits, s.tenderLine(v, &lines[i].Tender))
	}
	return waits, nil
}

// postTender offers a dispatch. What is refused comes back as it was typed, and so
// does once what does not fit the table of ranks.
func (s *site) postTender(v *visit) error {
	form := v.r.PostForm
	t := typedTender{
		Channel: form.Get("channel"), Precedence: form.Get("precedence"), Form: form.Get("form"), Mark: form.Get("mark"), Name: strings.TrimSpace(typed(form.Get("name"))),
		Rank: strings.TrimSpace(typed(form.Get("rank"))), Attention: strings.TrimSpace(typed(form.Get("attention"))), Subject: strings.TrimSpace(typed(form.Get("subject"))),
		When: form.Get("until"), To: slices.Compact(slices.Sorted(slices.Values(form["to"]))),
	}
	body := &office.TenderBody{
		Attention: t.Attention, Channel: t.Channel, Mark: office.Mark(t.Mark), Name: t.Name, Precedence: office.Precedence(t.Precedence), Rank: t.Rank,
		Subject: t.Subject, To: t.To,
	}
	if others := v.others(); len(others) == 1 {
		body.To = others
	}
	if t.Form != "" {
		body.Form = &office.FormName{Code: t.Form}
	}
	until, refused := v.typedMinute(t.When)
	if body.Until = until; until == "" && refused == "" {
		var err error
		if body.Until, err = s.node.AnswerBy(v.ctx, body.Precedence); err != nil {
			return err
		}
	}
	if len(body.To) == 0 { // the node would take it to mean all; a person must say so
		refused = v.t("void.missing", "field", v.t("field.to"))
	}
	if refused == "" && form.Get("looked") != t.looked() {
		unequal, err := s.unequal(v, body.To, t.Name+" "+t.Rank, t.Attention)
		if err != nil {
			return err
		}
		if len(unequal) > 0 {
			return s.showTenders(v, http.StatusOK, t, tendersPage{Unequal: unequal})
		}
	}
	var err error
	if refused == "" {
		refused, err = s.actOnce(v, office.KindTender, body)
	}
	if err != nil {
		return err
	}
	if refused != "" {
		return s.showTenders(v, http.StatusUnprocessableEntity, t, tendersPage{Refused: refused})
	}
	return v.redirect("/tenders")
}

// unequal says for which sides the ranks of who signs and who is addressed do not
// fit, by our own table.
func (s *site) unequal(v *visit, to []office.Side, name, attention string) (said []template.HTML, err error) {
	table, err := s.node.People().Ranks(v.ctx)
	if err != nil {
		return nil, err
	}
	for _, side := range to {
		m := table.Mismatch(side, name, attention)
		if m == nil {
			continue
		}
		equal := strings.Join(m.Equal, v.t("common.list-comma"))
		switch {
		case m.Here == "":
			said = append(said, v.h("rank.unknown-here", "there", m.There, "side", v.sideName(side), "equal", equal))
		case m.There == "":
			said = append(said, v.h("rank.unknown-there", "here", m.Here, "side", v.sideName(side), "equal", equal))
		default:
			said = append(said, v.h("rank.unequal", "here", m.Here, "there", m.There, "side", v.sideName(side), "equal", equal))
		}
	}
	return said, nil
}

// draftUnequal is unequal for a draft.
func (s *site) draftUnequal(v *visit, c people.Content) ([]template.HTML, error) {
	return s.unequal(v, c.To, c.Name, c.Attention)
}
