package web

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// The form of a dispatch: filled in in the editor, and as it is read afterwards.

// filling is the form in the editor.
type filling struct {
	Offered []choice // forms in force, by hash; empty if there are none, and no form was chosen before
	Hash    string
	Code    string // in capitals, as forms are spoken of
	Name    string
	Purpose string
	Asks    string
	Late    string // that it would be late
	Mode    string // how it is delivered; empty if as any other
	Tender  string // address where it is tendered first; empty if it need not be, or was
	Former  bool   // another form is in force for its code, or the sides use it no longer
	Fields  []fillField
	Answers []choice // to the form of the dispatch that this one replies to
}

// fillField is one field of it.
type fillField struct {
	ID, Name, Help string
	Type           office.FieldType
	Required       bool
	Value          string
	Choices        []choice
	Example        string
	Error          string
}

// fieldPrefix begins the names under which the fields of a form are posted.
const fieldPrefix = "field-"

// filling fills in that part of the editor with what was typed.
func (s *site) filling(v *visit, c people.Content, refused map[string]string) (filling, error) {
	var f filling
	if !v.knowsForms() {
		return f, nil
	}
	inForce, _, err := s.node.Records().Forms(v.ctx, records.FormFilter{State: office.FormInForce})
	if err != nil {
		return f, err
	}
	for _, row := range inForce {
		if !row.Form.Ended {
			f.Offered = append(f.Offered, choice{row.Hash, v.formName(row.Form), "", c.Form != nil && c.Form.Hash == row.Hash})
		}
	}
	if f.Answers, err = s.answersTo(v, c); err != nil || c.Form == nil {
		return f, err
	}
	row, found, err := s.node.Records().Form(v.ctx, c.Form.Hash)
	if err != nil {
		return f, err
	}
	f.Hash, f.Code = c.Form.Hash, strings.ToUpper(c.Form.Code)
	f.Former = !found || row.State != office.FormInForce || row.Form.Ended
	if !found {
		return f, nil
	}
	f.Name, f.Purpose = lang.Pick(v.tag, row.Form.Name), lang.Pick(v.tag, row.Form.Purpose)
	f.Asks, f.Late, f.Mode = v.wants(row.Form), v.lateNow(row.Form, c.Form), v.mode(row.Form)
	if row.Form.Mode == office.ModeTendered && c.Tender == "" && c.Reply == "" && c.Relation == "" {
		f.Tender = "/tenders?form=" + row.Form.Code + "#offer"
	}
	for _, field := range row.Form.Fields {
		one := fillField{
			ID: field.ID, Name: lang.Pick(v.tag, field.Name), Help: lang.Pick(v.tag, field.Help), Type: field.Type, Required: field.Required,
			Value: v.shownValue(&field, c.Form.Values[field.ID]), Error: refused[fieldPrefix+field.ID], Example: v.example(field.Type),
		}
		if field.Type == office.FieldMinute {
			one.Help = strings.TrimSpace(v.t("fill.zone", "zone", v.zone(v.side)) + " " + one.Help)
		}
		for _, answer := range field.Choices {
			one.Choices = append(one.Choices, choice{answer.ID, lang.Pick(v.tag, answer.Name), "", answer.ID == c.Form.Values[field.ID]})
		}
		f.Fields = append(f.Fields, one)
	}
	return f, nil
}

// formName names a form with its code: "AN · Advance notice of activity".
func (v *visit) formName(f *office.Form) string {
	return strings.ToUpper(f.Code) + " · " + lang.Pick(v.tag, f.Name)
}

// example shows what a value of a type looks like, where that is not plain.
func (v *visit) example(t office.FieldType) string {
	switch t {
	case office.FieldDate:
		return v.now.In(v.zone(v.side)).Format(dateForm)
	case office.FieldMinute:
		return v.now.Add(24 * time.Hour).Truncate(time.Hour).In(v.zone(v.side)).Format(untilForm)
	case office.FieldPosition:
		return "37.9321,126.5567"
	}
	return ""
}

// answersTo lists the answers that the form of the dispatch allows to which a
// draft replies; none if it has no such form.
func (s *site) answersTo(v *visit, c people.Content) ([]choice, error) {
	id, err := office.ParseEntryID(c.Reply)
	if err != nil {
		return nil, nil
	}
	line, found, err := s.node.Records().Dispatch(v.ctx, id)
	if err != nil || !found || !slices.Contains(line.To, v.side) {
		return nil, err
	}
	form, err := s.formOf(v, &line.Dispatch)
	if err != nil || form == nil || len(form.Answers) == 0 {
		return nil, err
	}
	list := []choice{{"", v.t("fill.no-answer"), "", c.Answer == ""}}
	for _, a := range form.Answers {
		list = append(list, choice{a.ID, lang.Pick(v.tag, a.Name), "", a.ID == c.Answer})
	}
	return list, nil
}

