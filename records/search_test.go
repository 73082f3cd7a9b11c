package records_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// index fills the search index.
func index(t *testing.T, r *records.Records) {
	t.Helper()
	for range 1000 {
		n, err := r.Index(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			if all, err := r.Indexed(ctx); err != nil || !all {
				t.Fatalf("nothing is left to index, and yet: %v, %v", all, err)
			}
			return
		}
	}
	t.Fatal("the indexing has no end")
}

// finds lists what a filter chooses, page by page.
func finds(t *testing.T, r *records.Records, f records.Filter) string {
	t.Helper()
	var pages []string
	f.Limit = 2
	for {
		lines, next, err := r.Dispatches(ctx, f)
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		if len(lines) > 0 {
			pages = append(pages, ids(lines))
		}
		if f.Before = next; next == "" {
			return strings.Join(pages, " ")
		}
	}
}

func names(list ...office.EntryID) string {
	var lines []records.DispatchLine
	for _, id := range list {
		lines = append(lines, records.DispatchLine{Dispatch: office.Dispatch{ID: id}})
	}
	return ids(lines)
}

// release lets a side release a dispatch a second after whatever was before.
func (w *world) release(from office.Side, number int64, p office.Precedence, subject, text string) office.EntryID {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	body := w.dispatch(from, number, text)
	body.Precedence, body.Subject = p, subject
	return w.mustWrite(from, "duty-officer", office.KindDispatch, body)
}

func TestDispatchesAreFoundByTheirWordsAndFilters(t *testing.T) {
	onEach(t, []office.Side{"east", "north", "south"}, func(t *testing.T, w *world) {
		w.found()
		south := w.nodes["south"].records
		start := w.now
		a := w.release("south", 1, office.Routine, "연락사무소 개소", "오늘부터 연락사무소에서 통지문을 주고받습니다.")
		w.exchange()
		b := w.release("north", 1, office.Flash, "Gate opened", "The gate of the Imjin dam is open. Café 板門店.")
		w.exchange()
		c := w.release("south", 2, office.Flash, "수문 개방", "임진강 상류의 수문을 엽니다. GATE 3호.")
		w.exchange()
		d := w.release("east", 1, office.Routine, "Staff", "Eleven persons arrive at the gate; 수문.")
		w.exchange()
		for _, side := range []office.Side{"east", "north"} {
			w.mustWrite(side, "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: a})
		}
		w.mustWrite("south", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: b})
		w.exchange()
		if all, err := south.Indexed(ctx); err != nil || all {
			t.Errorf("before the indexing all is indexed: %v, %v", all, err)
		}
		index(t, south)
		at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) } // a to d are released at 1 to 4
		for _, row := range []struct {
			filter records.Filter
			want   string
		}{
			{records.Filter{Text: "gate"}, names(d, c, b)},
			{records.Filter{Text: "GATE opened"}, names(b)},
			{records.Filter{Text: "gate west"}, ""},
			{records.Filter{Text: "gates"}, ""},
			{records.Filter{Text: "수문"}, names(d, c)},
			{records.Filter{Text: "수"}, names(d, c)},
			{records.Filter{Text: "문"}, names(d, c, a)},
			{records.Filter{Text: "사무소"}, names(a)},
			{records.Filter{Text: "연락 사무소"}, names(a)},
			{records.Filter{Text: "락사무"}, names(a)},
			{records.Filter{Text: "3호"}, names(c)},
			{records.Filter{Text: "2"}, names(c)},
			{records.Filter{Text: "ｃａｆｅ\u0301"}, names(b)},
			{records.Filter{Text: "店"}, names(b)},
			{records.Filter{Text: "south"}, ""},
			{records.Filter{Text: "flash side_south"}, ""},
			{records.Filter{Text: "gate", From: "south"}, names(c)},
			{records.Filter{Text: "gate", Precedence: office.Flash}, names(c, b)},
			{records.Filter{Text: "gate", Channel: "liaison", Precedence: office.Routine}, names(d)},
			{records.Filter{Text: "gate", Channel: "maritime"}, ""},
			{records.Filter{Text: "gate", State: records.WaitsForUs}, names(d)},
			{records.Filter{Text: "gate", State: records.WaitsForThem}, names(d, c, b)},
			{records.Filter{Text: "gate", State: records.Acknowledged}, ""},
			{records.Filter{Text: "gate", Since: at(3)}, names(d, c)},
			{records.Filter{Text: "gate", Until: at(3)}, names(b)},

			{records.Filter{State: records.Unacknowledged}, names(d, c, b)},
			{records.Filter{State: records.WaitsForUs}, names(d)},
			{records.Filter{State: records.WaitsForUs, Precedence: office.Flash}, ""},
			{records.Filter{State: records.WaitsForThem}, names(d, c, b)},
			{records.Filter{State: records.WaitsForThem, Precedence: office.Flash}, names(c, b)},
			{records.Filter{State: records.Acknowledged}, names(a)},
			{records.Filter{State: records.Acknowledged, From: "north"}, ""},
			{records.Filter{Since: at(2)}, names(d, c, b)},
			{records.Filter{Since: at(2), Until: at(4)}, names(c, b)},
			{records.Filter{Since: at(2), Until: at(4), From: "south"}, names(c)},
			{records.Filter{Since: at(2), State: records.WaitsForUs}, names(d)},
			{records.Filter{Since: at(3600)}, ""},
			{records.Filter{Until: at(-3600)}, ""},
		} {
			if got := finds(t, south, row.filter); got != row.want {
				t.Errorf("%+v: got %s, want %s", row.filter, got, row.want)
			}
		}

		lines, _, err := south.Dispatches(ctx, records.Filter{Text: "Imjin"})
		if err != nil || len(lines) != 1 || !strings.HasPrefix(lines[0].Text, "The gate") {
			t.Errorf("what is found comes with its text: %+v, %v", lines, err)
		}
		var refused *records.SearchError
		if _, _, err := south.Dispatches(ctx, records.Filter{Text: "?"}); !errors.As(err, &refused) || refused.Code != records.SearchNoWord {
			t.Errorf("got %v", err)
		}
		if _, _, err := south.Dispatches(ctx, records.Filter{Text: "gate", Before: "south/99"}); !errors.Is(err, records.ErrBefore) {
			t.Errorf("got %v", err)
		}
		if _, _, err := south.Dispatches(ctx, records.Filter{State: "lost"}); err == nil {
			t.Error("a state that is none is not refused")
		}
	})
}

