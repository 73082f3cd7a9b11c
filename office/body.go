package office

// The bodies of the kinds of entry, as they stand in the "body" of the frame
// (spec/entries.md §7). Fields are in the order of their names, so that
// encoding a body gives canonical JSON.

// The kinds of entry.
const (
	KindCharter     = "charter"         // found the office: the first entry of each ledger
	KindPropose     = "charter.propose" // put forward another charter
	KindAgree       = "charter.agree"   // consent to a proposed charter, by its hash
	KindPost        = "post"            // accredit a post
	KindPostEnd     = "post.end"        // withdraw the accreditation
	KindDispatch    = "dispatch"        // release a dispatch
	KindAcknowledge = "acknowledge"     // acknowledge a dispatch

	// Since rules version 2.
	KindConsider = "consider"         // a dispatch is under consideration until a moment
	KindClose    = "close"            // a side regards a dispatch as done with
	KindStored   = "enclosure.stored" // a node has an enclosure, whole and checked

	// Since rules version 3.
	KindProposeForm = "form.propose"    // put forward a form
	KindAgreeForm   = "form.agree"      // consent to a proposed form, by its hash
	KindNote        = "note"            // say something that is not a formal communication
	KindHours       = "hours"           // say which hours a side keeps
	KindSuspension  = "suspension"      // suspend channels, for one's own side
	KindResumption  = "resumption"      // end that, for some of them or for all
	KindAttempt     = "attempt"         // say that one has tried to reach others by other means
	KindConfirm     = "attempt.confirm" // say what one knows of another side's attempt
	KindTender      = "tender"          // offer a dispatch before it goes
	KindTenderReply = "tender.answer"   // accept it, or decline it
	KindTenderEnd   = "tender.withdraw" // take it back
	KindWatch       = "watch"           // take the watch
	KindWatchEnd    = "watch.end"       // end a watch
	KindCheck       = "check"           // call the other sides for a line check
	KindCheckAnswer = "check.answer"    // answer one
	KindCoverage    = "coverage"        // promise at which hours somebody is on watch
	KindPersonnel   = "personnel"       // give notice that a post changes hands

	// Since rules version 4.
	KindReadback      = "readback"        // restate what was understood of a dispatch
	KindReadbackReply = "readback.answer" // confirm that it was meant so, or dispute it
)

// CharterBody founds the office.
type CharterBody struct {
	Charter *Charter `json:"charter"`
}

// ProposeBody puts a charter forward. Amends is the hash of the charter that the
// sides have agreed to last (OfficeRow.AgreedLast), which it is meant to replace.
type ProposeBody struct {
	Amends  string   `json:"amends"`
	Charter *Charter `json:"charter"`
	From    Minute   `json:"from,omitzero"` // from when it is to be in force; left out: from the last consent on; since rules version 5
	Note    string   `json:"note"`
}

// AgreeBody consents to the proposed charter with this hash, from when it is proposed.
type AgreeBody struct {
	From Minute `json:"from,omitzero"` // as in the proposal; since rules version 5
	Hash string `json:"hash"`
}

// PostBody accredits a post of the writer's side.
type PostBody struct {
	Languages []string `json:"languages"`
	Name      Words    `json:"name"`
	Post      Post     `json:"post"`
	Role      string   `json:"role"`
}

// PostEndBody withdraws a post of the writer's side.
type PostEndBody struct {
	Post Post `json:"post"`
}

// ProposeFormBody puts a form forward. Replaces is the hash of the form in force
// for its code that it is meant to replace, "" if there is none.
type ProposeFormBody struct {
	Form     *Form  `json:"form"`
	Note     string `json:"note"`
	Replaces string `json:"replaces"`
}

// AgreeFormBody consents to the proposed form with this hash.
type AgreeFormBody struct {
	Hash string `json:"hash"`
}

// NoteBody is a coordination note from duty officer to duty officer.
type NoteBody struct {
	About   *EntryID `json:"about,omitzero"` // the dispatch that it is about
	Channel string   `json:"channel"`
	Mark    Mark     `json:"mark,omitzero"`
	Text    string   `json:"text"`
	To      []Side   `json:"to"`
}

// HoursBody says which hours the writer's side keeps from a moment on, in place of
// those before.
type HoursBody struct {
	From     Minute    `json:"from"`
	Holidays []Holiday `json:"holidays"` // in order of date
	Offsets  []Offset  `json:"offsets"`  // in order; the first holds before the hours begin
	Week     [][]Span  `json:"week"`     // seven days, Monday first
	Zone     string    `json:"zone"`     // IANA name, for people
}

// SuspensionBody suspends channels for the writer's side. It hinders nothing.
type SuspensionBody struct {
	Channels []string `json:"channels"`      // in order of id
	From     Minute   `json:"from,omitzero"` // left out: from this entry on
	Reason   string   `json:"reason"`
	Stays    string   `json:"stays,omitzero"` // what stays open, besides distress
}

// ResumptionBody ends a suspension of the writer's side for some of its channels.
type ResumptionBody struct {
	Channels   []string `json:"channels"`      // in order of id
	From       Minute   `json:"from,omitzero"` // left out: from this entry on
	Suspension EntryID  `json:"suspension"`
}

