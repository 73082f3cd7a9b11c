package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"

	"liaison.example/sqldb"
)

// The limits of a password.
const (
	MinPassword = 12  // characters
	MaxPassword = 256 // bytes
)

// The second recommendation of RFC 9106 §4, scaled down from three passes over
// 64 MiB so that one check takes less than 100 ms and 32 MiB. What is stored
// begins with the parameters, so that they can be raised later.
const (
	hashPasses   = 2
	hashMemory   = 32 << 10 // KiB
	hashLanes    = 4
	hashSize     = 32
	saltSize     = 16
	hashedPrefix = "$argon2id$v=19$m=32768,t=2,p=4$"
)

const (
	checksAtOnce  = 2  // passwords that are checked at the same time, with 32 MiB each
	checksWaiting = 32 // with those that wait for their turn
)

// ProofFresh is how long after a link or a passkey has proved who is at the
// screen a session may set a password without the one before it.
const ProofFresh = 30 * time.Minute

// hashPassword writes a password as it is stored:
//
//	$argon2id$v=19$m=32768,t=2,p=4$SALT$HASH
func hashPassword(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	hash := argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, hashSize)
	return hashedPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(hash)
}

// nobody is the stored form that no password has. It is checked where there is
// nothing to check, since that takes the same time.
var nobody = hashedPrefix + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)

// isPassword reports whether stored was made from the password.
func isPassword(password, stored string) bool {
	salted, _ := strings.CutPrefix(stored, hashedPrefix)
	saltText, hashText, _ := strings.Cut(salted, "$")
	salt, saltErr := base64.RawStdEncoding.DecodeString(saltText)
	want, hashErr := base64.RawStdEncoding.DecodeString(hashText)
	got := argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, hashSize)
	return saltErr == nil && hashErr == nil && subtle.ConstantTimeCompare(got, want) == 1
}

// turn waits until a password may be hashed; done lets the next one. It refuses
// if too many wait already.
func (p *People) turn(ctx context.Context) (done func(), err error) {
	select {
	case p.queue <- struct{}{}:
	default:
		return nil, refuse("sign-in-busy")
	}
	select {
	case p.checks <- struct{}{}:
		return func() { <-p.checks; <-p.queue }, nil
	case <-ctx.Done():
		<-p.queue
		return nil, context.Cause(ctx)
	}
}

// readPassword brings what was typed into the one form that every keyboard's
// way of writing it leads to (RFC 8265, OpaqueString).
func readPassword(typed string) (password string, ok bool) {
	if len(typed) > 4*MaxPassword || !utf8.ValidString(typed) {
		return "", false
	}
	password, err := precis.OpaqueString.String(typed)
	return password, err == nil && len(password) <= MaxPassword
}

// SetPassword sets the password of the account whose session the cookie opens,
// and ends its other sessions, its links and its tokens. Old is the password
// before it; it is not asked for within ProofFresh after a link or a passkey has
// proved who is at the screen. An account that has no password must have such a
// proof (proof-needed).
func (p *People) SetPassword(ctx context.Context, cookie, from, old, password string) error {
	const doing = "set a password"
	if utf8.RuneCountInString(password) < MinPassword {
		return fmt.Errorf(doing+": %w", refuse("password-short", "limit", fmt.Sprint(MinPassword)))
	}
	password, ok := readPassword(password)
	if !ok {
		return fmt.Errorf(doing+": %w", refuse("password-text", "limit", fmt.Sprint(MaxPassword)))
	}
	s, err := p.Session(ctx, cookie)
	if err != nil {
		return err
	}
	if isCommon(password, s.Account) {
		return fmt.Errorf(doing+": %w", refuse("password-common"))
	}
	if err := p.confirm(ctx, s, from, old); err != nil {
		return fmt.Errorf(doing+": %w", err)
	}
	done, err := p.turn(ctx)
	if err != nil {
		return fmt.Errorf(doing+": %w", err)
	}
	stored := hashPassword(password)
	done()
	return p.onSession(ctx, doing, cookie, func(tx *sqldb.Tx, s Session, hash []byte, now time.Time) error {
		if _, err := tx.Exec(ctx, `
			UPDATE account
			SET password = $1
			WHERE name = $2`, stored, s.Account); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, s.Account, hash); err != nil {
			return err
		}
		if err := endLinks(ctx, tx, s.Account, now); err != nil {
			return err
		}
		if err := endTokens(ctx, tx, s.Account, "", now); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{s.Account, from}, Deed: PasswordSet, Whom: s.Account})
	})
}

// confirm makes sure that who is at the screen is who signed in: by the
// password, unless a link or a passkey has just proved it.
func (p *People) confirm(ctx context.Context, s Session, from, password string) error {
	now := p.now()
	if s.Fresh(now) {
		return nil
	}
	var stored secrets
	if err := p.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		stored, _, err = p.readSecrets(ctx, tx, s.Account)
		return err
	}); err != nil {
		return err
	}
	if stored.password == "" {
		return refuse("proof-needed")
	}
	if err := p.slow(ctx, s.Account, from, now); err != nil {
		return err
	}
	right, err := p.checkPassword(ctx, password, stored.password)
	if err != nil {
		return err
	}
	if !right {
		return refuse("password-wrong")
	}
	return p.db.Update(ctx, func(tx *sqldb.Tx) error { return forgive(ctx, tx, s.Account, from) })
}

// checkPassword waits for its turn and compares what was typed with what is
// stored. It takes the same time whatever they are.
func (p *People) checkPassword(ctx context.Context, typed, stored string) (bool, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	password, ok := readPassword(typed)
	if stored == "" {
		stored, ok = nobody, false
	}
	return isPassword(password, stored) && ok, nil
}
