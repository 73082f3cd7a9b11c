package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"liaison.example/api"
)

type rosterCommand struct {
	Show     rosterShowCommand     `cmd:"" default:"withargs" help:"Show who shall be on watch between two moments." usage:"[DIR]"`
	Gaps     rosterGapsCommand     `cmd:"" help:"List when nobody is on the roster, and when one has two watches at once." usage:"[DIR]"`
	Rotation rosterRotationCommand `cmd:"" help:"List, add and end the rotations that the roster follows from."`
	Override rosterOverrideCommand `cmd:"" help:"Give one watch to another than has it." usage:"[DIR] WATCH --to WHO"`
	Swap     rosterSwapCommand     `cmd:"" help:"Offer watches, and take those that are offered."`
}

func (c *rosterCommand) Help() string {
	return `The roster is this side's plan of who shall be on watch, and never crosses the line. What the other sides see is who is on watch ("liaison watch"), and what is promised of it ("liaison coverage").

A watch begins at its time of day on the side's clock. A time that is left out when the clock goes forward begins at the first moment after the gap; one that comes twice, at the first of the two. A watch lasts until the next one of its rotation begins, and at most for its length, counted on the clock. How the clock goes is read from the hours that the side has said ("liaison hours") or, if it has said none, from the table of its zone.`
}

// rosterSpan is what the commands have in common that read a plan.
type rosterSpan struct {
	place
	From  string `placeholder:"TIME" help:"From when on, such as 2018-10-15T00:00:00Z. Default: now."`
	Until string `placeholder:"TIME" help:"Until when. Default: a fortnight later."`
	JSON  bool   `name:"json" help:"Print it as JSON."`
}

func (c *rosterSpan) plan(ctx context.Context) (p api.RosterPlan, err error) {
	var moments [2]time.Time
	for i, text := range []string{c.From, c.Until} {
		if text == "" {
			continue
		}
		if moments[i], err = time.Parse(time.RFC3339, text); err != nil {
			return p, usagef("%q is not a time such as 2018-10-15T00:00:00Z", text)
		}
	}
	client, _, err := c.client()
	if err != nil {
		return p, err
	}
	defer client.Close()
	return client.Roster(ctx, moments[0], moments[1])
}

type rosterShowCommand struct{ rosterSpan }

func (c *rosterShowCommand) Run(ctx context.Context, t *terminal) error {
	p, err := c.plan(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(p)
	}
	if len(p.Rotations) == 0 {
		t.print("There is no roster yet: \"liaison roster rotation add\" begins one.")
		return nil
	}
	rows := [][]string{{"WATCH", "ROTATION", "FROM", "UNTIL", "WHO", "LANGUAGES"}}
	for _, w := range p.Watches {
		who := w.Who
		if w.Given {
			who += " for " + w.Turn
		}
		rows = append(rows, []string{w.Watch, printable(w.Rotation), stamp(w.From), stamp(w.Until), who, strings.Join(w.Languages, " ")})
	}
	t.table(rows)
	printGaps(t, p)
	return nil
}

// printGaps prints what a roster lacks.
func printGaps(t *terminal, p api.RosterPlan) (found bool) {
	for _, g := range p.Gaps {
		promised := ""
		if g.Promised {
			promised = "  though a watch is promised"
		}
		t.print("NOBODY  %s  %s%s", stamp(g.From), stamp(g.Until), promised)
	}
	twice := 0
	for _, o := range p.Overlaps {
		for i := 1; i < len(o.Who); i++ {
			if o.Who[i] == o.Who[i-1] {
				t.print("TWICE   %s  %s  %s", stamp(o.From), stamp(o.Until), o.Who[i])
				twice++
			}
		}
	}
	return len(p.Gaps)+twice > 0
}

type rosterGapsCommand struct{ rosterSpan }

func (c *rosterGapsCommand) Run(ctx context.Context, t *terminal) error {
	p, err := c.plan(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(map[string]any{"from": p.From, "until": p.Until, "gaps": p.Gaps, "overlaps": p.Overlaps})
	}
	if !printGaps(t, p) {
		t.print("Somebody is on the roster at every hour.")
	}
	return nil
}

type rosterRotationCommand struct {
	List rotationListCommand `cmd:"" default:"withargs" help:"List the rotations, ended ones too." usage:"[DIR]"`
	Add  rotationAddCommand  `cmd:"" help:"Begin a rotation, or a temporary schedule in the place of one." usage:"[DIR] --name TEXT --start DATE --at TIME --turn WHO"`
	End  rotationEndCommand  `cmd:"" help:"Let a rotation end." usage:"[DIR] N --until DATE"`
}

