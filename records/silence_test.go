package records_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

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

// sayAll writes all that is waited for.
func sayAll(a *records.Awaited) string {
	text := fmt.Sprint(a.More, a.OnWatch, a.LeftAt, a.Distress)
	for _, q := range a.Questions {
		line, err := json.Marshal(q.Line)
		text += fmt.Sprintf("\n%+v %s %v", q.Question, line, err)
	}
	var unread []string
	for _, line := range a.Unread {
		unread = append(unread, line.ID.String())
	}
	slices.Sort(unread)
	return fmt.Sprint(text, "\nunread ", unread)
}

// Of the dispatches that wait some are looked at, the first of each side and precedence.
// Which they are is found from what has changed, and comes to what is found when all are
// read, however many there are and whichever is answered, closed or cancelled.
func TestWhatChangedTellsWhichOfManyAreLookedAt(t *testing.T) {
	w := newWorld(t, "north", "south")
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:").records.LookAtMost(3)
	}
	w.found()
	chance := rand.New(rand.NewPCG(1, 2))
	numbers, sent := map[office.Side]int64{}, map[office.Side][]office.EntryID{}
	write := func(side office.Side, kind string, body any) (id office.EntryID, done bool) {
		id, verdict := w.nodes[side].write("duty-officer", kind, body)
		return id, verdict.Done() // what is void, as what is acknowledged twice, changes nothing
	}
	send := func(side office.Side, change func(b *office.DispatchBody)) {
		b := w.dispatch(side, numbers[side]+1, "x")
		change(b)
		if id, done := write(side, office.KindDispatch, b); done {
			numbers[side]++
			sent[side] = append(sent[side], id)
		}
	}
	more := 0
	for i := range 600 {
		w.now = w.now.Add(time.Second)
		side, other := w.sides[i%2], w.sides[1-i%2]
		act := chance.IntN(12)
		ours, theirs := latest(chance, sent[side]), latest(chance, sent[other])
		switch {
		case act < 4 || ours == nil || theirs == nil:
			send(side, func(b *office.DispatchBody) { b.Precedence = []office.Precedence{office.Routine, office.Flash}[act%2] })
		case act == 4:
			send(side, func(b *office.DispatchBody) {
				b.Relation = &office.Relation{Dispatch: *ours, Kind: office.Cancellation}
			})
		case act == 5:
			write(side, office.KindClose, &office.CloseBody{Dispatch: *ours})
		case act == 6:
			write(side, office.KindConsider, &office.ConsiderBody{Dispatch: *theirs, Until: office.MinuteOf(w.now.Add(time.Hour).UnixMilli())})
		default:
			write(side, office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: *theirs})
		}
		w.exchange()
		for _, side := range w.sides {
			r := w.nodes[side].records
			kept, err := r.Awaited(ctx, w.now)
			if err != nil {
				t.Fatal(err)
			}
			if chance.IntN(3) > 0 {
				continue
			}
			r.ForgetAwaited()
			anew, err := r.Awaited(ctx, w.now)
			if err != nil {
				t.Fatal(err)
			}
			if k, a := sayAll(kept), sayAll(anew); k != a {
				t.Fatalf("step %d: %s waits for\n%s\nand anew for\n%s", i, side, k, a)
			}
			if kept.More {
				more++
			}
		}
	}
	if more < 100 {
		t.Errorf("there were more than are looked at %d times only", more)
	}
}

// latest is one of the last of some dispatches, nil if there is none.
func latest(chance *rand.Rand, of []office.EntryID) *office.EntryID {
	if len(of) == 0 {
		return nil
	}
	return &of[len(of)-1-chance.IntN(min(len(of), 20))]
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
