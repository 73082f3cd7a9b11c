package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// What the sides write of a dispatch after its release, besides acknowledging
// it: holding replies, answers, closings, and dispatches that mend it.

// citation is a link to another dispatch, in words.
type citation struct {
	Href, Name string
	Subject    string
	Lang       string
}

// cite puts the id of a dispatch into a link. One that is not in the records
// is named by its id.
func (s *site) cite(v *visit, id office.EntryID) (citation, error) {
	line, found, err := s.node.Records().Dispatch(v.ctx, id)
	if err != nil {
		return citation{}, fmt.Errorf("read dispatch %s: %w", id, err)
	}
	if !found {
		return citation{Href: "/record/" + id.String(), Name: id.String()}, nil
	}
	return citation{
		Href: "/dispatches/" + id.String(), Name: v.t("dispatch.title", "number", line.Number, "side", v.sideName(line.From)),
		Subject: line.Subject, Lang: textLanguage(line.Subject),
	}, nil
}

// link writes a citation as HTML.
func (c citation) link() template.HTML {
	return template.HTML(fmt.Sprintf(`<a href="%s">%s</a>`, template.HTMLEscapeString(c.Href), template.HTMLEscapeString(c.Name)))
}

// notice says at the head of a dispatch what has become of it.
type notice struct {
	Shape    string
	Sentence template.HTML
}

// notices says which dispatches point back to this one, and whether its text
// still stands.
func (s *site) notices(v *visit, line *records.DispatchLine) (notices []notice, struck bool, err error) {
	for _, r := range line.Handling.Relations {
		by, err := s.cite(v, r.ID)
		if err != nil {
			return nil, false, err
		}
		shape := "void"
		if !r.Kind.OfOwn() {
			shape = "waits"
		}
		struck = struck || r.Kind.OfOwn()
		notices = append(notices, notice{shape, v.h("handling."+string(r.Kind), "dispatch", by.link(), "time", v.briefly(fromMillis(r.At)))})
	}
	return notices, struck, nil
}

// fact is one line of what a dispatch says of itself.
type fact struct {
	Name  string
	Value template.HTML
	Lang  string // of the value, if it is the writer's text
}

// facts lists what a dispatch says of itself beyond what all have.
func (s *site) facts(v *visit, d *office.Dispatch) ([]fact, error) {
	var facts []fact
	text := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{v.t("dispatch." + name), template.HTML(template.HTMLEscapeString(value)), textLanguage(value)})
		}
	}
	links := func(name string, ids ...office.EntryID) error {
		var list []string
		for _, id := range ids {
			r, err := s.cite(v, id)
			if err != nil {
				return err
			}
			list = append(list, string(r.link()))
		}
		if len(list) > 0 {
			facts = append(facts, fact{Name: v.t("dispatch." + name), Value: template.HTML(strings.Join(list, ", "))})
		}
		return nil
	}
	text("name", v.named(d.Name))
	text("attention", v.named(d.Attention))
	if d.Relation != nil {
		if err := links(string(d.Relation.Kind)+"-of", d.Relation.Dispatch); err != nil {
			return nil, err
		}
	}
	if d.Reply != nil {
		if err := links("reply", *d.Reply); err != nil {
			return nil, err
		}
	}
	if d.Answer != "" && d.Reply != nil {
		answer, err := s.answerTo(v, *d.Reply, d.Answer)
		if err != nil {
			return nil, err
		}
		facts = append(facts, fact{Name: v.t("fill.answer"), Value: template.HTML(template.HTMLEscapeString(answer))})
	}
	if d.Tender != nil {
		tender, err := s.tenderFact(v, d)
		if err != nil {
			return nil, err
		}
		facts = append(facts, tender)
	}
	if d.Readback {
		facts = append(facts, fact{Name: v.t("dispatch.readback"), Value: v.h("readback.asked")})
	}
	if err := links("references", d.References...); err != nil {
		return nil, err
	}
	if d.Releasable != "" {
		facts = append(facts, fact{Name: v.t("dispatch.releasable"), Value: v.h("releasable."+string(d.Releasable), "party", v.named(d.Party))})
	}
	return facts, nil
}

