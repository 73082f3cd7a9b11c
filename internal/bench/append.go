package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"liaison.example/ledger"
	"liaison.example/office"
	"liaison.example/sqldb"
)

const (
	benchOffice  = "bench.example"
	shortLedger  = 1000 // entries of the short ledger that a long one is held against
	fillBatch    = 1000 // entries appended in one commit where a ledger is filled
	dispatchText = 700  // bytes of a dispatch's text, so that its entry is about as long as a row of the floor
	stubText     = 60   // bytes of text where only the number of entries matters
)

// ownLedger is a ledger that a run writes by itself, without a node.
type ownLedger struct {
	*ledger.Ledger
	db *sqldb.DB
}

// openLedger opens the ledger of one side in a folder of the run.
func (b *run) openLedger(ctx context.Context, name string) (*ownLedger, error) {
	dir, err := b.folder(name)
	if err != nil {
		return nil, err
	}
	keys, err := ledger.DeriveKeys(ledger.NewSeed(), benchOffice, "south")
	if err != nil {
		return nil, err
	}
	url, schema := b.engine.database(dir, "ledger")
	db, err := sqldb.Open(ctx, sqldb.Config{URL: url, Schema: schema, Durable: true})
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, db, ledger.Config{Office: benchOffice, Side: "south", Keys: keys, Now: time.Now})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &ownLedger{l, db}, nil
}

// write appends count dispatches with a text of that many bytes in one commit.
func (l *ownLedger) write(ctx context.Context, count, text int) error {
	from := l.Head(l.Side()).Size
	entries := make([]ledger.Entry, count)
	for i := range entries {
		body, err := json.Marshal(office.DispatchBody{Channel: "liaison", Number: from + int64(i) + 1, Precedence: office.Routine,
			Subject: "Measurement", Text: string(filler(text)), To: []office.Side{"north"}})
		if err != nil {
			return fmt.Errorf("write a dispatch: %w", err)
		}
		entries[i], err = l.Draft(from+int64(i), nil, time.Now(), "duty-officer", office.KindDispatch, body)
		if err != nil {
			return err
		}
	}
	return l.Append(ctx, entries)
}

// fill appends dispatches until the ledger has that many entries.
func (l *ownLedger) fill(ctx context.Context, size, text int) error {
	for {
		missing := int64(size) - l.Head(l.Side()).Size
		if missing <= 0 {
			return nil
		}
		if err := l.write(ctx, int(min(missing, fillBatch)), text); err != nil {
			return err
		}
	}
}

// appends times single appends, each a synced commit of its own.
func (l *ownLedger) appends(ctx context.Context, count, text int) (turn, error) {
	t := turn{took: make([]time.Duration, count)}
	for i := range t.took {
		start := time.Now()
		if err := l.write(ctx, 1, text); err != nil {
			return turn{}, err
		}
		t.took[i] = time.Since(start)
		t.elapsed += t.took[i]
	}
	slices.Sort(t.took)
	return t, nil
}

// appendRow holds an append to a long ledger against one to a short ledger.
// They take turns in small lots, since the disk is the larger part of both.
func appendRow(ctx context.Context, b *run) (_ []Figure, err error) {
	long, err := b.openLedger(ctx, "append-long")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, long.db.Close()) }()
	short, err := b.openLedger(ctx, "append-short")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, short.db.Close()) }()
	if err := long.fill(ctx, b.sizes.append, stubText); err != nil {
		return nil, err
	}
	if err := short.fill(ctx, shortLedger, stubText); err != nil {
		return nil, err
	}
	var p pairs
	for range 2 * b.sizes.rounds {
		s, err := short.appends(ctx, b.sizes.appendTurn, dispatchText)
		if err != nil {
			return nil, err
		}
		l, err := long.appends(ctx, b.sizes.appendTurn, dispatchText)
		if err != nil {
			return nil, err
		}
		p.add(s.quantile(.5), l.quantile(.5))
	}
	f := p.figure(fmt.Sprintf("one append at %d entries", b.sizes.append), "ms", 1.3, RatioAtMost)
	f.Against = fmt.Sprintf("one at %d", shortLedger)
	return []Figure{f}, nil
}
