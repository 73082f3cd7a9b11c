package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

func (s *server) send(w http.ResponseWriter, r *http.Request) error {
	var d NewDispatch
	if err := read(r, &d); err != nil {
		return err
	}
	by, err := actingPost(r, d.By)
	if err != nil {
		return err
	}
	waits := r.URL.Query().Has("wait")
	wait := r.Context()
	if waits {
		ctx, done, err := s.wait(w, r, "wait")
		if err != nil {
			return err
		}
		defer done()
		wait = ctx
	}
	written, err := s.Node.Write(r.Context(), node.Act{
		By: by, Person: callerOf(r).person(), Kind: office.KindDispatch, Once: onceOf(r),
		Body: d.body(),
	})
	if err != nil {
		return s.notOpen(r, err)
	}
	// From here on it is written: nothing that goes wrong may be answered as a
	// failure, or the person would send it again.
	sent := Dispatch{
		ID: written.ID, Number: written.Number, From: written.ID.Side, To: written.To, Channel: d.Channel, Precedence: d.Precedence,
		Subject: d.Subject, By: by, At: written.At.UTC(), State: Queued, Acknowledged: []Acknowledgement{}, Particulars: d.Particulars,
	}
	if released := written.Released; released != nil {
		sent.Group, sent.Thread = released.Group().String(), released.Thread
	} else if line, found, err := s.Node.Records().Dispatch(r.Context(), written.ID); err == nil && found {
		sent.Group, sent.Thread = line.Group().String(), line.Thread
	}
	if waits && s.Node.Received(wait, written.ID) == nil {
		sent.State = Received
	}
	return write(w, http.StatusCreated, sent)
}

// body makes of a request the body of the entry.
func (d *NewDispatch) body() *office.DispatchBody {
	b := &office.DispatchBody{
		Channel: d.Channel, Precedence: d.Precedence, Subject: d.Subject, Text: d.Text, To: d.To, Enclosures: d.Enclosures,
		Name: d.Name, Attention: d.Attention, Mark: d.Mark, Reply: d.Reply, References: d.References, Releasable: d.Releasable, Party: d.Party,
		Form: d.Form, Answer: d.Answer, Tender: d.Tender, Readback: d.Readback,
	}
	if d.Info != nil {
		b.Info = &office.Information{Precedence: d.Info.Precedence, To: slices.Sorted(slices.Values(d.Info.To))}
	}
	if d.Relation != nil {
		b.Relation = &office.Relation{Dispatch: d.Relation.Dispatch, Kind: d.Relation.Kind}
	}
	return b
}

// notOpen says of a refused act, where the office is not open yet, just that:
// whatever else is wrong follows from it.
func (s *server) notOpen(r *http.Request, err error) error {
	var refusal *node.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	row, readErr := s.Node.Records().OfficeAt(r.Context(), s.Now())
	if readErr == nil && row.Charter == nil {
		return &node.Refusal{Code: office.OfficeNotOpen}
	}
	return err
}

func (s *server) dispatches(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	precedence := office.Precedence(query.Get("precedence"))
	if precedence != "" && !slices.Contains(office.Precedences, precedence) {
		return notOneOf("precedence", string(precedence), office.Precedences)
	}
	filter := records.Filter{
		Text: query.Get("q"), From: query.Get("from"), Channel: query.Get("channel"), Precedence: precedence,
		State: records.State(query.Get("state")), Mark: office.Mark(query.Get("mark")), Form: query.Get("form"), Limit: limit,
	}
	if filter.Form != "" && !office.ValidName(filter.Form) {
		return refusal(office.BadName, map[string]string{"field": "form", "value": clip(filter.Form)})
	}
	if filter.Before, err = readCursor("dispatches", query); err != nil {
		return err
	}
	if filter.State != "" && !slices.Contains(records.States, filter.State) {
		return notOneOf("state", string(filter.State), records.States)
	}
	if filter.Mark != "" && !slices.Contains(records.Marks, filter.Mark) {
		return notOneOf("mark", string(filter.Mark), records.Marks)
	}
	if filter.Since, err = s.bound(r, "since", 0); err != nil {
		return err
	}
	if filter.Until, err = s.bound(r, "until", 1); err != nil {
		return err
	}
	lines, next, err := s.Node.Records().Dispatches(r.Context(), filter)
	if refused, is := errors.AsType[*records.SearchError](err); is {
		return refusal(office.Reason(refused.Code), nil)
	}
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	page := DispatchPage{Dispatches: []Dispatch{}}
	if next != "" {
		page.Next = cursor("dispatches", next)
	}
	if filter.Text != "" {
		all, err := s.Node.Records().Indexed(r.Context())
		if err != nil {
			return err
		}
		page.Partial = !all
	}
	holds := s.holds()
	forms := map[string]*office.Form{} // by their hashes
	for _, line := range lines {
		line.Text = "" // one dispatch has it, a list has not
		d := dispatchShape(line, holds)
		if line.Form != nil {
			form, read := forms[line.Form.Hash]
			if !read {
				row, _, err := s.Node.Records().Form(r.Context(), line.Form.Hash)
				if err != nil {
					return err
				}
				form = row.Form
				forms[line.Form.Hash] = form
			}
			d.Late = late(form, line.Form, line.At)
		}
		page.Dispatches = append(page.Dispatches, d)
	}
	return write(w, http.StatusOK, page)
}

