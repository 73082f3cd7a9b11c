package link

import (
	"maps"
	"slices"
	"time"
)

// A Session decides what one node says to one other, and when. It is pure: it
// has no clock, no goroutine, no disk and no line. Whoever owns it tells it each
// Event with the time, and does what Step returns. spec/link.md §9 says in words
// what it does.
//
// It asks one question at a time. Of each ledger it knows how far we hold it
// and how far the other side said that it does; from the difference follows
// what to push and what to fetch. What it believes of the other side is only
// ever a reason to ask, never a fact: the ledger checks all that comes.
type Session struct {
	c   SessionConfig
	now time.Duration

	// What we hold.
	ours      map[string]Holding
	behind    bool             // of our own ledger we lack entries that we once signed
	placeable map[string]int64 // of each replica, what we can place: what our standing promises to have seen
	down      []string         // sides to which our line is down
	halted    map[string]bool  // ledgers whose replication has ended

	// What the other side holds, as it said, or as follows from its answers.
	theirs map[string]Holding
	told   Told // its latest hello
	// receipted is, by ledger, the size for which its receipt came since that
	// hello; it may not be among ours yet.
	receipted map[string]int64

	// The question that is being asked, if any, and since when.
	asking Question
	since  time.Duration

	// When to speak.
	active   bool          // we may dial
	cut      bool          // by our own switch
	greeted  bool          // a hello was answered since the last failure
	helloAt  time.Duration // of the last hello that we began
	due      bool          // a hello is due since dueAt, and waits for transfers
	dueAt    time.Duration
	news     bool // there is something that the next hello should say soon
	storing  bool // a push of its is being stored, whose answer will carry our receipt
	toldSeen map[string]int64
	offered  map[[2]string]int64 // by ledger and cosigner, the cosignature that our last hello carried
	failures int                 // in a row
	retryAt  time.Duration
	pauses   map[pause]*paused
	pulled   bool   // the last transfer was a fetch: a push is next, if both wait
	pulling  string // the ledger of which a fetch has just brought as much as it could
	batch    int    // bytes in the next push or fetch
	gaps     map[string]gap
	proven   map[string]int64 // by ledger, what the other side had cosigned when we last asked with a hello
	lost     map[string]int64 // by ledger, the size of which AlarmPeerLost was last raised
	alone    time.Duration    // since when the other side has not been able to call us

	line   lineState
	search search

	do []Do
}

// SessionConfig is what a session knows from the beginning.
type SessionConfig struct {
	Own, Peer string
	Beat      time.Duration // how often we say hello to a side that can reach us too
	Limits    Limits
	// Jitter gives numbers in [0, 1) that spread retries.
	Jitter func() float64
}

// Holding is how far one node holds one ledger.
type Holding struct {
	Size     int64
	Cosigned map[string]int64 // by cosigner, the size of the latest cosignature held
}

// Point is a place on the settled line: how many entries, and the digest.
type Point struct {
	Count  int64
	Digest string
}

// Told is what a hello tells a session.
type Told struct {
	Beat    time.Duration
	Reaches bool // its calls to us get through
	Behind  bool
	Ledgers map[string]Holding
	Settled Point
	Want    []string
}

// Timing of a session. (The limits of exchanges stand in Limits.)
const (
	beatAlone  = 1 * time.Second        // between hellos to a side that cannot reach us: it has no other way to give us entries
	newsAfter  = 1 * time.Second        // at least between hellos that only bring news
	retryFirst = 250 * time.Millisecond // after one failure; doubled with each
	retryMost  = 5 * time.Second
	pauseFirst = 1 * time.Second // after a refusal; doubled with each
	pauseMost  = 60 * time.Second
	pullAfter  = 3 * time.Second // before fetching from a side that can push to us
	aloneAfter = 1 * time.Second // before taking it that a side cannot call us
	quietLeast = 5 * time.Second // of silence, at least, before a line is down
	quietBeats = 3               // hellos that may be missed before a line is down
	batchLeast = 128 << 10       // bytes
	batchQuick = 500 * time.Millisecond
)

// pause is what waits after a refusal: pushes or fetches of one ledger.
type pause struct {
	pull   bool
	ledger string
}

