package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/ledger"
	"liaison.example/sqldb"
)

// BenchmarkVerify measures how long it takes to verify 100,000 entries of 1 KiB,
// with a cosignature for every hundredth, against the floor: reading the same
// rows, checking each one's canonical form and rebuilding the tree, on all cores.
// They take turns in one run.
func BenchmarkVerify(b *testing.B) {
	const size = 100_000
	path := b.TempDir() + "/ledger.db"
	db, err := sqldb.Open(b.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	c := newClock()
	south, north := openOn(b, db, c, "south", "north"), open(b, c, "north", "south")
	fill(b, south, c, size, func() { push(b, south, north, "south") })
	var floor, verify time.Duration
	for range b.N {
		began := time.Now()
		root := verifyFloor(b, db, size)
		floor += time.Since(began)
		if root != south.Head("south").Root {
			b.Fatal("the floor has another root")
		}
		began = time.Now()
		if s := sound(b, db); s.Ledgers[1].Entries != size || s.Ledgers[1].Cosignatures != size/100 {
			b.Fatalf("%+v", s)
		}
		verify += time.Since(began)
	}
	b.ReportMetric(floor.Seconds()/float64(b.N), "floor-s/op")
	b.ReportMetric(verify.Seconds()/float64(b.N), "verify-s/op")
	b.ReportMetric(float64(verify)/float64(floor), "ratio")
}

// fill appends entries of 1 KiB, 100 in a commit.
func fill(b testing.TB, l *ledger.Ledger, c *clock, size int64, each func()) {
	b.Helper()
	body := []byte(fmt.Sprintf(`{"channel":"liaison","precedence":"ROUTINE","subject":"Measurement","text":"%s","to":["north"]}`, strings.Repeat("The office is open. ", 40)))
	for l.Head("south").Size < size {
		s := l.Standing()
		entries := make([]ledger.Entry, min(100, size-s.Own))
		for i := range entries {
			var err error
			if entries[i], err = l.Draft(s.Own+int64(i), s.Seen, c.now, "duty-officer", "dispatch", body); err != nil {
				b.Fatal(err)
			}
		}
		if err := l.Append(context.Background(), entries); err != nil {
			b.Fatal(err)
		}
		each()
	}
}

// verifyFloor reads the entries, checks that each is canonical JSON and rebuilds
// the tree. It gives its root.
func verifyFloor(b *testing.B, db *sqldb.DB, size int64) tlog.Hash {
	type block struct {
		leaves [][]byte
		hashes []tlog.Hash
		done   chan struct{}
	}
	work, ordered := make(chan *block, 8), make(chan *block, 8)
	var stages sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		stages.Go(func() {
			for k := range work {
				for _, leaf := range k.leaves {
					v := jsontext.Value(bytes.Clone(leaf))
					if err := v.Canonicalize(); err != nil || !bytes.Equal(v, leaf) {
						b.Error("not canonical")
					}
					k.hashes = append(k.hashes, tlog.RecordHash(leaf))
				}
				close(k.done)
			}
		})
	}
	var root tlog.Hash
	stages.Go(func() {
		var hashes []tlog.Hash
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(indexes))
			for i, x := range indexes {
				out[i] = hashes[x]
			}
			return out, nil
		})
		n := int64(0)
		for k := range ordered {
			<-k.done
			for _, h := range k.hashes {
				more, err := tlog.StoredHashesForRecordHash(n, h, reader)
				if err != nil {
					b.Error(err)
				}
				hashes = append(hashes, more...)
				n++
			}
		}
		root, _ = tlog.TreeHash(n, reader)
	})
	err := db.View(b.Context(), func(tx *sqldb.Tx) error {
		for from := int64(0); from < size; from += 256 {
			k := &block{done: make(chan struct{})}
			rows, err := tx.Query(b.Context(), `SELECT leaf FROM entry WHERE side = $1 AND idx >= $2 AND idx < $3 ORDER BY idx`, "south", from, from+256)
			if err != nil {
				return err
			}
			for rows.Next() {
				var leaf []byte
				if err := rows.Scan(&leaf); err != nil {
					return err
				}
				k.leaves = append(k.leaves, leaf)
			}
			if err := rows.Close(); err != nil {
				return err
			}
			ordered <- k
			work <- k
		}
		return nil
	})
	close(work)
	close(ordered)
	stages.Wait()
	if err != nil && !errors.Is(err, io.EOF) {
		b.Fatal(err)
	}
	return root
}
