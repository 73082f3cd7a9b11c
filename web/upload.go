package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

// A script reads files in part by part, and goes on after a cut. The form then names
// the uploads in the place of the files.

// uploadsPath is where a script begins an upload.
const uploadsPath = "/uploads"

// uploadAnswer is what a script is told of an upload.
type uploadAnswer struct {
	ID       string `json:"id,omitempty"`
	Offset   int64  `json:"offset"` // where the next part begins
	Sentence string `json:"sentence,omitempty"`
}

// postUploads begins an upload.
func (s *site) postUploads(v *visit) error {
	size, err := strconv.ParseInt(v.r.PostFormValue("size"), 10, 64)
	if err != nil {
		return errMalformed
	}
	u, err := s.node.BeginUpload(v.ctx, v.session.Account, []office.Post{v.session.Post}, people.ActDraft, typed(v.r.PostFormValue("name")), size)
	return v.answerUpload(u, err)
}

// upload tells how far an upload is.
func (s *site) upload(v *visit) error {
	u, err := s.node.Upload(v.ctx, v.session.Account, v.r.PathValue("upload"))
	return v.answerUpload(u, err)
}

// postUpload reads in the next part of an upload.
func (s *site) postUpload(v *visit) error {
	offset, err := strconv.ParseInt(v.r.URL.Query().Get("offset"), 10, 64)
	if err != nil || offset < 0 {
		return errMalformed
	}
	control := http.NewResponseController(v.w)
	_ = errors.Join(control.SetReadDeadline(time.Now().Add(fileTime)), control.SetWriteDeadline(time.Now().Add(fileTime)))
	ctx, cancel := context.WithTimeout(v.r.Context(), fileTime)
	defer cancel()
	u, err := s.node.AppendUpload(ctx, v.session.Account, v.r.PathValue("upload"), offset, v.r.Body)
	if _, is := errors.AsType[*http.MaxBytesError](err); is {
		return errTooLarge
	}
	return v.answerUpload(u, err)
}

// answerUpload tells a script how far an upload is, or why it does not go on.
func (v *visit) answerUpload(u node.Upload, err error) error {
	status, answer := http.StatusOK, uploadAnswer{ID: u.ID, Offset: u.Held}
	if no, is := errors.AsType[*node.Refusal](err); is {
		answer.Sentence, err = v.refused(no), nil
		switch no.Code {
		case "upload-offset": // a part that came twice, or whose answer was lost
			status = http.StatusConflict
			answer.Offset, _ = strconv.ParseInt(no.Detail["offset"], 10, 64) // ours
		case "upload-unknown":
			status = http.StatusNotFound
		default:
			status = http.StatusUnprocessableEntity
		}
	}
	if err != nil {
		return err
	}
	return v.answerJSON(status, answer)
}

// uploaded makes files of the uploads that a form names, at most so many. refused is
// the sentence about the first that was not taken.
func (s *site) uploaded(v *visit, form url.Values, most int) (files []office.Enclosure, refused string, err error) {
	for _, id := range form["upload"] {
		if len(files) >= most {
			return files, v.t("enclosure.too-many", "limit", office.MaxEnclosures), nil
		}
		file, err := s.node.FinishUpload(v.r.Context(), v.session.Account, id)
		if no, is := errors.AsType[*node.Refusal](err); is {
			return files, v.refused(no), nil
		}
		if err != nil {
			return files, "", err
		}
		files = append(files, file)
	}
	return files, "", nil
}
