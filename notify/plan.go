package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"liaison.example/office"
)

// What is planned follows from what waits, who may be told and what has been told,
// and from nothing else: Plan reads no clock and no database.

// Waiting is a dispatch to our side that nobody of it has acknowledged, a line check
// that asks something of it, or another matter.
type Waiting struct {
	ID         office.EntryID
	Number     int64
	From       office.Side
	Channel    string
	Precedence office.Precedence
	Mark       office.Mark
	Distress   bool
	At         int64 // of its release, or from when on the check is told of, milliseconds
	Climb      office.Climb
	Check      *Check  // nil for a dispatch; a check has no id, number, precedence or mark
	Matter     *Matter // nil for a dispatch or a check; a matter has no id, number or ladder
	Who        []Who   // who is told of a matter; none: as the table of whom says
	Alone      bool    // and nobody else, if those have no means
}

// subject is what it is known by in the outbox.
func (w *Waiting) subject() string {
	if w.Check != nil {
		return w.Check.subject(w.Channel)
	}
	if w.Matter != nil {
		return w.Matter.subject()
	}
	return w.ID.String()
}

// Person is somebody of our side who may be told.
type Person struct {
	Account  string
	Language string
	Posts    []office.Post
	Is       []Who // what they are at this moment
	Quiet    Quiet
	Means    []int64             // ids of their means, but the open page
	Page     int64               // id of the open page among their means; 0 if it does not tell what does not ring
	May      []office.Precedence // what they may acknowledge
}

// Who names whom a step tells: "watch", who is on watch; "heads", "deputies" and
// "duty-officers", who act for a post with that role; "@" and a name, an account.
type Who string

// The words that name more than one account.
const (
	WhoWatch    Who = "watch"
	WhoDuty     Who = "duty-officers"
	WhoDeputies Who = "deputies"
	WhoHeads    Who = "heads"
)

// whoElse is who is told, one after another, where nobody of those who were to be
// told has any means.
var whoElse = []Who{WhoDuty, WhoDeputies, WhoHeads}

// ActRelease stands in a table of whom for the release itself, before the steps.
const ActRelease office.StepAct = "release"

// Acts is everything for which the table of whom has a place, in order.
var Acts = append([]office.StepAct{ActRelease}, office.StepActs...)

// Place is a place in the table of whom.
type Place struct {
	Precedence office.Precedence
	Act        office.StepAct
}

// Whom says who is told of what. What it does not say is as usual.
type Whom map[Place][]Who

// usual is who is told where the side says nothing else.
var usual = map[office.StepAct][]Who{
	ActRelease: {WhoWatch}, office.StepAlarm: {WhoWatch}, office.StepDeputy: {WhoDeputies}, office.StepHead: {WhoHeads},
	office.StepBearer: {WhoWatch}, office.StepCheck: {WhoWatch}, office.StepAgenda: {WhoHeads},
}

// Of gives who is told.
func (w Whom) Of(p office.Precedence, act office.StepAct) []Who {
	if who, said := w[Place{p, act}]; said {
		return who
	}
	return usual[act]
}

// Quiet is a time of the day, by the clock of the side, in which a person is told
// of nothing but FLASH and distress: From <= minute < Until, also over midnight.
// There is none if both are the same.
type Quiet struct{ From, Until int }

// ReadQuiet reads quiet hours from two times of the day, such as "22:00"; both are
// empty where there are none. It reports whether they are such.
func ReadQuiet(from, until string) (q Quiet, ok bool) {
	if from == "" && until == "" {
		return q, true
	}
	a, fromErr := time.Parse("15:04", from)
	b, untilErr := time.Parse("15:04", until)
	return Quiet{a.Hour()*60 + a.Minute(), b.Hour()*60 + b.Minute()}, fromErr == nil && untilErr == nil
}

