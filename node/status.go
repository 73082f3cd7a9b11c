package node

import (
	"context"
	"encoding/hex"
	"fmt"

	"liaison.example/ledger"
	"liaison.example/link"
	"liaison.example/office"
)

// Status is the state of the node at this moment.
func (n *Node) Status(ctx context.Context) (Status, error) {
	records, err := n.records.Summary(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("read the status: %w", err)
	}
	mode, why := n.mode()
	s := Status{
		Office: n.c.Own.Office, Side: n.side, Mode: mode, Why: why, Open: records.Open,
		Opening: n.dials.Load() && !n.founded.Load(),
		Digest:  hex.EncodeToString(records.Digest.Hash[:]), Count: records.Digest.Count,
		Sides: map[office.Side]SideState{}, Lines: map[office.Side]LineState{},
		Demo: n.c.Demo, Now: n.now(), Version: n.c.Version,
	}
	heads := n.ledger.Heads()
	for side, head := range heads {
		s.Sides[side] = SideState{
			Size: head.Size, Placed: records.Placed[side], Settled: records.Settled[side], Cosigned: n.cosignedByAll(side, head),
		}
	}
	for side, state := range n.lines() {
		s.Lines[side] = n.lineState(ctx, side, state, heads[n.side])
	}
	return s, nil
}

// cosignedByAll is how much of a ledger every side but its own has cosigned.
func (n *Node) cosignedByAll(side office.Side, head ledger.Head) int64 {
	least := head.Size
	for _, by := range append(n.others(), n.side) {
		if by != side {
			least = min(least, head.Cosigned[by])
		}
	}
	return least
}

func (n *Node) lineState(ctx context.Context, side office.Side, state link.State, own ledger.Head) LineState {
	line := LineState{
		Side: side, Up: state.Up, Why: string(state.Why), Since: state.Since, Cut: state.Why == link.WhyCut, LastSeen: state.LastHeard,
		Offset: state.Offset, RoundTrip: state.RoundTrip, Halted: n.haltedBy(side), Equal: state.Equal, TheirMode: Mode(state.Told.Mode),
		Waiting: own.Size - own.Cosigned[side],
	}
	if line.Waiting > 0 {
		if entry, err := n.ledger.Entry(ctx, n.side, own.Cosigned[side]); err == nil {
			line.WaitingSince = entry.Frame.At
		}
	}
	return line
}
