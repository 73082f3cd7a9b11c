package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/people"
)

type tokenCommand struct {
	List   tokenListCommand   `cmd:"" default:"withargs" help:"List the tokens." usage:"[DIR]"`
	Add    tokenAddCommand    `cmd:"" help:"Make a token for an account or a post, and print it." usage:"[DIR] --account NAME|--post POST --scope SCOPE"`
	Revoke tokenRevokeCommand `cmd:"" help:"End a token at once." usage:"[DIR] ID"`
}

func (c *tokenCommand) Help() string {
	return `With a token a program acts through the interface under /api/v1 beside the pages. A token never does more than its account or post may at that moment, has an end, and ends with its account or post. Tokens stand in local.db as hashes and never cross the line.

Scopes: read (dispatches, the record, the charter, posts, the state of the node), draft (drafts and their review; with an account only), release (dispatches), acknowledge (dispatches; alarms as seen to), bind (charters, and the posts of this side), own (the sessions, kept choices, calendar feeds and quiet hours of the person; with an account only), administer (accounts; with an administrator's account only).`
}

type tokenListCommand struct {
	place
	All  bool `help:"Also those that have ended."`
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *tokenListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	all, err := client.Tokens(ctx)
	if err != nil {
		return err
	}
	tokens := []api.Token{}
	for _, token := range all {
		if c.All || token.Works {
			tokens = append(tokens, token)
		}
	}
	if c.JSON {
		return t.printJSON(tokens)
	}
	rows := [][]string{{"ID", "FOR", "SCOPES", "ENDS", "LAST USED", "WORKS", "NOTE"}}
	for _, token := range tokens {
		used := ""
		if token.LastUsed != nil {
			used = stamp(*token.LastUsed)
		}
		scopes := make([]string, len(token.Scopes))
		for i, scope := range token.Scopes {
			scopes[i] = string(scope)
		}
		rows = append(rows, []string{
			strconv.FormatInt(token.ID, 10), heldBy(token), strings.Join(scopes, ","), stamp(token.Ends), dash(used), yesNo(token.Works), printable(token.Note),
		})
	}
	t.table(rows)
	return nil
}

// heldBy says for whom a token is.
func heldBy(token api.Token) string {
	if token.Account != "" {
		return "account " + token.Account
	}
	return "post " + token.Post
}

type tokenAddCommand struct {
	place
	Account string      `placeholder:"NAME" xor:"holder" help:"The account for which it acts."`
	Post    string      `placeholder:"POST" xor:"holder" help:"The post for which it acts, instead of an account."`
	Scope   []api.Scope `required:"" placeholder:"SCOPE" help:"What it may be used for: read, draft, release, acknowledge, bind, own or administer; may be given several times."`
	Note    string      `placeholder:"TEXT" help:"What it is for, in one line."`
	Days    int         `default:"90" placeholder:"N" help:"In how many days it ends, at most 365. Default: 90."`
	JSON    bool        `name:"json" help:"Print the token with all that is known of it as JSON."`
}

func (c *tokenAddCommand) Help() string {
	return "Prints the token. It is shown this once and cannot be had again: hand it to the program, and to nothing and nobody else."
}

func (c *tokenAddCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	if c.Days < 1 || c.Days > maxTokenDays {
		return usagef("--days must be from 1 to %d", maxTokenDays)
	}
	made, err := client.MakeToken(ctx, api.NewToken{
		Account: c.Account, Post: c.Post, Scopes: c.Scope, Note: c.Note, ValidSeconds: int64(c.Days) * int64(24*time.Hour/time.Second),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(made)
	}
	t.print("%s", made.Text)
	return nil
}

// maxTokenDays is the longest time for which a token may be made.
const maxTokenDays = int(people.TokenLongest / (24 * time.Hour))

type tokenRevokeCommand struct {
	place
}

func (c *tokenRevokeCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the number of a token")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || id < 1 {
		return &usageError{fmt.Sprintf("%q is not the number of a token", args[0])}
	}
	if err := client.RevokeToken(ctx, id); err != nil {
		return err
	}
	t.print("revoked %d", id)
	return nil
}
