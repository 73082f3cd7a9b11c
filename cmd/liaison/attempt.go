package main

import (
	"context"
	"slices"
	"strings"

	"liaison.example/api"
	"liaison.example/office"
)

type attemptCommand struct {
	List    attemptListCommand    `cmd:"" default:"withargs" help:"List attempts by other means, the newest first." usage:"[DIR]"`
	Log     attemptLogCommand     `cmd:"" help:"Log an attempt of this side." usage:"[DIR] --means WORD --outcome WORD"`
	Confirm attemptConfirmCommand `cmd:"" help:"Say what this side knows of an attempt of another." usage:"[DIR] ID yes|in-part|no"`
}

type attemptListCommand struct {
	latest
	Channel  string `placeholder:"ID" help:"Only those in the place of this channel."`
	From     string `placeholder:"SIDE" help:"Only those of this side."`
	Dispatch string `placeholder:"ID" help:"Only those about this dispatch."`
	Waiting  string `placeholder:"SIDE" help:"Only those of which this side has said nothing yet."`
}

func (c *attemptListCommand) Run(ctx context.Context, t *terminal) error {
	return listLatest(&c.latest, t, "There are no attempts.", func(client *api.Client) ([]api.Attempt, error) {
		page, err := client.Attempts(ctx, api.AttemptQuery{Channel: c.Channel, From: c.From, Dispatch: c.Dispatch, Waiting: c.Waiting}, "", c.Limit)
		return page.Attempts, err
	}, func(a api.Attempt) {
		line := []string{a.ID.String(), a.By + " of " + a.From + " to " + strings.Join(a.To, ","), a.Channel, stamp(a.Moment), string(a.Means), string(a.Outcome)}
		if a.Dispatch != nil {
			line = append(line, "about "+a.Dispatch.String())
		}
		if a.Mark != "" {
			line = append(line, strings.ToUpper(string(a.Mark)))
		}
		t.print("%s", strings.Join(line, "  "))
		if a.Text != "" {
			t.print("  %s", indented(a.Text))
		}
		for _, v := range a.Views {
			t.print("  %s of %s says: %s (%s) %s", v.By, v.Side, v.Confirms, v.ID, indented(v.Text))
		}
	})
}

type attemptLogCommand struct {
	place
	Channel  string   `required:"" placeholder:"ID" help:"The channel in whose place it was tried."`
	Means    string   `required:"" placeholder:"WORD" help:"telephone, fax, radio, courier, third-party, loudspeaker or other."`
	Outcome  string   `required:"" placeholder:"WORD" help:"reached, handed-over, left-message, no-answer, refused, line-dead or other."`
	Moment   string   `placeholder:"TIME" help:"When it was tried, such as 2018-10-15T01:30:00Z; to the minute. Default: now."`
	To       []string `placeholder:"SIDE" help:"The side that it was to reach; may be given several times. Default: every other side."`
	Dispatch string   `placeholder:"ID" help:"The dispatch that it was about."`
	Text     string   `placeholder:"TEXT" help:"What more there is to say of it: the number that was called, who answered."`
	Mark     string   `placeholder:"WORD" help:"exercise or test: it is not meant in earnest."`
	By       string   `default:"duty-officer" placeholder:"POST" help:"The post that logs it. Default: duty-officer."`
	JSON     bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *attemptLogCommand) Help() string {
	return "Puts on record that this side has tried to reach another by telephone, fax, radio, courier or the like, with or without success. It is this side's word; the other side can say what it knows of it, and both stand side by side."
}

func (c *attemptLogCommand) Run(ctx context.Context, t *terminal) error {
	moment, err := mayTime("--moment", c.Moment)
	if err != nil {
		return err
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	n := api.NewAttempt{
		Channel: c.Channel, Means: office.Means(c.Means), Outcome: office.Outcome(c.Outcome), Moment: moment, To: c.To,
		Text: c.Text, Mark: office.Mark(c.Mark), By: c.By,
	}
	if c.Dispatch != "" {
		id, err := parseID(c.Dispatch)
		if err != nil {
			return err
		}
		n.Dispatch = &id
	}
	w, err := client.LogAttempt(ctx, n)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "logged")
}

type attemptConfirmCommand struct {
	place
	Text string `placeholder:"TEXT" help:"What is known of it; needed unless it is confirmed as a whole."`
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that says so. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *attemptConfirmCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the id of an attempt, such as north/4", "yes, in-part or no")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := parseID(args[0])
	if err != nil {
		return err
	}
	w, err := client.ConfirmAttempt(ctx, id, api.NewView{Confirms: office.View(args[1]), Text: c.Text, By: c.By})
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "said")
}

// sortedOnce puts ids into order, each once.
func sortedOnce(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }
