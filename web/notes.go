package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

const notesLength = 50 // notes on one page

// notesPage is what the duty officers have said to each other on a channel.
type notesPage struct {
	Frame
	Channels    []choice // with their addresses as values
	Channel     string
	ChannelName string
	Notes       []noteLine // the last at the end, as they were said
	Older       string     // address; empty if there are none
	Newest      string     // address, if this is not the newest page
	MayWrite    bool
	Known       bool // the rules in force know notes
	Form        noteForm
}

// noteForm is what a note is written with.
type noteForm struct {
	Channel  string
	About    string        // the dispatch that it is about; empty if there is none
	Cited    template.HTML // that, where it does not stand on the page itself
	To       []choice
	Receiver string // the one other side
	Text     string
	Marks    []choice
	MaxText  int
	Once     string
	Refused  string
}

// noteLine is one note as it is read.
type noteLine struct {
	ID       office.EntryID
	Ours     bool
	From, By string
	To       string // empty if there is one other side only
	Clocks   []onClock
	Text     string
	Lang     string
	Mark     string
	About    template.HTML
	Held     bool   // all whom it goes to are known to hold it
	Draft    string // address; empty if the post may not begin one
}

// notes shows the notes on a channel, or begins one about a dispatch.
func (s *site) notes(v *visit) error {
	begun := office.NoteBody{}
	if text := v.r.URL.Query().Get("about"); text != "" {
		id, err := office.ParseEntryID(text)
		if err != nil {
			return errNothingHere
		}
		line, found, err := s.node.Records().Dispatch(v.ctx, id)
		if err != nil {
			return fmt.Errorf("read dispatch %s: %w", id, err)
		}
		if !found {
			return errNothingHere
		}
		begun = v.noteAbout(&line.Dispatch)
	}
	return s.showNotes(v, http.StatusOK, begun, "")
}

// noteAbout is a note about a dispatch, to the other sides that it concerns, before
// anything is said in it.
func (v *visit) noteAbout(d *office.Dispatch) office.NoteBody {
	body := office.NoteBody{About: &d.ID, Channel: d.Channel, Mark: d.Mark}
	for _, side := range v.others() {
		if d.Concerns(side) {
			body.To = append(body.To, side)
		}
	}
	return body
}

// noteForm offers to write a note, with what was typed of it.
func (v *visit) noteForm(typed *office.NoteBody) noteForm {
	f := noteForm{Channel: typed.Channel, Text: typed.Text, MaxText: office.MaxCoordination, Once: newKey()}
	if typed.About != nil {
		f.About = typed.About.String()
	}
	others := v.others()
	if len(others) == 1 {
		f.Receiver = v.sideName(others[0])
	} else {
		for _, id := range others {
			f.To = append(f.To, choice{id, v.sideName(id), "", len(typed.To) == 0 || slices.Contains(typed.To, id)})
		}
	}
	f.Marks = append(f.Marks, choice{"", v.t("particulars.real"), "", typed.Mark == ""})
	for _, mark := range office.Marks {
		f.Marks = append(f.Marks, choice{string(mark), v.markName(mark), "", typed.Mark == mark})
	}
	return f
}

// showNotes shows the notes on the channel of the address or of what was typed,
// and what was typed.
func (s *site) showNotes(v *visit, status int, typed office.NoteBody, refused string) error {
	frame, err := s.frame(v, "notes", v.t("note.title"))
	if err != nil {
		return err
	}
	page := notesPage{
		Frame: frame, MayWrite: v.mayNote(),
		Known: v.knowsForms(), // both came with the same version
	}
	query := v.r.URL.Query()
	if page.Channel = typed.Channel; page.Channel == "" {
		page.Channel = query.Get("channel")
	}
	if v.office.Charter != nil {
		if page.Channel == "" {
			page.Channel = v.office.Charter.Channels[0].ID
		}
		for _, c := range v.office.Charter.Channels {
			page.Channels = append(page.Channels, choice{notesHref(c.ID, ""), v.channelName(c.ID), lang.Pick(v.tag, c.Purpose), c.ID == page.Channel})
		}
		if v.office.Charter.Channel(page.Channel) == nil && refused == "" {
			return errNothingHere
		}
	}
	page.ChannelName, page.Path = v.channelName(page.Channel), notesHref(page.Channel, query.Get("before"))
	lines, next, err := s.node.Records().Notes(v.ctx, records.NoteFilter{Channel: page.Channel, Before: query.Get("before"), Limit: notesLength})
	if errors.Is(err, records.ErrBefore) {
		return errNothingHere
	}
	if err != nil {
		return fmt.Errorf("read the notes: %w", err)
	}
	if next != "" {
		page.Older = notesHref(page.Channel, next)
	}
	if query.Get("before") != "" {
		page.Newest = notesHref(page.Channel, "")
	}
	if page.Notes, err = s.noteLines(v, lines); err != nil {
		return err
	}
	typed.Channel = page.Channel
	page.Form = v.noteForm(&typed)
	page.Form.Refused = refused
	if typed.About != nil {
		about, err := s.cite(v, *typed.About)
		if err != nil {
			return err
		}
		page.Form.Cited = about.link()
	}
	return s.render(v, status, "notes", page)
}

// mayNote reports whether the signed-in post may write notes now.
func (v *visit) mayNote() bool { return v.status.Open && v.may(office.KindNote, "") }

