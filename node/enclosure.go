package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"liaison.example/enclosure"
	"liaison.example/office"
	"liaison.example/records"
)

// The files that dispatches name cross beside the ledgers. A node follows its
// records for what they name, keeps what it has of that for ever, waits for what
// it lacks (fetch.go), and writes an entry when it has stored a file of another
// side, so that the sender holds a signed proof.

const (
	encloseLook  = 30 * time.Second       // between looks at what another process may have stored
	encloseSweep = time.Hour              // between removals of what nobody finished or named
	enclosePage  = 200                    // dispatches that are looked at in one query
	encloseRest  = 100 * time.Millisecond // before a look, so that it is one for all entries that come at once

	// While entries come and go, a chunk of a file rests so many times as long
	// as it took, and else as long as it took: so fewer than one entry in a
	// hundred finds the disk taken by a file.
	encloseShare = 100
	encloseBusy  = time.Second // since the last entry

	encloseSpent = 2 << 20 // bytes of files after which memory is collected
)

// fileKey is what names a file.
type fileKey struct {
	hash string
	size int64
}

// wanted is a file that a dispatch names and that is not whole here.
type wanted struct {
	fileKey
	from       office.Side // who named it first
	precedence office.Precedence
	time       int64            // of that dispatch, in the joint order
	owes       []office.EntryID // dispatches of other sides to us that name it
	settled    bool             // one of these is settled
	held       int64
	taken      bool      // somebody is fetching it
	failed     int       // tries in a row that brought nothing
	line       bool      // the last of these since no answer came over the line
	retry      time.Time // not to be tried before
}

// owed is an entry that says that a file of another side is stored here.
type owed struct {
	dispatch office.EntryID
	hash     string
}

// enclosures is what a node knows of the files that its records name.
type enclosures struct {
	store *enclosure.Store
	wake  chan struct{} // holds a token when there may be dispatches that were not looked at
	busy  atomic.Int64  // when an entry was last written or arrived, nanoseconds since the start
	began time.Time
	spent atomic.Int64 // bytes of files since memory was collected

	looking sync.Mutex // held by lookForEnclosures

	mu      sync.Mutex
	after   int64 // place in the joint order up to which all is settled and was looked at
	wanted  map[fileKey]*wanted
	owed    []owed
	changed chan struct{}        // closed and replaced when there is something to fetch or to give
	shown   map[fileKey]struct{} // whose progress pages were told of in this second
	shownAt time.Time
}

func (n *Node) openEnclosures(ctx context.Context) (err error) {
	e := &n.enclosures
	e.wake, e.changed, e.began = make(chan struct{}, 1), make(chan struct{}), time.Now()
	e.wanted = map[fileKey]*wanted{}
	e.busy.Store(-int64(encloseBusy))
	e.store, err = enclosure.Open(ctx, n.bases[0], enclosure.Config{Side: n.side, Now: n.now, Free: n.c.Free, Rest: n.restEnclosure})
	return err
}

// spent collects what the bytes of files have left in memory, if nothing else
// waits meanwhile. The collector alone would let it grow to twice of what is in
// use: more than a file may cost (docs/performance.md).
func (n *Node) spent(bytes int64) {
	if n.enclosures.spent.Add(bytes) >= encloseSpent && !n.busy() {
		n.enclosures.spent.Store(0)
		runtime.GC()
	}
}

// restEnclosure lets entries go first.
func (n *Node) restEnclosure(ctx context.Context, took time.Duration) error {
	n.spent(enclosure.ChunkSize)
	rest := took
	if n.busy() {
		rest *= encloseShare
	}
	return pause(ctx, min(rest, time.Second))
}

// pause waits for a time, or until ctx ends, and then says why.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// busy reports whether entries come and go.
func (n *Node) busy() bool {
	e := &n.enclosures
	return time.Since(e.began)-time.Duration(e.busy.Load()) < encloseBusy
}

// placed tells of entries that have got their place: pages, and whoever looks
// for what they name.
func (n *Node) placed(ids []office.EntryID) {
	n.enclosures.busy.Store(int64(time.Since(n.enclosures.began)))
	n.watches.placed(ids)
	n.wakeEnclose()
}

