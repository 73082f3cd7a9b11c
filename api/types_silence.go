package api

import (
	"time"

	"liaison.example/office"
)

// Silence is what one side waits for from another, and why nothing has come.
type Silence struct {
	About      office.EntryID       `json:"about"` // the dispatch, or the tender
	Awaits     office.Awaits        `json:"awaits"`
	From       office.Side          `json:"from"` // who waits
	To         office.Side          `json:"to"`   // who is silent
	Channel    string               `json:"channel"`
	Precedence office.Precedence    `json:"precedence"`
	Mark       office.Mark          `json:"mark,omitempty"`
	Number     int64                `json:"number,omitempty"` // of the dispatch
	Subject    string               `json:"subject"`
	Asked      time.Time            `json:"asked"`         // when it was released, by the clock of the side that waits
	Due        *time.Time           `json:"due,omitempty"` // left out if no time is agreed on
	Overdue    bool                 `json:"overdue"`
	Unreceived *time.Time           `json:"unreceived,omitempty"` // by when the receipt was due, if that is over and it has not come
	Cause      office.Cause         `json:"cause"`
	Since      *time.Time           `json:"since,omitempty"`    // since when the cause holds, as far as it is known; of link-down, as this node sees it
	Until      *time.Time           `json:"until,omitempty"`    // of station-closed: when it opens by its own calendar; left out if that is not within 400 days
	Step       int                  `json:"step,omitempty"`     // of the ladder: the last that is reached
	Steps      int                  `json:"steps,omitempty"`    // how many it has
	Stepped    *time.Time           `json:"stepped,omitempty"`  // since when that step is reached
	Declined   office.DeclineReason `json:"declined,omitempty"` // of not-accepting: the reason; left out if nothing was said
}

// SilencePage is one page of what is waited for, the most urgent first.
type SilencePage struct {
	Silences []Silence   `json:"silences"`
	View     office.Side `json:"view"`           // by whose node the line and the receipts are judged
	At       time.Time   `json:"at"`             // when
	All      int         `json:"all"`            // how many there are, on all pages
	Overdue  int         `json:"overdue"`        // of these
	More     bool        `json:"more"`           // of some side and precedence there are so many that only the first hundred are looked at
	Next     string      `json:"next,omitempty"` // cursor of the next page; empty on the last
}
