package bench

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/office"
	"liaison.example/sqldb"
)

// The benchmarks here time the parts of a dispatch's way alone, to find which
// of them a change has made dearer.

const partsOffice = "parts.example"

// twoLedgers opens the ledgers of two sides on disk.
func twoLedgers(b *testing.B) (south, north *ledger.Ledger) {
	b.Helper()
	keys := map[string]*ledger.Keys{}
	for _, side := range []string{"south", "north"} {
		k, err := ledger.DeriveKeys(ledger.NewSeed(), partsOffice, side)
		if err != nil {
			b.Fatal(err)
		}
		keys[side] = k
	}
	open := func(side, other string) *ledger.Ledger {
		db, err := sqldb.Open(b.Context(), sqldb.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "ledger.db"), Durable: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() })
		l, err := ledger.Open(b.Context(), db, ledger.Config{Office: partsOffice, Side: side, Keys: keys[side],
			Parties: []ledger.Party{keys[other].Party()}, Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		return l
	}
	return open("south", "north"), open("north", "south")
}

// drafts makes count dispatches of about 1 KiB that follow the ledger's end.
func drafts(b *testing.B, l *ledger.Ledger, count int) []ledger.Entry {
	b.Helper()
	from := l.Head(l.Side()).Size
	entries := make([]ledger.Entry, count)
	for i := range entries {
		body, err := json.Marshal(office.DispatchBody{Channel: "liaison", Number: from + int64(i) + 1, Precedence: office.Routine,
			Subject: "Measurement", Text: string(filler(700)), To: []office.Side{"north"}})
		if err != nil {
			b.Fatal(err)
		}
		if entries[i], err = l.Draft(from+int64(i), nil, time.Now(), "duty-officer", office.KindDispatch, body); err != nil {
			b.Fatal(err)
		}
	}
	return entries
}

func BenchmarkLedgerDraft(b *testing.B) {
	south, _ := twoLedgers(b)
	for b.Loop() {
		drafts(b, south, 1)
	}
}

// BenchmarkLedgerJourney times append, extend and countersign for batches of
// several sizes.
func BenchmarkLedgerJourney(b *testing.B) {
	for _, count := range []int{1, 64, 1000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			south, north := twoLedgers(b)
			var took [4]time.Duration
			for b.Loop() {
				entries := drafts(b, south, count)
				t := time.Now()
				lap := func(i int) {
					now := time.Now()
					took[i] += now.Sub(t)
					t = now
				}
				if err := south.Append(b.Context(), entries); err != nil {
					b.Fatal(err)
				}
				lap(0)
				x, err := south.Extension(b.Context(), "south", entries[0].Index, int64(count), 1<<22)
				if err != nil {
					b.Fatal(err)
				}
				lap(1)
				receipt, err := north.Extend(b.Context(), x)
				if err != nil {
					b.Fatal(err)
				}
				lap(2)
				if err := south.Countersign(b.Context(), receipt); err != nil {
					b.Fatal(err)
				}
				lap(3)
			}
			for i, name := range []string{"append", "extension", "extend", "countersign"} {
				b.ReportMetric(float64(took[i].Microseconds())/float64(b.N), name+"-µs/op")
			}
		})
	}
}
