package office

import (
	"slices"
	"strconv"
)

// A Row is one line of the records: what the rules have derived so far. Every
// row type is a pointer to a struct below, stands in the table that its name
// says, and is found by its key. Rows are plain values: a rule takes one from
// the Desk, changes it and puts it back.
//
// The digest (spec/entries.md §6) covers the rows that an entry put, as
// canonical JSON with the names below, so a field's name or meaning is changed
// only together with the rules version.
type Row interface {
	Table() string // the table, such as "dispatch"
	Key() string   // unique within the table
}

// Reader is the part of a Desk that only looks.
type Reader interface {
	// Get fills row, whose key fields are set, and reports whether it is there.
	Get(row Row) bool
}

// Desk is what a rule works on: the records as they stand at the entry's place
// in the joint order. In the node it is a database transaction, in tests a map.
type Desk interface {
	// Get fills row, whose key fields are set, and reports whether it is there.
	// The lists in it belong to the desk: to change one, make a new one.
	Get(row Row) bool
	// Put writes row, replacing the one with the same key. The lists in it must
	// not be changed afterwards.
	Put(row Row)
	// Hours gives the sets of hours of a side that have begun by a moment: the last
	// BegunCalendar of them, in the order in which they begin, and where two begin at
	// once in the joint order.
	Hours(side Side, moment int64) []Hours
}

// Charter is the jointly agreed annex: the sides with their keys, the channels
// and the clocks. It changes only by consent of all sides.
type Charter struct {
	Channels []Channel     `json:"channels"`
	Clocks   []Clock       `json:"clocks"`
	Ladders  []Ladder      `json:"ladders,omitempty"` // since rules version 3; a precedence without one has the default
	Office   string        `json:"office"`
	Rules    int64         `json:"rules"` // version of the rules in force
	Sides    []CharterSide `json:"sides"` // in order of id
}

// CharterSide is one side as the charter names it, taken from its credence.
type CharterSide struct {
	Address   string   `json:"address"`  // host:port of its node's link
	Cosigner  string   `json:"cosigner"` // C2SP vkey of its cosigner
	ID        Side     `json:"id"`
	Languages []string `json:"languages"` // tags, such as "ko", the first preferred
	Ledger    string   `json:"ledger"`    // C2SP vkey of its ledger
	Link      string   `json:"link"`      // base64 SHA-256 of its link key (SubjectPublicKeyInfo)
	Name      string   `json:"name"`
	Zone      string   `json:"zone"` // IANA name, such as "Asia/Seoul"
}

// Channel is a line for one purpose.
type Channel struct {
	Checks  *Checks  `json:"checks,omitzero"` // since rules version 3, as Hours and Offset; nil: no scheduled ones
	Hours   [][]Span `json:"hours,omitempty"` // seven days, Monday first; none: at every hour
	ID      string   `json:"id"`
	Ladders []Ladder `json:"ladders,omitempty"` // its own, in place of the charter's; since rules version 3
	Name    Words    `json:"name"`
	Offset  int64    `json:"offset,omitzero"` // minutes by which its clock is ahead of UTC

	Posts   []ChannelPosts `json:"posts,omitempty"` // which serve it; since rules version 4
	Purpose Words          `json:"purpose"`
}

// ChannelPosts are the posts of a side that serve a channel. A side of which nothing
// is said serves it with all of them.
type ChannelPosts struct {
	Posts []Post `json:"posts"` // ascending
	Side  Side   `json:"side"`
}

// PostsOf gives the posts of a side that serve the channel; none: all of them.
func (ch *Channel) PostsOf(side Side) []Post {
	for _, of := range ch.Posts {
		if of.Side == side {
			return of.Posts
		}
	}
	return nil
}

