package api

import (
	"net/http"
	"slices"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// formStates is what a list of forms can be asked for.
var formStates = []string{office.FormOpen, office.FormInForce, office.FormSucceeded, office.FormReplaced}

func formShape(f *office.FormRow) FormStanding {
	return FormStanding{
		ID: f.ID, Hash: f.Hash, Replaces: f.Replaces, By: f.By, At: moment(f.At), Note: f.Note, State: f.State,
		Agreed: f.Agreed, Since: f.Since, Form: f.Form,
	}
}

func (s *server) forms(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	filter := records.FormFilter{State: query.Get("state"), Code: query.Get("code"), Limit: limit}
	if filter.State != "" && !slices.Contains(formStates, filter.State) {
		return notOneOf("state", filter.State, formStates)
	}
	if filter.Code != "" && !office.ValidName(filter.Code) {
		return refusal(office.BadName, map[string]string{"field": "code", "value": clip(filter.Code)})
	}
	if filter.After, err = readCursor("forms", query); err != nil {
		return err
	}
	list, more, err := s.Node.Records().Forms(r.Context(), filter)
	if err != nil {
		return err
	}
	page := FormPage{Forms: []FormStanding{}}
	for i := range list {
		page.Forms = append(page.Forms, formShape(&list[i]))
	}
	if more {
		page.Next = cursor("forms", list[len(list)-1].Hash)
	}
	return write(w, http.StatusOK, page)
}

func (s *server) form(w http.ResponseWriter, r *http.Request) error {
	hash := r.PathValue("hash")
	row, found, err := s.Node.Records().Form(r.Context(), hash)
	if err != nil {
		return err
	}
	if !found {
		return problem(CodeNotFound, "form", "hash", clip(hash))
	}
	return write(w, http.StatusOK, formShape(&row))
}

func (s *server) proposeForm(w http.ResponseWriter, r *http.Request) error {
	var n NewForm
	if err := read(r, &n); err != nil {
		return err
	}
	if n.Form == nil {
		return problem(CodeBadRequest, "form-missing")
	}
	inForce, _, err := s.Node.Records().InForceForm(r.Context(), n.Form.Code)
	if err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindProposeForm, &office.ProposeFormBody{Form: n.Form, Note: n.Note, Replaces: inForce.Hash})
}

func (s *server) agreeToForm(w http.ResponseWriter, r *http.Request) error {
	var a Act
	if err := read(r, &a); err != nil {
		return err
	}
	hash := r.PathValue("hash")
	if _, found, err := s.Node.Records().Form(r.Context(), hash); err != nil {
		return err
	} else if !found {
		return problem(CodeNotFound, "form", "hash", clip(hash))
	}
	return s.act(w, r, a.By, office.KindAgreeForm, &office.AgreeFormBody{Hash: hash})
}

// content makes of what was sent the content of a draft. The form that it names by
// its code alone is the one in force: what is reviewed does not change by itself.
func (s *server) content(r *http.Request, c DraftContent) (people.Content, error) {
	if c.Form == nil || c.Form.Hash != "" {
		return people.Content(c), nil
	}
	inForce, found, err := s.Node.Records().InForceForm(r.Context(), c.Form.Code)
	if err == nil && !found {
		err = refusal(office.FormUnknown, nil)
	}
	form := *c.Form
	form.Hash, c.Form = inForce.Hash, &form
	return people.Content(c), err
}

// late says that a filled form was released at a moment, in milliseconds, later than
// it says; nil if it was not.
func late(f *office.Form, filled *office.Filled, at int64) *Late {
	lead, ok := f.Lead(filled)
	before, is := lead.Before(at)
	if !ok || !is {
		return nil
	}
	return &Late{Field: f.Ahead.Field, Moment: moment(lead.Moment), BeforeMS: before, Agreed: lead.Release}
}
