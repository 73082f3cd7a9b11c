package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"liaison.example/ledger"
	"liaison.example/sqldb"
)

// BenchmarkReceipt measures the ledger's part of the way from release to
// receipt on a disk: append, extend, countersign.
func BenchmarkReceipt(b *testing.B) {
	c := newClock()
	openDisk := func(side, other string) *ledger.Ledger {
		db, err := sqldb.Open(b.Context(), sqldb.Config{URL: "sqlite:" + b.TempDir() + "/ledger.db", Durable: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() })
		return openOn(b, db, c, side, other)
	}
	south, north := openDisk("south", "north"), openDisk("north", "south")
	body := []byte(fmt.Sprintf(`{"text":"%s"}`, strings.Repeat("x", 800)))
	ctx := context.Background()
	run := func(name string, n int, f func()) {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/entry")
		})
	}
	for _, n := range []int{1, 64} {
		drafts := func() []ledger.Entry {
			s := south.Standing()
			entries := make([]ledger.Entry, n)
			for i := range entries {
				var err error
				if entries[i], err = south.Draft(s.Own+int64(i), s.Seen, c.now, "head", "dispatch", body); err != nil {
					b.Fatal(err)
				}
			}
			return entries
		}
		run(fmt.Sprintf("draft-%d", n), n, func() { drafts() })
		run(fmt.Sprintf("append-%d", n), n, func() {
			if err := south.Append(ctx, drafts()); err != nil {
				b.Fatal(err)
			}
		})
		push(b, south, north, "south")
		run(fmt.Sprintf("append-extend-%d", n), n, func() {
			if err := south.Append(ctx, drafts()); err != nil {
				b.Fatal(err)
			}
			x, err := south.Extension(ctx, "south", north.Head("south").Size, 100, 1<<20)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := north.Extend(ctx, x); err != nil {
				b.Fatal(err)
			}
		})
		run(fmt.Sprintf("all-%d", n), n, func() {
			if err := south.Append(ctx, drafts()); err != nil {
				b.Fatal(err)
			}
			push(b, south, north, "south")
		})
	}
}
