package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"liaison.example/node"
	"liaison.example/notify"
)

// heartbeat is how often an event stream says that it is alive. It must be
// shorter than the time after which a proxy drops a quiet connection.
const heartbeat = 15 * time.Second

// streams counts the open event streams, so that forgotten pages cannot use up
// the node.
type streams struct {
	mu        sync.Mutex
	all       int           // under mu
	bySession map[int64]int // under mu
}

func (s *streams) enter(session int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bySession == nil {
		s.bySession = map[int64]int{}
	}
	if s.all >= maxStreams || s.bySession[session] >= maxStreamsOne {
		return false
	}
	s.all++
	s.bySession[session]++
	return true
}

func (s *streams) leave(session int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.bySession[session]--; s.bySession[session] == 0 {
		delete(s.bySession, session)
	}
}

// change is what an event says to the pages. They fetch what they show; the
// event itself, as that of what rings, carries nothing of the record but ids.
type change struct {
	ID   string `json:"id,omitempty"`
	Side string `json:"side,omitempty"`
}

// stream tells a page of changes as they happen, as server-sent events. It ends
// when the browser goes, when a write takes too long, or when the session ends.
func (s *site) stream(v *visit) error {
	if !s.events.enter(v.session.ID) {
		return errBusy
	}
	defer s.events.leave(v.session.ID)
	events, cancel := s.node.Watch()
	defer cancel()
	asks, leave := s.node.Notify().OpenPage(v.session.Account)
	defer leave()

	control := http.NewResponseController(v.w)
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no")
	send := func(text string) bool {
		// No server sets these times where they are not supported.
		_ = control.SetWriteDeadline(time.Now().Add(answerTime))
		if _, err := v.w.Write([]byte(text)); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	_ = control.SetReadDeadline(time.Time{})
	settings, err := s.node.Notify().PageSettings(v.ctx, v.session.Account)
	if err != nil {
		return fmt.Errorf("read how the page tells: %w", err)
	}
	if !send("retry: 2000\n\n" + dataText("page", settings)) {
		return nil
	}
	// What rings is told at once, and whenever it has changed: a page may have
	// missed what happened since it was made.
	var rings string
	var look <-chan time.Time
	changed := time.Now()
	ring := func() bool {
		look = nil
		text, err := s.ringing(v.r.Context(), changed)
		if err != nil {
			s.log.Error("the pages are not told what rings", "error", err)
			return false // the browser asks again
		}
		if text == rings {
			return true
		}
		rings = text
		return send("event: rings\ndata: " + text + "\n\n")
	}
	if !ring() {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	ctx := v.r.Context() // a stream is not bound to the time of one page
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, open := <-events:
			if !open || !send(eventText(event)) {
				return nil
			}
			if event.Kind == "entry" || event.Kind == "lost" {
				if changed = time.Now(); look == nil {
					look = time.After(ringSettles)
				}
			}
		case ask := <-asks:
			if !send(dataText("ask", ask)) {
				return nil
			}
		case <-look:
			if !ring() {
				return nil
			}
		case <-beat.C:
			if _, err := s.node.People().Session(ctx, v.cookie); err != nil {
				send("event: ended\ndata: {}\n\n")
				return nil
			}
			if !send(": still here\n\n") {
				return nil
			}
		}
	}
}

// eventText writes an event as it goes over the wire:
//
//	event: receipt
//	data: {"id":"south/17","side":"north"}
func eventText(e node.Event) string {
	c := change{Side: e.Side}
	if e.ID.Side != "" {
		c.ID = e.ID.String()
	}
	return dataText(e.Kind, c)
}

func dataText(kind string, matter any) string {
	data, err := json.Marshal(matter)
	if err != nil {
		panic("texts do not become JSON: " + err.Error())
	}
	return fmt.Sprintf("event: %s\ndata: %s\n\n", kind, data)
}

// postSound takes what an open page says to what it was asked by its stream.
func (s *site) postSound(v *visit) error {
	err := s.node.Notify().AnswerAsk(v.ctx, v.session.Account, shorten(v.r.PostFormValue("key"), 100), notify.PageAnswer(shorten(v.r.PostFormValue("answer"), 20)))
	if err != nil {
		return err
	}
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}
