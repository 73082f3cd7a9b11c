package node_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/sqldb"
)

var (
	hand  = people.Hand{By: people.By{Who: "kim"}, Post: "duty-officer", Role: "duty-officer"}
	draft = people.Content{Channel: "liaison", Precedence: office.Routine, To: []office.Side{"north"}, Subject: "drafted", Text: "One."}
)

func begin(t *testing.T, o *liaisontest.Office) people.Draft {
	t.Helper()
	d, err := o.Nodes["south"].People().NewDraft(t.Context(), hand, "form", draft)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestADraftIsReleasedOnceHoweverACommitEnds breaks each commit on the way of a
// release in each way, lets the node go down with it, and releases the same draft
// again when it is back, under the same key if there was one.
func TestADraftIsReleasedOnceHoweverACommitEnds(t *testing.T) {
	for _, base := range []string{"ledger", "local"} {
		for _, point := range []sqldb.Point{sqldb.BeforeExec, sqldb.AfterExec, sqldb.BeforeCommit, sqldb.AfterCommit} {
			for i := range int64(6) {
				passed, key := i/2, []*node.Once{nil, once("a", "one")}[i%2] // so many times it goes well
				t.Run(fmt.Sprintf("%s %s after %d, with a key: %t", base, point, passed, key != nil), func(t *testing.T) {
					var left atomic.Int64
					left.Store(1 << 40)
					o := liaisontest.NewOffice(t, "north", "south")
					o.Base = func(side office.Side, name string) sqldb.Config {
						c := sqldb.Config{URL: "sqlite:" + filepath.Join(o.Dir(side), name+".db")}
						if side == "south" && name == base {
							c.Fault = func(p sqldb.Point) error {
								if p == point && left.Add(-1) < 0 {
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
					d := begin(t, o)
					o.Wire.Cut("south", "north") // else what is heard of the line is broken too
					left.Store(passed)
					first, failed := o.Nodes["south"].Release(context.Background(), hand, d.ID, 1, key)
					o.Stop("south")
					left.Store(1 << 40)
					o.Wire.Mend("south", "north")
					south := o.Start("south")
					again, err := south.Release(context.Background(), hand, d.ID, 1, key)
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
}

// Where several processes serve one side, a claim may be one that another is
// still at work on: it is left alone until that is over for certain.
func TestAClaimOfAnotherProcessIsLeftAloneUntilItIsOver(t *testing.T) {
	onBoth(t, func(t *testing.T, o *liaisontest.Office) {
		south := o.Nodes["south"]
		d := begin(t, o)
		if _, err := south.People().BeginRelease(t.Context(), hand, d.ID, 1, south.Ledger().Head("south").Size); err != nil {
			t.Fatal(err)
		}
		if o.Base("south", "local").Schema != "" {
			_, err := south.Release(t.Context(), hand, d.ID, 1, nil)
			liaisontest.Refused(t, err, "draft-releasing")
			if d, err = south.Draft(t.Context(), d.ID); err != nil || d.State != people.Releasing {
				t.Errorf("meanwhile: %+v, %v", d, err)
			}
			o.TurnClock("south", 3*time.Minute)
		}
		if w, err := south.Release(t.Context(), hand, d.ID, 1, nil); err != nil || w.Number != 1 {
			t.Errorf("when it is over: %+v, %v", w, err)
		}
		if got := subjects(t, south); len(got) != 1 {
			t.Errorf("released: %v", got)
		}
	})
}

func TestADraftIsReleasedUnderAKeyOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, o *liaisontest.Office) {
		south := o.Nodes["south"]
		release := func(id, version int64, key *node.Once) (node.Written, error) {
			return south.Release(t.Context(), hand, id, version, key)
		}
		d := begin(t, o)
		other, err := south.People().NewDraft(t.Context(), hand, "another form", draft)
		if err != nil {
			t.Fatal(err)
		}
		first, err := release(d.ID, 1, once("a", "one"))
		if err != nil {
			t.Fatal(err)
		}
		same := func(what string, again node.Written, err error) {
			t.Helper()
			if err != nil || again.ID != first.ID || again.Number != first.Number || !again.At.Equal(first.At) || len(again.To) != 1 {
				t.Errorf("%s: %+v, %v, want %+v", what, again, err, first)
			}
		}
		again, err := release(d.ID, 1, once("a", "one"))
		same("again", again, err)
		_, err = release(d.ID, 2, once("a", "another version"))
		liaisontest.Refused(t, err, "once-differs")
		_, err = release(other.ID, 1, once("a", "another draft"))
		liaisontest.Refused(t, err, "once-differs")
		if other, err = south.Draft(t.Context(), other.ID); err != nil || other.State != people.Drafting {
			t.Errorf("the draft that was refused: %+v, %v", other, err)
		}
		// A key that comes later is kept with the same answer.
		again, err = release(d.ID, 1, nil)
		same("without a key", again, err)
		again, err = release(d.ID, 1, once("b", "one"))
		same("under another key", again, err)
		_, err = release(other.ID, 1, once("b", "another draft"))
		liaisontest.Refused(t, err, "once-differs")
		_, err = south.Write(t.Context(), keyed("b", "two"))
		liaisontest.Refused(t, err, "once-differs")
		if got := subjects(t, south); len(got) != 1 {
			t.Errorf("released: %v", got)
		}
	})
}

// A node can be killed between the entry and the note that the draft became it.
// Under its key the release is answered from the ledger, also by a process that
// leaves the draft alone for now.
func TestAReleaseUnderAKeyIsAnsweredFromTheLedger(t *testing.T) {
	onBoth(t, func(t *testing.T, o *liaisontest.Office) {
		south := o.Nodes["south"]
		d := begin(t, o)
		if _, err := south.People().BeginRelease(t.Context(), hand, d.ID, 1, south.Ledger().Head("south").Size); err != nil {
			t.Fatal(err)
		}
		body, err := d.Content.Body()
		if err != nil {
			t.Fatal(err)
		}
		first, err := south.Write(t.Context(), node.Act{By: hand.Post, Kind: office.KindDispatch, Body: body, Once: once("a", "one")})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := south.Release(t.Context(), hand, d.ID, 1, once("a", "one")); err != nil || again.ID != first.ID {
			t.Errorf("again: %+v, %v, want %+v", again, err, first)
		}
		o.TurnClock("south", 3*time.Minute)
		if d, err = south.Draft(t.Context(), d.ID); err != nil || d.State != people.Released || d.Entry != first.ID {
			t.Errorf("the draft: %+v, %v", d, err)
		}
	})
}
