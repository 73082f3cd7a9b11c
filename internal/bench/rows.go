package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// rows lists what is measured, in the order of the table. It is a function
// because one of the rows measures others of them.
func rows() []row {
	return []row{
		{"receipt", "release to receipt held, one sender", 5 * time.Minute, receiptRow},
		{"rate", "receipted dispatches per second, 64 senders", 10 * time.Minute, rateRow},
		{"page", "event in the other side's open page, 100 dispatches a second", 5 * time.Minute, pageRow},
		{"ring", "FLASH rings in the other side's open page", 10 * time.Minute, ringRow},
		{"desk", "pages of a side with 200 officers and 20 channels", 10 * time.Minute, deskRow},
		{"catch-up", "catch-up after a cut", 10 * time.Minute, catchUpRow},
		{"enclosure", "FLASH dispatches while an enclosure of 100 MiB crosses", 20 * time.Minute, enclosureRow},
		{"append", "one append to a long ledger", 20 * time.Minute, appendRow},
		{"refold", "folding the records from nothing", 20 * time.Minute, refoldRow},
		{"verify", "checking a data folder from nothing", 20 * time.Minute, verifyRow},
		{"start", "start to ready", 10 * time.Minute, startRow},
		{"memory", "resident memory", 20 * time.Minute, memoryRow},
		{"postgresql", "the same with PostgreSQL", 40 * time.Minute, postgresqlRow},
	}
}

// onPostgreSQL names the rows that are measured with PostgreSQL too.
var onPostgreSQL = []string{"receipt", "rate", "page", "desk", "catch-up", "refold", "start", "memory"}

// postgresqlRow measures other rows again with PostgreSQL under floor and
// Liaison. Only the receipt's p50 has a target there.
func postgresqlRow(ctx context.Context, b *run) (_ []Figure, err error) {
	e, err := b.startPostgreSQL(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.cluster.Stop()) }()
	pg := *b
	pg.engine, pg.shared = e, &shared{}
	pg.name = "postgresql-"
	defer func() { err = errors.Join(err, pg.shared.stop()) }()
	var figures []Figure
	for _, r := range rows() {
		if !slices.Contains(onPostgreSQL, r.name) {
			continue
		}
		b.logf("  postgresql, %s", r.name)
		some, err := r.run(ctx, &pg)
		if err != nil {
			return figures, fmt.Errorf("%s: %w", r.name, err)
		}
		for _, f := range some {
			if f.Name != receiptP50 {
				f.Rule, f.Target = NoTarget, 0
			}
			figures = append(figures, f)
		}
	}
	return figures, nil
}
