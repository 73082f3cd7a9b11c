package main

import (
	"context"

	"liaison.example/api"
	"liaison.example/office"
)

type readbackCommand struct {
	Give    readbackGiveCommand    `cmd:"" default:"withargs" help:"Read a dispatch back: restate what this side has understood." usage:"[DIR] ID --text TEXT"`
	Confirm readbackConfirmCommand `cmd:"" help:"Confirm a read-back of a dispatch of this side." usage:"[DIR] ID"`
	Dispute readbackDisputeCommand `cmd:"" help:"Dispute a read-back of a dispatch of this side, and say what was meant." usage:"[DIR] ID --text TEXT"`
}

func (c *readbackCommand) Help() string {
	return "A dispatch may ask to be read back (\"liaison send --readback\"). The side that got it restates in its own words what it has understood; the side that wrote it confirms that, or disputes it and says what was meant. After a dispute it may be read back again, five times in all. Nothing of it can be changed or deleted. \"liaison show\" prints all of it."
}

type readbackGiveCommand struct {
	place
	Text string `required:"" placeholder:"TEXT" help:"What was understood, in your own words."`
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that reads it back. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *readbackGiveCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.clientOf("the id of a dispatch, such as north/4")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.ReadBack(ctx, id, api.NewReadback{Text: c.Text, By: c.By})
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "read back "+id.String())
}

type readbackConfirmCommand struct {
	place
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that confirms it. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *readbackConfirmCommand) Run(ctx context.Context, t *terminal) error {
	return answerReadback(ctx, t, &c.place, c.JSON, api.NewReadbackAnswer{Answer: office.ReadbackConfirm, By: c.By})
}

type readbackDisputeCommand struct {
	place
	Text string `required:"" placeholder:"TEXT" help:"What was meant."`
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that disputes it. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *readbackDisputeCommand) Run(ctx context.Context, t *terminal) error {
	return answerReadback(ctx, t, &c.place, c.JSON, api.NewReadbackAnswer{Answer: office.ReadbackDispute, Text: c.Text, By: c.By})
}

func answerReadback(ctx context.Context, t *terminal, p *place, asJSON bool, answer api.NewReadbackAnswer) error {
	client, id, err := p.clientOf("the id of a read-back, such as north/5")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.AnswerReadback(ctx, id, answer)
	if err != nil {
		return err
	}
	return printWritten(t, asJSON, w, string(answer.Answer)+" "+id.String())
}

// printReadbacks prints what was understood of a dispatch, and what was said to it.
func printReadbacks(t *terminal, list []api.Readback) {
	for i := range list {
		one := &list[i]
		t.print("Read back by %s of %s %s (%s): %s", one.By, one.Side, stamp(one.At), one.ID, indented(one.Text))
		switch a := one.Answer; {
		case a == nil:
			t.print("  neither confirmed nor disputed yet")
		case a.Text == "":
			t.print("  %s by %s %s (%s)", a.Answer, a.By, stamp(a.At), a.ID)
		default:
			t.print("  %s by %s %s (%s): %s", a.Answer, a.By, stamp(a.At), a.ID, indented(a.Text))
		}
	}
}