// wakeEnclose says that there may be dispatches that were not looked at.
func (n *Node) wakeEnclose() {
	select {
	case n.enclosures.wake <- struct{}{}:
	default:
	}
}

// enclose follows what dispatches name, until ctx ends.
func (n *Node) enclose(ctx context.Context) {
	look := time.NewTicker(encloseLook)
	defer look.Stop()
	n.wakeEnclose()
	var swept time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.enclosures.wake:
			// Files can wait; what is written and read meanwhile cannot.
			if pause(ctx, encloseRest) != nil {
				return
			}
		case <-look.C:
			n.relook(ctx)
		}
		if err := n.lookForEnclosures(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("what dispatches enclose cannot be looked at", "error", err)
			continue
		}
		n.writeStored(ctx)
		if time.Since(swept) > encloseSweep {
			swept = time.Now()
			if removed, err := n.sweepEnclosures(ctx); err != nil && ctx.Err() == nil {
				n.log.Error("unused enclosures are not removed", "error", err)
			} else if removed > 0 {
				n.log.Info("unused enclosures removed", "files", removed)
			}
		}
	}
}

// sweepEnclosures removes what nobody has finished or named for long, but not
// what a dispatch waits for or a draft names.
func (n *Node) sweepEnclosures(ctx context.Context) (removed int, err error) {
	drafted, err := n.people.Enclosed(ctx)
	if err != nil {
		return 0, err
	}
	return n.enclosures.store.Sweep(ctx, func(hash string) bool { return drafted[hash] || n.waitsFor(hash) })
}

// waitsFor reports whether a dispatch names a file that is not whole here.
func (n *Node) waitsFor(hash string) bool {
	e := &n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	for key := range e.wanted {
		if key.hash == hash {
			return true
		}
	}
	return false
}