// Clock gives the times, in seconds from release, that the sides have agreed on
// for one precedence. Time raises flags; it never moves a state.
type Clock struct {
	Acknowledge int64      `json:"acknowledge"`      // until a duty officer acknowledges
	Answer      int64      `json:"answer,omitzero"`  // until what asks for an answer has one, or a holding reply; 0: no time; since rules version 4
	Opening     bool       `json:"opening,omitzero"` // acknowledged when a joint working day begins, if that is sooner (JointClock.Acknowledge); since rules version 4
	Precedence  Precedence `json:"precedence"`
	Readback    int64      `json:"readback,omitzero"` // until what asks for it is read back; 0: no time; since rules version 4
	Receipt     int64      `json:"receipt"`           // until the other node's receipt is held
}

// OfficeRow is the one row that says whether the office is open and which
// charter is in force.
type OfficeRow struct {
	Charter *Charter `json:"charter"`          // nil until a founding charter is seen
	Founded []Side   `json:"founded"`          // sides whose founding entry is done, in order of id
	Hash    string   `json:"hash"`             // hex SHA-256 of the charter's canonical bytes
	Open    bool     `json:"open"`             // all sides have founded
	Pending *Pending `json:"pending,omitzero"` // the charter that waits for its time, since rules version 5
	Since   EntryID  `json:"since"`            // the entry that put this charter in force: the last consent
	Time    int64    `json:"time"`             // milliseconds, since when it is: the time of that entry in the joint order, or the from-when
}

// Pending is a charter that all sides have agreed to and that waits for the moment
// from which they want it in force. At most one waits.
type Pending struct {
	Agreed  EntryID  `json:"agreed"` // the last consent
	Charter *Charter `json:"charter"`
	From    int64    `json:"from"` // milliseconds
	Hash    string   `json:"hash"`
}

// At gives the office as it stands at a moment: with the charter that waits, if its
// time has come, also while no entry has been written since. The records learn of it
// with the next entry; whoever asks what is in force goes through here.
func (o *OfficeRow) At(ms int64) *OfficeRow {
	p := o.Pending
	if p == nil || p.From > ms {
		return o
	}
	return &OfficeRow{Charter: p.Charter, Founded: o.Founded, Hash: p.Hash, Open: o.Open, Since: p.Agreed, Time: p.From}
}

// AgreedLast gives the charter that the sides have agreed to last, with its hash, which
// is what another one amends: the one that waits, or else the one in force.
func (o *OfficeRow) AgreedLast() (c *Charter, hash string) {
	if o.Pending != nil {
		return o.Pending.Charter, o.Pending.Hash
	}
	return o.Charter, o.Hash
}

func (*OfficeRow) Table() string { return "office" }
func (*OfficeRow) Key() string   { return "office" }

// Proposal is a charter put forward by one side and the consents to it.
type Proposal struct {
	Agreed  []Side   `json:"agreed"` // sides that consent, the proposer first
	Amends  string   `json:"amends"` // hash of the charter that it would replace
	At      int64    `json:"at"`
	By      Post     `json:"by"`
	Charter *Charter `json:"charter"`
	From    int64    `json:"from,omitzero"` // milliseconds, from when it is to be in force; 0: from the last consent on; since rules version 5
	Hash    string   `json:"hash"`          // the key
	ID      EntryID  `json:"id"`
	Note    string   `json:"note"`
	State   string   `json:"state"` // one of those below
}

// The states of a proposal. ProposalInForce is the state of one that all sides
// agreed to, also after a later charter has replaced it.
const (
	ProposalOpen     = "open"
	ProposalPending  = "pending" // all sides have agreed to it, and its time has not come
	ProposalInForce  = "in-force"
	ProposalReplaced = "replaced" // by a later proposal of its side, or by another charter
)

func (*Proposal) Table() string { return "proposal" }
func (p *Proposal) Key() string { return p.Hash }

// StateAt gives the state at a moment: what waits is in force once its time has come,
// also while no entry has been written since.
func (p *Proposal) StateAt(ms int64) string {
	if p.State == ProposalPending && p.From <= ms {
		return ProposalInForce
	}
	return p.State
}

// PostRow is a post or officer accredited by a side.
type PostRow struct {
	Ended     bool     `json:"ended"`
	ID        EntryID  `json:"id"` // the entry that accredited it
	Languages []string `json:"languages"`
	Name      Words    `json:"name"`
	Post      Post     `json:"post"`
	Role      string   `json:"role"` // one of Roles
	Side      Side     `json:"side"`
}

