package records_test

import (
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

func TestWhoWasOnWatchIsAnsweredForAnyMoment(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		south := w.nodes["south"]
		began := w.now
		write := func(side office.Side, by office.Post, kind string, body any) office.EntryID {
			id := w.mustWrite(side, by, kind, body)
			w.exchange()
			w.now = w.now.Add(time.Minute)
			return id
		}
		say := func(watches []office.Watch, err error) string {
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, w := range watches {
				said = append(said, w.ID.Side+" "+w.Name)
			}
			return strings.Join(said, ", ")
		}
		first := write("south", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}, Name: "Kim"})
		theirs := write("north", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}, Name: "Ri"})
		second := write("south", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}, Name: "Park", Relieves: &first})
		write("north", "duty-officer", office.KindWatchEnd, &office.WatchEndBody{Watch: theirs})
		if got, want := say(south.records.OnWatch(ctx)), "south Park"; got != want {
			t.Errorf("now: got %q, want %q", got, want)
		}
		for minute, want := range []string{"south Kim", "north Ri, south Kim", "north Ri, south Park", "south Park", "south Park"} {
			if got := say(south.records.OnWatchAt(ctx, began.Add(time.Duration(minute)*time.Minute+30*time.Second).UnixMilli())); got != want {
				t.Errorf("minute %d: got %q, want %q", minute, got, want)
			}
		}
		if got := say(south.records.OnWatchAt(ctx, began.Add(-time.Minute).UnixMilli())); got != "" {
			t.Errorf("before: %q", got)
		}
		page, next, err := south.records.Watches(ctx, records.WatchFilter{Side: "south", Limit: 1})
		if err != nil || len(page) != 1 || page[0].ID != second || next != second.String() {
			t.Fatalf("the newest: %+v, %q, %v", page, next, err)
		}
		page, next, err = south.records.Watches(ctx, records.WatchFilter{Side: "south", Limit: 1, Before: next})
		if err != nil || len(page) != 1 || page[0].ID != first || next != "" || page[0].End == nil || !page[0].End.Relieved || page[0].End.ID != second {
			t.Fatalf("the one before: %+v, %q, %v", page, next, err)
		}
		if one, found, err := south.records.Watch(ctx, theirs); err != nil || !found || one.Name != "Ri" || one.End == nil || one.End.Relieved {
			t.Errorf("theirs: %+v, %v, %v", one, found, err)
		}
	})
}
