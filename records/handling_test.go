package records_test

import (
	"strings"
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

func TestDispatchesAreChosenByWhatBecameOfThem(t *testing.T) {
	onEach(t, []office.Side{"east", "north", "south"}, func(t *testing.T, w *world) {
		w.found()
		south := w.nodes["south"].records
		numbers := map[office.Side]int64{}
		write := func(side office.Side, kind string, body any) office.EntryID {
			t.Helper()
			w.now = w.now.Add(time.Second)
			id := w.mustWrite(side, "duty-officer", kind, body)
			w.exchange()
			return id
		}
		release := func(side office.Side, change func(*office.DispatchBody)) office.EntryID {
			t.Helper()
			numbers[side]++
			body := w.dispatch(side, numbers[side], "tide")
			change(body)
			return write(side, office.KindDispatch, body)
		}
		toNorth := func(d *office.DispatchBody) { d.To = []office.Side{"north"} }
		hash := strings.Repeat("ab", 32)

		open := release("south", toNorth)
		considered := release("south", toNorth)
		answered := release("south", func(d *office.DispatchBody) { d.Precedence = office.Flash })
		closed := release("south", toNorth)
		given := release("north", func(d *office.DispatchBody) {
			d.To, d.Mark = []office.Side{"south"}, office.Exercise
			d.Attention, d.Name = "Section 7", "국장 대리"
			d.Enclosures = []office.Enclosure{{Hash: hash, Name: "수위 도표.pdf", Size: 1, Type: "application/pdf"}}
		})
		until := office.MinuteOf(w.now.Add(time.Hour).UnixMilli())
		for _, id := range []office.EntryID{considered, answered} {
			write("north", office.KindConsider, &office.ConsiderBody{Dispatch: id, Until: until})
		}
		answer := release("north", func(d *office.DispatchBody) { d.To, d.Reply = []office.Side{"south"}, &answered })
		write("north", office.KindClose, &office.CloseBody{Dispatch: closed})
		write("south", office.KindClose, &office.CloseBody{Dispatch: considered}) // only the sender: not closed
		write("south", office.KindClose, &office.CloseBody{Dispatch: closed})
		corrects := release("south", func(d *office.DispatchBody) {
			d.To, d.Relation = []office.Side{"north"}, &office.Relation{Dispatch: open, Kind: office.Correction}
		})
		cancels := release("south", func(d *office.DispatchBody) {
			d.To, d.Relation = []office.Side{"north"}, &office.Relation{Dispatch: corrects, Kind: office.Cancellation}
		})
		east := release("east", func(d *office.DispatchBody) { d.To, d.Mark = []office.Side{"south"}, office.Test })
		write("east", office.KindConsider, &office.ConsiderBody{Dispatch: answered, Until: until})

		look := func() {
			t.Helper()
			for _, row := range []struct {
				filter records.Filter
				want   string
			}{
				{records.Filter{State: records.Considered}, names(answered, considered)}, // by the east, and by the north
				{records.Filter{State: records.Considered, Precedence: office.Flash}, names(answered)},
				{records.Filter{State: records.Answered}, names(answered)},
				{records.Filter{State: records.Closed}, names(closed)},
				{records.Filter{State: records.Closed, From: "north"}, ""},
				{records.Filter{State: records.Corrected}, names(open)},
				{records.Filter{State: records.Withdrawn}, names(corrects)},
				{records.Filter{State: records.Withdrawn, Mark: office.Exercise}, ""},
				{records.Filter{State: records.WaitsForUs, Mark: office.Exercise}, names(given)},
				{records.Filter{Mark: office.Exercise}, names(given)},
				{records.Filter{Mark: office.Test, From: "east"}, names(east)},
				{records.Filter{Mark: records.Real}, names(cancels, corrects, answer, closed, answered, considered, open)},
				{records.Filter{Mark: records.Real, Precedence: office.Flash}, names(answered)},
			} {
				for _, text := range []string{"", "tide"} {
					row.filter.Text = text
					if got := finds(t, south, row.filter); got != row.want {
						t.Errorf("%+v: got %s, want %s", row.filter, got, row.want)
					}
				}
			}
		}
		index(t, south)
		look()
		for text, want := range map[string]string{
			"도표": names(given), "수위.pdf": "", "pdf tide": names(given), "section 7": names(given), "국장": names(given), "exercise": "",
		} {
			if got := finds(t, south, records.Filter{Text: text}); got != want {
				t.Errorf("%q: got %s, want %s", text, got, want)
			}
		}
		if _, _, err := south.Dispatches(ctx, records.Filter{Mark: "joke"}); err == nil {
			t.Error("a mark that is none is not refused")
		}
	})
}

// A state that many are in is looked for in another way than one that few are in.
func TestManyDispatchesAreChosenByTheirState(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		south := w.nodes["south"].records
		const many = 1200
		founded := len(w.sequence())
		var closed []office.EntryID
		for i := range int64(many) {
			id := w.sign(t, "north", "duty-officer", office.KindDispatch, w.dispatch("north", i+1, "tide"))
			if i%2 == 0 {
				closed = append(closed, id)
			}
		}
		for _, id := range closed {
			w.sign(t, "north", "duty-officer", office.KindClose, &office.CloseBody{Dispatch: id})
			w.sign(t, "south", "duty-officer", office.KindClose, &office.CloseBody{Dispatch: id})
		}
		if err := south.Add(ctx, w.sequence()[founded:]); err != nil {
			t.Fatal(err)
		}
		index(t, south)
		for _, filter := range []records.Filter{{State: records.Closed}, {State: records.Closed, Text: "tide"}, {State: records.WaitsForUs, Text: "tide"}} {
			filter.Limit = records.MaxPage
			n, last := 0, ""
			for {
				lines, next, err := south.Dispatches(ctx, filter)
				if err != nil {
					t.Fatal(err)
				}
				if n += len(lines); next == "" {
					last = lines[len(lines)-1].ID.String()
					break
				}
				filter.Before = next
			}
			want := many
			if filter.State == records.Closed {
				want = len(closed)
			}
			if n != want || last != closed[0].String() {
				t.Errorf("%+v: %d are found, the last %s; want %d and %s", filter, n, last, want, closed[0])
			}
		}
	})
}