type paused struct {
	until   time.Duration
	strikes int // answers that brought nothing, in a row
	waits   int // pauses, in a row
	code    string
}

// gap is how long the other side has held more of a ledger than we do while
// our copy did not grow.
type gap struct {
	size  int64
	since time.Duration
}

// NewSession starts a session at time 0, not yet active.
func NewSession(c SessionConfig) *Session {
	return &Session{
		c:    c,
		ours: map[string]Holding{}, theirs: map[string]Holding{}, halted: map[string]bool{},
		pauses: map[pause]*paused{}, gaps: map[string]gap{}, offered: map[[2]string]int64{},
		toldSeen: map[string]int64{}, receipted: map[string]int64{}, lost: map[string]int64{}, batch: c.Limits.Batch / 4,
		line: lineState{shown: Line{Why: WhyNotYet}, ownBeat: c.Beat, beat: c.Beat},
	}
}

// Step takes one event and returns what is to be done, in order.
func (s *Session) Step(at time.Duration, e Event) []Do {
	s.now = max(s.now, at)
	s.do = nil
	s.take(e)
	if s.reachesUs() {
		s.alone = s.now
	}
	s.measureGaps()
	s.ask()
	s.show()
	s.do = append(s.do, WakeAt{s.wake()})
	return s.do
}

func (s *Session) take(e Event) {
	switch e := e.(type) {
	case Tick:
	case Active:
		s.active = e.Yes
	case Switched:
		s.switched(e.Cut)
	case Grew:
		s.news = s.news || s.behind && !e.Behind
		s.ours, s.behind, s.placeable = e.Ours, e.Behind, e.Placeable
	case News:
		s.news = true
	case Lines:
		if !slices.Equal(s.down, e.Down) {
			s.down, s.news = e.Down, true
		}
	case Halted:
		s.halted[e.Ledger] = true
	case Resumed:
		delete(s.halted, e.Ledger)
	case Asked:
		s.heard()
		s.storing = false
	case Storing:
		s.heard()
		s.storing = true
	case AskedHello:
		s.heard()
		s.suspectLost(e.Told)
		s.tell(e.Told)
	case AskedToStore:
		s.heard()
		s.storing = false
		s.holds(e.Ledger, e.Size)
		if e.Receipt {
			s.offered[Lack{Ledger: e.Ledger, By: s.c.Own}.key()] = e.Size
		}
	case Compared:
		s.compared(e)
	case Greeted:
		s.answered()
		s.end()
		s.greeted = true
		s.seeLost(e.Told)
		s.tell(e.Told)
	case Pushed:
		s.answered()
		s.pushed(e)
	case Pulled:
		s.answered()
		s.pulledIn(e)
	case ToldDigest:
		s.answered()
		s.narrow(e)
	case Refused:
		s.refused(e)
	case Failed:
		s.failed(e)
	case Stuck:
		s.stuck()
	}
}

// switched cuts or mends the line at our own switch.
func (s *Session) switched(cut bool) {
	if s.cut == cut {
		return
	}
	s.cut = cut
	s.greeted = false
	s.failures, s.retryAt = 0, s.now
	s.line.failed(s.now, WhyNotYet)
	if cut {
		s.search = search{equal: s.search.equal, parted: s.search.parted}
	}
}

// suspectLost looks whether the other side, in a hello of its own, says that it
// holds less of a ledger than it has cosigned. That proves nothing: a hello that
// it composed before it stored our last entries may come after its receipt for
// them. So it is asked with a hello of ours before we send it anything.
func (s *Session) suspectLost(t Told) {
	for name, h := range t.Ledgers {
		before, raised := s.lost[name]
		if h.Size < s.ours[name].Cosigned[s.c.Peer] && (!raised || h.Size < before) {
			s.greeted = false
		}
	}
}

// seeLost raises an alarm if the other side, in answer to our hello, says that
// it holds less of a ledger than it had cosigned when we asked.
func (s *Session) seeLost(t Told) {
	for _, name := range slices.Sorted(maps.Keys(t.Ledgers)) {
		held, cosigned := t.Ledgers[name].Size, s.proven[name]
		before, raised := s.lost[name]
		switch {
		case held >= cosigned:
			delete(s.lost, name)
		case !raised || held < before:
			s.lost[name] = held
			s.do = append(s.do, Raise{Code: AlarmPeerLost, Ledger: name, Detail: map[string]string{
				"held": itoa(held), "cosigned": itoa(cosigned)}})
		}
	}
}

