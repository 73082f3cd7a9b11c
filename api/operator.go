package api

import (
	"fmt"
	"net/http"
	"strconv"

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
		return problem(CodeBadRequest, err.Error(), nil)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) alarms(w http.ResponseWriter, r *http.Request) error {
	raised, err := s.Node.Alarms(r.Context())
	if err != nil {
		return err
	}
	all := r.URL.Query().Get("all") == "true"
	alarms := []Alarm{}
	for _, a := range raised {
		if a.Cleared && !all {
			continue
		}
		alarms = append(alarms, Alarm{
			ID: a.ID, At: a.At.UTC(), Last: a.Last.UTC(), Count: a.Count, Code: a.Code, Sentence: s.Alarmed(a),
			Side: a.Side, Detail: a.Detail, Evidence: a.Evidence, Cleared: a.Cleared,
		})
	}
	return write(w, http.StatusOK, alarms)
}

func (s *server) clearAlarm(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return problem(CodeBadRequest, fmt.Sprintf("%q is not the number of an alarm.", r.PathValue("id")), nil)
	}
	var a Act
	if err := read(r, &a); err != nil {
		return err
	}
	raised, err := s.Node.Alarms(r.Context())
	if err != nil {
		return err
	}
	for _, alarm := range raised {
		if alarm.ID == id {
			if err := s.Node.ClearAlarm(r.Context(), id, a.By); err != nil {
				return err
			}
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
	}
	return problem(CodeNotFound, fmt.Sprintf("There is no alarm %d.", id), nil)
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
		return problem(CodeNotDemo, "Only a demonstration can cut its lines.", nil)
	}
	if _, ok := status.Lines[side]; !ok {
		return problem(CodeNotFound, fmt.Sprintf("There is no line to a side %q.", side), nil)
	}
	s.Node.CutLine(side, c.Cut)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
