package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"liaison.example/lang"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// codesPage is the panel of the short codes: a number, a few slots, what will be
// said in each language, and the release, which is that of any dispatch.
type codesPage struct {
	Frame
	Known   bool // the rules in force know forms
	Codes   []codeLine
	Asked   string // the number that was typed
	Refused string
	Panel   *codePanel
}

// codeLine is a short code in force.
type codeLine struct {
	Number     string
	Name, Says said
	Precedence office.Precedence
	Word       string
	Href       string
	Chosen     bool
}

// codePanel is the one that was chosen.
type codePanel struct {
	Number     string
	Name       said
	Purpose    said
	Asks       string
	Late       string // that it would be late
	Looked     string // what was said of it, handed on by who confirms
	Hash       string
	Code       string
	Former     bool // it is not in force any more
	Subject    string
	Says       []saidIn
	Fields     []fillField
	Channels   []choice
	Suspended  []suspended
	To         []choice // empty if there is one other side only
	Receiver   string   // that one other side
	Marks      []choice
	Mark       string // in words; empty if it is meant in earnest
	Precedence office.Precedence
	Word       string
	Within     string
	Once       string
	Ready      bool // all is filled in: what it says is to be confirmed
	Typed      []typedValue
	MayWrite   bool
	MayAlone   bool
}

// saidIn is a text in one of its languages.
type saidIn struct{ Lang, Language, Text string }

// typedValue is a value that the confirming form hands on.
type typedValue struct{ Name, Value string }

// sayings puts what a short code says into a list, in the reader's language first.
func (v *visit) sayings(says office.Words) (list []saidIn) {
	for _, tag := range sortedKeys(says) {
		list = append(list, saidIn{tag, languageName(tag), says[tag]})
	}
	slices.SortStableFunc(list, func(a, b saidIn) int {
		return map[bool]int{true: -1}[a.Lang == v.tag] - map[bool]int{true: -1}[b.Lang == v.tag]
	})
	return list
}

// codes are the short codes in force, in the order of their numbers.
func (s *site) codesInForce(v *visit) (list []office.FormRow, err error) {
	if !v.knowsForms() {
		return nil, nil
	}
	list, _, err = s.node.Records().Forms(v.ctx, records.FormFilter{State: office.FormInForce, Limit: records.MaxPage})
	list = slices.DeleteFunc(list, func(f office.FormRow) bool {
		_, is := f.Form.ShortCode()
		return !is || f.Form.Ended
	})
	slices.SortFunc(list, func(a, b office.FormRow) int { return cmp.Compare(a.Form.Code, b.Form.Code) })
	return list, err
}

// codes shows the panel, with the code whose number the address has.
func (s *site) codes(v *visit) error {
	asked := strings.TrimSpace(typed(v.r.URL.Query().Get("number")))
	if asked == "" {
		return s.showCodes(v, http.StatusOK, codesPage{}, written{})
	}
	page := codesPage{Asked: asked}
	number, err := strconv.Atoi(asked)
	row, found := office.FormRow{}, false
	if code := office.CodeOfNumber(number); err == nil && code != "" {
		if row, found, err = s.node.Records().InForceForm(v.ctx, code); err != nil {
			return err
		}
	}
	if _, is := row.Form.ShortCode(); !found || !is || row.Form.Ended {
		page.Refused = v.t("code.unknown", "number", asked)
		return s.showCodes(v, http.StatusNotFound, page, written{})
	}
	w := written{once: newKey()}
	w.Form = &office.Filled{Code: row.Form.Code, Hash: row.Hash, Values: map[string]string{}}
	if others := v.others(); len(others) == 1 {
		w.To = others
	}
	return s.showCodes(v, http.StatusOK, page, w)
}

// postShortCode shows what a code says with what was typed, to be confirmed; or, if
// something is missing or is to be changed, its slots again. Nothing is written.
func (s *site) postShortCode(v *visit) error {
	w := v.written(0)
	if err := s.typedForm(v, v.r.PostForm, &w); err != nil {
		return err
	}
	if w.Form == nil {
		return errNothingHere
	}
	return s.showCodes(v, http.StatusOK, codesPage{}, w)
}

