package main

import (
	"fmt"
	"time"

	"liaison.example/office"
)

// printAhead prints how long before what a form tells of it is released and answered.
func printAhead(t *terminal, f *office.Form) {
	if f.Ahead == nil {
		return
	}
	say := func(which string, release, answer int64) {
		text := fmt.Sprintf("%s is released at least %d h before %s", which, release, f.Ahead.Field)
		switch {
		case answer > 0:
			text += fmt.Sprintf(", and answered at least %d h before it", answer)
		case f.WaitsForAnswer():
			text += ", and answered before it"
		}
		t.print("%s.", text)
	}
	say("It", f.Ahead.Release, f.Ahead.Answer)
	for _, of := range f.Ahead.For {
		say(fmt.Sprintf("With %s=%s it", f.Ahead.By, of.Choice), of.Release, of.Answer)
	}
}

// agreeable gives a form as it can be agreed to under a version of the rules, and says
// what is left out of it.
func agreeable(t *terminal, f *office.Form, rules int64) *office.Form {
	under := f.Under(rules)
	if under != f {
		t.say("note: left out is \"ahead\", how long before the moment that it tells of it is released: that needs version %d of the rules, and version %d is in force", office.AheadRules, rules)
	}
	return under
}

// beforeMoment says how long before the moment of a field something was released.
func beforeMoment(ms int64, field string) string {
	if ms <= 0 {
		return "only after " + printable(field)
	}
	length := time.Duration(ms) * time.Millisecond
	return fmt.Sprintf("%d h %d min before %s", int64(length.Hours()), int64(length.Minutes())%60, printable(field))
}

// warnLate says that a filled form is released now later than it says.
func warnLate(t *terminal, f *office.Form, filled *office.Filled, now time.Time) {
	lead, ok := f.Lead(filled)
	if before, late := lead.Before(now.UnixMilli()); ok && late {
		t.say("warning: it is late: released %s, %d h agreed", beforeMoment(before, f.Ahead.Field), lead.Release)
	}
}
