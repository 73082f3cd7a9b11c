package web

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

const (
	// ringsShown is how many dispatches of one precedence the state of what rings
	// names. However many another side sends, the pages ring once, with a number.
	ringsShown = 50

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
	Precedence string `json:"precedence"` // "flash" or "immediate"
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
	for _, p := range []office.Precedence{office.Flash, office.Immediate} {
		lines, next, err := s.node.Records().Dispatches(ctx, records.Filter{State: records.WaitsForUs, Precedence: p, Limit: ringsShown})
		if err != nil {
			return "", fmt.Errorf("read what rings: %w", err)
		}
		all.More = all.More || next != ""
		for i := range lines {
			if _, withdrawn := lines[i].Handling.Withdrawn(); !withdrawn {
				all.Now = append(all.Now, ring{lines[i].ID.String(), lowerPrecedence(p), string(lines[i].Mark)})
			}
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	r.began, r.text = began, string(text)
	return r.text, nil
}
