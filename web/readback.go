package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

// readbackPart is what the page of a dispatch shows of its read-backs, beside the
// text itself.
type readbackPart struct {
	Asked      string // of whom it is asked
	Given      []readback
	Open       []openReadback // one for each addressed side, so that the part of a side can change by itself
	Owed       bool           // by our side, and the signed-in post may read it back
	Text       string
	Limit      int
	Dispatch   office.EntryID
	Paragraphs []paragraph
	Lang       string
	Filled     *filledForm
	Subject    string
}

// openReadback is the read-back of a side to which the signed-in post may say something;
// nil if there is none.
type openReadback struct {
	Side office.Side
	One  *readback
}

// readback is what one side has understood, and what was said to it.
type readback struct {
	ID         office.EntryID
	Side, By   string
	At         template.HTML
	Paragraphs []paragraph
	Lang       string
	Shape      string // names the mark of what was said
	State      template.HTML
	Correction []paragraph // what was meant, if it was disputed
	InLang     string      // of that
	MayAnswer  bool
	Text       string // of a dispute, as typed
}

// readbacks lists what the sides have understood of a dispatch; nil if it does not
// ask for that.
func (s *site) readbacks(v *visit, line *records.DispatchLine, page *dispatchPage, refused *refusedAct) (*readbackPart, error) {
	if !line.Readback {
		return nil, nil
	}
	part := &readbackPart{
		Asked: v.sideNames(line.To), Owed: line.OwesReadback(&line.Handling, v.side) && v.may(office.KindReadback, ""), Limit: office.MaxReadback,
		Dispatch: line.ID, Paragraphs: page.Paragraphs, Lang: page.TextLang, Filled: page.Filled, Subject: line.Subject,
	}
	if refused.Readback == nil {
		part.Text = refused.Text
	}
	list, err := s.node.Records().Readbacks(v.ctx, line.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		r := &list[i]
		one := readback{
			ID: r.ID, Side: v.sideName(r.Side), By: v.officer(r.Side, r.By), At: v.briefly(fromMillis(r.At)), Paragraphs: unnumbered(r.Text), Lang: textLanguage(r.Text),
			Shape: "waits", State: v.h("readback.waits", "side", v.sideName(line.From)),
		}
		if a := r.Answer; a != nil {
			one.Shape, one.Correction, one.InLang = "done", unnumbered(a.Text), textLanguage(a.Text)
			if a.Answer == office.ReadbackDispute {
				one.Shape = "unequal"
			}
			one.State = v.h("readback.was-"+string(a.Answer), "officer", v.officer(line.From, a.By), "time", v.briefly(fromMillis(a.At)))
		} else {
			one.MayAnswer = line.From == v.side && v.may(office.KindReadbackReply, "")
		}
		if refused.Readback != nil && *refused.Readback == r.ID {
			one.Text = refused.Text
		}
		part.Given = append(part.Given, one)
	}
	for _, to := range line.To {
		open := openReadback{Side: to}
		for i := range part.Given {
			if list[i].Side == to && part.Given[i].MayAnswer {
				open.One = &part.Given[i]
			}
		}
		part.Open = append(part.Open, open)
	}
	return part, nil
}

// unnumbered are the paragraphs of a text that nobody cites by number.
func unnumbered(text string) []paragraph {
	list := paragraphs(text)
	for i := range list {
		list[i].Number = 0
	}
	return list
}

// readbackSteps are the rungs of the ladder for the read-backs of an addressed side.
func (v *visit) readbackSteps(line *records.DispatchLine, list []office.Readback, to office.Side) (steps []step) {
	if !line.Readback {
		return nil
	}
	proofs := func(id office.EntryID) []proofLink {
		return []proofLink{
			{fmt.Sprintf("/record/%s", id), v.t("ladder.entry", "id", id), false},
			{fmt.Sprintf("/proof/%s", id), v.t("ladder.proof"), true},
		}
	}
	for i := range list {
		r := &list[i]
		if r.Side != to {
			continue
		}
		steps = append(steps, step{Shape: "done", Title: v.h("readback.given"), By: v.officer(to, r.By), Clocks: v.clocks(fromMillis(r.At)), Proofs: proofs(r.ID), Of: r.ID, At: r.At})
		if a := r.Answer; a != nil {
			steps = append(steps, step{
				Shape: "done", Title: v.h("readback." + string(a.Answer)), By: v.officer(line.From, a.By), Clocks: v.clocks(fromMillis(a.At)), Proofs: proofs(a.ID), Of: a.ID, At: a.At,
			})
			continue
		}
		steps = append(steps, step{Shape: "open", Title: v.h("readback.not-answered", "side", v.sideName(line.From))})
	}
	if !line.OwesReadback(&line.Handling, to) {
		return steps
	}
	one := step{Shape: "open", Title: v.h("readback.owed", "side", v.sideName(to))}
	if due, late, ok := v.readbackDue(line, to); late {
		one.Shape = "late"
		one.Notes = []template.HTML{v.h("ladder.overdue", "time", v.briefly(due), "age", v.age(due))}
	} else if ok {
		one.Notes = []template.HTML{v.h("ladder.due", "time", v.briefly(due), "left", v.left(due))}
	}
	return append(steps, one)
}

// postReadback writes what a person of ours has understood of a dispatch.
func (s *site) postReadback(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	text := typed(v.r.PostForm.Get("text"))
	return s.writeReadback(v, id, refusedAct{Text: text}, office.KindReadback, &office.ReadbackBody{Dispatch: id, Text: text})
}

// postReadbackAnswer confirms or disputes a read-back of a dispatch of ours.
func (s *site) postReadbackAnswer(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	readback, found, err := s.node.Records().Readback(v.ctx, id)
	if err != nil {
		return err
	}
	if !found {
		return errNothingHere
	}
	body := &office.ReadbackAnswerBody{Answer: office.ReadbackWord(v.r.PostForm.Get("answer")), Readback: id}
	if body.Answer == office.ReadbackDispute {
		body.Text = typed(v.r.PostForm.Get("text"))
	}
	return s.writeReadback(v, readback.Dispatch, refusedAct{Readback: &id, Text: body.Text}, office.KindReadbackReply, body)
}

// writeReadback writes an act about a read-back and shows the dispatch again, with
// what was typed if it was refused.
func (s *site) writeReadback(v *visit, dispatch office.EntryID, was refusedAct, kind string, body any) error {
	_, err := s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: kind, Body: body})
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		was.Sentence = v.refused(refusal)
		return s.showDispatch(v, http.StatusUnprocessableEntity, dispatch, was)
	}
	if err != nil {
		return fmt.Errorf("%s of %s: %w", kind, dispatch, err)
	}
	return v.redirect("/dispatches/" + dispatch.String() + "#readbacks")
}
