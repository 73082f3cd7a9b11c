package liaisontest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// onBoth runs f with an office of north and south on each kind of database.
func onBoth(t *testing.T, f func(t *testing.T, o *liaisontest.Office)) {
	t.Run("sqlite", func(t *testing.T) { f(t, liaisontest.Open(t, "north", "south")) })
	t.Run("postgresql", func(t *testing.T) {
		o := liaisontest.NewOffice(t, "north", "south")
		url := sqldbtest.PostgreSQL(t)
		o.Base = func(side office.Side, name string) sqldb.Config {
			return sqldb.Config{URL: url, Schema: side + "_" + name}
		}
		for _, side := range o.Sides {
			o.Start(side)
		}
		o.Equal()
		f(t, o)
	})
}

// A side that skips numbers, or uses one twice, is not asked in silence.
func TestADispatchOutOfTurnRaisesOneAlarm(t *testing.T) { onBoth(t, outOfTurn) }

func outOfTurn(t *testing.T, o *liaisontest.Office) {
	o.Send("north", "first")
	o.Equal()
	for _, code := range []string{"number-gap", "number-again"} {
		if a, raised := alarm(t, o.Nodes["south"], code); raised {
			t.Fatalf("for number 1: %+v", a)
		}
	}
	// What another program would sign.
	sign := func(number int64) {
		t.Helper()
		body, err := office.Encode(&office.DispatchBody{Channel: "liaison", Number: number, Precedence: office.Routine, Subject: "odd", Text: "odd", To: []office.Side{"south"}})
		if err != nil {
			t.Fatal(err)
		}
		l := o.Nodes["north"].Ledger()
		seen := map[string]int64{"south": l.Head("south").Placeable}
		e, err := l.Draft(l.Head("north").Size, seen, o.Config("north").Now(), "duty-officer", office.KindDispatch, body)
		if err == nil {
			err = l.Append(t.Context(), []ledger.Entry{e})
		}
		if err != nil {
			t.Fatal(err)
		}
		o.Equal()
	}
	sign(5)
	flagged := waitAlarm(t, o.Nodes["south"], "number-gap", 1)
	if flagged.Side != "north" || flagged.Detail["number"] != "5" || flagged.Detail["expected"] != "2" || flagged.Detail["entry"] == "" {
		t.Errorf("got %+v", flagged)
	}
	sign(1)
	flagged = waitAlarm(t, o.Nodes["south"], "number-again", 1)
	if flagged.Side != "north" || flagged.Detail["number"] != "1" || flagged.Detail["expected"] != "2" || flagged.Detail["entry"] == "" {
		t.Errorf("got %+v", flagged)
	}
	for _, code := range []string{"number-gap", "number-again"} {
		if a, raised := alarm(t, o.Nodes["north"], code); raised {
			t.Errorf("the side that wrote it: %+v", a)
		}
	}

	// Neither a restart nor a fold from nothing flags them again.
	o.Stop("south")
	recordsBase, err := sqldb.Open(t.Context(), o.Base("south", "records"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(recordsBase.Reset(t.Context()), recordsBase.Close()); err != nil {
		t.Fatal(err)
	}
	o.Start("south")
	o.Equal()
	sign(9)
	waitAlarm(t, o.Nodes["south"], "number-gap", 2)
	// One that is in turn goes on as ever.
	o.Send("north", "second")
	sign(2)
	waitAlarm(t, o.Nodes["south"], "number-again", 2)
	waitAlarm(t, o.Nodes["south"], "number-gap", 2)
}

// waitAlarm waits until an alarm was raised so often.
func waitAlarm(t *testing.T, n *node.Node, code string, count int64) node.Alarm {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	events, stop := n.Watch()
	defer stop()
	for {
		if a, _ := alarm(t, n, code); a.Count >= count {
			if a.Count > count {
				t.Fatalf("%s was raised %d times, want %d", code, a.Count, count)
			}
			return a
		}
		select {
		case <-events:
		case <-time.After(50 * time.Millisecond): // the second of a code sends no event
		case <-ctx.Done():
			t.Fatalf("no alarm %s", code)
		}
	}
}
