package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Accounts returns the accounts of our side, in the order of their names.
func (c *Client) Accounts(ctx context.Context) (accounts []Account, err error) {
	for next := ""; ; {
		var p AccountPage
		if err := c.get(ctx, Path+"/accounts", pageQuery(next, MaxList), &p); err != nil {
			return nil, err
		}
		accounts = append(accounts, p.Accounts...)
		if next = p.Next; next == "" {
			return accounts, nil
		}
	}
}

// AddAccount adds an account.
func (c *Client) AddAccount(ctx context.Context, n NewAccount) (a Account, err error) {
	return a, c.do(ctx, http.MethodPost, Path+"/accounts", nil, n, &a)
}

// ChangeAccount changes an account.
func (c *Client) ChangeAccount(ctx context.Context, name string, change AccountChange) (a Account, err error) {
	return a, c.do(ctx, http.MethodPatch, Path+"/accounts/"+url.PathEscape(name), nil, change, &a)
}

// SuspendAccount keeps an account from signing in, and ends its sessions, links and tokens.
func (c *Client) SuspendAccount(ctx context.Context, name string) (a Account, err error) {
	return a, c.do(ctx, http.MethodPost, Path+"/accounts/"+url.PathEscape(name)+"/suspend", nil, nil, &a)
}

// ResumeAccount lets a suspended account sign in again.
func (c *Client) ResumeAccount(ctx context.Context, name string) (a Account, err error) {
	return a, c.do(ctx, http.MethodPost, Path+"/accounts/"+url.PathEscape(name)+"/resume", nil, nil, &a)
}

// AccountLink makes a one-time sign-in link for an account.
func (c *Client) AccountLink(ctx context.Context, name string, valid time.Duration) (l Link, err error) {
	return l, c.do(ctx, http.MethodPost, Path+"/accounts/"+url.PathEscape(name)+"/sign-in-links", nil,
		NewAccountLink{ValidSeconds: int64(valid / time.Second)}, &l)
}

// Acting returns which posts act with the powers of a head.
func (c *Client) Acting(ctx context.Context) (a ActingHeads, err error) {
	return a, c.get(ctx, Path+"/acting", nil, &a)
}

// NameActing hands the powers of a head over to a post for a time.
func (c *Client) NameActing(ctx context.Context, n NewActing) (a ActingHeads, err error) {
	return a, c.do(ctx, http.MethodPost, Path+"/acting", nil, n, &a)
}

// EndActing ends at once what has been handed over.
func (c *Client) EndActing(ctx context.Context, id int64) (a ActingHeads, err error) {
	return a, c.do(ctx, http.MethodPost, Path+"/acting/"+strconv.FormatInt(id, 10)+"/end", nil, nil, &a)
}

// Rules returns our side's table of who may do what.
func (c *Client) Rules(ctx context.Context) (r Rules, err error) {
	return r, c.get(ctx, Path+"/rules", nil, &r)
}

// ChangeRules changes places of the table.
func (c *Client) ChangeRules(ctx context.Context, change Rules) (r Rules, err error) {
	return r, c.do(ctx, http.MethodPatch, Path+"/rules", nil, change, &r)
}

// Trail returns one page of the trail, the latest line first. The cursor is Next
// of the page before; an empty one begins with the latest.
func (c *Client) Trail(ctx context.Context, cursor string, limit int) (p TrailPage, err error) {
	return p, c.get(ctx, Path+"/trail", pageQuery(cursor, limit), &p)
}

// Tokens returns the tokens of our side, the latest made first.
func (c *Client) Tokens(ctx context.Context) (tokens []Token, err error) {
	for next := ""; ; {
		var p TokenPage
		if err := c.get(ctx, Path+"/tokens", pageQuery(next, MaxList), &p); err != nil {
			return nil, err
		}
		tokens = append(tokens, p.Tokens...)
		if next = p.Next; next == "" {
			return tokens, nil
		}
	}
}

// MakeToken makes a token for an account or a post.
func (c *Client) MakeToken(ctx context.Context, n NewToken) (m MadeToken, err error) {
	return m, c.do(ctx, http.MethodPost, Path+"/tokens", nil, n, &m)
}

// RevokeToken ends a token at once.
func (c *Client) RevokeToken(ctx context.Context, id int64) error {
	return c.do(ctx, http.MethodPost, Path+"/tokens/"+strconv.FormatInt(id, 10)+"/revoke", nil, nil, nil)
}

// Webhooks returns the webhooks, the first made first. There are few.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	var p WebhookPage
	err := c.get(ctx, Path+"/webhooks", pageQuery("", MaxList), &p)
	return p.Webhooks, err
}

// AddWebhook adds a webhook.
func (c *Client) AddWebhook(ctx context.Context, n NewWebhook) (m MadeWebhook, err error) {
	return m, c.do(ctx, http.MethodPost, Path+"/webhooks", nil, n, &m)
}

// RemoveWebhook tells a webhook no more.
func (c *Client) RemoveWebhook(ctx context.Context, id int64) error {
	return c.do(ctx, http.MethodPost, Path+"/webhooks/"+strconv.FormatInt(id, 10)+"/remove", nil, nil, nil)
}

// TestWebhook tells a webhook of nothing. A *Problem says why it does not answer
// well.
func (c *Client) TestWebhook(ctx context.Context, id int64) error {
	return c.do(ctx, http.MethodPost, Path+"/webhooks/"+strconv.FormatInt(id, 10)+"/test", nil, nil, nil)
}
