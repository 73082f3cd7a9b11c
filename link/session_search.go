package link

import "time"

// searchEach is at least between two searches for where the records part.
const searchEach = time.Minute

// search is the comparison of the two records (spec/link.md §6). The digests
// are running hashes, so if they differ at some count they differ at each
// greater one, and the first difference is found by halving.
type search struct {
	same    bool  // result of the last comparison
	at      int64 // its count
	equal   int64 // the greatest count at which the digests were equal
	parted  int64 // the count of the first difference found; 0 if none
	pending Point // told, and not settled here yet

	// While a search runs: low < high, equal at low, different at high.
	low, high int64
	found     *ToldDigest // at high; nil if high was not asked for yet
	steps     int
	next      time.Duration // not before
}

func (c *search) running() bool { return c.low < c.high }

// over ends a search.
func (c *search) over(now time.Duration) {
	c.low, c.high, c.found = 0, 0, nil
	c.next = now + searchEach
}

// middle is the count to ask for next.
func (c *search) middle() int64 {
	if c.high-c.low == 1 {
		return c.high
	}
	return c.low + (c.high-c.low)/2
}

// compare has a point of the other side's settled line held against ours, as
// well as one told earlier that was not settled here then.
func (s *Session) compare(p Point) {
	if old := s.search.pending; old.Count > 0 && old != p {
		s.do = append(s.do, Compare{old})
	}
	s.search.pending = Point{}
	if p.Count > 0 {
		s.do = append(s.do, Compare{p})
	}
}

func (s *Session) compared(e Compared) {
	c := &s.search
	if !e.Known {
		c.pending = e.Point
		return
	}
	c.same, c.at = e.Same, e.Point.Count
	if e.Same {
		c.equal = max(c.equal, e.Point.Count)
		if c.parted > 0 && e.Point.Count >= c.parted {
			c.parted = 0
		}
		return
	}
	if c.running() || c.parted > 0 || s.now < c.next {
		return
	}
	c.low, c.high, c.found, c.steps = 0, e.Point.Count, nil, 0
	if c.equal < c.high {
		c.low = c.equal
	}
}

// narrow takes the other side's digest at the count that was asked for.
func (s *Session) narrow(e ToldDigest) {
	s.end()
	c := &s.search
	if !c.running() {
		return
	}
	c.steps++
	same := e.Ours.Digest == e.Theirs.Digest
	switch {
	case !e.Known, c.steps > s.c.Limits.Steps, same && e.Count == c.high:
		// It contradicts itself, or goes on without end.
		c.over(s.now)
		return
	case same:
		c.low = e.Count
	default:
		c.high, c.found = e.Count, &e
	}
	if c.high-c.low > 1 || c.found == nil {
		return
	}
	c.parted = c.high
	s.do = append(s.do, Raise{Code: AlarmRecordsDiffer, Detail: map[string]string{
		"count":         itoa(c.high),
		"ours":          c.found.Ours.Entry,
		"ours_digest":   c.found.Ours.Digest,
		"theirs":        c.found.Theirs.Entry,
		"theirs_digest": c.found.Theirs.Digest,
	}})
	c.over(s.now)
}
