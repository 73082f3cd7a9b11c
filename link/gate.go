package link

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// gate stands before the HTTP server: it lets in only connections whose caller
// has proven to hold the key of a side. Strangers can take up a bounded number
// of places and a bounded time; when the places are full, the oldest stranger
// goes, so that a caller who is quick, as every honest one is, gets through.
//
// It is a net.Listener of *tls.Conn.
type gate struct {
	net.Listener
	config *tls.Config
	limits *Limits
	side   func(key string) string // the side with this key, or ""
	elapse func() time.Duration
	failed func(from net.Addr, err error) // a handshake failed

	in   chan net.Conn
	done chan struct{}
	wg   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	strangers []*guest            // oldest first
	guests    map[string][]*guest // by side, oldest first
	failures  map[netip.Prefix]*bucket
}

// guest is one connection. Closing it takes it from the gate's lists.
type guest struct {
	net.Conn
	gate *gate
	side string // empty while it is a stranger; guarded by gate.mu
	once sync.Once
}

func (g *guest) Close() error {
	err := net.ErrClosed
	g.once.Do(func() {
		g.gate.forget(g)
		err = g.Conn.Close()
	})
	return err
}

// newGate starts to let callers in. Close ends it.
func newGate(l net.Listener, config *tls.Config, limits *Limits, elapse func() time.Duration,
	side func(string) string, failed func(net.Addr, error)) *gate {
	g := &gate{
		Listener: l, config: config, limits: limits, side: side, elapse: elapse, failed: failed,
		in: make(chan net.Conn), done: make(chan struct{}),
		guests: map[string][]*guest{}, failures: map[netip.Prefix]*bucket{},
	}
	g.wg.Go(g.run)
	return g
}

// Accept waits for the next caller with a side's key.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case c := <-g.in:
		return c, nil
	case <-g.done:
		return nil, net.ErrClosed
	}
}

// Close closes the door and all connections, and waits for the handshakes to
// end.
func (g *gate) Close() error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil
	}
	g.closed = true
	all := slices.Clone(g.strangers)
	for _, guests := range g.guests {
		all = append(all, guests...)
	}
	g.mu.Unlock()
	close(g.done)
	err := g.Listener.Close()
	for _, guest := range all {
		guest.Close()
	}
	g.wg.Wait()
	return err
}

// run accepts until the listener is closed.
func (g *gate) run() {
	var wait time.Duration
	for {
		conn, err := g.Listener.Accept()
		if errors.Is(err, net.ErrClosed) || err != nil && g.isClosed() {
			return
		}
		if err != nil { // out of descriptors, most likely
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			select {
			case <-time.After(wait):
			case <-g.done:
				return
			}
			continue
		}
		wait = 0
		if guest := g.enter(conn); guest != nil {
			g.wg.Go(func() { g.greet(guest) })
		}
	}
}

func (g *gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// enter gives a stranger a place.
func (g *gate) enter(conn net.Conn) *guest {
	guest := &guest{Conn: conn, gate: g}
	from := origin(conn.RemoteAddr())
	g.mu.Lock()
	b := g.failures[from]
	if b != nil {
		b.fill(g.elapse())
	}
	if g.closed || b != nil && b.tokens < 1 {
		g.mu.Unlock()
		conn.Close()
		return nil
	}
	g.strangers = append(g.strangers, guest)
	var oldest net.Conn
	if len(g.strangers) > g.limits.Strangers {
		oldest = g.strangers[0]
	}
	g.mu.Unlock()
	if oldest != nil {
		oldest.Close()
	}
	return guest
}

// greet lets a stranger prove its key.
func (g *gate) greet(guest *guest) {
	ctx, cancel := context.WithTimeout(context.Background(), g.limits.Handshake)
	defer cancel()
	conn := tls.Server(guest, g.config)
	err := conn.HandshakeContext(ctx)
	side := ""
	if err == nil {
		var key string
		if key, err = presented(conn.ConnectionState()); err == nil {
			side = g.side(key)
		}
	}
	if err != nil || side == "" {
		g.blame(guest.RemoteAddr())
		guest.Close()
		g.failed(guest.RemoteAddr(), err)
		return
	}
	if !g.admit(guest, side) {
		guest.Close()
		return
	}
	select {
	case g.in <- conn:
	case <-g.done:
		guest.Close()
	}
}

// admit makes a stranger a guest of its side's.
func (g *gate) admit(guest *guest, side string) bool {
	g.mu.Lock()
	i := slices.Index(g.strangers, guest)
	if g.closed || i < 0 {
		g.mu.Unlock()
		return false
	}
	g.strangers = slices.Delete(g.strangers, i, i+1)
	guest.side = side
	g.guests[side] = append(g.guests[side], guest)
	var oldest net.Conn
	if len(g.guests[side]) > g.limits.Connections {
		oldest = g.guests[side][0]
	}
	g.mu.Unlock()
	if oldest != nil {
		oldest.Close()
	}
	return true
}

// forget takes a connection from the lists.
func (g *gate) forget(guest *guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.strangers, guest); i >= 0 {
		g.strangers = slices.Delete(g.strangers, i, i+1)
	}
	if guests := g.guests[guest.side]; guest.side != "" {
		if i := slices.Index(guests, guest); i >= 0 {
			g.guests[guest.side] = slices.Delete(guests, i, i+1)
		}
	}
}

// dismiss closes all connections of a side.
func (g *gate) dismiss(side string) {
	g.mu.Lock()
	guests := slices.Clone(g.guests[side])
	g.mu.Unlock()
	for _, guest := range guests {
		guest.Close()
	}
}

// maxOrigins bounds the addresses whose failures are remembered.
const maxOrigins = 4096

// blame counts a failed handshake against the address that it came from.
func (g *gate) blame(from net.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.elapse()
	key := origin(from)
	b := g.failures[key]
	if b == nil {
		if len(g.failures) >= maxOrigins {
			g.pardon(now)
		}
		fresh := newBucket(g.limits.Strange, g.limits.StrangeMax)
		b = &fresh
		b.at = now
		g.failures[key] = b
	}
	b.take(now, 1)
}

// pardon forgets the addresses that have been quiet long enough, and all of
// them if none has.
func (g *gate) pardon(now time.Duration) {
	for key, b := range g.failures {
		if b.fill(now); b.tokens >= b.max {
			delete(g.failures, key)
		}
	}
	if len(g.failures) >= maxOrigins {
		clear(g.failures)
	}
}

// origin is the network that an address belongs to for counting: the address
// itself, or the /64 that an IPv6 host may choose its addresses from.
func origin(addr net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := ap.Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}
