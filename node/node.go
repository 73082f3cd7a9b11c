// Package node is one office at work: it joins the ledger, the records, the
// link and the people of one side, and is the only door for writing.
package node

import (
	"context"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

// Mode says what the node may do.
type Mode string

const (
	Ready    Mode = "ready"     // reads and writes
	Behind   Mode = "behind"    // another side holds more of our ledger than we do: fetching it back, not signing
	ReadOnly Mode = "read-only" // does not sign; Status.Why says why
)

// Act is something that a person does through the node.
type Act struct {
	By   office.Post
	Kind string
	// Person is whose account acts for the post: for the trail of our own side.
	// It is empty for the operator, and for a draft, whose release is noted there.
	Person people.By
	// Body is a pointer to one of office's bodies. Fields that only the node
	// can know, such as a dispatch's number, are filled in by it.
	Body any
	// Once is set if the same request may come again.
	Once *Once
	// First is done before the act is written, unless it was written before. Its error
	// is the answer. It may be nil.
	First func(ctx context.Context) error

	reviewed bool // it was a draft: who may release it was asked when it was claimed
}

// Written is the answer to an act that is done and safely in the ledger.
type Written struct {
	ID     office.EntryID
	At     time.Time
	Number int64         // of a dispatch; else 0
	To     []office.Side // whom a dispatch is addressed to; else nil

	// Released is the dispatch as the records have it; nil for another act, and
	// where the answer is made from an entry that was written before (Act.Once).
	Released *office.Dispatch
}

// Refusal is a sentence for the person who acted: nothing was written.
type Refusal struct {
	Code   office.Reason     // words in lang under "void.<code>" or "refused.<code>"
	Detail map[string]string // what the sentence needs
	More   []office.Verdict  // what else is missing or wrong in the form of a dispatch
}

func (r *Refusal) Error() string { return "refused: " + string(r.Code) }

// LineState is the state of the line to one other side, as this node sees it.
type LineState struct {
	Side         office.Side
	Up           bool
	Why          string        // while it is down: one of the reasons of package link
	Since        time.Time     // of the present state
	Cut          bool          // cut by our own switch (demonstration only)
	LastSeen     time.Time     // last message from it; zero if none since start
	Offset       time.Duration // its clock minus ours, at the last greeting
	RoundTrip    time.Duration // of the last exchange
	Waiting      int64         // entries of ours without its receipt
	WaitingSince time.Time     // release of the oldest of these
	Halted       string        // not empty: replication of its ledger has ended, and why
	Equal        bool          // settled digests agreed at the last greeting
	TheirMode    Mode
}

// SideState says how much of one side's ledger is where.
type SideState struct {
	Size     int64 // entries we hold
	Placed   int64 // of these in the joint order
	Cosigned int64 // covered by the cosignature of every other side
	Settled  int64
}

// Status is the state of the node.
type Status struct {
	Office  string
	Side    office.Side
	Mode    Mode
	Why     string // if not Ready: a code, words in lang under "mode.<code>"
	Open    bool   // the office is open: all sides have founded it
	Opening bool   // this node still has to found the office, or to accredit the first posts, by itself
	Digest  string // hex, at the settled line
	Count   int64  // settled entries of all sides
	Sides   map[office.Side]SideState
	Lines   map[office.Side]LineState
	Demo    bool
	Now     time.Time
	Version string
}

// Alarm is something that an operator must know and may have to mend.
type Alarm struct {
	ID       int64
	At       time.Time
	Code     string      // words in lang under "alarm.<code>"
	Side     office.Side // whom it concerns; may be empty
	Detail   map[string]string
	Evidence string // file name in the evidence folder; may be empty
	Count    int64  // how often it was raised
	Last     time.Time
	Cleared  bool
}

// Receipt is one side's proof that it has durably stored an entry: its
// cosignature over a checkpoint that covers the entry.
type Receipt struct {
	By   office.Side // whose cosignature
	At   time.Time   // its clock, whole seconds, from the cosignature
	Held time.Time   // our clock, when we stored it
	Size int64       // of the checkpoint
	Note string      // the checkpoint with the cosignature
}

// Event is a change that pages and programs may show at once.
type Event struct {
	Kind string         // "entry" (one was placed), "receipt", "line", "mode", "alarm", "settled", "charter", "draft", "enclosure" (one of a dispatch has come further), "roster" (our own), "time" (something has changed by time alone)
	ID   office.EntryID // the entry, for "entry" and "enclosure"; the highest covered entry, for "receipt"
	Side office.Side    // for "receipt" and "line": the other side
}
