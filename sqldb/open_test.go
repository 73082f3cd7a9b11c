package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

func TestOpenRefusesWhatItCannotOpen(t *testing.T) {
	folder := t.TempDir()
	garbage := filepath.Join(folder, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	server := sqldbtest.PostgreSQL(t)
	for name, c := range map[string]sqldb.Config{
		"no address":           {},
		"another engine":       {URL: "mysql://x"},
		"no path":              {URL: "sqlite:"},
		"no folder":            {URL: "sqlite:" + folder + "/none/x.db"},
		"not a database":       {URL: "sqlite:" + garbage},
		"memory for reading":   {URL: "sqlite::memory:", ReadOnly: true},
		"no file to read":      {URL: "sqlite:" + folder + "/none.db", ReadOnly: true},
		"no schema":            {URL: server},
		"a schema of others":   {URL: server, Schema: "public"},
		"a schema of theirs":   {URL: server, Schema: "pg_x"},
		"a schema with quotes": {URL: server, Schema: `a"; DROP`},
		"no schema to read":    {URL: server, Schema: "none", ReadOnly: true},
		"no such database":     {URL: strings.Replace(server, "/test", "/none", 1), Schema: "x"},
		"no server":            {URL: "postgres://postgres@/test?host=" + folder, Schema: "x"},
	} {
		db, err := sqldb.Open(t.Context(), c)
		if err == nil || db != nil {
			t.Errorf("%s: got %v, %v, want an error", name, db, err)
		}
	}
	if _, err := os.Stat(folder + "/none.db"); err == nil {
		t.Error("opening for reading made a file")
	}
}

func TestDurableIsWhatTheEngineSays(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		for _, durable := range []bool{true, false} {
			db := open(sqldb.Config{Durable: durable})
			query, synced, unsynced := "PRAGMA synchronous", "2", "1"
			switch {
			case db.Engine() == sqldb.PostgreSQL:
				query, synced, unsynced = "SHOW synchronous_commit", "on", "off"
			case strings.HasSuffix(t.Name(), "/memory"):
				synced, unsynced = "0", "0"
			}
			if !durable {
				synced = unsynced
			}
			for i, by := range []func(context.Context, func(*sqldb.Tx) error) error{db.Update, db.UpdateSoon, db.UpdateSoon, db.Update} {
				want := synced
				if i == 1 || i == 2 {
					want = unsynced
				}
				var got string
				if err := by(t.Context(), func(tx *sqldb.Tx) error {
					return tx.QueryRow(t.Context(), query).Scan(&got)
				}); err != nil || got != want {
					t.Errorf("durable %v, transaction %d: %s is %s, %v, want %s", durable, i, query, got, err, want)
				}
			}
		}
	})
}

func TestAFileIsForItsOwnerAlone(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "한글 with #?%20&.db")
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	migrate(t, db)
	defer db.Close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Errorf("%s: %v", suffix, err)
			continue
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s: got mode %o, want 600", suffix, mode)
		}
	}
}

func TestADatabaseInMemoryLeavesNoFiles(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	left := func() (n int) {
		for _, folder := range []string{"/dev/shm", os.TempDir()} {
			found, err := filepath.Glob(fmt.Sprintf("%s/liaison-memory-%d-*", folder, os.Getpid()))
			if err != nil {
				t.Fatal(err)
			}
			n += len(found)
		}
		return n
	}
	before := left()
	first, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if n := left(); n > before {
		t.Errorf("got %d folders while open, want %d", n, before)
	}
	migrate(t, first)
	migrate(t, second)
	if err := first.Update(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 1, "first") }); err != nil {
		t.Fatal(err)
	}
	wantNames(t, first, "first")
	wantNames(t, second)
}

