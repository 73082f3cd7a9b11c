package records_test

import (
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
)

// A notice of ROUTINE leaves eight hours for objections, which run in joint hours: from
// Friday noon they are over on Monday at noon, at every node, whether the hours of the
// sides were written long ago, or within the same fold.
func TestANoticeIsClosedOnceTheJointHoursForObjectionsAreOver(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.now = time.Date(2018, 10, 12, 0, 0, 0, 0, time.UTC) // a Friday, 09:00 in Seoul
		w.found()
		week := make([][]office.Span, 7)
		for i := range week[:5] {
			week[i] = []office.Span{{From: "09:00", Until: "17:00"}}
		}
		week[5], week[6] = []office.Span{}, []office.Span{}
		say := func(side office.Side) {
			w.mustWrite(side, "duty-officer", office.KindHours, &office.HoursBody{
				From: office.MinuteOf(w.now.UnixMilli()), Week: week, Zone: "Asia/Seoul", Offsets: []office.Offset{{From: "2018-01-01T00:00Z", Minutes: 540}},
			})
		}
		words := func(text string) office.Words { return office.Words{"en": text} }
		form := &office.Form{
			Answers: []office.Choice{{ID: "none", Name: words("No objection")}, {ID: "object", Name: words("We object")}},
			Asks:    office.AsksObjection, Code: "works", Hours: 8, Precedence: office.Routine, Name: words("Works"), Purpose: words("Works."),
			Fields: []office.FormField{{ID: "what", Name: words("What"), Required: true, Type: office.FieldLine}},
		}
		say("south")
		w.mustWrite("south", "duty-officer", office.KindProposeForm, &office.ProposeFormBody{Form: form})
		w.exchange()
		w.mustWrite("north", "duty-officer", office.KindAgreeForm, &office.AgreeFormBody{Hash: office.HashForm(form)})
		w.exchange()
		w.now = time.Date(2018, 10, 12, 3, 0, 0, 0, time.UTC)
		notice := w.dispatch("south", 1, "")
		notice.Form = &office.Filled{Code: "works", Hash: office.HashForm(form), Values: map[string]string{"what": "A bridge"}}
		sent := w.mustWrite("south", "duty-officer", office.KindDispatch, notice)
		w.exchange()

		south, north := w.nodes["south"], w.nodes["north"]
		refused := func(n *node, at time.Time) {
			t.Helper()
			w.now = at
			if _, v := n.write("duty-officer", office.KindClose, &office.CloseBody{Dispatch: sent}); v.Void != office.ObjectionAwaited {
				t.Errorf("at %s %s: %q", at, n.side, v.Void)
			}
		}
		refused(north, time.Date(2018, 10, 13, 3, 0, 0, 0, time.UTC)) // on Saturday eight hours have passed by the wall
		refused(south, time.Date(2018, 10, 15, 3, 0, 0, 0, time.UTC)) // on Monday, in the last moment
		w.now = time.Date(2018, 10, 15, 3, 0, 1, 0, time.UTC)
		closed := w.mustWrite("south", "duty-officer", office.KindClose, &office.CloseBody{Dispatch: sent})
		w.exchange()
		look := func(stage office.Stage, unobjected int) {
			t.Helper()
			for _, n := range w.nodes {
				line, _, err := n.records.Dispatch(ctx, sent)
				if err != nil || office.StageOf(&line.Dispatch, line.Acknowledged, &line.Handling, "north") != stage {
					t.Errorf("%s: %+v, %v", n.side, line.Handling, err)
				}
				if c := line.Handling.Closed; len(c) != 1 || c[0].ID != closed || len(c[0].Unobjected) != unobjected {
					t.Errorf("%s: closed by %+v", n.side, c)
				}
				list, _, err := n.records.Dispatches(ctx, records.Filter{State: records.Closed, Limit: 10})
				if err != nil || len(list) != 1 || list[0].ID != sent {
					t.Errorf("%s: %d are closed, %v", n.side, len(list), err)
				}
			}
			recordstest.Same(t, north.records, south.records)
		}
		look(office.StageClosed, 1)
		// A node that folds all at once has the hours in memory alone.
		fresh := w.open("north", "sqlite::memory:")
		fresh.receive("north", int64(len(w.entries["north"])))
		fresh.receive("south", int64(len(w.entries["south"])))
		recordstest.Same(t, fresh.records, south.records)
	})
}
