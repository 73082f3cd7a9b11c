package main

import (
	"context"
	"fmt"
	"strconv"

	"liaison.example/api"
)

type toldCommand struct {
	List toldListCommand `cmd:"" default:"withargs" help:"List the means of people, whether they work, and what was told last." usage:"[DIR]"`
	Add  toldAddCommand  `cmd:"" help:"Set up a means for a person." usage:"[DIR] --account NAME --kind KIND --set NAME=VALUE"`
	Test toldTestCommand `cmd:"" help:"Tell a person of nothing, at once, and say whether the means works." usage:"[DIR] ID"`
}

func (c *toldCommand) Help() string {
	return `People of this side are told of dispatches that wait for an acknowledgement, by the means that each has set up (page "Being told"): when one comes, and at each step of the ladder of the charter, until somebody of the side has acknowledged. What they are told never holds a text. "sent" says that the means has taken a message, and not that somebody has seen it.`
}

type toldListCommand struct {
	place
	Account string `placeholder:"NAME" help:"Only of this account."`
	Limit   int    `default:"20" help:"How many of the last notices to show, at most 500."`
	JSON    bool   `name:"json" help:"Print an object of the means and the notices."`
}

func (c *toldListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	means, err := client.Means(ctx, c.Account)
	if err != nil {
		return err
	}
	notices, err := client.Notices(ctx, c.Account, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(map[string]any{"means": append([]api.Means{}, means...), "notices": append([]api.Notice{}, notices...)})
	}
	rows := [][]string{{"ID", "ACCOUNT", "KIND", "NAME", "LAST WORKED", "FAILURES", "WHY"}}
	labels := map[int64]string{}
	for _, m := range means {
		worked := ""
		if m.Worked != nil {
			worked = stamp(*m.Worked)
		}
		labels[m.ID] = m.Label
		rows = append(rows, []string{strconv.FormatInt(m.ID, 10), m.Account, m.Kind, printable(m.Label), dash(worked), strconv.FormatInt(m.Failures, 10), dash(printable(m.Failed))})
	}
	t.table(rows)
	if len(notices) == 0 {
		return nil
	}
	t.print("")
	rows = [][]string{{"PLANNED", "ACCOUNT", "MEANS", "ABOUT", "STEP", "STATE", "WHY"}}
	for _, n := range notices {
		about, step := n.Sort, "-"
		if n.Dispatch != nil {
			about, step = n.Dispatch.String(), fmt.Sprintf("%d of %d", n.Step, n.Steps)
			if n.Count > 1 {
				about += fmt.Sprintf(" and %d more", n.Count-1)
			}
		}
		if n.Matter != nil {
			about = n.Matter.What + " " + dash(printable(n.Matter.About))
		}
		if n.Check != nil {
			about, step = "check "+n.Check.Channel+", "+n.Check.Duty, fmt.Sprintf("%d of %d", n.Step, n.Steps)
		}
		rows = append(rows, []string{stamp(n.Planned), n.Account, dash(printable(labels[n.Means])), about, step, n.State, dash(printable(n.Failed))})
	}
	t.table(rows)
	return nil
}

type toldAddCommand struct {
	place
	Account string            `required:"" placeholder:"NAME" help:"Whose means it is."`
	Kind    string            `required:"" placeholder:"KIND" help:"mail, ntfy, webhook."`
	Label   string            `placeholder:"TEXT" help:"What the person calls it."`
	Set     map[string]string `placeholder:"NAME=VALUE" help:"What the means needs: address of mail, topic of ntfy, url of webhook."`
	JSON    bool              `name:"json" help:"Print the means and its secrets as JSON."`
}

func (c *toldAddCommand) Help() string {
	return "An administrator of the side sets up the mail server, or the server of ntfy, on the page \"Being told\" first. The secret with which a webhook checks what it is told is shown this once."
}

func (c *toldAddCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	made, err := client.AddMeans(ctx, api.NewMeans{Account: c.Account, Kind: c.Kind, Label: c.Label, Settings: c.Set})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(made)
	}
	line := strconv.FormatInt(made.Means.ID, 10)
	for _, secret := range made.Secrets {
		line += "  " + secret
	}
	t.print("%s", line)
	return nil
}

type toldTestCommand struct {
	place
	JSON bool `name:"json" help:"Print the result as JSON."`
}

func (c *toldTestCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the id of a means")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return usagef("%q is no id of a means", args[0])
	}
	if err := client.TestMeans(ctx, id); err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(map[string]any{"id": id, "taken": true})
	}
	t.print("the means has taken the test")
	return nil
}
