package node

import (
	"context"
	"errors"
	"slices"
	"time"

	"liaison.example/enclosure"
	"liaison.example/link"
	"liaison.example/office"
)

const (
	// fetchFirst is how long to wait after a try that brought nothing; it is
	// doubled each time.
	fetchFirst = time.Second
	fetchMost  = 10 * time.Minute
	// wrongFirst is the same after bytes that were not those that the hash
	// names: they cost all that was fetched.
	wrongFirst = 10 * time.Minute
	wrongMost  = 24 * time.Hour

	fetchLook  = time.Second // between looks whether a pause has ended
	fetchQuick = 500 * time.Millisecond
	showEach   = time.Second // between what pages are told of the progress of a file
)

// fetchFrom fetches from a side what this node waits for, and gives it what it
// waits for and cannot fetch, until ctx ends.
func (n *Node) fetchFrom(ctx context.Context, side office.Side) {
	look := time.NewTicker(fetchLook)
	defer look.Stop()
	var g giving
	for {
		n.enclosures.mu.Lock()
		changed := n.enclosures.changed
		n.enclosures.mu.Unlock()
		if n.dials.Load() && n.lines()[side].Up {
			if n.give(ctx, side, &g) {
				continue
			}
			if w := n.nextFetch(side); w != nil {
				n.fetchFile(ctx, side, w)
				continue
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-look.C:
		}
	}
}

// nextFetch takes the most urgent file that a side may have, and that nobody is
// fetching.
func (n *Node) nextFetch(side office.Side) *wanted {
	e := &n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	var best *wanted
	for _, w := range e.wanted {
		if w.taken || now.Before(w.retry) || !n.mayHave(side, w) || best != nil && before(best, w) < 0 {
			continue
		}
		best = w
	}
	if best != nil {
		best.taken = true
	}
	return best
}

// mayHave reports whether a side is to be asked for a file: the one that named
// it, any if that was ourselves, and any while the line to that one is down.
func (n *Node) mayHave(side office.Side, w *wanted) bool {
	return w.from == side || w.from == n.side || !n.lines()[w.from].Up || w.failed > 2
}

// moreUrgent reports whether a file waits that goes before this one.
func (n *Node) moreUrgent(side office.Side, than *wanted) bool {
	e := &n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	for _, w := range e.wanted {
		if !w.taken && !now.Before(w.retry) && rank(w.precedence) < rank(than.precedence) && n.mayHave(side, w) {
			return true
		}
	}
	return false
}

// errStill says that a part has brought no whole chunk.
var errStill = errors.New("the part was too short to be stored")

// fetchFile fetches what is missing of a file, until it is whole, something
// goes wrong, or a more urgent one waits.
func (n *Node) fetchFile(ctx context.Context, side office.Side, w *wanted) {
	e := &n.enclosures
	defer func() {
		e.mu.Lock()
		w.taken = false
		e.mu.Unlock()
	}()
	whole := enclosure.File{Hash: w.hash, Size: w.size, Side: w.from}
	file, err := e.store.Extend(ctx, whole, 0, nil)
	for most := enclosure.ChunkSize; err == nil && !file.Whole; {
		if n.moreUrgent(side, w) {
			return
		}
		most = n.partSize(most)
		began, held := time.Now(), file.Held
		var part []byte
		if part, err = n.link.FetchPart(ctx, side, link.Wanted{Hash: w.hash, Size: w.size, Held: held}, most); err != nil {
			break
		}
		if time.Since(began) < fetchQuick {
			most *= 2
		} else {
			most = enclosure.ChunkSize
		}
		file, err = e.store.Extend(ctx, whole, held, part)
		var stale *enclosure.Stale
		switch {
		case errors.As(err, &stale): // another process of this side stores it too
			err = nil
		case err == nil && file.Held == held:
			err = errStill
		}
		n.progress(w, file, err)
	}
	switch {
	case err == nil:
		n.whole(ctx, w)
	case ctx.Err() == nil:
		n.fetchFailed(ctx, side, w, err)
	}
}

// maxPart is how many bytes are asked for at once: more would be quicker over a
// long line, and cost memory at both ends.
const maxPart = 4 * enclosure.ChunkSize

// partSize bounds what is asked for at once: little while entries come and go.
func (n *Node) partSize(most int) int {
	if n.busy() {
		return enclosure.ChunkSize
	}
	return min(most, maxPart)
}

// progress notes how far a file has come, and tells pages now and then.
func (n *Node) progress(w *wanted, file enclosure.File, err error) {
	e := &n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	if errors.Is(err, enclosure.ErrWrongBytes) {
		w.held = 0
		return
	}
	if err != nil {
		return
	}
	w.held, w.failed = file.Held, 0
	if now := time.Now(); now.Sub(e.shownAt) >= showEach {
		e.shown, e.shownAt = map[fileKey]struct{}{}, now
	}
	if _, told := e.shown[w.fileKey]; told {
		return
	}
	e.shown[w.fileKey] = struct{}{}
	for _, id := range w.owes {
		n.watches.send(Event{Kind: "enclosure", ID: id})
	}
}

// fetchFailed makes a file wait that could not be fetched, longer each time, and
// says what is wrong if that is of use to anybody.
func (n *Node) fetchFailed(ctx context.Context, side office.Side, w *wanted, err error) {
	first, most := fetchFirst, fetchMost
	var no *link.Refusal
	var room *enclosure.NoRoom
	var large *enclosure.TooLarge
	var stale *enclosure.Stale
	switch {
	case errors.As(err, &stale):
		return
	case errors.As(err, &no):
		if no.After > first {
			first = no.After
		}
	case errors.As(err, &room):
		n.noRoom(ctx, room)
		first = time.Minute
	case errors.Is(err, enclosure.ErrWrongBytes), errors.As(err, &large):
		first, most = wrongFirst, wrongMost
		n.raise(ctx, "enclosure-wrong", side, map[string]string{"hash": w.hash}, nil)
	case diskReason(err) != "":
		n.noteDisk(err)
		first = time.Minute
	case !errors.Is(err, link.ErrLine) && !errors.Is(err, errStill):
		n.log.Error("an enclosure is not stored", "hash", w.hash, "from", side, "error", err)
		first = time.Minute
	}
	e := &n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	w.retry = time.Now().Add(min(first<<min(w.failed, 20), most))
	w.failed++
	w.line = errors.Is(err, link.ErrLine)
	n.log.Info("an enclosure waits", "hash", w.hash, "from", side, "why", err)
}

// lineIsBack lets what could not be fetched over a line be tried again at once.
func (n *Node) lineIsBack() {
	e := &n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range e.wanted {
		if w.line {
			w.line, w.failed, w.retry = false, 0, time.Time{}
		}
	}
	e.tell()
}

// giving is what one side, which cannot call us, has been given since its last
// hello.
type giving struct {
	asked []link.Wanted
	held  map[string]int64 // by hash, what it said that it holds
	stale int              // parts in a row that began elsewhere, by what it said
	retry time.Time
}

// give gives a side the next part of what it waits for. It reports false if
// there is nothing to give.
func (n *Node) give(ctx context.Context, side office.Side, g *giving) bool {
	asked := n.link.WantedBy(side)
	if !slices.Equal(asked, g.asked) {
		g.asked, g.held = asked, map[string]int64{}
	}
	if time.Now().Before(g.retry) {
		return false
	}
	for _, w := range asked {
		w.Held = max(w.Held, g.held[w.Hash])
		if w.Held >= w.Size {
			continue
		}
		part, err := keeper{n}.Part(ctx, w, n.partSize(maxPart))
		if errors.Is(err, enclosure.ErrNotHeld) {
			continue
		}
		if err == nil {
			began := time.Now()
			var held int64
			if held, err = n.link.GivePart(ctx, side, w, part); err == nil && held == w.Held {
				err = errStill
			}
			g.held[w.Hash] = held
			if err == nil {
				g.stale = 0
				_ = n.restEnclosure(ctx, time.Since(began))
				return true
			}
		}
		var no *link.Refusal
		if errors.As(err, &no) && no.Code == link.CodeStale {
			g.held[w.Hash] = no.Held
			if g.stale++; g.stale < 4 {
				return true
			}
			g.stale = 0
		}
		n.log.Info("an enclosure is not given", "hash", w.Hash, "to", side, "why", err)
		g.retry = time.Now().Add(fetchFirst)
		return false
	}
	return false
}
