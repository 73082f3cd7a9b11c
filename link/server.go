package link

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

// path is where the doors stand (spec/link.md §2).
const path = "/liaison/link/v1/"

// contentType is that of every message.
const contentType = "application/x-liaison-link"

// Serve answers other nodes that call at a listener, until Close or until the
// listener fails. It may be called for several listeners.
func (l *Link) Serve(listener net.Listener) error {
	config := answererTLS(l.c.Key, func(key string) bool { return l.sideOf(key) != "" })
	g := newGate(listener, config, &l.c.Limits, l.elapsed, l.sideOf, l.stranger)
	server := &http.Server{
		Handler:           l.Handler(),
		ReadHeaderTimeout: l.c.Limits.Request,
		IdleTimeout:       l.c.Limits.Idle,
		MaxHeaderBytes:    l.c.Limits.Head,
		ErrorLog:          slog.NewLogLogger(l.c.Log.Handler(), slog.LevelDebug),
		TLSNextProto:      map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/1.1 only: it was the quicker here
		BaseContext:       func(net.Listener) context.Context { return l.ctx },
	}
	if !l.serving(g) {
		g.Close()
		return net.ErrClosed
	}
	err := server.Serve(g)
	l.served(g)
	g.Close()
	server.Close()
	if l.ctx.Err() != nil {
		return net.ErrClosed
	}
	return err
}

// Handler answers other nodes. It must stand behind TLS that has asked for the
// caller's certificate; Serve does that.
func (l *Link) Handler() http.Handler {
	doors := map[string]Door{}
	for _, door := range Doors {
		doors[path+string(door)] = door
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if door, there := doors[r.URL.Path]; there && r.Method == http.MethodPost {
			l.serveDoor(w, r, door)
			return
		}
		w.Header().Set("Connection", "close")
		l.writeAnswer(w, refused(refusal{Code: string(CodeNotFound), Detail: "no such door"}))
	})
}

// serveDoor takes one request off HTTP, has it answered, and puts the answer on.
func (l *Link) serveDoor(w http.ResponseWriter, r *http.Request, door Door) {
	p, leave := l.enter(l.callerOf(r))
	if p == nil {
		panic(http.ErrAbortHandler) // as a cut line would
	}
	defer leave()
	a := l.admit(r.Context(), p, func() (Request, *refusal) {
		body, no := l.readBody(w, r)
		return Request{door, body}, no
	})
	if a.unread {
		w.Header().Set("Connection", "close")
	}
	if p.isCut() {
		panic(http.ErrAbortHandler)
	}
	l.writeAnswer(w, a)
	if a.progress && l.c.OnAnswered != nil {
		_ = http.NewResponseController(w).Flush() // or it would be sent after this function; who is gone misses it
		l.c.OnAnswered()
	}
}

// writeAnswer puts an answer on HTTP. Who does not take it in time loses the
// connection.
func (l *Link) writeAnswer(w http.ResponseWriter, a reply) {
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(l.c.Limits.exchange(len(a.Body))))
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(a.Body))}
	h["Date"] = nil // nobody reads it
	if a.after > 0 {
		h["Retry-After"] = []string{strconv.Itoa(int((a.after + time.Second - 1) / time.Second))}
	}
	w.WriteHeader(a.Status)
	w.Write(a.Body)
}

// callerOf is the side whose key the connection has proven, or "".
func (l *Link) callerOf(r *http.Request) string {
	if r.TLS == nil {
		return ""
	}
	key, err := presented(*r.TLS)
	if err != nil {
		return ""
	}
	return l.sideOf(key)
}

// readBody reads a body of declared and bounded length, each part of which must
// arrive in time.
func (l *Link) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	limits := &l.c.Limits
	switch {
	case r.Header.Get("Content-Type") != contentType || r.Header.Get("Content-Encoding") != "":
		return nil, &refusal{Code: string(CodeMalformed), Detail: "the content type must be " + contentType + ", not encoded"}
	case r.ContentLength < 0:
		return nil, &refusal{Code: string(CodeNoLength), Detail: "a Content-Length is needed"}
	case r.ContentLength > int64(limits.Body):
		return nil, &refusal{Code: string(CodeTooLarge), Detail: "at most " + strconv.Itoa(limits.Body) + " bytes are taken"}
	}
	conn := http.NewResponseController(w)
	body, err := readParts(r.Body, int(r.ContentLength), limits.Body/8, func() {
		conn.SetReadDeadline(time.Now().Add(limits.Stall))
	})
	conn.SetReadDeadline(time.Time{})
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		return nil, &refusal{Code: string(CodeMalformed), Detail: "the body did not arrive in time"}
	case err != nil: // as when the line is cut in the middle: nobody's fault, and nobody is there to be answered
		return nil, &refusal{Code: string(CodeCutShort), Detail: "the body did not arrive whole"}
	}
	return body, nil
}

// readParts reads exactly size bytes, calling next before each part. Memory is
// taken as the bytes arrive, so that a promise of many costs nothing.
func readParts(r io.Reader, size, part int, next func()) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(min(size, part))
	for body.Len() < size {
		next()
		n, err := io.CopyN(&body, r, int64(min(part, size-body.Len())))
		if n == 0 || err != nil {
			return nil, errors.Join(io.ErrUnexpectedEOF, err)
		}
	}
	return body.Bytes(), nil
}
