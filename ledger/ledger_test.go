package ledger_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/ledger"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

const office = "kaesong.example"

// clock is turned by hand.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func newClock() *clock { return &clock{time.Date(2018, 9, 14, 1, 30, 0, 0, time.UTC)} }

// keysOf gives a side the same keys in every test.
func keysOf(t testing.TB, side string) *ledger.Keys {
	t.Helper()
	keys, err := ledger.DeriveKeys(sha256.Sum256([]byte(side)), office, side)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// open opens the ledger of one of the sides: in memory, and within a test named
// postgresql on a PostgreSQL database.
func open(t testing.TB, c *clock, side string, sides ...string) *ledger.Ledger {
	t.Helper()
	config := sqldb.Config{URL: "sqlite::memory:", Durable: true}
	if strings.Contains(t.Name(), "/postgresql/") {
		config.URL, config.Schema = sqldbtest.PostgreSQL(t), "ledger"
	}
	db, err := sqldb.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return openOn(t, db, c, side, sides...)
}

func openOn(t testing.TB, db *sqldb.DB, c *clock, side string, sides ...string) *ledger.Ledger {
	t.Helper()
	cfg := ledger.Config{Office: office, Side: side, Keys: keysOf(t, side), Now: c.time}
	for _, other := range sides {
		if other != side {
			cfg.Parties = append(cfg.Parties, keysOf(t, other).Party())
		}
	}
	l, err := ledger.Open(t.Context(), db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// write appends entries that have seen all that can be placed.
func write(t testing.TB, l *ledger.Ledger, at time.Time, bodies ...string) {
	t.Helper()
	if err := tryWrite(l, at, bodies...); err != nil {
		t.Fatal(err)
	}
}

func tryWrite(l *ledger.Ledger, at time.Time, bodies ...string) error {
	s := l.Standing()
	var entries []ledger.Entry
	for i, body := range bodies {
		e, err := l.Draft(s.Own+int64(i), s.Seen, at, "duty-officer", "dispatch", []byte(body))
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	return l.Append(context.Background(), entries)
}

// push hands all that to lacks of side's ledger from one ledger to another, and
// the receipt back.
func push(t testing.TB, from, to *ledger.Ledger, side string) {
	t.Helper()
	if err := tryPush(from, to, side); err != nil {
		t.Fatal(err)
	}
}

func tryPush(from, to *ledger.Ledger, side string) error {
	ctx := context.Background()
	for {
		x, err := from.Extension(ctx, side, to.Head(side).Size, 100, 1<<20)
		if err != nil {
			return err
		}
		r, err := to.Extend(ctx, x)
		if err != nil {
			return err
		}
		if r.Note != nil {
			return from.Countersign(ctx, r)
		}
		if len(x.Leaves) == 0 {
			return errors.New("no leaves and no receipt")
		}
	}
}

// TestTheLedgerIsTheSameOnPostgreSQL runs again, on PostgreSQL, what the other
// tests do in memory.
func TestTheLedgerIsTheSameOnPostgreSQL(t *testing.T) {
	t.Run("postgresql", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T){
			"receipts":         TestAReceiptCoversWhatTheOtherSideHasStored,
			"stale":            TestAnAppendThatHasNotSeenAllIsStale,
			"forks":            TestASecondHistoryIsAForkWithEvidence,
			"forks beyond":     TestAForkWaitingBeyondTheReplicaIsFound,
			"two trees":        TestTwoTreesOfOneSizeAreAForkWhicheverCameFirst,
			"backdating":       TestWhoSeesLessThanItCosignedIsRefused,
			"promises":         TestAPromiseAboutEntriesThatAreHereBindsWhatComesAfterThem,
			"future":           TestAnEntryFromTheFutureIsHeldBackUntilItsDay,
			"lost entries":     TestANodeThatLostEntriesFetchesThemBackBeforeItSigns,
			"lost cosignature": TestANodeThatLostWhatItCosignedIsBehind,
			"three sides":      TestAnEntryWaitsForWhatItHasSeenOfAThirdSide,
			"other keys":       TestACosignatureByAnotherKeyIsRefused,
			"relays":           TestFalseEntriesFromARelayAreNoForkOfTheWriter,
			"false recovery":   TestFalseEntriesGivenBackAreNoForkOfOurOwn,
			"not admitted yet": TestASideThatIsNotAdmittedYetIsNotRefusedForEver,
			"readers":          TestReadersAndWritersDoNotWaitForEachOther,
			"tiles":            TestNoTileIsFoundUnderAnotherName,
			"catch-up":         TestDuringACatchUpWhatWasReachedIsExported,
			"older exports":    TestAnOlderExportIsBroughtUpToDate,
			"served":           TestALedgerIsServedForReadingAlone,
			"disclosures":      TestADisclosureBearsAllCosignaturesOfItsCheckpoint,
		} {
			t.Run(name, test)
		}
	})
}

func bodies(n int) []string {
	b := make([]string, n)
	for i := range b {
		b[i] = fmt.Sprintf(`{"n":%d}`, i)
	}
	return b
}

func TestAReceiptCoversWhatTheOtherSideHasStored(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(300)...)
	push(t, south, north, "south")

	h := north.Head("south")
	if h.Size != 300 || h.Placeable != 300 || h.Root != south.Head("south").Root {
		t.Fatalf("north holds %+v of south's ledger, want all 300", h)
	}
	for _, index := range []int64{0, 255, 256, 299} {
		rs, err := south.Receipts(t.Context(), "south", index)
		if err != nil || len(rs) != 1 || rs[0].By != "north" || rs[0].Size <= index || !rs[0].At.Equal(c.now) {
			t.Fatalf("receipts of south/%d: %+v, %v", index, rs, err)
		}
	}
	if _, err := south.Receipts(t.Context(), "south", 300); !errors.Is(err, ledger.ErrNoEntry) {
		t.Fatalf("receipts of an entry that is not there: %v", err)
	}
}

func TestATreeIsTheSameHoweverItGrew(t *testing.T) {
	c := newClock()
	south := open(t, c, "south", "north")
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = hashes[x]
		}
		return out, nil
	})
	n := int64(0)
	for step := 1; n < 70_000; step = step*2 + 1 {
		write(t, south, c.now, bodies(step)...)
		entries, err := south.Entries(t.Context(), "south", n, int64(step))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			more, err := tlog.StoredHashesForRecordHash(n, e.Hash, reader)
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, more...)
			n++
		}
		want, err := tlog.TreeHash(n, reader)
		if err != nil {
			t.Fatal(err)
		}
		if got := south.Head("south").Root; got != want {
			t.Fatalf("root at %d entries is %v, want %v", n, got, want)
		}
	}
}

