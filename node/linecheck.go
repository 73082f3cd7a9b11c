package node

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// checked fills in what only the node knows of a line check that is called or
// answered: what this side has settled, and how the clocks stand to each other if
// that is not said.
func (n *Node) checked(ctx context.Context, body any) (any, error) {
	switch b := body.(type) {
	case *office.CheckBody:
		whole := *b
		settled, err := n.settledAt(ctx, 0)
		whole.Settled = settled
		return &whole, err
	case *office.CheckAnswerBody:
		whole := *b
		call, found, err := n.records.LineCheck(ctx, b.Check)
		if err != nil || !found {
			return body, err // which the rules refuse
		}
		count := int64(0)
		if call.Settled != nil {
			count = call.Settled.Count
		}
		if whole.Settled, err = n.settledAt(ctx, count); err != nil {
			return nil, err
		}
		n.compareAnswer(&call, &office.CheckAnswer{Settled: whole.Settled, Side: n.side})
		if line, heard := n.lines()[call.From]; heard && !line.LastHeard.IsZero() && b.Offset == nil {
			offset := line.Offset.Milliseconds()
			whole.Offset = new(min(office.MaxClockApart, max(-office.MaxClockApart, offset)))
		}
		return &whole, nil
	}
	return body, nil
}

// checkDiffers is the alarm that is raised where, in a line check, another side and
// ours have told different digests at the same count.
const checkDiffers = "check-differs"

// compareAnswer raises it if our own answer and the call differ.
func (n *Node) compareAnswer(call *office.LineCheck, ours *office.CheckAnswer) {
	if same, compared := call.SameRecord(ours); compared && !same {
		n.raise(context.Background(), checkDiffers, call.From, differing(call.ID, ours.Settled, call.Settled), nil)
	}
}

// differingAnswers gives an alarm for each answer of another side to a call of ours
// that tells of another record.
func (n *Node) differingAnswers(ctx context.Context, answers []records.PlacedEntry) (flags []flagged, err error) {
	for _, e := range answers {
		entry, err := n.ledger.Entry(ctx, e.ID.Side, e.ID.Index)
		if err != nil {
			return nil, err
		}
		var body office.CheckAnswerBody
		if json.Unmarshal(entry.Frame.Body, &body) != nil {
			continue // it is void
		}
		call, found, err := n.records.LineCheck(ctx, body.Check)
		if err != nil {
			return nil, err
		}
		if !found || call.From != n.side {
			continue
		}
		if same, compared := call.SameRecord(&office.CheckAnswer{Settled: body.Settled}); compared && !same {
			flags = append(flags, flagged{e.ID.Index, n.alarms.alarm(checkDiffers, e.ID.Side, differing(call.ID, call.Settled, body.Settled))})
		}
	}
	return flags, nil
}

func differing(check office.EntryID, ours, theirs *office.Settled) map[string]string {
	return map[string]string{"check": check.String(), "count": strconv.FormatInt(ours.Count, 10), "ours_digest": ours.Digest, "theirs_digest": theirs.Digest}
}

// settledAt gives the digest at a count, if so much is settled here, or else where
// this node has settled to; nil if that is nothing.
func (n *Node) settledAt(ctx context.Context, count int64) (*office.Settled, error) {
	digest, err := n.records.Digest(ctx)
	if err != nil || digest.Count == 0 {
		return nil, err
	}
	if count == 0 || count > digest.Count {
		return &office.Settled{Count: digest.Count, Digest: hex.EncodeToString(digest.Hash[:])}, nil
	}
	hash, _, ok, err := n.records.DigestAt(ctx, count)
	if err != nil || !ok {
		return nil, fmt.Errorf("read the digest at %d: %w", count, err)
	}
	return &office.Settled{Count: count, Digest: hex.EncodeToString(hash[:])}, nil
}

// zonesAt is the moment at which the clock of a new channel is taken from the zone
// of a side: one and the same, so that every node founds by the same charter,
// whatever the day.
var zonesAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// foundChecks gives the first channel of a new office its line checks, on the clock
// of the side that the charter names first.
func foundChecks(c *office.Charter) {
	first := &c.Channels[0]
	first.Checks = office.DefaultChecks()
	if zone, err := time.LoadLocation(c.Sides[0].Zone); err == nil {
		_, seconds := zonesAt.In(zone).Zone()
		first.Offset = int64(seconds / 60)
	}
}
