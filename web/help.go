package web

import (
	"net/http"

	"liaison.example/office"
)

// helpPage explains what the pages say of dispatches: precedences, states, keys.
type helpPage struct {
	Frame
	Precedences []helpPrecedence
	States      []helpState
}

type helpPrecedence struct {
	Precedence office.Precedence
	Word       string
	For        string
	Within     string // the time to acknowledge of the charter in force; empty while there is none
}

type helpState struct{ Shape, Name, Means string }

// helpStates are the states in their order, with their marks.
var helpStates = []struct{ state, shape string }{
	{"queued", "queued"}, {"received", "received"}, {"waits", "waits"}, {"acknowledged", "acknowledged"}, {"read-back", "acknowledged"},
	{"disputed", "waits"}, {"considered", "considered"}, {"answered", "answered"}, {"closed", "closed"}, {"mended", "void"}, {"overdue", "late"}, {"void", "void"}, {"settled", "settled"},
}

func (s *site) help(v *visit) error {
	frame, err := s.frame(v, "", v.t("help.title"))
	if err != nil {
		return err
	}
	page := helpPage{Frame: frame}
	for _, p := range office.Precedences {
		one := helpPrecedence{Precedence: p, Word: v.t("precedence." + lowerPrecedence(p)), For: v.t("precedence." + lowerPrecedence(p) + ".for")}
		if v.office.Charter != nil {
			if clock, ok := v.office.Charter.Clock(p); ok {
				one.Within = v.acknowledgeWithin(v.office.Charter.Rules, clock)
			}
		}
		page.Precedences = append(page.Precedences, one)
	}
	for _, one := range helpStates {
		page.States = append(page.States, helpState{one.shape, v.t("help.state-" + one.state), v.t("help.state-" + one.state + ".means")})
	}
	return s.render(v, http.StatusOK, "help", page)
}
