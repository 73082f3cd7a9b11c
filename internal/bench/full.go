package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"liaison.example/sqldb"
)

// restart stops nodes and starts them again.
func (p *pair) restart(ctx context.Context, hosts ...*host) error {
	for _, h := range hosts {
		if err := h.halt(); err != nil {
			return err
		}
	}
	for _, h := range hosts {
		if err := p.serve(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// startTime stops a node, lets change do something to its folder, starts it
// again, and returns how long it took until it said that it was ready.
func (p *pair) startTime(ctx context.Context, h *host, change func() error) (time.Duration, error) {
	if err := h.halt(); err != nil {
		return 0, err
	}
	if change != nil {
		if err := change(); err != nil {
			return 0, err
		}
	}
	start := time.Now()
	if err := p.serve(ctx, h); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}

// startRow holds the start of a node with a full ledger against that of one
// whose office has just been founded.
func startRow(ctx context.Context, b *run) (_ []Figure, err error) {
	empty, err := b.startPair(ctx, "empty")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, empty.stop()) }()
	full, err := b.full(ctx)
	if err != nil {
		return nil, err
	}
	var times pairs
	for range b.sizes.rounds * b.sizes.starts {
		short, err := empty.startTime(ctx, empty.far, nil)
		if err != nil {
			return nil, err
		}
		long, err := full.startTime(ctx, full.far, nil)
		if err != nil {
			return nil, err
		}
		times.add(milliseconds(short), milliseconds(long))
	}
	f := times.figure(fmt.Sprintf("start to ready at %d entries", b.sizes.ledger), "ms", 1.5, RatioAtMost)
	f.Against = "an empty node"
	return []Figure{f}, nil
}

// refoldRow deletes the records of the far side and times its start, less that
// of a start with them, against inserting as many rows.
func refoldRow(ctx context.Context, b *run) ([]Figure, error) {
	full, err := b.full(ctx)
	if err != nil {
		return nil, err
	}
	var times pairs
	for i := range b.refoldRounds() {
		floor, err := b.insertTime(ctx, fmt.Sprintf("refold-floor-%d", i))
		if err != nil {
			return nil, err
		}
		plain, err := full.startTime(ctx, full.far, nil)
		if err != nil {
			return nil, err
		}
		fold, err := full.startTime(ctx, full.far, func() error { return full.dropRecords(ctx, full.far) })
		if err != nil {
			return nil, err
		}
		times.add(floor.Seconds(), (fold - plain).Seconds())
	}
	return []Figure{times.figure(fmt.Sprintf("refold of %d entries", b.sizes.ledger), "s", 3, RatioAtMost)}, full.equal(ctx)
}

// refoldRounds bounds the rounds of the rows that take seconds each.
func (b *run) refoldRounds() int { return min(b.sizes.rounds, 3) }

// dropRecords deletes the records of a node that is stopped.
func (p *pair) dropRecords(ctx context.Context, h *host) error {
	if p.b.engine.cluster != nil {
		db, err := sqldb.Open(ctx, sqldb.Config{URL: p.b.engine.cluster.URL("postgres"), Schema: h.schema + "_records"})
		if err != nil {
			return err
		}
		return errors.Join(db.Reset(ctx), db.Close())
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(h.dir, "records.db"+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("delete the records: %w", err)
		}
	}
	return nil
}

// insertTime times the insertion of as many rows of 1 KiB as the full ledger
// has entries, in batches, into a database with the settings of the records.
func (b *run) insertTime(ctx context.Context, name string) (_ time.Duration, err error) {
	dir, err := b.folder(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	url, schema := b.engine.database(dir, "rows")
	db, err := sqldb.Open(ctx, sqldb.Config{URL: url, Schema: schema})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx, "floor", []sqldb.Migration{{Name: "floor", SQL: floorSchema}}); err != nil {
		return 0, err
	}
	row := filler(rowSize)
	start := time.Now()
	for from := 0; from < b.sizes.ledger; from += floorBatch {
		if err := insertRows(ctx, db, int64(from), min(floorBatch, b.sizes.ledger-from), row); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}
