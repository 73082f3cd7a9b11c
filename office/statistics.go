package office

import (
	"cmp"
	"slices"
)

// Statistics that all sides can accept: counts of what stands in the record, up to
// a moment that it is settled to. No clock of a reader and no zone has a part in
// them; months are those of UTC.

// MaxMonths is how many months are counted at once.
const MaxMonths = 24

// Figures are what one side did in one month, on one channel or on all together.
type Figures struct {
	Month   string `json:"month"`             // of UTC, such as "2018-10"
	Channel string `json:"channel,omitempty"` // left out: all together
	Side    Side   `json:"side"`

	Checks       map[CheckResult]int64        `json:"checks"`        // line checks that were due, by what became of them for this side
	Released     map[Precedence]int64         `json:"released"`      // dispatches of this side
	Marked       int64                        `json:"marked"`        // its exercises and tests, which are counted nowhere else
	Acknowledged Acknowledging                `json:"acknowledged"`  // of the dispatches released in the month that are addressed to this side
	ByPrecedence map[Precedence]Acknowledging `json:"by_precedence"` // the same; a precedence of which there are none is left out
	Answers      Answering                    `json:"answers"`       // of those, the ones whose form asks for something
	Readbacks    Restating                    `json:"readbacks"`     // of those, the ones that are to be read back
	Meetings     Meeting                      `json:"meetings"`
	Tenders      Tendering                    `json:"tenders"`
	Suspensions  int64                        `json:"suspensions"`  // that this side began
	SuspendedMS  int64                        `json:"suspended_ms"` // the time during which it suspended; of all channels, the sum
	Attempts     map[Outcome]int64            `json:"attempts"`     // of this side by other means, by what came of them
	Watch        *Watching                    `json:"watch,omitempty"`
}

// Acknowledging says how dispatches were acknowledged by one side. A time runs
// from the release, at its time in the joint order, to the moment that who
// acknowledged has written.
type Acknowledging struct {
	Asked     int64 `json:"asked"` // = InTime + Late + Waiting + Overdue
	InTime    int64 `json:"in_time"`
	Late      int64 `json:"late"`
	Waiting   int64 `json:"waiting"` // not yet, and there is still time
	Overdue   int64 `json:"overdue"` // not yet, and the time is over
	MedianMS  int64 `json:"median_ms"`
	P90MS     int64 `json:"p90_ms"`
	LongestMS int64 `json:"longest_ms"`
}

// Answering says how dispatches were answered by one side whose forms ask for it.
type Answering struct {
	Asked     int64 `json:"asked"` // = InTime + Late + Open + Overdue + Unobjected + Withdrawn
	InTime    int64 `json:"in_time"`
	Late      int64 `json:"late"`
	Open      int64 `json:"open"`    // held open, and there is still time
	Overdue   int64 `json:"overdue"` // held open, and the time of the form is over
	Withdrawn int64 `json:"withdrawn"`

	Unobjected int64 `json:"unobjected"` // the time for an objection is over, and silence has become the answer
}

// Watching says for how long somebody of a side was on watch. It is of no channel.
type Watching struct {
	Begun     int64 `json:"begun"`
	HeldMS    int64 `json:"held_ms"`
	OpenMS    int64 `json:"open_ms"`    // for which the side was open by the hours that it has said
	CoveredMS int64 `json:"covered_ms"` // of that, the time with somebody on watch
}

// A Figure is one number of Figures by its name.
type Figure struct {
	Name string
	Of   func(*Figures) int64
}

