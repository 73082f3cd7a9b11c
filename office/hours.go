package office

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// What a side says of its working hours, and what follows from it. All of it is
// reckoned from entries alone, so that every node finds the same: the differences
// from UTC are those that the side names, not those of some table of zones.

// Span is a part of a day, on the side's own clock: "09:00" to "17:00". It ends
// at "24:00" at the latest, and does not hold its end.
type Span struct {
	From  string `json:"from"`
	Until string `json:"until"`
}

// Holiday is a day on which other hours hold than on its day of the week; none if
// the side is closed.
type Holiday struct {
	Date  string `json:"date"` // such as "2018-10-09"
	Hours []Span `json:"hours"`
	Name  Words  `json:"name"`
}

// Offset is by how much the side's clock is ahead of UTC from a moment on.
type Offset struct {
	From    Minute `json:"from"`
	Minutes int64  `json:"minutes"` // east of UTC; negative west of it
}

// daysOfWeek is the length of a week, which begins on Monday.
const daysOfWeek = 7

func checkHours(c *checker, b *HoursBody) {
	c.minute("from", b.From)
	if c.count("holidays", len(b.Holidays), 0, MaxHolidays) {
		for i, h := range b.Holidays {
			if !isDate(h.Date) {
				c.fail(BadValue, "field", "holidays.date", "value", clip(h.Date))
			}
			if i > 0 && h.Date <= b.Holidays[i-1].Date {
				c.fail(NotInOrder, "field", "holidays", "value", h.Date)
			}
			c.spans("holidays.hours", h.Hours)
			c.words("holidays.name", h.Name, MaxWords)
		}
	}
	if c.count("offsets", len(b.Offsets), 1, MaxOffsets) {
		for i, o := range b.Offsets {
			c.minute("offsets.from", o.From)
			if i > 0 && o.From <= b.Offsets[i-1].From {
				c.fail(NotInOrder, "field", "offsets", "value", string(o.From))
			}
			c.number("offsets.minutes", o.Minutes, -maxOffset, maxOffset)
		}
		if b.Offsets[0].From > b.From {
			c.fail(BadValue, "field", "offsets.from", "value", clip(string(b.Offsets[0].From)))
		}
	}
	if c.count("week", len(b.Week), daysOfWeek, daysOfWeek) {
		for _, day := range b.Week {
			c.spans("week", day)
		}
	}
	c.zone("zone", b.Zone)
}

// maxOffset is by how many minutes a clock can differ from UTC.
const maxOffset = 18 * 60

func (c *checker) minute(field string, m Minute) {
	if _, ok := m.Millis(); !ok {
		c.fail(BadValue, "field", field, "value", clip(string(m)))
	}
}

// spans checks the hours of a day: one after another.
func (c *checker) spans(field string, spans []Span) {
	if !c.count(field, len(spans), 0, MaxSpans) {
		return
	}
	before := int64(-1)
	for _, s := range spans {
		from, ok := minuteOfDay(s.From)
		if !ok {
			c.fail(BadValue, "field", field+".from", "value", clip(s.From))
		}
		until, ok := minuteOfDay(s.Until)
		if !ok || until <= from {
			c.fail(BadValue, "field", field+".until", "value", clip(s.Until))
		}
		if from <= before {
			c.fail(NotInOrder, "field", field, "value", clip(s.From))
		}
		before = until
	}
}

// minuteOfDay reads "09:00", up to "24:00", as minutes from the beginning of the
// day.
func minuteOfDay(text string) (minute int64, ok bool) {
	if len(text) != len("09:00") || text[2] != ':' {
		return 0, false
	}
	hours, err := strconv.ParseUint(text[:2], 10, 7)
	minutes, err2 := strconv.ParseUint(text[3:], 10, 7)
	minute = int64(hours)*60 + int64(minutes)
	return minute, err == nil && err2 == nil && minutes < 60 && minute <= 24*60
}

