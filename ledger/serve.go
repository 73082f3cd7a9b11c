package ledger

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// Handler serves the logs, for reading alone, to auditors and public tools: the
// log of each side in the layout of c2sp.org/tlog-tiles under /SIDE/, and
// nothing else. Entries are readable to whoever reaches it.
//
// What goes wrong here and not at the reader is given to failed.
func Handler(l *Ledger, failed func(*http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		side, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
		data, err := l.TileData(r.Context(), side, path)
		switch {
		case errors.Is(err, ErrNoTile):
			h.Set("Cache-Control", "no-store") // it may be there in a moment
			http.Error(w, "no such file", http.StatusNotFound)
			return
		case err != nil:
			failed(r, err)
			h.Set("Cache-Control", "no-store")
			http.Error(w, "it cannot be read now", http.StatusInternalServerError)
			return
		case path == "checkpoint":
			h.Set("Content-Type", "text/plain; charset=utf-8")
			h.Set("Cache-Control", "no-cache")
		default:
			h.Set("Content-Type", "application/octet-stream")
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
			if strings.Contains(path, ".p/") { // it gives way to a full one
				h.Set("Cache-Control", "public, max-age=3600")
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(data)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(data) // a reader that is gone hears nothing
		}
	})
}
