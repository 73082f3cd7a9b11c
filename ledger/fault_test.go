package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"liaison.example/ledger"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

var errBroken = errors.New("broken by the test")

// breaker breaks one point of the write transactions of a database.
type breaker struct {
	left  int // points to let pass before the one to break; below 0, all
	point sqldb.Point
}

func (b *breaker) fault(p sqldb.Point) error {
	if b.left < 0 {
		return nil
	}
	if b.left--; b.left >= 0 {
		return nil
	}
	b.point = p
	return errBroken
}

// arm breaks the n-th point from now on.
func (b *breaker) arm(n int) { b.left, b.point = n, "" }

// bench is a ledger on a database that can be broken.
type bench struct {
	t       *testing.T
	breaker *breaker
	db      *sqldb.DB
	open    func() *ledger.Ledger
	l       *ledger.Ledger
}

// act is one kind of write.
type act struct {
	name    string
	prepare func(l *ledger.Ledger)                 // so that there is something to write
	do      func(l *ledger.Ledger) error           // the write
	stored  func(l *ledger.Ledger) bool            // whether it is there
	again   func(l *ledger.Ledger, err error) bool // whether err is the right answer to a write that is there; nil if that is no error
}

// try breaks an act at each of its points, one time after the other. After each
// it checks the whole database from nothing, looks what became of the write,
// once in the same process and once as after a restart, and writes it if it is
// not there.
func (b *bench) try(a act) {
	b.t.Helper()
	for n := 0; ; n++ {
		a.prepare(b.l)
		b.breaker.arm(n)
		err := a.do(b.l)
		point := b.breaker.point
		b.breaker.arm(-1)
		if point == "" {
			if err != nil {
				b.t.Fatalf("%s: %v", a.name, err)
			}
			if n < 4 {
				b.t.Errorf("%s passed only %d points", a.name, n)
			}
			b.check(a.name)
			return
		}
		what := fmt.Sprintf("%s, broken at point %d (%s)", a.name, n, point)
		if !errors.Is(err, errBroken) {
			b.t.Fatalf("%s: answered %v", what, err)
		}
		if n%2 == 0 {
			b.l = b.open()
		} else if err := b.l.Refresh(b.t.Context()); err != nil {
			b.t.Fatalf("%s: %v", what, err)
		}
		b.check(what)
		if stored := a.stored(b.l); stored != (point == sqldb.AfterCommit) {
			b.t.Fatalf("%s: stored is %v", what, stored)
		}
		err = a.do(b.l)
		if there := point == sqldb.AfterCommit; there && a.again != nil {
			if !a.again(b.l, err) {
				b.t.Fatalf("%s: a second time it was answered %v", what, err)
			}
		} else if err != nil {
			b.t.Fatalf("%s: a second time: %v", what, err)
		}
		if !a.stored(b.l) {
			b.t.Fatalf("%s: done again, it is not there", what)
		}
		b.check(what + ", done again")
	}
}

// check verifies the database from nothing, and that memory is what it says.
func (b *bench) check(what string) {
	b.t.Helper()
	if _, err := ledger.VerifyDatabase(b.t.Context(), b.db, ledger.VerifyOptions{}); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	sameAs(b.t, what, b.l, b.open())
}

// sameAs expects two ledgers on one database to know the same.
func sameAs(t *testing.T, what string, a, b *ledger.Ledger) {
	t.Helper()
	x, y := a.Heads(), b.Heads()
	for side := range y {
		if x[side].Size != y[side].Size || x[side].Root != y[side].Root || x[side].Placeable != y[side].Placeable ||
			string(x[side].Checkpoint) != string(y[side].Checkpoint) || !maps.Equal(x[side].Cosigned, y[side].Cosigned) {
			t.Fatalf("%s: of %s memory says %+v, the database %+v", what, side, x[side], y[side])
		}
		if s, r := a.Standings(side), b.Standings(side); !slices.EqualFunc(s, r, func(s, r ledger.Standing) bool { return s.Own == r.Own && maps.Equal(s.Seen, r.Seen) }) {
			t.Fatalf("%s: of %s memory holds the promises %+v, the database %+v", what, side, s, r)
		}
	}
	if (a.Behind() == "") != (b.Behind() == "") {
		t.Fatalf("%s: memory is behind %q, the database %q", what, a.Behind(), b.Behind())
	}
}

