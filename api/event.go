package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

// heartbeat keeps the stream of events alive.
const heartbeat = 15 * time.Second

// maxEventID bounds what a program says that it heard last, in bytes: 16 sides
// with a name of 31 letters and a number each.
const maxEventID = 1024

// told says how far a program was told of entries: of each side, how many of its
// ledger. It is the id of an event, such as "north:5,south:9". Places in the
// joint order would not do: an entry may come late, and stand before others.
type told map[office.Side]int64

func (t told) String() string {
	var out strings.Builder
	for _, side := range slices.Sorted(maps.Keys(t)) {
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%s:%d", side, t[side])
	}
	return out.String()
}

func readTold(text string) (told, error) {
	t := told{}
	for _, part := range strings.Split(text, ",") {
		side, digits, _ := strings.Cut(part, ":")
		count, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || count < 0 || !office.ValidName(side) || len(text) > maxEventID {
			return nil, problem(CodeBadRequest, "event-id", "value", clip(text))
		}
		t[side] = count
	}
	return t, nil
}

// events tells a program of changes as they happen, as server-sent events. Of
// entries none is left out and none told twice, also when the program comes back
// with the header Last-Event-ID; each side's come in the order of its ledger. The
// other events say that something changed, and that it is to be asked for.
func (s *server) events(w http.ResponseWriter, r *http.Request) error {
	placed, err := s.Node.Records().Placed(r.Context())
	if err != nil {
		return err
	}
	heard := told(placed)
	heard[s.Node.Side()] += 0 // so that there is an id even before the first entry
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		if heard, err = readTold(last); err != nil {
			return err
		}
	}
	leave, err := s.enter(w, r)
	if err != nil {
		return err
	}
	defer leave()
	events, cancel := s.Node.Watch()
	defer cancel()
	w.Header().Set("Content-Type", string(mediaEvents))
	w.Header().Set("X-Accel-Buffering", "no")
	stream := &stream{server: s, w: w, flow: http.NewResponseController(w), told: heard}
	if stream.send("retry: 2000\nid: "+heard.String()+"\n\n") && stream.entries(r.Context()) && stream.receipts() {
		stream.run(r, events)
	}
	return nil // the answer has begun: there is no other
}

// stream is one program that is told of events.
type stream struct {
	*server
	w    http.ResponseWriter
	flow *http.ResponseController
	told told
}

// run tells of events until the program goes, is too slow, or may no longer read.
func (s *stream) run(r *http.Request, events <-chan node.Event) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case e, open := <-events:
			if !open || !s.event(r.Context(), e) {
				return
			}
		case <-beat.C:
			if !s.stillMay(r) {
				s.send("event: ended\ndata: {\"kind\":\"ended\"}\n\n")
				return
			}
			if !s.send(": still here\n\n") {
				return
			}
		}
	}
}

// stillMay looks again at the token of a long request.
func (s *stream) stillMay(r *http.Request) bool {
	c := callerOf(r)
	if c.bearer == nil {
		return true
	}
	bearer, err := s.bearer(r)
	return err == nil && bearer.Allows(c.scope) == nil
}

func (s *stream) event(ctx context.Context, e node.Event) bool {
	switch e.Kind {
	case "entry":
		return e.ID.Index < s.told[e.ID.Side] || s.entries(ctx)
	case "receipt":
		return s.tell(Event{Kind: e.Kind, Side: e.Side, ID: &office.EntryID{Side: s.Node.Side(), Index: e.ID.Index}})
	case "lost": // of entries nothing is
		return s.entries(ctx) && s.tell(Event{Kind: e.Kind})
	}
	return s.tell(Event{Kind: e.Kind, Side: e.Side})
}

// entries tells of all entries that have a place and were not told of.
func (s *stream) entries(ctx context.Context) bool {
	placed, err := s.Node.Records().Placed(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Error("a program is not told of entries", "error", err)
		}
		return false // it comes back
	}
	for _, side := range slices.Sorted(maps.Keys(placed)) {
		for s.told[side] < placed[side] {
			id := office.EntryID{Side: side, Index: s.told[side]}
			s.told[side]++
			if ctx.Err() != nil || !s.tell(Event{Kind: "entry", ID: &id}) {
				return false
			}
		}
	}
	return true
}

// receipts tells which of our entries the other sides hold.
func (s *stream) receipts() bool {
	own := s.Node.Side()
	cosigned := s.Node.Ledger().Head(own).Cosigned
	for _, side := range slices.Sorted(maps.Keys(cosigned)) {
		if count := cosigned[side]; count > 0 && !s.tell(Event{Kind: "receipt", Side: side, ID: &office.EntryID{Side: own, Index: count - 1}}) {
			return false
		}
	}
	return true
}

// tell sends one event. Whatever it is, it bears the id from which the program can
// go on: who hears nothing but a receipt before the line breaks loses no entry.
func (s *stream) tell(e Event) bool {
	data, err := json.Marshal(e)
	if err != nil {
		panic("an event does not become JSON: " + err.Error())
	}
	return s.send("id: " + s.told.String() + "\nevent: " + e.Kind + "\ndata: " + string(data) + "\n\n")
}

func (s *stream) send(text string) bool {
	_ = s.flow.SetWriteDeadline(time.Now().Add(heartbeat)) // where it can be set
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.flow.Flush() == nil
}
