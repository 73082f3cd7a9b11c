package api

import (
	"net/http"

	"liaison.example/office"
	"liaison.example/records"
)

func (s *server) record(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	before, err := s.placeBefore(r)
	if err != nil {
		return err
	}
	placed, err := s.Node.Records().Record(r.Context(), before, limit)
	if err != nil {
		return err
	}
	page := EntryPage{Entries: []Entry{}}
	for _, p := range placed {
		page.Entries = append(page.Entries, entryShape(p))
	}
	if len(placed) == limit && placed[limit-1].Pos > 1 {
		page.Next = cursor("entries", placed[limit-1].ID.String())
	}
	return write(w, http.StatusOK, page)
}

// placeBefore finds the place at which the page before ended. It is asked anew
// each time: places change while they are not settled, but the entry stays.
func (s *server) placeBefore(r *http.Request) (int64, error) {
	key, err := readCursor("entries", r.URL.Query())
	if err != nil || key == "" {
		return 0, err
	}
	id, err := office.ParseEntryID(key)
	if err != nil {
		return 0, badCursor(r.URL.Query().Get("cursor"))
	}
	last, there, err := s.Node.Records().PlacedEntry(r.Context(), id)
	if err == nil && !there {
		err = badCursor(r.URL.Query().Get("cursor"))
	}
	return last.Pos, err
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
		if e.Arrival, err = s.arrival(r, id, placed.At); err != nil {
			return err
		}
	}
	if e.Receipts, err = s.receipts(r, id); err != nil {
		return err
	}
	silences, err := s.Node.SilencesAbout(r.Context(), id, s.Now())
	if err != nil {
		return err
	}
	e.Silences = silenceShapes(silences)
	return write(w, http.StatusOK, e)
}

// arrival gives what this node has seen of when an entry came; nil if nothing is to be
// said of it.
func (s *server) arrival(r *http.Request, id office.EntryID, written int64) (*Arrival, error) {
	a, err := s.Node.Arrival(r.Context(), id, moment(written))
	if err != nil || a == nil {
		return nil, err
	}
	shape := &Arrival{At: a.At.UTC(), LateMS: a.Late.Milliseconds()}
	if !a.Since.IsZero() {
		shape.Since = new(a.Since.UTC())
	}
	return shape, nil
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
		return problem(CodeNotFound, "entry", "id", id.String())
	}
	return nil
}
