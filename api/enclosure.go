package api

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// enclosePath is where files are read in.
const enclosePath = Path + "/enclosures"

// enclose reads in a file, so that a dispatch may name it. The node bounds and
// looks into what is read.
func (s *server) enclose(w http.ResponseWriter, r *http.Request) error {
	conn := http.NewResponseController(w)
	_ = errors.Join(conn.SetReadDeadline(time.Now().Add(fileTime)), conn.SetWriteDeadline(time.Now().Add(fileTime)))
	file, err := s.Node.AddEnclosure(r.Context(), callerOf(r).posts(), office.KindDispatch, r.URL.Query().Get("name"), r.Body)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, file)
}

// enclosed tells how far the enclosures of a dispatch have come.
func (s *server) enclosed(r *http.Request, line *records.DispatchLine) (list []Enclosed, err error) {
	files, err := s.Node.Enclosed(r.Context(), line)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		e := Enclosed{Hash: f.Hash, Name: f.Name, Size: f.Size, Type: f.Type, Held: f.Held, Whole: f.Whole, Finding: f.Finding, Stored: []Stored{}}
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
		return problem(CodeNotFound, "enclosure", "id", id.String(), "n", clip(r.PathValue("n")))
	}
	file, err := s.Node.Enclosed(r.Context(), &records.DispatchLine{Dispatch: office.Dispatch{Enclosures: line.Enclosures[n-1 : n]}})
	if err != nil {
		return err
	}
	if !file[0].Whole {
		return problem(CodeNotYet, "enclosure-not-yet", "held", strconv.FormatInt(file[0].Held, 10), "size", strconv.FormatInt(file[0].Size, 10))
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
