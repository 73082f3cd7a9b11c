package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// The limits of tokens.
const (
	// TokenUsual is how long a token is valid, if nothing is asked.
	TokenUsual = 90 * 24 * time.Hour
	// TokenLongest is how long a token may be valid.
	TokenLongest = 365 * 24 * time.Hour
	// MaxNote is how many characters the note of a token may have.
	MaxNote = 80
	// tokensPerHolder is how many tokens that work one account or post may have.
	tokensPerHolder = 32
	tokensInAll     = 2000
	// tokenKept is how long a token is remembered after its end, so that who uses
	// it reads why it does not work.
	tokenKept = 90 * 24 * time.Hour
	// tokenMark begins every token, so that one that has strayed into a file or a
	// message is known for what it is.
	tokenMark = "liaison-"
)

// Scope is what a token may be used for. It takes away from what its account or
// post may do and never adds to it: the roles (May) are asked all the same.
type Scope string

// The scopes.
const (
	ScopeRead        Scope = "read"        // dispatches, the record, the charter, posts, the state of the node
	ScopeDraft       Scope = "draft"       // read, write and review drafts
	ScopeRelease     Scope = "release"     // release dispatches
	ScopeAcknowledge Scope = "acknowledge" // acknowledge dispatches, take and end the watch, offer and take planned ones, and mark alarms as seen to
	ScopeBind        Scope = "bind"        // propose and agree to charters; accredit posts and end them; keep the roster, promise a watch
	ScopeOwn         Scope = "own"         // what is a person's own: sessions, kept views, calendar feeds, quiet hours
	ScopeAdminister  Scope = "administer"  // keep the accounts of our own people; of an administrator only
)

// Scopes is all of them.
var Scopes = []Scope{ScopeRead, ScopeDraft, ScopeRelease, ScopeAcknowledge, ScopeBind, ScopeOwn, ScopeAdminister}

// Token lets a program act for an account, or for one post, until its end. The
// token itself is shown once and not kept.
type Token struct {
	ID       int64
	Account  string      // whose it is; empty if it is one of a post
	Post     office.Post // empty if it is one of an account
	Scopes   []Scope     // in the order of Scopes
	Note     string      // what it is for; one line
	Made     time.Time
	MadeBy   string // an account, or Operator
	Ends     time.Time
	LastUsed time.Time // at most a minute too early; zero if it never was
	Revoked  time.Time // zero if it was not
}

// Working reports whether the token can be used, as far as it knows itself.
func (t *Token) Working(now time.Time) bool { return t.Revoked.IsZero() && now.Before(t.Ends) }

// NewToken is what is chosen of a token: for an account or for a post.
type NewToken struct {
	Account  string
	Post     office.Post
	Scopes   []Scope
	Note     string
	ValidFor time.Duration // 0: TokenUsual
}

// Bearer is a token with what whoever bears it may do at the moment.
type Bearer struct {
	Token
	Posts    []office.Post // for which it may act, the usual one first
	Admin    bool          // of an administrator's account
	Language string        // of the account; empty if none was chosen
}

// Allows refuses if the token was not made for this scope, or its account cannot
// use it: without a post nobody reads the record or acts in it, only an administrator
// keeps accounts, and the own affairs of a person are there without either.
func (b *Bearer) Allows(scope Scope) error {
	switch {
	case !slices.Contains(b.Scopes, scope):
		return refuse("token-scope", "scope", string(scope))
	case scope == ScopeAdminister && !b.Admin:
		return refuse("token-not-admin")
	case scope != ScopeAdminister && scope != ScopeOwn && len(b.Posts) == 0:
		return refuse("token-no-post")
	}
	return nil
}

// ActsFor refuses if the token cannot act for the post.
func (b *Bearer) ActsFor(post office.Post) error {
	if !slices.Contains(b.Posts, post) {
		return refuse("token-post", "post", clip(post))
	}
	return nil
}

// AddToken makes a token. Its text cannot be had again.
func (p *People) AddToken(ctx context.Context, by By, n NewToken) (t Token, text string, err error) {
	now := p.now()
	err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
		t, text, err = addToken(ctx, tx, by, n, now)
		return err
	})
	if err != nil {
		return Token{}, "", fmt.Errorf("make a token: %w", err)
	}
	return t, text, nil
}

// AddOwnToken makes a token for the account whose session the cookie opens. It
// asks for the password as SetPassword does.
func (p *People) AddOwnToken(ctx context.Context, cookie, from, password string, n NewToken) (t Token, text string, err error) {
	const doing = "make a token"
	s, err := p.Session(ctx, cookie)
	if err != nil {
		return Token{}, "", err
	}
	if err := p.confirm(ctx, s, from, password); err != nil {
		return Token{}, "", fmt.Errorf(doing+": %w", err)
	}
	err = p.onSession(ctx, doing, cookie, func(tx *sqldb.Tx, s Session, _ []byte, now time.Time) error {
		n.Account, n.Post = s.Account, ""
		t, text, err = addToken(ctx, tx, By{s.Account, from}, n, now)
		return err
	})
	if err != nil {
		return Token{}, "", err
	}
	return t, text, nil
}

