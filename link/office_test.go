package link_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/liaisontest"
	"liaison.example/link"
	"liaison.example/sqldb"
)

const officeName = "kaesong.example"

// office is the sides of one office in one process, joined by a wire.
type office struct {
	t         *testing.T
	configure func(side string, c *link.Config)
	began     time.Time
	wire      *liaisontest.Wire
	nodes     map[string]*node
	heard     func(liaisontest.Passage) // hears what passes, if not nil

	mu    sync.Mutex
	trace []line            // what has happened since it was last read
	lines map[string]string // the last that was written down of each line
}

// line is one thing that happened.
type line struct {
	at   time.Duration
	text string
}

// node is one side: its ledger, its link, and what it believes of the records.
type node struct {
	o      *office
	side   string
	db     *sqldb.DB
	ledger *ledger.Ledger
	link   *link.Link
	cancel context.CancelFunc
	saved  string // file of the backup

	mu      sync.Mutex
	settled int64
	spoilt  int64 // from this count on the digest is another
	mode    string
	alarms  []link.Alarm
}

func keysOf(t testing.TB, side string) *ledger.Keys {
	t.Helper()
	keys, err := ledger.DeriveKeys(sha256.Sum256([]byte(side)), officeName, side)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// newOffice makes an office whose nodes are open and do not call yet. Each way
// has a delay of its own, so that what happens has one order.
func newOffice(t *testing.T, sides ...string) *office {
	return newOfficeWith(t, func(string, *link.Config) {}, sides...)
}

// newOfficeWith makes an office with links that are configured otherwise.
func newOfficeWith(t *testing.T, configure func(side string, c *link.Config), sides ...string) *office {
	o := &office{t: t, configure: configure, began: time.Now(), nodes: map[string]*node{}, lines: map[string]string{}}
	o.wire = liaisontest.NewWire(o.passed)
	for i, from := range sides {
		for j, to := range sides {
			o.wire.Change(from, to, func(w *liaisontest.Way) { w.Delay = time.Duration(10+2*i+j) * time.Millisecond })
		}
	}
	for _, side := range sides {
		n := &node{o: o, side: side, mode: "ready"}
		o.nodes[side] = n
		n.open(sides, filepath.Join(t.TempDir(), side+".db"))
	}
	t.Cleanup(func() {
		for _, n := range o.nodes {
			n.close()
		}
		o.wire.Wait()
	})
	return o
}

func (n *node) open(sides []string, file string) {
	t := n.o.t
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	c := ledger.Config{Office: officeName, Side: n.side, Keys: keysOf(t, n.side), Now: time.Now}
	var peers []link.Peer
	for _, side := range sides {
		if side != n.side {
			c.Parties = append(c.Parties, keysOf(t, side).Party())
			peers = append(peers, listed(t, side))
		}
	}
	l, err := ledger.Open(context.Background(), db, c)
	if err != nil {
		t.Fatal(err)
	}
	n.db, n.ledger = db, l
	config := link.Config{
		Ledger: l, Peers: peers, Carrier: n.o.wire.Carrier(n.side), Now: time.Now,
		Jitter: func() float64 { return 1 },
		Log:    slog.New(&errorLog{n}),
		Greeting: func(context.Context) (link.Local, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			local := link.Local{Mode: n.mode, Software: "liaison test", Rules: 1}
			if n.settled > 0 {
				local.Settled = link.Point{Count: n.settled, Digest: n.digest(n.settled)}
			}
			return local, nil
		},
		DigestAt: func(_ context.Context, count int64) (link.Mark, bool, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			if count > n.settled {
				return link.Mark{}, false, nil
			}
			return link.Mark{Digest: n.digest(count), Entry: fmt.Sprintf("south/%d", count-1)}, true, nil
		},
		OnAlarm: func(a link.Alarm) {
			n.mu.Lock()
			n.alarms = append(n.alarms, a)
			n.mu.Unlock()
			text := fmt.Sprintf("%s: ALARM %s", n.side, a.Code)
			if a.Side != "" {
				text += " by " + a.Side
			}
			if a.Ledger != "" {
				text += ", ledger " + a.Ledger
			}
			if d := a.Detail["detail"]; d != "" {
				text += ": " + d
			}
			if a.Evidence != nil {
				text += " (with evidence)"
			}
			n.o.happened(text)
		},
		OnState: func(side string, s link.State) {
			text := lineText(s.Line)
			if s.Halted {
				text += ", replication of its ledger has ended"
			}
			n.o.turned(fmt.Sprintf("%s: the line to %s is ", n.side, side), text)
		},
	}
	n.o.configure(n.side, &config)
	n.link = link.New(config)
	n.o.wire.Join(n.side, n.link)
}

// errorLog writes down what a node logs as its own errors.
type errorLog struct{ n *node }

func (h *errorLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }
func (h *errorLog) WithAttrs([]slog.Attr) slog.Handler               { return h }
func (h *errorLog) WithGroup(string) slog.Handler                    { return h }
func (h *errorLog) Handle(_ context.Context, r slog.Record) error {
	text := h.n.side + ": ERROR " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	h.n.o.happened(text)
	return nil
}

// digest is a digest of nothing but its count, spoilt from some count on.
func (n *node) digest(count int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %t", count, n.spoilt > 0 && count >= n.spoilt))
	return hex.EncodeToString(sum[:])
}

func (n *node) start() {
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	n.link.Start(ctx)
}

func (n *node) close() {
	n.o.wire.Join(n.side, nil)
	if n.cancel != nil {
		n.cancel()
	}
	n.link.Close()
	n.db.Close()
}

// write appends entries, all at once.
func (n *node) write(count int) error {
	bodies := make([]string, count)
	for i := range bodies {
		bodies[i] = fmt.Sprintf(`{"n":%d}`, time.Since(n.o.began).Milliseconds())
	}
	return n.writeBodies(bodies...)
}

func (n *node) writeBodies(bodies ...string) error {
	for {
		s := n.ledger.Standing()
		var entries []ledger.Entry
		for i, body := range bodies {
			e, err := n.ledger.Draft(s.Own+int64(i), s.Seen, time.Now(), "duty-officer", "dispatch", []byte(body))
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		err := n.ledger.Append(context.Background(), entries)
		if !errors.Is(err, ledger.ErrStale) { // something arrived meanwhile
			return err
		}
	}
}

// backup saves a node's ledger as it is now; restore puts it back.
func (n *node) backup() error {
	n.saved = filepath.Join(n.o.t.TempDir(), n.side+"-backup.db")
	return n.db.VacuumInto(context.Background(), n.saved)
}

func (n *node) restore() {
	n.close()
	n.open(slices.Sorted(maps.Keys(n.o.nodes)), n.saved)
}

func (o *office) happened(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trace = append(o.trace, line{time.Since(o.began), text})
}

// turned writes down what a line has become; of several things at one instant,
// the last.
func (o *office) turned(whose, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lines[whose] == text {
		return
	}
	o.lines[whose] = text
	at := time.Since(o.began)
	o.trace = slices.DeleteFunc(o.trace, func(l line) bool { return l.at == at && strings.HasPrefix(l.text, whose) })
	o.trace = append(o.trace, line{at, whose + text})
}

// passed writes down an exchange, at the time at which it was begun.
func (o *office) passed(p liaisontest.Passage) {
	if o.heard != nil {
		o.heard(p)
	}
	text := fmt.Sprintf("%s > %s: %s", p.From, p.To, liaisontest.Words(p))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trace = append(o.trace, line{p.Sent.Sub(o.began), text})
}

// read returns what has happened, in order of time.
func (o *office) read() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	slices.SortStableFunc(o.trace, func(a, b line) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return strings.Compare(a.text, b.text)
	})
	var out []string
	for _, l := range o.trace {
		out = append(out, fmt.Sprintf("%8.3f %s", l.at.Seconds(), l.text))
	}
	o.trace = nil
	return out
}

// holdings says how far each node holds each ledger, and which receipts.
func (o *office) holdings() []string {
	var out []string
	for _, side := range slices.Sorted(maps.Keys(o.nodes)) {
		n := o.nodes[side]
		text := side + " holds"
		for _, name := range n.ledger.Sides() {
			h := n.ledger.Head(name)
			text += fmt.Sprintf(" %s:%d", name, h.Size)
			var by []string
			for _, cosigner := range slices.Sorted(maps.Keys(h.Cosigned)) {
				by = append(by, fmt.Sprintf("%s:%d", cosigner, h.Cosigned[cosigner]))
			}
			if len(by) > 0 {
				text += "(" + strings.Join(by, " ") + ")"
			}
		}
		if why := n.ledger.Behind(); why != "" {
			text += "; behind: " + why
		}
		out = append(out, text)
	}
	return out
}
