package people

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

const (
	// SessionIdle is how long a session lasts without being used.
	SessionIdle = 12 * time.Hour
	// SessionLongest is how long a session lasts at most.
	SessionLongest = 24 * time.Hour
	// sessionsPerAccount is how many sessions an account may have. A further one ends
	// that which was not used for the longest time.
	sessionsPerAccount = 16
	sessionsInAll      = 2000
	// seenStep is how exactly LastSeen is kept, so that not every page writes.
	seenStep = time.Minute
	// languageLongest is the longest language tag, in bytes.
	languageLongest = 35
)

// ErrSessionEnded says that a cookie opens no session: it was signed out,
// revoked, not used for too long, or never one of ours.
var ErrSessionEnded = errors.New("the session has ended")

// Session is one person at one screen, signed in with an account.
type Session struct {
	ID        int64
	Account   string
	Person    string      // whose account it is, as our own side shows them
	Admin     bool        // may add and suspend accounts
	Post      office.Post // for which they act at the moment; empty if the account has none
	Language  string      // tag, such as "ko"; empty if none was chosen
	ByLink    bool        // opened by a sign-in link
	ByPasskey bool        // opened by a passkey; if neither, by a password
	Password  bool        // the account has one
	Passkeys  bool        // the account has one or more
	Code      bool        // a sign-in by password needs a code
	Proved    time.Time   // when a link or a passkey last proved who is at the screen; zero if never
	Since     time.Time   // when it was opened
	LastSeen  time.Time   // at most a minute too early
	Ends      time.Time   // at the latest; sooner if it is not used for SessionIdle
}

// Fresh reports whether a link or a passkey has proved so short a time ago who
// is at the screen that how the account signs in may be changed without its
// password.
func (s Session) Fresh(now time.Time) bool { return now.Sub(s.Proved) < ProofFresh }

// PasswordAlone reports whether a password is all by which it is known who is at the
// screen: no code was asked for, and no link or passkey has proved it.
func (s Session) PasswordAlone() bool {
	return !s.ByLink && !s.ByPasskey && !s.Code && s.Proved.IsZero()
}

// means is what opens a session.
type means int

const (
	byPassword means = iota
	byLink
	byPasskey
)

// newSession opens a session, for the account's usual post, and makes room for it.
func newSession(ctx context.Context, tx *sqldb.Tx, a Account, by means, now time.Time) (Session, string, error) {
	if _, err := tx.Exec(ctx, `
		DELETE FROM session
		WHERE ends <= $1 OR last_seen <= $2`,
		now.UnixMilli(), now.Add(-SessionIdle).UnixMilli()); err != nil {
		return Session{}, "", err
	}
	if _, err := tx.Exec(ctx, `
		DELETE FROM session
		WHERE hash IN (
			SELECT hash
			FROM session
			WHERE account = $1
			ORDER BY last_seen DESC, hash
			LIMIT 1000 OFFSET $2)`,
		a.Name, sessionsPerAccount-1); err != nil {
		return Session{}, "", err
	}
	var open int64
	if err := tx.QueryRow(ctx, `
		SELECT COUNT(*)
		FROM session`).Scan(&open); err != nil {
		return Session{}, "", err
	}
	if open >= sessionsInAll {
		return Session{}, "", ErrTooMany
	}
	cookie, hash := newToken()
	s := Session{
		ID:        newID(),
		Account:   a.Name,
		Person:    a.Person,
		Admin:     a.Admin,
		Language:  a.Language,
		ByLink:    by == byLink,
		ByPasskey: by == byPasskey,
		Password:  a.Password,
		Passkeys:  a.Passkeys > 0,
		Code:      a.Code,
		Since:     milliseconds(now.UnixMilli()),
		LastSeen:  milliseconds(now.UnixMilli()),
		Ends:      milliseconds(now.Add(SessionLongest).UnixMilli()),
	}
	var proved int64
	if by != byPassword {
		s.Proved, proved = s.Since, s.Since.UnixMilli()
	}
	if len(a.Posts) > 0 {
		s.Post = a.Posts[0]
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO session (hash, id, account, post, by_link, by_passkey, proved, since, last_seen, ends)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		hash, s.ID, s.Account, s.Post, bit(s.ByLink), bit(s.ByPasskey), proved, s.Since.UnixMilli(), s.LastSeen.UnixMilli(), s.Ends.UnixMilli())
	return s, cookie, err
}

