package web

import (
	"fmt"
	"html/template"
	"net/http"

	"liaison.example/office"
	"liaison.example/people"
)

// tenderPage is one tender and what has become of it.
type tenderPage struct {
	Frame
	Line      tenderLine
	By        string
	Offered   []onClock
	Facts     []fact
	Steps     []step
	Silences  []silenceLine // of each side from which an answer is waited for
	MayAnswer bool
	Answer    typedAnswer
	Reasons   []choice
	Max       int
	Serve     string // address of the draft; empty if it is not ours, or not yet
	Instead   bool   // it would be served instead
	MayEnd    bool   // withdraw it
	Once      string
	Refused   string
}

// typedAnswer is what a person typed to answer a tender, or to withdraw one.
type typedAnswer struct{ Reason, Text, End string }

func (s *site) tender(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	return s.showTender(v, http.StatusOK, id, typedAnswer{}, "")
}

func (s *site) showTender(v *visit, status int, id office.EntryID, typed typedAnswer, refused string) error {
	t, found, err := s.node.Records().Tender(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read tender %s: %w", id, err)
	}
	if !found {
		return errNothingHere
	}
	frame, err := s.frame(v, "tenders", v.t("tender.one", "id", id))
	if err != nil {
		return err
	}
	frame.Path = tenderHref(id)
	page := tenderPage{
		Frame: frame, Line: s.tenderLine(v, &t), By: v.officer(t.From, t.By), Offered: v.clocks(fromMillis(t.At)), Answer: typed, Max: office.MaxRemark,
		Once: newKey(), Refused: refused,
	}
	fact := func(key, value, language string) {
		if value != "" {
			page.Facts = append(page.Facts, fact{v.t(key), template.HTML(template.HTMLEscapeString(value)), language})
		}
	}
	fact("dispatch.name", v.named(t.Name), textLanguage(t.Name))
	fact("field.rank", v.named(t.Rank), textLanguage(t.Rank))
	fact("dispatch.attention", v.named(t.Attention), textLanguage(t.Attention))
	fact("list.form", page.Line.FormName, "")
	page.Steps = s.tenderSteps(v, &t)
	silences, err := s.node.SilencesOfTender(v.ctx, &t, v.now)
	if err != nil {
		return err
	}
	page.Silences = v.silenceLines(silences)
	state := t.State()
	open := t.Withdrawn == nil && t.Served == nil
	ours := t.From == v.side && v.status.Open
	for _, side := range t.Waiting() {
		page.MayAnswer = page.MayAnswer || side == v.side && v.status.Open && v.may(office.KindTenderReply, "")
	}
	for _, reason := range office.DeclineReasons {
		page.Reasons = append(page.Reasons, choice{string(reason), v.t("tender.reason-" + string(reason)), "", string(reason) == typed.Reason})
	}
	if ours && open && v.mayWith(people.ActDraft, t.Precedence, formCode(t.Form)) && (state != office.TenderWaiting || t.Unanswered(v.now.UnixMilli())) {
		page.Serve, page.Instead = "/dispatches/new?tender="+id.String(), state != office.TenderAccepted
	}
	page.MayEnd = ours && open && v.may(office.KindTenderEnd, "")
	return s.render(v, status, "tender", page)
}

func formCode(f *office.FormName) string {
	if f == nil {
		return ""
	}
	return f.Code
}