// Texts writes quiet hours as two times of the day; both are empty if there are none.
func (q Quiet) Texts() (from, until string) {
	if q.From == q.Until {
		return "", ""
	}
	text := func(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
	return text(q.From), text(q.Until)
}

// holds tells whether a moment lies in it, and when it ends, or when the clock of the
// zone is set if that is before: then it is to be looked at again.
func (q Quiet) holds(now int64, zone *time.Location) (until int64, quiet bool) {
	if q.From == q.Until {
		return 0, false
	}
	local := time.UnixMilli(now).In(zone)
	at := local.Hour()*60 + local.Minute()
	if q.From < q.Until && (at < q.From || at >= q.Until) || q.From > q.Until && at < q.From && at >= q.Until {
		return 0, false
	}
	left := (q.Until - at + 24*60) % (24 * 60)
	until = now - now%60_000 + int64(left)*60_000
	if _, set := local.ZoneBounds(); !set.IsZero() {
		until = min(until, set.UnixMilli())
	}
	return until, true
}

// Key says what is told to whom, and how. Nothing is told twice under one.
type Key struct {
	Subject string // id of a dispatch, or what else it is about
	Step    int
	Account string
	Means   int64
}

// Told is something that was planned, as far as planning needs it.
type Told struct {
	Key
	class class
	At    int64
	Many  bool // it was the one notice of a flood
	Count bool // it was a notice, and not one of those that another told of
	open  bool // its dispatch waits
}

// class is what a flood is bounded by.
type class struct {
	channel    string
	precedence office.Precedence
	distress   bool
}

// The bounds of a flood: of one channel and precedence a person is told of so many
// dispatches one by one within so long, by one means, and of all others at once,
// with their number. What is about lives at risk is a class of its own, which
// nothing else can fill.
const (
	floodAfter = 5
	floodSpan  = 10 * 60 * 1000 // milliseconds
)

// Desk is all from which is planned.
type Desk struct {
	Waiting []Waiting
	Persons []Person
	Whom    Whom
	Told    []Told
	Zone    *time.Location
}

// Planned is a notice that is to be made, and what it tells of beside.
type Planned struct {
	Key
	Notice Notice
	May    bool      // the person may acknowledge it
	Many   bool      // it is the one notice of a flood
	Others []Planned // that need not be told by themselves any more
}

// Plan gives the notices that are to be made at a moment, the most urgent first,
// and the next moment at which there may be more, if nothing else happens by then;
// 0 if there is none.
//
// Of each dispatch or line check a person is told of the last step that is reached and that names
// them, so that after a time without the node nobody hears of steps that have long
// been passed; and of none twice.
func Plan(d Desk, now int64) (notices []Planned, next int64) {
	p := planning{Desk: d, now: now, told: map[Key]int{}, recent: map[gathered][]int64{}, many: map[gathered]int64{}, wanted: map[gathered][]want{}}
	for _, t := range d.Told {
		key := t.Key
		key.Step = 0
		p.told[key] = max(p.told[key], t.Step+1)
		if g := (gathered{t.Account, t.Means, t.class}); t.At > now-floodSpan {
			if t.Count {
				p.recent[g] = append(p.recent[g], t.At)
			}
			if t.Many {
				p.many[g] = max(p.many[g], t.At)
			}
		}
	}
	for i := range d.Waiting {
		p.one(&d.Waiting[i])
	}
	p.gather()
	slices.SortStableFunc(p.notices, func(a, b Planned) int {
		return cmp.Or(
			cmp.Compare(rank(&a.Notice), rank(&b.Notice)), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Means, b.Means))
	})
	return p.notices, p.next
}

// rank orders notices: distress, then by precedence. A line check goes as PRIORITY.
func rank(n *Notice) int {
	if n.Distress {
		return -1
	}
	if n.Sort == SortCheck {
		return slices.Index(office.Precedences, office.Priority)
	}
	return slices.Index(office.Precedences, n.Precedence)
}

type planning struct {
	Desk
	now     int64
	told    map[Key]int          // with step 0: 1 + the highest step that was told
	recent  map[gathered][]int64 // when it was told within floodSpan
	many    map[gathered]int64   // when it was last told of several at once
	wanted  map[gathered][]want
	order   []gathered // of wanted
	notices []Planned
	next    int64
}

// gathered is what is told at once in a flood.
type gathered struct {
	account string
	means   int64
	class   class
}

type want struct {
	waiting *Waiting
	person  *Person
	step    int
}

// later notes a moment at which there may be more to plan.
func (p *planning) later(at int64) {
	if at > p.now && (p.next == 0 || at < p.next) {
		p.next = at
	}
}

// one finds who is to be told of a dispatch or a line check now, and of which step.
func (p *planning) one(w *Waiting) {
	if w.At > p.now && (w.Check != nil || w.Matter != nil) {
		p.later(w.At)
		return
	}
	reached, _ := w.Climb.Reached(p.now)
	if reached < len(w.Climb.Due) {
		p.later(w.Climb.Due[reached])
	}
	named, paged := map[string]bool{}, map[string]bool{}
	for step := reached; step >= 0; step-- {
		who := p.who(w, step)
		for _, person := range p.persons(who, w.Alone) {
			if !named[person.Account] {
				named[person.Account] = true
				p.tell(w, step, person, person.Means)
			}
		}
		if !w.sounds(step) {
			continue
		}
		for _, person := range p.are(who) {
			if person.Page != 0 && !paged[person.Account] {
				paged[person.Account] = true
				p.tell(w, step, person, []int64{person.Page})
			}
		}
	}
}

// class is what a flood of it is bounded by: of one sort of matter, on whatever channel.
func (w *Waiting) class() class {
	if w.Matter != nil {
		return class{matterSubject + string(w.Matter.What), w.Precedence, false}
	}
	return class{w.Channel, w.Precedence, w.Distress}
}

// class is the channel of class, as it is kept with what was told.
func (n *Notice) class() string {
	if n.Matter != nil {
		return matterSubject + string(n.Matter.What)
	}
	return n.Channel
}

