package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"liaison.example/internal/pgcluster"
)

// engine is where the databases of floor and Liaison are made: SQLite files on
// the run's disk, or schemas on a throw-away PostgreSQL server there.
type engine struct {
	cluster *pgcluster.Cluster // nil for SQLite
}

// startPostgreSQL starts a server that syncs its disk, as one in earnest does.
func (b *run) startPostgreSQL(ctx context.Context) (engine, error) {
	// The server runs as a system user of its own, who must get at its files.
	if err := os.Chmod(b.dir, 0o711); err != nil { //nolint:gosec // what lies within is for its owner alone
		return engine{}, fmt.Errorf("let the PostgreSQL server reach its folder: %w", err)
	}
	cluster, err := pgcluster.Start(ctx, pgcluster.Config{Dir: b.dir, Durable: true})
	if err != nil {
		return engine{}, err
	}
	return engine{cluster}, nil
}

// database names the database of one side of the floor, and its schema.
func (e engine) database(dir, side string) (url, schema string) {
	if e.cluster == nil {
		return "sqlite:" + filepath.Join(dir, side+".db"), ""
	}
	return e.cluster.URL("postgres"), e.schema(dir, side)
}

// schema names the schema of one side, or the first part of the names of its
// schemas.
func (e engine) schema(dir, side string) string {
	return strings.ReplaceAll(filepath.Base(dir)+"_"+side, "-", "_")
}

// floor and pair that several rows share are started when first needed and
// stopped at the end of the run.
type shared struct {
	floor *floor
	pair  *pair // with few entries
	full  *pair // with many
}

func (s *shared) stop() error {
	var errs []error
	if s.floor != nil {
		errs = append(errs, s.floor.stop())
	}
	for _, p := range []*pair{s.pair, s.full} {
		if p != nil {
			errs = append(errs, p.stop())
		}
	}
	*s = shared{}
	return errors.Join(errs...)
}

// both returns the shared floor and the shared pair, warmed up.
func (b *run) both(ctx context.Context) (*floor, *pair, error) {
	if b.shared.floor == nil {
		f, err := b.startFloor(ctx, "floor")
		if err != nil {
			return nil, nil, err
		}
		b.shared.floor = f
		if _, err := load(ctx, 1, b.sizes.warm, f.send); err != nil {
			return nil, nil, err
		}
	}
	if b.shared.pair == nil {
		p, err := b.startPair(ctx, "pair")
		if err != nil {
			return nil, nil, err
		}
		b.shared.pair = p
		if _, err := load(ctx, 1, b.sizes.warm, p.send); err != nil {
			return nil, nil, err
		}
	}
	return b.shared.floor, b.shared.pair, nil
}

// full returns the shared pair with the full ledger.
func (b *run) full(ctx context.Context) (*pair, error) {
	if b.shared.full != nil {
		return b.shared.full, nil
	}
	b.logf("  filling a ledger with %d entries", b.sizes.ledger)
	p, err := b.startPair(ctx, "full")
	if err != nil {
		return nil, err
	}
	b.shared.full = p
	if _, err := load(ctx, senders, b.sizes.ledger, p.queue); err != nil {
		return nil, fmt.Errorf("fill a ledger: %w", err)
	}
	if err := p.equal(ctx); err != nil {
		return nil, err
	}
	if p.filled, err = p.memory(ctx); err != nil {
		return nil, err
	}
	return p, nil
}
