package office

import (
	"cmp"
	"slices"
	"strconv"
)

// Line checks: the calls by which the sides make sure, at the times that the
// charter has for a channel, that somebody is there. One side calls, each other
// one answers by a person. What became of a call follows from entries, the
// charters and the hours of the sides alone; the moment of judging is a parameter.

// Checks are the agreed line checks of a channel.
type Checks struct {
	Grace int64       `json:"grace"` // minutes within which an answer is in time
	Texts []TestText  `json:"texts"`
	Times []CheckTime `json:"times"` // in order of the time of day
	Until int64       `json:"until"` // minutes after which a check is unanswered; Grace <= Until
}

// CheckTime is a time of day at which a line check is due, on the channel's clock.
type CheckTime struct {
	At   string  `json:"at"`   // such as "09:00"
	Days []int64 `json:"days"` // of the week, from 1, Monday, to 7, ascending
}

// TestText is an agreed neutral text, which says nothing and shows whether all
// that the sides write arrives as it was sent.
type TestText struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// DefaultTexts are the texts of a channel that has agreed on none.
var DefaultTexts = []TestText{{
	ID:   "neutral",
	Text: "Line check 통신 점검 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 가나다라마바사아자차카타파하 값 꽃 닭 뷁 . , : ; ? ! ( ) / + - = % @ # & * “ ” ‘ ’ · … ± °",
}}

// DefaultChecks are those that a new office begins with: at 09:00 and 17:00 from
// Monday to Friday.
func DefaultChecks() *Checks {
	workdays := []int64{1, 2, 3, 4, 5}
	return &Checks{Grace: 10, Texts: DefaultTexts, Times: []CheckTime{{"09:00", workdays}, {"17:00", workdays}}, Until: 60}
}

// Readabilities are the answers to how the test text was received.
var Readabilities = []Readability{LoudAndClear, Readable, Weak, Unreadable}

// Readability says how a test text was received.
type Readability string

// How a test text was received.
const (
	LoudAndClear Readability = "loud-and-clear" // every character as it should be
	Readable     Readability = "readable"       // understood, though not every character arrived
	Weak         Readability = "weak"           // understood in part
	Unreadable   Readability = "unreadable"
)

// CheckEarly is how long before its time a check may be called, in milliseconds.
const CheckEarly = 5 * minute

const dayLength = 24 * 60 * minute // milliseconds

// sinceThird reports whether a charter has something that only rules version 3
// know.
func (c *Charter) sinceThird() bool {
	return c != nil && (len(c.Ladders) > 0 || slices.ContainsFunc(c.Channels, func(ch Channel) bool {
		return ch.Checks != nil || len(ch.Hours) > 0 || ch.Offset != 0 || len(ch.Ladders) > 0
	}))
}

// channelTimes checks the hours and the checks of a channel.
func (c *checker) channelTimes(field string, ch *Channel) {
	if len(ch.Hours) > 0 && c.count(field+".hours", len(ch.Hours), daysOfWeek, daysOfWeek) {
		for _, day := range ch.Hours {
			c.spans(field+".hours", day)
		}
	}
	c.number(field+".offset", ch.Offset, -maxOffset, maxOffset)
	c.ladders(field+".ladders", ch.Ladders)
	if ch.Checks == nil {
		return
	}
	field += ".checks"
	c.number(field+".grace", ch.Checks.Grace, 0, MaxCheckUntil)
	if c.count(field+".texts", len(ch.Checks.Texts), 1, MaxCheckTexts) {
		for i, t := range ch.Checks.Texts {
			c.name(field+".texts.id", t.ID)
			if slices.ContainsFunc(ch.Checks.Texts[:i], func(before TestText) bool { return before.ID == t.ID }) {
				c.fail(NotInOrder, "field", field+".texts", "value", t.ID)
			}
			c.text(field+".texts.text", t.Text, MaxTestText)
		}
	}
	if c.count(field+".times", len(ch.Checks.Times), 0, MaxCheckTimes) {
		for i, t := range ch.Checks.Times {
			if at, ok := minuteOfDay(t.At); !ok || at >= 24*60 {
				c.fail(BadValue, "field", field+".times.at", "value", clip(t.At))
			}
			if i > 0 && t.At <= ch.Checks.Times[i-1].At {
				c.fail(NotInOrder, "field", field+".times", "value", clip(t.At))
			}
			if c.count(field+".times.days", len(t.Days), 1, daysOfWeek) {
				for j, day := range t.Days {
					c.number(field+".times.days", day, 1, daysOfWeek)
					if j > 0 && day <= t.Days[j-1] {
						c.fail(NotInOrder, "field", field+".times.days", "value", strconv.FormatInt(day, 10))
					}
				}
			}
		}
	}
	c.number(field+".until", ch.Checks.Until, max(1, ch.Checks.Grace), MaxCheckUntil)
}

