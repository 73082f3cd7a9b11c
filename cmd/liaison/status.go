package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/api"
)

type statusCommand struct {
	place
	Wait    string        `placeholder:"STATE" help:"Wait until the node is in this state: running, ready, open, linked, received or equal."`
	Timeout time.Duration `default:"60s" placeholder:"TIME" help:"How long to wait at most. Default: 60s."`
	JSON    bool          `name:"json" help:"Print it as JSON."`
}

func (c *statusCommand) Help() string {
	return `Shows the mode of the node, how much of each ledger it holds, and the state of each line.

With --wait it first waits until the node is running (it answers), ready (it may sign), open (every side has founded the office, and this one has its first posts), linked (every line is up), received (every side's receipt for all our entries is held), or equal (ready, open, linked, received, and both records shown to be the same). When the time runs out it shows the state that there is, and ends with exit code 3.`
}

func (c *statusCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	var s api.Status
	if c.Wait == "" {
		s, err = client.Status(ctx)
	} else {
		if !slices.Contains(api.Waits, c.Wait) {
			return usagef("--wait %s: not one of %s", c.Wait, strings.Join(api.Waits, ", "))
		}
		s, err = client.WaitStatus(ctx, c.Wait, c.Timeout)
	}
	if api.IsTimeout(err) { // what the state is instead says why
		now, failed := client.Status(ctx)
		if failed != nil {
			return err
		}
		s = now
	} else if err != nil {
		return err
	}
	if c.JSON {
		return cmp.Or(t.printJSON(s), err)
	}
	printStatus(t, &s)
	return err
}

func printStatus(t *terminal, s *api.Status) {
	mode := s.Mode
	if s.Why != "" {
		mode += ": " + modeSentence(s.Why)
	}
	t.print("Office  %s", s.Office)
	t.print("Side    %s", s.Side)
	t.print("Mode    %s", mode)
	if !s.Open {
		t.print("        the office is not open yet: not every side has founded it")
	}
	t.print("Digest  %s (%d settled entries)", s.Digest, s.Count)
	t.print("")
	rows := [][]string{{"LEDGER", "HELD", "PLACED", "COSIGNED", "SETTLED"}}
	for _, side := range slices.Sorted(maps.Keys(s.Sides)) {
		l := s.Sides[side]
		rows = append(rows, []string{side, count(l.Size), count(l.Placed), count(l.Cosigned), count(s.Settled[side])})
	}
	t.table(rows)
	t.print("")
	rows = [][]string{{"LINE TO", "STATE", "SINCE", "WAITING", ""}}
	for _, side := range slices.Sorted(maps.Keys(s.Link)) {
		l := s.Link[side]
		rows = append(rows, []string{side, l.State, stamp(l.Since), count(l.Waiting), lineRemark(&l)})
	}
	t.table(rows)
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// lineRemark says what else there is to know about a line.
func lineRemark(l *api.Line) string {
	switch {
	case l.Halted != "":
		return "halted: " + printable(l.Halted)
	case l.Cut:
		return "cut by our switch"
	case l.State != "up":
		return ""
	case l.TheirMode != "" && l.TheirMode != "ready":
		return "its node is " + printable(l.TheirMode)
	case l.Equal:
		return fmt.Sprintf("equal; round trip %.1f ms", l.RoundTripMS)
	default:
		return "not yet shown to be equal"
	}
}

type alarmsCommand struct {
	List  alarmsListCommand  `cmd:"" default:"withargs" help:"List alarms, the latest first." usage:"[DIR]"`
	Clear alarmsClearCommand `cmd:"" help:"Mark an alarm as mended." usage:"[DIR] NUMBER"`
}

type alarmsListCommand struct {
	place
	All  bool `help:"Also those that are cleared."`
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *alarmsListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	alarms, err := client.Alarms(ctx, c.All)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(alarms)
	}
	if len(alarms) == 0 {
		t.print("No alarms.")
		return nil
	}
	rows := [][]string{{"NUMBER", "LAST RAISED", "TIMES", "SIDE", "CLEARED", "WHAT", "EVIDENCE"}}
	for _, a := range alarms {
		cleared := "no"
		if a.Cleared {
			cleared = "yes"
		}
		rows = append(rows, []string{count(a.ID), stamp(a.Last), count(a.Count), a.Side, cleared, printable(a.Sentence), a.Evidence})
	}
	t.table(rows)
	return nil
}

type alarmsClearCommand struct {
	place
	By string `default:"duty-officer" placeholder:"POST" help:"The post that has seen to it. Default: duty-officer."`
}

func (c *alarmsClearCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the number of an alarm")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return usagef("%q is not the number of an alarm", args[0])
	}
	if err := client.ClearAlarm(ctx, id, c.By); err != nil {
		return err
	}
	t.print("alarm %d cleared", id)
	return nil
}

type cutCommand struct{ place }

func (c *cutCommand) Run(ctx context.Context, t *terminal) error {
	return switchLine(ctx, t, &c.place, true)
}

type mendCommand struct{ place }

func (c *mendCommand) Run(ctx context.Context, t *terminal) error {
	return switchLine(ctx, t, &c.place, false)
}

func switchLine(ctx context.Context, t *terminal, p *place, cut bool) error {
	client, args, err := p.client("the id of a side")
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.CutLine(ctx, args[0], cut); err != nil {
		return err
	}
	if cut {
		t.print("the line to %s is cut", args[0])
	} else {
		t.print("the line to %s is mended", args[0])
	}
	return nil
}
