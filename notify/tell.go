package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Gathered is what is known beside local.db: what waits for our side, and who may
// be told of it.
type Gathered struct {
	Waiting  []Waiting
	Persons  []Person         // without their means and quiet hours
	Admins   []string         // accounts of administrators
	Watches  []office.EntryID // of our side, that go on
	Zone     *time.Location
	Language string // of who has chosen none
	Changes  int64  // when what is waited for changes by itself, milliseconds: a charter comes into force; 0 if it does not
}

// local is what planning needs of local.db.
type local struct {
	means []Means
	told  []Told
	quiet map[string]Quiet
	whom  Whom
	taken map[string]string // who has taken which watch, by account
	next  int64             // when the next attempt is due; 0 if none is
}

func (n *Notify) readLocal(ctx context.Context, now int64) (l local, err error) {
	l.quiet, l.whom = map[string]Quiet{}, Whom{}
	err = n.DB.View(ctx, func(tx *sqldb.Tx) error {
		if l.means, err = n.readMeans(ctx, tx, ""); err != nil {
			return err
		}
		if l.told, err = readTold(ctx, tx, now); err != nil {
			return err
		}
		if len(l.means) == 0 {
			return nil
		}
		if l.next, err = nextAttempt(ctx, tx); err != nil {
			return err
		}
		if l.taken, err = readPageWatches(ctx, tx); err != nil {
			return err
		}
		return errors.Join(readQuiet(ctx, tx, l.quiet), readWhom(ctx, tx, l.whom))
	})
	if err != nil {
		return l, fmt.Errorf("read who is told, and how: %w", err)
	}
	return l, nil
}

// nextAttempt is when the next attempt is due; 0 if none is.
func nextAttempt(ctx context.Context, tx *sqldb.Tx) (at int64, err error) {
	for _, state := range []State{StateWaiting, StateRetract} { // each by the index
		var next int64
		if err := tx.QueryRow(ctx, `SELECT COALESCE(MIN(next), 0) FROM notice WHERE state = $1`, string(state)).Scan(&next); err != nil {
			return 0, err
		}
		at = earliest(at, next)
	}
	return at, nil
}

// Tell tells people what there is to tell at this moment: it withdraws what has
// been acknowledged, plans what is new, and sends what is due. It returns the
// next moment at which there may be something, if nothing else happens by then;
// zero if there is none. Whatever happens in between, Tell does it once.
func (n *Notify) Tell(ctx context.Context) (next time.Time, err error) {
	n.telling.Lock()
	defer n.telling.Unlock()
	for range tellRounds {
		again := false
		if next, again, err = n.tellOnce(ctx); err != nil || !again {
			return next, err
		}
	}
	return next, nil
}

// tellRounds is how often one Tell looks again: when more is due than one pass
// sends, and to tell of means that have failed just now.
const tellRounds = 8

func (n *Notify) tellOnce(ctx context.Context) (next time.Time, again bool, err error) {
	at := n.Now()
	now := at.UnixMilli()
	l, err := n.readLocal(ctx, now)
	if err != nil || len(l.means) == 0 && !slices.ContainsFunc(l.told, func(t Told) bool { return t.open }) {
		return time.Time{}, false, err
	}
	g, err := n.Gather(ctx, at)
	if err != nil {
		return time.Time{}, false, err
	}
	means := fill(&g, &l)
	gone, err := n.acknowledged(ctx, &g, l.told)
	if err != nil {
		return time.Time{}, false, err
	}
	planned, soon := Plan(Desk{Waiting: g.Waiting, Persons: g.Persons, Whom: l.whom, Told: l.told, Zone: g.Zone}, now)
	soon = earliest(soon, g.Changes)
	probes, probe := planProbes(probed(&g, &l), g.Zone, now)
	planned = append(planned, probes...)
	sweeping := at.Sub(n.swept) >= time.Hour || at.Before(n.swept)
	if len(gone) == 0 && len(planned) == 0 && (l.next == 0 || l.next > now) && !sweeping {
		return moment(earliest(soon, probe, l.next)), false, nil
	}
	var lines []Line
	tokens := map[int64]string{}
	if err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		clear(tokens)
		if err := n.withdraw(ctx, tx, gone, means, now); err != nil {
			return err
		}
		due, err := claim(ctx, tx, now)
		if err != nil {
			return err
		}
		fresh, err := put(ctx, tx, planned, now)
		if err != nil {
			return err
		}
		lines = append(fresh, due...)
		for i := range lines {
			if lines[i].may && lines[i].State == StateWaiting && n.Pages != "" {
				if tokens[lines[i].ID], err = newAck(ctx, tx, lines[i].Account, lines[i].Notice.Dispatch, now); err != nil {
					return err
				}
			}
		}
		if sweeping {
			return sweep(ctx, tx, now)
		}
		return nil
	}); err != nil {
		return time.Time{}, false, fmt.Errorf("plan what is told: %w", err)
	}
	if sweeping {
		n.swept = at
	}
	slices.SortStableFunc(lines, byUrgency)
	if again, err = n.sendPlanned(ctx, lines, tokens, means, &g, now); err != nil {
		return time.Time{}, false, err
	}
	var retry int64
	if err := n.DB.View(ctx, func(tx *sqldb.Tx) (err error) {
		retry, err = nextAttempt(ctx, tx)
		return err
	}); err != nil {
		return time.Time{}, false, fmt.Errorf("read what is to be tried again: %w", err)
	}
	return moment(earliest(soon, probe, retry)), again || retry > 0 && retry <= now, nil
}

