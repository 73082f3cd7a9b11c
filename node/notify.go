package node

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"liaison.example/notify"
	"liaison.example/office"
)

// Told is what a webhook is told of an entry: ids and words of the office, and
// nothing of a text.
type Told struct {
	ID       office.EntryID `json:"id"`
	Kind     string         `json:"kind"`
	Side     office.Side    `json:"side"` // whose entry
	By       office.Post    `json:"by"`
	Void     office.Reason  `json:"void,omitempty"` // why the rules refuse it
	Settled  bool           `json:"settled"`        // its place can no longer change
	Dispatch *ToldDispatch  `json:"dispatch,omitempty"`
}

// ToldDispatch is the dispatch that an entry is, or of which it is.
type ToldDispatch struct {
	ID         office.EntryID    `json:"id"`
	Number     int64             `json:"number"`
	From       office.Side       `json:"from"`
	To         []office.Side     `json:"to"`
	Precedence office.Precedence `json:"precedence"`
	Mark       office.Mark       `json:"mark,omitzero"`
	State      string            `json:"state"` // "open" or "acknowledged", by all addressees, when it was told
}

// openNotify opens the telling of webhooks.
func (n *Node) openNotify(ctx context.Context) (err error) {
	n.notify, err = notify.Open(ctx, notify.Config{
		DB: n.bases[1], Key: n.c.Keys.LocalKey(), Now: n.now, Log: n.log, Placed: n.records.Placed, Describe: n.describe,
		Pages: n.c.Pages, Gather: n.gatherTold, Waits: n.waitsForUs, Senders: n.c.Senders,
	})
	return err
}

// tellWebhooks tells webhooks of what happens until ctx ends.
func (n *Node) tellWebhooks(ctx context.Context) {
	events, cancel := n.Watch()
	defer cancel()
	n.run(ctx, n.notify.Run)
	n.run(ctx, n.notify.HearPages)
	if !n.c.TellByHand {
		n.run(ctx, n.notify.RunPeople)
	}
	for await(ctx, events, func(e Event) bool { return e.Kind == "entry" || e.Kind == "lost" }) {
		n.notify.Wake()
	}
}

// Notify is the webhooks.
func (n *Node) Notify() *notify.Notify { return n.notify }

// describe gives what a webhook is told of an entry that has its place.
func (n *Node) describe(ctx context.Context, id office.EntryID) (notify.Event, error) {
	placed, found, err := n.records.PlacedEntry(ctx, id)
	if err != nil {
		return notify.Event{}, err
	}
	if !found {
		return notify.Event{}, fmt.Errorf("%s has no place yet", id)
	}
	told := Told{ID: id, Kind: placed.Kind, Side: id.Side, By: placed.By, Void: placed.Verdict.Void, Settled: placed.Settled}
	of, is, err := n.dispatchOf(ctx, id, placed.Kind)
	if err != nil {
		return notify.Event{}, err
	}
	if is {
		if told.Dispatch, err = n.toldDispatch(ctx, of); err != nil {
			return notify.Event{}, err
		}
	}
	return notify.Event{Type: "entry." + placed.Kind, At: time.UnixMilli(placed.At), Data: told}, nil
}

// dispatchOf finds the dispatch that an entry is, or of which it is.
func (n *Node) dispatchOf(ctx context.Context, id office.EntryID, kind string) (of office.EntryID, is bool, err error) {
	switch kind {
	case office.KindDispatch:
		return id, true, nil
	case office.KindAcknowledge, office.KindConsider, office.KindClose, office.KindStored, office.KindReadback:
	case office.KindReadbackReply:
		return n.readBack(ctx, id)
	default:
		return of, false, nil
	}
	entry, err := n.ledger.Entry(ctx, id.Side, id.Index)
	if err != nil {
		return of, false, err
	}
	var body struct {
		Dispatch office.EntryID `json:"dispatch"`
	}
	// What cannot be read is void, and of no dispatch.
	err = json.Unmarshal(entry.Frame.Body, &body)
	return body.Dispatch, err == nil, nil
}

// readBack finds the dispatch whose read-back an entry confirms or disputes.
func (n *Node) readBack(ctx context.Context, id office.EntryID) (of office.EntryID, is bool, err error) {
	entry, err := n.ledger.Entry(ctx, id.Side, id.Index)
	if err != nil {
		return of, false, err
	}
	var body office.ReadbackAnswerBody
	if json.Unmarshal(entry.Frame.Body, &body) != nil {
		return of, false, nil // void
	}
	readback, found, err := n.records.Readback(ctx, body.Readback)
	return readback.Dispatch, found, err
}

func (n *Node) toldDispatch(ctx context.Context, id office.EntryID) (*ToldDispatch, error) {
	line, found, err := n.records.Dispatch(ctx, id)
	if err != nil || !found {
		return nil, err
	}
	state := "acknowledged"
	if len(line.Waiting) > 0 {
		state = "open"
	}
	return &ToldDispatch{ID: line.ID, Number: line.Number, From: line.From, To: line.To, Precedence: line.Precedence, Mark: line.Mark, State: state}, nil
}
