package api

import (
	"time"

	"liaison.example/office"
)

// Tender is the offer of a dispatch: in whose name, for whose attention, about what
// and in which form, but not its text; and what has become of it.
type Tender struct {
	ID         office.EntryID     `json:"id"`
	From       office.Side        `json:"from"`
	To         []office.Side      `json:"to"`
	Channel    string             `json:"channel"`
	Precedence office.Precedence  `json:"precedence"`
	Name       string             `json:"name"`           // in whose name
	Rank       string             `json:"rank,omitempty"` // the post of that person, as its side words it
	Attention  string             `json:"attention"`      // for whose attention
	Subject    string             `json:"subject"`
	Form       *office.FormName   `json:"form,omitempty"`
	Mark       office.Mark        `json:"mark,omitempty"` // it is not meant in earnest
	Until      time.Time          `json:"until"`          // by when an answer is asked
	By         office.Post        `json:"by"`
	At         time.Time          `json:"at"` // the writer's clock
	State      office.TenderState `json:"state"`
	Unanswered bool               `json:"unanswered"` // an answer was asked by now, and there is none: a flag, which moves nothing
	Answers    []TenderAnswer     `json:"answers"`    // in the joint order
	Served     *TenderServing     `json:"served,omitempty"`
	Withdrawn  *TenderEnd         `json:"withdrawn,omitempty"`
	Silences   []Silence          `json:"silences,omitempty"` // what is waited for with it, and why nothing has come; not in lists
	Settled    bool               `json:"settled,omitempty"`  // in lists: its place in the joint order can no longer change
}

// TenderAnswer is what an addressed side says to a tender.
type TenderAnswer struct {
	ID     office.EntryID       `json:"id"`
	Side   office.Side          `json:"side"`
	By     office.Post          `json:"by"`
	At     time.Time            `json:"at"`
	Answer office.TenderWord    `json:"answer"`
	Reason office.DeclineReason `json:"reason,omitempty"` // if it is declined
	Text   string               `json:"text,omitempty"`
}

// TenderServing says by which dispatch the tendered text went.
type TenderServing struct {
	ID      office.EntryID `json:"id"`
	At      time.Time      `json:"at"`
	Instead bool           `json:"instead"` // although not all had accepted
}

// TenderEnd says that a tender was withdrawn.
type TenderEnd struct {
	ID   office.EntryID `json:"id"`
	By   office.Post    `json:"by"`
	At   time.Time      `json:"at"`
	Text string         `json:"text,omitempty"`
}

// TenderPage is one page of the tenders, the last in the joint order first.
type TenderPage struct {
	Tenders []Tender `json:"tenders"`
	Next    string   `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewTender offers a dispatch of this side.
type NewTender struct {
	Channel    string            `json:"channel"`
	Precedence office.Precedence `json:"precedence"`
	Name       string            `json:"name"`
	Rank       string            `json:"rank,omitempty"`
	Attention  string            `json:"attention"`
	Subject    string            `json:"subject"`
	Form       string            `json:"form,omitempty"` // the code: of the form in force for it
	Mark       office.Mark       `json:"mark,omitempty"`
	To         []office.Side     `json:"to,omitempty"`    // empty: every other side
	Until      *time.Time        `json:"until,omitempty"` // to the minute; by default, when the dispatch itself would have to be acknowledged
	By         office.Post       `json:"by,omitempty"`
}

// NewTenderAnswer accepts or declines a tender of another side.
type NewTenderAnswer struct {
	Answer office.TenderWord    `json:"answer"`
	Reason office.DeclineReason `json:"reason,omitempty"` // needed if it is declined
	Text   string               `json:"text,omitempty"`   // needed if the reason is "other"
	By     office.Post          `json:"by,omitempty"`
}

// NewTenderEnd withdraws a tender of this side.
type NewTenderEnd struct {
	Text string      `json:"text,omitempty"`
	By   office.Post `json:"by,omitempty"`
}

// Rank says that this side deems a rank of its own equal to one of another side.
type Rank struct {
	Here  string      `json:"here"`
	Side  office.Side `json:"side"`
	There string      `json:"there"`
}

// Ranks is the whole table of ranks, in order of side. It never crosses the line,
// and hinders nothing: who writes is warned if two ranks do not fit.
type Ranks struct {
	Ranks []Rank `json:"ranks"`
}

// RankChange adds lines to the table of ranks and takes others out of it.
type RankChange struct {
	Add    []Rank `json:"add,omitempty"`
	Remove []Rank `json:"remove,omitempty"`
}
