package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"liaison.example/sqldb"
)

// A passkey is added, and used, in a ceremony of two steps: we draw a challenge,
// and the device signs it. The challenge is kept here, for a short time, for one
// answer, for one purpose, and for the one session or attempt that began it.
const (
	ceremonyTime         = 5 * time.Minute
	ceremoniesPerAddress = 64   // attempts to sign in; a further one ends that address's oldest
	ceremoniesInAll      = 4096 // a further one ends the oldest
	maxAnswer            = 64 << 10
)

// The purposes of a ceremony.
const (
	toAdd    = "add"
	toProve  = "prove"
	toSignIn = "sign in"
)

// BeginPasskey begins to add a passkey to the account whose session the cookie
// opens, and returns what the browser is to be asked for, as JSON. The password
// is asked for as with SetPassword.
func (p *People) BeginPasskey(ctx context.Context, site *Site, cookie, from, password string) (options []byte, err error) {
	const doing = "begin to add a passkey"
	s, err := p.Session(ctx, cookie)
	if err != nil {
		return nil, err
	}
	if err := p.confirm(ctx, s, from, password); err != nil {
		return nil, fmt.Errorf(doing+": %w", err)
	}
	err = p.onSession(ctx, doing, cookie, func(tx *sqldb.Tx, s Session, hash []byte, now time.Time) error {
		h, err := p.holder(ctx, tx, s.Account)
		if err != nil {
			return err
		}
		if len(h.credentials) >= PasskeysPerAccount {
			return refuse("passkey-many", "limit", fmt.Sprint(PasskeysPerAccount))
		}
		creation, challenge, err := site.party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.credentials).CredentialDescriptors()))
		if err != nil {
			return err
		}
		if options, err = json.Marshal(creation); err != nil {
			return err
		}
		return putCeremony(ctx, tx, hash, toAdd, "", challenge, now)
	})
	return options, err
}

// AddPasskey ends what BeginPasskey began, with the answer of the browser, and
// keeps the passkey under the name that the person gives it. It refuses with
// passkey-late if nothing was begun, or too long ago, and with passkey-not-made if
// the answer does not hold.
func (p *People) AddPasskey(ctx context.Context, site *Site, cookie, from, name, answer string) error {
	const doing = "add a passkey"
	name, err := readPasskeyName(name)
	if err != nil {
		return fmt.Errorf(doing+": %w", err)
	}
	challenge, err := p.take(ctx, cookie, toAdd)
	if err != nil {
		return fmt.Errorf(doing+": %w", err)
	}
	parsed, err := parse(answer, protocol.ParseCredentialCreationResponseBytes)
	if err != nil {
		return fmt.Errorf(doing+": %w", refuse("passkey-not-made"))
	}
	return p.onSession(ctx, doing, cookie, func(tx *sqldb.Tx, s Session, _ []byte, now time.Time) error {
		h, err := p.holder(ctx, tx, s.Account)
		if err != nil {
			return err
		}
		if len(h.credentials) >= PasskeysPerAccount {
			return refuse("passkey-many", "limit", fmt.Sprint(PasskeysPerAccount))
		}
		made, err := site.party.CreateCredential(h, challenge, parsed)
		if err != nil {
			return refuse("passkey-not-made")
		}
		if owner, err := passkeyOwner(ctx, tx, made.ID); err != nil {
			return err
		} else if owner != "" {
			return refuse("passkey-not-made")
		}
		if err := putPasskey(ctx, tx, s.Account, name, made, now); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{s.Account, from}, Deed: PasskeyAdded, Whom: s.Account, Detail: name})
	})
}

