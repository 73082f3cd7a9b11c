package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Means returns the means of an account, or of all ("").
func (c *Client) Means(ctx context.Context, account string) (all []Means, err error) {
	for cursor := ""; ; {
		var p MeansPage
		query := pageQuery(cursor, MaxList)
		if account != "" {
			query.Set("account", account)
		}
		if err := c.get(ctx, Path+"/told/means", query, &p); err != nil {
			return nil, err
		}
		all = append(all, p.Means...)
		if cursor = p.Next; cursor == "" {
			return all, nil
		}
	}
}

// AddMeans sets up a means for a person.
func (c *Client) AddMeans(ctx context.Context, n NewMeans) (m MadeMeans, err error) {
	return m, c.do(ctx, http.MethodPost, Path+"/told/means", nil, n, &m)
}

// TestMeans tells a person of nothing. A *Problem says why the means does not work.
func (c *Client) TestMeans(ctx context.Context, id int64) error {
	return c.do(ctx, http.MethodPost, Path+"/told/means/"+strconv.FormatInt(id, 10)+"/test", nil, nil, nil)
}

// Notices returns what an account was told last, or all ("") were, the last first.
func (c *Client) Notices(ctx context.Context, account string, limit int) ([]Notice, error) {
	var l NoticeList
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if account != "" {
		query.Set("account", account)
	}
	err := c.get(ctx, Path+"/told/notices", query, &l)
	return l.Notices, err
}
