package liaisontest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// TestALineCheckClimbsUntilSomebodyCallsOrAnswers turns the clocks of both sides
// through the checks of a Tuesday and a Wednesday. Each side has Park, a duty officer,
// and Kim, the head. There is no deputy, so Park is told instead.
func TestALineCheckClimbsUntilSomebodyCallsOrAnswers(t *testing.T) {
	rings := map[office.Side]*checkBell{}
	o := liaisontest.NewOffice(t, "north", "south")
	o.Change = func(side office.Side, c *node.Config) {
		if rings[side] == nil {
			rings[side] = &checkBell{bell: bell{sort: notify.SortCheck}}
		}
		c.Senders, c.TellByHand = []notify.Sender{rings[side]}, true
	}
	began := time.Now().UTC()
	turn := func(to time.Time) { // of both clocks at once
		for _, side := range o.Sides {
			o.TurnClock(side, time.Until(to))
		}
	}
	monday := time.Date(began.Year(), began.Month(), began.Day()+7-(int(began.Weekday())+6)%7, 12, 0, 0, 0, time.UTC)
	turn(monday)
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, side := range o.Sides {
		o.Start(side)
	}
	o.Equal()
	for _, side := range o.Sides {
		by, n := people.By{Who: people.Operator}, o.Nodes[side]
		for account, post := range map[string]office.Post{"park": "duty-officer", "kim": "head"} {
			must(n.People().AddAccount(ctx, by, people.Account{Name: account, Person: account, Posts: []office.Post{post}}))
			_, _, err := n.Notify().AddMeans(ctx, account, "bell", account, notify.Settings{"tone": account})
			must(err)
		}
	}
	write := func(side office.Side, kind string, body any) office.EntryID {
		t.Helper()
		w, err := o.Nodes[side].Write(ctx, node.Act{By: "duty-officer", Kind: kind, Body: body})
		must(err)
		o.Equal()
		return w.ID
	}
	told := func(at time.Time, north, south string) {
		t.Helper()
		turn(at)
		for side, want := range map[office.Side]string{"north": north, "south": south} {
			_, err := o.Nodes[side].Tell(ctx)
			must(err)
			if got := rings[side].take(); got != want {
				t.Errorf("%s: %s was told %q, want %q", at.Format("Mon 15:04"), side, got, want)
			}
		}
	}
	tuesday := monday.Add(12 * time.Hour) // 09:00 in Seoul
	sides := []office.Side{"north", "south"}
	caller := office.Caller(sides, tuesday.Unix()/86400)
	answers := sides[1-slices.Index(sides, caller)]
	both := func(at time.Time, ofCaller, ofOther string) {
		t.Helper()
		if caller == "north" {
			told(at, ofCaller, ofOther)
		} else {
			told(at, ofOther, ofCaller)
		}
	}
	call := func(due time.Time) office.EntryID {
		return write(caller, office.KindCheck, &office.CheckBody{Channel: "liaison", Due: office.MinuteOf(due.UnixMilli())})
	}

	// Nobody calls within the grace; then somebody answers late.
	both(tuesday.Add(-time.Minute), "", "")
	both(tuesday.Add(time.Second), "park: call 0", "")
	both(tuesday.Add(11*time.Minute), "park: call 1", "")
	id := call(tuesday)
	both(tuesday.Add(12*time.Minute), "park: call 0 withdrawn, park: call 1 withdrawn", "park: answer 0")
	both(tuesday.Add(13*time.Minute), "", "")
	both(tuesday.Add(25*time.Minute), "", "park: answer 1")
	write(answers, office.KindCheckAnswer, &office.CheckAnswerBody{Check: id, Heard: office.LoudAndClear})
	both(tuesday.Add(26*time.Minute), "", "park: answer 0 withdrawn, park: answer 1 withdrawn")
	both(tuesday.Add(3*time.Hour), "", "")

	// At 17:00 somebody calls and nobody answers.
	evening := tuesday.Add(8 * time.Hour)
	turn(evening.Add(-3 * time.Minute))
	call(evening)
	both(evening.Add(-2*time.Minute), "", "park: answer 0")
	both(evening.Add(61*time.Minute), "park: silent 1", "kim: answer 2, park: answer 1")
	for _, side := range o.Sides { // a restart tells nothing again
		o.Stop(side)
		o.Start(side)
	}
	o.Equal()
	both(evening.Add(62*time.Minute), "", "")
	both(evening.Add(121*time.Minute), "park: silent 1 withdrawn", "kim: answer 2 withdrawn, park: answer 0 withdrawn, park: answer 1 withdrawn")

	// After a time without the node, of what is long over nothing is told.
	both(tuesday.Add(26*time.Hour+time.Minute), "", "")
}

// checkBell says of each notice to whom it was, of what, and of which step.
type checkBell struct {
	bell
}

func (b *checkBell) Send(ctx context.Context, to notify.To, n notify.Notice) error {
	n.Means = to.Personal["tone"]
	return b.bell.Send(ctx, to, n)
}

func (b *checkBell) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for _, n := range b.rung {
		text := fmt.Sprintf("%s: %s %d", n.Means, n.Check.Duty, n.Step)
		if n.Withdrawn {
			text += " withdrawn"
		}
		lines = append(lines, text)
	}
	b.rung = nil
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}
