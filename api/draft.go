package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"

	"liaison.example/office"
	"liaison.example/people"
)

// hand is who acts on drafts: a person, by their account, for a post. A token of a
// post is no person's.
func (s *server) hand(r *http.Request, by office.Post) (people.Hand, error) {
	c := callerOf(r)
	if c.bearer != nil && c.bearer.Account == "" {
		return people.Hand{}, problem(CodeAccountOnly, "account-only")
	}
	by, err := actingPost(r, by)
	if err != nil {
		return people.Hand{}, err
	}
	rows, err := s.Node.Records().Posts(r.Context(), s.Node.Side())
	if err != nil {
		return people.Hand{}, err
	}
	h := people.Hand{By: c.by, Post: by}
	for _, p := range rows {
		if p.Post == by && !p.Ended {
			h.Role = p.Role // one that has ended may nothing
		}
	}
	return h, nil
}

// reader is hand for who only reads: drafts are the business of those posts that
// write, review or release.
func (s *server) reader(r *http.Request) (people.Hand, error) {
	by, c := r.URL.Query().Get("by"), callerOf(r)
	if c.bearer == nil && by == "" {
		return people.Hand{By: c.by}, nil
	}
	h, err := s.hand(r, by)
	if err != nil || c.bearer == nil {
		return h, err
	}
	rules, err := s.Node.People().Rules(r.Context())
	if err != nil {
		return h, err
	}
	for _, act := range []string{people.ActDraft, people.ActReview, office.KindDispatch} {
		if rules.MayAny(h.Post, h.Role, act) {
			return h, nil
		}
	}
	return h, refusal("post-may-not", map[string]string{"post": clip(h.Post)})
}

func (s *server) drafts(w http.ResponseWriter, r *http.Request) error {
	h, err := s.reader(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	shelf := people.Shelf(query.Get("shelf"))
	if shelf == "" {
		shelf = people.ShelfOpen
	} else if !slices.Contains(people.Shelves, shelf) {
		return notOneOf("shelf", string(shelf), people.Shelves)
	}
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	limit = min(limit, people.MaxDrafts)
	before, err := numberCursor("drafts", query)
	if err != nil {
		return err
	}
	list, err := s.Node.People().Drafts(r.Context(), h, shelf, before, limit)
	if err != nil {
		return err
	}
	page := DraftPage{Drafts: []Draft{}}
	for _, d := range list {
		d.Content.Text = "" // one draft has it, a list has not
		page.Drafts = append(page.Drafts, draftOf(r, d))
	}
	if len(list) == limit && list[limit-1].ID > 1 {
		page.Next = cursor("drafts", strconv.FormatInt(list[limit-1].ID, 10))
	}
	return write(w, http.StatusOK, page)
}

// draftOf is a draft as whoever asks sees it.
func draftOf(r *http.Request, d people.Draft) Draft {
	draft := Draft{
		ID: d.ID, Version: d.Version, State: DraftState(d.State), Content: DraftContent(d.Content),
		Drafted: *touchOf(d.Drafted), Changed: *touchOf(d.Changed), Hands: append([]string{}, d.Hands...),
		Yours: d.Changed.Who == callerOf(r).by.Who,
	}
	if d.Approved.Who != "" {
		draft.Approved = touchOf(d.Approved)
	}
	if d.Ended.Who != "" {
		draft.Ended = touchOf(d.Ended)
	}
	if d.Entry.Side != "" {
		draft.Entry = &d.Entry
	}
	return draft
}

func touchOf(t people.Touch) *Touch {
	return &Touch{Who: t.Who, Person: t.Person, Post: t.Post, At: t.At.UTC()}
}

func (s *server) draft(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.reader(r); err != nil {
		return err
	}
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	return s.writeDraft(w, r, http.StatusOK, id)
}

// writeDraft answers with a draft as it stands, with its steps.
func (s *server) writeDraft(w http.ResponseWriter, r *http.Request, status int, id int64) error {
	d, err := s.Node.Draft(r.Context(), id)
	if err != nil {
		return err
	}
	steps, err := s.Node.People().Steps(r.Context(), id)
	if err != nil {
		return err
	}
	draft := draftOf(r, d)
	for _, step := range steps {
		draft.Steps = append(draft.Steps, DraftStep{Touch: *touchOf(step.Touch), What: string(step.What), Version: step.Version, Words: step.Words})
	}
	return write(w, status, draft)
}

func (s *server) beginDraft(w http.ResponseWriter, r *http.Request) error {
	var n NewDraft
	if err := read(r, &n); err != nil {
		return err
	}
	h, err := s.hand(r, n.By)
	if err != nil {
		return err
	}
	content, err := s.content(r, n.Content)
	if err != nil {
		return err
	}
	d, err := s.Node.People().NewDraft(r.Context(), h, rand.Text(), content)
	if err != nil {
		return err
	}
	s.Node.TellDraft()
	return s.writeDraft(w, r, http.StatusCreated, d.ID)
}

func (s *server) saveDraft(w http.ResponseWriter, r *http.Request) error {
	var c DraftChange
	return s.onDraft(w, r, &c, func() office.Post { return c.By }, func(ctx context.Context, p *people.People, h people.Hand, id int64) (people.Draft, error) {
		content, err := s.content(r, c.Content)
		if err != nil {
			return people.Draft{}, err
		}
		return p.SaveDraft(ctx, h, id, c.Version, content)
	})
}

// draftAct makes the handler for an act on the version of a draft that the
// program has seen.
func draftAct(do func(p *people.People, ctx context.Context, h people.Hand, id, version int64) (people.Draft, error)) handler {
	return func(s *server, w http.ResponseWriter, r *http.Request) error {
		var a DraftAct
		return s.onDraft(w, r, &a, func() office.Post { return a.By }, func(ctx context.Context, p *people.People, h people.Hand, id int64) (people.Draft, error) {
			return do(p, ctx, h, id, a.Version)
		})
	}
}

func (s *server) returnDraft(w http.ResponseWriter, r *http.Request) error {
	var a DraftWords
	return s.onDraft(w, r, &a, func() office.Post { return a.By }, func(ctx context.Context, p *people.People, h people.Hand, id int64) (people.Draft, error) {
		return p.Return(ctx, h, id, a.Version, a.Words)
	})
}

func (s *server) commentOnDraft(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.reader(r); err != nil {
		return err
	}
	var a DraftWords
	return s.onDraft(w, r, &a, func() office.Post { return a.By }, func(ctx context.Context, p *people.People, h people.Hand, id int64) (people.Draft, error) {
		return p.Comment(ctx, h, id, a.Words)
	})
}

// onDraft reads a request about a draft into into, does what it asks for and
// answers with the draft.
func (s *server) onDraft(w http.ResponseWriter, r *http.Request, into any, by func() office.Post,
	do func(ctx context.Context, p *people.People, h people.Hand, id int64) (people.Draft, error)) error {
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	if err := read(r, into); err != nil {
		return err
	}
	h, err := s.hand(r, by())
	if err != nil {
		return err
	}
	if _, err := do(r.Context(), s.Node.People(), h, id); err != nil {
		return err
	}
	s.Node.TellDraft()
	return s.writeDraft(w, r, http.StatusOK, id)
}

func (s *server) releaseDraft(w http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	var a DraftAct
	if err := read(r, &a); err != nil {
		return err
	}
	h, err := s.hand(r, a.By)
	if err != nil {
		return err
	}
	written, err := s.Node.Release(r.Context(), h, id, a.Version, onceOf(r))
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, Released{ID: written.ID, At: written.At.UTC(), Number: written.Number})
}
