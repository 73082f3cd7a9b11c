package people

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"liaison.example/office"
)

// The roster is the plan of who shall be on watch: our own side's affair, that never
// crosses the line. What is reckoned here is pure: rotations and changes in, moments
// out.
//
// The rule for the clock, also for the nights in which it changes: a watch begins at
// its time of day on the side's clock. A time of day that is left out begins at the
// first moment after the gap; one that comes twice begins at the first of the two. A
// watch lasts until the next one of its layer begins, and at most for its length,
// which is counted on the clock too: one of eight hours from 00:00 ends at 08:00,
// though seven or nine have passed. So nobody is relieved twice, and no hour of such
// a night is without a watch that the day before would have had.

// The limits of a roster.
const (
	MaxRotations   = 100                  // ended ones too
	MaxTurn        = 60                   // people or posts in the turn of a rotation
	MaxStarts      = 24                   // watches that begin in a day
	MaxWatchLength = 7 * 24 * 60          // minutes of a watch
	MaxEach        = 400                  // watches that one has in succession
	MaxRosterName  = 80                   // characters of the name of a rotation
	MaxPlan        = 400 * 24 * time.Hour // for how long a plan is reckoned at once
	maxPlanned     = 20_000               // watches of a plan
)

// minutesOfDay is how many minutes a day has, as far as clocks do not change.
const minutesOfDay = 24 * 60

// Who stands in a roster: an account, "kim", or whoever holds a post at that time,
// "post:duty-officer".
type Who string

// postMark begins a Who that is a post.
const postMark = "post:"

// Post gives the post that is meant; empty if it is an account.
func (w Who) Post() office.Post {
	post, is := strings.CutPrefix(string(w), postMark)
	if !is {
		return ""
	}
	return post
}

// Account gives the account that is meant; empty if it is a post.
func (w Who) Account() string {
	if w.Post() != "" {
		return ""
	}
	return string(w)
}

// valid reports whether it can be meant at all.
func (w Who) valid() bool { return office.ValidName(cmp.Or(w.Post(), w.Account())) }

// InTurn is one place in the turn of a rotation.
type InTurn struct {
	Who       Who      `json:"who"`
	Languages []string `json:"languages"` // that they speak, the first best
}

// Rotation says who has which watch from a day on, one after another. It is a layer
// of its own, or takes the place of a layer between two days. Whole days are meant:
// a watch belongs to the day on which it begins.
type Rotation struct {
	ID      int64    // from 1
	Version int64    // from 1; one more with each change
	Name    string   // one line
	Instead int64    // the layer of whose days it takes the place; 0 if it is a layer
	From    string   // its first day, such as "2018-10-15"
	Until   string   // the first day that is no longer its own; empty if it goes on
	Days    []int    // of the week on which its watches begin, 1 is Monday; all of them if empty
	Starts  []string // when its watches begin, such as "08:00", in order
	Minutes int      // the longest that a watch lasts, on the clock
	Each    int      // how many watches one has in succession, from 1
	Turn    []InTurn
	Changed Touch
}

// WatchID names a planned watch for good: a change or a swap follows the watch, not
// the clock.
type WatchID struct {
	Layer int64  // the rotation that is the layer
	Day   string // on which it begins
	Start string // the time of day
}

// String writes the id as it stands in addresses: "1/2018-10-15/08:00".
func (id WatchID) String() string { return fmt.Sprintf("%d/%s/%s", id.Layer, id.Day, id.Start) }

// ParseWatchID reads what String wrote.
func ParseWatchID(text string) (id WatchID, ok bool) {
	layer, rest, _ := strings.Cut(text, "/")
	id.Day, id.Start, _ = strings.Cut(rest, "/")
	if _, err := fmt.Sscanf(layer, "%d", &id.Layer); err != nil || id.Layer < 1 {
		return id, false
	}
	_, ok = dayOf(id.Day)
	_, ok2 := minuteOf(id.Start)
	return id, ok && ok2 && id.String() == text
}

// Given says that one watch is given to another than the turn has it. Who is empty
// if that was taken back.
type Given struct {
	Watch   WatchID
	Who     Who
	Why     string
	Swap    int64 // the swap that gave it; 0 if none
	Times   int64 // how often the watch was given, or that taken back
	Changed Touch
}

