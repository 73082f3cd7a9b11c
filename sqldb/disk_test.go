//go:build linux

package sqldb_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

func openDurable(t *testing.T, path string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// fill puts rows of 16 KiB, one in a transaction, until one is refused. It
// returns the names of those that were reported stored.
func fill(t *testing.T, db *sqldb.DB) (stored []string, err error) {
	t.Helper()
	body := bytes.Repeat([]byte("x"), 16<<10)
	for i := range 1000 {
		name := fmt.Sprintf("%03d", i)
		if err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO shelf (id, name, body) VALUES ($1, $2, $3)", i, name, body)
			return err
		}); err != nil {
			return stored, err
		}
		stored = append(stored, name)
	}
	t.Fatal("the disk does not become full")
	return nil, nil
}

func TestAFullDiskRefusesWritesAndLosesNothing(t *testing.T) {
	sqldbtest.SmallDisk(t, 640<<10, func(t *testing.T, disk *sqldbtest.Disk) {
		db := openDurable(t, filepath.Join(disk.Folder, "full.db"))
		migrate(t, db)
		stored, err := fill(t, db)
		if !sqldb.IsFull(err) || sqldb.IsBroken(err) || sqldb.IsReadOnly(err) || errors.Is(err, sqldb.ErrUnsure) {
			t.Errorf("got %v, want that the disk is full, and nothing else", err)
		}
		wantNames(t, db, stored...)
		if err := db.Migrate(t.Context(), "other", []sqldb.Migration{{Name: "big", SQL: `
			CREATE TABLE big (body BYTEA);
			INSERT INTO big (body) VALUES (zeroblob(400000))`}}); !sqldb.IsFull(err) {
			t.Errorf("migrate: got %v, want that the disk is full", err)
		}
		disk.Grow(8 << 20)
		if err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 1000, "room again") }); err != nil {
			t.Errorf("after room was made: %v", err)
		}
		wantNames(t, db, append(stored, "room again")...)
	})
}

func TestAFullDatabaseRefusesWritesAndLosesNothing(t *testing.T) {
	db := openDurable(t, filepath.Join(t.TempDir(), "full.db"))
	migrate(t, db)
	limit := func(pages int) {
		if err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			var got int
			return tx.QueryRow(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&got)
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(100)
	stored, err := fill(t, db)
	if !sqldb.IsFull(err) {
		t.Errorf("got %v, want that it is full", err)
	}
	limit(10_000)
	if err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 1000, "room again") }); err != nil {
		t.Errorf("after room was made: %v", err)
	}
	wantNames(t, db, append(stored, "room again")...)
}

func TestADiskThatFailsLeavesTheNextTransactionClean(t *testing.T) {
	sqldbtest.SmallDisk(t, 8<<20, func(t *testing.T, disk *sqldbtest.Disk) {
		db := openDurable(t, filepath.Join(disk.Folder, "broken.db"))
		migrate(t, db)
		// A write beyond the limit for the size of a file fails with an error
		// that is neither "full" nor "read-only", as on a disk that breaks.
		signal.Ignore(syscall.SIGXFSZ)
		limit := unix.Rlimit{Cur: 128 << 10, Max: unix.RLIM_INFINITY}
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		stored, err := fill(t, db)
		if !sqldb.IsBroken(err) || sqldb.IsFull(err) || sqldb.IsReadOnly(err) || !errors.Is(err, sqldb.ErrUnsure) {
			t.Errorf("got %v, want a disk that is broken and a commit that is unsure", err)
		}
		wantNames(t, db, stored...)
		limit.Cur = unix.RLIM_INFINITY
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		if err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 1000, "after") }); err != nil {
			t.Errorf("after the disk was mended: %v", err)
		}
		wantNames(t, db, append(stored, "after")...)
	})
}

func TestAReadOnlyDiskIsNamed(t *testing.T) {
	sqldbtest.SmallDisk(t, 2<<20, func(t *testing.T, disk *sqldbtest.Disk) {
		path := filepath.Join(disk.Folder, "read.db")
		db := openDurable(t, path)
		migrate(t, db)
		if err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 1, "one") }); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		disk.ReadOnly()
		_, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, Durable: true})
		if !sqldb.IsReadOnly(err) || sqldb.IsFull(err) || sqldb.IsBroken(err) {
			t.Errorf("open for writing: got %v, want that it is read-only", err)
		}
		_, err = sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + disk.Folder + "/new.db", Durable: true})
		if !sqldb.IsReadOnly(err) {
			t.Errorf("make a database: got %v, want that it is read-only", err)
		}
		reader, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, ReadOnly: true})
		if err != nil {
			t.Fatalf("open for reading: %v", err)
		}
		defer reader.Close()
		wantNames(t, reader, "one")
	})
}

func TestADatabaseThatWasNotClosedIsReadWhereItCanBe(t *testing.T) {
	sqldbtest.SmallDisk(t, 4<<20, func(t *testing.T, disk *sqldbtest.Disk) {
		live := filepath.Join(t.TempDir(), "live.db")
		db := openDurable(t, live)
		migrate(t, db)
		if err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 1, "one") }); err != nil {
			t.Fatal(err)
		}
		// What a power cut leaves: the file and its WAL.
		left := filepath.Join(disk.Folder, "left.db")
		for _, suffix := range []string{"", "-wal"} {
			content, err := os.ReadFile(live + suffix)
			if err == nil {
				err = os.WriteFile(left+suffix, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		read := func() error {
			reader, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + left, ReadOnly: true})
			if err != nil {
				return err
			}
			wantNames(t, reader, "one")
			return reader.Close()
		}
		if err := read(); err != nil {
			t.Errorf("where it can be written: %v", err)
		}
		if err := os.Remove(left + "-shm"); err != nil {
			t.Fatal(err)
		}
		disk.ReadOnly()
		if err := read(); err == nil || !strings.Contains(err.Error(), "read a copy of it") {
			t.Errorf("where it cannot: got %v, want what to do", err)
		}
	})
}

// PostgreSQL says in a code what has happened on its disk.
func TestPostgreSQLsCodesAreUnderstood(t *testing.T) {
	db := openPG(t, sqldbtest.PostgreSQL(t), "codes")
	for _, row := range []struct {
		code                         string
		full, readOnly, busy, broken bool
	}{
		{"53100", true, false, false, false},
		{"25006", false, true, false, false},
		{"55P03", false, false, true, false},
		{"40001", false, false, true, false},
		{"58030", false, false, false, true},
		{"XX001", false, false, false, true},
		{"23505", false, false, false, false},
	} {
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '"+row.code+"'; END $$")
			return err
		})
		if err == nil {
			t.Errorf("%s: got no error", row.code)
		}
		if sqldb.IsFull(err) != row.full || sqldb.IsReadOnly(err) != row.readOnly || sqldb.IsBusy(err) != row.busy || sqldb.IsBroken(err) != row.broken {
			t.Errorf("%s: got full %v, read-only %v, busy %v, broken %v; want %+v", row.code,
				sqldb.IsFull(err), sqldb.IsReadOnly(err), sqldb.IsBusy(err), sqldb.IsBroken(err), row)
		}
	}
}
