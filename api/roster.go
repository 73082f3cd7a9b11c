package api

import (
	"context"
	"net/http"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

// planUsual is for how long a plan is shown, if nothing is asked.
const planUsual = 14 * 24 * time.Hour

// askedMoment reads a moment of the query; the other one if it is not asked.
func askedMoment(r *http.Request, name string, otherwise time.Time) (time.Time, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, problem(CodeBadRequest, "moment", "name", name, "value", clip(text))
	}
	return t, nil
}

func (s *server) roster(w http.ResponseWriter, r *http.Request) error {
	from, err := askedMoment(r, "from", s.Now())
	if err != nil {
		return err
	}
	until, err := askedMoment(r, "until", from.Add(planUsual))
	if err != nil {
		return err
	}
	plan, err := s.Node.Plan(r.Context(), from, until)
	if err != nil {
		return err
	}
	roster, err := s.Node.Roster(r.Context(), from, from)
	if err != nil {
		return err
	}
	swaps, err := s.Node.People().Swaps(r.Context())
	if err != nil {
		return err
	}
	promised, err := s.Node.Promised(r.Context(), from, until)
	if err != nil {
		return err
	}
	answer := RosterPlan{
		From: moment(plan.From), Until: moment(plan.Until), Watches: []PlannedWatch{}, Gaps: stretches(plan.Gaps, promised), Overlaps: stretches(plan.Overlaps, promised),
		Rotations: []Rotation{}, Swaps: []Swap{},
	}
	for i := range plan.Watches {
		one := &plan.Watches[i]
		watch := PlannedWatch{
			Watch: one.String(), Rotation: one.Name, From: moment(one.From), Until: moment(one.Until), Who: string(one.Who), Turn: string(one.Turn),
			Languages: append([]string{}, one.Languages...), Given: one.Given != nil,
		}
		if one.Given != nil {
			watch.Why = one.Given.Why
		}
		answer.Watches = append(answer.Watches, watch)
	}
	for i := range roster.Rotations {
		answer.Rotations = append(answer.Rotations, rotationShape(&roster.Rotations[i]))
	}
	for i := range swaps {
		answer.Swaps = append(answer.Swaps, swapShape(&swaps[i]))
	}
	return write(w, http.StatusOK, answer)
}

func stretches(list []people.Stretch, promised []office.Opening) []RosterStretch {
	all := []RosterStretch{}
	for _, one := range list {
		stretch := RosterStretch{From: moment(one.From), Until: moment(one.Until), Who: []string{}, Promised: one.Within(promised)}
		for _, who := range one.Who {
			stretch.Who = append(stretch.Who, string(who))
		}
		all = append(all, stretch)
	}
	return all
}

func rotationShape(r *people.Rotation) Rotation {
	shape := Rotation{
		ID: r.ID, Version: r.Version, Name: r.Name, Instead: r.Instead, From: r.From, Until: r.Until, Days: append([]int{}, r.Days...), Starts: r.Starts,
		Minutes: r.Minutes, Each: r.Each, Turn: []InTurn{}, Changed: *touchOf(r.Changed),
	}
	for _, in := range r.Turn {
		shape.Turn = append(shape.Turn, InTurn{Who: string(in.Who), Languages: in.Languages})
	}
	return shape
}

func swapShape(s *people.Swap) Swap {
	shape := Swap{
		ID: s.ID, Watch: s.Watch.String(), Holder: string(s.Holder), To: string(s.To), Words: s.Words, State: SwapState(s.State), Expires: s.Expires.UTC(),
		Offered: *touchOf(s.Offered),
	}
	if s.Back.Layer != 0 {
		shape.Back = s.Back.String()
	}
	if !s.Ended.At.IsZero() {
		shape.Ended = touchOf(s.Ended)
	}
	return shape
}

func (s *server) putRotation(w http.ResponseWriter, r *http.Request) error {
	var n NewRotation
	if err := read(r, &n); err != nil {
		return err
	}
	h, err := s.hand(r, n.By)
	if err != nil {
		return err
	}
	clock, _, err := s.Node.RosterClock(r.Context())
	if err != nil {
		return err
	}
	one := people.Rotation{
		ID: n.ID, Version: n.Version, Name: n.Name, Instead: n.Instead, From: n.From, Until: n.Until, Days: n.Days, Starts: n.Starts, Minutes: n.Minutes, Each: n.Each,
	}
	if one.Each == 0 {
		one.Each = 1
	}
	for _, in := range n.Turn {
		one.Turn = append(one.Turn, people.InTurn{Who: people.Who(in.Who), Languages: append([]string{}, in.Languages...)})
	}
	if one, err = s.Node.People().PutRotation(r.Context(), h, clock, one); err != nil {
		return err
	}
	s.Node.TellRoster()
	return write(w, http.StatusOK, rotationShape(&one))
}

// watchNamed reads the name of a planned watch.
func watchNamed(text string) (people.WatchID, error) {
	id, ok := people.ParseWatchID(text)
	if !ok {
		return id, refusal("roster-no-watch", map[string]string{"watch": clip(text)})
	}
	return id, nil
}

func (s *server) giveWatch(w http.ResponseWriter, r *http.Request) error {
	var g GivenWatch
	if err := read(r, &g); err != nil {
		return err
	}
	h, err := s.hand(r, g.By)
	if err != nil {
		return err
	}
	id, err := watchNamed(g.Watch)
	if err != nil {
		return err
	}
	clock, _, err := s.Node.RosterClock(r.Context())
	if err == nil {
		err = s.Node.People().GiveWatch(r.Context(), h, clock, id, people.Who(g.Who), g.Why)
	}
	if err != nil {
		return err
	}
	s.Node.TellRoster()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) offerSwap(w http.ResponseWriter, r *http.Request) error {
	var n NewSwap
	if err := read(r, &n); err != nil {
		return err
	}
	h, err := s.hand(r, n.By)
	if err != nil {
		return err
	}
	offer := people.Swap{To: people.Who(n.To), Words: n.Words}
	if offer.Watch, err = watchNamed(n.Watch); err != nil {
		return err
	}
	if n.Back != "" {
		if offer.Back, err = watchNamed(n.Back); err != nil {
			return err
		}
	}
	clock, _, err := s.Node.RosterClock(r.Context())
	if err == nil {
		offer, err = s.Node.People().OfferSwap(r.Context(), h, clock, offer)
	}
	if err != nil {
		return err
	}
	s.Node.TellRoster()
	return write(w, http.StatusCreated, swapShape(&offer))
}

// swapAct makes the handler for an answer to an offer.
func swapAct(do func(ctx context.Context, p *people.People, h people.Hand, clock people.Clock, id int64) error) handler {
	return func(s *server, w http.ResponseWriter, r *http.Request) error {
		id, err := pathNumber(r)
		if err != nil {
			return err
		}
		var a Act
		if err := read(r, &a); err != nil {
			return err
		}
		h, err := s.hand(r, a.By)
		if err != nil {
			return err
		}
		clock, _, err := s.Node.RosterClock(r.Context())
		if err == nil {
			err = do(r.Context(), s.Node.People(), h, clock, id)
		}
		if err != nil {
			return err
		}
		s.Node.TellRoster()
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}
