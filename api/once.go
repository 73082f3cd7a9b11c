package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"

	"liaison.example/node"
)

// keyHeader bears the key under which a request may come again without being
// done again (draft-ietf-httpapi-idempotency-key-header).
const keyHeader = "Idempotency-Key"

// maxKey bounds a key, in characters.
const maxKey = 128

// signs reports whether the operation writes an entry: its answer is then made
// from the entry and need not be kept.
func (o *operation) signs() bool {
	switch o.answer.(type) {
	case Written, Dispatch, Released:
		return o.writes()
	}
	return false
}

// showsSecret reports whether the answer is shown once and never kept.
func (o *operation) showsSecret() bool {
	switch o.answer.(type) {
	case Link, MadeFeed, MadeToken, MadeWebhook, MadeMeans:
		return true
	}
	return false
}

// takesKey reports whether the operation changes anything, and so may be asked
// for under a key. To read in a file twice changes nothing.
func (o *operation) takesKey() bool {
	return o.writes() && o.answer != mediaTar && o.body != mediaBytes
}

type onceKey struct{}

// onceOf returns the key with which an entry is asked for; nil if there is none.
func onceOf(r *http.Request) *node.Once {
	o, _ := r.Context().Value(onceKey{}).(*node.Once)
	return o
}

// do does the operation; if it is asked for under a key, once.
func (s *server) do(o *operation, w http.ResponseWriter, r *http.Request) error {
	key := r.Header.Get(keyHeader)
	if key == "" || !o.takesKey() {
		return o.handle(s, w, r)
	}
	key, ok := readKey(key)
	if !ok {
		return problem(CodeBadRequest, "key", "limit", fmt.Sprint(maxKey))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	once := node.Once{Key: hashOf(callerOf(r).name(), key), Request: hashOf(r.Method, r.URL.Path, string(body))}
	if o.signs() {
		return o.handle(s, w, r.WithContext(context.WithValue(r.Context(), onceKey{}, &once)))
	}
	var failed error
	answer, again, err := s.Node.Once(r.Context(), once, func() node.Answer {
		taken := &taker{ResponseWriter: w}
		if failed = o.handle(s, taken, r); failed != nil {
			return node.Answer{}
		}
		if o.showsSecret() {
			taken.body = nil
		}
		return node.Answer{Status: taken.status, Body: taken.body}
	})
	switch {
	case err != nil || failed != nil || !again:
		return firstError(err, failed)
	case o.showsSecret():
		return refusal("once-secret", nil)
	}
	if len(answer.Body) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // a client that is gone hears nothing
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// readKey reads a key, which may stand in quotation marks.
func readKey(text string) (key string, ok bool) {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	visible := !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	return text, visible && text != "" && len(text) <= maxKey
}

func hashOf(texts ...string) (hash [32]byte) {
	h := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return [32]byte(h.Sum(nil))
}

// taker passes an answer on and keeps it.
type taker struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (t *taker) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

func (t *taker) Write(p []byte) (int, error) {
	t.body = append(t.body, p...)
	return t.ResponseWriter.Write(p)
}
