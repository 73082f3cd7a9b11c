package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

// writePage is the editor of a draft: of a new one, which is begun when it is
// saved for the first time, or of one that is there.
type writePage struct {
	Frame
	Action      string // where the form goes
	Href        string // page of the draft; empty if it is not begun
	Version     int64
	Saved       template.HTML // when; empty if it was not
	Channels    []choice
	Suspended   []suspended // those that are suspended now
	NotServed   []string    // those that the post does not serve, each in a sentence
	Precedences []precedenceChoice
	To          []choice // empty if there is one other side only
	Receiver    string   // that one other side
	Subject     string
	Text        string
	MaxSubject  int // characters
	MaxText     int // bytes
	Once        string
	More        particulars
	Filling     filling
	Theirs      *theirs         // what stands in the draft, if it is not what was typed
	Late        string          // that it would be late; the same
	Unequal     []template.HTML // ranks that do not fit; the form is sent again to release it all the same
	Looked      string          // for which names that was said
	Former      string          // page of a draft that has ended meanwhile; what was typed is then a new one

	Draft     int64 // 0 if it is not begun
	Enclosing enclosing

	MayWrite bool
	MayAlone bool // release without anybody else; else it goes to review first

	// Errors holds the sentence for each field that was refused, by its name;
	// under "" what concerns no single field.
	Errors map[string]string
}

// theirs is what another has saved while this was typed.
type theirs struct {
	Sentence                         template.HTML
	Word, Channel, To, Subject, Lang string
	Precedence                       office.Precedence
	Paragraphs                       []paragraph
	Mark                             string
	Informed                         template.HTML
	Facts                            []fact
	Filled                           *filledForm
}

type precedenceChoice struct {
	choice
	Precedence office.Precedence
	Within     string // to be acknowledged within this time; empty if no clock is agreed
}

// written is a draft as it was typed, and what is to be done with it.
type written struct {
	people.Content
	id, version int64  // of the draft; 0 if it is not begun
	once        string // key of the form
	do          string // "save", "review", "release", or "form" to fill in another form
}

func (s *site) write(v *visit) error {
	c, err := s.begun(v)
	if err != nil {
		return err
	}
	return s.showWrite(v, http.StatusOK, written{Content: c, once: newKey()}, writePage{})
}

// editDraft shows a draft in the editor to whoever may change it.
func (s *site) editDraft(v *visit) error {
	d, err := s.pathDraft(v)
	if err != nil {
		return err
	}
	if !d.Open() || !v.mayWith(people.ActDraft, d.Precedence(), d.Content.Form.CodeOf()) {
		return v.redirect(draftHref(d.ID))
	}
	return s.showWrite(v, http.StatusOK, written{Content: d.Content, id: d.ID, version: d.Version}, writePage{Saved: v.briefly(d.Changed.At)})
}

// showWrite shows the editor with what was typed. Of the page it takes what is
// to be said beside.
func (s *site) showWrite(v *visit, status int, w written, page writePage) error {
	frame, err := s.frame(v, "write", v.t("write.title"))
	if err != nil {
		return err
	}
	page.Frame, page.Action, page.Once = frame, "/dispatches", w.once
	page.Path = "/dispatches/new"
	page.Version, page.Subject, page.Text = w.version, w.Subject, w.Text
	page.MaxSubject, page.MaxText = office.MaxSubject, office.MaxText
	if w.id != 0 {
		page.Href, page.Action, page.Path = draftHref(w.id), draftHref(w.id), draftHref(w.id)+"/edit"
	}
	if page.More, err = s.particulars(v, w.Content, page.Errors); err != nil {
		return err
	}
	if page.Filling, err = s.filling(v, w.Content, page.Errors); err != nil {
		return err
	}
	page.Draft, page.Enclosing = w.id, v.enclosingOf(w.Enclosures, page.Errors["enclosures"])
	var channels []string
	if v.office.Charter != nil {
		for i, c := range v.office.Charter.Channels {
			chosen := c.ID == w.Channel || w.Channel == "" && i == 0
			channels = append(channels, c.ID)
			page.Channels = append(page.Channels, choice{c.ID, v.channelName(c.ID), lang.Pick(v.tag, c.Purpose), chosen})
			if posts := c.PostsOf(v.side); len(posts) > 0 && !slices.Contains(posts, v.session.Post) {
				page.NotServed = append(page.NotServed, v.t("write.not-served", "channel", v.channelName(c.ID), "post", v.postName(v.side, v.session.Post), "posts", v.postNames(v.side, posts)))
			}
		}
	}
	if page.Suspended, err = s.suspendedNow(v, channels...); err != nil {
		return err
	}
	may := func(act string, p office.Precedence) bool { return v.mayWith(act, p, w.Form.CodeOf()) }
	for _, p := range office.Precedences {
		one := precedenceChoice{Precedence: p, choice: choice{
			Value: string(p), Name: v.t("precedence." + lowerPrecedence(p)),
			Note:   v.t("precedence." + lowerPrecedence(p) + ".for"),
			Chosen: p == cmp.Or(w.Precedence, office.Routine),
		}}
		if clock, ok := v.clock(p); ok && clock.Acknowledge > 0 {
			one.Within = v.t("write.within", "span", v.span(clock.Acknowledge))
			if p != office.Flash && p != office.Immediate && v.hoursSaid() {
				one.Within = v.t("write.within-joint", "span", v.span(clock.Acknowledge))
				if clock.Opening && v.office.Charter.Rules >= fromRules {
					one.Within = v.t("write.within-first-hour", "span", v.span(clock.Acknowledge))
				} else if clock.Opening {
					one.Within = v.t("write.within-opening", "span", v.span(clock.Acknowledge))
				}
			}
		}
		if page.Errors != nil || may(people.ActDraft, p) {
			page.Precedences = append(page.Precedences, one)
		}
		page.MayWrite = page.MayWrite || v.status.Open && may(people.ActDraft, p)
		page.MayAlone = page.MayAlone || may(office.KindDispatch, p) && may(people.ActAlone, p)
	}
	others := v.others()
	if len(others) == 1 {
		page.Receiver = v.sideName(others[0])
	} else {
		for _, id := range others {
			page.To = append(page.To, choice{id, v.sideName(id), "", slices.Contains(w.To, id)})
		}
	}
	return s.render(v, status, "write", page)
}

