package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"liaison.example/people"
)

// A person keeps what the list is asked for under a name. The views stand above
// the list, for that account alone.

// viewLine is one view above the list.
type viewLine struct {
	Name, Href string
	Here       bool // it is what is shown
	First      bool
}

// viewsOf lists the views of the person who asks.
func (s *site) viewsOf(v *visit, asked *asked) (lines []viewLine, err error) {
	views, err := s.node.People().Views(v.ctx, v.session.Account)
	if err != nil {
		return nil, err
	}
	for i, view := range views {
		href := "/?" + view.Query
		lines = append(lines, viewLine{view.Name, href, href == asked.address(""), i == 0})
	}
	return lines, nil
}

func (s *site) postView(v *visit) error {
	asked := askIn(v.r.PostForm)
	name := strings.TrimSpace(v.r.PostForm.Get("name"))
	_, query, some := strings.Cut(asked.address(""), "?")
	if !asked.sane() || !some || asked.refused(v) != "" {
		return errNothingHere
	}
	err := s.node.People().KeepView(v.ctx, v.session.Account, people.View{Name: name, Query: query})
	if refused, is := errors.AsType[*people.Refusal](err); is {
		return s.showList(v, http.StatusUnprocessableEntity, asked, refusedView{name, v.coded("refused", string(refused.Code), refused.Detail)})
	}
	if err != nil {
		return fmt.Errorf("keep a view: %w", err)
	}
	return v.redirect(asked.address(""))
}

func (s *site) postRaiseView(v *visit) error {
	if err := s.node.People().RaiseView(v.ctx, v.session.Account, v.r.PostForm.Get("name")); err != nil {
		return err
	}
	return v.redirect(v.back())
}

func (s *site) postDropView(v *visit) error {
	if err := s.node.People().DropView(v.ctx, v.session.Account, v.r.PostForm.Get("name")); err != nil {
		return err
	}
	return v.redirect(v.back())
}

// refusedView is a name that a view could not be kept under, and why.
type refusedView struct{ Name, Sentence string }
