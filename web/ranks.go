package web

import (
	"net/http"

	"liaison.example/people"
)

// ranksPage is our own table of ranks that we deem equal to those of others.
type ranksPage struct {
	Frame
	Ranks     []rankLine
	Sides     []choice
	Typed     people.Rank
	MayChange bool
	Refused   string
	Offered   []string // names of posts, to choose from
}

type rankLine struct {
	people.Rank
	Name string // of the side
}

func (s *site) ranks(v *visit) error { return s.showRanks(v, http.StatusOK, people.Rank{}, "") }

func (s *site) showRanks(v *visit, status int, typed people.Rank, refused string) error {
	frame, err := s.personFrame(v, "", v.t("rank.title"))
	if err != nil {
		return err
	}
	frame.Path = "/ranks"
	page := ranksPage{Frame: frame, Typed: typed, MayChange: v.mayChangeRules(), Refused: refused}
	table, err := s.node.People().Ranks(v.ctx)
	if err != nil {
		return err
	}
	for _, one := range table {
		page.Ranks = append(page.Ranks, rankLine{one, v.sideName(one.Side)})
	}
	for _, id := range v.others() {
		page.Sides = append(page.Sides, choice{id, v.sideName(id), "", id == typed.Side})
	}
	for _, side := range v.sides() {
		v.post(side, "") // reads the posts
		for _, row := range v.posts[side] {
			if !row.Ended {
				page.Offered = append(page.Offered, v.postName(side, row.Post))
			}
		}
	}
	return s.render(v, status, "ranks", page)
}

// postRanks adds a line to the table, or takes one out of it.
func (s *site) postRanks(v *visit) error {
	if !v.mayChangeRules() {
		return errNotYours
	}
	form := v.r.PostForm
	one := people.Rank{Here: typed(form.Get("here")), Side: form.Get("side"), There: typed(form.Get("there"))}
	add, remove := []people.Rank{one}, []people.Rank(nil)
	if form.Get("do") == "remove" {
		add, remove = remove, add
	}
	err := s.node.People().SetRanks(v.ctx, v.by(), add, remove)
	if refusal, ok := refusalOf(err); ok {
		return s.showRanks(v, http.StatusUnprocessableEntity, one, v.refused(refusal))
	}
	if err != nil {
		return err
	}
	return v.redirect("/ranks")
}
