package api

import (
	"net/http"

	"liaison.example/office"
)

func (s *server) charter(w http.ResponseWriter, r *http.Request) error {
	row, err := s.Node.Records().Office(r.Context())
	if err != nil {
		return err
	}
	proposals, err := s.Node.Records().Proposals(r.Context())
	if err != nil {
		return err
	}
	c := CharterStanding{Charter: row.Charter, Hash: row.Hash, Open: row.Open, Founded: append([]office.Side{}, row.Founded...), Proposals: []Proposal{}}
	for _, p := range proposals {
		c.Proposals = append(c.Proposals, Proposal{
			ID: p.ID, Hash: p.Hash, Amends: p.Amends, By: p.By, At: moment(p.At), Note: p.Note, State: p.State,
			Agreed: append([]office.Side{}, p.Agreed...), Charter: p.Charter,
		})
	}
	return write(w, http.StatusOK, c)
}

func (s *server) propose(w http.ResponseWriter, r *http.Request) error {
	var p NewProposal
	if err := read(r, &p); err != nil {
		return err
	}
	if p.Charter == nil {
		return problem(CodeBadRequest, "charter-missing")
	}
	row, err := s.Node.Records().Office(r.Context())
	if err != nil {
		return err
	}
	return s.act(w, r, p.By, office.KindPropose, &office.ProposeBody{Amends: row.Hash, Charter: p.Charter, Note: p.Note})
}

func (s *server) agree(w http.ResponseWriter, r *http.Request) error {
	var a Agreement
	if err := read(r, &a); err != nil {
		return err
	}
	return s.act(w, r, a.By, office.KindAgree, &office.AgreeBody{Hash: a.Hash})
}
