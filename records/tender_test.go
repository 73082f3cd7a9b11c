package records_test

import (
	"errors"
	"slices"
	"testing"

	"liaison.example/office"
	"liaison.example/records"
)

func TestTendersAreListed(t *testing.T) {
	onEach(t, []office.Side{"east", "north", "south"}, listTenders)
}

func listTenders(t *testing.T, w *world) {
	w.found()
	south := w.nodes["south"]
	now := w.now.UnixMilli()
	tender := func(side office.Side, minutes int64, to ...office.Side) office.EntryID {
		return w.mustWrite(side, "duty-officer", office.KindTender, &office.TenderBody{
			Attention: "The head", Channel: "liaison", Name: "A minister", Precedence: office.Routine, Subject: "Talks", To: to,
			Until: office.MinuteOf(now + minutes*60_000),
		})
	}
	first, second := tender("south", 60, "east", "north"), tender("south", 120, "north")
	w.nodes["north"].receive("south", south.held["south"])
	w.nodes["north"].receive("east", south.held["east"])
	third := tender("north", 60, "south")
	w.mustWrite("north", "duty-officer", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderAccept, Tender: first})
	w.mustWrite("north", "duty-officer", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderDecline, Reason: office.DeclineRank, Tender: second})
	south.receive("north", w.nodes["north"].held["north"])

	hour := now - now%60_000 + 60*60_000
	for _, test := range []struct {
		filter records.TenderFilter
		want   []office.EntryID
		next   string
	}{
		{records.TenderFilter{}, []office.EntryID{third, second, first}, ""},
		{records.TenderFilter{Limit: 1}, []office.EntryID{third}, third.String()},
		{records.TenderFilter{Before: third.String(), Limit: 1}, []office.EntryID{second}, second.String()},
		{records.TenderFilter{From: "south"}, []office.EntryID{second, first}, ""},
		{records.TenderFilter{Channel: "river"}, nil, ""},
		{records.TenderFilter{State: office.TenderDeclined}, []office.EntryID{second}, ""},
		{records.TenderFilter{State: office.TenderWaiting}, []office.EntryID{third, first}, ""},
		{records.TenderFilter{Waiting: "south"}, []office.EntryID{third}, ""},
		{records.TenderFilter{Waiting: "east"}, []office.EntryID{first}, ""},
		{records.TenderFilter{Unanswered: hour - 1}, nil, ""},
		{records.TenderFilter{Unanswered: hour}, []office.EntryID{third, first}, ""},
	} {
		lines, next, err := south.records.Tenders(ctx, test.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []office.EntryID
		for _, line := range lines {
			got = append(got, line.ID)
		}
		if !slices.Equal(got, test.want) || next != test.next {
			t.Errorf("%+v: got %v, %q, want %v, %q", test.filter, got, next, test.want, test.next)
		}
	}
	if _, _, err := south.records.Tenders(ctx, records.TenderFilter{Before: "nowhere"}); !errors.Is(err, records.ErrBefore) {
		t.Errorf("a page that is none: %v", err)
	}

	served := w.dispatch("south", 1, "We propose talks.")
	served.Attention, served.Name, served.Subject, served.To, served.Tender = "The head", "A minister", "Talks", []office.Side{"north"}, &second
	id := w.mustWrite("south", "duty-officer", office.KindDispatch, served)
	one, found, err := south.records.Tender(ctx, second)
	if err != nil || !found || one.State() != office.TenderServedInstead || one.Served.ID != id || one.AnswerOf("north").Reason != office.DeclineRank {
		t.Errorf("got %+v, %v, %v", one, found, err)
	}
	if lines, _, err := south.records.Tenders(ctx, records.TenderFilter{State: office.TenderServedInstead}); err != nil || len(lines) != 1 {
		t.Errorf("got %+v, %v", lines, err)
	}
}
