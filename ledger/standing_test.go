package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"liaison.example/ledger"
	"liaison.example/sqldb"
)

// openFile opens a database in a file, which can be opened again.
func openFile(t testing.TB, path string, fault func(sqldb.Point) error) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// wantPromise expects what a side has promised last.
func wantPromise(t *testing.T, l *ledger.Ledger, side string, own int64, seen map[string]int64) {
	t.Helper()
	standings := l.Standings(side)
	if len(standings) == 0 {
		t.Fatalf("nothing is remembered of what %s promised", side)
	}
	if last := standings[len(standings)-1]; last.Own != own || !maps.Equal(last.Seen, seen) {
		t.Fatalf("%s has promised %+v, want own %d and seen %v", side, last, own, seen)
	}
}

func TestAPromiseThatCouldNotBeStoredIsNotHeld(t *testing.T) {
	c := newClock()
	broken := false
	path := t.TempDir() + "/ledger.db"
	db := openFile(t, path, func(p sqldb.Point) error {
		if broken && p == sqldb.BeforeCommit {
			return errors.New("broken")
		}
		return nil
	})
	south := openOn(t, db, c, "south", "north")
	write(t, south, c.now, bodies(5)...)
	broken = true
	promise := ledger.Standing{Own: 0, Seen: map[string]int64{"south": 5}}
	if err := south.Stand(t.Context(), "north", promise); err == nil {
		t.Fatal("a promise was stored on a broken disk")
	}
	if s := south.Standings("north"); len(s) > 0 {
		t.Fatalf("what is not on disk is held: %+v", s)
	}
	broken = false
	if err := south.Stand(t.Context(), "north", promise); err != nil {
		t.Fatal(err)
	}
	wantPromise(t, south, "north", 0, promise.Seen)
	wantPromise(t, openOn(t, openFile(t, path, nil), c, "south", "north"), "north", 0, promise.Seen)
}

func TestWhatASidePromisesInPartsHoldsAfterARestart(t *testing.T) {
	c := newClock()
	path := t.TempDir() + "/ledger.db"
	sides := []string{"east", "north", "south"}
	south := openOn(t, openFile(t, path, nil), c, "south", sides...)
	north := open(t, c, "north", sides...)
	write(t, south, c.now, bodies(9)...)
	for _, s := range []ledger.Standing{
		{Own: 0, Seen: map[string]int64{"south": 5}},
		{Own: 0, Seen: map[string]int64{"east": 2}},
		{Own: 1, Seen: map[string]int64{"south": 6}},
		{Own: 9, Seen: map[string]int64{"south": 7}},
		{Own: 4, Seen: map[string]int64{"south": 3, "east": 1}}, // nothing that was not promised
	} {
		if err := south.Stand(t.Context(), "north", s); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int64{"south": 7, "east": 2}
	wantPromise(t, south, "north", 9, want)
	south = openOn(t, openFile(t, path, nil), c, "south", sides...)
	wantPromise(t, south, "north", 9, want)
	write(t, north, c.now, `{}`)
	refusal(t, tryPush(north, south, "north"), ledger.RefusedSeenBack)
}

func TestAPromiseAboutEntriesThatAreHereBindsWhatComesAfterThem(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(5)...)
	write(t, north, c.now, `{}`)
	push(t, north, south, "north")
	// It is not true of north/0, which has seen nothing.
	if err := south.Stand(t.Context(), "north", ledger.Standing{Own: 0, Seen: map[string]int64{"south": 5}}); err != nil {
		t.Fatal(err)
	}
	wantPromise(t, south, "north", 1, map[string]int64{"south": 5})
	write(t, north, c.now, `{}`)
	refusal(t, tryPush(north, south, "north"), ledger.RefusedSeenBack)
}

func TestPromisesAboutTheFutureAreBoundedAndNoneIsForgotten(t *testing.T) {
	c := newClock()
	path := t.TempDir() + "/ledger.db"
	south := openOn(t, openFile(t, path, nil), c, "south", "north")
	north := open(t, c, "north", "south")
	alone := open(t, c, "south", "north") // the same entries, each under a checkpoint of its own
	write(t, south, c.now, bodies(1000)...)
	for i := range int64(400) {
		// With its cosignature, and by itself, in turns.
		s := ledger.Standing{Own: 10 * i, Seen: map[string]int64{"south": 5 + i}}
		if i%2 == 0 {
			if err := south.Stand(t.Context(), "north", s); err != nil {
				t.Fatal(err)
			}
			continue
		}
		n := alone.Head("south").Size
		write(t, alone, c.now, fmt.Sprintf(`{"n":%d}`, n))
		x, err := alone.Extension(t.Context(), "south", n, 1, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		r, err := north.Extend(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		r.Standing = s
		if err := south.Countersign(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for name, l := range map[string]*ledger.Ledger{"at once": south, "after a restart": openOn(t, openFile(t, path, nil), c, "south", "north")} {
		standings := l.Standings("north")
		if len(standings) != 256 {
			t.Errorf("%s: %d promises are remembered, want 256", name, len(standings))
		}
		for i, s := range standings {
			if s.Own != 10*int64(i) || s.Seen["south"] != 5+int64(i) {
				t.Fatalf("%s: promise %d is %+v, want own %d and %d seen", name, i, s, 10*i, 5+i)
			}
		}
	}
}
