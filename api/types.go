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
	Queued       State = "queued"              // durable at the sender's node, not yet received by every addressee
	Received     State = "received"            // every addressed side's receipt is held (or: it is addressed to us, and we hold it)
	Acknowledged State = "acknowledged"        // a post of every addressed side has acknowledged it
	Disputed     State = "disputed"            // every addressed side has read it back at least, and a read-back was disputed
	ReadBack     State = "read-back"           // every addressed side has read it back, and a read-back waits for the sender's word
	Confirmed    State = "confirmed"           // the read-back of every addressed side was confirmed
	Considered   State = "under-consideration" // every addressed side has come as far as a holding reply
	Answered     State = "answered"            // every addressed side has answered
	Closed       State = "closed"              // its sender has closed it, and every addressed side has closed or answered it
)

// NewDispatch asks for a dispatch to be released.
type NewDispatch struct {
	Channel    string            `json:"channel"`
	Precedence office.Precedence `json:"precedence"`
	Subject    string            `json:"subject"`
	Text       string            `json:"text"`
	To         []office.Side     `json:"to,omitempty"` // empty: every other side
	By         office.Post       `json:"by,omitempty"`
	Particulars
	// Enclosures are files that were read in before (Client.Enclose).
	Enclosures []office.Enclosure `json:"enclosures,omitempty"`

	// Key makes sure that the dispatch is released once, however often it is sent
	// with the same key; empty: it is released each time.
	Key string `json:"-"`
}

// Enclosed is a file that goes with a dispatch, as far as it has come.
type Enclosed struct {
	Hash    string   `json:"hash"` // hex SHA-256
	Name    string   `json:"name"`
	Size    int64    `json:"size"`
	Type    string   `json:"type"`
	Held    int64    `json:"held"`              // bytes here
	Whole   bool     `json:"whole"`             // all bytes are here, and their hash was found right
	Finding string   `json:"finding,omitempty"` // what was found in it that should not be enclosed, such as "program"
	Stored  []Stored `json:"stored"`            // the other sides that have said that they have it
}

// Stored is a side's signed word that it has an enclosure.
type Stored struct {
	Side office.Side    `json:"side"`
	At   time.Time      `json:"at"` // its clock
	ID   office.EntryID `json:"id"` // the entry that says so
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
	Receipts     []Receipt         `json:"receipts,omitempty"`   // not in lists
	Enclosures   []Enclosed        `json:"enclosures,omitempty"` // not in lists
	Readbacks    []Readback        `json:"readbacks,omitempty"`  // not in lists
	Silences     []Silence         `json:"silences,omitempty"`   // what is waited for with it, and why nothing has come; not in lists
	Group        string            `json:"group"`                // the date-time group, such as "140130Z SEP 18"
	Late         *Late             `json:"late,omitempty"`       // it was released later than its form says
	Says         office.Words      `json:"says,omitempty"`       // of a short code: the agreed text with its values, by language; not in lists
	Thread       *office.EntryID   `json:"thread,omitempty"`     // the dispatch that its thread begins with; left out if that is itself
	Handling     *Handling         `json:"handling,omitempty"`   // left out while there is nothing to say
	Particulars
}

// Late says that a dispatch was released later before the moment that it tells of than
// its form says. It is a mark alone: the dispatch is as valid as any other.
type Late struct {
	Field    string    `json:"field"` // of the form, which names the moment
	Moment   time.Time `json:"moment"`
	BeforeMS int64     `json:"before_ms"` // from the release to the moment; negative after it
	Agreed   int64     `json:"agreed"`    // hours before the moment by which it was to be released
}

// Particulars is what a dispatch may say of itself beyond what all have. It needs
// rules version 2.
type Particulars struct {
	Name       string               `json:"name,omitempty"`      // in whose name
	Attention  string               `json:"attention,omitempty"` // for whose attention
	Info       *Information         `json:"info,omitempty"`
	Mark       office.Mark          `json:"mark,omitempty"`       // it is not meant in earnest
	Reply      *office.EntryID      `json:"reply,omitempty"`      // the dispatch that it answers
	References []office.EntryID     `json:"references,omitempty"` // dispatches that it refers to
	Relation   *Relation            `json:"relation,omitempty"`
	Releasable office.Releasability `json:"releasable,omitempty"` // who may show it to others; left out: it is confidential to the sides
	Party      string               `json:"party,omitempty"`      // to whom, if releasable is "party"
	Form       *office.Filled       `json:"form,omitempty"`       // needs rules version 3; in what is sent without its hash: the form in force for its code
	Answer     string               `json:"answer,omitempty"`     // to the form of the dispatch that it replies to; needs rules version 3
	Tender     *office.EntryID      `json:"tender,omitempty"`     // the tender under which it is served, or instead of which; needs rules version 3
	Readback   bool                 `json:"readback,omitempty"`   // the addressed sides are asked to read it back; needs rules version 4
}

