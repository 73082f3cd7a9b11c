package link_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/link"
)

// network carries connections in memory, so that whole nodes with real TLS and
// HTTP live by the clock of a synctest bubble.
type network struct {
	mu        sync.Mutex
	listeners map[string]*pipeListener
	calls     int
}

func newNetwork() *network { return &network{listeners: map[string]*pipeListener{}} }

// dial gives the function by which one host, with its own address, calls others.
func (n *network) dial(host string) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		n.mu.Lock()
		l := n.listeners[address]
		n.calls++
		from := pipeAddr(fmt.Sprintf("%s:%d", host, 1024+n.calls%60000))
		n.mu.Unlock()
		if l == nil {
			return nil, fmt.Errorf("nobody listens at %s", address)
		}
		there, back := newPipe(), newPipe()
		select {
		case l.calls <- &pipeConn{in: there, out: back, local: pipeAddr(address), remote: from}:
			return &pipeConn{in: back, out: there, local: from, remote: pipeAddr(address)}, nil
		case <-l.done:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (n *network) listen(address string) *pipeListener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &pipeListener{n: n, address: pipeAddr(address), calls: make(chan net.Conn), done: make(chan struct{})}
	n.listeners[address] = l
	return l
}

type pipeListener struct {
	n       *network
	address pipeAddr
	calls   chan net.Conn
	done    chan struct{}
	once    sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.calls:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() {
		l.n.mu.Lock()
		if l.n.listeners[string(l.address)] == l {
			delete(l.n.listeners, string(l.address))
		}
		l.n.mu.Unlock()
		close(l.done)
	})
	return nil
}

func (l *pipeListener) Addr() net.Addr { return l.address }

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

// pipe carries bytes one way. As a TCP connection does, it holds some that are
// not read yet.
type pipe struct {
	mu      sync.Mutex
	held    []byte
	closed  bool
	changed chan struct{} // closed and replaced at each change
}

const pipeHolds = 64 << 10

func newPipe() *pipe { return &pipe{changed: make(chan struct{})} }

// do tries something until it is done, the pipe changes meanwhile, or time is up.
func (p *pipe) do(until *deadline, try func() (done bool)) error {
	for {
		p.mu.Lock()
		done := try()
		if done {
			close(p.changed)
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-until.passed():
			return os.ErrDeadlineExceeded
		}
	}
}

func (p *pipe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	close(p.changed)
	p.changed = make(chan struct{})
}

// deadline is a time that may be set anew while something waits for it.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	over  chan struct{}
}

func (d *deadline) passed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over == nil {
		d.over = make(chan struct{})
	}
	return d.over
}

func (d *deadline) set(at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.over // it has run out, and is about to say so
	}
	d.timer = nil
	if d.over == nil {
		d.over = make(chan struct{})
	}
	over := false
	select {
	case <-d.over:
		over = true
	default:
	}
	wait := time.Until(at)
	if over && (at.IsZero() || wait > 0) {
		d.over, over = make(chan struct{}), false
	}
	switch {
	case at.IsZero():
	case wait > 0:
		ends := d.over
		d.timer = time.AfterFunc(wait, func() { close(ends) })
	case !over:
		close(d.over)
	}
}

type pipeConn struct {
	in, out       *pipe
	local, remote pipeAddr
	read, write   deadline
}

func (c *pipeConn) Read(b []byte) (n int, err error) {
	errWait := c.in.do(&c.read, func() bool {
		if len(c.in.held) > 0 {
			n = copy(b, c.in.held)
			c.in.held = c.in.held[n:]
			return true
		}
		if c.in.closed {
			err = io.EOF
		}
		return c.in.closed
	})
	return n, cmp.Or(err, errWait)
}

func (c *pipeConn) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		errWait := c.out.do(&c.write, func() bool {
			if c.out.closed {
				err = net.ErrClosed
				return true
			}
			room := min(pipeHolds-len(c.out.held), len(b)-n)
			c.out.held = append(c.out.held, b[n:n+room]...)
			n += room
			return room > 0
		})
		err = cmp.Or(err, errWait)
	}
	return n, err
}

func (c *pipeConn) Close() error {
	c.in.close()
	c.out.close()
	return nil
}

