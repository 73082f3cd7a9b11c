package node

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"liaison.example/office"
)

// watchBuffer is how many events wait for a slow reader before some are lost.
const watchBuffer = 256

// maxEachPlaced is how many placed entries at once are told one by one. Of more,
// readers are told that they lost some, and read the record.
const maxEachPlaced = 64

// watches are those who want to know of changes at once.
type watches struct {
	mu       sync.Mutex
	readers  map[chan Event]bool   // true while it has lost events
	cosigned map[office.Side]int64 // never changed in place
	told     map[office.Side]int64 // what of cosigned the readers know
	grown    chan struct{}         // closed when cosigned changes
	closed   bool
}

// Watch gives a stream of changes. A reader that is too slow loses events and
// is told so by one of kind "lost". The stream is closed by cancel, and when
// the node closes.
func (n *Node) Watch() (events <-chan Event, cancel func()) {
	w := &n.watches
	w.mu.Lock()
	defer w.mu.Unlock()
	c := make(chan Event, watchBuffer)
	if w.closed {
		close(c)
		return c, func() {}
	}
	if w.readers == nil {
		w.readers = map[chan Event]bool{}
	}
	w.readers[c] = false
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if _, there := w.readers[c]; there {
			delete(w.readers, c)
			close(c)
		}
	}
}

// await waits for an event that is wanted. It reports false when ctx or the stream
// has ended.
func await(ctx context.Context, events <-chan Event, wanted func(Event) bool) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case e, open := <-events:
			if !open {
				return false
			}
			if wanted(e) {
				return true
			}
		}
	}
}

// send tells all readers of a change. It never waits.
func (w *watches) send(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sendLocked(e)
}

func (w *watches) sendLocked(e Event) {
	for c, lost := range w.readers {
		if lost {
			select {
			case c <- Event{Kind: "lost"}:
				w.readers[c] = false
			default:
				continue
			}
		}
		select {
		case c <- e:
		default:
			w.readers[c] = true
		}
	}
}

// placed tells of entries that have got their place.
func (w *watches) placed(ids []office.EntryID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(ids) > maxEachPlaced {
		w.sendLocked(Event{Kind: "lost"})
		return
	}
	for _, id := range ids {
		w.sendLocked(Event{Kind: "entry", ID: id})
	}
}

// receipts wakes those who wait for a receipt, when the other sides' cosignatures
// reach further. Readers are told a moment later (tellReceipts): who waits goes first.
func (w *watches) receipts(cosigned map[office.Side]int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if maps.Equal(cosigned, w.cosigned) {
		return
	}
	w.cosigned = maps.Clone(cosigned)
	if w.grown != nil {
		close(w.grown)
		w.grown = nil
	}
}

// tellReceipts tells readers how far each other side's cosignatures reach, if it is
// further than they were told.
func (w *watches) tellReceipts() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for side, size := range w.cosigned {
		if size > w.told[side] {
			w.sendLocked(Event{Kind: "receipt", Side: side, ID: office.EntryID{Index: size - 1}})
		}
	}
	w.told = w.cosigned
}

// next is a channel that closes at the next change of the receipts.
func (w *watches) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.grown == nil {
		w.grown = make(chan struct{})
	}
	return w.grown
}

func (w *watches) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for c := range w.readers {
		close(c)
	}
	w.readers = nil
}

// Received waits until the receipts of all whom an own entry concerns are held:
// of a dispatch the addressed sides, of anything else every other side. It
// returns the cause when ctx ends before.
func (n *Node) Received(ctx context.Context, id office.EntryID) error {
	sides := n.others()
	if len(sides) > 1 { // else there is nobody else whom a dispatch can be addressed to
		if line, found, err := n.records.Dispatch(ctx, id); err != nil {
			return err
		} else if found {
			sides = line.To
		}
	}
	for {
		grown := n.watches.next()
		cosigned := n.ledger.Head(id.Side).Cosigned
		if coveredBy(cosigned, sides, id.Index) {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return fmt.Errorf("wait for the receipt of %s: %w", id, context.Cause(ctx))
		}
	}
}

func coveredBy(cosigned map[string]int64, sides []office.Side, index int64) bool {
	for _, side := range sides {
		if cosigned[side] <= index {
			return false
		}
	}
	return true
}