// Planned is one watch of a plan.
type Planned struct {
	WatchID
	Rotation  int64  // that it comes from, if another stands in for the layer
	Name      string // of that rotation
	From      int64  // milliseconds since 1970, as all moments here
	Until     int64  // > From
	Who       Who
	Turn      Who // whose turn it is by the rotation
	Languages []string
	Given     *Given // if it was given to Who
	Sequence  int64  // never less in a later plan, and more if the watch is another than before
	Changed   int64  // when last anything of it was decided
}

// Stretch is a time during which nobody is on the roster, or several are.
type Stretch struct {
	From, Until int64
	Who         []Who // who is, in order; one stands there twice who has two watches at once
}

// Twice gives who has two watches at once; empty if nobody has.
func (s Stretch) Twice() Who {
	for i := 1; i < len(s.Who); i++ {
		if s.Who[i] == s.Who[i-1] {
			return s.Who[i]
		}
	}
	return ""
}

// Plan is who shall be on watch between two moments.
type Plan struct {
	From, Until int64
	Watches     []Planned // in the order in which they begin, then of their layers
	Gaps        []Stretch // nobody is on the roster
	Overlaps    []Stretch // several are
}

// Roster is all that a plan follows from.
type Roster struct {
	Rotations []Rotation // in order of id
	Given     map[WatchID]Given
	Clock     Clock
	Said      int64 // grows whenever the side says other hours, and with them how its clock goes
}

// Clock is by how much a side's clock is ahead of UTC: each of its parts from its
// beginning until that of the next, the first also before. A clock without parts
// shows UTC.
type Clock []Ahead

// Ahead is by how many minutes a clock is ahead of UTC from a moment on.
type Ahead struct{ From, Minutes int64 }

// NewClock reads how a side's clock goes from what it has said of its hours. If it
// has said nothing, the other changes hold: those of the table of its zone.
func NewClock(calendar office.Calendar, otherwise []office.Offset) (c Clock) {
	if len(calendar) == 0 && len(otherwise) > 0 {
		calendar = office.Calendar{{Offsets: otherwise}}
	}
	for i := range calendar {
		t, end := calendar[i].From, int64(math.MaxInt64)
		if i == 0 {
			t = 0
		}
		if i+1 < len(calendar) {
			end = calendar[i+1].From
		}
		for t < end {
			minutes, next := calendar[i].Offset(t)
			if len(c) == 0 || c[len(c)-1].Minutes != minutes {
				c = append(c, Ahead{t, minutes})
			}
			if next == 0 {
				break
			}
			t = next
		}
	}
	return c
}

// around is the part of the clock that counts between two moments.
func (c Clock) around(from, until int64) Clock {
	first, last := 0, len(c)
	for first+1 < len(c) && c[first+1].From <= from {
		first++
	}
	for last > first+1 && c[last-1].From > until {
		last--
	}
	return c[first:last]
}

// local gives what the clock shows at a moment, as minutes from the beginning of
// 1970-01-01 on it.
func (c Clock) local(ms int64) int64 {
	ahead := int64(0)
	for i, a := range c {
		if i == 0 || a.From <= ms {
			ahead = a.Minutes
		}
	}
	return floor(ms, minute) + ahead
}

// moment gives the first moment at which the clock shows this time or a later one:
// the rule at the top.
func (c Clock) moment(local int64) int64 {
	for i, a := range c {
		t := (local - a.Minutes) * minute
		if i > 0 {
			t = max(t, a.From)
		}
		if i+1 == len(c) || t < c[i+1].From {
			return t
		}
	}
	return local * minute
}

const minute = 60_000 // milliseconds

func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

// dayOf counts the days from 1970-01-01 to a date.
func dayOf(date string) (n int64, ok bool) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil || t.Year() < 1970 {
		return 0, false
	}
	return t.Unix() / (24 * 60 * 60), true
}

func dateOf(n int64) string { return time.Unix(n*24*60*60, 0).UTC().Format(time.DateOnly) }

// minuteOf reads a time of day, as minutes from its beginning.
func minuteOf(text string) (n int64, ok bool) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, false
	}
	return int64(t.Hour()*60 + t.Minute()), true
}

// weekday gives the day of the week, 1 is Monday.
func weekday(n int64) int { return int(((n+3)%7+7)%7) + 1 }