// TestTexts are the texts with which the channel is checked.
func (ch *Channel) TestTexts() []TestText {
	if ch.Checks == nil {
		return DefaultTexts
	}
	return ch.Checks.Texts
}

func (ch *Channel) times() *ChannelTimes { return &ChannelTimes{ch.Checks, ch.ID, ch.Offset} }

// Calendar is the channel's own hours as a calendar: open always if it says none.
func (ch *Channel) Calendar() Calendar {
	if len(ch.Hours) == 0 {
		return nil
	}
	return Calendar{{Week: ch.Hours, Offsets: []Offset{{Minutes: ch.Offset}}}}
}

// Caller gives the side whose turn it is to call on a day of the channel's clock,
// counted from 1970-01-01: of two sides the first on odd days of the month and the
// other on even ones, of more each in its turn.
func Caller(sides []Side, day int64) Side {
	n := int64(len(sides))
	if n == 2 {
		_, _, ofMonth, _, _ := civil(day * dayLength)
		return sides[(ofMonth+1)%2]
	}
	return sides[(day%n+n)%n]
}

// A DueCheck is one line check that stands in the agreed times of a channel.
type DueCheck struct {
	Caller Side
	Date   string // on the channel's clock
	At     string // time of day on the same
	Due    int64  // milliseconds
}

// dueOn lists the checks of a day of the channel's clock, counted from 1970-01-01.
func (ch *ChannelTimes) dueOn(sides []Side, day int64) (list []DueCheck) {
	if ch.Checks == nil || day < 0 {
		return nil
	}
	year, month, ofMonth, _, _ := civil(day * dayLength)
	ofWeek := (day+3)%daysOfWeek + 1
	for _, t := range ch.Checks.Times {
		if at, _ := minuteOfDay(t.At); slices.Contains(t.Days, ofWeek) {
			list = append(list, DueCheck{Caller(sides, day), dateText(year, month, ofMonth), t.At, (day*24*60 + at - ch.Offset) * minute})
		}
	}
	return list
}

// dueAt gives the check that is due at a moment, if there is one.
func (ch *ChannelTimes) dueAt(sides []Side, ms int64) (DueCheck, bool) {
	for _, d := range ch.dueOn(sides, (ms+ch.Offset*minute)/dayLength) {
		if d.Due == ms {
			return d, true
		}
	}
	return DueCheck{}, false
}

// SideIDs lists the sides, in the charter's order.
func (c *Charter) SideIDs() (ids []Side) {
	for _, s := range c.Sides {
		ids = append(ids, s.ID)
	}
	return ids
}

func checkCheck(c *checker, b *CheckBody) {
	c.name("channel", b.Channel)
	if b.Due != "" {
		c.minute("due", b.Due)
	}
	c.settled("settled", b.Settled)
	c.name("text", b.Text)
}

// settled checks what a side says of its settled record.
func (c *checker) settled(field string, s *Settled) {
	if s != nil {
		c.number(field+".count", s.Count, 1, maxInteger)
		c.hash(field+".digest", s.Digest)
	}
}

