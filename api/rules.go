package api

import (
	"net/http"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

// Rule is one place in this side's own table of who may do what.
type Rule struct {
	Role       string            `json:"role"`
	Act        string            `json:"act"`                  // a kind of entry, or "draft", "draft.review", "dispatch.alone"
	Precedence office.Precedence `json:"precedence,omitempty"` // if the act is allowed for each by itself
	Form       string            `json:"form,omitempty"`       // code of the form of which this is said; left out for all of which nothing else is
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
	for _, form := range append([]string{""}, table.Forms()...) {
		for _, c := range people.Cells() {
			if c.Form = form; form == "" || c.Precedence != "" {
				answer.Rules = append(answer.Rules, Rule{Role: c.Role, Act: c.Act, Precedence: c.Precedence, Form: form, Allowed: table.Allows(c)})
			}
		}
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
		set[people.Cell{Role: rule.Role, Act: rule.Act, Precedence: rule.Precedence, Form: rule.Form}] = rule.Allowed
	}
	if err := s.Node.People().SetMay(r.Context(), callerOf(r).by, set); err != nil {
		return err
	}
	s.Node.TellDraft() // what waits for whom follows from the table
	return s.rules(w, r)
}

// Acting says that a post acts with the powers of a head, beside its own.
type Acting struct {
	ID    int64       `json:"id"`
	Head  office.Post `json:"head"` // that handed its powers over, and keeps them too
	Post  office.Post `json:"post"`
	Since time.Time   `json:"since"`
	Until time.Time   `json:"until"` // exclusive; also when it was ended before its time
	Made  string      `json:"made_by"`
	At    time.Time   `json:"made"`
}

// ActingHeads is what has been handed over, the latest first: what has not ended,
// and lately ended ones.
type ActingHeads struct {
	Acting []Acting `json:"acting"`
}

// NewActing hands the powers of a head over to a post for a time.
type NewActing struct {
	Head  office.Post `json:"head"`
	Post  office.Post `json:"post"`
	Since *time.Time  `json:"since,omitempty"` // by default, from now on
	Until time.Time   `json:"until"`
}

func (s *server) acting(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Node.People().ActingPosts(r.Context())
	if err != nil {
		return err
	}
	answer := ActingHeads{Acting: []Acting{}}
	for _, a := range list {
		answer.Acting = append(answer.Acting, Acting{
			ID: a.ID, Head: a.Head, Post: a.Post, Since: a.Since, Until: a.Until, Made: a.Made.Who, At: a.Made.At,
		})
	}
	return write(w, http.StatusOK, answer)
}

func (s *server) nameActing(w http.ResponseWriter, r *http.Request) error {
	var n NewActing
	if err := read(r, &n); err != nil {
		return err
	}
	posts, err := s.Node.Records().Posts(r.Context(), s.Node.Side())
	if err != nil {
		return err
	}
	role := map[office.Post]string{}
	for _, p := range posts {
		if !p.Ended {
			role[p.Post] = p.Role
		}
	}
	for _, post := range []office.Post{n.Head, n.Post} {
		if role[post] == "" {
			return refusal(office.PostUnknown, map[string]string{"post": clip(post)})
		}
	}
	if role[n.Head] != "head" {
		return refusal("acting-no-head", map[string]string{"post": n.Head})
	}
	a := people.Acting{Head: n.Head, Post: n.Post, Since: s.Now(), Until: n.Until}
	if n.Since != nil {
		a.Since = *n.Since
	}
	if err := s.Node.People().NameActing(r.Context(), callerOf(r).by, a); err != nil {
		return err
	}
	s.Node.TellDraft() // what waits for whom follows from it
	return s.acting(w, r)
}

func (s *server) endActing(w http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	if err := s.Node.People().EndActing(r.Context(), callerOf(r).by, id); err != nil {
		return err
	}
	s.Node.TellDraft()
	return s.acting(w, r)
}
