package api

import (
	"errors"
	"net/http"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

func (s *server) checks(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	filter := records.CheckFilter{Channel: query.Get("channel"), Limit: limit}
	if filter.Before, err = readCursor("checks", query); err != nil {
		return err
	}
	lines, next, err := s.Node.Records().LineChecks(r.Context(), filter)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	page := CheckPage{Checks: []Check{}}
	if next != "" {
		page.Next = cursor("checks", next)
	}
	for i := range lines {
		c := checkShape(&lines[i].LineCheck)
		c.Settled = &lines[i].Settled
		for j, a := range lines[i].Answers {
			if c.Answers[j].Arrival, err = s.arrival(r, a.ID, a.At); err != nil {
				return err
			}
		}
		page.Checks = append(page.Checks, c)
	}
	return write(w, http.StatusOK, page)
}

func checkShape(c *office.LineCheck) Check {
	shape := Check{
		ID: c.ID, Channel: c.Channel, From: c.From, By: c.By, At: moment(c.At), Text: c.Text, Words: c.Words, Record: c.Settled, Answers: []CheckAnswer{},
	}
	if c.Due > 0 {
		shape.Due = new(moment(c.Due))
	}
	for i := range c.Answers {
		a := &c.Answers[i]
		answer := CheckAnswer{ID: a.ID, Side: a.Side, By: a.By, At: moment(a.At), Heard: a.Heard, OffsetMS: a.Offset, Remark: a.Remark, Record: a.Settled, Records: "not-compared"}
		if same, compared := c.SameRecord(a); same {
			answer.Records = "equal"
		} else if compared {
			answer.Records = "differ"
		}
		shape.Answers = append(shape.Answers, answer)
	}
	return shape
}

func dueShape(j *office.JudgedCheck) DueCheck {
	due := DueCheck{
		Due: moment(j.Due), Date: j.Date, Time: j.At, Caller: j.Caller, Until: moment(j.Ends), Result: j.Result, Results: j.Results,
		Closed: append([]office.Side{}, j.Closed...),
	}
	if j.Check != nil {
		due.Check = &j.Check.ID
	}
	return due
}

func (s *server) checkSchedule(w http.ResponseWriter, r *http.Request) error {
	boards, err := s.Node.Records().CheckBoards(r.Context(), s.Now(), true)
	if err != nil {
		return err
	}
	schedule := CheckSchedule{Channels: []ChannelChecks{}}
	for _, b := range boards {
		one := ChannelChecks{Channel: b.Channel.ID, OffsetMinutes: b.Channel.Offset, Checks: b.Channel.Checks, Now: []DueCheck{}, Extra: []Check{}}
		for i := range b.Open {
			one.Now = append(one.Now, dueShape(&b.Open[i]))
		}
		if b.Next != nil {
			one.Next = new(dueShape(b.Next))
		}
		for i := range b.Extra {
			one.Extra = append(one.Extra, checkShape(&b.Extra[i]))
		}
		schedule.Channels = append(schedule.Channels, one)
	}
	return write(w, http.StatusOK, schedule)
}

func (s *server) checkMonth(w http.ResponseWriter, r *http.Request) error {
	channel := r.URL.Query().Get("channel")
	if channel == "" {
		row, err := s.Node.Records().OfficeAt(r.Context(), s.Now())
		if err != nil {
			return err
		}
		if row.Charter != nil {
			channel = row.Charter.Channels[0].ID
		}
	}
	now := s.Now()
	m, ok, err := s.Node.Records().CheckMonth(r.Context(), channel, r.PathValue("month"), now)
	if err != nil {
		return err
	}
	if !ok {
		return problem(CodeBadRequest, "month", "value", clip(r.PathValue("month")))
	}
	shape := CheckMonth{Channel: m.Channel, Month: m.Month, Judged: now.UTC(), Due: []DueCheck{}, Figures: m.Figures, Extra: m.Extras}
	for i := range m.Due {
		shape.Due = append(shape.Due, dueShape(&m.Due[i]))
	}
	return write(w, http.StatusOK, shape)
}

func (s *server) callCheck(w http.ResponseWriter, r *http.Request) error {
	var n NewCheck
	if err := read(r, &n); err != nil {
		return err
	}
	body := &office.CheckBody{Channel: n.Channel, Text: n.Text}
	if n.Due != nil {
		body.Due = office.MinuteOf(n.Due.UnixMilli())
		if !n.Due.Equal(n.Due.Truncate(time.Minute)) || n.Due.Year() < 1970 || n.Due.Year() > 9999 {
			return problem(CodeBadRequest, "moment", "name", "due", "value", n.Due.Format(time.RFC3339Nano))
		}
	}
	return s.act(w, r, n.By, office.KindCheck, body)
}

func (s *server) answerCheck(w http.ResponseWriter, r *http.Request) error {
	var n NewCheckAnswer
	if err := read(r, &n); err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindCheckAnswer, &office.CheckAnswerBody{Check: id, Heard: n.Heard, Remark: n.Remark})
}