// showCodes shows the panel with what was typed. A form that was posted is ready
// once nothing is missing.
func (s *site) showCodes(v *visit, status int, page codesPage, w written) error {
	frame, err := s.frame(v, "list", v.t("code.title"))
	if err != nil {
		return err
	}
	page.Frame, page.Known = frame, v.knowsForms()
	page.Path = "/codes"
	inForce, err := s.codesInForce(v)
	if err != nil {
		return err
	}
	for _, row := range inForce {
		number, _ := row.Form.ShortCode()
		page.Codes = append(page.Codes, codeLine{
			Number: number, Name: v.said(row.Form.Name), Says: v.said(row.Form.Say(nil)), Precedence: row.Form.Precedence, Word: v.t("precedence." + lowerPrecedence(row.Form.Precedence)),
			Href: "/codes?number=" + number, Chosen: w.Form != nil && w.Form.Code == row.Form.Code,
		})
	}
	if w.Form != nil {
		if page.Panel, err = s.codePanel(v, &w, &page); err != nil {
			return err
		}
		page.Path = "/codes?number=" + page.Panel.Number
		if v.r.Method != http.MethodGet && !page.Panel.Ready && w.do != "change" {
			status = http.StatusUnprocessableEntity
		}
	}
	return s.render(v, status, "codes", page)
}

// codePanel fills in the panel of one code.
func (s *site) codePanel(v *visit, w *written, page *codesPage) (*codePanel, error) {
	row, found, err := s.node.Records().Form(v.ctx, w.Form.Hash)
	if err != nil {
		return nil, err
	}
	form := row.Form
	number, is := form.ShortCode()
	if !found || !is {
		return nil, errNothingHere
	}
	w.Precedence, w.Subject = form.Precedence, number+" "+lang.Pick(v.tag, form.Name)
	var refused map[string]string
	if posted := v.r.Method != http.MethodGet; posted && w.do != "change" {
		if refused, err = s.faults(v, w.Content); err != nil {
			return nil, err
		}
		if refused == nil {
			refused = map[string]string{}
		}
		if len(w.To) == 0 {
			refused[""] = v.t("void.missing", "field", v.t("field.to"))
		}
		if field := brokenField(v.r.PostForm); field != "" {
			refused[""] = v.t("void.bad-text", "field", v.t("field."+field))
		}
		page.Refused = refused[""]
		if len(refused) > 0 && page.Refused == "" {
			page.Refused = v.t("fill.lacks")
		}
	}
	filling, err := s.filling(v, w.Content, refused)
	if err != nil {
		return nil, err
	}
	more, err := s.particulars(v, w.Content, nil)
	if err != nil {
		return nil, err
	}
	p := &codePanel{
		Number: number, Name: v.said(form.Name), Purpose: v.said(form.Purpose), Asks: filling.Asks, Late: filling.Late, Looked: w.looked(filling.Late), Hash: row.Hash, Code: form.Code, Former: filling.Former, Subject: w.Subject,
		Says: v.sayings(form.Say(w.Form.Values)), Fields: filling.Fields, Marks: more.Marks, Mark: v.markName(w.Mark), Once: w.once,
		Precedence: form.Precedence, Word: v.t("precedence." + lowerPrecedence(form.Precedence)), Ready: refused != nil && len(refused) == 0,
	}
	if clock, ok := v.clock(form.Precedence); ok && clock.Acknowledge > 0 {
		p.Within = v.t("write.within", "span", v.span(clock.Acknowledge))
	}
	var channels []string
	for i, c := range v.office.Charter.Channels {
		chosen := c.ID == w.Channel || w.Channel == "" && i == 0
		channels = append(channels, c.ID)
		p.Channels = append(p.Channels, choice{c.ID, v.channelName(c.ID), lang.Pick(v.tag, c.Purpose), chosen})
	}
	if p.Suspended, err = s.suspendedNow(v, channels...); err != nil {
		return nil, err
	}
	if others := v.others(); len(others) == 1 {
		p.Receiver = v.sideName(others[0])
	} else {
		for _, id := range others {
			p.To = append(p.To, choice{id, v.sideName(id), "", slices.Contains(w.To, id)})
		}
	}
	p.Typed = append(p.Typed, typedValue{"channel", w.Channel}, typedValue{"mark", string(w.Mark)})
	for _, to := range w.To {
		p.Typed = append(p.Typed, typedValue{"to", to})
	}
	for _, field := range p.Fields {
		p.Typed = append(p.Typed, typedValue{fieldPrefix + field.ID, field.Value})
	}
	may := func(act string) bool { return v.mayWith(act, form.Precedence, form.Code) }
	p.MayWrite = v.status.Open && may(people.ActDraft)
	p.MayAlone = may(office.KindDispatch) && may(people.ActAlone)
	p.Ready = p.Ready && p.MayWrite && !p.Former
	return p, nil
}
