package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

// readSilences reads what is chosen of that which is waited for.
func readSilences(query url.Values) (f node.SilenceFilter, err error) {
	f = node.SilenceFilter{
		From: query.Get("from"), To: query.Get("to"), Channel: query.Get("channel"),
		Precedence: office.Precedence(query.Get("precedence")), Cause: office.Cause(query.Get("cause")),
	}
	if f.Overdue, err = flag(query, "overdue"); err != nil {
		return f, err
	}
	if f.Cause != "" && !slices.Contains(office.Causes, f.Cause) {
		return f, notOneOf("cause", string(f.Cause), office.Causes)
	}
	if f.Precedence != "" && !slices.Contains(office.Precedences, f.Precedence) {
		return f, notOneOf("precedence", string(f.Precedence), office.Precedences)
	}
	return f, nil
}

// flag reads "true" or "false"; what is left out is false.
func flag(query url.Values, name string) (bool, error) {
	switch text := query.Get(name); text {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, notOneOf(name, text, []string{"true", "false"})
	}
}

func (s *server) silences(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	f, err := readSilences(query)
	if err != nil {
		return err
	}
	if f.Limit, err = listLimit(query); err != nil {
		return err
	}
	if f.Before, err = readCursor("silences", query); err != nil {
		return err
	}
	now := s.Now()
	found, err := s.Node.Silences(r.Context(), f, now)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	status, err := s.Node.Status(r.Context())
	if err != nil {
		return err
	}
	page := SilencePage{Silences: []Silence{}, View: status.Side, At: now.UTC(), All: found.All, Overdue: found.Overdue, More: found.More}
	if found.Next != "" {
		page.Next = cursor("silences", found.Next)
	}
	for i := range found.List {
		page.Silences = append(page.Silences, silenceShape(&found.List[i]))
	}
	return write(w, http.StatusOK, page)
}

// silenceShapes are what is waited for with one entry; nil if that is nothing.
func silenceShapes(silences []node.Silence) (list []Silence) {
	for i := range silences {
		list = append(list, silenceShape(&silences[i]))
	}
	return list
}

func silenceShape(s *node.Silence) Silence {
	maybe := func(ms int64) *time.Time {
		if ms == 0 {
			return nil
		}
		return new(moment(ms))
	}
	shape := Silence{
		About: s.About, Awaits: s.Awaits, From: s.From, To: s.To, Channel: s.Channel, Precedence: s.Precedence, Subject: s.Subject(),
		Asked: moment(s.Question.Since), Due: maybe(s.Due), Overdue: s.Overdue, Cause: s.Cause, Since: maybe(s.Silence.Since), Until: maybe(s.Until),
		Step: s.Step, Steps: s.Steps, Stepped: maybe(s.Stepped), Declined: s.Declined,
		Unreceived: maybe(s.Silence.Late),
	}
	if s.Line != nil {
		shape.Mark, shape.Number = s.Line.Mark, s.Line.Number
	} else {
		shape.Mark = s.Tender.Mark
	}
	return shape
}

func (s *server) silenceProof(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	var about []office.EntryID
	if text := query.Get("about"); text != "" {
		id, err := office.ParseEntryID(text)
		if err != nil {
			return problem(CodeBadRequest, "id", "id", clip(text))
		}
		about = append(about, id)
	}
	entries, err := flag(query, "entries")
	if err != nil {
		return err
	}
	text, err := s.Node.SilenceProof(r.Context(), about, query.Get("to"), entries, s.Now())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(text) // a client that is gone hears nothing
	return nil
}

// SilenceQuery chooses what is waited for. What is empty chooses all.
type SilenceQuery struct {
	From, To   office.Side // who waits; who is silent
	Channel    string
	Precedence office.Precedence
	Cause      office.Cause
	Overdue    bool // only what is
}

// Silences lists what the sides wait for from each other, the most urgent first.
func (c *Client) Silences(ctx context.Context, q SilenceQuery, cursor string, limit int) (p SilencePage, err error) {
	query := pageQuery(cursor, limit)
	for name, value := range map[string]string{"from": q.From, "to": q.To, "channel": q.Channel, "precedence": string(q.Precedence), "cause": string(q.Cause)} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if q.Overdue {
		query.Set("overdue", "true")
	}
	return p, c.get(ctx, Path+"/silences", query, &p)
}

// SilenceProof returns a statement of what our side waits for, about one dispatch or
// tender or, if about is nil, about all that it waits for from a side; from the side
// that the most urgent waits for if that is empty. With entries, those of the other
// side go with it that show that no answer is among them.
func (c *Client) SilenceProof(ctx context.Context, about *office.EntryID, to office.Side, entries bool) ([]byte, error) {
	query := url.Values{"entries": {strconv.FormatBool(entries)}}
	if about != nil {
		query.Set("about", about.String())
	}
	if to != "" {
		query.Set("to", to)
	}
	response, err := c.send(ctx, http.MethodGet, Path+"/silences/proof", query, "", nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return readAnswer(response.Body)
}
