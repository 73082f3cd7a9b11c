package api

import (
	"errors"
	"net/http"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// watch says who is on watch, or was at a moment.
func (s *server) watch(w http.ResponseWriter, r *http.Request) error {
	text := r.URL.Query().Get("at")
	answer := OnWatch{At: s.Now().UTC().Truncate(time.Millisecond), Watches: []Watch{}}
	var watches []office.Watch
	var err error
	if text == "" {
		watches, err = s.Node.Records().OnWatch(r.Context())
	} else {
		if answer.At, err = time.Parse(time.RFC3339, text); err != nil {
			return problem(CodeBadRequest, "moment", "name", "at", "value", clip(text))
		}
		answer.At = answer.At.UTC()
		watches, err = s.Node.Records().OnWatchAt(r.Context(), answer.At.UnixMilli())
	}
	if err != nil {
		return err
	}
	for i := range watches {
		answer.Watches = append(answer.Watches, watchOf(&watches[i]))
	}
	return write(w, http.StatusOK, answer)
}

func (s *server) watches(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return err
	}
	filter := records.WatchFilter{Side: query.Get("side"), Limit: limit}
	if filter.Before, err = readCursor("watches", query); err != nil {
		return err
	}
	lines, next, err := s.Node.Records().Watches(r.Context(), filter)
	if errors.Is(err, records.ErrBefore) {
		return badCursor(query.Get("cursor"))
	}
	if err != nil {
		return err
	}
	page := WatchPage{Watches: []Watch{}}
	if next != "" {
		page.Next = cursor("watches", next)
	}
	for i := range lines {
		page.Watches = append(page.Watches, watchOf(&lines[i].Watch))
	}
	return write(w, http.StatusOK, page)
}

func watchOf(w *office.Watch) Watch {
	one := Watch{ID: w.ID, Side: w.Side, Post: w.By, Name: w.Name, Languages: w.Languages, Since: moment(w.Time), Relieves: w.Relieves}
	if w.Until != 0 {
		until := moment(w.Until)
		one.Until = &until
	}
	if w.End != nil {
		ended := moment(w.End.Time)
		one.Ended, one.EndedBy, one.Relieved = &ended, &w.End.ID, w.End.Relieved
	}
	return one
}

func (s *server) startWatch(w http.ResponseWriter, r *http.Request) error {
	var n NewWatch
	if err := read(r, &n); err != nil {
		return err
	}
	body := office.WatchBody{Languages: n.Languages, Name: n.Name, Relieves: n.Relieves}
	if n.Until != nil {
		body.Until = office.MinuteOf(n.Until.UnixMilli())
	}
	return s.act(w, r, n.By, office.KindWatch, &body)
}

// endWatch ends the watch that is named, or else that of the post which asks.
func (s *server) endWatch(w http.ResponseWriter, r *http.Request) error {
	var e WatchEnd
	if err := read(r, &e); err != nil {
		return err
	}
	if e.Watch != nil {
		return s.act(w, r, e.By, office.KindWatchEnd, &office.WatchEndBody{Watch: *e.Watch})
	}
	by, err := actingPost(r, e.By)
	if err != nil {
		return err
	}
	on, err := s.Node.Records().OnWatch(r.Context())
	if err != nil {
		return err
	}
	for _, watch := range on {
		if watch.Side == s.Node.Side() && watch.By == by {
			return s.act(w, r, by, office.KindWatchEnd, &office.WatchEndBody{Watch: watch.ID})
		}
	}
	return problem(CodeNotFound, "not-on-watch", "post", by)
}