// check refuses what cannot be a rotation.
func (r *Rotation) check() error {
	from, fromOK := dayOf(r.From)
	until, untilOK := dayOf(r.Until)
	length := utf8.RuneCountInString(r.Name)
	switch {
	case length == 0 || length > MaxRosterName || strings.TrimSpace(r.Name) != r.Name || !oneLine(r.Name):
		return refuse("roster-name", "limit", fmt.Sprint(MaxRosterName))
	case !fromOK:
		return refuse("roster-day", "value", clip(r.From))
	case r.Until != "" && !untilOK:
		return refuse("roster-day", "value", clip(r.Until))
	case r.Until != "" && until < from:
		return refuse("roster-days")
	case r.Instead != 0 && r.Until == "":
		return refuse("roster-instead-until")
	case len(r.Starts) == 0 || len(r.Starts) > MaxStarts:
		return refuse("roster-starts", "limit", fmt.Sprint(MaxStarts))
	case r.Minutes < 1 || r.Minutes > MaxWatchLength:
		return refuse("roster-length", "limit", fmt.Sprint(MaxWatchLength/60))
	case r.Each < 1 || r.Each > MaxEach:
		return refuse("roster-each", "limit", fmt.Sprint(MaxEach))
	case len(r.Turn) == 0 || len(r.Turn) > MaxTurn:
		return refuse("roster-turn", "limit", fmt.Sprint(MaxTurn))
	}
	for i, start := range r.Starts {
		if _, ok := minuteOf(start); !ok || i > 0 && start <= r.Starts[i-1] {
			return refuse("roster-start", "value", clip(start))
		}
	}
	for i, day := range r.Days {
		if day < 1 || day > 7 || i > 0 && day <= r.Days[i-1] {
			return refuse("roster-weekdays")
		}
	}
	for _, one := range r.Turn {
		if !one.Who.valid() {
			return refuse("roster-who", "who", clip(string(one.Who)))
		}
		if len(one.Languages) > office.MaxLanguages || slices.ContainsFunc(one.Languages, func(tag string) bool { return !validLanguage(tag) }) {
			return refuse("account-language")
		}
	}
	return nil
}

// has reports whether a day is one of the rotation, whatever day of the week.
func (r *Rotation) has(day string) bool { return r.From <= day && (r.Until == "" || day < r.Until) }

// begins reports whether watches begin on a day of the week.
func (r *Rotation) begins(weekday int) bool {
	return len(r.Days) == 0 || slices.Contains(r.Days, weekday)
}

// turn gives who has the nth watch of a day, counted from the first of the rotation.
func (r *Rotation) turn(day int64, n int) InTurn {
	first, _ := dayOf(r.From)
	perWeek := len(r.Days)
	if perWeek == 0 {
		perWeek = 7
	}
	days := (day - first) / 7 * int64(perWeek)
	for d := day - (day-first)%7; d < day; d++ {
		if r.begins(weekday(d)) {
			days++
		}
	}
	nth := days*int64(len(r.Starts)) + int64(n)
	return r.Turn[nth/int64(r.Each)%int64(len(r.Turn))]
}

// Plan reckons who shall be on watch between two moments. It answers *Refusal if
// that is too much at once.
func (r *Roster) Plan(from, until int64) (Plan, error) {
	p := Plan{From: from, Until: until}
	if from < 0 || until < from || until-from > MaxPlan.Milliseconds() {
		return p, refuse("roster-range", "days", fmt.Sprint(int(MaxPlan.Hours()/24)))
	}
	const beyond = (MaxWatchLength + 3*minutesOfDay) * minute // so long before may a watch have begun
	clock := r.Clock.around(from-beyond, until+beyond)
	for i := range r.Rotations {
		if layer := &r.Rotations[i]; layer.Instead == 0 {
			const days = MaxWatchLength/minutesOfDay + 1 // so far away may a watch end that begins, or begin that ends one
			for _, w := range r.layer(layer, clock, floor(clock.local(from), minutesOfDay)-days, floor(clock.local(until), minutesOfDay)+days+1) {
				if w.From < until && w.Until > from {
					p.Watches = append(p.Watches, w)
				}
			}
		}
		if len(p.Watches) > maxPlanned {
			return p, refuse("roster-range", "days", fmt.Sprint(int(MaxPlan.Hours()/24)))
		}
	}
	slices.SortStableFunc(p.Watches, func(a, b Planned) int { return cmp.Compare(a.From, b.From) })
	p.stretches()
	return p, nil
}

