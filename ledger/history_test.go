package ledger_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/sqldb"
)

func TestANodeThatKnowsThatItIsBehindKnowsItAfterARestart(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, north, c.now, bodies(3)...)
	push(t, north, south, "north")
	write(t, south, c.now, bodies(2)...)
	push(t, south, north, "south")
	given, _, err := south.Given(t.Context(), "north")
	if err != nil {
		t.Fatal(err)
	}
	for name, show := range map[string]func(l *ledger.Ledger) error{
		"shown what it signed":   func(l *ledger.Ledger) error { return l.Note(t.Context(), "south", north.Head("south").Checkpoint) },
		"shown what it cosigned": func(l *ledger.Ledger) error { return l.NoteCosigned(t.Context(), "north", given.Note) },
	} {
		path := t.TempDir() + "/ledger.db"
		restored := openOn(t, openFile(t, path, nil), c, "south", "north")
		if err := show(restored); err != nil {
			t.Fatal(name, err)
		}
		if err := restored.Admit(t.Context(), keysOf(t, "south").Party()); err != nil {
			t.Fatal(name, err)
		}
		for again := range 2 {
			if err := tryWrite(restored, c.now, `{"another":"history"}`); !errors.Is(err, ledger.ErrBehind) {
				t.Fatalf("%s: write after %d restarts: %v, want ErrBehind", name, again, err)
			}
			restored = openOn(t, openFile(t, path, nil), c, "south", "north")
		}
		for restored.Head("south").Size < 2 && strings.Contains(name, "signed") && !strings.Contains(name, "cosigned") {
			x, err := north.Extension(t.Context(), "south", restored.Head("south").Size, 100, 1<<20)
			if err != nil {
				t.Fatal(name, err)
			}
			if err := restored.Recover(t.Context(), x); err != nil {
				t.Fatal(name, err)
			}
		}
		push(t, north, restored, "north")
		if why := restored.Behind(); why != "" {
			t.Errorf("%s: with all back it is still behind: %s", name, why)
		}
		if why := openOn(t, openFile(t, path, nil), c, "south", "north").Behind(); why != "" {
			t.Errorf("%s: with all back it is still behind after a restart: %s", name, why)
		}
	}
}

func TestANodeThatIsBehindPromisesNothingOfWhatItLacks(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(7)...)
	push(t, south, north, "south")
	restored := open(t, c, "south", "north")
	if err := restored.Note(t.Context(), "south", north.Head("south").Checkpoint); err != nil {
		t.Fatal(err)
	}
	write(t, north, c.now, `{}`) // has seen all seven
	x, err := north.Extension(t.Context(), "north", 0, 10, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	_, err = restored.Extend(t.Context(), x)
	refusal(t, err, ledger.RefusedUnwritten)
	if s := restored.Standing(); s.Own != 7 {
		t.Errorf("it promises for its entries from %d on, and has signed 7", s.Own)
	}
}

func TestANodeThatPromisedBeforeItKnewThatItWasBehindIsRestored(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(3)...)
	write(t, north, c.now, bodies(3)...) // has seen nothing
	push(t, south, north, "south")
	path := t.TempDir() + "/ledger.db"
	restored := openOn(t, openFile(t, path, nil), c, "south", "north")
	push(t, north, restored, "north") // "my entries from 0 on will have seen 3": not so
	restored = openOn(t, openFile(t, path, nil), c, "south", "north")
	x, err := north.Extension(t.Context(), "south", 0, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := restored.Recover(t.Context(), x); err != nil {
		t.Fatalf("its own entries are refused: %v", err)
	}
	write(t, restored, c.now, `{}`)
	push(t, restored, north, "south")
}

