package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

func (s *server) views(w http.ResponseWriter, r *http.Request) error {
	who, err := s.atDesk(r)
	if err != nil {
		return err
	}
	return s.writeViews(w, r, who)
}

// writeViews answers with the views as they stand.
func (s *server) writeViews(w http.ResponseWriter, r *http.Request, who string) error {
	list, err := s.Node.People().Views(r.Context(), who)
	if err != nil {
		return err
	}
	answer := ViewList{Views: []View{}}
	for _, one := range list {
		answer.Views = append(answer.Views, View(one))
	}
	return write(w, http.StatusOK, answer)
}

func (s *server) keepView(w http.ResponseWriter, r *http.Request) error {
	who, err := s.atDesk(r)
	if err != nil {
		return err
	}
	var v View
	if err := read(r, &v); err != nil {
		return err
	}
	query, err := viewQuery(v.Query)
	if err != nil {
		return err
	}
	if err := s.Node.People().KeepView(r.Context(), who, people.View{Name: strings.TrimSpace(v.Name), Query: query}); err != nil {
		return err
	}
	return s.writeViews(w, r, who)
}

// viewQuery reads what a view asks the list for, and writes it as the pages do. What
// the list would not understand is refused.
func viewQuery(text string) (string, error) {
	asked, err := url.ParseQuery(strings.TrimPrefix(text, "?"))
	if err != nil {
		return "", problem(CodeBadRequest, "query")
	}
	choice := url.Values{}
	for name, values := range asked {
		value := strings.TrimSpace(values[0])
		known, fine := true, readable(value) && len(values) == 1
		switch name {
		case "q":
			if _, err := records.ParseSearch(value); err != nil {
				if search, is := errors.AsType[*records.SearchError](err); is {
					return "", refusal(office.Reason(search.Code), nil)
				}
				return "", err
			}
		case "from", "channel", "form":
			fine = fine && office.ValidName(value)
		case "precedence":
			fine = fine && slices.Contains(office.Precedences, office.Precedence(value))
		case "state":
			fine = fine && slices.Contains(records.States, records.State(value))
		case "mark":
			fine = fine && slices.Contains(records.Marks, office.Mark(value))
		case "since", "until":
			_, err := time.Parse(time.DateOnly, value)
			fine = fine && err == nil
		default:
			known = false
		}
		switch {
		case !known:
			return "", problem(CodeBadRequest, "query-unknown", "name", clip(name))
		case !fine:
			return "", problem(CodeBadRequest, "view-value", "name", name, "value", clip(value))
		case value != "":
			choice.Set(name, value)
		}
	}
	if len(choice) == 0 {
		return "", problem(CodeBadRequest, "view-empty")
	}
	return choice.Encode(), nil
}

// viewAct makes the handler for what is done with a view that there is.
func viewAct(do func(ctx context.Context, p *people.People, account, name string) error) handler {
	return func(s *server, w http.ResponseWriter, r *http.Request) error {
		who, err := s.atDesk(r)
		if err != nil {
			return err
		}
		name := r.PathValue("view")
		list, err := s.Node.People().Views(r.Context(), who)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(v people.View) bool { return v.Name == name }) {
			return problem(CodeNotFound, "view", "name", clip(name))
		}
		if err := do(r.Context(), s.Node.People(), who, name); err != nil {
			return err
		}
		return s.writeViews(w, r, who)
	}
}