func TestALedgerOpensAsItWasClosed(t *testing.T) {
	c := newClock()
	url := "sqlite:" + t.TempDir() + "/ledger.db"
	north := open(t, c, "north", "south")
	for _, n := range []int{1, 254, 1, 1, 255, 65_024, 3} {
		db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url, Durable: false})
		if err != nil {
			t.Fatal(err)
		}
		south := openOn(t, db, c, "south", "north")
		write(t, south, c.now, bodies(n)...)
		push(t, south, north, "south")
		before := south.Heads()
		again := openOn(t, db, c, "south", "north").Heads()
		for side := range before {
			b, a := before[side], again[side]
			if a.Size != b.Size || a.Root != b.Root || a.Placeable != b.Placeable || string(a.Checkpoint) != string(b.Checkpoint) || !maps.Equal(a.Cosigned, b.Cosigned) {
				t.Fatalf("%s opened again is %+v, was %+v", side, a, b)
			}
		}
		db.Close()
	}
}

func TestAnAppendThatHasNotSeenAllIsStale(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	old := south.Standing()
	write(t, north, c.now, `{}`)
	push(t, north, south, "north")
	e, err := south.Draft(old.Own, old.Seen, c.now, "head", "dispatch", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := south.Append(t.Context(), []ledger.Entry{e}); !errors.Is(err, ledger.ErrStale) {
		t.Fatalf("append that has not seen north/0: %v, want ErrStale", err)
	}
	write(t, south, c.now, `{}`)
	e.Frame.Seen = south.Standing().Seen
	if err := south.Append(t.Context(), []ledger.Entry{e}); !errors.Is(err, ledger.ErrStale) {
		t.Fatalf("append at an index that is taken: %v, want ErrStale", err)
	}
}

// refusal expects an error to be a refusal with a code.
func refusal(t *testing.T, err error, code string) *ledger.Refusal {
	t.Helper()
	var r *ledger.Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("got %v, want a refusal %q", err, code)
	}
	return r
}

