package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"liaison.example/office"
)

// ownQuery names whose affairs are asked for; nobody's but those of the token if
// account is empty.
func ownQuery(account string) url.Values {
	query := url.Values{}
	if account != "" {
		query.Set("account", account)
	}
	return query
}

// Sessions returns the open sessions of a person.
func (c *Client) Sessions(ctx context.Context, account string) ([]Session, error) {
	return c.sessionsAt(ctx, Path+"/sessions", account)
}

// AccountSessions is Sessions for an administrator.
func (c *Client) AccountSessions(ctx context.Context, account string) ([]Session, error) {
	return c.sessionsAt(ctx, Path+"/accounts/"+url.PathEscape(account)+"/sessions", "")
}

func (c *Client) sessionsAt(ctx context.Context, path, account string) (all []Session, err error) {
	for next := ""; ; {
		query := pageQuery(next, MaxList)
		if account != "" {
			query.Set("account", account)
		}
		var p SessionPage
		if err := c.get(ctx, path, query, &p); err != nil {
			return nil, err
		}
		all = append(all, p.Sessions...)
		if next = p.Next; next == "" {
			return all, nil
		}
	}
}

// RevokeSession ends an open session of a person.
func (c *Client) RevokeSession(ctx context.Context, account string, id int64) error {
	return c.do(ctx, http.MethodPost, Path+"/sessions/"+strconv.FormatInt(id, 10)+"/revoke", ownQuery(account), nil, nil)
}

// RevokeAccountSession is RevokeSession for an administrator.
func (c *Client) RevokeAccountSession(ctx context.Context, account string, id int64) error {
	return c.do(ctx, http.MethodPost, Path+"/accounts/"+url.PathEscape(account)+"/sessions/"+strconv.FormatInt(id, 10)+"/revoke", nil, nil, nil)
}

// Views returns the views that a person keeps.
func (c *Client) Views(ctx context.Context, account string) ([]View, error) {
	var l ViewList
	err := c.get(ctx, Path+"/views", ownQuery(account), &l)
	return l.Views, err
}

// KeepView keeps a view of a person, and returns all.
func (c *Client) KeepView(ctx context.Context, account string, v View) ([]View, error) {
	var l ViewList
	err := c.do(ctx, http.MethodPost, Path+"/views", ownQuery(account), v, &l)
	return l.Views, err
}

// RaiseView moves a view of a person before the one that stands before it, and
// returns all.
func (c *Client) RaiseView(ctx context.Context, account, name string) ([]View, error) {
	var l ViewList
	err := c.do(ctx, http.MethodPost, Path+"/views/"+url.PathEscape(name)+"/raise", ownQuery(account), nil, &l)
	return l.Views, err
}

// DropView keeps a view of a person no longer, and returns the others.
func (c *Client) DropView(ctx context.Context, account, name string) ([]View, error) {
	var l ViewList
	err := c.do(ctx, http.MethodPost, Path+"/views/"+url.PathEscape(name)+"/drop", ownQuery(account), nil, &l)
	return l.Views, err
}

// Quiet returns the quiet hours of a person.
func (c *Client) Quiet(ctx context.Context, account string) (q Quiet, err error) {
	return q, c.get(ctx, Path+"/told/quiet", ownQuery(account), &q)
}

// SetQuiet sets the quiet hours of a person.
func (c *Client) SetQuiet(ctx context.Context, account string, wanted Quiet) (q Quiet, err error) {
	return q, c.do(ctx, http.MethodPost, Path+"/told/quiet", ownQuery(account), wanted, &q)
}

// Feeds returns the calendar feeds of a person.
func (c *Client) Feeds(ctx context.Context, account string) ([]Feed, error) {
	var l FeedList
	err := c.get(ctx, Path+"/feeds", ownQuery(account), &l)
	return l.Feeds, err
}

// MakeFeed makes a calendar feed of a person.
func (c *Client) MakeFeed(ctx context.Context, account string, whole bool) (m MadeFeed, err error) {
	return m, c.do(ctx, http.MethodPost, Path+"/feeds", ownQuery(account), FeedChoice{Whole: whole}, &m)
}

// EndFeed ends a calendar feed of a person.
func (c *Client) EndFeed(ctx context.Context, account string, whole bool) error {
	return c.do(ctx, http.MethodPost, Path+"/feeds/end", ownQuery(account), FeedChoice{Whole: whole}, nil)
}

// Handovers returns one page of the handovers of this side.
func (c *Client) Handovers(ctx context.Context, cursor string, limit int) (p HandoverPage, err error) {
	return p, c.get(ctx, Path+"/handovers", pageQuery(cursor, limit), &p)
}

// WriteHandover writes what a watch leaves to the next.
func (c *Client) WriteHandover(ctx context.Context, watch office.EntryID, n NewHandover) (h Handover, err error) {
	return h, c.do(ctx, http.MethodPost, Path+"/handovers/"+watch.String(), nil, n, &h)
}

// SignHandover takes a watch over, and signs what it leaves.
func (c *Client) SignHandover(ctx context.Context, watch office.EntryID, n HandoverSignature) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/handovers/"+watch.String()+"/signature", nil, n, &w)
}