// AllFigures lists every number in the order of tables.
var AllFigures = func() (list []Figure) {
	add := func(name string, of func(*Figures) int64) { list = append(list, Figure{name, of}) }
	for _, r := range CheckResults {
		add("checks."+string(r), func(f *Figures) int64 { return f.Checks[r] })
	}
	for _, p := range Precedences {
		add("released."+string(p), func(f *Figures) int64 { return f.Released[p] })
	}
	add("marked", func(f *Figures) int64 { return f.Marked })
	acknowledging := func(name string, of func(*Figures) Acknowledging) {
		add(name+".asked", func(f *Figures) int64 { return of(f).Asked })
		add(name+".in_time", func(f *Figures) int64 { return of(f).InTime })
		add(name+".late", func(f *Figures) int64 { return of(f).Late })
		add(name+".waiting", func(f *Figures) int64 { return of(f).Waiting })
		add(name+".overdue", func(f *Figures) int64 { return of(f).Overdue })
		add(name+".median_ms", func(f *Figures) int64 { return of(f).MedianMS })
		add(name+".p90_ms", func(f *Figures) int64 { return of(f).P90MS })
		add(name+".longest_ms", func(f *Figures) int64 { return of(f).LongestMS })
	}
	acknowledging("acknowledged", func(f *Figures) Acknowledging { return f.Acknowledged })
	for _, p := range Precedences {
		acknowledging("acknowledged."+string(p), func(f *Figures) Acknowledging { return f.ByPrecedence[p] })
	}
	add("answers.asked", func(f *Figures) int64 { return f.Answers.Asked })
	add("answers.in_time", func(f *Figures) int64 { return f.Answers.InTime })
	add("answers.late", func(f *Figures) int64 { return f.Answers.Late })
	add("answers.open", func(f *Figures) int64 { return f.Answers.Open })
	add("answers.overdue", func(f *Figures) int64 { return f.Answers.Overdue })
	add("answers.unobjected", func(f *Figures) int64 { return f.Answers.Unobjected })
	add("answers.withdrawn", func(f *Figures) int64 { return f.Answers.Withdrawn })
	add("readbacks.asked", func(f *Figures) int64 { return f.Readbacks.Asked })
	add("readbacks.in_time", func(f *Figures) int64 { return f.Readbacks.InTime })
	add("readbacks.late", func(f *Figures) int64 { return f.Readbacks.Late })
	add("readbacks.open", func(f *Figures) int64 { return f.Readbacks.Open })
	add("readbacks.overdue", func(f *Figures) int64 { return f.Readbacks.Overdue })
	add("readbacks.withdrawn", func(f *Figures) int64 { return f.Readbacks.Withdrawn })
	add("readbacks.confirmed", func(f *Figures) int64 { return f.Readbacks.Confirmed })
	add("readbacks.disputed", func(f *Figures) int64 { return f.Readbacks.Disputed })
	add("meetings.proposed", func(f *Figures) int64 { return f.Meetings.Proposed })
	add("meetings.confirmed", func(f *Figures) int64 { return f.Meetings.Confirmed })
	add("meetings.regretted", func(f *Figures) int64 { return f.Meetings.Regretted })
	add("tenders.offered", func(f *Figures) int64 { return f.Tenders.Offered })
	add("tenders.asked", func(f *Figures) int64 { return f.Tenders.Asked })
	add("tenders.accepted", func(f *Figures) int64 { return f.Tenders.Accepted })
	add("tenders.declined", func(f *Figures) int64 { return f.Tenders.Declined })
	add("tenders.left", func(f *Figures) int64 { return f.Tenders.Left })
	add("tenders.waiting", func(f *Figures) int64 { return f.Tenders.Waiting })
	add("tenders.withdrawn", func(f *Figures) int64 { return f.Tenders.Withdrawn })
	add("suspensions", func(f *Figures) int64 { return f.Suspensions })
	add("suspended_ms", func(f *Figures) int64 { return f.SuspendedMS })
	for _, o := range Outcomes {
		add("attempts."+string(o), func(f *Figures) int64 { return f.Attempts[o] })
	}
	watching := func(name string, of func(Watching) int64) {
		add("watch."+name, func(f *Figures) int64 {
			if f.Watch == nil {
				return 0
			}
			return of(*f.Watch)
		})
	}
	watching("begun", func(w Watching) int64 { return w.Begun })
	watching("held_ms", func(w Watching) int64 { return w.HeldMS })
	watching("open_ms", func(w Watching) int64 { return w.OpenMS })
	watching("covered_ms", func(w Watching) int64 { return w.CoveredMS })
	return list
}()

// Months lists the months from one to another, such as "2018-09"; false if one is
// no month from 1970 on, they are in the wrong order, or more than MaxMonths.
func Months(from, to string) (list []string, ok bool) {
	if _, _, ok := MonthBounds(from); !ok {
		return nil, false
	}
	if _, _, ok := MonthBounds(to); !ok || to < from {
		return nil, false
	}
	for month := from; ; month = MonthAfter(month, 1) {
		if list = append(list, month); month == to {
			return list, true
		}
		if len(list) == MaxMonths {
			return nil, false
		}
	}
}

// MonthAfter gives the month that comes so many months after one, or before it if
// n is negative.
func MonthAfter(month string, n int64) string {
	from, _ := MonthOf(month, 0)
	year, of, _, _, _ := civil(max(from, 0))
	total := max(year*12+of-1+n, 1970*12)
	return dateText(total/12, total%12+1, 1)[:len("2018-09")]
}

