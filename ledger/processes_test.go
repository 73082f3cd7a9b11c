package ledger_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// twoProcesses opens the ledger of south twice on one PostgreSQL database, as
// two processes do.
func twoProcesses(t *testing.T, c *clock) (a, b *ledger.Ledger, db *sqldb.DB) {
	t.Helper()
	url := sqldbtest.PostgreSQL(t)
	open := func() (*ledger.Ledger, *sqldb.DB) {
		db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url, Schema: "ledger", Durable: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return openOn(t, db, c, "south", "north"), db
	}
	a, _ = open()
	b, db = open()
	return a, b, db
}

func TestTwoProcessesOfOneSideWriteOneHistory(t *testing.T) {
	c := newClock()
	a, b, db := twoProcesses(t, c)
	const each = 40
	var both sync.WaitGroup
	for _, l := range []*ledger.Ledger{a, b} {
		both.Go(func() {
			for n := 0; n < each; {
				switch err := tryWrite(l, c.now, `{}`); {
				case err == nil:
					n++
				case !errors.Is(err, ledger.ErrStale): // the other was quicker
					t.Error(err)
					return
				}
			}
		})
	}
	both.Wait()
	if s := sound(t, db); s.Ledgers[1].Entries != 2*each {
		t.Errorf("%d entries, want %d", s.Ledgers[1].Entries, 2*each)
	}
}

func TestWhatOneProcessIsToldTheOtherHolds(t *testing.T) {
	c := newClock()
	a, b, db := twoProcesses(t, c)
	north := open(t, c, "north", "south")
	write(t, a, c.now, `{}`)
	push(t, a, north, "south") // a has the receipt, with a promise

	liar := open(t, c, "north", "south")
	write(t, liar, c.now, `{"backdated":1}`)
	x, err := liar.Extension(t.Context(), "north", 0, 10, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Extend(t.Context(), x)
	refusal(t, err, ledger.RefusedSeenBack)

	// A promise without a cosignature.
	write(t, a, c.now, `{}`)
	if err := a.Stand(t.Context(), "north", ledger.Standing{Own: 0, Seen: map[string]int64{"south": 2}}); err != nil {
		t.Fatal(err)
	}
	write(t, north, c.now, `{}`) // has seen one
	x, err = north.Extension(t.Context(), "north", 0, 10, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Extend(t.Context(), x)
	refusal(t, err, ledger.RefusedSeenBack)
	sound(t, db)
}

func TestAProcessIsNotBehindForWhatTheOtherHasWritten(t *testing.T) {
	c := newClock()
	a, b, db := twoProcesses(t, c)
	north := open(t, c, "north", "south")
	write(t, a, c.now, `{}`, `{}`)
	x, err := a.Extension(t.Context(), "south", 0, 10, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := north.Extend(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	// North greets the other process, which has not looked yet.
	if err := b.Note(t.Context(), "south", north.Head("south").Checkpoint); err != nil {
		t.Fatal(err)
	}
	if why := b.Behind(); why != "" {
		t.Errorf("it is behind: %s", why)
	}
	write(t, a, c.now, `{}`)
	x, err = a.Extension(t.Context(), "south", 2, 10, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	r, err := north.Extend(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Countersign(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if n := b.Head("south").Cosigned["north"]; n != 3 {
		t.Errorf("the receipt for 3 entries was given to the other process, and it holds one for %d", n)
	}
	sound(t, db)
}

func TestAProcessIsWokenByTheOther(t *testing.T) {
	c := newClock()
	a, b, _ := twoProcesses(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var listening sync.WaitGroup
	listening.Go(func() {
		if err := b.Listen(ctx, func(err error) { t.Error(err) }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	wake, stop := b.Subscribe()
	defer stop()
	write(t, a, c.now, `{}`)
	for b.Head("south").Size == 0 {
		select {
		case <-wake:
		case <-ctx.Done():
			t.Fatal("it was not woken")
		}
	}
	cancel()
	listening.Wait()
}
