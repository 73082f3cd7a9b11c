package api

import (
	"time"

	"liaison.example/office"
)

// Check is a call for a line check, with its answers.
type Check struct {
	ID      office.EntryID  `json:"id"`
	Channel string          `json:"channel"`
	From    office.Side     `json:"from"`
	By      office.Post     `json:"by"`
	At      time.Time       `json:"at"`               // the caller's clock
	Due     *time.Time      `json:"due,omitempty"`    // left out if it was called outside of the times
	Text    string          `json:"text"`             // id of the test text
	Words   string          `json:"words"`            // the test text itself
	Record  *office.Settled `json:"record,omitempty"` // what the caller had settled
	Answers []CheckAnswer   `json:"answers"`
	Settled *bool           `json:"settled,omitempty"` // its place in the joint order can no longer change
}

// CheckAnswer is the answer of one side to a line check.
type CheckAnswer struct {
	ID       office.EntryID     `json:"id"`
	Side     office.Side        `json:"side"`
	By       office.Post        `json:"by"`
	At       time.Time          `json:"at"` // its clock
	Heard    office.Readability `json:"heard"`
	OffsetMS *int64             `json:"offset_ms,omitempty"` // the caller's clock minus its own, as its node has measured it
	Remark   string             `json:"remark,omitempty"`
	Record   *office.Settled    `json:"record,omitempty"` // what it had settled, at the caller's count if so much
	Records  string             `json:"records"`          // "equal", "differ" or "not-compared": its record and the caller's
	Arrival  *Arrival           `json:"arrival,omitempty"`
}

// CheckPage is one page of the calls, the last in the joint order first.
type CheckPage struct {
	Checks []Check `json:"checks"`
	Next   string  `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// DueCheck is a line check that the charter has a time for.
type DueCheck struct {
	Due     time.Time                          `json:"due"`
	Date    string                             `json:"date"` // on the channel's clock
	Time    string                             `json:"time"` // on the same
	Caller  office.Side                        `json:"caller"`
	Until   time.Time                          `json:"until"`  // it can be called, or answered, so that it counts
	Result  office.CheckResult                 `json:"result"` // that of the side for which it is worst
	Results map[office.Side]office.CheckResult `json:"results"`
	Closed  []office.Side                      `json:"closed"` // sides that are closed on that day
	Check   *office.EntryID                    `json:"check,omitempty"`
}

// CheckSchedule is how it stands with the line checks of each channel now.
type CheckSchedule struct {
	Channels []ChannelChecks `json:"channels"`
}

// ChannelChecks is how it stands with those of one channel.
type ChannelChecks struct {
	Channel       string         `json:"channel"`
	OffsetMinutes int64          `json:"offset_minutes"`   // its clock is so much ahead of UTC
	Checks        *office.Checks `json:"checks,omitempty"` // as the charter has them
	Now           []DueCheck     `json:"now"`              // that can be called or answered
	Next          *DueCheck      `json:"next,omitempty"`
	Extra         []Check        `json:"extra"` // called outside of the times within the last hour, and not answered by every side
}

// CheckMonth is what became of the line checks of a channel in a month.
type CheckMonth struct {
	Channel string                                       `json:"channel"`
	Month   string                                       `json:"month"`
	Judged  time.Time                                    `json:"judged"` // when: what is still ahead then has no result
	Due     []DueCheck                                   `json:"due"`
	Figures map[office.Side]map[office.CheckResult]int64 `json:"figures"` // of each side, how many came to which result
	Extra   int64                                        `json:"extra"`   // calls outside of the times
}

// NewCheck calls for a line check.
type NewCheck struct {
	Channel string      `json:"channel"`
	Due     *time.Time  `json:"due,omitempty"`  // a time of the channel that is due; left out: outside of the times
	Text    string      `json:"text,omitempty"` // id of one of the channel's test texts; left out: the first
	By      office.Post `json:"by,omitempty"`
}

// NewCheckAnswer answers a line check.
type NewCheckAnswer struct {
	Heard  office.Readability `json:"heard"`
	Remark string             `json:"remark,omitempty"`
	By     office.Post        `json:"by,omitempty"`
}
