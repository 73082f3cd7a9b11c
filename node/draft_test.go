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
// again when it is back.
func TestADraftIsReleasedOnceHoweverACommitEnds(t *testing.T) {
	for _, base := range []string{"ledger", "local"} {
		for _, point := range []sqldb.Point{sqldb.BeforeExec, sqldb.AfterExec, sqldb.BeforeCommit, sqldb.AfterCommit} {
			for passed := range int64(3) { // so many times it goes well
				t.Run(fmt.Sprint(base, " ", point, " after ", passed), func(t *testing.T) {
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
					first, failed := o.Nodes["south"].Release(context.Background(), hand, d.ID, 1)
					o.Stop("south")
					left.Store(1 << 40)
					o.Wire.Mend("south", "north")
					south := o.Start("south")
					again, err := south.Release(context.Background(), hand, d.ID, 1)
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
			_, err := south.Release(t.Context(), hand, d.ID, 1)
			liaisontest.Refused(t, err, "draft-releasing")
			if d, err = south.Draft(t.Context(), d.ID); err != nil || d.State != people.Releasing {
				t.Errorf("meanwhile: %+v, %v", d, err)
			}
			o.TurnClock("south", 3*time.Minute)
		}
		if w, err := south.Release(t.Context(), hand, d.ID, 1); err != nil || w.Number != 1 {
			t.Errorf("when it is over: %+v, %v", w, err)
		}
		if got := subjects(t, south); len(got) != 1 {
			t.Errorf("released: %v", got)
		}
	})
}