// What a late entry has moved is found once, what it has made void is not, and
// what it has made valid is, though the index is not told.
func TestTheIndexOutlivesUndoAndRedo(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		north, south := w.nodes["north"], w.nodes["south"]
		maritime := *w.charter
		maritime.Channels = append([]office.Channel{{
			ID: "maritime", Name: office.Words{"en": "Maritime"}, Purpose: office.Words{"en": "Ships."}}}, maritime.Channels...)
		w.mustWrite("south", office.Operator, office.KindPropose, &office.ProposeBody{Amends: office.HashCharter(w.charter), Charter: &maritime})
		w.exchange()
		south.standings, north.standings = nil, nil // nothing more is settled

		// South uses the new channel before it knows that north has agreed to it; that
		// is void here, until the consent, written before, comes.
		w.now = w.now.Add(time.Second)
		w.mustWrite("north", office.Operator, office.KindAgree, &office.AgreeBody{Hash: office.HashCharter(&maritime)})
		early := w.release("north", 1, office.Routine, "Early", "tide")
		w.now = w.now.Add(time.Second)
		body := w.dispatch("south", 1, "tide")
		body.Channel = "maritime"
		void, verdict := south.write("duty-officer", office.KindDispatch, body)
		if verdict.Done() {
			t.Fatal("it is not void")
		}
		index(t, south.records)
		if got := finds(t, south.records, records.Filter{Text: "tide"}); got != "" {
			t.Fatalf("void, and found: %s", got)
		}
		south.receive("north", int64(len(w.entries["north"])))
		if got := finds(t, south.records, records.Filter{}); got != names(void, early) {
			t.Fatalf("after the consent there are %s", got)
		}
		index(t, south.records)
		if got := finds(t, south.records, records.Filter{Text: "tide"}); got != names(void, early) {
			t.Errorf("after the consent %s are found", got)
		}

		// A second south/... of the same number is void once a late one bears it.
		second := w.release("south", 2, office.Routine, "Second", "tide")
		index(t, south.records)
		north.offset = -1500 * time.Millisecond
		late := w.release("north", 2, office.Routine, "Late", "tide")
		south.receive("north", int64(len(w.entries["north"])))
		want := finds(t, south.records, records.Filter{})
		index(t, south.records)
		index(t, south.records)
		if got := finds(t, south.records, records.Filter{Text: "tide"}); got != want || !strings.Contains(got, late.String()) || !strings.Contains(got, second.String()) {
			t.Errorf("found %s, there are %s", got, want)
		}
	})
}

