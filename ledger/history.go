package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// Note looks at a checkpoint of any ledger that somebody has shown. If it does
// not fit what is stored here the answer is *Refusal with the evidence of the
// fork. If it reaches further, it is kept to be held against the entries when
// they come; of this side's own ledger, it is news that this node is behind.
func (l *Ledger) Note(ctx context.Context, side string, signed []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	lg := l.logs[side]
	if lg == nil {
		return &Refusal{Code: RefusedUnknown, Side: side, Detail: "no such side is admitted here"}
	}
	if len(signed) > 0 && bytes.Equal(signed, lg.checkpoint) {
		return nil
	}
	c, err := openCheckpoint(signed, lg.verifier)
	if err != nil {
		return &Refusal{Code: RefusedCheckpoint, Side: side, Detail: err.Error()}
	}
	return l.look(ctx, lg, c, side == l.side)
}

// look holds a signed checkpoint against what is stored here. If it reaches
// further it is kept, and if it is ours, in that this side has signed or
// cosigned it, this node is behind. l.mu is held.
func (l *Ledger) look(ctx context.Context, lg *log, c *checkpoint, ours bool) error {
	err := l.db.View(ctx, func(tx *sqldb.Tx) error {
		if c.size > lg.tree.size {
			// Another process of this side may have stored what it covers.
			again, err := l.reread(ctx, tx)
			if err != nil {
				return err
			}
			if again {
				l.changed()
			}
		}
		if c.size > lg.tree.size {
			return errUnreached
		}
		root, err := rootAt(ctx, tx, lg, c.size)
		if err != nil {
			return err
		}
		if root != c.root {
			return l.otherHistory(lg, c)
		}
		return nil
	})
	switch {
	case errors.Is(err, errUnreached):
		return l.show(ctx, lg, c, ours)
	case err != nil:
		return plain(err, "look at a checkpoint of "+lg.side)
	}
	return nil
}

