package records_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// busy makes the ledgers of an office of two sides, which has opened: each side
// in turn dispatches a text of 1 KiB, and the other acknowledges it.
func busy(b testing.TB, entries int) *world {
	w := newWorld(b, "north", "south")
	for _, side := range w.sides {
		w.sign(b, side, office.Operator, office.KindCharter, &office.CharterBody{Charter: w.charter})
	}
	for _, side := range w.sides {
		w.sign(b, side, office.Operator, office.KindPost, &office.DefaultPosts([]string{"ko"})[1])
	}
	w.fill(b, entries, func(*office.DispatchBody) {})
	return w
}

// sign adds an entry to a ledger whose writer has seen all there is.
func (w *world) sign(b testing.TB, side office.Side, by, kind string, body any) office.EntryID {
	seen := map[office.Side]int64{}
	for _, other := range w.sides {
		if n := len(w.entries[other]); n > 0 && other != side {
			seen[other] = int64(n)
		}
	}
	w.now = w.now.Add(100 * time.Millisecond)
	e := office.Entry{
		ID: office.EntryID{Side: side, Index: int64(len(w.entries[side]))}, At: w.now.UnixMilli(),
		By: by, Seen: seen, Kind: kind, Body: encode(b, body),
	}
	e.Hash = sha256.Sum256(e.Body)
	w.entries[side] = append(w.entries[side], e)
	return e.ID
}

