package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

type watchCommand struct {
	Who   watchWhoCommand   `cmd:"" default:"withargs" help:"Say who is on watch at each side, or was at a moment." usage:"[DIR]"`
	Start watchStartCommand `cmd:"" help:"Take the watch." usage:"[DIR]"`
	End   watchEndCommand   `cmd:"" help:"End a watch of this side." usage:"[DIR]"`
}

type watchWhoCommand struct {
	place
	At      string `placeholder:"TIME" help:"The moment, such as 2018-10-15T01:30:00Z. Default: now."`
	History bool   `help:"List all watches instead, those that began last first."`
	Side    string `placeholder:"ID" help:"With --history: only those of this side."`
	Limit   int    `default:"20" placeholder:"N" help:"With --history: how many at most. Default: 20."`
	JSON    bool   `name:"json" help:"Print a JSON array."`
}

func (c *watchWhoCommand) Run(ctx context.Context, t *terminal) error {
	if c.Limit < 1 || c.Limit > api.MaxList {
		return usagef("--limit must be from 1 to %d", api.MaxList)
	}
	var at time.Time
	if c.At != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, c.At); err != nil {
			return usagef("--at %q is not a time such as 2018-10-15T01:30:00Z", c.At)
		}
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	var watches []api.Watch
	if c.History {
		page, err := client.Watches(ctx, c.Side, "", c.Limit)
		if err != nil {
			return err
		}
		watches = page.Watches
	} else {
		on, err := client.Watch(ctx, at)
		if err != nil {
			return err
		}
		watches = on.Watches
	}
	if c.JSON {
		return t.printJSON(watches)
	}
	if len(watches) == 0 {
		t.print("Nobody is on watch.")
		return nil
	}
	rows := [][]string{{"WATCH", "SIDE", "POST", "NAME", "LANGUAGES", "SINCE", "UNTIL"}}
	for _, w := range watches {
		until := "not said"
		switch {
		case w.Ended != nil && w.Relieved:
			until = fmt.Sprintf("relieved %s by %s", stamp(*w.Ended), w.EndedBy)
		case w.Ended != nil:
			until = "ended " + stamp(*w.Ended)
		case w.Until != nil:
			until = stamp(*w.Until)
		}
		rows = append(rows, []string{w.ID.String(), w.Side, w.Post, printable(w.Name), strings.Join(w.Languages, " "), stamp(w.Since), until})
	}
	t.table(rows)
	return nil
}

type watchStartCommand struct {
	place
	Name      string   `placeholder:"TEXT" help:"The person, as this side chooses to show it to the others. Default: the post alone."`
	Languages []string `placeholder:"TAG" help:"The languages that are understood on this watch. Default: those of the post."`
	Until     string   `placeholder:"TIME" help:"When the watch means to end, such as 2018-10-15T01:30:00Z. Time alone ends no watch."`
	Relieves  string   `placeholder:"ID" help:"The watch of this side that it takes over, which ends in the same act."`
	By        string   `default:"duty-officer" placeholder:"POST" help:"The post that takes the watch. Default: duty-officer."`
	JSON      bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *watchStartCommand) Run(ctx context.Context, t *terminal) error {
	n := api.NewWatch{Name: c.Name, Languages: c.Languages, By: c.By}
	if c.Until != "" {
		until, err := time.Parse(time.RFC3339, c.Until)
		if err != nil {
			return usagef("--until %q is not a time such as 2018-10-15T01:30:00Z", c.Until)
		}
		n.Until = &until
	}
	var err error
	if n.Relieves, err = watchID(c.Relieves); err != nil {
		return err
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.StartWatch(ctx, n)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, c.By+" is on watch")
}

type watchEndCommand struct {
	place
	Watch string `placeholder:"ID" help:"The watch. Default: that of the post."`
	By    string `default:"duty-officer" placeholder:"POST" help:"The post that ends it. Default: duty-officer."`
	JSON  bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *watchEndCommand) Run(ctx context.Context, t *terminal) error {
	e := api.WatchEnd{By: c.By}
	var err error
	if e.Watch, err = watchID(c.Watch); err != nil {
		return err
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.EndWatch(ctx, e)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "ended")
}

// watchID reads the id of a watch, if one is given.
func watchID(text string) (*office.EntryID, error) {
	if text == "" {
		return nil, nil
	}
	id, err := parseID(text)
	return &id, err
}
