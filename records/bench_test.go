package records_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
	"liaison.example/sqldb"
)

// busy makes the ledgers of an office of two sides: each side in turn
// dispatches a text of 1 KiB, and the other acknowledges it.
func busy(b *testing.B, entries int) *world {
	w := newWorld(b, "north", "south")
	text := strings.Repeat("The convoy will pass the gate at nine. ", 27)[:1024]
	add := func(side office.Side, by, kind string, body any) office.EntryID {
		other := w.sides[0]
		if side == other {
			other = w.sides[1]
		}
		seen := map[office.Side]int64{other: int64(len(w.entries[other]))}
		if seen[other] == 0 {
			delete(seen, other)
		}
		w.now = w.now.Add(100 * time.Millisecond)
		e := office.Entry{
			ID: office.EntryID{Side: side, Index: int64(len(w.entries[side]))}, At: w.now.UnixMilli(),
			By: by, Seen: seen, Kind: kind, Body: encode(b, body),
		}
		e.Hash = sha256.Sum256(e.Body)
		w.entries[side] = append(w.entries[side], e)
		return e.ID
	}
	for _, side := range w.sides {
		add(side, office.Operator, office.KindCharter, &office.CharterBody{Charter: w.charter})
	}
	for _, side := range w.sides {
		add(side, office.Operator, office.KindPost, &office.DefaultPosts([]string{"ko"})[1])
	}
	for i := range entries / 2 {
		from, to := w.sides[i%2], w.sides[1-i%2]
		id := add(from, "duty-officer", office.KindDispatch, w.dispatch(from, int64(i/2+1), text))
		add(to, "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id})
	}
	return w
}

// sequence gives the entries of all ledgers as they were written.
func (w *world) sequence() (all []office.Entry) {
	next := map[office.Side]int{}
	for {
		var first *office.Entry
		for _, side := range w.sides {
			if i := next[side]; i < len(w.entries[side]) {
				if e := &w.entries[side][i]; first == nil || e.At < first.At {
					first = e
				}
			}
		}
		if first == nil {
			return all
		}
		all = append(all, *first)
		next[first.ID.Side]++
	}
}

const (
	refoldEntries = 100_000
	batch         = 1000
)

// BenchmarkRefold folds 100,000 entries from nothing, in batches as a node
// does, and gives the ratio to inserting as many rows of 1 KiB in batches of
// the same size into the same kind of database.
func BenchmarkRefold(b *testing.B) {
	w := busy(b, refoldEntries)
	all := w.sequence()
	for b.Loop() {
		folder := b.TempDir()
		floor := insertRows(b, "sqlite:"+filepath.Join(folder, "floor.db"), len(all))
		r := recordstest.Open(b, "sqlite:"+filepath.Join(folder, "records.db"),
			records.Config{Office: testOffice, Side: "south", Source: w.source})
		start := time.Now()
		for i := 0; i < len(all); i += batch {
			part := all[i:min(i+batch, len(all))]
			f, err := r.Begin(ctx)
			if err != nil {
				b.Fatal(err)
			}
			if err := f.Add(part); err != nil {
				b.Fatal(err)
			}
			if _, err := f.Settle(nil); err != nil {
				b.Fatal(err)
			}
			if err := f.Commit(); err != nil {
				b.Fatal(err)
			}
		}
		took := time.Since(start)
		b.ReportMetric(float64(took.Microseconds())/float64(len(all)), "µs/entry")
		b.ReportMetric(float64(floor.Microseconds())/float64(len(all)), "floor-µs/row")
		b.ReportMetric(float64(took)/float64(floor), "times-floor")
	}
}

func insertRows(b *testing.B, url string, rows int) time.Duration {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: url, Schema: "floor"})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	err = db.Migrate(ctx, "floor", []sqldb.Migration{{Name: "rows", SQL: `
		CREATE TABLE entry (side TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, PRIMARY KEY (side, idx))`}})
	if err != nil {
		b.Fatal(err)
	}
	leaf := strings.Repeat("x", 1024)
	start := time.Now()
	for i := 0; i < rows; i += batch {
		err := db.Update(ctx, func(tx *sqldb.Tx) error {
			for j := range min(batch, rows-i) {
				if _, err := tx.Exec(ctx, "INSERT INTO entry (side, idx, leaf) VALUES ($1, $2, $3)",
					fmt.Sprintf("side-%d", j%2), int64(i+j), leaf); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// BenchmarkOwnEntry folds one dispatch in a transaction of its own, which lies
// on the way from release to receipt.
func BenchmarkOwnEntry(b *testing.B) {
	w := busy(b, 2000)
	r := recordstest.Open(b, "sqlite:"+filepath.Join(b.TempDir(), "records.db"),
		records.Config{Office: testOffice, Side: "south", Source: w.source})
	if err := r.Add(ctx, w.sequence()); err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("x", 1024)
	seen := map[office.Side]int64{"north": int64(len(w.entries["north"]))}
	var drafts []office.Entry
	for i := range 20_000 {
		w.now = w.now.Add(time.Millisecond)
		e := office.Entry{
			ID: office.EntryID{Side: "south", Index: int64(len(w.entries["south"]) + i)}, At: w.now.UnixMilli(),
			By: "duty-officer", Seen: seen, Kind: office.KindDispatch, Body: encode(b, w.dispatch("south", int64(501+i), text)),
		}
		drafts = append(drafts, e)
	}
	n := 0
	for b.Loop() {
		if n == len(drafts) {
			b.Fatal("more drafts are needed")
		}
		f, err := r.Begin(ctx)
		if err != nil {
			b.Fatal(err)
		}
		v, err := f.Apply(drafts[n])
		if err != nil || !v.Done() {
			b.Fatal(v, err)
		}
		if err := f.Commit(); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
