package office

// The bodies of the kinds of entry, as they stand in the "body" of the frame
// (spec/entries.md §7). Fields are in the order of their names, so that
// encoding a body gives canonical JSON.

// The kinds of entry that rules version 1 knows.
const (
	KindCharter     = "charter"         // found the office: the first entry of each ledger
	KindPropose     = "charter.propose" // put forward another charter
	KindAgree       = "charter.agree"   // consent to a proposed charter, by its hash
	KindPost        = "post"            // accredit a post
	KindPostEnd     = "post.end"        // withdraw the accreditation
	KindDispatch    = "dispatch"        // release a dispatch
	KindAcknowledge = "acknowledge"     // acknowledge a dispatch
)

// CharterBody founds the office.
type CharterBody struct {
	Charter *Charter `json:"charter"`
}

// ProposeBody puts a charter forward. Amends is the hash of the charter in
// force that it is meant to replace.
type ProposeBody struct {
	Amends  string   `json:"amends"`
	Charter *Charter `json:"charter"`
	Note    string   `json:"note"`
}

// AgreeBody consents to the proposed charter with this hash.
type AgreeBody struct {
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

// DispatchBody releases a dispatch.
type DispatchBody struct {
	Channel    string     `json:"channel"`
	Number     int64      `json:"number"` // 1 + the number of the side's dispatch before
	Precedence Precedence `json:"precedence"`
	Subject    string     `json:"subject"`
	Text       string     `json:"text"`
	To         []Side     `json:"to"`
}

// AcknowledgeBody acknowledges a dispatch that was addressed to the writer's side.
type AcknowledgeBody struct {
	Dispatch EntryID `json:"dispatch"`
}
