// Package people knows which person of our own side is at the screen: accounts,
// how they sign in (one-time links, passkeys, passwords and codes), the sessions
// that this opens, the tokens of their programs, what each role may do, and the
// trail of all that. All of it is our own affair: it stands in local.db and never
// crosses the line.
//
// What holds:
//
//   - A link and a session are known only by 32 random bytes, and so is a token
//     with which a program acts. What is stored is their SHA-256, so whoever
//     reads the database or a backup of it cannot sign in with it.
//   - A link opens one session, once, even if two browsers try together.
//   - A session ends when it has not been used for SessionIdle, SessionLongest
//     after it was opened, and when it is signed out or revoked.
//   - The number of accounts, and of open links and sessions of each and in all,
//     is bounded.
//   - Passwords stand in the database as hashes, and the secrets of codes sealed
//     with a key that does not.
//   - A passkey is checked against a challenge that is drawn here, and is good for
//     one answer of the browser that asked for it.
//   - A suspended account has no session, no link and no token, from that moment
//     on. A token has an end, may never do more than its account or post may at
//     that moment, and ends with the post.
//   - Who guesses passwords is slowed, in all processes of the side together, and
//     cannot tell from the answers which accounts there are.
//   - The trail is only added to: the database itself refuses to change it.
package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"liaison.example/seal"
	"liaison.example/sqldb"
)

// People keeps the links and sessions of one side. It may be used by many
// goroutines, and by several processes on one database.
type People struct {
	db      *sqldb.DB
	now     func() time.Time
	seal    seal.Seal
	handles []byte // the key from which the handles of accounts follow

	rules rulesKept // as they were last read

	checks chan struct{} // a token for each password that is checked
	queue  chan struct{} // and for each that is or waits to be
}

