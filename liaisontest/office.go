package liaisontest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/sqldb"
)

// OfficeName is the name of the office in tests.
const OfficeName = "kaesong.example"

// Office is an office in a test: a node for each side, joined by a Wire. Each
// node keeps its databases in a folder of its own, so that it can be stopped
// and started, thrown away and restored.
type Office struct {
	T     testing.TB
	Wire  *Wire
	Sides []office.Side
	Nodes map[office.Side]*node.Node
	// Base gives the databases of a node; SQLite files in its folder unless set.
	Base func(side office.Side, name string) sqldb.Config
	// Change changes what a node is made of, before it starts; it may be nil.
	Change func(side office.Side, c *node.Config)
	// Free is how many bytes are free on a side's disk, where that is bounded.
	Free map[office.Side]int64
	// Zones are the zones of the sides, where they are not Asia/Seoul; it may be nil.
	Zones map[office.Side]string

	skew map[office.Side]*atomic.Int64 // by how many nanoseconds each side's clock is off
	dirs map[office.Side]string
	keys map[office.Side]*ledger.Keys
}

// NewOffice makes an office of the sides given, whose nodes are not started.
func NewOffice(t testing.TB, sides ...office.Side) *Office {
	o := &Office{
		T: t, Wire: NewWire(nil), Sides: slices.Sorted(slices.Values(sides)), Nodes: map[office.Side]*node.Node{},
		Free: map[office.Side]int64{}, skew: map[office.Side]*atomic.Int64{}, dirs: map[office.Side]string{}, keys: map[office.Side]*ledger.Keys{},
	}
	for _, side := range sides {
		keys, err := ledger.DeriveKeys(sha256.Sum256([]byte(side)), OfficeName, side)
		if err != nil {
			t.Fatal(err)
		}
		o.keys[side], o.dirs[side], o.skew[side] = keys, t.TempDir(), &atomic.Int64{}
	}
	o.Base = func(side office.Side, name string) sqldb.Config {
		return sqldb.Config{URL: "sqlite:" + filepath.Join(o.dirs[side], name+".db")}
	}
	t.Cleanup(o.Close)
	return o
}

// Open makes an office, starts all its nodes and waits until it is open and
// every side has its first posts.
func Open(t testing.TB, sides ...office.Side) *Office {
	o := NewOffice(t, sides...)
	for _, side := range o.Sides {
		o.Start(side)
	}
	o.Equal()
	return o
}

// Dir is the folder of a side's node.
func (o *Office) Dir(side office.Side) string { return o.dirs[side] }

// NewDir gives a side's node an empty folder, as after a fire.
func (o *Office) NewDir(side office.Side) { o.dirs[side] = o.T.TempDir() }

// Credence is a side's credence, as other sides open it.
func (o *Office) Credence(side office.Side) ledger.Credence {
	o.T.Helper()
	text, err := o.keys[side].SignCredence(ledger.Credence{Name: side, Zone: cmp.Or(o.Zones[side], "Asia/Seoul"), Languages: []string{"ko", "en"}, Address: side + ".example:8411"})
	if err != nil {
		o.T.Fatal(err)
	}
	credence, err := ledger.OpenCredence(text)
	if err != nil {
		o.T.Fatal(err)
	}
	return credence
}

// TurnClock lets a side's clock be off by so much from now on.
func (o *Office) TurnClock(side office.Side, by time.Duration) { o.skew[side].Store(int64(by)) }

// Config is what a side's node is made of.
func (o *Office) Config(side office.Side) node.Config {
	c := node.Config{
		Keys: o.keys[side], Own: o.Credence(side), Carrier: o.Wire.Carrier(side),
		Ledger: o.Base(side, "ledger"), Local: o.Base(side, "local"), Records: o.Base(side, "records"),
		Evidence: filepath.Join(o.dirs[side], "evidence"), Restored: filepath.Join(o.dirs[side], "restored"),
		Now: func() time.Time { return time.Now().Add(time.Duration(o.skew[side].Load())) }, Log: slog.New(slog.DiscardHandler), Version: "test",
		Demo: true,
	}
	if _, bounded := o.Free[side]; bounded {
		c.Free = func() (int64, error) { return o.Free[side], nil }
	}
	for _, other := range o.Sides {
		if other != side {
			c.Admitted = append(c.Admitted, o.Credence(other))
		}
	}
	if o.Change != nil {
		o.Change(side, &c)
	}
	return c
}

