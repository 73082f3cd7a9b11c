package web

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

const (
	listLength = 30  // dispatches on one page
	waitsShown = 6   // of what waits, unless the reader asks for all
	waitsRead  = 100 // that wait of one side and precedence that are looked at
	waitsAll   = 500 // the same, if the reader asks for all
)

// listPage is the list of dispatches, with what waits for us above it.
type listPage struct {
	Frame
	Drafts     []draftLine // that wait for the reader
	DraftsIn   int         // all of them
	Waits      []waitLine
	ChecksWait []checkNow
	Tenders    []tenderLine // that wait for our answer
	WaitMore   int          // not shown
	Lines      []listLine
	Filter     listFilter
	Asked      asked
	Chosen     []chosen // what is filtered; empty if all are shown
	CSV, JSON  string   // addresses of the files of what is chosen
	Most       int      // dispatches in one of them
	Narrowed   string   // address of the same search among all dispatches, if it is among some
	Views      []viewLine
	Unkept     refusedView
	Keeps      map[string]string // what a view of this list would hold, by names; empty if it has no choice
	Refused    string            // why this cannot be looked for; empty if it can
	Partial    bool              // not all dispatches are in the search index yet
	First      string            // address of the first page, if this is a later one
	Next       string            // address of the next page; empty at the end
	Founding   []founding
	MayWrite   bool
}

// waitLine is a dispatch that waits for our acknowledgement.
type waitLine struct {
	listLine
	Due  template.HTML
	Left template.HTML
	Late bool
}

// listLine is one dispatch in a list.
type listLine struct {
	ID         office.EntryID
	Href       string
	Precedence office.Precedence
	Word       string // the precedence in words
	Number     int64
	Group      string // date-time group
	At         template.HTML
	From       string
	To         string // empty if there is one other side only
	Ours       bool
	Channel    string
	Subject    string
	Lang       string // of the subject
	Mark       string // "Exercise" or "Test", in words; empty if it is meant in earnest
	Struck     bool   // cancelled or superseded
	Form       string // code of its form, in upper case; empty if it has none
	FormName   string // of the form in force for that code; empty if it is not known
	TooLate    string // that it was released later than its form says; empty if it was not

	// Of a search, what was found.
	Marked      template.HTML // the subject, always
	NumberFound bool
	Extract     template.HTML // of the text; empty if nothing was found there
	ExtractLang string
	Named       []namedLine // enclosures, for whom and in whose name it is, and what its form tells

	Progress progress
	Silent   template.HTML // why nothing has come, if our side waits for something
	Settled  bool
}

// namedLine is a name in a dispatch in which something was found.
type namedLine struct {
	Marked template.HTML
	Lang   string
}

// listFilter is the choices of the filter as they stand.
type listFilter struct {
	From, Channel, Precedence, Form, State, Mark []choice
}

// choice is one option of a form.
type choice struct {
	Value, Name, Note string
	Chosen            bool
}

// founding says, before the office is open, which side has founded it.
type founding struct {
	Name string
	Done bool
}

func (s *site) list(v *visit) error {
	asked := ask(v)
	if office.IsSheetCode(asked.Text) { // a scanner types into whatever has the focus
		return v.redirect("/check?code=" + url.QueryEscape(asked.Text))
	}
	if !asked.sane() {
		return errNothingHere
	}
	return s.showList(v, http.StatusOK, asked, refusedView{})
}

// showList shows the list, and why a view of it was not kept, if so.
func (s *site) showList(v *visit, status int, asked asked, unkept refusedView) error {
	title := v.t("list.title")
	if asked.Text != "" {
		title = v.t("list.found", "text", shorten(asked.Text, 40))
	}
	frame, err := s.frame(v, "list", title)
	if err != nil {
		return err
	}
	frame.Search = asked.Text
	views, err := s.viewsOf(v, &asked)
	if err != nil {
		return err
	}
	filter, err := v.filter(asked)
	if err != nil {
		return err
	}
	page := listPage{
		Frame: frame, MayWrite: v.status.Open && v.may(people.ActDraft, office.Routine),
		Views: views, Unkept: unkept, Keeps: asked.parts(),
		Filter: filter, Asked: asked, Refused: asked.refused(v), Chosen: asked.chosen(v),
		CSV: asked.addressAt("/export.csv", ""), JSON: asked.addressAt("/export.json", ""), Most: exportMost,
	}
	if page.Refused != "" {
		return s.render(v, http.StatusUnprocessableEntity, "list", page)
	}
	if err := s.fillList(v, &page); err != nil {
		return err
	}
	if page.Drafts, err = s.draftsThatWait(v); err != nil {
		return err
	}
	page.DraftsIn = v.draftsWait
	page.Waits, page.ChecksWait, page.Tenders = v.waits, v.checksWait, v.tendersWait
	if v.r.URL.Query().Get("waits") == "all" {
		if page.Waits, err = s.waits(v, waitsAll); err != nil {
			return err
		}
	} else if len(v.waits) > waitsShown {
		page.Waits, page.WaitMore = v.waits[:waitsShown], len(v.waits)-waitsShown
	}
	if !v.status.Open {
		page.Founding = v.founding()
	}
	return s.render(v, status, "list", page)
}

