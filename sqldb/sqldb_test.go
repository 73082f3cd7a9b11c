package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

var shelf = []sqldb.Migration{{Name: "shelf", SQL: `
	CREATE TABLE shelf (
		id BIGINT PRIMARY KEY,
		name TEXT NOT NULL, -- TEXT in a comment
		body BYTEA
	);
	CREATE INDEX shelf_name ON shelf (name);`}}

func migrate(t *testing.T, db *sqldb.DB) {
	t.Helper()
	if err := db.Migrate(t.Context(), "shelf", shelf); err != nil {
		t.Fatal(err)
	}
}

func put(tx *sqldb.Tx, id int, name string) error {
	_, err := tx.Exec(context.Background(), "INSERT INTO shelf (id, name, body) VALUES ($1, $2, $3)", id, name, []byte(name))
	return err
}

// names reads the names on the shelf in the order of names.
func names(t *testing.T, db *sqldb.DB) (list []string) {
	t.Helper()
	ctx := t.Context()
	err := db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, "SELECT name FROM shelf ORDER BY name")
		if err != nil {
			return err
		}
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			list = append(list, name)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func wantNames(t *testing.T, db *sqldb.DB, want ...string) {
	t.Helper()
	if got := names(t, db); !slices.Equal(got, want) {
		t.Errorf("names on the shelf: got %q, want %q", got, want)
	}
}

func TestUpdateKeepsWhatItWroteAndViewReadsIt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		migrate(t, db)
		ctx := t.Context()
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			return errors.Join(put(tx, 1, "Zeta"), put(tx, 2, "alpha"), put(tx, 3, "사"), put(tx, 4, "_"))
		}); err != nil {
			t.Fatal(err)
		}
		wantNames(t, db, "Zeta", "_", "alpha", "사")
		if err := db.View(ctx, func(tx *sqldb.Tx) error {
			var body []byte
			if err := tx.QueryRow(ctx, "SELECT body FROM shelf WHERE id = $1", 3).Scan(&body); err != nil {
				return err
			}
			if string(body) != "사" {
				t.Errorf("body: got %q, want 사", body)
			}
			if err := tx.QueryRow(ctx, "SELECT body FROM shelf WHERE id = $1", 9).Scan(&body); !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("a row that is not there: got %v, want sql.ErrNoRows", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
