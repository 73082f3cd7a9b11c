package liaisontest_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/link"
	"liaison.example/node"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// The hands that act on drafts of the south.
var (
	duty = people.Hand{By: people.By{Who: "accountofduty", From: "192.0.2.7"}, Post: "duty-officer", Role: "duty-officer"}
	head = people.Hand{By: people.By{Who: "accountofhead", From: "192.0.2.8"}, Post: "head", Role: "head"}
)

func content(text string) people.Content {
	return people.Content{Channel: "liaison", Precedence: office.Routine, To: []office.Side{"north"}, Subject: "From a draft", Text: text}
}

func draft(t *testing.T, n *node.Node, key, text string) people.Draft {
	t.Helper()
	d, err := n.People().NewDraft(t.Context(), duty, key, content(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// written counts the dispatches of a side.
func written(t *testing.T, n *node.Node, side office.Side) int {
	t.Helper()
	entries, err := n.Ledger().Entries(t.Context(), side, 0, n.Ledger().Head(side).Size)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, e := range entries {
		if e.Frame.Kind == office.KindDispatch {
			count++
		}
	}
	return count
}

func refusedForPeople(t *testing.T, err error, code office.Reason) {
	t.Helper()
	var refusal *people.Refusal
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("got %v, want the refusal %q", err, code)
	}
}

func TestADraftIsReleasedOnceByHoweverMany(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		south := o.Nodes["south"]
		d := draft(t, south, "form", "one")
		type answer struct {
			written node.Written
			err     error
		}
		answers := make([]answer, 12)
		var done sync.WaitGroup
		for i := range answers {
			done.Go(func() {
				a := &answers[i]
				a.written, a.err = south.Release(t.Context(), []people.Hand{duty, head}[i%2], d.ID, 1, nil)
			})
		}
		done.Wait()
		var id office.EntryID
		for _, a := range answers {
			switch {
			case a.err != nil:
				refusedForPeople(t, a.err, "draft-released")
			case id.Side != "" && a.written.ID != id:
				t.Errorf("released as %s and as %s", id, a.written.ID)
			default:
				id = a.written.ID
			}
		}
		if count := written(t, south, "south"); count != 1 || id.Side == "" {
			t.Errorf("%d dispatches, the last as %s; want one", count, id)
		}
		o.Equal()
	})
}

// A crash can come between the claim and the ledger, and between the ledger and
// the note of it: the same draft is found released exactly if it was written.
func TestACrashInTheMidstOfAReleaseNeitherLosesNorDoublesIt(t *testing.T) {
	for name, row := range map[string]struct {
		wrote bool
		other bool // another draft with the same words was released meanwhile
		want  people.DraftState
		count int // of dispatches in the end
	}{
		"before it was written":                              {false, false, people.Drafting, 1},
		"after it was written":                               {true, false, people.Released, 1},
		"before it was written, with a twin":                 {false, true, people.Drafting, 2},
		"after it was written, and a twin was released then": {true, true, people.Released, 2},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T) {
				o := liaisontest.Open(t, "north", "south")
				south := o.Nodes["south"]
				o.Send("south", "before") // what stands before the claim does not count
				if _, err := south.Write(t.Context(), node.Act{By: "duty-officer", Kind: office.KindDispatch, Body: body(t)}); err != nil {
					t.Fatal(err)
				}
				d, twin := draft(t, south, "form", "one"), draft(t, south, "twin", "one")
				if _, err := south.People().BeginRelease(t.Context(), duty, d.ID, 1, south.Ledger().Head("south").Size); err != nil {
					t.Fatal(err)
				}
				if row.other {
					if _, err := south.Release(t.Context(), duty, twin.ID, 1, nil); err != nil {
						t.Fatal(err)
					}
				}
				if row.wrote {
					if _, err := south.Write(t.Context(), node.Act{By: "duty-officer", Kind: office.KindDispatch, Body: body(t)}); err != nil {
						t.Fatal(err)
					}
				}
				o.Equal()
				o.Stop("south")
				south = o.Start("south")
				o.Equal()
				got, err := south.Draft(t.Context(), d.ID)
				if err != nil || got.State != row.want {
					t.Fatalf("after the crash: %+v, %v, want it %s", got, err, row.want)
				}
				w, err := south.Release(t.Context(), duty, d.ID, 1, nil)
				if err != nil || row.wrote && w.ID != got.Entry {
					t.Errorf("released again: %+v, %v; before it was %s", w, err, got.Entry)
				}
				_, err = south.Release(t.Context(), head, d.ID, 1, nil)
				refusedForPeople(t, err, "draft-released")
				if count := written(t, south, "south"); count != 2+row.count {
					t.Errorf("%d dispatches stand in the ledger, want %d", count, 2+row.count)
				}
				o.Equal()
			})
		})
	}
}

func TestWhatIsRefusedStaysADraft(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		south := o.Nodes["south"]
		c := content("one")
		c.Channel = "nowhere"
		d, err := south.People().NewDraft(t.Context(), duty, "form", c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = south.Release(t.Context(), duty, d.ID, 1, nil)
		liaisontest.Refused(t, err, office.ChannelUnknown)
		if d, err = south.Draft(t.Context(), d.ID); err != nil || d.State != people.Drafting {
			t.Errorf("after the refusal: %+v, %v", d, err)
		}
		_, err = south.Release(t.Context(), duty, d.ID, 2, nil)
		refusedForPeople(t, err, "draft-changed")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := south.Release(ctx, duty, d.ID, 1, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("by somebody who has gone: %v", err)
		}
		if d, err = south.Draft(t.Context(), d.ID); err != nil || !d.Open() {
			t.Errorf("after that: %+v, %v", d, err)
		}
	})
}

