package link

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"liaison.example/ledger"
)

// peer is one other side's node: its session, and what the session asks for.
type peer struct {
	l       *Link
	c       Peer
	carrier Carrier
	porter  Carrier       // for enclosures: another connection, so that no entry waits for a file
	porting chan struct{} // holds a token while a question about an enclosure is asked
	meter   *meter
	storing chan struct{} // holds a token while entries that it pushed are stored
	owed    chan struct{} // holds a token while there are receipts to store

	ctx    context.Context // ends with close
	cancel context.CancelFunc

	tried     chan struct{} // closed when the first hello was answered, failed, or heard
	triedOnce sync.Once

	apart atomic.Bool // by the last hello, its clock is far from ours

	// mu guards the session, and is held through each of its steps. Whoever
	// holds it takes no other lock but stateMu; Link.mu may be held already.
	mu      sync.Mutex
	session *Session
	timer   *time.Timer
	closed  bool
	cut     bool
	greeted bool               // a hello of its was heard since start
	stop    context.CancelFunc // ends the exchange under way; may be nil
	// stopPart ends the exchange about an enclosure that is under way, or was last.
	stopPart context.CancelFunc

	// stateMu guards what others may read.
	stateMu sync.Mutex
	state   State
	wants   []Wanted // what it waits for and cannot fetch, as its last hello said

	// tellMu is held while the owner is told of a state, so that the last that
	// it is told is the last there was.
	tellMu sync.Mutex
	told   State

	// flushMu is held while receipts are stored; receiptMu guards those that are
	// not: by ledger, the latest.
	flushMu   sync.Mutex
	receiptMu sync.Mutex
	receipts  map[string]ledger.Receipt
}

// newPeer makes a peer that does not call yet. l.mu is held.
func newPeer(l *Link, c Peer) *peer {
	p := &peer{
		l: l, c: c, carrier: l.c.Carrier, porter: l.c.Carrier, meter: newMeter(&l.c.Limits),
		porting: make(chan struct{}, 1), storing: make(chan struct{}, 1), owed: make(chan struct{}, 1),
		tried: make(chan struct{}),
		session: NewSession(SessionConfig{
			Own: l.own, Peer: c.Side, Beat: l.c.Beat, Limits: l.c.Limits, Jitter: l.c.Jitter,
		}),
	}
	if p.carrier == nil {
		p.carrier = newHTTPCarrier(l.c.Key, c, l.c.Dial, &l.c.Limits)
		p.porter = newHTTPCarrier(l.c.Key, c, l.c.Dial, &l.c.Limits)
	}
	p.ctx, p.cancel = context.WithCancel(l.ctx)
	p.state.Line.Why, p.state.Since, p.state.Halted = WhyNotYet, l.c.Now(), l.halted[c.Side]
	p.told = p.state
	p.timer = time.AfterFunc(time.Hour, func() { p.step(Tick{}) })
	l.wg.Go(p.storeReceipts)
	return p
}

// close ends the session and all that it has begun. It does not wait.
func (p *peer) close() {
	p.mu.Lock()
	p.closed = true
	p.timer.Stop()
	p.mu.Unlock()
	p.cancel()
	p.hangUp()
}

// hangUp closes our connections.
func (p *peer) hangUp() {
	for _, carrier := range []Carrier{p.carrier, p.porter} {
		if c, ok := carrier.(*httpCarrier); ok {
			c.close()
		}
	}
}

// interrupt ends the exchanges that are under way, if any, and our connections.
func (p *peer) interrupt() {
	p.mu.Lock()
	stops := []context.CancelFunc{p.stop, p.stopPart}
	p.mu.Unlock()
	for _, stop := range stops {
		if stop != nil {
			stop()
		}
	}
	p.hangUp()
}

func (p *peer) isCut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut || p.closed
}

// step lets the session take an event, and begins what it wants done.
func (p *peer) step(e Event) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	if s, ok := e.(Switched); ok {
		p.cut = s.Cut
	}
	var alarms []Alarm
	turned := false
	for _, do := range p.session.Step(p.l.elapsed(), e) {
		switch do := do.(type) {
		case Question:
			p.l.beside(func() { p.exchange(do) })
		case Compare:
			p.l.beside(func() { p.compare(do.Point) })
		case Show:
			turned = p.show(do.Line)
		case Raise:
			alarms = append(alarms, Alarm{Code: do.Code, Side: p.c.Side, Ledger: do.Ledger, Detail: do.Detail, Evidence: do.Evidence})
		case WakeAt:
			p.timer.Reset(do.At - p.l.elapsed())
		}
	}
	p.mu.Unlock()

	for _, a := range alarms {
		p.l.raise(a)
	}
	p.tell()
	if turned {
		p.l.lineChanged()
	}
}

