package web

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"liaison.example/lang"
	"liaison.example/office"
)

// formPage is one form: one that was ever proposed, or one of the catalog.
type formPage struct {
	Frame
	Hash, Grouped string
	Stands        string // mark that goes with the state
	State         template.HTML
	EntryID       string // of the entry that the state rests on
	Note          string
	NoteLang      string
	Consents      []founding // nil for one of the catalog that was never proposed
	Compared      []compared // with the one that it replaces, or would replace
	Replaces      string     // its hash; empty if there is none
	Text          formText
	Others        []formText // in the other languages that the form has

	Proposed   bool // it is open
	Agreed     bool // and our side has agreed
	MayAgree   bool
	MayPropose bool // as it is
	MayChange  bool
	MayEnd     bool
	Typed      string // the note
	MaxNote    int
	Refused    string
}

// said is a phrase in the language that it is in.
type said struct{ Text, Lang string }

// formText is a form as it is read in one language.
type formText struct {
	Lang, Language string
	Name, Purpose  said
	Says           said // of a short code
	Asks, Silence  string
	Precedence     office.Precedence
	Word           string // the precedence
	Ended          bool
	Fields         []fieldText
	Answers        []choiceText
}

type fieldText struct {
	N          int // its place
	ID         string
	Name, Help said
	Type       string
	Required   bool
	Choices    []choiceText
}

type choiceText struct {
	ID   string
	Name said
}

// said picks the reader's language of a phrase, or another if it has not that.
func (v *visit) said(words office.Words) said {
	text := lang.Pick(v.tag, words)
	for _, tag := range append([]string{v.tag, lang.English}, sortedKeys(words)...) {
		if words[tag] == text && text != "" {
			return said{text, tag}
		}
	}
	return said{text, v.tag}
}

// formTags are all languages of a form, the reader's first.
func (v *visit) formTags(f *office.Form) []string {
	phrases := []office.Words{f.Name, f.Purpose, f.Says}
	choices := func(list []office.Choice) {
		for _, c := range list {
			phrases = append(phrases, c.Name)
		}
	}
	choices(f.Answers)
	for _, field := range f.Fields {
		phrases = append(phrases, field.Name, field.Help)
		choices(field.Choices)
	}
	all := map[string]bool{}
	for _, words := range phrases {
		for tag := range words {
			all[tag] = true
		}
	}
	delete(all, v.tag)
	return append([]string{v.tag}, sortedKeys(all)...)
}

// formText puts a form into words: in the reader's language, with another where
// it lacks that, or in just one of its other languages.
func (v *visit) formText(f *office.Form, tag string) formText {
	pick := v.said
	if tag != v.tag {
		pick = func(words office.Words) said { return said{words[tag], tag} }
	}
	choices := func(list []office.Choice) (out []choiceText) {
		for _, c := range list {
			out = append(out, choiceText{c.ID, pick(c.Name)})
		}
		return out
	}
	text := formText{
		Lang: tag, Language: languageName(tag), Name: pick(f.Name), Purpose: pick(f.Purpose), Says: pick(f.Says), Ended: f.Ended,
		Asks: v.asks(f), Silence: strings.TrimSpace(v.silence(f) + " " + v.ahead(f) + " " + v.mode(f)),
		Precedence: f.Precedence, Word: v.t("precedence." + lowerPrecedence(f.Precedence)), Answers: choices(f.Answers),
	}
	for i, field := range f.Fields {
		text.Fields = append(text.Fields, fieldText{
			N: i + 1, ID: field.ID, Name: pick(field.Name), Help: pick(field.Help), Type: v.t("form.type-" + string(field.Type)),
			Required: field.Required, Choices: choices(field.Choices),
		})
	}
	return text
}

// formArticles puts a form into its points, each with all that stands in it, in
// every language.
func (v *visit) formArticles(f *office.Form) []article {
	line := func(b *strings.Builder, name, value string) { fmt.Fprintf(b, "%s: %s\n", name, value) }
	inAll := func(b *strings.Builder, name string, words office.Words) {
		for _, tag := range sortedKeys(words) {
			line(b, name+" ("+tag+")", words[tag])
		}
	}
	choices := func(b *strings.Builder, list []office.Choice) {
		for _, c := range list {
			inAll(b, c.ID, c.Name)
		}
	}
	var b strings.Builder
	inAll(&b, v.t("charter.name"), f.Name)
	inAll(&b, v.t("charter.purpose"), f.Purpose)
	inAll(&b, v.t("code.text"), f.Says)
	line(&b, v.t("form.asks"), strings.TrimSpace(v.wants(f)+" "+v.mode(f)))
	line(&b, v.t("form.offered"), v.t("precedence."+lowerPrecedence(f.Precedence)))
	if f.Ended {
		fmt.Fprintln(&b, v.t("form.ends"))
	}
	out := []article{{"form", v.t("form.whole", "code", strings.ToUpper(f.Code)), b.String()}}
	for i, field := range f.Fields {
		var b strings.Builder
		line(&b, v.t("charter.place"), strconv.Itoa(i+1))
		inAll(&b, v.t("charter.name"), field.Name)
		line(&b, v.t("form.type"), v.t("form.type-"+string(field.Type)))
		line(&b, v.t("form.need"), v.need(field.Required))
		inAll(&b, v.t("form.help"), field.Help)
		choices(&b, field.Choices)
		out = append(out, article{"field " + field.ID, v.t("form.field", "field", field.ID), b.String()})
	}
	if len(f.Answers) > 0 {
		var b strings.Builder
		choices(&b, f.Answers)
		out = append(out, article{"answers", v.t("form.answers"), b.String()})
	}
	return out
}

