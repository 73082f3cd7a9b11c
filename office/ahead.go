package office

import (
	"slices"
	"strings"
)

// Ahead says how long before the moment that a form tells of it is to be released, and
// answered; since rules version 6. The moment is the value of a field. These hours run
// at every hour, not in joint hours alone.
type Ahead struct {
	Answer  int64         `json:"answer,omitzero"` // hours before the moment by which it is to be answered; 0: by the moment itself
	By      string        `json:"by,omitzero"`     // the field whose choices have hours of their own; "" if none has
	Field   string        `json:"field"`           // the field that names the moment
	For     []AheadChoice `json:"for,omitempty"`   // in the order of the ids of the choices
	Release int64         `json:"release"`         // hours before the moment by which it is to be released
}

// AheadChoice gives the hours for one choice of the field Ahead.By.
type AheadChoice struct {
	Answer  int64  `json:"answer,omitzero"`
	Choice  string `json:"choice"`
	Release int64  `json:"release"`
}

// Lead is the moment that a filled form tells of, with the hours agreed for it.
type Lead struct {
	Answer  int64 // hours before the moment
	Moment  int64 // milliseconds
	Release int64 // hours before the moment
}

const hour = 60 * minute

// Lead gives the moment that a filled form tells of, and how long before it is to be
// released and answered; false if its form says nothing of that. Form and filled form
// may be nil.
func (f *Form) Lead(filled *Filled) (l Lead, ok bool) {
	if f == nil || f.Ahead == nil || filled == nil {
		return l, false
	}
	a := f.Ahead
	l = Lead{Answer: a.Answer, Release: a.Release}
	if chosen := filled.Values[a.By]; a.By != "" {
		if i := slices.IndexFunc(a.For, func(of AheadChoice) bool { return of.Choice == chosen }); i >= 0 {
			l.Answer, l.Release = a.For[i].Answer, a.For[i].Release
		}
	}
	l.Moment, ok = Minute(filled.Values[a.Field]).Millis()
	return l, ok
}

// LeadValues gives of a filled form only what Lead looks at.
func (f *Form) LeadValues(filled *Filled) *Filled {
	few := &Filled{Code: filled.Code, Hash: filled.Hash, Values: map[string]string{f.Ahead.Field: filled.Values[f.Ahead.Field]}}
	if f.Ahead.By != "" {
		few.Values[f.Ahead.By] = filled.Values[f.Ahead.By]
	}
	return few
}

// Before gives for how long before the moment something was released, in milliseconds,
// and whether that is later than agreed. It is negative after the moment.
func (l Lead) Before(at int64) (before int64, late bool) {
	return l.Moment - at, l.Moment-at < l.Release*hour
}

// due gives by when what was released at a time is to be answered, if it were due by
// usual without the moment; 0 is no time. What was released too late for the hours
// agreed has its usual time, until the moment.
func (l Lead) due(usual, at int64) int64 {
	latest := l.Moment - l.Answer*hour
	if latest <= at {
		latest = l.Moment
	}
	if latest <= at || usual > 0 && usual < latest {
		return usual
	}
	return latest
}

// WaitsForAnswer reports whether an answer to the form is overdue in the end: silence
// is neither an answer to it nor becomes one.
func (f *Form) WaitsForAnswer() bool { return f.Asks == AsksAnswer || f.Asks == AsksConsent }

// Under gives the form as it may be proposed under a version of the rules: without
// what these do not know. That is the form itself, or a copy.
func (f *Form) Under(rules int64) *Form {
	if f.Ahead == nil || rules >= AheadRules {
		return f
	}
	without := *f
	without.Ahead = nil
	return &without
}

// AheadRules is the version of the rules that knows Ahead.
const AheadRules = 6

// checkThirdProposeForm is the check under rules version 3 to 5.
func checkThirdProposeForm(c *checker, b *ProposeFormBody) {
	if b.Form != nil && b.Form.Ahead != nil {
		c.fail(Malformed, "kind", KindProposeForm)
	}
	checkProposeForm(c, b)
}

// ahead checks what a form says of the time before the moment that it tells of.
func (c *checker) ahead(field string, f *Form) {
	a := f.Ahead
	hours := func(release, answer int64) {
		c.number(field+".release", release, 1, MaxHours)
		most := release
		if !f.WaitsForAnswer() {
			most = 0
		}
		c.number(field+".answer", answer, 0, most)
	}
	if of := f.Field(a.Field); of == nil || !of.Required || of.Type != FieldMinute {
		c.fail(BadValue, "field", field+".field", "value", clip(a.Field))
	}
	hours(a.Release, a.Answer)
	if a.By == "" {
		c.count(field+".for", len(a.For), 0, 0)
		return
	}
	by := f.Field(a.By)
	if by == nil || !by.Required || by.Type != FieldChoice {
		c.fail(BadValue, "field", field+".by", "value", clip(a.By))
		return
	}
	if !c.count(field+".for", len(a.For), 1, MaxChoices) {
		return
	}
	for i, of := range a.For {
		if by.Choice(of.Choice) == nil {
			c.fail(BadValue, "field", field+".choice", "value", clip(of.Choice))
		}
		if i > 0 && strings.Compare(of.Choice, a.For[i-1].Choice) <= 0 {
			c.fail(NotInOrder, "field", field+".for", "value", clip(of.Choice))
		}
		hours(of.Release, of.Answer)
	}
}