// show keeps a checkpoint that reaches further than what is stored here. If it
// is ours it is on disk when show returns, so that a node knows after a restart
// too that it is behind. l.mu is held.
func (l *Ledger) show(ctx context.Context, lg *log, c *checkpoint, ours bool) error {
	if err := lg.note(c); err != nil {
		return err
	}
	defer l.changed()
	if !ours || c.size <= lg.missing {
		return nil
	}
	lg.mustHold = max(lg.mustHold, c.size) // at once, whatever becomes of the write
	err := l.update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO missing (side, note) VALUES ($1, $2) ON CONFLICT (side) DO UPDATE SET note = excluded.note`,
			lg.side, c.note)
		return err
	})
	if err != nil {
		return fmt.Errorf("store what is missing of the ledger of %s: %w", lg.side, err)
	}
	lg.missing = c.size
	return nil
}

// otherHistory refuses a signed checkpoint that is not one of the history that
// is stored here. l.mu is held.
func (l *Ledger) otherHistory(lg *log, c *checkpoint) error {
	code, what := RefusedFork, "a checkpoint does not fit the entries held here"
	if lg.side == l.side {
		code, what = RefusedOwnFork, "a checkpoint signed with this side's own key does not fit its ledger here"
	}
	return &Refusal{Code: code, Side: lg.side, Index: c.size, Detail: what, Lasting: true, Evidence: evidence(what, lg.checkpoint, c.note)}
}

// NoteCosigned looks at a cosignature that somebody shows as this side's own.
// If it is, and covers more than the replica here, then this node has lost
// entries that it once stored: it is behind until they are back.
func (l *Ledger) NoteCosigned(ctx context.Context, side string, signed []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	lg, own := l.logs[side], l.logs[l.side]
	if lg == nil || own == nil || side == l.side {
		return &Refusal{Code: RefusedUnknown, Side: side, Detail: "this side does not cosign that ledger"}
	}
	c, _, err := openCosigned(signed, lg.verifier, own.cosigner)
	if err != nil {
		return &Refusal{Code: RefusedCosigner, Side: side, Detail: "shown as ours: " + err.Error()}
	}
	return l.look(ctx, lg, c, true)
}

// Behind names, in plain words, the ledger of which this node once signed or
// cosigned more than it holds. While it is not empty, nothing is signed.
func (l *Ledger) Behind() string { return l.view.Load().behind }

func (l *Ledger) behind() string {
	if own := l.logs[l.side]; own != nil && own.placeable < own.tree.size {
		return fmt.Sprintf("entry %s/%d has seen entries of other sides that are not stored here", l.side, own.placeable)
	}
	for side, lg := range l.logs {
		if lg.tree.size >= lg.mustHold {
			continue
		}
		if side == l.side {
			return fmt.Sprintf("this side has signed %d entries of its own ledger, and %d are stored here", lg.mustHold, lg.tree.size)
		}
		return fmt.Sprintf("this side has cosigned %d entries of the ledger of %s, and %d are stored here", lg.mustHold, side, lg.tree.size)
	}
	return ""
}

// Recover checks entries of this side's own ledger that another side has kept,
// against this side's own signature, and stores them again. It answers as
// Extend does.
func (l *Ledger) Recover(ctx context.Context, x Extension) error {
	verifier := l.verifier(l.side)
	if x.Side != l.side || verifier == nil || l.keys == nil {
		return &Refusal{Code: RefusedUnknown, Side: x.Side, Detail: "only this side's own ledger is recovered"}
	}
	entries, c, err := l.read(verifier, x)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.logs[l.side]
	x.Relayed = true // that its own key signed the checkpoint says nothing of the entries sent with it
	var next log
	err = l.update(ctx, func(tx *sqldb.Tx) error {
		var full []fullTile
		var err error
		if next, full, err = l.extended(own, x, entries, c); err != nil {
			return err
		}
		// All own entries can be placed: the replicas they have seen are fetched too.
		signed := checkpoint{origin: c.origin, size: next.tree.size, root: next.tree.root(), note: c.note}
		if signed.size < c.size { // a part of our own history, proven to be one
			l.keys.sign(&signed)
		}
		next.checkpoint, next.signed, next.recovered = signed.note, signed.size, signed.size
		if err := storeLeaves(ctx, tx, l.side, own.tree.size, x.Leaves); err != nil {
			return err
		}
		if err := storeTiles(ctx, tx, l.side, &next.tree, full); err != nil {
			return err
		}
		if err := storeHead(ctx, tx, own.tree.size, &next); err != nil {
			return err
		}
		return foundAgain(ctx, tx, own, &next)
	})
	if err != nil {
		err = plain(err, "recover the ledger of "+l.side)
		var refusal *Refusal
		if errors.As(err, &refusal) {
			switch refusal.Code {
			case RefusedFork:
				refusal.Code = RefusedOwnFork
			case RefusedProof:
				refusal.Code = RefusedReturn
			}
		}
		return err
	}
	*own = next
	l.placeWaiting()
	l.changed()
	return nil
}

// Extension reads what to send to one who holds from entries of a side's
// ledger: at most count entries of maxBytes in all, and at least one if there
// is one. The answer may be without leaves if nothing is missing there.
func (l *Ledger) Extension(ctx context.Context, side string, from, count int64, maxBytes int) (Extension, error) {
	lg := l.view.Load().log(side)
	edge, signed, size := lg.tree, lg.checkpoint, lg.signed
	recent := lg.recent.find(from, edge.size-from)
	x := Extension{Side: side, From: from, Checkpoint: signed}
	if from < 0 || from > edge.size || len(signed) == 0 {
		return Extension{}, ErrNoEntry
	}
	if size > edge.size {
		// A catch-up of our own is under way: what we hold is proven only by
		// the checkpoint that we have not reached. Hand on what was reached.
		return Extension{}, ErrNoEntry
	}
	if int64(len(recent)) <= count && x.carry(recent, maxBytes) {
		return x, nil
	}
	err := l.db.View(ctx, func(tx *sqldb.Tx) error {
		var err error
		if x.Leaves, err = readLeaves(ctx, tx, side, from, min(count, edge.size-from), maxBytes); err != nil {
			return err
		}
		to := from + int64(len(x.Leaves))
		if to == edge.size || to == 0 {
			return nil
		}
		x.Proof, err = proveTree(edge.size, to, tileReader{ctx, tx, side, &edge})
		return err
	})
	if err != nil {
		return Extension{}, fmt.Errorf("read an extension of %s from %d: %w", side, from, err)
	}
	return x, nil
}

// carry puts all of the entries into an extension, if they are not too many.
func (x *Extension) carry(entries []Entry, maxBytes int) bool {
	leaves := make([][]byte, len(entries))
	for i, e := range entries {
		leaves[i] = e.Leaf
		maxBytes -= len(e.Leaf)
	}
	if len(leaves) == 0 || maxBytes < 0 {
		return false
	}
	x.Leaves = leaves
	return true
}

// Entries reads entries of a side's ledger, at most count from an index on.
func (l *Ledger) Entries(ctx context.Context, side string, from, count int64) ([]Entry, error) {
	lg := l.view.Load().log(side)
	if recent := lg.recent.find(from, min(count, lg.tree.size-from)); recent != nil {
		return recent, nil
	}
	var leaves [][]byte
	err := l.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		leaves, err = readLeaves(ctx, tx, side, from, count, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(leaves))
	for i, leaf := range leaves {
		if entries[i], err = readEntry(side, from+int64(i), leaf); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// Entry reads one entry. It answers ErrNoEntry if it is not here.
func (l *Ledger) Entry(ctx context.Context, side string, index int64) (Entry, error) {
	entries, err := l.Entries(ctx, side, index, 1)
	if err != nil {
		return Entry{}, err
	}
	if len(entries) == 0 {
		return Entry{}, ErrNoEntry
	}
	return entries[0], nil
}

// HeldAt is the time, by this node's clock, of the first cosignature of this
// side over another side's entry: when it was stored here.
func (l *Ledger) HeldAt(ctx context.Context, side string, index int64) (time.Time, error) {
	if index < 0 || index >= l.Head(side).Size {
		return time.Time{}, ErrNoEntry
	}
	var held int64
	err := l.db.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT held FROM cosignature WHERE side = $1 AND cosigner = $2 AND size > $3 ORDER BY size LIMIT 1`,
			side, l.side, index).Scan(&held)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("when %s/%d came: %w", side, index, err)
	}
	return time.UnixMilli(held).UTC(), nil
}

// readEntry reads an entry that was stored, and so checked, before.
func readEntry(side string, index int64, leaf []byte) (Entry, error) {
	f, err := parseFrame(leaf)
	if err != nil {
		return Entry{}, fmt.Errorf("stored entry %s/%d: %w", side, index, err)
	}
	return Entry{Side: side, Index: index, Hash: tlog.RecordHash(leaf), Leaf: leaf, Frame: f}, nil
}

// MustHold says that this node once held so many entries of a side's ledger, as
// its records show. While fewer are stored it is behind.
func (l *Ledger) MustHold(side string, size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lg := l.logs[side]; lg != nil && size > lg.mustHold {
		lg.mustHold = size
		l.changed()
	}
}
