package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"liaison.example/node"
)

// Running is the state that a client alone can wait for: the node answers.
const Running = "running"

// Waits are the states that can be waited for.
var Waits = []string{Running, "ready", "open", "linked", "received", "equal"}

// reached reports whether the node is in the state that is waited for.
func reached(until string, s *node.Status) bool {
	switch until {
	case Running:
		return true
	case "ready": // it may sign
		return s.Mode == node.Ready
	case "open": // every side has founded the office, and this one has its first posts
		return s.Open && !s.Opening
	case "linked": // every line is up
		return everyLine(s, func(l node.LineState) bool { return l.Up })
	case "received": // every side's receipt for all our entries is held
		return everyLine(s, func(l node.LineState) bool { return l.Waiting == 0 })
	case "equal": // ready, open, linked, received, all settled, and both records shown to be the same
		for _, side := range s.Sides {
			if side.Settled != side.Size {
				return false
			}
		}
		return s.Mode == node.Ready && s.Open && !s.Opening && everyLine(s, func(l node.LineState) bool { return l.Up && l.Waiting == 0 && l.Equal })
	}
	return false
}

func everyLine(s *node.Status, holds func(node.LineState) bool) bool {
	for _, l := range s.Lines {
		if !holds(l) {
			return false
		}
	}
	return len(s.Lines) > 0
}

func (s *server) status(w http.ResponseWriter, r *http.Request) error {
	until := r.URL.Query().Get("wait")
	if until == "" {
		now, err := s.Node.Status(r.Context())
		if err != nil {
			return err
		}
		return write(w, http.StatusOK, statusShape(&now))
	}
	if !slices.Contains(Waits, until) {
		return notOneOf("wait", until, Waits)
	}
	ctx, done, err := s.wait(w, r, "timeout")
	if err != nil {
		return err
	}
	defer done()
	now, err := s.waitStatus(ctx, until)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return problem(CodeTimeout, "timeout", "state", until)
		}
		return err
	}
	return write(w, http.StatusOK, statusShape(&now))
}

// Between two looks at the status lie at least lookAgain, however many events
// there are, and at most lookAnyway, since not every change is an event.
const (
	lookAgain  = 10 * time.Millisecond
	lookAnyway = 250 * time.Millisecond
)

func (s *server) waitStatus(ctx context.Context, until string) (node.Status, error) {
	events, cancel := s.Node.Watch()
	defer cancel()
	for {
		now, err := s.Node.Status(ctx)
		if err != nil || reached(until, &now) {
			return now, err
		}
		soon, anyway := time.After(lookAgain), time.After(lookAnyway)
		woken := false
		for !woken || soon != nil {
			select {
			case <-ctx.Done():
				return now, ctx.Err()
			case _, ok := <-events:
				if !ok {
					events = nil
				}
				woken = true
			case <-soon:
				soon = nil
			case <-anyway:
				woken = true
			}
		}
	}
}

func statusShape(s *node.Status) Status {
	out := Status{
		Office: s.Office, Side: s.Side, Mode: string(s.Mode), Why: s.Why, Open: s.Open,
		Digest: s.Digest, Count: s.Count, Settled: map[string]int64{}, Sides: map[string]Side{}, Link: map[string]Line{},
		Demo: s.Demo, Now: s.Now.UTC(), Version: s.Version,
	}
	for side, state := range s.Sides {
		out.Settled[side] = state.Settled
		out.Sides[side] = Side{Size: state.Size, Placed: state.Placed, Cosigned: state.Cosigned}
	}
	for side, l := range s.Lines {
		state := "down"
		if l.Up {
			state = "up"
		}
		out.Link[side] = Line{
			State: state, Why: l.Why, Since: l.Since.UTC(), Cut: l.Cut, LastSeen: maybe(l.LastSeen),
			OffsetMS: l.Offset.Milliseconds(), RoundTripMS: float64(l.RoundTrip.Microseconds()) / 1000,
			Waiting: l.Waiting, WaitingSince: maybe(l.WaitingSince),
			Halted: l.Halted, Equal: l.Equal, TheirMode: string(l.TheirMode),
		}
	}
	return out
}

// maybe is nil for the zero time.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// moment reads milliseconds since 1970 as they stand in the records.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
