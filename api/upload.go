package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

// MaxPart is how many bytes one part of an upload has at most.
const MaxPart = MaxBody

// owner is whose uploads the caller goes on with: the person's at the pages too, or
// those of a post.
func (c *caller) owner() string {
	switch {
	case c.bearer == nil:
		return c.by.Who
	case c.bearer.Account != "":
		return c.bearer.Account
	}
	return "post:" + c.bearer.Post
}

func uploadOf(u *node.Upload) Upload {
	return Upload{ID: u.ID, Name: u.Name, Size: u.Size, Offset: u.Held}
}

func (s *server) beginUpload(w http.ResponseWriter, r *http.Request) error {
	var n NewUpload
	if err := read(r, &n); err != nil {
		return err
	}
	c := callerOf(r)
	u, err := s.Node.BeginUpload(r.Context(), c.owner(), c.posts(), office.KindDispatch, n.Name, n.Size)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, uploadOf(&u))
}

func (s *server) upload(w http.ResponseWriter, r *http.Request) error {
	u, err := s.Node.Upload(r.Context(), callerOf(r).owner(), r.PathValue("upload"))
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, uploadOf(&u))
}

func (s *server) appendUpload(w http.ResponseWriter, r *http.Request) error {
	text := r.URL.Query().Get("offset")
	offset, err := strconv.ParseInt(text, 10, 64)
	if err != nil || offset < 0 {
		return problem(CodeBadRequest, "offset", "value", clip(text))
	}
	conn := http.NewResponseController(w)
	_ = errors.Join(conn.SetReadDeadline(time.Now().Add(fileTime)), conn.SetWriteDeadline(time.Now().Add(fileTime)))
	u, err := s.Node.AppendUpload(r.Context(), callerOf(r).owner(), r.PathValue("upload"), offset, r.Body)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, uploadOf(&u))
}

func (s *server) finishUpload(w http.ResponseWriter, r *http.Request) error {
	file, err := s.Node.FinishUpload(r.Context(), callerOf(r).owner(), r.PathValue("upload"))
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, file)
}

func (s *server) dropUpload(w http.ResponseWriter, r *http.Request) error {
	if err := s.Node.DropUpload(r.Context(), callerOf(r).owner(), r.PathValue("upload")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