type rotationListCommand struct {
	place
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *rotationListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	p, err := client.Roster(ctx, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(p.Rotations)
	}
	if len(p.Rotations) == 0 {
		t.print("There are no rotations.")
	}
	for _, r := range p.Rotations {
		printRotation(t, r)
	}
	return nil
}

func printRotation(t *terminal, r api.Rotation) {
	days, until := "every day", ""
	if len(r.Days) > 0 {
		var names []string
		for _, d := range r.Days {
			names = append(names, weekdays[d-1])
		}
		days = strings.Join(names, " ")
	}
	if r.Until != "" {
		until = " until " + r.Until
	}
	instead := ""
	if r.Instead != 0 {
		instead = fmt.Sprintf("  in the place of %d", r.Instead)
	}
	t.print("%d  version %d  %s  from %s%s%s", r.ID, r.Version, printable(r.Name), r.From, until, instead)
	t.print("  %s at %s, %s each, %d in succession", days, strings.Join(r.Starts, " "), time.Duration(r.Minutes)*time.Minute, r.Each)
	for _, in := range r.Turn {
		t.print("  %s %s", in.Who, strings.Join(in.Languages, " "))
	}
}

type rotationAddCommand struct {
	place
	Name    string        `required:"" placeholder:"TEXT" help:"Its name."`
	Start   string        `required:"" placeholder:"DATE" help:"Its first day, such as 2018-10-15."`
	Until   string        `placeholder:"DATE" help:"The first day that is no longer its own. Default: it goes on."`
	Instead int64         `placeholder:"N" help:"The rotation in whose place it stands until then: a temporary schedule."`
	At      []string      `required:"" placeholder:"TIME" help:"When its watches begin, on the clock of the side, such as 08:00; may be given several times."`
	Length  time.Duration `default:"8h" placeholder:"TIME" help:"How long a watch lasts at most. Default: 8h."`
	Each    int           `default:"1" placeholder:"N" help:"How many watches one has in succession. Default: 1."`
	Day     []string      `placeholder:"DAY" help:"A day of the week on which its watches begin, such as mon; may be given several times. Default: every day."`
	Turn    []string      `required:"" sep:"none" placeholder:"WHO" help:"Who has the watch in turn, and the languages that they speak, such as \"kim ko en\" for an account or \"post:duty-officer ko\" for whoever holds the post; may be given several times."`
	By      string        `default:"head" placeholder:"POST" help:"The post that keeps the roster. Default: head."`
	JSON    bool          `name:"json" help:"Print the rotation as JSON."`
}

