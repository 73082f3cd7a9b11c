package people

import (
	"context"
	"crypto/rand"
	"database/sql"
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
	// sessionsPerPost is how many sessions a post may have. A further one ends
	// that which was not used for the longest time.
	sessionsPerPost = 16
	sessionsInAll   = 2000
	// seenStep is how exactly LastSeen is kept, so that not every page writes.
	seenStep = time.Minute
	// languageLongest is the longest language tag, in bytes.
	languageLongest = 35
)

// ErrSessionEnded says that a cookie opens no session: it was signed out,
// revoked, not used for too long, or never one of ours.
var ErrSessionEnded = errors.New("the session has ended")

// Session is one person at one screen, signed in for a post.
type Session struct {
	ID       int64
	Post     office.Post
	Language string    // tag, such as "ko"; empty if none was chosen
	Since    time.Time // when it was opened
	LastSeen time.Time // at most a minute too early
	Ends     time.Time // at the latest; sooner if it is not used for SessionIdle
}

// newSession opens a session and makes room for it.
func newSession(ctx context.Context, tx *sqldb.Tx, post office.Post, now time.Time) (Session, string, error) {
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
			WHERE post = $1
			ORDER BY last_seen DESC, hash
			LIMIT 1000 OFFSET $2)`,
		post, sessionsPerPost-1); err != nil {
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
		ID:       newID(),
		Post:     post,
		Since:    milliseconds(now.UnixMilli()),
		LastSeen: milliseconds(now.UnixMilli()),
		Ends:     milliseconds(now.Add(SessionLongest).UnixMilli()),
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO session (hash, id, post, language, since, last_seen, ends)
		VALUES ($1, $2, $3, '', $4, $5, $6)`,
		hash, s.ID, s.Post, s.Since.UnixMilli(), s.LastSeen.UnixMilli(), s.Ends.UnixMilli())
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
func session(ctx context.Context, tx *sqldb.Tx, hash []byte, now time.Time) (s Session, err error) {
	var since, seen, ends int64
	err = tx.QueryRow(ctx, `
		SELECT
			id,
			post,
			language,
			since,
			last_seen,
			ends
		FROM session
		WHERE hash = $1 AND ends > $2 AND last_seen > $3`,
		hash, now.UnixMilli(), now.Add(-SessionIdle).UnixMilli()).Scan(
		&s.ID,
		&s.Post,
		&s.Language,
		&since,
		&seen,
		&ends)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, ErrSessionEnded
	}
	s.Since, s.LastSeen, s.Ends = milliseconds(since), milliseconds(seen), milliseconds(ends)
	return s, err
}

// Sessions returns the sessions that are open, the latest used first.
func (p *People) Sessions(ctx context.Context) (list []Session, err error) {
	now := p.now()
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT
				id,
				post,
				language,
				since,
				last_seen,
				ends
			FROM session
			WHERE ends > $1 AND last_seen > $2
			ORDER BY last_seen DESC, id
			LIMIT $3`,
			now.UnixMilli(), now.Add(-SessionIdle).UnixMilli(), sessionsInAll)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s Session
			var since, seen, ends int64
			if err := rows.Scan(
				&s.ID,
				&s.Post,
				&s.Language,
				&since,
				&seen,
				&ends); err != nil {
				return err
			}
			s.Since, s.LastSeen, s.Ends = milliseconds(since), milliseconds(seen), milliseconds(ends)
			list = append(list, s)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the sessions: %w", err)
	}
	return list, nil
}

// SetLanguage notes the language, by its tag, that was chosen in the session.
func (p *People) SetLanguage(ctx context.Context, cookie, language string) error {
	if !validLanguage(language) {
		return fmt.Errorf("choose a language: %.40q is not a language tag", language)
	}
	hash, err := readToken(cookie)
	if err != nil {
		return ErrSessionEnded
	}
	now := p.now()
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := session(ctx, tx, hash, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE session
			SET language = $1
			WHERE hash = $2`, language, hash)
		return err
	}); err != nil {
		return fmt.Errorf("choose a language: %w", err)
	}
	return nil
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
func (p *People) SignOut(ctx context.Context, cookie string) error {
	hash, err := readToken(cookie)
	if err != nil {
		return nil
	}
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `
			DELETE FROM session
			WHERE hash = $1`, hash)
		return err
	}); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// Revoke ends the session with this id. It returns ErrSessionEnded if there is
// none.
func (p *People) Revoke(ctx context.Context, id int64) error {
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		ended, err := tx.Exec(ctx, `
			DELETE FROM session
			WHERE id = $1`, id)
		if err == nil && ended == 0 {
			err = ErrSessionEnded
		}
		return err
	}); err != nil {
		return fmt.Errorf("revoke a session: %w", err)
	}
	return nil
}

// RevokePost ends all sessions of a post and all links for it, as is due when
// its accreditation ends.
func (p *People) RevokePost(ctx context.Context, post office.Post) error {
	now := p.now()
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `
			DELETE FROM session
			WHERE post = $1`, post); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE sign_in_link
			SET expires = $1
			WHERE post = $2 AND used = 0 AND expires > $3`,
			now.UnixMilli(), post, now.UnixMilli())
		return err
	}); err != nil {
		return fmt.Errorf("end the sessions of %s: %w", post, err)
	}
	return nil
}