// show keeps the state of the line, and reports whether it went up or down.
func (p *peer) show(line Line) (turned bool) {
	p.stateMu.Lock()
	defer p.stateMu.Unlock()
	turned = line.Up != p.state.Up
	if turned {
		p.state.Since = p.l.c.Now()
	}
	p.state.Line = line
	return turned
}

// note changes what is known of the other side.
func (p *peer) note(change func(*State)) {
	p.stateMu.Lock()
	change(&p.state)
	p.stateMu.Unlock()
	p.tell()
}

// State is the state of the line.
func (p *peer) State() State {
	p.stateMu.Lock()
	defer p.stateMu.Unlock()
	return p.state
}

// tell tells the owner the state, if it has changed.
func (p *peer) tell() {
	if p.l.c.OnState == nil {
		return
	}
	p.tellMu.Lock()
	defer p.tellMu.Unlock()
	if s := p.State(); s.lasting() != p.told.lasting() {
		p.told = s
		p.l.c.OnState(p.c.Side, s)
	}
}

// lasting is what of a state is worth telling when it changes.
func (s State) lasting() State {
	s.LastHeard, s.Offset, s.RoundTrip, s.Compared = time.Time{}, 0, 0, min(s.Compared, 1)
	s.Told.Settled = Point{}
	return s
}

func (p *peer) markTried() { p.triedOnce.Do(func() { close(p.tried) }) }

// exchange asks one question, and lets the session know how it ended.
func (p *peer) exchange(q Question) {
	e := p.ask(q)
	if _, hello := q.(SayHello); hello {
		p.markTried()
	}
	p.step(e)
}

// compare holds a digest that was told against ours.
func (p *peer) compare(point Point) {
	ours, known, err := p.l.digestAt(p.ctx, point.Count)
	if err != nil {
		p.l.c.Log.Warn("digest to compare", "count", point.Count, "error", err)
	}
	p.step(Compared{point, known && err == nil, ours.Digest == point.Digest})
}

func (l *Link) digestAt(ctx context.Context, count int64) (Mark, bool, error) {
	if l.c.DigestAt == nil {
		return Mark{}, false, nil
	}
	return l.c.DigestAt(ctx, count)
}

// keep takes a receipt, and has it stored soon.
func (p *peer) keep(r ledger.Receipt) {
	p.take(r)
	p.mayFlush()
}

// take takes a receipt for the next flush. Of several for one ledger only the
// latest matters, since it covers all that the others do.
func (p *peer) take(r ledger.Receipt) {
	p.receiptMu.Lock()
	if p.receipts == nil {
		p.receipts = map[string]ledger.Receipt{}
	}
	if r.Size > p.receipts[r.Side].Size {
		p.receipts[r.Side] = r
	}
	p.receiptMu.Unlock()
}

// mayFlush says that there are receipts to store.
func (p *peer) mayFlush() {
	select {
	case p.owed <- struct{}{}:
	default:
	}
}

// storeReceipts stores receipts as they come, beside the pushes that earn more.
func (p *peer) storeReceipts() {
	for {
		select {
		case <-p.owed:
			p.flush()
		case <-p.ctx.Done():
			return
		}
	}
}

// flush stores the receipts that have come until now.
func (p *peer) flush() {
	p.flushMu.Lock()
	defer p.flushMu.Unlock()
	p.receiptMu.Lock()
	receipts := p.receipts
	p.receipts = nil
	p.receiptMu.Unlock()
	for _, side := range slices.Sorted(maps.Keys(receipts)) {
		p.l.countersign(p.c.Side, receipts[side])
	}
}

// patience bounds what is begun on behalf of another side and must not be left
// half done when that side goes away.
const patience = time.Minute

// countersign stores a receipt that a side gave or handed on.
func (l *Link) countersign(from string, r ledger.Receipt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), patience)
	defer cancel()
	if err := l.c.Ledger.Countersign(ctx, r); err != nil {
		l.trouble(err)
		l.accuse(from, err)
		l.c.Log.Warn("store a receipt", "ledger", r.Side, "by", r.By, "error", err)
		return
	}
	if r.Side == l.own && l.c.OnReceipt != nil {
		l.c.OnReceipt(r.By, r.Size)
		runtime.Gosched() // who waits for it first: the rest is for the next entry
	}
}
