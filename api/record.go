package api

import (
	"fmt"
	"net/http"
	"strconv"

	"liaison.example/office"
	"liaison.example/records"
)

func (s *server) record(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	var before int64
	if text := query.Get("before"); text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 0 {
			return problem(CodeBadRequest, fmt.Sprintf("before=%q is not a place in the joint order.", text), nil)
		}
	}
	placed, err := s.Node.Records().Record(r.Context(), before, limit)
	if err != nil {
		return err
	}
	entries := []Entry{}
	for _, p := range placed {
		entries = append(entries, entryShape(p))
	}
	return write(w, http.StatusOK, entries)
}

func (s *server) entry(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.known(id); err != nil {
		return err
	}
	leaf, err := s.Node.Leaf(r.Context(), id)
	if err != nil {
		return err
	}
	e := Entry{ID: id, Leaf: string(leaf)}
	placed, ok, err := s.Node.Records().PlacedEntry(r.Context(), id)
	if err != nil {
		return err
	}
	if ok {
		e = entryShape(placed)
		e.Leaf = string(leaf)
	}
	if e.Receipts, err = s.receipts(r, id); err != nil {
		return err
	}
	return write(w, http.StatusOK, e)
}

func entryShape(p records.PlacedEntry) Entry {
	return Entry{
		ID: p.ID, Place: p.Pos, Kind: p.Kind, By: p.By, At: moment(p.At),
		Void: p.Verdict.Void, Detail: p.Verdict.Detail, Settled: p.Settled,
	}
}

func (s *server) disclosure(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.known(id); err != nil {
		return err
	}
	file, err := s.Node.Disclosure(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(file) // a client that is gone hears nothing
	return nil
}

// known refuses the id of an entry that is not here.
func (s *server) known(id office.EntryID) error {
	if id.Index >= s.Node.Ledger().Head(id.Side).Size {
		return problem(CodeNotFound, fmt.Sprintf("There is no entry %s here.", id), nil)
	}
	return nil
}