// bound reads a time from the address, or a day of the side, which ends so many days
// later.
func (s *server) bound(r *http.Request, name string, later int) (at time.Time, err error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return at, nil
	}
	if at, err = time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return at, problem(CodeBadRequest, "moment-or-day", "name", name, "value", clip(text))
	}
	row, err := s.Node.Records().OfficeAt(r.Context(), s.Now())
	if err != nil {
		return at, err
	}
	zone := time.UTC
	if row.Charter != nil {
		if own := row.Charter.Side(s.Node.Side()); own != nil {
			if there, err := time.LoadLocation(own.Zone); err == nil {
				zone = there
			}
		}
	}
	if at, err = time.ParseInLocation(time.DateOnly, text, zone); err != nil {
		return at, err
	}
	return at.AddDate(0, 0, later), nil
}

func (s *server) dispatch(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	line, ok, err := s.Node.Records().Dispatch(r.Context(), id)
	if err != nil {
		return err
	}
	if !ok {
		return problem(CodeNotFound, "dispatch", "id", id.String())
	}
	d := dispatchShape(line, s.holds())
	if d.Receipts, err = s.receipts(r, id); err != nil {
		return err
	}
	for i, a := range line.Acknowledged {
		if d.Acknowledged[i].Arrival, err = s.arrival(r, a.ID, a.At); err != nil {
			return err
		}
	}
	if d.Enclosures, err = s.enclosed(r, &line); err != nil {
		return err
	}
	if line.Form != nil {
		row, _, err := s.Node.Records().Form(r.Context(), line.Form.Hash)
		if err != nil {
			return err
		}
		d.Says, d.Late = row.Form.Say(line.Form.Values), late(row.Form, line.Form, line.At)
	}
	if len(line.Handling.Readbacks) > 0 {
		if d.Readbacks, err = s.readbacks(r.Context(), id); err != nil {
			return err
		}
	}
	silences, err := s.Node.SilencesOf(r.Context(), &line, s.Now())
	if err != nil {
		return err
	}
	d.Silences = silenceShapes(silences)
	return write(w, http.StatusOK, d)
}

func (s *server) acknowledge(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var a Act
	if err := read(r, &a); err != nil {
		return err
	}
	return s.act(w, r, a.By, office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id})
}

func (s *server) consider(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var c NewConsideration
	if err := read(r, &c); err != nil {
		return err
	}
	return s.act(w, r, c.By, office.KindConsider, &office.ConsiderBody{Dispatch: id, Until: office.MinuteOf(c.Until.UnixMilli())})
}

func (s *server) close(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var a Act
	if err := read(r, &a); err != nil {
		return err
	}
	return s.act(w, r, a.By, office.KindClose, &office.CloseBody{Dispatch: id})
}

// thread answers with the dispatches of the thread that one belongs to.
func (s *server) thread(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	line, found, err := s.Node.Records().Dispatch(r.Context(), id)
	if err != nil {
		return err
	}
	if !found {
		return problem(CodeNotFound, "dispatch", "id", id.String())
	}
	lines, err := s.Node.Records().Thread(r.Context(), &line.Dispatch)
	if err != nil {
		return err
	}
	thread, holds := Thread{Dispatches: []Dispatch{}}, s.holds()
	for _, line := range lines {
		thread.Dispatches = append(thread.Dispatches, dispatchShape(line, holds))
	}
	return write(w, http.StatusOK, thread)
}

// act writes one entry and answers with its id.
func (s *server) act(w http.ResponseWriter, r *http.Request, by office.Post, kind string, body any) error {
	by, err := actingPost(r, by)
	if err != nil {
		return err
	}
	written, err := s.Node.Write(r.Context(), node.Act{By: by, Person: callerOf(r).person(), Kind: kind, Body: body, Once: onceOf(r)})
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, Written{ID: written.ID, At: written.At.UTC()})
}