// applyCheck calls the other sides on a channel: at its time, by the side whose
// turn it is and once, or at any time without one.
func applyCheck(m *matter, b *CheckBody) Verdict {
	due, _ := b.Due.Millis()
	// A call may be a little early: what is due then follows from the charter of then.
	charter := m.office.At(due).Charter
	channel := charter.Channel(b.Channel)
	if channel == nil {
		return void(ChannelUnknown, "channel", b.Channel)
	}
	texts := channel.TestTexts()
	text := slices.IndexFunc(texts, func(t TestText) bool { return t.ID == b.Text })
	if text < 0 {
		return void(TextUnknown, "channel", b.Channel, "text", b.Text)
	}
	row := &LineCheck{
		Answers: []CheckAnswer{}, At: m.At, By: m.By, Channel: b.Channel, From: m.ID.Side, ID: m.ID, Settled: b.Settled,
		Text: b.Text, Time: m.Time, Words: texts[text].Text,
	}
	if b.Due != "" {
		planned, is := channel.times().dueAt(charter.SideIDs(), due)
		if !is || m.At < due-CheckEarly || m.At > due+channel.Checks.Until*minute {
			return void(CheckNotDue, "channel", b.Channel, "due", string(b.Due))
		}
		if planned.Caller != m.ID.Side {
			return void(NotYourTurn, "channel", b.Channel, "due", string(b.Due), "side", planned.Caller)
		}
		turn := &CheckTurn{Channel: b.Channel, Due: due}
		if m.desk.Get(turn) {
			return void(AlreadyCalled, "channel", b.Channel, "due", string(b.Due), "by", turn.Check.String())
		}
		turn.Check, row.Due = m.ID, due
		m.desk.Put(turn)
	}
	m.desk.Put(row)
	return Verdict{}
}

func checkCheckAnswer(c *checker, b *CheckAnswerBody) {
	oneOf(c, "heard", b.Heard, Readabilities)
	if b.Offset != nil {
		c.number("offset", *b.Offset, -MaxClockApart, MaxClockApart)
	}
	if b.Remark != "" {
		c.text("remark", b.Remark, MaxRemark)
	}
	c.settled("settled", b.Settled)
}

// applyCheckAnswer answers a line check for the writer's side: once, and by a
// person, however late.
func applyCheckAnswer(m *matter, b *CheckAnswerBody) Verdict {
	side, row := m.ID.Side, &LineCheck{ID: b.Check}
	unseen := b.Check.Side != side && m.Seen[b.Check.Side] <= b.Check.Index
	if unseen || !m.desk.Get(row) {
		return void(CheckUnknown, "check", b.Check.String())
	}
	if row.From == side {
		return void(OwnCheck, "check", b.Check.String())
	}
	if given := row.AnswerOf(side); given != nil {
		return void(CheckAnswered, "check", b.Check.String(), "by", given.By)
	}
	row.Answers = append(slices.Clone(row.Answers), CheckAnswer{
		At: m.At, By: m.By, Heard: b.Heard, ID: m.ID, Offset: b.Offset, Remark: b.Remark, Settled: b.Settled, Side: side,
	})
	m.desk.Put(row)
	return Verdict{}
}

// putSchedule keeps the times of the channels of a charter that is in force from a
// moment on, so that what was due at a moment can be told later. Older rules know no
// such row.
func (m *matter) putSchedule(c *Charter, from int64) {
	if c.Rules < 3 {
		return
	}
	row := &Schedule{Channels: []ChannelTimes{}, Clocks: c.Clocks, From: from, ID: m.ID, Sides: c.SideIDs()}
	if from > m.Time {
		row.Agreed = m.Time
	}
	if c.Rules >= 4 {
		row.Rules = c.Rules
	}
	for _, channel := range c.Channels {
		if channel.Checks != nil {
			row.Channels = append(row.Channels, *channel.times())
		}
	}
	m.desk.Put(row)
}

// A CheckResult says what became of a line check for one side.
type CheckResult string

