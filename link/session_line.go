package link

import "time"

// Why says why a line is down. Its sentence stands in package lang under
// "line.<why>".
type Why string

// Why a line can be down.
const (
	WhyNotYet      Why = "not-yet"      // nothing was tried or heard since start, or since the line was mended
	WhyUnreachable Why = "unreachable"  // no connection
	WhyTimeout     Why = "timeout"      // connected, and no answer in time
	WhyWrongKey    Why = "wrong-key"    // whoever answers there does not have the side's key
	WhyNotAdmitted Why = "not-admitted" // it does not know our key
	WhyBadAnswer   Why = "bad-answer"   // its answer is malformed or over a limit
	WhySilent      Why = "silent"       // we do not call, and it has not called for a while
	WhyCut         Why = "cut"          // our own switch
)

// Line is the state of the line as a session sees it.
type Line struct {
	Up       bool
	Why      Why    // if down
	Outward  bool   // our calls reach the other side; if false and Up, only its calls reach us
	Refusing string // the line is up, and it does not take our entries: the code of its refusal
	Equal    bool   // when the digests were last compared they were equal
	Compared int64  // the count of entries at which they were
	Parted   int64  // not 0: the count of entries at which the records first differ
}

// lineState is what the state of the line follows from.
//
// Calls and answers are told apart: a side behind a door that opens only
// outwards calls us and cannot be called, and its line is up.
type lineState struct {
	shown   Line
	ownBeat time.Duration // within which we say hello
	beat    time.Duration // within which the other side says hello, as it said

	asked    bool // the other side has called us
	askedAt  time.Duration
	answer   bool // it has answered us
	answerAt time.Duration
	failing  bool // our last call brought no answer
	since    time.Duration
	why      Why
}

// quiet is how long the other side may go without calling us before we take it
// that it does not.
func (l *lineState) quiet() time.Duration { return max(quietBeats*l.beat, quietLeast) }

// quietAnswers is how long it may go without answering. Our calls end sooner,
// with an answer or a failure, unless we do not call.
func (l *lineState) quietAnswers() time.Duration { return max(quietBeats*l.ownBeat, quietLeast) }

// failed takes note that a call brought no answer.
func (l *lineState) failed(now time.Duration, why Why) {
	if !l.failing {
		l.since = now
	}
	l.failing, l.why = true, why
}

// silentAt is when the line will be down if nothing is heard until then.
func (l *lineState) silentAt() (at time.Duration, up bool) {
	return max(l.askedAt+l.quiet(), l.answerAt+l.quietAnswers()), l.shown.Up
}

// state says whether the line is up at this time.
func (l *lineState) state(now time.Duration, cut bool) (up bool, why Why) {
	asked := l.asked && now-l.askedAt < l.quiet()
	answered := l.answer && now-l.answerAt < l.quietAnswers()
	switch {
	case cut:
		return false, WhyCut
	case l.failing && !(asked && l.askedAt >= l.since):
		return false, l.why
	case asked || answered:
		return true, ""
	case l.asked || l.answer:
		return false, WhySilent
	}
	return false, WhyNotYet
}

// heard takes note that the other side has called us. If its line was down, we
// call back at once.
func (s *Session) heard() {
	if !s.line.shown.Up && s.asking == nil {
		s.failures, s.retryAt = 0, s.now
	}
	s.line.asked, s.line.askedAt = true, s.now
}

// answered takes note that the other side has answered us.
func (s *Session) answered() {
	s.line.answer, s.line.answerAt = true, s.now
	s.line.failing = false
	s.failures = 0
}

// show tells the owner when the state of the line has changed.
func (s *Session) show() {
	var line Line
	line.Up, line.Why = s.line.state(s.now, s.cut)
	line.Outward = line.Up && !s.line.failing && s.line.answer
	if w := s.pauses[pause{ledger: s.c.Own}]; w != nil && line.Up && w.until > 0 {
		line.Refusing = w.code
	}
	line.Equal, line.Compared, line.Parted = s.search.same, s.search.at, s.search.parted
	if line != s.line.shown {
		s.line.shown = line
		s.do = append(s.do, Show{line})
	}
}
