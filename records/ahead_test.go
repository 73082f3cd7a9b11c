package records_test

import (
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records/recordstest"
)

// A crossing is asked for too late, and its answer comes after it. Both nodes reckon
// the same, and so do the statistics.
func TestAnAnswerIsCountedByTheMomentThatTheFormTellsOf(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.now = time.Date(2018, 10, 12, 0, 0, 0, 0, time.UTC)
		w.found()
		words := func(text string) office.Words { return office.Words{"en": text} }
		form := &office.Form{
			Ahead:   &office.Ahead{By: "sort", Field: "there", For: []office.AheadChoice{{Answer: 24, Choice: "vessel", Release: 48}}, Release: 24},
			Answers: []office.Choice{{ID: "consent", Name: words("We consent")}, {ID: "refusal", Name: words("We do not")}},
			Asks:    office.AsksConsent, Code: "cross", Precedence: office.Immediate, Name: words("Crossing"), Purpose: words("A crossing."), Hours: 72,
			Fields: []office.FormField{
				{ID: "sort", Name: words("Sort"), Required: true, Type: office.FieldChoice, Choices: []office.Choice{{ID: "road", Name: words("Road")}, {ID: "vessel", Name: words("Vessel")}}},
				{ID: "there", Name: words("When"), Required: true, Type: office.FieldMinute},
			},
		}
		w.mustWrite("south", "duty-officer", office.KindProposeForm, &office.ProposeFormBody{Form: form})
		w.exchange()
		w.mustWrite("north", "duty-officer", office.KindAgreeForm, &office.AgreeFormBody{Hash: office.HashForm(form)})
		w.exchange()
		w.now = time.Date(2018, 10, 13, 0, 0, 0, 0, time.UTC)
		send := func(number int64, sort string, hours time.Duration) office.EntryID {
			d := w.dispatch("south", number, "")
			d.Form = &office.Filled{Code: "cross", Hash: office.HashForm(form), Values: map[string]string{
				"sort": sort, "there": string(office.MinuteOf(w.now.Add(hours * time.Hour).UnixMilli())),
			}}
			return w.mustWrite("south", "duty-officer", office.KindDispatch, d)
		}
		late, early := send(1, "vessel", 36), send(2, "road", 36) // due in 12 and 36 hours
		w.exchange()
		released := w.now
		w.now = released.Add(13 * time.Hour)
		for number, about := range []office.EntryID{late, early} {
			answer := w.dispatch("north", int64(number+1), "We consent.")
			answer.Reply, answer.Answer = &about, "consent"
			w.mustWrite("north", "duty-officer", office.KindDispatch, answer)
		}
		w.exchange()
		w.now = released.Add(100 * time.Hour)
		w.exchange()
		for _, n := range w.nodes {
			s, err := n.records.Statistics(ctx, "2018-10", "2018-10", "")
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range s.Figures {
				if want := (office.Answering{Asked: 2, InTime: 1, Late: 1}); f.Side == "north" && f.Channel == "" && f.Answers != want {
					t.Errorf("%s: counted %+v, want %+v", n.side, f.Answers, want)
				}
			}
			for id, isLate := range map[office.EntryID]bool{late: true, early: false} {
				line, _, err := n.records.Dispatch(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				row, _, err := n.records.Form(ctx, line.Form.Hash)
				lead, ok := row.Form.Lead(line.Form)
				if before, late := lead.Before(line.At); err != nil || !ok || late != isLate || before != 36*time.Hour.Milliseconds() {
					t.Errorf("%s: %s was released %d ms before, late %v, %v, %v", n.side, id, before, late, ok, err)
				}
			}
		}
		recordstest.Same(t, w.nodes["north"].records, w.nodes["south"].records)
	})
}
