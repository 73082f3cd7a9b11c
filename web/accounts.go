package web

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/office"
	"liaison.example/people"
)

const (
	linkValid   = 24 * time.Hour // a link that an administrator makes
	trailLength = 50             // lines of the trail on one page
)

// accountsPage lists the accounts of our side, for administrators.
type accountsPage struct {
	Frame
	Error    string
	Accounts []accountLine
	Typed    accountForm // a new account
}

type accountLine struct {
	Href, Name, Person, Posts string
	Admin                     bool
	Password, Code, Passkeys  bool
	Suspended                 template.HTML // since when; empty if it is not
}

// accountForm is what can be chosen of an account.
type accountForm struct {
	Name, Person string
	Posts        []postChoice
	Admin        bool
	Own          bool // the administrator's own: its posts are for others to change
}

type postChoice struct {
	ID, Name string
	Chosen   bool
}

// onePage is one account, for administrators.
type onePage struct {
	Frame
	Error    string
	Account  accountLine
	Form     accountForm
	Sessions []accountSession
	Link     string // made just now
}

// trailPage is what was done with accounts, the latest first.
type trailPage struct {
	Frame
	Lines       []trailLine
	First, Next string
}

type trailLine struct {
	At                            template.HTML
	Who, Deed, Whom, From, Detail string
}

func (s *site) accounts(v *visit) error {
	return s.showAccounts(v, http.StatusOK, "", accountForm{})
}

func (s *site) showAccounts(v *visit, status int, problem string, typed accountForm) error {
	page := accountsPage{Error: problem, Typed: typed}
	var err error
	if page.Frame, err = s.personFrame(v, "", v.t("accounts.title")); err != nil {
		return err
	}
	page.Path = "/accounts"
	if typed.Posts == nil {
		page.Typed.Posts = v.postChoices(nil)
	}
	list, err := s.node.People().Accounts(v.ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		page.Accounts = append(page.Accounts, v.accountLine(a))
	}
	return s.render(v, status, "accounts", page)
}

func (v *visit) accountLine(a people.Account) accountLine {
	var posts []string
	for _, post := range a.Posts {
		posts = append(posts, v.postName(v.side, post))
	}
	line := accountLine{
		Href: "/accounts/name/" + a.Name, Name: a.Name, Person: a.Person, Posts: strings.Join(posts, v.t("common.list-comma")),
		Admin: a.Admin, Password: a.Password, Code: a.Code, Passkeys: a.Passkeys > 0,
	}
	if !a.Suspended.IsZero() {
		line.Suspended = v.when(a.Suspended)
	}
	return line
}

// postChoices offers our side's posts: those chosen first, in their order.
func (v *visit) postChoices(chosen []office.Post) (choices []postChoice) {
	for _, post := range chosen {
		choices = append(choices, postChoice{post, v.postName(v.side, post), true})
	}
	v.post(v.side, "") // reads the posts
	for _, row := range v.posts[v.side] {
		if !row.Ended && !slices.Contains(chosen, row.Post) {
			choices = append(choices, postChoice{row.Post, v.postName(v.side, row.Post), false})
		}
	}
	return choices
}

// typedAccount reads the form of an account. Posts that do not act for our side
// are left out: the page has not offered them.
func (v *visit) typedAccount(name string) people.Account {
	a := people.Account{Name: name, Person: v.r.PostFormValue("person"), Admin: v.r.PostFormValue("admin") == "1", Posts: []office.Post{}}
	for _, post := range v.r.PostForm["post"] {
		if row, ok := v.post(v.side, post); ok && !row.Ended && !slices.Contains(a.Posts, post) {
			a.Posts = append(a.Posts, post)
		}
	}
	return a
}

func (v *visit) by() people.By { return people.By{Who: v.session.Account, From: v.from()} }

func (s *site) postAccounts(v *visit) error {
	a := v.typedAccount(strings.TrimSpace(v.r.PostFormValue("name")))
	err := s.node.People().AddAccount(v.ctx, v.by(), a)
	var refused *people.Refusal
	if errors.As(err, &refused) {
		return s.showAccounts(v, http.StatusUnprocessableEntity, v.coded("refused", string(refused.Code), refused.Detail),
			accountForm{Name: a.Name, Person: a.Person, Posts: v.postChoices(a.Posts), Admin: a.Admin})
	}
	if err != nil {
		return err
	}
	return v.redirect("/accounts/name/" + a.Name)
}

