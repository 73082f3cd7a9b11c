package sqldb_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

func TestMigrateRunsEachStepOnce(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		ctx := t.Context()
		steps := []sqldb.Migration{
			{Name: "one", SQL: "CREATE TABLE shelf (id BIGINT PRIMARY KEY, name TEXT NOT NULL, body BYTEA)"},
			{Name: "two", SQL: "INSERT INTO shelf (id, name) VALUES (2, 'two')"},
			{Name: "three", SQL: "INSERT INTO shelf (id, name) VALUES (3, 'three'); INSERT INTO shelf (id, name) VALUES (4, 'TEXT')"},
		}
		for n := 1; n <= len(steps); n++ {
			db := open(sqldb.Config{})
			for range 2 {
				if err := db.Migrate(ctx, "shelf", steps[:n]); err != nil {
					t.Fatalf("%d steps: %v", n, err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		db := open(sqldb.Config{})
		wantNames(t, db, "TEXT", "three", "two")

		if err := db.Migrate(ctx, "shelf", steps[:2]); !errors.Is(err, sqldb.ErrNewer) {
			t.Errorf("an older program: got %v, want ErrNewer", err)
		}
		steps[1].Name = "zwei"
		if err := db.Migrate(ctx, "shelf", steps); err == nil || !strings.Contains(err.Error(), `step 2 is "zwei" here, but "two" in the database`) {
			t.Errorf("another step under the same number: got %v", err)
		}
		wantNames(t, db, "TEXT", "three", "two")
	})
}

func TestSetsOfMigrationsDoNotMeet(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		other := []sqldb.Migration{
			{Name: "setting", SQL: "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)"},
			{Name: "more", SQL: "CREATE TABLE alarm (id BIGINT PRIMARY KEY)"},
		}
		for range 2 {
			if err := db.Migrate(t.Context(), "node", other); err != nil {
				t.Fatal(err)
			}
			migrate(t, db)
		}
	})
}

func TestMigrateThatFailsLeavesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		ctx := t.Context()
		bad := []sqldb.Migration{
			{Name: "good", SQL: "CREATE TABLE shelf (id BIGINT PRIMARY KEY, name TEXT, body BYTEA)"},
			{Name: "bad", SQL: "CREATE TABLE other (id BIGINT PRIMARY KEY); CREATE TABLE other (id BIGINT)"},
		}
		if err := db.Migrate(ctx, "shelf", bad); err == nil || !strings.Contains(err.Error(), "step 2 (bad)") {
			t.Fatalf("got %v, want an error that names step 2", err)
		}
		migrate(t, db) // CREATE TABLE shelf would fail had the first step stayed
		wantNames(t, db)
	})
}

func TestMigrateSaysOnEachEngineWhatItNeeds(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		migrate(t, db)
		ctx := t.Context()
		if err := db.Migrate(ctx, "frozen", []sqldb.Migration{{
			Name: "shelf keeps what it has",
			OnSQLite: `
				CREATE TRIGGER shelf_keeps BEFORE DELETE ON shelf
				BEGIN
					SELECT RAISE(ABORT, 'the shelf keeps what it has');
				END`,
			OnPostgreSQL: `
				CREATE FUNCTION shelf_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					RAISE EXCEPTION 'the shelf keeps what it has';
				END $$;
				CREATE TRIGGER shelf_keeps BEFORE DELETE OR TRUNCATE ON shelf EXECUTE FUNCTION shelf_keeps()`,
		}}); err != nil {
			t.Fatal(err)
		}
		if err := db.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 1, "kept") }); err != nil {
			t.Fatal(err)
		}
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM shelf")
			return err
		}); err == nil || !strings.Contains(err.Error(), "the shelf keeps what it has") {
			t.Errorf("delete: got %v, want the trigger's refusal", err)
		}
		wantNames(t, db, "kept")
	})
}

func TestSeveralProcessesMayMigrateAtOnce(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		var done sync.WaitGroup
		for range 4 {
			db := open(sqldb.Config{})
			done.Go(func() {
				if err := db.Migrate(t.Context(), "shelf", shelf); err != nil {
					t.Error(err)
				}
			})
		}
		done.Wait()
	})
}

func TestResetDropsEverything(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		neighbour := open(sqldb.Config{Schema: "neighbour"})
		migrate(t, neighbour)
		ctx := t.Context()
		first := []sqldb.Migration{{
			Name: "many things",
			SQL: `
				CREATE TABLE shelf (id BIGINT PRIMARY KEY, name BIGINT);
				CREATE TABLE part (id BIGINT PRIMARY KEY, shelf BIGINT NOT NULL REFERENCES shelf (id));
				CREATE TABLE again (id BIGINT PRIMARY KEY, part BIGINT NOT NULL REFERENCES part (id) ON DELETE RESTRICT);
				CREATE VIEW whole AS SELECT part.id, shelf.name FROM part JOIN shelf ON shelf.id = part.shelf;
				INSERT INTO shelf VALUES (1, 10);
				INSERT INTO part VALUES (2, 1);
				INSERT INTO again VALUES (3, 2);`,
			OnSQLite: `
				CREATE VIRTUAL TABLE words USING fts5(text);
				INSERT INTO words VALUES ('one two');
				CREATE TRIGGER t AFTER INSERT ON shelf BEGIN DELETE FROM part; END;`,
			OnPostgreSQL: `
				CREATE SEQUENCE numbers;
				CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
				CREATE TRIGGER t AFTER INSERT ON shelf FOR EACH ROW EXECUTE FUNCTION f();`,
		}}
		const query = "SELECT name FROM shelf ORDER BY id"
		for range 2 {
			if err := db.Migrate(ctx, "first", first); err != nil {
				t.Fatal(err)
			}
			var number int64
			if err := db.View(ctx, func(tx *sqldb.Tx) error { return tx.QueryRow(ctx, query).Scan(&number) }); err != nil || number != 10 {
				t.Fatalf("got %d, %v, want 10", number, err)
			}
			if err := db.Reset(ctx); err != nil {
				t.Fatal(err)
			}
			// The same names may stand for other tables now.
			migrate(t, db)
			if err := db.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 1, "ten") }); err != nil {
				t.Fatal(err)
			}
			var name string
			if err := db.View(ctx, func(tx *sqldb.Tx) error { return tx.QueryRow(ctx, query).Scan(&name) }); err != nil || name != "ten" {
				t.Fatalf("got %q, %v, want ten", name, err)
			}
			if err := db.Reset(ctx); err != nil {
				t.Fatal(err)
			}
		}
		wantNames(t, neighbour)
	})
}

func TestForeignKeysHoldAlsoAfterReset(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		ctx := t.Context()
		if err := db.Reset(ctx); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx, "part", []sqldb.Migration{{Name: "part", SQL: `
			CREATE TABLE shelf (id BIGINT PRIMARY KEY);
			CREATE TABLE part (shelf BIGINT NOT NULL REFERENCES shelf (id))`}}); err != nil {
			t.Fatal(err)
		}
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO part (shelf) VALUES (7)")
			return err
		}); err == nil {
			t.Error("a part of no shelf: got no error")
		}
	})
}
