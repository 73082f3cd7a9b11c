package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"liaison.example/sqldb"
)

// Codes are those of RFC 6238: six digits from a secret that a device of the
// person holds, a new one each step.
const (
	codeStep   = 30 * time.Second
	codeDrift  = 1  // steps by which the device's clock may differ
	secretSize = 20 // bytes, as RFC 4226 §4 recommends
)

var secretText = base32.StdEncoding.WithPadding(base32.NoPadding)

// matchCode finds the step, later than after, whose code was typed.
func matchCode(secret, typed string, after int64, now time.Time) (step int64, ok bool) {
	typed = strings.ReplaceAll(strings.TrimSpace(typed), " ", "")
	present := now.Unix() / int64(codeStep/time.Second)
	for s := present - codeDrift; s <= present+codeDrift; s++ {
		code, err := hotp.GenerateCodeCustom(secret, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && s > after && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// NewSecret draws a secret for the codes of the account whose session the cookie
// opens, as text for the person's device. It counts only after ConfirmSecret.
// The password is asked for as with SetPassword.
func (p *People) NewSecret(ctx context.Context, cookie, from, password string) (secret string, err error) {
	const doing = "draw a secret for codes"
	s, err := p.Session(ctx, cookie)
	if err != nil {
		return "", err
	}
	if err := p.confirm(ctx, s, from, password); err != nil {
		return "", fmt.Errorf(doing+": %w", err)
	}
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // never fails
	secret = secretText.EncodeToString(b)
	return secret, p.onSession(ctx, doing, cookie, func(tx *sqldb.Tx, s Session, _ []byte, _ time.Time) error {
		_, err := tx.Exec(ctx, `
			UPDATE account
			SET new_secret = $1
			WHERE name = $2`, p.seal.Close(s.Account, secret), s.Account)
		return err
	})
}

// PendingSecret returns the secret that NewSecret drew and no code has confirmed
// yet, or an empty text.
func (p *People) PendingSecret(ctx context.Context, cookie string) (secret string, err error) {
	s, err := p.Session(ctx, cookie)
	if err != nil {
		return "", err
	}
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		stored, _, err := p.readSecrets(ctx, tx, s.Account)
		secret = stored.newSecret
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read a secret for codes: %w", err)
	}
	return secret, nil
}

// SecretAddress writes a secret as devices read it out of a picture.
func SecretAddress(office, account, secret string) string {
	return "otpauth://totp/" + url.PathEscape(office+":"+account) + "?secret=" + secret + "&issuer=" + url.QueryEscape(office)
}

// ConfirmSecret makes the secret that NewSecret drew count, if the code is one
// of it.
func (p *People) ConfirmSecret(ctx context.Context, cookie, from, code string) error {
	return p.onSession(ctx, "confirm a secret for codes", cookie, func(tx *sqldb.Tx, s Session, _ []byte, now time.Time) error {
		stored, _, err := p.readSecrets(ctx, tx, s.Account)
		if err != nil {
			return err
		}
		step, ok := matchCode(stored.newSecret, code, 0, now)
		if stored.newSecret == "" || !ok {
			return refuse("code-wrong")
		}
		if _, err := tx.Exec(ctx, `
			UPDATE account
			SET secret = new_secret, new_secret = '', last_step = $1
			WHERE name = $2`, step, s.Account); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{s.Account, from}, Deed: CodeSet, Whom: s.Account})
	})
}

// RemoveSecret makes the account sign in without codes again. The password is
// asked for as with SetPassword.
func (p *People) RemoveSecret(ctx context.Context, cookie, from, password string) error {
	const doing = "remove the codes"
	s, err := p.Session(ctx, cookie)
	if err != nil {
		return err
	}
	if err := p.confirm(ctx, s, from, password); err != nil {
		return fmt.Errorf(doing+": %w", err)
	}
	return p.onSession(ctx, doing, cookie, func(tx *sqldb.Tx, s Session, _ []byte, now time.Time) error {
		if _, err := tx.Exec(ctx, `
			UPDATE account
			SET secret = '', new_secret = ''
			WHERE name = $1`, s.Account); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{s.Account, from}, Deed: CodeRemoved, Whom: s.Account})
	})
}