// Information names the sides that get a dispatch for information only.
type Information struct {
	Precedence office.Precedence `json:"precedence"` // never more urgent than the dispatch's own
	To         []office.Side     `json:"to"`
}

// Relation says what a dispatch does to one before it.
type Relation struct {
	Dispatch office.EntryID      `json:"dispatch"`
	Kind     office.RelationKind `json:"kind"`
}

// Handling is what the sides have written of a dispatch after its release, besides
// acknowledgements.
type Handling struct {
	Answered  []Answer        `json:"answered"`  // the first answer of each addressed side
	Considers []Consideration `json:"considers"` // the latest holding reply of each side
	Closed    []Closing       `json:"closed"`
	Relations []Related       `json:"relations"` // dispatches that mend this one or answer it with a protest or reservation
}

// Answer is a dispatch of an addressed side that replies.
type Answer struct {
	ID     office.EntryID `json:"id"`
	Side   office.Side    `json:"side"`
	At     time.Time      `json:"at"`
	Answer string         `json:"answer,omitempty"` // one of those that the form allows
}

// Consideration is a side's holding reply: it means to answer by a moment.
type Consideration struct {
	ID    office.EntryID `json:"id"`
	Side  office.Side    `json:"side"`
	By    office.Post    `json:"by"`
	At    time.Time      `json:"at"`
	Until time.Time      `json:"until"`
}

// Closing is a side's word that it regards a dispatch as done with.
type Closing struct {
	ID   office.EntryID `json:"id"`
	Side office.Side    `json:"side"`
	By   office.Post    `json:"by"`
	At   time.Time      `json:"at"`

	Unobjected []office.Side `json:"unobjected,omitempty"` // sides that had let the time for an objection pass by then
}

// Related is a dispatch that points back to another.
type Related struct {
	ID   office.EntryID      `json:"id"`
	Kind office.RelationKind `json:"kind"`
	At   time.Time           `json:"at"`
}

// NewConsideration is a holding reply.
type NewConsideration struct {
	By    office.Post `json:"by,omitempty"`
	Until time.Time   `json:"until"` // to the minute
}

// Thread is the dispatches that belong together, in the joint order and without
// their texts: the first 200.
type Thread struct {
	Dispatches []Dispatch `json:"dispatches"`
}

// Acknowledgement is the act of a post of an addressed side. It is not agreement.
type Acknowledgement struct {
	ID   office.EntryID `json:"id"`
	Side office.Side    `json:"side"`
	By   office.Post    `json:"by"`
	At   time.Time      `json:"at"` // the acknowledging side's clock

	Arrival *Arrival `json:"arrival,omitempty"` // not in lists
}

// Arrival is what this side's node alone has seen of an entry of another side whose time
// does not go with when it came: by more than two minutes it came later than a line that
// was up explains, or before the time that it bears. It stands in no record.
type Arrival struct {
	At     time.Time  `json:"at"`              // when it was stored here, by this node's clock
	Since  *time.Time `json:"since,omitempty"` // since when the line was up; left out if it came too early
	LateMS int64      `json:"late_ms"`         // how much later than its own time, or than the line came up; negative if it came before its time
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
	State      Reached
	Mark       office.Mark // "real", "exercise" or "test"
	Form       string      // the code of its form
	Since      time.Time   // released then or later; zero: no bound
	Until      time.Time   // released before; zero: no bound
	View       string      // the Query of a kept view; what is asked for beside it takes the place of the same in it
	Limit      int         // at most MaxList; 0: DefaultList
	Cursor     string      // Next of the page before
}

// Reached says how far a dispatch has come, as our side looks for it. Where it is
// addressed to several sides, one that has come so far is enough for the last ones.
type Reached string

