package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

// foldTime is how long whoever asks whether the node is ready may be kept waiting
// for what has just arrived to be folded.
const foldTime = time.Second

// health is the answer to /readyz. Each part is "ok" or says in a word what is
// wrong; it names nothing of the office.
//
//	{"ready":false,"ledger":"ok","records":"ok","signing":"behind"}
type health struct {
	Ready   bool   `json:"ready"`
	Ledger  string `json:"ledger"`  // it is open and can be read
	Records string `json:"records"` // what is in the ledgers is folded
	Signing string `json:"signing"` // the node may sign; else its mode and why
}

const well = "ok"

// withHealth answers the health endpoints, which need no sign-in, before next.
func (t *turn) withHealth(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(well + "\n")) // a client that is gone hears nothing
	})
	mux.HandleFunc("GET /readyz", t.ready)
	mux.Handle("/", next)
	return mux
}

func (t *turn) ready(w http.ResponseWriter, r *http.Request) {
	h := health{Ledger: "closed", Records: "closed", Signing: "closed"}
	if n, done := t.present(); n != nil {
		h = healthOf(r.Context(), n)
		done()
	}
	status := http.StatusServiceUnavailable
	if h.Ready = h.Ledger == well && h.Records == well && h.Signing == well; h.Ready {
		status = http.StatusOK
	}
	text, err := json.Marshal(h)
	if err != nil {
		panic("a few words do not become JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that is gone hears nothing
}

func healthOf(ctx context.Context, n *node.Node) health {
	h := health{Ledger: well, Records: well, Signing: well}
	heads := n.Ledger().Heads()
	if heads[n.Side()].Size > 0 {
		if _, err := n.Leaf(ctx, office.EntryID{Side: n.Side()}); err != nil {
			h.Ledger = "unreadable"
		}
	}
	ctx, cancel := context.WithTimeout(ctx, foldTime)
	defer cancel()
	events, stop := n.Watch()
	defer stop()
	for folded := false; !folded && h.Records == well; {
		placed, err := n.Records().Placed(ctx)
		if err != nil {
			h.Records = "unreadable"
			break
		}
		folded = true
		for side, head := range heads {
			folded = folded && placed[side] >= head.Placeable
		}
		if folded {
			break
		}
		select {
		case _, open := <-events:
			if !open {
				events = nil
			}
		case <-ctx.Done():
			h.Records = "behind"
		}
	}
	status, err := n.Status(context.WithoutCancel(ctx))
	switch {
	case err != nil:
		h.Signing = "unknown"
	case status.Mode != node.Ready:
		h.Signing = string(status.Mode)
		if status.Why != "" {
			h.Signing += ": " + status.Why
		}
	}
	return h
}
