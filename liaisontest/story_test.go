package liaisontest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"liaison.example/ledger"
	"liaison.example/liaisontest"
	"liaison.example/link"
	"liaison.example/node"
	"liaison.example/office"
)

// story runs a test in a bubble in which the clock is turned by hand.
func story(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func received(o *liaisontest.Office, w node.Written, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return o.Nodes[w.ID.Side].Received(ctx, w.ID)
}

// alarm finds an open alarm with a code.
func alarm(t *testing.T, n *node.Node, code string) (node.Alarm, bool) {
	t.Helper()
	alarms, err := n.Alarms(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alarms {
		if a.Code == code && !a.Cleared {
			return a, true
		}
	}
	return node.Alarm{}, false
}

func TestADispatchIsReceivedAndBothRecordsAreEqual(t *testing.T) {
	for _, sides := range [][]office.Side{{"north", "south"}, {"east", "north", "south"}} {
		t.Run(fmt.Sprint(len(sides), " sides"), func(t *testing.T) {
			story(t, func(t *testing.T) {
				o := liaisontest.Open(t, sides...)
				w := o.Send("south", "first")
				if err := received(o, w, time.Minute); err != nil {
					t.Fatal(err)
				}
				if w.Number != 1 {
					t.Errorf("the first dispatch has number %d", w.Number)
				}
				o.Equal()
				line, found, err := o.Nodes["north"].Records().Dispatch(t.Context(), w.ID)
				if err != nil || !found || line.Subject != "first" {
					t.Fatalf("north's record of %s: %+v, %v, %v", w.ID, line, found, err)
				}
				if _, err := o.Nodes["north"].Write(t.Context(), node.Act{By: "duty-officer", Kind: office.KindAcknowledge, Body: &office.AcknowledgeBody{Dispatch: w.ID}}); err != nil {
					t.Fatal(err)
				}
				o.Equal()
				line, _, err = o.Nodes["south"].Records().Dispatch(t.Context(), w.ID)
				if err != nil || len(line.Acknowledged) != 1 || line.Acknowledged[0].Side != "north" {
					t.Fatalf("south's record of the acknowledgement: %+v, %v", line.Acknowledged, err)
				}
			})
		})
	}
}

func TestWritingGoesOnWhileTheLineIsCut(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		o.Wire.Cut("north", "south")
		var sent []node.Written
		for i := range 200 {
			sent = append(sent, o.Send("south", fmt.Sprint("south ", i)), o.Send("north", fmt.Sprint("north ", i)))
			time.Sleep(time.Minute)
		}
		for _, w := range sent {
			if err := received(o, w, time.Millisecond); err == nil {
				t.Fatalf("%s counts as received over a cut line", w.ID)
			}
		}
		s := o.Status("south").Lines["north"]
		if s.Up || s.Waiting != 200 || !s.WaitingSince.Equal(sent[0].At) {
			t.Fatalf("south's line during the cut: %+v", s)
		}
		o.Wire.Mend("north", "south")
		o.Equal()
		for _, w := range sent {
			if err := received(o, w, time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if n, s := o.Dump("north"), o.Dump("south"); n != s {
			t.Fatalf("the records differ:\n%s\n%s", n, s)
		}
		// Alternating dispatches stand in the order of the clocks, not in two blocks.
		record, err := o.Nodes["south"].Records().Record(t.Context(), 0, 400)
		if err != nil {
			t.Fatal(err)
		}
		for i := range record[:len(record)-1] {
			if record[i].ID.Side == record[i+1].ID.Side {
				t.Fatalf("%s stands next to %s", record[i].ID, record[i+1].ID)
			}
		}
	})
}

func TestOneSideCanOnlyCall(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.NewOffice(t, "north", "south")
		o.Wire.Change("north", "south", func(y *liaisontest.Way) { y.Cut = true }) // north cannot call out
		o.Start("north")
		o.Start("south")
		o.Equal()
		n, s := o.Send("north", "n"), o.Send("south", "s")
		for _, w := range []node.Written{n, s} {
			if err := received(o, w, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		o.Equal()
	})
}

func TestARestoredNodeFetchesItsLedgerBackAndNeverForks(t *testing.T) {
	for _, sides := range [][]office.Side{{"north", "south"}, {"east", "north", "south"}} {
		t.Run(fmt.Sprint(len(sides), " sides"), func(t *testing.T) {
			story(t, func(t *testing.T) {
				o := liaisontest.Open(t, sides...)
				o.Send("south", "before the backup")
				o.Equal()
				backup := t.TempDir()
				if err := o.Nodes["south"].Copy(t.Context(), filepath.Join(backup, "ledger.db"), filepath.Join(backup, "local.db")); err != nil {
					t.Fatal(err)
				}
				for i := range 30 {
					o.Send("south", fmt.Sprint("after the backup ", i))
					o.Send("north", fmt.Sprint("from north ", i))
				}
				o.Equal()
				before := o.Dump("north")
				o.Stop("south")

				o.NewDir("south")
				for _, name := range []string{"ledger.db", "local.db"} {
					data, err := os.ReadFile(filepath.Join(backup, name))
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(o.Dir("south"), name), data, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				mark := filepath.Join(o.Dir("south"), "restored")
				if err := os.WriteFile(mark, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				for _, side := range sides {
					if side != "south" {
						o.Wire.Cut("south", side)
					}
				}
				o.Start("south")
				if s := o.Status("south"); s.Mode != node.ReadOnly || s.Why != "restored" {
					t.Fatalf("restored and alone: %s, %s", s.Mode, s.Why)
				}
				_, err := o.TrySend("south", "too early")
				liaisontest.Refused(t, err, "node-restored")
				for _, side := range sides {
					if side != "south" {
						o.Wire.Mend("south", side)
					}
				}
				o.Equal()
				if got := o.Dump("south"); got != before {
					t.Fatalf("the restored record differs:\n%s\nbefore:\n%s", got, before)
				}
				if _, err := os.Stat(mark); err == nil {
					t.Error("the mark of the restore is still there")
				}
				if err := received(o, o.Send("south", "after the restore"), time.Minute); err != nil {
					t.Fatal(err)
				}
				o.Equal()
			})
		})
	}
}

func TestANodeComesBackFromNothingButItsKeys(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		for i := range 50 {
			o.Send("south", fmt.Sprint(i))
			o.Send("north", fmt.Sprint(i))
		}
		o.Equal()
		before := o.Dump("north")
		o.Stop("south")
		o.NewDir("south")
		o.Start("south")
		o.Equal()
		if got := o.Dump("south"); got != before {
			t.Fatalf("the record that came back differs:\n%s\nbefore:\n%s", got, before)
		}
		if w := o.Send("south", "again"); w.Number != 51 {
			t.Fatalf("the next dispatch has number %d, want 51", w.Number)
		}
		o.Equal()
	})
}

func TestRecordsThatAreThrownAwayAreFoldedAgain(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		for i := range 100 {
			o.Send("south", fmt.Sprint(i))
		}
		o.Equal()
		before := o.Dump("south")
		o.Stop("south")
		for _, name := range []string{"records.db", "records.db-wal", "records.db-shm"} {
			if err := os.RemoveAll(filepath.Join(o.Dir("south"), name)); err != nil {
				t.Fatal(err)
			}
		}
		o.Start("south")
		o.Equal()
		if got := o.Dump("south"); got != before {
			t.Fatalf("folded again the record differs:\n%s\nbefore:\n%s", got, before)
		}
	})
}

