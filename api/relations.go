package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

// Suspension is a side's word that channels are suspended. It hinders nothing:
// whatever is sent still passes.
type Suspension struct {
	ID       office.EntryID `json:"id"`
	Side     office.Side    `json:"side"`
	By       office.Post    `json:"by"`
	At       time.Time      `json:"at"` // the writer's clock
	Channels []string       `json:"channels"`
	From     time.Time      `json:"from"`
	Reason   string         `json:"reason"`
	Stays    string         `json:"stays,omitempty"` // what stays open, besides distress
	Resumed  []Resumed      `json:"resumed"`
	Open     []string       `json:"open"`    // channels for which it was not ended yet
	Settled  bool           `json:"settled"` // its place in the joint order can no longer change
}

// Resumed says for which channels a suspension has ended, and from when on.
type Resumed struct {
	ID       office.EntryID `json:"id"`
	By       office.Post    `json:"by"`
	At       time.Time      `json:"at"`
	Channels []string       `json:"channels"`
	From     time.Time      `json:"from"`
}

// SuspensionPage is one page of the suspensions, the last in the joint order first.
type SuspensionPage struct {
	Suspensions []Suspension `json:"suspensions"`
	Next        string       `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// ChannelStates says how each channel of the charter stands by the word of each side.
type ChannelStates struct {
	Channels []ChannelState `json:"channels"` // in the order of the charter
}

// ChannelState is one channel. Where nothing is named, no side suspends it.
type ChannelState struct {
	Channel   string  `json:"channel"`
	Suspended []Spell `json:"suspended"` // those that have not ended, in order of side
}

// Spell is a time during which a side suspends a channel.
type Spell struct {
	Side       office.Side    `json:"side"`
	Suspension office.EntryID `json:"suspension"`
	From       time.Time      `json:"from"`
	Until      *time.Time     `json:"until,omitempty"` // absent until it is resumed
	Now        bool           `json:"now"`             // it holds at this moment
}

// NewSuspension suspends channels for this side.
type NewSuspension struct {
	Channels []string    `json:"channels"`
	From     *time.Time  `json:"from,omitempty"` // to the minute; by default, from now on
	Reason   string      `json:"reason"`
	Stays    string      `json:"stays,omitempty"`
	By       office.Post `json:"by,omitempty"`
}

// NewResumption ends a suspension of this side.
type NewResumption struct {
	Channels []string    `json:"channels,omitempty"` // by default, all that are still suspended by it
	From     *time.Time  `json:"from,omitempty"`     // to the minute; by default, from now on
	By       office.Post `json:"by,omitempty"`
}

// Attempt is a side's word that it has tried to reach others by other means, with
// what these say of it.
type Attempt struct {
	ID       office.EntryID  `json:"id"`
	From     office.Side     `json:"from"`
	To       []office.Side   `json:"to"`
	Channel  string          `json:"channel"`
	Dispatch *office.EntryID `json:"dispatch,omitempty"` // that it was about
	Means    office.Means    `json:"means"`
	Moment   time.Time       `json:"moment"` // of the attempt, to the minute
	Outcome  office.Outcome  `json:"outcome"`
	Text     string          `json:"text,omitempty"`
	Mark     office.Mark     `json:"mark,omitempty"` // it is not meant in earnest
	By       office.Post     `json:"by"`
	At       time.Time       `json:"at"`      // the writer's clock
	Views    []AttemptView   `json:"views"`   // in order of side
	Settled  bool            `json:"settled"` // its place in the joint order can no longer change
}

// AttemptView is what a side that was to be reached says of an attempt.
type AttemptView struct {
	ID       office.EntryID `json:"id"`
	Side     office.Side    `json:"side"`
	By       office.Post    `json:"by"`
	At       time.Time      `json:"at"`
	Confirms office.View    `json:"confirms"`
	Text     string         `json:"text,omitempty"`
}

// AttemptPage is one page of the attempts, the last in the joint order first.
type AttemptPage struct {
	Attempts []Attempt `json:"attempts"`
	Next     string    `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewAttempt logs an attempt of this side.
type NewAttempt struct {
	Channel  string          `json:"channel"`
	Means    office.Means    `json:"means"`
	Outcome  office.Outcome  `json:"outcome"`
	Moment   *time.Time      `json:"moment,omitempty"` // to the minute; by default, now
	To       []office.Side   `json:"to,omitempty"`     // empty: every other side
	Dispatch *office.EntryID `json:"dispatch,omitempty"`
	Text     string          `json:"text,omitempty"`
	Mark     office.Mark     `json:"mark,omitempty"`
	By       office.Post     `json:"by,omitempty"`
}

// NewView says what this side knows of an attempt of another side.
type NewView struct {
	Confirms office.View `json:"confirms"`
	Text     string      `json:"text,omitempty"` // needed unless it confirms the whole
	By       office.Post `json:"by,omitempty"`
}

func (s *server) channels(w http.ResponseWriter, r *http.Request) error {
	inForce, err := s.Node.Records().OfficeAt(r.Context(), s.Now())
	if err != nil {
		return err
	}
	rows, err := s.Node.Records().Channels(r.Context())
	if err != nil {
		return err
	}
	answer, now := ChannelStates{Channels: []ChannelState{}}, s.Now().UnixMilli()
	if inForce.Charter == nil {
		return write(w, http.StatusOK, answer)
	}
	for _, c := range inForce.Charter.Channels {
		state := ChannelState{Channel: c.ID, Suspended: []Spell{}}
		for _, row := range rows {
			for _, spell := range row.Spells {
				if row.Channel == c.ID && !spell.Ended(now) {
					state.Suspended = append(state.Suspended, Spell{spell.Side, spell.Suspension, moment(spell.From), mayMoment(spell.Until), spell.At(now)})
				}
			}
		}
		answer.Channels = append(answer.Channels, state)
	}
	return write(w, http.StatusOK, answer)
}

func mayMoment(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	at := moment(*ms)
	return &at
}

// mayMinute takes a time to the minute; "" if there is none.
func mayMinute(t *time.Time) office.Minute {
	if t == nil {
		return ""
	}
	return office.MinuteOf(t.UnixMilli())
}

func (s *server) suspensions(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	before, err := readCursor("suspensions", query)
	if err != nil {
		return err
	}
	lines, next, err := s.Node.Records().Suspensions(r.Context(), before, limit)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	page := SuspensionPage{Suspensions: []Suspension{}}
	if next != "" {
		page.Next = cursor("suspensions", next)
	}
	for i := range lines {
		line := &lines[i]
		one := Suspension{
			ID: line.ID, Side: line.Side, By: line.By, At: moment(line.At), Channels: line.Channels, From: moment(line.From),
			Reason: line.Reason, Stays: line.Stays, Resumed: []Resumed{}, Open: line.Open(), Settled: line.Settled,
		}
		for _, x := range line.Resumed {
			one.Resumed = append(one.Resumed, Resumed{x.ID, x.By, moment(x.At), x.Channels, moment(x.From)})
		}
		page.Suspensions = append(page.Suspensions, one)
	}
	return write(w, http.StatusOK, page)
}

func (s *server) suspend(w http.ResponseWriter, r *http.Request) error {
	var n NewSuspension
	if err := read(r, &n); err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindSuspension, &office.SuspensionBody{Channels: n.Channels, From: mayMinute(n.From), Reason: n.Reason, Stays: n.Stays})
}