// applyHours notes what hours a side keeps from a moment on, which lies not
// before the entry itself: nobody was closed afterwards.
func applyHours(m *matter, b *HoursBody) Verdict {
	from, _ := b.From.Millis()
	if from < m.At-m.At%minute {
		return void(NotLater, "value", string(b.From))
	}
	m.desk.Put(&Hours{
		At:       m.At,
		By:       m.By,
		From:     from,
		Holidays: b.Holidays,
		ID:       m.ID,
		Offsets:  b.Offsets,
		Side:     m.ID.Side,
		Time:     m.Time,
		Week:     b.Week,
		Zone:     b.Zone,
	})
	return Verdict{}
}

// Calendar is the hours of one side, each set from its beginning until that of
// the next: those of which a side spoke last, where two begin at once.
type Calendar []Hours

// NewCalendar puts the hours of one side into order. They come in the joint order.
// More than MaxCalendar sets are not kept: those that begin first are left out.
func NewCalendar(hours []Hours) Calendar {
	c := slices.Clone(hours)
	slices.SortStableFunc(c, func(a, b Hours) int { return cmp.Compare(a.From, b.From) })
	return c[max(0, len(c)-MaxCalendar):]
}

// An Opening is a time during which a side is open, or all are: From <= t < Until,
// in milliseconds since 1970.
type Opening struct{ From, Until int64 }

// Always is beyond how far ahead, in milliseconds, an opening has no end: no side
// has said any hours.
const Always = 1000 * 366 * 24 * 60 * minute

// farthest bounds how far ahead is looked for an opening, in milliseconds.
const farthest = 400 * 24 * 60 * minute

// At gives the hours in force at a moment; nil before the first.
func (c Calendar) At(ms int64) *Hours {
	h, _ := c.at(ms)
	return h
}

// at gives the hours in force at a moment, and when the next set begins; nil
// before the first.
func (c Calendar) at(ms int64) (h *Hours, next int64) {
	next = maxInteger
	for i := range c {
		if c[i].From > ms {
			return h, c[i].From
		}
		h = &c[i]
	}
	return h, next
}

// offset gives by how many minutes the clock is ahead of UTC at a moment, and when
// that changes next.
func (h *Hours) offset(ms int64) (minutes, next int64) {
	now := MinuteOf(ms) // minutes are in the order of their text
	i := 1
	for i < len(h.Offsets) && h.Offsets[i].From <= now {
		i++
	}
	next = maxInteger
	if i < len(h.Offsets) {
		next, _ = h.Offsets[i].From.Millis()
	}
	return h.Offsets[i-1].Minutes, next
}

// Offset gives by how many minutes the side's clock is ahead of UTC at a moment,
// and when that changes next; 0 if never, as far as it has said.
func (h *Hours) Offset(ms int64) (minutes, next int64) {
	minutes, next = h.offset(ms)
	if next == maxInteger {
		next = 0
	}
	return minutes, next
}

// day gives the hours of a day, counted from 1970-01-01.
func (h *Hours) day(n int64) []Span {
	year, month, day, _, _ := civil(n * 24 * 60 * minute)
	date := dateText(year, month, day)
	if i, found := slices.BinarySearchFunc(h.Holidays, date, func(x Holiday, date string) int { return strings.Compare(x.Date, date) }); found {
		return h.Holidays[i].Hours
	}
	return h.Week[((n+3)%daysOfWeek+daysOfWeek)%daysOfWeek] // 1970-01-01 was a Thursday
}

// From gives the first opening of the side that ends after a moment, cut off at
// its beginning; false if there is none within 400 days. A side that has said
// nothing of its hours is open always.
func (c Calendar) From(ms int64) (Opening, bool) {
	for t := ms; t < ms+farthest; {
		h, next := c.at(t)
		if h == nil {
			return Opening{t, next}, true
		}
		offset, changes := h.offset(t)
		local := t + offset*minute
		day := local / (24 * 60 * minute)
		until := min(next, changes, (day+1)*24*60*minute-offset*minute) // nothing changes before
		for _, s := range h.day(day) {
			from, _ := minuteOfDay(s.From)
			to, _ := minuteOfDay(s.Until)
			o := Opening{max(t, (day*24*60+from-offset)*minute), min(until, (day*24*60+to-offset)*minute)}
			if o.From < o.Until {
				return o, true
			}
		}
		t = until
	}
	return Opening{}, false
}

