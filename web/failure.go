package web

import (
	"context"
	"errors"
	"net/http"
)

// problem is an error whose sentence is for the person: it says what happened
// and what to do next.
type problem struct {
	status int
	key    string // of the sentences in lang: key, key+".next"
}

func (p *problem) Error() string { return p.key }

// What a person can run into that is no fault of the program.
var (
	errNothingHere   = &problem{http.StatusNotFound, "failure.nothing-here"}
	errMalformed     = &problem{http.StatusBadRequest, "failure.malformed"}
	errNotYet        = &problem{http.StatusConflict, "failure.not-yet"}
	errTooLarge      = &problem{http.StatusRequestEntityTooLarge, "failure.too-large"}
	errNotYours      = &problem{http.StatusForbidden, "failure.not-yours"}
	errPasswordAlone = &problem{http.StatusForbidden, "failure.password-alone"}
	errNoPost        = &problem{http.StatusForbidden, "failure.no-post"}
	errNotAdmin      = &problem{http.StatusForbidden, "failure.not-admin"}
	errCrossOrigin   = &problem{http.StatusForbidden, "failure.cross-origin"}
	errBusy          = &problem{http.StatusServiceUnavailable, "failure.busy"}
)

// failurePage says what went wrong.
type failurePage struct {
	Frame
	Heading   string
	Sentence  string
	Next      string
	Reference string // of a fault of ours in the log; empty if it is none
}

func (s *site) nothingHere(*visit) error { return errNothingHere }

// fail answers with a page that says what went wrong. A fault of ours is logged
// under a reference, and only the reference is shown.
func (s *site) fail(v *visit, err error) {
	if v.r.Context().Err() != nil {
		return // the browser has gone: nobody is there to be told
	}
	page := failurePage{Frame: s.bareFrame(v, v.t("failure.title"))}
	status := http.StatusInternalServerError
	var known *problem
	if errors.As(err, &known) {
		status = known.status
		page.Heading, page.Sentence, page.Next = v.t(known.key+".title"), v.t(known.key), v.t(known.key+".next")
	} else {
		page.Heading, page.Sentence, page.Next = v.t("failure.fault.title"), v.t("failure.fault"), v.t("failure.fault.next")
		if errors.Is(err, context.DeadlineExceeded) {
			status = http.StatusGatewayTimeout
		}
		page.Reference = s.logFault(v, err)
	}
	if v.session != nil && v.session.Post != "" {
		if frame, err := s.frame(v, "", page.Title); err == nil {
			page.Frame = frame
		}
	}
	if err := s.render(v, status, "failure", page); err != nil {
		s.log.Error("render the page that says what went wrong", "error", err)
		http.Error(v.w, page.Sentence, status)
	}
}

// logFault logs a fault of ours and returns its reference.
func (s *site) logFault(v *visit, err error) string {
	ref := reference()
	s.log.Error("page", "reference", ref, "method", v.r.Method, "path", loggable(v.r.URL.Path), "error", err)
	return ref
}
