package main

import (
	"context"
	"fmt"
	"time"

	"liaison.example/api"
)

type handoverCommand struct {
	List  handoverListCommand  `cmd:"" default:"withargs" help:"List what the watches of this side have left to each other, the last first." usage:"[DIR]"`
	Write handoverWriteCommand `cmd:"" help:"Write what a watch leaves to the next." usage:"[DIR] WATCH --text TEXT"`
	Sign  handoverSignCommand  `cmd:"" help:"Take a watch over, and sign that what it leaves was read." usage:"[DIR] WATCH --version N"`
}

func (c *handoverCommand) Help() string {
	return `A handover never crosses the line; that the watch was taken over is in the record. It is written while the watch goes on, by a version, so that nothing is overwritten which another has written meanwhile. Who writes or signs is a person: over the network it takes a token of an account, with the scope acknowledge.`
}

type handoverListCommand struct {
	place
	Limit int  `default:"20" placeholder:"N" help:"How many of the last watches to look through, at most 500. Default: 20."`
	JSON  bool `name:"json" help:"Print a JSON array."`
}

func (c *handoverListCommand) Run(ctx context.Context, t *terminal) error {
	if c.Limit < 1 || c.Limit > api.MaxList {
		return usagef("--limit must be from 1 to %d", api.MaxList)
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	page, err := client.Handovers(ctx, "", c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(page.Handovers)
	}
	if len(page.Handovers) == 0 {
		t.print("No watch has left anything to the next.")
		return nil
	}
	for i := range page.Handovers {
		h := &page.Handovers[i]
		signed := "not taken over"
		if h.Signed != nil {
			signed = fmt.Sprintf("taken over by %s at %s", nameOf(h.Signed), stamp(h.Signed.At))
		}
		t.print("%s  version %d  written by %s at %s, %s", h.Watch, h.Version, nameOf(&h.Written), stamp(h.Written.At), signed)
		t.print("%s\n", printableText(h.Words))
	}
	return nil
}

func nameOf(touch *api.Touch) string {
	if touch.Person != "" {
		return printable(touch.Person)
	}
	return touch.Who
}

type handoverWriteCommand struct {
	place
	Text    string `required:"" placeholder:"TEXT" help:"What the next watch must know."`
	Version int64  `placeholder:"N" help:"The version that is written anew. Default: 0, nothing is there yet."`
	By      string `default:"duty-officer" placeholder:"POST" help:"The post that writes. Default: duty-officer."`
	JSON    bool   `name:"json" help:"Print the handover as JSON."`
}

func (c *handoverWriteCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.clientOf("the id of a watch, such as south/17")
	if err != nil {
		return err
	}
	defer client.Close()
	h, err := client.WriteHandover(ctx, id, api.NewHandover{Version: c.Version, Words: c.Text, By: c.By})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(h)
	}
	t.print("%s  version %d", h.Watch, h.Version)
	return nil
}

type handoverSignCommand struct {
	place
	Version   int64    `placeholder:"N" help:"The version that was read. Default: 0, the watch leaves nothing."`
	Name      string   `placeholder:"TEXT" help:"The person, as this side chooses to show it to the others. Default: the post alone."`
	Languages []string `placeholder:"TAG" help:"The languages that are understood on this watch. Default: those of the post."`
	Until     string   `placeholder:"TIME" help:"When the watch means to end, such as 2018-10-15T01:30:00Z."`
	By        string   `default:"duty-officer" placeholder:"POST" help:"The post that takes over. Default: duty-officer."`
	JSON      bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *handoverSignCommand) Run(ctx context.Context, t *terminal) error {
	n := api.HandoverSignature{Version: c.Version, Name: c.Name, Languages: c.Languages, By: c.By}
	if c.Until != "" {
		until, err := time.Parse(time.RFC3339, c.Until)
		if err != nil {
			return usagef("--until %q is not a time such as 2018-10-15T01:30:00Z", c.Until)
		}
		n.Until = &until
	}
	client, id, err := c.clientOf("the id of a watch, such as south/17")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.SignHandover(ctx, id, n)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, c.By+" has taken over")
}