// postNew begins a draft, or the one that this form has begun already, and does
// with it what the button says.
func (s *site) postNew(v *visit) error { return s.postWritten(v, 0) }

// postDraft saves a draft and does with it what the button says.
func (s *site) postDraft(v *visit) error {
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	return s.postWritten(v, id)
}

func (s *site) postWritten(v *visit, id int64) error {
	w := v.written(id)
	if err := s.typedForm(v, v.r.PostForm, &w); err != nil {
		return err
	}
	if w.do == "form" { // nothing is saved yet: the form comes with its fields
		return s.showWrite(v, http.StatusOK, w, writePage{})
	}
	if chosen := v.r.PostForm.Get("file"); chosen != "" {
		// Without script the browser sends its name alone: it would go missing.
		return s.refuseField(v, w, "enclosures", v.t("enclosure.not-enclosed", "name", chosen))
	}
	d, err := s.keep(v, w)
	if err != nil {
		return s.notKept(v, w, d, err)
	}
	w.id, w.version = d.ID, d.Version
	if field := brokenField(v.r.PostForm); field != "" && w.do != "save" {
		// Browsers send no such thing. The place is marked in what was kept, and is
		// a person's to look at before it goes further.
		return s.refuseField(v, w, field, v.t("void.bad-text", "field", v.t("field."+field)))
	}
	switch w.do {
	case "save":
		if v.wantsJSON() {
			return v.answerJSON(http.StatusOK, saved{Href: draftHref(d.ID), Version: d.Version, Sentence: v.t("write.saved-at", "time", v.now.In(v.zone(v.side)).Format(timeForm))})
		}
		return v.redirect(draftHref(d.ID) + "/edit")
	case "review":
		if len(w.To) == 0 {
			return s.refuseField(v, w, "to", v.t("void.missing", "field", v.t("field.to")))
		}
		if _, err := s.node.People().Submit(v.ctx, v.hand(), d.ID, d.Version); err != nil {
			return s.notDone(v, w, err)
		}
		s.node.TellDraft()
		return v.redirect(draftHref(d.ID))
	}
	if len(w.To) == 0 {
		// The node would take it to mean all; a person must say so.
		return s.refuseField(v, w, "to", v.t("void.missing", "field", v.t("field.to")))
	}
	if refused, err := s.faults(v, w.Content); err != nil {
		return err
	} else if len(refused) > 0 {
		if refused[""] == "" {
			refused[""] = v.t("fill.lacks")
		}
		return s.answerWrite(v, http.StatusUnprocessableEntity, w, writePage{Errors: refused})
	}
	// Ranks that do not fit, and that it is late, are said once, and never hold up what cannot wait.
	late, err := s.contentLate(v, w.Content)
	if err != nil {
		return err
	}
	looked := w.looked(late)
	if w.Precedence != office.Flash && w.Precedence != office.Immediate && v.r.PostForm.Get("looked") != looked {
		unequal, err := s.draftUnequal(v, w.Content)
		if err != nil {
			return err
		}
		if len(unequal) > 0 || late != "" {
			return s.showWrite(v, http.StatusOK, w, writePage{Late: late, Unequal: unequal, Looked: looked, Saved: v.briefly(d.Changed.At)})
		}
	}
	released, err := s.node.Release(v.ctx, v.hand(), d.ID, d.Version, nil)
	if err != nil {
		return s.notDone(v, w, err)
	}
	return v.redirect("/dispatches/" + released.ID.String())
}

