package node_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

func once(key, request string) *node.Once {
	return &node.Once{Key: sha256.Sum256([]byte(key)), Request: sha256.Sum256([]byte(request))}
}

// keyed is a dispatch under a key, with its subject as the request.
func keyed(key, subject string) node.Act {
	act := send("duty-officer", subject, nil)
	act.Once = once(key, subject)
	return act
}

// subjects lists the subjects of south's dispatches, the last first.
func subjects(t *testing.T, n *node.Node) (list []string) {
	t.Helper()
	lines, _, err := n.Records().Dispatches(t.Context(), records.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		list = append(list, line.Subject)
	}
	return list
}

func TestAnActUnderAKeyIsDoneOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, o *liaisontest.Office) {
		write := func(act node.Act) (node.Written, error) { return o.Nodes["south"].Write(context.Background(), act) }
		first, err := write(keyed("a", "one"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = write(keyed("a", "another"))
		liaisontest.Refused(t, err, "once-differs")
		second, err := write(keyed("b", "one"))
		if err != nil || second.ID == first.ID {
			t.Errorf("under another key: %+v, %v", second, err)
		}
		// The same again: at once, many together, and after the node was stopped.
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if again, err := write(keyed("a", "one")); err != nil || again.ID != first.ID || again.Number != first.Number || !again.At.Equal(first.At) || len(again.To) != 1 {
					t.Errorf("again: %+v, %v, want %+v", again, err, first)
				}
				if again, err := write(keyed("c", "three")); err != nil || again.Number != 3 {
					t.Errorf("twenty together: %+v, %v", again, err)
				}
			})
		}
		wg.Wait()
		o.Stop("south")
		o.Start("south")
		if again, err := write(keyed("a", "one")); err != nil || again.ID != first.ID {
			t.Errorf("after it was stopped: %+v, %v", again, err)
		}
		if got := subjects(t, o.Nodes["south"]); len(got) != 3 {
			t.Errorf("released: %v", got)
		}
		// What was refused may be asked for again.
		refused := keyed("d", "four")
		refused.By = "nobody"
		_, err = write(refused)
		liaisontest.Refused(t, err, office.PostUnknown)
		if _, err = write(keyed("d", "four")); err != nil {
			t.Errorf("after a refusal: %v", err)
		}
		// A key is forgotten in the end, and not in the first day.
		o.TurnClock("south", 24*time.Hour)
		if again, err := write(keyed("a", "one")); err != nil || again.ID != first.ID {
			t.Errorf("after a day: %+v, %v", again, err)
		}
	})
}

// onBoth opens an office on each kind of database.
func onBoth(t *testing.T, f func(t *testing.T, o *liaisontest.Office)) {
	t.Run("sqlite", func(t *testing.T) { f(t, liaisontest.Open(t, "north", "south")) })
	t.Run("postgresql", func(t *testing.T) {
		o := liaisontest.NewOffice(t, "north", "south")
		url := sqldbtest.PostgreSQL(t)
		o.Base = func(side office.Side, name string) sqldb.Config {
			return sqldb.Config{URL: url, Schema: side + "_" + name}
		}
		o.Start("north")
		o.Start("south")
		o.Equal()
		f(t, o)
	})
}

// TestAnActUnderAKeyIsDoneOnceHoweverItsCommitEnds breaks the commit of the
// ledger and that of the key in each way, lets the node go down with it, and asks
// again when it is back.
func TestAnActUnderAKeyIsDoneOnceHoweverItsCommitEnds(t *testing.T) {
	for _, base := range []string{"ledger", "local"} {
		for _, point := range []sqldb.Point{sqldb.BeforeExec, sqldb.AfterExec, sqldb.BeforeCommit, sqldb.AfterCommit} {
			t.Run(base+" "+string(point), func(t *testing.T) {
				var broken atomic.Bool
				o := liaisontest.NewOffice(t, "north", "south")
				o.Base = func(side office.Side, name string) sqldb.Config {
					c := sqldb.Config{URL: "sqlite:" + filepath.Join(o.Dir(side), name+".db")}
					if side == "south" && name == base {
						c.Fault = func(p sqldb.Point) error {
							if broken.Load() && p == point {
								return errors.New("the machine stops here")
							}
							return nil
						}
					}
					return c
				}
				o.Start("north")
				o.Start("south")
				o.Equal()
				o.Wire.Cut("south", "north") // else what is heard of the line is broken too
				broken.Store(true)
				first, failed := o.Nodes["south"].Write(context.Background(), keyed("a", "one"))
				o.Stop("south")
				broken.Store(false)
				o.Wire.Mend("south", "north")
				south := o.Start("south")
				again, err := south.Write(context.Background(), keyed("a", "one"))
				if err != nil || failed == nil && again.ID != first.ID {
					t.Errorf("first %+v, %v; again %+v, %v", first, failed, again, err)
				}
				o.Equal()
				if got := subjects(t, south); len(got) != 1 {
					t.Errorf("released: %v", got)
				}
			})
		}
	}
}

func TestWhatIsNoEntryIsDoneOnceToo(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	south := o.Nodes["south"]
	ctx := t.Context()
	done := 0
	do := func() node.Answer { done++; return node.Answer{Status: 201, Body: []byte("made")} }
	for i := range 3 {
		answer, again, err := south.Once(ctx, *once("a", "one"), do)
		if err != nil || again != (i > 0) || answer.Status != 201 || string(answer.Body) != "made" || done != 1 {
			t.Errorf("%d: %+v, %v, %v, done %d times", i, answer, again, err, done)
		}
	}
	_, _, err := south.Once(ctx, *once("a", "two"), do)
	liaisontest.Refused(t, err, "once-differs")
	// What was refused may be asked for again.
	if _, again, err := south.Once(ctx, *once("b", "one"), func() node.Answer { return node.Answer{} }); again || err != nil {
		t.Error(again, err)
	}
	if _, again, err := south.Once(ctx, *once("b", "one"), do); again || err != nil || done != 2 {
		t.Error(again, err, done)
	}
	// The node stops while it is done: nobody knows, and that is said.
	func() {
		defer func() { _ = recover() }()
		_, _, _ = south.Once(ctx, *once("c", "one"), func() node.Answer { panic("the machine stops here") })
	}()
	o.Stop("south")
	south = o.Start("south")
	_, _, err = south.Once(ctx, *once("c", "one"), do)
	liaisontest.Refused(t, err, "once-unknown")
}