// UTCMonth gives the month of UTC in which a moment lies.
func UTCMonth(ms int64) string {
	year, month, _, _, _ := civil(max(ms, 0))
	return dateText(year, month, 1)[:len("2018-09")]
}

// A Tally counts. Whoever holds the same settled record and counts the same months
// gets the same figures.
type Tally struct {
	months    []string
	bounds    []int64 // months[i] lies from bounds[i] to bounds[i+1]
	until     int64   // the moment that the record is settled to: all is judged then
	settled   func(EntryID) bool
	sides     []Side
	clocks    []Clock // before the first schedule
	schedules Schedules
	calendars map[Side]Calendar
	hours     *JointClock

	cells   map[tallied]*Figures
	spans   map[tallied][]int64 // times to acknowledge
	watches map[Side][]Opening
}

// tallied is what figures are kept by. An empty channel is all of them, an empty
// precedence as well.
type tallied struct {
	month      int
	channel    string
	side       Side
	precedence Precedence
}

// NewTally counts months, as Months gives them, of a record that is settled to a
// moment, in milliseconds. Entries that settled refuses are not counted. clocks are
// those of older rules, which keep no schedules.
func NewTally(months []string, until int64, settled func(EntryID) bool, sides []Side, clocks []Clock, schedules Schedules, calendars map[Side]Calendar) *Tally {
	t := &Tally{
		months: months, until: until, settled: settled, sides: sides, clocks: clocks, schedules: schedules, calendars: calendars,
		cells: map[tallied]*Figures{}, spans: map[tallied][]int64{}, watches: map[Side][]Opening{},
	}
	for _, month := range months {
		from, end := MonthOf(month, 0)
		if len(t.bounds) == 0 {
			t.bounds = append(t.bounds, from)
		}
		t.bounds = append(t.bounds, end)
	}
	var all []Calendar
	for _, side := range sortedKeys(calendars) {
		all = append(all, calendars[side])
	}
	t.hours = NewJointClock(all, t.bounds[0])
	return t
}

// month gives the month that a moment lies in, from 0; false if it is none of them.
func (t *Tally) month(ms int64) (int, bool) {
	i, found := slices.BinarySearch(t.bounds, ms)
	if !found {
		i--
	}
	return i, i >= 0 && i < len(t.months)
}

// each changes the figures of a side on a channel, and those on all together.
func (t *Tally) each(month int, channel string, side Side, change func(*Figures)) {
	change(t.cell(month, channel, side))
	change(t.cell(month, "", side))
}

func (t *Tally) cell(month int, channel string, side Side) *Figures {
	key := tallied{month: month, channel: channel, side: side}
	f := t.cells[key]
	if f == nil {
		f = &Figures{
			Month: t.months[month], Channel: channel, Side: side, Checks: map[CheckResult]int64{}, Released: map[Precedence]int64{},
			ByPrecedence: map[Precedence]Acknowledging{}, Attempts: map[Outcome]int64{},
		}
		if channel == "" {
			f.Watch = &Watching{}
		}
		t.cells[key] = f
	}
	return f
}

// Dispatch counts a dispatch of a side with its acknowledgements.
func (t *Tally) Dispatch(channel string, from Side, p Precedence, real bool, a *Acknowledgements) {
	month, ok := t.month(a.Time)
	if !ok {
		return
	}
	if !real {
		t.each(month, channel, from, func(f *Figures) { f.Marked++ })
		return
	}
	t.each(month, channel, from, func(f *Figures) { f.Released[p]++ })
	due := t.due(p, a.Time)
	count := func(side Side, span int64, change func(*Acknowledging)) {
		t.each(month, channel, side, func(f *Figures) {
			of := f.ByPrecedence[p]
			for _, one := range []*Acknowledging{&of, &f.Acknowledged} {
				one.Asked++
				change(one)
			}
			f.ByPrecedence[p] = of
			if span >= 0 {
				for _, precedence := range []Precedence{"", p} {
					key := tallied{month, f.Channel, side, precedence}
					t.spans[key] = append(t.spans[key], span)
				}
			}
		})
	}
	waits := func(a *Acknowledging) { a.Waiting++ }
	if due < t.until {
		waits = func(a *Acknowledging) { a.Overdue++ }
	}
	for _, given := range a.Given {
		switch at := max(given.At, a.Time); {
		case !t.settled(given.ID):
			count(given.Side, -1, waits)
		case at > due:
			count(given.Side, at-a.Time, func(a *Acknowledging) { a.Late++ })
		default:
			count(given.Side, at-a.Time, func(a *Acknowledging) { a.InTime++ })
		}
	}
	for _, side := range a.Waiting {
		count(side, -1, waits)
	}
}

