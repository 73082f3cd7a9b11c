package api

import (
	"time"

	"liaison.example/office"
)

// RosterPlan is who of this side shall be on watch between two moments.
type RosterPlan struct {
	From      time.Time       `json:"from"`
	Until     time.Time       `json:"until"`
	Watches   []PlannedWatch  `json:"watches"`  // in the order in which they begin
	Gaps      []RosterStretch `json:"gaps"`     // nobody is on the roster
	Overlaps  []RosterStretch `json:"overlaps"` // several are
	Rotations []Rotation      `json:"rotations"`
	Swaps     []Swap          `json:"swaps"` // the last made first
}

// PlannedWatch is one watch of a roster.
type PlannedWatch struct {
	Watch     string    `json:"watch"`    // its name for good: rotation, day, time of day, such as "1/2018-10-15/08:00"
	Rotation  string    `json:"rotation"` // by name
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
	Who       string    `json:"who"`  // an account, such as "kim", or a post, such as "post:duty-officer"
	Turn      string    `json:"turn"` // whose turn it was
	Languages []string  `json:"languages"`
	Given     bool      `json:"given"`         // to another than whose turn it was
	Why       string    `json:"why,omitempty"` // it was given
}

// RosterStretch is a time during which nobody is on the roster, or several are.
type RosterStretch struct {
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Who      []string  `json:"who"`
	Promised bool      `json:"promised"` // for some of it this side promises the others that somebody is on watch
}

// InTurn is one place in the turn of a rotation.
type InTurn struct {
	Who       string   `json:"who"` // an account, such as "kim", or a post, such as "post:duty-officer"
	Languages []string `json:"languages,omitempty"`
}

// Rotation says who has which watch from a day on, one after another.
type Rotation struct {
	ID      int64    `json:"id"`
	Version int64    `json:"version"`
	Name    string   `json:"name"`
	Instead int64    `json:"instead,omitempty"` // the rotation in whose place it stands; left out if in none's
	From    string   `json:"from"`              // its first day, such as "2018-10-15"
	Until   string   `json:"until,omitempty"`   // the first day that is no longer its own
	Days    []int    `json:"days"`              // of the week on which its watches begin, 1 is Monday; all if empty
	Starts  []string `json:"starts"`            // when its watches begin, on the side's clock, such as "08:00"
	Minutes int      `json:"minutes"`           // how long a watch lasts at most, on that clock
	Each    int      `json:"each"`              // watches that one has in succession
	Turn    []InTurn `json:"turn"`
	Changed Touch    `json:"changed"`
}

// NewRotation makes a rotation, or changes one.
type NewRotation struct {
	ID      int64       `json:"id,omitempty"`      // left out: a new one
	Version int64       `json:"version,omitempty"` // of the one that is changed
	Name    string      `json:"name"`
	Instead int64       `json:"instead,omitempty"` // the rotation in whose place it stands between its days
	From    string      `json:"from"`
	Until   string      `json:"until,omitempty"`
	Days    []int       `json:"days,omitempty"`
	Starts  []string    `json:"starts"`
	Minutes int         `json:"minutes"`
	Each    int         `json:"each,omitempty"` // left out: 1
	Turn    []InTurn    `json:"turn"`
	By      office.Post `json:"by,omitempty"`
}

// GivenWatch gives a planned watch to another.
type GivenWatch struct {
	Watch string      `json:"watch"`         // its name in the roster
	Who   string      `json:"who,omitempty"` // left out: back to whose turn it is
	Why   string      `json:"why,omitempty"`
	By    office.Post `json:"by,omitempty"`
}

// SwapState says how far the offer of a watch has come.
type SwapState string

// Swap is the offer of a planned watch.
type Swap struct {
	ID      int64     `json:"id"`
	Watch   string    `json:"watch"`
	Holder  string    `json:"holder"`         // who had it when it was offered
	To      string    `json:"to,omitempty"`   // left out: to all who may take the watch
	Back    string    `json:"back,omitempty"` // the watch that is asked for it
	Words   string    `json:"words,omitempty"`
	State   SwapState `json:"state"`
	Expires time.Time `json:"expires"` // when the first of the two watches begins
	Offered Touch     `json:"offered"`
	Ended   *Touch    `json:"ended,omitempty"` // who accepted, declined or withdrew it
}

// NewSwap offers a planned watch.
type NewSwap struct {
	Watch string      `json:"watch"`
	To    string      `json:"to,omitempty"`
	Back  string      `json:"back,omitempty"` // the watch that is asked for it
	Words string      `json:"words,omitempty"`
	By    office.Post `json:"by,omitempty"`
}

// OfficeCoverage is what all sides promise of their watch.
type OfficeCoverage struct {
	At    time.Time      `json:"at"`    // the moment that is asked about: now
	Sides []SideCoverage `json:"sides"` // this side first
}

// SideCoverage is what one side promises of its watch.
type SideCoverage struct {
	Side     office.Side    `json:"side"`
	Promised bool           `json:"promised"`        // that somebody is on watch now
	Until    *time.Time     `json:"until,omitempty"` // when that changes; left out if it is not known
	InForce  *CoverageSaid  `json:"in_force,omitempty"`
	Said     []CoverageSaid `json:"said"` // all that are reckoned with, in the order in which they begin
}

// CoverageSaid is one promise.
type CoverageSaid struct {
	ID        office.EntryID  `json:"id"`
	By        office.Post     `json:"by"`
	At        time.Time       `json:"at"` // the writer's clock
	From      time.Time       `json:"from"`
	Until     *time.Time      `json:"until,omitempty"` // left out: until the next promise
	Languages []string        `json:"languages"`
	Week      [][]office.Span `json:"week"` // Monday first, on the clock of the side's hours
	Who       []string        `json:"who"`
}

// NewCoverage promises a watch.
type NewCoverage struct {
	From      office.Minute   `json:"from,omitempty"` // left out: from the next minute on
	Until     office.Minute   `json:"until,omitempty"`
	Languages []string        `json:"languages"`
	Week      [][]office.Span `json:"week"`
	Who       []string        `json:"who,omitempty"` // posts or names, as the side chooses to show them
	By        office.Post     `json:"by,omitempty"`
}

// PersonnelChange is a post that changes hands.
type PersonnelChange struct {
	ID        office.EntryID `json:"id"`
	Side      office.Side    `json:"side"`
	Post      office.Post    `json:"post"`
	From      time.Time      `json:"from"`
	Comes     string         `json:"comes,omitempty"`
	Goes      string         `json:"goes,omitempty"`
	Languages []string       `json:"languages,omitempty"` // of who comes
	Text      string         `json:"text,omitempty"`
	By        office.Post    `json:"by"`
	At        time.Time      `json:"at"`   // in the joint order
	Late      bool           `json:"late"` // notice was given less than seven days before
	Settled   bool           `json:"settled"`
}

// PersonnelPage is one page of the changes of personnel.
type PersonnelPage struct {
	Changes []PersonnelChange `json:"changes"`
	Next    string            `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewPersonnel gives notice that a post changes hands.
type NewPersonnel struct {
	Post      office.Post   `json:"post"`
	From      office.Minute `json:"from"`
	Comes     string        `json:"comes,omitempty"`
	Goes      string        `json:"goes,omitempty"`
	Languages []string      `json:"languages,omitempty"`
	Text      string        `json:"text,omitempty"`
	By        office.Post   `json:"by,omitempty"`
}