// handlingSteps are the rungs of the ladder for what an addressed side has
// written of a dispatch.
func (s *site) handlingSteps(v *visit, line *records.DispatchLine, to office.Side) (steps []step, err error) {
	proofs := func(id office.EntryID) []proofLink {
		return []proofLink{
			{fmt.Sprintf("/record/%s", id), v.t("ladder.entry", "id", id), false},
			{fmt.Sprintf("/proof/%s", id), v.t("ladder.proof"), true},
		}
	}
	answered := slices.ContainsFunc(line.Handling.Answered, func(a office.Answer) bool { return a.Side == to })
	for _, c := range line.Handling.Considers {
		if c.Side != to {
			continue
		}
		one := step{
			Shape: "done", Title: v.h("ladder.considered"), By: v.officer(to, c.By), Clocks: v.clocks(fromMillis(c.At)), Proofs: proofs(c.ID), Of: c.ID, At: c.At,
			Notes: []template.HTML{v.h("ladder.until", "time", v.briefly(fromMillis(c.Until)))},
		}
		if until := fromMillis(c.Until); !answered && v.now.After(until) {
			one.Shape = "late"
			one.Notes = []template.HTML{v.h("ladder.overdue", "time", v.briefly(until), "age", v.age(until))}
		}
		steps = append(steps, one)
	}
	for _, a := range line.Handling.Answered {
		if a.Side == to {
			by, err := s.cite(v, a.ID)
			if err != nil {
				return nil, err
			}
			one := step{Shape: "done", Title: v.h("ladder.answered", "dispatch", by.link()), Clocks: v.clocks(fromMillis(a.At)), Proofs: proofs(a.ID), Of: a.ID, At: a.At}
			if a.Answer != "" {
				answer, err := s.answerName(v, &line.Dispatch, a.Answer)
				if err != nil {
					return nil, err
				}
				one.Notes = []template.HTML{v.h("fill.answered", "answer", answer)}
			}
			steps = append(steps, one)
		}
	}
	for _, c := range line.Handling.Closed {
		if c.Side == to {
			steps = append(steps, step{
				Shape: "done", Title: v.h("ladder.closed", "side", v.sideName(c.Side)), By: v.officer(c.Side, c.By),
				Clocks: v.clocks(fromMillis(c.At)), Proofs: proofs(c.ID), Of: c.ID, At: c.At,
			})
		}
	}
	return steps, nil
}

// handlingOffer is what the reader may do with a dispatch beside acknowledging it.
type handlingOffer struct {
	Reply, Consider, Close bool
	Mend                   []choice // ways to mend a dispatch of our own, with their addresses
	Until                  string   // of the holding reply, as typed
	Example                string   // of a time
}

// offers finds out what the signed-in post may do with a dispatch.
func (v *visit) offers(line *records.DispatchLine) handlingOffer {
	var o handlingOffer
	if v.office.Charter == nil || v.office.Charter.Rules < 2 {
		return o
	}
	d, h := &line.Dispatch, &line.Handling
	write := v.may(people.ActDraft, d.Precedence)
	addressed := slices.Contains(d.To, v.side)
	answered := slices.ContainsFunc(h.Answered, func(a office.Answer) bool { return a.Side == v.side })
	closed := slices.ContainsFunc(h.Closed, func(c office.Closing) bool { return c.Side == v.side })
	o.Reply = write && d.Concerns(v.side) && d.From != v.side
	o.Consider = addressed && !answered && !closed && v.may(office.KindConsider, "")
	o.Close = (addressed || d.From == v.side) && !closed && v.may(office.KindClose, "")
	o.Example = v.now.Add(24 * time.Hour).Truncate(time.Hour).In(v.zone(v.side)).Format(untilForm)
	_, withdrawn := h.Withdrawn()
	for _, kind := range office.RelationKinds {
		if write && kind.OfOwn() == (d.From == v.side) && d.Concerns(v.side) && !(withdrawn && kind.OfOwn()) {
			o.Mend = append(o.Mend, choice{Value: fmt.Sprintf("/dispatches/new?relation=%s&dispatch=%s", kind, d.ID), Name: v.t("handling.do-" + string(kind))})
		}
	}
	return o
}

// untilForm is how a person writes until when a dispatch is under
// consideration, in the zone of our side.
const untilForm = "2006-01-02 15:04"

func (s *site) postConsider(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(v.r.PostForm.Get("until"))
	until, err := time.ParseInLocation(untilForm, typed, v.zone(v.side))
	if err != nil {
		return s.showDispatch(v, http.StatusUnprocessableEntity, id, refusedAct{Until: typed, Sentence: v.t("handling.not-a-time", "text", shorten(typed, 40))})
	}
	body := &office.ConsiderBody{Dispatch: id, Until: office.MinuteOf(until.UnixMilli())}
	return s.handle(v, id, office.KindConsider, body, typed)
}

func (s *site) postClose(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	return s.handle(v, id, office.KindClose, &office.CloseBody{Dispatch: id}, "")
}

// handle writes an act about a dispatch and shows it again, with the sentence if
// it was refused.
func (s *site) handle(v *visit, id office.EntryID, kind string, body any, until string) error {
	_, err := s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: kind, Body: body})
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		return s.showDispatch(v, http.StatusUnprocessableEntity, id, refusedAct{Until: until, Sentence: v.refused(refusal)})
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return v.redirect("/dispatches/" + id.String())
}

// refusedAct is why what a person did with a dispatch was refused, and what was
// typed.
type refusedAct struct {
	Sentence string
	Until    string
	Readback *office.EntryID // the read-back that was to be answered; nil for any other act
	Text     string          // of a read-back, or of what is said to one
}

// markName puts the mark of a dispatch into words, empty if it is meant in
// earnest.
func (v *visit) markName(m office.Mark) string {
	if _, known := lang.Lookup("mark." + string(m)); m == "" || !known {
		return ""
	}
	return v.t("mark." + string(m))
}
