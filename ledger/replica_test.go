package ledger_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"liaison.example/ledger"
	"liaison.example/sqldb"
)

// world is an office of two sides or more, with a line between them that loses,
// doubles and reorders what is said, and with databases that break.
type world struct {
	t     *rapid.T
	clock *clock
	sides []string
	nodes map[string]*member
	wire  []message
	wrote int
	dir   string // of the database in a file
}

// member is the ledger of one side.
type member struct {
	l       *ledger.Ledger
	db      *sqldb.DB
	breaker *breaker
	hashes  []tlog.Hash // stored hashes of all that it has written, in the numbering of package tlog
	size    int64
}

// message is on its way to a side: one of an extension, a receipt, a standing
// and a checkpoint.
type message struct {
	to        string
	extension *ledger.Extension
	receipt   *ledger.Receipt
	by        string // of the standing
	standing  *ledger.Standing
	of        string // of the checkpoint
	shown     []byte
}

func newWorld(t *rapid.T, count int) *world {
	w := &world{t: t, clock: newClock(), sides: []string{"east", "north", "south"}[3-count:], nodes: map[string]*member{}}
	for _, side := range w.sides {
		m := &member{breaker: &breaker{left: -1}}
		var err error
		url := "sqlite::memory:"
		if side == "south" { // which has a slip
			if w.dir, err = os.MkdirTemp("", "liaison-ledger-*"); err != nil {
				t.Fatal(err)
			}
			url = "sqlite:" + w.dir + "/ledger.db"
		}
		if m.db, err = sqldb.Open(context.Background(), sqldb.Config{URL: url, Fault: m.breaker.fault}); err != nil {
			t.Fatal(err)
		}
		w.nodes[side] = m
		w.open(side)
	}
	return w
}

func (w *world) close() {
	for _, m := range w.nodes {
		m.db.Close()
	}
	os.RemoveAll(w.dir)
}

// keys are the same as those of keysOf.
func (w *world) keys(side string) *ledger.Keys {
	keys, err := ledger.DeriveKeys(sha256.Sum256([]byte(side)), office, side)
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}

// open opens a side's ledger, as after a restart.
func (w *world) open(side string) {
	cfg := ledger.Config{Office: office, Side: side, Keys: w.keys(side), Now: w.clock.time, After: never}
	for _, other := range w.sides {
		if other != side {
			cfg.Parties = append(cfg.Parties, w.keys(other).Party())
		}
	}
	l, err := ledger.Open(context.Background(), w.nodes[side].db, cfg)
	if err != nil {
		w.t.Fatalf("open %s: %v", side, err)
	}
	w.nodes[side].l = l
}

func (w *world) side(label string) string { return rapid.SampledFrom(w.sides).Draw(w.t, label) }

// other is a side other than the given.
func (w *world) other(than, label string) string {
	return rapid.SampledFrom(slices.DeleteFunc(slices.Clone(w.sides), func(s string) bool { return s == than })).Draw(w.t, label)
}

// write lets a side write a few entries. Its database may break.
func (w *world) write() {
	side := w.side("writer")
	m := w.nodes[side]
	n := rapid.IntRange(1, 4).Draw(w.t, "entries")
	s := m.l.Standing()
	var entries []ledger.Entry
	for i := range n {
		w.wrote++
		e, err := m.l.Draft(s.Own+int64(i), s.Seen, w.clock.now, "head", "dispatch", fmt.Appendf(nil, `{"n":%d}`, w.wrote))
		if err != nil {
			w.t.Fatal(err)
		}
		entries = append(entries, e)
	}
	w.arm(m)
	w.done(side, m.l.Append(context.Background(), entries))
}

// arm lets the next write of a side break, sometimes.
func (w *world) arm(m *member) {
	if rapid.IntRange(0, 3).Draw(w.t, "breaks") == 0 {
		m.breaker.arm(rapid.IntRange(0, 12).Draw(w.t, "at"))
	}
}