func (*PostRow) Table() string { return "post" }
func (p *PostRow) Key() string { return p.Side + "/" + p.Post }

// Roles are the roles that a post can have.
var Roles = []string{"head", "deputy", "officer", "duty-officer", "interpreter", "secretary", "observer"}

// SideRow keeps what the rules must remember of one side.
type SideRow struct {
	DTG      *DTG   `json:"dtg,omitzero"` // of its latest dispatch, since rules version 2
	Number   int64  `json:"number"`       // number of its latest dispatch, 0 if none
	Posts    int64  `json:"posts"`        // posts that it has ever accredited, Posts <= MaxPosts
	Proposal string `json:"proposal"`     // hash of the proposal that it has open, "" if none
	Side     Side   `json:"side"`

	Watch []OnWatch `json:"watch,omitempty"` // who is on watch, at most MaxOnWatch, since rules version 3
}

func (*SideRow) Table() string { return "side" }
func (s *SideRow) Key() string { return s.Side }

// FormRow is a form put forward by one side and the consents to it.
type FormRow struct {
	Agreed   []Side   `json:"agreed"` // sides that consent, the proposer first
	At       int64    `json:"at"`
	By       Post     `json:"by"`
	Form     *Form    `json:"form"`
	Hash     string   `json:"hash"` // the key
	ID       EntryID  `json:"id"`   // the entry that proposed it, the last time
	Note     string   `json:"note"`
	Replaces string   `json:"replaces"`       // hash of the form that it was to replace, "" if none
	Since    *EntryID `json:"since,omitzero"` // the entry that put it in force, the last time; nil if it never was
	State    string   `json:"state"`          // FormOpen, FormInForce, FormSucceeded or FormReplaced
	Time     int64    `json:"time"`           // of the entry that proposed it, in the joint order
}

// The states of a form.
const (
	FormOpen      = "open"
	FormInForce   = "in-force"
	FormSucceeded = "succeeded" // it was in force until another was agreed for its code
	FormReplaced  = "replaced"  // it fell before it was in force again: by a later proposal of its side, or by another form
)

func (*FormRow) Table() string { return "form" }
func (f *FormRow) Key() string { return f.Hash }

// AboutLives tells whether what bears the form is about lives at risk by what is in force.
func (f *FormRow) AboutLives() bool { return f.State == FormInForce && f.Form.Mode == ModeDistress }

// FormCode says which form is in force for a code, and which are proposed.
type FormCode struct {
	Code     string         `json:"code"`
	Hash     string         `json:"hash"`     // of the form in force, "" if none was yet
	Proposed []FormProposal `json:"proposed"` // open ones, in order of side
}

// FormProposal is the form that a side has put forward for a code.
type FormProposal struct {
	Hash string `json:"hash"`
	Side Side   `json:"side"`
}

func (*FormCode) Table() string { return "code" }
func (f *FormCode) Key() string { return f.Code }

// Dispatch is a formal communication from one side to others. What its body
// may leave out, the row leaves out too.
type Dispatch struct {
	Answer     string        `json:"answer,omitzero"`
	At         int64         `json:"at"` // the writer's clock at release, milliseconds
	Attention  string        `json:"attention,omitzero"`
	By         Post          `json:"by"`
	Channel    string        `json:"channel"`
	DTG        *DTG          `json:"dtg,omitzero"` // nil if released under rules version 1
	Enclosures []Enclosure   `json:"enclosures,omitempty"`
	Form       *Filled       `json:"form,omitzero"`
	From       Side          `json:"from"`
	ID         EntryID       `json:"id"`
	Info       *Information  `json:"info,omitzero"`
	Mark       Mark          `json:"mark,omitzero"`
	Name       string        `json:"name,omitzero"`
	Number     int64         `json:"number"` // serial of its side, from 1
	Party      string        `json:"party,omitzero"`
	Precedence Precedence    `json:"precedence"`
	Readback   bool          `json:"readback,omitzero"`
	References []EntryID     `json:"references,omitempty"`
	Relation   *Relation     `json:"relation,omitzero"`
	Releasable Releasability `json:"releasable,omitzero"`
	Reply      *EntryID      `json:"reply,omitzero"`
	Subject    string        `json:"subject"`
	Tender     *EntryID      `json:"tender,omitzero"`
	Text       string        `json:"text"`
	Thread     *EntryID      `json:"thread,omitzero"` // the dispatch that its thread begins with; nil if that is itself
	Time       int64         `json:"time"`            // its time in the joint order, milliseconds
	To         []Side        `json:"to"`              // in order of id
}