// What became of a line check. The first two are of the side that calls, the next
// four of the others; the last two are no result yet.
const (
	CheckCalled     CheckResult = "called"
	CheckNotCalled  CheckResult = "not-called"
	CheckNoCall     CheckResult = "no-call" // it could not answer: nobody had called
	CheckInTime     CheckResult = "answered"
	CheckLate       CheckResult = "late"
	CheckUnanswered CheckResult = "unanswered" // also if an answer came after all
	CheckNotAsked   CheckResult = "not-due"    // a side is closed on that day
	CheckAwaited    CheckResult = "waits"      // called, and there is still time to answer
	CheckAhead      CheckResult = "ahead"      // not called, and there is still time to call
)

// CheckResults lists all of them, in the order in which they are counted.
var CheckResults = []CheckResult{
	CheckCalled, CheckNotCalled, CheckNoCall, CheckInTime, CheckLate, CheckUnanswered, CheckNotAsked, CheckAwaited, CheckAhead,
}

// A JudgedCheck is a scheduled line check with what became of it.
type JudgedCheck struct {
	DueCheck
	Check   *LineCheck           // nil if nobody has called
	Closed  []Side               // that are closed on that day by their own hours
	Ends    int64                // until when it can be called or answered in time to count, milliseconds
	Grace   int64                // until when an answer is in time, milliseconds
	Result  CheckResult          // of the whole: that of the side for which it is worst
	Results map[Side]CheckResult // of each side
}

// judge says what has become of a scheduled check at a moment.
func judge(d DueCheck, checks *Checks, sides []Side, calendars map[Side]Calendar, call *LineCheck, now int64) JudgedCheck {
	j := JudgedCheck{DueCheck: d, Check: call, Results: map[Side]CheckResult{}}
	for _, side := range sides {
		if calendars[side].closedOn(d.Due) {
			j.Closed = append(j.Closed, side)
		}
	}
	began := d.Due
	if call != nil {
		began = max(began, call.At)
	}
	j.Grace, j.Ends = began+checks.Grace*minute, began+checks.Until*minute
	for _, side := range sides {
		result := CheckAhead
		switch {
		case len(j.Closed) > 0:
			result = CheckNotAsked
		case call == nil && now > j.Ends && side != d.Caller:
			result = CheckNoCall
		case call == nil && now > j.Ends:
			result = CheckNotCalled
		case call == nil:
		case side == d.Caller:
			result = CheckCalled
		default:
			result = judgeAnswer(call.AnswerOf(side), began, checks, now)
		}
		j.Results[side] = result
		if j.Result == "" || worse(result, j.Result) {
			j.Result = result
		}
	}
	return j
}

func judgeAnswer(a *CheckAnswer, began int64, checks *Checks, now int64) CheckResult {
	switch {
	case a != nil && a.At <= began+checks.Grace*minute:
		return CheckInTime
	case a != nil && a.At <= began+checks.Until*minute:
		return CheckLate
	case a == nil && now <= began+checks.Until*minute:
		return CheckAwaited
	}
	return CheckUnanswered
}

// worse orders results by how much is wrong.
func worse(a, b CheckResult) bool {
	order := []CheckResult{CheckCalled, CheckInTime, CheckNotAsked, CheckAhead, CheckAwaited, CheckLate, CheckUnanswered, CheckNoCall, CheckNotCalled}
	return slices.Index(order, a) > slices.Index(order, b)
}

// closedOn reports whether the side keeps no hours at all on the day, by its own
// clock, that a moment lies in.
func (c Calendar) closedOn(ms int64) bool {
	h, _ := c.at(ms)
	if h == nil {
		return false
	}
	offset, _ := h.offset(ms)
	local := ms + offset*minute
	return len(h.day((local-(local%dayLength+dayLength)%dayLength)/dayLength)) == 0
}

// Schedules are the times that the charters have had, in order, each in force
// until the next.
type Schedules []Schedule

// NewSchedules puts schedules into order. They come in the joint order. One that still
// waited when the next was agreed to is taken back by that.
func NewSchedules(list []Schedule) Schedules {
	agreed := func(s Schedule) int64 { return cmp.Or(s.Agreed, s.From) }
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Schedule) int { return cmp.Compare(agreed(a), agreed(b)) })
	var s Schedules
	for _, next := range list {
		s = append(slices.DeleteFunc(s, func(before Schedule) bool { return before.From > agreed(next) }), next)
	}
	return s
}

