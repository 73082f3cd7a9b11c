package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"liaison.example/lang"
	"liaison.example/people"
)

// signinPage asks for a passkey or for a name and a password, or, where a one-time link opens it,
// is one button. Opening the page does not use the link up, so that a program
// which previews links cannot.
type signinPage struct {
	Frame
	Side  string
	Who   string // whom the link is for: the post for which they usually act, or their name
	Token string // empty if the page was opened without a link
	Name  string // as it was typed
	Error string
	Place passkeyPlace
}

func (s *site) signIn(v *visit) error {
	token := v.r.URL.Query().Get("t")
	if token == "" {
		return s.showSignIn(v, http.StatusOK, signinPage{})
	}
	account, err := s.node.People().LinkAccount(v.ctx, token)
	if problem := linkProblem(err); problem != "" {
		return s.showSignIn(v, http.StatusForbidden, signinPage{Error: v.t(problem)})
	}
	if err != nil {
		return err
	}
	who := account.Person
	if len(account.Posts) > 0 {
		who = v.postName(v.side, account.Posts[0])
	}
	return s.showSignIn(v, http.StatusOK, signinPage{Token: token, Who: who})
}

// linkProblem names the sentence for what is wrong with a sign-in link, if err
// says that.
func linkProblem(err error) string {
	switch {
	case errors.Is(err, people.ErrLinkUsed):
		return "signin.used"
	case errors.Is(err, people.ErrLinkExpired):
		return "signin.expired"
	case errors.Is(err, people.ErrLinkUnknown):
		return "signin.unknown"
	case errors.Is(err, people.ErrTooMany):
		return "signin.too-many"
	}
	return ""
}

func (s *site) showSignIn(v *visit, status int, page signinPage) error {
	page.Frame = s.bareFrame(v, v.t("signin.title"))
	page.Side = v.sideName(v.side)
	page.Place = s.passkeyPlace(v)
	return s.render(v, status, "signin", page)
}

func (s *site) postSignIn(v *visit) error {
	if !v.r.PostForm.Has("t") {
		return s.postPasswordSignIn(v)
	}
	session, cookie, err := s.node.People().Redeem(v.ctx, v.r.PostFormValue("t"), v.from())
	if problem := linkProblem(err); problem != "" {
		return s.showSignIn(v, http.StatusForbidden, signinPage{Error: v.t(problem)})
	}
	if err != nil {
		return err
	}
	s.setCookie(v, s.sessionCookie(v.side), cookie, session.Ends.Sub(v.now))
	return v.redirect("/")
}

// postPasswordSignIn signs in by name and password. A refusal keeps the name
// that was typed.
func (s *site) postPasswordSignIn(v *visit) error {
	name := v.r.PostFormValue("name")
	session, cookie, err := s.node.People().SignIn(v.ctx, name, v.r.PostFormValue("password"), v.r.PostFormValue("code"), v.from())
	var refused *people.Refusal
	switch {
	case errors.As(err, &refused):
		return s.showSignIn(v, http.StatusForbidden, signinPage{Name: name, Error: v.coded("refused", string(refused.Code), refused.Detail)})
	case errors.Is(err, people.ErrTooMany):
		return s.showSignIn(v, http.StatusForbidden, signinPage{Name: name, Error: v.t("signin.too-many")})
	case err != nil:
		return err
	}
	s.setCookie(v, s.sessionCookie(v.side), cookie, session.Ends.Sub(v.now))
	return v.redirect("/")
}

func (s *site) postSignOut(v *visit) error {
	if v.session != nil {
		if err := s.node.People().SignOut(v.ctx, v.cookie, v.from()); err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
	}
	s.setCookie(v, s.sessionCookie(v.side), "", 0)
	return v.redirect("/sign-in")
}

// postLanguage remembers the language that a person has chosen: with the
// session, and in a cookie for the pages before the sign-in.
func (s *site) postLanguage(v *visit) error {
	tag := v.r.PostFormValue("language")
	if !lang.Known(tag) {
		return errMalformed
	}
	if v.session != nil {
		if err := s.node.People().SetLanguage(v.ctx, v.cookie, tag); err != nil {
			return fmt.Errorf("remember the language: %w", err)
		}
	}
	s.setCookie(v, languageCookie, tag, 365*24*time.Hour)
	return v.redirect(v.back())
}
