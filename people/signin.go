package people

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// How guessing is slowed. After freeFailures wrong sign-ins with one account, or
// from one address, each further one must wait: first slowFirst, then twice as
// long each time, at most slowLongest. A success ends that.
const (
	freeFailures = 5
	slowFirst    = 10 * time.Second
	slowLongest  = 15 * time.Minute
	failuresKept = 24 * time.Hour // after the last one
	guessesInAll = 10_000         // accounts and addresses; the longest ago are forgotten
	refusedNoted = time.Minute    // a refused sign-in of one account and address is noted at most so often
	refusedInAll = 60             // refused sign-ins that are noted in that time
	longestTyped = 1024           // bytes of what may be typed as a name or a code
)

// SignIn opens a session by an account's password, and a code if it has set
// those up. It refuses with sign-in-wrong, whatever was wrong, and with
// sign-in-wait and the seconds after too many of these. From is the address of
// the browser.
func (p *People) SignIn(ctx context.Context, name, password, code, from string) (s Session, cookie string, err error) {
	const doing = "sign in"
	if len(name) > longestTyped || len(code) > longestTyped {
		return Session{}, "", fmt.Errorf(doing+": %w", refuse("sign-in-wrong"))
	}
	now := p.now()
	if err := p.slow(ctx, name, from, now); err != nil {
		return Session{}, "", fmt.Errorf(doing+": %w", err)
	}
	var stored secrets
	known := false
	if err := p.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		stored, known, err = p.readSecrets(ctx, tx, name)
		return err
	}); err != nil {
		return Session{}, "", fmt.Errorf(doing+": %w", err)
	}
	right, err := p.checkPassword(ctx, password, stored.password)
	if err != nil {
		return Session{}, "", fmt.Errorf(doing+": %w", err)
	}
	err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if !right {
			return nil
		}
		// What was read before the password was checked may have changed.
		fresh, ok, err := p.readSecrets(ctx, tx, name)
		if err != nil {
			return err
		}
		right = ok && !fresh.suspended && fresh.password == stored.password
		if !right {
			return nil
		}
		if fresh.secret != "" {
			step, ok := matchCode(fresh.secret, code, fresh.lastStep, now)
			if right = ok; !right {
				return nil
			}
			if _, err := tx.Exec(ctx, `
				UPDATE account
				SET last_step = $1
				WHERE name = $2`, step, name); err != nil {
				return err
			}
		}
		a, err := account(ctx, tx, name)
		if err != nil {
			return err
		}
		if s, cookie, err = newSession(ctx, tx, a, byPassword, now); err != nil {
			return err
		}
		if err := forgive(ctx, tx, name, from); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{name, from}, Deed: SignedIn, Whom: name, Detail: strings.TrimSpace("password " + s.Post)})
	})
	if err == nil && !right {
		whom := ""
		if known {
			whom = name
		}
		if err = p.noteRefused(ctx, whom, from, now); err == nil {
			err = refuse("sign-in-wrong")
		}
	}
	if err != nil {
		return Session{}, "", fmt.Errorf(doing+": %w", err)
	}
	return s, cookie, nil
}

// subjects are what guesses are counted by. A name is kept as a hash: it may be
// a password, typed in the wrong field. An IPv6 address counts as its /64. This
// machine's own address does not count: everybody has it behind a proxy here.
func subjects(name, from string) []string {
	subjects := []string{"account " + hex.EncodeToString(hashOf([]byte(name)))}
	if a, err := netip.ParseAddr(from); err == nil && !a.Unmap().WithZone("").IsLoopback() {
		subjects = append(subjects, "address "+network(from))
	}
	return subjects
}

// network is what an address counts as: an IPv6 address as its /64.
func network(from string) string {
	a, err := netip.ParseAddr(from)
	if err != nil {
		return clip(from)
	}
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	prefix, _ := a.Prefix(bits) // the bits fit the address
	return prefix.String()
}

