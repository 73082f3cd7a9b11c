package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// Tell tells people of our side what there is to tell at Config.Now, in one pass:
// it plans from the records, the ladders of the charter and what was told before,
// sends, and returns the next moment at which there may be something if nothing
// else happens by then (zero: none). The node does it by itself unless
// Config.TellByHand is set.
func (n *Node) Tell(ctx context.Context) (next time.Time, err error) { return n.notify.Tell(ctx) }

// climbs keeps the ladders of what waits as they were last reckoned: another side's
// calendar can make that slow.
type climbs struct {
	mu    sync.Mutex
	basis string                          // under mu, here and below: what it was reckoned from
	of    map[office.EntryID]office.Climb // at most as many as wait; the map is never changed
}

// Distress tells whether a dispatch bears a form with one of these codes.
func Distress(d *office.Dispatch, codes []string) bool {
	return d.Form != nil && slices.Contains(codes, d.Form.Code)
}

// gatherTold gives what waits for our side at a moment, and who may be told of it.
func (n *Node) gatherTold(ctx context.Context, now time.Time) (g notify.Gathered, err error) {
	awaited, err := n.records.Awaited(ctx, now)
	if err != nil {
		return g, err
	}
	row := &awaited.Office
	g.Zone, g.Language = time.UTC, "en"
	if row.Charter == nil {
		return g, nil
	}
	if row.Pending != nil {
		g.Changes = row.Pending.From
	}
	if own := row.Charter.Side(n.side); own != nil {
		if zone, err := time.LoadLocation(own.Zone); err == nil {
			g.Zone = zone
		}
		if len(own.Languages) > 0 {
			g.Language = own.Languages[0]
		}
	}
	if g.Waiting, err = n.waitingForUs(ctx, awaited); err != nil {
		return g, err
	}
	checks, err := n.checksForUs(ctx, now)
	if err != nil {
		return g, err
	}
	g.Waiting = append(g.Waiting, checks...)
	if err := n.gatherPersons(ctx, &g); err != nil {
		return g, err
	}
	return g, n.mattersForUs(ctx, row.Charter, awaited, now, &g)
}

// checksTold is how long after the time of a line check has run out people are
// still told of it.
const checksTold = time.Hour

// checksForUs lists the line checks that ask something of our side, or will within
// a day.
func (n *Node) checksForUs(ctx context.Context, now time.Time) (list []notify.Waiting, err error) {
	due, extra, err := n.records.ChecksDue(ctx, now, checksTold)
	if err != nil {
		return nil, err
	}
	for i := range due {
		j := &due[i]
		duty, at, climb := j.Duty(n.side)
		if duty == "" {
			continue
		}
		w := notify.Waiting{Channel: j.Channel, At: at, Climb: climb, Check: &notify.Check{Duty: duty, Due: time.UnixMilli(j.Due).UTC(), At: j.At}}
		if j.Check != nil {
			w.Check.Call = j.Check.ID
		}
		switch duty {
		case office.DutyAnswer:
			w.From = j.Check.From
		case office.DutySilent:
			w.Check.Silent = j.Silent()
		}
		list = append(list, w)
	}
	for i := range extra { // somebody waits for an answer now, and nothing is agreed on it: the watch alone is told
		if c := &extra[i]; c.From != n.side && c.AnswerOf(n.side) == nil {
			list = append(list, notify.Waiting{Channel: c.Channel, From: c.From, At: c.At, Check: &notify.Check{Duty: office.DutyAnswer, Call: c.ID}})
		}
	}
	return list, nil
}

// waitingForUs lists the dispatches that nobody of our side has acknowledged: all,
// or of each precedence the last, and those about lives at risk, if there are many.
func (n *Node) waitingForUs(ctx context.Context, awaited *records.Awaited) (list []notify.Waiting, err error) {
	lines := awaited.Unread
	if len(lines) == 0 && !awaited.More {
		return nil, nil
	}
	if awaited.More { // the list of the records is of the first
		if lines, err = n.lastForUs(ctx, awaited.Distress); err != nil {
			return nil, err
		}
	}
	ladders := map[office.EntryID][]int64{}
	for i := range awaited.Questions {
		if q := &awaited.Questions[i]; q.To == n.side {
			ladders[q.About] = q.Ladder
		}
	}
	climbs := n.climbs.reckon(awaited.Office.Charter, awaited.Office.Hash, awaited.Calendars, lines, ladders)
	for _, line := range lines {
		d := &line.Dispatch
		list = append(list, notify.Waiting{
			ID: d.ID, Number: d.Number, From: d.From, Channel: d.Channel, Precedence: d.Precedence, Mark: d.Mark, At: d.At,
			Distress: Distress(d, awaited.Distress), Climb: climbs[d.ID],
		})
	}
	return list, nil
}