// Judge lists the checks of a channel that are due from one moment up to, and not
// at, another, with what has become of each. calls are those of the channel that
// name a time, in any order.
func (s Schedules) Judge(channel string, calendars map[Side]Calendar, calls []LineCheck, from, until, now int64) (list []JudgedCheck) {
	byDue := map[int64]*LineCheck{}
	for i := range calls {
		if calls[i].Channel == channel && calls[i].Due > 0 {
			byDue[calls[i].Due] = &calls[i]
		}
	}
	for i := range s {
		begin, end := max(from, s[i].From), until
		if i+1 < len(s) {
			end = min(end, s[i+1].From)
		}
		ch := s[i].channel(channel)
		if ch == nil || begin >= end {
			continue
		}
		for day := (begin+ch.Offset*minute)/dayLength - 1; day*dayLength-ch.Offset*minute < end; day++ {
			for _, d := range ch.dueOn(s[i].Sides, day) {
				if d.Due >= begin && d.Due < end {
					list = append(list, judge(d, ch.Checks, s[i].Sides, calendars, byDue[d.Due], now))
				}
			}
		}
	}
	return list
}

// channel finds a channel of the schedule, or gives nil.
func (s *Schedule) channel(id string) *ChannelTimes {
	i := slices.IndexFunc(s.Channels, func(ch ChannelTimes) bool { return ch.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Channels[i]
}

// Month lists the checks of a channel in a month, such as "2018-09", of the
// channel's clock; false if it is no month.
func (s Schedules) Month(channel, month string, calendars map[Side]Calendar, calls []LineCheck, now int64) (list []JudgedCheck, ok bool) {
	from, until, ok := MonthBounds(month)
	if !ok {
		return nil, false
	}
	for _, j := range s.Judge(channel, calendars, calls, from, until, now) {
		if j.Date[:len(month)] == month {
			list = append(list, j)
		}
	}
	return list, true
}

// MonthBounds gives a time within which a month lies on every clock; false if it
// is no month from 1970 on.
func MonthBounds(month string) (from, until int64, ok bool) {
	if !isDate(month+"-01") || month < "1970" {
		return 0, 0, false
	}
	year, _ := strconv.ParseInt(month[:4], 10, 64)
	of, _ := strconv.ParseInt(month[5:], 10, 64)
	next := days(year, of+1, 1)
	if of == 12 {
		next = days(year+1, 1, 1)
	}
	return days(year, of, 1)*dayLength - maxOffset*minute, next*dayLength + maxOffset*minute, true
}

// MonthOf gives when a month begins and ends on a clock that is so many minutes
// ahead of UTC.
func MonthOf(month string, offset int64) (from, until int64) {
	from, until, _ = MonthBounds(month)
	return from + (maxOffset-offset)*minute, until - (maxOffset+offset)*minute
}

// Answered reports whether every side but the caller has answered.
func (j *JudgedCheck) Answered() bool {
	return j.Check != nil && len(j.Check.Answers) >= len(j.Results)-1
}

// CheckFigures counts, for each side, how many checks have come to each result.
func CheckFigures(list []JudgedCheck) map[Side]map[CheckResult]int64 {
	figures := map[Side]map[CheckResult]int64{}
	for _, j := range list {
		for side, result := range j.Results {
			if figures[side] == nil {
				figures[side] = map[CheckResult]int64{}
			}
			figures[side][result]++
		}
	}
	return figures
}

// SameRecord reports whether the caller and a side that answers have told the same
// digest, and whether they have told it at the same count.
func (c *LineCheck) SameRecord(a *CheckAnswer) (same, compared bool) {
	if c.Settled == nil || a.Settled == nil || c.Settled.Count != a.Settled.Count {
		return false, false
	}
	return c.Settled.Digest == a.Settled.Digest, true
}