// looked names what a warning was said of: the names, and that it would be late.
func (w *written) looked(late string) string {
	looked := w.Name + " / " + w.Attention
	if late != "" {
		looked += " / late"
	}
	return looked
}

// keep saves what was typed before anything else is done with it.
func (s *site) keep(v *visit, w written) (people.Draft, error) {
	if w.id == 0 {
		d, err := s.node.People().NewDraft(v.ctx, v.hand(), cmp.Or(w.once, newKey()), w.Content)
		if err == nil && w.do != "release" {
			s.node.TellDraft()
		}
		return d, err
	}
	return s.node.People().SaveDraft(v.ctx, v.hand(), w.id, w.version, w.Content)
}

// notKept answers what could not be saved: the page holds what was typed and,
// if another has changed the draft, what stands there too.
func (s *site) notKept(v *visit, w written, d people.Draft, err error) error {
	refusal, ok := refusalOf(err)
	if !ok {
		// Whether it was saved is not known; the form comes back.
		reference := s.logFault(v, fmt.Errorf("save a draft: %w", err))
		return s.answerWrite(v, http.StatusInternalServerError, w, writePage{Errors: map[string]string{"": v.t("failure.kept", "reference", reference)}})
	}
	page := writePage{Errors: map[string]string{"": v.refused(refusal)}}
	same := d.ID != 0 && reflect.DeepEqual(d.Content, w.Content)
	switch {
	case refusal.Code == "draft-changed":
		if page.Theirs, err = s.theirs(v, d); err != nil {
			return err
		}
		w.id, w.version = d.ID, d.Version
		return s.answerWrite(v, http.StatusConflict, w, page)
	case refusal.Code == "draft-released" && same && d.Ended.Who == v.session.Account:
		return v.redirect("/dispatches/" + d.Entry.String())
	case (refusal.Code == "draft-released" || refusal.Code == "draft-discarded") && same && !v.wantsJSON():
		return s.showDraft(v, http.StatusUnprocessableEntity, d.ID, draftTyped{Refused: v.refused(refusal)})
	case refusal.Code == "draft-released", refusal.Code == "draft-discarded":
		page.Former = draftHref(d.ID)
		w.id, w.version, w.once = 0, 0, newKey()
	case refusal.Code == "draft-unknown":
		w.id, w.version, w.once = 0, 0, newKey()
	}
	return s.answerWrite(v, http.StatusUnprocessableEntity, w, page)
}

// notDone answers a draft that is saved, but with which nothing more was done.
func (s *site) notDone(v *visit, w written, err error) error {
	refusal, ok := refusalOf(err)
	if ok && (refusal.Code == "draft-changed" || refusal.Code == "draft-released") { // since it was saved
		d, e := s.node.People().Draft(v.ctx, w.id)
		if e != nil {
			return e
		}
		return s.notKept(v, w, d, err)
	}
	if ok {
		return s.refuseField(v, w, fieldOf(refusal), v.refused(refusal))
	}
	// Whether the entry was written is not known yet; the next try finds out.
	reference := s.logFault(v, err)
	return s.refuseField(v, w, "", v.t("failure.kept", "reference", reference))
}

func (s *site) refuseField(v *visit, w written, field, sentence string) error {
	return s.answerWrite(v, http.StatusUnprocessableEntity, w, writePage{Errors: map[string]string{field: sentence}})
}

// answerWrite shows the editor, or says the same to a script that saves.
func (s *site) answerWrite(v *visit, status int, w written, page writePage) error {
	if v.wantsJSON() {
		sentence := page.Errors[""]
		if page.Theirs != nil {
			sentence = v.t("write.conflict")
		}
		return v.answerJSON(status, saved{Sentence: sentence})
	}
	return s.showWrite(v, status, w, page)
}

// saved is what a script that saves is told.
type saved struct {
	Href     string `json:"href,omitempty"` // page of the draft
	Version  int64  `json:"version,omitempty"`
	Sentence string `json:"sentence"`
}

