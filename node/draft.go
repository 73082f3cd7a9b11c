package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"liaison.example/ledger"
	"liaison.example/office"
	"liaison.example/people"
)

const (
	// releaseTime is how long a release may wait for the writer. Afterwards it is
	// not begun any more.
	releaseTime = 15 * time.Second
	// releaseOver is how long after it was begun no other process of this side can
	// still be writing it.
	releaseOver = 2 * time.Minute
	// readAtOnce is how many entries are read at once in the search for one.
	readAtOnce = 500
)

// turns lets one at a time work on the release of one draft.
type turns struct {
	mu   sync.Mutex
	held map[int64]chan struct{} // under mu; closed when the turn is over
}

// take waits for the turn of a draft; over ends it.
func (t *turns) take(ctx context.Context, draft int64) (over func(), err error) {
	for {
		t.mu.Lock()
		before, held := t.held[draft]
		if !held {
			if t.held == nil {
				t.held = map[int64]chan struct{}{}
			}
			done := make(chan struct{})
			t.held[draft] = done
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				defer t.mu.Unlock()
				delete(t.held, draft)
				close(done)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for another release of draft %d: %w", draft, context.Cause(ctx))
		}
	}
}

// Release writes a draft as a dispatch of our side, once, however often and by
// how many it is asked for. To who has released it, it answers again what was
// written; all others are refused. After an error that is no refusal it may have
// been written: the next call, or Draft, finds out. Once is set if it is asked for
// under a key, as with an Act.
func (n *Node) Release(ctx context.Context, h people.Hand, id, version int64, once *Once) (Written, error) {
	ctx, cancel := context.WithTimeout(ctx, releaseTime)
	defer cancel()
	over, err := n.releases.take(ctx, id)
	if err != nil {
		return Written{}, err
	}
	defer over()
	w := &write{act: Act{By: h.Post, Kind: office.KindDispatch, Once: once, reviewed: true}}
	if once != nil {
		if err := n.lookOnce(ctx, w); err != nil {
			return Written{}, err
		}
	}
	d, err := n.mended(ctx, id)
	if written, done, e := n.doneBefore(ctx, w); done || e != nil { // also where the draft cannot be mended yet
		return written, e
	}
	if err != nil {
		return Written{}, err
	}
	if d.State == people.Released && d.Ended.Who == h.Who && d.Version == version {
		return n.releasedBefore(ctx, w, d.Entry)
	}
	d, err = n.people.BeginRelease(ctx, h, id, version, n.ledger.Head(n.side).Size)
	if err != nil {
		return Written{}, err
	}
	var written Written
	body, err := d.Content.Body()
	if err == nil {
		w.act.Body = body
		written, err = n.Write(ctx, w.act)
	}
	// What became of it is noted also when who asked has gone.
	ctx = context.WithoutCancel(ctx)
	var byRules *Refusal
	var byPeople *people.Refusal
	if errors.As(err, &byRules) || errors.As(err, &byPeople) {
		if _, e := n.people.GiveUpRelease(ctx, id); e != nil {
			n.log.Error("a draft that was not written stays as if it were being released", "draft", id, "error", e)
		}
	}
	if err != nil {
		return Written{}, fmt.Errorf("release draft %d: %w", id, err)
	}
	if _, err := n.people.NoteReleased(ctx, h.From, id, written.ID); err != nil {
		n.log.Error("the release of a draft is not noted yet", "draft", id, "entry", written.ID, "error", err)
	}
	n.TellDraft()
	return written, nil
}

// Draft reads a draft. If a crash has left open whether its release was written,
// it finds that out.
func (n *Node) Draft(ctx context.Context, id int64) (people.Draft, error) {
	d, err := n.people.Draft(ctx, id)
	if err != nil || d.State != people.Releasing {
		return d, err
	}
	over, err := n.releases.take(ctx, id)
	if err != nil {
		return d, err
	}
	defer over()
	mended, err := n.mended(ctx, id)
	var refusal *Refusal
	if errors.As(err, &refusal) { // it stays as it is for now
		return d, nil
	}
	return mended, err
}

