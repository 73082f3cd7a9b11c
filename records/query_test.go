package records_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// onEach runs a test with the records of south on each kind of database; those
// of the other sides are in memory.
func onEach(t *testing.T, sides []office.Side, f func(t *testing.T, w *world)) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		w := newWorld(t, sides...)
		for _, side := range sides {
			if side != "south" {
				w.open(side, "sqlite::memory:")
			}
		}
		w.add("south", openRecords(t, open(sqldb.Config{Schema: "south"}), w))
		f(t, w)
		w.close()
	})
}

func openRecords(t *testing.T, db *sqldb.DB, w *world) *records.Records {
	t.Helper()
	r, err := records.Open(ctx, db, records.Config{Office: testOffice, Side: "south", Source: w.source})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ids(lines []records.DispatchLine) string {
	var ids []string
	for _, line := range lines {
		ids = append(ids, line.ID.String())
	}
	return strings.Join(ids, " ")
}

func TestDispatchesAreListedNewestFirstAndFiltered(t *testing.T) {
	onEach(t, []office.Side{"east", "north", "south"}, func(t *testing.T, w *world) {
		w.found()
		maritime := *w.charter
		maritime.Channels = append(slices.Clone(maritime.Channels), office.Channel{
			ID: "maritime", Name: office.Words{"en": "Maritime"}, Purpose: office.Words{"en": "Ships."}})
		w.mustWrite("south", office.Operator, office.KindPropose,
			&office.ProposeBody{Amends: office.HashCharter(w.charter), Charter: &maritime})
		w.exchange()
		for _, side := range []office.Side{"east", "north"} {
			w.mustWrite(side, office.Operator, office.KindAgree, &office.AgreeBody{Hash: office.HashCharter(&maritime)})
			w.exchange()
		}
		south := w.nodes["south"]
		send := func(from, to office.Side, number int64, channel string, p office.Precedence) office.EntryID {
			w.now = w.now.Add(time.Second)
			id := w.mustWrite(from, "duty-officer", office.KindDispatch, &office.DispatchBody{
				Channel: channel, Number: number, Precedence: p, Subject: "Subject", Text: "Text.", To: []office.Side{to}})
			w.exchange()
			return id
		}
		a := send("south", "north", 1, "liaison", office.Routine)
		b := send("north", "south", 1, "maritime", office.Flash)
		c := send("south", "east", 2, "maritime", office.Routine)
		d := send("east", "south", 1, "liaison", office.Priority)
		w.mustWrite("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: a})
		w.exchange()
		south.standings = nil
		w.now = w.now.Add(time.Second)
		e := w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 3, "Not settled yet."))

		for _, row := range []struct {
			filter records.Filter
			want   []office.EntryID
		}{
			{records.Filter{}, []office.EntryID{e, d, c, b, a}},
			{records.Filter{Limit: 2}, []office.EntryID{e, d}},
			{records.Filter{From: "south"}, []office.EntryID{e, c, a}},
			{records.Filter{From: "west"}, nil},
			{records.Filter{Channel: "maritime"}, []office.EntryID{c, b}},
			{records.Filter{Precedence: office.Routine}, []office.EntryID{e, c, a}},
			{records.Filter{Precedence: office.Immediate}, nil},
			{records.Filter{State: records.Unacknowledged}, []office.EntryID{e, d, c, b}},
			{records.Filter{State: records.Unacknowledged, Channel: "maritime", From: "north"}, []office.EntryID{b}},
			{records.Filter{Channel: "maritime", Precedence: office.Routine, From: "south"}, []office.EntryID{c}},
			{records.Filter{Before: c.String()}, []office.EntryID{b, a}},
			{records.Filter{Before: c.String(), State: records.Unacknowledged}, []office.EntryID{b}},
			{records.Filter{Before: a.String()}, nil},
		} {
			want := make([]records.DispatchLine, len(row.want))
			for i, id := range row.want {
				want[i].ID = id
			}
			got, _, err := south.records.Dispatches(ctx, row.filter)
			if err != nil || ids(got) != ids(want) {
				t.Errorf("%+v: got %s, %v; want %s", row.filter, ids(got), err, ids(want))
			}
		}
		for _, before := range []string{"yesterday", "south/999", "nobody/1"} {
			if got, _, err := south.records.Dispatches(ctx, records.Filter{Before: before}); !errors.Is(err, records.ErrBefore) {
				t.Errorf("%s is no place: got %s, %v", before, ids(got), err)
			}
			if _, _, err := south.records.Notes(ctx, records.NoteFilter{Before: before}); !errors.Is(err, records.ErrBefore) {
				t.Errorf("%s is no place of a note: %v", before, err)
			}
		}

		// Pages join without a gap, also of open ones.
		for _, open := range []records.State{"", records.Unacknowledged} {
			var pages []string
			filter := records.Filter{State: open, Limit: 1}
			for {
				lines, next, err := south.records.Dispatches(ctx, filter)
				if err != nil {
					t.Fatal(err)
				}
				pages = append(pages, ids(lines))
				if filter.Before = next; next == "" {
					break
				}
			}
			whole, _, err := south.records.Dispatches(ctx, records.Filter{State: open})
			if got := strings.Join(pages, " "); err != nil || got != ids(whole) {
				t.Errorf("page by page %s, at once %s, %v", got, ids(whole), err)
			}
		}

		list, _, err := south.records.Dispatches(ctx, records.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		first, last := list[len(list)-1], list[0]
		if first.Text != "" || !first.Settled || len(first.Waiting) != 0 || len(first.Acknowledged) != 1 || first.Acknowledged[0].Side != "north" {
			t.Errorf("the first line is %+v", first)
		}
		if last.Settled || fmt.Sprint(last.Waiting) != "[east north]" || len(last.Acknowledged) != 0 {
			t.Errorf("the last line is %+v", last)
		}
		one, found, err := south.records.Dispatch(ctx, e)
		if err != nil || !found || one.Text != "Not settled yet." || one.Number != 3 || one.Settled {
			t.Errorf("got %+v, %v, %v", one, found, err)
		}
		for _, id := range []office.EntryID{id("south/0"), id("south/99"), id("west/1")} {
			if _, found, err := south.records.Dispatch(ctx, id); found || err != nil {
				t.Errorf("%s: %v, %v", id, found, err)
			}
		}

		row, err := south.records.Office(ctx)
		if err != nil || !row.Open || row.Charter.Channel("maritime") == nil || row.Hash != office.HashCharter(&maritime) {
			t.Errorf("the office is %+v, %v", row, err)
		}
		proposals, err := south.records.Proposals(ctx)
		if err != nil || len(proposals) != 1 || proposals[0].State != office.ProposalInForce || len(proposals[0].Agreed) != 3 {
			t.Errorf("proposals %+v, %v", proposals, err)
		}
		posts, err := south.records.Posts(ctx, "north")
		if err != nil || len(posts) != 1 || posts[0].Post != "duty-officer" || posts[0].Side != "north" {
			t.Errorf("posts %+v, %v", posts, err)
		}
	})
}

func TestTheRecordShowsEveryEntryWithItsVerdict(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		south := w.nodes["south"]
		if row, err := south.records.Office(ctx); err != nil || row.Charter != nil || row.Open {
			t.Errorf("before anything the office is %+v, %v", row, err)
		}
		if page, err := south.records.Record(ctx, 0, 0); err != nil || len(page) != 0 {
			t.Errorf("before anything the record is %+v, %v", page, err)
		}
		w.found()
		w.now = w.now.Add(time.Second)
		v, _ := south.write("duty-officer", office.KindDispatch, w.dispatch("south", 7, "Text."))
		page, err := south.records.Record(ctx, 0, 2)
		if err != nil || len(page) != 2 {
			t.Fatal(page, err)
		}
		e := page[0]
		if e.ID != v || e.Pos != 5 || e.By != "duty-officer" || e.Kind != "dispatch" || e.Verdict.Void != office.NumberOutOfTurn ||
			e.Verdict.Detail["expected"] != "1" || e.Settled || e.At != w.now.UnixMilli() || e.Time != e.At {
			t.Errorf("got %+v", e)
		}
		if p := page[1]; p.Pos != 4 || !p.Settled || !p.Verdict.Done() || p.Verdict.Detail != nil {
			t.Errorf("got %+v", p)
		}
		rest, err := south.records.Record(ctx, page[1].Pos, 100)
		if err != nil || len(rest) != 3 || rest[0].Pos != 3 || rest[2].Pos != 1 {
			t.Errorf("got %+v, %v", rest, err)
		}
		if one, found, err := south.records.PlacedEntry(ctx, e.ID); err != nil || !found || one.Digest != e.Digest || one.Effect != e.Effect {
			t.Errorf("got %+v, %v, %v", one, found, err)
		}
		if _, found, err := south.records.PlacedEntry(ctx, id("south/99")); found || err != nil {
			t.Errorf("%v, %v", found, err)
		}
	})
}

