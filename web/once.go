package web

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"liaison.example/node"
)

// Every form carries a key, so that a form that is posted twice acts once: by a
// double press, by going back, after the node was started anew, or at another
// process of the side.

// newKey returns the key of a new form.
func newKey() string { return rand.Text() }

// once marks what a form asks for, with the words that were typed: other words under
// the same key are another act. It is nil if the form has no key.
func (v *visit) once(typed ...string) *node.Once {
	key := v.r.PostForm.Get("once")
	if key == "" || len(key) > 64 {
		return nil
	}
	h := sha256.New()
	for _, text := range append([]string{v.session.Account, v.session.Post, v.r.URL.Path, key}, typed...) {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	sum := [32]byte(h.Sum(nil))
	return &node.Once{Key: sum, Request: sum}
}
