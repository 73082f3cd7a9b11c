package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// Countersign stores another side's cosignature over a ledger that is kept
// here, with the standing that came with it. Only then may anybody be told that
// the entries are received. When it returns, a killed process does not lose it; in the
// database and on disk it is a moment later (docs/decisions/receipts.md). A cosignature
// that is already held is passed over.
//
// It answers *Refusal if the cosignature is not good or covers anything but
// what is stored here.
func (l *Ledger) Countersign(ctx context.Context, r Receipt) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	lg, by := l.logs[r.Side], l.logs[r.By]
	if lg == nil || by == nil || r.By == l.side || r.By == r.Side {
		return &Refusal{Code: RefusedUnknown, Side: r.Side, Detail: fmt.Sprintf("no cosignature by %q over the ledger of %q is awaited", r.By, r.Side)}
	}
	c, at, err := openCosigned(r.Note, lg.verifier, by.cosigner)
	if err != nil {
		return &Refusal{Code: RefusedCosigner, Side: r.Side, Detail: "by " + r.By + ": " + err.Error()}
	}
	if c.size <= lg.cosigned[r.By] {
		return nil
	}
	switch noted, err := l.noteReceipt(ctx, r, c, at); {
	case err != nil:
		return plain(err, "note the cosignature of "+r.By)
	case noted:
		return nil
	}
	var row Receipt
	var next log // of by
	err = l.updateBy(ctx, l.db.UpdateSoon, func(tx *sqldb.Tx) error {
		switch {
		case c.size <= lg.cosigned[r.By]:
			return errNothing
		case c.size > lg.tree.size:
			return errUnreached
		}
		root, err := rootAt(ctx, tx, lg, c.size)
		if err != nil {
			return err
		}
		if row, next, err = l.judge(lg, by, r, c, at, root); err != nil {
			return err
		}
		return storeReceipt(ctx, tx, row)
	})
	switch {
	case errors.Is(err, errUnreached):
		// Of our own ledger, this is news that we are behind; of another's, it
		// will come again once the entries are here.
		return l.show(ctx, lg, c, lg.side == l.side)
	case errors.Is(err, errNothing):
		return nil
	case err != nil:
		return plain(err, "store the cosignature of "+r.By)
	}
	l.hold(row, next)
	return nil
}

// judge holds a cosignature over what is stored here to the root of the log at its
// size. It gives the receipt as it is stored, and the log of its giver with what he
// promised.
func (l *Ledger) judge(lg, by *log, r Receipt, c *checkpoint, at time.Time, root tlog.Hash) (Receipt, log, error) {
	if !l.plausible(r.Standing) {
		return Receipt{}, log{}, &Refusal{Code: RefusedUnwritten, Side: r.By, Index: r.Standing.Seen[l.side], Detail: "it says that it has seen entries of ours that we do not hold"}
	}
	if root != c.root {
		return Receipt{}, log{}, l.otherHistory(lg, c)
	}
	next := *by
	b, news := l.binding(by, r.Standing)
	if news {
		next.promise(b)
		next.passed()
	}
	return Receipt{Side: r.Side, By: r.By, Size: c.size, Note: c.note, At: at, Held: l.now(), Standing: b}, next, nil
}

// errUnreached ends the storing of a cosignature over more than is held.
var errUnreached = fmt.Errorf("%w: it covers more than is held", errNothing)

// rootAt is the root of a log's tree when it had the given size. l.mu is held.
func rootAt(ctx context.Context, tx *sqldb.Tx, lg *log, size int64) (tlog.Hash, error) {
	switch {
	case size == lg.tree.size:
		return lg.tree.root(), nil
	case size == 0:
		return emptyRoot, nil
	}
	root, err := tlog.TreeHash(size, tileReader{ctx, tx, lg.side, &lg.tree})
	if err != nil {
		return root, fmt.Errorf("root of %s at %d entries: %w", lg.side, size, err)
	}
	return root, nil
}

// rootHere is rootAt without a transaction. l.mu is held.
func (l *Ledger) rootHere(ctx context.Context, lg *log, size int64) (root tlog.Hash, err error) {
	if size == lg.tree.size {
		return lg.tree.root(), nil
	}
	err = l.db.View(ctx, func(tx *sqldb.Tx) error {
		root, err = rootAt(ctx, tx, lg, size)
		return err
	})
	return root, err
}