func TestTwoProcessesFoldOnOneDatabase(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		w := newWorld(t, "north", "south")
		w.open("north", "sqlite::memory:")
		db := open(sqldb.Config{Schema: "south"})
		one := openRecords(t, db, w)
		two := openRecords(t, open(sqldb.Config{Schema: "south"}), w)
		south := w.add("south", one)
		w.found()
		if db.Engine() == sqldb.SQLite {
			onlyOneFolds(t, w, south, one, two)
			return
		}
		for i := range int64(12) {
			south.records = []*records.Records{one, two}[i%2]
			w.now = w.now.Add(time.Second)
			w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", i+1, "Text."))
			if i%3 == 0 {
				w.exchange()
			} else if i%4 == 0 {
				// A late entry: the other process must notice that all has moved.
				w.nodes["north"].offset = -1500 * time.Millisecond
				w.nodes["north"].write("duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id("south/2")})
				south.receive("north", int64(len(w.entries["north"])))
			}
		}
		w.exchange()
		recordstest.Same(t, one, w.nodes["north"].records)
		recordstest.Same(t, two, w.nodes["north"].records)
		w.close()
	})
}

// onlyOneFolds is what two processes on one file find: who has folded before
// is refused once, and then reads all anew.
func onlyOneFolds(t *testing.T, w *world, south *node, one, two *records.Records) {
	south.records = two
	w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 1, "Text."))
	last := w.entries["south"][len(w.entries["south"])-1:]
	if err := one.Add(ctx, last); !errors.Is(err, records.ErrOthers) {
		t.Fatalf("got %v", err)
	}
	south.records = one
	w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 2, "Text."))
	w.exchange()
	recordstest.Same(t, one, w.nodes["north"].records)
	w.close()
}