func TestAReaderOfAnotherProcessSeesWhatIsCommitted(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		ctx := t.Context()
		writer := open(sqldb.Config{})
		migrate(t, writer)
		reader := open(sqldb.Config{ReadOnly: true})
		wantNames(t, reader)
		if err := writer.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 1, "one") }); err != nil {
			t.Fatal(err)
		}
		wantNames(t, reader, "one")
		for name, write := range map[string]func() error{
			"Update": func() error {
				return reader.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 2, "two") })
			},
			"Begin":   func() error { _, err := reader.Begin(ctx); return err },
			"Reset":   func() error { return reader.Reset(ctx) },
			"Migrate": func() error { return reader.Migrate(ctx, "shelf", shelf) },
		} {
			if err := write(); !sqldb.IsReadOnly(err) {
				t.Errorf("%s: got %v, want a read-only error", name, err)
			}
		}
		// The writer may go, the reader stays.
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		wantNames(t, reader, "one")
		// And one who comes when nobody writes.
		wantNames(t, open(sqldb.Config{ReadOnly: true}), "one")
	})
}

func TestReadingDoesNotChangeTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.db")
	writer, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	migrate(t, writer)
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, reader)
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(before) != string(after) {
		t.Errorf("the file has changed: %v", err)
	}
}

func TestAClosedDatabaseSaysSo(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		held, err := db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		// Close waits for the transaction, and lets nobody in meanwhile.
		waiting := make(chan error)
		go func() { waiting <- db.Update(ctx, func(*sqldb.Tx) error { return nil }) }()
		closed := make(chan error)
		go func() { closed <- db.Close() }()
		if err := <-waiting; !errors.Is(err, sqldb.ErrClosed) {
			t.Errorf("a writer who waits when it is closed: got %v, want ErrClosed", err)
		}
		if err := put(held, 1, "one"); err != nil {
			t.Error(err)
		}
		if err := held.Commit(); err != nil {
			t.Errorf("the transaction that was under way: %v", err)
		}
		if err := <-closed; err != nil {
			t.Errorf("close: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("close again: %v", err)
		}
		if err := db.View(ctx, func(*sqldb.Tx) error { return nil }); !errors.Is(err, sqldb.ErrClosed) {
			t.Errorf("View: got %v, want ErrClosed", err)
		}
		if _, err := db.Begin(ctx); !errors.Is(err, sqldb.ErrClosed) {
			t.Errorf("Begin: got %v, want ErrClosed", err)
		}
		if err := db.Listen(ctx, "news", func() {}); !errors.Is(err, sqldb.ErrClosed) {
			t.Errorf("Listen: got %v, want ErrClosed", err)
		}
		if _, _, err := db.Lock(ctx, "work"); !errors.Is(err, sqldb.ErrClosed) {
			t.Errorf("Lock: got %v, want ErrClosed", err)
		}
	})
}

func TestACopyHoldsWhatWasCommitted(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		migrate(t, db)
		ctx := t.Context()
		path := filepath.Join(t.TempDir(), "copy's.db")
		if err := db.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 1, "one") }); err != nil {
			t.Fatal(err)
		}
		if db.Engine() == sqldb.PostgreSQL {
			if err := db.VacuumInto(ctx, path); err == nil {
				t.Error("got no error")
			}
			return
		}
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			if err := put(tx, 2, "not committed yet"); err != nil {
				return err
			}
			return db.VacuumInto(ctx, path)
		}); err != nil {
			t.Fatal(err)
		}
		read, err := sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + path, ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer read.Close()
		wantNames(t, read, "one")
		if err := db.VacuumInto(ctx, path); !errors.Is(err, os.ErrExist) {
			t.Errorf("over a file that exists: got %v, want os.ErrExist", err)
		}
		short, cancel := context.WithCancel(ctx)
		cancel()
		if err := db.VacuumInto(short, path+"2"); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that has ended: got %v, want context.Canceled", err)
		}
		if _, err := os.Stat(path + "2"); err == nil {
			t.Error("a copy that failed left a file")
		}
	})
}
