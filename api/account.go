package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

// Account is a person of our own side at the pages.
type Account struct {
	Name      string        `json:"name"`   // with which the person signs in
	Person    string        `json:"person"` // as our own side shows them
	Posts     []office.Post `json:"posts"`  // for which they may act, the usual one first
	Admin     bool          `json:"admin"`  // may add and suspend accounts
	Language  string        `json:"language,omitempty"`
	Made      time.Time     `json:"made"`
	Suspended *time.Time    `json:"suspended,omitempty"`
	Password  bool          `json:"password"` // one is set
	Code      bool          `json:"code"`     // a sign-in with it needs a code too
	Passkeys  int           `json:"passkeys"` // how many they sign in with
}

// NewAccount adds an account.
type NewAccount struct {
	Name     string        `json:"name"`
	Person   string        `json:"person"`
	Posts    []office.Post `json:"posts"`
	Admin    bool          `json:"admin"`
	Language string        `json:"language"`
}

// AccountChange is what changes of an account; what is left out stays.
type AccountChange struct {
	Person   *string        `json:"person,omitempty"`
	Posts    *[]office.Post `json:"posts,omitempty"`
	Admin    *bool          `json:"admin,omitempty"`
	Language *string        `json:"language,omitempty"`
}

// NewAccountLink asks for a one-time sign-in link for an account.
type NewAccountLink struct {
	ValidSeconds int64 `json:"valid_seconds"` // 0: DefaultLinkValid
}

// TrailLine is one line of the trail: who did what to which account.
type TrailLine struct {
	ID     int64     `json:"id"` // from 1
	At     time.Time `json:"at"`
	Who    string    `json:"who"`  // an account, or "operator"; empty if nobody knows
	What   string    `json:"what"` // a code, such as "signed-in"
	Whom   string    `json:"whom"` // account
	From   string    `json:"from"` // address; empty from the machine itself
	Detail string    `json:"detail,omitempty"`
}

// byOperator is who acts through the socket.
var byOperator = people.By{Who: people.Operator}

func (s *server) accounts(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Node.People().Accounts(r.Context())
	if err != nil {
		return err
	}
	accounts := []Account{}
	for _, a := range list {
		accounts = append(accounts, accountOf(a))
	}
	return write(w, http.StatusOK, accounts)
}

func accountOf(a people.Account) Account {
	account := Account{
		Name: a.Name, Person: a.Person, Posts: append([]office.Post{}, a.Posts...), Admin: a.Admin,
		Language: a.Language, Made: a.Made, Password: a.Password, Code: a.Code, Passkeys: a.Passkeys,
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
	if err := s.Node.People().AddAccount(r.Context(), byOperator, a); err != nil {
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
	return problem(CodeNotFound, fmt.Sprintf("There is no post %q of this side: \"liaison posts\" lists them.", post), nil)
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
	if err := s.Node.People().ChangeAccount(r.Context(), byOperator, name, people.Change(c)); err != nil {
		return err
	}
	return s.writeAccount(w, r, http.StatusOK, name)
}

func (s *server) suspendAccount(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := s.Node.People().Suspend(r.Context(), byOperator, name); err != nil {
		return err
	}
	return s.writeAccount(w, r, http.StatusOK, name)
}

func (s *server) resumeAccount(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := s.Node.People().Resume(r.Context(), byOperator, name); err != nil {
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
	token, err := s.Node.People().AccountLink(r.Context(), byOperator, name, valid)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, Link{Account: name, URL: s.SignIn(token), Expires: s.Now().Add(valid).UTC().Truncate(time.Second)})
}

func (s *server) trail(w http.ResponseWriter, r *http.Request) error {
	before, limit := int64(0), int64(DefaultList)
	for name, value := range map[string]*int64{"before": &before, "limit": &limit} {
		if text := r.URL.Query().Get(name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n < 0 {
				return problem(CodeBadRequest, fmt.Sprintf("%s=%q is not a number.", name, text), nil)
			}
			*value = n
		}
	}
	lines, err := s.Node.People().Trail(r.Context(), before, int(min(limit, MaxList)))
	if err != nil {
		return err
	}
	trail := []TrailLine{}
	for _, l := range lines {
		trail = append(trail, TrailLine{ID: l.ID, At: l.At, Who: l.By.Who, What: string(l.Deed), Whom: l.Whom, From: l.By.From, Detail: l.Detail})
	}
	return write(w, http.StatusOK, trail)
}