// done looks at the answer to a write. If it was broken, the side looks again,
// in the same process or after a restart.
func (w *world) done(side string, err error) {
	m := w.nodes[side]
	m.breaker.arm(-1)
	switch {
	case errors.Is(err, errBroken) && rapid.Bool().Draw(w.t, "restarts"):
		w.open(side)
	case errors.Is(err, errBroken):
		if err := m.l.Refresh(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	case err != nil && !errors.As(err, new(*ledger.Stale)):
		w.t.Fatalf("%s: %v", side, err)
	}
	w.check(side)
}

// say puts something on the wire.
func (w *world) say() {
	from := w.side("from")
	to := w.other(from, "to")
	m := w.nodes[from]
	switch rapid.SampledFrom([]string{"extension", "extension", "extension", "standing", "checkpoint", "receipt"}).Draw(w.t, "what") {
	case "extension":
		of := w.other(to, "of") // its own, or one that it relays
		x, err := m.l.Extension(context.Background(), of, w.nodes[to].l.Head(of).Size, rapid.Int64Range(1, 5).Draw(w.t, "at most"), 1<<20)
		x.Relayed = of != from
		if err == nil {
			w.wire = append(w.wire, message{to: to, extension: &x})
		} else if !errors.Is(err, ledger.ErrNoEntry) {
			w.t.Fatal(err)
		}
	case "standing":
		s := m.l.Standing()
		w.wire = append(w.wire, message{to: to, by: from, standing: &s})
	case "checkpoint":
		of := w.side("of")
		if c := m.l.Head(of).Checkpoint; len(c) > 0 {
			w.wire = append(w.wire, message{to: to, of: of, shown: c})
		}
	case "receipt": // its latest, again
		of := w.other(from, "of")
		if r, ok, err := m.l.Given(context.Background(), of); err != nil {
			w.t.Fatal(err)
		} else if ok {
			w.wire = append(w.wire, message{to: to, receipt: &r})
		}
	}
}

// hear delivers something from the wire, in any order, and sometimes leaves it
// there to come again.
func (w *world) hear() {
	if len(w.wire) == 0 {
		return
	}
	i := rapid.IntRange(0, len(w.wire)-1).Draw(w.t, "message")
	msg := w.wire[i]
	if !rapid.Bool().Draw(w.t, "comes again") {
		w.wire = slices.Delete(w.wire, i, i+1)
	}
	m := w.nodes[msg.to]
	w.arm(m)
	ctx := context.Background()
	switch {
	case msg.extension != nil:
		r, err := m.l.Extend(ctx, *msg.extension)
		if err == nil && r.Note != nil {
			for _, to := range w.sides {
				if to != msg.to {
					w.wire = append(w.wire, message{to: to, receipt: &r})
				}
			}
		}
		w.done(msg.to, err)
	case msg.receipt != nil:
		w.done(msg.to, m.l.Countersign(ctx, *msg.receipt))
	case msg.standing != nil:
		w.done(msg.to, m.l.Stand(ctx, msg.by, *msg.standing))
	default:
		w.done(msg.to, m.l.Note(ctx, msg.of, msg.shown))
	}
}

// empty puts what is on a side's slip into its database, which may break.
func (w *world) empty() {
	side := w.side("slip of")
	m := w.nodes[side]
	w.arm(m)
	w.done(side, m.l.EmptySlip(context.Background()))
}

func (w *world) lose() {
	if len(w.wire) > 0 {
		i := rapid.IntRange(0, len(w.wire)-1).Draw(w.t, "message")
		w.wire = slices.Delete(w.wire, i, i+1)
	}
}

func (w *world) restart() {
	side := w.side("side")
	before := w.nodes[side].l
	w.open(side)
	for name, h := range before.Heads() {
		if now := w.nodes[side].l.Head(name); now.Size != h.Size || now.Root != h.Root || now.Placeable != h.Placeable || !maps.Equal(now.Cosigned, h.Cosigned) {
			w.t.Fatalf("%s opened again holds %+v of %s, and held %+v", side, now, name, h)
		}
	}
	w.check(side)
}

func (w *world) turnClock() {
	w.clock.now = w.clock.now.Add(time.Duration(rapid.IntRange(-3600, 3600).Draw(w.t, "seconds")) * time.Second)
}

// check verifies the database of a side from nothing, and that each of its
// replicas is a beginning of what its writer has.
func (w *world) check(side string) {
	m := w.nodes[side]
	if _, err := ledger.VerifyDatabase(context.Background(), m.db, ledger.VerifyOptions{}); err != nil {
		w.t.Fatalf("%s: %v", side, err)
	}
	if why := m.l.Behind(); why != "" {
		w.t.Fatalf("%s is behind: %s", side, why)
	}
	w.grow(side)
	for name, h := range m.l.Heads() {
		writer := w.nodes[name]
		if h.Size > writer.size {
			w.grow(name)
		}
		if root := writer.root(w.t, h.Size); h.Root != root {
			w.t.Fatalf("%s holds %d entries of %s with the root %v, and their writer has %v", side, h.Size, name, h.Root, root)
		}
		for by, size := range h.Cosigned {
			if holds := w.nodes[by].l.Head(name).Size; size > holds {
				w.t.Fatalf("%s has a cosignature of %s over %d entries of %s, of which it holds %d", side, by, size, name, holds)
			}
		}
	}
}

// grow takes in what a side has written since.
func (w *world) grow(side string) {
	m := w.nodes[side]
	entries, err := m.l.Entries(context.Background(), side, m.size, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		more, err := tlog.StoredHashesForRecordHash(m.size, e.Hash, m)
		if err != nil {
			w.t.Fatal(err)
		}
		m.hashes = append(m.hashes, more...)
		m.size++
	}
}

func (m *member) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = m.hashes[x]
	}
	return out, nil
}