func (*Dispatch) Table() string { return "dispatch" }
func (d *Dispatch) Key() string { return d.ID.String() }

// Group gives the date-time group, for a dispatch of rules version 1 that of
// its minute, which others may share.
func (d *Dispatch) Group() DTG {
	if d.DTG != nil {
		return *d.DTG
	}
	return DTG{}.after(d.At)
}

// Informs reports whether the dispatch goes to a side for information.
func (d *Dispatch) Informs(side Side) bool {
	return d.Info != nil && slices.Contains(d.Info.To, side)
}

// Concerns reports whether a side wrote the dispatch or receives it.
func (d *Dispatch) Concerns(side Side) bool {
	return d.From == side || slices.Contains(d.To, side) || d.Informs(side)
}

// Acknowledgements says which of the sides that a dispatch was addressed to
// have acknowledged it. There is one such row for each dispatch.
type Acknowledgements struct {
	Dispatch EntryID           `json:"dispatch"`
	Given    []Acknowledgement `json:"given"`   // in the joint order
	Time     int64             `json:"time"`    // of the dispatch, in the joint order, milliseconds
	Waiting  []Side            `json:"waiting"` // sides that have not, in order of id
}

func (*Acknowledgements) Table() string { return "acknowledgement" }
func (a *Acknowledgements) Key() string { return a.Dispatch.String() }

// Acknowledgement is the act of a named post that has read a dispatch for its
// side. It is not agreement. Each addressed side acknowledges once.
type Acknowledgement struct {
	At       int64   `json:"at"` // the acknowledging side's clock, milliseconds
	By       Post    `json:"by"`
	Dispatch EntryID `json:"dispatch"`
	ID       EntryID `json:"id"` // the entry that acknowledged
	Side     Side    `json:"side"`
}

// Handling is what the sides have written of a dispatch after its release,
// besides acknowledgements. There is a row once there is something to say.
type Handling struct {
	Answered  []Answer        `json:"answered"`  // the first answer of each addressed side, in the joint order
	Closed    []Closing       `json:"closed"`    // once for each side, in the joint order
	Considers []Consideration `json:"considers"` // the latest of each side, in order of side
	Dispatch  EntryID         `json:"dispatch"`
	Readbacks []Restated      `json:"readbacks,omitempty"` // in the joint order, at most MaxReadbacks of each addressed side
	Relations []Related       `json:"relations"`           // dispatches that point back to this one, in the joint order
	Stored    []Storage       `json:"stored"`              // in the joint order
}

func (*Handling) Table() string { return "handling" }
func (h *Handling) Key() string { return h.Dispatch.String() }

// Answer is a dispatch of an addressed side that replies.
type Answer struct {
	Answer string  `json:"answer,omitzero"` // one of those that the form allows
	At     int64   `json:"at"`
	ID     EntryID `json:"id"`
	Side   Side    `json:"side"`
}

// Closing is a side's word that it regards a dispatch as done with.
type Closing struct {
	At         int64   `json:"at"`
	By         Post    `json:"by"`
	ID         EntryID `json:"id"`
	Side       Side    `json:"side"`
	Unobjected []Side  `json:"unobjected,omitempty"` // whose silence had become the answer by then; since rules version 6
}

// Consideration is a side's holding reply.
type Consideration struct {
	At    int64   `json:"at"`
	By    Post    `json:"by"`
	ID    EntryID `json:"id"`
	Side  Side    `json:"side"`
	Until int64   `json:"until"` // milliseconds
}