// newBench opens south's ledger on a database that can be broken.
func newBench(t *testing.T, open func(sqldb.Config) *sqldb.DB, schema string, c *clock, sides ...string) *bench {
	t.Helper()
	b := &bench{t: t, breaker: &breaker{left: -1}}
	b.db = open(sqldb.Config{Schema: schema, Fault: b.breaker.fault})
	if slip := b.db.Beside("receipts"); slip != "" { // it has tests of its own: in its place stands a folder
		if err := os.Mkdir(slip, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	b.open = func() *ledger.Ledger { return openOn(t, b.db, c, "south", sides...) }
	b.l = b.open()
	return b
}

func TestEveryWriteThatIsBrokenIsStoredWhollyOrNotAtAll(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		c := newClock()
		b := newBench(t, open, "small", c, "north")
		north := inMemory(t, c, "north", "south")

		appends := func(n int) act {
			var entries []ledger.Entry
			return act{
				name: fmt.Sprintf("append %d", n),
				prepare: func(l *ledger.Ledger) {
					if n > 3 { // up to where they fill a tile
						write(t, l, c.now, bodies(int(240+256-l.Head("south").Size%256))...)
					}
					s := l.Standing()
					entries = nil
					for i, body := range bodies(n) {
						e, err := l.Draft(s.Own+int64(i), s.Seen, c.now, "duty-officer", "dispatch", []byte(body))
						if err != nil {
							t.Fatal(err)
						}
						entries = append(entries, e)
					}
				},
				do: func(l *ledger.Ledger) error { return l.Append(t.Context(), entries) },
				stored: func(l *ledger.Ledger) bool {
					last := entries[len(entries)-1]
					e, err := l.Entry(t.Context(), "south", last.Index)
					return err == nil && e.Hash == last.Hash
				},
				again: func(l *ledger.Ledger, err error) bool { return errors.Is(err, ledger.ErrStale) },
			}
		}
		b.try(appends(1))
		b.try(appends(3))
		newBench(t, open, "append", c, "north").try(appends(33))

		extends := func(n int, partly bool) act {
			var x ledger.Extension
			return act{
				name: fmt.Sprintf("extend by %d", n),
				prepare: func(l *ledger.Ledger) {
					if n > 3 {
						write(t, north, c.now, bodies(int(240+256-north.Head("north").Size%256))...)
						push(t, north, l, "north")
					}
					write(t, north, c.now, bodies(n)...)
					if partly {
						write(t, north, c.now, bodies(1)...)
					}
					var err error
					if x, err = north.Extension(t.Context(), "north", l.Head("north").Size, int64(n), 1<<20); err != nil {
						t.Fatal(err)
					}
				},
				do: func(l *ledger.Ledger) error { _, err := l.Extend(t.Context(), x); return err },
				stored: func(l *ledger.Ledger) bool {
					return l.Head("north").Size == x.From+int64(len(x.Leaves))
				},
				again: func(l *ledger.Ledger, err error) bool {
					var stale *ledger.Stale
					if !errors.As(err, &stale) || stale.Size != x.From+int64(len(x.Leaves)) {
						return false
					}
					given, ok, err := l.Given(t.Context(), "north") // the answer that was lost
					return err == nil && (partly || ok && given.Size == stale.Size)
				},
			}
		}
		b.try(extends(1, false))
		b.try(extends(2, true))

		var r ledger.Receipt
		b.try(act{
			name: "countersign",
			prepare: func(l *ledger.Ledger) {
				write(t, l, c.now, bodies(1)...)
				r = ledger.Receipt{}
				for r.Note == nil {
					x, err := l.Extension(t.Context(), "south", north.Head("south").Size, 1000, 1<<20)
					if err != nil {
						t.Fatal(err)
					}
					if r, err = north.Extend(t.Context(), x); err != nil {
						t.Fatal(err)
					}
				}
			},
			do:     func(l *ledger.Ledger) error { return l.Countersign(t.Context(), r) },
			stored: func(l *ledger.Ledger) bool { return l.Head("south").Cosigned["north"] == r.Size },
		})

		var s ledger.Standing
		b.try(act{
			name: "stand",
			prepare: func(l *ledger.Ledger) {
				write(t, l, c.now, bodies(1)...)
				s = ledger.Standing{Own: north.Head("north").Size, Seen: map[string]int64{"south": l.Head("south").Size}}
			},
			do: func(l *ledger.Ledger) error { return l.Stand(t.Context(), "north", s) },
			stored: func(l *ledger.Ledger) bool {
				all := l.Standings("north")
				return len(all) > 0 && all[len(all)-1].Seen["south"] == s.Seen["south"]
			},
		})

		admitted := 0
		var p ledger.Party
		b.try(act{
			name: "admit",
			prepare: func(*ledger.Ledger) {
				admitted++
				p = keysOf(t, fmt.Sprintf("side-%d", admitted)).Party()
			},
			do: func(l *ledger.Ledger) error { return l.Admit(t.Context(), p) },
			stored: func(l *ledger.Ledger) bool {
				s, err := ledger.VerifyDatabase(t.Context(), b.db, ledger.VerifyOptions{})
				return err == nil && slices.ContainsFunc(s.Ledgers, func(l ledger.LedgerSummary) bool { return l.Side == p.Side })
			},
		})

		north = inMemory(t, c, "north", "south")
		newBench(t, open, "extend", c, "north").try(extends(33, false))
	})
}

