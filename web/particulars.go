package web

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"

	"liaison.example/office"
	"liaison.example/people"
)

// What a dispatch may say of itself beyond channel, precedence, subject and text,
// in the editor and on the page of a draft. The rules know it from version 2 on.

// particulars is that part of the editor.
type particulars struct {
	Offered    bool // the rules in force know it
	Name       string
	Attention  string
	Info       []choice // empty if there is one other side only
	InfoAs     []choice // precedences
	Marks      []choice
	Releasable []choice
	Party      string
	References string
	Reply      string // id
	Relation   office.RelationKind
	Relates    string // id
	Tender     string // id
	Answers    []fact // what it answers or mends, as links
	Open       bool   // something is said of what is folded away
	MaxWords   int
	MayAsk     bool // for a read-back: the rules know it
	Readback   bool // it is asked for
}

// knowsParticulars reports whether the rules in force do.
func (v *visit) knowsParticulars() bool {
	return v.office.Charter != nil && v.office.Charter.Rules >= 2
}

// particulars fills in that part of the editor with what was typed.
func (s *site) particulars(v *visit, c people.Content, refused map[string]string) (particulars, error) {
	p := particulars{
		Offered: v.knowsParticulars(), Name: c.Name, Attention: c.Attention, Party: c.Party, References: c.References,
		Reply: c.Reply, Relation: c.Relation, Relates: c.Relates, Tender: c.Tender, MaxWords: office.MaxUrgentWords,
		MayAsk: v.knowsParticulars() && v.office.Charter.Rules >= 4, Readback: c.Readback,
	}
	p.Open = len(c.Info) > 0 || c.Releasable != "" || c.References != ""
	for _, field := range []string{"info", "party", "references", "releasable"} {
		p.Open = p.Open || refused[field] != ""
	}
	if others := v.others(); len(others) > 1 {
		for _, id := range others {
			p.Info = append(p.Info, choice{id, v.sideName(id), "", slices.Contains(c.Info, id)})
		}
		for _, one := range office.Precedences {
			p.InfoAs = append(p.InfoAs, choice{string(one), v.t("precedence." + lowerPrecedence(one)), "", one == cmp.Or(c.InfoPrecedence, office.Routine)})
		}
	}
	p.Marks = append(p.Marks, choice{"", v.t("particulars.real"), "", c.Mark == ""})
	for _, mark := range office.Marks {
		p.Marks = append(p.Marks, choice{string(mark), v.markName(mark), v.t("mark.note"), c.Mark == mark})
	}
	p.Releasable = append(p.Releasable, choice{"", v.t("particulars.confidential"), "", c.Releasable == ""})
	for _, one := range office.Releasabilities {
		name := v.t("releasable."+string(one), "party", v.t("particulars.third-party"))
		p.Releasable = append(p.Releasable, choice{string(one), name, "", c.Releasable == one})
	}
	var err error
	p.Answers, err = s.contentFacts(v, people.Content{Reply: c.Reply, Relation: c.Relation, Relates: c.Relates, Tender: c.Tender})
	return p, err
}

// contentFacts is what a draft says of itself, as the page of a dispatch shows it.
// What is typed wrongly is left out: it is named as missing.
func (s *site) contentFacts(v *visit, c people.Content) ([]fact, error) {
	body, err := c.Body()
	if err != nil {
		c.References = ""
		if body, err = c.Body(); err != nil {
			return nil, nil
		}
	}
	if body.Relation != nil && !slices.Contains(office.RelationKinds, body.Relation.Kind) {
		body.Relation = nil
	}
	if !slices.Contains(office.Releasabilities, body.Releasable) {
		body.Releasable = ""
	}
	return s.facts(v, &office.Dispatch{
		Answer: body.Answer, Name: body.Name, Attention: body.Attention, Relation: body.Relation, Reply: body.Reply, References: body.References,
		Releasable: body.Releasable, Party: body.Party, Tender: body.Tender, Readback: body.Readback,
	})
}

// typedParticulars reads that part of the form.
func (v *visit) typedParticulars(form url.Values, c *people.Content) {
	if !v.knowsParticulars() {
		return
	}
	c.Name, c.Attention, c.Party = typed(form.Get("name")), typed(form.Get("attention")), typed(form.Get("party"))
	c.Mark, c.Releasable = office.Mark(typed(form.Get("mark"))), office.Releasability(typed(form.Get("releasable")))
	c.References, c.Reply = typed(form.Get("references")), typed(form.Get("reply"))
	c.Relation, c.Relates = office.RelationKind(typed(form.Get("relation"))), typed(form.Get("relates"))
	c.Tender, c.Readback = typed(form.Get("tender")), form.Get("readback") != ""
	if c.Info = slices.Compact(slices.Sorted(slices.Values(form["info"]))); len(c.Info) > 0 {
		c.InfoPrecedence = office.Precedence(typed(form.Get("info-precedence")))
	}
}

// begun is what a new draft begins with: the choice of a link, or the dispatch
// that it answers or mends.
func (s *site) begun(v *visit) (c people.Content, err error) {
	query := v.r.URL.Query()
	c.Channel, c.Precedence, c.To = query.Get("channel"), office.Precedence(query.Get("precedence")), query["to"]
	if note := query.Get("note"); note != "" {
		return s.begunNote(v, note)
	}
	if tender := query.Get("tender"); tender != "" {
		return s.begunTender(v, tender)
	}
	kind := office.RelationKind(query.Get("relation"))
	to := cmp.Or(query.Get("reply"), query.Get("dispatch"))
	if to == "" {
		return c, s.begunForm(v, &c, nil)
	}
	id, err := office.ParseEntryID(to)
	if err != nil || query.Get("reply") == "" && !slices.Contains(office.RelationKinds, kind) {
		return c, errNothingHere
	}
	line, found, err := s.node.Records().Dispatch(v.ctx, id)
	if err != nil {
		return c, err
	}
	if !found {
		return c, errNothingHere
	}
	c = people.Content{Channel: line.Channel, Precedence: line.Precedence, Mark: line.Mark}
	switch {
	case line.From != v.side:
		c.To = []office.Side{line.From}
	default:
		c.To = line.To
		if line.Info != nil {
			c.Info, c.InfoPrecedence = line.Info.To, line.Info.Precedence
		}
	}
	about := "reply"
	if query.Get("reply") != "" {
		c.Reply = to
	} else {
		about, c.Relation, c.Relates = string(kind), kind, to
	}
	c.Subject = shorten(v.t("particulars.subject-"+about, "number", line.Number, "side", v.sideName(line.From), "subject", line.Subject), office.MaxSubject-1)
	if kind == office.Correction || kind == office.Supersession {
		c.Subject, c.Text = line.Subject, line.Text
	}
	if !v.knowsParticulars() { // the rules know the words alone
		c.Reply, c.Relation, c.Relates, c.Mark = "", "", "", ""
	}
	if c.Relation == office.Correction || c.Relation == office.Supersession {
		c.Form = line.Form
		return c, nil
	}
	return c, s.begunForm(v, &c, &line.Dispatch)
}

// informed names the sides that a draft goes to for information.
func (v *visit) informed(c people.Content) template.HTML {
	if len(c.Info) == 0 {
		return ""
	}
	return v.h("particulars.informed", "side", v.sideNames(c.Info))
}
