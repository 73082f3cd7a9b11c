package main

import (
	"context"
	"strings"
	"time"

	"liaison.example/api"
)

type suspensionCommand struct {
	List    suspensionListCommand    `cmd:"" default:"withargs" help:"List suspensions and what became of them, the newest first." usage:"[DIR]"`
	Declare suspensionDeclareCommand `cmd:"" help:"Suspend channels for this side." usage:"[DIR] REASON"`
	Resume  suspensionResumeCommand  `cmd:"" help:"End a suspension of this side." usage:"[DIR] ID"`
}

type suspensionListCommand struct {
	latest
}

func (c *suspensionListCommand) Run(ctx context.Context, t *terminal) error {
	return listLatest(&c.latest, t, "No channel was ever suspended.", func(client *api.Client) ([]api.Suspension, error) {
		page, err := client.Suspensions(ctx, "", c.Limit)
		return page.Suspensions, err
	}, func(s api.Suspension) {
		t.print("%s  %s of %s suspends %s from %s", s.ID, s.By, s.Side, strings.Join(s.Channels, ","), stamp(s.From))
		t.print("  %s", indented(s.Reason))
		if s.Stays != "" {
			t.print("  Stays open: %s", indented(s.Stays))
		}
		for _, r := range s.Resumed {
			t.print("  %s resumed from %s by %s (%s)", strings.Join(r.Channels, ","), stamp(r.From), r.By, r.ID)
		}
		if len(s.Open) > 0 {
			t.print("  not resumed: %s", strings.Join(s.Open, ","))
		}
	})
}

// indented is a text of another side, its lines set in.
func indented(text string) string { return strings.ReplaceAll(printableText(text), "\n", "\n  ") }

type suspensionDeclareCommand struct {
	place
	Channel []string `required:"" placeholder:"ID" help:"The channel; may be given several times."`
	From    string   `placeholder:"TIME" help:"From when, such as 2018-10-15T01:30:00Z; to the minute. Default: now."`
	Stays   string   `placeholder:"TEXT" help:"What stays open all the same. Distress traffic always does."`
	By      string   `default:"head" placeholder:"POST" help:"The post that declares it. Default: head."`
	JSON    bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *suspensionDeclareCommand) Help() string {
	return "Says formally that this side regards channels as suspended: from when, why, and what stays open. It hinders nothing: distress traffic, and all else, still passes, and the record goes on."
}

func (c *suspensionDeclareCommand) Run(ctx context.Context, t *terminal) error {
	from, err := mayTime("--from", c.From)
	if err != nil {
		return err
	}
	client, args, err := c.client("the reason")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.Suspend(ctx, api.NewSuspension{Channels: sortedOnce(c.Channel), From: from, Reason: args[0], Stays: c.Stays, By: c.By})
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "suspended")
}

type suspensionResumeCommand struct {
	place
	Channel []string `placeholder:"ID" help:"The channel; may be given several times. Default: all that it still suspends."`
	From    string   `placeholder:"TIME" help:"From when, such as 2018-10-15T01:30:00Z; to the minute. Default: now."`
	By      string   `default:"head" placeholder:"POST" help:"The post that resumes. Default: head."`
	JSON    bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *suspensionResumeCommand) Run(ctx context.Context, t *terminal) error {
	from, err := mayTime("--from", c.From)
	if err != nil {
		return err
	}
	client, id, err := c.clientOf("the id of a suspension, such as south/4")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.Resume(ctx, id, api.NewResumption{Channels: sortedOnce(c.Channel), From: from, By: c.By})
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "resumed")
}

// mayTime reads a time that may be left out.
func mayTime(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, usagef("%s %q is not a time such as 2018-10-15T01:30:00Z", flag, text)
	}
	return &at, nil
}
