package node

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// What changes by time alone is written by nobody: a charter comes into force, a
// station opens, something becomes overdue, a step of a ladder is reached, a watch
// that is promised begins with nobody on it, a line check becomes due. The node knows
// when the next of these comes, and tells the readers of Watch at that moment, so that
// a page that stands open shows it.

const (
	// timeAhead is how far ahead such moments are looked for, and so the longest
	// time for which a node waits until it looks again.
	timeAhead = 24 * time.Hour
	// timeGathers is how long entries gather at least before it is reckoned anew after
	// them, and timeShare how many times as long as that took. No moment that is known
	// is missed for it.
	timeGathers = time.Second
	timeShare   = 100
	// timeLongest is how long is waited at once, since the machine's clock may be set.
	timeLongest = time.Minute
)

// passing is the next moment at which something changes by time alone.
type passing struct {
	mu   sync.Mutex
	next time.Time // under mu; zero before the first look
}

// TellTime tells the readers of Watch, by an event of kind "time", if something has
// changed by time alone since it was called last, and returns the next moment at which
// something will. The node calls it by itself, unless Config.TellByHand is set.
func (n *Node) TellTime(ctx context.Context) (next time.Time, err error) {
	now := n.now()
	n.passing.mu.Lock()
	defer n.passing.mu.Unlock()
	if come := n.passing.next; !come.IsZero() && !now.Before(come) {
		n.watches.send(Event{Kind: "time"})
	}
	if next, err = n.nextMoment(ctx, now); err != nil {
		next = now.Add(timeLongest)
	}
	n.passing.next = next
	return next, err
}

// tellTime calls TellTime when a moment has come, and after what was placed.
func (n *Node) tellTime(ctx context.Context) {
	events, cancel := n.Watch()
	defer cancel()
	look := time.NewTimer(0)
	defer look.Stop()
	gathering, gathers := false, timeGathers
	var next time.Time
	until := func() time.Duration { return max(time.Millisecond, next.Sub(n.now())) }
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-events:
			if !open {
				return
			}
			if (e.Kind == "entry" || e.Kind == "roster" || e.Kind == "lost") && !gathering {
				gathering = true
				look.Reset(min(gathers, until()))
			}
		case <-look.C:
			gathering = false
			began := time.Now()
			var err error
			next, err = n.TellTime(ctx)
			gathers = max(timeGathers, min(timeLongest, timeShare*time.Since(began)))
			if err != nil && ctx.Err() == nil {
				n.log.Warn("open pages are not told what changes by time alone", "error", err)
			}
			look.Reset(min(timeLongest, until()))
		}
	}
}

// moments gathers the first of many moments after one, milliseconds.
type moments struct{ now, first int64 }

func (m *moments) add(at ...int64) {
	for _, at := range at {
		if at > m.now && at < m.first {
			m.first = at
		}
	}
}

// nextMoment finds the next moment at which what a page shows changes by time alone; a
// day ahead if there is none before.
func (n *Node) nextMoment(ctx context.Context, now time.Time) (time.Time, error) {
	m := moments{now.UnixMilli(), now.Add(timeAhead).UnixMilli()}
	awaited, err := n.records.Awaited(ctx, now)
	if err != nil {
		return now, err
	}
	charter := awaited.Office.Charter
	if charter == nil {
		return time.UnixMilli(m.first), nil
	}
	if waits := awaited.Office.Pending; waits != nil {
		m.add(waits.From)
	}
	for i := range awaited.Questions {
		q := &awaited.Questions[i]
		m.add(q.Due+1, q.Receipt+1, q.Ends+1)
		m.add(q.Ladder...)
	}
	for _, side := range charter.Sides {
		if zone, err := time.LoadLocation(side.Zone); err == nil {
			m.clock(now, zone)
		}
	}
	if charter.Rules < 3 {
		return time.UnixMilli(m.first), nil
	}
	for _, c := range charter.Channels {
		m.opening(c.Calendar(), now)
	}
	for _, add := range []func(context.Context, *moments, time.Time, *records.Awaited) error{n.stations, n.watchMoments, n.checkMoments, n.rosterMoments} {
		if err := add(ctx, &m, now, awaited); err != nil {
			return now, fmt.Errorf("find when something changes by time alone: %w", err)
		}
	}
	return time.UnixMilli(m.first), nil
}

// clock adds when the day changes in a zone, and when its clock does.
func (m *moments) clock(now time.Time, zone *time.Location) {
	local := now.In(zone)
	m.add(time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, zone).UnixMilli())
	if _, change := local.ZoneBounds(); !change.IsZero() {
		m.add(change.UnixMilli())
	}
}

// opening adds when a calendar opens or closes, and when other hours hold.
func (m *moments) opening(c office.Calendar, now time.Time) {
	m.add(c.Stands(now.UnixMilli()).Until)
	for i := range c {
		m.add(c[i].From)
	}
	if h := c.At(now.UnixMilli()); h != nil {
		_, change := h.Offset(now.UnixMilli())
		m.add(change)
	}
}

// stations adds when sides open and close, promise a watch and no more, and when a
// channel is suspended or resumed.
func (n *Node) stations(ctx context.Context, m *moments, now time.Time, awaited *records.Awaited) error {
	promises, err := n.records.Promises(ctx, slices.Collect(maps.Keys(awaited.Calendars)))
	if err != nil {
		return err
	}
	for side, c := range awaited.Calendars {
		m.opening(c, now)
		m.add(promises[side].Stands(c, now.UnixMilli()).Until)
	}
	channels, err := n.records.Channels(ctx)
	for _, c := range channels {
		for _, s := range c.Spells {
			if m.add(s.From); s.Until != nil {
				m.add(*s.Until)
			}
		}
	}
	return err
}

// watchMoments adds when a watch is over its time, and when persons change.
func (n *Node) watchMoments(ctx context.Context, m *moments, now time.Time, _ *records.Awaited) error {
	watches, err := n.records.OnWatch(ctx)
	if err != nil {
		return err
	}
	for _, w := range watches {
		m.add(w.Until + 1)
	}
	changes, _, err := n.records.Personnel(ctx, records.PersonnelFilter{After: now.UnixMilli(), Limit: records.MaxPage})
	for _, c := range changes {
		m.add(c.From)
	}
	return err
}

// checkMoments adds when line checks become due, late and unanswered.
func (n *Node) checkMoments(ctx context.Context, m *moments, now time.Time, _ *records.Awaited) error {
	due, extra, err := n.records.ChecksDue(ctx, now, 0)
	for i := range due {
		m.add(due[i].Due, due[i].Grace+1, due[i].Ends+1)
	}
	for i := range extra {
		m.add(extra[i].At + records.ExtraOpen.Milliseconds() + 1)
	}
	return err
}

// rosterMoments adds when a watch that our side has planned begins and ends, and when
// an offer of one ends.
func (n *Node) rosterMoments(ctx context.Context, m *moments, now time.Time, _ *records.Awaited) error {
	plan, err := n.Plan(ctx, now, now.Add(timeAhead))
	if err != nil {
		return err
	}
	for _, w := range plan.Watches {
		m.add(w.From, w.Until)
	}
	swaps, err := n.people.Swaps(ctx)
	for _, s := range swaps {
		m.add(s.Expires.UnixMilli())
	}
	return err
}
