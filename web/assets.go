package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed font style script
var files embed.FS

// sheets are joined, in this order, into one style sheet: first the colours and
// the elements, then one sheet per thing, and last what paper changes.
var sheets = []string{
	"colour", "element", "frame", "strip", "form", "list", "dispatch", "enclosure", "readback", "sheet", "draft", "rules", "receipt", "record", "line",
	"charter", "forms", "notes", "relations", "statistics", "code", "tenders", "account", "silence", "watch", "linecheck", "hours", "roster",
	"told", "print",
}

// scripts are joined, in this order, into one script. Each is a block of its
// own and only adds to pages that work without it.
var scripts = []string{"clock", "ring", "live", "form", "draft", "enclosure", "keys", "passkey", "push"}

// assets are the files that pages load. Each is served under the hash of its
// content, so that a browser may keep it for ever.
type assets struct {
	urls  map[string]string // by name: "/static/HASH/NAME"
	files map[string]asset  // by "HASH/NAME"
}

type asset struct {
	kind  string // media type
	file  string // in files: what is served from there, where memory of its own would only hold it twice
	bytes []byte // if there is no file
	gzip  []byte // nil where it would not help
}

// loadAssets reads and packs them, once in a process: they are never written to.
var loadAssets = sync.OnceValues(func() (*assets, error) {
	a := &assets{urls: map[string]string{}, files: map[string]asset{}}
	fonts, err := fs.Glob(files, "font/*")
	if err != nil {
		return nil, err
	}
	for _, name := range append(fonts, "style/favicon.svg") {
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		a.add(path.Base(name), content, name)
	}
	if err := a.addFontSheet(); err != nil {
		return nil, err
	}
	style, err := joined("style/%s.css", sheets)
	if err != nil {
		return nil, err
	}
	a.add("liaison.css", style, "")
	script, err := joined("script/%s.js", scripts)
	if err != nil {
		return nil, err
	}
	a.add("liaison.js", script, "")
	for name, tones := range sounds {
		a.add(name, wave(tones), "")
	}
	return a, nil
})

// addFontSheet adds the sheet that names the slices of the font, with each
// slice's address put in.
func (a *assets) addFontSheet() error {
	sheet, err := files.ReadFile("style/font.css")
	if err != nil {
		return err
	}
	var out strings.Builder
	rest := string(sheet)
	for {
		before, after, found := strings.Cut(rest, "url(")
		out.WriteString(before)
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, ")")
		address, ok := a.urls[name]
		if !ok {
			return fmt.Errorf("font.css names %q, which is not there", name)
		}
		out.WriteString("url(" + address + ")")
		rest = tail
	}
	a.add("font.css", []byte(out.String()), "")
	return nil
}

// joined is several sheets or scripts as one, without what only a reader needs.
func joined(pattern string, names []string) ([]byte, error) {
	var out bytes.Buffer
	for _, name := range names {
		content, err := files.ReadFile(fmt.Sprintf(pattern, name))
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(content) {
			if line = bytes.TrimLeft(line, " \t\n"); len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
				out.Write(line)
			}
		}
		out.WriteByte('\n')
	}
	return comments.ReplaceAll(out.Bytes(), nil), nil
}

// comments are those of a style sheet. Scripts have other ones, each in its own line.
var comments = regexp.MustCompile(`(?s)/\*.*?\*/\n?`)

// add takes in content under a name. If the content is that of one of files, it
// is served from there.
func (a *assets) add(name string, content []byte, file string) {
	sum := sha256.Sum256(content)
	key := hex.EncodeToString(sum[:8]) + "/" + name
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // the same on every machine, whatever its tables say
	case ".woff2":
		kind = "font/woff2"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".txt":
		kind = "text/plain; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	case ".wav":
		kind = "audio/wav"
	}
	it := asset{kind: kind, file: file}
	if file == "" {
		it.bytes = content
	}
	if path.Ext(name) != ".woff2" && path.Ext(name) != ".wav" {
		it.gzip = compressed(content)
	}
	a.files[key] = it
	a.urls[name] = "/static/" + key
}

func compressed(content []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := z.Write(content); err != nil || z.Close() != nil {
		return nil
	}
	return out.Bytes()
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	it, ok := a.files[r.PathValue("hash")+"/"+r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", it.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := it.bytes
	switch {
	case it.gzip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")):
		h.Set("Content-Encoding", "gzip")
		body = it.gzip
	case it.file != "":
		var err error
		if body, err = files.ReadFile(it.file); err != nil {
			http.NotFound(w, r)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body) // if it cannot be written, nobody is left to be told
}

func acceptsGzip(header string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(item string) bool {
		name, params, _ := strings.Cut(strings.TrimSpace(item), ";")
		return name == "gzip" && strings.TrimSpace(params) != "q=0"
	})
}