// sendPlanned sends what was planned and writes down what became of it. It reports
// whether there is more to be told: of means that do not work.
func (n *Notify) sendPlanned(ctx context.Context, lines []Line, tokens map[int64]string, means map[int64]*Means, g *Gathered, now int64) (again bool, err error) {
	if len(lines) == 0 {
		return false, nil
	}
	offices := map[string]Settings{}
	for _, l := range lines {
		if m := means[l.Means]; m != nil && offices[m.Kind] == nil {
			if offices[m.Kind], err = n.office(ctx, m.Kind); err != nil {
				return false, err
			}
		}
	}
	results := n.sendAll(ctx, lines, means, offices, tokens, g)
	err = n.DB.Update(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error {
		if err := n.noteResults(ctx, tx, results, means, now); err != nil {
			return err
		}
		faults := planFaults(means, g, now)
		for i := range faults {
			id, err := insert(ctx, tx, &faults[i], StateWaiting, now)
			if err != nil {
				return err
			}
			if id != 0 { // it is sent in the next round
				again = true
				if _, err := tx.Exec(ctx, `UPDATE notice SET attempts = 0, next = $1 WHERE id = $2`, now, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("note what was told: %w", err)
	}
	return again, nil
}

func earliest(moments ...int64) (first int64) {
	for _, at := range moments {
		if at > 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first
}

// fill gives persons their means and quiet hours, and all means by their ids.
func fill(g *Gathered, l *local) map[int64]*Means {
	l.means = slices.DeleteFunc(l.means, func(m Means) bool { return g.person(m.Account) == nil }) // who is suspended is told nothing
	byID := map[int64]*Means{}
	of := map[string][]int64{}
	for i := range l.means {
		m := &l.means[i]
		byID[m.ID] = m
		if m.Kind == PageKind {
			if m.settings["soft"]+m.settings["desktop"] != "" {
				g.person(m.Account).Page = m.ID
			}
			continue
		}
		of[m.Account] = append(of[m.Account], m.ID)
	}
	for i := range g.Persons {
		p := &g.Persons[i]
		p.Means, p.Quiet = of[p.Account], l.quiet[p.Account]
	}
	if g.Zone == nil {
		g.Zone = time.UTC
	}
	return byID
}

// person gives who has an account; nil if it is suspended.
func (g *Gathered) person(account string) *Person {
	i := slices.IndexFunc(g.Persons, func(p Person) bool { return p.Account == account })
	if i < 0 {
		return nil
	}
	return &g.Persons[i]
}

// language gives the language in which an account is told.
func (g *Gathered) language(account string) string {
	if p := g.person(account); p != nil && p.Language != "" {
		return p.Language
	}
	return g.Language
}

// acknowledged lists the dispatches, and the line checks, of which something was
// told and that wait no more.
func (n *Notify) acknowledged(ctx context.Context, g *Gathered, told []Told) (gone []string, err error) {
	waits := map[string]bool{}
	for _, w := range g.Waiting {
		waits[w.subject()] = true
	}
	// The list of what waits is bounded: what is not in it may wait all the same.
	var ask []string
	for _, t := range told {
		switch {
		case !t.open || waits[t.Subject]:
			continue
		case strings.HasPrefix(t.Subject, checkSubject), strings.HasPrefix(t.Subject, matterSubject): // those are all in the list
			gone = append(gone, t.Subject)
		default:
			ask = append(ask, t.Subject)
		}
		waits[t.Subject] = true
	}
	slices.Sort(ask)
	if len(ask) > askedAtOnce { // the next in turn
		i, _ := slices.BinarySearch(ask, n.asked+"\x00")
		ask = slices.Concat(ask[i:], ask[:i])[:askedAtOnce]
		n.asked = ask[askedAtOnce-1]
	}
	for _, subject := range ask {
		var id office.EntryID
		if err := id.UnmarshalText([]byte(subject)); err != nil {
			return nil, fmt.Errorf("read what was told: %w", err)
		}
		still, err := n.Waits(ctx, id)
		if err != nil {
			return nil, err
		}
		if !still {
			gone = append(gone, subject)
		}
	}
	return gone, nil
}

// askedAtOnce is of how many dispatches that were told, and are not in the list of
// what waits, one pass asks whether they wait.
const askedAtOnce = 500

// RunPeople tells people until ctx ends. Of several processes of a side one has
// the turn.
func (n *Notify) RunPeople(ctx context.Context) {
	for ctx.Err() == nil {
		held, release, err := n.DB.Lock(ctx, "tell")
		if err == nil {
			n.tellPeople(held)
			release()
		} else if !errors.Is(err, sqldb.ErrHeld) && ctx.Err() == nil {
			n.Log.Warn("people are not told", "error", err)
		}
		n.waitFor(ctx, n.people, lookAgain)
	}
}

func (n *Notify) tellPeople(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := n.Tell(ctx)
		wait := lookAnyway
		if err != nil && ctx.Err() == nil {
			n.Log.Warn("people are not told", "error", err)
			wait = lookAgain
		} else if !next.IsZero() {
			wait = min(lookAnyway, max(time.Millisecond, next.Sub(n.Now())))
		}
		n.waitFor(ctx, n.people, wait)
		select { // for all entries that come at once
		case <-ctx.Done():
		case <-time.After(gatherFor):
		}
	}
}

// probeAt is the minute of the day, by the clock of the side, at which each means is
// tested without being asked.
const probeAt = 9 * 60

// probed lists the means that are tested each day: the open page of a person while
// they have the watch.
func probed(g *Gathered, l *local) []Means {
	return slices.DeleteFunc(slices.Clone(l.means), func(m Means) bool {
		return m.Kind == PageKind && !slices.ContainsFunc(g.Watches, func(id office.EntryID) bool { return id.String() == l.taken[m.Account] })
	})
}

// planProbes plans the daily test of means: each once a day, and not on the day on
// which it was made before its time has come. next is when the next are due.
func planProbes(means []Means, zone *time.Location, now int64) (probes []Planned, next int64) {
	if len(means) == 0 {
		return nil, 0
	}
	local := time.UnixMilli(now).In(zone)
	at := func(day int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+day, 0, probeAt, 0, 0, zone)
	}
	last, after := at(0), at(1)
	if last.UnixMilli() > now {
		last, after = at(-1), last
	}
	for i := range means {
		m := &means[i]
		if m.Made.Before(last) && m.Tested.Before(last) {
			probes = append(probes, Planned{
				Key:    Key{Subject: "probe/" + last.UTC().Format("2006-01-02"), Account: m.Account, Means: m.ID},
				Notice: Notice{Sort: SortProbe, Precedence: office.Routine, Count: 1, At: moment(now)},
			})
		}
	}
	return probes, after.UnixMilli()
}

// faultAfter is how often a means must fail, one after another, until it is told of
// by another.
const faultAfter = 2

// planFaults plans what is told of means that do not work: to their person by
// their other means, or else to the administrators; once a day.
func planFaults(means map[int64]*Means, g *Gathered, now int64) (faults []Planned) {
	day := time.UnixMilli(now).In(g.Zone).Format("2006-01-02")
	works := func(account string) (list []*Means) {
		for _, m := range means {
			if m.Account == account && m.Failures == 0 && m.Kind != PageKind {
				list = append(list, m)
			}
		}
		return list
	}
	for _, broken := range means {
		if broken.Failures < faultAfter {
			continue
		}
		by, name := works(broken.Account), broken.Label
		if broken.Kind == PageKind {
			name = "" // which is a word of each language
		}
		if len(by) == 0 {
			name = broken.Account + ": " + name
			for _, admin := range g.Admins {
				by = append(by, works(admin)...)
			}
		}
		for _, m := range by {
			faults = append(faults, Planned{
				Key:    Key{Subject: fmt.Sprintf("fault/%d/%s", broken.ID, day), Account: m.Account, Means: m.ID},
				Notice: Notice{Sort: SortFault, Precedence: office.Routine, Count: 1, Means: name, Page: broken.Kind == PageKind, At: moment(now)},
			})
		}
	}
	return faults
}

// TestMeans tells a person at once of nothing, to see whether a means works. An
// error is a sentence.
func (n *Notify) TestMeans(ctx context.Context, account string, id int64) error {
	list, err := n.Means(ctx, account)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(m Means) bool { return m.ID == id })
	if i < 0 {
		return ErrNoMeans
	}
	m := &list[i]
	settings, err := n.office(ctx, m.Kind)
	if err != nil {
		return err
	}
	now := n.Now().UnixMilli()
	line := Line{
		ID: newID(), Key: Key{Subject: fmt.Sprintf("test/%d", newID()), Account: m.Account, Means: m.ID}, Planned: moment(now), State: StateWaiting, Attempts: 1,
		Notice: Notice{Sort: SortTest, Precedence: office.Routine, Count: 1, At: moment(now)},
	}
	g, err := n.Gather(ctx, n.Now())
	if err != nil {
		return err
	}
	failed := n.sendLine(ctx, &line, m, map[string]Settings{m.Kind: settings}, "", g.language(m.Account))
	err = n.DB.Update(context.WithoutCancel(ctx), func(tx *sqldb.Tx) error {
		state, why := StateSent, ""
		if failed != nil {
			state, why = StateFailed, clip(failed.Error())
		}
		written, err := insert(ctx, tx, &Planned{Key: line.Key, Notice: line.Notice}, StateGathered, now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE notice SET state = $1, failed = $2 WHERE id = $3`, string(state), why, written); err != nil {
			return err
		}
		return noteMeans(ctx, tx, m, failed, now, true)
	})
	return errors.Join(failed, err)
}

// Failing lists the means that do not work.
func (n *Notify) Failing(ctx context.Context) (list []Means, err error) {
	all, err := n.Means(ctx, "")
	for _, m := range all {
		if m.Failures > 0 {
			list = append(list, m)
		}
	}
	return list, err
}

// Stand gives all from which is planned at this moment, and all means: for a page
// that shows who would be told.
func (n *Notify) Stand(ctx context.Context) (Desk, []Means, error) {
	now := n.Now()
	l, err := n.readLocal(ctx, now.UnixMilli())
	if err != nil {
		return Desk{}, nil, err
	}
	if l.whom, err = n.Whom(ctx); err != nil {
		return Desk{}, nil, err
	}
	g, err := n.Gather(ctx, now)
	if err != nil {
		return Desk{}, nil, err
	}
	fill(&g, &l)
	return Desk{Waiting: g.Waiting, Persons: g.Persons, Whom: l.whom, Told: l.told, Zone: g.Zone}, l.means, nil
}

// Would lists the accounts that would be told at a step of a ladder now; step 0 is
// the release.
func (d *Desk) Would(p office.Precedence, steps []office.Step, step int) (accounts []string) {
	return d.would(&Waiting{Precedence: p, Climb: office.Climb{Steps: steps}}, step)
}

// WouldTry lists the accounts that would be told now to try other means, as the other
// side has not acknowledged a dispatch of ours.
func (d *Desk) WouldTry(p office.Precedence) (accounts []string) {
	return d.would(&Waiting{Precedence: p, Matter: &Matter{What: WhatUnacknowledged}}, 0)
}

func (d *Desk) would(w *Waiting, step int) (accounts []string) {
	planning := planning{Desk: *d}
	for _, person := range planning.persons(planning.who(w, step), false) {
		accounts = append(accounts, person.Account)
	}
	return accounts
}

// CountFailing counts the means that do not work.
func (n *Notify) CountFailing(ctx context.Context) (count int, err error) {
	err = n.DB.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT COUNT(*) FROM means WHERE failures > 0`).Scan(&count)
	})
	if err != nil {
		return 0, fmt.Errorf("count the means that do not work: %w", err)
	}
	return count, nil
}