// Receipts are, of each side that has cosigned an entry, the first cosignature
// that covers it, in order of side. It answers ErrNoEntry if there is no such
// entry here.
func (l *Ledger) Receipts(ctx context.Context, side string, index int64) ([]Receipt, error) {
	if index < 0 || index >= l.Head(side).Size {
		return nil, ErrNoEntry
	}
	slip := l.view.Load().slip // before the database is read: from one it goes into the other
	var receipts []Receipt
	logs := l.verifiers()
	err := l.db.View(ctx, func(tx *sqldb.Tx) error {
		for _, by := range slices.Sorted(maps.Keys(logs)) {
			r, err := readReceipt(ctx, tx, logs, `SELECT side, cosigner, size, note, held, own, seen FROM cosignature
				WHERE side = $1 AND cosigner = $2 AND size > $3 ORDER BY size LIMIT 1`, side, by, index)
			stored := err == nil
			if !stored && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if first, noted := onSlip(slip, side, by, index); noted && (!stored || first.Size < r.Size) {
				r, stored = first, true
			}
			if stored {
				receipts = append(receipts, r)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("receipts of %s/%d: %w", side, index, err)
	}
	return receipts, nil
}

// Given is this side's latest cosignature over another side's ledger, with the
// standing of this moment. It is there to be shown again to a side that lost
// the answer to its extension. The second result is false if there is none.
func (l *Ledger) Given(ctx context.Context, side string) (r Receipt, given bool, err error) {
	logs := l.verifiers()
	err = l.db.View(ctx, func(tx *sqldb.Tx) error {
		r, err = readReceipt(ctx, tx, logs, `SELECT side, cosigner, size, note, held, own, seen FROM cosignature
			WHERE side = $1 AND cosigner = $2 ORDER BY size DESC LIMIT 1`, side, l.side)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Receipt{}, false, nil
	}
	if err != nil {
		return Receipt{}, false, fmt.Errorf("cosignature over %s: %w", side, err)
	}
	r.Standing = l.Standing()
	return r, true, nil
}

// verifiers are the keys of all sides. Who holds one of the few connections to
// the database must not wait for l.mu, since who holds l.mu waits for one.
func (l *Ledger) verifiers() map[string][2]*noteVerifier {
	logs := l.view.Load().logs
	keys := make(map[string][2]*noteVerifier, len(logs))
	for side, lg := range logs {
		keys[side] = [2]*noteVerifier{lg.verifier, lg.cosigner}
	}
	return keys
}

func readReceipt(ctx context.Context, tx *sqldb.Tx, keys map[string][2]*noteVerifier, query string, args ...any) (Receipt, error) {
	var r Receipt
	var held int64
	var seen string
	err := tx.QueryRow(ctx, query, args...).Scan(&r.Side, &r.By, &r.Size, &r.Note, &held, &r.Standing.Own, &seen)
	if err != nil {
		return Receipt{}, err
	}
	r.Held = time.UnixMilli(held).UTC()
	if err := json.Unmarshal([]byte(seen), &r.Standing.Seen); err != nil {
		return Receipt{}, err
	}
	verifier, cosigner := keys[r.Side][0], keys[r.By][1]
	if verifier == nil || cosigner == nil {
		return Receipt{}, fmt.Errorf("a cosignature by %s over %s is stored, and the sides are not admitted", r.By, r.Side)
	}
	if _, r.At, err = openCosigned(r.Note, verifier, cosigner); err != nil {
		return Receipt{}, fmt.Errorf("stored cosignature by %s over %s: %w", r.By, r.Side, err)
	}
	return r, nil
}

// Checkpoint is the latest signed checkpoint of a ledger that is covered by
// what is stored here, with all cosignatures over it that are held.
func (l *Ledger) Checkpoint(ctx context.Context, side string) ([]byte, error) {
	v := l.view.Load()
	lg := v.log(side)
	c, held := checkpoint{size: lg.signed, note: lg.checkpoint}, lg.tree.size
	if len(c.note) == 0 {
		return nil, ErrNoEntry
	}
	var signed []byte
	err := l.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		signed, err = withCosignatures(ctx, tx, v.slip, side, held, &c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("checkpoint of %s: %w", side, err)
	}
	return signed, nil
}
