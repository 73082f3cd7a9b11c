package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"sort"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// audit checks one ledger from nothing, as its entries go by.
//
// What takes time for each entry or signature is done by several goroutines at
// once, for a block at a time; what needs the order is done by one, block after
// block, so that the first thing wrong is the first in the ledger.
type audit struct {
	office, side string
	log          *noteVerifier
	cosigners    map[string]*noteVerifier // by side
	where        func(index int64) string // what to name for an entry

	tree    tree
	seen    []turnOfSeen        // where an entry has seen other than the one before it
	upper   map[[2]int64][]byte // the full tiles above level 0, by level and number
	reached *checkpoint         // to be held against the root when the tree has its size; may be nil
	signed  string              // where it stands
	placed  int                 // how many of seen can be placed
	result  LedgerSummary
}

// turnOfSeen is what the entries from an index on have seen.
type turnOfSeen struct {
	from int64
	seen map[string]int64
}

// block is a tile's worth of entries with what lies beside them.
type block struct {
	from         int64
	leaves       [][]byte
	tile         []byte // the stored tile of level 0; nil if none must be
	tileWhere    string
	cosignatures []cosignatureRow // that cover from+1 to from+len(leaves) entries, by size
	fault        *Fault           // what was wrong with its place already; the leaves before it count

	// What the first stage finds out.
	hashes []tlog.Hash
	seens  []map[string]int64
	done   chan struct{}
}

// cosignatureRow is a row of the table of that name.
type cosignatureRow struct {
	where     string
	cosigner  string
	size      int64
	note      []byte
	held, own int64
	seen      string
	sum       int64

	// What the first stage finds out.
	c        *checkpoint
	promised map[string]int64
}

func newAudit(office, side string, log *noteVerifier, cosigners map[string]*noteVerifier) *audit {
	return &audit{
		office: office, side: side, log: log, cosigners: cosigners, upper: map[[2]int64][]byte{},
		result: LedgerSummary{Side: side, Root: emptyRoot, Cosigned: map[string]int64{}},
	}
}

// blocksAhead is how many blocks are read before they are checked, for each
// goroutine that checks.
const blocksAhead = 8

