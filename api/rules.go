package api

import (
	"net/http"

	"liaison.example/office"
	"liaison.example/people"
)

// Rule is one place in this side's own table of who may do what.
type Rule struct {
	Role       string            `json:"role"`
	Act        string            `json:"act"`                  // a kind of entry, or "draft", "draft.review", "dispatch.alone"
	Precedence office.Precedence `json:"precedence,omitempty"` // if the act is allowed for each by itself
	Allowed    bool              `json:"allowed"`
}

// Rules is the whole table, or what is to be changed of it.
type Rules struct {
	Rules []Rule `json:"rules"`
}

func (s *server) rules(w http.ResponseWriter, r *http.Request) error {
	table, err := s.Node.People().Rules(r.Context())
	if err != nil {
		return err
	}
	answer := Rules{Rules: []Rule{}}
	for _, c := range people.Cells() {
		answer.Rules = append(answer.Rules, Rule{Role: c.Role, Act: c.Act, Precedence: c.Precedence, Allowed: table.Allows(c)})
	}
	return write(w, http.StatusOK, answer)
}

func (s *server) changeRules(w http.ResponseWriter, r *http.Request) error {
	var change Rules
	if err := read(r, &change); err != nil {
		return err
	}
	set := map[people.Cell]bool{}
	for _, rule := range change.Rules {
		set[people.Cell{Role: rule.Role, Act: rule.Act, Precedence: rule.Precedence}] = rule.Allowed
	}
	if err := s.Node.People().SetMay(r.Context(), callerOf(r).by, set); err != nil {
		return err
	}
	s.Node.TellDraft() // what waits for whom follows from the table
	return s.rules(w, r)
}
