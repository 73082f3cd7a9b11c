package people_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"liaison.example/people"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// withCodes gives an account a password and codes, and returns their secret.
func withCodes(t *testing.T, p *people.People, c *clock, name string) string {
	t.Helper()
	_, cookie := redeem(t, p, name)
	if err := p.SetPassword(t.Context(), cookie, from, "", secret); err != nil {
		t.Fatal(err)
	}
	shared, err := p.NewSecret(t.Context(), cookie, from, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.ConfirmSecret(t.Context(), cookie, from, code(t, shared, c.Now())); err != nil {
		t.Fatal(err)
	}
	return shared
}

func TestWhoReadsTheDatabaseHasNoSecretOfCodes(t *testing.T) {
	path := t.TempDir() + "/local.db"
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	p, c := openPeople(t, db)
	add(t, p, park)
	shared := withCodes(t, p, c, "park")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(file, []byte("sealed:")) || bytes.Contains(file, []byte(shared)) {
		t.Errorf("the database holds the secret, or nothing sealed: %v", err)
	}
}

func TestASecretOfCodesOpensForItsAccountAndWithTheKeyOfItsSideOnly(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		ctx := t.Context()
		db := open(sqldb.Config{})
		p, c := openPeople(t, db)
		add(t, p, park)
		add(t, p, people.Account{Name: "choi", Person: "Choi"})
		shared := withCodes(t, p, c, "park")
		withCodes(t, p, c, "choi")
		c.turn(time.Minute)

		another, err := people.Open(ctx, db, people.Key{9}, c.Now)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := another.SignIn(ctx, "park", secret, code(t, shared, c.Now()), from); err == nil || !strings.Contains(err.Error(), "sealed with other keys") {
			t.Errorf("with another key: got %v", err)
		}
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE account SET secret = (SELECT secret FROM account WHERE name = 'park') WHERE name = 'choi'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.SignIn(ctx, "choi", secret, code(t, shared, c.Now()), from); err == nil || !strings.Contains(err.Error(), "for another account") {
			t.Errorf("park's secret, put into choi's account: got %v", err)
		}
		if _, _, err := p.SignIn(ctx, "park", secret, code(t, shared, c.Now()), from); err != nil {
			t.Errorf("park: %v", err)
		}
	})
}

func TestSecretsThatAnOlderProgramLeftInClearAreSealed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		ctx := t.Context()
		db := open(sqldb.Config{})
		p, c := openPeople(t, db)
		add(t, p, park)
		add(t, p, people.Account{Name: "choi", Person: "Choi"})
		_, cookie := redeem(t, p, "choi")
		withCodes(t, p, c, "park")
		const old, drawn = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE account SET secret = $1, last_step = 0 WHERE name = 'park'`, old)
			if err == nil {
				_, err = tx.Exec(ctx, `UPDATE account SET new_secret = $1 WHERE name = 'choi'`, drawn)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is nothing to do
			var err error
			if p, err = people.Open(ctx, db, key, c.Now); err != nil {
				t.Fatal(err)
			}
		}
		if got := storedSecrets(t, db); strings.Contains(got, old) || strings.Contains(got, drawn) || strings.Count(got, "sealed:") != 2 {
			t.Errorf("the database holds %q, want two sealed secrets", got)
		}
		if _, _, err := p.SignIn(ctx, "park", secret, code(t, old, c.Now()), from); err != nil {
			t.Errorf("a code of the old secret: %v", err)
		}
		if pending, err := p.PendingSecret(ctx, cookie); pending != drawn || err != nil {
			t.Errorf("got %q, %v, want the secret that was drawn", pending, err)
		}
	})
}

func TestNothingIsLeftOfASecretOfCodesThatStoodInClear(t *testing.T) {
	path := t.TempDir() + "/local.db"
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, c := openPeople(t, db)
	for _, name := range []string{"park", "choi", "kang"} {
		add(t, p, people.Account{Name: name, Person: name})
	}
	const old = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	if err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE account SET secret = $1`, old)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Open(t.Context(), db, key, c.Now); err != nil {
		t.Fatal(err)
	}
	if got := storedSecrets(t, db); strings.Count(got, "sealed:") != 3 {
		t.Errorf("the database holds %q, want three sealed secrets", got)
	}
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(path + suffix)
		if err != nil || bytes.Contains(text, []byte(old)) {
			t.Errorf("local.db%s still holds a secret that stood in clear: %v", suffix, err)
		}
	}
}

// storedSecrets is what stands in the database of all secrets of codes.
func storedSecrets(t *testing.T, db *sqldb.DB) (all string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	if err := db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT secret, new_secret FROM account ORDER BY name`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a, b string
			if err := rows.Scan(&a, &b); err != nil {
				return err
			}
			all += a + " " + b + " "
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	return all
}