// layer gives the watches of one layer that begin from one day to before another.
func (r *Roster) layer(layer *Rotation, clock Clock, first, last int64) (watches []Planned) {
	sequence, speaks, stands := r.Said, map[Who][]string{}, []*Rotation{} // stands in for the layer, the last made first
	for i := range r.Rotations {
		one := &r.Rotations[i]
		for _, in := range one.Turn {
			speaks[in.Who] = in.Languages
		}
		if one == layer || one.Instead == layer.ID {
			sequence += one.Version
		}
		if one.Instead == layer.ID {
			stands = append([]*Rotation{one}, stands...)
		}
	}
	stands = append(stands, layer)
	for day := max(first, 0); day < last; day++ {
		date := dateOf(day)
		i := slices.IndexFunc(stands, func(one *Rotation) bool { return one.has(date) })
		if i < 0 || !stands[i].begins(weekday(day)) {
			continue
		}
		one := stands[i]
		for n, start := range one.Starts {
			at, _ := minuteOf(start)
			in, local := one.turn(day, n), day*minutesOfDay+at
			w := Planned{
				WatchID: WatchID{layer.ID, date, start}, Rotation: one.ID, Name: one.Name, From: clock.moment(local), Until: clock.moment(local + int64(one.Minutes)),
				Who: in.Who, Turn: in.Who, Languages: in.Languages, Sequence: sequence, Changed: one.Changed.At.UnixMilli(),
			}
			if given, is := r.Given[w.WatchID]; is {
				w.Sequence += given.Times
				w.Changed = max(w.Changed, given.Changed.At.UnixMilli())
				if given.Who != "" {
					w.Who, w.Languages, w.Given = given.Who, speaks[given.Who], &given
				}
			}
			if len(watches) > 0 {
				before := &watches[len(watches)-1]
				before.Until = min(before.Until, w.From)
			}
			watches = append(watches, w)
		}
	}
	return slices.DeleteFunc(watches, func(w Planned) bool { return w.Until <= w.From }) // begun and over in the gap of a clock
}

// stretches finds the gaps and the overlaps of a plan.
func (p *Plan) stretches() {
	var edges []int64
	for _, w := range p.Watches {
		edges = append(edges, max(w.From, p.From), min(w.Until, p.Until))
	}
	edges = append(edges, p.From, p.Until)
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var on []*Planned
	next := 0
	for i := 0; i+1 < len(edges); i++ {
		for ; next < len(p.Watches) && p.Watches[next].From <= edges[i]; next++ {
			on = append(on, &p.Watches[next])
		}
		on = slices.DeleteFunc(on, func(w *Planned) bool { return w.Until <= edges[i] })
		who := make([]Who, 0, len(on))
		for _, w := range on {
			who = append(who, w.Who)
		}
		slices.Sort(who)
		list := &p.Overlaps
		switch len(on) {
		case 0:
			list = &p.Gaps
		case 1:
			continue
		}
		if n := len(*list); n > 0 && (*list)[n-1].Until == edges[i] && slices.Equal((*list)[n-1].Who, who) {
			(*list)[n-1].Until = edges[i+1]
			continue
		}
		*list = append(*list, Stretch{edges[i], edges[i+1], who})
	}
}

// At gives the watches of a plan that hold at a moment.
func (p *Plan) At(ms int64) (watches []Planned) {
	for _, w := range p.Watches {
		if w.From <= ms && ms < w.Until {
			watches = append(watches, w)
		}
	}
	return watches
}

// Within reports whether some of the stretch lies within one of these times.
func (s Stretch) Within(times []office.Opening) bool {
	return slices.ContainsFunc(times, func(o office.Opening) bool { return o.From < s.Until && s.From < o.Until })
}

// Shows gives the day and the time of day that the clock shows at a moment.
func (c Clock) Shows(ms int64) (day, start string) {
	local := c.local(ms)
	n := local - floor(local, minutesOfDay)*minutesOfDay
	return dateOf(floor(local, minutesOfDay)), fmt.Sprintf("%02d:%02d", n/60, n%60)
}

// Day gives when a day begins and ends on the clock; false if it is none.
func (c Clock) Day(date string) (from, until int64, ok bool) {
	n, ok := dayOf(date)
	return c.moment(n * minutesOfDay), c.moment((n + 1) * minutesOfDay), ok
}
