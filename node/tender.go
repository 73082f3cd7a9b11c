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
	row, err := n.Records().Office(ctx)
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
	i := slices.IndexFunc(row.Charter.Clocks, func(c office.Clock) bool { return c.Precedence == p })
	if i < 0 {
		return "", nil // which the rules refuse
	}
	due := office.Due(p, row.Charter.Clocks[i].Acknowledge, n.now().UnixMilli(), slices.Collect(maps.Values(calendars)))
	return office.MinuteOf(due + 59_999), nil // rounded up: it lies after now
}
