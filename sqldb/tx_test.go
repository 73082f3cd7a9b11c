package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

func TestValuesComeBackAsTheyWerePut(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		type row struct {
			id   int64
			name string
			body []byte
		}
		rows := []row{
			{math.MaxInt64, "largest", []byte{0, 255, 0}},
			{math.MinInt64, "", nil},
			{0, "한글 \u0301 '\"$1?", []byte("3.10")}, // must not become a number
			{1, "42", slices.Repeat([]byte("body"), 50_000)},
		}
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			for _, r := range rows {
				n, err := tx.Exec(ctx, "INSERT INTO shelf (id, name, body) VALUES ($1, $2, $3)", r.id, r.name, r.body)
				if err != nil || n != 1 {
					return fmt.Errorf("insert %d: %d rows, %w", r.id, n, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.View(ctx, func(tx *sqldb.Tx) error {
			for _, want := range rows {
				var got row
				if err := tx.QueryRow(ctx, "SELECT id, name, body FROM shelf WHERE id = $1 AND name = $2", want.id, want.name).
					Scan(&got.id, &got.name, &got.body); err != nil {
					return err
				}
				if got.id != want.id || got.name != want.name || !slices.Equal(got.body, want.body) {
					t.Errorf("row %d: got %.40q %.40q, want %.40q %.40q", want.id, got.name, got.body, want.name, want.body)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestExecCountsTheRowsItChanged(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			if err := errors.Join(put(tx, 1, "a"), put(tx, 2, "b")); err != nil {
				return err
			}
			for _, row := range []struct {
				query string
				want  int64
			}{
				{"UPDATE shelf SET name = 'c' WHERE id = 9", 0},
				{"UPDATE shelf SET name = 'c' WHERE id > 0", 2},
				{"INSERT INTO shelf (id, name) VALUES (1, 'd') ON CONFLICT (id) DO NOTHING", 0},
				{"INSERT INTO shelf (id, name) SELECT id + 10, name FROM shelf WHERE id IN (1, 2)", 2},
			} {
				if got, err := tx.Exec(ctx, row.query); err != nil || got != row.want {
					t.Errorf("%s: got %d rows, %v, want %d", row.query, got, err, row.want)
				}
			}
			var id int64
			if err := tx.QueryRow(ctx, "INSERT INTO shelf (id, name) VALUES ($1, $2) RETURNING id", 77, "e").Scan(&id); err != nil || id != 77 {
				t.Errorf("RETURNING: got %d, %v, want 77", id, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		wantNames(t, db, "c", "c", "c", "c", "e")
	})
}

func TestATransactionThatFailsLeavesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		sentinel := errors.New("the function fails")

		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			return errors.Join(put(tx, 1, "failed"), sentinel)
		}); !errors.Is(err, sentinel) {
			t.Errorf("an error: got %v, want it back", err)
		}

		func() {
			defer func() {
				if got := recover(); got != "stop" {
					t.Errorf("a panic: got %v, want it to go on", got)
				}
			}()
			_ = db.Update(ctx, func(tx *sqldb.Tx) error {
				if err := put(tx, 2, "panicked"); err != nil {
					t.Error(err)
				}
				panic("stop")
			})
		}()

		short, cancel := context.WithCancel(ctx)
		if err := db.Update(short, func(tx *sqldb.Tx) error {
			err := put(tx, 3, "cancelled")
			cancel()
			return err
		}); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that ends before the commit: got %v, want context.Canceled", err)
		}
		if err := db.Update(short, func(*sqldb.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that has ended: got %v, want context.Canceled", err)
		}

		short, cancel = context.WithCancel(ctx)
		if err := db.Update(short, func(tx *sqldb.Tx) error {
			err := put(tx, 4, "cancelled")
			cancel()
			return errors.Join(err, put(tx, 5, "too late"))
		}); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that ends in the middle: got %v, want context.Canceled", err)
		}

		tx, err := db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := put(tx, 6, "rolled back"); err != nil {
			t.Error(err)
		}
		tx.Rollback()
		tx.Rollback()
		if err := tx.Commit(); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("commit after rollback: got %v, want sql.ErrTxDone", err)
		}
		if err := put(tx, 7, "after the end"); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("a statement after the end: got %v, want sql.ErrTxDone", err)
		}

		if err := db.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 8, "kept") }); err != nil {
			t.Errorf("the transaction after all these: %v", err)
		}
		wantNames(t, db, "kept")
	})
}