// BeginProof begins to prove, by a passkey of the account, who is at the screen
// of a session.
func (p *People) BeginProof(ctx context.Context, site *Site, cookie string) (options []byte, err error) {
	err = p.onSession(ctx, "begin a proof by passkey", cookie, func(tx *sqldb.Tx, s Session, hash []byte, now time.Time) error {
		h, err := p.holder(ctx, tx, s.Account)
		if err != nil {
			return err
		}
		if len(h.credentials) == 0 {
			return refuse("passkey-unknown")
		}
		request, challenge, err := site.party.BeginLogin(h)
		if err != nil {
			return err
		}
		if options, err = json.Marshal(request); err != nil {
			return err
		}
		return putCeremony(ctx, tx, hash, toProve, "", challenge, now)
	})
	return options, err
}

// Prove ends what BeginProof began: for ProofFresh the session may change how
// the account signs in. It refuses as SignInByPasskey does.
func (p *People) Prove(ctx context.Context, site *Site, cookie, from, answer string) error {
	const doing = "prove by passkey"
	challenge, err := p.take(ctx, cookie, toProve)
	if err != nil {
		return fmt.Errorf(doing+": %w", err)
	}
	parsed, err := parse(answer, protocol.ParseCredentialRequestResponseBytes)
	if err != nil {
		return fmt.Errorf(doing+": %w", refuse("passkey-wrong"))
	}
	var copied bool
	err = p.onSession(ctx, doing, cookie, func(tx *sqldb.Tx, s Session, hash []byte, now time.Time) error {
		h, err := p.holder(ctx, tx, s.Account)
		if err != nil {
			return err
		}
		used, err := site.party.ValidateLogin(h, challenge, parsed)
		if err != nil {
			return refuse("passkey-wrong")
		}
		by := By{s.Account, from}
		if copied = used.Authenticator.CloneWarning; copied {
			return note(ctx, tx, Line{At: now, By: by, Deed: PasskeyCopied, Whom: s.Account})
		}
		if err := usePasskey(ctx, tx, used, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE session
			SET proved = $1
			WHERE hash = $2`, now.UnixMilli(), hash); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: Proved, Whom: s.Account})
	})
	if err == nil && copied {
		err = fmt.Errorf(doing+": %w", refuse("passkey-copied"))
	}
	return err
}

// BeginSignIn begins a sign-in by passkey from an address. The attempt is a
// token for this browser alone.
func (p *People) BeginSignIn(ctx context.Context, site *Site, from string) (attempt string, options []byte, err error) {
	const doing = "begin to sign in by passkey"
	request, challenge, err := site.party.BeginDiscoverableLogin()
	if err != nil {
		return "", nil, fmt.Errorf(doing+": %w", err)
	}
	if options, err = json.Marshal(request); err != nil {
		return "", nil, fmt.Errorf(doing+": %w", err)
	}
	now := p.now()
	attempt, hash := newToken()
	if err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		return putCeremony(ctx, tx, hash, toSignIn, network(from), challenge, now)
	}); err != nil {
		return "", nil, fmt.Errorf(doing+": %w", err)
	}
	return attempt, options, nil
}

// SignInByPasskey opens a session by what the browser answered to BeginSignIn.
// It refuses with passkey-late if nothing was begun with this attempt, or too long
// ago, or it was answered already; with passkey-copied if the device has counted
// less than once before; and with passkey-wrong whatever else is wrong.
func (p *People) SignInByPasskey(ctx context.Context, site *Site, attempt, from, answer string) (s Session, cookie string, err error) {
	const doing = "sign in by passkey"
	challenge, err := p.take(ctx, attempt, toSignIn)
	if err != nil {
		return Session{}, "", fmt.Errorf(doing+": %w", err)
	}
	now := p.now()
	parsed, err := parse(answer, protocol.ParseCredentialRequestResponseBytes)
	right, copied, whom := false, false, ""
	if err == nil {
		err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
			whom, err = passkeyOwner(ctx, tx, parsed.RawID)
			if err != nil || whom == "" {
				return err
			}
			a, err := account(ctx, tx, whom)
			if err != nil {
				return err
			}
			h, err := p.holder(ctx, tx, whom)
			if err != nil {
				return err
			}
			_, used, err := site.party.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return h, nil }, challenge, parsed)
			if err != nil || !a.Suspended.IsZero() {
				return nil
			}
			if copied = used.Authenticator.CloneWarning; copied {
				return note(ctx, tx, Line{At: now, By: By{From: from}, Deed: PasskeyCopied, Whom: whom})
			}
			if err := usePasskey(ctx, tx, used, now); err != nil {
				return err
			}
			if s, cookie, err = newSession(ctx, tx, a, byPasskey, now); err != nil {
				return err
			}
			right = true
			return note(ctx, tx, Line{At: now, By: By{whom, from}, Deed: SignedIn, Whom: whom, Detail: strings.TrimSpace("passkey " + s.Post)})
		})
	} else {
		err = nil // an answer that cannot be read is a wrong one
	}
	switch {
	case err != nil:
	case copied:
		err = refuse("passkey-copied")
	case !right:
		if err = p.noteRefused(ctx, whom, from, now); err == nil {
			err = refuse("passkey-wrong")
		}
	}
	if err != nil {
		return Session{}, "", fmt.Errorf(doing+": %w", err)
	}
	return s, cookie, nil
}

// passkeyOwner returns whose passkey has this id; empty if none has.
func passkeyOwner(ctx context.Context, tx *sqldb.Tx, credential []byte) (name string, err error) {
	err = tx.QueryRow(ctx, `
		SELECT account
		FROM passkey
		WHERE credential = $1`, credential).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// parse reads an answer of a browser, which is JSON.
func parse[T any](answer string, read func([]byte) (*T, error)) (*T, error) {
	if len(answer) > maxAnswer {
		return nil, errors.New("the answer is too long")
	}
	return read([]byte(answer))
}

// putCeremony keeps a challenge for its holder, in place of one before it, and
// makes room for it.
func putCeremony(ctx context.Context, tx *sqldb.Tx, holder []byte, purpose, address string, challenge *webauthn.SessionData, now time.Time) error {
	text, err := json.Marshal(challenge)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		DELETE FROM ceremony
		WHERE ends <= $1 OR holder = $2`, now.UnixMilli(), holder); err != nil {
		return err
	}
	if address != "" {
		if _, err := tx.Exec(ctx, `
			DELETE FROM ceremony
			WHERE holder IN (
				SELECT holder
				FROM ceremony
				WHERE address = $1
				ORDER BY ends DESC, holder
				LIMIT 1000 OFFSET $2)`, address, ceremoniesPerAddress-1); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `
		DELETE FROM ceremony
		WHERE holder IN (
			SELECT holder
			FROM ceremony
			ORDER BY ends DESC, holder
			LIMIT 1000 OFFSET $1)`, ceremoniesInAll-1); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO ceremony (holder, purpose, address, challenge, ends)
		VALUES ($1, $2, $3, $4, $5)`, holder, purpose, address, string(text), now.Add(ceremonyTime).UnixMilli())
	return err
}

// take uses up the challenge that was kept for whoever has the token, whatever
// comes of the answer.
func (p *People) take(ctx context.Context, token, purpose string) (challenge webauthn.SessionData, err error) {
	hash, err := readToken(token)
	if err != nil {
		return challenge, refuse("passkey-late")
	}
	now := p.now()
	var text, kept string
	var ends int64
	err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
		err := tx.QueryRow(ctx, `
			SELECT
				purpose,
				challenge,
				ends
			FROM ceremony
			WHERE holder = $1`, hash).Scan(
			&kept,
			&text,
			&ends)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			DELETE FROM ceremony
			WHERE holder = $1`, hash)
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return challenge, refuse("passkey-late")
	case err != nil:
		return challenge, err
	case kept != purpose || now.UnixMilli() >= ends:
		return challenge, refuse("passkey-late")
	}
	return challenge, json.Unmarshal([]byte(text), &challenge)
}
