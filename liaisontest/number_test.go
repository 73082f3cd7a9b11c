package liaisontest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
)

// A side that skips numbers, or uses one twice, is not asked in silence.
func TestADispatchOutOfTurnRaisesOneAlarm(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	o.Send("north", "first")
	o.Equal()
	if a, raised := alarm(t, o.Nodes["south"], "number-gap"); raised {
		t.Fatalf("for number 1: %+v", a)
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
	if a, raised := alarm(t, o.Nodes["north"], "number-gap"); raised {
		t.Errorf("the side that wrote it: %+v", a)
	}
	sign(1)
	waitAlarm(t, o.Nodes["south"], "number-gap", 2)

	// Neither a restart nor a fold from nothing flags them again.
	o.Stop("south")
	for _, name := range []string{"records.db", "records.db-wal", "records.db-shm"} {
		if err := os.RemoveAll(filepath.Join(o.Dir("south"), name)); err != nil {
			t.Fatal(err)
		}
	}
	o.Start("south")
	o.Equal()
	sign(9)
	waitAlarm(t, o.Nodes["south"], "number-gap", 3)
	// One that is in turn goes on as ever.
	o.Send("north", "second")
	sign(2)
	waitAlarm(t, o.Nodes["south"], "number-gap", 4)
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
