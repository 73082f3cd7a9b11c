package node

import (
	"cmp"
	"context"
	"slices"
	"time"

	"liaison.example/enclosure"
	"liaison.example/link"
)

// keeper is what the link asks of a node: link.Enclosures.
type keeper struct{ n *Node }

// Wants is link.Enclosures'.
func (k keeper) Wants(_ context.Context, from string) []link.Wanted {
	e := &k.n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	var list []*wanted
	for _, w := range e.wanted {
		if (w.from == from || w.from == k.n.side) && w.mayBeGiven(now) {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, before)
	const most = 16 // of them go into a hello
	out := make([]link.Wanted, 0, most)
	for _, w := range list[:min(len(list), most)] {
		out = append(out, link.Wanted{Hash: w.hash, Size: w.size, Held: w.held})
	}
	return out
}

// mayBeGiven reports whether a side may bring a file by itself: also while our
// own calls do not get through.
func (w *wanted) mayBeGiven(now time.Time) bool { return w.line || !now.Before(w.retry) }

// before sorts what is waited for: the most urgent first, then the smallest,
// then the oldest.
func before(a, b *wanted) int {
	return cmp.Or(cmp.Compare(rank(a.precedence), rank(b.precedence)), cmp.Compare(a.size, b.size), cmp.Compare(a.time, b.time), cmp.Compare(a.hash, b.hash))
}

// Part is link.Enclosures'.
func (k keeper) Part(ctx context.Context, w link.Wanted, most int) ([]byte, error) {
	file, err := k.n.enclosures.store.File(ctx, w.Hash, w.Size)
	if err == nil && file.Whole && !file.Kept { // it may have been named a moment ago
		if err = k.n.lookForEnclosures(ctx); err == nil {
			file, err = k.n.enclosures.store.File(ctx, w.Hash, w.Size)
		}
	}
	if err != nil {
		return nil, err
	}
	if !file.Kept {
		return nil, enclosure.ErrNotHeld
	}
	part, err := k.n.enclosures.store.Part(ctx, w.Hash, w.Size, w.Held, most)
	k.n.spent(int64(len(part)))
	return part, err
}

// Take is link.Enclosures'.
func (k keeper) Take(ctx context.Context, from string, w link.Wanted, part []byte) (int64, error) {
	e := &k.n.enclosures
	e.mu.Lock()
	waits := e.wanted[fileKey{w.Hash, w.Size}]
	if waits != nil && waits.from != from && waits.from != k.n.side || waits != nil && !waits.mayBeGiven(time.Now()) {
		waits = nil
	}
	e.mu.Unlock()
	if waits == nil {
		return 0, enclosure.ErrNotHeld
	}
	file, err := e.store.Extend(ctx, enclosure.File{Hash: w.Hash, Size: w.Size, Side: waits.from}, w.Held, part)
	k.n.progress(waits, file, err)
	if file.Whole {
		k.n.whole(ctx, waits)
	} else if err != nil {
		k.n.fetchFailed(ctx, from, waits, err)
	}
	return file.Held, err
}

// Wanted is link.Enclosures'.
func (k keeper) Wanted(string) {
	e := &k.n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tell()
}