// Joint gives the first time after a moment during which all sides are open;
// false if there is none within 400 days.
func Joint(sides []Calendar, ms int64) (Opening, bool) {
	for t := ms; t < ms+farthest; {
		both := Opening{t, maxInteger}
		for _, c := range sides {
			o, ok := c.From(t)
			if !ok {
				return Opening{}, false
			}
			both = Opening{max(both.From, o.From), min(both.Until, o.Until)}
		}
		if both.From < both.Until {
			return both, true
		}
		t = both.From
	}
	return Opening{}, false
}

// Within gives the moment at which so many milliseconds have passed while all
// sides were open; false if that is not within 400 days: a side that opens for a
// minute now and then keeps nobody reckoning.
func Within(sides []Calendar, ms, span int64) (int64, bool) {
	for end := ms + farthest; ; {
		o, ok := Joint(sides, ms)
		if !ok || o.From >= end {
			return 0, false
		}
		if o.Until-o.From >= span {
			return o.From + span, true
		}
		span -= o.Until - o.From
		ms = o.Until
	}
}

// JointClock reckons many times in the hours of the same sides, and looks for each of
// their joint openings once: a calendar can be such that this takes long.
type JointClock struct {
	sides    []Calendar
	from     int64     // it is of use from here on
	openings []Opening // all that begin before searched, in order
	searched int64
}

// NewJointClock makes a clock for moments from one on.
func NewJointClock(sides []Calendar, from int64) *JointClock {
	return &JointClock{sides: sides, from: from, searched: from - dayBreak}
}

// opening gives a joint opening by its number; false if it does not begin before end.
func (j *JointClock) opening(i int, end int64) (Opening, bool) {
	for i >= len(j.openings) && j.searched < end {
		if o, ok := Joint(j.sides, j.searched); ok {
			j.openings = append(j.openings, o)
			j.searched = o.Until
		} else {
			j.searched += farthest
		}
	}
	if i >= len(j.openings) || j.openings[i].From >= end {
		return Opening{}, false
	}
	return j.openings[i], true
}

// after gives the number of the first opening known that ends after a moment.
func (j *JointClock) after(ms int64) int {
	i, _ := slices.BinarySearchFunc(j.openings, ms+1, func(o Opening, ms int64) int { return cmp.Compare(o.Until, ms) })
	return i
}

// within is Within.
func (j *JointClock) within(ms, span int64) (int64, bool) {
	if ms < j.from {
		return Within(j.sides, ms, span)
	}
	for i := j.after(ms); ; i++ {
		o, ok := j.opening(i, ms+farthest)
		if !ok {
			return 0, false
		}
		from := max(ms, o.From)
		if length := o.Until - from; length >= span && length > 0 {
			return from + span, true
		} else if length > 0 {
			span -= length
		}
	}
}

// dayBreak is for how long the sides are not open together before a joint working
// day begins, in milliseconds. A shorter break is one within a day.
const dayBreak = 4 * 60 * minute

// begins gives the first moment, from one on, at which a joint working day begins;
// false if there is none within 400 days.
func (j *JointClock) begins(ms int64) (int64, bool) {
	if ms < j.from {
		return NewJointClock(j.sides, ms).begins(ms)
	}
	closed := ms - dayBreak // since then
	for i := j.after(closed); ; i++ {
		o, ok := j.opening(i, ms+farthest)
		if !ok {
			return 0, false
		}
		if o.From >= ms && o.From-closed >= dayBreak {
			return o.From, true
		}
		closed = max(closed, o.Until)
	}
}

