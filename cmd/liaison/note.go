package main

import (
	"context"
	"strings"

	"liaison.example/api"
	"liaison.example/office"
)

type noteCommand struct {
	List  noteListCommand  `cmd:"" default:"withargs" help:"List coordination notes, the newest first." usage:"[DIR]"`
	Write noteWriteCommand `cmd:"" help:"Write a coordination note." usage:"[DIR] TEXT"`
}

type noteListCommand struct {
	latest
	Channel string `placeholder:"ID" help:"Only those on this channel."`
	About   string `placeholder:"ID" help:"Only those about this dispatch."`
}

func (c *noteListCommand) Run(ctx context.Context, t *terminal) error {
	return listLatest(&c.latest, t, "There are no notes.", func(client *api.Client) ([]api.Note, error) {
		page, err := client.Notes(ctx, c.Channel, c.About, "", c.Limit)
		return page.Notes, err
	}, func(n api.Note) {
		state := "received"
		if !n.Held {
			state = "not yet received"
		}
		mark := ""
		if n.Mark != "" {
			mark = "  " + strings.ToUpper(string(n.Mark))
		}
		if n.About != nil {
			mark += "  about " + n.About.String()
		}
		t.print("%s  %s of %s  %s  %s  %s%s", n.ID, n.By, n.From, n.Channel, stamp(n.At), state, mark)
		t.print("  %s", strings.ReplaceAll(printableText(n.Text), "\n", "\n  "))
	})
}

type noteWriteCommand struct {
	place
	Channel string   `required:"" placeholder:"ID" help:"The channel, such as liaison."`
	To      []string `placeholder:"SIDE" help:"The side that it goes to; may be given several times. Default: every other side."`
	About   string   `placeholder:"ID" help:"The dispatch that it is about."`
	Mark    string   `placeholder:"WORD" help:"exercise or test: it is not meant in earnest."`
	By      string   `default:"duty-officer" placeholder:"POST" help:"The post that writes it. Default: duty-officer."`
	JSON    bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *noteWriteCommand) Help() string {
	return "Says something from duty officer to duty officer that is not a formal communication: it bears no number and waits for nothing. It stands in the record all the same, and cannot be taken back."
}

func (c *noteWriteCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the text of the note")
	if err != nil {
		return err
	}
	defer client.Close()
	note := api.NewNote{Channel: c.Channel, Text: args[0], To: c.To, Mark: office.Mark(c.Mark), By: c.By}
	if c.About != "" {
		id, err := parseID(c.About)
		if err != nil {
			return err
		}
		note.About = &id
	}
	w, err := client.WriteNote(ctx, note)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "noted")
}
