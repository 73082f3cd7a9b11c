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
	MayDraft    bool
	Known       bool // the rules in force know notes
	To          []choice
	Receiver    string // the one other side
	Text        string
	Mark        office.Mark
	Marks       []choice
	MaxText     int
	Once        string
	Refused     string
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
	Held     bool // all whom it goes to are known to hold it
	Draft    string
}

func (s *site) notes(v *visit) error { return s.showNotes(v, http.StatusOK, office.NoteBody{}, "") }

// showNotes shows the notes on the channel of the address or of what was typed,
// and what was typed.
func (s *site) showNotes(v *visit, status int, typed office.NoteBody, refused string) error {
	frame, err := s.frame(v, "notes", v.t("note.title"))
	if err != nil {
		return err
	}
	page := notesPage{
		Frame: frame, Refused: refused, Text: typed.Text, Mark: typed.Mark, MaxText: office.MaxCoordination, Once: newKey(),
		MayWrite: v.status.Open && v.may(office.KindNote, ""), MayDraft: v.mayAny(people.ActDraft),
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
	slices.Reverse(lines)
	heads := s.node.Ledger().Heads()
	for i := range lines {
		line, err := s.noteLine(v, &lines[i])
		if err != nil {
			return err
		}
		for _, to := range lines[i].To {
			line.Held = line.Held && (to == v.side || heads[line.ID.Side].Cosigned[to] > line.ID.Index)
		}
		page.Notes = append(page.Notes, line)
	}
	others := v.others()
	if len(others) == 1 {
		page.Receiver = v.sideName(others[0])
	} else {
		for _, id := range others {
			page.To = append(page.To, choice{id, v.sideName(id), "", len(typed.To) == 0 || slices.Contains(typed.To, id)})
		}
	}
	page.Marks = append(page.Marks, choice{"", v.t("particulars.real"), "", typed.Mark == ""})
	for _, mark := range office.Marks {
		page.Marks = append(page.Marks, choice{string(mark), v.markName(mark), "", typed.Mark == mark})
	}
	return s.render(v, status, "notes", page)
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
		Text: n.Text, Lang: textLanguage(n.Text), Mark: v.markName(n.Mark), Held: true, Draft: "/dispatches/new?note=" + n.ID.String(),
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
	if len(body.To) == 0 { // the node would take it to mean all; a person must say so
		return s.showNotes(v, http.StatusUnprocessableEntity, body, v.t("void.missing", "field", v.t("field.to")))
	}
	once := v.once(body.Channel, body.Text, string(body.Mark), strings.Join(body.To, " "))
	_, err := s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: office.KindNote, Body: &body, Once: once})
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		return s.showNotes(v, http.StatusUnprocessableEntity, body, v.refused(refusal))
	}
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
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
