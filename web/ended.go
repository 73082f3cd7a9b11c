package web

import (
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
)

// endedPage answers who asks for a page without a running session. If a form was
// posted, it keeps every field of it but secrets, to be sent again after signing in:
// half a form would do something else than the whole. How much there can be is limited
// where a form is read.
type endedPage struct {
	Frame
	Fresh    bool   // the browser has brought no session at all: it may come by a link from elsewhere
	Action   string // where the form goes; empty if none was posted
	TooLarge bool   // who is signed in sent more than is read: it is only shown
	Files    bool   // it came with files, which are not kept
	Fields   []keptField
}

// keptField is one field of a form that was posted without a session.
type keptField struct {
	Name  string // of the field
	Label string
	Value string
	Shown bool // a person typed it
	Long  bool
}

// typedFields are the fields that a person fills in.
var typedFields = []string{"channel", "precedence", "to", "subject", "text", "comment", "reason", "name", "attention", "references", "party"}

// longFields are those of several lines.
var longFields = []string{"text", "comment", "reason"}

// secretFields are never sent back.
var secretFields = []string{"again", "answer", "code", "old", "password"}

func (s *site) ended(v *visit) error {
	page := endedPage{Frame: s.bareFrame(v, v.t("ended.title"))}
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		if v.r.URL.Path == "/events" {
			v.w.WriteHeader(http.StatusForbidden)
			return nil
		}
		// A link in a mail or on a page of another site comes without the
		// cookie, which is for our own pages only. The same address, asked for
		// again by a page of ours, comes with it.
		page.Fresh = v.r.Header.Get("Sec-Fetch-Site") == "cross-site"
		if page.Fresh {
			v.w.Header().Set("Refresh", "0; url="+page.Path)
		}
		return s.render(v, http.StatusForbidden, "ended", page)
	}
	page.Action = v.r.URL.Path
	form := v.r.PostForm
	if page.Files = page.Action == enclosuresPath; page.Files {
		sent, err := readParts(v, func(*multipart.Part, url.Values) error { return nil })
		if err != nil && err != errMalformed { // of what cannot be read nothing is kept
			return err
		}
		form = sent
	}
	page.Fields = v.kept(form)
	return s.render(v, http.StatusForbidden, "ended", page)
}

// kept is every field of a form but secrets.
func (v *visit) kept(form url.Values) (fields []keptField) {
	for _, name := range sortedKeys(form) {
		if slices.Contains(secretFields, name) {
			continue
		}
		for _, value := range form[name] {
			field := keptField{Name: name, Value: value}
			if slices.Contains(typedFields, name) {
				field.Label, field.Shown, field.Long = v.t("field."+name), true, slices.Contains(longFields, name)
			}
			fields = append(fields, field)
		}
	}
	return fields
}

// tooLarge gives back a form that is too large to be acted on, to be copied from: all
// that a person typed, and whatever is so long that it may be the reason.
func (s *site) tooLarge(v *visit, form url.Values) error {
	page := endedPage{Frame: s.bareFrame(v, v.t("failure.too-large.title")), TooLarge: true}
	const long = 1000
	for _, field := range v.kept(form) {
		if !field.Shown && len(field.Value) < long {
			continue
		}
		if field.Label == "" {
			field.Label = field.Name
		}
		field.Long = field.Long || len(field.Value) >= long
		page.Fields = append(page.Fields, field)
	}
	return s.render(v, http.StatusRequestEntityTooLarge, "ended", page)
}
