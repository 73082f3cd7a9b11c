package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"liaison.example/node"
	"liaison.example/office"
)

// wholeTrailer tells a client of the backup that the archive did not break off.
const wholeTrailer = "Liaison-Whole"

func (s *server) backup(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Trailer", wholeTrailer)
	out := &countingWriter{w: w}
	if err := s.Backup(r.Context(), out); err != nil {
		if out.n == 0 {
			w.Header().Del("Trailer")
			return err
		}
		// Too late for another answer: the missing trailer says it.
		s.Log.Error("backup broke off", "error", err)
		return nil
	}
	w.Header().Set(wholeTrailer, "yes")
	return nil
}

type countingWriter struct {
	w http.ResponseWriter
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (s *server) admit(w http.ResponseWriter, r *http.Request) error {
	var a Admission
	if err := read(r, &a); err != nil {
		return err
	}
	if err := s.Admit(r.Context(), a.Credence); err != nil {
		return problem(CodeBadRequest, "credence", "error", err.Error())
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) alarms(w http.ResponseWriter, r *http.Request) error {
	raised, err := s.Node.Alarms(r.Context())
	if err != nil {
		return err
	}
	if r.URL.Query().Get("all") != "true" {
		raised = slices.DeleteFunc(raised, func(a node.Alarm) bool { return a.Cleared })
	}
	page, next, err := paged(r, "alarms", raised, func(a *node.Alarm) string { return strconv.FormatInt(a.ID, 10) })
	if err != nil {
		return err
	}
	alarms := []Alarm{}
	for _, a := range page {
		alarms = append(alarms, Alarm{
			ID: a.ID, At: a.At.UTC(), Last: a.Last.UTC(), Count: a.Count, Code: a.Code, Sentence: s.Alarmed(r.Header.Get("Accept-Language"), a),
			Side: a.Side, Detail: a.Detail, Evidence: a.Evidence, Cleared: a.Cleared,
		})
	}
	return write(w, http.StatusOK, AlarmPage{Alarms: alarms, Next: next})
}

func (s *server) clearAlarm(w http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	var a Act
	if err := read(r, &a); err != nil {
		return err
	}
	by, err := actingPost(r, a.By)
	if err != nil {
		return err
	}
	if err := s.Node.ClearAlarm(r.Context(), id, by); errors.Is(err, node.ErrNoAlarm) {
		return problem(CodeNotFound, "alarm", "id", strconv.FormatInt(id, 10))
	} else if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) cutLine(w http.ResponseWriter, r *http.Request) error {
	var c Cut
	if err := read(r, &c); err != nil {
		return err
	}
	status, err := s.Node.Status(r.Context())
	if err != nil {
		return err
	}
	side := office.Side(r.PathValue("side"))
	if !status.Demo {
		return problem(CodeNotDemo, "not-demo")
	}
	if _, ok := status.Lines[side]; !ok {
		return problem(CodeNotFound, "line", "side", clip(side))
	}
	s.Node.CutLine(side, c.Cut)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// pathNumber reads the number of a line of a list from the path.
func pathNumber(r *http.Request) (int64, error) {
	text := r.PathValue("id")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		return 0, problem(CodeBadRequest, "number", "value", clip(text))
	}
	return id, nil
}
