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
	return accounts, c.get(ctx, "/v1/accounts", nil, &accounts)
}

// AddAccount adds an account.
func (c *Client) AddAccount(ctx context.Context, n NewAccount) (a Account, err error) {
	return a, c.do(ctx, http.MethodPost, "/v1/accounts", nil, n, &a)
}

// ChangeAccount changes an account.
func (c *Client) ChangeAccount(ctx context.Context, name string, change AccountChange) (a Account, err error) {
	return a, c.do(ctx, http.MethodPatch, "/v1/accounts/"+url.PathEscape(name), nil, change, &a)
}

// SuspendAccount keeps an account from signing in, and ends its sessions.
func (c *Client) SuspendAccount(ctx context.Context, name string) (a Account, err error) {
	return a, c.do(ctx, http.MethodPost, "/v1/accounts/"+url.PathEscape(name)+"/suspend", nil, nil, &a)
}

// ResumeAccount lets a suspended account sign in again.
func (c *Client) ResumeAccount(ctx context.Context, name string) (a Account, err error) {
	return a, c.do(ctx, http.MethodPost, "/v1/accounts/"+url.PathEscape(name)+"/resume", nil, nil, &a)
}

// AccountLink makes a one-time sign-in link for an account.
func (c *Client) AccountLink(ctx context.Context, name string, valid time.Duration) (l Link, err error) {
	return l, c.do(ctx, http.MethodPost, "/v1/accounts/"+url.PathEscape(name)+"/sign-in-links", nil,
		NewAccountLink{ValidSeconds: int64(valid / time.Second)}, &l)
}

// Trail returns lines of the trail, the latest first, with ids below before; 0
// begins with the latest.
func (c *Client) Trail(ctx context.Context, before int64, limit int) (lines []TrailLine, err error) {
	query := url.Values{"before": {strconv.FormatInt(before, 10)}, "limit": {strconv.Itoa(limit)}}
	return lines, c.get(ctx, "/v1/trail", query, &lines)
}
