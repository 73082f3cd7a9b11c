package api

import (
	"errors"
	"net/http"

	"liaison.example/office"
	"liaison.example/records"
)

func (s *server) notes(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	filter := records.NoteFilter{Channel: query.Get("channel"), About: query.Get("about"), Limit: limit}
	if filter.Before, err = readCursor("notes", query); err != nil {
		return err
	}
	lines, next, err := s.Node.Records().Notes(r.Context(), filter)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	page, holds := NotePage{Notes: []Note{}}, s.holds()
	if next != "" {
		page.Next = cursor("notes", next)
	}
	for _, n := range lines {
		page.Notes = append(page.Notes, Note{
			ID: n.ID, From: n.From, To: n.To, Channel: n.Channel, Text: n.Text, About: n.About, Mark: n.Mark, By: n.By, At: moment(n.At),
			Held: all(n.To, func(to office.Side) bool { return holds(to, n.ID) }), Settled: n.Settled,
		})
	}
	return write(w, http.StatusOK, page)
}

func (s *server) writeNote(w http.ResponseWriter, r *http.Request) error {
	var n NewNote
	if err := read(r, &n); err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindNote, &office.NoteBody{About: n.About, Channel: n.Channel, Mark: n.Mark, Text: n.Text, To: n.To})
}
