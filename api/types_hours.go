package api

import (
	"time"

	"liaison.example/office"
)

// OfficeHours is the calendars of all sides, and when all are open at once.
type OfficeHours struct {
	At    time.Time     `json:"at"`    // the moment that is asked about: now
	Joint *JointOpening `json:"joint"` // the present or next time during which all sides are open; null if there is none within 400 days
	Sides []SideHours   `json:"sides"` // this side first
}

// JointOpening is a time during which all sides are open.
type JointOpening struct {
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until,omitempty"` // left out if no side has said when it closes
}

// SideHours is the calendar of one side.
type SideHours struct {
	Side    office.Side `json:"side"`
	Said    bool        `json:"said"` // it has said its hours; a side that has not counts as open always
	Open    bool        `json:"open"`
	Until   *time.Time  `json:"until,omitempty"` // when it closes, or opens again; left out if not within a week, or within 400 days
	InForce *HoursSaid  `json:"in_force,omitempty"`
	Coming  []HoursSaid `json:"coming"` // those that begin later, the next first
	Before  []HoursSaid `json:"before"` // those of before, the last first
}

// HoursSaid is which hours a side keeps from a moment on.
type HoursSaid struct {
	ID       office.EntryID   `json:"id"`
	By       office.Post      `json:"by"`
	At       time.Time        `json:"at"` // the writer's clock
	From     time.Time        `json:"from"`
	Zone     string           `json:"zone"`
	Offsets  []office.Offset  `json:"offsets"`  // by how many minutes the side's clock is ahead of UTC, from when on
	Week     [][]office.Span  `json:"week"`     // Monday first; a day without hours is closed
	Holidays []office.Holiday `json:"holidays"` // days on which other hours hold
}

// NewHours says which hours this side keeps.
type NewHours struct {
	From     office.Minute    `json:"from,omitempty"`    // such as "2018-09-17T00:00Z"; empty: from the next minute on
	Zone     string           `json:"zone"`              // an IANA name, such as "Asia/Seoul"
	Offsets  []office.Offset  `json:"offsets,omitempty"` // empty: as the table of the zone has them for ten years
	Week     [][]office.Span  `json:"week"`              // seven days, Monday first
	Holidays []office.Holiday `json:"holidays,omitempty"`
	By       office.Post      `json:"by,omitempty"`
}