// run checks the blocks that read hands to next, in their order. each is called
// for each block that is sound.
func (a *audit) run(ctx context.Context, read func(ctx context.Context, next func(*block) error) error, each func(*block)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	workers := runtime.GOMAXPROCS(0)
	work := make(chan *block, workers*blocksAhead)
	ordered := make(chan *block, workers*blocksAhead)
	var stages sync.WaitGroup
	for range workers {
		stages.Go(func() {
			for b := range work {
				a.look(b)
				close(b.done)
			}
		})
	}
	stages.Go(func() {
		for b := range ordered {
			<-b.done
			if ctx.Err() != nil {
				continue
			}
			if err := a.follow(b); err != nil {
				stop(err)
				continue
			}
			each(b)
		}
	})
	err := read(ctx, func(b *block) error {
		b.done = make(chan struct{})
		select {
		case ordered <- b:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		work <- b // never for long: each block before it is being checked
		return nil
	})
	close(work)
	close(ordered)
	stages.Wait()
	// What was wrong with an earlier block comes before what ended the reading.
	var fault *Fault
	cause := context.Cause(ctx)
	if errors.As(cause, &fault) {
		return fault
	}
	return errors.Join(err, cause)
}

// look is the first stage: what each entry and each signature says by itself.
func (a *audit) look(b *block) {
	b.hashes = make([]tlog.Hash, 0, len(b.leaves))
	b.seens = make([]map[string]int64, 0, len(b.leaves))
	var seen map[string]int64
	for i, leaf := range b.leaves {
		f, err := ParseLeaf(leaf)
		if err == nil {
			err = belongs(a.office, a.side, &f)
		}
		if err != nil {
			b.fault = a.entryFault(b.from+int64(i), "an entry of this ledger as spec/entries.md describes it", err.Error())
			b.leaves, b.cosignatures = b.leaves[:i], nil
			return
		}
		if !maps.Equal(f.Seen, seen) || seen == nil {
			seen = f.Seen
		}
		b.hashes = append(b.hashes, tlog.RecordHash(leaf))
		b.seens = append(b.seens, seen)
	}
	for i := range b.cosignatures {
		if fault := a.lookAt(&b.cosignatures[i]); fault != nil {
			// It counts only if the entries that it covers are sound.
			b.fault, b.cosignatures = fault, b.cosignatures[:i]
			return
		}
	}
}

// lookAt checks what a cosignature says by itself.
func (a *audit) lookAt(r *cosignatureRow) *Fault {
	fault := func(want, got string) *Fault { return &Fault{Where: r.where, Want: want, Got: got} }
	key := a.cosigners[r.cosigner]
	if key == nil || r.cosigner == a.side {
		return fault("a cosignature by another side that is admitted", fmt.Sprintf("one by %q", r.cosigner))
	}
	c, _, err := openCosigned(r.note, a.log, key)
	switch {
	case err != nil:
		return fault("a note signed by the ledger and by "+key.name, err.Error())
	case !bytes.Equal(c.note, r.note):
		return fault("the note in its one form", "another writing of it")
	case c.size != r.size:
		return fault(fmt.Sprintf("a checkpoint of %d entries", r.size), fmt.Sprintf("one of %d", c.size))
	}
	r.c = c
	if err := json.Unmarshal([]byte(r.seen), &r.promised); err != nil {
		return fault("counts by side as JSON", fmt.Sprintf("%q", r.seen))
	}
	if got := rowSum(a.side, r.cosigner, r.size, r.note, r.held, r.own, r.seen); got != r.sum {
		return fault(fmt.Sprintf("columns whose sum is %d", r.sum), fmt.Sprintf("columns whose sum is %d: one of them was changed", got))
	}
	return nil
}

// follow is the second stage: what a block says after all before it.
func (a *audit) follow(b *block) error {
	cosignatures := b.cosignatures
	for i := range b.leaves {
		index := b.from + int64(i)
		if fault := a.sees(index, b.seens[i]); fault != nil {
			return fault
		}
		for _, full := range a.tree.append(b.hashes[i]) {
			if full.level > 0 {
				a.upper[[2]int64{int64(full.level), full.n}] = full.data
			}
		}
		for ; len(cosignatures) > 0 && cosignatures[0].size == a.tree.size; cosignatures = cosignatures[1:] {
			if err := a.covers(cosignatures[0].where, cosignatures[0].c); err != nil {
				return err
			}
			a.result.Cosignatures++
			a.result.Cosigned[cosignatures[0].cosigner] = a.tree.size
		}
		if a.reached != nil && a.reached.size == a.tree.size {
			if err := a.covers(a.signed, a.reached); err != nil {
				return err
			}
		}
		a.result.Bytes += int64(len(b.leaves[i]))
	}
	if b.fault != nil {
		return b.fault
	}
	if b.tile != nil {
		if fault := compareTile(b.tileWhere, joinHashes(b.hashes), b.tile); fault != nil {
			if fault.hash >= 0 {
				fault.Entry = entryID(a.side, b.from+int64(fault.hash))
			}
			return fault
		}
		a.result.Tiles++
	}
	a.result.Entries, a.result.Root = a.tree.size, a.tree.root()
	return nil
}

// sees holds what an entry has seen against what the one before it had.
func (a *audit) sees(index int64, seen map[string]int64) *Fault {
	var before map[string]int64
	if n := len(a.seen); n > 0 {
		before = a.seen[n-1].seen
		if maps.Equal(before, seen) {
			return nil
		}
	}
	for side, least := range before {
		if n := seen[side]; n < least {
			return a.entryFault(index, fmt.Sprintf("%d or more entries of %s seen, as in the entry before it", least, side), fmt.Sprint(n))
		}
	}
	a.seen = append(a.seen, turnOfSeen{index, seen})
	return nil
}

// covers holds a checkpoint against the tree at its size.
func (a *audit) covers(where string, c *checkpoint) error {
	if root := a.tree.root(); root != c.root {
		return &Fault{Where: where, Want: fmt.Sprintf("the root of the first %d entries, %v", c.size, root), Got: fmt.Sprintf("a signature over %v", c.root)}
	}
	return nil
}

func (a *audit) entryFault(index int64, want, got string) *Fault {
	return &Fault{Where: a.where(index), Entry: entryID(a.side, index), Want: want, Got: got}
}

// seenAt is what an entry has seen.
func (a *audit) seenAt(index int64) map[string]int64 {
	n := sort.Search(len(a.seen), func(i int) bool { return a.seen[i].from > index })
	if n == 0 {
		return nil
	}
	return a.seen[n-1].seen
}

// compareTile names the first hash in which a tile differs from what it must be.
func compareTile(where string, want, got []byte) *Fault {
	if len(want) != len(got) {
		return &Fault{Where: where, hash: -1, Want: fmt.Sprintf("%d bytes", len(want)), Got: fmt.Sprintf("%d bytes", len(got))}
	}
	for i := 0; i < len(want); i += tlog.HashSize {
		if w, g := want[i:i+tlog.HashSize], got[i:i+tlog.HashSize]; !bytes.Equal(w, g) {
			return &Fault{Where: fmt.Sprintf("%s, hash %d", where, i/tlog.HashSize), hash: i / tlog.HashSize, Want: tlog.Hash(w).String(), Got: tlog.Hash(g).String()}
		}
	}
	return nil
}

// placeAll computes how many entries of each ledger can be placed, from what
// all of them have seen.
func placeAll(audits map[string]*audit) {
	for again := true; again; {
		again = false
		for _, a := range audits {
			before := a.placed
			for a.placed < len(a.seen) && placedIn(audits, a.seen[a.placed].seen) {
				a.placed++
			}
			a.result.Placeable = a.result.Entries
			if a.placed < len(a.seen) {
				a.result.Placeable = a.seen[a.placed].from
			}
			again = again || a.placed > before
		}
	}
}

func placedIn(audits map[string]*audit, seen map[string]int64) bool {
	for side, n := range seen {
		if other := audits[side]; other == nil || other.result.Placeable < n {
			return false
		}
	}
	return true
}

// belongs checks that an entry is one of this office and of its ledger's side.
func belongs(office, side string, f *Frame) error {
	switch {
	case f.Office != office:
		return fmt.Errorf("it belongs to the office %q", f.Office)
	case f.Side != side:
		return fmt.Errorf("it is written by %q", f.Side)
	}
	return nil
}
