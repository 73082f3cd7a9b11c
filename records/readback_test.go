package records_test

import (
	"slices"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

func TestReadbacksAreKeptWithWhatWasSaidToThem(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		write := func(side office.Side, kind string, body any) office.EntryID {
			t.Helper()
			w.now = w.now.Add(time.Second)
			id := w.mustWrite(side, "duty-officer", kind, body)
			w.exchange()
			return id
		}
		body := w.dispatch("south", 1, "차량 네 대가 통과합니다.")
		body.Readback = true
		order := write("south", office.KindDispatch, body)
		write("south", office.KindDispatch, w.dispatch("south", 2, "점심은 열두 시입니다."))

		// look holds both sides' records against what is expected of the dispatch.
		look := func(state records.State, awaits string, answers ...office.ReadbackWord) {
			t.Helper()
			for _, side := range w.sides {
				r := w.nodes[side].records
				list, err := r.Readbacks(ctx, order)
				if err != nil {
					t.Fatal(err)
				}
				var got []office.ReadbackWord
				for _, one := range list {
					word := office.ReadbackWord("")
					if one.Answer != nil {
						word = one.Answer.Answer
					}
					got = append(got, word)
					if same, found, err := r.Readback(ctx, one.ID); err != nil || !found || same.Text != one.Text || one.Dispatch != order || one.Side != "north" {
						t.Errorf("%s: %+v beside %+v: %v", side, one, same, err)
					}
				}
				if !slices.Equal(got, answers) {
					t.Errorf("%s: said to the read-backs: %q, want %q", side, got, answers)
				}
				for _, s := range []records.State{records.ReadBack, records.Disputed, records.Confirmed} {
					lines, _, err := r.Dispatches(ctx, records.Filter{State: s})
					if err != nil || len(lines) > 1 || (len(lines) == 1) != (s == state) {
						t.Errorf("%s: %d are %s, while the read-back is %q: %v", side, len(lines), s, state, err)
					}
				}
				if got := sayReadbacks(t, r, order); got != awaits {
					t.Errorf("%s: awaited is %q, want %q", side, got, awaits)
				}
			}
		}
		look("", "")
		write("north", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: order})
		look("", "readback of north")
		first := write("north", office.KindReadback, &office.ReadbackBody{Dispatch: order, Text: "차량 세 대가 통과함."})
		look(records.ReadBack, "confirmation of south", "")
		write("south", office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackDispute, Readback: first, Text: "네 대입니다."})
		look(records.Disputed, "readback of north", office.ReadbackDispute)
		second := write("north", office.KindReadback, &office.ReadbackBody{Dispatch: order, Text: "차량 네 대가 통과함."})
		look(records.ReadBack, "confirmation of south", office.ReadbackDispute, "")
		write("south", office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackConfirm, Readback: second})
		look(records.Confirmed, "", office.ReadbackDispute, office.ReadbackConfirm)
	})
}

// sayReadbacks writes what is waited for with the read-back of a dispatch.
func sayReadbacks(t *testing.T, r *records.Records, of office.EntryID) (said string) {
	t.Helper()
	awaited, err := r.Awaited(ctx, time.UnixMilli(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range awaited.Questions {
		if q.Awaits != office.AwaitsReadback && q.Awaits != office.AwaitsConfirmation {
			continue
		}
		if said != "" || q.Line == nil || q.Line.ID != of || q.Awaits == office.AwaitsReadback && q.About != of {
			t.Errorf("%+v is waited for, beside %q", q, said)
		}
		said = string(q.Awaits) + " of " + q.To
	}
	return said
}
