package node

import (
	"context"
	"maps"
	"slices"

	"liaison.example/office"
)

// AnswerBy gives the minute by which the answer to a tender of a precedence is
// asked, where nothing else is said: when a duty officer would have had to
// acknowledge the dispatch itself.
func (n *Node) AnswerBy(ctx context.Context, p office.Precedence) (office.Minute, error) {
	row, err := n.Records().OfficeAt(ctx, n.now())
	if err != nil || row.Charter == nil {
		return "", err
	}
	var sides []office.Side
	for _, s := range row.Charter.Sides {
		sides = append(sides, s.ID)
	}
	calendars, err := n.Records().Calendars(ctx, sides)
	if err != nil {
		return "", err
	}
	clock, ok := row.Charter.Clock(p)
	if !ok {
		return "", nil // which the rules refuse
	}
	now := n.now().UnixMilli()
	due := office.NewJointClock(slices.Collect(maps.Values(calendars)), now).Acknowledge(row.Charter.Rules, clock, now)
	return office.MinuteOf(due + 59_999), nil // rounded up: it lies after now
}
