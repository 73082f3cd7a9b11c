package sqldb_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"liaison.example/sqldb"
)

func TestAFileThatIsReadStillKeepsItsFolderAsItWas(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "still.db")
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), "shelf", []sqldb.Migration{{Name: "shelf", SQL: `CREATE TABLE shelf (id BIGINT PRIMARY KEY)`}}); err != nil {
		t.Fatal(err)
	}
	still := sqldb.Config{URL: "sqlite:" + path, ReadOnly: true, Still: true}
	if _, err := sqldb.Open(t.Context(), still); !errors.Is(err, sqldb.ErrNotClosed) {
		t.Errorf("a file that is not closed: got %v, want ErrNotClosed", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if db, err = sqldb.Open(t.Context(), still); err != nil {
		t.Fatal(err)
	}
	var rows int64
	if err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM shelf`).Scan(&rows)
	}); err != nil {
		t.Error(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("reading has made other files: %v", names)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("reading has changed the file (%v)", err)
	}
}