// lookForEnclosures looks at the dispatches that may be new.
func (n *Node) lookForEnclosures(ctx context.Context) error {
	e := &n.enclosures
	e.looking.Lock()
	defer e.looking.Unlock()
	e.mu.Lock()
	after := e.after
	e.mu.Unlock()
	seen := map[fileKey]bool{}
	for at := after; ; {
		list, err := n.records.Enclosing(ctx, at, enclosePage)
		if err != nil {
			return err
		}
		for _, d := range list {
			for _, f := range d.Enclosures {
				key := fileKey{f.Hash, f.Size}
				seen[key] = true
				if err := n.lookAt(ctx, d, key); err != nil {
					return err
				}
			}
			if at = d.Pos; d.Settled {
				after = d.Pos
			}
		}
		if len(list) < enclosePage {
			break
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.after = after
	for key, w := range e.wanted {
		if !w.settled && !seen[key] { // the dispatch was void after all
			delete(e.wanted, key)
		}
	}
	return nil
}

// lookAt looks at one file that a dispatch names.
func (n *Node) lookAt(ctx context.Context, d records.Enclosing, key fileKey) error {
	e := &n.enclosures
	file, err := e.store.File(ctx, key.hash, key.size)
	if err != nil {
		return err
	}
	owes := d.From != n.side && d.Concerns(n.side) && !storedBy(&d.Handling, n.side, key.hash)
	if file.Whole {
		if err := e.store.Keep(ctx, key.hash, key.size); err != nil {
			return err
		}
		if owes {
			e.owe(owed{d.ID, key.hash})
		}
		e.mu.Lock()
		delete(e.wanted, key)
		e.mu.Unlock()
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.wanted[key]
	if w == nil {
		w = &wanted{fileKey: key, from: d.From, precedence: d.Precedence, time: d.Time, held: file.Held}
		e.wanted[key] = w
		e.tell()
	}
	w.settled = w.settled || d.Settled
	if rank(d.Precedence) < rank(w.precedence) {
		w.precedence = d.Precedence
	}
	if owes && !slices.Contains(w.owes, d.ID) {
		w.owes = append(w.owes, d.ID)
	}
	return nil
}

func storedBy(h *office.Handling, side office.Side, hash string) bool {
	return slices.ContainsFunc(h.Stored, func(s office.Storage) bool { return s.Side == side && s.Hash == hash })
}

func rank(p office.Precedence) int { return slices.Index(office.Precedences, p) }

// owe notes an entry that is to be written.
func (e *enclosures) owe(o owed) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.owed, o) {
		e.owed = append(e.owed, o)
	}
}

// tell wakes those who fetch and give. e.mu is held.
func (e *enclosures) tell() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// writeStored writes that files of other sides are stored here. What cannot be
// written yet is tried again at the next look.
func (n *Node) writeStored(ctx context.Context) {
	if !n.dials.Load() {
		return // another process of this side does
	}
	e := &n.enclosures
	e.mu.Lock()
	list := e.owed
	e.owed = nil
	e.mu.Unlock()
	for _, o := range list {
		if n.isStored(ctx, o) || n.act(ctx, office.KindStored, &office.StoredBody{Dispatch: o.dispatch, Hash: o.hash}) || n.isStored(ctx, o) {
			continue
		}
		e.owe(o)
	}
}

// isStored reports whether what is owed stands in the records.
func (n *Node) isStored(ctx context.Context, o owed) bool {
	d, found, err := n.records.Dispatch(ctx, o.dispatch)
	return err == nil && (!found || storedBy(&d.Handling, n.side, o.hash))
}

// relook looks whether what this process waits for was stored by another.
func (n *Node) relook(ctx context.Context) {
	e := &n.enclosures
	e.mu.Lock()
	list := make([]*wanted, 0, len(e.wanted))
	for _, w := range e.wanted {
		if !w.taken {
			list = append(list, w)
		}
	}
	e.mu.Unlock()
	for _, w := range list {
		if file, err := e.store.File(ctx, w.hash, w.size); err == nil && file.Whole {
			n.whole(ctx, w)
		}
	}
}

// whole takes note that a file that was waited for is whole.
func (n *Node) whole(ctx context.Context, w *wanted) {
	e := &n.enclosures
	n.note(ctx, w)
	if err := e.store.Keep(ctx, w.hash, w.size); err != nil {
		n.log.Error("an enclosure is not kept", "hash", w.hash, "error", err)
		return
	}
	e.mu.Lock()
	delete(e.wanted, w.fileKey)
	owes := w.owes
	e.mu.Unlock()
	for _, id := range owes {
		e.owe(owed{id, w.hash})
		n.watches.send(Event{Kind: "enclosure", ID: id})
	}
	n.wakeEnclose()
}

// note looks into a file of another side, and keeps what it finds, so that
// whoever takes it out is warned.
func (n *Node) note(ctx context.Context, w *wanted) {
	in, err := n.enclosures.store.Open(ctx, w.hash, w.size)
	if err != nil {
		n.log.Error("an enclosure is not looked into", "hash", w.hash, "error", err)
		return
	}
	name := ""
	for _, id := range w.owes {
		if d, found, err := n.records.Dispatch(ctx, id); err == nil && found {
			for _, f := range d.Enclosures {
				if f.Hash == w.hash {
					name = f.Name
				}
			}
		}
	}
	if finding := enclosure.Inspect(in, w.size, name); finding != "" {
		err := n.enclosures.store.Note(ctx, enclosure.File{Hash: w.hash, Size: w.size}, finding)
		n.log.Warn("an enclosure is not what should be enclosed", "hash", w.hash, "finding", finding, "error", err)
	}
}

// ErrNotHeld is the answer of OpenEnclosure for a file that is not whole here.
var ErrNotHeld = enclosure.ErrNotHeld

// Lacks tells how many files dispatches name that are not whole here, and how
// many bytes of them are.
func (n *Node) Lacks(ctx context.Context) (files int, held int64, err error) {
	if err := n.catchUp(ctx); err != nil { // what has just arrived names files too
		return 0, 0, err
	}
	if err := n.lookForEnclosures(ctx); err != nil {
		return 0, 0, err
	}
	e := &n.enclosures
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range e.wanted {
		files, held = files+1, held+w.held
	}
	return files, held, nil
}

// Enclosed is how far one enclosure of a dispatch has come.
type Enclosed struct {
	office.Enclosure
	Held    int64 // bytes here
	Whole   bool  // all bytes are here, and their hash was found right
	Finding string
	Stored  []office.Storage // what other sides have said, in the joint order
}

// Enclosed tells how far each enclosure of a dispatch has come.
func (n *Node) Enclosed(ctx context.Context, d *records.DispatchLine) ([]Enclosed, error) {
	list := make([]Enclosed, len(d.Enclosures))
	for i, f := range d.Enclosures {
		file, err := n.enclosures.store.File(ctx, f.Hash, f.Size)
		if err != nil {
			return nil, err
		}
		list[i] = Enclosed{Enclosure: f, Held: file.Held, Whole: file.Whole, Finding: string(file.Finding)}
		for _, s := range d.Handling.Stored {
			if s.Hash == f.Hash && s.Side != n.side {
				list[i].Stored = append(list[i].Stored, s)
			}
		}
	}
	return list, nil
}

// OpenEnclosure opens a file that is whole here. It answers ErrNotHeld if it is
// not.
func (n *Node) OpenEnclosure(ctx context.Context, hash string, size int64) (*enclosure.Reader, error) {
	return n.enclosures.store.Open(ctx, hash, size)
}

// AddEnclosure reads in a file of our own, so that a dispatch may name it, for
// somebody who acts for one of these posts and must be allowed an act: to draft or
// to release. The answer is *Refusal, with nothing kept, if it cannot be enclosed.
func (n *Node) AddEnclosure(ctx context.Context, by []office.Post, act, name string, from io.Reader) (office.Enclosure, error) {
	if may, err := n.mayEnclose(ctx, by, act); err != nil {
		return office.Enclosure{}, err
	} else if !may {
		return office.Enclosure{}, refusedEnclosure(name, "post-may-not", "post", by[0])
	}
	if !goodFileName(name) {
		return office.Enclosure{}, refusedEnclosure(name, "enclosure-name")
	}
	file, err := n.enclosures.store.Add(ctx, name, from)
	if err != nil {
		return office.Enclosure{}, n.notEnclosed(ctx, name, err)
	}
	return n.enclosed(ctx, name, file)
}

// mayEnclose reports whether one of these posts may do the act with any dispatch.
func (n *Node) mayEnclose(ctx context.Context, by []office.Post, act string) (bool, error) {
	rows, err := n.records.Posts(ctx, n.side)
	if err != nil {
		return false, err
	}
	rules, err := n.people.Rules(ctx)
	if err != nil {
		return false, err
	}
	for _, post := range by {
		i := slices.IndexFunc(rows, func(row office.PostRow) bool { return row.Post == post && !row.Ended })
		if post == office.Operator || i >= 0 && rules.MayAny(post, rows[i].Role, act) {
			return true, nil
		}
	}
	return false, nil
}

// noRoom raises the alarm that no more files of a side are kept.
func (n *Node) noRoom(ctx context.Context, room *enclosure.NoRoom) {
	n.raise(ctx, "enclosure-room-"+room.Why, room.Side, map[string]string{"limit": strconv.FormatInt(room.Limit>>20, 10)}, nil)
}

// holdsEnclosed says whether all that a dispatch of ours names is here.
func (n *Node) holdsEnclosed(ctx context.Context, list []office.Enclosure) (*Refusal, error) {
	for _, f := range list {
		err := n.enclosures.store.Touch(ctx, f.Hash, f.Size)
		switch {
		case errors.Is(err, enclosure.ErrNotHeld):
			return &Refusal{Code: "enclosure-not-held", Detail: map[string]string{"name": f.Name}}, nil
		case diskReason(err) != "":
			return &Refusal{Code: diskReason(err)}, nil
		case err != nil:
			return nil, fmt.Errorf("look for the enclosures of a dispatch: %w", err)
		}
	}
	return nil, nil
}