func (c *rotationAddCommand) Run(ctx context.Context, t *terminal) error {
	n := api.NewRotation{
		Name: c.Name, From: c.Start, Until: c.Until, Instead: c.Instead, Starts: c.At, Minutes: int(c.Length / time.Minute), Each: c.Each, By: c.By,
	}
	for i, name := range weekdays {
		for _, day := range c.Day {
			if day == name {
				n.Days = append(n.Days, i+1)
			}
		}
	}
	if len(n.Days) != len(c.Day) {
		return usagef("--day is one of %s, each once", strings.Join(weekdays[:], ", "))
	}
	for _, text := range c.Turn {
		words := strings.Fields(text)
		if len(words) == 0 {
			return usagef("--turn names an account or a post, such as \"kim ko en\"")
		}
		n.Turn = append(n.Turn, api.InTurn{Who: words[0], Languages: words[1:]})
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	r, err := client.PutRotation(ctx, n)
	return rotationDone(t, c.JSON, r, err)
}

func rotationDone(t *terminal, asJSON bool, r api.Rotation, err error) error {
	if err != nil {
		return err
	}
	if asJSON {
		return t.printJSON(r)
	}
	printRotation(t, r)
	return nil
}

type rotationEndCommand struct {
	place
	Until string `required:"" placeholder:"DATE" help:"The first day that is no longer its own, such as 2018-10-15: one to come."`
	By    string `default:"head" placeholder:"POST" help:"The post that keeps the roster. Default: head."`
	JSON  bool   `name:"json" help:"Print the rotation as JSON."`
}

func (c *rotationEndCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the number of a rotation, from the list")
	if err != nil {
		return err
	}
	defer client.Close()
	p, err := client.Roster(ctx, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	for _, r := range p.Rotations {
		if strconv.FormatInt(r.ID, 10) == args[0] {
			r, err := client.PutRotation(ctx, api.NewRotation{
				ID: r.ID, Version: r.Version, Name: r.Name, Instead: r.Instead, From: r.From, Until: c.Until, Days: r.Days, Starts: r.Starts, Minutes: r.Minutes, Each: r.Each, Turn: r.Turn, By: c.By,
			})
			return rotationDone(t, c.JSON, r, err)
		}
	}
	return usagef("%q is not the number of a rotation", args[0])
}

type rosterOverrideCommand struct {
	place
	To   string `placeholder:"WHO" help:"Who shall have it: an account such as kim, or a post such as post:duty-officer. Default: whose turn it is."`
	Why  string `placeholder:"TEXT" help:"Why, in one line."`
	By   string `default:"head" placeholder:"POST" help:"The post that keeps the roster. Default: head."`
	JSON bool   `name:"json" help:"Print what was given as JSON."`
}

func (c *rosterOverrideCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("a watch, from \"liaison roster show\", such as 1/2018-10-15/08:00")
	if err != nil {
		return err
	}
	defer client.Close()
	g := api.GivenWatch{Watch: args[0], Who: c.To, Why: c.Why, By: c.By}
	if err := client.GiveWatch(ctx, g); err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(g)
	}
	if c.To == "" {
		t.print("%s  given back to whose turn it is", args[0])
	} else {
		t.print("%s  given to %s", args[0], c.To)
	}
	return nil
}

type rosterSwapCommand struct {
	List     swapListCommand     `cmd:"" default:"withargs" help:"List the offers, the newest first." usage:"[DIR]"`
	Offer    swapOfferCommand    `cmd:"" help:"Offer a watch of one's own." usage:"[DIR] WATCH"`
	Accept   swapAcceptCommand   `cmd:"" help:"Take a watch that is offered." usage:"[DIR] N"`
	Decline  swapDeclineCommand  `cmd:"" help:"Say no to an offer." usage:"[DIR] N"`
	Withdraw swapWithdrawCommand `cmd:"" help:"Take an offer back." usage:"[DIR] N"`
}

type swapListCommand struct {
	place
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *swapListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	p, err := client.Roster(ctx, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(p.Swaps)
	}
	if len(p.Swaps) == 0 {
		t.print("No watch is offered.")
		return nil
	}
	rows := [][]string{{"N", "STATE", "WATCH", "OF", "TO", "FOR", "EXPIRES"}}
	for _, s := range p.Swaps {
		to := s.To
		if to == "" {
			to = "all"
		}
		rows = append(rows, []string{strconv.FormatInt(s.ID, 10), string(s.State), s.Watch, s.Holder, to, s.Back, stamp(s.Expires)})
	}
	t.table(rows)
	return nil
}

type swapOfferCommand struct {
	place
	To    string `placeholder:"WHO" help:"To whom: an account or a post. Default: to all who may take the watch."`
	Back  string `placeholder:"WATCH" help:"The watch that is asked for it. Default: none."`
	Words string `placeholder:"TEXT" help:"Some words, in one line."`
	By    string `default:"duty-officer" placeholder:"POST" help:"The post that offers it. Default: duty-officer."`
	JSON  bool   `name:"json" help:"Print the offer as JSON."`
}

func (c *swapOfferCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("a watch, from \"liaison roster show\", such as 1/2018-10-15/08:00")
	if err != nil {
		return err
	}
	defer client.Close()
	s, err := client.OfferSwap(ctx, api.NewSwap{Watch: args[0], To: c.To, Back: c.Back, Words: c.Words, By: c.By})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(s)
	}
	t.print("offer %d  %s  until %s", s.ID, s.Watch, stamp(s.Expires))
	return nil
}

// swapAnswer is what the answers to an offer have in common.
type swapAnswer struct {
	place
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that answers. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print what was done as JSON."`
}

func (c *swapAnswer) do(ctx context.Context, t *terminal, act, done string) error {
	client, args, err := c.client("the number of an offer, from the list")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || id < 1 {
		return usagef("%q is not the number of an offer", args[0])
	}
	if err := client.AnswerSwap(ctx, id, act, c.By); err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(map[string]any{"id": id, "state": done})
	}
	t.print("offer %d  %s", id, done)
	return nil
}

type (
	swapAcceptCommand   struct{ swapAnswer }
	swapDeclineCommand  struct{ swapAnswer }
	swapWithdrawCommand struct{ swapAnswer }
)

func (c *swapAcceptCommand) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "accept", "accepted")
}

func (c *swapDeclineCommand) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "decline", "declined")
}

func (c *swapWithdrawCommand) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, "withdraw", "withdrawn")
}
