package liaisontest_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"liaison.example/node"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// yearBell is the one means of the people of a side: it keeps what they are told.
type yearBell struct {
	now       func() time.Time
	mu        sync.Mutex
	told      []toldOnce       // under mu, here and below
	withdrawn map[toldStep]int // how often
	matters   []toldOfMatter
}

// toldStep is a step of a dispatch of which somebody is told.
type toldStep struct {
	dispatch office.EntryID
	step     int
	who      string
}

// toldOnce is one notice of a dispatch.
type toldOnce struct {
	toldStep
	at    time.Time
	count int
}

// toldOfMatter is one notice of a matter, or that it is over.
type toldOfMatter struct {
	who, about string
	what       notify.What
	at         time.Time
	count      int
	withdrawn  bool
}

func (*yearBell) Retracts()              {}
func (*yearBell) Kind() string           { return "bell" }
func (*yearBell) Office() []notify.Field { return nil }
func (*yearBell) Personal() []notify.Field {
	return []notify.Field{{Name: "whose", Type: notify.FieldText}}
}
func (b *yearBell) Send(_ context.Context, to notify.To, n notify.Notice) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	step := toldStep{n.Dispatch, n.Step, to.Personal["whose"]}
	switch {
	case n.Sort == notify.SortMatter:
		b.matters = append(b.matters, toldOfMatter{step.who, n.Matter.About, n.Matter.What, b.now(), n.Count, n.Withdrawn})
	case n.Sort != notify.SortDispatch: // a line check, or it tries the means
	case n.Withdrawn:
		b.withdrawn[step]++
	default:
		b.told = append(b.told, toldOnce{step, n.At, n.Count})
	}
	return nil
}

// stepsOfTheYear are the minutes after which each step of the usual ladders is
// reached, and whom it names. Step 0 is the release.
var stepsOfTheYear = map[office.Precedence][]struct {
	after int
	who   string
}{
	office.Flash:     {{0, "watch"}, {5, "watch"}, {10, "deputy"}, {20, "head"}},
	office.Immediate: {{0, "watch"}, {30, "deputy"}},
	office.Priority:  {{0, "watch"}, {180, "deputy"}, {48 * 60, "head"}},
	office.Routine:   {{0, "watch"}, {360, "watch"}},
}

// ring gives each side's people a bell.
func (y *year) ring() {
	y.Change = func(side office.Side, c *node.Config) {
		y.bells[side] = &yearBell{now: func() time.Time { return y.now }, withdrawn: map[toldStep]int{}}
		c.Senders, c.TellByHand, c.Pages = []notify.Sender{y.bells[side]}, true, "https://"+side+".example"
	}
}

// engage adds the people who hear the bell.
func (y *year) engage(side office.Side) {
	y.t.Helper()
	ctx, n := context.Background(), y.Nodes[side]
	y.write(side, office.KindPost, &office.PostBody{Languages: []string{"ko"}, Name: office.Words{"en": "Deputy"}, Post: "deputy", Role: "deputy"})
	for who, post := range map[string]office.Post{"watch": "duty-officer", "deputy": "deputy", "head": "head"} {
		if err := n.People().AddAccount(ctx, people.By{Who: people.Operator}, people.Account{Name: who, Person: who, Posts: []office.Post{post}}); err != nil {
			y.t.Fatal(err)
		}
		if _, _, err := n.Notify().AddMeans(ctx, who, "bell", "Bell", notify.Settings{"whose": who}); err != nil {
			y.t.Fatal(err)
		}
	}
	if err := n.Notify().SetQuiet(ctx, "deputy", quietOfTheYear); err != nil {
		y.t.Fatal(err)
	}
}

// tell lets a side tell its people what there is to tell now.
func (y *year) tell(side office.Side) {
	y.t.Helper()
	next, err := y.Nodes[side].Tell(context.Background())
	if err != nil {
		y.t.Fatal(err)
	}
	y.next[side] = next
}

