package api

import (
	"time"

	"liaison.example/office"
)

// Readback is what an addressed side has understood of a dispatch, in its own words.
type Readback struct {
	ID     office.EntryID  `json:"id"`
	Side   office.Side     `json:"side"`
	By     office.Post     `json:"by"`
	At     time.Time       `json:"at"` // its clock
	Text   string          `json:"text"`
	Answer *ReadbackAnswer `json:"answer,omitempty"` // left out while the sender has said nothing to it
}

// ReadbackAnswer is what the sender of the dispatch has said to a read-back.
type ReadbackAnswer struct {
	ID     office.EntryID      `json:"id"`
	By     office.Post         `json:"by"`
	At     time.Time           `json:"at"`
	Answer office.ReadbackWord `json:"answer"`
	Text   string              `json:"text,omitempty"` // what was meant, if it was disputed
}

// NewReadback restates what this side has understood of a dispatch that asks for it.
type NewReadback struct {
	Text string      `json:"text"`
	By   office.Post `json:"by,omitempty"`
}

// NewReadbackAnswer confirms a read-back, or disputes it and says what was meant.
type NewReadbackAnswer struct {
	Answer office.ReadbackWord `json:"answer"`
	Text   string              `json:"text,omitempty"` // needed if it is disputed, and only then
	By     office.Post         `json:"by,omitempty"`
}