// newID draws an id from 1 to 2^53.
func newID() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return int64(binary.BigEndian.Uint64(b[:])>>11) + 1
}

func milliseconds(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Session returns the session that the cookie opens, and notes that it was
// used. It returns ErrSessionEnded if there is none.
func (p *People) Session(ctx context.Context, cookie string) (Session, error) {
	hash, err := readToken(cookie)
	if err != nil {
		return Session{}, ErrSessionEnded
	}
	now := p.now()
	var s Session
	if err := p.db.View(ctx, func(tx *sqldb.Tx) error {
		var err error
		s, err = session(ctx, tx, hash, now)
		return err
	}); err != nil {
		return Session{}, fmt.Errorf("look up a session: %w", err)
	}
	if now.Sub(s.LastSeen) < seenStep {
		return s, nil
	}
	// That the disk is full or read-only is no reason to shut people out.
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE session
			SET last_seen = $1
			WHERE hash = $2 AND last_seen < $3`,
			now.UnixMilli(), hash, now.UnixMilli())
		return err
	}); err == nil {
		s.LastSeen = milliseconds(now.UnixMilli())
	}
	return s, nil
}

// session reads the session with this hash, if it has not ended.
func session(ctx context.Context, tx *sqldb.Tx, hash []byte, now time.Time) (Session, error) {
	list, err := sessions(ctx, tx, "hash = $1 AND", hash, now)
	if err == nil && len(list) == 0 {
		err = ErrSessionEnded
	}
	if err != nil {
		return Session{}, err
	}
	return list[0], nil
}

// Sessions returns the sessions that are open, the latest used first.
func (p *People) Sessions(ctx context.Context) (list []Session, err error) {
	return p.sessions(ctx, "$1 = '' AND", "")
}

// AccountSessions returns those of one account.
func (p *People) AccountSessions(ctx context.Context, name string) (list []Session, err error) {
	return p.sessions(ctx, "account = $1 AND", name)
}

func (p *People) sessions(ctx context.Context, which, name string) (list []Session, err error) {
	now := p.now()
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		list, err = sessions(ctx, tx, which, name, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the sessions: %w", err)
	}
	return list, nil
}

// sessions reads those that are open, of which the condition is true.
func sessions(ctx context.Context, tx *sqldb.Tx, which string, arg any, now time.Time) (list []Session, err error) {
	rows, err := tx.Query(ctx, `
		SELECT
			id,
			account,
			person,
			admin,
			post,
			language,
			by_link,
			by_passkey,
			CASE WHEN password = '' THEN 0 ELSE 1 END,
			CASE WHEN EXISTS (SELECT 1 FROM passkey WHERE passkey.account = session.account) THEN 1 ELSE 0 END,
			CASE WHEN secret = '' THEN 0 ELSE 1 END,
			proved,
			since,
			last_seen,
			ends
		FROM session
		JOIN account ON name = account
		WHERE `+which+` suspended = 0 AND ends > $2 AND last_seen > $3
		ORDER BY last_seen DESC, id
		LIMIT $4`,
		arg, now.UnixMilli(), now.Add(-SessionIdle).UnixMilli(), sessionsInAll)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s Session
		var admin, byLink, byPasskey, password, passkeys, code, proved, since, seen, ends int64
		if err := rows.Scan(
			&s.ID,
			&s.Account,
			&s.Person,
			&admin,
			&s.Post,
			&s.Language,
			&byLink,
			&byPasskey,
			&password,
			&passkeys,
			&code,
			&proved,
			&since,
			&seen,
			&ends); err != nil {
			return nil, err
		}
		s.Admin, s.ByLink, s.ByPasskey, s.Password, s.Passkeys, s.Code = admin != 0, byLink != 0, byPasskey != 0, password != 0, passkeys != 0, code != 0
		if proved != 0 {
			s.Proved = milliseconds(proved)
		}
		s.Since, s.LastSeen, s.Ends = milliseconds(since), milliseconds(seen), milliseconds(ends)
		list = append(list, s)
	}
	return list, rows.Err()
}

// Act lets the session act for another post of its account from now on. It
// refuses with account-post if the account has it not.
func (p *People) Act(ctx context.Context, cookie, from string, post office.Post) error {
	return p.onSession(ctx, "act for another post", cookie, func(tx *sqldb.Tx, s Session, hash []byte, now time.Time) error {
		changed, err := tx.Exec(ctx, `
			UPDATE session
			SET post = $1
			WHERE hash = $2 AND EXISTS (
				SELECT 1
				FROM account_post
				WHERE account = $3 AND post = $4)`, post, hash, s.Account, post)
		if err != nil {
			return err
		}
		if changed == 0 {
			return refuse("account-post", "post", clip(post))
		}
		return note(ctx, tx, Line{At: now, By: By{s.Account, from}, Deed: PostTaken, Whom: s.Account, Detail: post})
	})
}

// onSession runs f in a write transaction with the session that the cookie
// opens.
func (p *People) onSession(ctx context.Context, doing, cookie string, f func(tx *sqldb.Tx, s Session, hash []byte, now time.Time) error) error {
	hash, err := readToken(cookie)
	if err != nil {
		return ErrSessionEnded
	}
	now := p.now()
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		s, err := session(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		return f(tx, s, hash, now)
	}); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// SetLanguage notes the language, by its tag, that was chosen in the session;
// it is that of the account from now on.
func (p *People) SetLanguage(ctx context.Context, cookie, language string) error {
	if !validLanguage(language) {
		return fmt.Errorf("choose a language: %.40q is not a language tag", language)
	}
	return p.onSession(ctx, "choose a language", cookie, func(tx *sqldb.Tx, s Session, _ []byte, _ time.Time) error {
		_, err := tx.Exec(ctx, `
			UPDATE account
			SET language = $1
			WHERE name = $2`, language, s.Account)
		return err
	})
}

func validLanguage(tag string) bool {
	if tag == "" || len(tag) > languageLongest {
		return false
	}
	for i := range len(tag) {
		c := tag[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// SignOut ends the session that the cookie opens. If it has ended already, it
// does nothing.
func (p *People) SignOut(ctx context.Context, cookie, from string) error {
	err := p.onSession(ctx, "sign out", cookie, func(tx *sqldb.Tx, s Session, hash []byte, now time.Time) error {
		if _, err := tx.Exec(ctx, `
			DELETE FROM session
			WHERE hash = $1`, hash); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{s.Account, from}, Deed: SignedOut, Whom: s.Account})
	})
	if errors.Is(err, ErrSessionEnded) {
		return nil
	}
	return err
}

// Revoke ends the session of the account with this id. It returns
// ErrSessionEnded if there is none.
func (p *People) Revoke(ctx context.Context, by By, name string, id int64) error {
	now := p.now()
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		ended, err := tx.Exec(ctx, `
			DELETE FROM session
			WHERE id = $1 AND account = $2`, id, name)
		if err != nil {
			return err
		}
		if ended == 0 {
			return ErrSessionEnded
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: SessionRevoked, Whom: name})
	}); err != nil {
		return fmt.Errorf("revoke a session: %w", err)
	}
	return nil
}

// endSessions ends the sessions of an account, but the one with the hash except.
func endSessions(ctx context.Context, tx *sqldb.Tx, name string, except []byte) error {
	if except == nil {
		except = []byte{}
	}
	_, err := tx.Exec(ctx, `
		DELETE FROM session
		WHERE account = $1 AND hash <> $2`, name, except)
	return err
}
