package api

import (
	"net/http"
	"strconv"
	"time"

	"liaison.example/office"
)

func (s *server) posts(w http.ResponseWriter, r *http.Request) error {
	row, err := s.Node.Records().OfficeAt(r.Context(), s.Now())
	if err != nil {
		return err
	}
	var posts []Post
	var sides []office.CharterSide
	if row.Charter != nil {
		sides = row.Charter.Sides
	}
	for _, side := range sides {
		rows, err := s.Node.Records().Posts(r.Context(), side.ID)
		if err != nil {
			return err
		}
		for _, p := range rows {
			posts = append(posts, Post{Side: p.Side, Post: p.Post, Name: p.Name, Role: p.Role, Languages: p.Languages, Ended: p.Ended, ID: p.ID})
		}
	}
	page, next, err := paged(r, "posts", posts, func(p *Post) string { return p.Side + "/" + p.Post })
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, PostPage{Posts: page, Next: next})
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
	post := r.PathValue("post")
	if !office.ValidName(post) {
		return noPost(post)
	}
	return s.act(w, r, a.By, office.KindPostEnd, &office.PostEndBody{Post: post})
}

func (s *server) signInLink(w http.ResponseWriter, r *http.Request) error {
	var l NewLink
	if err := read(r, &l); err != nil {
		return err
	}
	valid, err := linkValid(l.ValidSeconds)
	if err != nil {
		return err
	}
	if ok, err := s.accredited(r, l.Post); err != nil {
		return err
	} else if !ok {
		return noPost(l.Post)
	}
	token, err := s.Node.People().NewLink(r.Context(), l.Post, valid)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, Link{Account: l.Post, Post: l.Post, URL: s.SignIn(token), Expires: s.Now().Add(valid).UTC().Truncate(time.Second)})
}

// linkValid reads how long a sign-in link is to be valid.
func linkValid(seconds int64) (time.Duration, error) {
	if seconds == 0 {
		return DefaultLinkValid, nil
	}
	if seconds < 0 || seconds > int64(MaxLinkValid/time.Second) {
		return 0, problem(CodeBadRequest, "link-valid", "days", strconv.Itoa(int(MaxLinkValid/(24*time.Hour))))
	}
	return time.Duration(seconds) * time.Second, nil
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
