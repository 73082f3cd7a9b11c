//go:build linux

package chaos_test

import (
	"net"
	"sync"
	"testing"
	"time"
)

// weather is what a wire does with what it carries.
type weather int

const (
	fair     weather = iota // it carries all
	cut                     // connections end, and new ones end at once
	stalled                 // connections stand, and nothing comes through
	swallows                // what is sent is taken, and never comes out
	dripping                // one byte comes through each second
)

// wire carries the calls of one node to another. It stands between them as a
// line does, and knows nothing of what it carries.
type wire struct {
	t    *testing.T
	from string // the address at which the caller finds it
	to   string

	mu      sync.Mutex
	now     weather
	changed chan struct{} // closed when now changes
	bytes   int           // until it is cut; none are counted if negative
	conns   map[net.Conn]bool
}

// wireTo makes a wire to a node's link.
func wireTo(n *realNode) *wire {
	n.t.Helper()
	w := &wire{t: n.t, from: host() + linkPort, to: n.address + linkPort, bytes: -1, changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	listener, err := net.Listen("tcp", w.from)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		listener.Close()
		w.becomes(cut)
	})
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w
}

// becomes changes the weather.
func (w *wire) becomes(now weather) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change(now)
}

func (w *wire) change(now weather) {
	w.now, w.bytes = now, -1
	close(w.changed)
	w.changed = make(chan struct{})
	if now == cut {
		for c := range w.conns {
			c.Close()
		}
	}
}

// cutAfter cuts the wire when it has carried so many more bytes, wherever in a
// message that is.
func (w *wire) cutAfter(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change(fair)
	w.bytes = bytes
}

// keep takes note of a connection, so that it ends when the wire is cut.
func (w *wire) keep(c net.Conn) (ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[c] = true
	return w.now != cut
}

func (w *wire) forget(c net.Conn) {
	c.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, c)
}

func (w *wire) carry(in net.Conn) {
	defer w.forget(in)
	if !w.keep(in) {
		return
	}
	out, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer w.forget(out)
	if !w.keep(out) {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.pump(in, out)
	}()
	w.pump(out, in)
	<-done
}

// pump carries one direction until it ends, and ends the other with it.
func (w *wire) pump(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	for buffer := make([]byte, 16<<10); ; {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		for rest := buffer[:n]; len(rest) > 0; {
			now, allowed, changed := w.look(len(rest))
			switch now {
			case cut:
				return
			case stalled:
				<-changed
				continue
			case swallows:
				rest = nil
				continue
			case dripping:
				allowed = 1
			}
			if _, err := to.Write(rest[:allowed]); err != nil {
				return
			}
			rest = rest[allowed:]
			if now == dripping {
				pause := time.NewTimer(time.Second)
				select {
				case <-pause.C:
				case <-changed:
				}
				pause.Stop()
			}
		}
	}
}

// look tells the weather, how many of n bytes may pass now, and what is closed
// when the weather changes.
func (w *wire) look(n int) (now weather, allowed int, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bytes == 0 {
		w.change(cut)
	}
	if w.bytes > 0 {
		n = min(n, w.bytes)
		w.bytes -= n
	}
	return w.now, n, w.changed
}