func TestASecondHistoryIsAForkWithEvidence(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	other := open(t, c, "south", "north") // the same keys, another history
	write(t, south, c.now, `{"a":1}`, `{"a":2}`)
	push(t, south, north, "south")

	write(t, other, c.now, `{"a":1}`, `{"a":3}`)
	r := refusal(t, north.Note(t.Context(), "south", other.Head("south").Checkpoint), ledger.RefusedFork)
	if !r.Lasting || !strings.Contains(string(r.Evidence), string(other.Head("south").Checkpoint)) ||
		!strings.Contains(string(r.Evidence), string(south.Head("south").Checkpoint)) {
		t.Errorf("the evidence lacks a signed checkpoint:\n%s", r.Evidence)
	}
	write(t, other, c.now, `{"a":4}`)
	x, err := other.Extension(t.Context(), "south", 2, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	_, err = north.Extend(t.Context(), x)
	refusal(t, err, ledger.RefusedFork)
	if h := north.Head("south"); h.Size != 2 {
		t.Fatalf("after the fork north holds %d entries, want the 2 it had", h.Size)
	}
	write(t, south, c.now, `{"a":5}`)
	push(t, south, north, "south")
}

func TestAForkWaitingBeyondTheReplicaIsFound(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	other := open(t, c, "south", "north")
	write(t, other, c.now, `{"a":1}`, `{"a":2}`)
	if err := north.Note(t.Context(), "south", other.Head("south").Checkpoint); err != nil {
		t.Fatal(err)
	}
	write(t, south, c.now, `{"a":1}`, `{"a":3}`, `{"a":4}`)
	refusal(t, tryPush(south, north, "south"), ledger.RefusedFork)
}

func TestWhoSeesLessThanItCosignedIsRefused(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, `{}`, `{}`)
	push(t, south, north, "south") // north promises: my next entry has seen 2
	liar := open(t, c, "north", "south")
	write(t, liar, c.now.Add(-time.Hour), `{"backdated":1}`)
	r := refusal(t, tryPush(liar, south, "north"), ledger.RefusedSeenBack)
	if !r.Lasting || len(r.Evidence) == 0 {
		t.Errorf("refusal without evidence: %+v", r)
	}
	write(t, north, c.now, `{}`)
	push(t, north, south, "north")
}

func TestAPromiseHoldsAfterARestart(t *testing.T) {
	c := newClock()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	south, north := openOn(t, db, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, `{}`, `{}`)
	push(t, south, north, "south")
	south = openOn(t, db, c, "south", "north")
	liar := open(t, c, "north", "south")
	write(t, liar, c.now, `{}`)
	refusal(t, tryPush(liar, south, "north"), ledger.RefusedSeenBack)
}

func TestAnEntryFromTheFutureIsHeldBackUntilItsDay(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now.Add(ledger.MaxAhead+time.Millisecond), `{}`)
	r := refusal(t, tryPush(south, north, "south"), ledger.RefusedAhead)
	if r.Lasting {
		t.Error("an entry from the future is refused for ever")
	}
	c.now = c.now.Add(time.Millisecond)
	push(t, south, north, "south")
}

