package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"liaison.example/office"
	"liaison.example/people"
)

// draftPage is a draft as it would go out, with what our own side has said and
// done about it.
type draftPage struct {
	Frame
	Href       string
	Version    int64
	State      draftState
	Line       listLine // of the dispatch that it would be
	To         string
	TextLang   string
	Enclosed   []enclosedFile
	Paragraphs []paragraph
	Mark       string // in words; empty if it is meant in earnest
	Facts      []fact
	Filled     *filledForm
	Informed   template.HTML // who it goes to for information; empty if to nobody
	Missing    string        // what keeps it from being released as it stands; empty if nothing does
	Drafted    template.HTML
	Changed    template.HTML // empty if that was when it was begun
	Approved   template.HTML // empty if it is not
	Ended      template.HTML // empty if it is open
	Entry      string        // page of the dispatch that it became
	Steps      []draftStep
	Unequal    []template.HTML // ranks that do not fit, by our table
	Alone      bool            // the reader would have to release it alone, and may not
	Receiver   string

	MayEdit, MaySubmit, MayWithdraw, MayApprove, MayReturn, MayRelease, Open bool

	draftTyped
}

// draftTyped is what was typed and refused on the page of a draft.
type draftTyped struct {
	Refused         string
	Comment, Reason string
}

// draftState is where a draft stands, as a shape and in words.
type draftState struct{ Shape, Words string }

// draftStep is one step on the way of a draft.
type draftStep struct {
	Shape, Title, By, Words, Lang string
	At                            template.HTML
}

func draftHref(id int64) string { return fmt.Sprintf("/drafts/%d", id) }

// hand is who acts on a draft.
func (v *visit) hand() people.Hand {
	row, ok := v.post(v.side, v.session.Post)
	if !ok || row.Ended {
		row.Role = "" // which may nothing
	}
	return people.Hand{By: v.by(), Post: v.session.Post, Role: row.Role}
}

// maySeeDrafts reports whether drafts are any business of the signed-in post.
func (v *visit) maySeeDrafts() bool {
	return v.mayAny(people.ActDraft) || v.mayAny(people.ActReview) || v.mayAny(office.KindDispatch)
}

// pathDraft reads the draft that the path names, for whom it is any business.
func (s *site) pathDraft(v *visit) (people.Draft, error) {
	id, err := v.pathNumber()
	if err != nil {
		return people.Draft{}, err
	}
	if !v.maySeeDrafts() {
		return people.Draft{}, errNotYours
	}
	return s.readDraft(v, id)
}

func (s *site) readDraft(v *visit, id int64) (people.Draft, error) {
	d, err := s.node.Draft(v.ctx, id)
	var refused *people.Refusal
	if errors.As(err, &refused) {
		return d, errNothingHere
	}
	return d, err
}

func (s *site) draft(v *visit) error {
	d, err := s.pathDraft(v)
	if err != nil {
		return err
	}
	return s.showDraft(v, http.StatusOK, d.ID, draftTyped{})
}

func (s *site) showDraft(v *visit, status int, id int64, typed draftTyped) error {
	d, err := s.readDraft(v, id)
	if err != nil {
		return err
	}
	steps, err := s.node.People().Steps(v.ctx, id)
	if err != nil {
		return err
	}
	frame, err := s.frame(v, "drafts", v.t("draft.title", "number", id))
	if err != nil {
		return err
	}
	frame.Path = draftHref(id)
	h := v.hand()
	may := func(act string) bool { return v.mayWith(act, d.Precedence(), d.Content.Form.CodeOf()) }
	page := draftPage{
		Frame: frame, Href: draftHref(id), Version: d.Version, State: v.draftState(&d), Line: v.draftLine(&d).listLine,
		To: v.sideNames(d.Content.To), TextLang: textLanguage(d.Content.Text), Paragraphs: paragraphs(d.Content.Text),
		Enclosed: v.draftFiles(draftHref(id), d.Content.Enclosures),
		Drafted:  v.signed(d.Drafted), draftTyped: typed, Open: d.Open(),
		MayEdit:     d.Open() && may(people.ActDraft),
		MaySubmit:   (d.State == people.Drafting || d.State == people.Returned) && may(people.ActDraft),
		MayWithdraw: d.State == people.InReview && may(people.ActDraft) && d.Drafted.Who == h.Who,
		MayApprove:  d.State == people.InReview && may(people.ActReview) && d.Changed.Who != h.Who && d.Approved.Who != h.Who,
		MayReturn:   d.State == people.InReview && may(people.ActReview) && d.Drafted.Who != h.Who,
	}
	page.Mark, page.Informed = v.markName(d.Content.Mark), v.informed(d.Content)
	if page.Facts, err = s.contentFacts(v, d.Content); err != nil {
		return err
	}
	if page.Filled, err = s.filled(v, d.Content.Form); err != nil {
		return err
	}
	if page.Filled != nil && d.Open() {
		if page.Filled.Late, err = s.contentLate(v, d.Content); err != nil {
			return err
		}
	}
	if d.Changed != d.Drafted {
		page.Changed = v.signed(d.Changed)
	}
	if d.Approved.Who != "" {
		page.Approved = v.signed(d.Approved)
	}
	if d.Ended.Who != "" {
		page.Ended = v.signed(d.Ended)
	}
	if d.Entry.Side != "" {
		page.Entry = "/dispatches/" + d.Entry.String()
	}
	if page.Open {
		if page.Unequal, err = s.draftUnequal(v, d.Content); err != nil {
			return err
		}
		if page.Missing, err = s.missing(v, d.Content); err != nil {
			return err
		}
	}
	if d.Open() && may(office.KindDispatch) {
		page.Alone = !may(people.ActAlone) && !d.SecondPerson(h.Who)
		page.MayRelease = !page.Alone
	}
	if others := v.others(); len(others) == 1 {
		page.Receiver = v.sideName(others[0])
	}
	for _, step := range steps {
		page.Steps = append(page.Steps, v.draftStep(step))
	}
	return s.render(v, status, "draft", page)
}

