package notify

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Links in messages by which a person acknowledges one dispatch, and does nothing
// else. Who has the link needs no session; it is good once, and for ackLasts.

const (
	ackLasts = 24 * time.Hour
	ackKept  = 7 * 24 * time.Hour // after it has expired, so that who comes late reads why
	ackSize  = 32                 // bytes
)

// What is wrong with a link to acknowledge.
var (
	ErrAckUsed    = errors.New("the link has been used")
	ErrAckExpired = errors.New("the link has expired")
	ErrAckUnknown = errors.New("there is no such link")
)

// Ack is what a link is good for.
type Ack struct {
	Account  string
	Dispatch office.EntryID
	Expires  time.Time
}

// newAck makes a link, and returns its token. What is stored is its hash.
func newAck(ctx context.Context, tx *sqldb.Tx, account string, dispatch office.EntryID, now int64) (token string, err error) {
	raw := make([]byte, ackSize)
	_, _ = rand.Read(raw) // never fails
	hash := sha256.Sum256(raw)
	_, err = tx.Exec(ctx, `
		INSERT INTO ack_link (hash, account, dispatch, made, expires, used)
		VALUES ($1, $2, $3, $4, $5, 0)`, hash[:], account, dispatch.String(), now, now+ackLasts.Milliseconds())
	return base64.RawURLEncoding.EncodeToString(raw), err
}

func ackHash(token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != ackSize {
		return nil, false
	}
	hash := sha256.Sum256(raw)
	return hash[:], true
}

// LookAtAck tells what a link is good for, and does not use it up: programs that
// preview links open them too.
func (n *Notify) LookAtAck(ctx context.Context, token string) (a Ack, err error) {
	hash, ok := ackHash(token)
	if !ok {
		return Ack{}, ErrAckUnknown
	}
	err = n.DB.View(ctx, func(tx *sqldb.Tx) error {
		a, err = n.ack(ctx, tx, hash)
		return err
	})
	if err != nil {
		return a, fmt.Errorf("look at a link to acknowledge: %w", err)
	}
	return a, nil
}

func (n *Notify) ack(ctx context.Context, tx *sqldb.Tx, hash []byte) (a Ack, err error) {
	var dispatch string
	var expires, used int64
	err = tx.QueryRow(ctx, `
		SELECT
			account,
			dispatch,
			expires,
			used
		FROM ack_link
		WHERE hash = $1`, hash).Scan(
		&a.Account,
		&dispatch,
		&expires,
		&used)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Ack{}, ErrAckUnknown
	case err != nil:
		return Ack{}, err
	}
	a.Expires = moment(expires)
	if err := a.Dispatch.UnmarshalText([]byte(dispatch)); err != nil {
		return a, err
	}
	switch {
	case used != 0:
		return a, ErrAckUsed
	case n.Now().UnixMilli() >= expires:
		return a, ErrAckExpired
	}
	return a, nil
}

// UseAck uses a link up: do is done for what it is good for, and if that fails the
// link is as it was. Of two who come at once one finds it used.
func (n *Notify) UseAck(ctx context.Context, token string, do func(Ack) error) (a Ack, err error) {
	if a, err = n.LookAtAck(ctx, token); err != nil {
		return a, err // who guesses keeps nobody from writing
	}
	hash, _ := ackHash(token)
	mark := func(used int64) error {
		return n.DB.Update(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error {
			if used != 0 {
				if a, err = n.ack(ctx, tx, hash); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `UPDATE ack_link SET used = $1 WHERE hash = $2`, used, hash)
			return err
		})
	}
	if err := mark(n.Now().UnixMilli()); err != nil {
		return a, fmt.Errorf("use a link to acknowledge: %w", err)
	}
	if err := do(a); err != nil {
		if free := mark(0); free != nil {
			err = errors.Join(err, free)
		}
		return a, err
	}
	return a, nil
}
