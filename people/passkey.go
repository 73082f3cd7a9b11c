package people

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"liaison.example/sqldb"
)

// The limits of passkeys.
const (
	PasskeysPerAccount = 10
	MaxPasskeyName     = 40 // characters
)

// passkeyStep is the tables of passkeys, and what sessions say of them.
var passkeyStep = sqldb.Migration{Name: "passkeys", SQL: `
	CREATE TABLE passkey (
		id BIGINT PRIMARY KEY,            -- random
		credential BYTEA NOT NULL UNIQUE, -- the id that the device gave it
		account TEXT NOT NULL,
		name TEXT NOT NULL,               -- that the person gave it
		public_key BYTEA NOT NULL,        -- COSE
		sign_count BIGINT NOT NULL,       -- of its last use; 0 if the device does not count
		flags BIGINT NOT NULL,            -- of the authenticator data of its last use, with the backup flags
		transports TEXT NOT NULL,         -- with spaces between
		made BIGINT NOT NULL,
		last_used BIGINT NOT NULL         -- 0 if it never was
	);
	CREATE INDEX passkey_account ON passkey (account, made);
	CREATE TABLE ceremony (
		holder BYTEA PRIMARY KEY,         -- SHA-256 of the cookie of the session, or of the attempt to sign in
		purpose TEXT NOT NULL,            -- add, prove or sign in
		address TEXT NOT NULL,            -- from which the attempt was begun; empty in a session
		challenge TEXT NOT NULL,          -- and what else the answer is held against, as JSON
		ends BIGINT NOT NULL
	);
	CREATE INDEX ceremony_address ON ceremony (address, ends);
	CREATE INDEX ceremony_ends ON ceremony (ends);
	ALTER TABLE session ADD COLUMN by_passkey BIGINT NOT NULL DEFAULT 0; -- 1 if a passkey opened it
	ALTER TABLE session ADD COLUMN proved BIGINT NOT NULL DEFAULT 0;     -- when a link or a passkey last proved who is at the screen
	UPDATE session SET proved = since WHERE by_link = 1;`}

// Passkey is one that an account signs in with.
type Passkey struct {
	ID       int64
	Name     string // that the person gave it
	Kept     bool   // its device keeps a copy elsewhere, so that it outlives the device
	Made     time.Time
	LastUsed time.Time // zero if it never was
}

// Passkeys returns those of an account, the oldest first.
func (p *People) Passkeys(ctx context.Context, name string) (list []Passkey, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT
				id,
				name,
				flags,
				made,
				last_used
			FROM passkey
			WHERE account = $1
			ORDER BY made, id
			LIMIT $2`, name, PasskeysPerAccount)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k Passkey
			var flags, made, used int64
			if err := rows.Scan(
				&k.ID,
				&k.Name,
				&flags,
				&made,
				&used); err != nil {
				return err
			}
			k.Kept = protocol.AuthenticatorFlags(flags).HasBackupState()
			k.Made = milliseconds(made)
			if used != 0 {
				k.LastUsed = milliseconds(used)
			}
			list = append(list, k)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the passkeys: %w", err)
	}
	return list, nil
}

// RemovePasskey removes one of the account whose session the cookie opens, and
// ends the other sessions that passkeys opened. It refuses with passkey-last if
// the account could then sign in by links only. The password is asked for as
// with SetPassword.
func (p *People) RemovePasskey(ctx context.Context, cookie, from, password string, id int64) error {
	const doing = "remove a passkey"
	s, err := p.Session(ctx, cookie)
	if err != nil {
		return err
	}
	if err := p.confirm(ctx, s, from, password); err != nil {
		return fmt.Errorf(doing+": %w", err)
	}
	return p.onSession(ctx, doing, cookie, func(tx *sqldb.Tx, s Session, hash []byte, now time.Time) error {
		var name string
		var count int64
		err := tx.QueryRow(ctx, `
			SELECT
				name,
				(SELECT COUNT(*) FROM passkey WHERE account = $1)
			FROM passkey
			WHERE account = $2 AND id = $3`, s.Account, s.Account, id).Scan(
			&name,
			&count)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return refuse("passkey-unknown")
		case err != nil:
			return err
		case count == 1 && !s.Password:
			return refuse("passkey-last")
		}
		if _, err := tx.Exec(ctx, `
			DELETE FROM passkey
			WHERE id = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			DELETE FROM session
			WHERE account = $1 AND by_passkey = 1 AND hash <> $2`, s.Account, hash); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{s.Account, from}, Deed: PasskeyRemoved, Whom: s.Account, Detail: name})
	})
}

// readPasskeyName checks the name that a person gives a passkey.
func readPasskeyName(typed string) (name string, err error) {
	name = strings.TrimSpace(typed)
	if n := utf8.RuneCountInString(name); n == 0 || n > MaxPasskeyName || !goodName(name) {
		return "", refuse("passkey-name", "limit", fmt.Sprint(MaxPasskeyName))
	}
	return name, nil
}

// holder is an account as a device and the library know it.
type holder struct {
	handle      []byte // by which devices tell accounts apart
	name        string
	person      string
	credentials []webauthn.Credential
}

func (h *holder) WebAuthnID() []byte                         { return h.handle }
func (h *holder) WebAuthnName() string                       { return h.name }
func (h *holder) WebAuthnDisplayName() string                { return h.person }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

// holder reads an account with its passkeys. The handle tells nothing of the
// name, and differs between two sides whose pages are on one machine.
func (p *People) holder(ctx context.Context, tx *sqldb.Tx, name string) (*holder, error) {
	a, err := account(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, p.handles)
	mac.Write([]byte(name))
	h := &holder{handle: mac.Sum(nil), name: a.Name, person: a.Person}
	rows, err := tx.Query(ctx, `
		SELECT
			credential,
			public_key,
			sign_count,
			flags,
			transports
		FROM passkey
		WHERE account = $1
		ORDER BY made, id
		LIMIT $2`, name, PasskeysPerAccount)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c webauthn.Credential
		var count, flags int64
		var transports string
		if err := rows.Scan(
			&c.ID,
			&c.PublicKey,
			&count,
			&flags,
			&transports); err != nil {
			return nil, err
		}
		c.Authenticator.SignCount = uint32(count)
		c.Flags = webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(flags))
		for _, t := range strings.Fields(transports) {
			c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
		}
		h.credentials = append(h.credentials, c)
	}
	return h, rows.Err()
}

// putPasskey keeps a new passkey of an account.
func putPasskey(ctx context.Context, tx *sqldb.Tx, account, name string, c *webauthn.Credential, now time.Time) error {
	var transports []string
	for _, t := range c.Transport {
		if len(transports) < maxTransports && len(t) <= maxTransport && !strings.ContainsAny(string(t), " \x00") {
			transports = append(transports, string(t))
		}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO passkey (id, credential, account, name, public_key, sign_count, flags, transports, made, last_used)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
		newID(), c.ID, account, name, c.PublicKey, int64(c.Authenticator.SignCount), int64(c.Flags.ProtocolValue()),
		strings.ToValidUTF8(strings.Join(transports, " "), "?"), now.UnixMilli())
	return err
}

// What a device may say of the ways to reach it.
const (
	maxTransports = 8
	maxTransport  = 32 // bytes
)

// usePasskey notes that a passkey was used.
func usePasskey(ctx context.Context, tx *sqldb.Tx, c *webauthn.Credential, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE passkey
		SET sign_count = $1, flags = $2, last_used = $3
		WHERE credential = $4`,
		int64(c.Authenticator.SignCount), int64(c.Flags.ProtocolValue()), now.UnixMilli(), c.ID)
	return err
}
