package sqldb_test

import (
	"context"
	"errors"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// listen starts to listen and returns the wakes, of which there is one already
// when it returns, and what ends it and gives its answer.
func listen(t *testing.T, db *sqldb.DB, channel string) (wakes <-chan struct{}, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	heard := make(chan struct{}, 100)
	ended := make(chan error, 1)
	go func() { ended <- db.Listen(ctx, channel, func() { heard <- struct{}{} }) }()
	<-heard
	return heard, func() error {
		cancel()
		return <-ended
	}
}

func notify(t *testing.T, db *sqldb.DB, channel string, commit bool) {
	t.Helper()
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.Notify(t.Context(), channel); err != nil {
		t.Fatal(err)
	}
	if commit {
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestListenWakesAtOnceAndEndsWithTheContext(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		_, stop := listen(t, db, "news")
		notify(t, db, "news", true)
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		_, stop = listen(t, db, "news")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := stop(); !errors.Is(err, sqldb.ErrClosed) && !errors.Is(err, context.Canceled) {
			t.Errorf("after Close: got %v, want ErrClosed", err)
		}
	})
}

func openPG(t *testing.T, url, schema string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url, Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// cutOthers ends all connections to the database but one.
func cutOthers(t *testing.T, db *sqldb.DB) {
	t.Helper()
	if err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		for _, wait := range []int{0, 10_000} { // first tell them all, then wait for each, in milliseconds
			if _, err := tx.Exec(t.Context(), `
				SELECT pg_terminate_backend(pid, $1)
				FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()`, wait); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestPostgreSQLNotifiesOtherProcesses(t *testing.T) {
	url := sqldbtest.PostgreSQL(t)
	here, there := openPG(t, url, "shared"), openPG(t, url, "shared")
	elsewhere := openPG(t, url, "another")
	wakes, stop := listen(t, there, "news")

	notify(t, here, "news", false)     // rolled back
	notify(t, here, "weather", true)   // another channel
	notify(t, elsewhere, "news", true) // another schema
	notify(t, there, "news", true)     // its own
	notify(t, here, "news", true)      // another's
	<-wakes
	if n := len(wakes); n != 0 {
		t.Errorf("got %d wakes more than the one", n)
	}

	cutOthers(t, here)
	<-wakes // connected again: something may have been missed
	notify(t, here, "news", true)
	<-wakes
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestALockIsHeldByOne(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		ctx := t.Context()
		held, release, err := db.Lock(ctx, "work")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := db.Lock(ctx, "work"); !errors.Is(err, sqldb.ErrHeld) {
			t.Errorf("a second time: got %v, want ErrHeld", err)
		}
		_, releaseOther, err := db.Lock(ctx, "other work")
		if err != nil {
			t.Errorf("another lock: %v", err)
		} else {
			releaseOther()
		}
		if held.Err() != nil {
			t.Errorf("held: got %v, want it to be held", context.Cause(held))
		}
		release()
		release()
		if held.Err() == nil {
			t.Error("after release it is still held")
		}

		short, cancel := context.WithCancel(ctx)
		if held, _, err = db.Lock(short, "work"); err != nil {
			t.Fatalf("after release: %v", err)
		}
		cancel()
		<-held.Done()
	})
}

func TestALockIsLostWithItsConnection(t *testing.T) {
	url := sqldbtest.PostgreSQL(t)
	here, there := openPG(t, url, "shared"), openPG(t, url, "shared")
	ctx := t.Context()
	held, release, err := here.Lock(ctx, "work")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, _, err := there.Lock(ctx, "work"); !errors.Is(err, sqldb.ErrHeld) {
		t.Errorf("another process: got %v, want ErrHeld", err)
	}
	if _, release, err := openPG(t, url, "another").Lock(ctx, "work"); err != nil {
		t.Errorf("another schema: %v", err)
	} else {
		release()
	}
	cutOthers(t, there)
	<-held.Done()
	if err := context.Cause(held); !errors.Is(err, sqldb.ErrLost) {
		t.Errorf("got %v, want ErrLost", err)
	}
	if _, release, err := there.Lock(ctx, "work"); err != nil {
		t.Errorf("another process after it was lost: %v", err)
	} else {
		release()
	}
}

func TestPostgreSQLIsUsedAgainAfterItsConnectionsWereCut(t *testing.T) {
	url := sqldbtest.PostgreSQL(t)
	here, there := openPG(t, url, "shared"), openPG(t, url, "shared")
	migrate(t, here)
	ctx := t.Context()
	tx, err := here.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(tx, 1, "lost"); err != nil {
		t.Fatal(err)
	}
	// The writers' turn is with here, so the server is told by a reader.
	if err := there.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT pg_terminate_backend(pid, 10000)
			FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		for err == nil && rows.Next() {
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); !errors.Is(err, sqldb.ErrUnsure) {
		t.Errorf("commit on a connection that is cut: got %v, want ErrUnsure", err)
	}
	if err := here.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 2, "kept") }); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
	wantNames(t, here, "kept")
}

func TestConnectionsThatWereCutWhileIdleAreNotNoticed(t *testing.T) {
	url := sqldbtest.PostgreSQL(t)
	here, there := openPG(t, url, "shared"), openPG(t, url, "shared")
	migrate(t, here)
	ctx := t.Context()
	var stored int
	// Readers within readers leave several idle connections.
	var nest func(depth int) error
	nest = func(depth int) error {
		return here.View(ctx, func(tx *sqldb.Tx) error {
			if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM shelf").Scan(&stored); err != nil || depth == 0 {
				return err
			}
			return nest(depth - 1)
		})
	}
	for id := range int64(2) {
		if err := nest(6); err != nil {
			t.Fatal(err)
		}
		cutOthers(t, there)
		if err := here.View(ctx, func(tx *sqldb.Tx) error { return tx.QueryRow(ctx, "SELECT COUNT(*) FROM shelf").Scan(&stored) }); err != nil {
			t.Errorf("the next reader: %v", err)
		}
		if err := nest(6); err != nil {
			t.Fatal(err)
		}
		cutOthers(t, there)
		// All of it goes with the commit in one message, and is done once.
		if err := here.Update(ctx, func(tx *sqldb.Tx) error {
			return tx.Later(ctx, nil, "INSERT INTO shelf (id, name, body) VALUES ($1, $2, $3)", id, "once", []byte{1})
		}); err != nil {
			t.Errorf("the next writer: %v", err)
		}
		cutOthers(t, there)
		if err := here.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, int(id)+100, "waited for") }); err != nil {
			t.Errorf("the next writer that waits for an answer: %v", err)
		}
	}
	if err := here.View(ctx, func(tx *sqldb.Tx) error { return tx.QueryRow(ctx, "SELECT COUNT(*) FROM shelf").Scan(&stored) }); err != nil || stored != 4 {
		t.Errorf("%d rows are stored, want 4 (%v)", stored, err)
	}
}

func TestAQueryThatIsCancelledFreesTheWriter(t *testing.T) {
	url := sqldbtest.PostgreSQL(t)
	here, there := openPG(t, url, "shared"), openPG(t, url, "shared")
	ctx, cancel := context.WithCancel(t.Context())
	err := here.Update(ctx, func(tx *sqldb.Tx) error {
		go cancel()
		_, err := tx.Exec(ctx, "SELECT pg_sleep(100)")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	migrate(t, there) // which writes
}
