package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// MaxExtension is the largest number of entries in one extension.
const MaxExtension = 8192

// Extend checks entries of another side's ledger and stores them with this
// side's cosignature over their checkpoint, in one synced commit. The receipt
// may be shown as soon as it returns.
//
// If the extension does not reach the size of its checkpoint, it is stored and
// nothing is cosigned yet: the receipt has no note.
//
// It answers *Stale if the extension does not start where the replica ends, and
// *Refusal if it cannot be held. Nothing is stored then.
func (l *Ledger) Extend(ctx context.Context, x Extension) (Receipt, error) {
	if x.Side == l.side {
		return Receipt{}, &Refusal{Code: RefusedUnknown, Side: x.Side, Detail: "nobody but this side writes its ledger"}
	}
	verifier := l.verifier(x.Side)
	if verifier == nil || l.keys == nil {
		return Receipt{}, &Refusal{Code: RefusedUnknown, Side: x.Side, Detail: "no such side is admitted here"}
	}
	entries, c, err := l.read(verifier, x)
	if err != nil {
		return Receipt{}, err
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	lg := l.logs[x.Side]
	var next log
	var receipt Receipt
	err = l.update(ctx, func(tx *sqldb.Tx) error {
		var full []fullTile
		var err error
		if next, full, err = l.extended(lg, x, entries, c); err != nil {
			return err
		}
		if err := storeLeaves(ctx, tx, x.Side, lg.tree.size, x.Leaves); err != nil {
			return err
		}
		if err := storeTiles(ctx, tx, x.Side, &next.tree, full); err != nil {
			return err
		}
		if err := storeHead(ctx, tx, lg.tree.size, &next); err != nil {
			return err
		}
		if err := foundAgain(ctx, tx, lg, &next); err != nil {
			return err
		}
		receipt = Receipt{Side: x.Side, By: l.side, Size: next.tree.size, Standing: l.standingWith(&next)}
		if c.size > next.tree.size || next.cosigned[l.side] >= c.size {
			return nil
		}
		receipt.At = l.now().UTC().Truncate(time.Second)
		receipt.Held = l.now()
		receipt.Note = l.keys.cosign(c, receipt.At)
		next.cosigned[l.side] = c.size
		return storeReceipt(ctx, tx, receipt)
	})
	if err != nil {
		return Receipt{}, plain(err, "extend the replica of "+x.Side)
	}
	next.recent = next.recent.with(entries)
	*lg = next
	l.placeWaiting()
	l.changed()
	return receipt, nil
}

// verifier finds the verifier of a log's checkpoints for use without the lock.
// It is nil for an unknown side.
func (l *Ledger) verifier(side string) *noteVerifier { return l.view.Load().log(side).verifier }

// read checks all of an extension that can be checked without knowing how far
// the replica reaches. It holds no lock.
func (l *Ledger) read(verifier *noteVerifier, x Extension) ([]Entry, *checkpoint, error) {
	if len(x.Leaves) > MaxExtension {
		return nil, nil, &Refusal{Code: RefusedLeaf, Side: x.Side, Index: x.From,
			Detail: fmt.Sprintf("%d entries at once; at most %d are taken", len(x.Leaves), MaxExtension)}
	}
	c, err := openCheckpoint(x.Checkpoint, verifier)
	if err != nil {
		return nil, nil, &Refusal{Code: RefusedCheckpoint, Side: x.Side, Index: x.From, Detail: err.Error()}
	}
	if c.size < x.From+int64(len(x.Leaves)) {
		return nil, nil, &Refusal{Code: RefusedProof, Side: x.Side, Index: c.size, Detail: "more entries than the checkpoint covers"}
	}
	entries := make([]Entry, len(x.Leaves))
	latest := l.now().Add(MaxAhead)
	for i, leaf := range x.Leaves {
		e := Entry{Side: x.Side, Index: x.From + int64(i), Hash: tlog.RecordHash(leaf), Leaf: leaf}
		if e.Frame, err = ParseLeaf(leaf); err == nil {
			err = belongs(l.office, x.Side, &e.Frame)
		}
		if err != nil {
			return nil, nil, &Refusal{Code: RefusedLeaf, Side: x.Side, Index: e.Index, Detail: err.Error(), Lasting: true,
				Evidence: evidence(err.Error(), c.note, leaf)}
		}
		if e.Frame.At.After(latest) && x.Side != l.side { // what this side has said was said, whatever its clock says now
			return nil, nil, &Refusal{Code: RefusedAhead, Side: x.Side, Index: e.Index,
				Detail: fmt.Sprintf("it is dated %s, and the clock here says %s", FormatTime(e.Frame.At), FormatTime(l.now()))}
		}
		entries[i] = e
	}
	return entries, c, nil
}

// extended is the log as it stands after the extension, if the extension may be
// stored, and the tiles that it fills. l.mu is held.
func (l *Ledger) extended(lg *log, x Extension, entries []Entry, c *checkpoint) (next log, full []fullTile, err error) {
	if x.From != lg.tree.size {
		return log{}, nil, &Stale{x.Side, lg.tree.size}
	}
	next = *lg
	next.tree = lg.tree.clone()
	next.cosigned = maps.Clone(lg.cosigned)
	next.waiting = lg.waiting[:len(lg.waiting):len(lg.waiting)]
	next.noted = slices.Clone(lg.noted)
	promises := lg.standings
	var roots []tlog.Hash // of the tree at the sizes of lg.noted
	for _, e := range entries {
		for ; len(promises) > 0 && promises[0].Own <= e.Index; promises = promises[1:] {
			if err := l.checkPromise(promises[0], e, c); err != nil {
				return log{}, nil, err
			}
		}
		if err := l.checkSeen(next.seen, e, c); err != nil {
			return log{}, nil, err
		}
		next.saw(e.Frame.Seen)
		next.waiting = append(next.waiting, next.seen)
		full = append(full, next.tree.append(e.Hash)...)
		if len(roots) < len(lg.noted) && lg.noted[len(roots)].size == next.tree.size {
			roots = append(roots, next.tree.root())
		}
	}
	if err := l.checkRoot(lg, &next, x, c); err != nil {
		return log{}, nil, err
	}
	// The entries are those that the checkpoint covers: what was shown before
	// can be held against them.
	for i, root := range roots {
		if lg.noted[i].root != root {
			return log{}, nil, fork(x.Side, lg.noted[i], c, "a checkpoint shown before does not fit the entries now sent")
		}
	}
	if err := next.note(c); err != nil {
		return log{}, nil, err
	}
	if c.size >= next.signed {
		next.checkpoint, next.signed = c.note, c.size
	}
	next.reached()
	l.place(&next)
	next.passed()
	return next, full, nil
}

// maxNoted bounds the checkpoints of one ledger that wait for their entries.
const maxNoted = 8

// note keeps a checkpoint for the moment when the entries that it covers are
// here. It refuses one that cannot be true beside another of its size.
func (lg *log) note(c *checkpoint) error {
	lg.shown = max(lg.shown, c.size)
	if c.size <= lg.tree.size {
		return nil
	}
	i, found := slices.BinarySearchFunc(lg.noted, c.size, func(n *checkpoint, size int64) int { return cmp.Compare(n.size, size) })
	if !found {
		lg.noted = slices.Insert(lg.noted, i, c)
		if len(lg.noted) > maxNoted { // the nearest are the first to be of use
			lg.noted = lg.noted[:maxNoted]
		}
		return nil
	}
	if n := lg.noted[i]; n.root != c.root {
		return fork(lg.side, n, c, "two different trees of the same size are signed")
	}
	return nil
}

// reached lets go of the checkpoints whose entries are all here.
func (lg *log) reached() {
	lg.noted = slices.DeleteFunc(lg.noted, func(n *checkpoint) bool { return n.size <= lg.tree.size })
}

// foundAgain takes away the mark of entries that were missing, once they are
// back.
func foundAgain(ctx context.Context, tx *sqldb.Tx, lg, next *log) error {
	if lg.missing <= lg.tree.size || next.tree.size < lg.missing {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM missing WHERE side = $1`, lg.side); err != nil {
		return fmt.Errorf("take away the mark of what was missing: %w", err)
	}
	return nil
}

// checkRoot holds the tree that an extension leads to against its checkpoint.
func (l *Ledger) checkRoot(lg, next *log, x Extension, c *checkpoint) error {
	size, root := next.tree.size, next.tree.root()
	switch {
	case c.size == size && c.root == root:
		return nil
	case c.size > size && size == 0:
		return &Stale{lg.side, 0}
	case c.size > size && tlog.CheckTree(x.Proof, c.size, c.root, size, root) == nil:
		return nil
	}
	return l.mismatch(lg, x, c)
}

// mismatch refuses a checkpoint that the entries sent, put behind those held,
// do not lead to. It is a fork if another checkpoint or the entries held prove
// it, or if the writer itself has sent both; from anybody else the entries may
// be false.
func (l *Ledger) mismatch(lg *log, x Extension, c *checkpoint) *Refusal {
	held, err := openCheckpoint(lg.checkpoint, lg.verifier)
	if err == nil && (held.size == c.size && held.root != c.root || c.size == lg.tree.size || !x.Relayed) {
		return fork(lg.side, held, c, "the entries after those held here do not lead to the new checkpoint")
	}
	return &Refusal{Code: RefusedProof, Side: lg.side, Index: c.size, Detail: "the entries do not have the root that the checkpoint signs"}
}

// fork refuses two signed checkpoints that cannot both be true.
func fork(side string, held, shown *checkpoint, what string) *Refusal {
	return &Refusal{Code: RefusedFork, Side: side, Index: shown.size, Detail: what, Lasting: true,
		Evidence: evidence(what, held.note, shown.note)}
}

// evidence is a readable file of the signed statements that prove something.
func evidence(what string, parts ...[]byte) []byte {
	text := []byte(what + "\n")
	for _, p := range parts {
		text = append(text, "\n----\n"...)
		text = append(text, p...)
		text = append(text, '\n')
	}
	return text
}

// checkSeen holds an entry to what there is to be seen, and to what the entry
// before it had seen.
func (l *Ledger) checkSeen(before map[string]int64, e Entry, c *checkpoint) error {
	for side, n := range e.Frame.Seen {
		if l.logs[side] == nil {
			return &Refusal{Code: RefusedLeaf, Side: e.Side, Index: e.Index, // not for ever: that side may be admitted yet
				Detail:   fmt.Sprintf("it has seen entries of %q, which is not a side admitted here", side),
				Evidence: evidence("It has seen entries of a side that is not admitted here.", c.note, e.Leaf)}
		}
		if own := l.logs[l.side].tree.size; side == l.side && n > own {
			return &Refusal{Code: RefusedUnwritten, Side: e.Side, Index: e.Index,
				Detail:   fmt.Sprintf("it has seen %d of our entries, and we hold %d", n, own),
				Evidence: evidence("It has seen entries of ours that this node does not hold.", c.note, e.Leaf)}
		}
	}
	for side, least := range before {
		if n := e.Frame.Seen[side]; n < least {
			return &Refusal{Code: RefusedSeenBack, Side: e.Side, Index: e.Index, Lasting: true,
				Detail:   fmt.Sprintf("it has seen %d entries of %s, and the entry before it %d", n, side, least),
				Evidence: evidence("It has seen less than the entry before it.", c.note, e.Leaf)}
		}
	}
	return nil
}

// checkPromise holds an entry to what its writer had promised to have seen
// (spec/entries.md §5).
func (l *Ledger) checkPromise(p Standing, e Entry, c *checkpoint) error {
	for side, least := range p.Seen {
		if n := e.Frame.Seen[side]; n < least {
			return &Refusal{Code: RefusedSeenBack, Side: e.Side, Index: e.Index, Lasting: true,
				Detail: fmt.Sprintf("it has seen %d entries of %s, and its writer had said that each entry from %d on would have seen %d or more",
					n, side, p.Own, least),
				Evidence: evidence("It has seen less than its writer had promised when it cosigned.", c.note, e.Leaf)}
		}
	}
	return nil
}

// place raises what can be placed of a log: the entries that have seen nothing
// that cannot be placed itself. l.mu is held.
func (l *Ledger) place(lg *log) (raised bool) {
	for len(lg.waiting) > 0 {
		for side, n := range lg.waiting[0] {
			if other := l.logs[side]; side != lg.side && (other == nil || other.placeable < n) {
				return raised
			}
		}
		lg.waiting = lg.waiting[1:]
		lg.placeable++
		raised = true
	}
	lg.waiting = nil
	return raised
}

// placeWaiting raises what can be placed of every log, after one of them has
// grown. What is raised by this alone is stored with the next write to that
// log, and found again at start. l.mu is held.
func (l *Ledger) placeWaiting() {
	for again := true; again; {
		again = false
		for _, lg := range l.logs {
			again = l.place(lg) || again
		}
	}
}

// standingWith is the standing once next has taken the place of its log.
func (l *Ledger) standingWith(next *log) Standing {
	s := l.standing()
	if next.placeable > 0 {
		s.Seen[next.side] = next.placeable
	}
	return s
}

// storeReceipt stores a cosignature with its standing.
func storeReceipt(ctx context.Context, tx *sqldb.Tx, r Receipt) error {
	seen, err := json.Marshal(r.Standing.Seen)
	if err != nil {
		return fmt.Errorf("store the cosignature of %s: %w", r.By, err)
	}
	held := r.Held.UnixMilli()
	err = tx.Later(ctx, nil, `INSERT INTO cosignature (side, cosigner, size, note, held, own, seen, sum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT DO NOTHING`, r.Side, r.By, r.Size, r.Note, held, r.Standing.Own, string(seen),
		rowSum(r.Side, r.By, r.Size, r.Note, held, r.Standing.Own, string(seen)))
	if err != nil {
		return fmt.Errorf("store the cosignature of %s: %w", r.By, err)
	}
	return nil
}