func (c *pipeConn) LocalAddr() net.Addr                { return c.local }
func (c *pipeConn) RemoteAddr() net.Addr               { return c.remote }
func (c *pipeConn) SetReadDeadline(t time.Time) error  { c.read.set(t); return nil }
func (c *pipeConn) SetWriteDeadline(t time.Time) error { c.write.set(t); return nil }
func (c *pipeConn) SetDeadline(t time.Time) error      { c.read.set(t); c.write.set(t); return nil }

// host is the address of a side's node, and its port for the link.
func host(side string) string {
	return map[string]string{"south": "10.0.0.1", "north": "10.0.0.2", "east": "10.0.0.3"}[side]
}

func addressOf(side string) string { return host(side) + ":8411" }

// listed is a side's node as the others know it.
func listed(t testing.TB, side string) link.Peer {
	return link.Peer{Side: side, Address: addressOf(side), KeyHash: keysOf(t, side).LinkKeyHash()}
}

func certificateOf(t testing.TB, side string) tls.Certificate {
	t.Helper()
	c, err := keysOf(t, side).LinkCertificate()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newTLSOffice makes an office whose nodes talk over real TLS and HTTP. Those
// in calls are started; the others only own keys.
func newTLSOffice(t *testing.T, n *network, sides []string, calls ...string) *office {
	return newTLSOfficeWith(t, n, func(string, *link.Config) {}, sides, calls...)
}

// newTLSOfficeWith makes one with links that are configured otherwise.
func newTLSOfficeWith(t *testing.T, n *network, configure func(side string, c *link.Config), sides []string, calls ...string) *office {
	// net/http waits half a second before it closes a connection on which it has
	// left something unread.
	t.Cleanup(func() { time.Sleep(time.Second) })
	o := newOfficeWith(t, func(side string, c *link.Config) {
		c.Carrier, c.Dial, c.Key = nil, n.dial(host(side)), certificateOf(t, side)
		configure(side, c)
	}, sides...)
	for _, side := range calls {
		node := o.nodes[side]
		l := n.listen(addressOf(side))
		served := make(chan error, 1)
		go func() { served <- node.link.Serve(l) }()
		t.Cleanup(func() {
			node.link.Close()
			if err := <-served; err != net.ErrClosed {
				t.Errorf("%s stopped serving: %v", side, err)
			}
		})
		node.start()
	}
	return o
}

// caller is a client that does to a node whatever it likes, with a side's key.
type caller struct {
	t    *testing.T
	dial func(context.Context, string) (net.Conn, error)
	key  tls.Certificate
	to   string
}

// connect connects and proves the key.
func (c *caller) connect() (*tls.Conn, error) {
	raw, err := c.dial(context.Background(), c.to)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, Certificates: []tls.Certificate{c.key}})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

// ask sends raw bytes on a new connection and reads one answer.
func (c *caller) ask(raw string) (*http.Response, string, error) {
	conn, err := c.connect()
	if err != nil {
		return nil, "", err
	}
	defer conn.Close()
	return c.askOn(conn, raw)
}

func (c *caller) askOn(conn net.Conn, raw string) (*http.Response, string, error) {
	sent := make(chan struct{})
	go func() { // the node may answer before it has read all, and never read the rest
		defer close(sent)
		io.WriteString(conn, raw)
	}()
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		conn.Close()
		<-sent
		return nil, "", err
	}
	body, err := io.ReadAll(r.Body)
	if r.Close {
		conn.Close()
	}
	<-sent
	return r, string(body), err
}

// post is the text of a request with a body.
func post(door, body string, fields ...string) string {
	head := fmt.Sprintf("POST /liaison/link/v1/%s HTTP/1.1\r\nHost: x\r\n", door)
	given := strings.Join(fields, "\n")
	if !strings.Contains(given, "Content-Type") {
		head += "Content-Type: application/x-liaison-link\r\n"
	}
	if !strings.Contains(given, "Content-Length") && !strings.Contains(given, "Transfer-Encoding") {
		head += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	for _, f := range fields {
		head += f + "\r\n"
	}
	return head + "\r\n" + body
}