func TestAfterARefusedStatementATransactionCanOnlyBeRolledBack(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		for _, refused := range []string{
			"INSERT INTO shelf (id, name) VALUES (1, 'twice')",
			"INSERT INTO shelf (id, name) VALUES (2, NULL)",
			"SELECT nothing FROM nowhere",
		} {
			err := db.Update(ctx, func(tx *sqldb.Tx) error {
				if err := put(tx, 1, "once"); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, refused); err == nil {
					t.Errorf("%s: got no error", refused)
				}
				if err := put(tx, 3, "later"); err == nil {
					t.Errorf("a statement after %s: got no error", refused)
				}
				return nil // as if the caller had not looked
			})
			if err == nil {
				t.Errorf("commit after %s: got no error", refused)
			}
			if errors.Is(err, sqldb.ErrUnsure) || sqldb.IsFull(err) || sqldb.IsReadOnly(err) || sqldb.IsBusy(err) || sqldb.IsBroken(err) {
				t.Errorf("commit after %s: %v is taken for something else", refused, err)
			}
		}
		wantNames(t, db)
	})
}

func TestAReadTransactionSeesOneState(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		count := func(tx *sqldb.Tx) (n int) {
			t.Helper()
			if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM shelf").Scan(&n); err != nil {
				t.Error(err)
			}
			return n
		}
		if err := db.View(ctx, func(reader *sqldb.Tx) error {
			if n := count(reader); n != 0 {
				t.Errorf("before: got %d rows, want 0", n)
			}
			// A writer does not wait for the reader, nor the reader for it.
			err := db.Update(ctx, func(tx *sqldb.Tx) error {
				if err := put(tx, 1, "new"); err != nil {
					return err
				}
				if n := count(reader); n != 0 {
					t.Errorf("while a writer is at work: got %d rows, want 0", n)
				}
				return db.View(ctx, func(second *sqldb.Tx) error {
					if n := count(second); n != 0 {
						t.Errorf("a second reader: got %d rows, want 0", n)
					}
					return nil
				})
			})
			if n := count(reader); n != 0 {
				t.Errorf("after the writer's commit: got %d rows, want 0 as before", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		wantNames(t, db, "new")
	})
}

func TestAReadTransactionCannotWrite(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		for name, write := range map[string]func(tx *sqldb.Tx) error{
			"Exec":   func(tx *sqldb.Tx) error { return put(tx, 1, "x") },
			"Notify": func(tx *sqldb.Tx) error { return tx.Notify(ctx, "news") },
			"Query": func(tx *sqldb.Tx) error {
				var id int
				return tx.QueryRow(ctx, "INSERT INTO shelf (id, name) VALUES (1, 'x') RETURNING id").Scan(&id)
			},
		} {
			if err := db.View(ctx, write); !sqldb.IsReadOnly(err) {
				t.Errorf("%s: got %v, want a read-only error", name, err)
			}
		}
		wantNames(t, db)
	})
}