func TestRecordsNewerThanTheLedgerAreFoldedAgain(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		o.Send("south", "kept")
		o.Equal()
		backup := filepath.Join(t.TempDir(), "ledger.db")
		if err := o.Nodes["south"].Copy(t.Context(), backup, filepath.Join(t.TempDir(), "local.db")); err != nil {
			t.Fatal(err)
		}
		o.Send("south", "lost and fetched back")
		o.Equal()
		o.Stop("south")
		for _, name := range []string{"ledger.db-wal", "ledger.db-shm"} {
			os.Remove(filepath.Join(o.Dir("south"), name))
		}
		data, err := os.ReadFile(backup)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(o.Dir("south"), "ledger.db"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		o.Wire.Cut("north", "south")
		o.Start("south")
		if s := o.Status("south"); s.Mode != node.Behind {
			t.Fatalf("with a ledger older than its records south is %s, want behind", s.Mode)
		}
		_, err = o.TrySend("south", "too early")
		liaisontest.Refused(t, err, "node-behind")
		o.Wire.Mend("north", "south")
		o.Equal()
		o.Send("south", "goes on")
		o.Equal()
	})
}

// fork makes north sign two histories, and show south the second one.
func fork(t *testing.T, o *liaisontest.Office) {
	t.Helper()
	o.Send("north", "true")
	o.Equal()
	// North's operator copies the folder, and both copies go on writing.
	o.Stop("north")
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(o.Dir("north"))); err != nil {
		t.Fatal(err)
	}
	o.Start("north")
	o.Send("north", "one history")
	o.Equal()
	o.Stop("north")
	o.NewDir("north")
	if err := os.CopyFS(o.Dir("north"), os.DirFS(copied)); err != nil {
		t.Fatal(err)
	}
	o.Wire.Cut("north", "south")
	o.Start("north")
	o.Send("north", "another history")
	o.Wire.Mend("north", "south")
}

