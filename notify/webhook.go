package notify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// The limits of webhooks.
const (
	MaxWebhooks = 16
	maxURL      = 1000 // bytes
	secretSize  = 32   // bytes

	// After a failure a webhook is left alone: first pauseFirst, then twice as long
	// each time, at most pauseLongest. It is never given up.
	pauseFirst   = 5 * time.Second
	pauseLongest = time.Hour
)

var migrations = []sqldb.Migration{{Name: "webhooks", SQL: `
CREATE TABLE webhook (
	id       BIGINT PRIMARY KEY, -- random
	url      TEXT   NOT NULL,
	secret   BYTEA  NOT NULL,    -- with which what is told is signed
	private  BIGINT NOT NULL,    -- 1 if its address may be a private one
	made     BIGINT NOT NULL,
	last     BIGINT NOT NULL,    -- when it last answered well; 0 if it never did
	failures BIGINT NOT NULL,    -- since then
	next     BIGINT NOT NULL,    -- not to be tried before
	failed   TEXT   NOT NULL     -- why it failed last; empty if it did not
);
-- How many entries of each ledger a webhook was told of.
CREATE TABLE webhook_place (
	webhook BIGINT NOT NULL,
	side    TEXT   NOT NULL,
	count   BIGINT NOT NULL,
	PRIMARY KEY (webhook, side)
);
`}, {Name: "secrets of webhooks are sealed", SQL: `
ALTER TABLE webhook RENAME COLUMN secret TO sealed; -- by Open, if an older program left it in clear
`}, outboxMigration, pageMigration}

// Migrate makes or brings up to date the tables in local.db.
func Migrate(ctx context.Context, db *sqldb.DB) error {
	return db.Migrate(ctx, "notify", migrations)
}

// Webhook is a program of our own side that is told of entries.
type Webhook struct {
	ID       int64
	URL      string
	Private  bool // its address may be a private one
	Made     time.Time
	Last     time.Time // when it last answered well; zero if it never did
	Failures int64     // since then
	Next     time.Time // not to be tried before; zero if it did not fail
	Failed   string    // why it failed last

	secret []byte // nil if it does not open
}

// Refusal is something that the person who asked can mend. The sentence for it
// stands in package lang, under "refused." and the code.
type Refusal struct {
	Code   office.Reason
	Detail map[string]string
}

func (r *Refusal) Error() string { return "refused: " + string(r.Code) }

// ErrNone says that there is no such webhook.
var ErrNone = errors.New("there is no such webhook")

// Add adds a webhook, which is told of what gets its place from now on. The
// secret with which it can check what it is told is shown once.
func (n *Notify) Add(ctx context.Context, address string, private bool) (hook Webhook, secret string, err error) {
	if err := checkURL(address); err != nil {
		return Webhook{}, "", err
	}
	placed, err := n.Placed(ctx)
	if err != nil {
		return Webhook{}, "", err
	}
	hook = Webhook{ID: newID(), URL: address, Private: private, Made: n.Now().UTC().Truncate(time.Millisecond), secret: make([]byte, secretSize)}
	_, _ = rand.Read(hook.secret) // never fails
	err = n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		var count int64
		if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM webhook`).Scan(&count); err != nil {
			return err
		}
		if count >= MaxWebhooks {
			return &Refusal{"webhook-many", map[string]string{"limit": fmt.Sprint(MaxWebhooks)}}
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO webhook (id, url, sealed, private, made, last, failures, next, failed)
			VALUES ($1, $2, $3, $4, $5, 0, 0, 0, '')`, hook.ID, hook.URL, n.closeSecret(hook.ID, hook.secret), bit(private), hook.Made.UnixMilli()); err != nil {
			return err
		}
		for side, count := range placed {
			if err := putPlace(ctx, tx, hook.ID, side, count); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Webhook{}, "", fmt.Errorf("add a webhook: %w", err)
	}
	return hook, "whsec_" + base64.StdEncoding.EncodeToString(hook.secret), nil
}

func bit(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// newID draws an id from 1 to 2^53.
func newID() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return int64(binary.BigEndian.Uint64(b[:])>>11) + 1
}

// checkURL refuses an address that is not https, unless it is one of this machine.
func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return &Refusal{Code: "webhook-url"}
	}
	if u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()) {
		return nil
	}
	return &Refusal{Code: "webhook-url"}
}

