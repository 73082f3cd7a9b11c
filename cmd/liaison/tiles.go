package main

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"liaison.example/ledger"
)

// tilesHandler serves the ledgers, read-only, to auditors and public tools: for
// each side a log in the layout of c2sp.org/tlog-tiles under /SIDE/, with its
// key under /SIDE/key.pub.
func tilesHandler(l *ledger.Ledger, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{side}/{path...}", func(w http.ResponseWriter, r *http.Request) {
		path := r.PathValue("path")
		data, err := l.TileData(r.Context(), r.PathValue("side"), path)
		switch {
		case errors.Is(err, ledger.ErrNoTile):
			http.NotFound(w, r)
			return
		case err != nil:
			log.Error("read a tile", "path", r.URL.Path, "error", err)
			http.Error(w, "the tile cannot be read", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		if path == "checkpoint" {
			h.Set("Content-Type", "text/plain; charset=utf-8")
			h.Set("Cache-Control", "no-cache")
		} else {
			h.Set("Content-Type", "application/octet-stream")
			h.Set("Cache-Control", "public, max-age=31536000, immutable") // a tile never changes
			if strings.HasPrefix(path, "tile/entries/") {
				h.Set("Content-Disposition", "attachment")
			}
		}
		_, _ = w.Write(data) // a reader that is gone hears nothing
	})
	return mux
}

// tilesServer has the limits that readers from anywhere need.
func tilesServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           http.TimeoutHandler(handler, 20*time.Second, "the node is too busy"),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