// steps is the shape of the tables. Times are milliseconds since 1970, UTC.
var steps = []sqldb.Migration{
	{Name: "links and sessions", SQL: `
		CREATE TABLE sign_in_link (
			hash BYTEA PRIMARY KEY,   -- SHA-256 of the token
			post TEXT NOT NULL,       -- for whom
			made BIGINT NOT NULL,
			expires BIGINT NOT NULL,
			used BIGINT NOT NULL      -- when; 0 if it has not been used
		);
		CREATE INDEX sign_in_link_post ON sign_in_link (post, made);
		CREATE INDEX sign_in_link_expires ON sign_in_link (expires);
		CREATE TABLE session (
			hash BYTEA PRIMARY KEY,   -- SHA-256 of the cookie
			id BIGINT NOT NULL UNIQUE, -- random, so that no two sessions ever share one
			post TEXT NOT NULL,
			language TEXT NOT NULL,   -- chosen in it; empty if none was
			since BIGINT NOT NULL,
			last_seen BIGINT NOT NULL,
			ends BIGINT NOT NULL
		);
		CREATE INDEX session_post ON session (post, last_seen);
		CREATE INDEX session_ends ON session (ends);`},
	// Sessions that run and links that are open are dropped: each then belongs to
	// an account, and there is none.
	{Name: "accounts", SQL: `
		DROP TABLE sign_in_link;
		DROP TABLE session;
		CREATE TABLE account (
			name TEXT PRIMARY KEY,       -- with which the person signs in
			person TEXT NOT NULL,        -- as our own side shows them
			admin BIGINT NOT NULL,       -- 1 if they may add and suspend accounts, else 0
			language TEXT NOT NULL,      -- empty if none was chosen
			made BIGINT NOT NULL,
			suspended BIGINT NOT NULL,   -- since when; 0 if it is not
			password TEXT NOT NULL,      -- argon2id, as hashPassword writes it; empty if none is set
			secret TEXT NOT NULL,        -- of the codes, base32; empty if none is set
			new_secret TEXT NOT NULL,    -- one that no code has confirmed yet
			last_step BIGINT NOT NULL    -- of the code that was accepted last
		);
		CREATE TABLE account_post (
			account TEXT NOT NULL,
			place BIGINT NOT NULL,       -- from 0; the usual post comes first
			post TEXT NOT NULL,
			PRIMARY KEY (account, place)
		);
		CREATE INDEX account_post_post ON account_post (post, account);
		CREATE TABLE sign_in_link (
			hash BYTEA PRIMARY KEY,      -- SHA-256 of the token
			account TEXT NOT NULL,       -- for whom
			made BIGINT NOT NULL,
			expires BIGINT NOT NULL,
			used BIGINT NOT NULL         -- when; 0 if it has not been used
		);
		CREATE INDEX sign_in_link_account ON sign_in_link (account, made);
		CREATE INDEX sign_in_link_expires ON sign_in_link (expires);
		CREATE TABLE session (
			hash BYTEA PRIMARY KEY,      -- SHA-256 of the cookie
			id BIGINT NOT NULL UNIQUE,   -- random, so that no two sessions ever share one
			account TEXT NOT NULL,
			post TEXT NOT NULL,          -- for which it acts; empty if for none
			by_link BIGINT NOT NULL,     -- 1 if a link opened it, 0 if a password
			since BIGINT NOT NULL,
			last_seen BIGINT NOT NULL,
			ends BIGINT NOT NULL
		);
		CREATE INDEX session_account ON session (account, last_seen);
		CREATE INDEX session_ends ON session (ends);
		CREATE TABLE guess (
			subject TEXT PRIMARY KEY,    -- an account or an address, as subjects writes it
			failures BIGINT NOT NULL,    -- since the last success
			last BIGINT NOT NULL         -- when
		);
		CREATE INDEX guess_last ON guess (last);
		CREATE TABLE trail (
			id BIGINT PRIMARY KEY,       -- from 1, without gaps
			at BIGINT NOT NULL,
			who TEXT NOT NULL,           -- an account, or "operator"; empty if nobody knows
			deed TEXT NOT NULL,          -- a code of Deeds
			whom TEXT NOT NULL,          -- the account to which it was done
			address TEXT NOT NULL,       -- from where; empty from the machine itself
			detail TEXT NOT NULL
		);
		CREATE INDEX trail_at ON trail (at);`,
		OnSQLite: `
		CREATE TRIGGER trail_is_not_updated BEFORE UPDATE ON trail BEGIN SELECT RAISE(ABORT, 'the trail never changes'); END;
		CREATE TRIGGER trail_is_not_deleted BEFORE DELETE ON trail BEGIN SELECT RAISE(ABORT, 'the trail is never deleted'); END;`,
		OnPostgreSQL: `
		CREATE FUNCTION trail_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME;
		END $$;
		CREATE TRIGGER trail_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON trail FOR EACH STATEMENT EXECUTE FUNCTION trail_for_ever();`},
	{Name: "tokens", SQL: `
		CREATE TABLE token (
			id BIGINT PRIMARY KEY,       -- random
			hash BYTEA NOT NULL UNIQUE,  -- SHA-256 of the token
			account TEXT NOT NULL,       -- whose it is; empty if it is one of a post
			post TEXT NOT NULL,          -- empty if it is one of an account
			scopes TEXT NOT NULL,        -- words of Scopes with spaces between
			note TEXT NOT NULL,
			made BIGINT NOT NULL,
			made_by TEXT NOT NULL,       -- an account, or "operator"
			ends BIGINT NOT NULL,
			last_used BIGINT NOT NULL,   -- 0 if it never was
			revoked BIGINT NOT NULL      -- when; 0 if it was not
		);
		CREATE INDEX token_holder ON token (account, post);`},
	{Name: "drafts", SQL: `
		CREATE TABLE draft (
			id BIGINT PRIMARY KEY,        -- from 1
			version BIGINT NOT NULL,      -- from 1; one more with each change of the content
			state TEXT NOT NULL,          -- one of DraftStates
			content TEXT NOT NULL,        -- JSON of Content
			precedence TEXT NOT NULL,     -- as in the content; ROUTINE if that is none
			form_key TEXT NOT NULL,       -- account and key of the form in which it was begun
			drafted_by TEXT NOT NULL,     -- an account, here and below; empty if nobody has
			drafted_as TEXT NOT NULL,     -- the post for which it acted, here and below
			drafted_at BIGINT NOT NULL,
			changed_by TEXT NOT NULL,     -- the content, last
			changed_as TEXT NOT NULL,
			changed_at BIGINT NOT NULL,
			approved_by TEXT NOT NULL,    -- the content as it stands
			approved_as TEXT NOT NULL,
			approved_at BIGINT NOT NULL,
			ended_by TEXT NOT NULL,       -- who discarded or releases it
			ended_as TEXT NOT NULL,
			ended_at BIGINT NOT NULL,
			was TEXT NOT NULL,            -- the state before it was being released; else empty
			claimed BIGINT NOT NULL,      -- entries of our ledger when its release began
			entry TEXT NOT NULL           -- the entry that it became; else empty
		);
		CREATE INDEX draft_state ON draft (state, id);
		CREATE INDEX draft_entry ON draft (entry);
		CREATE INDEX draft_form_key ON draft (form_key, id);
		CREATE TABLE draft_hand (
			draft BIGINT NOT NULL,
			account TEXT NOT NULL,        -- has written in it
			PRIMARY KEY (draft, account)
		);
		CREATE TABLE draft_step (
			draft BIGINT NOT NULL,
			place BIGINT NOT NULL,        -- from 1
			at BIGINT NOT NULL,
			account TEXT NOT NULL,
			post TEXT NOT NULL,
			what TEXT NOT NULL,           -- one of StepNames
			version BIGINT NOT NULL,      -- of the draft at that moment
			words TEXT NOT NULL,          -- of a comment, or the reason of a return
			PRIMARY KEY (draft, place)
		);`},
	// Only what differs from the table that the program brings is kept.
	{Name: "who may do what", SQL: `
		CREATE TABLE may (
			role TEXT NOT NULL,
			act TEXT NOT NULL,
			precedence TEXT NOT NULL,     -- empty if the act has none
			allowed BIGINT NOT NULL,      -- 1 or 0
			PRIMARY KEY (role, act, precedence)
		);
		CREATE TABLE acting (
			id BIGINT PRIMARY KEY,        -- from 1
			head TEXT NOT NULL,           -- the post that hands over its powers
			post TEXT NOT NULL,           -- the post that acts with them
			since BIGINT NOT NULL,
			until BIGINT NOT NULL,        -- exclusive; brought forward if it is ended sooner
			made_by TEXT NOT NULL,        -- an account, or "operator"
			made_at BIGINT NOT NULL
		);
		CREATE INDEX acting_until ON acting (until);`},
	{Name: "views", SQL: `
		CREATE TABLE list_view (
			account TEXT NOT NULL,       -- whose it is
			place BIGINT NOT NULL,       -- from 0, in the order of the person
			name TEXT NOT NULL,
			query TEXT NOT NULL,         -- of the address of the list
			PRIMARY KEY (account, name)
		);`},
	passkeyStep,
	{Name: "who may do what with a form", SQL: `
		ALTER TABLE may RENAME TO may_before;
		CREATE TABLE may (
			role TEXT NOT NULL,
			act TEXT NOT NULL,
			precedence TEXT NOT NULL,     -- empty if the act has none
			form TEXT NOT NULL,           -- code of a form; empty for dispatches of which nothing else is said
			allowed BIGINT NOT NULL,      -- 1 or 0
			PRIMARY KEY (role, act, precedence, form)
		);
		INSERT INTO may (role, act, precedence, form, allowed)
		SELECT role, act, precedence, '', allowed
		FROM may_before;
		DROP TABLE may_before;
		ALTER TABLE draft ADD COLUMN form TEXT NOT NULL DEFAULT ''; -- code of its form`},
}

