package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"liaison.example/ledger"
	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/sqldb"
)

// maxFold is how many entries of one ledger are read and folded at a time, and
// maxChunks how often that is done in one transaction.
const (
	maxFold   = 1000
	maxChunks = 16
)

// foldAfter is how long entries that have arrived wait at most to be folded, so
// that the receipt for them goes out first. Whoever writes folds them at once.
const foldAfter = time.Millisecond

// foldEvery is how often what arrives is folded, at most, so that in a crowd one
// commit of the records serves several entries. What arrives alone does not wait.
const foldEvery = 10 * time.Millisecond

// settleEvery is how often the settled line is moved, at most. Nobody waits for
// it: it says which places are final and lets go of undo images.
const settleEvery = 200 * time.Millisecond

// While the ledgers cannot be folded, they are tried again every foldAgain, and
// after foldTries it is an alarm. (A disk that takes nothing is another one, at
// once. A database server that is away is none: nothing at all can be read then,
// and no alarm be kept; whoever asks for the node's health is told.)
const (
	foldAgain = time.Second
	foldTries = 5
)

// follow folds what arrives in the ledgers until ctx ends.
func (n *Node) follow(ctx context.Context) {
	wake, cancel := n.ledger.Subscribe()
	defer cancel()
	failed := 0 // tries, in a row
	var again <-chan time.Time
	if !n.foldedAtStart {
		again = time.After(foldAgain)
	}
	var last time.Time       // when it was folded
	var due <-chan time.Time // when what has arrived is folded; nil if nothing has
	n.maySettle()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
			n.watches.receipts(n.ledger.Head(n.side).Cosigned)
			n.mayEndRestore()
			if due == nil && again == nil {
				due = time.After(max(foldAfter, foldEvery-time.Since(last)))
			}
			continue
		case <-n.answered:
			if due == nil || time.Since(last) < foldEvery {
				continue
			}
		case <-due:
		case <-again:
			again = nil
		}
		due = nil
		n.watches.tellReceipts()
		if err := n.catchUp(ctx); err == nil {
			failed = 0
		} else if ctx.Err() == nil {
			failed++
			again = time.After(foldAgain)
			n.cannotFold(ctx, err, failed)
		}
		last = time.Now()
		n.maySettle()
		n.mayIndex()
		n.mayFound(ctx)
	}
}

// cannotFold says that the ledgers cannot be folded, and how often in a row.
func (n *Node) cannotFold(ctx context.Context, err error, times int) {
	if times == 1 || times == foldTries {
		n.log.Error("the records cannot be folded", "error", err, "tries", times)
	}
	switch {
	case diskReason(err) != "":
		n.noteDisk(err)
	case times == foldTries && !sqldb.IsAway(err):
		n.raise(ctx, "records-behind", n.side, map[string]string{"error": err.Error()}, nil)
	}
}

// onAnswered notes that a receipt has gone out.
func (n *Node) onAnswered() {
	select {
	case n.answered <- struct{}{}:
	default:
	}
}

// catchUp folds all that can be placed and is not yet.
func (n *Node) catchUp(ctx context.Context) error {
	n.fold.Lock()
	defer n.fold.Unlock()
	return n.catchUpLocked(ctx)
}

func (n *Node) catchUpLocked(ctx context.Context) error {
	started := time.Now()
	for folded := 0; !n.allFolded(); {
		ids, err := n.foldSome(ctx)
		var late *records.LateError
		var newer *records.NewerRulesError
		switch {
		case errors.As(err, &late):
			n.raise(ctx, "backdated", late.ID.Side, map[string]string{"entry": late.ID.String()}, nil)
			return nil
		case errors.As(err, &newer):
			n.holds.mu.Lock()
			n.holds.outdated = true
			n.holds.mu.Unlock()
			n.raise(ctx, "needs-newer-rules", n.side, map[string]string{"rules": fmt.Sprint(newer.Rules)}, nil)
			return nil
		}
		if err != nil || len(ids) == 0 {
			return err
		}
		n.placed(ids)
		if folded += len(ids); folded >= 10*maxFold && time.Since(started) > time.Second {
			n.log.Info("folding the ledgers", "entries", folded)
			started = time.Now()
		}
	}
	return nil
}

// allFolded reports, without reading the records, whether there is nothing to
// fold. n.folded may be less than what another process on the same database has
// folded, never more, since what is folded stays so. n.fold is held.
func (n *Node) allFolded() bool {
	for side, head := range n.ledger.Heads() {
		if head.Placeable > n.folded[side] {
			return false
		}
	}
	return true
}