// Nothing of what goes before a release is ever in the ledger or on the line:
// every word here that is only our side's is marked, and looked for in all bytes.
func TestNothingOfDraftsLeavesTheNode(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		const marked = "markedword"
		var mu sync.Mutex
		var line bytes.Buffer
		listen := func(a, b office.Side) {
			o.Wire.Change(a, b, func(y *liaisontest.Way) {
				y.BendRequest = func(q link.Request) link.Request {
					mu.Lock()
					defer mu.Unlock()
					line.Write(q.Body)
					return q
				}
				y.BendAnswer = func(_ link.Request, a link.Answer) link.Answer {
					mu.Lock()
					defer mu.Unlock()
					line.Write(a.Body)
					return a
				}
			})
		}
		listen("south", "north")
		listen("north", "south")
		south := o.Nodes["south"]
		p, ctx := south.People(), t.Context()
		kim := people.Hand{By: people.By{Who: marked + "-kim", From: marked}, Post: "duty-officer", Role: "duty-officer"}
		lee := people.Hand{By: people.By{Who: marked + "-lee", From: marked}, Post: "head", Role: "head"}
		must := func(d people.Draft, err error) people.Draft {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		for _, h := range []people.Hand{kim, lee} {
			if err := p.AddAccount(ctx, people.By{Who: people.Operator}, people.Account{Name: h.Who, Person: marked, Posts: []office.Post{h.Post}}); err != nil {
				t.Fatal(err)
			}
		}
		d := must(p.NewDraft(ctx, kim, marked, content(marked)))
		must(p.Submit(ctx, kim, d.ID, 1))
		must(p.Comment(ctx, lee, d.ID, marked))
		must(p.Return(ctx, lee, d.ID, 1, marked))
		must(p.SaveDraft(ctx, kim, d.ID, 1, content("what goes out")))
		must(p.Submit(ctx, kim, d.ID, 2))
		must(p.Approve(ctx, lee, d.ID, 2))
		if err := p.SetMay(ctx, lee.By, map[people.Cell]bool{{Role: "observer", Act: people.ActDraft, Precedence: office.Routine}: true}); err != nil {
			t.Fatal(err)
		}
		if err := p.NameActing(ctx, lee.By, people.Acting{Head: "head", Post: "duty-officer", Since: time.Now(), Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		innerLife(t, south, kim, lee, marked)
		w, err := south.Release(ctx, lee, d.ID, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		o.Equal()
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(line.String(), "what goes out") {
			t.Fatal("the dispatch is not among the bytes that were looked at")
		}
		if strings.Contains(line.String(), marked) {
			t.Error("a marked word went over the line")
		}
		for _, side := range o.Sides {
			for _, n := range o.Nodes {
				entries, err := n.Ledger().Entries(ctx, side, 0, n.Ledger().Head(side).Size)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range entries {
					if bytes.Contains(e.Leaf, []byte(marked)) {
						t.Errorf("a marked word stands in %s/%d", side, e.Index)
					}
				}
			}
		}
		if w.Number != 1 {
			t.Errorf("the dispatch has number %d", w.Number)
		}
	})
}

// innerLife has a side do and keep all that is its own affair beside drafts, with the
// marked word wherever a person can type one.
func innerLife(t *testing.T, n *node.Node, kim, lee people.Hand, marked string) {
	t.Helper()
	ctx, p := t.Context(), n.People()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := p.AddToken(ctx, kim.By, people.NewToken{Account: kim.Who, Scopes: []people.Scope{people.ScopeRead}, Note: marked})
	must(err)
	must(p.KeepView(ctx, kim.Who, people.View{Name: marked, Query: "q=" + marked}))
	must(p.SetRanks(ctx, lee.By, []people.Rank{{Here: marked, Side: "north", There: marked}}, nil))
	_, err = p.MakeFeed(ctx, kim.By, kim.Who, true)
	must(err)
	_, _, err = n.Notify().AddMeans(ctx, kim.Who, "webhook", marked, notify.Settings{"url": "https://" + marked + ".example/" + marked})
	must(err)
	_, _, err = n.Notify().Add(ctx, "https://"+marked+".example/"+marked, false)
	must(err)

	clock, _, err := n.RosterClock(ctx)
	must(err)
	tomorrow := time.Now().UTC().Add(48 * time.Hour).Format(time.DateOnly)
	rotation, err := p.PutRotation(ctx, lee, clock, people.Rotation{Name: marked, From: tomorrow, Starts: []string{"08:00"}, Minutes: 480, Each: 1, Turn: []people.InTurn{{Who: people.Who(kim.Who)}}})
	must(err)
	watch := people.WatchID{Layer: rotation.ID, Day: tomorrow, Start: "08:00"}
	_, err = p.OfferSwap(ctx, kim, clock, people.Swap{Watch: watch, Words: marked})
	must(err)
	must(p.GiveWatch(ctx, lee, clock, watch, people.Who(lee.Who), marked))

	written, err := n.Write(ctx, node.Act{By: kim.Post, Kind: office.KindWatch, Body: &office.WatchBody{Languages: []string{"ko"}}})
	must(err)
	must(p.WriteHandover(ctx, kim, written.ID, 0, marked))
	must(p.SignHandover(ctx, lee, written.ID, 1))
}

// body is the dispatch that a draft of the text "one" becomes.
func body(t *testing.T) *office.DispatchBody {
	t.Helper()
	b, err := content("one").Body()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