// isLoopback reports whether a host names this machine by itself.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func putPlace(ctx context.Context, tx *sqldb.Tx, hook int64, side office.Side, count int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO webhook_place (webhook, side, count)
		VALUES ($1, $2, $3)
		ON CONFLICT (webhook, side) DO UPDATE SET count = excluded.count`, hook, side, count)
	return err
}

// Remove forgets a webhook.
func (n *Notify) Remove(ctx context.Context, id int64) error {
	if err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM webhook_place WHERE webhook = $1`, id); err != nil {
			return err
		}
		removed, err := tx.Exec(ctx, `DELETE FROM webhook WHERE id = $1`, id)
		if err == nil && removed == 0 {
			err = ErrNone
		}
		return err
	}); err != nil {
		return fmt.Errorf("remove a webhook: %w", err)
	}
	return nil
}

// Webhooks lists the webhooks, the first made first.
func (n *Notify) Webhooks(ctx context.Context) (list []Webhook, err error) {
	err = n.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT
				id,
				url,
				sealed,
				private,
				made,
				last,
				failures,
				next,
				failed
			FROM webhook
			ORDER BY made, id
			LIMIT $1`, MaxWebhooks)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var w Webhook
			var sealed []byte
			var private, made, last, next int64
			if err := rows.Scan(
				&w.ID,
				&w.URL,
				&sealed,
				&private,
				&made,
				&last,
				&w.Failures,
				&next,
				&w.Failed); err != nil {
				return err
			}
			w.secret = n.openSecret(w.ID, sealed)
			w.Private, w.Made, w.Last, w.Next = private != 0, moment(made), moment(last), moment(next)
			list = append(list, w)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the webhooks: %w", err)
	}
	return list, nil
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// places gives of how many entries of each ledger a webhook was told.
func (n *Notify) places(ctx context.Context, hook int64) (map[office.Side]int64, error) {
	told := map[office.Side]int64{}
	err := n.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT
				side,
				count
			FROM webhook_place
			WHERE webhook = $1
			ORDER BY side`, hook)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var side office.Side
			var count int64
			if err := rows.Scan(&side, &count); err != nil {
				return err
			}
			told[side] = count
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read how far a webhook was told: %w", err)
	}
	return told, nil
}

// moveOn notes that a webhook was told of an entry.
func (n *Notify) moveOn(ctx context.Context, hook int64, id office.EntryID) error {
	if err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		there, err := tx.Exec(ctx, `
			UPDATE webhook
			SET last = $1, failures = 0, next = 0, failed = ''
			WHERE id = $2`, n.Now().UnixMilli(), hook)
		if err != nil || there == 0 { // it was removed meanwhile
			return err
		}
		return putPlace(ctx, tx, hook, id.Side, id.Index+1)
	}); err != nil {
		return fmt.Errorf("note how far a webhook was told: %w", err)
	}
	return nil
}

// failed notes that a webhook did not answer well, and returns when it is to be
// tried again.
func (n *Notify) failed(ctx context.Context, hook Webhook, why error) (again time.Time, err error) {
	hook.Failures++
	again = n.Now().Add(pause(hook.Failures))
	if hook.Failures == 1 {
		n.Log.Warn("a webhook does not answer well", "webhook", hook.ID, "error", why)
	}
	if err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE webhook
			SET failures = $1, next = $2, failed = $3
			WHERE id = $4`, hook.Failures, again.UnixMilli(), clip(why.Error()), hook.ID)
		return err
	}); err != nil {
		return again, fmt.Errorf("note that a webhook failed: %w", err)
	}
	return again, nil
}

// pause is how long a webhook is left alone after so many failures.
func pause(failures int64) time.Duration {
	return min(pauseLongest, pauseFirst<<min(max(failures-1, 0), 16))
}

// Test tells a webhook at once of nothing, to see whether it answers. An error is
// a sentence.
func (n *Notify) Test(ctx context.Context, id int64) error {
	hooks, err := n.Webhooks(ctx)
	if err != nil {
		return err
	}
	for _, hook := range hooks {
		if hook.ID == id {
			return n.send(ctx, hook, eventID(id, rand.Text()), Event{Type: "test", At: n.Now(), Data: struct{}{}})
		}
	}
	return ErrNone
}

// guard says where a webhook may be: at a public address, or any if the operator has
// said so, or on this machine if its address names it by itself.
func (w *Webhook) guard() guard { return guard{private: w.Private, loopback: true} }
