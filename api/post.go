package api

import (
	"fmt"
	"net/http"
	"time"

	"liaison.example/office"
)

func (s *server) posts(w http.ResponseWriter, r *http.Request) error {
	row, err := s.Node.Records().Office(r.Context())
	if err != nil {
		return err
	}
	posts := []Post{}
	if row.Charter == nil {
		return write(w, http.StatusOK, posts)
	}
	for _, side := range row.Charter.Sides {
		rows, err := s.Node.Records().Posts(r.Context(), side.ID)
		if err != nil {
			return err
		}
		for _, p := range rows {
			posts = append(posts, Post{Side: p.Side, Post: p.Post, Name: p.Name, Role: p.Role, Languages: p.Languages, Ended: p.Ended, ID: p.ID})
		}
	}
	return write(w, http.StatusOK, posts)
}

func (s *server) accredit(w http.ResponseWriter, r *http.Request) error {
	var p NewPost
	if err := read(r, &p); err != nil {
		return err
	}
	return s.act(w, r, p.By, office.KindPost, &office.PostBody{Languages: p.Languages, Name: p.Name, Post: p.Post, Role: p.Role})
}

func (s *server) endPost(w http.ResponseWriter, r *http.Request) error {
	var a Act
	if err := read(r, &a); err != nil {
		return err
	}
	return s.act(w, r, a.By, office.KindPostEnd, &office.PostEndBody{Post: r.PathValue("post")})
}

func (s *server) signInLink(w http.ResponseWriter, r *http.Request) error {
	var l NewLink
	if err := read(r, &l); err != nil {
		return err
	}
	valid := DefaultLinkValid
	if l.ValidSeconds != 0 {
		valid = time.Duration(l.ValidSeconds) * time.Second
		if l.ValidSeconds < 0 || l.ValidSeconds > int64(MaxLinkValid/time.Second) {
			return problem(CodeBadRequest, fmt.Sprintf("A sign-in link is valid for at most %d days.", MaxLinkValid/(24*time.Hour)), nil)
		}
	}
	if ok, err := s.accredited(r, l.Post); err != nil {
		return err
	} else if !ok {
		return problem(CodeNotFound, fmt.Sprintf("There is no post %q of this side: \"liaison posts\" lists them.", l.Post), nil)
	}
	token, err := s.Node.People().NewLink(r.Context(), l.Post, valid)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, Link{Post: l.Post, URL: s.SignIn(token), Expires: s.Now().Add(valid).UTC().Truncate(time.Second)})
}

// accredited reports whether the post acts for our side now.
func (s *server) accredited(r *http.Request, post office.Post) (bool, error) {
	rows, err := s.Node.Records().Posts(r.Context(), s.Node.Side())
	if err != nil {
		return false, err
	}
	for _, p := range rows {
		if p.Post == post && !p.Ended {
			return true, nil
		}
	}
	return false, nil
}
