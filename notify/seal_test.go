package notify

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"liaison.example/seal"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// file opens a database in a file of its own. holds reports whether it, or what
// SQLite keeps beside it, holds any of the words.
func file(t *testing.T) (db *sqldb.DB, holds func(words ...[]byte) bool) {
	t.Helper()
	path := t.TempDir() + "/local.db"
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, func(words ...[]byte) (found bool) {
		t.Helper()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			text, err := os.ReadFile(path + suffix)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			for _, word := range words {
				found = found || bytes.Contains(text, word)
			}
		}
		return found
	}
}

func TestWhoReadsTheDatabaseHasNoSecretOfAWebhook(t *testing.T) {
	db, holds := file(t)
	d := openDesk(t, db)
	hook, secret, err := d.Add(t.Context(), "https://desk.example/hook", false)
	if err != nil {
		t.Fatal(err)
	}
	words := [][]byte{hook.secret, []byte(strings.TrimPrefix(secret, "whsec_")), []byte(base64.RawStdEncoding.EncodeToString(hook.secret))}
	if holds(words...) || !holds([]byte("desk.example")) {
		t.Error("the database holds the secret while it is open, or no webhook")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if holds(words...) || !holds([]byte("sealed:")) {
		t.Error("the closed database holds the secret, or nothing sealed")
	}
}

// addInClear adds webhooks, numbered from 7, as an older program did.
func addInClear(t *testing.T, db *sqldb.DB, receivers ...*receiver) {
	t.Helper()
	ctx := t.Context()
	if err := db.Migrate(ctx, "notify", migrations[:1]); err != nil {
		t.Fatal(err)
	}
	for i, r := range receivers {
		r.secret = fmt.Appendf(nil, "in clear, as thirty-two bytes, %d", i)
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `
				INSERT INTO webhook (id, url, secret, private, made, last, failures, next, failed)
				VALUES ($1, $2, $3, 0, 1, 0, 0, 0, '')`, 7+i, r.URL, r.secret)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheSecretOfAWebhookThatAnOlderProgramLeftInClearIsSealed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db, r := open(sqldb.Config{}), newReceiver(t)
		addInClear(t, db, r)
		d := openDesk(t, db)
		var first string
		for range 2 { // the second time there is nothing to do
			d.reopen(t, db)
			now := storedSecret(t, db, 7)
			if !seal.Is(now) || strings.Contains(now, string(r.secret)) || first != "" && now != first {
				t.Errorf("the database holds %q, and held %q", now, first)
			}
			first = now
		}
		d.mustPass(t)
		if heard := r.all(); len(heard) != 3 || !heard[0].good {
			t.Errorf("heard %+v, want three entries signed with the old secret", heard)
		}
	})
}

func TestNothingIsLeftOfASecretThatStoodInClear(t *testing.T) {
	db, holds := file(t)
	addInClear(t, db, newReceiver(t), newReceiver(t), newReceiver(t))
	secret := []byte("in clear, as thirty-two")
	if !holds(secret) {
		t.Fatal("the older program left no secret in clear")
	}
	openDesk(t, db)
	if holds(secret) {
		t.Error("the database, or what stands beside it, still holds the secret")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if holds(secret) || !holds([]byte("sealed:")) {
		t.Error("the closed database holds the secret, or nothing sealed")
	}
}

func TestAWebhookWhoseSecretDoesNotOpenSaysSoAndIsToldNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		ctx := t.Context()
		db, r := open(sqldb.Config{}), newReceiver(t)
		d := openDesk(t, db)
		hook := d.add(t, r)
		lost := func() {
			t.Helper()
			d.mustPass(t)
			list, err := d.Webhooks(ctx)
			if err != nil || len(list) == 0 || list[0].Failures == 0 || list[0].Failed != errSealed.Error() || !list[0].Next.After(d.now) {
				t.Errorf("listed as %+v, %v", list, err)
			}
			if err := d.Test(ctx, hook.ID); !errors.Is(err, errSealed) {
				t.Errorf("tested: %v", err)
			}
			if heard := r.all(); len(heard) != 0 {
				t.Errorf("it was told %+v", heard)
			}
		}
		d.key = seal.Key{9}
		d.reopen(t, db)
		lost() // also while there is nothing to tell
		d.placed["south"]++
		d.now = d.now.Add(pauseLongest)
		lost()

		// With the keys of the side it goes on where it was.
		d.key = seal.Key{1, 2, 3}
		d.reopen(t, db)
		d.now = d.now.Add(pauseLongest)
		d.mustPass(t)
		if heard := r.all(); len(heard) != 1 || !heard[0].good {
			t.Errorf("with the right key again: heard %+v", heard)
		}

		// Else it is removed, and added again.
		r = newReceiver(t)
		d.key = seal.Key{9}
		d.reopen(t, db)
		if err := d.Remove(ctx, hook.ID); err != nil {
			t.Fatal(err)
		}
		hook = d.add(t, r)
		if err := d.Test(ctx, hook.ID); err != nil || len(r.all()) != 1 || !r.all()[0].good {
			t.Errorf("added again: %v, heard %+v", err, r.all())
		}
	})
}

func TestTheSecretOfOneWebhookDoesNotOpenForAnother(t *testing.T) {
	db, _ := file(t)
	d, r := openDesk(t, db), newReceiver(t)
	one, other := d.add(t, r), d.add(t, r)
	if err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE webhook SET sealed = (SELECT sealed FROM webhook WHERE id = $1) WHERE id = $2`, one.ID, other.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Test(t.Context(), other.ID); !errors.Is(err, errSealed) || len(r.all()) != 0 {
		t.Errorf("got %v, heard %+v", err, r.all())
	}
}

// storedSecret is what stands in the database as the secret of a webhook.
func storedSecret(t *testing.T, db *sqldb.DB, hook int64) (sealed string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	if err := db.View(ctx, func(tx *sqldb.Tx) error {
		var b []byte
		err := tx.QueryRow(ctx, `SELECT sealed FROM webhook WHERE id = $1`, hook).Scan(&b)
		sealed = string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return sealed
}