// Prepare makes or brings up to date the tables in local.db.
func Prepare(ctx context.Context, db *sqldb.DB) error {
	if err := db.Migrate(ctx, "people", steps); err != nil {
		return err
	}
	if err := db.Migrate(ctx, "handover", handoverSteps); err != nil {
		return err
	}
	return db.Migrate(ctx, "ranks", rankSteps)
}

// Open prepares the tables in local.db and opens them with the side's key. The
// clock now is asked once in each call of the methods below.
func Open(ctx context.Context, db *sqldb.DB, key Key, now func() time.Time) (*People, error) {
	p := &People{db: db, now: now, checks: make(chan struct{}, checksAtOnce), queue: make(chan struct{}, checksWaiting)}
	err := Prepare(ctx, db)
	if err == nil {
		p.seal, err = seal.New(key, "people")
	}
	if err == nil {
		p.handles, err = subkey(key, "handles")
	}
	if err == nil {
		err = p.sealAll(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open people: %w", err)
	}
	return p, nil
}

// tokenSize is the length of a token in bytes; as text it has 43 characters.
const tokenSize = 32

// newToken makes a token and the hash that is stored of it.
func newToken() (token string, hash []byte) {
	secret := make([]byte, tokenSize)
	_, _ = rand.Read(secret) // never fails
	return base64.RawURLEncoding.EncodeToString(secret), hashOf(secret)
}

func hashOf(secret []byte) []byte {
	hash := sha256.Sum256(secret)
	return hash[:]
}

var errToken = errors.New("not a token")

// readToken returns the hash of a token that came from outside.
func readToken(token string) (hash []byte, err error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return nil, errToken
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return nil, errToken
	}
	return hashOf(secret), nil
}
