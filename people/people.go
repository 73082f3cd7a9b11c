// Package people knows which person of our own side is at the screen: one-time
// sign-in links, the sessions that they open, and what each role may do. All of
// it is our own affair: it stands in local.db and never crosses the line.
//
// What holds:
//
//   - A link and a session are known only by a token of 32 random bytes. What
//     is stored is its SHA-256, so whoever reads the database or a backup of it
//     cannot sign in with it.
//   - A link opens one session, once, even if two browsers try together.
//   - A session ends when it has not been used for SessionIdle, SessionLongest
//     after it was opened, and when it is signed out or revoked.
//   - The number of open links and sessions is bounded, for each post and in all.
package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"liaison.example/sqldb"
)

// People keeps the links and sessions of one side. It may be used by many
// goroutines, and by several processes on one database.
type People struct {
	db  *sqldb.DB
	now func() time.Time
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
}

// Open makes or brings up to date the tables in local.db. The clock now is
// asked once in each call of the methods below.
func Open(ctx context.Context, db *sqldb.DB, now func() time.Time) (*People, error) {
	if err := db.Migrate(ctx, "people", steps); err != nil {
		return nil, fmt.Errorf("open people: %w", err)
	}
	return &People{db, now}, nil
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