func TestASecondHistoryIsNoticedKeptAsEvidenceAndStopsNothingElse(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		fork(t, o)
		time.Sleep(time.Minute)
		found, raised := alarm(t, o.Nodes["south"], ledger.RefusedFork)
		if !raised {
			t.Fatal("south has no alarm of a fork")
		}
		if found.Evidence == "" {
			t.Fatalf("south's alarm has no evidence: %+v", found)
		}
		proof, err := os.ReadFile(filepath.Join(o.Dir("south"), "evidence", found.Evidence))
		if err != nil || strings.Count(string(proof), "kaesong.example/north\n") < 2 {
			t.Fatalf("the evidence does not hold two checkpoints of north: %v\n%s", err, proof)
		}
		if s := o.Status("south"); s.Mode != node.Ready || s.Lines["north"].Halted == "" {
			t.Fatalf("south is %s, its line to north %+v", s.Mode, s.Lines["north"])
		}
		o.Send("south", "goes on")
		o.Stop("south")
		o.Start("south")
		if s := o.Status("south"); s.Lines["north"].Halted == "" {
			t.Fatal("after a restart the replication of the forked ledger goes on")
		}
		if s := o.Status("north"); s.Mode != node.ReadOnly || s.Why != "own-fork" {
			t.Fatalf("north, which was shown its own other history, is %s (%s)", s.Mode, s.Why)
		}
	})
}

func TestALedgerThatIsNoLongerTakenAlwaysHasAnOpenAlarm(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		fork(t, o)
		o.TurnClock("north", time.Hour)
		time.Sleep(time.Minute)
		south := o.Nodes["south"]
		// Another alarm about north is seen to: its ledger is not taken for that.
		clocks, raised := alarm(t, south, link.AlarmClock)
		if !raised {
			t.Fatal("south has no alarm of a clock that is an hour ahead")
		}
		if err := south.ClearAlarm(t.Context(), clocks.ID, "operator"); err != nil {
			t.Fatal(err)
		}
		// The fork is seen to, but north shows it again and again.
		for range 3 {
			found, raised := alarm(t, south, ledger.RefusedFork)
			if taken := !south.Link().States()["north"].Halted; taken || !raised || found.Evidence == "" {
				t.Fatalf("north's ledger is taken: %v; the fork is told: %v, %+v", taken, raised, found)
			}
			if err := south.ClearAlarm(t.Context(), found.ID, "operator"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Second) // more than the time between two hellos, less than that between two alarms
		}
	})
}

