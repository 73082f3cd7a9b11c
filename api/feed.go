package api

import (
	"net/http"
)

func (s *server) feeds(w http.ResponseWriter, r *http.Request) error {
	who, err := s.atDesk(r)
	if err != nil {
		return err
	}
	list, err := s.Node.People().Feeds(r.Context(), who)
	if err != nil {
		return err
	}
	answer := FeedList{Feeds: []Feed{}}
	for _, f := range list {
		answer.Feeds = append(answer.Feeds, Feed{Whole: f.Whole, Made: f.Made})
	}
	return write(w, http.StatusOK, answer)
}

// feedChoice reads whose feed is meant, and which.
func (s *server) feedChoice(r *http.Request) (who string, whole bool, err error) {
	var c FeedChoice
	if who, err = s.atDesk(r); err == nil {
		err = read(r, &c)
	}
	return who, c.Whole, err
}

func (s *server) makeFeed(w http.ResponseWriter, r *http.Request) error {
	who, whole, err := s.feedChoice(r)
	if err != nil {
		return err
	}
	token, err := s.Node.People().MakeFeed(r.Context(), callerOf(r).by, who, whole)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, MadeFeed{Feed: Feed{Whole: whole, Made: s.Now().UTC()}, URL: s.Feed(token)})
}

func (s *server) endFeed(w http.ResponseWriter, r *http.Request) error {
	who, whole, err := s.feedChoice(r)
	if err != nil {
		return err
	}
	list, err := s.Node.People().Feeds(r.Context(), who)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Whole == whole {
			if err := s.Node.People().EndFeed(r.Context(), callerOf(r).by, who, whole); err != nil {
				return err
			}
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
	}
	return problem(CodeNotFound, "feed")
}
