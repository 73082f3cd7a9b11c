package records_test

import (
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

func TestEverySideReadsWhatTheOthersPromiseAndWhoChanges(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		minute := func(d time.Duration) office.Minute { return office.MinuteOf(w.now.Add(d).UnixMilli()) }
		promise := func(side office.Side, from time.Duration, who ...string) {
			body := &office.CoverageBody{From: minute(from), Languages: []string{"ko"}, Week: make([][]office.Span, 7), Who: who}
			for i := range body.Week {
				body.Week[i] = []office.Span{{From: "00:00", Until: "24:00"}}
			}
			w.mustWrite(side, "duty-officer", office.KindCoverage, body)
			w.exchange()
		}
		promise("south", 48*time.Hour, "later")
		promise("south", time.Hour, "first")
		promise("south", time.Hour, "second")
		for _, n := range w.nodes {
			promises, err := n.records.Promises(ctx, []office.Side{"north", "south"})
			if err != nil {
				t.Fatal(err)
			}
			for after, want := range map[time.Duration]string{0: "", 2 * time.Hour: "second", 49 * time.Hour: "later"} {
				got := ""
				if c, _ := promises["south"].At(w.now.Add(after).UnixMilli()); c != nil {
					got = strings.Join(c.Who, " ")
				}
				if got != want {
					t.Errorf("%s: after %s: got %q, want %q", n.side, after, got, want)
				}
			}
			if len(promises["north"]) != 0 {
				t.Errorf("%s: %+v", n.side, promises["north"])
			}
		}
		for _, days := range []time.Duration{6, 8} {
			w.mustWrite("south", "duty-officer", office.KindPersonnel, &office.PersonnelBody{Comes: "Park S.", From: minute(days*24*time.Hour + time.Minute), Post: "duty-officer"})
		}
		w.exchange()
		north := w.nodes["north"].records
		page, next, err := north.Personnel(ctx, records.PersonnelFilter{Side: "south", Limit: 1})
		if err != nil || len(page) != 1 || page[0].Late || next == "" {
			t.Fatalf("the newest: %+v, %q, %v", page, next, err)
		}
		page, next, err = north.Personnel(ctx, records.PersonnelFilter{Limit: 1, Before: next})
		if err != nil || len(page) != 1 || !page[0].Late || next != "" {
			t.Fatalf("the one before: %+v, %q, %v", page, next, err)
		}
		if page, _, err = north.Personnel(ctx, records.PersonnelFilter{After: w.now.Add(7 * 24 * time.Hour).UnixMilli()}); err != nil || len(page) != 1 {
			t.Errorf("those to come: %+v, %v", page, err)
		}
	})
}