func (s *server) receipts(r *http.Request, id office.EntryID) ([]Receipt, error) {
	held, err := s.Node.Receipts(r.Context(), id)
	if err != nil {
		return nil, err
	}
	receipts := []Receipt{}
	for _, h := range held {
		receipts = append(receipts, Receipt{By: h.By, At: h.At.UTC(), Held: h.Held.UTC(), Size: h.Size, Note: h.Note})
	}
	return receipts, nil
}

// holds returns what is proven of a side: whether it holds an entry, because it
// has cosigned a checkpoint that covers it, or because it is this node's own.
func (s *server) holds() func(office.Side, office.EntryID) bool {
	own, heads := s.Node.Side(), s.Node.Ledger().Heads()
	return func(side office.Side, id office.EntryID) bool {
		return side == own || heads[id.Side].Cosigned[side] > id.Index
	}
}

func dispatchShape(l records.DispatchLine, holds func(office.Side, office.EntryID) bool) Dispatch {
	d := Dispatch{
		ID: l.ID, Number: l.Number, From: l.From, To: l.To, Channel: l.Channel, Precedence: l.Precedence,
		Subject: l.Subject, Text: l.Text, By: l.By, At: moment(l.At), Settled: l.Settled,
		State: Queued, Acknowledged: []Acknowledgement{},
	}
	acknowledged := map[office.Side]bool{}
	for _, a := range l.Acknowledged {
		d.Acknowledged = append(d.Acknowledged, Acknowledgement{ID: a.ID, Side: a.Side, By: a.By, At: moment(a.At)})
		acknowledged[a.Side] = true
	}
	d.particulars(&l)
	switch stage := leastStage(&l); {
	case stage == office.StageClosed:
		d.State = Closed
	case stage == office.StageAnswered:
		d.State = Answered
	case stage == office.StageConsidered:
		d.State = Considered
	case stage == office.StageConfirmed:
		d.State = Confirmed
	case stage == office.StageReadBack:
		d.State = ReadBack
	case stage == office.StageDisputed:
		d.State = Disputed
	case all(l.To, func(to office.Side) bool { return acknowledged[to] }):
		d.State = Acknowledged
	case all(l.To, func(to office.Side) bool { return acknowledged[to] || holds(to, l.ID) }):
		d.State = Received
	}
	return d
}

// leastStage is the stage of the addressed side that is least far.
func leastStage(l *records.DispatchLine) office.Stage {
	least := len(office.Stages) - 1
	for _, to := range l.To {
		least = min(least, slices.Index(office.Stages, office.StageOf(&l.Dispatch, l.Acknowledged, &l.Handling, to)))
	}
	return office.Stages[least]
}

// particulars fills in what a dispatch says of itself beyond what all have, and
// what the sides have written of it.
func (d *Dispatch) particulars(l *records.DispatchLine) {
	d.Group, d.Thread = l.Group().String(), l.Thread
	d.Particulars = Particulars{
		Name: l.Name, Attention: l.Attention, Mark: l.Mark, Reply: l.Reply, References: l.References, Releasable: l.Releasable, Party: l.Party,
		Form: l.Form, Answer: l.Answer, Tender: l.Tender, Readback: l.Readback,
	}
	if l.Info != nil {
		d.Info = &Information{l.Info.Precedence, l.Info.To}
	}
	if l.Relation != nil {
		d.Relation = &Relation{l.Relation.Dispatch, l.Relation.Kind}
	}
	h := &Handling{Answered: []Answer{}, Considers: []Consideration{}, Closed: []Closing{}, Relations: []Related{}}
	for _, a := range l.Handling.Answered {
		h.Answered = append(h.Answered, Answer{a.ID, a.Side, moment(a.At), a.Answer})
	}
	for _, c := range l.Handling.Considers {
		h.Considers = append(h.Considers, Consideration{c.ID, c.Side, c.By, moment(c.At), moment(c.Until)})
	}
	for _, c := range l.Handling.Closed {
		h.Closed = append(h.Closed, Closing{c.ID, c.Side, c.By, moment(c.At), c.Unobjected})
	}
	for _, r := range l.Handling.Relations {
		h.Relations = append(h.Relations, Related{r.ID, r.Kind, moment(r.At)})
	}
	if len(h.Answered)+len(h.Considers)+len(h.Closed)+len(h.Relations) > 0 {
		d.Handling = h
	}
}

func all(sides []office.Side, holds func(office.Side) bool) bool {
	return !slices.ContainsFunc(sides, func(side office.Side) bool { return !holds(side) })
}

// notOneOf says what may stand for a value.
func notOneOf[T ~string](name, value string, values []T) error {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return problem(CodeBadRequest, "choice", "name", name, "value", clip(value), "values", strings.Join(words, ", "))
}
