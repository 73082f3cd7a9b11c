package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"

	"liaison.example/node"
)

// maxOnce is how many acts are remembered, the latest ones.
const maxOnce = 4096

// once sees to it that a form that is posted twice, by a double press or by
// going back, acts once: every form carries a key, and a second post of the same
// words under the same key is given the answer of the first.
type once struct {
	mu    sync.Mutex
	done  map[onceKey]*onceAct // under mu
	order []onceKey            // under mu; the oldest first
}

type onceKey struct {
	session int64
	key     string   // of the form
	words   [32]byte // hash of what was typed: other words are another act
}

// keyOf returns the key of a form as it was posted.
func keyOf(session int64, key string, typed ...string) onceKey {
	h := sha256.New()
	for _, text := range typed {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return onceKey{session, key, [32]byte(h.Sum(nil))}
}

// onceAct is one act. Whoever holds turn may try it.
type onceAct struct {
	turn    chan struct{}
	written *node.Written // nil until it is done
}

func newOnce() *once { return &once{done: map[onceKey]*onceAct{}} }

// newKey returns the key of a new form.
func newKey() string { return rand.Text() }

// do runs act, unless it was done already under the same key. An act that was
// refused may be tried again.
func (o *once) do(ctx context.Context, key onceKey, act func() (node.Written, error)) (node.Written, error) {
	if key.key == "" || len(key.key) > 64 {
		return act()
	}
	a := o.act(key)
	select {
	case <-a.turn:
	case <-ctx.Done():
		return node.Written{}, ctx.Err()
	}
	defer func() { a.turn <- struct{}{} }()
	if a.written != nil {
		return *a.written, nil
	}
	written, err := act()
	if err == nil {
		a.written = &written
	}
	return written, err
}

func (o *once) act(key onceKey) *onceAct {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.done[key]; a != nil {
		return a
	}
	a := &onceAct{turn: make(chan struct{}, 1)}
	a.turn <- struct{}{}
	o.done[key] = a
	if o.order = append(o.order, key); len(o.order) > maxOnce {
		delete(o.done, o.order[0])
		o.order = o.order[1:]
	}
	return a
}
