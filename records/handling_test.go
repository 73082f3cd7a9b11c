package records_test

import (
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

func TestADispatchComesWithWhatTheSidesHaveWrittenOfIt(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		south := w.nodes["south"]
		write := func(side office.Side, kind string, body any) office.EntryID {
			w.now = w.now.Add(time.Second)
			id := w.mustWrite(side, "duty-officer", kind, body)
			w.exchange()
			return id
		}
		question := write("south", office.KindDispatch, w.dispatch("south", 1, "Which bank?"))
		other := write("south", office.KindDispatch, w.dispatch("south", 2, "Something else."))
		until := office.MinuteOf(w.now.Add(time.Hour).UnixMilli())
		write("north", office.KindConsider, &office.ConsiderBody{Dispatch: question, Until: until})
		reply := w.dispatch("north", 1, "The left one.")
		reply.Reply = &question
		answer := write("north", office.KindDispatch, reply)
		again := w.dispatch("south", 3, "Thank you.")
		again.Reply = &answer
		thanks := write("south", office.KindDispatch, again)
		mended := w.dispatch("south", 4, "Which bank of the river?")
		mended.Relation = &office.Relation{Dispatch: question, Kind: office.Correction}
		correction := write("south", office.KindDispatch, mended)
		write("south", office.KindClose, &office.CloseBody{Dispatch: question})

		line, found, err := south.records.Dispatch(ctx, question)
		if err != nil || !found {
			t.Fatalf("found %v, %v", found, err)
		}
		h := line.Handling
		if h.Dispatch != question || len(h.Answered) != 1 || h.Answered[0].ID != answer || len(h.Closed) != 1 || len(h.Considers) != 1 ||
			len(h.Relations) != 1 || h.Relations[0] != (office.Related{At: h.Relations[0].At, ID: correction, Kind: office.Correction}) {
			t.Errorf("got %+v", h)
		}
		if stage := office.StageOf(&line.Dispatch, line.Acknowledged, &h, "north"); stage != office.StageClosed {
			t.Errorf("its stage is %q", stage)
		}
		lines, _, err := south.records.Dispatches(ctx, records.Filter{Limit: 3})
		if err != nil || ids(lines) != correction.String()+" "+thanks.String()+" "+answer.String() {
			t.Fatalf("got %s, %v", ids(lines), err)
		}
		if a := lines[2].Handling.Answered; len(a) != 1 || a[0].ID != thanks {
			t.Errorf("in the list, the answer was answered by %+v", a)
		}
		if lines[1].Handling.Dispatch != thanks || len(lines[1].Handling.Answered) > 0 {
			t.Errorf("in the list, what has no handling has %+v", lines[1].Handling)
		}
		for _, of := range []office.EntryID{question, answer, thanks} {
			line, _, err := south.records.Dispatch(ctx, of)
			if err != nil {
				t.Fatal(err)
			}
			thread, err := south.records.Thread(ctx, &line.Dispatch)
			if want := question.String() + " " + answer.String() + " " + thanks.String(); err != nil || ids(thread) != want {
				t.Errorf("the thread of %s: got %s, %v; want %s", of, ids(thread), err, want)
			}
		}
		line, _, err = south.records.Dispatch(ctx, other)
		if err != nil {
			t.Fatal(err)
		}
		if thread, err := south.records.Thread(ctx, &line.Dispatch); err != nil || ids(thread) != other.String() {
			t.Errorf("a dispatch without answers: got %s, %v", ids(thread), err)
		}
	})
}
