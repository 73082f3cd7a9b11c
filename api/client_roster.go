package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"liaison.example/office"
)

// Roster returns who of this side shall be on watch between two moments: from now
// on, and for a fortnight, where they are zero.
func (c *Client) Roster(ctx context.Context, from, until time.Time) (p RosterPlan, err error) {
	query := url.Values{}
	for name, t := range map[string]time.Time{"from": from, "until": until} {
		if !t.IsZero() {
			query.Set(name, t.UTC().Format(time.RFC3339))
		}
	}
	return p, c.get(ctx, Path+"/roster", query, &p)
}

// PutRotation makes a rotation, or changes one.
func (c *Client) PutRotation(ctx context.Context, n NewRotation) (r Rotation, err error) {
	return r, c.do(ctx, http.MethodPost, Path+"/roster/rotations", nil, n, &r)
}

// GiveWatch gives a planned watch to another.
func (c *Client) GiveWatch(ctx context.Context, g GivenWatch) error {
	return c.do(ctx, http.MethodPost, Path+"/roster/watches", nil, g, nil)
}

// OfferSwap offers a planned watch.
func (c *Client) OfferSwap(ctx context.Context, n NewSwap) (s Swap, err error) {
	return s, c.do(ctx, http.MethodPost, Path+"/roster/swaps", nil, n, &s)
}

// AnswerSwap does one of the acts "accept", "decline" and "withdraw".
func (c *Client) AnswerSwap(ctx context.Context, id int64, act string, by office.Post) error {
	return c.do(ctx, http.MethodPost, Path+"/roster/swaps/"+strconv.FormatInt(id, 10)+"/"+act, nil, Act{By: by}, nil)
}

// Coverage returns when each side promises that somebody is on watch.
func (c *Client) Coverage(ctx context.Context) (o OfficeCoverage, err error) {
	return o, c.get(ctx, Path+"/coverage", nil, &o)
}

// PromiseCoverage promises the other sides a watch.
func (c *Client) PromiseCoverage(ctx context.Context, n NewCoverage) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/coverage", nil, n, &w)
}

// Personnel returns one page of the changes of personnel, those of a side if one is
// named.
func (c *Client) Personnel(ctx context.Context, side office.Side, cursor string, limit int) (p PersonnelPage, err error) {
	query := pageQuery(cursor, limit)
	if side != "" {
		query.Set("side", side)
	}
	return p, c.get(ctx, Path+"/personnel", query, &p)
}

// ChangePersonnel gives notice that a post changes hands.
func (c *Client) ChangePersonnel(ctx context.Context, n NewPersonnel) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/personnel", nil, n, &w)
}
