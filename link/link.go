// Package link is what two nodes of an office say to each other, and how it is
// carried: each pushes its new entries, stores the other's and answers with its
// receipt, and both compare what they hold. spec/link.md is the protocol.
//
// A Session decides what to say to one other node, and is pure. A Link owns the
// sessions, the goroutines, the connections and the timers, and does what the
// sessions say. A Carrier takes a question to another node and brings its
// answer back; the one that a node uses is HTTP/1.1 on TLS 1.3.
//
// What holds, whatever the other nodes send:
//
//   - Nobody is heard whose key is not in the credence of a side.
//   - All that comes is bounded in size, number and time (Limits), so that no
//     node can fill the memory or take the time of another.
//   - Nothing is taken as true because another node says it: the ledger checks
//     each entry, checkpoint and cosignature.
//   - What one side does wrong ends at most the replication of its own ledger.
package link

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"liaison.example/ledger"
)

// A Peer is another side's node.
type Peer struct {
	Side    string
	Address string // host:port
	KeyHash string // base64 SHA-256 of its link key's SubjectPublicKeyInfo, as in its credence
}

// A Carrier takes a request to a side's node and brings the answer back. It
// gives up when ctx ends.
type Carrier interface {
	Carry(ctx context.Context, side string, q Request) (Answer, error)
}

// Config says whose link it is, and what it may ask of the node that owns it.
// The functions are called from many goroutines, and must be quick: none may
// wait for the link.
type Config struct {
	Ledger *ledger.Ledger
	Peers  []Peer
	Key    tls.Certificate
	// Carrier takes the place of HTTP, in tests. It may be nil.
	Carrier Carrier
	// Dial takes the place of a TCP connection to an address. It may be nil.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Now gives the time of day that hellos tell. Spans of time are measured
	// by the monotonic clock, which no operator can turn.
	Now func() time.Time
	Log *slog.Logger
	// Beat is how often to say hello when nothing else is said. 0 is 15 s.
	Beat time.Duration
	// Limits are Defaults if zero.
	Limits Limits
	// Jitter gives numbers in [0, 1) that spread retries. It may be nil.
	Jitter func() float64

	// Greeting tells what the next hello says of this node.
	Greeting func(ctx context.Context) (Local, error)
	// DigestAt gives the digest of the joint record at a count of entries,
	// and the entry at that place. It answers false if so many are not settled.
	DigestAt func(ctx context.Context, count int64) (Mark, bool, error)

	// Enclosures keeps the files that entries point to. It may be nil.
	Enclosures Enclosures

	// OnAlarm takes an alarm. Alarms of one code about one side come at most
	// once a minute, with the number of times that they were raised.
	OnAlarm func(Alarm)
	// OnState takes the new state of the line to a side.
	OnState func(side string, s State)
	// OnAnswered says that another side has been told that its entries are
	// stored here: whatever else is to be done about them delays nobody.
	OnAnswered func()
	// OnReceipt says that a side's receipt for our ledger was stored, and for
	// how many entries.
	OnReceipt func(by string, size int64)

	// OnTrouble takes an error of our own database, met while storing what a side
	// had sent.
	OnTrouble func(err error)

	// Halted are the ledgers whose replication had ended before this start.
	Halted []string
}

// Local is what a node says of itself in its hello.
type Local struct {
	Mode     string // "ready", "behind" or "read-only"
	Software string // name and version, at most 64 bytes
	Rules    int64  // the highest version of the rules that it knows
	Settled  Point
	Founding string // hex SHA-256 of the charter that it would found the office with; empty once it has
}

// State is the state of the line to one side.
type State struct {
	Line
	Since     time.Time     // of Up
	LastHeard time.Time     // last message from it; zero if none since start
	Offset    time.Duration // its clock minus ours, at the last answered hello
	RoundTrip time.Duration // of the last answered hello
	Halted    bool          // the replication of its ledger has ended
	Told      Local         // what its last hello said of it; zero before the first
	Greeted   bool          // a hello of its was heard since start
}

// Link is the node's line to all other sides. Its methods may be called from
// many goroutines.
type Link struct {
	c      Config
	office string
	own    string
	began  time.Time

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup
	work   chan func() // taken by goroutines that have nothing to do: see beside

	alarms alarms

	mu      sync.Mutex
	closed  bool
	active  bool
	peers   map[string]*peer
	keys    map[string]string // side by key hash
	halted  map[string]bool
	gates   map[*gate]struct{}
	changed chan struct{} // closed and replaced whenever the state of a line changes
}

