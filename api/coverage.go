package api

import (
	"errors"
	"net/http"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// sides lists the sides of the office, ours first.
func (s *server) sides(r *http.Request) ([]office.Side, error) {
	row, err := s.Node.Records().OfficeAt(r.Context(), s.Now())
	if err != nil {
		return nil, err
	}
	sides := []office.Side{s.Node.Side()}
	if row.Charter != nil {
		for _, side := range row.Charter.Sides {
			if side.ID != s.Node.Side() {
				sides = append(sides, side.ID)
			}
		}
	}
	return sides, nil
}

func (s *server) coverage(w http.ResponseWriter, r *http.Request) error {
	sides, err := s.sides(r)
	if err != nil {
		return err
	}
	calendars, err := s.Node.Records().Calendars(r.Context(), sides)
	if err != nil {
		return err
	}
	promises, err := s.Node.Records().Promises(r.Context(), sides)
	if err != nil {
		return err
	}
	now := s.Now().UnixMilli()
	answer := OfficeCoverage{At: moment(now), Sides: []SideCoverage{}}
	for _, side := range sides {
		stand := promises[side].Stands(calendars[side], now)
		one := SideCoverage{Side: side, Promised: stand.Open, Said: []CoverageSaid{}}
		if stand.Until != 0 {
			one.Until = some(stand.Until)
		}
		inForce, _ := promises[side].At(now)
		for i := range promises[side] {
			said := coverageShape(&promises[side][i])
			if &promises[side][i] == inForce {
				one.InForce = &said
			}
			one.Said = append(one.Said, said)
		}
		answer.Sides = append(answer.Sides, one)
	}
	return write(w, http.StatusOK, answer)
}

func coverageShape(c *office.Coverage) CoverageSaid {
	said := CoverageSaid{ID: c.ID, By: c.By, At: moment(c.At), From: moment(c.From), Languages: c.Languages, Week: c.Week, Who: c.Who}
	if c.Until != 0 {
		said.Until = some(c.Until)
	}
	return said
}

func (s *server) promiseCoverage(w http.ResponseWriter, r *http.Request) error {
	var n NewCoverage
	if err := read(r, &n); err != nil {
		return err
	}
	body := office.CoverageBody{From: n.From, Languages: n.Languages, Until: n.Until, Week: n.Week, Who: n.Who}
	if body.From == "" {
		body.From = office.MinuteOf(s.Now().Add(time.Minute).UnixMilli())
	}
	for i := range body.Week {
		if body.Week[i] == nil {
			body.Week[i] = []office.Span{}
		}
	}
	if body.Who == nil {
		body.Who = []string{}
	}
	return s.act(w, r, n.By, office.KindCoverage, &body)
}

func (s *server) personnel(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	filter := records.PersonnelFilter{Side: query.Get("side"), Limit: limit}
	if filter.Before, err = readCursor("personnel", query); err != nil {
		return err
	}
	lines, next, err := s.Node.Records().Personnel(r.Context(), filter)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	page := PersonnelPage{Changes: []PersonnelChange{}}
	if next != "" {
		page.Next = cursor("personnel", next)
	}
	for _, p := range lines {
		page.Changes = append(page.Changes, PersonnelChange{
			ID: p.ID, Side: p.Side, Post: p.Post, From: moment(p.From), Comes: p.Comes, Goes: p.Goes, Languages: p.Languages, Text: p.Text,
			By: p.By, At: moment(p.Time), Late: p.Late, Settled: p.Settled,
		})
	}
	return write(w, http.StatusOK, page)
}

func (s *server) changePersonnel(w http.ResponseWriter, r *http.Request) error {
	var n NewPersonnel
	if err := read(r, &n); err != nil {
		return err
	}
	body := office.PersonnelBody{Comes: n.Comes, From: n.From, Goes: n.Goes, Post: n.Post, Text: n.Text}
	if len(n.Languages) > 0 {
		body.Languages = n.Languages
	}
	return s.act(w, r, n.By, office.KindPersonnel, &body)
}
