package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// enclose reads in a file, so that a dispatch may name it. The node bounds and
// looks into what is read.
func (s *server) enclose(w http.ResponseWriter, r *http.Request) error {
	conn := http.NewResponseController(w)
	_ = errors.Join(conn.SetReadDeadline(time.Now().Add(fileTime)), conn.SetWriteDeadline(time.Now().Add(fileTime)))
	file, err := s.Node.AddEnclosure(r.Context(), r.URL.Query().Get("name"), r.Body)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, file)
}

// enclosed tells how far the enclosures of a dispatch have come.
func (s *server) enclosed(r *http.Request, line *records.DispatchLine) (list []Enclosure, err error) {
	files, err := s.Node.Enclosed(r.Context(), line)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		e := Enclosure{Hash: f.Hash, Name: f.Name, Size: f.Size, Type: f.Type, Held: f.Held, Whole: f.Whole, Finding: f.Finding, Stored: []Stored{}}
		for _, said := range f.Stored {
			e.Stored = append(e.Stored, Stored{Side: said.Side, At: moment(said.At), ID: said.ID})
		}
		list = append(list, e)
	}
	return list, nil
}

// fetchEnclosure answers with the bytes of an enclosure.
func (s *server) fetchEnclosure(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	line, ok, err := s.Node.Records().Dispatch(r.Context(), id)
	if err != nil {
		return err
	}
	n, numberErr := strconv.Atoi(r.PathValue("n"))
	if !ok || numberErr != nil || n < 1 || n > len(line.Enclosures) {
		return problem(CodeNotFound, fmt.Sprintf("Dispatch %s has no enclosure %s.", id, r.PathValue("n")), nil)
	}
	file, err := s.Node.Enclosed(r.Context(), &records.DispatchLine{Dispatch: office.Dispatch{Enclosures: line.Enclosures[n-1 : n]}})
	if err != nil {
		return err
	}
	if !file[0].Whole {
		return problem(CodeNotYet, fmt.Sprintf("The enclosure is not here yet: %d of %d bytes are.", file[0].Held, file[0].Size), nil)
	}
	in, err := s.Node.OpenEnclosure(r.Context(), file[0].Hash, file[0].Size)
	if err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(fileTime))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(in.Size(), 10))
	_, _ = io.Copy(w, in) // who gets fewer bytes than were said knows that it broke off
	return nil
}
