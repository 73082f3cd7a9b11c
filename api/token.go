package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

func (s *server) tokens(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Node.People().Tokens(r.Context())
	if err != nil {
		return err
	}
	page, next, err := paged(r, "tokens", list, func(t *people.Token) string { return strconv.FormatInt(t.ID, 10) })
	if err != nil {
		return err
	}
	tokens := []Token{}
	for _, t := range page {
		tokens = append(tokens, s.tokenOf(t))
	}
	return write(w, http.StatusOK, TokenPage{Tokens: tokens, Next: next})
}

func (s *server) tokenOf(t people.Token) Token {
	token := Token{
		ID: t.ID, Account: t.Account, Post: t.Post, Note: t.Note, Made: t.Made, MadeBy: t.MadeBy, Ends: t.Ends,
		LastUsed: maybe(t.LastUsed), Revoked: maybe(t.Revoked), Works: t.Working(s.Now()), Scopes: []Scope{},
	}
	for _, scope := range t.Scopes {
		token.Scopes = append(token.Scopes, Scope(scope))
	}
	return token
}

func (s *server) makeToken(w http.ResponseWriter, r *http.Request) error {
	var n NewToken
	if err := read(r, &n); err != nil {
		return err
	}
	if n.Post != "" {
		if err := s.allAccredited(r, []office.Post{n.Post}); err != nil {
			return err
		}
	}
	if n.ValidSeconds < 0 || n.ValidSeconds > int64(people.TokenLongest/time.Second) {
		return problem(CodeBadRequest, "token-valid", "days", strconv.Itoa(int(people.TokenLongest/(24*time.Hour))))
	}
	wanted := people.NewToken{Account: n.Account, Post: n.Post, Note: n.Note, ValidFor: time.Duration(n.ValidSeconds) * time.Second}
	for _, scope := range n.Scopes {
		wanted.Scopes = append(wanted.Scopes, people.Scope(scope))
	}
	token, text, err := s.Node.People().AddToken(r.Context(), callerOf(r).by, wanted)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, MadeToken{Token: s.tokenOf(token), Text: text})
}

func (s *server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	err = s.Node.People().RevokeToken(r.Context(), callerOf(r).by, id, "")
	if errors.Is(err, people.ErrNoToken) {
		return problem(CodeNotFound, "token", "id", strconv.FormatInt(id, 10))
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
