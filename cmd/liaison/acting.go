package main

import (
	"context"
	"strconv"
	"time"

	"liaison.example/api"
)

type officerActingCommand struct {
	List actingListCommand `cmd:"" default:"withargs" help:"Show which posts act with the powers of a head." usage:"[DIR]"`
	Name actingNameCommand `cmd:"" help:"Hand the powers of a head over to a post for a time." usage:"[DIR] POST --until TIME"`
	End  actingEndCommand  `cmd:"" help:"End at once what has been handed over." usage:"[DIR] N"`
}

func (c *officerActingCommand) Help() string {
	return "An acting head has the powers of the head beside those of the own post, for a time. The head keeps them too, and the other sides see which post has acted, as always."
}

type actingListCommand struct {
	place
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *actingListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	heads, err := client.Acting(ctx)
	return printActing(t, c.JSON, heads, err)
}

type actingNameCommand struct {
	place
	Head  string `default:"head" placeholder:"POST" help:"The post of the head. Default: head."`
	Since string `placeholder:"TIME" help:"From when, such as 2018-10-15T01:30:00Z. Default: from now on."`
	Until string `required:"" placeholder:"TIME" help:"Until when."`
	JSON  bool   `name:"json" help:"Print all acting heads as a JSON array."`
}

func (c *actingNameCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the post that is to act")
	if err != nil {
		return err
	}
	defer client.Close()
	n := api.NewActing{Head: c.Head, Post: args[0]}
	if n.Until, err = time.Parse(time.RFC3339, c.Until); err != nil {
		return usagef("--until %q is not a time such as 2018-10-15T01:30:00Z", c.Until)
	}
	if c.Since != "" {
		since, err := time.Parse(time.RFC3339, c.Since)
		if err != nil {
			return usagef("--since %q is not a time such as 2018-10-15T01:30:00Z", c.Since)
		}
		n.Since = &since
	}
	heads, err := client.NameActing(ctx, n)
	return printActing(t, c.JSON, heads, err)
}

type actingEndCommand struct {
	place
	JSON bool `name:"json" help:"Print all acting heads as a JSON array."`
}

func (c *actingEndCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the number that the list gives")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return usagef("%q is not a number of the list", args[0])
	}
	heads, err := client.EndActing(ctx, id)
	return printActing(t, c.JSON, heads, err)
}

func printActing(t *terminal, asJSON bool, heads api.ActingHeads, err error) error {
	if err != nil {
		return err
	}
	if asJSON {
		return t.printJSON(heads.Acting)
	}
	rows := [][]string{{"N", "POST", "ACTS FOR", "SINCE", "UNTIL", "NAMED BY"}}
	for _, a := range heads.Acting {
		rows = append(rows, []string{strconv.FormatInt(a.ID, 10), a.Post, a.Head, stamp(a.Since), stamp(a.Until), printable(a.Made)})
	}
	t.table(rows)
	return nil
}