// asks says what a form wants of those who get it, and within which time.
func (v *visit) asks(f *office.Form) string {
	asks := v.t("form.asks-"+string(f.Asks), "n", f.Hours)
	if f.Hours > 0 && f.Asks != office.AsksObjection { // which says so itself
		asks += " " + v.t("form.within", "n", f.Hours)
	}
	if f.Hours > 0 && v.office.Charter != nil && f.InJointHours(v.office.Charter.Rules) {
		asks += " " + v.t("form.joint-hours")
	}
	return asks
}

// mode says how a form is delivered; empty if it is served and may be tendered.
func (v *visit) mode(f *office.Form) string {
	if f.Mode == office.ModeServed {
		return ""
	}
	return v.t("form.mode-" + string(f.Mode))
}

// silence says what it means if they say nothing.
func (v *visit) silence(f *office.Form) string { return v.t("form.silence-" + string(f.Asks)) }

// need says whether a field must be filled in.
func (v *visit) need(required bool) string {
	if required {
		return v.t("form.required")
	}
	return v.t("form.optional")
}

func (s *site) form(v *visit) error {
	return s.showForm(v, http.StatusOK, v.r.PathValue("hash"), "", "")
}

// showForm shows a form, with the note as it was typed and why it was refused.
func (s *site) showForm(v *visit, status int, hash, refused, note string) error {
	form, row, err := s.findForm(v, hash)
	if err != nil {
		return err
	}
	if form == nil {
		return errNothingHere
	}
	frame, err := s.frame(v, "charter", v.formName(form))
	if err != nil {
		return err
	}
	frame.Path = "/forms/" + hash
	page := formPage{Frame: frame, Hash: hash, Grouped: groupedHash(hash), Refused: refused, Typed: note, MaxNote: office.MaxNote}
	for i, tag := range v.formTags(form) {
		if text := v.formText(form, tag); i == 0 {
			page.Text = text
		} else {
			page.Others = append(page.Others, text)
		}
	}
	inForce, _, err := s.node.Records().InForceForm(v.ctx, form.Code)
	if err != nil {
		return err
	}
	page.Replaces = inForce.Hash
	if row != nil {
		if err := s.formStands(v, row, &page); err != nil {
			return err
		}
	} else {
		page.Stands, page.State = "open", template.HTML(template.HTMLEscapeString(v.t("form.brought-along")))
	}
	if page.Replaces != "" && page.Replaces != hash {
		before, _, err := s.findForm(v, page.Replaces)
		if err != nil {
			return err
		}
		if before != nil {
			page.Compared = compareArticles(v.formArticles(before), v.formArticles(form))
		}
	}
	page.MayChange = v.mayForm(office.KindProposeForm)
	page.MayPropose = page.MayChange && !page.Proposed && hash != inForce.Hash
	page.MayEnd = page.MayChange && hash == inForce.Hash && !form.Ended
	page.MayAgree = page.Proposed && !page.Agreed && v.mayForm(office.KindAgreeForm)
	return s.render(v, status, "form", page)
}

// formStands says what became of a form that was proposed.
func (s *site) formStands(v *visit, row *office.FormRow, page *formPage) error {
	entry := row.ID
	signed := v.h("charter.proposed", "officer", v.officer(row.ID.Side, row.By), "time", v.when(fromMillis(row.At)))
	page.Note, page.NoteLang, page.Consents = row.Note, textLanguage(row.Note), v.formConsents(row)
	switch row.State {
	case office.FormOpen:
		page.Proposed, page.Agreed = true, slices.Contains(row.Agreed, v.side)
		page.Stands, page.State, page.Replaces = "waits", signed, row.Replaces
	case office.FormInForce:
		since, err := s.node.Records().InForceSince(v.ctx, []office.FormRow{*row})
		if err != nil {
			return err
		}
		entry = *row.Since
		key, mark := "form.in-force-since", "done"
		if row.Form.Ended {
			key, mark = "form.ended-since", "closed"
		}
		page.Stands, page.State, page.Replaces = mark, v.h(key, "time", v.when(fromMillis(since[row.Hash]))), row.Replaces
	case office.FormSucceeded:
		page.Stands, page.State = "closed", v.h("form.was-succeeded", "signed", signed)
	default:
		page.Stands, page.State = "void", v.h("form.was-replaced", "signed", signed)
	}
	page.EntryID = entry.String()
	return nil
}