// wantsJSON reports whether a script asks, which shows the answer by itself.
func (v *visit) wantsJSON() bool { return v.r.Header.Get("Accept") == "application/json" }

// answerJSON answers a script.
func (v *visit) answerJSON(status int, answer any) error {
	text, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("answer a script: %w", err)
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	v.w.Write(text) // if it cannot be written, nobody is left to be told
	return nil
}

// written reads the form of a draft.
func (v *visit) written(id int64) written {
	form := v.r.PostForm
	w := written{id: id, once: form.Get("once"), do: cmp.Or(form.Get("do"), "release")}
	w.version, _ = strconv.ParseInt(form.Get("version"), 10, 64) // what is no number is no version of any draft
	w.Channel, w.Precedence = form.Get("channel"), office.Precedence(form.Get("precedence"))
	w.Subject, w.Text = typed(form.Get("subject")), typed(form.Get("text"))
	w.Enclosures = enclosedIn(form)
	w.To = slices.Compact(slices.Sorted(slices.Values(form["to"])))
	if others := v.others(); len(w.To) == 0 && len(others) == 1 {
		w.To = others
	}
	v.typedParticulars(form, &w.Content)
	if len(w.once) > 64 {
		w.once = ""
	}
	return w
}

// theirs is what stands in a draft, to be read beside what was typed.
func (s *site) theirs(v *visit, d people.Draft) (*theirs, error) {
	facts, err := s.contentFacts(v, d.Content)
	if err != nil {
		return nil, err
	}
	filled, err := s.filled(v, d.Content.Form)
	if err != nil {
		return nil, err
	}
	t := &theirs{
		Filled:     filled,
		Sentence:   v.h("write.theirs", "person", v.touched(d.Changed), "time", v.briefly(d.Changed.At)),
		Precedence: d.Precedence(), Word: v.t("precedence." + lowerPrecedence(d.Precedence())),
		Channel: v.channelName(d.Content.Channel), Subject: d.Content.Subject, Lang: textLanguage(d.Content.Subject + d.Content.Text),
		Paragraphs: paragraphs(d.Content.Text), Mark: v.markName(d.Content.Mark), Informed: v.informed(d.Content), Facts: facts,
	}
	if len(v.others()) > 1 {
		t.To = v.sideNames(d.Content.To)
	}
	return t, nil
}

// brokenField names a text of the form that is not UTF-8, such as half of a
// surrogate pair; empty if there is none.
func brokenField(form url.Values) string {
	for _, field := range []string{"subject", "text", "name", "attention", "party", "references"} {
		if !utf8.ValidString(form.Get(field)) {
			return field
		}
	}
	for name, values := range form {
		if strings.HasPrefix(name, fieldPrefix) && !utf8.ValidString(values[0]) {
			return "form"
		}
	}
	return ""
}

// typed takes a text as browsers send it and makes it a text as entries hold it:
// line feeds, and composed characters, since a Hangul syllable can also be
// typed as separate letters that look the same.
func typed(text string) string {
	return norm.NFC.String(strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\ufffd"))
}

// fieldOf names the field of the form that a refusal is about.
func fieldOf(r *node.Refusal) string {
	switch r.Code {
	case office.ChannelUnknown:
		return "channel"
	case office.WrongAddressee, office.AddresseeMissing:
		return "to"
	case office.InfoAboveAction:
		return "info"
	case office.MarkDiffers:
		return "mark"
	case office.DispatchUnknown:
		return "references"
	case "enclosure-not-held", "enclosure-name":
		return "enclosures"
	}
	if strings.HasPrefix(r.Detail["field"], "enclosures") {
		return "enclosures"
	}
	switch field := r.Detail["field"]; field {
	case "channel", "precedence", "subject", "text", "to", "name", "attention", "info", "mark", "releasable", "party", "references":
		return field
	}
	return ""
}

// refusalOf finds the refusal in an error, whoever refused.
func refusalOf(err error) (*node.Refusal, bool) {
	var byNode *node.Refusal
	var byPeople *people.Refusal
	switch {
	case errors.As(err, &byNode):
		return byNode, true
	case errors.As(err, &byPeople):
		return &node.Refusal{Code: byPeople.Code, Detail: byPeople.Detail}, true
	}
	return nil, false
}

// refused puts a refusal into a sentence.
func (v *visit) refused(r *node.Refusal) string {
	if key, ok := lang.RefusalKey(string(r.Code), r.Detail); ok {
		if table, code, cut := strings.Cut(key, "."); cut {
			return v.coded(table, code, r.Detail)
		}
	}
	return v.coded("refused", string(r.Code), r.Detail)
}
