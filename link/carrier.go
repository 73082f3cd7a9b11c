package link

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"time"
)

// httpCarrier carries requests to other nodes over HTTP/1.1 on TLS 1.3. It keeps
// one connection to each side open.
type httpCarrier struct {
	limits    *Limits
	address   string
	transport *http.Transport
}

func newHTTPCarrier(own tls.Certificate, p Peer, dial func(context.Context, string) (net.Conn, error), limits *Limits) *httpCarrier {
	if dial == nil {
		dialer := &net.Dialer{KeepAlive: 15 * time.Second}
		dial = func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		}
	}
	return &httpCarrier{limits, p.Address, &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, limits.Dial)
			defer cancel()
			return dial(ctx, address)
		},
		TLSClientConfig:        callerTLS(own, p.KeyHash),
		TLSHandshakeTimeout:    limits.Dial,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableCompression:     true,
		MaxIdleConnsPerHost:    1,
		MaxConnsPerHost:        2,
		IdleConnTimeout:        limits.Idle - limits.Idle/8, // we close it before they do
		MaxResponseHeaderBytes: int64(limits.Head),
		WriteBufferSize:        64 << 10,
		ReadBufferSize:         16 << 10,
	}}
}

// Carry is Carrier's.
func (c *httpCarrier) Carry(ctx context.Context, _ string, q Request) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+c.address+path+string(q.Door), bytes.NewReader(q.Body))
	if err != nil {
		return Answer{}, err
	}
	r.Header = http.Header{"Content-Type": {contentType}, "User-Agent": {"liaison"}}
	// RoundTrip, not a client: no redirects, no cookies.
	response, err := c.transport.RoundTrip(r)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	size := response.ContentLength
	switch {
	case response.Header.Get("Content-Type") != contentType, response.Header.Get("Content-Encoding") != "",
		size < 0, size > int64(c.limits.Body):
		return Answer{}, &badAnswer{response.Status}
	}
	body, err := readParts(response.Body, int(size), c.limits.Body/8, func() {})
	if err != nil {
		return Answer{}, err
	}
	return Answer{response.StatusCode, body}, nil
}

func (c *httpCarrier) close() { c.transport.CloseIdleConnections() }

// badAnswer says that whoever answered does not speak this protocol.
type badAnswer struct{ status string }

func (e *badAnswer) Error() string {
	return "the answer, with status " + strings.ToValidUTF8(e.status[:min(len(e.status), 64)], "?") + ", is not one of this protocol"
}
func (e *badAnswer) Unwrap() error { return errMessage }