// TellDraft tells the pages of this node that drafts have changed.
func (n *Node) TellDraft() { n.watches.send(Event{Kind: "draft"}) }

// mended reads a draft. Where its release was begun and nobody works on it any
// more, it looks for it in our ledger and notes what became of it. The caller
// has the draft's turn.
func (n *Node) mended(ctx context.Context, id int64) (people.Draft, error) {
	d, err := n.people.Draft(ctx, id)
	if err != nil || d.State != people.Releasing {
		return d, err
	}
	if n.shared() && n.now().Sub(d.Ended.At) < releaseOver {
		return d, &Refusal{Code: "draft-releasing"}
	}
	if err := n.mayWrite(ctx); err != nil { // while our ledger is not whole it cannot be said
		return d, err
	}
	entry, found, err := n.findReleased(ctx, d)
	if err != nil {
		return d, fmt.Errorf("find out whether draft %d was released: %w", id, err)
	}
	n.log.Info("the release of a draft had been left open", "draft", id, "written", found)
	if found {
		return n.people.NoteReleased(ctx, "", id, entry)
	}
	return n.people.GiveUpRelease(ctx, id)
}

// findReleased looks in our ledger, from where it ended when the release was
// begun, for the dispatch that a draft became. Nothing of a draft stands there
// but its words: of two with the same words the one that is noted first is it.
func (n *Node) findReleased(ctx context.Context, d people.Draft) (id office.EntryID, found bool, err error) {
	if err := n.ledger.Refresh(ctx); err != nil {
		return id, false, err
	}
	want, err := d.Content.Body()
	if err != nil {
		return id, false, err
	}
	for from := d.Claimed; ; {
		entries, err := n.ledger.Entries(ctx, n.side, from, readAtOnce)
		if err != nil {
			return id, false, err
		}
		for _, e := range entries {
			id := office.EntryID{Side: n.side, Index: e.Index}
			if e.Frame.By != d.Ended.Post || !isDispatch(e, want) {
				continue
			}
			if noted, err := n.people.IsReleased(ctx, id); err != nil {
				return id, false, err
			} else if !noted {
				return id, true, nil
			}
		}
		if from += int64(len(entries)); len(entries) < readAtOnce {
			return id, false, nil
		}
	}
}

// isDispatch reports whether an entry is the dispatch that was asked for, as the
// node has completed it.
func isDispatch(e ledger.Entry, want *office.DispatchBody) bool {
	var got office.DispatchBody
	if e.Frame.Kind != office.KindDispatch || json.Unmarshal(e.Frame.Body, &got) != nil {
		return false
	}
	got.Number = want.Number
	whole := *want
	if whole.To = slices.Sorted(slices.Values(want.To)); len(whole.To) == 0 {
		whole.To = got.To
	}
	a, errA := office.Encode(&got)
	b, errB := office.Encode(&whole)
	return errA == nil && errB == nil && string(a) == string(b)
}

// releasedBefore is the answer for a draft that became this entry before it was
// asked for under the act's key, which is kept with it.
func (n *Node) releasedBefore(ctx context.Context, w *write, id office.EntryID) (Written, error) {
	e, err := n.ledger.Entry(ctx, id.Side, id.Index)
	if err != nil {
		return Written{}, fmt.Errorf("read the dispatch %s: %w", id, err)
	}
	if w.act.Once != nil {
		err := n.keepOnce(ctx, map[*write]ledger.Entry{w: e}, n.now())
		if w.differs != nil {
			return Written{}, w.differs
		}
		if err != nil && !errors.Is(err, ledger.ErrStale) { // then another process has kept it
			n.log.Error("the key of a release is not kept", "entry", id, "error", err)
		}
	}
	return writtenBefore(e)
}
