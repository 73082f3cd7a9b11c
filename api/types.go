package api

import (
	"time"

	"liaison.example/office"
)

// State says how far a dispatch is known to have come. Each state is proven:
// nothing is shown that rests on hope.
type State string

// The states of a dispatch.
const (
	Queued       State = "queued"       // durable at the sender's node, not yet received by every addressee
	Received     State = "received"     // every addressed side's receipt is held (or: it is addressed to us, and we hold it)
	Acknowledged State = "acknowledged" // a post of every addressed side has acknowledged it
)

// NewDispatch asks for a dispatch to be released.
type NewDispatch struct {
	Channel    string            `json:"channel"`
	Precedence office.Precedence `json:"precedence"`
	Subject    string            `json:"subject"`
	Text       string            `json:"text"`
	To         []office.Side     `json:"to,omitempty"` // empty: every other side
	By         office.Post       `json:"by"`
}

// Dispatch is a dispatch as this node's record has it.
type Dispatch struct {
	ID           office.EntryID    `json:"id"`
	Number       int64             `json:"number"`
	From         office.Side       `json:"from"`
	To           []office.Side     `json:"to"`
	Channel      string            `json:"channel"`
	Precedence   office.Precedence `json:"precedence"`
	Subject      string            `json:"subject"`
	Text         string            `json:"text,omitempty"` // not in lists
	By           office.Post       `json:"by"`
	At           time.Time         `json:"at"` // the sender's clock at release
	State        State             `json:"state"`
	Settled      bool              `json:"settled"` // its place in the joint order can no longer change
	Acknowledged []Acknowledgement `json:"acknowledged"`
	Receipts     []Receipt         `json:"receipts,omitempty"` // not in lists
}

// Acknowledgement is the act of a post of an addressed side. It is not agreement.
type Acknowledgement struct {
	ID   office.EntryID `json:"id"`
	Side office.Side    `json:"side"`
	By   office.Post    `json:"by"`
	At   time.Time      `json:"at"` // the acknowledging side's clock
}

// Receipt is one side's proof that it has durably stored an entry.
type Receipt struct {
	By   office.Side `json:"by"`
	At   time.Time   `json:"at"`   // its clock, whole seconds, from the cosignature
	Held time.Time   `json:"held"` // our clock, when we stored the receipt
	Size int64       `json:"size"` // of the checkpoint
	Note string      `json:"note"` // the checkpoint with its signatures
}

// Query chooses dispatches. Zero fields choose all.
type Query struct {
	Text       string // words that are in number, subject, text or a name
	From       office.Side
	Channel    string
	Precedence office.Precedence
	State      string      // one of records.States, such as "answered"
	Mark       office.Mark // one of records.Marks
	Since      time.Time   // released then or later; zero: no bound
	Until      time.Time   // released before; zero: no bound
	Limit      int         // at most MaxList; 0: DefaultList
	Before     string      // the cursor that came with the page before
}

// Page is one page of a list of dispatches, the newest in the joint order first.
type Page struct {
	Dispatches []Dispatch `json:"dispatches"`
	Next       string     `json:"next,omitempty"`    // cursor for Query.Before; empty on the last page
	Partial    bool       `json:"partial,omitempty"` // of a search: the newest dispatches are not in the index yet
}

// Entry is any entry of the record, with its place and its exact bytes.
type Entry struct {
	ID       office.EntryID    `json:"id"`
	Place    int64             `json:"place"` // in the joint order, from 1; 0 if it waits for its place
	Kind     string            `json:"kind"`
	By       office.Post       `json:"by"`
	At       time.Time         `json:"at"`
	Void     office.Reason     `json:"void,omitempty"`
	Detail   map[string]string `json:"detail,omitempty"` // what the sentence for Void needs
	Settled  bool              `json:"settled"`
	Leaf     string            `json:"leaf,omitempty"`     // not in lists
	Receipts []Receipt         `json:"receipts,omitempty"` // not in lists
}

// Status is the state of the node.
type Status struct {
	Office  string                `json:"office"`
	Side    office.Side           `json:"side"`
	Mode    string                `json:"mode"`          // "ready", "behind" or "read-only"
	Why     string                `json:"why,omitempty"` // if not ready: a code
	Open    bool                  `json:"open"`          // every side has founded the office
	Digest  string                `json:"digest"`        // hex, at the settled line
	Count   int64                 `json:"count"`         // settled entries of all sides
	Settled map[office.Side]int64 `json:"settled"`
	Sides   map[office.Side]Side  `json:"sides"`
	Link    map[office.Side]Line  `json:"link"`
	Demo    bool                  `json:"demo,omitempty"`
	Now     time.Time             `json:"now"`
	Version string                `json:"version"`
}

