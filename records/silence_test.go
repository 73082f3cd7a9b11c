package records_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// sayAwaited writes what is waited for, the most urgent first.
func sayAwaited(t *testing.T, r *records.Records) string {
	t.Helper()
	awaited, err := r.Awaited(ctx, time.UnixMilli(0))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, q := range awaited.Questions {
		if q.Tender == nil && (q.Line.ID != q.About || q.Line.Text != "") || q.Tender != nil && q.Tender.ID != q.About || q.Subject() == "" {
			t.Errorf("%+v, %+v stands beside %s", q.Line, q.Tender, q.About)
		}
		said = append(said, fmt.Sprintf("%s %s of %s", q.About, q.Awaits, q.To))
	}
	if awaited.More {
		said = append(said, "more")
	}
	return strings.Join(said, ", ")
}

func TestWhatIsWaitedForIsTheSameAtBothSides(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		numbers := map[office.Side]int64{}
		write := func(side office.Side, kind string, body any) office.EntryID {
			t.Helper()
			w.now = w.now.Add(time.Second)
			id := w.mustWrite(side, "duty-officer", kind, body)
			w.exchange()
			return id
		}
		send := func(side office.Side, change func(b *office.DispatchBody)) office.EntryID {
			t.Helper()
			numbers[side]++
			b := w.dispatch(side, numbers[side], "본문")
			if change != nil {
				change(b)
			}
			return write(side, office.KindDispatch, b)
		}
		want := func(said ...string) {
			t.Helper()
			for _, side := range w.sides {
				if got := sayAwaited(t, w.nodes[side].records); got != strings.Join(said, ", ") {
					t.Errorf("%s: got %q, want %q", side, got, said)
				}
			}
		}
		want()
		form := *worldForms[0]
		form.Asks, form.Answers, form.Hours = office.AsksAnswer, []office.Choice{{ID: "yes", Name: office.Words{"en": "Yes"}}}, 1
		hash := office.HashForm(&form)
		write("south", office.KindProposeForm, &office.ProposeFormBody{Form: &form})
		write("north", office.KindAgreeForm, &office.AgreeFormBody{Hash: hash})
		asked := send("south", func(b *office.DispatchBody) {
			b.Form = &office.Filled{Code: form.Code, Hash: hash, Values: map[string]string{"what": "굴착"}}
		})
		plain := send("north", func(b *office.DispatchBody) { b.Precedence = office.Flash })
		gone := send("south", nil)
		want(plain.String()+" acknowledgement of south", asked.String()+" acknowledgement of north", gone.String()+" acknowledgement of north")
		write("north", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: asked})
		write("south", office.KindClose, &office.CloseBody{Dispatch: gone})
		want(plain.String()+" acknowledgement of south", asked.String()+" answer of north")
		// What its own side has closed is waited for no more, and yet nobody has read it.
		awaited, err := w.nodes["north"].records.Awaited(ctx, w.now)
		if err != nil || len(awaited.Unread) != 1 || awaited.Unread[0].ID != gone {
			t.Errorf("unread at north: %+v, %v", awaited.Unread, err)
		}
		write("south", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: plain})
		want(asked.String() + " answer of north")
		write("south", office.KindConsider, &office.ConsiderBody{Dispatch: plain, Until: office.MinuteOf(w.now.Add(time.Hour).UnixMilli())})
		want(plain.String()+" answer of south", asked.String()+" answer of north")
		send("north", func(b *office.DispatchBody) { b.Reply, b.Answer = &asked, "yes" })
		write("south", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: office.EntryID{Side: "north", Index: int64(len(w.entries["north"]) - 1)}})
		want(plain.String() + " answer of south")
		cancel := send("north", func(b *office.DispatchBody) {
			b.Relation = &office.Relation{Dispatch: plain, Kind: office.Cancellation}
		})
		write("south", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: cancel})
		want()
		tender := write("south", office.KindTender, &office.TenderBody{
			Attention: "the head", Channel: "liaison", Name: "the minister", Precedence: office.Routine, Subject: "회담", To: []office.Side{"north"},
			Until: office.MinuteOf(w.now.Add(time.Hour).UnixMilli()),
		})
		want(tender.String() + " acceptance of north")
		write("north", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderDecline, Reason: office.DeclineRank, Tender: tender})
		want(tender.String() + " decision of north")
		write("south", office.KindTenderEnd, &office.TenderWithdrawBody{Tender: tender})
		want()
	})
}

func TestAFloodHidesNothingOfAnotherPrecedence(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		var last office.EntryID
		for i := range int64(records.MaxOpen + 3) {
			w.now = w.now.Add(time.Second)
			last = w.mustWrite("north", "duty-officer", office.KindDispatch, w.dispatch("north", i+1, "x"))
		}
		b := w.dispatch("north", records.MaxOpen+4, "x")
		b.Precedence = office.Immediate
		w.now = w.now.Add(time.Second)
		urgent := w.mustWrite("north", "duty-officer", office.KindDispatch, b)
		w.exchange()
		awaited, err := w.nodes["south"].records.Awaited(ctx, time.UnixMilli(0))
		if err != nil || !awaited.More || len(awaited.Questions) != records.MaxOpen+1 || awaited.Questions[0].About != urgent {
			t.Fatalf("%d, %v", len(awaited.Questions), err)
		}
		if q := awaited.Questions[records.MaxOpen]; q.About.Index >= last.Index {
			t.Errorf("the last that is looked at is %s", q.About)
		}
	})
}

func TestWhatIsKnownOfTheWatchStandsBesideWhatIsWaitedFor(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		south := w.nodes["south"].records
		look := func() *records.Awaited {
			awaited, err := south.Awaited(ctx, time.UnixMilli(0))
			if err != nil {
				t.Fatal(err)
			}
			return awaited
		}
		if a := look(); !a.Watches || a.OnWatch["north"] || a.LeftAt["north"] != 0 {
			t.Errorf("at first: %+v", a)
		}
		watch := w.mustWrite("north", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
		w.exchange()
		if a := look(); !a.OnWatch["north"] || a.OnWatch["south"] {
			t.Errorf("on watch: %+v", a.OnWatch)
		}
		w.now = w.now.Add(time.Minute)
		w.mustWrite("north", "duty-officer", office.KindWatchEnd, &office.WatchEndBody{Watch: watch})
		w.exchange()
		if a := look(); a.OnWatch["north"] || a.LeftAt["north"] != w.now.UnixMilli() {
			t.Errorf("after it: %v, left at %v, now %v", a.OnWatch, a.LeftAt, w.now.UnixMilli())
		}
	})
}