// What a list can be asked for by it.
const (
	WaitsForAny  Reached = "open"         // not acknowledged by all addressees
	WaitsForUs   Reached = "ours"         // not acknowledged by our side
	WaitsForThem Reached = "theirs"       // not acknowledged by another side
	WaitsForNone Reached = "acknowledged" // by all, whatever followed
	WasReadBack  Reached = "read-back"    // and nothing was said to that yet
	WasDisputed  Reached = "disputed"     // the last read-back of a side
	WasConfirmed Reached = "confirmed"    // the same
	IsConsidered Reached = "under-consideration"
	IsAnswered   Reached = "answered"
	IsClosed     Reached = "closed"
	WasCorrected Reached = "corrected" // by a later dispatch
	WasTakenBack Reached = "withdrawn" // cancelled or superseded by one
)

// reaches is all of them.
var reaches = []Reached{
	WaitsForAny, WaitsForUs, WaitsForThem, WaitsForNone, WasReadBack, WasDisputed, WasConfirmed, IsConsidered, IsAnswered, IsClosed, WasCorrected, WasTakenBack,
}

// DispatchPage is one page of a list of dispatches, the newest in the joint order
// first.
type DispatchPage struct {
	Dispatches []Dispatch `json:"dispatches"`
	Next       string     `json:"next,omitempty"`    // cursor of the next page; empty on the last
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
	Silences []Silence         `json:"silences,omitempty"` // what is waited for with it, and why nothing has come; not in lists
	Receipts []Receipt         `json:"receipts,omitempty"` // not in lists
	Arrival  *Arrival          `json:"arrival,omitempty"`  // not in lists
}

