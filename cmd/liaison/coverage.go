package main

import (
	"context"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

type coverageCommand struct {
	Show    coverageShowCommand    `cmd:"" default:"withargs" help:"Show when each side promises that somebody is on watch." usage:"[DIR]"`
	Promise coveragePromiseCommand `cmd:"" help:"Promise the other sides a watch from a moment on." usage:"[DIR] --week DAYS=HOURS"`
}

type coverageShowCommand struct {
	place
	JSON bool `name:"json" help:"Print the promises of every side as JSON."`
}

func (c *coverageShowCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	o, err := client.Coverage(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(o)
	}
	for _, side := range o.Sides {
		state := "promises nobody on watch now"
		switch {
		case len(side.Said) == 0:
			state = "has promised nothing of its watch"
		case side.Promised:
			state = "promises somebody on watch now"
		}
		if side.Until != nil {
			state += ", until " + stamp(*side.Until)
		}
		t.print("%s  %s", side.Side, state)
		for _, said := range side.Said {
			until := ""
			if said.Until != nil {
				until = " until " + stamp(*said.Until)
			}
			t.print("  %s  from %s%s  %s  %s", said.ID, stamp(said.From), until, strings.Join(said.Languages, " "), printable(strings.Join(said.Who, ", ")))
			for i, day := range said.Week {
				if len(day) > 0 {
					t.print("    %s  %s", weekdays[i], office.SpansText(day))
				}
			}
		}
	}
	return nil
}

type coveragePromiseCommand struct {
	place
	Week      []string `required:"" sep:"none" placeholder:"DAYS=HOURS" help:"When somebody is on watch, on the clock of the side's hours, such as mon-sun=00:00-24:00; may be given several times."`
	FromTime  string   `name:"from" placeholder:"TIME" help:"From when on, such as 2018-09-17T00:00Z. Default: from the next minute on."`
	Until     string   `placeholder:"TIME" help:"Until when. Default: until the next promise."`
	Languages []string `required:"" placeholder:"TAG" help:"The languages that are understood on every such watch."`
	Who       []string `sep:"none" placeholder:"TEXT" help:"A post or a name, as this side chooses to show it to the others; may be given several times."`
	By        string   `default:"head" placeholder:"POST" help:"The post that promises it. Default: head."`
	JSON      bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *coveragePromiseCommand) Run(ctx context.Context, t *terminal) error {
	n := api.NewCoverage{Languages: c.Languages, Week: make([][]office.Span, len(weekdays)), Who: c.Who, By: c.By}
	for _, text := range c.Week {
		days, hours, found := strings.Cut(text, "=")
		first, last, ok := dayRange(days)
		spans, ok2 := office.ParseSpans(hours)
		if !found || !ok || !ok2 {
			return usagef("--week %q is not DAYS=HOURS, such as mon-sun=00:00-24:00", text)
		}
		for i := first; i <= last; i++ {
			n.Week[i] = spans
		}
	}
	var err error
	if n.From, err = minuteFlag("--from", c.FromTime); err != nil {
		return err
	}
	if n.Until, err = minuteFlag("--until", c.Until); err != nil {
		return err
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.PromiseCoverage(ctx, n)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "promised")
}

// minuteFlag reads a moment to the minute, if one is given.
func minuteFlag(name, text string) (office.Minute, error) {
	if text == "" {
		return "", nil
	}
	at, err := time.Parse("2006-01-02T15:04Z07:00", text)
	if err != nil {
		return "", usagef("%s %q is no time: use one such as 2018-09-17T00:00Z", name, text)
	}
	return office.MinuteOf(at.UnixMilli()), nil
}

type personnelCommand struct {
	List   personnelListCommand   `cmd:"" default:"withargs" help:"List changes of personnel, those of which notice was given last first." usage:"[DIR]"`
	Notice personnelNoticeCommand `cmd:"" help:"Give the other sides notice that a post changes hands." usage:"[DIR] --post POST --from TIME --comes TEXT"`
}

type personnelListCommand struct {
	latest
	Side string `placeholder:"ID" help:"Only those of this side."`
}

func (c *personnelListCommand) Run(ctx context.Context, t *terminal) error {
	return listLatest(&c.latest, t, "No change of personnel has been notified.", func(client *api.Client) ([]api.PersonnelChange, error) {
		page, err := client.Personnel(ctx, c.Side, "", c.Limit)
		return page.Changes, err
	}, func(p api.PersonnelChange) {
		late := ""
		if p.Late {
			late = "  LATE: less than seven days' notice"
		}
		var who []string
		if p.Comes != "" {
			who = append(who, printable(p.Comes)+" comes")
		}
		if p.Goes != "" {
			who = append(who, printable(p.Goes)+" goes")
		}
		t.print("%s  %s of %s  from %s  %s%s", p.ID, p.Post, p.Side, stamp(p.From), strings.Join(who, ", "), late)
		if p.Text != "" {
			t.print("  %s", strings.ReplaceAll(printableText(p.Text), "\n", "\n  "))
		}
	})
}

type personnelNoticeCommand struct {
	place
	Post      string   `required:"" placeholder:"POST" help:"The post that changes hands."`
	FromTime  string   `name:"from" required:"" placeholder:"TIME" help:"From when on, such as 2018-10-01T00:00Z. Notice is due seven days before; later notice is marked as late."`
	Comes     string   `placeholder:"TEXT" help:"Who comes, as this side chooses to show it."`
	Goes      string   `placeholder:"TEXT" help:"Who goes."`
	Languages []string `placeholder:"TAG" help:"The languages of who comes."`
	Text      string   `placeholder:"TEXT" help:"What there is to add."`
	By        string   `default:"head" placeholder:"POST" help:"The post that gives notice. Default: head."`
	JSON      bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *personnelNoticeCommand) Run(ctx context.Context, t *terminal) error {
	n := api.NewPersonnel{Post: c.Post, Comes: c.Comes, Goes: c.Goes, Languages: c.Languages, Text: c.Text, By: c.By}
	var err error
	if n.From, err = minuteFlag("--from", c.FromTime); err != nil {
		return err
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.ChangePersonnel(ctx, n)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "notified")
}