func (m *member) root(t *rapid.T, size int64) tlog.Hash {
	if size > m.size {
		t.Fatalf("%d entries are held, and their writer has %d", size, m.size)
	}
	root, err := tlog.TreeHash(size, m)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// settle mends the line: every side pushes all it has to every other, and gets
// its receipts. Then all must hold the same, placed and cosigned.
func (w *world) settle() {
	ctx := context.Background()
	for range len(w.sides) {
		for _, from := range w.sides {
			for _, to := range w.sides {
				if from == to || w.nodes[from].l.Head(from).Size == 0 {
					continue
				}
				for {
					a, b := w.nodes[from].l, w.nodes[to].l
					size := b.Head(from).Size
					x, err := a.Extension(ctx, from, size, 3, 1<<20)
					if err != nil {
						w.t.Fatal(err)
					}
					r, err := b.Extend(ctx, x)
					if err != nil {
						w.t.Fatalf("%s pushes to %s: %v", from, to, err)
					}
					if r.Note == nil && len(x.Leaves) == 0 {
						if given, ok, err := b.Given(ctx, from); err == nil && ok {
							r = given
						}
					}
					if r.Note != nil {
						for _, holder := range w.sides {
							if holder == to {
								continue
							}
							if err := w.nodes[holder].l.Countersign(ctx, r); err != nil {
								w.t.Fatal(err)
							}
						}
					}
					if len(x.Leaves) == 0 {
						break
					}
				}
			}
		}
	}
	for _, side := range w.sides {
		w.check(side)
		for name, h := range w.nodes[side].l.Heads() {
			own := w.nodes[name].l.Head(name)
			if h.Size != own.Size || h.Root != own.Root || h.Placeable != h.Size {
				w.t.Fatalf("in the end %s holds %+v of %s, which has %+v", side, h, name, own)
			}
		}
		own := w.nodes[side].l.Head(side)
		for _, by := range w.sides {
			if by != side && own.Cosigned[by] != own.Size {
				w.t.Fatalf("in the end %s holds the receipt of %s for %d of %d entries", side, by, own.Cosigned[by], own.Size)
			}
		}
	}
}

func TestReplicasStayTrueWhateverBecomesOfMessagesAndDisks(t *testing.T) {
	for _, count := range []int{2, 3} {
		t.Run(fmt.Sprintf("%d sides", count), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w := newWorld(t, count)
				defer w.close()
				t.Repeat(map[string]func(*rapid.T){
					"write":   func(*rapid.T) { w.write() },
					"say":     func(*rapid.T) { w.say() },
					"hear":    func(*rapid.T) { w.hear() },
					"hear 2":  func(*rapid.T) { w.hear() },
					"empty":   func(*rapid.T) { w.empty() },
					"lose":    func(*rapid.T) { w.lose() },
					"restart": func(*rapid.T) { w.restart() },
					"clock":   func(*rapid.T) { w.turnClock() },
				})
				w.settle()
			})
		})
	}
}
