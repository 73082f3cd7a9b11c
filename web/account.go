package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	qr "github.com/piglig/go-qr"

	"liaison.example/lang"
	"liaison.example/people"
)

// accountPage is a person's own account: for which post they act, how they sign
// in, and where they are signed in.
type accountPage struct {
	Frame
	Error     string
	Held      bool   // a password alone was not enough
	Name      string // with which they sign in
	Whose     string // the name that our own side shows
	Posts     []accountPost
	Admin     bool
	Password  bool // one is set
	AskOld    bool // it must be typed to change how they sign in
	AskProof  bool // there is none to be typed: a link or a passkey must prove first who is at the screen
	Passkeys  []accountPasskey
	Place     passkeyPlace
	Code      bool   // a sign-in needs a code
	Secret    string // that no code has confirmed yet, in groups of four; empty if none was drawn
	Sessions  []accountSession
	Tokens    []accountToken
	NewToken  tokenForm
	Token     string // made just now
	MinLength int
}

type accountPost struct {
	ID, Name string
	Acting   bool
}

type accountSession struct {
	ID          int64
	Since, Last template.HTML
	ByLink      bool
	ByPasskey   bool
	This        bool
}

func (s *site) account(v *visit) error { return s.showAccount(v, http.StatusOK, "") }

func (s *site) showAccount(v *visit, status int, problem string) error {
	return s.showAccountWith(v, status, problem, "")
}

// showAccountWith shows the account with a token that was made just now.
func (s *site) showAccountWith(v *visit, status int, problem, token string) error {
	page := accountPage{Held: v.held, Error: problem, Token: token, MinLength: people.MinPassword}
	var err error
	if page.Frame, err = s.personFrame(v, "", v.t("account.title")); err != nil {
		return err
	}
	page.Path = "/account"
	a, err := s.node.People().Account(v.ctx, v.session.Account)
	if err != nil {
		return err
	}
	page.Name, page.Whose, page.Admin, page.Password, page.Code = a.Name, a.Person, a.Admin, a.Password, a.Code
	fresh := v.session.Fresh(v.now)
	page.AskOld, page.AskProof = a.Password && !fresh, !a.Password && !fresh
	page.Place = s.passkeyPlace(v)
	if page.Passkeys, err = s.accountPasskeys(v); err != nil {
		return err
	}
	for _, post := range a.Posts {
		page.Posts = append(page.Posts, accountPost{post, v.postName(v.side, post), post == v.session.Post})
	}
	secret, err := s.node.People().PendingSecret(v.ctx, v.cookie)
	if err != nil {
		return err
	}
	page.Secret = fours(secret)
	sessions, err := s.node.People().AccountSessions(v.ctx, a.Name)
	if err != nil {
		return err
	}
	for _, open := range sessions {
		page.Sessions = append(page.Sessions, accountSession{
			open.ID, v.when(open.Since), v.when(open.LastSeen), open.ByLink, open.ByPasskey, open.ID == v.session.ID,
		})
	}
	if page.Tokens, err = s.tokens(v, a.Name); err != nil {
		return err
	}
	page.NewToken = v.tokenForm(a.Admin)
	return s.render(v, status, "account", page)
}

// personFrame fills in what surrounds a page for whoever is signed in, also for
// an account without a post.
func (s *site) personFrame(v *visit, here, title string) (Frame, error) {
	if v.session.Post != "" {
		return s.frame(v, here, title)
	}
	f := s.bareFrame(v, title)
	f.Person = v.session.Person
	return f, nil
}

// fours puts letters in groups of four, to be typed from a screen.
func fours(text string) string {
	var out strings.Builder
	for i := range len(text) {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// accountDone goes back to the account after an act; a refusal shows the page
// with its sentence.
func (s *site) accountDone(v *visit, err error) error {
	var refused *people.Refusal
	switch {
	case errors.As(err, &refused):
		return s.showAccount(v, http.StatusUnprocessableEntity, v.coded("refused", string(refused.Code), refused.Detail))
	case err != nil:
		return err
	}
	return v.redirect("/account")
}

func (s *site) postAccountPost(v *visit) error {
	return s.accountDone(v, s.node.People().Act(v.ctx, v.cookie, v.from(), v.r.PostFormValue("post")))
}

func (s *site) postPassword(v *visit) error {
	password := v.r.PostFormValue("password")
	if password != v.r.PostFormValue("again") {
		return s.showAccount(v, http.StatusUnprocessableEntity, v.t("account.differ"))
	}
	return s.accountDone(v, s.node.People().SetPassword(v.ctx, v.cookie, v.from(), v.r.PostFormValue("old"), password))
}

func (s *site) postCodes(v *visit) error {
	_, err := s.node.People().NewSecret(v.ctx, v.cookie, v.from(), v.r.PostFormValue("old"))
	return s.accountDone(v, err)
}

func (s *site) postConfirmCodes(v *visit) error {
	return s.accountDone(v, s.node.People().ConfirmSecret(v.ctx, v.cookie, v.from(), v.r.PostFormValue("code")))
}

func (s *site) postRemoveCodes(v *visit) error {
	return s.accountDone(v, s.node.People().RemoveSecret(v.ctx, v.cookie, v.from(), v.r.PostFormValue("old")))
}

func (s *site) postRevokeSession(v *visit) error {
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	by := people.By{Who: v.session.Account, From: v.from()}
	err = s.node.People().Revoke(v.ctx, by, v.session.Account, id)
	if errors.Is(err, people.ErrSessionEnded) {
		err = nil // it has ended, as was wanted
	}
	return s.accountDone(v, err)
}

// secretPicture answers with the secret that waits to be confirmed, as a picture
// that devices read.
func (s *site) secretPicture(v *visit) error {
	secret, err := s.node.People().PendingSecret(v.ctx, v.cookie)
	if err != nil {
		return err
	}
	if secret == "" {
		return errNothingHere
	}
	code, err := qr.EncodeText(people.SecretAddress(v.status.Office, v.session.Account, secret), qr.Medium)
	if err != nil {
		return fmt.Errorf("draw the secret for codes: %w", err)
	}
	var out bytes.Buffer
	if err := code.WriteAsSVG(qr.NewQrCodeImgConfig(8, 4*8), &out, "#ffffff", "#000000"); err != nil {
		return fmt.Errorf("draw the secret for codes: %w", err)
	}
	v.w.Header().Set("Content-Type", "image/svg+xml")
	v.w.Write(out.Bytes()) // if it cannot be written, nobody is left to be told
	return nil
}

// offer is the sentence that offers who came by a link to set up a passkey or a password. The
// account that is named like its post is not one person's, and goes on by links.
func (v *visit) offer() string {
	if v.session.ByLink && !v.session.Password && !v.session.Passkeys && v.session.Account != v.session.Post {
		return lang.T(v.tag, "account.offer")
	}
	return ""
}
