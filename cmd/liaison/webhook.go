package main

import (
	"context"
	"fmt"
	"strconv"

	"liaison.example/api"
)

type webhookCommand struct {
	List   webhookListCommand   `cmd:"" default:"withargs" help:"List the webhooks, and how they answer." usage:"[DIR]"`
	Add    webhookAddCommand    `cmd:"" help:"Add a webhook, and print the secret with which it checks what it is told." usage:"[DIR] URL"`
	Remove webhookRemoveCommand `cmd:"" help:"Tell a webhook no more." usage:"[DIR] ID"`
	Test   webhookTestCommand   `cmd:"" help:"Tell a webhook of nothing, at once, and say whether it answers." usage:"[DIR] ID"`
}

func (c *webhookCommand) Help() string {
	return `A webhook is a program of this side that is told of each entry when it has got its place: by POST, with its id, kind and side, and of dispatches the number, precedence and state, never a text. What it is told is signed as standardwebhooks.com has it. One that does not answer with 2xx is told again under the same webhook-id, after pauses that grow from 5 seconds to an hour, until it does.`
}

type webhookListCommand struct {
	place
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *webhookListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	webhooks, err := client.Webhooks(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(webhooks)
	}
	rows := [][]string{{"ID", "LAST ANSWERED", "FAILURES", "TRIED AGAIN", "WHY", "URL"}}
	for _, w := range webhooks {
		last, retry := "", ""
		if w.Last != nil {
			last = stamp(*w.Last)
		}
		if w.Retry != nil {
			retry = stamp(*w.Retry)
		}
		rows = append(rows, []string{
			strconv.FormatInt(w.ID, 10), dash(last), strconv.FormatInt(w.Failures, 10), dash(retry), dash(printable(w.Failed)), printable(w.URL),
		})
	}
	t.table(rows)
	return nil
}

type webhookAddCommand struct {
	place
	Private bool `help:"Its address may be a private one, such as 10.0.0.7."`
	JSON    bool `name:"json" help:"Print the webhook and its secret as JSON."`
}

func (c *webhookAddCommand) Help() string {
	return "The address begins with https, or with http if it names this machine. The secret is shown this once."
}

func (c *webhookAddCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the address of the webhook")
	if err != nil {
		return err
	}
	defer client.Close()
	made, err := client.AddWebhook(ctx, api.NewWebhook{URL: args[0], Private: c.Private})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(made)
	}
	t.print("%d  %s", made.Webhook.ID, made.Secret)
	return nil
}

type webhookRemoveCommand struct{ place }

func (c *webhookRemoveCommand) Run(ctx context.Context, t *terminal) error {
	return c.onWebhook(t, "removed", func(client *api.Client, id int64) error { return client.RemoveWebhook(ctx, id) })
}

type webhookTestCommand struct{ place }

func (c *webhookTestCommand) Run(ctx context.Context, t *terminal) error {
	return c.onWebhook(t, "answers:", func(client *api.Client, id int64) error { return client.TestWebhook(ctx, id) })
}

// onWebhook does something with the webhook that the command names.
func (p *place) onWebhook(t *terminal, done string, do func(client *api.Client, id int64) error) error {
	client, args, err := p.client("the number of a webhook")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || id < 1 {
		return &usageError{fmt.Sprintf("%q is not the number of a webhook", args[0])}
	}
	if err := do(client, id); err != nil {
		return err
	}
	t.print("%s %d", done, id)
	return nil
}