// slow counts a guess as a failure until it is forgiven, so that many at once
// are counted too. It refuses with sign-in-wait, and counts nothing, if it comes
// too early.
func (p *People) slow(ctx context.Context, name, from string, now time.Time) error {
	return p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := sweepGuesses(ctx, tx, now); err != nil {
			return err
		}
		counted := subjects(name, from)
		for _, subject := range counted {
			var failures, last int64
			err := tx.QueryRow(ctx, `
				SELECT
					failures,
					last
				FROM guess
				WHERE subject = $1`, subject).Scan(
				&failures,
				&last)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if wait := delay(failures) - now.Sub(milliseconds(last)); failures > 0 && wait > 0 {
				wait = min(wait, slowLongest) // the clock may have been set back
				return refuse("sign-in-wait", "seconds", fmt.Sprint(int64((wait+time.Second-1)/time.Second)))
			}
		}
		for _, subject := range counted {
			if _, err := tx.Exec(ctx, `
				INSERT INTO guess (subject, failures, last)
				VALUES ($1, 1, $2)
				ON CONFLICT (subject) DO UPDATE SET failures = guess.failures + 1, last = excluded.last`,
				subject, now.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// delay is how long after so many failures the next guess must wait.
func delay(failures int64) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(slowLongest, slowFirst<<min(failures-freeFailures, 16))
}

func sweepGuesses(ctx context.Context, tx *sqldb.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, `
		DELETE FROM guess
		WHERE last < $1`, now.Add(-failuresKept).UnixMilli()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		DELETE FROM guess
		WHERE subject IN (
			SELECT subject
			FROM guess
			ORDER BY last DESC, subject
			LIMIT 1000 OFFSET $1)`, guessesInAll-2)
	return err
}

// forgive forgets the failures of an account and an address.
func forgive(ctx context.Context, tx *sqldb.Tx, name, from string) error {
	for _, subject := range subjects(name, from) {
		if _, err := tx.Exec(ctx, `
			DELETE FROM guess
			WHERE subject = $1`, subject); err != nil {
			return err
		}
	}
	return nil
}

// noteRefused notes a refused sign-in, unless the same was noted just now or
// very many were.
func (p *People) noteRefused(ctx context.Context, whom, from string, now time.Time) error {
	return p.db.Update(ctx, func(tx *sqldb.Tx) error {
		var all, same int64
		if err := tx.QueryRow(ctx, `
			SELECT
				COUNT(*),
				COUNT(CASE WHEN whom = $1 AND address = $2 THEN 1 END)
			FROM trail
			WHERE at > $3 AND deed = $4`,
			whom, clip(from), now.Add(-refusedNoted).UnixMilli(), string(SignInRefused)).Scan(
			&all,
			&same); err != nil {
			return err
		}
		if same > 0 || all >= refusedInAll {
			return nil
		}
		return note(ctx, tx, Line{At: now, By: By{From: from}, Deed: SignInRefused, Whom: whom})
	})
}

// secrets is what is stored of an account to check a sign-in.
type secrets struct {
	password  string // as hashPassword writes it; empty if none is set
	secret    string // of the codes, base32; empty if none is set
	newSecret string // one that no code has confirmed yet
	lastStep  int64  // of the code that was accepted last
	suspended bool
}

// readSecrets reads and opens them; ok is false if there is no such account.
func (p *People) readSecrets(ctx context.Context, tx *sqldb.Tx, name string) (s secrets, ok bool, err error) {
	if !office.ValidName(name) {
		return secrets{}, false, nil
	}
	var suspended int64
	err = tx.QueryRow(ctx, `
		SELECT
			password,
			secret,
			new_secret,
			last_step,
			suspended
		FROM account
		WHERE name = $1`, name).Scan(
		&s.password,
		&s.secret,
		&s.newSecret,
		&s.lastStep,
		&suspended)
	if errors.Is(err, sql.ErrNoRows) {
		return secrets{}, false, nil
	}
	if err != nil {
		return secrets{}, false, err
	}
	s.suspended = suspended != 0
	err = p.unseal(name, &s.secret, &s.newSecret)
	return s, err == nil, err
}
