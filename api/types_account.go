package api

import (
	"time"

	"liaison.example/office"
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

// AccountPage is one page of the accounts, in the order of their names.
type AccountPage struct {
	Accounts []Account `json:"accounts"`
	Next     string    `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewAccount adds an account.
type NewAccount struct {
	Name     string        `json:"name"`
	Person   string        `json:"person"`
	Posts    []office.Post `json:"posts"`
	Admin    bool          `json:"admin,omitempty"`
	Language string        `json:"language,omitempty"`
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
	ValidSeconds int64 `json:"valid_seconds,omitempty"` // 0: a day
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

// TrailPage is one page of the trail, the latest line first.
type TrailPage struct {
	Lines []TrailLine `json:"lines"`
	Next  string      `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// Scope is what a token may be used for, such as "read".
type Scope string

// Token lets a program act for an account, or for one post, until its end.
type Token struct {
	ID       int64       `json:"id"`
	Account  string      `json:"account,omitempty"` // whose it is; left out if it is one of a post
	Post     office.Post `json:"post,omitempty"`    // left out if it is one of an account
	Scopes   []Scope     `json:"scopes"`            // what it may be used for
	Note     string      `json:"note,omitempty"`    // what it is for
	Made     time.Time   `json:"made"`
	MadeBy   string      `json:"made_by"` // an account, or "operator"
	Ends     time.Time   `json:"ends"`
	LastUsed *time.Time  `json:"last_used,omitempty"` // to the minute
	Revoked  *time.Time  `json:"revoked,omitempty"`
	Works    bool        `json:"works"` // neither ended nor revoked
}

// TokenPage is one page of the tokens, the latest made first.
type TokenPage struct {
	Tokens []Token `json:"tokens"`
	Next   string  `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewToken asks for a token for an account or for a post.
type NewToken struct {
	Account      string      `json:"account,omitempty"`
	Post         office.Post `json:"post,omitempty"`
	Scopes       []Scope     `json:"scopes"`
	Note         string      `json:"note,omitempty"`          // one line, at most 80 characters
	ValidSeconds int64       `json:"valid_seconds,omitempty"` // 0: 90 days; at most 365
}

// MadeToken is a token that was just made.
type MadeToken struct {
	Token Token  `json:"token"`
	Text  string `json:"text"` // the token itself; it is shown here alone
}
