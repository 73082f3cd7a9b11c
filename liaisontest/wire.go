// Package liaisontest stands nodes of one office side by side in a test: they
// talk over wires that can be cut, delayed, doubled, reordered and bent, and
// live by a clock that is turned by hand. The clock is that of testing/synctest:
// inside a bubble time stands still until all wait, and time.Sleep turns it.
package liaisontest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"liaison.example/link"
)

// Hearer is a node's end of a wire; *link.Link is one.
type Hearer interface {
	Hear(ctx context.Context, from string, q link.Request) (link.Answer, error)
}

// Wire joins the links of an office in memory, in place of HTTP. Between each
// two sides there are two ways: one for the requests of each, and the answers
// to these.
type Wire struct {
	mu    sync.Mutex
	ends  map[string]Hearer
	ways  map[[2]string]*Way
	heard func(Passage)
	late  sync.WaitGroup
}

// Way is how requests from one side to one other fare, and their answers.
type Way struct {
	Cut         bool          // no request gets through: the call fails at once
	Delay       time.Duration // of each request, and of each answer
	DropRequest int           // so many requests are lost: the caller waits in vain
	DropAnswer  int           // so many answers are lost
	Double      bool          // each request arrives twice
	Late        bool          // each request arrives again after the next one has
	// Bend may change a request before it arrives, or an answer before it
	// comes back, as a hostile side would. It may be nil.
	BendRequest func(link.Request) link.Request
	BendAnswer  func(link.Request, link.Answer) link.Answer

	kept *link.Request // to arrive late
}

// Passage is one exchange that went over a wire, or tried to.
type Passage struct {
	From, To string
	Sent     time.Time
	Request  link.Request
	Answer   link.Answer
	Err      error // there was no answer
	Again    bool  // a request that arrives once more
}

// ErrCut says that a wire is cut.
var ErrCut = errors.New("the wire is cut")

// NewWire makes wires without faults and without anybody at their ends. heard,
// if it is not nil, is called for each exchange when it has ended.
func NewWire(heard func(Passage)) *Wire {
	return &Wire{ends: map[string]Hearer{}, ways: map[[2]string]*Way{}, heard: heard}
}

// Join puts a node at its side's end of all wires, in place of another that may
// have been there. nil takes it away.
func (w *Wire) Join(side string, h Hearer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h == nil {
		delete(w.ends, side)
		return
	}
	w.ends[side] = h
}

// Change changes how requests from one side to another fare.
func (w *Wire) Change(from, to string, change func(*Way)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w.way(from, to))
}

// Cut cuts the wire between two sides both ways; Mend mends it.
func (w *Wire) Cut(a, b string) {
	w.Change(a, b, func(y *Way) { y.Cut = true })
	w.Change(b, a, func(y *Way) { y.Cut = true })
}

// Mend mends the wire between two sides both ways.
func (w *Wire) Mend(a, b string) {
	w.Change(a, b, func(y *Way) { y.Cut = false })
	w.Change(b, a, func(y *Way) { y.Cut = false })
}

// way is found or made. w.mu is held.
func (w *Wire) way(from, to string) *Way {
	y := w.ways[[2]string{from, to}]
	if y == nil {
		y = &Way{}
		w.ways[[2]string{from, to}] = y
	}
	return y
}

// Carrier is the carrier for a side's link.
func (w *Wire) Carrier(from string) link.Carrier { return &end{w, from} }

// Wait waits until no request is on its way any more that its sender has given
// up, or never knew of.
func (w *Wire) Wait() { w.late.Wait() }

// end is one side's end of its wires.
type end struct {
	w    *Wire
	from string
}

// Carry is link.Carrier's.
func (e *end) Carry(ctx context.Context, to string, q link.Request) (link.Answer, error) {
	sent := time.Now()
	a, err := e.w.carry(ctx, e.from, to, q)
	e.w.report(Passage{From: e.from, To: to, Sent: sent, Request: q, Answer: a, Err: err})
	return a, err
}

func (w *Wire) report(p Passage) {
	if w.heard != nil {
		w.heard(p)
	}
}

func (w *Wire) carry(ctx context.Context, from, to string, q link.Request) (link.Answer, error) {
	q.Body = bytes.Clone(q.Body)
	w.mu.Lock()
	y := w.way(from, to)
	delay, cut, lost, double := y.Delay, y.Cut, take(&y.DropRequest), y.Double
	bend, bendAnswer := y.BendRequest, y.BendAnswer
	var again *link.Request
	if y.Late && !cut {
		again, y.kept = y.kept, &link.Request{Door: q.Door, Body: bytes.Clone(q.Body)}
	}
	w.mu.Unlock()

	if err := pass(ctx, delay); err != nil {
		return link.Answer{}, err
	}
	if cut {
		return link.Answer{}, ErrCut
	}
	if lost {
		<-ctx.Done()
		return link.Answer{}, ctx.Err()
	}
	if bend != nil {
		q = bend(q)
	}
	a, err := w.deliver(ctx, from, to, q)
	if err != nil {
		return link.Answer{}, err
	}
	if double {
		w.again(from, to, q)
	}
	if again != nil {
		w.again(from, to, *again)
	}
	if bendAnswer != nil {
		a = bendAnswer(q, a)
	}

	w.mu.Lock()
	lost = take(&y.DropAnswer)
	w.mu.Unlock()
	if lost {
		<-ctx.Done()
		return link.Answer{}, ctx.Err()
	}
	if err := pass(ctx, delay); err != nil {
		return link.Answer{}, err
	}
	w.mu.Lock()
	cut = y.Cut
	w.mu.Unlock()
	if cut {
		return link.Answer{}, ErrCut
	}
	a.Body = bytes.Clone(a.Body)
	return a, nil
}

// again delivers a request once more, to nobody's knowledge.
func (w *Wire) again(from, to string, q link.Request) {
	w.late.Go(func() {
		sent := time.Now()
		a, err := w.deliver(context.Background(), from, to, q)
		w.report(Passage{From: from, To: to, Sent: sent, Request: q, Answer: a, Err: err, Again: true})
	})
}

func (w *Wire) deliver(ctx context.Context, from, to string, q link.Request) (link.Answer, error) {
	w.mu.Lock()
	h := w.ends[to]
	w.mu.Unlock()
	if h == nil {
		return link.Answer{}, ErrCut
	}
	return h.Hear(ctx, from, q)
}

// pass waits while something is on its way.
func pass(ctx context.Context, delay time.Duration) error {
	if delay == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take takes one of n, if there is one.
func take(n *int) bool {
	if *n == 0 {
		return false
	}
	*n--
	return true
}