func TestALongTextIsFoundByAllItsWords(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		var text strings.Builder
		text.WriteString("first ")
		for i := 0; text.Len() < 39_000; i++ {
			fmt.Fprintf(&text, "gate gate 수문 a%d ", i)
		}
		text.WriteString("강물이 last")
		w.release("north", 1, office.Routine, "Long", strings.Repeat("가", 12_000))
		long := w.release("south", 1, office.Routine, "Longer", text.String())
		w.exchange()
		south := w.nodes["south"].records
		index(t, south)
		for search, want := range map[string]string{
			"first last": names(long), "강물": names(long), "gate a10": names(long), "first-gate": names(long), "a900": names(long),
			"gate-last": "", "first west": "", strings.Repeat("가", 199): "north/2",
		} {
			if got := finds(t, south, records.Filter{Text: search}); got != want {
				t.Errorf("%q: %q, want %q", search, got, want)
			}
		}
		// Wherever it is cut, no phrase is.
		for i := range 700 {
			search := fmt.Sprintf("a%d-gate-gate-수문-a%d", i, i+1)
			if got := finds(t, south, records.Filter{Text: search}); got != names(long) {
				t.Fatalf("%q: %q", search, got)
			}
		}
	})
}

// Both engines cut what the index was given in the same way, whatever letters
// they know.
func TestStrangeLettersAreFound(t *testing.T) {
	texts := []string{
		"한국\u302e어", "𪜀𫠝字", "\U0002EBE0", "ठीक है", "İstanbul ıI", "ﬀ ﷺ", "𝟘𝟙x", "a\u0301\u0323b", "ㄱㄴ", "㉠㈜", "ꜰ𞤀", "ᄀᆢ", "\U0003134A字", "Ⅷ", "々々", "ǅ",
	}
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		south := w.nodes["south"].records
		for i, text := range texts {
			id := w.release("south", int64(i+1), office.Routine, "x", text)
			index(t, south)
			for _, word := range strings.Fields(text) {
				if got := finds(t, south, records.Filter{Text: word}); !strings.Contains(got+" ", id.String()+" ") {
					t.Errorf("%q (%+q) is not found in %q: %s", word, word, text, got)
				}
			}
		}
	})
}

func TestSeveralProcessesIndexOneDatabase(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		w := newWorld(t, "north", "south")
		w.open("north", "sqlite::memory:")
		db := open(sqldb.Config{Schema: "south"})
		one := openRecords(t, db, w)
		two := one
		if db.Engine() == sqldb.PostgreSQL {
			two = openRecords(t, open(sqldb.Config{Schema: "south"}), w)
		}
		w.add("south", one)
		w.found()
		const dispatches = 600
		for i := range int64(dispatches) {
			w.sign(t, "north", "duty-officer", office.KindDispatch, w.dispatch("north", i+1, "tide"))
		}
		var group sync.WaitGroup
		group.Go(func() {
			for i := int64(0); i <= dispatches; i += 100 {
				w.nodes["south"].receive("north", int64(len(w.entries["north"]))-dispatches+i)
			}
		})
		for _, r := range []*records.Records{one, two} {
			group.Go(func() {
				for range 30 {
					if _, err := r.Index(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		index(t, one)
		for _, r := range []*records.Records{one, two} {
			lines, _, err := r.Dispatches(ctx, records.Filter{Text: "tide", Limit: records.MaxPage})
			if err != nil || len(lines) != records.MaxPage || lines[0].Number != dispatches {
				t.Errorf("%d are found, %v", len(lines), err)
			}
		}
		w.close()
	})
}
