package api

import (
	"time"

	"liaison.example/office"
)

// Session is one person at one screen of the pages.
type Session struct {
	ID       int64       `json:"id"`
	Account  string      `json:"account"`
	Post     office.Post `json:"post,omitempty"` // for which they act at the moment
	By       string      `json:"by"`             // what opened it: "passkey", "link" or "password"
	Since    time.Time   `json:"since"`
	LastSeen time.Time   `json:"last_seen"` // at most a minute too early
	Ends     time.Time   `json:"ends"`      // at the latest
}

// SessionPage is one page of the open sessions of an account, the latest used first.
type SessionPage struct {
	Sessions []Session `json:"sessions"`
	Next     string    `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// View is a choice of dispatches that a person has kept under a name. It is shown
// to nobody else.
type View struct {
	Name  string `json:"name"`
	Query string `json:"query"` // what the list is asked for, such as "from=north&state=ours"
}

// ViewList is the views of a person in their own order.
type ViewList struct {
	Views []View `json:"views"`
}

// Quiet is a time of the day, by the clock of the side, in which a person is told of
// nothing that is not urgent. Both are empty if there is none.
type Quiet struct {
	From  string `json:"from"` // such as "22:00"
	Until string `json:"until"`
}

// Handover is what an outgoing watch of this side tells the incoming one. It never
// crosses the line; that the watch was taken over is in the record.
type Handover struct {
	Watch   office.EntryID `json:"watch"`   // that is handed over
	Version int64          `json:"version"` // from 1; one more with each change of the words
	Words   string         `json:"words"`
	Written Touch          `json:"written"`
	Signed  *Touch         `json:"signed,omitempty"` // by whom it was taken over
}

// HandoverPage is the handovers of one page of the watches of this side, those that
// began last first. Watches without one are left out.
type HandoverPage struct {
	Handovers []Handover `json:"handovers"`
	Next      string     `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewHandover writes what an outgoing watch tells the incoming one.
type NewHandover struct {
	Version int64       `json:"version"` // of what is there, 0 if nothing is; what was changed meanwhile is not overwritten
	Words   string      `json:"words"`
	By      office.Post `json:"by,omitempty"`
}

// HandoverSignature takes a watch over, having read what it leaves.
type HandoverSignature struct {
	Version   int64       `json:"version"`             // of the handover that was read; 0 if there is none
	Name      string      `json:"name,omitempty"`      // the person, as this side chooses to show it to the others
	Languages []string    `json:"languages,omitempty"` // without them, those of the post
	Until     *time.Time  `json:"until,omitempty"`     // when the watch means to end
	By        office.Post `json:"by,omitempty"`
}

// Feed is a calendar of watches that programs fetch from a secret address.
type Feed struct {
	Whole bool      `json:"whole"` // of the whole desk; else of the person's own watches
	Made  time.Time `json:"made"`
}

// FeedList is the calendar feeds of a person.
type FeedList struct {
	Feeds []Feed `json:"feeds"`
}

// FeedChoice says which calendar feed is meant.
type FeedChoice struct {
	Whole bool `json:"whole,omitempty"` // of the whole desk; else of the person's own watches
}

// MadeFeed is a calendar feed that was just made.
type MadeFeed struct {
	Feed Feed   `json:"feed"`
	URL  string `json:"url"` // who knows it reads the calendar; it is shown here alone
}
