package people

import (
	"slices"

	"liaison.example/office"
)

// grant says which of one kind of act a role may do.
type grant struct {
	kind        string
	precedences []office.Precedence // of a dispatch; nil if the kind has none
}

var (
	atAnyHour     = office.Precedences
	inOfficeHours = []office.Precedence{office.Priority, office.Routine}
	noHurry       = []office.Precedence{office.Routine}
)

// grants is our own side's rule of who may do what. The other sides have their
// own; the joint rules (package office) ask only that a post is accredited.
//
// A head or a deputy speaks for the side, binds it and names its people. What
// cannot wait for them is the duty officer's, so that a dispatch about lives at
// risk is never held up for want of a rank. An officer does the day's
// business, a secretary that of the house. An interpreter and an observer
// release nothing.
var grants = map[string][]grant{
	"head":         leader,
	"deputy":       leader,
	"duty-officer": {{office.KindDispatch, atAnyHour}, {office.KindAcknowledge, nil}, {office.KindConsider, nil}, {office.KindClose, nil}},
	"officer":      {{office.KindDispatch, inOfficeHours}, {office.KindAcknowledge, nil}, {office.KindConsider, nil}, {office.KindClose, nil}},
	"secretary":    {{office.KindDispatch, noHurry}},
	"interpreter":  {},
	"observer":     {},
}

var leader = []grant{
	{office.KindDispatch, atAnyHour},
	{office.KindAcknowledge, nil},
	{office.KindConsider, nil},
	{office.KindClose, nil},
	{office.KindPropose, nil},
	{office.KindAgree, nil},
	{office.KindPost, nil},
	{office.KindPostEnd, nil},
}

// May reports whether a post with this role may do an act of this kind: by our
// own house rules, before the joint rules are asked. The precedence is that of
// a dispatch, and empty for all other kinds. Roles and kinds that it does not
// know may nothing.
func May(role, kind string, precedence office.Precedence) bool {
	return slices.ContainsFunc(grants[role], func(g grant) bool {
		return g.kind == kind && (g.precedences == nil || slices.Contains(g.precedences, precedence))
	})
}