func TestRecordsOfAnotherVersionAreThrownAway(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Schema: "south"})
		w := newWorld(t, "north", "south")
		w.open("north", "sqlite::memory:")
		south := w.add("south", openRecords(t, db, w))
		w.found()
		before := recordstest.Dump(t, south.records)

		// The same version finds them as they were.
		again := openRecords(t, open(sqldb.Config{Schema: "south"}), w)
		if got := recordstest.Dump(t, again); got != before {
			t.Errorf("opened again they are\n%s", got)
		}
		// Those of a former version are folded again from nothing.
		err := db.Update(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE migration SET name = 'shape 0, rules 1'")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		again = openRecords(t, open(sqldb.Config{Schema: "south"}), w)
		if placed, err := again.Placed(ctx); err != nil || len(placed) != 0 {
			t.Fatalf("placed %v, %v", placed, err)
		}
		if s, err := again.Summary(ctx); err != nil || s.Open || s.Digest.Count != 0 || len(s.Placed) != 0 || len(s.Settled) != 0 {
			t.Errorf("got %+v, %v", s, err)
		}
		// One that still runs sees that, and does not mix its own into them.
		if placed, err := south.records.Placed(ctx); err != nil || len(placed) != 0 {
			t.Errorf("placed %v, %v", placed, err)
		}
		var gap *records.GapError
		e := w.draft("north", nil, w.now, "duty-officer", office.KindDispatch, w.dispatch("north", 1, "Text."))
		err = south.records.Add(ctx, []office.Entry{e})
		if db.Engine() == sqldb.SQLite { // where nobody else should have folded
			if !errors.Is(err, records.ErrOthers) {
				t.Errorf("got %v", err)
			}
			err = south.records.Add(ctx, []office.Entry{e})
		}
		if !errors.As(err, &gap) {
			t.Errorf("got %v", err)
		}
		if err := again.Add(ctx, slices.Concat(w.entries["south"], w.entries["north"])); err != nil {
			t.Fatal(err)
		}
		if got := recordstest.Dump(t, again); got != before {
			t.Errorf("folded again they are\n%s", got)
		}

		// Those of another side are not ours to throw away.
		_, err = records.Open(ctx, db, records.Config{Office: testOffice, Side: "north", Source: w.source})
		if err == nil || !strings.Contains(err.Error(), "not of north") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAFoldWaitsForTheOneBeforeIt(t *testing.T) {
	w := threeSides(t)
	w.found()
	south := w.nodes["south"].records
	f, err := south.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := south.Begin(short); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	f.Rollback()
	if f, err = south.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	f.Rollback()
}
