package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"liaison.example/office"
)

// draftPath is where a draft stands.
func draftPath(id int64) string { return Path + "/drafts/" + strconv.FormatInt(id, 10) }

func readsAs(by office.Post) url.Values {
	if by == "" {
		return nil
	}
	return url.Values{"by": {by}}
}

// Drafts returns one page of the drafts on a shelf, as a post sees them: by, or
// the usual one of the token if that is empty.
func (c *Client) Drafts(ctx context.Context, shelf string, by office.Post, cursor string, limit int) (p DraftPage, err error) {
	query := pageQuery(cursor, limit)
	query.Set("shelf", shelf)
	if by != "" {
		query.Set("by", by)
	}
	return p, c.get(ctx, Path+"/drafts", query, &p)
}

// Draft returns one draft with its text and the steps on its way.
func (c *Client) Draft(ctx context.Context, id int64, by office.Post) (d Draft, err error) {
	return d, c.get(ctx, draftPath(id), readsAs(by), &d)
}

// BeginDraft begins a draft.
func (c *Client) BeginDraft(ctx context.Context, n NewDraft) (d Draft, err error) {
	return d, c.do(ctx, http.MethodPost, Path+"/drafts", nil, n, &d)
}

// SaveDraft saves a draft, unless it was changed since the version was seen.
func (c *Client) SaveDraft(ctx context.Context, id int64, change DraftChange) (d Draft, err error) {
	return d, c.do(ctx, http.MethodPatch, draftPath(id), nil, change, &d)
}

// ActOnDraft does one of the acts "submit", "withdraw", "approve" and "discard".
func (c *Client) ActOnDraft(ctx context.Context, id int64, act string, a DraftAct) (d Draft, err error) {
	return d, c.do(ctx, http.MethodPost, draftPath(id)+"/"+act, nil, a, &d)
}

// ReturnDraft sends a draft back to who began it, with a reason.
func (c *Client) ReturnDraft(ctx context.Context, id int64, w DraftWords) (d Draft, err error) {
	return d, c.do(ctx, http.MethodPost, draftPath(id)+"/return", nil, w, &d)
}

// CommentOnDraft says something about a draft, to our own side alone.
func (c *Client) CommentOnDraft(ctx context.Context, id int64, w DraftWords) (d Draft, err error) {
	return d, c.do(ctx, http.MethodPost, draftPath(id)+"/comments", readsAs(w.By), w, &d)
}

// ReleaseDraft releases a draft. Whoever has released it is answered the same
// when they ask again.
func (c *Client) ReleaseDraft(ctx context.Context, id int64, a DraftAct) (r Released, err error) {
	return r, c.do(ctx, http.MethodPost, draftPath(id)+"/release", nil, a, &r)
}
