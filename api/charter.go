package api

import (
	"net/http"

	"liaison.example/office"
)

func (s *server) charter(w http.ResponseWriter, r *http.Request) error {
	now := s.Now()
	row, err := s.Node.Records().OfficeAt(r.Context(), now)
	if err != nil {
		return err
	}
	proposals, err := s.Node.Records().Proposals(r.Context())
	if err != nil {
		return err
	}
	c := CharterStanding{Charter: row.Charter, Hash: row.Hash, Open: row.Open, Founded: append([]office.Side{}, row.Founded...), Proposals: []Proposal{}}
	if p := row.Pending; p != nil {
		c.Pending = &PendingCharter{Charter: p.Charter, Hash: p.Hash, From: moment(p.From), Agreed: p.Agreed}
	}
	for _, p := range proposals {
		c.Proposals = append(c.Proposals, Proposal{
			ID: p.ID, Hash: p.Hash, Amends: p.Amends, By: p.By, At: moment(p.At), Note: p.Note, From: p.FromMinute(), State: p.StateAt(now.UnixMilli()),
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
	row, err := s.Node.Records().OfficeAt(r.Context(), s.Now())
	if err != nil {
		return err
	}
	_, last := row.AgreedLast()
	return s.act(w, r, p.By, office.KindPropose, &office.ProposeBody{Amends: last, Charter: p.Charter, From: p.From, Note: p.Note})
}

func (s *server) agree(w http.ResponseWriter, r *http.Request) error {
	var a Agreement
	if err := read(r, &a); err != nil {
		return err
	}
	return s.act(w, r, a.By, office.KindAgree, &office.AgreeBody{From: a.From, Hash: a.Hash})
}