// lastForUs reads the dispatches that nobody of our side has acknowledged, where the
// records have too many to look at all: of each precedence the last, and those with
// one of the forms that are about lives at risk.
func (n *Node) lastForUs(ctx context.Context, distress []string) (lines []*records.DispatchLine, err error) {
	filters := []records.Filter{{}}
	for i := 0; i < len(filters); i++ {
		filters[i].State, filters[i].Limit = records.WaitsForUs, records.MaxPage
		some, next, err := n.records.Dispatches(ctx, filters[i])
		if err != nil {
			return nil, err
		}
		if i == 0 && next != "" {
			for _, code := range distress {
				filters = append(filters, records.Filter{Form: code})
			}
			for _, p := range office.Precedences {
				filters = append(filters, records.Filter{Precedence: p})
			}
		}
		for j := range some {
			if _, withdrawn := some[j].Handling.Withdrawn(); !withdrawn {
				lines = append(lines, &some[j])
			}
		}
	}
	seen := map[office.EntryID]bool{}
	return slices.DeleteFunc(lines, func(line *records.DispatchLine) bool {
		again := seen[line.ID]
		seen[line.ID] = true
		return again
	}), nil
}

// reckon gives the ladders of dispatches, and keeps them until it is asked for
// others. All are reckoned by one clock, so that the calendar of another side is
// gone through once. Ladders are those that the records have reckoned already, under
// the same charter.
func (c *climbs) reckon(charter *office.Charter, hash string, calendars map[office.Side]office.Calendar, lines []*records.DispatchLine, ladders map[office.EntryID][]int64) map[office.EntryID]office.Climb {
	basis := hash
	var sides []office.Calendar
	for _, side := range charter.SideIDs() {
		sides = append(sides, calendars[side])
		for _, h := range calendars[side] {
			basis += " " + h.ID.String()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before, first := c.of, int64(math.MaxInt64)
	if c.basis != basis {
		before = nil
	}
	for i := range lines {
		first = min(first, lines[i].At)
	}
	clock, of := office.NewJointClock(sides, first), make(map[office.EntryID]office.Climb, len(lines))
	for i := range lines {
		d := &lines[i].Dispatch
		climb, known := before[d.ID]
		if steps := charter.Steps(d.Channel, d.Precedence); !known && len(ladders[d.ID]) == len(steps) {
			climb, known = office.Climb{Steps: steps, Due: ladders[d.ID]}, true
		}
		if !known {
			climb = charter.ClimbBy(clock, d.Channel, d.Precedence, d.At)
		}
		of[d.ID] = climb
	}
	c.basis, c.of = basis, of
	return of
}

// gatherPersons lists the accounts of our side, with what they are at this moment.
func (n *Node) gatherPersons(ctx context.Context, g *notify.Gathered) error {
	accounts, err := n.people.Accounts(ctx)
	if err != nil {
		return err
	}
	roles, onWatch, err := n.ourPosts(ctx)
	if err != nil {
		return err
	}
	g.Watches = slices.Collect(maps.Values(onWatch))
	rules, err := n.people.Rules(ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if !a.Suspended.IsZero() {
			continue
		}
		p := notify.Person{Account: a.Name, Language: a.Language, Posts: a.Posts}
		is := map[notify.Who]bool{}
		for _, post := range a.Posts {
			role, accredited := roles[post]
			if !accredited {
				continue
			}
			_, watching := onWatch[post]
			is[notify.WhoWatch] = is[notify.WhoWatch] || watching
			is[notify.WhoDuty] = is[notify.WhoDuty] || role == "duty-officer"
			is[notify.WhoDeputies] = is[notify.WhoDeputies] || role == "deputy"
			is[notify.WhoHeads] = is[notify.WhoHeads] || role == "head" || rules.Acts(post)
			for _, precedence := range office.Precedences {
				if !slices.Contains(p.May, precedence) && rules.May(post, role, office.KindAcknowledge, precedence, "") {
					p.May = append(p.May, precedence)
				}
			}
		}
		for _, who := range []notify.Who{notify.WhoWatch, notify.WhoDuty, notify.WhoDeputies, notify.WhoHeads} {
			if is[who] {
				p.Is = append(p.Is, who)
			}
		}
		g.Persons = append(g.Persons, p)
		if a.Admin {
			g.Admins = append(g.Admins, a.Name)
		}
	}
	return nil
}

// ourPosts gives the roles of the posts that our side has accredited, and the watches
// of those that are on watch.
func (n *Node) ourPosts(ctx context.Context) (roles map[office.Post]string, onWatch map[office.Post]office.EntryID, err error) {
	posts, err := n.records.Posts(ctx, n.side)
	if err != nil {
		return nil, nil, err
	}
	watches, err := n.records.OnWatch(ctx)
	if err != nil {
		return nil, nil, err
	}
	roles, onWatch = map[office.Post]string{}, map[office.Post]office.EntryID{}
	for _, p := range posts {
		if !p.Ended {
			roles[p.Post] = p.Role
		}
	}
	for _, w := range watches {
		if w.Side == n.side {
			onWatch[w.By] = w.ID
		}
	}
	return roles, onWatch, nil
}

// waitsForUs tells whether a dispatch waits for an acknowledgement of our side.
func (n *Node) waitsForUs(ctx context.Context, id office.EntryID) (bool, error) {
	line, found, err := n.records.Dispatch(ctx, id)
	if err != nil || !found {
		return false, err
	}
	_, withdrawn := line.Handling.Withdrawn()
	return !withdrawn && slices.Contains(line.Waiting, n.side), nil
}

// ErrNotWaiting says that what a link acknowledges needs it no more.
var ErrNotWaiting = errors.New("it waits for no acknowledgement of this side")

// AckBy says what a link in a message acknowledges, and by which post of the
// person: that which is on watch goes first, then the usual one. It does not use
// the link up.
func (n *Node) AckBy(ctx context.Context, token string) (ack notify.Ack, line records.DispatchLine, post office.Post, err error) {
	if ack, err = n.notify.LookAtAck(ctx, token); err != nil {
		return ack, line, "", err
	}
	line, post, err = n.ackPost(ctx, ack)
	return ack, line, post, err
}

func (n *Node) ackPost(ctx context.Context, ack notify.Ack) (line records.DispatchLine, post office.Post, err error) {
	line, found, err := n.records.Dispatch(ctx, ack.Dispatch)
	if err != nil {
		return line, "", err
	}
	if !found || !slices.Contains(line.Waiting, n.side) {
		return line, "", ErrNotWaiting
	}
	a, err := n.people.Account(ctx, ack.Account)
	if err != nil {
		return line, "", err
	}
	if !a.Suspended.IsZero() {
		return line, "", notify.ErrAckUnknown
	}
	roles, onWatch, err := n.ourPosts(ctx)
	if err != nil {
		return line, "", err
	}
	rules, err := n.people.Rules(ctx)
	if err != nil {
		return line, "", err
	}
	form := ""
	if line.Form != nil {
		form = line.Form.Code
	}
	for _, candidate := range a.Posts {
		role, accredited := roles[candidate]
		if !accredited || !rules.May(candidate, role, office.KindAcknowledge, line.Precedence, form) {
			continue
		}
		_, watching := onWatch[candidate]
		if _, already := onWatch[post]; post == "" || watching && !already {
			post = candidate
		}
	}
	if post == "" {
		return line, "", &Refusal{Code: "post-may-not", Detail: map[string]string{}}
	}
	return line, post, nil
}

// AcknowledgeByLink acknowledges what a link is good for, by a post of its person,
// and uses the link up. from is the address of who has pressed the button.
func (n *Node) AcknowledgeByLink(ctx context.Context, token, from string) (written Written, err error) {
	_, err = n.notify.UseAck(ctx, token, func(ack notify.Ack) error {
		_, post, err := n.ackPost(ctx, ack)
		if err != nil {
			return err
		}
		written, err = n.Write(ctx, Act{
			By: post, Person: people.By{Who: ack.Account, From: from}, Kind: office.KindAcknowledge, Body: &office.AcknowledgeBody{Dispatch: ack.Dispatch},
		})
		return err
	})
	if err != nil {
		return written, fmt.Errorf("acknowledge by a link: %w", err)
	}
	return written, nil
}