func (s *site) oneAccount(v *visit) error { return s.showOne(v, http.StatusOK, "", "") }

func (s *site) showOne(v *visit, status int, problem, link string) error {
	a, err := s.node.People().Account(v.ctx, v.r.PathValue("name"))
	var refused *people.Refusal
	if errors.As(err, &refused) {
		return errNothingHere
	}
	if err != nil {
		return err
	}
	page := onePage{Error: problem, Account: v.accountLine(a), Link: link}
	if page.Frame, err = s.personFrame(v, "", a.Person); err != nil {
		return err
	}
	page.Path = page.Account.Href
	page.Form = accountForm{Name: a.Name, Person: a.Person, Posts: v.postChoices(a.Posts), Admin: a.Admin, Own: a.Name == v.session.Account}
	sessions, err := s.node.People().AccountSessions(v.ctx, a.Name)
	if err != nil {
		return err
	}
	for _, open := range sessions {
		page.Sessions = append(page.Sessions, accountSession{
			open.ID, v.when(open.Since), v.when(open.LastSeen), open.ByLink, open.ByPasskey, open.ID == v.session.ID,
		})
	}
	return s.render(v, status, "one", page)
}

// oneDone goes back to the account after an act; a refusal shows the page with
// its sentence.
func (s *site) oneDone(v *visit, err error) error {
	var refused *people.Refusal
	switch {
	case errors.As(err, &refused):
		return s.showOne(v, http.StatusUnprocessableEntity, v.coded("refused", string(refused.Code), refused.Detail), "")
	case err != nil && !errors.Is(err, people.ErrSessionEnded): // that it has ended is what was wanted
		return err
	}
	return v.redirect("/accounts/name/" + v.r.PathValue("name"))
}

func (s *site) postChangeAccount(v *visit) error {
	a := v.typedAccount(v.r.PathValue("name"))
	c := people.Change{Person: &a.Person}
	if a.Name != v.session.Account {
		c.Posts, c.Admin = &a.Posts, &a.Admin
	}
	return s.oneDone(v, s.node.People().ChangeAccount(v.ctx, v.by(), a.Name, c))
}

func (s *site) postSuspend(v *visit) error {
	return s.oneDone(v, s.node.People().Suspend(v.ctx, v.by(), v.r.PathValue("name")))
}

func (s *site) postResume(v *visit) error {
	return s.oneDone(v, s.node.People().Resume(v.ctx, v.by(), v.r.PathValue("name")))
}

func (s *site) postRevokeOf(v *visit) error {
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	return s.oneDone(v, s.node.People().Revoke(v.ctx, v.by(), v.r.PathValue("name"), id))
}

// postLink shows a new link once; it cannot be had again.
func (s *site) postLink(v *visit) error {
	token, err := s.node.People().AccountLink(v.ctx, v.by(), v.r.PathValue("name"), linkValid)
	if err != nil {
		return s.oneDone(v, err)
	}
	return s.showOne(v, http.StatusOK, "", s.signInURL(token))
}

func (s *site) trail(v *visit) error {
	before, _ := strconv.ParseInt(v.r.URL.Query().Get("before"), 10, 64) // what is no number begins with the latest
	lines, err := s.node.People().Trail(v.ctx, before, trailLength+1)
	if err != nil {
		return err
	}
	page := trailPage{}
	if page.Frame, err = s.personFrame(v, "", v.t("trail.title")); err != nil {
		return err
	}
	if before > 0 {
		page.First = "/accounts/trail"
	}
	if len(lines) > trailLength {
		lines = lines[:trailLength]
		page.Next = "/accounts/trail?before=" + strconv.FormatInt(lines[trailLength-1].ID, 10)
	}
	for _, l := range lines {
		deed := string(l.Deed)
		if phrase, ok := lang.Lookup("trail." + deed); ok {
			deed = phrase.In(v.tag)
		}
		who := l.By.Who
		if who == people.Operator {
			who = v.t("post.operator")
		}
		page.Lines = append(page.Lines, trailLine{At: v.when(l.At), Who: who, Deed: deed, Whom: l.Whom, From: l.By.From, Detail: l.Detail})
	}
	return s.render(v, http.StatusOK, "trail", page)
}