// Related is a dispatch that points back to another.
type Related struct {
	At   int64        `json:"at"`
	ID   EntryID      `json:"id"`
	Kind RelationKind `json:"kind"`
}

// Storage is a node's word that it has an enclosure.
type Storage struct {
	At   int64   `json:"at"`
	Hash string  `json:"hash"`
	ID   EntryID `json:"id"`
	Side Side    `json:"side"`
}

// Note is a coordination note.
type Note struct {
	About   *EntryID `json:"about,omitzero"`
	At      int64    `json:"at"`
	By      Post     `json:"by"`
	Channel string   `json:"channel"`
	From    Side     `json:"from"`
	ID      EntryID  `json:"id"`
	Mark    Mark     `json:"mark,omitzero"`
	Text    string   `json:"text"`
	Time    int64    `json:"time"` // its time in the joint order, milliseconds
	To      []Side   `json:"to"`   // in order of id
}

func (*Note) Table() string { return "note" }
func (n *Note) Key() string { return n.ID.String() }

// Hours are the hours that a side keeps from a moment on.
type Hours struct {
	At       int64     `json:"at"`
	By       Post      `json:"by"`
	From     int64     `json:"from"` // milliseconds, a whole minute
	Holidays []Holiday `json:"holidays"`
	ID       EntryID   `json:"id"`
	Offsets  []Offset  `json:"offsets"`
	Side     Side      `json:"side"`
	Time     int64     `json:"time"` // of the entry in the joint order
	Week     [][]Span  `json:"week"` // Monday first
	Zone     string    `json:"zone"`
}

func (*Hours) Table() string { return "hours" }
func (h *Hours) Key() string { return h.ID.String() }

// Suspension is a side's word that channels are suspended.
type Suspension struct {
	At       int64     `json:"at"`
	By       Post      `json:"by"`
	Channels []string  `json:"channels"` // in order of id
	From     int64     `json:"from"`     // milliseconds
	ID       EntryID   `json:"id"`
	Reason   string    `json:"reason"`
	Resumed  []Resumed `json:"resumed"` // in the order of the side's entries
	Side     Side      `json:"side"`
	Stays    string    `json:"stays,omitzero"`
	Time     int64     `json:"time"` // of the entry in the joint order
}

func (*Suspension) Table() string { return "suspension" }
func (s *Suspension) Key() string { return s.ID.String() }

// Resumed says for which channels a suspension has ended, and from when on.
type Resumed struct {
	At       int64    `json:"at"`
	By       Post     `json:"by"`
	Channels []string `json:"channels"` // in order of id
	From     int64    `json:"from"`     // milliseconds
	ID       EntryID  `json:"id"`
}

// ChannelRow says when the sides suspend a channel.
type ChannelRow struct {
	Channel string  `json:"channel"`
	Spells  []Spell `json:"spells"` // the last two of each side, in order of side
}

func (*ChannelRow) Table() string { return "channel" }
func (c *ChannelRow) Key() string { return c.Channel }

// Spell is a time during which a side suspends a channel.
type Spell struct {
	From       int64   `json:"from"` // milliseconds
	Side       Side    `json:"side"`
	Suspension EntryID `json:"suspension"`
	Until      *int64  `json:"until,omitzero"` // milliseconds; nil until it is resumed
}

// Attempt is a side's word that it has tried to reach others by other means.
type Attempt struct {
	At       int64         `json:"at"`
	By       Post          `json:"by"`
	Channel  string        `json:"channel"`
	Dispatch *EntryID      `json:"dispatch,omitzero"`
	From     Side          `json:"from"`
	ID       EntryID       `json:"id"`
	Mark     Mark          `json:"mark,omitzero"`
	Means    Means         `json:"means"`
	Moment   int64         `json:"moment"` // milliseconds, a whole minute
	Outcome  Outcome       `json:"outcome"`
	Text     string        `json:"text,omitzero"`
	Time     int64         `json:"time"`  // of the entry in the joint order
	To       []Side        `json:"to"`    // in order of id
	Views    []AttemptView `json:"views"` // the latest of each addressed side, in order of side
}