// Start starts a side's node.
func (o *Office) Start(side office.Side) *node.Node {
	o.T.Helper()
	n, err := node.Open(context.Background(), o.Config(side))
	if err != nil {
		o.T.Fatalf("start %s: %v", side, err)
	}
	o.Nodes[side] = n
	o.Wire.Join(side, n.Link())
	return n
}

// Stop stops a side's node.
func (o *Office) Stop(side office.Side) {
	o.T.Helper()
	n := o.Nodes[side]
	if n == nil {
		return
	}
	o.Wire.Join(side, nil)
	delete(o.Nodes, side)
	if err := n.Close(); err != nil {
		o.T.Errorf("stop %s: %v", side, err)
	}
}

// Close stops all nodes.
func (o *Office) Close() {
	for _, side := range o.Sides {
		o.Stop(side)
	}
	o.Wire.Wait()
}

// Send releases a dispatch to all other sides from a side's duty officer.
func (o *Office) Send(side office.Side, subject string) node.Written {
	o.T.Helper()
	w, err := o.TrySend(side, subject)
	if err != nil {
		o.T.Fatalf("%s sends %q: %v", side, subject, err)
	}
	return w
}

// TrySend is Send with the error.
func (o *Office) TrySend(side office.Side, subject string) (node.Written, error) {
	return o.Nodes[side].Write(context.Background(), node.Act{By: "duty-officer", Kind: office.KindDispatch, Body: &office.DispatchBody{
		Channel: "liaison", Precedence: office.Routine, Subject: subject, Text: "가나다 abc 123 .,:",
	}})
}

// Equal waits until all nodes that run hold and have placed the same entries,
// the office is open and staffed, and all have settled the same digest. It
// fails when that does not come to be in a minute.
func (o *Office) Equal() {
	o.T.Helper()
	var last string
	for range 6000 {
		if last = o.differ(); last == "" {
			return
		}
		time.Sleep(10 * time.Millisecond) // of the clock that is turned by hand
	}
	o.T.Fatal("the nodes do not become equal: ", last)
}

// differ says in what the nodes differ, or what is not done yet.
func (o *Office) differ() string {
	var first node.Status
	for i, side := range slices.Sorted(maps.Keys(o.Nodes)) {
		s := o.Status(side)
		var placed, total int64
		for _, state := range s.Sides {
			placed, total = placed+state.Placed, total+state.Size
		}
		posts, err := o.Nodes[side].Records().Posts(context.Background(), side)
		switch {
		case err != nil:
			return err.Error()
		case !s.Open || len(posts) < 2:
			return side + " is not open"
		case s.Mode != node.Ready:
			return side + " is " + string(s.Mode) + ": " + s.Why
		case placed != total:
			return fmt.Sprintf("%s has placed %d of %d", side, placed, total)
		case s.Count != total:
			return fmt.Sprintf("%s has settled %d of %d", side, s.Count, total)
		}
		if i == 0 {
			first = s
		} else if s.Digest != first.Digest || s.Count != first.Count {
			return fmt.Sprintf("%s has %d entries with digest %s, %s has %d with %s", first.Side, first.Count, first.Digest, side, s.Count, s.Digest)
		}
	}
	return ""
}

// Status is the state of a side's node.
func (o *Office) Status(side office.Side) node.Status {
	o.T.Helper()
	s, err := o.Nodes[side].Status(context.Background())
	if err != nil {
		o.T.Fatalf("status of %s: %v", side, err)
	}
	return s
}

// Refused expects an error to be a refusal with a code.
func Refused(t testing.TB, err error, code office.Reason) *node.Refusal {
	t.Helper()
	var refusal *node.Refusal
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Fatalf("got %v, want the refusal %q", err, code)
	}
	return refusal
}

// Dump is the whole record of a node as text, for comparing.
func (o *Office) Dump(side office.Side) string {
	o.T.Helper()
	text := ""
	for before := int64(0); ; {
		entries, err := o.Nodes[side].Records().Record(context.Background(), before, 500)
		if err != nil {
			o.T.Fatal(err)
		}
		if len(entries) == 0 {
			return text
		}
		for _, e := range entries {
			text += fmt.Sprintf("%d %s %s %s %q %s\n", e.Pos, e.ID, e.Kind, e.By, e.Verdict.Void, hex.EncodeToString(e.Digest[:8]))
			before = e.Pos
		}
	}
}