// sounds reports whether what is told at a step sounds once in the open page: it does
// not ring there, and is more than a ROUTINE dispatch or that one has come.
func (w *Waiting) sounds(step int) bool {
	return w.Check != nil || w.Matter != nil || w.Precedence == office.Priority && step > 0
}

// tell notes that a person is to be told of a step by some means, by which they were
// not yet.
func (p *planning) tell(w *Waiting, step int, person *Person, means []int64) {
	urgent := w.Distress || w.Precedence == office.Flash
	if until, quiet := person.Quiet.holds(p.now, p.Zone); quiet && !urgent {
		p.later(until)
		return
	}
	for _, means := range means {
		key := Key{Subject: w.subject(), Account: person.Account, Means: means}
		if p.told[key] > step {
			continue
		}
		g := gathered{person.Account, means, w.class()}
		if p.wanted[g] == nil {
			p.order = append(p.order, g)
		}
		p.wanted[g] = append(p.wanted[g], want{w, person, step})
	}
}

// who gives whom the side tells of a step; empty if nobody.
func (p *planning) who(w *Waiting, step int) map[Who]bool {
	who := map[Who]bool{}
	acts := []office.StepAct{ActRelease}
	if step > 0 {
		acts = w.acts(step)
	}
	if w.Matter != nil {
		acts = []office.StepAct{w.Matter.act()}
		for _, one := range w.Who {
			who[one] = true
		}
		if len(w.Who) > 0 {
			return who
		}
	}
	for _, act := range acts {
		for _, one := range p.Whom.Of(w.Precedence, act) {
			who[one] = true
		}
	}
	return who
}

// acts is what our side does at a step. That other means are tried is for the side that
// has sent the dispatch; of a line check it is for who is not heard.
func (w *Waiting) acts(step int) []office.StepAct {
	acts := w.Climb.Steps[step-1].Do
	if w.Check != nil {
		return acts
	}
	return slices.DeleteFunc(slices.Clone(acts), func(act office.StepAct) bool { return act == office.StepBearer })
}

// persons lists who of those to be told has means, or who else has, if nobody of
// them does and it is not for those alone.
func (p *planning) persons(who map[Who]bool, alone bool) (list []*Person) {
	if len(who) == 0 {
		return nil // the side tells nobody of it
	}
	tries := []map[Who]bool{who}
	for _, one := range whoElse {
		if alone {
			break
		}
		tries = append(tries, map[Who]bool{one: true})
	}
	for _, who := range tries {
		list = slices.DeleteFunc(p.are(who), func(person *Person) bool { return len(person.Means) == 0 })
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

func (p *planning) are(who map[Who]bool) (list []*Person) {
	for i := range p.Persons {
		person := &p.Persons[i]
		is := who[Who("@"+person.Account)] || slices.ContainsFunc(person.Is, func(one Who) bool { return who[one] })
		if is {
			list = append(list, person)
		}
	}
	return list
}

// gather makes notices of what is wanted: one by one, or of a flood one with a
// number.
func (p *planning) gather() {
	for _, g := range p.order {
		wants := p.wanted[g]
		slices.SortFunc(wants, func(a, b want) int {
			return cmp.Or(cmp.Compare(a.waiting.At, b.waiting.At), strings.Compare(a.waiting.subject(), b.waiting.subject()))
		})
		free := max(0, floodAfter-len(p.recent[g]))
		for len(wants) > 0 && free > 0 {
			p.notices = append(p.notices, p.notice(g, wants[0]))
			wants, free = wants[1:], free-1
		}
		if len(wants) == 0 {
			continue
		}
		if last := p.many[g]; last > 0 {
			p.later(last + floodSpan)
			continue
		}
		many := p.notice(g, wants[len(wants)-1])
		many.Many, many.Notice.Count = true, len(wants)
		for _, w := range wants[:len(wants)-1] {
			many.Others = append(many.Others, p.notice(g, w))
		}
		p.notices = append(p.notices, many)
	}
}

func (w want) key(g gathered) Key { return Key{w.waiting.subject(), w.step, g.account, g.means} }

func (p *planning) notice(g gathered, w want) Planned {
	d := w.waiting
	n := Notice{
		Sort: SortDispatch, Dispatch: d.ID, Number: d.Number, From: d.From, Channel: d.Channel, Precedence: d.Precedence, Mark: d.Mark, Distress: d.Distress,
		Step: w.step, Of: len(d.Climb.Steps), Since: time.UnixMilli(d.At).UTC(), Count: 1, At: time.UnixMilli(p.now).UTC(),
	}
	if d.Check != nil {
		n.Sort, n.Check = SortCheck, d.Check
	}
	if d.Matter != nil {
		n.Sort, n.Matter = SortMatter, d.Matter
	}
	if w.step > 0 {
		n.Since, n.Acts = time.UnixMilli(d.Climb.Due[w.step-1]).UTC(), d.acts(w.step)
	}
	return Planned{Key: w.key(g), Notice: n, May: d.Matter == nil && slices.Contains(w.person.May, d.Precedence)}
}