func (w *world) fill(b testing.TB, entries int, change func(*office.DispatchBody)) {
	text := strings.Repeat("The convoy will pass the gate at nine. ", 27)[:1024]
	for i := range entries / 2 {
		from, to := w.sides[i%2], w.sides[1-i%2]
		body := w.dispatch(from, int64(i/2+1), text)
		change(body)
		id := w.sign(b, from, "duty-officer", office.KindDispatch, body)
		w.sign(b, to, "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id})
	}
}

// sequence gives the entries of all ledgers as they were written.
func (w *world) sequence() (all []office.Entry) {
	next := map[office.Side]int{}
	for {
		var first *office.Entry
		for _, side := range w.sides {
			if i := next[side]; i < len(w.entries[side]) {
				if e := &w.entries[side][i]; first == nil || e.At < first.At {
					first = e
				}
			}
		}
		if first == nil {
			return all
		}
		all = append(all, *first)
		next[first.ID.Side]++
	}
}

const (
	refoldEntries = 100_000
	batch         = 1000
)

// BenchmarkRefold folds 100,000 entries from nothing, in batches as a node
// does, and gives the ratio to the floor: inserting as many rows of 1 KiB, in
// batches of the same size, many with one statement, into the same database.
func BenchmarkRefold(b *testing.B) {
	w := busy(b, refoldEntries)
	all := w.sequence()
	for _, engine := range []string{"sqlite", "postgresql"} {
		b.Run(engine, func(b *testing.B) {
			for b.Loop() {
				url := func(name string) string { return "sqlite:" + filepath.Join(b.TempDir(), name) }
				if engine == "postgresql" {
					server := sqldbtest.DurablePostgreSQL(b)
					url = func(string) string { return server }
				}
				start := processor()
				floor := insertRows(b, url("floor.db"), len(all))
				middle := processor()
				took := refold(b, url("records.db"), w, all)
				end := processor()
				b.ReportMetric(float64(took.Microseconds())/float64(len(all)), "µs/entry")
				b.ReportMetric(float64(floor.Microseconds())/float64(len(all)), "floor-µs/row")
				b.ReportMetric(float64(took)/float64(floor), "times-floor")
				// On a busy machine this says more.
				b.ReportMetric(float64(end-middle)/float64(middle-start), "times-floor-in-cpu")
			}
		})
	}
}

// processor is the processor time that this process has used.
func processor() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func refold(b *testing.B, url string, w *world, all []office.Entry) time.Duration {
	r := recordstest.Open(b, url, records.Config{Office: testOffice, Side: "south", Source: w.source})
	start := time.Now()
	for i := 0; i < len(all); i += batch {
		f, err := r.Begin(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Add(all[i:min(i+batch, len(all))]); err != nil {
			b.Fatal(err)
		}
		if _, err := f.Settle(nil); err != nil {
			b.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

func insertRows(b *testing.B, url string, rows int) time.Duration {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: url, Schema: "floor"})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	err = db.Migrate(ctx, "floor", []sqldb.Migration{{Name: "rows", SQL: `
		CREATE TABLE entry (side TEXT NOT NULL, idx BIGINT NOT NULL, leaf TEXT NOT NULL, PRIMARY KEY (side, idx))`}})
	if err != nil {
		b.Fatal(err)
	}
	const at = 20 // rows in one statement
	leaf := strings.Repeat("x", 1024)
	statement := "INSERT INTO entry (side, idx, leaf) VALUES "
	for i := range at {
		if i > 0 {
			statement += ", "
		}
		if db.Engine() == sqldb.SQLite {
			statement += "(?, ?, ?)"
		} else {
			statement += fmt.Sprintf("($%d, $%d, $%d)", 3*i+1, 3*i+2, 3*i+3)
		}
	}
	start := time.Now()
	for i := 0; i < rows; i += batch {
		err := db.Update(ctx, func(tx *sqldb.Tx) error {
			for j := 0; j < batch; j += at {
				args := make([]any, 0, 3*at)
				for k := range int64(at) {
					args = append(args, fmt.Sprintf("side-%d", k%2), int64(i+j)+k, leaf)
				}
				if _, err := tx.Exec(ctx, statement, args...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// BenchmarkOwnEntry folds one dispatch in a transaction of its own, which lies
// on the way from release to receipt.
func BenchmarkOwnEntry(b *testing.B) {
	w := busy(b, 2000)
	r := recordstest.Open(b, "sqlite:"+filepath.Join(b.TempDir(), "records.db"),
		records.Config{Office: testOffice, Side: "south", Source: w.source})
	if err := r.Add(ctx, w.sequence()); err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("x", 1024)
	seen := map[office.Side]int64{"north": int64(len(w.entries["north"]))}
	var drafts []office.Entry
	for i := range 20_000 {
		w.now = w.now.Add(time.Millisecond)
		e := office.Entry{
			ID: office.EntryID{Side: "south", Index: int64(len(w.entries["south"]) + i)}, At: w.now.UnixMilli(),
			By: "duty-officer", Seen: seen, Kind: office.KindDispatch, Body: encode(b, w.dispatch("south", int64(501+i), text)),
		}
		drafts = append(drafts, e)
	}
	n := 0
	start := processor()
	for b.Loop() {
		if n == len(drafts) {
			b.Fatal("more drafts are needed")
		}
		f, err := r.Begin(ctx)
		if err != nil {
			b.Fatal(err)
		}
		v, err := f.Apply(drafts[n])
		if err != nil || !v.Done() {
			b.Fatal(v, err)
		}
		if err := f.Commit(); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64((processor()-start).Microseconds())/float64(n), "cpu-µs/op")
}

// BenchmarkLists reads the first page of lists over 100,000 dispatches, of which
// few are FLASH, few are on a second channel and few wait for an answer.
func BenchmarkLists(b *testing.B) {
	w := busy(b, 0)
	r := recordstest.Open(b, "sqlite:"+filepath.Join(b.TempDir(), "records.db"),
		records.Config{Office: testOffice, Side: "south", Source: w.source})
	w.fill(b, 200_000, func(d *office.DispatchBody) {
		if d.Number%10_000 == 7 {
			d.Precedence = office.Flash
		}
	})
	all := w.sequence()
	for i := 0; i < len(all); i += batch {
		if err := r.Add(ctx, all[i:min(i+batch, len(all))]); err != nil {
			b.Fatal(err)
		}
	}
	deep, _, err := r.Dispatches(ctx, records.Filter{From: "north", Limit: 500})
	if err != nil {
		b.Fatal(err)
	}
	for _, list := range []struct {
		name   string
		filter records.Filter
	}{
		{"all", records.Filter{}},
		{"from", records.Filter{From: "north"}},
		{"deep", records.Filter{Before: deep[499].ID.String()}},
		{"rare", records.Filter{Precedence: office.Flash}},
		{"none", records.Filter{Precedence: office.Immediate, Channel: "liaison"}},
		{"open", records.Filter{State: records.Unacknowledged}},
		{"open rare", records.Filter{State: records.Unacknowledged, Precedence: office.Flash}},
		{"rare of one side on one channel", records.Filter{Precedence: office.Flash, From: "south", Channel: "liaison"}},
	} {
		b.Run(list.name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := r.Dispatches(ctx, list.filter); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("placed", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Placed(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("record", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Record(ctx, 100_000, 50); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// vocabulary makes words of which the first are common and the last rare, as in
// any language: Korean ones with particles, and Latin ones.
type vocabulary struct {
	*rand.Rand
	zipf *rand.Zipf
}

func newVocabulary() vocabulary {
	r := rand.New(rand.NewPCG(2018, 9))
	return vocabulary{r, rand.NewZipf(r, 1.1, 8, 20_000)}
}

func (v vocabulary) word() string { return word(v.zipf.Uint64()) }

// word is the n-th word.
func word(n uint64) string {
	if n%3 == 0 {
		return fmt.Sprintf("w%s", strconv.FormatUint(n*7919, 36))
	}
	syllable := func(i uint64) string { return string(rune(0xac00 + i*i*28%11_172)) }
	return syllable(n%89) + syllable(n%97) + syllable(n%101)
}

func (v vocabulary) text(words int) string {
	var b strings.Builder
	for range words {
		b.WriteString(v.word())
		b.WriteString([]string{" ", "에서 ", "을 ", ", ", "의 "}[v.IntN(5)])
	}
	return b.String()
}

// BenchmarkFinding measures, at 100,000 dispatches with a text of some 600 bytes,
// how long a page of the list or of a search takes, and how long the index takes to
// be made. Few wait for an acknowledgement, most are
// closed and some are under consideration, as in an office that works.
func BenchmarkFinding(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgresql"} {
		b.Run(engine, func(b *testing.B) { findingOn(b, engine) })
	}
}

// handle closes six of ten dispatches, and lets one of forty be considered.
func (w *world) handle(b testing.TB) {
	for i, from := range w.sides {
		to := w.sides[1-i]
		for n, e := range slices.Clone(w.entries[from]) {
			switch {
			case e.Kind != office.KindDispatch:
			case n/2%40 == 7:
				until := office.MinuteOf(w.now.Add(time.Hour).UnixMilli())
				w.sign(b, to, "duty-officer", office.KindConsider, &office.ConsiderBody{Dispatch: e.ID, Until: until})
			case n/2%10 < 6:
				w.sign(b, from, "duty-officer", office.KindClose, &office.CloseBody{Dispatch: e.ID})
				w.sign(b, to, "duty-officer", office.KindClose, &office.CloseBody{Dispatch: e.ID})
			}
		}
	}
}

func findingOn(b *testing.B, engine string) {
	url := "sqlite:" + filepath.Join(b.TempDir(), "records.db")
	if engine == "postgresql" {
		url = sqldbtest.DurablePostgreSQL(b)
	}
	w := busy(b, 0)
	v := newVocabulary()
	r := recordstest.Open(b, url, records.Config{Office: testOffice, Side: "south", Source: w.source})
	const dispatches = 100_000
	w.fill(b, 2*dispatches, func(d *office.DispatchBody) {
		d.Subject, d.Text = v.text(5), v.text(50)
		if d.Number%50 == 7 {
			d.Precedence = office.Flash
		}
	})
	w.handle(b)
	for range 20 {
		from := w.sides[v.IntN(2)]
		w.sign(b, from, "duty-officer", office.KindDispatch, w.dispatch(from, int64(len(w.entries[from])), "x"))
	}
	all := w.sequence()
	for i := 0; i < len(all); i += batch {
		if err := r.Add(ctx, all[i:min(i+batch, len(all))]); err != nil {
			b.Fatal(err)
		}
	}
	start, longest := time.Now(), time.Duration(0)
	for {
		step := time.Now()
		n, err := r.Index(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if longest = max(longest, time.Since(step)); n == 0 {
			break
		}
	}
	b.Logf("%s: indexed in %v, the longest step %v", engine, time.Since(start), longest)
	since := w.now.Add(-time.Hour)
	for _, list := range []struct {
		name   string
		filter func() records.Filter
	}{
		{"list", func() records.Filter { return records.Filter{} }},
		{"list of one side between dates", func() records.Filter {
			return records.Filter{From: "north", Since: since.Add(-time.Hour), Until: since}
		}},
		{"list that waits for us", func() records.Filter { return records.Filter{State: records.WaitsForUs} }},
		{"common word", func() records.Filter { return records.Filter{Text: word(uint64(v.IntN(10)))} }},
		{"any word", func() records.Filter { return records.Filter{Text: v.word()} }},
		{"two words", func() records.Filter { return records.Filter{Text: v.word() + " " + v.word()} }},
		{"two common words, FLASH", func() records.Filter {
			return records.Filter{Text: word(0) + " " + word(uint64(1+v.IntN(10))), Precedence: office.Flash}
		}},
		{"one syllable", func() records.Filter {
			return records.Filter{Text: string([]rune(word(uint64(1 + 3*v.IntN(300))))[:1])}
		}},
		{"no such word", func() records.Filter { return records.Filter{Text: "zzz" + v.word()} }},
		{"common word of a month ago", func() records.Filter {
			return records.Filter{Text: word(1), Until: since.Add(-time.Hour)}
		}},
		{"a later page of a common word", func() records.Filter {
			return records.Filter{Text: word(uint64(v.IntN(10))), Before: office.EntryID{Side: "north", Index: int64(2 * (1000 + v.IntN(40_000)))}.String()}
		}},
		{"common word of one side, answered", func() records.Filter {
			return records.Filter{Text: word(uint64(v.IntN(10))), From: "south", State: records.Answered}
		}},
		{"common word, closed", func() records.Filter {
			return records.Filter{Text: word(uint64(v.IntN(10))), State: records.Closed}
		}},
		{"list, closed and FLASH", func() records.Filter {
			return records.Filter{Precedence: office.Flash, State: records.Closed}
		}},
		{"list under consideration", func() records.Filter { return records.Filter{State: records.Considered} }},
		{"common word that waits for us", func() records.Filter {
			return records.Filter{Text: word(uint64(v.IntN(10))), State: records.WaitsForUs}
		}},
	} {
		b.Run(list.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				filter := list.filter()
				start := time.Now()
				if _, _, err := r.Dispatches(ctx, filter); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