// Two DBs on one database stand for two processes.
func TestWritersTakeTurns(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		first := open(sqldb.Config{})
		handles := []*sqldb.DB{first, first}
		if !strings.HasSuffix(t.Name(), "/memory") {
			handles[1] = open(sqldb.Config{})
		}
		migrate(t, first)
		ctx := t.Context()
		if err := first.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 0, "counter") }); err != nil {
			t.Fatal(err)
		}
		const writers, times = 6, 20
		var done sync.WaitGroup
		for w := range writers {
			done.Go(func() {
				for range times {
					// Read, think, write: lost updates would show here.
					if err := handles[w%2].Update(ctx, func(tx *sqldb.Tx) error {
						var n int64
						if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM shelf").Scan(&n); err != nil {
							return err
						}
						return put(tx, int(n), "counter")
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		done.Wait()
		if got := len(names(t, first)); got != 1+writers*times {
			t.Errorf("got %d rows, want %d", got, 1+writers*times)
		}
	})
}

func TestWaitingForTheWriterEndsWithTheContext(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		holder, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		waiting := make(chan error)
		go func() {
			_, err := db.Begin(ctx)
			waiting <- err
		}()
		cancel()
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("waiting: got %v, want context.Canceled", err)
		}
		if err := put(holder, 1, "held"); err != nil {
			t.Error(err)
		}
		if err := holder.Commit(); err != nil {
			t.Error(err)
		}
		wantNames(t, db, "held")
	})
}

func TestRowsMustBeClosedBeforeTheNextStatement(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			return errors.Join(put(tx, 1, "a"), put(tx, 2, "b"), put(tx, 3, "c"))
		}); err != nil {
			t.Fatal(err)
		}
		const query = "SELECT id FROM shelf ORDER BY id"
		if err := db.View(ctx, func(tx *sqldb.Tx) error {
			rows, err := tx.Query(ctx, query)
			if err != nil {
				return err
			}
			if !rows.Next() {
				t.Error("got no row")
			}
			if err := errors.Join(rows.Close(), rows.Close()); err != nil {
				t.Errorf("close twice: %v", err)
			}
			if rows, err = tx.Query(ctx, query); err != nil {
				return err
			}
			for rows.Next() {
			}
			if _, err = tx.Query(ctx, query); err != nil {
				t.Errorf("after rows were read to the end: %v", err)
			}
			if _, err := tx.Query(ctx, query); err == nil {
				t.Error("while rows are open: got no error")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		// Rows left open do not keep a transaction from being committed.
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			if err := put(tx, 4, "d"); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, query)
			if err == nil && !rows.Next() {
				t.Error("got no row")
			}
			return err
		}); err != nil {
			t.Errorf("commit with open rows: %v", err)
		}
		wantNames(t, db, "a", "b", "c", "d")
	})
}

