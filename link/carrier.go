package link

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// httpCarrier carries requests to another node over HTTP/1.1 on TLS 1.3, one at a
// time, on one connection that stays open. It writes and reads in the goroutine
// of its caller: the client of net/http hands each request and each answer on to
// two more, which costs as much as the signatures.
type httpCarrier struct {
	limits  *Limits
	address string
	dial    func(context.Context, string) (net.Conn, error)
	tls     *tls.Config
	turn    chan struct{} // holds a token while the connection is in use
	line    *httpLine     // open and unused, or nil; belongs to whoever has the turn
}

// httpLine is a connection to a node.
type httpLine struct {
	conn    *tls.Conn
	in      io.LimitedReader // conn, and how much may still be read from it
	reader  *bufio.Reader    // of in
	writer  *bufio.Writer    // to conn
	used    time.Time        // when the last exchange ended; zero if there was none
	answers bool             // something of the answer has come
}

func newHTTPCarrier(own tls.Certificate, p Peer, dial func(context.Context, string) (net.Conn, error), limits *Limits) *httpCarrier {
	if dial == nil {
		dialer := &net.Dialer{KeepAlive: 15 * time.Second}
		dial = func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		}
	}
	return &httpCarrier{limits: limits, address: p.Address, dial: dial, tls: callerTLS(own, p.KeyHash), turn: make(chan struct{}, 1)}
}

// Carry is Carrier's.
func (c *httpCarrier) Carry(ctx context.Context, _ string, q Request) (Answer, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return Answer{}, context.Cause(ctx)
	}
	line := c.line
	c.line = nil
	if line != nil && time.Since(line.used) > c.limits.Idle-c.limits.Idle/8 { // we close it before they do
		line.conn.Close()
		line = nil
	}
	again := line != nil // it may have been closed at the other end since it was used
	for {
		var err error
		if line == nil {
			if line, err = c.open(ctx); err != nil {
				return Answer{}, err
			}
		}
		answer, keep, err := c.exchange(ctx, line, q)
		if keep {
			line.used = time.Now()
			c.line = line
		} else {
			line.conn.Close()
		}
		switch {
		case err == nil:
			return answer, nil
		case ctx.Err() != nil:
			return Answer{}, errors.Join(ctx.Err(), err)
		case !again || line.answers:
			return Answer{}, err
		}
		// Whatever is asked may be asked twice (spec/link.md §2).
		line, again = nil, false
	}
}

// open opens a connection and proves the keys on it.
func (c *httpCarrier) open(ctx context.Context) (*httpLine, error) {
	short, cancel := context.WithTimeout(ctx, c.limits.Dial)
	defer cancel()
	plain, err := c.dial(short, c.address)
	if err != nil {
		return nil, err
	}
	short, cancel = context.WithTimeout(ctx, c.limits.Dial)
	defer cancel()
	line := &httpLine{conn: tls.Client(plain, c.tls)}
	if err := line.conn.HandshakeContext(short); err != nil {
		plain.Close()
		return nil, err
	}
	line.in.R = line.conn
	line.reader = bufio.NewReaderSize(&line.in, 16<<10)
	line.writer = bufio.NewWriterSize(line.conn, 64<<10)
	return line, nil
}

// exchange has one request answered. keep says that the connection may be used
// again.
func (c *httpCarrier) exchange(ctx context.Context, line *httpLine, q Request) (a Answer, keep bool, err error) {
	line.answers = false
	stop := context.AfterFunc(ctx, func() { line.conn.NetConn().Close() })
	defer stop()
	if err := c.write(line, q); err != nil {
		return Answer{}, false, line.why(err)
	}
	// The head of the answer has a limit, and then the body has another.
	line.in.N = int64(c.limits.Head)
	if _, err := line.reader.Peek(1); err != nil {
		return Answer{}, false, err
	}
	line.answers = true
	response, err := http.ReadResponse(line.reader, nil)
	if err != nil {
		return Answer{}, false, err
	}
	size := response.ContentLength
	switch {
	case response.Header.Get("Content-Type") != contentType, response.Header.Get("Content-Encoding") != "",
		len(response.TransferEncoding) > 0, size < 0, size > int64(c.limits.Body):
		return Answer{}, false, &badAnswer{response.Status}
	}
	line.in.N = size
	body, err := readParts(response.Body, int(size), c.limits.Body/8, func() {})
	if err != nil {
		return Answer{}, false, err
	}
	return Answer{response.StatusCode, body}, !response.Close && line.reader.Buffered() == 0 && stop(), nil
}

func (c *httpCarrier) write(line *httpLine, q Request) error {
	fmt.Fprintf(line.writer, "POST %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: liaison\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		path, q.Door, c.address, contentType, len(q.Body))
	line.writer.Write(q.Body)
	return line.writer.Flush() // it keeps the first error
}

// why looks whether the other end has said why it does not take what is
// written: TLS tells a refused key in an alert.
func (line *httpLine) why(err error) error {
	line.in.N = 1
	var alert *net.OpError
	if _, said := line.reader.Peek(1); errors.As(said, &alert) && alert.Op == "remote error" {
		return said
	}
	return err
}

// close closes the connection, unless it is in use: then the context of its
// user does.
func (c *httpCarrier) close() {
	select {
	case c.turn <- struct{}{}:
		if c.line != nil {
			c.line.conn.Close()
			c.line = nil
		}
		<-c.turn
	default:
	}
}

// badAnswer says that whoever answered does not speak this protocol.
type badAnswer struct{ status string }

func (e *badAnswer) Error() string {
	return "the answer, with status " + strings.ToValidUTF8(e.status[:min(len(e.status), 64)], "?") + ", is not one of this protocol"
}
func (e *badAnswer) Unwrap() error { return errMessage }