// tell takes in what a hello says.
func (s *Session) tell(t Told) {
	if s.told.Behind && !t.Behind {
		s.release(string(CodeBehind))
	}
	for name := range t.Ledgers {
		if _, known := s.theirs[name]; !known {
			s.release(string(CodeUnknownLedger))
		}
	}
	s.told = t
	clear(s.receipted)
	s.theirs = make(map[string]Holding, len(t.Ledgers))
	for name, h := range t.Ledgers {
		s.theirs[name] = Holding{h.Size, maps.Clone(h.Cosigned)}
	}
	s.line.beat = min(max(t.Beat, beatAlone), time.Minute)
	s.compare(t.Settled)
}

// holds takes note that the other side holds at least so much.
func (s *Session) holds(ledger string, size int64) {
	h := s.theirs[ledger]
	h.Size = max(h.Size, size)
	s.theirs[ledger] = h
}

// Offer lists the cosignatures that the next hello should carry: those that we
// hold and the other side does not, as far as we know. Those over its own
// ledger come first. A side that holds less than it has cosigned itself is
// shown that cosignature: it has lost entries, and must know.
func (s *Session) Offer() []Lack {
	var lacks []Lack
	for _, name := range slices.Sorted(maps.Keys(s.ours)) {
		theirs, admitted := s.theirs[name]
		if !s.keeps(name) {
			continue
		}
		for _, by := range slices.Sorted(maps.Keys(s.ours[name].Cosigned)) {
			size := s.ours[name].Cosigned[by]
			if by != s.c.Peer && size > theirs.Cosigned[by] || by == s.c.Peer && admitted && size > theirs.Size {
				lacks = append(lacks, Lack{name, by, size})
			}
		}
	}
	slices.SortStableFunc(lacks, func(a, b Lack) int { return s.rank(a) - s.rank(b) })
	lacks = lacks[:min(len(lacks), s.c.Limits.Notes)]
	for _, lack := range lacks {
		s.offered[lack.key()] = lack.Size
	}
	return lacks
}

func (s *Session) rank(l Lack) int {
	if l.Ledger == s.c.Peer {
		return 0
	}
	return 1
}

// Lack is a cosignature that the other side does not hold.
type Lack struct {
	Ledger, By string
	Size       int64
}

func (l Lack) key() [2]string { return [2]string{l.Ledger, l.By} }

// begin asks a question.
func (s *Session) begin(q Question) {
	s.asking, s.since = q, s.now
	s.do = append(s.do, q)
}

// end takes the question as dealt with, and returns it.
func (s *Session) end() Question {
	q := s.asking
	s.asking, s.pulling = nil, ""
	return q
}

func (s *Session) pushed(e Pushed) {
	q, ok := s.end().(Push)
	if !ok {
		return
	}
	h := s.theirs[q.Ledger]
	h.Size = e.Size
	s.theirs[q.Ledger] = h
	if e.Size <= q.From && !e.Receipt {
		s.pause(pause{ledger: q.Ledger}, "no-progress", 0)
		return
	}
	s.holds(s.c.Peer, e.Own)
	if e.Receipt {
		s.receipted[q.Ledger] = e.Size
	}
	s.grown(pause{ledger: q.Ledger}, s.ours[q.Ledger].Size > e.Size)
}

func (s *Session) pulledIn(e Pulled) {
	q, ok := s.end().(Pull)
	if !ok {
		return
	}
	if e.Got == 0 {
		s.pause(pause{true, q.Ledger}, "no-progress", 0)
		return
	}
	full := s.theirs[q.Ledger].Size > q.From+int64(e.Got)
	s.grown(pause{true, q.Ledger}, full)
	if full {
		s.pulling = q.Ledger
	}
}

