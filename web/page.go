package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"sync"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

//go:embed *.html
var templates embed.FS

// shared are the templates that every page is made with.
var shared = []string{"layout.html", "strip.html", "mark.html", "people.html", "formwords.html", "enclosure.html", "readback.html", "fill.html", "passkey.html", "attempt.html", "note.html"}

// pageNames are the pages, each a template of that name.
var pageNames = []string{
	"account", "accounts", "acknowledge", "attempts", "charter", "check", "checks", "codes", "coverage", "dispatch", "draft", "drafts", "ended", "entry",
	"failure", "form", "forms", "formtext", "help", "hours", "line", "list", "notes", "one", "propose", "ranks", "record", "relations", "roster", "rules", "sheet",
	"signin", "silence", "statistics", "tender", "tenders", "told", "trail", "watch", "write",
}

// pages is the templates of all pages in one language. Each is read when it is
// first asked for: few look at all of them, and together they take much memory.
type pages struct {
	byName map[string]func() (*template.Template, error)
}

// newPages gives the pages in each language.
func newPages(a *assets) map[string]*pages {
	all := map[string]*pages{}
	for _, tag := range lang.Tags {
		all[tag] = &pages{byName: map[string]func() (*template.Template, error){}}
		for _, name := range pageNames {
			all[tag].byName[name] = sync.OnceValues(func() (*template.Template, error) {
				return template.New(name).Funcs(template.FuncMap{
					"t":     func(key string, args ...any) string { return lang.T(tag, key, args...) },
					"h":     func(key string, args ...any) template.HTML { return sentence(tag, key, args...) },
					"asset": func(name string) string { return a.urls[name] },
					"lower": lowerPrecedence,
				}).Option("missingkey=error").ParseFS(templates, append([]string{name + ".html"}, shared...)...)
			})
		}
	}
	return all
}

// write writes a part of a page, "layout.html" for the whole of it.
func (p *pages) write(w io.Writer, name, part string, matter any) error {
	t, err := p.byName[name]()
	if err == nil {
		err = t.ExecuteTemplate(w, part, matter)
	}
	if err != nil {
		return fmt.Errorf("render %s of %s: %w", part, name, err)
	}
	return nil
}

// lowerPrecedence names the mark and the class of a precedence.
func lowerPrecedence(p office.Precedence) string {
	switch p {
	case office.Flash:
		return "flash"
	case office.Immediate:
		return "immediate"
	case office.Priority:
		return "priority"
	}
	return "routine"
}

// Frame is what every page shows around its own matter.
type Frame struct {
	Tag     string // language
	Title   string // of the page
	Path    string // address of the page, for forms that return to it and for live updates
	Office  string
	Version string
	Demo    bool
	Open    bool // the office is open
	Now     int64

	Officer   string // the signed-in post; empty if none
	Person    string // whose account is signed in; empty if none
	Waiting   int    // dispatches that wait for our acknowledgement
	Attend    int    // these, drafts that wait for the reader, and line checks and tenders that wait for our side
	Languages []languageChoice
	Units     units
	Places    []place
	Desk      []place // the row that the pages of the duty desk share
	Search    string  // what the list was searched for

	// Trouble is a sentence that every page shows: the node does not sign.
	Trouble string
	// Offer is a sentence that offers a person to set up a passkey or a password.
	Offer string
	Strip strip
}

type languageChoice struct {
	Tag, Name string
	Chosen    bool
}

// units is how lengths of time are written, for script/clock.js.
type units struct{ Seconds, Minutes, Hours, Days string }

// place is one of the places in the navigation.
type place struct {
	Key, Href, Name, Letter string // Letter is the key that goes there
	Here                    bool
	Count                   int
	Means                   string // what is counted
	Alarm                   bool   // it is alarms
}