// formOf reads the form of a dispatch; nil if it has none.
func (s *site) formOf(v *visit, d *office.Dispatch) (*office.Form, error) {
	if d.Form == nil {
		return nil, nil
	}
	if form, read := v.filled[d.Form.Hash]; read {
		return form, nil
	}
	row, _, err := s.node.Records().Form(v.ctx, d.Form.Hash)
	if err != nil {
		return nil, err
	}
	if v.filled == nil {
		v.filled = map[string]*office.Form{}
	}
	v.filled[d.Form.Hash] = row.Form
	return row.Form, nil
}

// typedForm reads that part of the form that was posted. Form is the one whose
// fields stand on the page; take is another to be filled in instead.
func (s *site) typedForm(v *visit, posted url.Values, w *written) error {
	w.Answer = typed(posted.Get("answer"))
	hash, code, change := typed(posted.Get("form")), strings.ToLower(typed(posted.Get("form-code"))), w.do == "form"
	if change {
		hash = typed(posted.Get("take"))
	}
	if hash == "" {
		return nil
	}
	w.Form = &office.Filled{Code: code, Hash: hash, Values: map[string]string{}}
	row, found, err := s.node.Records().Form(v.ctx, hash)
	if err != nil {
		return err
	}
	if found {
		w.Form.Code = row.Form.Code
	}
	for name, values := range posted {
		id, is := strings.CutPrefix(name, fieldPrefix)
		if !is {
			continue
		}
		value := strings.TrimSpace(typed(values[0]))
		var field *office.FormField
		if found {
			field = row.Form.Field(id)
		}
		switch {
		case value == "", found && field == nil: // nothing, or left from another form
			continue
		case field != nil:
			value = v.entryValue(field, value)
		}
		w.Form.Values[id] = value
	}
	if change && found {
		if w.Subject == "" {
			w.Subject = lang.Pick(v.tag, row.Form.Name)
		}
		if w.Precedence == "" || w.Precedence == office.Routine {
			w.Precedence = row.Form.Precedence
		}
	}
	return nil
}

// entryValue makes a value of a form out of what was typed: times are typed on
// the clock of our side. What cannot be read stays as it is, and is refused.
func (v *visit) entryValue(field *office.FormField, value string) string {
	switch field.Type {
	case office.FieldMinute:
		if at, err := time.ParseInLocation(untilForm, value, v.zone(v.side)); err == nil {
			return string(office.MinuteOf(at.UnixMilli()))
		}
	case office.FieldPosition:
		return strings.ReplaceAll(value, " ", "")
	}
	return value
}

// shownValue is a value as it stands in the editor: entryValue the other way.
func (v *visit) shownValue(field *office.FormField, value string) string {
	if field.Type == office.FieldMinute {
		if ms, ok := office.Minute(value).Millis(); ok {
			return fromMillis(ms).In(v.zone(v.side)).Format(untilForm)
		}
	}
	return value
}

// faults gives a sentence for each field of the form that keeps a draft from
// being released, by the names of the fields on the page.
func (s *site) faults(v *visit, c people.Content) (map[string]string, error) {
	if c.Form == nil {
		return nil, nil
	}
	body, err := c.Body()
	if err != nil {
		return nil, nil // which is said of what cannot be read
	}
	row, found, err := s.node.Records().Form(v.ctx, c.Form.Hash)
	if err != nil || !found {
		return nil, err // the rules say so
	}
	refused := map[string]string{}
	for _, fault := range row.Form.Faults(body.Form.Values) {
		name := fieldPrefix + fault.Detail["field"]
		if fault.Void == office.FormFieldUnknown {
			name = ""
		}
		refused[name] = v.faultSentence(row.Form, fault)
	}
	return refused, nil
}

// faultSentence says what is wrong with a field, by the name that people see.
func (v *visit) faultSentence(form *office.Form, fault office.Verdict) string {
	name := fault.Detail["field"]
	field := form.Field(name)
	if field != nil {
		name = lang.Pick(v.tag, field.Name)
	}
	if fault.Void != office.FormValue {
		return v.t("fill."+string(fault.Void), "field", name)
	}
	return v.t("fill.form-value", "field", name, "value", fault.Detail["value"], "type", v.t("field-type."+fault.Detail["type"]))
}

// filledForm is the form of a dispatch as it is read.
type filledForm struct {
	Code, Name, Href string
	Asks             string
	Late             string   // that it was, or would be, released later than it says
	Says             []saidIn // of a short code
	Rows             []fact
}

// filled puts the form of a dispatch, or of a draft, into words; nil if it has
// none.
func (s *site) filled(v *visit, f *office.Filled) (*filledForm, error) {
	if f == nil {
		return nil, nil
	}
	row, found, err := s.node.Records().Form(v.ctx, f.Hash)
	if err != nil {
		return nil, err
	}
	out := &filledForm{Code: strings.ToUpper(f.Code)}
	left := map[string]bool{}
	for id := range f.Values {
		left[id] = true
	}
	if found {
		out.Name, out.Href = lang.Pick(v.tag, row.Form.Name), "/forms/"+f.Hash
		out.Asks, out.Says = v.wants(row.Form), v.sayings(row.Form.Say(f.Values))
		for i := range row.Form.Fields {
			field := &row.Form.Fields[i]
			if value := f.Values[field.ID]; value != "" {
				out.Rows = append(out.Rows, v.valueFact(field, value))
			}
			delete(left, field.ID)
		}
	}
	for _, id := range sortedKeys(left) { // of a draft: what its form does not ask for
		out.Rows = append(out.Rows, fact{Name: id, Value: template.HTML(template.HTMLEscapeString(f.Values[id])), Lang: textLanguage(f.Values[id])})
	}
	return out, nil
}

