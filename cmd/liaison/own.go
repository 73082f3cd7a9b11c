package main

import (
	"context"
	"net/url"
	"strconv"

	"liaison.example/api"
)

// whose is what the commands have in common that are about a person's own affairs.
type whose struct {
	place
	Account string `placeholder:"NAME" help:"Whose: needed on the machine of the node. A token asks for its own account."`
}

const aboutOwn = `These are a person's own affairs. Over the network it takes a token of the person's account with the scope own; a token of a post is nobody's. On the machine of the node the operator names the account.`

type sessionCommand struct {
	List   sessionListCommand   `cmd:"" default:"withargs" help:"List the open sessions of an account." usage:"[DIR]"`
	Revoke sessionRevokeCommand `cmd:"" help:"End a session at once." usage:"[DIR] ID"`
}

func (c *sessionCommand) Help() string {
	return aboutOwn + " With --of, an administrator sees to the sessions of another, with a token that has the scope administer."
}

type sessionListCommand struct {
	whose
	Of   string `placeholder:"NAME" help:"The account, for an administrator."`
	JSON bool   `name:"json" help:"Print a JSON array."`
}

func (c *sessionListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	var sessions []api.Session
	if c.Of != "" {
		sessions, err = client.AccountSessions(ctx, c.Of)
	} else {
		sessions, err = client.Sessions(ctx, c.Account)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(append([]api.Session{}, sessions...))
	}
	rows := [][]string{{"ID", "ACCOUNT", "POST", "SIGNED IN BY", "SINCE", "LAST SEEN", "ENDS"}}
	for _, s := range sessions {
		rows = append(rows, []string{strconv.FormatInt(s.ID, 10), s.Account, dash(s.Post), s.By, stamp(s.Since), stamp(s.LastSeen), stamp(s.Ends)})
	}
	t.table(rows)
	return nil
}

type sessionRevokeCommand struct {
	whose
	Of   string `placeholder:"NAME" help:"The account, for an administrator."`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

func (c *sessionRevokeCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the id of a session")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return usagef("%q is no id of a session", args[0])
	}
	if c.Of != "" {
		err = client.RevokeAccountSession(ctx, c.Of, id)
	} else {
		err = client.RevokeSession(ctx, c.Account, id)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(map[string]any{"id": id, "ended": true})
	}
	t.print("ended")
	return nil
}

type viewCommand struct {
	List  viewListCommand  `cmd:"" default:"withargs" help:"List the kept choices, in the person's own order." usage:"[DIR]"`
	Keep  viewKeepCommand  `cmd:"" help:"Keep a choice of dispatches under a name; one of that name is replaced." usage:"[DIR] NAME --from SIDE --state STATE ..."`
	Raise viewRaiseCommand `cmd:"" help:"Move a kept choice before the one that stands before it." usage:"[DIR] NAME"`
	Drop  viewDropCommand  `cmd:"" help:"Keep a choice no longer." usage:"[DIR] NAME"`
}

func (c *viewCommand) Help() string {
	return "Kept choices stand above the list of dispatches on the pages, for that person alone. " + aboutOwn
}

func printViews(t *terminal, asJSON bool, views []api.View) error {
	if asJSON {
		return t.printJSON(append([]api.View{}, views...))
	}
	if len(views) == 0 {
		t.print("No choice is kept.")
		return nil
	}
	rows := [][]string{{"NAME", "CHOOSES"}}
	for _, v := range views {
		words := v.Query
		if plain, err := url.QueryUnescape(words); err == nil {
			words = plain
		}
		rows = append(rows, []string{printable(v.Name), printable(words)})
	}
	t.table(rows)
	return nil
}

type viewListCommand struct {
	whose
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *viewListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	views, err := client.Views(ctx, c.Account)
	if err != nil {
		return err
	}
	return printViews(t, c.JSON, views)
}

type viewKeepCommand struct {
	whose
	Search     string `placeholder:"WORDS" help:"Words that are all in number, subject, text or a name in it."`
	From       string `placeholder:"SIDE" help:"Only dispatches of this side."`
	Channel    string `placeholder:"ID" help:"Only dispatches on this channel."`
	Precedence string `placeholder:"WORD" help:"Only dispatches of this precedence."`
	State      string `placeholder:"STATE" help:"Only dispatches that wait, or have come so far."`
	Mark       string `placeholder:"MARK" help:"real, exercise or test."`
	Form       string `placeholder:"CODE" help:"Only dispatches with a form of this code."`
	Since      string `placeholder:"DATE" help:"From this day of the side on, such as 2018-10-15."`
	Until      string `placeholder:"DATE" help:"Until this day of the side, included."`
	JSON       bool   `name:"json" help:"Print all kept choices as a JSON array."`
}

