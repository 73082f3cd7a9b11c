package api

import (
	"errors"
	"net/http"
	"strconv"

	"liaison.example/people"
)

// person is the account whose own affairs are asked for: that of the token; or the
// one that the operator names in the query. Nobody else's are anybody's business.
func (s *server) person(r *http.Request) (string, error) {
	named, c := r.URL.Query().Get("account"), callerOf(r)
	switch {
	case c.bearer == nil && named == "":
		return "", problem(CodeBadRequest, "whose")
	case c.bearer == nil:
		_, err := s.Node.People().Account(r.Context(), named)
		return named, err
	case c.bearer.Account == "":
		return "", problem(CodeAccountOnly, "account-only")
	case named != "" && named != c.bearer.Account:
		return "", problem(CodeAccountOnly, "not-yours", "account", clip(named))
	}
	return c.bearer.Account, nil
}

// atDesk is person for what only who acts for a post has any use of.
func (s *server) atDesk(r *http.Request) (string, error) {
	who, err := s.person(r)
	if b := callerOf(r).bearer; err == nil && b != nil && len(b.Posts) == 0 {
		err = refusal("token-no-post", nil)
	}
	return who, err
}

func (s *server) sessions(w http.ResponseWriter, r *http.Request) error {
	who, err := s.person(r)
	if err != nil {
		return err
	}
	return s.sessionsOf(w, r, who)
}

// accountSessions is sessions for an administrator.
func (s *server) accountSessions(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Node.People().Account(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return s.sessionsOf(w, r, a.Name)
}

func (s *server) sessionsOf(w http.ResponseWriter, r *http.Request, account string) error {
	list, err := s.Node.People().AccountSessions(r.Context(), account)
	if err != nil {
		return err
	}
	page, next, err := paged(r, "sessions", list, func(one *people.Session) string { return strconv.FormatInt(one.ID, 10) })
	if err != nil {
		return err
	}
	answer := SessionPage{Sessions: []Session{}, Next: next}
	for _, one := range page {
		by := "password"
		switch {
		case one.ByPasskey:
			by = "passkey"
		case one.ByLink:
			by = "link"
		}
		answer.Sessions = append(answer.Sessions, Session{ID: one.ID, Account: one.Account, Post: one.Post, By: by, Since: one.Since, LastSeen: one.LastSeen, Ends: one.Ends})
	}
	return write(w, http.StatusOK, answer)
}

func (s *server) revokeSession(w http.ResponseWriter, r *http.Request) error {
	who, err := s.person(r)
	if err != nil {
		return err
	}
	return s.revokeOf(w, r, who)
}

// revokeAccountSession is revokeSession for an administrator.
func (s *server) revokeAccountSession(w http.ResponseWriter, r *http.Request) error {
	return s.revokeOf(w, r, r.PathValue("name"))
}

func (s *server) revokeOf(w http.ResponseWriter, r *http.Request, account string) error {
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	err = s.Node.People().Revoke(r.Context(), callerOf(r).by, account, id)
	if errors.Is(err, people.ErrSessionEnded) {
		return problem(CodeNotFound, "session", "id", strconv.FormatInt(id, 10))
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
