package bench

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// verifyRow times the command that checks a data folder from nothing, against
// reading the same rows, checking each one's canonical form and rebuilding the
// tree, on all cores.
func verifyRow(ctx context.Context, b *run) ([]Figure, error) {
	full, err := b.full(ctx)
	if err != nil {
		return nil, err
	}
	if err := full.near.halt(); err != nil {
		return nil, err
	}
	receipts, err := countReceipts(ctx, filepath.Join(full.near.dir, "ledger.db"))
	if err != nil {
		return nil, err
	}
	var times, signed pairs
	for range b.refoldRounds() {
		start := time.Now()
		if err := rebuild(ctx, filepath.Join(full.near.dir, "ledger.db")); err != nil {
			return nil, err
		}
		floor := time.Since(start)
		if err := checkSignatures(2 * receipts); err != nil {
			return nil, err
		}
		floorSigned := time.Since(start)
		start = time.Now()
		if _, err := b.once(ctx, "verify", full.near.dir); err != nil {
			return nil, err
		}
		took := time.Since(start).Seconds()
		times.add(floor.Seconds(), took)
		signed.add(floorSigned.Seconds(), took)
	}
	if err := full.serve(ctx, full.near); err != nil {
		return nil, err
	}
	f := times.figure(fmt.Sprintf("verify of %d entries", b.sizes.ledger), "s", 1.5, RatioAtMost)
	f.Note = fmt.Sprintf("it also checks %d cosignatures, each over a signed checkpoint; the floor of the first line has none", receipts)
	g := signed.figure("the same, where the floor checks as many signatures", "s", 0, NoTarget)
	return []Figure{f, g}, nil
}

// checkSignatures checks count signatures on all cores.
func checkSignatures(count int64) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	message := filler(150)
	signature := ed25519.Sign(private, message)
	var workers sync.WaitGroup
	cores := int64(runtime.NumCPU())
	for i := range cores {
		workers.Go(func() {
			for range (count + i) / cores {
				ed25519.Verify(public, message, signature)
			}
		})
	}
	workers.Wait()
	return nil
}

// countReceipts counts the cosignatures that a ledger database holds.
func countReceipts(ctx context.Context, path string) (n int64, err error) {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + path, ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT COUNT(*) FROM cosignature`).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count the cosignatures: %w", err)
	}
	return n, nil
}

// rebuild is the floor of a check: it reads all entries of a ledger database,
// checks that each is canonical JSON, and computes the root of each tree.
func rebuild(ctx context.Context, path string) (err error) {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + path, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type lot struct {
		leaves [][]byte
		hashes []tlog.Hash
		done   chan struct{}
	}
	work, order := make(chan *lot, 16), make(chan *lot, 64)
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for l := range work {
				for i, leaf := range l.leaves {
					canonical := jsontext.Value(bytes.Clone(leaf))
					if err := canonical.Canonicalize(); err != nil || !bytes.Equal(canonical, leaf) {
						cancel(fmt.Errorf("an entry is not canonical: %w", err))
					}
					l.hashes[i] = tlog.RecordHash(leaf)
				}
				close(l.done)
			}
		})
	}
	workers.Go(func() {
		var tree edge
		for l := range order {
			<-l.done
			for _, h := range l.hashes {
				tree.add(h)
			}
		}
		tree.root()
	})
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT leaf FROM entry ORDER BY side, idx`)
		if err != nil {
			return err
		}
		defer rows.Close()
		next := &lot{done: make(chan struct{})}
		hand := func() {
			next.hashes = make([]tlog.Hash, len(next.leaves))
			work <- next
			order <- next
			next = &lot{done: make(chan struct{})}
		}
		for rows.Next() {
			var leaf []byte
			if err := rows.Scan(&leaf); err != nil {
				return err
			}
			if next.leaves = append(next.leaves, leaf); len(next.leaves) == 256 {
				hand()
			}
		}
		hand()
		return rows.Err()
	})
	close(work)
	close(order)
	workers.Wait()
	return errors.Join(err, context.Cause(ctx))
}

// edge is the right edge of an RFC 6962 tree, as it grows.
type edge struct {
	size  int64
	peaks []tlog.Hash
}

func (e *edge) add(h tlog.Hash) {
	for n := e.size; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(e.peaks[len(e.peaks)-1], h)
		e.peaks = e.peaks[:len(e.peaks)-1]
	}
	e.peaks = append(e.peaks, h)
	e.size++
}

func (e *edge) root() tlog.Hash {
	var h tlog.Hash
	for i := len(e.peaks) - 1; i >= 0; i-- {
		if i == len(e.peaks)-1 {
			h = e.peaks[i]
		} else {
			h = tlog.NodeHash(e.peaks[i], h)
		}
	}
	return h
}