func TestMalformedEntriesAreRefused(t *testing.T) {
	good := `{"at":"2018-09-14T01:30:00.000Z","body":{},"by":"head","kind":"dispatch","office":"kaesong.example","seen":{},"side":"south"}`
	if _, err := ledger.ParseLeaf([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, leaf := range map[string]string{
		"space":                 strings.Replace(good, `,"by"`, `, "by"`, 1),
		"newline at the end":    good + "\n",
		"empty":                 "",
		"not JSON":              "hello",
		"an array":              `[]`,
		"a member too many":     strings.Replace(good, `,"by"`, `,"bx":1,"by"`, 1),
		"a member missing":      strings.Replace(good, `"by":"head",`, ``, 1),
		"a member twice":        strings.Replace(good, `"by":"head",`, `"by":"head","by":"head",`, 1),
		"members out of order":  strings.Replace(good, `"by":"head","kind":"dispatch"`, `"kind":"dispatch","by":"head"`, 1),
		"a float":               strings.Replace(good, `{}`, `{"x":1.5}`, 1),
		"a number too large":    strings.Replace(good, `{}`, `{"x":9007199254740992}`, 1),
		"minus zero":            strings.Replace(good, `{}`, `{"x":-0}`, 1),
		"an exponent":           strings.Replace(good, `{}`, `{"x":1e+21}`, 1),
		"decomposed Hangul":     strings.Replace(good, `{}`, "{\"x\":\"\u1100\u1161\"}", 1),
		"invalid UTF-8":         strings.Replace(good, `{}`, "{\"x\":\"\xff\"}", 1),
		"a lone surrogate":      strings.Replace(good, `{}`, `{"x":"\ud800"}`, 1),
		"an escape not needed":  strings.Replace(good, `{}`, `{"x":"\u0041"}`, 1),
		"duplicate in the body": strings.Replace(good, `{}`, `{"x":1,"x":2}`, 1),
		"a day that is not":     strings.Replace(good, `09-14`, `02-30`, 1),
		"time without Z":        strings.Replace(good, `.000Z`, `.000+`, 1),
		"time before 1970":      strings.Replace(good, `2018`, `1969`, 1),
		"a body that is text":   strings.Replace(good, `{}`, `"x"`, 1),
		"seen zero":             strings.Replace(good, `"seen":{}`, `"seen":{"north":0}`, 1),
		"seen below zero":       strings.Replace(good, `"seen":{}`, `"seen":{"north":-1}`, 1),
		"seen itself":           strings.Replace(good, `"seen":{}`, `"seen":{"south":1}`, 1),
		"seen a text":           strings.Replace(good, `"seen":{}`, `"seen":{"north":"1"}`, 1),
		"a post with capitals":  strings.Replace(good, `head`, `Head`, 1),
		"a kind with a space":   strings.Replace(good, `"dispatch"`, `"dis patch"`, 1),
		"too long":              strings.Replace(good, `{}`, `{"x":"`+strings.Repeat("x", ledger.MaxLeaf)+`"}`, 1),
	} {
		if _, err := ledger.ParseLeaf([]byte(leaf)); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
}

func TestANodeThatLostEntriesFetchesThemBackBeforeItSigns(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, bodies(2)...)
	push(t, south, north, "south")
	write(t, north, c.now, bodies(150)...)
	push(t, north, south, "north")
	write(t, south, c.now, bodies(700)...)
	push(t, south, north, "south")

	restored := open(t, c, "south", "north")
	if err := restored.Note(t.Context(), "south", north.Head("south").Checkpoint); err != nil {
		t.Fatal(err)
	}
	if restored.Behind() == "" {
		t.Fatal("a node shown its own signature over more than it holds is not behind")
	}
	if err := tryWrite(restored, c.now, `{}`); !errors.Is(err, ledger.ErrBehind) {
		t.Fatalf("write while behind: %v, want ErrBehind", err)
	}
	for restored.Head("south").Size < 702 {
		x, err := north.Extension(t.Context(), "south", restored.Head("south").Size, 100, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if err := restored.Recover(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		if err := tryWrite(restored, c.now, `{}`); !errors.Is(err, ledger.ErrBehind) {
			t.Fatalf("write while north's entries are missing: %v, want ErrBehind", err)
		}
	}
	push(t, north, restored, "north")
	if why := restored.Behind(); why != "" {
		t.Fatal("still behind: ", why)
	}
	write(t, restored, c.now, `{"after":1}`)
	push(t, restored, north, "south")
}

func TestANodeThatLostWhatItCosignedIsBehind(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, north, c.now, bodies(3)...)
	push(t, north, south, "north")
	given, ok, err := south.Given(t.Context(), "north")
	if err != nil || !ok {
		t.Fatal(err, ok)
	}
	restored := open(t, c, "south", "north")
	if err := restored.NoteCosigned(t.Context(), "north", given.Note); err != nil {
		t.Fatal(err)
	}
	if err := tryWrite(restored, c.now, `{}`); !errors.Is(err, ledger.ErrBehind) {
		t.Fatalf("write: %v, want ErrBehind", err)
	}
	push(t, north, restored, "north")
	write(t, restored, c.now, `{}`)
}

func TestAnEntryWaitsForWhatItHasSeenOfAThirdSide(t *testing.T) {
	c := newClock()
	sides := []string{"east", "north", "south"}
	east, north, south := open(t, c, "east", sides...), open(t, c, "north", sides...), open(t, c, "south", sides...)
	write(t, east, c.now, bodies(2)...)
	push(t, east, north, "east")
	write(t, north, c.now, bodies(1)...)
	push(t, north, south, "north")
	if h := south.Head("north"); h.Size != 1 || h.Placeable != 0 || h.Cosigned["south"] != 1 {
		t.Fatalf("south holds %+v of north's ledger: want it stored, cosigned and not placeable", h)
	}
	if s := south.Standing(); s.Seen["north"] != 0 {
		t.Fatalf("south promises to have seen %v", s.Seen)
	}
	write(t, south, c.now, `{}`) // goes on meanwhile
	push(t, south, north, "south")
	push(t, north, south, "east") // relayed
	if h := south.Head("north"); h.Placeable != 1 {
		t.Fatalf("north's entry cannot be placed though east's are here: %+v", h)
	}
	if s := south.Standing(); s.Seen["north"] != 1 || s.Seen["east"] != 2 {
		t.Fatalf("south promises to have seen %v", s.Seen)
	}
	write(t, south, c.now, `{}`)
	push(t, south, north, "south")
}

func TestACosignatureByAnotherKeyIsRefused(t *testing.T) {
	c := newClock()
	south, north := open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, south, c.now, `{}`)
	x, err := south.Extension(t.Context(), "south", 0, 1, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	r, err := north.Extend(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	forged := r
	forged.Note = x.Checkpoint
	refusal(t, south.Countersign(t.Context(), forged), ledger.RefusedCosigner)
	forged.Note = []byte(strings.Replace(string(r.Note), "north/mirror", "south/mirror", 1))
	refusal(t, south.Countersign(t.Context(), forged), ledger.RefusedCosigner)
	if err := south.Countersign(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if n, err := note.NewVerifier(keysOf(t, "south").Party().Key); err != nil || n.Name() != "kaesong.example/south" {
		t.Fatalf("the ledger's vkey is not one of package note: %v", err)
	}
}

func TestTheLocalKeyComesBackWithTheRecoveryKeyAndIsNoOtherSides(t *testing.T) {
	seed := ledger.NewSeed()
	key := func(office, side string) [32]byte {
		keys, err := ledger.DeriveKeys(seed, office, side)
		if err != nil {
			t.Fatal(err)
		}
		return keys.LocalKey()
	}
	south := key("kaesong.example", "south")
	if south != key("kaesong.example", "south") {
		t.Error("the same recovery key gives another local key")
	}
	if south == key("kaesong.example", "north") || south == key("elsewhere.example", "south") || south == [32]byte{} {
		t.Error("two sides have the same local key")
	}
}

func TestRecoveryKeysSurvivePaper(t *testing.T) {
	seed := ledger.NewSeed()
	text := ledger.FormatRecoveryKey(seed)
	for _, typed := range []string{text, strings.ToLower(text), strings.ReplaceAll(text, "-", " "), strings.ReplaceAll(text, "0", "O")} {
		got, err := ledger.ParseRecoveryKey(typed)
		if err != nil || got != seed {
			t.Fatalf("%q: %v", typed, err)
		}
	}
	wrong := []byte(text)
	if wrong[0]++; wrong[0] > '9' {
		wrong[0] = '2'
	}
	if _, err := ledger.ParseRecoveryKey(string(wrong)); err == nil {
		t.Fatal("a mistake was not noticed")
	}
}

func TestACredenceIsReadOnlyAsItWasSigned(t *testing.T) {
	keys := keysOf(t, "south")
	text, err := keys.SignCredence(ledger.Credence{Name: "South 남측", Zone: "Asia/Seoul", Languages: []string{"ko", "en"}, Address: "192.0.2.1:7443"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ledger.OpenCredence(text)
	if err != nil || c.Side != "south" || c.Party != keys.Party() || c.LinkKey != keys.LinkKeyHash() {
		t.Fatalf("%+v, %v", c, err)
	}
	if mailed, err := ledger.OpenCredence([]byte(strings.ReplaceAll(string(text), "\n", "\r\n"))); err != nil || mailed.Fingerprint() != c.Fingerprint() {
		t.Fatalf("after a mail program: %v", err)
	}
	for i := range text {
		changed := append([]byte(nil), text...)
		changed[i] ^= 1
		if c2, err := ledger.OpenCredence(changed); err == nil && c2.Fingerprint() != c.Fingerprint() {
			t.Fatalf("changed at byte %d it is still accepted", i)
		}
	}
}
