package api

import (
	"time"

	"liaison.example/office"
)

// DraftState says where a draft stands.
type DraftState string

// Draft is a dispatch that is being written. It never crosses the line before it is
// released, and what was said about it never does.
type Draft struct {
	ID       int64           `json:"id"`
	Version  int64           `json:"version"` // one more with each change of the content
	State    DraftState      `json:"state"`
	Content  DraftContent    `json:"content"` // in lists without the text
	Drafted  Touch           `json:"drafted"`
	Changed  Touch           `json:"changed"`            // last
	Yours    bool            `json:"yours"`              // whoever asks has changed it last, and so has seen it as it stands
	Approved *Touch          `json:"approved,omitempty"` // the content as it stands
	Ended    *Touch          `json:"ended,omitempty"`    // discarded or released
	Hands    []string        `json:"hands"`              // accounts that have written in it; not in lists
	Entry    *office.EntryID `json:"entry,omitempty"`    // that it became
	Steps    []DraftStep     `json:"steps,omitempty"`    // not in lists
}

// DraftContent is what was typed of a dispatch, however unfinished.
type DraftContent struct {
	Channel    string            `json:"channel,omitempty"`
	Precedence office.Precedence `json:"precedence,omitempty"`
	To         []office.Side     `json:"to,omitempty"`
	Subject    string            `json:"subject,omitempty"`
	Text       string            `json:"text,omitempty"`
	Form       *office.Filled    `json:"form,omitempty"`   // without its hash: the form in force for its code
	Answer     string            `json:"answer,omitempty"` // to the form of the dispatch that it replies to

	Name           string               `json:"name,omitempty"`      // in whose name
	Attention      string               `json:"attention,omitempty"` // for whose attention
	Info           []office.Side        `json:"info,omitempty"`      // who gets it for information only
	InfoPrecedence office.Precedence    `json:"info_precedence,omitempty"`
	Mark           office.Mark          `json:"mark,omitempty"`
	Releasable     office.Releasability `json:"releasable,omitempty"`
	Party          string               `json:"party,omitempty"`
	References     string               `json:"references,omitempty"` // ids with spaces or commas between
	Reply          string               `json:"reply,omitempty"`      // id of the dispatch that it answers
	Relation       office.RelationKind  `json:"relation,omitempty"`
	Relates        string               `json:"relates,omitempty"`    // id of the dispatch to which it has the relation
	Tender         string               `json:"tender,omitempty"`     // id of the tender under which it is served, or instead of which
	Readback       bool                 `json:"readback,omitempty"`   // it asks to be read back
	Enclosures     []office.Enclosure   `json:"enclosures,omitempty"` // files that were read in before
}

// Touch is what a person of ours has done to a draft, and when.
type Touch struct {
	Who    string      `json:"who"`              // account, or "operator"
	Person string      `json:"person,omitempty"` // whose account it is
	Post   office.Post `json:"post"`
	At     time.Time   `json:"at"`
}

// DraftStep is one step on the way of a draft.
type DraftStep struct {
	Touch   Touch  `json:"touch"`
	What    string `json:"what"` // "submitted", "withdrawn", "approved", "returned" or "comment"
	Version int64  `json:"version"`
	Words   string `json:"words,omitempty"` // of a comment, or the reason of a return
}

// DraftPage is one page of the drafts, the latest begun first.
type DraftPage struct {
	Drafts []Draft `json:"drafts"`
	Next   string  `json:"next,omitempty"` // cursor of the next page; empty on the last
}

// NewDraft begins a draft.
type NewDraft struct {
	Content DraftContent `json:"content"`
	By      office.Post  `json:"by,omitempty"`
}

// DraftChange saves a draft whose version the writer has seen.
type DraftChange struct {
	Version int64        `json:"version"`
	Content DraftContent `json:"content"`
	By      office.Post  `json:"by,omitempty"`
}

// DraftAct is an act on a draft whose version was seen.
type DraftAct struct {
	Version int64       `json:"version"`
	By      office.Post `json:"by,omitempty"`
}

// DraftWords is an act on a draft that says something, to our own side alone.
type DraftWords struct {
	Version int64       `json:"version,omitempty"` // that was seen; of a comment none is needed
	Words   string      `json:"words"`
	By      office.Post `json:"by,omitempty"`
}

// Released is the answer to the release of a draft.
type Released struct {
	ID     office.EntryID `json:"id"`
	At     time.Time      `json:"at"`
	Number int64          `json:"number"`
}