// tenderSteps is what has become of a tender, step by step.
func (s *site) tenderSteps(v *visit, t *office.Tender) (steps []step) {
	proofs := func(id office.EntryID) []proofLink {
		return []proofLink{{"/record/" + id.String(), v.t("ladder.entry", "id", id), false}, {"/proof/" + id.String(), v.t("ladder.proof"), true}}
	}
	words := func(text string) (notes []template.HTML) {
		if text != "" {
			notes = append(notes, template.HTML(template.HTMLEscapeString(text)))
		}
		return notes
	}
	steps = append(steps, step{
		Shape: "done", Title: v.h("tender.offered"), By: v.officer(t.From, t.By), Clocks: v.clocks(fromMillis(t.At)), Proofs: proofs(t.ID),
		Notes: []template.HTML{v.h("tender.asks", "time", v.briefly(fromMillis(t.Until)))},
	})
	for _, a := range t.Answers {
		one := step{
			Shape: "done", Title: v.h("tender.accepted-by", "side", v.sideName(a.Side)), By: v.officer(a.Side, a.By), Clocks: v.clocks(fromMillis(a.At)),
			Notes: words(a.Text), Proofs: proofs(a.ID),
		}
		if a.Answer == office.TenderDecline {
			one.Shape, one.Title = "late", v.h("tender.declined-by", "side", v.sideName(a.Side), "reason", v.t("tender.reason-"+string(a.Reason)))
		}
		steps = append(steps, one)
	}
	for _, side := range t.To {
		if t.AnswerOf(side) != nil || t.Withdrawn != nil {
			continue
		}
		one := step{Shape: "open", Title: v.h("tender.silent", "side", v.sideName(side))}
		if t.Until <= v.now.UnixMilli() {
			one.Shape = "late"
		}
		steps = append(steps, one)
	}
	if t.Served != nil {
		one := step{Shape: "done", Title: v.h("tender.state-served"), Clocks: v.clocks(fromMillis(t.Served.At)), Proofs: []proofLink{{"/dispatches/" + t.Served.ID.String(), v.t("tender.dispatch"), false}}}
		if t.Served.Instead {
			one.Title, one.Notes = v.h("tender.state-served-instead"), []template.HTML{v.h("tender.instead-note")}
		}
		steps = append(steps, one)
	}
	if t.Withdrawn != nil {
		steps = append(steps, step{
			Shape: "done", Title: v.h("tender.state-withdrawn"), By: v.officer(t.From, t.Withdrawn.By), Clocks: v.clocks(fromMillis(t.Withdrawn.At)),
			Notes: words(t.Withdrawn.Text), Proofs: proofs(t.Withdrawn.ID),
		})
	}
	return steps
}

// postTenderAnswer accepts a tender, or declines it.
func (s *site) postTenderAnswer(v *visit) error {
	form := v.r.PostForm
	t := typedAnswer{Reason: form.Get("reason"), Text: typed(form.Get("text"))}
	return s.onTender(v, t, office.KindTenderReply, func(id office.EntryID) any {
		b := &office.TenderAnswerBody{Answer: office.TenderWord(form.Get("answer")), Tender: id, Text: t.Text}
		if b.Answer == office.TenderDecline {
			b.Reason = office.DeclineReason(t.Reason)
		}
		return b
	})
}

// postTenderEnd withdraws a tender of ours.
func (s *site) postTenderEnd(v *visit) error {
	t := typedAnswer{End: typed(v.r.PostForm.Get("text"))}
	return s.onTender(v, t, office.KindTenderEnd, func(id office.EntryID) any { return &office.TenderWithdrawBody{Tender: id, Text: t.End} })
}

func (s *site) onTender(v *visit, typed typedAnswer, kind string, body func(office.EntryID) any) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	refused, err := s.actOnce(v, kind, body(id))
	if err != nil {
		return err
	}
	if refused != "" {
		return s.showTender(v, http.StatusUnprocessableEntity, id, typed, refused)
	}
	return v.redirect(tenderHref(id))
}

// begunTender is a draft that begins with what was tendered: all but the text.
func (s *site) begunTender(v *visit, text string) (c people.Content, err error) {
	id, err := office.ParseEntryID(text)
	if err != nil {
		return c, errNothingHere
	}
	t, found, err := s.node.Records().Tender(v.ctx, id)
	if err != nil {
		return c, err
	}
	if !found || t.From != v.side {
		return c, errNothingHere
	}
	c = people.Content{
		Channel: t.Channel, Precedence: t.Precedence, To: t.To, Subject: t.Subject, Name: t.Name, Attention: t.Attention, Mark: t.Mark, Tender: id.String(),
	}
	if t.Form != nil {
		c.Form = &office.Filled{Code: t.Form.Code, Hash: t.Form.Hash, Values: map[string]string{}}
	}
	return c, nil
}

// tenderFact says under which tender a dispatch is served, or instead of which.
func (s *site) tenderFact(v *visit, d *office.Dispatch) (one fact, err error) {
	id := *d.Tender
	t, found, err := s.node.Records().Tender(v.ctx, id)
	if err != nil {
		return one, err
	}
	link := citation{Href: tenderHref(id), Name: v.t("tender.one", "id", id)}.link()
	one = fact{Name: v.t("dispatch.tender"), Value: link}
	switch {
	case !found:
	case t.Served == nil || t.Served.ID != d.ID: // a draft
		one.Value = v.h("tender.under", "tender", link, "state", v.tenderState(&t).Words)
	case !t.Served.Instead:
		one.Value = v.h("tender.under", "tender", link, "state", v.h("tender.state-served"))
	case v.declined(&t) != "":
		one.Value = v.h("tender.instead-declined", "tender", link, "reason", v.declined(&t))
	default:
		one.Value = v.h("tender.instead-silent", "tender", link, "time", v.briefly(fromMillis(t.Until)))
	}
	return one, nil
}
