//go:build unix

// Package sqldbtest runs a test on every kind of database that Liaison works
// with: SQLite in memory, SQLite in a file, and a real PostgreSQL server, which
// it starts for the test process and which ends with it.
package sqldbtest

import (
	"context"
	"path/filepath"
	"testing"

	"liaison.example/sqldb"
)

// Open opens a database for one test. The URL is filled in. Schema names the
// database within the test (it may stay empty if there is but one): opening
// the same name again finds the same tables, except in memory. The database is
// closed when the test ends.
type Open func(c sqldb.Config) *sqldb.DB

// Each runs f on SQLite in memory, on SQLite in a file and on PostgreSQL, each
// with databases of its own.
func Each(t *testing.T, f func(t *testing.T, open func(sqldb.Config) *sqldb.DB)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		f(t, opener(t, func(string) string { return "sqlite::memory:" }))
	})
	EachKept(t, f)
}

// EachKept is Each without SQLite in memory, for tests that close a database
// and open it again.
func EachKept(t *testing.T, f func(t *testing.T, open func(sqldb.Config) *sqldb.DB)) {
	t.Helper()
	t.Run("file", func(t *testing.T) {
		folder := t.TempDir()
		f(t, opener(t, func(schema string) string { return "sqlite:" + filepath.Join(folder, schema+".db") }))
	})
	t.Run("postgresql", func(t *testing.T) {
		url := PostgreSQL(t)
		f(t, opener(t, func(string) string { return url }))
	})
}

func opener(t *testing.T, url func(schema string) string) Open {
	return func(c sqldb.Config) *sqldb.DB {
		t.Helper()
		if c.Schema == "" {
			c.Schema = "test"
		}
		c.URL = url(c.Schema)
		db, err := sqldb.Open(context.Background(), c)
		if err != nil {
			t.Fatalf("open %s: %v", c.URL, err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Errorf("close %s: %v", c.URL, err)
			}
		})
		return db
	}
}
