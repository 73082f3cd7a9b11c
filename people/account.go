package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"liaison.example/legible"
	"liaison.example/office"
	"liaison.example/sqldb"
)

// The limits of accounts.
const (
	MaxPerson       = 80   // characters of a person's name
	PostsPerAccount = 8    // posts for which one account may act
	AccountsInAll   = 1000 // suspended ones too: an account is never removed
)

// Account is a person of our own side, as far as the pages need to know them.
// Its name is never given to another person, so an account is suspended and
// never removed.
type Account struct {
	Name      string        // with which the person signs in, such as "park"
	Person    string        // as our own side shows them; one line
	Posts     []office.Post // for which they may act, the usual one first
	Admin     bool          // may add and suspend accounts
	Language  string        // tag, such as "ko"; empty if none was chosen
	Made      time.Time
	Suspended time.Time // zero if they may sign in
	Password  bool      // one is set
	Code      bool      // a sign-in with the password needs a code of their device too
	Passkeys  int       // how many they sign in with
}

// Change is what changes of an account; what is nil stays.
type Change struct {
	Person   *string
	Posts    *[]office.Post
	Admin    *bool
	Language *string
}

// Refusal is something that the person who asked can mend. The sentence for it
// stands in package lang, under "refused." and the code.
type Refusal struct {
	Code   office.Reason
	Detail map[string]string
}

func (r *Refusal) Error() string { return "refused: " + string(r.Code) }

func refuse(code office.Reason, detail ...string) error {
	r := &Refusal{code, map[string]string{}}
	for i := 0; i+1 < len(detail); i += 2 {
		r.Detail[detail[i]] = detail[i+1]
	}
	return r
}

// Operator is who acts from the machine itself; no account has this name.
const Operator = string(office.Operator)

// By says who acts, for the trail.
type By struct {
	Who  string // an account, or Operator
	From string // address; empty from the machine itself
}

// AddAccount makes an account. It uses of a what a person may choose: Name,
// Person, Posts, Admin and Language.
func (p *People) AddAccount(ctx context.Context, by By, a Account) error {
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error { return p.addAccount(ctx, tx, by, a, p.now()) }); err != nil {
		return fmt.Errorf("add an account: %w", err)
	}
	return nil
}