func addToken(ctx context.Context, tx *sqldb.Tx, by By, n NewToken, now time.Time) (Token, string, error) {
	if err := n.check(); err != nil {
		return Token{}, "", err
	}
	if n.Account != "" {
		a, err := account(ctx, tx, n.Account)
		if err != nil {
			return Token{}, "", err
		}
		if !a.Suspended.IsZero() {
			return Token{}, "", refuse("account-suspended", "name", a.Name)
		}
	}
	if err := roomForToken(ctx, tx, n, now); err != nil {
		return Token{}, "", err
	}
	t := Token{
		ID: newID(), Account: n.Account, Post: n.Post, Note: n.Note, MadeBy: by.Who,
		Made: milliseconds(now.UnixMilli()), Ends: milliseconds(now.Add(n.ValidFor).UnixMilli()),
	}
	for _, scope := range Scopes {
		if slices.Contains(n.Scopes, scope) {
			t.Scopes = append(t.Scopes, scope)
		}
	}
	secret, hash := newToken()
	if _, err := tx.Exec(ctx, `
		INSERT INTO token (id, hash, account, post, scopes, note, made, made_by, ends, last_used, revoked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)`,
		t.ID, hash, t.Account, t.Post, t.scopes(), t.Note, t.Made.UnixMilli(), t.MadeBy, t.Ends.UnixMilli()); err != nil {
		return Token{}, "", err
	}
	return t, tokenMark + secret, note(ctx, tx, Line{At: now, By: by, Deed: TokenMade, Whom: t.holder(), Detail: t.scopes()})
}

// check looks at what was chosen, and fills in what was not.
func (n *NewToken) check() error {
	if (n.Account == "") == (n.Post == "") {
		return refuse("token-holder")
	}
	if n.Post != "" && (!office.ValidName(n.Post) || n.Post == office.Operator) {
		return refuse("account-post", "post", clip(n.Post))
	}
	if len(n.Scopes) == 0 {
		return refuse("token-no-scope")
	}
	for _, scope := range n.Scopes {
		if !slices.Contains(Scopes, scope) {
			return refuse("token-scope-unknown", "scope", clip(string(scope)))
		}
		if scope == ScopeAdminister && n.Post != "" {
			return refuse("token-not-admin")
		}
		if (scope == ScopeDraft || scope == ScopeOwn) && n.Post != "" {
			return refuse("token-of-a-person", "scope", string(scope))
		}
	}
	if utf8.RuneCountInString(n.Note) > MaxNote || !oneLine(n.Note) {
		return refuse("token-note", "limit", fmt.Sprint(MaxNote))
	}
	if n.ValidFor == 0 {
		n.ValidFor = TokenUsual
	}
	if n.ValidFor < 0 || n.ValidFor > TokenLongest {
		return refuse("token-valid", "days", fmt.Sprint(int64(TokenLongest/(24*time.Hour))))
	}
	return nil
}

// roomForToken forgets tokens that ended long ago, and refuses if there are too
// many others.
func roomForToken(ctx context.Context, tx *sqldb.Tx, n NewToken, now time.Time) error {
	forgotten := now.Add(-tokenKept).UnixMilli()
	if _, err := tx.Exec(ctx, `
		DELETE FROM token
		WHERE ends < $1 OR revoked > 0 AND revoked < $2`, forgotten, forgotten); err != nil {
		return err
	}
	var all, its int64
	if err := tx.QueryRow(ctx, `
		SELECT
			COUNT(*),
			COUNT(CASE WHEN account = $1 AND post = $2 AND revoked = 0 AND ends > $3 THEN 1 END)
		FROM token`, n.Account, n.Post, now.UnixMilli()).Scan(
		&all,
		&its); err != nil {
		return err
	}
	if all >= tokensInAll || its >= tokensPerHolder {
		return refuse("token-many", "limit", fmt.Sprint(tokensPerHolder))
	}
	return nil
}

// holder is the account or the post that the token is for.
func (t *Token) holder() string { return t.Account + t.Post }

// scopes writes the scopes as they are stored, in words with spaces between.
func (t *Token) scopes() string {
	words := make([]string, len(t.Scopes))
	for i, scope := range t.Scopes {
		words[i] = string(scope)
	}
	return strings.Join(words, " ")
}

