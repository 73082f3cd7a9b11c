package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

type officerCommand struct {
	List    officerListCommand    `cmd:"" default:"withargs" help:"List the accounts." usage:"[DIR]"`
	Add     officerAddCommand     `cmd:"" help:"Add an account for one person." usage:"[DIR] NAME --person TEXT --post POST"`
	Change  officerChangeCommand  `cmd:"" help:"Change an account; what is not named stays." usage:"[DIR] NAME"`
	Suspend officerSuspendCommand `cmd:"" help:"Keep an account from signing in, and end its sessions, links and tokens at once." usage:"[DIR] NAME"`
	Resume  officerResumeCommand  `cmd:"" help:"Let a suspended account sign in again." usage:"[DIR] NAME"`
	Enrol   officerEnrolCommand   `cmd:"" help:"Print a one-time link with which the person signs in and sets up a passkey or a password." usage:"[DIR] NAME"`
	May     officerMayCommand     `cmd:"" help:"Show who may do what, by the rules of this side's own house." usage:"[DIR]"`
	Allow   officerAllowCommand   `cmd:"" help:"Allow a role to do something." usage:"[DIR] ROLE ACT"`
	Deny    officerDenyCommand    `cmd:"" help:"Allow a role no longer to do something." usage:"[DIR] ROLE ACT"`
	Acting  officerActingCommand  `cmd:"" help:"Show, name and end acting heads." usage:"[DIR]"`
	Trail   officerTrailCommand   `cmd:"" help:"Show who did what with accounts, the latest first." usage:"[DIR]"`
}

func (c *officerCommand) Help() string {
	return "Accounts are those of this side's own people at its pages. They never cross the line: the other sides see posts only."
}

type officerListCommand struct {
	place
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *officerListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	accounts, err := client.Accounts(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(accounts)
	}
	rows := [][]string{{"NAME", "POSTS", "ADMIN", "SIGNS IN WITH", "SUSPENDED", "PERSON"}}
	for _, a := range accounts {
		suspended := "no"
		if a.Suspended != nil {
			suspended = stamp(*a.Suspended)
		}
		rows = append(rows, []string{a.Name, strings.Join(a.Posts, ","), yesNo(a.Admin), signsInWith(a), suspended, printable(a.Person)})
	}
	t.table(rows)
	return nil
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func signsInWith(a api.Account) string {
	var with []string
	if a.Passkeys > 0 {
		with = append(with, "passkey")
	}
	if a.Password {
		with = append(with, "password")
	}
	if a.Code {
		with = append(with, "code")
	}
	if len(with) == 0 {
		return "link"
	}
	return strings.Join(with, ", ")
}

type officerAddCommand struct {
	place
	Person   string        `required:"" placeholder:"TEXT" help:"The person's name, as this side shows it."`
	Post     []office.Post `placeholder:"POST" help:"A post for which they may act; may be given several times, the usual one first."`
	Admin    bool          `help:"They may add and suspend accounts."`
	Language string        `placeholder:"TAG" help:"The language of their pages, such as ko."`
	JSON     bool          `name:"json" help:"Print the account as JSON."`
}

func (c *officerAddCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the name of an account")
	if err != nil {
		return err
	}
	defer client.Close()
	a, err := client.AddAccount(ctx, api.NewAccount{Name: args[0], Person: c.Person, Posts: c.Post, Admin: c.Admin, Language: c.Language})
	return printAccount(t, c.JSON, a, "added", err)
}

// printAccount prints what was done to an account, unless it was refused.
func printAccount(t *terminal, asJSON bool, a api.Account, done string, err error) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		return t.printJSON(a)
	}
	t.print("%s %s", done, a.Name)
	return nil
}

type officerChangeCommand struct {
	place
	Person   *string       `placeholder:"TEXT" help:"The person's name, as this side shows it."`
	Post     []office.Post `placeholder:"POST" xor:"posts" help:"A post for which they may act, instead of those before; may be given several times, the usual one first."`
	NoPost   bool          `xor:"posts" help:"They may act for no post."`
	Admin    *bool         `negatable:"" help:"They may add and suspend accounts, or may not."`
	Language *string       `placeholder:"TAG" help:"The language of their pages, such as ko."`
	JSON     bool          `name:"json" help:"Print the account as JSON."`
}

func (c *officerChangeCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the name of an account")
	if err != nil {
		return err
	}
	defer client.Close()
	change := api.AccountChange{Person: c.Person, Admin: c.Admin, Language: c.Language}
	if len(c.Post) > 0 || c.NoPost {
		posts := append([]office.Post{}, c.Post...)
		change.Posts = &posts
	}
	a, err := client.ChangeAccount(ctx, args[0], change)
	return printAccount(t, c.JSON, a, "changed", err)
}

type officerSuspendCommand struct {
	place
	JSON bool `name:"json" help:"Print the account as JSON."`
}

func (c *officerSuspendCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the name of an account")
	if err != nil {
		return err
	}
	defer client.Close()
	a, err := client.SuspendAccount(ctx, args[0])
	return printAccount(t, c.JSON, a, "suspended", err)
}

type officerResumeCommand struct {
	place
	JSON bool `name:"json" help:"Print the account as JSON."`
}

func (c *officerResumeCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the name of an account")
	if err != nil {
		return err
	}
	defer client.Close()
	a, err := client.ResumeAccount(ctx, args[0])
	return printAccount(t, c.JSON, a, "resumed", err)
}

type officerEnrolCommand struct {
	place
	Valid time.Duration `default:"24h" placeholder:"TIME" help:"How long the link is valid. Default: 24h."`
	JSON  bool          `name:"json" help:"Print the link as JSON."`
}

func (c *officerEnrolCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the name of an account")
	if err != nil {
		return err
	}
	defer client.Close()
	if c.Valid < time.Second {
		return usagef("--valid must be a second or more")
	}
	link, err := client.AccountLink(ctx, args[0], c.Valid)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(link)
	}
	t.print("%s", link.URL)
	return nil
}

type officerTrailCommand struct {
	place
	Limit int  `default:"50" placeholder:"N" help:"How many lines at most. Default: 50."`
	JSON  bool `name:"json" help:"Print a JSON array."`
}

func (c *officerTrailCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	lines, err := upTo(c.Limit, func(next string, most int) ([]api.TrailLine, string, error) {
		page, err := client.Trail(ctx, next, most)
		return page.Lines, page.Next, err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(lines)
	}
	rows := [][]string{{"LINE", "TIME", "WHO", "WHAT", "ACCOUNT", "FROM", "DETAIL"}}
	for _, l := range lines {
		rows = append(rows, []string{strconv.FormatInt(l.ID, 10), stamp(l.At), dash(l.Who), l.What, dash(l.Whom), dash(l.From), l.Detail})
	}
	t.table(rows)
	return nil
}

// dash stands where there is nothing.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
