package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/enclosure"
	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// Files go with a dispatch. They are read in before it is released, and what was
// typed comes back with them; they are taken out as files to keep, and nothing
// of them is ever shown as a page.

const (
	fileTime  = 30 * time.Minute // to send or take files
	maxFiles  = 20 * 105 << 20   // bytes of one request with files; the rest is not read
	fieldCost = 64               // bytes of a form that a field is counted as, besides its name and its value
)

// enclosedFile is one file of a dispatch, as its page shows it.
type enclosedFile struct {
	Name, Type, Size string
	Hash             string // in groups
	Href             string // to take it out; empty while it is not whole here
	Percent          int64  // of it here
	State            string
	Shape            string   // of the mark beside the state
	Warnings         []string // what was found in it, and of its name
	Stored           []storedAt
}

// storedAt is another side's word that it has a file.
type storedAt struct {
	Sentence template.HTML
	Href     string // to the entry
}

// enclosedFiles is the files of a dispatch.
func (s *site) enclosedFiles(v *visit, line *records.DispatchLine) ([]enclosedFile, error) {
	files, err := s.node.Enclosed(v.ctx, line)
	if err != nil {
		return nil, fmt.Errorf("read the enclosures of %s: %w", line.ID, err)
	}
	var out []enclosedFile
	for i, f := range files {
		one := enclosedFile{Name: f.Name, Type: v.fileType(f.Type), Size: v.fileSize(f.Size), Hash: groupedHash(f.Hash)}
		switch {
		case f.Whole:
			one.Href, one.Percent = fmt.Sprintf("/dispatches/%s/enclosures/%d", line.ID, i+1), 100
			one.State, one.Shape = v.t("enclosure.here"), "done"
		default:
			one.Percent = f.Held * 100 / f.Size
			one.State, one.Shape = v.t("enclosure.coming", "held", v.fileSize(f.Held), "size", one.Size), "queued"
		}
		if f.Finding != "" {
			one.Warnings = append(one.Warnings, v.t("enclosure.finding."+f.Finding))
		}
		if !enclosure.GoodName(f.Name) {
			one.Warnings = append(one.Warnings, v.t("enclosure.name-misleads"))
		}
		stored := map[office.Side]bool{}
		for _, said := range f.Stored {
			stored[said.Side] = true
			one.Stored = append(one.Stored, storedAt{v.h("enclosure.stored", "side", v.sideName(said.Side), "time", v.when(fromMillis(said.At))), "/record/" + said.ID.String()})
		}
		for _, to := range line.To {
			if to != v.side && !stored[to] {
				one.Stored = append(one.Stored, storedAt{Sentence: v.h("enclosure.not-stored", "side", v.sideName(to))})
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// draftFiles is the files of a draft.
func (v *visit) draftFiles(href string, list []office.Enclosure) (out []enclosedFile) {
	for i, f := range list {
		out = append(out, enclosedFile{
			Name: f.Name, Type: v.fileType(f.Type), Size: v.fileSize(f.Size), Hash: groupedHash(f.Hash),
			Href: fmt.Sprintf("%s/enclosures/%d", href, i+1), Percent: 100, State: v.t("enclosure.here"), Shape: "done",
		})
	}
	return out
}

// fileType says in words what kind of file it is.
func (v *visit) fileType(mediaType string) string {
	if phrase, ok := lang.Lookup("filetype." + mediaType); ok {
		return phrase.In(v.tag)
	}
	major, _, _ := strings.Cut(mediaType, "/")
	if phrase, ok := lang.Lookup("filetype." + major); ok {
		return phrase.In(v.tag)
	}
	return v.t("filetype.other")
}

// fileSize writes how many bytes a file has, so that it can be read and compared.
func (v *visit) fileSize(bytes int64) string {
	exact := grouped(strconv.FormatInt(bytes, 10))
	switch {
	case bytes >= 1<<20:
		return v.t("enclosure.size-mib", "n", strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 1, 64), "bytes", exact)
	case bytes >= 10<<10:
		return v.t("enclosure.size-kib", "n", strconv.FormatInt(bytes>>10, 10), "bytes", exact)
	}
	return v.t("enclosure.size-bytes", "bytes", exact)
}

// enclosure answers with the bytes of a file, to keep and never to show.
func (s *site) enclosure(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	line, found, err := s.node.Records().Dispatch(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read dispatch %s: %w", id, err)
	}
	n, err := strconv.Atoi(v.r.PathValue("n"))
	if !found || err != nil || n < 1 || n > len(line.Enclosures) {
		return errNothingHere
	}
	return s.serveFile(v, line.Enclosures[n-1])
}

// draftEnclosure is enclosure for a file of a draft, to be looked at before it
// is released.
func (s *site) draftEnclosure(v *visit) error {
	d, err := s.pathDraft(v)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(v.r.PathValue("n"))
	if err != nil || n < 1 || n > len(d.Content.Enclosures) {
		return errNothingHere
	}
	return s.serveFile(v, d.Content.Enclosures[n-1])
}

func (s *site) serveFile(v *visit, file office.Enclosure) error {
	in, err := s.node.OpenEnclosure(v.r.Context(), file.Hash, file.Size)
	if errors.Is(err, node.ErrNotHeld) {
		return errNotYet
	}
	if err != nil {
		return err
	}
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(fileTime))
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Disposition", attachment(file.Name))
	http.ServeContent(v.w, v.r, "", time.Time{}, in)
	return nil
}

// attachment names a file to keep: for old browsers in ASCII, and for all others
// as it is (RFC 6266, RFC 8187).
func attachment(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%;/`, r) {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// enclosing is the part of the writing page in which files are read in.
type enclosing struct {
	Files []heldFile
	Error string
	Left  int // how many more there may be
	Most  string
	Bytes int64 // of one file
}

// heldFile is a file that was read in for a dispatch that is not released yet.
type heldFile struct {
	Value            string // of its field in the form
	Name, Type, Size string
	Hash             string // in groups
}

// enclosingOf fills the part from the files that were read in.
func (v *visit) enclosingOf(files []office.Enclosure, refused string) enclosing {
	part := enclosing{Error: refused, Left: office.MaxEnclosures - len(files), Most: v.fileSize(office.MaxEnclosure), Bytes: office.MaxEnclosure}
	for _, f := range files {
		value, err := json.Marshal(f)
		if err != nil {
			continue // there is no text that JSON cannot hold
		}
		part.Files = append(part.Files, heldFile{string(value), f.Name, v.fileType(f.Type), v.fileSize(f.Size), groupedHash(f.Hash)})
	}
	return part
}

// enclosedIn reads the files that a form names, each content once.
func enclosedIn(form url.Values) (files []office.Enclosure) {
	for _, value := range form["enclosed"] {
		var f office.Enclosure
		if json.Unmarshal([]byte(value), &f) != nil || slices.ContainsFunc(files, func(before office.Enclosure) bool { return before.Hash == f.Hash }) {
			continue
		}
		files = append(files, f)
	}
	return files
}

// postEnclosures reads in the files of a form, and answers with the form as it
// was typed and the files beside it; or, if only the part is asked for, with that.
func (s *site) postEnclosures(v *visit) error {
	form, files, refused, err := s.readFiles(v)
	if errors.Is(err, errTooLarge) && form != nil {
		return s.tooLarge(v, form)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), handlingTime) // the time of a page was used up by the files
	defer cancel()
	v.ctx = ctx
	status, sentences := http.StatusOK, map[string]string(nil)
	if refused != "" {
		status, sentences = http.StatusUnprocessableEntity, map[string]string{"enclosures": refused}
	}
	v.r.PostForm = form
	id, _ := strconv.ParseInt(form.Get("draft"), 10, 64) // what is no number is no draft
	w := v.written(max(id, 0))
	if form.Get("only") == "part" {
		return s.renderPart(v, status, "write", "enclosing", v.enclosingOf(files, refused))
	}
	return s.showWrite(v, status, w, writePage{Errors: sentences})
}

// readFiles reads a form with files from a request, and has the files read in.
// refused is the sentence about the first that was not taken.
func (s *site) readFiles(v *visit) (form url.Values, files []office.Enclosure, refused string, err error) {
	var added []office.Enclosure
	form, err = readParts(v, func(part *multipart.Part, form url.Values) error {
		if part.FileName() == "" || refused != "" {
			return nil // nothing was chosen; or nothing more is taken
		}
		if len(enclosedIn(form))+len(added) >= office.MaxEnclosures {
			refused = v.t("enclosure.too-many", "limit", office.MaxEnclosures)
			return nil
		}
		file, err := s.node.AddEnclosure(v.r.Context(), []office.Post{v.session.Post}, people.ActDraft, typed(part.FileName()), part)
		if no, is := errors.AsType[*node.Refusal](err); is {
			refused = v.refused(no)
			return nil
		}
		if err == nil {
			added = append(added, file)
		}
		return err
	})
	if err != nil {
		return form, nil, "", err
	}
	if refused == "" {
		var more []office.Enclosure
		if more, refused, err = s.uploaded(v, form, office.MaxEnclosures-len(enclosedIn(form))-len(added)); err != nil {
			return form, nil, "", err
		}
		added = append(added, more...)
	}
	form.Del("upload")
	for _, file := range added {
		if value, err := json.Marshal(file); err == nil {
			form.Add("enclosed", string(value))
		}
	}
	return form, enclosedIn(form), refused, nil
}

// readParts reads the values of a form with files from a request, and hands each
// file to take, with the values that came before it. If they are too many to be acted
// on, it takes no file and returns them with errTooLarge.
func readParts(v *visit, take func(file *multipart.Part, before url.Values) error) (url.Values, error) {
	kind, parameters, err := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || parameters["boundary"] == "" {
		return nil, errMalformed
	}
	control := http.NewResponseController(v.w)
	_ = errors.Join(control.SetReadDeadline(time.Now().Add(fileTime)), control.SetWriteDeadline(time.Now().Add(fileTime)))
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxFiles)
	parts, err := v.r.MultipartReader()
	if err != nil {
		return nil, errMalformed
	}
	form, size, limit := url.Values{}, int64(0), int64(maxForm)
	if v.session != nil {
		limit = maxKept
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF && size > maxForm {
			return form, errTooLarge
		}
		if err == io.EOF {
			return form, nil
		}
		if err != nil {
			return nil, errMalformed
		}
		if part.FormName() == "file" && size > maxForm {
			continue
		}
		if part.FormName() == "file" {
			if err := take(part, form); err != nil {
				return nil, err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, limit-size+1))
		if size += int64(len(part.FormName()) + len(value) + fieldCost); err != nil || size > limit {
			return nil, errTooLarge
		}
		form.Add(part.FormName(), string(value))
	}
}
