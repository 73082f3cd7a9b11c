package api

import (
	"time"

	"liaison.example/office"
)

// Watch is a post's time on watch.
type Watch struct {
	ID        office.EntryID  `json:"id"`
	Side      office.Side     `json:"side"`
	Post      office.Post     `json:"post"`
	Name      string          `json:"name,omitempty"` // as its side chooses to show it
	Languages []string        `json:"languages"`
	Since     time.Time       `json:"since"`              // in the joint order
	Until     *time.Time      `json:"until,omitempty"`    // when it means to end; time alone ends no watch
	Relieves  *office.EntryID `json:"relieves,omitempty"` // the watch that it took over
	Ended     *time.Time      `json:"ended,omitempty"`    // missing while it goes on
	EndedBy   *office.EntryID `json:"endedBy,omitempty"`  // the entry that ended it
	Relieved  bool            `json:"relieved"`           // that entry took it over
}

// OnWatch says who is on watch at a moment.
type OnWatch struct {
	At      time.Time `json:"at"`
	Watches []Watch   `json:"watches"` // in order of side
}

// WatchPage is one page of the watches, those that began last first.
type WatchPage struct {
	Watches []Watch `json:"watches"`
	Next    string  `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewWatch takes the watch.
type NewWatch struct {
	Name      string          `json:"name,omitempty"`
	Languages []string        `json:"languages,omitempty"` // empty: those of the post
	Until     *time.Time      `json:"until,omitempty"`     // to the minute
	Relieves  *office.EntryID `json:"relieves,omitempty"`  // the watch of this side that it takes over
	By        office.Post     `json:"by,omitempty"`
}

// WatchEnd ends a watch of this side.
type WatchEnd struct {
	Watch *office.EntryID `json:"watch,omitempty"` // missing: that of the post which asks
	By    office.Post     `json:"by,omitempty"`
}