func (p *People) addAccount(ctx context.Context, tx *sqldb.Tx, by By, a Account, now time.Time) error {
	if !office.ValidName(a.Name) || a.Name == Operator {
		return refuse("account-name", "name", clip(a.Name))
	}
	if err := a.check(); err != nil {
		return err
	}
	var count, taken int64
	if err := tx.QueryRow(ctx, `
		SELECT
			COUNT(*),
			COUNT(CASE WHEN name = $1 THEN 1 END)
		FROM account`, a.Name).Scan(
		&count,
		&taken); err != nil {
		return err
	}
	if taken > 0 {
		return refuse("account-exists", "name", a.Name)
	}
	if count >= AccountsInAll {
		return refuse("account-many", "limit", fmt.Sprint(AccountsInAll))
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO account (name, person, admin, language, made, suspended, password, secret, new_secret, last_step)
		VALUES ($1, $2, $3, $4, $5, 0, '', '', '', 0)`,
		a.Name, a.Person, bit(a.Admin), a.Language, now.UnixMilli()); err != nil {
		return err
	}
	if err := putPosts(ctx, tx, a.Name, a.Posts); err != nil {
		return err
	}
	return note(ctx, tx, Line{At: now, By: by, Deed: AccountAdded, Whom: a.Name, Detail: a.powers()})
}

// check looks at what a person may choose of an account, but its name.
func (a *Account) check() error {
	if n := utf8.RuneCountInString(a.Person); strings.TrimSpace(a.Person) == "" || n > MaxPerson || !goodName(a.Person) {
		return refuse("account-person", "limit", fmt.Sprint(MaxPerson))
	}
	if len(a.Posts) > PostsPerAccount {
		return refuse("account-posts", "limit", fmt.Sprint(PostsPerAccount))
	}
	for i, post := range a.Posts {
		if !office.ValidName(post) || post == office.Operator || slices.Contains(a.Posts[:i], post) {
			return refuse("account-post", "post", clip(post))
		}
	}
	if a.Language != "" && !validLanguage(a.Language) {
		return refuse("account-language")
	}
	return nil
}

// oneLine reports whether a text is UTF-8 without control characters and
// without marks that are not seen or that turn the direction of writing.
func oneLine(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	})
}

// goodName reports whether a text is one line that cannot pass for another.
func goodName(text string) bool { return oneLine(text) && legible.Name(text) == nil }

// clip shortens what somebody typed, for the sentence about it.
func clip(text string) string { return fmt.Sprintf("%.40s", strings.ToValidUTF8(text, "?")) }

// powers writes for the trail what the account may do.
func (a *Account) powers() string {
	text := strings.Join(a.Posts, " ")
	if a.Admin {
		text += " +admin"
	}
	return strings.TrimSpace(text)
}

func bit(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func putPosts(ctx context.Context, tx *sqldb.Tx, name string, posts []office.Post) error {
	if _, err := tx.Exec(ctx, `
		DELETE FROM account_post
		WHERE account = $1`, name); err != nil {
		return err
	}
	for i, post := range posts {
		if _, err := tx.Exec(ctx, `
			INSERT INTO account_post (account, place, post)
			VALUES ($1, $2, $3)`, name, i, post); err != nil {
			return err
		}
	}
	return nil
}

// Accounts returns all accounts in the order of their names.
func (p *People) Accounts(ctx context.Context) (list []Account, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		list, err = accounts(ctx, tx, "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the accounts: %w", err)
	}
	return list, nil
}

// Account returns the account of this name, or refuses with account-unknown.
func (p *People) Account(ctx context.Context, name string) (a Account, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		a, err = account(ctx, tx, name)
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("look up an account: %w", err)
	}
	return a, nil
}

func account(ctx context.Context, tx *sqldb.Tx, name string) (Account, error) {
	if !office.ValidName(name) {
		return Account{}, refuse("account-unknown", "name", clip(name))
	}
	list, err := accounts(ctx, tx, name)
	if err == nil && len(list) == 0 {
		err = refuse("account-unknown", "name", name)
	}
	if err != nil {
		return Account{}, err
	}
	return list[0], nil
}

// accounts reads the account of this name, or all if it is empty.
func accounts(ctx context.Context, tx *sqldb.Tx, name string) (list []Account, err error) {
	rows, err := tx.Query(ctx, `
		SELECT
			name,
			person,
			admin,
			language,
			made,
			suspended,
			CASE WHEN password = '' THEN 0 ELSE 1 END,
			CASE WHEN secret = '' THEN 0 ELSE 1 END,
			(SELECT COUNT(*) FROM passkey WHERE passkey.account = account.name),
			COALESCE(post, '')
		FROM account
		LEFT JOIN account_post ON account = name
		WHERE name = $1 OR $2 = ''
		ORDER BY name, place`, name, name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a Account
		var made, suspended, admin, password, code int64
		var post office.Post
		if err := rows.Scan(
			&a.Name,
			&a.Person,
			&admin,
			&a.Language,
			&made,
			&suspended,
			&password,
			&code,
			&a.Passkeys,
			&post); err != nil {
			return nil, err
		}
		if len(list) == 0 || list[len(list)-1].Name != a.Name {
			a.Admin, a.Password, a.Code = admin != 0, password != 0, code != 0
			a.Made = milliseconds(made)
			if suspended != 0 {
				a.Suspended = milliseconds(suspended)
			}
			list = append(list, a)
		}
		if post != "" {
			last := &list[len(list)-1]
			last.Posts = append(last.Posts, post)
		}
	}
	return list, rows.Err()
}

// ChangeAccount changes an account, for its open sessions too: who loses a post
// acts for it no longer. Nobody changes what their own account may do.
func (p *People) ChangeAccount(ctx context.Context, by By, name string, c Change) error {
	return p.onAccount(ctx, "change an account", name, func(tx *sqldb.Tx, a Account, now time.Time) error {
		return change(ctx, tx, by, a, c, now)
	})
}

// onAccount runs f in a write transaction with the account of this name.
func (p *People) onAccount(ctx context.Context, doing, name string, f func(tx *sqldb.Tx, a Account, now time.Time) error) error {
	now := p.now()
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		a, err := account(ctx, tx, name)
		if err != nil {
			return err
		}
		return f(tx, a, now)
	}); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

func change(ctx context.Context, tx *sqldb.Tx, by By, a Account, c Change, now time.Time) error {
	if by.Who == a.Name && (c.Posts != nil || c.Admin != nil) {
		return refuse("account-self")
	}
	if c.Person != nil {
		a.Person = *c.Person
	}
	if c.Posts != nil {
		a.Posts = *c.Posts
	}
	if c.Admin != nil {
		a.Admin = *c.Admin
	}
	if c.Language != nil {
		a.Language = *c.Language
	}
	if err := a.check(); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		UPDATE account
		SET person = $1, admin = $2, language = $3
		WHERE name = $4`, a.Person, bit(a.Admin), a.Language, a.Name); err != nil {
		return err
	}
	if err := putPosts(ctx, tx, a.Name, a.Posts); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		UPDATE session
		SET post = ''
		WHERE account = $1 AND post NOT IN (
			SELECT post
			FROM account_post
			WHERE account = $2)`, a.Name, a.Name); err != nil {
		return err
	}
	return note(ctx, tx, Line{At: now, By: by, Deed: AccountChanged, Whom: a.Name, Detail: a.powers()})
}

// Suspend keeps an account from signing in, and ends its sessions, links and
// tokens at once. Nobody suspends their own account.
func (p *People) Suspend(ctx context.Context, by By, name string) error {
	return p.onAccount(ctx, "suspend an account", name, func(tx *sqldb.Tx, a Account, now time.Time) error {
		if by.Who == name {
			return refuse("account-self")
		}
		if !a.Suspended.IsZero() {
			return refuse("account-suspended", "name", name)
		}
		if _, err := tx.Exec(ctx, `
			UPDATE account
			SET suspended = $1
			WHERE name = $2`, now.UnixMilli(), name); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, name, nil); err != nil {
			return err
		}
		if err := endLinks(ctx, tx, name, now); err != nil {
			return err
		}
		if err := endTokens(ctx, tx, name, "", now); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: AccountSuspended, Whom: name})
	})
}

// Resume lets a suspended account sign in again. Its sessions, links
// and tokens do not come back.
func (p *People) Resume(ctx context.Context, by By, name string) error {
	return p.onAccount(ctx, "resume an account", name, func(tx *sqldb.Tx, a Account, now time.Time) error {
		if a.Suspended.IsZero() {
			return refuse("account-not-suspended", "name", name)
		}
		if _, err := tx.Exec(ctx, `
			UPDATE account
			SET suspended = 0
			WHERE name = $1`, name); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: AccountResumed, Whom: name})
	})
}

// accountOf returns the account named like the post, and makes it, or lets it
// act for the post, if need be.
func (p *People) accountOf(ctx context.Context, tx *sqldb.Tx, by By, post office.Post, now time.Time) (Account, error) {
	a, err := account(ctx, tx, post)
	var r *Refusal
	switch {
	case errors.As(err, &r) && r.Code == "account-unknown":
		a = Account{Name: post, Person: post, Posts: []office.Post{post}}
		return a, p.addAccount(ctx, tx, by, a, now)
	case err != nil || slices.Contains(a.Posts, post):
		return a, err
	}
	posts := append(slices.Clone(a.Posts), post)
	a.Posts = posts
	return a, change(ctx, tx, by, a, Change{Posts: &posts}, now)
}

// RevokePost takes a post away from all accounts and ends its tokens and the
// sessions that act for it, as is due when its accreditation ends. What a head
// handed over to it, or it as a head, ends too. Accounts that are left with no
// post lose their links.
func (p *People) RevokePost(ctx context.Context, post office.Post) error {
	now := p.now()
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		holders, err := names(ctx, tx, `
			SELECT account
			FROM account_post
			WHERE post = $1
			ORDER BY account`, post)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			DELETE FROM session
			WHERE post = $1`, post); err != nil {
			return err
		}
		if err := endTokens(ctx, tx, "", post, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE sign_in_link
			SET expires = $1
			WHERE used = 0 AND expires > $2 AND account IN (
				SELECT account
				FROM account_post
				WHERE post = $3)
			AND account NOT IN (
				SELECT account
				FROM account_post
				WHERE post <> $4)
			AND account NOT IN (
				SELECT name
				FROM account
				WHERE admin = 1)`, now.UnixMilli(), now.UnixMilli(), post, post); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			DELETE FROM account_post
			WHERE post = $1`, post); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE acting
			SET until = $1
			WHERE until > $2 AND (head = $3 OR post = $4)`, now.UnixMilli(), now.UnixMilli(), post, post); err != nil {
			return err
		}
		for _, name := range holders {
			if err := note(ctx, tx, Line{At: now, By: By{Who: Operator}, Deed: PostWithdrawn, Whom: name, Detail: post}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("end the sessions of %s: %w", post, err)
	}
	p.rules.forget() // who acted for the post, or the post for whom
	return nil
}

// names reads the names that a query finds.
func names(ctx context.Context, tx *sqldb.Tx, query string, args ...any) (list []string, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, rows.Err()
}