// due says until when a dispatch is to be acknowledged by the clocks of the charter
// under which it was released.
func (t *Tally) due(p Precedence, at int64) int64 {
	if clock, rules := t.clock(p, at); clock.Acknowledge > 0 {
		return t.hours.Acknowledge(rules, clock, at)
	}
	return maxInteger
}

// clock gives the clock of a precedence in the charter that was in force at a moment,
// and the version of the rules.
func (t *Tally) clock(p Precedence, at int64) (Clock, int64) {
	then := Schedule{Clocks: t.clocks}
	if len(t.schedules) > 0 { // before the first, its own
		i, _ := slices.BinarySearchFunc(t.schedules, at+1, func(s Schedule, after int64) int { return cmp.Compare(s.From, after) })
		then = t.schedules[max(i-1, 0)]
	}
	clock, _ := (&Charter{Clocks: then.Clocks}).Clock(p)
	clock.Precedence = p
	return clock, then.Rules
}

// Answers counts how the sides that a dispatch is addressed to have answered its
// form. Of what was filled in nothing is needed but the fields that Form.Ahead names;
// filled and h may be nil.
func (t *Tally) Answers(channel string, p Precedence, form *Form, filled *Filled, a *Acknowledgements, h *Handling) {
	month, ok := t.month(a.Time)
	if !ok || form == nil || form.Asks == AsksNothing {
		return
	}
	if h == nil {
		h = &Handling{}
	}
	clock, rules := t.clock(p, a.Time)
	due := cmp.Or(t.hours.Answer(rules, clock, form, filled, a.Time), maxInteger)
	by, withdrawn := h.Withdrawn()
	withdrawn = withdrawn && t.settled(by.ID)
	count := func(side Side) {
		i := slices.IndexFunc(h.Answered, func(x Answer) bool { return x.Side == side && t.settled(x.ID) })
		promised := slices.ContainsFunc(h.Considers, func(x Consideration) bool { return x.Side == side && t.settled(x.ID) })
		t.each(month, channel, side, func(f *Figures) {
			f.Answers.Asked++
			switch {
			case i >= 0 && h.Answered[i].At > due:
				f.Answers.Late++
			case i >= 0:
				f.Answers.InTime++
			case withdrawn:
				f.Answers.Withdrawn++
			case due < t.until && form.Asks == AsksObjection && !promised:
				f.Answers.Unobjected++
			case due < t.until:
				f.Answers.Overdue++
			default:
				f.Answers.Open++
			}
		})
	}
	for _, given := range a.Given {
		count(given.Side)
	}
	for _, side := range a.Waiting {
		count(side)
	}
}

// Checks counts the line checks of a channel that were due. calls are those of it
// that name a time.
func (t *Tally) Checks(channel string, calls []LineCheck) {
	calls = slices.DeleteFunc(slices.Clone(calls), func(c LineCheck) bool { return !t.settled(c.ID) })
	for i := range calls {
		calls[i].Answers = slices.DeleteFunc(slices.Clone(calls[i].Answers), func(a CheckAnswer) bool { return !t.settled(a.ID) })
	}
	// What is due after the record is settled has come to nothing yet.
	until := min(t.bounds[len(t.months)], t.until+1)
	for _, j := range t.schedules.Judge(channel, t.calendars, calls, t.bounds[0], until, t.until) {
		month, ok := t.month(j.Due)
		for side, result := range j.Results {
			if ok {
				t.each(month, channel, side, func(f *Figures) { f.Checks[result]++ })
			}
		}
	}
}

// CheckedChannels lists the channels that had times of line checks under any
// charter.
func (t *Tally) CheckedChannels() (ids []string) {
	for i := range t.schedules {
		for _, ch := range t.schedules[i].Channels {
			if !slices.Contains(ids, ch.ID) {
				ids = append(ids, ch.ID)
			}
		}
	}
	return ids
}

// Watch counts a watch.
func (t *Tally) Watch(w *Watch) {
	end := t.until
	if w.End != nil && t.settled(w.End.ID) {
		end = min(end, w.End.Time)
	}
	if month, ok := t.month(w.Time); ok {
		t.cell(month, "", w.Side).Watch.Begun++
	}
	if w.Time < end {
		t.watches[w.Side] = append(t.watches[w.Side], Opening{w.Time, end})
	}
}

