package api

import (
	"errors"
	"net/http"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// handovers lists what the watches of our side have left to each other. It is the
// business of who has a post, as on the page.
func (s *server) handovers(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	filter := records.WatchFilter{Side: s.Node.Side(), Limit: limit}
	if filter.Before, err = readCursor("handovers", query); err != nil {
		return err
	}
	lines, next, err := s.Node.Records().Watches(r.Context(), filter)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	var watches []office.EntryID
	for i := range lines {
		watches = append(watches, lines[i].ID)
	}
	found, err := s.Node.People().Handovers(r.Context(), watches)
	if err != nil {
		return err
	}
	page := HandoverPage{Handovers: []Handover{}}
	if next != "" {
		page.Next = cursor("handovers", next)
	}
	for _, id := range watches {
		if h, is := found[id]; is {
			page.Handovers = append(page.Handovers, handoverOf(&h))
		}
	}
	return write(w, http.StatusOK, page)
}

func handoverOf(h *people.Handover) Handover {
	one := Handover{Watch: h.Watch, Version: h.Version, Words: h.Words, Written: *touchOf(h.Written)}
	if !h.Signed.At.IsZero() {
		one.Signed = touchOf(h.Signed)
	}
	return one
}

func (s *server) writeHandover(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var n NewHandover
	if err := read(r, &n); err != nil {
		return err
	}
	h, err := s.hand(r, n.By)
	if err != nil {
		return err
	}
	if err := s.Node.WriteHandover(r.Context(), h, id, n.Version, n.Words); err != nil {
		return err
	}
	found, err := s.Node.People().Handovers(r.Context(), []office.EntryID{id})
	if err != nil {
		return err
	}
	written := found[id]
	return write(w, http.StatusOK, handoverOf(&written))
}

// signHandover takes the watch over from one that is named, and signs what it left.
func (s *server) signHandover(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var n HandoverSignature
	if err := read(r, &n); err != nil {
		return err
	}
	h, err := s.hand(r, n.By)
	if err != nil {
		return err
	}
	body := &office.WatchBody{Languages: n.Languages, Name: n.Name, Relieves: &id}
	if n.Until != nil {
		body.Until = office.MinuteOf(n.Until.UnixMilli())
	}
	written, err := s.Node.TakeOver(r.Context(), node.Act{By: h.Post, Person: callerOf(r).person(), Once: onceOf(r)}, body, h, n.Version)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, Written{ID: written.ID, At: written.At.UTC()})
}
