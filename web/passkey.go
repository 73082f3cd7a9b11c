package web

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"time"

	"liaison.example/people"
)

// A passkey is asked for by script/passkey.js: it fetches what to ask the device
// for, and sends the device's answer in the form. What is wrong with the answer is
// said by the page that the form leads to, as with every form.

// passkeyPlace is where passkeys can be had.
type passkeyPlace struct {
	Origin string // of the pages; empty if browsers have no passkeys there
	Why    string // the sentence that says so
}

func (s *site) passkeyPlace(v *visit) passkeyPlace {
	var refused *people.Refusal
	if errors.As(s.noPasskeys, &refused) {
		return passkeyPlace{Why: v.coded("refused", string(refused.Code), refused.Detail)}
	}
	return passkeyPlace{Origin: s.passkeys.Origin}
}

type accountPasskey struct {
	ID         int64
	Name       string
	Kept       bool
	Made, Used template.HTML // Used is empty if it never was
}

func (s *site) accountPasskeys(v *visit) (lines []accountPasskey, err error) {
	list, err := s.node.People().Passkeys(v.ctx, v.session.Account)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		line := accountPasskey{ID: k.ID, Name: k.Name, Kept: k.Kept, Made: v.when(k.Made)}
		if !k.LastUsed.IsZero() {
			line.Used = v.when(k.LastUsed)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// sayPasskey answers a script with what to ask the device for, or with the sentence
// that says why there is nothing.
func (s *site) sayPasskey(v *visit, options []byte, err error) error {
	status, said := http.StatusOK, struct {
		Options json.RawMessage `json:"options,omitempty"`
		Problem string          `json:"problem,omitempty"`
	}{Options: options}
	var refused *people.Refusal
	switch {
	case errors.As(err, &refused):
		status, said.Problem = http.StatusUnprocessableEntity, v.coded("refused", string(refused.Code), refused.Detail)
	case err != nil:
		return err
	}
	return v.answerJSON(status, said)
}

// passkeyAnswer is what the device said to the script. Without script there is none.
func (s *site) passkeyAnswer(v *visit) (answer string, err error) {
	if s.noPasskeys != nil {
		return "", s.noPasskeys
	}
	if answer = v.r.PostFormValue("answer"); answer == "" {
		return "", &people.Refusal{Code: "passkey-script"}
	}
	return answer, nil
}

func (s *site) postBeginPasskey(v *visit) error {
	if s.noPasskeys != nil {
		return s.sayPasskey(v, nil, s.noPasskeys)
	}
	options, err := s.node.People().BeginPasskey(v.ctx, s.passkeys, v.cookie, v.from(), v.r.PostFormValue("old"))
	return s.sayPasskey(v, options, err)
}

func (s *site) postPasskey(v *visit) error {
	answer, err := s.passkeyAnswer(v)
	if err == nil {
		err = s.node.People().AddPasskey(v.ctx, s.passkeys, v.cookie, v.from(), v.r.PostFormValue("name"), answer)
	}
	return s.accountDone(v, err)
}

func (s *site) postRemovePasskey(v *visit) error {
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	return s.accountDone(v, s.node.People().RemovePasskey(v.ctx, v.cookie, v.from(), v.r.PostFormValue("old"), id))
}

func (s *site) postBeginProof(v *visit) error {
	if s.noPasskeys != nil {
		return s.sayPasskey(v, nil, s.noPasskeys)
	}
	options, err := s.node.People().BeginProof(v.ctx, s.passkeys, v.cookie)
	return s.sayPasskey(v, options, err)
}

func (s *site) postProof(v *visit) error {
	answer, err := s.passkeyAnswer(v)
	if err == nil {
		err = s.node.People().Prove(v.ctx, s.passkeys, v.cookie, v.from(), answer)
	}
	return s.accountDone(v, err)
}

// attemptTime is how long the cookie of an attempt to sign in is kept; people
// ends the attempt itself.
const attemptTime = 10 * time.Minute

func (s *site) attemptCookie(v *visit) string { return s.sessionCookie(v.side) + "-attempt" }

func (s *site) postBeginPasskeySignIn(v *visit) error {
	if s.noPasskeys != nil {
		return s.sayPasskey(v, nil, s.noPasskeys)
	}
	attempt, options, err := s.node.People().BeginSignIn(v.ctx, s.passkeys, v.from())
	if err == nil {
		s.setCookie(v, s.attemptCookie(v), attempt, attemptTime)
	}
	return s.sayPasskey(v, options, err)
}

func (s *site) postPasskeySignIn(v *visit) error {
	answer, err := s.passkeyAnswer(v)
	var session people.Session
	var cookie string
	if err == nil {
		attempt := ""
		if c, err := v.r.Cookie(s.attemptCookie(v)); err == nil && len(c.Value) <= maxCookie {
			attempt = c.Value
		}
		session, cookie, err = s.node.People().SignInByPasskey(v.ctx, s.passkeys, attempt, v.from(), answer)
		s.setCookie(v, s.attemptCookie(v), "", 0)
	}
	var refused *people.Refusal
	switch {
	case errors.As(err, &refused):
		if refused.Code == "passkey-copied" {
			s.log.Warn("a passkey was refused: its device has counted less than before, so there may be a copy of it; the trail names the account", "from", v.from())
		}
		return s.showSignIn(v, http.StatusForbidden, signinPage{Error: v.coded("refused", string(refused.Code), refused.Detail)})
	case errors.Is(err, people.ErrTooMany):
		return s.showSignIn(v, http.StatusForbidden, signinPage{Error: v.t("signin.too-many")})
	case err != nil:
		return err
	}
	s.setCookie(v, s.sessionCookie(v.side), cookie, session.Ends.Sub(v.now))
	return v.redirect("/")
}
