package sqldb_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"liaison.example/sqldb"
)

func TestNothingIsLeftOfWhatWasOverwrittenOrDeletedOnceTheLogIsEmpty(t *testing.T) {
	ctx, path := t.Context(), t.TempDir()+"/x.db"
	db, err := sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + path, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(query string, args ...any) {
		t.Helper()
		if err := db.Update(ctx, func(tx *sqldb.Tx) error { _, err := tx.Exec(ctx, query, args...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	// left reports whether the word stands in the file or in the log.
	left := func() bool {
		t.Helper()
		var all []byte
		for _, suffix := range []string{"", "-wal"} {
			text, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text...)
		}
		return bytes.Contains(all, []byte("SECRET"))
	}
	run(`CREATE TABLE shelf (id BIGINT PRIMARY KEY, name TEXT NOT NULL)`)
	for i := range 5 {
		run(`INSERT INTO shelf (id, name) VALUES ($1, $2)`, i, fmt.Sprintf("SECRET %d", i))
	}
	if err := db.EmptyWAL(ctx); err != nil {
		t.Fatal(err)
	}
	if !left() {
		t.Error("what was written is not in the file")
	}
	run(`UPDATE shelf SET name = 'longer than it was before' WHERE id < 3`)
	run(`DELETE FROM shelf WHERE id >= 3`)
	if err := db.EmptyWAL(ctx); err != nil {
		t.Fatal(err)
	}
	if left() {
		t.Error("what was overwritten or deleted is still there")
	}
}