// missing says what the rules would say first against a draft as it stands, and
// all that its form lacks.
func (s *site) missing(v *visit, c people.Content) (string, error) {
	body, err := c.Body()
	if refusal, ok := refusalOf(err); ok {
		return v.refused(refusal), nil
	}
	body.Number = 1 // the node gives it
	encoded, err := office.Encode(body)
	if err != nil {
		return v.t("void.bad-text", "field", v.t("field.text")), nil
	}
	if verdict := office.Check(office.KindDispatch, encoded); !verdict.Done() {
		return v.coded("void", string(verdict.Void), verdict.Detail), nil
	}
	faults, err := s.faults(v, c)
	var said []string
	for _, name := range sortedKeys(faults) {
		said = append(said, faults[name])
	}
	return strings.Join(said, " "), err
}

// touched names who has done something: the person, and the post for which they
// acted.
func (v *visit) touched(t people.Touch) string {
	name := t.Person
	if name == "" {
		name = t.Who
	}
	if post := v.postName(v.side, t.Post); t.Post != "" && post != name && t.Post != name {
		name += " (" + post + ")"
	} else if t.Post == name {
		name = post
	}
	return name
}

// signed says who has done something, and when.
func (v *visit) signed(t people.Touch) template.HTML {
	return v.h("draft.signed", "person", v.touched(t), "time", v.briefly(t.At))
}

func (v *visit) draftState(d *people.Draft) draftState {
	shape := "open"
	switch {
	case d.State == people.InReview && d.Approved.Who != "":
		return draftState{"acknowledged", v.t("draft-state.approved")}
	case d.State == people.InReview:
		shape = "waits"
	case d.State == people.Returned:
		shape = "late"
	case d.State == people.Releasing:
		shape = "queued"
	case d.State == people.Released:
		shape = "done"
	case d.State == people.Discarded:
		shape = "void"
	}
	return draftState{shape, v.t("draft-state." + string(d.State))}
}

func (v *visit) draftStep(s people.Step) draftStep {
	shape := map[people.StepName]string{
		people.StepSubmitted: "waits", people.StepWithdrawn: "open", people.StepApproved: "acknowledged", people.StepReturned: "late",
		people.StepComment: "routine",
	}[s.What]
	return draftStep{
		Shape: shape, Title: v.t("draft-step." + string(s.What)), By: v.touched(s.Touch), Words: s.Words, Lang: textLanguage(s.Words),
		At: v.briefly(s.At),
	}
}

// draftAct is something that a button on the page of a draft does with the
// version that the reader has seen.
type draftAct func(p *people.People, ctx context.Context, h people.Hand, id, version int64) (people.Draft, error)

// onDraft lets a button act on a draft. What was typed comes back with a refusal.
func onDraft(act func(v *visit) draftAct) func(s *site, v *visit) error {
	return func(s *site, v *visit) error {
		d, err := s.pathDraft(v)
		if err != nil {
			return err
		}
		version, _ := strconv.ParseInt(v.r.PostFormValue("version"), 10, 64) // what is no number is no version of any draft
		_, err = act(v)(s.node.People(), v.ctx, v.hand(), d.ID, version)
		if err != nil {
			return s.draftRefused(v, d.ID, err)
		}
		s.node.TellDraft()
		return v.redirect(draftHref(d.ID))
	}
}

// draftRefused shows the page of a draft with the sentence for a refusal.
func (s *site) draftRefused(v *visit, id int64, err error) error {
	refusal, ok := refusalOf(err)
	if !ok {
		return err
	}
	return s.showDraft(v, http.StatusUnprocessableEntity, id, draftTyped{
		Refused: v.refused(refusal), Comment: v.r.PostFormValue("comment"), Reason: v.r.PostFormValue("reason"),
	})
}

var (
	postSubmit   = onDraft(func(*visit) draftAct { return (*people.People).Submit })
	postWithdraw = onDraft(func(*visit) draftAct { return (*people.People).Withdraw })
	postApprove  = onDraft(func(*visit) draftAct { return (*people.People).Approve })
	postDiscard  = onDraft(func(*visit) draftAct { return (*people.People).Discard })
	postReturn   = onDraft(func(v *visit) draftAct {
		reason := typed(v.r.PostFormValue("reason"))
		return func(p *people.People, ctx context.Context, h people.Hand, id, version int64) (people.Draft, error) {
			return p.Return(ctx, h, id, version, reason)
		}
	})
	postComment = onDraft(func(v *visit) draftAct {
		comment := typed(v.r.PostFormValue("comment"))
		return func(p *people.People, ctx context.Context, h people.Hand, id, _ int64) (people.Draft, error) {
			return p.Comment(ctx, h, id, comment)
		}
	})
)

// postRelease releases a draft as the reader has seen it.
func (s *site) postRelease(v *visit) error {
	d, err := s.pathDraft(v)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(v.r.PostFormValue("version"), 10, 64) // what is no number is no version of any draft
	released, err := s.node.Release(v.ctx, v.hand(), d.ID, version, nil)
	if err != nil {
		return s.draftRefused(v, d.ID, err)
	}
	return v.redirect("/dispatches/" + released.ID.String())
}