// pass lets time pass, in which each side tells its people what is to be told.
func (y *year) pass(to time.Time) {
	y.t.Helper()
	for {
		first := office.Side("")
		for _, side := range y.Sides {
			if next := y.next[side]; !next.IsZero() && next.Before(to) && (first == "" || next.Before(y.next[first])) {
				first = side
			}
		}
		if first == "" {
			break
		}
		if y.next[first].After(y.now) {
			y.turn(y.next[first])
		}
		y.tell(first)
	}
	y.turn(to)
}

// flooded is for how long after the line has come back notices are gathered: what
// was released in three months comes at once, and of what was released in the last
// night of it the next step on that day, and the deputy of it on the next morning.
const flooded = 24 * time.Hour

// everybodyWasTold compares what people were told with what they were to be told:
// nothing is missing, nothing came twice, early, late, or after somebody had
// acknowledged; and then it was withdrawn, once.
func (y *year) everybodyWasTold() {
	y.t.Helper()
	type told struct {
		by  office.Side
		who string
		at  time.Time
	}
	came, atOnce := map[toldStep]time.Time{}, map[office.Side]int{}
	gathered := map[told]int{} // how many more dispatches a notice was about
	sent := map[office.EntryID]*sentDispatch{}
	for _, d := range y.sent {
		sent[d.id] = d
	}
	for side, bell := range y.bells {
		for _, n := range bell.told {
			p := n.toldStep
			if _, twice := came[p]; twice {
				y.t.Errorf("%s: %s was told twice of step %d of %s", side, n.who, n.step, n.dispatch)
			}
			came[p] = n.at
			if d := sent[n.dispatch]; d == nil || d.id.Side == side || !d.acknowledged.IsZero() && n.at.After(d.acknowledged) {
				y.t.Errorf("%s: %s was told at %s of %s: %+v", side, n.who, n.at, n.dispatch, d)
			} else if over := !d.acknowledged.IsZero(); bell.withdrawn[p] > 1 || bell.withdrawn[p] == 1 != over {
				y.t.Errorf("%s: that %s was told of step %d of %s was withdrawn %d times; it was acknowledged at %s", side, n.who, n.step, n.dispatch, bell.withdrawn[p], d.acknowledged)
			}
			switch back := n.at.Sub(cutEnds); {
			case back >= 0 && back < tick && n.who == "watch":
				atOnce[side] += n.count
			case n.count != 1 && (back < 0 || back > flooded):
				gathered[told{side, n.who, n.at}] += n.count - 1
			}
		}
	}
	waited := map[office.Side]int{}
	for _, d := range y.sent {
		if y.cut(d.at) {
			waited[other(d.id.Side)]++
			continue
		}
		for step, s := range stepsOfTheYear[d.precedence] {
			due := y.open.due(d.precedence, d.at, s.after)
			if step == 0 {
				due = d.at
			}
			if d.precedence != office.Flash && !d.distress {
				due = y.awake(other(d.id.Side), s.who, due)
			}
			if !due.Before(yearEnds.Add(-tick)) || !d.acknowledged.IsZero() && !due.Before(d.acknowledged.Add(-tick)) {
				continue
			}
			if since := due.Sub(cutEnds); since > -tick && since < flooded {
				continue
			}
			at, alone := came[toldStep{d.id, step, s.who}]
			if with := (told{other(d.id.Side), s.who, due}); !alone && gathered[with] > 0 { // the sides had just opened
				gathered[with]--
			} else if !alone || at.Sub(due).Abs() > tick {
				y.t.Errorf("%s, %s of %s: step %d was due to be told at %s, and was at %s", d.id, d.precedence, d.at, step, due, at)
			}
		}
	}
	for with, left := range gathered {
		if left != 0 {
			y.t.Errorf("%+v was about %d dispatches more than were due", with, left)
		}
	}
	if fmt.Sprint(atOnce) != fmt.Sprint(waited) {
		y.t.Errorf("when the line came back the watches were told of %v dispatches; %v had waited", atOnce, waited)
	}
	y.t.Logf("told %d times", len(came))
}