// Bearer returns what the token with this text may do, and notes that it was
// used. It refuses with token-unknown, token-revoked or token-ended.
func (p *People) Bearer(ctx context.Context, text string) (b Bearer, err error) {
	secret, marked := strings.CutPrefix(text, tokenMark)
	hash, err := readToken(secret)
	if err != nil || !marked {
		return Bearer{}, refuse("token-unknown")
	}
	now := p.now()
	if err := p.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		b, err = bearer(ctx, tx, hash, now)
		return err
	}); err != nil {
		return Bearer{}, fmt.Errorf("look up a token: %w", err)
	}
	if now.Sub(b.LastUsed) < seenStep {
		return b, nil
	}
	// That the disk is full or read-only is no reason to shut programs out.
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE token
			SET last_used = $1
			WHERE hash = $2 AND last_used < $3`,
			now.UnixMilli(), hash, now.UnixMilli())
		return err
	}); err == nil {
		b.LastUsed = milliseconds(now.UnixMilli())
	}
	return b, nil
}

func bearer(ctx context.Context, tx *sqldb.Tx, hash []byte, now time.Time) (Bearer, error) {
	list, err := tokens(ctx, tx, "hash = $1", hash)
	if err != nil {
		return Bearer{}, err
	}
	if len(list) == 0 {
		return Bearer{}, refuse("token-unknown")
	}
	b := Bearer{Token: list[0]}
	switch {
	case !b.Revoked.IsZero():
		return Bearer{}, refuse("token-revoked", "time", b.Revoked.Format(time.RFC3339))
	case !now.Before(b.Ends):
		return Bearer{}, refuse("token-ended", "time", b.Ends.Format(time.RFC3339))
	case b.Post != "":
		b.Posts = []office.Post{b.Post}
		return b, nil
	}
	a, err := account(ctx, tx, b.Account)
	if err != nil {
		return Bearer{}, err
	}
	if !a.Suspended.IsZero() {
		return Bearer{}, refuse("token-revoked", "time", a.Suspended.Format(time.RFC3339))
	}
	b.Posts, b.Admin, b.Language = a.Posts, a.Admin, a.Language
	return b, nil
}

// Tokens returns all tokens, those that have ended too, the latest made first.
func (p *People) Tokens(ctx context.Context) (list []Token, err error) {
	return p.tokens(ctx, "$1 = ''", "")
}

// AccountTokens returns those of one account.
func (p *People) AccountTokens(ctx context.Context, name string) (list []Token, err error) {
	return p.tokens(ctx, "account = $1", name)
}

func (p *People) tokens(ctx context.Context, which, arg string) (list []Token, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		list, err = tokens(ctx, tx, which, arg)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the tokens: %w", err)
	}
	return list, nil
}

// tokens reads those of which the condition is true.
func tokens(ctx context.Context, tx *sqldb.Tx, which string, arg any) (list []Token, err error) {
	rows, err := tx.Query(ctx, `
		SELECT
			id,
			account,
			post,
			scopes,
			note,
			made,
			made_by,
			ends,
			last_used,
			revoked
		FROM token
		WHERE `+which+`
		ORDER BY made DESC, id
		LIMIT $2`, arg, tokensInAll)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t Token
		var scopes string
		var made, ends, used, revoked int64
		if err := rows.Scan(
			&t.ID,
			&t.Account,
			&t.Post,
			&scopes,
			&t.Note,
			&made,
			&t.MadeBy,
			&ends,
			&used,
			&revoked); err != nil {
			return nil, err
		}
		for _, scope := range strings.Fields(scopes) {
			t.Scopes = append(t.Scopes, Scope(scope))
		}
		t.Made, t.Ends = milliseconds(made), milliseconds(ends)
		if used != 0 {
			t.LastUsed = milliseconds(used)
		}
		if revoked != 0 {
			t.Revoked = milliseconds(revoked)
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// Open counts the sessions that are open and the tokens that work.
func (p *People) Open(ctx context.Context) (sessions, tokens int, err error) {
	now := p.now()
	if err := p.db.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT
				(SELECT COUNT(*) FROM session WHERE ends > $1 AND last_seen > $2),
				(SELECT COUNT(*) FROM token WHERE ends > $3 AND revoked = 0)`,
			now.UnixMilli(), now.Add(-SessionIdle).UnixMilli(), now.UnixMilli()).Scan(
			&sessions,
			&tokens)
	}); err != nil {
		return 0, 0, fmt.Errorf("count sessions and tokens: %w", err)
	}
	return sessions, tokens, nil
}

// ErrNoToken says that there is no token of that id, or that it has ended.
var ErrNoToken = errors.New("there is no such token that works")

// RevokeToken ends the token with this id. If whose is not empty it must be one
// of that account. It returns ErrNoToken if there is none that works.
func (p *People) RevokeToken(ctx context.Context, by By, id int64, whose string) error {
	now := p.now()
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		list, err := tokens(ctx, tx, "id = $1", id)
		if err != nil {
			return err
		}
		if len(list) == 0 || !list[0].Working(now) || whose != "" && list[0].Account != whose {
			return ErrNoToken
		}
		if _, err := tx.Exec(ctx, `
			UPDATE token
			SET revoked = $1
			WHERE id = $2`, now.UnixMilli(), id); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: TokenRevoked, Whom: list[0].holder(), Detail: list[0].scopes()})
	}); err != nil {
		return fmt.Errorf("revoke a token: %w", err)
	}
	return nil
}

// endTokens revokes the tokens of an account, or those of a post.
func endTokens(ctx context.Context, tx *sqldb.Tx, account string, post office.Post, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE token
		SET revoked = $1
		WHERE account = $2 AND post = $3 AND revoked = 0`, now.UnixMilli(), account, post)
	return err
}
