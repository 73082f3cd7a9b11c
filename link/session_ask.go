package link

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// ask begins the next question, if there is one and it is time for it.
func (s *Session) ask() {
	if s.asking != nil || !s.active || s.cut || s.now < s.retryAt {
		return
	}
	if s.now >= s.helloDue() {
		s.sayHello()
		return
	}
	if !s.greeted {
		return
	}
	first, then := s.nextPush, s.nextPull
	if !s.pulled {
		first, then = s.nextPull, s.nextPush
	}
	// Pushes and fetches take turns; a push alone never waits.
	if q := first(); q != nil {
		s.begin(q)
	} else if q := then(); q != nil {
		s.begin(q)
	} else if s.search.running() {
		s.begin(AskDigest{s.search.middle()})
	}
}

func (s *Session) sayHello() {
	s.helloAt, s.news = s.now, false
	s.toldSeen = maps.Clone(s.placeable)
	s.begin(SayHello{})
}

// helloDue is when to say hello next.
func (s *Session) helloDue() time.Duration {
	switch {
	case !s.greeted:
		return s.retryAt
	case s.owesReceipt():
		return s.now
	case s.news, s.hasNews():
		return s.helloAt + newsAfter
	}
	return s.helloAt + s.beat()
}

// beat is how often we say hello. A side that cannot reach us is asked more
// often, because it has no other way to say that it has something for us.
func (s *Session) beat() time.Duration {
	if s.reachesUs() {
		return s.c.Beat
	}
	return min(beatAlone, s.c.Beat)
}

// reachesUs reports whether the other side has called us lately.
func (s *Session) reachesUs() bool {
	return s.line.asked && s.now-s.line.askedAt <= s.line.quiet()
}

// owesReceipt reports whether we hold our own cosignature over the other side's
// ledger and have not given it yet.
func (s *Session) owesReceipt() bool {
	size := s.ours[s.c.Peer].Cosigned[s.c.Own]
	return size > max(s.theirs[s.c.Peer].Cosigned[s.c.Own], s.offered[Lack{Ledger: s.c.Peer, By: s.c.Own}.key()])
}

// hasNews reports whether our standing towards a third side has risen, or
// whether we hold a third side's cosignature over the other side's ledger that
// it may lack.
func (s *Session) hasNews() bool {
	for side, n := range s.placeable {
		if side != s.c.Peer && side != s.c.Own && n > s.toldSeen[side] {
			return true
		}
	}
	for by, size := range s.ours[s.c.Peer].Cosigned {
		if by != s.c.Peer && size > max(s.theirs[s.c.Peer].Cosigned[by], s.offered[Lack{Ledger: s.c.Peer, By: by}.key()]) {
			return true
		}
	}
	return false
}

// nextPush is the next extension to send: of our own ledger first, then of
// ledgers that the other side cannot get from their writers, and of its own if
// it lost it and cannot call us.
func (s *Session) nextPush() Question {
	for _, name := range s.names() {
		switch {
		case name == s.c.Own:
		case name == s.c.Peer && s.told.Behind && !s.reachesUs():
		case name != s.c.Peer && slices.Contains(s.told.Want, name):
		default:
			continue
		}
		ours := s.ours[name]
		theirs, admitted := s.theirs[name]
		// Without entries, a push asks for the receipt of what is already there.
		// (What it has cosigned already, it says with its hello.)
		lacksReceipt := name == s.c.Own && ours.Size == theirs.Size &&
			max(ours.Cosigned[s.c.Peer], s.receipted[name], theirs.Cosigned[s.c.Peer]) < ours.Size
		if !admitted || ours.Size <= theirs.Size && !lacksReceipt || s.held(pause{ledger: name}) {
			continue
		}
		return Push{name, theirs.Size, s.c.Limits.Entries, s.batch}
	}
	return nil
}

// nextPull is the next fetch: of our own ledger if we lost entries of it, of
// the other side's if it cannot or does not push, and of those that we cannot
// get from their writers.
func (s *Session) nextPull() Question {
	for _, name := range s.names() {
		gap, open := s.gaps[name]
		waited := open && s.now-gap.since >= pullAfter || s.pulling == name
		switch {
		case name == s.c.Own && s.behind:
		case name == s.c.Own:
			continue
		case name == s.c.Peer && (!s.reachesUs() || waited):
		case name != s.c.Peer && slices.Contains(s.down, name) && (!s.reachesUs() || waited):
		default:
			continue
		}
		if s.theirs[name].Size <= s.ours[name].Size || s.held(pause{true, name}) {
			continue
		}
		return Pull{name, s.ours[name].Size, s.c.Limits.Entries, s.batch}
	}
	return nil
}

// names lists the ledgers that we hold and that are not halted, our own first.
func (s *Session) names() []string {
	names := []string{s.c.Own}
	for _, name := range slices.Sorted(maps.Keys(s.ours)) {
		if name != s.c.Own {
			names = append(names, name)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return s.halted[name] })
}

func (s *Session) held(p pause) bool {
	w := s.pauses[p]
	return w != nil && s.now < w.until
}

// measureGaps keeps how long each ledger has been waiting for the other side
// to send what it holds.
func (s *Session) measureGaps() {
	for name, h := range s.theirs {
		size := s.ours[name].Size
		have, open := s.gaps[name]
		switch {
		case h.Size <= size:
			delete(s.gaps, name)
		case !open || have.size != size:
			s.gaps[name] = gap{size, s.now}
		}
	}
}

// wake is when the next tick is wanted, at the latest.
func (s *Session) wake() time.Duration {
	at := s.now + time.Minute
	if until, silent := s.line.silentAt(); silent {
		at = min(at, until)
	}
	if s.asking != nil || !s.active || s.cut {
		return at
	}
	at = min(at, max(s.retryAt, s.helloDue()))
	for _, w := range s.pauses {
		if w.until > s.now {
			at = min(at, w.until)
		}
	}
	for _, g := range s.gaps {
		if due := g.since + pullAfter; due > s.now {
			at = min(at, due)
		}
	}
	return max(at, s.now+time.Millisecond)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
