package link

import "net/http"

// Code says why a node did not do what another asked (spec/link.md §7).
type Code string

// The codes of refusals.
const (
	CodeMalformed        Code = "malformed"         // not a message of this protocol, or over a limit
	CodeTooLarge         Code = "too-large"         // more bytes than are taken
	CodeCutShort         Code = "cut-short"         // the connection ended before the body did
	CodeNoLength         Code = "no-length"         // a body without a Content-Length
	CodeOtherOffice      Code = "other-office"      // the hello is of another office or side
	CodeNotFound         Code = "not-found"         // no such door
	CodeUnknownLedger    Code = "unknown-ledger"    // of a side that is not admitted here
	CodeStale            Code = "stale"             // does not start where the hearer's copy ends; size says where that is
	CodeGreetFirst       Code = "greet-first"       // no hello was heard since the hearer started
	CodeFork             Code = "fork"              // two signed histories; the evidence is in the answer
	CodeRefused          Code = "refused"           // the ledger cannot hold it; detail says why
	CodeHalted           Code = "halted"            // the replication of this ledger has ended
	CodeNotSettled       Code = "not-settled"       // so many entries are not settled here
	CodeUnknownEnclosure Code = "unknown-enclosure" // no entry of this office names it, or it is not held, or not waited for
	CodeWrongBytes       Code = "wrong-bytes"       // what came of an enclosure is not what its hash names
	CodeNoRoom           Code = "no-room"           // the hearer keeps no more enclosures of this side
	CodeFlood            Code = "flood"             // too many requests
	CodeBusy             Code = "busy"              // cannot be done now
	CodeBehind           Code = "behind"            // the hearer lacks entries of its own ledger, and cosigns nothing until it has them
	CodeReadOnly         Code = "read-only"         // the hearer's disk is full or cannot be written
)

// statuses gives each code its HTTP status.
var statuses = map[Code]int{
	CodeMalformed:        http.StatusBadRequest,
	CodeTooLarge:         http.StatusRequestEntityTooLarge,
	CodeCutShort:         http.StatusRequestTimeout,
	CodeNoLength:         http.StatusLengthRequired,
	CodeOtherOffice:      http.StatusForbidden,
	CodeNotFound:         http.StatusNotFound,
	CodeUnknownLedger:    http.StatusNotFound,
	CodeStale:            http.StatusConflict,
	CodeGreetFirst:       http.StatusPreconditionRequired,
	CodeFork:             http.StatusUnprocessableEntity,
	CodeRefused:          http.StatusUnprocessableEntity,
	CodeHalted:           http.StatusUnprocessableEntity,
	CodeNotSettled:       http.StatusNotFound,
	CodeUnknownEnclosure: http.StatusNotFound,
	CodeWrongBytes:       http.StatusUnprocessableEntity,
	CodeNoRoom:           http.StatusInsufficientStorage,
	CodeFlood:            http.StatusTooManyRequests,
	CodeBusy:             http.StatusServiceUnavailable,
	CodeBehind:           http.StatusServiceUnavailable,
	CodeReadOnly:         http.StatusServiceUnavailable,
}

// passes reports whether a refusal is only one for now, so that it may say itself
// when to ask again.
func (c Code) passes() bool {
	switch statuses[c] {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusInsufficientStorage:
		return true
	}
	return false
}

// The alarms of the link, beside those of package ledger, whose codes are
// those of its refusals. Their sentences stand in package lang under
// "alarm.<code>".
const (
	AlarmUnknownCaller = "unknown-caller" // someone called whose key is not that of any side
	AlarmWrongKey      = "wrong-key"      // whoever answers at a side's address does not have its key
	AlarmFlood         = "flood"          // a side asks for more than any honest node would
	AlarmGrowth        = "growth"         // a side sends more entries than we are ready to keep at once
	AlarmBadMessage    = "bad-message"    // a side sent what is not a message of this protocol
	AlarmPeerRefuses   = "peer-refuses"   // a side says that it cannot hold a ledger that we sent it
	AlarmPeerLost      = "peer-lost"      // a side holds less of a ledger than it once cosigned
	AlarmRecordsDiffer = "records-differ" // the two records part; the detail names the first entry
	AlarmClock         = "clocks-apart"   // a side's clock is far from ours
)
