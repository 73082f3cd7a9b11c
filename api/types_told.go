package api

import (
	"time"

	"liaison.example/office"
)

// Means is a way in which a person of this side is told of what waits.
type Means struct {
	ID       int64      `json:"id"`
	Account  string     `json:"account"`
	Kind     string     `json:"kind"` // such as "mail"
	Label    string     `json:"label"`
	Made     time.Time  `json:"made"`
	Worked   *time.Time `json:"worked,omitempty"` // when it last did
	Tested   *time.Time `json:"tested,omitempty"` // when it last was
	Failures int64      `json:"failures"`         // since it last worked
	Failed   string     `json:"failed,omitempty"` // why it failed last
}

// MeansPage is one page of the means, in the order of the accounts.
type MeansPage struct {
	Means []Means `json:"means"`
	Next  string  `json:"next,omitempty"`
}

// NewMeans sets up a means for a person.
type NewMeans struct {
	Account  string            `json:"account"`
	Kind     string            `json:"kind"`
	Label    string            `json:"label,omitempty"`
	Settings map[string]string `json:"settings,omitempty"` // what this kind of means needs, such as the address of e-mail
}

// MadeMeans is a means that was just set up.
type MadeMeans struct {
	Means   Means             `json:"means"`
	Secrets map[string]string `json:"secrets"` // that were drawn for it; they are shown here alone
}

// Notice is what a person was told, or is to be told.
type Notice struct {
	ID       int64            `json:"id"`
	Account  string           `json:"account"`
	Means    int64            `json:"means"`
	Sort     string           `json:"sort"`               // "dispatch", "check": a line check, "matter": what else there is, "test" or "fault": another means does not work
	Dispatch *office.EntryID  `json:"dispatch,omitempty"` // the last of them, if it tells of several
	Check    *ToldCheck       `json:"check,omitempty"`    // the last of them, if it tells of several
	Matter   *ToldMatter      `json:"matter,omitempty"`   // the last of them, if it tells of several
	Step     int              `json:"step"`               // of the ladder; 0: the release, or when a line check is due or called
	Steps    int              `json:"steps"`
	Acts     []office.StepAct `json:"acts,omitempty"` // what is done at the step
	Count    int              `json:"count"`          // of dispatches, line checks or matters that it tells of
	Planned  time.Time        `json:"planned"`
	State    string           `json:"state"` // "waiting", "sent", "retract", "withdrawn", "gathered" or "failed"
	Attempts int64            `json:"attempts"`
	Ended    *time.Time       `json:"ended,omitempty"`
	Failed   string           `json:"failed,omitempty"` // why it failed last
}

// ToldCheck is a line check that somebody was told of.
type ToldCheck struct {
	Channel string          `json:"channel"`
	Duty    string          `json:"duty"`           // "call": our side is to call; "answer": it is to answer; "silent": another side has not answered in time
	Due     *time.Time      `json:"due,omitempty"`  // none for a call outside of the times
	Call    *office.EntryID `json:"call,omitempty"` // none if nobody has called
}

// ToldMatter is something beside dispatches and line checks that somebody was told of.
type ToldMatter struct {
	What    string      `json:"what"`            // "tender", "declined", "over", "note", "answer", "holding", "unmanned", "suspended", "resumed", "swap", "unreceived" or "unacknowledged"
	About   string      `json:"about,omitempty"` // an entry, or the number of an offer
	Side    office.Side `json:"side,omitempty"`  // the other side that it is about
	Channel string      `json:"channel,omitempty"`
}

// NoticeList is what was told last, the last first.
type NoticeList struct {
	Notices []Notice `json:"notices"`
}