// Suspension counts a suspension, on one channel or on all if it is empty.
func (t *Tally) Suspension(s *Suspension, channel string) {
	begun := false
	for _, id := range s.Channels {
		if channel != "" && id != channel {
			continue
		}
		end := t.until
		for _, r := range s.Resumed {
			if t.settled(r.ID) && slices.Contains(r.Channels, id) {
				end = min(end, r.From)
			}
		}
		if month, ok := t.month(s.From); ok && s.From <= t.until {
			t.cell(month, id, s.Side).Suspensions++
			if !begun {
				begun = true
				t.cell(month, "", s.Side).Suspensions++
			}
		}
		t.within(s.From, end, func(month int, ms int64) {
			t.each(month, id, s.Side, func(f *Figures) { f.SuspendedMS += ms })
		})
	}
}

// within tells for each month how much of it lies between two moments.
func (t *Tally) within(from, until int64, is func(month int, ms int64)) {
	for i := range t.months {
		if ms := min(until, t.bounds[i+1]) - max(from, t.bounds[i]); ms > 0 {
			is(i, ms)
		}
	}
}

// Attempt counts an attempt by other means.
func (t *Tally) Attempt(a *Attempt) {
	if month, ok := t.month(a.Time); ok && a.Mark == "" {
		t.each(month, a.Channel, a.From, func(f *Figures) { f.Attempts[a.Outcome]++ })
	}
}

// Figures gives the figures of one channel, or, if it is empty, of all together and
// then of each on which something happened: in order of month, of channel, of side.
func (t *Tally) Figures(channel string) []Figures {
	for key, spans := range t.spans {
		slices.Sort(spans)
		set := func(a *Acknowledging) {
			a.MedianMS, a.P90MS, a.LongestMS = rank(spans, 50), rank(spans, 90), spans[len(spans)-1]
		}
		f := t.cells[tallied{month: key.month, channel: key.channel, side: key.side}]
		if key.precedence == "" {
			set(&f.Acknowledged)
		} else {
			of := f.ByPrecedence[key.precedence]
			set(&of)
			f.ByPrecedence[key.precedence] = of
		}
	}
	for _, side := range t.sides {
		if channel == "" {
			t.hold(side)
		}
		for i := range t.months {
			if t.cell(i, channel, side); channel == "" {
				t.open(i, side)
			}
		}
	}
	var list []Figures
	for key, f := range t.cells {
		if channel == "" || key.channel == channel {
			list = append(list, *f)
		}
	}
	slices.SortFunc(list, func(a, b Figures) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Side, b.Side))
	})
	return list
}

// rank gives the number below which, or at which, so many of a hundred lie.
func rank(sorted []int64, percent int) int64 {
	return sorted[(len(sorted)*percent+99)/100-1]
}

// hold adds up the watches of a side: time with two on watch counts once.
func (t *Tally) hold(side Side) {
	list := t.watches[side]
	if len(list) == 0 {
		return
	}
	slices.SortFunc(list, func(a, b Opening) int { return cmp.Compare(a.From, b.From) })
	joined := list[:1]
	for _, w := range list[1:] {
		if last := &joined[len(joined)-1]; w.From <= last.Until {
			last.Until = max(last.Until, w.Until)
		} else {
			joined = append(joined, w)
		}
	}
	t.watches[side] = joined
	for _, w := range joined {
		t.within(w.From, w.Until, func(month int, ms int64) { t.cell(month, "", side).Watch.HeldMS += ms })
	}
}

// open adds up for how long a side was open in a month by its own hours, and of
// that with somebody on watch.
func (t *Tally) open(month int, side Side) {
	f, watches := t.cell(month, "", side), t.watches[side]
	until := min(t.bounds[month+1], t.until)
	for at := t.bounds[month]; at < until; {
		o, ok := t.calendars[side].From(at)
		if !ok || o.From >= until {
			return
		}
		o.Until = min(o.Until, until)
		if at = o.Until; t.calendars[side].At(o.From) == nil {
			continue // it had said nothing of its hours yet
		}
		f.Watch.OpenMS += o.Until - o.From
		first, _ := slices.BinarySearchFunc(watches, o.From, func(w Opening, at int64) int { return cmp.Compare(w.Until, at) })
		for _, w := range watches[first:] {
			if w.From >= o.Until {
				break
			}
			f.Watch.CoveredMS += max(0, min(w.Until, o.Until)-max(w.From, o.From))
		}
	}
}
