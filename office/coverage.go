package office

import (
	"cmp"
	"slices"
)

// CoverageBody is the promise of the writer's side that somebody is on watch at
// certain hours, from a moment on, in place of the promise before.
type CoverageBody struct {
	From      Minute   `json:"from"`
	Languages []string `json:"languages"`      // that are understood on every such watch
	Until     Minute   `json:"until,omitzero"` // left out: until the next promise
	Week      [][]Span `json:"week"`           // seven days, Monday first, on the side's own clock
	Who       []string `json:"who"`            // posts or names, as the side chooses to show them
}

func checkCoverage(c *checker, b *CoverageBody) {
	c.minute("from", b.From)
	c.languages("languages", b.Languages)
	if b.Until != "" {
		c.minute("until", b.Until)
		if b.Until <= b.From { // minutes are in the order of their text
			c.fail(BadValue, "field", "until", "value", clip(string(b.Until)))
		}
	}
	if c.count("week", len(b.Week), daysOfWeek, daysOfWeek) {
		for _, day := range b.Week {
			c.spans("week", day)
		}
	}
	if c.count("who", len(b.Who), 0, MaxOnWatch) {
		for _, who := range b.Who {
			c.line("who", who, MaxWatchName)
		}
	}
}

// applyCoverage notes what a side promises from a moment on, which lies not before
// the entry itself: nothing is promised afterwards.
func applyCoverage(m *matter, b *CoverageBody) Verdict {
	from, _ := b.From.Millis()
	if from < m.At-m.At%minute {
		return void(NotLater, "value", string(b.From))
	}
	until, _ := b.Until.Millis()
	m.desk.Put(&Coverage{
		At:        m.At,
		By:        m.By,
		From:      from,
		ID:        m.ID,
		Languages: b.Languages,
		Side:      m.ID.Side,
		Time:      m.Time,
		Until:     until,
		Week:      b.Week,
		Who:       b.Who,
	})
	return Verdict{}
}

// Coverage is a side's promise that somebody is on watch.
type Coverage struct {
	At        int64    `json:"at"`
	By        Post     `json:"by"`
	From      int64    `json:"from"` // milliseconds, a whole minute
	ID        EntryID  `json:"id"`
	Languages []string `json:"languages"`
	Side      Side     `json:"side"`
	Time      int64    `json:"time"`           // of the entry in the joint order
	Until     int64    `json:"until,omitzero"` // milliseconds; 0: until the next promise
	Week      [][]Span `json:"week"`
	Who       []string `json:"who"`
}

func (*Coverage) Table() string { return "coverage" }
func (c *Coverage) Key() string { return c.ID.String() }

// Promises are the promises of one side, each from its beginning until that of the
// next: of two that begin at once the one that was said last.
type Promises []Coverage

// NewPromises puts the promises of one side into order. They come in the joint order.
// More than MaxCalendar are not kept: those that begin first are left out.
func NewPromises(said []Coverage) Promises {
	p := slices.Clone(said)
	slices.SortStableFunc(p, func(a, b Coverage) int { return cmp.Compare(a.From, b.From) })
	return p[max(0, len(p)-MaxCalendar):]
}

// At gives the promise in force at a moment, nil if there is none, and until when
// that is so.
func (p Promises) At(ms int64) (c *Coverage, until int64) {
	until = maxInteger
	for i := range p {
		if p[i].From > ms {
			until = p[i].From
			break
		}
		c = &p[i]
	}
	switch {
	case c == nil || c.Until == 0:
	case c.Until <= ms:
		c = nil
	default:
		until = min(until, c.Until)
	}
	return c, until
}

// on is the calendar of when somebody is to be on watch: the promised hours of each
// day, on the clock that the side's hours name; on UTC if it has said none.
func (c *Coverage) on(hours Calendar) Calendar {
	if len(hours) == 0 {
		return Calendar{{Offsets: []Offset{{From: "1970-01-01T00:00Z"}}, Week: c.Week}}
	}
	on := slices.Clone(hours)
	for i := range on {
		on[i].Week, on[i].Holidays = c.Week, nil
	}
	on[0].From = 0 // its first difference from UTC holds before it too
	return on
}

// Stands tells whether a side promises that somebody is on watch at a moment, and
// until when. Said is false if no promise is in force.
func (p Promises) Stands(hours Calendar, ms int64) Stand {
	c, until := p.At(ms)
	if c == nil {
		return Stand{}
	}
	s := c.on(hours).Stands(ms)
	if until < maxInteger && (s.Until == 0 || until < s.Until) {
		s.Until = until
	}
	return s
}

// Between gives the times between two moments, not more than 400 days apart, at
// which somebody is promised to be on watch.
func (p Promises) Between(hours Calendar, from, until int64) (promised []Opening) {
	until = min(until, from+farthest)
	for from < until {
		c, end := p.At(from)
		end = min(end, until)
		if c == nil {
			from = end
			continue
		}
		for on := c.on(hours); from < end; {
			o, ok := on.From(from)
			if !ok || o.From >= end {
				break
			}
			o.Until = min(o.Until, end)
			if n := len(promised); n > 0 && promised[n-1].Until == o.From {
				promised[n-1].Until = o.Until
			} else {
				promised = append(promised, o)
			}
			from = o.Until
		}
		from = end
	}
	return promised
}
