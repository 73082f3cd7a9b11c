package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	ical "github.com/arran4/golang-ical"

	"liaison.example/lang"
	"liaison.example/people"
)

// The calendar feeds: who knows the secret address of one reads it without a
// session. An address that is none is answered like any page that there is not.
const (
	feedPath   = "/feed/"
	feedSuffix = ".ics"

	feedAhead  = 183 * 24 * time.Hour // six months
	feedBefore = 7 * 24 * time.Hour
	feedWindow = 10 * time.Minute
	feedLimit  = 20 // of one feed in that time; programs ask a few times an hour
	feedsOnce  = 2  // that are written at the same time
)

// feeds bounds what feeds cost.
type feeds struct {
	turns chan struct{} // a token for each that is being written

	mu    sync.Mutex
	asked map[people.Feed]feedAsked // under mu; at most two for each account
}

type feedAsked struct {
	since time.Time
	times int
}

func newFeeds() *feeds {
	return &feeds{turns: make(chan struct{}, feedsOnce), asked: map[people.Feed]feedAsked{}}
}

// enter counts one question for a feed, and says whether it is one too many.
func (f *feeds) enter(feed people.Feed, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for other, asked := range f.asked {
		if age := now.Sub(asked.since); age < 0 || age >= feedWindow {
			delete(f.asked, other)
		}
	}
	asked, is := f.asked[feed]
	if !is {
		asked.since = now
	}
	asked.times++
	f.asked[feed] = asked
	return asked.times <= feedLimit
}

// loggable is a path as it may stand in a log: without the token of a feed.
func loggable(path string) string {
	if strings.HasPrefix(path, feedPath) {
		return feedPath
	}
	return path
}

// FeedURL is the address of a feed at the pages that stand at an address.
func FeedURL(address, token string) string {
	return strings.TrimSuffix(address, "/") + feedPath + token + feedSuffix
}

func (s *site) feed(v *visit) error {
	token, is := strings.CutSuffix(v.r.PathValue("token"), feedSuffix)
	if !is {
		return errNothingHere
	}
	feed, account, err := s.node.People().Feed(v.ctx, token)
	if errors.Is(err, people.ErrNoFeed) {
		return errNothingHere
	}
	if err != nil {
		return err
	}
	if !s.feeds.enter(feed, v.now) {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(feedWindow/time.Second)))
		http.Error(v.w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return nil
	}
	select {
	case s.feeds.turns <- struct{}{}:
		defer func() { <-s.feeds.turns }()
	case <-v.ctx.Done():
		return v.ctx.Err()
	}
	if lang.Known(account.Language) {
		v.tag = account.Language
	}
	text, err := s.calendar(v, feed, account)
	if err != nil {
		return fmt.Errorf("write a calendar feed: %w", err)
	}
	sum := sha256.Sum256([]byte(text))
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := v.w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Robots-Tag", "noindex")
	if v.r.Header.Get("If-None-Match") == tag {
		v.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	v.w.Write([]byte(text)) // if it cannot be written, nobody is left to be told
	return nil
}

// calendar writes a feed (RFC 5545). The same roster gives the same bytes all day.
// A watch keeps its UID whatever becomes of it, and its SEQUENCE only grows. In the
// calendar of one person, a watch that was given to another is cancelled.
func (s *site) calendar(v *visit, feed people.Feed, account people.Account) (string, error) {
	today := v.now.UTC().Truncate(24 * time.Hour)
	plan, err := s.node.Plan(v.ctx, today.Add(-feedBefore), today.Add(feedAhead))
	if err != nil {
		return "", err
	}
	names, err := s.rosterNames(v)
	if err != nil {
		return "", err
	}
	c := ical.NewCalendar()
	c.SetProductId("-//liaison.example//Liaison " + s.version + "//EN")
	c.SetCalscale("GREGORIAN")
	c.SetMethod(ical.MethodPublish)
	title := v.t("feed.own", "side", v.sideName(v.side))
	if feed.Whole {
		title = v.t("feed.desk", "side", v.sideName(v.side))
	}
	c.SetXWRCalName(title)
	c.SetXPublishedTTL("PT1H")
	for i := range plan.Watches {
		w := &plan.Watches[i]
		own := w.Who.Is(account.Name, account.Posts...)
		given := w.Given != nil && w.Turn.Is(account.Name, account.Posts...) && !own
		if !feed.Whole && !own && !given {
			continue
		}
		e := c.AddEvent(fmt.Sprintf("watch-%d-%s-%s@%s.%s", w.Layer, w.Day, strings.Replace(w.Start, ":", "", 1), v.side, v.status.Office))
		e.SetDtStampTime(fromMillis(w.Changed))
		e.SetModifiedAt(fromMillis(w.Changed))
		e.SetSequence(int(w.Sequence))
		e.SetStartAt(fromMillis(w.From))
		e.SetEndAt(fromMillis(w.Until))
		e.SetStatus(ical.ObjectStatusConfirmed)
		switch {
		case feed.Whole:
			e.SetSummary(names.of(w.Who) + ": " + w.Name)
		case given:
			e.SetStatus(ical.ObjectStatusCancelled)
			e.SetSummary(v.t("feed.given", "who", names.of(w.Who), "name", w.Name))
		default:
			e.SetSummary(v.t("feed.watch", "name", w.Name))
		}
		if len(w.Languages) > 0 {
			e.SetDescription(v.t("watch.languages") + ": " + strings.Join(w.Languages, " "))
		}
	}
	var text strings.Builder
	err = c.SerializeTo(&text, ical.WithNewLine("\r\n"))
	return text.String(), err
}
