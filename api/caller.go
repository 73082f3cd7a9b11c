package api

import (
	"context"
	"net"
	"net/http"
	"strings"

	"liaison.example/office"
	"liaison.example/people"
)

// caller is who asks: the operator of the machine, through the socket, or the
// bearer of a token.
type caller struct {
	bearer *people.Bearer // nil: the operator
	scope  people.Scope   // of the operation that is asked for
	by     people.By      // for the trail
}

// person is whose account acts; nobody's if it is the operator, or a post's token.
func (c *caller) person() people.By {
	if c.bearer == nil {
		return people.By{}
	}
	return c.by
}

type callerKey struct{}

// callerOf returns who asks; admitted has put it there.
func callerOf(r *http.Request) *caller { return r.Context().Value(callerKey{}).(*caller) }

// name tells callers apart whose keys are their own.
func (c *caller) name() string {
	if c.bearer == nil {
		return people.Operator
	}
	return "account " + c.bearer.Account + " post " + c.bearer.Post
}

// posts are those for which the caller may act.
func (c *caller) posts() []office.Post {
	switch {
	case c.bearer == nil:
		return []office.Post{office.Operator}
	case c.bearer.Post != "":
		return []office.Post{c.bearer.Post}
	}
	return c.bearer.Posts
}

// admitted finds out who asks, looks whether they may ask for the operation, and
// lets them.
func (s *server) admitted(o *operation, w http.ResponseWriter, r *http.Request) error {
	c := &caller{by: people.By{Who: people.Operator}}
	if s.WithToken {
		bearer, err := s.bearer(r)
		if err != nil {
			return err
		}
		if r.Header.Get("Accept-Language") == "" {
			r.Header.Set("Accept-Language", bearer.Language)
		}
		if o.scope == byOperatorOnly {
			return problem(CodeOperatorOnly, "operator-only")
		}
		if err := bearer.Allows(o.scope); err != nil {
			return err
		}
		c = &caller{bearer: bearer, scope: o.scope, by: people.By{Who: bearer.Account, From: address(r)}}
	}
	if err := o.asked(r); err != nil {
		return err
	}
	return s.do(o, w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
}

// bearer reads the token of a request.
func (s *server) bearer(r *http.Request) (*people.Bearer, error) {
	kind, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return nil, problem(CodeNoToken, "no-token")
	}
	b, err := s.Node.People().Bearer(r.Context(), strings.TrimSpace(text))
	return &b, err
}

// address is where who asks is, as far as this node sees it.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// actingPost is the post for which who asks acts: the one that they name, or
// else the usual one of their token. The operator, who may act for any, names one.
func actingPost(r *http.Request, named office.Post) (office.Post, error) {
	b := callerOf(r).bearer
	switch {
	case b == nil && named == "":
		return "", problem(CodeBadRequest, "by")
	case b == nil:
		return named, nil
	case named == "":
		return b.Posts[0], nil // Allows has seen to it that there is one
	}
	return named, b.ActsFor(named)
}