// AttemptBody says that the writer's side has tried to reach others by other means.
type AttemptBody struct {
	Channel  string   `json:"channel"`           // in whose place
	Dispatch *EntryID `json:"dispatch,omitzero"` // the dispatch that it was about
	Mark     Mark     `json:"mark,omitzero"`
	Means    Means    `json:"means"`
	Moment   Minute   `json:"moment"` // of the attempt
	Outcome  Outcome  `json:"outcome"`
	Text     string   `json:"text,omitzero"`
	To       []Side   `json:"to"`
}

// ConfirmBody says what an addressed side knows of an attempt.
type ConfirmBody struct {
	Attempt  EntryID `json:"attempt"`
	Confirms View    `json:"confirms"`
	Text     string  `json:"text,omitzero"`
}

// WatchBody puts the post that writes it on watch for its side.
type WatchBody struct {
	Languages []string `json:"languages"`
	Name      string   `json:"name,omitzero"`     // of the person, as the side chooses to show it
	Relieves  *EntryID `json:"relieves,omitzero"` // the watch of its side that it takes over
	Until     Minute   `json:"until,omitzero"`    // when it means to end
}

// WatchEndBody ends a watch of the writer's side.
type WatchEndBody struct {
	Watch EntryID `json:"watch"`
}

// CheckBody calls the other sides for a line check.
type CheckBody struct {
	Channel string   `json:"channel"`
	Due     Minute   `json:"due,omitzero"`     // the time that the charter has for it; empty: not a scheduled one
	Settled *Settled `json:"settled,omitzero"` // of the caller
	Text    string   `json:"text"`             // id of one of the channel's test texts
}

// CheckAnswerBody answers a line check.
type CheckAnswerBody struct {
	Check   EntryID     `json:"check"`
	Heard   Readability `json:"heard"`
	Offset  *int64      `json:"offset,omitzero"` // the caller's clock minus the answering side's, as its node has measured it, milliseconds
	Remark  string      `json:"remark,omitzero"`
	Settled *Settled    `json:"settled,omitzero"` // of the answering side, at the caller's count if it has settled so many
}

// DispatchBody releases a dispatch. Readback is of rules version 4, Answer, Form and Tender are of version 3; what
// else may be left out is of version 2. All of it is left out where it is empty,
// so that a dispatch that needs none has the same bytes under all versions.
type DispatchBody struct {
	Answer     string        `json:"answer,omitzero"`    // one of those that the form of Reply allows
	Attention  string        `json:"attention,omitzero"` // for whose attention
	Channel    string        `json:"channel"`
	Enclosures []Enclosure   `json:"enclosures,omitempty"`
	Form       *Filled       `json:"form,omitzero"`
	Info       *Information  `json:"info,omitzero"`
	Mark       Mark          `json:"mark,omitzero"`
	Name       string        `json:"name,omitzero"` // in whose name
	Number     int64         `json:"number"`        // 1 + the number of the side's dispatch before
	Party      string        `json:"party,omitzero"`
	Precedence Precedence    `json:"precedence"`
	Readback   bool          `json:"readback,omitzero"` // the sides of To are asked to read it back
	References []EntryID     `json:"references,omitempty"`
	Relation   *Relation     `json:"relation,omitzero"`
	Releasable Releasability `json:"releasable,omitzero"`
	Reply      *EntryID      `json:"reply,omitzero"` // the dispatch that this one answers
	Subject    string        `json:"subject"`
	Tender     *EntryID      `json:"tender,omitzero"` // the tender under which it is served, or in whose place
	Text       string        `json:"text"`
	To         []Side        `json:"to"`
}

// firstDispatch is the body of a dispatch under rules version 1.
type firstDispatch struct {
	Channel    string     `json:"channel"`
	Number     int64      `json:"number"`
	Precedence Precedence `json:"precedence"`
	Subject    string     `json:"subject"`
	Text       string     `json:"text"`
	To         []Side     `json:"to"`
}

// Enclosure names a file that goes with a dispatch. Its content crosses the
// link beside the ledger, and is what it should be if it has the hash.
type Enclosure struct {
	Hash string `json:"hash"` // hex SHA-256 of the whole content
	Name string `json:"name"` // of the file, without folders
	Size int64  `json:"size"` // bytes
	Type string `json:"type"` // media type, such as "application/pdf"
}

// Information names the sides that a dispatch goes to for information only, and
// how urgent it is to them: never more than to those who must act.
type Information struct {
	Precedence Precedence `json:"precedence"`
	To         []Side     `json:"to"` // in order of id
}

// Relation says what a dispatch does to one before it.
type Relation struct {
	Dispatch EntryID      `json:"dispatch"`
	Kind     RelationKind `json:"kind"`
}

// AcknowledgeBody acknowledges a dispatch that was addressed to the writer's side.
type AcknowledgeBody struct {
	Dispatch EntryID `json:"dispatch"`
}

// ConsiderBody is the holding reply: the writer's side has a dispatch under
// consideration, and means to answer by a moment.
type ConsiderBody struct {
	Dispatch EntryID `json:"dispatch"`
	Until    Minute  `json:"until"`
}

// CloseBody says that the writer's side regards a dispatch as done with.
type CloseBody struct {
	Dispatch EntryID `json:"dispatch"`
}

// StoredBody says that the writer's node has an enclosure of a dispatch, whole,
// and that its content has the hash.
type StoredBody struct {
	Dispatch EntryID `json:"dispatch"`
	Hash     string  `json:"hash"`
}