func TestManyQueryTextsAreNotTooMany(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		ctx := t.Context()
		if err := db.View(ctx, func(tx *sqldb.Tx) error {
			for i := range 700 {
				var got int
				if err := tx.QueryRow(ctx, fmt.Sprintf("SELECT %d", i)).Scan(&got); err != nil || got != i {
					return fmt.Errorf("query %d: got %d, %w", i, got, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatIsWrittenLaterIsStoredWithTheRestOrNotAtAll(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		insert := func(tx *sqldb.Tx, id int64) error {
			return tx.Later(ctx, nil, "INSERT INTO shelf (id, name, body) VALUES ($1, $2, $3)", id, "later", []byte{1})
		}
		errCount := errors.New("not as many rows as there must be")
		stored := func() (n int64) {
			t.Helper()
			if err := db.View(ctx, func(tx *sqldb.Tx) error {
				return tx.QueryRow(ctx, "SELECT COUNT(*) FROM shelf").Scan(&n)
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		// A query sees what was to be written before it, and the commit stores it all.
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			var n int64
			if err := errors.Join(insert(tx, 1), insert(tx, 2), tx.QueryRow(ctx, "SELECT COUNT(*) FROM shelf").Scan(&n)); err != nil || n != 2 {
				return fmt.Errorf("%d rows, %w", n, err)
			}
			if err := tx.Later(ctx, errCount, "UPDATE shelf SET name = $1 WHERE id = $2", "moved", int64(2)); err != nil {
				return err
			}
			return insert(tx, 3)
		}); err != nil {
			t.Fatal(err)
		}
		if n := stored(); n != 3 {
			t.Fatalf("%d rows are stored", n)
		}
		// Not exactly one row, or a statement that is refused, is said at the commit
		// at the latest, and takes all with it.
		for name, last := range map[string]func(tx *sqldb.Tx) error{
			"none": func(tx *sqldb.Tx) error {
				return tx.Later(ctx, errCount, "UPDATE shelf SET name = $1 WHERE id = $2", "nobody", int64(99))
			},
			"two": func(tx *sqldb.Tx) error {
				return tx.Later(ctx, errCount, "UPDATE shelf SET name = $1 WHERE id < $2", "both", int64(3))
			},
			"refused": func(tx *sqldb.Tx) error { return insert(tx, 1) },
			"flushed": func(tx *sqldb.Tx) error { return errors.Join(insert(tx, 1), tx.Flush(ctx)) },
		} {
			err := db.Update(ctx, func(tx *sqldb.Tx) error {
				if err := insert(tx, 4); err != nil {
					return err
				}
				if err := last(tx); err != nil {
					return err
				}
				return insert(tx, 5)
			})
			if err == nil || errors.Is(err, sqldb.ErrUnsure) || (name == "none" || name == "two") != errors.Is(err, errCount) {
				t.Errorf("%s: got %v", name, err)
			}
			if n := stored(); n != 3 {
				t.Errorf("%s: %d rows are stored", name, n)
			}
		}
		// Long statements run beside the caller, in the order in which they were
		// given and with the bytes that they were given.
		many := func(tx *sqldb.Tx, from int64, body []byte) error {
			query, args := "INSERT INTO shelf (id, name, body) VALUES ", []any(nil)
			for i := range int64(40) {
				query += fmt.Sprintf("($%d, $%d, $%d), ", 3*i+1, 3*i+2, 3*i+3)
				args = append(args, from+i, "many", body)
			}
			return tx.Later(ctx, nil, strings.TrimSuffix(query, ", "), args...)
		}
		body := []byte("as given")
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			err := errors.Join(many(tx, 100, body), many(tx, 200, body))
			copy(body, "another!")
			return errors.Join(err,
				tx.Later(ctx, errCount, "UPDATE shelf SET name = $1 WHERE id = $2", "one of many", int64(239)),
				many(tx, 300, []byte("as given")),
				tx.Later(ctx, errCount, "DELETE FROM shelf WHERE id = $1", int64(300)),
				many(tx, 400, []byte("as given")))
		}); err != nil {
			t.Fatal(err)
		}
		var given int64
		if err := db.View(ctx, func(tx *sqldb.Tx) error {
			return tx.QueryRow(ctx, "SELECT COUNT(*) FROM shelf WHERE body = $1", []byte("as given")).Scan(&given)
		}); err != nil || given != 159 || stored() != 162 {
			t.Errorf("%d rows have the bytes that they were given, of %d (%v)", given, stored(), err)
		}
		for name, last := range map[string]func(tx *sqldb.Tx) error{
			"one of them is refused":            func(tx *sqldb.Tx) error { return many(tx, 500, body) },
			"given up":                          func(tx *sqldb.Tx) error { return errors.New("given up") },
			"one that is waited for is refused": func(tx *sqldb.Tx) error { return put(tx, 1, "twice") },
		} {
			if err := db.Update(ctx, func(tx *sqldb.Tx) error {
				return errors.Join(many(tx, 500, body), many(tx, 600, body), last(tx))
			}); err == nil || errors.Is(err, sqldb.ErrUnsure) {
				t.Errorf("%s: got %v", name, err)
			}
			if n := stored(); n != 162 {
				t.Errorf("%s: %d rows are stored", name, n)
			}
		}
		// What is read-only stays so.
		if err := db.View(ctx, func(tx *sqldb.Tx) error { return insert(tx, 6) }); err == nil {
			t.Error("a read transaction has written")
		}
	})
}