// noteLines puts notes, the last first, into the order in which they were said.
func (s *site) noteLines(v *visit, notes []records.NoteLine) (list []noteLine, err error) {
	slices.Reverse(notes)
	heads := s.node.Ledger().Heads()
	for i := range notes {
		line, err := s.noteLine(v, &notes[i])
		if err != nil {
			return nil, err
		}
		for _, to := range notes[i].To {
			line.Held = line.Held && (to == v.side || heads[line.ID.Side].Cosigned[to] > line.ID.Index)
		}
		list = append(list, line)
	}
	return list, nil
}

// notesOfOne is how many notes about a dispatch stand on its page.
const notesOfOne = 20

// notesAbout are the notes about one dispatch. About a FLASH a line between the
// duty officers is opened at once.
type notesAbout struct {
	Title string
	Notes []noteLine
	Older string    // address of all on the channel; empty if all of them stand here
	Write string    // address where one is written; empty if it is written here, or may not be
	Form  *noteForm // to write one here
}

func (s *site) notesAbout(v *visit, d *office.Dispatch) (*notesAbout, error) {
	if !v.knowsForms() || !d.Concerns(v.side) {
		return nil, nil
	}
	lines, next, err := s.node.Records().Notes(v.ctx, records.NoteFilter{About: d.ID.String(), Limit: notesOfOne})
	if err != nil {
		return nil, fmt.Errorf("read the notes about %s: %w", d.ID, err)
	}
	out := &notesAbout{Title: v.t("note.about-it")}
	if out.Notes, err = s.noteLines(v, lines); err != nil {
		return nil, err
	}
	for i := range out.Notes {
		out.Notes[i].About = ""
	}
	if next != "" {
		out.Older = notesHref(d.Channel, "")
	}
	switch {
	case d.Precedence != office.Flash && v.mayNote():
		out.Write = "/notes?about=" + d.ID.String()
	case d.Precedence == office.Flash:
		out.Title = v.t("note.line")
		if v.mayNote() {
			body := v.noteAbout(d)
			form := v.noteForm(&body)
			out.Form = &form
		}
	case len(out.Notes) == 0:
		return nil, nil
	}
	return out, nil
}

func notesHref(channel, before string) string {
	query := url.Values{"channel": {channel}}
	if before != "" {
		query.Set("before", before)
	}
	return "/notes?" + query.Encode()
}

func (s *site) noteLine(v *visit, n *records.NoteLine) (noteLine, error) {
	line := noteLine{
		ID: n.ID, Ours: n.From == v.side, From: v.sideName(n.From), By: v.officer(n.From, n.By), Clocks: v.clocks(fromMillis(n.At)),
		Text: n.Text, Lang: textLanguage(n.Text), Mark: v.markName(n.Mark), Held: true,
	}
	if v.mayAny(people.ActDraft) {
		line.Draft = "/dispatches/new?note=" + n.ID.String()
	}
	if len(v.others()) > 1 {
		line.To = v.sideNames(n.To)
	}
	if n.About != nil {
		about, err := s.cite(v, *n.About)
		if err != nil {
			return line, err
		}
		line.About = about.link()
	}
	return line, nil
}

// postNote writes a note. What is refused comes back as it was typed.
func (s *site) postNote(v *visit) error {
	form := v.r.PostForm
	body := office.NoteBody{
		Channel: form.Get("channel"), Text: typed(form.Get("text")), Mark: office.Mark(form.Get("mark")),
		To: slices.Compact(slices.Sorted(slices.Values(form["to"]))),
	}
	if others := v.others(); len(others) == 1 {
		body.To = others
	}
	if text := form.Get("about"); text != "" {
		id, err := office.ParseEntryID(text)
		if err != nil {
			return errNothingHere
		}
		body.About = &id
	}
	if len(body.To) == 0 { // the node would take it to mean all; a person must say so
		return s.showNotes(v, http.StatusUnprocessableEntity, body, v.t("void.missing", "field", v.t("field.to")))
	}
	once := v.once(body.Channel, body.Text, string(body.Mark), form.Get("about"), strings.Join(body.To, " "))
	_, err := s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: office.KindNote, Body: &body, Once: once})
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		return s.showNotes(v, http.StatusUnprocessableEntity, body, v.refused(refusal))
	}
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	if body.About != nil {
		return v.redirect("/dispatches/" + body.About.String() + "#coordination")
	}
	return v.redirect(notesHref(body.Channel, ""))
}

// begunNote is a draft that begins with what stands in a note: said formally, it
// is a dispatch.
func (s *site) begunNote(v *visit, text string) (c people.Content, err error) {
	id, err := office.ParseEntryID(text)
	if err != nil {
		return c, errNothingHere
	}
	n, found, err := s.node.Records().Note(v.ctx, id)
	if err != nil {
		return c, err
	}
	if !found {
		return c, errNothingHere
	}
	c = people.Content{Channel: n.Channel, Mark: n.Mark, Text: n.Text, To: n.To}
	first, _, _ := strings.Cut(n.Text, "\n")
	c.Subject = shorten(first, 80)
	if n.From != v.side {
		c.To = []office.Side{n.From}
	}
	if n.About != nil {
		c.References = n.About.String()
	}
	return c, nil
}
