package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"liaison.example/office"
)

// Event is a change, as it stands in the stream of server-sent events:
//
//	event: entry
//	data: {"kind":"entry","id":"north/4"}
//
// "lost" says that the reader was too slow and must look at everything anew.
type Event struct {
	Kind string          `json:"kind"` // "entry", "receipt", "line", "mode", "alarm", "settled", "charter", "lost"
	ID   *office.EntryID `json:"id,omitempty"`
	Side office.Side     `json:"side,omitempty"`
}

// heartbeat keeps the stream of events alive.
const heartbeat = 15 * time.Second

func (s *server) events(w http.ResponseWriter, r *http.Request) error {
	leave, err := s.enter(w)
	if err != nil {
		return err
	}
	defer leave()
	events, cancel := s.Node.Watch()
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	flow := http.NewResponseController(w)
	if err := flow.Flush(); err != nil {
		return nil // the client is gone
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		text := ": still here\n\n"
		select {
		case <-r.Context().Done():
			return nil
		case <-beat.C:
		case e, ok := <-events:
			if !ok {
				return nil
			}
			out := Event{Kind: e.Kind, Side: e.Side}
			if e.ID.Side != "" {
				out.ID = &e.ID
			}
			data, err := json.Marshal(out)
			if err != nil {
				return fmt.Errorf("write an event: %w", err)
			}
			text = "event: " + e.Kind + "\ndata: " + string(data) + "\n\n"
		}
		if err := flow.SetWriteDeadline(time.Now().Add(heartbeat)); err != nil {
			return nil
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return nil
		}
		if err := flow.Flush(); err != nil {
			return nil
		}
	}
}