// grown ends a pause after a transfer that brought entries, and lets the next
// be larger if the line is quick.
func (s *Session) grown(p pause, full bool) {
	delete(s.pauses, p)
	s.pulled = p.pull
	if full && s.now-s.since < batchQuick {
		s.batch = min(2*s.batch, s.c.Limits.Batch)
	}
}

// refused takes an answer that is a refusal (spec/link.md §7).
func (s *Session) refused(e Refused) {
	var p pause
	switch q := s.asking.(type) {
	case Push:
		p = pause{ledger: q.Ledger}
		if e.Code == CodeStale && e.Size != q.From {
			h := s.theirs[q.Ledger]
			h.Size = e.Size
			s.theirs[q.Ledger] = h
			s.answered()
			s.end()
			s.strike(p, string(e.Code))
			return
		}
		if e.Code == CodeFork || e.Code == CodeRefused || e.Code == CodeHalted {
			s.do = append(s.do, Raise{Code: AlarmPeerRefuses, Ledger: q.Ledger, Evidence: e.Evidence,
				Detail: map[string]string{"code": string(e.Code), "detail": e.Detail}})
		}
	case Pull:
		p = pause{true, q.Ledger}
		if e.Code == CodeStale {
			h := s.theirs[q.Ledger]
			h.Size = e.Size
			s.theirs[q.Ledger] = h
		}
	case AskDigest:
		s.answered()
		s.end()
		s.search.over(s.now)
		return
	default:
		s.end()
		s.unanswered(Why(e.Code))
		s.retryAt = max(s.retryAt, s.now+min(e.After, pauseMost))
		return
	}
	s.answered()
	s.end()
	if e.Code == CodeGreetFirst {
		s.greeted = false
		s.strike(p, string(e.Code))
		return
	}
	after := e.After
	if !e.Code.passes() {
		after = 0 // what will be the same in a moment is not asked again so soon, whatever it says
	}
	s.pause(p, string(e.Code), after)
}

// strike counts an answer that brought nothing. The first few are passed over,
// since two nodes that both push may well meet; then each makes us wait.
func (s *Session) strike(p pause, code string) {
	w := s.pauses[p]
	if w == nil {
		w = &paused{}
		s.pauses[p] = w
	}
	w.strikes++
	w.code = code
	if w.strikes > 3 {
		s.pause(p, code, 0)
	}
}

// pause holds back pushes or fetches of one ledger, longer each time.
func (s *Session) pause(p pause, code string, after time.Duration) {
	w := s.pauses[p]
	if w == nil {
		w = &paused{}
		s.pauses[p] = w
	}
	wait := min(pauseFirst<<min(w.waits, 6), pauseMost)
	if after > 0 {
		wait = min(max(after, retryFirst), pauseMost)
	}
	w.waits++
	w.code, w.until = code, s.now+wait
}

// release ends the pauses that a refusal with this code began.
func (s *Session) release(code string) {
	maps.DeleteFunc(s.pauses, func(_ pause, w *paused) bool { return w.code == code })
}

// failed takes a question that brought no answer.
func (s *Session) failed(e Failed) {
	q := s.end()
	if _, transfer := q.(Push); transfer && e.Why == WhyTimeout {
		s.batch = max(s.batch/2, min(batchLeast, s.c.Limits.Batch))
	}
	if _, digest := q.(AskDigest); digest {
		s.search.over(s.now)
	}
	s.unanswered(e.Why)
}

// unanswered makes us wait before the next attempt, longer each time.
func (s *Session) unanswered(why Why) {
	s.greeted = false
	clear(s.offered)
	wait := min(retryFirst<<min(s.failures, 10), retryMost)
	s.failures++
	s.retryAt = s.now + wait/2 + time.Duration(s.c.Jitter()*float64(wait/2))
	if !s.cut {
		s.line.failed(s.now, why)
	}
}

// stuck takes a question that could not be asked for a reason of our own, such
// as a full disk.
func (s *Session) stuck() {
	switch q := s.end().(type) {
	case Push:
		s.pause(pause{ledger: q.Ledger}, "stuck", 0)
	case Pull:
		s.pause(pause{true, q.Ledger}, "stuck", 0)
	case AskDigest:
		s.search.over(s.now)
	default:
		s.retryAt = s.now + retryMost
	}
}
