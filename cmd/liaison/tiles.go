package main

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"liaison.example/ledger"
)

// tilesHandler serves the ledgers, read-only, to auditors and public tools: the
// log of each side under /SIDE/, with the keys beside it as in an export. The
// root lists the logs.
func tilesHandler(l *ledger.Ledger, parties map[string]ledger.Party, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	text := func(w http.ResponseWriter) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		text(w)
		for _, side := range slices.Sorted(maps.Keys(parties)) {
			fmt.Fprintf(w, "%s /%s/\n", ledger.Origin(l.Office(), side), side)
		}
	})
	tiles := ledger.Handler(l, func(r *http.Request, err error) {
		log.Error("a tile cannot be read", "path", r.URL.Path, "error", err)
	})
	mux.HandleFunc("GET /{side}/{file}", func(w http.ResponseWriter, r *http.Request) {
		side, file := r.PathValue("side"), r.PathValue("file")
		other, isPub := strings.CutSuffix(file, ".pub")
		other, isCosigner := strings.CutPrefix(other, "cosigner-")
		of, known := parties[side]
		by, knownToo := parties[other]
		switch {
		case isPub && file == "key.pub" && known:
			text(w)
			fmt.Fprintln(w, of.Key)
		case isPub && isCosigner && known && knownToo && other != side:
			text(w)
			fmt.Fprintln(w, by.CosignerKey)
		default:
			tiles.ServeHTTP(w, r)
		}
	})
	mux.Handle("/", tiles)
	return mux
}

// readersServer has the limits that readers from anywhere need.
func readersServer(handler http.Handler, log *slog.Logger) *http.Server {
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