// EntryPage is one page of the joint record, the last entry first.
type EntryPage struct {
	Entries []Entry `json:"entries"`
	Next    string  `json:"next,omitempty"` // cursor of the next page; empty on the last
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

// CharterStanding is the charter in force and the proposals to change it.
type CharterStanding struct {
	Charter   *office.Charter `json:"charter"`
	Hash      string          `json:"hash"`
	Open      bool            `json:"open"`
	Founded   []office.Side   `json:"founded"`
	Pending   *PendingCharter `json:"pending,omitempty"` // agreed to by all, and not yet in force
	Proposals []Proposal      `json:"proposals"`
}

// PendingCharter is a charter that all sides have agreed to and that waits for the
// moment from which they want it in force.
type PendingCharter struct {
	Charter *office.Charter `json:"charter"`
	Hash    string          `json:"hash"`
	From    time.Time       `json:"from"`
	Agreed  office.EntryID  `json:"agreed"` // the last consent
}

// Proposal is a charter put forward by one side and the consents to it.
type Proposal struct {
	ID      office.EntryID  `json:"id"`
	Hash    string          `json:"hash"`
	Amends  string          `json:"amends"`
	By      office.Post     `json:"by"`
	At      time.Time       `json:"at"`
	Note    string          `json:"note"`
	From    office.Minute   `json:"from,omitempty"` // from when it is to be in force; left out: from the last consent on
	State   string          `json:"state"`          // "open", "pending", "in-force" or "replaced"
	Agreed  []office.Side   `json:"agreed"`
	Charter *office.Charter `json:"charter"`
}

// NewProposal puts a charter forward to replace the one that was agreed to last: the one
// that waits, or else the one in force.
type NewProposal struct {
	Charter *office.Charter `json:"charter"`
	From    office.Minute   `json:"from,omitempty"` // such as "2018-10-01T00:00Z"; left out: from the last consent on
	Note    string          `json:"note,omitempty"`
	By      office.Post     `json:"by,omitempty"`
}

// Agreement consents to the proposed charter with this hash, from when it is proposed.
type Agreement struct {
	Hash string        `json:"hash"`
	From office.Minute `json:"from,omitempty"` // as in the proposal
	By   office.Post   `json:"by,omitempty"`
}

// Note is a coordination note from duty officer to duty officer: no formal
// communication.
type Note struct {
	ID      office.EntryID  `json:"id"`
	From    office.Side     `json:"from"`
	To      []office.Side   `json:"to"`
	Channel string          `json:"channel"`
	Text    string          `json:"text"`
	About   *office.EntryID `json:"about,omitempty"` // the dispatch that it is about
	Mark    office.Mark     `json:"mark,omitempty"`  // it is not meant in earnest
	By      office.Post     `json:"by"`
	At      time.Time       `json:"at"`       // the writer's clock
	Held    bool            `json:"received"` // every side that it goes to is known to hold it
	Settled bool            `json:"settled"`  // its place in the joint order can no longer change
}

// NotePage is one page of the notes, the last in the joint order first.
type NotePage struct {
	Notes []Note `json:"notes"`
	Next  string `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewNote writes a coordination note.
type NewNote struct {
	Channel string          `json:"channel"`
	Text    string          `json:"text"`
	To      []office.Side   `json:"to,omitempty"` // empty: every other side
	About   *office.EntryID `json:"about,omitempty"`
	Mark    office.Mark     `json:"mark,omitempty"`
	By      office.Post     `json:"by,omitempty"`
}

// FormStanding is a form put forward by one side and the consents to it.
type FormStanding struct {
	ID       office.EntryID  `json:"id"` // the entry that proposed it, the last time
	Hash     string          `json:"hash"`
	Replaces string          `json:"replaces,omitempty"` // hash of the form that it was to replace
	By       office.Post     `json:"by"`
	At       time.Time       `json:"at"`
	Note     string          `json:"note,omitempty"`
	State    string          `json:"state"` // "open", "in-force", "succeeded" or "replaced"
	Agreed   []office.Side   `json:"agreed"`
	Since    *office.EntryID `json:"since,omitempty"` // the entry that put it in force; left out if it never was
	Form     *office.Form    `json:"form"`
}

// FormPage is one page of the forms: open ones, those in force, then the others.
type FormPage struct {
	Forms []FormStanding `json:"forms"`
	Next  string         `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewForm puts a form forward, in the place of the one in force for its code.
type NewForm struct {
	Form *office.Form `json:"form"`
	Note string       `json:"note,omitempty"`
	By   office.Post  `json:"by,omitempty"`
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

// PostPage is one page of the posts, by side.
type PostPage struct {
	Posts []Post `json:"posts"`
	Next  string `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewPost accredits a post of our own side.
type NewPost struct {
	Post      office.Post  `json:"post"`
	Name      office.Words `json:"name"`
	Role      string       `json:"role"`
	Languages []string     `json:"languages"`
	By        office.Post  `json:"by,omitempty"`
}

// Act names who acts, for acts that need nothing else.
type Act struct {
	By office.Post `json:"by,omitempty"`
}

// Written is the answer to an act that is done and safely in the ledger.
type Written struct {
	ID office.EntryID `json:"id"`
	At time.Time      `json:"at"`
}

// NewLink asks for a one-time sign-in link.
type NewLink struct {
	Post         office.Post `json:"post"`
	ValidSeconds int64       `json:"valid_seconds,omitempty"` // 0: a day
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

// AlarmPage is one page of the alarms, the latest first.
type AlarmPage struct {
	Alarms []Alarm `json:"alarms"`
	Next   string  `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// Admission brings the credence of another side to a running node.
type Admission struct {
	Credence string `json:"credence"`
}

// Cut cuts or mends the line to a side, in a demonstration.
type Cut struct {
	Cut bool `json:"cut"`
}

// Event is a change, as it stands in the data of a server-sent event:
//
//	id: north:5,south:9
//	event: entry
//	data: {"kind":"entry","id":"north/4"}
//
// "lost" says that the reader was too slow and must look anew at all but entries.
type Event struct {
	Kind string          `json:"kind"`           // "entry", "receipt", "line", "mode", "alarm", "settled", "charter", "draft", "enclosure", "roster", "time" (something has changed by time alone), "lost" or "ended"
	ID   *office.EntryID `json:"id,omitempty"`   // the entry that has got its place; the last of ours that a side holds
	Side office.Side     `json:"side,omitempty"` // whose receipt or line it is
}

// Webhook is a program of our own side that is told of entries.
type Webhook struct {
	ID       int64      `json:"id"`
	URL      string     `json:"url"`
	Private  bool       `json:"private"` // its address may be a private one
	Made     time.Time  `json:"made"`
	Last     *time.Time `json:"last,omitempty"`   // when it last answered well
	Failures int64      `json:"failures"`         // since then
	Retry    *time.Time `json:"retry,omitempty"`  // when it is tried again
	Failed   string     `json:"failed,omitempty"` // why it failed last
}

// WebhookPage is one page of the webhooks, the first made first.
type WebhookPage struct {
	Webhooks []Webhook `json:"webhooks"`
	Next     string    `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewWebhook adds a webhook.
type NewWebhook struct {
	URL     string `json:"url"`               // https, or http to this machine
	Private bool   `json:"private,omitempty"` // its address may be a private one
}

// MadeWebhook is a webhook that was just added.
type MadeWebhook struct {
	Webhook Webhook `json:"webhook"`
	Secret  string  `json:"secret"` // with which it checks what it is told; it is shown here alone
}
