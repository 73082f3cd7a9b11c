package node

import (
	"context"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

// zoneBefore is for how long before now the table of a zone is read, where our side
// has said nothing of its hours: a plan can be asked for so far back.
const zoneBefore = 2 * 366 * 24 * time.Hour

// RosterClock gives how our side's clock goes: as it has said with its hours or, if
// it has said nothing, by the table of its zone. Said is a number that grows when the
// side says other hours.
func (n *Node) RosterClock(ctx context.Context) (clock people.Clock, said int64, err error) {
	row, err := n.records.OfficeAt(ctx, n.now())
	if err != nil {
		return nil, 0, err
	}
	calendars, err := n.records.Calendars(ctx, []office.Side{n.Side()})
	if err != nil {
		return nil, 0, err
	}
	calendar := calendars[n.Side()]
	for i := range calendar {
		said = max(said, calendar[i].ID.Index+1)
	}
	var table []office.Offset
	if side := row.Charter.Side(n.Side()); side != nil && len(calendar) == 0 {
		if table, err = ZoneOffsets(side.Zone, n.now().Add(-zoneBefore)); err != nil {
			table = nil // a zone that no table has: the clock shows UTC
		}
	}
	return people.NewClock(calendar, table), said, nil
}

// Roster reads our side's roster, as far as it is needed for a plan between two
// moments.
func (n *Node) Roster(ctx context.Context, from, until time.Time) (people.Roster, error) {
	clock, said, err := n.RosterClock(ctx)
	if err != nil {
		return people.Roster{}, err
	}
	const beyond = people.MaxWatchLength*time.Minute + 72*time.Hour
	return n.people.Roster(ctx, clock, said, from.Add(-beyond).UTC().Format(time.DateOnly), until.Add(beyond).UTC().Format(time.DateOnly))
}

// Plan gives who shall be on watch of our side between two moments. It answers
// *people.Refusal if that is too long.
func (n *Node) Plan(ctx context.Context, from, until time.Time) (people.Plan, error) {
	if until.Sub(from) > people.MaxPlan {
		var none people.Roster
		return none.Plan(from.UnixMilli(), until.UnixMilli())
	}
	r, err := n.Roster(ctx, from, until)
	if err != nil {
		return people.Plan{}, err
	}
	return r.Plan(from.UnixMilli(), until.UnixMilli())
}

// TellRoster tells the pages of this node that the roster or an offer of a watch has
// changed, and lets people be told to whom one is offered.
func (n *Node) TellRoster() {
	n.watches.send(Event{Kind: "roster"})
	n.notify.Wake()
}

// Promised gives the times between two moments at which our side has promised the
// others that somebody is on watch.
func (n *Node) Promised(ctx context.Context, from, until time.Time) ([]office.Opening, error) {
	own := []office.Side{n.Side()}
	calendars, err := n.records.Calendars(ctx, own)
	if err != nil {
		return nil, err
	}
	promises, err := n.records.Promises(ctx, own)
	if err != nil {
		return nil, err
	}
	return promises[n.Side()].Between(calendars[n.Side()], from.UnixMilli(), until.UnixMilli()), nil
}