// fillList reads the dispatches of a page, and where the next one begins.
func (s *site) fillList(v *visit, page *listPage) error {
	filter := page.Asked.filter(v)
	filter.Before, filter.Limit = v.r.URL.Query().Get("before"), listLength
	if len(filter.Before) > 128 {
		return errNothingHere
	}
	lines, next, err := s.node.Records().Dispatches(v.ctx, filter)
	if errors.Is(err, records.ErrBefore) {
		return errNothingHere
	}
	if err != nil {
		return fmt.Errorf("read the list of dispatches: %w", err)
	}
	search, err := records.ParseSearch(filter.Text)
	if err != nil {
		return err
	}
	for i := range lines {
		one, err := s.listLine(v, &lines[i], search)
		if err != nil {
			return err
		}
		page.Lines = append(page.Lines, one)
	}
	if filter.Before != "" {
		page.First = page.Asked.address("")
	}
	if next != "" {
		page.Next = page.Asked.address(next)
	}
	if filter.Text != "" {
		all, err := s.node.Records().Indexed(v.ctx)
		if err != nil {
			return err
		}
		page.Partial = !all
		if page.Asked.narrowed() {
			page.Narrowed = (&asked{Text: filter.Text}).address("")
		}
	}
	return nil
}

// sane refuses what no form of ours sends.
func (a *asked) sane() bool {
	return (a.From == "" || office.ValidName(a.From)) && (a.Channel == "" || office.ValidName(a.Channel)) &&
		(a.Precedence == "" || slices.Contains(office.Precedences, a.Precedence)) && (a.Form == "" || office.ValidName(a.Form)) &&
		(a.State == "" || slices.Contains(records.States, a.State)) && (a.Mark == "" || slices.Contains(records.Marks, a.Mark))
}

func (s *site) listLine(v *visit, line *records.DispatchLine, search records.Search) (listLine, error) {
	var receipts []node.Receipt
	if len(line.Waiting) > 0 { // of what was acknowledged they say nothing more
		var err error
		if receipts, err = s.node.Receipts(v.ctx, line.ID); err != nil {
			return listLine{}, fmt.Errorf("read the receipts of %s: %w", line.ID, err)
		}
	}
	one := v.bareLine(line)
	one.Progress, one.Silent = v.progress(line, receipts), v.silentLine(line.ID)
	var err error
	if one.TooLate, err = s.lineLate(v, &line.Dispatch); err != nil {
		return listLine{}, err
	}
	one.Marked = mark(line.Subject, search.Find(line.Subject))
	one.NumberFound = len(search.Find(strconv.FormatInt(line.Number, 10))) > 0
	if text := extract(search, line.Text); text != "" {
		one.Extract, one.ExtractLang = mark(text, search.Find(text)), textLanguage(text)
	}
	for _, name := range records.Named(&line.Dispatch) {
		if spans := search.Find(name); len(spans) > 0 {
			one.Named = append(one.Named, namedLine{mark(name, spans), textLanguage(name)})
		}
	}
	if line.Form != nil {
		for _, field := range sortedKeys(line.Form.Values) {
			if value := extract(search, line.Form.Values[field]); value != "" {
				one.Named = append(one.Named, namedLine{mark(value, search.Find(value)), textLanguage(value)})
			}
		}
	}
	return one, nil
}

// rank returns the place of a precedence, the most urgent being 0.
func rank(p office.Precedence) int {
	if i := slices.Index(office.Precedences, p); i >= 0 {
		return i
	}
	return len(office.Precedences)
}

