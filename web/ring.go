package web

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

const (
	// ringsShown is how many dispatches of one precedence the state of what rings
	// names, and ringsOfOne how many of each channel it names at least, so that a
	// flood on one hides no other. However many another side sends, the pages ring
	// once, with a number.
	ringsShown = 50
	ringsOfOne = 5

	// ringSettles is how long a stream lets changes gather before it looks again
	// at what rings.
	ringSettles = 100 * time.Millisecond
)

// ringing is what rings in the open pages: FLASH and IMMEDIATE dispatches to our
// side that nobody of it has acknowledged.
type ringing struct {
	Now  []ring `json:"now"`  // the latest first within a precedence
	More bool   `json:"more"` // there are more than these
}

type ring struct {
	ID         string `json:"id"`
	Channel    string `json:"channel"`
	Precedence string `json:"precedence"`         // "flash" or "immediate"
	Distress   bool   `json:"distress,omitempty"` // it is about lives at risk
	Mark       string `json:"mark,omitempty"`
}

// rings keeps what rings as it was last read, so that a change is looked at once
// and not once for each open page.
type rings struct {
	mu    sync.Mutex
	began time.Time // under mu, here and below: when the reading began
	text  string    // JSON of ringing
}

// ringing gives what rings, as it stood at a moment or later.
func (s *site) ringing(ctx context.Context, since time.Time) (string, error) {
	r := s.rings
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.text != "" && r.began.After(since) {
		return r.text, nil
	}
	began := time.Now()
	all := ringing{Now: []ring{}}
	distress, err := s.node.Records().DistressForms(ctx)
	if err != nil {
		return "", fmt.Errorf("read what rings: %w", err)
	}
	for _, p := range []office.Precedence{office.Flash, office.Immediate} {
		more, err := all.add(ctx, s.node.Records(), p, distress)
		if err != nil {
			return "", fmt.Errorf("read what rings: %w", err)
		}
		all.More = all.More || more
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	r.began, r.text = began, string(text)
	return r.text, nil
}

// add adds what rings of a precedence, and reports whether there is more. distress
// is the codes of the forms about lives at risk.
func (all *ringing) add(ctx context.Context, r *records.Records, p office.Precedence, distress []string) (more bool, err error) {
	filter := records.Filter{State: records.WaitsForUs, Precedence: p, Limit: ringsShown}
	lines, next, err := r.Dispatches(ctx, filter)
	if err != nil {
		return false, err
	}
	if next != "" {
		row, err := r.Office(ctx)
		if err != nil {
			return false, err
		}
		filters := make([]records.Filter, 0, len(row.Charter.Channels)+len(distress))
		for _, code := range distress {
			filter.Form = code
			filters = append(filters, filter)
		}
		filter.Form, filter.Limit = "", ringsOfOne
		for _, channel := range row.Charter.Channels {
			filter.Channel = channel.ID
			filters = append(filters, filter)
		}
		for _, filter := range filters {
			some, _, err := r.Dispatches(ctx, filter)
			if err != nil {
				return false, err
			}
			lines = append(lines, some...)
		}
	}
	named := map[office.EntryID]bool{}
	for i := range lines {
		d := &lines[i]
		if _, withdrawn := d.Handling.Withdrawn(); withdrawn || named[d.ID] {
			continue
		}
		named[d.ID] = true
		all.Now = append(all.Now, ring{d.ID.String(), d.Channel, lowerPrecedence(p), node.Distress(&d.Dispatch, distress), string(d.Mark)})
	}
	return next != "", nil
}