func TestEntriesAheadOfTheClockAreRecovered(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	c.now = c.now.Add(100 * time.Hour) // a clock set wrong
	write(t, south, c.now, `{}`)
	push(t, south, north, "south")
	c.now = c.now.Add(-100 * time.Hour)
	restored := open(t, c, "south", "north")
	x, err := north.Extension(t.Context(), "south", 0, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := restored.Recover(t.Context(), x); err != nil {
		t.Fatal(err)
	}
}

// falsified is an extension with another entry in the place of its last.
func falsified(t *testing.T, from *ledger.Ledger, side string, at int64) ledger.Extension {
	t.Helper()
	x, err := from.Extension(t.Context(), side, at, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	x.Leaves = slices.Clone(x.Leaves)
	last := len(x.Leaves) - 1
	x.Leaves[last] = []byte(strings.Replace(string(x.Leaves[last]), `"n":`, `"m":`, 1))
	return x
}

func TestFalseEntriesFromARelayAreNoForkOfTheWriter(t *testing.T) {
	c := newClock()
	sides := []string{"east", "north", "south"}
	east, north, south := open(t, c, "east", sides...), open(t, c, "north", sides...), open(t, c, "south", sides...)
	write(t, east, c.now, `{"n":0}`)
	push(t, east, south, "east")
	write(t, east, c.now, `{"n":1}`, `{"n":2}`, `{"n":3}`)
	push(t, east, north, "east")
	if err := south.Note(t.Context(), "east", east.Head("east").Checkpoint); err != nil { // east's own word
		t.Fatal(err)
	}
	x := falsified(t, north, "east", 1)
	x.Relayed = true
	_, err := south.Extend(t.Context(), x)
	if r := refusal(t, err, ledger.RefusedProof); r.Lasting {
		t.Error("what a relay sent is refused for ever")
	}
	// What is false does not lead to a checkpoint shown before either.
	write(t, east, c.now, `{"n":4}`)
	push(t, east, north, "east")
	x = falsified(t, north, "east", 1)
	x.Relayed = true
	_, err = south.Extend(t.Context(), x)
	refusal(t, err, ledger.RefusedProof)
	push(t, north, south, "east")
}

func TestFalseEntriesGivenBackAreNoForkOfOurOwn(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(2)...)
	push(t, south, north, "south")
	restored := open(t, c, "south", "north")
	write(t, restored, c.now, bodies(1)...)
	write(t, south, c.now, bodies(3)...)
	push(t, south, north, "south")
	refusal(t, restored.Recover(t.Context(), falsified(t, north, "south", 1)), ledger.RefusedReturn)
	x, err := north.Extension(t.Context(), "south", 1, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := restored.Recover(t.Context(), x); err != nil {
		t.Fatal(err)
	}
}

func TestTwoTreesOfOneSizeAreAForkWhicheverCameFirst(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	other := open(t, c, "south", "north")
	write(t, other, c.now, `{"a":1}`, `{"a":2}`)
	write(t, south, c.now, `{"a":1}`, `{"a":3}`)
	if err := north.Note(t.Context(), "south", other.Head("south").Checkpoint); err != nil {
		t.Fatal(err)
	}
	r := refusal(t, tryPush(south, north, "south"), ledger.RefusedFork)
	for _, l := range []*ledger.Ledger{south, other} {
		if !strings.Contains(string(r.Evidence), string(l.Head("south").Checkpoint)) {
			t.Errorf("the evidence lacks a signed checkpoint:\n%s", r.Evidence)
		}
	}
}

func TestAShownCheckpointIsNotForgottenWhenANearerOneComes(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	other := open(t, c, "south", "north")
	write(t, other, c.now, `{"a":1}`, `{"a":2}`, `{"a":3}`)
	if err := north.Note(t.Context(), "south", other.Head("south").Checkpoint); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{`{"b":1}`, `{"b":2}`} {
		write(t, south, c.now, body)
		push(t, south, north, "south")
	}
	write(t, south, c.now, `{"b":3}`)
	refusal(t, tryPush(south, north, "south"), ledger.RefusedFork)
}

func TestASideThatIsNotAdmittedYetIsNotRefusedForEver(t *testing.T) {
	c := newClock()
	east, south := open(t, c, "east", "north", "south"), open(t, c, "south", "north")
	north := open(t, c, "north", "east", "south")
	write(t, east, c.now, `{}`)
	push(t, east, north, "east")
	write(t, north, c.now, `{}`)
	if r := refusal(t, tryPush(north, south, "north"), ledger.RefusedLeaf); r.Lasting {
		t.Error("refused for ever")
	}
	if err := south.Admit(t.Context(), keysOf(t, "east").Party()); err != nil {
		t.Fatal(err)
	}
	push(t, north, south, "north")
}

func TestReadersAndWritersDoNotWaitForEachOther(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(1)...)
	push(t, south, north, "south")
	early := north.Head("south").Checkpoint
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var readers sync.WaitGroup
	done := make(chan struct{})
	defer func() {
		close(done)
		readers.Wait()
	}()
	for range 8 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := south.Receipts(ctx, "south", 0); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 30 {
		write(t, south, c.now, bodies(1)...)
		push(t, south, north, "south")
		if err := south.Note(ctx, "south", early); err != nil { // read under the lock
			t.Fatal(err)
		}
		if err := south.Note(ctx, "north", nil); err == nil {
			t.Fatal("no checkpoint at all was accepted")
		}
	}
}

func TestADamagedHeadIsAnErrorAtStart(t *testing.T) {
	c := newClock()
	for name, damage := range map[string]string{
		"a root that is too short":  `UPDATE head SET root = substr(root, 2)`,
		"a root that is another":    `UPDATE head SET root = zeroblob(32)`,
		"more entries than there":   `UPDATE head SET size = 300`,
		"a size below zero":         `UPDATE head SET size = -1`,
		"more placeable than there": `UPDATE head SET placeable = 4`,
		"a checkpoint of nobody":    `UPDATE head SET checkpoint = x'00'`,
	} {
		db := openFile(t, t.TempDir()+"/ledger.db", nil)
		write(t, openOn(t, db, c, "south", "north"), c.now, bodies(3)...)
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), damage+` WHERE side = 'south'`)
			return err
		})
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := ledger.Open(t.Context(), db, ledger.Config{Office: office, Side: "south", Keys: keysOf(t, "south"), Now: c.time}); err == nil {
			t.Errorf("with %s the ledger was opened", name)
		}
	}
}