// waits returns the dispatches that wait for our acknowledgement, the most urgent
// first. If there are many, it asks for each other side and precedence by itself,
// so that many of little urgency cannot hide one that is urgent.
func (s *site) waits(v *visit, each int) ([]waitLine, error) {
	type waiting struct {
		line    records.DispatchLine
		due     time.Time
		limited bool
	}
	var found []waiting
	read := func(filter records.Filter) (all bool, err error) {
		filter.State, filter.Limit = records.WaitsForUs, each
		lines, next, err := s.node.Records().Dispatches(v.ctx, filter)
		if err != nil {
			return false, fmt.Errorf("read what waits: %w", err)
		}
		for _, line := range lines {
			due, limited := v.due(&line.Dispatch)
			found = append(found, waiting{line, due, limited})
		}
		return next == "", nil
	}
	all, err := read(records.Filter{})
	if err != nil {
		return nil, err
	}
	if !all {
		found = nil
		for _, from := range v.others() {
			for _, precedence := range office.Precedences {
				if _, err := read(records.Filter{From: from, Precedence: precedence}); err != nil {
					return nil, err
				}
			}
		}
	}
	// Precedence says in which order to attend; within it, what is due first.
	slices.SortStableFunc(found, func(a, b waiting) int {
		return cmp.Or(cmp.Compare(rank(a.line.Precedence), rank(b.line.Precedence)), a.due.Compare(b.due), cmp.Compare(a.line.Time, b.line.Time))
	})
	var out []waitLine
	for _, w := range found {
		one := waitLine{listLine: v.bareLine(&w.line), Late: w.limited && v.now.After(w.due)}
		if one.TooLate, err = s.lineLate(v, &w.line.Dispatch); err != nil {
			return nil, err
		}
		if w.limited {
			one.Due = v.briefly(w.due)
			if one.Late {
				one.Left = v.age(w.due)
			} else {
				one.Left = v.left(w.due)
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// bareLine is a line without what is known of its receipts.
func (v *visit) bareLine(line *records.DispatchLine) listLine {
	one := listLine{
		ID: line.ID, Href: "/dispatches/" + line.ID.String(),
		Precedence: line.Precedence, Word: v.t("precedence." + lowerPrecedence(line.Precedence)),
		Number: line.Number, Group: line.Group().String(), At: v.briefly(fromMillis(line.At)), Mark: v.markName(line.Mark),
		From: v.sideName(line.From), Ours: line.From == v.side,
		Channel: v.channelName(line.Channel), Subject: line.Subject, Lang: textLanguage(line.Subject),
		Form: strings.ToUpper(line.Form.CodeOf()), Settled: line.Settled,
	}
	if len(v.others()) > 1 {
		one.To = v.sideNames(line.To)
	}
	if form := v.codedForm(line.Form.CodeOf()); form != nil {
		one.FormName = lang.Pick(v.tag, form.Name)
	}
	_, one.Struck = line.Handling.Withdrawn()
	return one
}

func (v *visit) filter(f asked) (out listFilter, err error) {
	out.From = append(out.From, choice{"", v.t("list.any-side"), "", f.From == ""})
	for _, id := range v.sides() {
		out.From = append(out.From, choice{id, v.sideName(id), "", f.From == id})
	}
	out.Channel = append(out.Channel, choice{"", v.t("list.any-channel"), "", f.Channel == ""})
	if v.office.Charter != nil {
		for _, channel := range v.office.Charter.Channels {
			out.Channel = append(out.Channel, choice{channel.ID, v.channelName(channel.ID), "", f.Channel == channel.ID})
		}
	}
	out.Precedence = append(out.Precedence, choice{"", v.t("list.any-precedence"), "", f.Precedence == ""})
	for _, p := range office.Precedences {
		out.Precedence = append(out.Precedence, choice{string(p), v.t("precedence." + lowerPrecedence(p)), "", f.Precedence == p})
	}
	if out.Form, err = v.codeChoices(v.t("list.any-form"), f.Form, f.Form); err != nil {
		return out, err
	}
	out.State = append(out.State, choice{"", v.t("list.any-state"), "", f.State == ""})
	for _, state := range records.States {
		out.State = append(out.State, choice{string(state), v.stateName(state), "", f.State == state})
	}
	out.Mark = append(out.Mark, choice{"", v.t("list.any-mark"), "", f.Mark == ""})
	for _, m := range records.Marks {
		out.Mark = append(out.Mark, choice{string(m), v.markChoice(m), "", f.Mark == m})
	}
	return out, nil
}

// address is that of the list, or of a further page of it.
func (a *asked) address(before string) string {
	return a.addressAt("/", before)
}

// addressAt is that of a page which understands the same.
func (a *asked) addressAt(path, before string) string {
	query := url.Values{}
	for name, value := range a.parts() {
		query.Set(name, value)
	}
	if before != "" {
		query.Set("before", before)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
