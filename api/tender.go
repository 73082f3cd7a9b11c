package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// tenderUnanswered is asked for like a state, though it is a flag.
const tenderUnanswered = "unanswered"

// tenderStates is what a list of tenders can be asked for.
var tenderStates = func() (words []string) {
	for _, state := range office.TenderStates {
		words = append(words, string(state))
	}
	return append(words, tenderUnanswered)
}()

// tenderShape is a tender as it is answered.
func (s *server) tenderShape(t *office.Tender, settled bool) Tender {
	one := Tender{
		ID: t.ID, From: t.From, To: t.To, Channel: t.Channel, Precedence: t.Precedence, Name: t.Name, Rank: t.Rank, Attention: t.Attention,
		Subject: t.Subject, Form: t.Form, Mark: t.Mark, Until: moment(t.Until), By: t.By, At: moment(t.At), State: t.State(),
		Unanswered: t.Unanswered(s.Now().UnixMilli()), Answers: []TenderAnswer{}, Settled: settled,
	}
	for _, a := range t.Answers {
		one.Answers = append(one.Answers, TenderAnswer{a.ID, a.Side, a.By, moment(a.At), a.Answer, a.Reason, a.Text})
	}
	if t.Served != nil {
		one.Served = &TenderServing{t.Served.ID, moment(t.Served.At), t.Served.Instead}
	}
	if t.Withdrawn != nil {
		one.Withdrawn = &TenderEnd{t.Withdrawn.ID, t.Withdrawn.By, moment(t.Withdrawn.At), t.Withdrawn.Text}
	}
	return one
}

func (s *server) tenders(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	filter := records.TenderFilter{Channel: query.Get("channel"), From: query.Get("from"), Waiting: query.Get("waiting"), Limit: limit}
	switch state := query.Get("state"); {
	case state == tenderUnanswered:
		filter.Unanswered = s.Now().UnixMilli()
	case state == "" || slices.Contains(tenderStates, state):
		filter.State = office.TenderState(state)
	default:
		return notOneOf("state", state, tenderStates)
	}
	if filter.Before, err = readCursor("tenders", query); err != nil {
		return err
	}
	lines, next, err := s.Node.Records().Tenders(r.Context(), filter)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	page := TenderPage{Tenders: []Tender{}}
	if next != "" {
		page.Next = cursor("tenders", next)
	}
	for i := range lines {
		page.Tenders = append(page.Tenders, s.tenderShape(&lines[i].Tender, lines[i].Settled))
	}
	return write(w, http.StatusOK, page)
}

func (s *server) tender(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	line, found, err := s.Node.Records().Tender(r.Context(), id)
	if err != nil {
		return err
	}
	if !found {
		return problem(CodeNotFound, "tender", "id", id.String())
	}
	silences, err := s.Node.SilencesOfTender(r.Context(), &line, s.Now())
	if err != nil {
		return err
	}
	one := s.tenderShape(&line, false)
	one.Silences = silenceShapes(silences)
	return write(w, http.StatusOK, one)
}

func (s *server) offerTender(w http.ResponseWriter, r *http.Request) error {
	var n NewTender
	if err := read(r, &n); err != nil {
		return err
	}
	body := &office.TenderBody{
		Attention: n.Attention, Channel: n.Channel, Mark: n.Mark, Name: n.Name, Precedence: n.Precedence, Rank: n.Rank, Subject: n.Subject, To: n.To,
		Until: mayMinute(n.Until),
	}
	if n.Form != "" {
		body.Form = &office.FormName{Code: n.Form}
	}
	if n.Until == nil {
		var err error
		if body.Until, err = s.Node.AnswerBy(r.Context(), n.Precedence); err != nil {
			return err
		}
	}
	return s.act(w, r, n.By, office.KindTender, body)
}

func (s *server) answerTender(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var n NewTenderAnswer
	if err := read(r, &n); err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindTenderReply, &office.TenderAnswerBody{Answer: n.Answer, Reason: n.Reason, Tender: id, Text: n.Text})
}

func (s *server) withdrawTender(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var n NewTenderEnd
	if err := read(r, &n); err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindTenderEnd, &office.TenderWithdrawBody{Tender: id, Text: n.Text})
}

func (s *server) ranks(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Node.People().Ranks(r.Context())
	if err != nil {
		return err
	}
	answer := Ranks{Ranks: []Rank{}}
	for _, one := range list {
		answer.Ranks = append(answer.Ranks, Rank(one))
	}
	return write(w, http.StatusOK, answer)
}

func (s *server) changeRanks(w http.ResponseWriter, r *http.Request) error {
	var n RankChange
	if err := read(r, &n); err != nil {
		return err
	}
	var add, remove []people.Rank
	for _, one := range n.Add {
		add = append(add, people.Rank(one))
	}
	for _, one := range n.Remove {
		remove = append(remove, people.Rank(one))
	}
	if err := s.Node.People().SetRanks(r.Context(), callerOf(r).by, add, remove); err != nil {
		return err
	}
	return s.ranks(w, r)
}

// TenderQuery chooses tenders. What is empty chooses all.
type TenderQuery struct {
	Channel string
	From    office.Side
	State   string      // one of office.TenderStates, or "unanswered"
	Waiting office.Side // this side may still answer
}

// Tenders returns one page of the tenders.
func (c *Client) Tenders(ctx context.Context, q TenderQuery, cursor string, limit int) (p TenderPage, err error) {
	query := pageQuery(cursor, limit)
	for name, value := range map[string]string{"channel": q.Channel, "from": q.From, "state": q.State, "waiting": q.Waiting} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return p, c.get(ctx, Path+"/tenders", query, &p)
}

// Tender returns one tender.
func (c *Client) Tender(ctx context.Context, id office.EntryID) (t Tender, err error) {
	return t, c.get(ctx, Path+"/tenders/"+id.String(), nil, &t)
}

// OfferTender offers a dispatch of our side.
func (c *Client) OfferTender(ctx context.Context, n NewTender) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/tenders", nil, n, &w)
}

// AnswerTender accepts or declines a tender of another side.
func (c *Client) AnswerTender(ctx context.Context, id office.EntryID, n NewTenderAnswer) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/tenders/"+id.String()+"/answer", nil, n, &w)
}

// WithdrawTender takes back a tender of our side.
func (c *Client) WithdrawTender(ctx context.Context, id office.EntryID, n NewTenderEnd) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/tenders/"+id.String()+"/withdrawal", nil, n, &w)
}

// Ranks returns the table of ranks of our side.
func (c *Client) Ranks(ctx context.Context) (r Ranks, err error) {
	return r, c.get(ctx, Path+"/ranks", nil, &r)
}

// ChangeRanks changes the table of ranks.
func (c *Client) ChangeRanks(ctx context.Context, n RankChange) (r Ranks, err error) {
	return r, c.do(ctx, http.MethodPatch, Path+"/ranks", nil, n, &r)
}
