package web

import (
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/office"
	"liaison.example/people"
)

// ahead says how long before what a form tells of it is released and answered; empty if
// nothing is agreed on.
func (v *visit) ahead(f *office.Form) string {
	if f.Ahead == nil {
		return ""
	}
	answered := func(hours int64) string {
		switch {
		case hours > 0:
			return " " + v.t("form.ahead-answer", "n", hours)
		case f.WaitsForAnswer():
			return " " + v.t("form.ahead-moment")
		}
		return ""
	}
	said := v.t("form.ahead", "n", f.Ahead.Release, "field", v.fieldName(f, f.Ahead.Field)) + answered(f.Ahead.Answer)
	if by := f.Field(f.Ahead.By); by != nil {
		for _, of := range f.Ahead.For {
			if choice := by.Choice(of.Choice); choice != nil {
				said += " " + v.t("form.ahead-for", "n", of.Release, "choice", lang.Pick(v.tag, choice.Name)) + answered(of.Answer)
			}
		}
	}
	return said
}

// wants says what a form wants, what silence means, and how long ahead it is sent.
func (v *visit) wants(f *office.Form) string {
	return strings.TrimSpace(v.asks(f) + " " + v.silence(f) + " " + v.ahead(f))
}

// wasLate says that a dispatch was released later than its form says; empty if it was not.
func (v *visit) wasLate(f *office.Form, d *office.Dispatch) string {
	return v.late("form.late", "form.late-after", f, d.Form, d.At)
}

// lateNow says the same of a filled form that is not yet released.
func (v *visit) lateNow(f *office.Form, filled *office.Filled) string {
	return v.late("form.late-now", "form.late-now-after", f, filled, v.now.UnixMilli())
}

// contentLate is lateNow for the content of a draft.
func (s *site) contentLate(v *visit, c people.Content) (string, error) {
	form, err := s.formOf(v, &office.Dispatch{Form: c.Form})
	return v.lateNow(form, c.Form), err
}

// lineLate is wasLate in few words, for a list.
func (s *site) lineLate(v *visit, d *office.Dispatch) (string, error) {
	form, err := s.formOf(v, d)
	return v.late("form.late-line", "form.late-line-after", form, d.Form, d.At), err
}

// late picks the phrase for a moment to come, or for one that is past.
func (v *visit) late(key, after string, f *office.Form, filled *office.Filled, at int64) string {
	lead, ok := f.Lead(filled)
	before, late := lead.Before(at)
	if !ok || !late {
		return ""
	}
	field := v.fieldName(f, f.Ahead.Field)
	if before <= 0 {
		return v.t(after, "field", field, "n", lead.Release)
	}
	return v.t(key, "before", duration(v.tag, time.Duration(before)*time.Millisecond), "field", field, "n", lead.Release)
}

// fieldName is the name of a field of a form; its id if the form has none such.
func (v *visit) fieldName(f *office.Form, id string) string {
	if field := f.Field(id); field != nil {
		return lang.Pick(v.tag, field.Name)
	}
	return id
}