// asksNow says what the form of a dispatch asks for and, if there is a time for
// that, when it ends.
func (v *visit) asksNow(form *office.Form, line *records.DispatchLine) string {
	if form == nil {
		return ""
	}
	said := v.wants(form)
	if due := v.office.Charter.Wait(&line.Dispatch, form, office.NewJointClock(v.jointly(), line.At)).Answer; due > 0 {
		until := fromMillis(due)
		said += " " + v.t("fill.until", "time", until.In(v.zone(v.side)).Format(untilForm), "zone", v.zone(v.side))
		if form.Asks == office.AsksObjection {
			said += v.objections(line, due)
		}
	}
	return said
}

// objections says of each side what has become of the time within which it may object,
// once that is over, or it has answered.
func (v *visit) objections(line *records.DispatchLine, due int64) (said string) {
	for _, to := range line.To {
		i := slices.IndexFunc(line.Handling.Answered, func(a office.Answer) bool { return a.Side == to })
		promised := slices.ContainsFunc(line.Handling.Considers, func(c office.Consideration) bool { return c.Side == to })
		switch {
		case i >= 0 && line.Handling.Answered[i].At > due:
			said += " " + v.t("fill.answered-after", "side", v.sideName(to))
		case i < 0 && !promised && v.now.UnixMilli() > due:
			said += " " + v.t("fill.unobjected", "side", v.sideName(to))
		}
	}
	return said
}

// valueFact puts the value of a field into words.
func (v *visit) valueFact(field *office.FormField, value string) fact {
	f := fact{Name: lang.Pick(v.tag, field.Name), Value: template.HTML(template.HTMLEscapeString(value))}
	switch field.Type {
	case office.FieldLine, office.FieldText:
		f.Lang = textLanguage(value)
	case office.FieldMinute:
		if ms, ok := office.Minute(value).Millis(); ok {
			f.Value = v.minute(fromMillis(ms))
		}
	case office.FieldChoice:
		if c := field.Choice(value); c != nil {
			f.Value = template.HTML(template.HTMLEscapeString(lang.Pick(v.tag, c.Name)))
		}
	}
	return f
}

// minute writes a moment on the clocks of all sides, those that show the same
// together.
func (v *visit) minute(at time.Time) template.HTML {
	var shown []string
	for _, id := range v.sides() {
		text := at.In(v.zone(id)).Format(untilForm)
		if i := slices.IndexFunc(shown, func(s string) bool { return strings.HasPrefix(s, text) }); i >= 0 {
			shown[i] += v.t("common.list-comma") + v.sideName(id)
			continue
		}
		shown = append(shown, text+" "+v.sideName(id))
	}
	if v.onPaper { // which is read where nothing shows the moment in UTC
		shown = append(shown, at.Format(untilForm)+" UTC")
	}
	return element(at, template.HTMLEscapeString(strings.Join(shown, " · ")))
}

// answerName puts an answer into words; it is its id if the form is not known.
func (s *site) answerName(v *visit, to *office.Dispatch, answer string) (string, error) {
	form, err := s.formOf(v, to)
	if err != nil || form == nil {
		return answer, err
	}
	if a := form.Answer(answer); a != nil {
		return lang.Pick(v.tag, a.Name), nil
	}
	return answer, nil
}

// answerTo is answerName for the dispatch with this id.
func (s *site) answerTo(v *visit, id office.EntryID, answer string) (string, error) {
	line, found, err := s.node.Records().Dispatch(v.ctx, id)
	if err != nil || !found {
		return answer, err
	}
	return s.answerName(v, &line.Dispatch, answer)
}

// begunForm puts the form into a new draft that its link names: by its code, or
// for a reply the form of the dispatch that it answers, if that asks for an answer
// in words.
func (s *site) begunForm(v *visit, c *people.Content, to *office.Dispatch) error {
	code := v.r.URL.Query().Get("form")
	if to != nil && code == "" {
		form, err := s.formOf(v, to)
		if err != nil || form == nil || form.Asks != office.AsksAnswer || len(form.Answers) > 0 || c.Reply == "" {
			return err
		}
		code = form.Code
	}
	if code == "" {
		return nil
	}
	row, found, err := s.node.Records().InForceForm(v.ctx, code)
	if err != nil {
		return fmt.Errorf("read form %.40q: %w", code, err)
	}
	if !found {
		return nil
	}
	c.Form = &office.Filled{Code: row.Form.Code, Hash: row.Hash, Values: map[string]string{}}
	if c.Subject == "" {
		c.Subject = lang.Pick(v.tag, row.Form.Name)
	}
	if c.Precedence == "" {
		c.Precedence = row.Form.Precedence
	}
	return nil
}
