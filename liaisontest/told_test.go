package liaisontest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// bell is a means of telling that keeps what it is asked to tell of one sort.
type bell struct {
	sort notify.Sort
	mu   sync.Mutex
	rung []notify.Notice // under mu
}

func (*bell) Kind() string             { return "bell" }
func (*bell) Office() []notify.Field   { return nil }
func (*bell) Personal() []notify.Field { return []notify.Field{{Name: "tone", Type: notify.FieldText}} }
func (*bell) Retracts()                {}
func (b *bell) Send(_ context.Context, _ notify.To, n notify.Notice) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n.Sort == b.sort {
		b.rung = append(b.rung, n)
	}
	return nil
}

func (b *bell) take() (said string, last notify.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for _, n := range b.rung {
		text := fmt.Sprintf("%s step %d of %d", n.Dispatch, n.Step, n.Of)
		if n.Withdrawn {
			text += " withdrawn"
		}
		lines, last = append(lines, text), n
	}
	b.rung = nil
	slices.Sort(lines) // they are sent several at once
	return strings.Join(lines, ", "), last
}

// TestAFlashClimbsItsLadderUntilALinkAcknowledgesIt turns the clock of one side.
func TestAFlashClimbsItsLadderUntilALinkAcknowledgesIt(t *testing.T) {
	rings := &bell{sort: notify.SortDispatch}
	o := liaisontest.NewOffice(t, "north", "south")
	o.Change = func(side office.Side, c *node.Config) {
		if side == "south" {
			c.Senders, c.TellByHand, c.Pages = []notify.Sender{rings}, true, "https://south.example"
		}
	}
	for _, side := range o.Sides {
		o.Start(side)
	}
	o.Equal()
	south, ctx := o.Nodes["south"], context.Background()
	by := people.By{Who: people.Operator}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(south.People().AddAccount(ctx, by, people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}}))
	must(south.People().AddAccount(ctx, by, people.Account{Name: "kim", Person: "Kim", Posts: []office.Post{"head"}}))
	_, _, err := south.Notify().AddMeans(ctx, "park", "bell", "Desk", nil)
	must(err)
	tell := func(want string) notify.Notice {
		t.Helper()
		_, err := south.Tell(ctx)
		must(err)
		said, last := rings.take()
		if said != want {
			t.Fatalf("told %q, want %q", said, want)
		}
		return last
	}
	tell("")
	w, err := o.Nodes["north"].Write(ctx, node.Act{By: "duty-officer", Kind: office.KindDispatch, Body: &office.DispatchBody{
		Channel: "liaison", Precedence: office.Flash, Subject: "Fire", Text: "A fire near the line.",
	}})
	must(err)
	o.Equal()
	tell(w.ID.String() + " step 0 of 3")
	tell("")
	o.TurnClock("south", 6*time.Minute)
	tell(w.ID.String() + " step 1 of 3")
	o.TurnClock("south", 25*time.Minute) // nobody has means as deputy or head: the watch is told of what names it
	last := tell(w.ID.String() + " step 3 of 3")
	token, _ := strings.CutPrefix(last.Ack, "https://south.example/acknowledge?t=")
	ack, line, post, err := south.AckBy(ctx, token)
	if err != nil || ack.Account != "park" || line.ID != w.ID || post != "duty-officer" {
		t.Fatalf("the link is good for %+v of %s by %s: %v", ack, line.ID, post, err)
	}
	written, err := south.AcknowledgeByLink(ctx, token, "192.0.2.7")
	must(err)
	if _, err := south.AcknowledgeByLink(ctx, token, "192.0.2.7"); !errors.Is(err, notify.ErrAckUsed) {
		t.Errorf("used twice: %v", err)
	}
	trail, err := south.People().Trail(ctx, 0, 1)
	if err != nil || len(trail) != 1 || trail[0].By.Who != "park" || !strings.Contains(trail[0].Detail, written.ID.String()) {
		t.Errorf("the trail says %+v, %v", trail, err)
	}
	tell(fmt.Sprintf("%[1]s step 0 of 3 withdrawn, %[1]s step 1 of 3 withdrawn, %[1]s step 3 of 3 withdrawn", w.ID))
	tell("")
}