// New makes a link that answers, but does not call until Start.
func New(c Config) *Link {
	if c.Beat == 0 {
		c.Beat = 15 * time.Second
	}
	if c.Limits == (Limits{}) {
		c.Limits = Defaults()
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	l := &Link{
		c: c, office: c.Ledger.Office(), own: c.Ledger.Side(), began: time.Now(),
		peers: map[string]*peer{}, keys: map[string]string{}, halted: map[string]bool{},
		gates: map[*gate]struct{}{}, changed: make(chan struct{}), work: make(chan func()),
	}
	l.alarms = newAlarms(l)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for _, side := range c.Halted {
		l.halted[side] = true
	}
	l.SetPeers(c.Peers)
	return l
}

// elapsed is the time since the link was made, by the monotonic clock.
func (l *Link) elapsed() time.Duration { return time.Since(l.began) }

// beside runs f beside the caller, on a goroutine that has run something before, if
// one is free: its stack has grown already to what TLS and a database take, and
// growing it costs as much as a signature. They end with the link, which waits for them.
func (l *Link) beside(f func()) {
	select {
	case l.work <- f:
	default:
		l.wg.Go(func() {
			for {
				f()
				select {
				case f = <-l.work:
				case <-l.ctx.Done():
					return
				}
			}
		})
	}
}

// Start begins to call the other sides, until Close. If ctx ends first, it only
// answers from then on; Start may then be called again. Of several processes
// that serve one side, one calls.
func (l *Link) Start(ctx context.Context) {
	l.setActive(true)
	l.wg.Go(func() {
		wake, cancel := l.c.Ledger.Subscribe()
		defer cancel()
		for {
			l.grew()
			select {
			case <-wake:
			case <-ctx.Done():
				l.setActive(false)
				return
			case <-l.ctx.Done():
				return
			}
		}
	})
}

func (l *Link) setActive(yes bool) {
	l.mu.Lock()
	l.active = yes
	l.mu.Unlock()
	for _, p := range l.all() {
		p.step(Active{yes})
	}
}

// Close ends all connections and waits for all that the link has begun.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	gates := slices.Collect(maps.Keys(l.gates))
	l.mu.Unlock()
	l.cancel()
	for _, p := range l.all() {
		p.close()
	}
	for _, g := range gates {
		g.Close()
	}
	l.wg.Wait()
}

// SetPeers replaces the other sides' nodes, as when a side is admitted or a new
// charter gives one another address or key.
func (l *Link) SetPeers(peers []Peer) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	var gone, fresh []*peer
	old := l.peers
	l.peers, l.keys = map[string]*peer{}, map[string]string{}
	for _, c := range peers {
		if c.Side == l.own {
			continue
		}
		p := old[c.Side]
		if p == nil || p.c != c {
			p = newPeer(l, c)
			fresh = append(fresh, p)
		}
		l.peers[c.Side], l.keys[c.KeyHash] = p, c.Side
	}
	for side, p := range old {
		if l.peers[side] != p {
			gone = append(gone, p)
		}
	}
	active, gates := l.active, slices.Collect(maps.Keys(l.gates))
	halted := slices.Sorted(maps.Keys(l.halted))
	l.mu.Unlock()

	for _, p := range gone {
		p.close()
		for _, g := range gates {
			g.dismiss(p.c.Side)
		}
	}
	for _, p := range fresh {
		for _, side := range halted {
			p.step(Halted{side})
		}
		p.step(l.holdings())
		p.step(Active{active})
	}
}

// Wake says that the next hello would say something new of this node: it is
// said within a second. Growth of the ledger is noticed without it.
func (l *Link) Wake() {
	for _, p := range l.all() {
		p.step(News{})
	}
}

// Cut cuts or mends the line to a side, in both directions, as a cable would.
func (l *Link) Cut(side string, cut bool) {
	p := l.peerOf(side)
	if p == nil {
		return
	}
	p.step(Switched{cut})
	if !cut {
		return
	}
	p.interrupt()
	l.mu.Lock()
	gates := slices.Collect(maps.Keys(l.gates))
	l.mu.Unlock()
	for _, g := range gates {
		g.dismiss(side)
	}
}

