//go:build linux

package sqldb_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

var kibibyte = bytes.Repeat([]byte("x"), 1024)

// BenchmarkUpdate is one transaction with one row of 1 KiB. Compare "synced"
// with BenchmarkSync: the difference is what the transaction costs over the disk.
func BenchmarkUpdate(b *testing.B) {
	for name, c := range map[string]sqldb.Config{
		"memory":            {URL: "sqlite::memory:"},
		"file":              {URL: "sqlite:" + filepath.Join(b.TempDir(), "file.db")},
		"file-synced":       {URL: "sqlite:" + filepath.Join(b.TempDir(), "synced.db"), Durable: true},
		"postgresql":        {URL: sqldbtest.DurablePostgreSQL(b), Schema: "bench"},
		"postgresql-synced": {URL: sqldbtest.DurablePostgreSQL(b), Schema: "bench", Durable: true},
	} {
		b.Run(name, func(b *testing.B) {
			db := benchDB(b, c)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			var id int64
			for b.Loop() {
				id++
				if err := db.Update(ctx, func(tx *sqldb.Tx) error {
					_, err := tx.Exec(ctx, "INSERT INTO shelf (id, name, body) VALUES ($1, $2, $3)", id, "name", kibibyte)
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkExec is one row of 1 KiB among many in one transaction.
func BenchmarkExec(b *testing.B) {
	for name, c := range map[string]sqldb.Config{
		"file":       {URL: "sqlite:" + filepath.Join(b.TempDir(), "file.db")},
		"postgresql": {URL: sqldbtest.DurablePostgreSQL(b), Schema: "bench"},
	} {
		b.Run(name, func(b *testing.B) {
			db := benchDB(b, c)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			tx, err := db.Begin(ctx)
			if err != nil {
				b.Fatal(err)
			}
			defer tx.Rollback()
			var id int64
			for b.Loop() {
				id++
				if _, err := tx.Exec(ctx, "INSERT INTO shelf (id, name, body) VALUES ($1, $2, $3)", id, "name", kibibyte); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkQueryRow reads one row of 1 KiB by its key, within one View and
// with a View for each.
func BenchmarkQueryRow(b *testing.B) {
	db := benchDB(b, sqldb.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "file.db")})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	if err := db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO shelf (id, name, body) VALUES ($1, $2, $3)", 1, "name", kibibyte)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	read := func(tx *sqldb.Tx) error {
		var body []byte
		return tx.QueryRow(ctx, "SELECT body FROM shelf WHERE id = $1", 1).Scan(&body)
	}
	b.Run("one-view", func(b *testing.B) {
		if err := db.View(ctx, func(tx *sqldb.Tx) (err error) {
			for b.Loop() {
				if err = read(tx); err != nil {
					break
				}
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("view-each", func(b *testing.B) {
		for b.Loop() {
			if err := db.View(ctx, read); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one-update", func(b *testing.B) {
		if err := db.Update(ctx, func(tx *sqldb.Tx) (err error) {
			for b.Loop() {
				if err = read(tx); err != nil {
					break
				}
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkSync writes the three pages that BenchmarkUpdate changes, over
// blocks that the file has already, and syncs them: the least that a durable
// commit can cost on this disk.
func BenchmarkSync(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	pages := make([]byte, 3*4120)
	const room = 300
	for i := range room {
		if _, err := file.WriteAt(pages, int64(i*len(pages))); err != nil {
			b.Fatal(err)
		}
	}
	if err := file.Sync(); err != nil {
		b.Fatal(err)
	}
	var i int
	for b.Loop() {
		i++
		if _, err := file.WriteAt(pages, int64(i%room*len(pages))); err != nil {
			b.Fatal(err)
		}
		if err := unix.Fdatasync(int(file.Fd())); err != nil {
			b.Fatal(err)
		}
	}
}

func benchDB(b *testing.B, c sqldb.Config) *sqldb.DB {
	db, err := sqldb.Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if err := db.Migrate(b.Context(), "shelf", shelf); err != nil {
		b.Fatal(err)
	}
	if err := db.Update(b.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(b.Context(), "DELETE FROM shelf")
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return db
}
