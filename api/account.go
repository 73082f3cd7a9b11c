package api

import (
	"net/http"
	"strconv"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

func (s *server) accounts(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Node.People().Accounts(r.Context())
	if err != nil {
		return err
	}
	page, next, err := paged(r, "accounts", list, func(a *people.Account) string { return a.Name })
	if err != nil {
		return err
	}
	accounts := []Account{}
	for _, a := range page {
		accounts = append(accounts, accountOf(a))
	}
	return write(w, http.StatusOK, AccountPage{Accounts: accounts, Next: next})
}

func accountOf(a people.Account) Account {
	account := Account{
		Name: a.Name, Person: a.Person, Posts: append([]office.Post{}, a.Posts...), Admin: a.Admin,
		Language: a.Language, Made: a.Made, Password: a.Password, Code: a.Code,
	}
	if !a.Suspended.IsZero() {
		account.Suspended = &a.Suspended
	}
	return account
}

func (s *server) addAccount(w http.ResponseWriter, r *http.Request) error {
	var n NewAccount
	if err := read(r, &n); err != nil {
		return err
	}
	if err := s.allAccredited(r, n.Posts); err != nil {
		return err
	}
	a := people.Account{Name: n.Name, Person: n.Person, Posts: n.Posts, Admin: n.Admin, Language: n.Language}
	if err := s.Node.People().AddAccount(r.Context(), callerOf(r).by, a); err != nil {
		return err
	}
	return s.writeAccount(w, r, http.StatusCreated, n.Name)
}

// allAccredited answers with a problem if one of the posts does not act for our
// side.
func (s *server) allAccredited(r *http.Request, posts []office.Post) error {
	for i, post := range posts {
		if i == people.PostsPerAccount {
			return nil // refused for that
		}
		if ok, err := s.accredited(r, post); err != nil {
			return err
		} else if !ok {
			return noPost(post)
		}
	}
	return nil
}

func noPost(post office.Post) error {
	return problem(CodeNotFound, "post", "post", clip(post))
}

// writeAccount answers with the account as it stands.
func (s *server) writeAccount(w http.ResponseWriter, r *http.Request, status int, name string) error {
	a, err := s.Node.People().Account(r.Context(), name)
	if err != nil {
		return err
	}
	return write(w, status, accountOf(a))
}

func (s *server) changeAccount(w http.ResponseWriter, r *http.Request) error {
	var c AccountChange
	if err := read(r, &c); err != nil {
		return err
	}
	if c.Posts != nil {
		if err := s.allAccredited(r, *c.Posts); err != nil {
			return err
		}
	}
	name := r.PathValue("name")
	if err := s.Node.People().ChangeAccount(r.Context(), callerOf(r).by, name, people.Change(c)); err != nil {
		return err
	}
	return s.writeAccount(w, r, http.StatusOK, name)
}

func (s *server) suspendAccount(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := s.Node.People().Suspend(r.Context(), callerOf(r).by, name); err != nil {
		return err
	}
	return s.writeAccount(w, r, http.StatusOK, name)
}

func (s *server) resumeAccount(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := s.Node.People().Resume(r.Context(), callerOf(r).by, name); err != nil {
		return err
	}
	return s.writeAccount(w, r, http.StatusOK, name)
}

func (s *server) accountLink(w http.ResponseWriter, r *http.Request) error {
	var l NewAccountLink
	if err := read(r, &l); err != nil {
		return err
	}
	valid, err := linkValid(l.ValidSeconds)
	if err != nil {
		return err
	}
	name := r.PathValue("name")
	token, err := s.Node.People().AccountLink(r.Context(), callerOf(r).by, name, valid)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, Link{Account: name, URL: s.SignIn(token), Expires: s.Now().Add(valid).UTC().Truncate(time.Second)})
}

func (s *server) trail(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	before, err := numberCursor("trail", query)
	if err != nil {
		return err
	}
	lines, err := s.Node.People().Trail(r.Context(), before, limit)
	if err != nil {
		return err
	}
	page := TrailPage{Lines: []TrailLine{}}
	for _, l := range lines {
		page.Lines = append(page.Lines, TrailLine{ID: l.ID, At: l.At, Who: l.By.Who, What: string(l.Deed), Whom: l.Whom, From: l.By.From, Detail: l.Detail})
	}
	if len(lines) == limit && lines[limit-1].ID > 1 { // lines are numbered from 1, without gaps
		page.Next = cursor("trail", strconv.FormatInt(lines[limit-1].ID, 10))
	}
	return write(w, http.StatusOK, page)
}
