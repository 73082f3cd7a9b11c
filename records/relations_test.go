package records_test

import (
	"errors"
	"slices"
	"testing"

	"liaison.example/office"
	"liaison.example/records"
)

func TestSuspensionsAndAttemptsAreListed(t *testing.T) {
	onEach(t, []office.Side{"east", "north", "south"}, listRelations)
}

func listRelations(t *testing.T, w *world) {
	w.found()
	south := w.nodes["south"]
	suspend := func(from office.Minute) office.EntryID {
		return w.mustWrite("south", "duty-officer", office.KindSuspension, &office.SuspensionBody{Channels: []string{"liaison"}, From: from, Reason: "Works."})
	}
	first := suspend("")
	w.mustWrite("south", "duty-officer", office.KindResumption, &office.ResumptionBody{Channels: []string{"liaison"}, Suspension: first})
	second := suspend(office.MinuteOf(w.now.UnixMilli() + 60*60_000))
	lines, next, err := south.records.Suspensions(ctx, "", 1)
	if err != nil || len(lines) != 1 || lines[0].ID != second || len(lines[0].Open()) != 1 || next != second.String() {
		t.Fatalf("got %+v, %q, %v", lines, next, err)
	}
	lines, next, err = south.records.Suspensions(ctx, next, 1)
	if err != nil || len(lines) != 1 || lines[0].ID != first || len(lines[0].Resumed) != 1 || len(lines[0].Open()) != 0 || next != "" {
		t.Fatalf("got %+v, %q, %v", lines, next, err)
	}
	one, found, err := south.records.Suspension(ctx, first)
	if err != nil || !found || one.Reason != "Works." {
		t.Errorf("got %+v, %v, %v", one, found, err)
	}
	if _, found, err := south.records.Suspension(ctx, office.EntryID{Side: "south", Index: 999}); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	channels, err := south.records.Channels(ctx)
	if err != nil || len(channels) != 1 || len(channels[0].Spells) != 2 || channels[0].Spells[0].Suspension != first || channels[0].Spells[1].Suspension != second {
		t.Fatalf("got %+v, %v", channels, err)
	}
	now := w.now.UnixMilli()
	for i, want := range []struct{ at, later, ended bool }{{false, false, true}, {false, true, false}} {
		spell := channels[0].Spells[i]
		if spell.At(now) != want.at || spell.At(now+2*60*60_000) != want.later || spell.Ended(now) != want.ended {
			t.Errorf("spell %d: %+v", i, spell)
		}
	}

	about := w.mustWrite("south", "duty-officer", office.KindDispatch, w.dispatch("south", 1, "One."))
	try := func(side office.Side, dispatch *office.EntryID, to ...office.Side) office.EntryID {
		return w.mustWrite(side, "duty-officer", office.KindAttempt, &office.AttemptBody{
			Channel: "liaison", Dispatch: dispatch, Means: office.Radio, Moment: office.MinuteOf(w.now.UnixMilli()), Outcome: office.NoAnswer, To: to,
		})
	}
	tries := []office.EntryID{try("south", &about, "north"), try("south", nil, "east", "north")}
	w.nodes["north"].receive("south", w.nodes["south"].held["south"])
	w.nodes["north"].receive("east", w.nodes["south"].held["east"])
	w.mustWrite("north", "duty-officer", office.KindConfirm, &office.ConfirmBody{Attempt: tries[1], Confirms: office.Denied, Text: "No."})
	for _, test := range []struct {
		filter records.AttemptFilter
		want   []office.EntryID
		next   string
	}{
		{records.AttemptFilter{}, []office.EntryID{tries[1], tries[0]}, ""},
		{records.AttemptFilter{Limit: 1}, tries[1:], tries[1].String()},
		{records.AttemptFilter{Before: tries[1].String()}, tries[:1], ""},
		{records.AttemptFilter{Dispatch: about.String()}, tries[:1], ""},
		{records.AttemptFilter{Waiting: "north"}, tries[:1], ""},
		{records.AttemptFilter{Waiting: "east"}, tries[1:], ""},
		{records.AttemptFilter{From: "south", Channel: "liaison", Waiting: "north"}, tries[:1], ""},
		{records.AttemptFilter{From: "north"}, nil, ""},
		{records.AttemptFilter{Channel: "river"}, nil, ""},
	} {
		lines, next, err := w.nodes["north"].records.Attempts(ctx, test.filter)
		var got []office.EntryID
		for _, line := range lines {
			got = append(got, line.ID)
		}
		if err != nil || !slices.Equal(got, test.want) || next != test.next {
			t.Errorf("%+v: got %v, %q, %v", test.filter, got, next, err)
		}
	}
	if _, _, err := south.records.Attempts(ctx, records.AttemptFilter{Before: "x"}); !errors.Is(err, records.ErrBefore) {
		t.Errorf("got %v", err)
	}
	a, found, err := w.nodes["north"].records.Attempt(ctx, tries[1])
	if err != nil || !found || len(a.Views) != 1 || !slices.Equal(a.Waiting(), []office.Side{"east"}) {
		t.Errorf("got %+v, %v, %v", a, found, err)
	}
}