func (c *viewKeepCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("a name for the choice")
	if err != nil {
		return err
	}
	defer client.Close()
	query := url.Values{}
	for name, value := range map[string]string{
		"q": c.Search, "from": c.From, "channel": c.Channel, "precedence": c.Precedence, "state": c.State, "mark": c.Mark, "form": c.Form, "since": c.Since, "until": c.Until,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	views, err := client.KeepView(ctx, c.Account, api.View{Name: args[0], Query: query.Encode()})
	if err != nil {
		return err
	}
	return printViews(t, c.JSON, views)
}

type viewRaiseCommand struct {
	whose
	JSON bool `name:"json" help:"Print all kept choices as a JSON array."`
}

func (c *viewRaiseCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the name of a kept choice")
	if err != nil {
		return err
	}
	defer client.Close()
	views, err := client.RaiseView(ctx, c.Account, args[0])
	if err != nil {
		return err
	}
	return printViews(t, c.JSON, views)
}

type viewDropCommand struct {
	whose
	JSON bool `name:"json" help:"Print the others as a JSON array."`
}

func (c *viewDropCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the name of a kept choice")
	if err != nil {
		return err
	}
	defer client.Close()
	views, err := client.DropView(ctx, c.Account, args[0])
	if err != nil {
		return err
	}
	return printViews(t, c.JSON, views)
}

type quietCommand struct {
	Show quietShowCommand `cmd:"" default:"withargs" help:"Show a person's quiet hours." usage:"[DIR]"`
	Set  quietSetCommand  `cmd:"" help:"Set a person's quiet hours, by the clock of the side." usage:"[DIR] FROM UNTIL"`
	End  quietEndCommand  `cmd:"" help:"End a person's quiet hours." usage:"[DIR]"`
}

func (c *quietCommand) Help() string {
	return "In quiet hours a person is told of FLASH and of lives at risk alone; of all else afterwards, if it still waits. " + aboutOwn
}

func printQuiet(t *terminal, asJSON bool, q api.Quiet) error {
	switch {
	case asJSON:
		return t.printJSON(q)
	case q.From == "":
		t.print("no quiet hours")
	default:
		t.print("from %s until %s", q.From, q.Until)
	}
	return nil
}

type quietShowCommand struct {
	whose
	JSON bool `name:"json" help:"Print them as JSON."`
}

func (c *quietShowCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	q, err := client.Quiet(ctx, c.Account)
	if err != nil {
		return err
	}
	return printQuiet(t, c.JSON, q)
}

type quietSetCommand struct {
	whose
	JSON bool `name:"json" help:"Print them as JSON."`
}

func (c *quietSetCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("a time such as 22:00", "a time such as 07:00")
	if err != nil {
		return err
	}
	defer client.Close()
	q, err := client.SetQuiet(ctx, c.Account, api.Quiet{From: args[0], Until: args[1]})
	if err != nil {
		return err
	}
	return printQuiet(t, c.JSON, q)
}

type quietEndCommand struct {
	whose
	JSON bool `name:"json" help:"Print the result as JSON."`
}

func (c *quietEndCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	q, err := client.SetQuiet(ctx, c.Account, api.Quiet{})
	if err != nil {
		return err
	}
	return printQuiet(t, c.JSON, q)
}

type feedCommand struct {
	List   feedListCommand   `cmd:"" default:"withargs" help:"List a person's calendar feeds." usage:"[DIR]"`
	Make   feedMakeCommand   `cmd:"" help:"Make a calendar feed, in the place of the one before, and print its address." usage:"[DIR]"`
	Revoke feedRevokeCommand `cmd:"" help:"End a calendar feed at once." usage:"[DIR]"`
}

func (c *feedCommand) Help() string {
	return "A calendar program reads the planned watches of the next six months from a secret address. Whoever knows it reads it without signing in, until the feed or the account ends; it is shown once. " + aboutOwn
}

type feedListCommand struct {
	whose
	JSON bool `name:"json" help:"Print a JSON array."`
}

func feedName(whole bool) string {
	if whole {
		return "desk"
	}
	return "own watches"
}

func (c *feedListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	feeds, err := client.Feeds(ctx, c.Account)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(append([]api.Feed{}, feeds...))
	}
	rows := [][]string{{"FEED", "MADE"}}
	for _, f := range feeds {
		rows = append(rows, []string{feedName(f.Whole), stamp(f.Made)})
	}
	t.table(rows)
	return nil
}

type feedMakeCommand struct {
	whose
	Desk bool `help:"Of the whole desk. Default: of the person's own watches."`
	JSON bool `name:"json" help:"Print the feed and its address as JSON."`
}

func (c *feedMakeCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	made, err := client.MakeFeed(ctx, c.Account, c.Desk)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(made)
	}
	t.print("%s", made.URL)
	return nil
}

type feedRevokeCommand struct {
	whose
	Desk bool `help:"That of the whole desk. Default: that of the person's own watches."`
	JSON bool `name:"json" help:"Print the result as JSON."`
}

func (c *feedRevokeCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.EndFeed(ctx, c.Account, c.Desk); err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(map[string]any{"whole": c.Desk, "ended": true})
	}
	t.print("ended")
	return nil
}