// frame fills in what surrounds a page for a signed-in post.
func (s *site) frame(v *visit, here, title string) (f Frame, err error) {
	f = s.bareFrame(v, title)
	if v.waits, err = s.waits(v, waitsRead); err != nil {
		return f, err
	}
	if v.checksWait, err = s.checkWaits(v); err != nil {
		return f, err
	}
	if v.tendersWait, err = s.tenderWaits(v); err != nil {
		return f, err
	}
	if v.maySeeDrafts() {
		if v.draftsWait, err = s.node.People().CountDrafts(v.ctx, v.hand(), people.ShelfWaits); err != nil {
			return f, err
		}
	}
	if v.knowsForms() { // suspensions came with the same version of the rules
		if v.channels, err = v.records.Channels(v.ctx); err != nil {
			return f, err
		}
	}
	alarms, err := s.node.Alarms(v.ctx)
	if err != nil {
		return f, fmt.Errorf("read the alarms: %w", err)
	}
	v.alarms = slices.DeleteFunc(alarms, func(a node.Alarm) bool { return a.Cleared })
	if v.onWatch, err = s.node.Records().OnWatch(v.ctx); err != nil {
		return f, err
	}
	if v.knowsForms() {
		if v.promises, err = v.records.Promises(v.ctx, v.sides()); err != nil {
			return f, err
		}
	}
	if v.silences, err = s.node.Silences(v.ctx, node.SilenceFilter{From: v.side}, v.now); err != nil {
		return f, err
	}
	f.Officer = v.officer(v.side, v.session.Post)
	f.Person, f.Offer = v.session.Person, v.offer()
	f.Strip = v.strip()
	if f.Strip.Failing, err = s.node.Notify().CountFailing(v.ctx); err != nil {
		return f, err
	}
	if v.status.Mode != node.Ready {
		f.Trouble = v.trouble()
	}
	f.Waiting, f.Attend = len(v.waits), len(v.waits)+v.draftsWait+len(v.checksWait)+len(v.tendersWait)
	f.Places = []place{
		{Key: "list", Href: "/", Letter: "D", Count: len(v.waits), Means: v.t("frame.waiting", "n", len(v.waits))},
		{Key: "write", Href: "/dispatches/new", Letter: "W"},
	}
	if v.maySeeDrafts() {
		f.Places = append(f.Places, place{Key: "drafts", Href: "/drafts", Letter: "T", Count: v.draftsWait, Means: v.t("frame.drafts-wait", "n", v.draftsWait)})
	}
	atDesk := len(v.checksWait) + len(v.tendersWait)
	f.Desk = v.desk(here)
	f.Places = append(f.Places,
		place{Key: "desk", Href: "/watch", Letter: "U", Count: atDesk, Means: v.t("frame.desk-waits", "n", atDesk), Here: f.Desk != nil},
		place{Key: "record", Href: "/record", Letter: "R"},
		place{Key: "line", Href: "/line", Letter: "L", Count: len(v.alarms), Means: v.t("frame.alarms", "n", len(v.alarms)), Alarm: true},
		place{Key: "charter", Href: "/charter", Letter: "C"},
	)
	for i := range f.Places {
		f.Places[i].Name = v.t("frame." + f.Places[i].Key)
		f.Places[i].Here = f.Places[i].Here || f.Places[i].Key == here
	}
	return f, nil
}

// bareFrame fills in what surrounds a page for anyone: nothing of the record.
func (s *site) bareFrame(v *visit, title string) Frame {
	f := Frame{
		Tag: v.tag, Title: title, Path: v.r.URL.RequestURI(), Office: v.status.Office, Version: s.version,
		Demo: v.status.Demo, Open: v.status.Open, Now: v.now.UnixMilli(),
		Units: units{
			Seconds: lang.T(v.tag, "time.seconds"), Minutes: lang.T(v.tag, "time.minutes"),
			Hours: lang.T(v.tag, "time.hours"), Days: lang.T(v.tag, "time.days"),
		},
	}
	if v.r.Method != http.MethodGet {
		f.Path = "/"
	}
	for _, tag := range lang.Tags {
		f.Languages = append(f.Languages, languageChoice{tag, lang.Name(tag), tag == v.tag})
	}
	return f
}

// trouble says why the node does not sign.
func (v *visit) trouble() string {
	text := v.t("mode." + string(v.status.Mode))
	if v.status.Why != "" {
		text += " " + v.coded("mode", v.status.Why, nil)
	}
	return text
}

// render writes a page. Nothing is sent before the whole page is made, so that a
// fault in a template is an error page and not half a page.
func (s *site) render(v *visit, status int, name string, page any) error {
	var out bytes.Buffer
	if err := s.pages[v.tag].write(&out, name, "layout.html", page); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Vary", "Accept-Language, Cookie")
	v.w.WriteHeader(status)
	v.w.Write(out.Bytes()) // if it cannot be written, nobody is left to be told
	return nil
}

// renderPart writes a part of a page, for script to put in the place of the old
// one.
func (s *site) renderPart(v *visit, status int, name, part string, matter any) error {
	var out bytes.Buffer
	if err := s.pages[v.tag].write(&out, name, part, matter); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	v.w.Write(out.Bytes()) // if it cannot be written, nobody is left to be told
	return nil
}