func TestARecoveryThatIsBrokenGoesOnAndSignsNoSecondHistory(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		c := newClock()
		lost, north := inMemory(t, c, "south", "north"), inMemory(t, c, "north", "south")
		const each = 40
		write(t, north, c.now, bodies(3)...)
		push(t, north, lost, "north")
		var heads []string // what north was shown, one after the other
		for range 30 {
			write(t, lost, c.now, bodies(each)...)
			push(t, lost, north, "south")
			heads = append(heads, string(lost.Head("south").Checkpoint))
		}
		b := newBench(t, open, "restored", c, "north")
		shown := 0
		b.try(act{
			name:    "note what is missing",
			prepare: func(*ledger.Ledger) { shown++ },
			do:      func(l *ledger.Ledger) error { return l.Note(t.Context(), "south", []byte(heads[shown])) },
			stored: func(l *ledger.Ledger) bool {
				return b.open().Behind() != "" && b.open().Head("south").Noted == int64(shown+1)*each
			},
		})
		write := func(what string) {
			t.Helper()
			if err := tryWrite(b.l, c.now, `{"another":"history"}`); !errors.Is(err, ledger.ErrBehind) {
				t.Fatalf("%s: write while behind: %v", what, err)
			}
		}
		write("after the note")
		if err := b.l.Note(t.Context(), "south", []byte(heads[len(heads)-1])); err != nil {
			t.Fatal(err)
		}
		var x ledger.Extension
		b.try(act{
			name: "recover",
			prepare: func(l *ledger.Ledger) {
				write("before it is whole")
				var err error
				if x, err = north.Extension(t.Context(), "south", l.Head("south").Size, each, 1<<20); err != nil {
					t.Fatal(err)
				}
			},
			do:     func(l *ledger.Ledger) error { return l.Recover(t.Context(), x) },
			stored: func(l *ledger.Ledger) bool { return l.Head("south").Size == x.From+int64(len(x.Leaves)) },
			again:  func(_ *ledger.Ledger, err error) bool { return errors.As(err, new(*ledger.Stale)) },
		})
		for b.l.Head("south").Size < lost.Head("south").Size {
			x, err := north.Extension(t.Context(), "south", b.l.Head("south").Size, 1000, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.l.Recover(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
		push(t, north, b.l, "north")
		b.check("recovered")
		if got, want := b.l.Head("south"), lost.Head("south"); got.Root != want.Root || b.l.Behind() != "" {
			t.Fatalf("recovered %+v, want %+v; behind: %q", got, want, b.l.Behind())
		}
		if err := tryWrite(b.l, c.now, `{"the":"same history"}`); err != nil {
			t.Fatal(err)
		}
		push(t, b.l, north, "south")
	})
}

// inMemory is open, where that name is taken.
func inMemory(t *testing.T, c *clock, side string, sides ...string) *ledger.Ledger {
	t.Helper()
	return open(t, c, side, sides...)
}