func TestClocksThatJumpHarmNothing(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "east", "north", "south")
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 100 {
			side := o.Sides[random.IntN(3)]
			o.TurnClock(side, time.Duration(random.IntN(7200)-3600)*time.Second)
			o.Send(side, fmt.Sprint(i))
		}
		o.Equal()
	})
}

func TestAClockThatIsDaysAheadIsHeldBackAndSaid(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		o.TurnClock("north", 25*time.Hour)
		w := o.Send("north", "from tomorrow, an hour later")
		if err := received(o, w, time.Minute); err == nil {
			t.Fatal("an entry from more than a day ahead is received")
		}
		if a, raised := alarm(t, o.Nodes["south"], ledger.RefusedAhead); !raised || a.Side != "north" {
			t.Fatalf("south's alarm: %+v, %v", a, raised)
		}
		o.TurnClock("north", 0)
		time.Sleep(2 * time.Hour)
		o.Equal()
	})
}

func TestAnyWeatherOnTheWireEndsInEqualRecords(t *testing.T) {
	for seed := range uint64(6) {
		for _, sides := range [][]office.Side{{"north", "south"}, {"east", "north", "south"}} {
			t.Run(fmt.Sprint(len(sides), " sides, weather ", seed), func(t *testing.T) {
				story(t, func(t *testing.T) { weather(t, seed, sides) })
			})
		}
	}
}

// weather lets nodes write, stop and start while requests and answers are cut,
// lost, doubled, delayed and reordered, and then waits for fair weather.
func weather(t *testing.T, seed uint64, sides []office.Side) {
	random := rand.New(rand.NewPCG(seed, 7))
	o := liaisontest.Open(t, sides...)
	written := 0
	for range 120 {
		a, b := sides[random.IntN(len(sides))], sides[random.IntN(len(sides))]
		switch random.IntN(8) {
		case 0:
			if a != b {
				o.Wire.Change(a, b, func(y *liaisontest.Way) { y.Cut = !y.Cut })
			}
		case 1:
			o.Wire.Change(a, b, func(y *liaisontest.Way) { y.DropAnswer, y.DropRequest = random.IntN(3), random.IntN(2) })
		case 2:
			o.Wire.Change(a, b, func(y *liaisontest.Way) { y.Double, y.Late = random.IntN(2) == 0, random.IntN(2) == 0 })
		case 3:
			o.Wire.Change(a, b, func(y *liaisontest.Way) { y.Delay = time.Duration(random.IntN(3000)) * time.Millisecond })
		case 4:
			o.TurnClock(a, time.Duration(random.IntN(7200)-3600)*time.Second)
		case 5:
			if random.IntN(4) == 0 {
				o.Stop(a)
				o.Start(a)
			}
		default:
			for range random.IntN(10) {
				o.Send(a, fmt.Sprint(written))
				written++
			}
		}
		time.Sleep(time.Duration(random.IntN(5000)) * time.Millisecond)
	}
	for _, a := range sides {
		for _, b := range sides {
			o.Wire.Change(a, b, func(y *liaisontest.Way) { *y = liaisontest.Way{} })
		}
	}
	o.Equal()
	for _, side := range sides[1:] {
		if o.Dump(side) != o.Dump(sides[0]) {
			t.Fatalf("the records of %s and %s differ", side, sides[0])
		}
	}
	var dispatches int64
	for _, side := range sides {
		for _, code := range []string{ledger.RefusedFork, ledger.RefusedSeenBack, ledger.RefusedLeaf, ledger.RefusedOwnFork, "backdated", "records-differ"} {
			if a, raised := alarm(t, o.Nodes[side], code); raised {
				t.Errorf("bad weather is taken for a hostile side: %+v", a)
			}
		}
		entries, err := o.Nodes[side].Ledger().Entries(t.Context(), side, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Frame.Kind == office.KindDispatch {
				dispatches++
			}
		}
	}
	if dispatches != int64(written) {
		t.Errorf("%d dispatches are in the ledgers, %d were reported written", dispatches, written)
	}
}
