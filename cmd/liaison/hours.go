package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

type hoursCommand struct {
	Show hoursShowCommand `cmd:"" default:"withargs" help:"Show the hours of every side, and when all are open." usage:"[DIR]"`
	Set  hoursSetCommand  `cmd:"" help:"Say which hours this side keeps from a moment on." usage:"[DIR]"`
}

type hoursShowCommand struct {
	place
	Text bool `help:"Print only this side's hours in force, as a file to change and set."`
	JSON bool `name:"json" help:"Print the hours of every side as JSON."`
}

func (c *hoursShowCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	h, err := client.Hours(ctx)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		return t.printJSON(h)
	case c.Text:
		own := h.Sides[0].InForce
		if own == nil {
			return fmt.Errorf("this side has said no hours that are in force: there is nothing to print")
		}
		return t.printJSON(api.NewHours{Zone: own.Zone, Offsets: own.Offsets, Week: own.Week, Holidays: own.Holidays})
	}
	for _, side := range h.Sides {
		t.print("%s  %s", side.Side, sideStands(&side))
		if side.InForce != nil {
			printHours(t, "  ", side.InForce)
		}
		for i := range side.Coming {
			t.print("  from %s:", stamp(side.Coming[i].From))
			printHours(t, "    ", &side.Coming[i])
		}
	}
	switch {
	case h.Joint == nil:
		t.print("All sides are not open at once within 400 days: the clocks of the charter run at every hour.")
	case h.Joint.From.After(h.At):
		t.print("All sides are open next from %s.", stamp(h.Joint.From))
	case h.Joint.Until != nil:
		t.print("All sides are open, until %s.", stamp(*h.Joint.Until))
	default:
		t.print("All sides are open.")
	}
	return nil
}

func sideStands(s *api.SideHours) string {
	if !s.Said {
		return "has said no hours: counts as open always"
	}
	state := "closed"
	if s.Open {
		state = "open"
	}
	if s.Until != nil {
		state += " until " + stamp(*s.Until)
	}
	return state
}

func printHours(t *terminal, indent string, h *api.HoursSaid) {
	ahead := "zone " + printable(h.Zone)
	for _, o := range h.Offsets[:min(3, len(h.Offsets))] {
		ahead += fmt.Sprintf(", UTC%s from %s", office.OffsetText(o.Minutes), o.From)
	}
	t.print("%s%s  %s", indent, h.ID, ahead)
	for i, day := range h.Week {
		if len(day) > 0 {
			t.print("%s%s  %s", indent, weekdays[i], office.SpansText(day))
		}
	}
	for _, day := range h.Holidays {
		t.print("%s%s", indent, printable(office.HolidayText(day)))
	}
}

// weekdays are the days of the week as they are given on the command line.
var weekdays = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

type hoursSetCommand struct {
	place
	File     string   `placeholder:"FILE" help:"A file with the hours, as \"liaison hours show --text\" prints it; - reads them from standard input. The flags change what stands there."`
	Week     []string `sep:"none" placeholder:"DAYS=HOURS" help:"Hours of some days, such as mon-fri=09:00-12:00,13:00-17:00; may be given several times. Days of which nothing is said are closed."`
	Holiday  []string `sep:"none" placeholder:"DAY" help:"A day with other hours: its date, its hours if it is not closed, and its names in English and Korean, such as \"2018-12-24 09:00-12:00 | Christmas Eve\"; may be given several times."`
	Zone     string   `placeholder:"ZONE" help:"The time zone, such as Asia/Seoul."`
	Offset   []string `sep:"none" placeholder:"CHANGE" help:"By how much the clock is ahead of UTC from when on, such as \"2018-05-04T15:00Z +09:00\", in place of the table of the zone; may be given several times."`
	FromTime string   `name:"from" placeholder:"TIME" help:"From when on, such as 2018-09-17T00:00Z. Default: from the next minute on."`
	By       string   `default:"head" placeholder:"POST" help:"The post that says so. Default: head."`
	JSON     bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *hoursSetCommand) Help() string {
	return "Says which hours this side keeps, in place of those before: the whole of its calendar. The clocks of the charter for PRIORITY and ROUTINE run while all sides are open. Without --offset the changes of the zone are read from its table, for ten years. An hour that is left out when the clocks go forward is left out of the hours; one that comes twice is open twice."
}

func (c *hoursSetCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	n := api.NewHours{Week: make([][]office.Span, len(weekdays))}
	if c.File != "" {
		if err := readData(t, c.File, "calendar", &n); err != nil {
			return err
		}
	}
	if err := c.change(&n); err != nil {
		return err
	}
	w, err := client.SayHours(ctx, n)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "said")
}

// change puts what the flags say into the hours.
func (c *hoursSetCommand) change(n *api.NewHours) error {
	n.By = c.By
	if c.Zone != "" {
		n.Zone = c.Zone
	}
	if c.FromTime != "" {
		from, err := time.Parse("2006-01-02T15:04Z07:00", c.FromTime)
		if err != nil {
			return usagef("--from %q is no time: use one such as 2018-09-17T00:00Z", c.FromTime)
		}
		n.From = office.MinuteOf(from.UnixMilli())
	}
	for _, text := range c.Week {
		days, hours, found := strings.Cut(text, "=")
		first, last, ok := dayRange(days)
		spans, ok2 := office.ParseSpans(hours)
		if !found || !ok || !ok2 || len(n.Week) != len(weekdays) {
			return usagef("--week %q is not DAYS=HOURS, such as mon-fri=09:00-17:00", text)
		}
		for i := first; i <= last; i++ {
			n.Week[i] = spans
		}
	}
	for i, text := range c.Holiday {
		day, ok := office.ParseHoliday(text)
		if !ok {
			return usagef("--holiday %q is no date with a name, such as \"2018-10-09 | Hangul Day\"", text)
		}
		if i == 0 {
			n.Holidays = nil
		}
		n.Holidays = append(n.Holidays, day)
	}
	for i, text := range c.Offset {
		o, ok := office.ParseOffset(text)
		if !ok {
			return usagef("--offset %q is no change of a clock, such as \"2018-05-04T15:00Z +09:00\"", text)
		}
		if i == 0 {
			n.Offsets = nil
		}
		n.Offsets = append(n.Offsets, o)
	}
	return nil
}

// dayRange reads days of the week: "mon", or "mon-fri".
func dayRange(text string) (first, last int, ok bool) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, last = -1, -1
	for i, day := range weekdays {
		if day == from {
			first = i
		}
		if day == to {
			last = i
		}
	}
	return first, last, first >= 0 && first <= last
}