func TestADatabaseIsOpenedOnlyForItsOwnSide(t *testing.T) {
	c := newClock()
	db := openFile(t, t.TempDir()+"/ledger.db", nil)
	openOn(t, db, c, "south", "north")
	if _, err := ledger.Open(t.Context(), db, ledger.Config{Office: office, Side: "north", Keys: keysOf(t, "north"), Now: c.time}); err == nil {
		t.Fatal("north opened the database of south")
	}
}

func TestNoTileIsFoundUnderAnotherName(t *testing.T) {
	c := newClock()
	south := open(t, c, "south", "north")
	write(t, south, c.now, bodies(600)...)
	for _, path := range []string{
		"tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/000", "tile/entries/002.p/88", "checkpoint",
	} {
		if _, err := south.TileData(t.Context(), "south", path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{
		"", "/", "tile", "tile/", "0/000", "8/0/000", "tile/8/0/000", "tile/data/000", "tile/0/003", "tile/0/002", "tile/0/002.p/89",
		"tile/1/000.p/3", "tile/1/000", "tile/2/000.p/1", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/x000/000", "tile/0/-01",
		"tile/0/x072/x057/x594/x037/x927/936", "tile/entries/x072/x057/x594/x037/x927/936", "tile/63/000", "tile/64/000", "../checkpoint",
	} {
		if data, err := south.TileData(t.Context(), "south", path); !errors.Is(err, ledger.ErrNoTile) {
			t.Errorf("%q: %d bytes, %v, want ErrNoTile", path, len(data), err)
		}
	}
}

// A copy that has signed anew is handed back what it has signed before: it cannot know
// which of the two sides is wrong, takes nothing, and says so.
func TestACopyThatSignedAnewTakesNothingBack(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(2)...)
	push(t, south, north, "south")
	anew := open(t, c, "south", "north")
	write(t, anew, c.now, `{"anew":1}`)
	x, err := north.Extension(t.Context(), "south", 1, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	before := anew.Head("south")
	refusal(t, anew.Recover(t.Context(), x), ledger.RefusedReturn)
	if after := anew.Head("south"); after.Size != before.Size || after.Root != before.Root {
		t.Errorf("it holds %d entries, before %d", after.Size, before.Size)
	}
}
