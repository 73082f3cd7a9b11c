package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"liaison.example/sqldb"
)

// ErrNoFeed says that there is no calendar feed at an address, whatever the reason.
var ErrNoFeed = errors.New("there is no such feed")

// Feed is a calendar of watches that programs fetch from a secret address. Who knows
// the address reads it, without a session; it is known only by 32 random bytes, of
// which the SHA-256 is stored. It ends with its account, and when a new one is made.
type Feed struct {
	Account string
	Whole   bool // of the whole desk; else of the account's own watches
	Made    time.Time
}

// MakeFeed makes a feed of an account, in the place of the one before. Its token
// cannot be had again.
func (p *People) MakeFeed(ctx context.Context, by By, name string, whole bool) (token string, err error) {
	now := p.now()
	token, hash := newToken()
	err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
		a, err := account(ctx, tx, name)
		switch {
		case err != nil:
			return err
		case !a.Suspended.IsZero():
			return refuse("account-suspended", "name", a.Name)
		case len(a.Posts) == 0:
			return refuse("token-no-post")
		}
		if _, err := tx.Exec(ctx, "DELETE FROM feed WHERE account = $1 AND whole = $2", name, bit(whole)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO feed (hash, account, whole, made) VALUES ($1, $2, $3, $4)", hash, name, bit(whole), now.UnixMilli()); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: FeedMade, Whom: name, Detail: feedName(whole)})
	})
	if err != nil {
		return "", fmt.Errorf("make a calendar feed: %w", err)
	}
	return token, nil
}

func feedName(whole bool) string {
	if whole {
		return "desk"
	}
	return "own watches"
}

// EndFeed ends a feed of an account. If there is none, nothing is done.
func (p *People) EndFeed(ctx context.Context, by By, name string, whole bool) error {
	now := p.now()
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM feed WHERE account = $1 AND whole = $2", name, bit(whole))
		if err != nil || n == 0 {
			return err
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: FeedEnded, Whom: name, Detail: feedName(whole)})
	})
	if err != nil {
		return fmt.Errorf("end a calendar feed: %w", err)
	}
	return nil
}

// Feeds lists the feeds of an account, that of its own watches first.
func (p *People) Feeds(ctx context.Context, account string) (list []Feed, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, "SELECT whole, made FROM feed WHERE account = $1 ORDER BY whole", account)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			f := Feed{Account: account}
			var whole, made int64
			if err := rows.Scan(&whole, &made); err != nil {
				return err
			}
			f.Whole, f.Made = whole != 0, milliseconds(made)
			list = append(list, f)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the calendar feeds of %s: %w", account, err)
	}
	return list, nil
}

// Feed finds the feed of a token and the account whose it is. It answers ErrNoFeed
// if there is none, or its account has no post or is suspended.
func (p *People) Feed(ctx context.Context, token string) (f Feed, a Account, err error) {
	hash, err := readToken(token)
	if err != nil {
		return f, a, ErrNoFeed
	}
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		var whole, made int64
		err := tx.QueryRow(ctx, "SELECT account, whole, made FROM feed WHERE hash = $1", hash).Scan(&f.Account, &whole, &made)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoFeed
		}
		if err != nil {
			return err
		}
		f.Whole, f.Made = whole != 0, milliseconds(made)
		a, err = account(ctx, tx, f.Account)
		if err == nil && (!a.Suspended.IsZero() || len(a.Posts) == 0) {
			return ErrNoFeed
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrNoFeed) {
		err = fmt.Errorf("find a calendar feed: %w", err)
	}
	return f, a, err
}