// Halt ends the replication of a side's ledger, in this process until Resume,
// and in each in which it is given in Config.Halted. The link does so itself
// when what the side has signed can never be stored, as after a fork.
func (l *Link) Halt(side string) {
	l.mu.Lock()
	l.halted[side] = true
	l.mu.Unlock()
	for _, p := range l.all() {
		p.step(Halted{side})
	}
	if p := l.peerOf(side); p != nil {
		p.note(func(s *State) { s.Halted = true })
	}
}

// Resume lets the replication of a side's ledger be tried again, when an
// operator has seen to what ended it.
func (l *Link) Resume(side string) {
	l.mu.Lock()
	delete(l.halted, side)
	l.mu.Unlock()
	for _, p := range l.all() {
		p.step(Resumed{side})
	}
	if p := l.peerOf(side); p != nil {
		p.note(func(s *State) { s.Halted = false })
	}
}

func (l *Link) isHalted(side string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.halted[side]
}

// States tells the state of the line to each side.
func (l *Link) States() map[string]State {
	states := map[string]State{}
	for _, p := range l.all() {
		states[p.c.Side] = p.State()
	}
	return states
}

// Greeted is closed once the first hello to a side was answered or failed, or
// one of its was heard. A node waits for it before it signs anything, since
// that is how it learns that it is behind.
func (l *Link) Greeted(side string) <-chan struct{} {
	if p := l.peerOf(side); p != nil {
		return p.tried
	}
	none := make(chan struct{})
	close(none)
	return none
}

// ErrNobody says that no other side could be reached.
var ErrNobody = errors.New("no other side could be reached")

// FetchOwn waits until this node holds all of its own ledger, and all that it
// has cosigned, that any reachable side can show. The link must be started. It
// answers ErrNobody if each side was tried and none answered.
func (l *Link) FetchOwn(ctx context.Context) error {
	for _, p := range l.all() {
		select {
		case <-p.tried:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	wake, cancel := l.c.Ledger.Subscribe()
	defer cancel()
	for {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		heard, trying := false, false
		for _, p := range l.all() {
			s := p.State()
			heard = heard || s.Greeted
			trying = trying || s.Up
		}
		switch {
		case heard && l.c.Ledger.Behind() == "":
			return nil
		case !heard && !trying:
			return ErrNobody
		}
		select {
		case <-wake:
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Grew says that this node has written. The link would notice by itself, a
// moment later.
func (l *Link) Grew() { l.grew() }

// grew tells all sessions what we hold.
func (l *Link) grew() {
	grew := l.holdings()
	for _, p := range l.all() {
		p.step(grew)
	}
}

// holdings is what we hold of all ledgers. The maps are not changed afterwards.
func (l *Link) holdings() Grew {
	grew := Grew{Ours: map[string]Holding{}, Placeable: map[string]int64{}, Behind: l.c.Ledger.Behind() != ""}
	for side, h := range l.c.Ledger.Heads() {
		grew.Ours[side] = Holding{h.Size, h.Cosigned}
		if side != l.own {
			grew.Placeable[side] = h.Placeable
		}
	}
	return grew
}

// lineChanged lets the sessions and FetchOwn look at the lines anew.
func (l *Link) lineChanged() {
	l.mu.Lock()
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	for _, p := range l.all() {
		p.step(Lines{l.downFrom(p.c.Side)})
	}
}

// downFrom lists the sides, other than the given, to which our line is down.
func (l *Link) downFrom(except string) []string {
	var down []string
	for _, side := range l.c.Ledger.Sides() {
		if side == l.own || side == except {
			continue
		}
		if p := l.peerOf(side); p == nil || !p.State().Up {
			down = append(down, side)
		}
	}
	return down
}

func (l *Link) all() []*peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*peer, 0, len(l.peers))
	for _, side := range slices.Sorted(maps.Keys(l.peers)) {
		all = append(all, l.peers[side])
	}
	return all
}

func (l *Link) peerOf(side string) *peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peers[side]
}

func (l *Link) sideOf(key string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys[key]
}

func (l *Link) serving(g *gate) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.gates[g] = struct{}{}
	return true
}

func (l *Link) served(g *gate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.gates, g)
}

// stranger takes note of a caller that could not prove the key of any side.
func (l *Link) stranger(from net.Addr, err error) {
	var wrong *wrongKey
	if errors.As(err, &wrong) {
		l.raise(Alarm{Code: AlarmUnknownCaller, Detail: map[string]string{"from": from.String(), "key": wrong.hash}})
	}
}
