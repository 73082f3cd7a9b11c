package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// Countersign stores another side's cosignature over a ledger that is kept
// here, with the standing that came with it, in one synced commit. Only then
// may anybody be told that the entries are received. A cosignature that is
// already held is passed over.
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
	if !l.plausible(r.Standing) {
		return &Refusal{Code: RefusedUnwritten, Side: r.By, Index: r.Standing.Seen[l.side], Detail: "it says that it has seen entries of ours that we do not hold"}
	}
	if c.size > lg.tree.size {
		// Of our own ledger, this is news that we are behind; of another's, it
		// will come again once the entries are here.
		return l.show(lg, c)
	}
	root, err := l.rootAt(ctx, lg, c.size)
	if err != nil {
		return err
	}
	if root != c.root {
		return l.otherHistory(ctx, lg, c)
	}
	r = Receipt{Side: r.Side, By: r.By, Size: c.size, Note: c.note, At: at, Held: l.now(), Standing: r.Standing}
	err = l.update(ctx, func(tx *sqldb.Tx) error { return storeReceipt(ctx, tx, r) })
	if err != nil {
		return fmt.Errorf("store the cosignature of %s: %w", r.By, err)
	}
	lg.cosigned[r.By] = c.size
	by.stand(r.Standing)
	by.passed()
	l.changed()
	return nil
}

// rootAt is the root of a log's tree when it had the given size.
func (l *Ledger) rootAt(ctx context.Context, lg *log, size int64) (root tlog.Hash, err error) {
	switch {
	case size == lg.tree.size:
		return lg.tree.root(), nil
	case size == 0:
		return emptyRoot, nil
	}
	err = l.db.View(ctx, func(tx *sqldb.Tx) error {
		root, err = tlog.TreeHash(size, tileReader{l, ctx, tx, lg.side, &lg.tree})
		return err
	})
	if err != nil {
		return root, fmt.Errorf("root of %s at %d entries: %w", lg.side, size, err)
	}
	return root, nil
}

// Receipts are, of each side that has cosigned an entry, the first cosignature
// that covers it, in order of side. It answers ErrNoEntry if there is no such
// entry here.
func (l *Ledger) Receipts(ctx context.Context, side string, index int64) ([]Receipt, error) {
	if index < 0 || index >= l.Head(side).Size {
		return nil, ErrNoEntry
	}
	var receipts []Receipt
	err := l.db.View(ctx, func(tx *sqldb.Tx) error {
		for _, by := range l.Sides() {
			r, err := l.readReceipt(ctx, tx, `SELECT side, cosigner, size, note, held, own, seen FROM cosignature
				WHERE side = $1 AND cosigner = $2 AND size > $3 ORDER BY size LIMIT 1`, side, by, index)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			receipts = append(receipts, r)
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
	err = l.db.View(ctx, func(tx *sqldb.Tx) error {
		r, err = l.readReceipt(ctx, tx, `SELECT side, cosigner, size, note, held, own, seen FROM cosignature
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

func (l *Ledger) readReceipt(ctx context.Context, tx *sqldb.Tx, query string, args ...any) (Receipt, error) {
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
	l.mu.Lock()
	lg, by := l.logs[r.Side], l.logs[r.By]
	l.mu.Unlock()
	if lg == nil || by == nil {
		return Receipt{}, fmt.Errorf("a cosignature by %s over %s is stored, and the sides are not admitted", r.By, r.Side)
	}
	if _, r.At, err = openCosigned(r.Note, lg.verifier, by.cosigner); err != nil {
		return Receipt{}, fmt.Errorf("stored cosignature by %s over %s: %w", r.By, r.Side, err)
	}
	return r, nil
}

// Checkpoint is the latest signed checkpoint of a ledger that is covered by
// what is stored here, with all cosignatures over it that are held.
func (l *Ledger) Checkpoint(ctx context.Context, side string) ([]byte, error) {
	l.mu.Lock()
	lg := l.logs[side]
	var signed []byte
	var size, held int64
	if lg != nil {
		signed, size, held = lg.checkpoint, lg.signed, lg.tree.size
	}
	l.mu.Unlock()
	if len(signed) == 0 {
		return nil, ErrNoEntry
	}
	err := l.db.View(ctx, func(tx *sqldb.Tx) error {
		if size > held { // a catch-up is under way: the last checkpoint that was reached
			var reached int64
			err := tx.QueryRow(ctx, `SELECT size, note FROM cosignature WHERE side = $1 AND size <= $2 ORDER BY size DESC, cosigner LIMIT 1`,
				side, held).Scan(&reached, &signed)
			if errors.Is(err, sql.ErrNoRows) {
				return ErrNoEntry
			}
			if err != nil {
				return err
			}
			size = reached
			signed = firstSignature(signed)
		}
		rows, err := tx.Query(ctx, `SELECT note FROM cosignature WHERE side = $1 AND size = $2 ORDER BY cosigner`, side, size)
		if err != nil {
			return err
		}
		defer rows.Close()
		signed = signed[:len(signed):len(signed)]
		for rows.Next() {
			var note []byte
			if err := rows.Scan(&note); err != nil {
				return err
			}
			signed = append(signed, lastLine(note)...)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("checkpoint of %s: %w", side, err)
	}
	return signed, nil
}
