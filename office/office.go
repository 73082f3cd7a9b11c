// Package office holds the rules of a joint liaison office: every kind of
// entry that a side may write, what it must look like, and what it does to the
// records. It is pure. It sees no clock, no disk, no network, no random numbers
// and no zone data, so that every node that is given the same entries in the
// same order reaches the same records, today and in twenty years.
//
// The same rule answers two questions: "may I?" before an entry is signed, and
// "what now?" when it is folded. A rule never fails: an entry is done, or it is
// void with a reason (spec/entries.md §6).
package office

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Side is the short id of a party to the office, such as "south": one lower
// case letter, then at most 30 lower case letters, digits or hyphens.
type Side = string

// Post is the id, within its side, of a post or officer that acts for the
// side, such as "duty-officer". It has the form of a Side.
type Post = string

// EntryID names one entry for ever: the side in whose ledger it stands and its
// index there, counted from 0. It is written "south/17".
type EntryID struct {
	Side  Side
	Index int64
}

func (id EntryID) String() string { return id.Side + "/" + strconv.FormatInt(id.Index, 10) }

// MarshalText writes the id as "south/17".
func (id EntryID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (id *EntryID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseEntryID(string(text))
	return err
}

// Compare orders ids by side, then by index.
func (id EntryID) Compare(other EntryID) int {
	return cmp.Or(strings.Compare(id.Side, other.Side), cmp.Compare(id.Index, other.Index))
}

var errEntryID = errors.New(`not an entry id: want a side and a number, such as "south/17"`)

// ParseEntryID reads an id in the form "south/17".
func ParseEntryID(text string) (EntryID, error) {
	side, digits, found := strings.Cut(text, "/")
	index, err := strconv.ParseInt(digits, 10, 64)
	if !found || err != nil || index < 0 || !ValidName(side) || strconv.FormatInt(index, 10) != digits {
		return EntryID{}, fmt.Errorf("%q: %w", text, errEntryID)
	}
	return EntryID{side, index}, nil
}

// ValidName reports whether text has the form of a side, post or channel id.
func ValidName(text string) bool {
	return len(text) > 0 && len(text) <= MaxName && lower(text[0]) && all(text, nameByte)
}

// Entry is what the rules see of one signed statement: the frame, read by
// package ledger, and the body, which only the rules read.
type Entry struct {
	ID   EntryID
	Hash [32]byte       // the RFC 6962 leaf hash of the entry's bytes
	At   int64          // the writer's clock, milliseconds since 1970 UTC
	By   Post           // who acted
	Seen map[Side]int64 // how many entries of each other side's ledger the writer had folded
	Kind string
	Body []byte // canonical JSON object

	// What the fold adds to the frame before it asks the rules.
	Office string // the name of the office, the same in all its entries
	Time   int64  // the entry's time in the joint order, milliseconds (spec/entries.md §4)

	prepared *preparedBody // by Prepare; else nil
}

// Verdict is the rules' answer to one entry. An empty Void means done.
type Verdict struct {
	Void   Reason            // code, such as "wrong-addressee"; empty if the entry is done
	Detail map[string]string // what the sentence for the code needs, such as the limit and the size

	Allowed []string // of BadValue in a closed list: that list. It is for who writes, and no record keeps it
}

// Done reports whether the entry took effect.
func (v Verdict) Done() bool { return v.Void == "" }

// Reason is the code of a refusal. Its sentence, in each language, stands in
// package lang under "void.<code>".
type Reason string

// Precedence says how fast a dispatch must be handled (spec/entries.md §7).
type Precedence string

// The four precedences, most urgent first.
const (
	Flash     Precedence = "FLASH"
	Immediate Precedence = "IMMEDIATE"
	Priority  Precedence = "PRIORITY"
	Routine   Precedence = "ROUTINE"
)

// Precedences lists all precedences, most urgent first.
var Precedences = []Precedence{Flash, Immediate, Priority, Routine}

// Mark says that a dispatch is not meant in earnest. It stands in the entry and
// can never be changed; what answers or mends a marked dispatch bears the same.
type Mark string

// The marks. An empty one means that the dispatch is real.
const (
	Exercise Mark = "exercise"
	Test     Mark = "test"
)

// Marks lists the marks that a dispatch can bear.
var Marks = []Mark{Exercise, Test}

// Releasability says to whom a dispatch may be shown outside of the office.
// Empty, it is confidential to the sides.
type Releasability string

// Who may release a dispatch.
const (
	ReleasableBySender Releasability = "sender" // the side that wrote it, alone
	ReleasableByAll    Releasability = "all"    // with the consent of all sides
	ReleasableToParty  Releasability = "party"  // to the third party that it names
)

// Releasabilities lists what a dispatch can say of its release.
var Releasabilities = []Releasability{ReleasableBySender, ReleasableByAll, ReleasableToParty}

// RelationKind says how a dispatch is related to one before it.
type RelationKind string

// The relations. By the first three a side mends a dispatch of its own; the
// others answer one of another side. The old text stays where it is.
const (
	Correction   RelationKind = "correction"
	Cancellation RelationKind = "cancellation"
	Supersession RelationKind = "supersession"
	Protest      RelationKind = "protest"
	Reservation  RelationKind = "reservation"
)

// RelationKinds lists all of them.
var RelationKinds = []RelationKind{Correction, Cancellation, Supersession, Protest, Reservation}

// OfOwn reports whether the relation is to a dispatch of the writer's own side.
func (k RelationKind) OfOwn() bool {
	return k == Correction || k == Cancellation || k == Supersession
}

// Words is one phrase in each language, by language tag ("en", "ko").
type Words map[string]string
