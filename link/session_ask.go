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
	hello := s.now >= s.helloDue()
	if hello && !s.due {
		s.due, s.dueAt = true, s.now
	}
	q := s.nextTransfer()
	switch {
	case hello && (q == nil || !s.greeted || s.now >= s.dueAt+newsAfter):
		// Entries go before a hello that is due, but not for long.
		s.sayHello()
	case !s.greeted:
	case q != nil:
		s.begin(q)
	case s.search.running():
		s.begin(AskDigest{s.search.middle()})
	}
}

// nextTransfer is the next push or fetch. They take turns if both wait.
func (s *Session) nextTransfer() Question {
	push, pull := s.nextPush(), s.nextPull()
	if pull == nil || push != nil && s.pulled {
		return push
	}
	return pull
}

func (s *Session) sayHello() {
	s.helloAt, s.news, s.due = s.now, false, false
	s.toldSeen = maps.Clone(s.placeable)
	s.proven = make(map[string]int64, len(s.ours))
	for name, h := range s.ours {
		s.proven[name] = h.Cosigned[s.c.Peer]
	}
	s.begin(SayHello{})
}

// helloDue is when to say hello next.
func (s *Session) helloDue() time.Duration {
	switch {
	case !s.greeted:
		return s.retryAt
	case s.storing: // what is new will be in the answer, or stand still in a moment
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

// reachesUs reports whether the other side has called us lately, and still can.
func (s *Session) reachesUs() bool {
	return s.line.asked && s.now-s.line.askedAt <= s.line.quiet() && s.told.Reaches
}

// Reaches reports whether our calls get through, or have not been tried.
func (s *Session) Reaches() bool { return !s.line.failing }

// owesReceipt reports whether we hold our own cosignature over the other side's
// ledger and have not given it yet.
func (s *Session) owesReceipt() bool {
	size := s.ours[s.c.Peer].Cosigned[s.c.Own]
	return s.keeps(s.c.Peer) && size > max(s.theirs[s.c.Peer].Cosigned[s.c.Own], s.offered[Lack{Ledger: s.c.Peer, By: s.c.Own}.key()])
}

// keeps reports whether the other side keeps a ledger, as far as we know. What it
// does not keep is offered no cosignature for, so none is owed: else a side that
// says it does not even keep its own would be greeted again and again.
func (s *Session) keeps(ledger string) bool {
	_, admitted := s.theirs[ledger]
	return admitted || s.told.Ledgers == nil
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
		if s.keeps(s.c.Peer) && by != s.c.Peer && size > max(s.theirs[s.c.Peer].Cosigned[by], s.offered[Lack{Ledger: s.c.Peer, By: by}.key()]) {
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
		case name == s.c.Peer && s.told.Behind && !s.pushes():
		case name != s.c.Peer && slices.Contains(s.told.Want, name):
		default:
			continue
		}
		if p := (pause{ledger: name}); !s.toPush(name) {
			delete(s.pauses, p)
		} else if !s.held(p) {
			return Push{name, s.theirs[name].Size, s.c.Limits.Entries, s.batch}
		}
	}
	return nil
}

// toPush reports whether the other side lacks anything of a ledger: entries, or,
// of our own, the receipt for what it holds, for which a push without entries
// asks. (What it has cosigned already, it says with its hello.)
func (s *Session) toPush(name string) bool {
	ours := s.ours[name]
	theirs, admitted := s.theirs[name]
	receipt := max(ours.Cosigned[s.c.Peer], s.receipted[name], theirs.Cosigned[s.c.Peer])
	return admitted && (ours.Size > theirs.Size || name == s.c.Own && ours.Size == theirs.Size && receipt < ours.Size)
}

// pushes reports whether the other side may be expected to push by itself.
func (s *Session) pushes() bool { return s.now-s.alone < aloneAfter }

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
		case name == s.c.Peer && (!s.pushes() || waited):
		case name != s.c.Peer && slices.Contains(s.down, name) && (!s.pushes() || waited):
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
	if s.pushes() && len(s.gaps) > 0 {
		at = min(at, s.alone+aloneAfter)
	}
	for _, g := range s.gaps {
		if due := g.since + pullAfter; due > s.now {
			at = min(at, due)
		}
	}
	return max(at, s.now+time.Millisecond)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