func (*Attempt) Table() string { return "attempt" }
func (a *Attempt) Key() string { return a.ID.String() }

// AttemptView is what an addressed side says of an attempt.
type AttemptView struct {
	At       int64   `json:"at"`
	By       Post    `json:"by"`
	Confirms View    `json:"confirms"`
	ID       EntryID `json:"id"`
	Side     Side    `json:"side"`
	Text     string  `json:"text,omitzero"`
}

// Schedule keeps when the channels were to be checked under a charter, and its
// clocks, from when it is in force. That of a charter which waits is put at the last
// consent; whether it was taken back, Schedules finds out.
type Schedule struct {
	Agreed   int64          `json:"agreed,omitzero"` // the time of the last consent, if the charter waits after it; since rules version 5
	Channels []ChannelTimes `json:"channels"`        // those that have checks, in the charter's order
	Clocks   []Clock        `json:"clocks"`          // as the charter has them
	From     int64          `json:"from"`            // milliseconds: the time of the entry in the joint order, or the from-when
	ID       EntryID        `json:"id"`
	Rules    int64          `json:"rules,omitzero"` // of the charter, since rules version 4; 0: 3
	Sides    []Side         `json:"sides"`          // in the charter's order
}

// ChannelTimes are the line checks of one channel and the clock that they go by.
type ChannelTimes struct {
	Checks *Checks `json:"checks"`
	ID     string  `json:"id"`
	Offset int64   `json:"offset"`
}

func (*Schedule) Table() string { return "schedule" }
func (s *Schedule) Key() string { return s.ID.String() }

// LineCheck is a call by which one side checks a channel, with the answers.
type LineCheck struct {
	Answers []CheckAnswer `json:"answers"` // in the joint order, one of each side at most
	At      int64         `json:"at"`
	By      Post          `json:"by"`
	Channel string        `json:"channel"`
	Due     int64         `json:"due"` // milliseconds; 0 if it was not scheduled
	From    Side          `json:"from"`
	ID      EntryID       `json:"id"`
	Settled *Settled      `json:"settled,omitzero"`
	Text    string        `json:"text"` // id of the test text
	Time    int64         `json:"time"` // in the joint order, milliseconds
	Words   string        `json:"words"`
}

func (*LineCheck) Table() string { return "linecheck" }
func (c *LineCheck) Key() string { return c.ID.String() }

// AnswerOf gives the answer of a side, or nil.
func (c *LineCheck) AnswerOf(side Side) *CheckAnswer {
	i := slices.IndexFunc(c.Answers, func(a CheckAnswer) bool { return a.Side == side })
	if i < 0 {
		return nil
	}
	return &c.Answers[i]
}

// CheckAnswer is the answer of one side to a line check.
type CheckAnswer struct {
	At      int64       `json:"at"`
	By      Post        `json:"by"`
	Heard   Readability `json:"heard"`
	ID      EntryID     `json:"id"`
	Offset  *int64      `json:"offset,omitzero"`
	Remark  string      `json:"remark,omitzero"`
	Settled *Settled    `json:"settled,omitzero"`
	Side    Side        `json:"side"`
}

// Settled is what a side holds as settled: so many entries of the joint order, and
// their digest (spec/entries.md §6).
type Settled struct {
	Count  int64  `json:"count"`
	Digest string `json:"digest"` // hex
}

// CheckTurn says that a scheduled line check was called.
type CheckTurn struct {
	Channel string  `json:"channel"`
	Check   EntryID `json:"check"`
	Due     int64   `json:"due"`
}

func (*CheckTurn) Table() string { return "checkturn" }
func (c *CheckTurn) Key() string { return c.Channel + "/" + strconv.FormatInt(c.Due, 10) }

// Withdrawn gives the dispatch that cancelled or superseded this one.
func (h *Handling) Withdrawn() (by Related, withdrawn bool) {
	for _, r := range h.Relations {
		if r.Kind == Cancellation || r.Kind == Supersession {
			return r, true
		}
	}
	return Related{}, false
}