func (s *server) resume(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var n NewResumption
	if err := read(r, &n); err != nil {
		return err
	}
	if len(n.Channels) == 0 {
		row, found, err := s.Node.Records().Suspension(r.Context(), id)
		if err != nil {
			return err
		}
		if !found {
			return &node.Refusal{Code: office.SuspensionUnknown, Detail: map[string]string{"suspension": id.String()}}
		}
		if n.Channels = row.Open(); len(n.Channels) == 0 {
			n.Channels = row.Channels // which the rules refuse
		}
	}
	return s.act(w, r, n.By, office.KindResumption, &office.ResumptionBody{Channels: n.Channels, From: mayMinute(n.From), Suspension: id})
}

func (s *server) attempts(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	filter := records.AttemptFilter{
		Channel: query.Get("channel"), From: query.Get("from"), Dispatch: query.Get("dispatch"), Waiting: query.Get("waiting"), Limit: limit,
	}
	if filter.Before, err = readCursor("attempts", query); err != nil {
		return err
	}
	lines, next, err := s.Node.Records().Attempts(r.Context(), filter)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	page := AttemptPage{Attempts: []Attempt{}}
	if next != "" {
		page.Next = cursor("attempts", next)
	}
	for _, a := range lines {
		one := Attempt{
			ID: a.ID, From: a.From, To: a.To, Channel: a.Channel, Dispatch: a.Dispatch, Means: a.Means, Moment: moment(a.Moment),
			Outcome: a.Outcome, Text: a.Text, Mark: a.Mark, By: a.By, At: moment(a.At), Views: []AttemptView{}, Settled: a.Settled,
		}
		for _, v := range a.Views {
			one.Views = append(one.Views, AttemptView{v.ID, v.Side, v.By, moment(v.At), v.Confirms, v.Text})
		}
		page.Attempts = append(page.Attempts, one)
	}
	return write(w, http.StatusOK, page)
}

