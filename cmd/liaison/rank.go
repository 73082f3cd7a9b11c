package main

import (
	"context"
	"slices"
	"strings"

	"liaison.example/api"
	"liaison.example/office"
	"liaison.example/people"
)

type rankCommand struct {
	List   rankListCommand   `cmd:"" default:"withargs" help:"List which ranks this side deems equal." usage:"[DIR]"`
	Add    rankAddCommand    `cmd:"" help:"Add a line: a rank of ours, a side, its rank that is equal." usage:"[DIR] OURS SIDE THEIRS"`
	Remove rankRemoveCommand `cmd:"" help:"Take a line out." usage:"[DIR] OURS SIDE THEIRS"`
}

func (c *rankCommand) Help() string {
	return "The table of ranks is this side's own and never crosses the line. Before a tender or a dispatch whose signatory and addressee do not stand beside each other in it, who writes is warned; nothing is refused. A rank is found by its words in the name, the longest first."
}

type rankListCommand struct {
	place
	JSON bool `name:"json" help:"Print it as JSON."`
}

func (c *rankListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	table, err := client.Ranks(ctx)
	if err != nil {
		return err
	}
	return printRanks(t, c.JSON, table)
}

func printRanks(t *terminal, asJSON bool, table api.Ranks) error {
	if asJSON {
		return t.printJSON(table)
	}
	if len(table.Ranks) == 0 {
		t.print("The table of ranks is empty.")
		return nil
	}
	rows := [][]string{{"OURS", "SIDE", "THEIRS"}}
	for _, one := range table.Ranks {
		rows = append(rows, []string{printable(one.Here), one.Side, printable(one.There)})
	}
	t.table(rows)
	return nil
}

type rankAddCommand struct {
	place
	JSON bool `name:"json" help:"Print the table as JSON."`
}

func (c *rankAddCommand) Run(ctx context.Context, t *terminal) error {
	return changeRanks(ctx, t, &c.place, c.JSON, func(one api.Rank) api.RankChange { return api.RankChange{Add: []api.Rank{one}} })
}

type rankRemoveCommand struct {
	place
	JSON bool `name:"json" help:"Print the table as JSON."`
}

func (c *rankRemoveCommand) Run(ctx context.Context, t *terminal) error {
	return changeRanks(ctx, t, &c.place, c.JSON, func(one api.Rank) api.RankChange { return api.RankChange{Remove: []api.Rank{one}} })
}

func changeRanks(ctx context.Context, t *terminal, p *place, asJSON bool, change func(api.Rank) api.RankChange) error {
	client, args, err := p.client("a rank of ours", "a side", "its rank")
	if err != nil {
		return err
	}
	defer client.Close()
	table, err := client.ChangeRanks(ctx, change(api.Rank{Here: args[0], Side: args[1], There: args[2]}))
	if err != nil {
		return err
	}
	return printRanks(t, asJSON, table)
}

// warnOfRanks says for which of the sides, all of the table if none are named, the
// ranks of who signs and who is addressed do not fit.
func warnOfRanks(ctx context.Context, t *terminal, client *api.Client, to []office.Side, name, attention string) error {
	if strings.TrimSpace(name) == "" || strings.TrimSpace(attention) == "" {
		return nil
	}
	table, err := client.Ranks(ctx)
	if err != nil {
		return err
	}
	var ranks people.Ranks
	var sides []office.Side
	for _, one := range table.Ranks {
		ranks = append(ranks, people.Rank(one))
		if len(to) == 0 && !slices.Contains(sides, one.Side) {
			sides = append(sides, one.Side)
		}
	}
	for _, side := range append(sides, to...) {
		if m := ranks.Mismatch(side, name, attention); m != nil {
			t.say("warning: by the table of ranks, %s and %s of %s are not equal; it has %s", rankWords(m.Here, "who signs"), rankWords(m.There, "who is addressed"), side, strings.Join(m.Equal, ", "))
		}
	}
	return nil
}

// rankWords gives the words for a rank, or others if it is not known.
func rankWords(rank, other string) string {
	if rank == "" {
		return other
	}
	return "“" + printable(rank) + "”"
}
