package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
)

// maxFormText is how many bytes of a form's text are read. Written with spaces
// it takes more than the rules allow for what is signed.
const maxFormText = 64 << 10

// formTextPage is the text of a form that a person changes and puts forward.
type formTextPage struct {
	Frame
	Code     string // of the form that it began with, in capitals; empty if it began with none
	From     string // its hash
	Text     string
	Note     string
	Once     string
	MaxText  int
	MaxNote  int
	Known    bool
	MayWrite bool

	Looked   bool       // it was compared
	Compared []compared // with the one in force for its code
	Whole    *formText  // what it says, if none is in force
	Refused  string
}

// formText begins with the text of a form, or of a small example.
func (s *site) formText(v *visit) error {
	page := formTextPage{From: v.r.URL.Query().Get("from"), Once: newKey()}
	form := exampleForm()
	if v.r.URL.Query().Get("example") == string(office.AsksObjection) {
		form = exampleObjection()
	}
	if page.From != "" {
		found, _, err := s.findForm(v, page.From)
		if err != nil {
			return err
		}
		if found == nil {
			return errNothingHere
		}
		changed := *found
		changed.Ended, form = false, &changed // who begins with an ended one wants it back
	}
	page.Text = indentedForm(form)
	return s.showFormText(v, http.StatusOK, page)
}

// exampleWords gives a phrase in all languages, as a form has it.
func exampleWords(key string) office.Words {
	phrase, _ := lang.Lookup(key)
	all := office.Words{}
	for _, tag := range lang.Tags {
		all[tag] = phrase.In(tag)
	}
	return all
}

// exampleObjection is a notice to which the other side may object within two days. No
// form that is brought along is such a one: whether silence is to mean that, and within
// which time, is for the sides to agree on.
func exampleObjection() *office.Form {
	words := exampleWords
	return &office.Form{
		Answers:    []office.Choice{{ID: "none", Name: words("form.example-no-objection")}, {ID: "object", Name: words("form.example-object")}},
		Asks:       office.AsksObjection,
		Code:       "works",
		Hours:      48,
		Name:       words("form.example-objection"),
		Precedence: office.Priority,
		Purpose:    words("form.example-objection-purpose"),
		Fields: []office.FormField{
			{ID: "what", Name: words("form.example-works"), Required: true, Type: office.FieldText},
			{ID: "from", Name: words("form.example-begins"), Required: true, Type: office.FieldMinute},
		},
	}
}

// exampleForm is what shows a form that is written anew.
func exampleForm() *office.Form {
	words := exampleWords
	return &office.Form{
		Answers:    []office.Choice{{ID: "yes", Name: words("form.example-yes")}, {ID: "no", Name: words("form.example-no")}},
		Asks:       office.AsksConsent,
		Code:       "example",
		Name:       words("form.example-name"),
		Precedence: office.Routine,
		Purpose:    words("form.example-purpose"),
		Fields: []office.FormField{
			{ID: "what", Name: words("form.example-what"), Required: true, Type: office.FieldText},
			{ID: "when", Name: words("form.example-when"), Help: words("form.example-when-help"), Type: office.FieldMinute},
		},
	}
}

// indentedForm writes a form as "liaison form show --text" does.
func indentedForm(form *office.Form) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(form); err != nil {
		panic("a form does not become JSON: " + err.Error())
	}
	return out.String()
}

func (s *site) showFormText(v *visit, status int, page formTextPage) error {
	var err error
	if page.Frame, err = s.frame(v, "charter", v.t("form.text-title")); err != nil {
		return err
	}
	page.Path = "/forms/propose"
	if page.From != "" {
		found, _, err := s.findForm(v, page.From)
		if err != nil {
			return err
		}
		if found == nil {
			page.From = ""
		} else {
			page.Path, page.Code = page.Path+"?from="+page.From, strings.ToUpper(found.Code)
		}
	}
	page.MaxText, page.MaxNote = maxFormText, office.MaxNote
	page.Known, page.MayWrite = v.knowsForms(), v.mayForm(office.KindProposeForm)
	return s.render(v, status, "formtext", page)
}

// postFormText puts a form forward that was typed as a text or, if the person has
// asked for that, shows what it would change.
func (s *site) postFormText(v *visit) error {
	typedIn := v.r.PostForm
	page := formTextPage{From: typedIn.Get("from"), Text: typed(typedIn.Get("text")), Note: typed(typedIn.Get("note")), Once: typedIn.Get("once")}
	form, wrong := v.readForm(page.Text)
	if wrong != "" {
		page.Refused = wrong
		return s.showFormText(v, http.StatusUnprocessableEntity, page)
	}
	note := strings.TrimSpace(page.Note)
	if typedIn.Get("do") == "compare" {
		return s.compareFormText(v, page, form, note)
	}
	if err := s.proposeForm(v, form, note); err != nil {
		var status int
		status, page.Refused = s.whyRefused(v, fmt.Errorf("propose a form: %w", err))
		return s.showFormText(v, status, page)
	}
	return v.redirect("/forms/" + office.HashForm(form))
}

// compareFormText shows what a form would change, and what the rules would say.
func (s *site) compareFormText(v *visit, page formTextPage, form *office.Form, note string) error {
	inForce, _, err := s.node.Records().InForceForm(v.ctx, form.Code)
	if err != nil {
		return err
	}
	page.Looked = true
	if encoded, err := office.Encode(&office.ProposeFormBody{Form: form, Note: note, Replaces: inForce.Hash}); err == nil {
		if verdict := office.Check(office.KindProposeForm, encoded); !verdict.Done() {
			page.Refused, page.Looked = v.refused(&node.Refusal{Code: verdict.Void, Detail: verdict.Detail}), false
		}
	}
	switch {
	case !page.Looked:
	case inForce.Form != nil:
		page.Compared = compareArticles(v.formArticles(inForce.Form), v.formArticles(form))
	default:
		text := v.formText(form, v.tag)
		page.Whole = &text
	}
	return s.showFormText(v, http.StatusOK, page)
}

// readForm reads a form from its text. If it cannot, it says in a sentence what is
// wrong, and where.
func (v *visit) readForm(text string) (form *office.Form, wrong string) {
	if len(text) > maxFormText {
		return nil, v.t("form.text-long", "size", grouped(fmt.Sprint(len(text))), "limit", grouped(fmt.Sprint(maxFormText)))
	}
	form = &office.Form{}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(form)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return form, ""
		}
		return nil, v.t("form.text-more", "line", lineOf(text, d.InputOffset()))
	}
	if e, is := errors.AsType[*json.SyntaxError](err); is {
		return nil, v.t("form.text-syntax", "line", lineOf(text, e.Offset))
	}
	if e, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		if e.Field == "" {
			return nil, v.t("form.text-no-form")
		}
		return nil, v.t("form.text-type", "field", e.Field, "line", lineOf(text, e.Offset), "value", e.Value)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, v.t("form.text-short")
	}
	_, name, is := strings.Cut(err.Error(), "unknown field ")
	if !is {
		return nil, v.t("form.text-syntax", "line", lineOf(text, d.InputOffset()))
	}
	return nil, v.t("form.text-unknown", "field", clipped(strings.Trim(name, `"`)))
}

// lineOf gives the line of a text in which a byte of this offset stands.
func lineOf(text string, offset int64) int {
	return 1 + strings.Count(text[:min(max(offset-1, 0), int64(len(text)))], "\n")
}