func (s *server) logAttempt(w http.ResponseWriter, r *http.Request) error {
	var n NewAttempt
	if err := read(r, &n); err != nil {
		return err
	}
	if n.Moment == nil {
		now := s.Now()
		n.Moment = &now
	}
	return s.act(w, r, n.By, office.KindAttempt, &office.AttemptBody{
		Channel: n.Channel, Dispatch: n.Dispatch, Mark: n.Mark, Means: n.Means, Moment: mayMinute(n.Moment), Outcome: n.Outcome, Text: n.Text, To: n.To,
	})
}

func (s *server) confirmAttempt(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var n NewView
	if err := read(r, &n); err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindConfirm, &office.ConfirmBody{Attempt: id, Confirms: n.Confirms, Text: n.Text})
}

// Channels returns how each channel stands by the word of each side.
func (c *Client) Channels(ctx context.Context) (all ChannelStates, err error) {
	return all, c.get(ctx, Path+"/channels", nil, &all)
}

// Suspensions returns one page of the suspensions.
func (c *Client) Suspensions(ctx context.Context, cursor string, limit int) (p SuspensionPage, err error) {
	return p, c.get(ctx, Path+"/suspensions", pageQuery(cursor, limit), &p)
}

// Suspend suspends channels for our side.
func (c *Client) Suspend(ctx context.Context, n NewSuspension) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/suspensions", nil, n, &w)
}

// Resume ends a suspension of our side.
func (c *Client) Resume(ctx context.Context, id office.EntryID, n NewResumption) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/suspensions/"+id.String()+"/resumption", nil, n, &w)
}

// AttemptQuery chooses attempts. What is empty chooses all.
type AttemptQuery struct {
	Channel  string
	From     office.Side
	Dispatch string      // entry id of the dispatch that they are about
	Waiting  office.Side // this side has said nothing of them yet
}

// Attempts returns one page of the attempts by other means.
func (c *Client) Attempts(ctx context.Context, q AttemptQuery, cursor string, limit int) (p AttemptPage, err error) {
	query := pageQuery(cursor, limit)
	for name, value := range map[string]string{"channel": q.Channel, "from": q.From, "dispatch": q.Dispatch, "waiting": q.Waiting} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return p, c.get(ctx, Path+"/attempts", query, &p)
}

// LogAttempt logs an attempt of our side to reach others by other means.
func (c *Client) LogAttempt(ctx context.Context, n NewAttempt) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/attempts", nil, n, &w)
}

// ConfirmAttempt says what our side knows of an attempt of another.
func (c *Client) ConfirmAttempt(ctx context.Context, id office.EntryID, n NewView) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/attempts/"+id.String()+"/confirmation", nil, n, &w)
}
