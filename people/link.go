package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

const (
	// LinkLongest is the longest time that a sign-in link may be valid for.
	LinkLongest = 30 * 24 * time.Hour
	// linksPerAccount is how many open links an account may have. A further one ends
	// the oldest.
	linksPerAccount = 8
	// linksInAll is how many links are kept, open or not.
	linksInAll = 2000
	// linkKept is how long a link is remembered after it has expired, so that
	// who opens it late reads why it does not work.
	linkKept = 7 * 24 * time.Hour
)

// What is wrong with a sign-in link.
var (
	ErrLinkUsed    = errors.New("the sign-in link has been used")
	ErrLinkExpired = errors.New("the sign-in link has expired")
	ErrLinkUnknown = errors.New("there is no such sign-in link")
	ErrTooMany     = errors.New("too many sign-in links or sessions are open")
)

// NewLink makes a sign-in link for the account named like the post, good for one
// use within validFor, and returns its token. If there is no such account, it is
// made with that post. The token cannot be had again. If the account has many
// open links, the oldest no longer works (ErrLinkExpired).
func (p *People) NewLink(ctx context.Context, post office.Post, validFor time.Duration) (token string, err error) {
	if !office.ValidName(post) {
		return "", fmt.Errorf("make a sign-in link: %q is not a post", post)
	}
	by := By{Who: Operator}
	return p.newLink(ctx, by, validFor, func(tx *sqldb.Tx, now time.Time) (Account, error) {
		return p.accountOf(ctx, tx, by, post, now)
	})
}

// AccountLink makes a sign-in link for an account, as NewLink does. Whoever
// redeems it may set the account's password.
func (p *People) AccountLink(ctx context.Context, by By, name string, validFor time.Duration) (token string, err error) {
	return p.newLink(ctx, by, validFor, func(tx *sqldb.Tx, _ time.Time) (Account, error) {
		return account(ctx, tx, name)
	})
}

func (p *People) newLink(ctx context.Context, by By, validFor time.Duration, whose func(tx *sqldb.Tx, now time.Time) (Account, error)) (token string, err error) {
	if validFor <= 0 || validFor > LinkLongest {
		return "", fmt.Errorf("make a sign-in link: it cannot be valid for %s: at most %s", validFor, LinkLongest)
	}
	now := p.now()
	token, hash := newToken()
	err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
		a, err := whose(tx, now)
		if err != nil {
			return err
		}
		if !a.Suspended.IsZero() {
			return refuse("account-suspended", "name", a.Name)
		}
		if err := sweepLinks(ctx, tx, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE sign_in_link
			SET expires = $1
			WHERE used = 0 AND expires > $2 AND hash IN (
				SELECT hash
				FROM sign_in_link
				WHERE account = $3 AND used = 0 AND expires > $4
				ORDER BY made DESC, hash
				LIMIT 1000 OFFSET $5)`,
			now.UnixMilli(), now.UnixMilli(), a.Name, now.UnixMilli(), linksPerAccount-1); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO sign_in_link (hash, account, made, expires, used)
			VALUES ($1, $2, $3, $4, 0)`,
			hash, a.Name, now.UnixMilli(), now.Add(validFor).UnixMilli()); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: LinkMade, Whom: a.Name})
	})
	if err != nil {
		return "", fmt.Errorf("make a sign-in link: %w", err)
	}
	return token, nil
}

// endLinks makes the open links of an account expire.
func endLinks(ctx context.Context, tx *sqldb.Tx, name string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE sign_in_link
		SET expires = $1
		WHERE account = $2 AND used = 0 AND expires > $3`,
		now.UnixMilli(), name, now.UnixMilli())
	return err
}

// sweepLinks forgets links that expired long ago, and refuses if too many are left.
func sweepLinks(ctx context.Context, tx *sqldb.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, `
		DELETE FROM sign_in_link
		WHERE expires < $1`, now.Add(-linkKept).UnixMilli()); err != nil {
		return err
	}
	var kept int64
	if err := tx.QueryRow(ctx, `
		SELECT COUNT(*)
		FROM sign_in_link`).Scan(&kept); err != nil {
		return err
	}
	if kept < linksInAll {
		return nil
	}
	// Those that no longer work go first, if that makes room.
	dropped, err := tx.Exec(ctx, `
		DELETE FROM sign_in_link
		WHERE used > 0 OR expires <= $1`, now.UnixMilli())
	if err != nil {
		return err
	}
	if dropped == 0 {
		return ErrTooMany
	}
	return nil
}

// Redeem uses a sign-in link up and opens a session. The cookie is the
// session's token, to be kept by the browser alone. It returns ErrLinkUnknown,
// ErrLinkUsed or ErrLinkExpired if the link does not work. The address from which
// it is redeemed is for the trail.
func (p *People) Redeem(ctx context.Context, token, from string) (s Session, cookie string, err error) {
	hash, err := readToken(token)
	if err != nil {
		return Session{}, "", ErrLinkUnknown
	}
	now := p.now()
	// Most links that do not work are found out by reading alone, so that a
	// flood of them writes nothing.
	if err := p.db.View(ctx, func(tx *sqldb.Tx) error {
		_, err := openLink(ctx, tx, hash, now)
		return err
	}); err != nil {
		return Session{}, "", fmt.Errorf("redeem a sign-in link: %w", err)
	}
	err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
		name, err := openLink(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		a, err := account(ctx, tx, name)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE sign_in_link
			SET used = $1
			WHERE hash = $2`, now.UnixMilli(), hash); err != nil {
			return err
		}
		if s, cookie, err = newSession(ctx, tx, a, byLink, now); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{name, from}, Deed: SignedIn, Whom: name, Detail: strings.TrimSpace("link " + s.Post)})
	})
	if err != nil {
		return Session{}, "", fmt.Errorf("redeem a sign-in link: %w", err)
	}
	return s, cookie, nil
}

// LinkAccount returns the account that a sign-in link is for and leaves the link
// as it is. It returns the errors of Redeem.
func (p *People) LinkAccount(ctx context.Context, token string) (a Account, err error) {
	hash, err := readToken(token)
	if err != nil {
		return Account{}, ErrLinkUnknown
	}
	now := p.now()
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		name, err := openLink(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		a, err = account(ctx, tx, name)
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("look at a sign-in link: %w", err)
	}
	return a, nil
}

// openLink returns the account of a link that works, or says why it does not.
func openLink(ctx context.Context, tx *sqldb.Tx, hash []byte, now time.Time) (name string, err error) {
	var expires, used int64
	err = tx.QueryRow(ctx, `
		SELECT
			account,
			expires,
			used
		FROM sign_in_link
		WHERE hash = $1`, hash).Scan(
		&name,
		&expires,
		&used)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", ErrLinkUnknown
	case err != nil:
		return "", err
	case used != 0:
		return "", ErrLinkUsed
	case now.UnixMilli() >= expires:
		return "", ErrLinkExpired
	}
	return name, nil
}