// Side says how much of one side's ledger is where.
type Side struct {
	Size     int64 `json:"size"`     // entries that we hold
	Placed   int64 `json:"placed"`   // of these in the joint order
	Cosigned int64 `json:"cosigned"` // of these covered by the cosignature of every other side
}

// Line is the state of the line to one other side.
type Line struct {
	State        string     `json:"state"`         // "up" or "down"
	Why          string     `json:"why,omitempty"` // while it is down: a code, such as "unreachable"
	Since        time.Time  `json:"since"`
	Cut          bool       `json:"cut,omitempty"` // by our own switch, in a demonstration
	LastSeen     *time.Time `json:"last_seen,omitempty"`
	OffsetMS     int64      `json:"offset_ms"`     // its clock minus ours
	RoundTripMS  float64    `json:"round_trip_ms"` // of the last exchange
	Waiting      int64      `json:"waiting"`       // our entries without its receipt
	WaitingSince *time.Time `json:"waiting_since,omitempty"`
	Halted       string     `json:"halted,omitempty"` // why replication of its ledger has ended
	Equal        bool       `json:"equal"`            // the settled digests agreed at the last greeting
	TheirMode    string     `json:"their_mode,omitempty"`
}

// Charter is the charter in force and the proposals to change it.
type Charter struct {
	Charter   *office.Charter `json:"charter"`
	Hash      string          `json:"hash"`
	Open      bool            `json:"open"`
	Founded   []office.Side   `json:"founded"`
	Proposals []Proposal      `json:"proposals"`
}

// Proposal is a charter put forward by one side and the consents to it.
type Proposal struct {
	ID      office.EntryID  `json:"id"`
	Hash    string          `json:"hash"`
	Amends  string          `json:"amends"`
	By      office.Post     `json:"by"`
	At      time.Time       `json:"at"`
	Note    string          `json:"note"`
	State   string          `json:"state"` // "open", "in-force" or "replaced"
	Agreed  []office.Side   `json:"agreed"`
	Charter *office.Charter `json:"charter"`
}

// NewProposal puts a charter forward to replace the one in force.
type NewProposal struct {
	Charter *office.Charter `json:"charter"`
	Note    string          `json:"note"`
	By      office.Post     `json:"by"`
}

// Agreement consents to the proposed charter with this hash.
type Agreement struct {
	Hash string      `json:"hash"`
	By   office.Post `json:"by"`
}

// Post is a post or officer accredited by a side.
type Post struct {
	Side      office.Side    `json:"side"`
	Post      office.Post    `json:"post"`
	Name      office.Words   `json:"name"`
	Role      string         `json:"role"`
	Languages []string       `json:"languages"`
	Ended     bool           `json:"ended"`
	ID        office.EntryID `json:"id"` // the entry that accredited it
}

// NewPost accredits a post of our own side.
type NewPost struct {
	Post      office.Post  `json:"post"`
	Name      office.Words `json:"name"`
	Role      string       `json:"role"`
	Languages []string     `json:"languages"`
	By        office.Post  `json:"by"`
}

// Act names who acts, for acts that need nothing else.
type Act struct {
	By office.Post `json:"by"`
}

// Written is the answer to an act that is done and safely in the ledger.
type Written struct {
	ID office.EntryID `json:"id"`
	At time.Time      `json:"at"`
}

// NewLink asks for a one-time sign-in link.
type NewLink struct {
	Post         office.Post `json:"post"`
	ValidSeconds int64       `json:"valid_seconds"` // 0: DefaultLinkValid
}

// Link is a one-time sign-in link for a browser.
type Link struct {
	Account string      `json:"account"`
	Post    office.Post `json:"post,omitempty"` // if it was made for one
	URL     string      `json:"url"`
	Expires time.Time   `json:"expires"`
}

// Alarm is something that an operator must know and may have to mend.
type Alarm struct {
	ID       int64             `json:"id"`
	At       time.Time         `json:"at"`
	Last     time.Time         `json:"last"` // when it was last raised
	Count    int64             `json:"count"`
	Code     string            `json:"code"`
	Sentence string            `json:"sentence"`
	Side     office.Side       `json:"side,omitempty"`
	Detail   map[string]string `json:"detail,omitempty"`
	Evidence string            `json:"evidence,omitempty"` // file in the evidence folder
	Cleared  bool              `json:"cleared"`
}

// Admission brings the credence of another side to a running node.
type Admission struct {
	Credence string `json:"credence"`
}

// Cut cuts or mends the line to a side, in a demonstration.
type Cut struct {
	Cut bool `json:"cut"`
}