// inJointHours reports whether the clocks of a precedence run in joint hours alone.
func (p Precedence) inJointHours() bool { return p == Priority || p == Routine }

// Due is Due in the hours of these sides.
func (j *JointClock) Due(p Precedence, seconds, at int64) int64 {
	if p.inJointHours() {
		if due, ok := j.within(at, seconds*1000); ok {
			return due
		}
	}
	return at + seconds*1000
}

// firstHour is the time, in seconds of joint hours, that whoever comes to the station
// when a joint working day begins has to acknowledge; since rules version 5.
const firstHour = 60 * 60

// Acknowledge gives by when a dispatch released at a moment is to be acknowledged:
// once the time of the clock has passed in joint hours or, if the clock says so, within
// the first hour of the first joint working day that begins no sooner than that time by
// the wall. Before rules version 5 it was due the moment that day begins.
func (j *JointClock) Acknowledge(rules int64, c Clock, at int64) int64 {
	due := j.Due(c.Precedence, c.Acknowledge, at)
	if !c.Opening {
		return due
	}
	begins, ok := j.begins(at + c.Acknowledge*1000)
	if ok && rules >= 5 {
		begins = j.Due(c.Precedence, firstHour, begins)
	}
	if ok {
		return min(due, begins)
	}
	return due
}

// Answer gives by when a dispatch with a form, released at a moment, is to be answered:
// by the hours of the form or, if it has none, by the clock; 0 if no time is agreed on.
// Since rules version 4 the hours of a form run as the clocks do, unless it is itself
// of FLASH or IMMEDIATE, or of distress. An answer that is waited for is due before the
// moment that the form tells of, if that is agreed on (Ahead); the time within which to
// object stays as it is, because silence has a meaning at its end.
func (j *JointClock) Answer(rules int64, c Clock, f *Form, filled *Filled, at int64) int64 {
	if !f.AsksForAnswer() {
		return 0
	}
	usual := j.usualAnswer(rules, c, f, at)
	if lead, ok := f.Lead(filled); ok && f.WaitsForAnswer() {
		return lead.due(usual, at)
	}
	return usual
}

func (j *JointClock) usualAnswer(rules int64, c Clock, f *Form, at int64) int64 {
	switch {
	case f.Hours > 0 && !f.InJointHours(rules):
		return at + f.Hours*60*minute
	case f.Hours > 0:
		return j.Due(c.Precedence, f.Hours*60*60, at)
	case c.Answer > 0:
		return j.Due(c.Precedence, c.Answer, at)
	}
	return 0
}

// Stand is how a side stands at a moment by its own calendar.
type Stand struct {
	Said  bool  // it has said its hours
	Open  bool  // a side that has said nothing is open
	Until int64 // when that ends, in milliseconds; 0: not within a week if open, within 400 days if closed
}

// Stands tells whether a side is open at a moment, and until when: openings that
// follow one another without a break are one.
func (c Calendar) Stands(ms int64) Stand {
	if c.At(ms) == nil {
		return Stand{Open: true}
	}
	o, ok := c.From(ms)
	if !ok {
		return Stand{Said: true}
	}
	if o.From > ms {
		return Stand{Said: true, Until: o.From}
	}
	for o.Until <= ms+daysOfWeek*24*60*minute {
		after, ok := c.From(o.Until)
		if !ok || after.From > o.Until {
			return Stand{Said: true, Open: true, Until: o.Until}
		}
		o.Until = after.Until
	}
	return Stand{Said: true, Open: true}
}

// Due gives the moment at which a clock of the charter has run for so many seconds
// from a release on. For FLASH and IMMEDIATE it runs at every hour, for all else
// in the joint hours alone; if these do not suffice within 400 days, at every hour
// too.
func Due(p Precedence, seconds, at int64, sides []Calendar) int64 {
	if p == Priority || p == Routine {
		if due, ok := Within(sides, at, seconds*1000); ok {
			return due
		}
	}
	return at + seconds*1000
}
