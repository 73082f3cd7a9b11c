package ledger_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/sqldb"
)

// never is a time.AfterFunc whose time does not come.
func never(time.Duration, func()) *time.Timer { return time.NewTimer(time.Hour) }

// slipped is the ledger of south in a file, whose slip is emptied by hand.
type slipped struct {
	t     *testing.T
	path  string
	clock *clock
	north *ledger.Ledger
	fault func(sqldb.Point) error
}

func newSlipped(t *testing.T) *slipped {
	c := newClock()
	return &slipped{t: t, path: t.TempDir() + "/ledger.db", clock: c, north: open(t, c, "north", "south")}
}

// open opens it, as a process that has just been started.
func (s *slipped) open(after func(time.Duration, func()) *time.Timer) *ledger.Ledger {
	s.t.Helper()
	l, err := ledger.Open(s.t.Context(), openFile(s.t, s.path, s.fault), ledger.Config{
		Office: office, Side: "south", Keys: keysOf(s.t, "south"), Parties: []ledger.Party{keysOf(s.t, "north").Party()},
		Now: s.clock.time, After: after,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// receipted writes n entries, each with a receipt of its own.
func (s *slipped) receipted(l *ledger.Ledger, n int) {
	s.t.Helper()
	for range n {
		write(s.t, l, s.clock.now, bodies(1)...)
		push(s.t, l, s.north, "south")
	}
}

// wantReceipts expects each entry to have a receipt of its own, wherever it is.
func (s *slipped) wantReceipts(l *ledger.Ledger, size int64) {
	s.t.Helper()
	if got := l.Head("south").Cosigned["north"]; got != size {
		s.t.Errorf("%d entries are received, want %d", got, size)
	}
	for i := range size {
		receipts, err := l.Receipts(s.t.Context(), "south", i)
		if err != nil || len(receipts) != 1 || receipts[0].Size != i+1 {
			s.t.Fatalf("receipts of entry %d: %+v, %v", i, receipts, err)
		}
	}
	if _, err := l.Disclose(s.t.Context(), "south", size-1); err != nil {
		s.t.Error(err)
	}
}

func (s *slipped) noted() string {
	all, err := os.ReadFile(s.path + "-receipts")
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	return string(all)
}

func TestAReceiptOutlivesTheProcessThatSaidIt(t *testing.T) {
	s := newSlipped(t)
	s.receipted(s.open(never), 3)
	if lines := strings.Count(s.noted(), "\n"); lines != 3 {
		t.Fatalf("%d receipts are noted, want 3", lines)
	}
	l := s.open(never) // the first is as good as killed
	s.wantReceipts(l, 3)
	s.receipted(l, 1)
	s.wantReceipts(l, 4)
	s.wantReceipts(s.open(never), 4)
}

func TestTheSlipIsEmptiedWhenItIsDueAndWhenItIsFull(t *testing.T) {
	s := newSlipped(t)
	var due func()
	l := s.open(func(d time.Duration, f func()) *time.Timer {
		due = f
		return never(d, f)
	})
	s.receipted(l, 2)
	due()
	if noted := s.noted(); noted != "" {
		t.Errorf("when it was due it still held %q", noted)
	}
	s.receipted(l, 300)
	if lines := strings.Count(s.noted(), "\n"); lines > 256 {
		t.Errorf("%d receipts are on the slip", lines)
	}
	s.wantReceipts(l, 302)
	s.receipted(l, 1)
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if noted := s.noted(); noted != "" {
		t.Errorf("closed, it still holds %q", noted)
	}
}

func TestASlipThatIsDamagedOrOfAnotherHistoryDoesNoHarm(t *testing.T) {
	s := newSlipped(t)
	s.receipted(s.open(never), 2)
	good := s.noted()
	one, two, _ := strings.Cut(good, "\n")
	forged := strings.Replace(one, `"By":"north"`, `"By":"east"`, 1)
	for name, c := range map[string]struct {
		noted string
		size  int64
	}{
		"the end is cut off":            {good[:len(good)-20], 1},
		"zeros":                         {string(make([]byte, 4096)), 0},
		"zeros before":                  {string(make([]byte, 100)) + "\n" + good, 2},
		"one that is not of its giver":  {forged + "\n" + two, 2},
		"the same twice":                {good + good, 2},
		"of a ledger with more entries": {receiptsOfMore(t) + good, 2},
	} {
		t.Run(name, func(t *testing.T) {
			copied := &slipped{t: t, path: t.TempDir() + "/ledger.db", clock: s.clock, north: s.north}
			for _, end := range []string{"", "-wal"} {
				all, err := os.ReadFile(s.path + end)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(copied.path+end, all, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(copied.path+"-receipts", []byte(c.noted), 0o600); err != nil {
				t.Fatal(err)
			}
			l := copied.open(never)
			if got := l.Head("south").Cosigned["north"]; got != c.size {
				t.Errorf("%d entries are received, want %d", got, c.size)
			}
			if name == "zeros" { // what is noted after them can be read
				copied.receipted(l, 1)
				if got := copied.open(never).Head("south").Cosigned["north"]; got != 3 {
					t.Errorf("then %d entries are received, want 3", got)
				}
			}
			if err := l.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := ledger.VerifyDatabase(t.Context(), openFile(t, copied.path, nil), ledger.VerifyOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// receiptsOfMore is the slip of another ledger of south, which has more entries.
func receiptsOfMore(t *testing.T) string {
	s := newSlipped(t)
	s.receipted(s.open(never), 5)
	return s.noted()
}

// TestWhoReadsAReceiptWaitsForNoWriter lets a disk hang while a receipt is on the slip.
func TestWhoReadsAReceiptWaitsForNoWriter(t *testing.T) {
	s := newSlipped(t)
	hangs, goOn := make(chan struct{}), make(chan struct{})
	broken := false
	s.fault = func(p sqldb.Point) error {
		if broken && p == sqldb.BeforeCommit {
			close(hangs)
			<-goOn
		}
		return nil
	}
	l := s.open(never)
	s.receipted(l, 2)
	broken = true
	written := make(chan error)
	go func() { written <- tryWrite(l, s.clock.now, bodies(1)...) }()
	<-hangs
	s.wantReceipts(l, 2)
	for i := range int64(2) {
		file, err := l.Disclose(t.Context(), "south", i)
		if err != nil || !strings.Contains(string(file), "kaesong.example/north/mirror") {
			t.Errorf("the disclosure of entry %d bears no receipt: %q, %v", i, file, err)
		}
	}
	if signed, err := l.Checkpoint(t.Context(), "south"); err != nil || !strings.Contains(string(signed), "/north/mirror") {
		t.Errorf("the checkpoint bears no receipt: %q, %v", signed, err)
	}
	broken = false
	close(goOn)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

// TestWhereTheSlipCannotBeWrittenTheDatabaseIs puts a folder in its place.
func TestWhereTheSlipCannotBeWrittenTheDatabaseIs(t *testing.T) {
	s := newSlipped(t)
	l := s.open(never)
	if err := os.Mkdir(s.path+"-receipts", 0o700); err != nil {
		t.Fatal(err)
	}
	s.receipted(l, 2)
	if err := os.Remove(s.path + "-receipts"); err != nil {
		t.Fatal(err)
	}
	s.wantReceipts(s.open(never), 2)
}

// TestAReceiptStaysOnTheSlipUntilTheDatabaseTakesIt breaks the database meanwhile.
func TestAReceiptStaysOnTheSlipUntilTheDatabaseTakesIt(t *testing.T) {
	s := newSlipped(t)
	broken := false
	s.fault = func(sqldb.Point) error {
		if broken {
			return errBroken
		}
		return nil
	}
	l := s.open(never)
	s.receipted(l, 2)
	broken = true
	if err := l.EmptySlip(t.Context()); err == nil {
		t.Fatal("a broken database took it")
	}
	if err := l.Refresh(t.Context()); err != nil { // reads memory anew
		t.Fatal(err)
	}
	if got := l.Head("south").Cosigned["north"]; got != 2 {
		t.Errorf("%d entries are received when memory was read anew, want 2", got)
	}
	broken = false
	s.wantReceipts(l, 2)
	wantPromise(t, l, "north", 0, map[string]int64{"south": 2})
}
