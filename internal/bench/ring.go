package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// An open page at the far side must ring within these times: after a FLASH
// dispatch was released, and after the line came back over which it had to come.
const (
	ringWithin = time.Second
	backWithin = 5 * time.Second
)

// ringer is an open page that listens to what rings.
type ringer struct {
	said  chan map[string]bool // the ids of what rings, each time that it changes
	ended chan error           // holds why the stream ended
}

// hear reads a stream of events until it ends.
func hear(ctx context.Context, stream *http.Response) *ringer {
	r := &ringer{said: make(chan map[string]bool, 1), ended: make(chan error, 1)}
	go func() {
		r.ended <- events(stream, func(kind string, data []byte) error {
			if kind != "rings" {
				return nil
			}
			var event struct{ Now []struct{ ID string } }
			if err := json.Unmarshal(data, &event); err != nil {
				return fmt.Errorf("read what rings: %w", err)
			}
			ids := map[string]bool{}
			for _, ring := range event.Now {
				ids[ring.ID] = true
			}
			select {
			case r.said <- ids:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	}()
	return r
}

// until waits until a dispatch rings, or no longer does.
func (r *ringer) until(ctx context.Context, id office.EntryID, rings bool) error {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	for {
		select {
		case ids := <-r.said:
			if ids[id.String()] == rings {
				return nil
			}
		case err := <-r.ended:
			return err
		case <-ctx.Done():
			return fmt.Errorf("wait until the open page rings for %s (%v): %w", id, rings, context.Cause(ctx))
		}
	}
}

// ringRow times how long it takes until a FLASH dispatch rings in the other
// side's open page, from the request to release it on, and from the mending of a
// line that was cut when it was released. Each is acknowledged before the next.
func ringRow(ctx context.Context, b *run) ([]Figure, error) {
	f, p, err := b.both(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.far.openPage(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.Body.Close()
	page := hear(ctx, stream)

	// rings releases a dispatch, and waits until it rings.
	rings := func(ctx context.Context) (office.EntryID, error) {
		d := p.dispatch()
		d.Precedence, d.Text = office.Flash, "Measurement."
		sent, err := p.near.calls.Send(ctx, d, 0)
		if err != nil {
			return sent.ID, err
		}
		return sent.ID, page.until(ctx, sent.ID, true)
	}
	stops := func(ctx context.Context, id office.EntryID) error {
		if _, err := p.far.calls.Acknowledge(ctx, id, poster); err != nil {
			return err
		}
		return page.until(ctx, id, false)
	}
	var p50, p99 pairs
	for range b.sizes.rounds {
		floor, err := load(ctx, 1, b.sizes.rings, f.send)
		if err != nil {
			return nil, err
		}
		var t turn
		for range b.sizes.rings {
			released := time.Now()
			id, err := rings(ctx)
			if err != nil {
				return nil, err
			}
			t.took = append(t.took, time.Since(released))
			if err := stops(ctx, id); err != nil {
				return nil, err
			}
		}
		slices.Sort(t.took)
		p50.add(floor.quantile(.5), t.quantile(.5))
		p99.add(floor.quantile(.99), t.quantile(.99))
	}
	var back turn
	for range b.sizes.rounds {
		took, err := p.ringsWhenMended(ctx, page, stops)
		if err != nil {
			return nil, err
		}
		back.took = append(back.took, took)
	}
	slices.Sort(back.took)
	half, most := p50.figure("FLASH rings in the other side's open page, p50", "ms", 0, NoTarget), p99.figure("FLASH rings in the other side's open page, p99", "ms", 0, NoTarget)
	most.Target, most.Rule = milliseconds(ringWithin), AtMost
	return []Figure{half, most, {
		Name: "FLASH rings after the line came back, longest", Unit: "ms", Liaison: back.quantile(1),
		Target: milliseconds(backWithin), Rule: AtMost, Rounds: b.sizes.rounds,
	}}, p.equal(ctx)
}

// ringsWhenMended cuts the line, releases a FLASH dispatch, mends the line and
// tells how long it then took until it rang.
func (p *pair) ringsWhenMended(ctx context.Context, page *ringer, stops func(context.Context, office.EntryID) error) (time.Duration, error) {
	if err := p.near.calls.CutLine(ctx, p.far.side, true); err != nil {
		return 0, err
	}
	sent, err := p.near.calls.Send(ctx, api.NewDispatch{Channel: "liaison", Precedence: office.Flash, Subject: "Measurement", Text: "Measurement.", By: poster}, 0)
	if err != nil {
		return 0, err
	}
	mended := time.Now()
	if err := p.near.calls.CutLine(ctx, p.far.side, false); err != nil {
		return 0, err
	}
	if err := page.until(ctx, sent.ID, true); err != nil {
		return 0, err
	}
	took := time.Since(mended)
	return took, stops(ctx, sent.ID)
}
