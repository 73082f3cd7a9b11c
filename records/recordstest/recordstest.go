// Package recordstest checks records against a fold from nothing. It is for
// tests, of this package and of those that build on it.
package recordstest

import (
	"context"
	"log/slog"
	"strings"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/sqldb"
)

// T is what is needed of a test: *testing.T, *testing.B and *rapid.T have it.
type T interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// Dump gives the text of Records.Dump.
func Dump(t T, r *records.Records) string {
	t.Helper()
	var b strings.Builder
	if err := r.Dump(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Same checks that two records have the same entries placed and that the same
// follows from them, and reports whether it is so.
func Same(t T, a, b *records.Records) bool {
	t.Helper()
	return compare(t, Dump(t, a), Dump(t, b))
}

func compare(t T, got, want string) bool {
	t.Helper()
	if got == want {
		return true
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Errorf("the records differ in line %d\n one %s\n two %s", i+1, gotLines[i], wantLines[i])
			return false
		}
	}
	t.Errorf("the records differ: %d lines and %d", len(gotLines), len(wantLines))
	return false
}

// Fresh checks that the tables are what a fold from nothing gives of the
// entries that are placed. Call it when a test closes its records. The config
// is that of r: entries are read from its source.
func Fresh(t T, r *records.Records, c records.Config) bool {
	t.Helper()
	ctx := context.Background()
	var ids []office.EntryID
	for before := int64(0); ; {
		page, err := r.Record(ctx, before, records.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			ids = append(ids, e.ID)
		}
		before = page[len(page)-1].Pos
	}
	fresh, done := open(t, "sqlite::memory:", c)
	defer done()
	const most = 500
	var batch []office.Entry
	for i := len(ids) - 1; i >= 0; i-- {
		entries, err := c.Source(ctx, ids[i].Side, ids[i].Index, 1)
		if err != nil || len(entries) == 0 {
			t.Fatalf("read %s: %v", ids[i], err)
		}
		if batch = append(batch, entries[0]); i > 0 && len(batch) < most {
			continue
		}
		if err := fresh.Add(ctx, batch); err != nil {
			t.Fatal(err)
		}
		batch = batch[:0]
	}
	return compare(t, Dump(t, r), Dump(t, fresh))
}

// Open opens records in a database, which is closed when the test ends.
func Open(t T, url string, c records.Config) *records.Records {
	t.Helper()
	r, done := open(t, url, c)
	t.Cleanup(done)
	return r
}

func open(t T, url string, c records.Config) (r *records.Records, done func()) {
	t.Helper()
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Config{URL: url, Schema: "records"})
	if err != nil {
		t.Fatal(err)
	}
	done = func() {
		if err := db.Close(); err != nil {
			t.Errorf("%v", err)
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if r, err = records.Open(ctx, db, c); err != nil {
		done()
		t.Fatal(err)
	}
	return r, done
}