// foldSome folds entries that can be placed and are not, as many as go into one
// transaction, and gives them. n.fold is held.
func (n *Node) foldSome(ctx context.Context) (folded []office.EntryID, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var placed map[office.Side]int64
	err = n.records.Update(ctx, func(fold *records.Fold) error {
		folded = nil
		placed = fold.Placed()
		n.folded = cloneCounts(placed)
		next := func() ([]office.Entry, error) { return n.missing(ctx, placed) }
		for chunk := 1; ; chunk++ {
			entries, err := next()
			if err != nil || len(entries) == 0 {
				return err
			}
			ids := entryIDs(entries)
			count(placed, ids)
			folded = append(folded, ids...)
			if len(entries) < maxFold || chunk == maxChunks {
				return fold.Add(entries)
			}
			next = n.readAhead(ctx, placed, fold.Rules())
			if err := fold.AddEarlier(entries); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return nil, err
	}
	n.folded = placed
	return folded, nil
}

// readAhead begins to read what is missing beside what is placed, prepared for a version
// of the rules, and gives the function that waits for it.
func (n *Node) readAhead(ctx context.Context, placed map[office.Side]int64, rules int64) func() ([]office.Entry, error) {
	placed = cloneCounts(placed)
	var entries []office.Entry
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		entries, err = n.missing(ctx, placed)
		for i := range entries {
			entries[i].Prepare(rules)
		}
	}()
	return func() ([]office.Entry, error) {
		<-done
		return entries, err
	}
}

// count adds entries to the counts of what is placed.
func count(placed map[office.Side]int64, entries []office.EntryID) {
	for _, id := range entries {
		placed[id.Side] = max(placed[id.Side], id.Index+1)
	}
}

func entryIDs(entries []office.Entry) []office.EntryID {
	ids := make([]office.EntryID, len(entries))
	for i := range entries {
		ids[i] = entries[i].ID
	}
	return ids
}

// missing reads entries that can be placed beside those that are, at most
// maxFold of each ledger, so that what each of them has seen is among them or
// folded.
func (n *Node) missing(ctx context.Context, placed map[office.Side]int64) ([]office.Entry, error) {
	placed = cloneCounts(placed)
	waiting := map[office.Side][]ledger.Entry{}
	total := 0
	for side, head := range n.ledger.Heads() {
		if head.Placeable <= placed[side] {
			continue
		}
		entries, err := n.ledger.Entries(ctx, side, placed[side], min(head.Placeable-placed[side], maxFold))
		if err != nil {
			return nil, fmt.Errorf("read the ledger of %s: %w", side, err)
		}
		waiting[side] = entries
		total += len(entries)
	}
	return officeEntries(causal(placed, waiting, total)), nil
}

// causal puts entries in an order in which each comes after all that it has
// seen. What has seen entries that are not there is left out.
func causal(placed map[office.Side]int64, waiting map[office.Side][]ledger.Entry, total int) []ledger.Entry {
	ordered := make([]ledger.Entry, 0, total)
	for moved := true; moved; {
		moved = false
		for side, entries := range waiting {
			n := 0
			for n < len(entries) && hasSeen(placed, entries[n].Frame.Seen) {
				placed[side]++
				n++
			}
			ordered = append(ordered, entries[:n]...)
			waiting[side] = entries[n:]
			moved = moved || n > 0
		}
	}
	return ordered
}

func hasSeen(placed map[office.Side]int64, seen map[string]int64) bool {
	for side, count := range seen {
		if placed[side] < count {
			return false
		}
	}
	return true
}

func officeEntries(entries []ledger.Entry) []office.Entry {
	list := make([]office.Entry, len(entries))
	for i, e := range entries {
		list[i] = officeEntry(e)
	}
	return list
}

// maySettle says that there may be more to settle.
func (n *Node) maySettle() {
	select {
	case n.settle <- struct{}{}:
	default:
	}
}

// settleFromTimeToTime moves the settled line after changes, until ctx ends.
func (n *Node) settleFromTimeToTime(ctx context.Context) {
	pause := time.NewTicker(settleEvery)
	defer pause.Stop()
	failed := false // the last time
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.settle:
		}
		if err := n.settleNow(ctx); err == nil {
			failed = false
		} else if ctx.Err() == nil {
			if !failed {
				n.log.Error("the settled line cannot be moved", "error", err)
			}
			failed = true
			n.maySettle() // again, after a pause
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// settleNow moves the settled line as far as the standings of the other sides
// allow.
func (n *Node) settleNow(ctx context.Context) error {
	standings := map[office.Side][]records.Standing{}
	for _, side := range n.others() {
		for _, s := range n.ledger.Standings(side) {
			standings[side] = append(standings[side], records.Standing{Own: s.Own, Seen: s.Seen})
		}
	}
	n.fold.Lock()
	before, err := n.records.Digest(ctx)
	var count int64
	if err == nil {
		count, err = n.records.Settle(ctx, standings)
	}
	n.fold.Unlock()
	if err != nil {
		return err
	}
	if count > before.Count {
		n.watches.send(Event{Kind: "settled"})
	}
	return nil
}

// source reads back entries that must be folded once more.
func (n *Node) source(ctx context.Context, side office.Side, from, count int64) ([]office.Entry, error) {
	entries, err := n.ledger.Entries(ctx, side, from, min(count, maxFold))
	return officeEntries(entries), err
}
