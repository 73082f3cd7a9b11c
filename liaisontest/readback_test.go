package liaisontest_test

import (
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
)

// TestADispatchIsReadBackAcrossACutAndBothSidesSeeTheSame has the line cut while the
// dispatch is read back, and the clock of the charter run out before.
func TestADispatchIsReadBackAcrossACutAndBothSidesSeeTheSame(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		write := func(side office.Side, kind string, body any) office.EntryID {
			t.Helper()
			w, err := o.Nodes[side].Write(t.Context(), node.Act{By: "duty-officer", Kind: kind, Body: body})
			if err != nil {
				t.Fatal(err)
			}
			return w.ID
		}
		order := write("south", office.KindDispatch, &office.DispatchBody{
			Channel: "liaison", Precedence: office.Flash, Readback: true, Subject: "통행", Text: "차량 네 대가 통과합니다.",
		})
		o.Equal()
		write("north", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: order})
		o.Equal()
		// want holds both nodes against what is waited for.
		want := func(awaits office.Awaits, about office.EntryID, from office.Side, overdue bool) {
			t.Helper()
			for side, n := range o.Nodes {
				page, err := n.Silences(t.Context(), node.SilenceFilter{}, o.Status(side).Now)
				if err != nil || len(page.List) != 1 {
					t.Fatalf("%s: %d are waited for, %v", side, len(page.List), err)
				}
				if s := page.List[0]; s.Awaits != awaits || s.About != about || s.From != from || s.Overdue != overdue {
					t.Errorf("%s: %+v", side, s.Question.Question)
				}
			}
		}
		want(office.AwaitsReadback, order, "south", false)
		for _, side := range []office.Side{"north", "south"} {
			o.TurnClock(side, 25*time.Minute)
		}
		want(office.AwaitsReadback, order, "south", true)

		o.Wire.Cut("north", "south")
		first := write("north", office.KindReadback, &office.ReadbackBody{Dispatch: order, Text: "차량 세 대."})
		_, err := o.Nodes["south"].Write(t.Context(), node.Act{
			By: "duty-officer", Kind: office.KindReadbackReply, Body: &office.ReadbackAnswerBody{Answer: office.ReadbackConfirm, Readback: first},
		})
		liaisontest.Refused(t, err, office.ReadbackUnknown)
		o.Wire.Mend("north", "south")
		o.Equal()
		want(office.AwaitsConfirmation, first, "north", false)
		write("south", office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackDispute, Readback: first, Text: "네 대입니다."})
		o.Equal()
		want(office.AwaitsReadback, order, "south", false) // the clock runs anew
		second := write("north", office.KindReadback, &office.ReadbackBody{Dispatch: order, Text: "차량 네 대."})
		o.Equal()
		write("south", office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackConfirm, Readback: second})
		o.Equal()
		for side, n := range o.Nodes {
			line, _, err := n.Records().Dispatch(t.Context(), order)
			if err != nil || office.StageOf(&line.Dispatch, line.Acknowledged, &line.Handling, "north") != office.StageConfirmed {
				t.Errorf("%s: %+v, %v", side, line.Handling, err)
			}
			if page, err := n.Silences(t.Context(), node.SilenceFilter{}, o.Status(side).Now); err != nil || len(page.List) > 0 {
				t.Errorf("%s: %d are waited for, %v", side, len(page.List), err)
			}
		}
	})
}
