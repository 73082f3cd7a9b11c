package office

// Why an entry is void, or an act refused. Each has a sentence in package lang;
// what the sentence needs stands in Verdict.Detail, under the names given here.
// A code, once in use, keeps its meaning: it is part of the digest
// (spec/entries.md §6).
const (
	// The form of the entry.
	NeedsNewerRules Reason = "needs-newer-rules" // kind or rules: not known to the rules in force
	Malformed       Reason = "malformed"         // kind: the body is not the canonical form of this kind
	TooLong         Reason = "too-long"          // field, size, limit, unit ("bytes", "characters", "words")
	TooMany         Reason = "too-many"          // field, size, limit
	TooFew          Reason = "too-few"           // field, size, limit
	Missing         Reason = "missing"           // field: it must not be empty
	BadText         Reason = "bad-text"          // field: characters that text must not have
	BadName         Reason = "bad-name"          // field, value: not an id
	BadValue        Reason = "bad-value"         // field, value: not one of those allowed
	NotInOrder      Reason = "not-in-order"      // field, value: doubled, or not in the order of its ids

	// The state of the office.
	OfficeNotOpen Reason = "office-not-open"
	NotASide      Reason = "not-a-side"    // side: the charter does not name the writer
	PostUnknown   Reason = "post-unknown"  // post: not accredited
	PostEnded     Reason = "post-ended"    // post: no longer accredited
	PostReserved  Reason = "post-reserved" // post: the operator is not accredited

	// Charters.
	CharterNotFirst      Reason = "charter-not-first"      // only the first entry of a ledger founds
	CharterOtherOffice   Reason = "charter-other-office"   // office: the charter is of another one
	CharterWithoutWriter Reason = "charter-without-writer" // side
	CharterDiffers       Reason = "charter-differs"        // hash, founded: others have founded by another charter
	CharterNotInForce    Reason = "charter-not-in-force"   // amends, hash: another charter was agreed to last
	CharterSame          Reason = "charter-same"           // hash: it is in force already, or waits for the same time
	SidesChanged         Reason = "sides-changed"          // side: sides and keys stay as they are
	RulesLowered         Reason = "rules-lowered"          // rules, in-force
	ProposalExists       Reason = "proposal-exists"        // hash: the same charter is proposed already
	ProposalUnknown      Reason = "proposal-unknown"       // hash
	ProposalNotOpen      Reason = "proposal-not-open"      // hash, state
	AlreadyAgreed        Reason = "already-agreed"         // hash
	TooFarAhead          Reason = "too-far-ahead"          // value, limit: days; since rules version 5
	OtherFrom            Reason = "other-from"             // hash, from: it is proposed from then, or from the last consent on if that is empty; since rules version 5

	// Dispatches.
	ChannelUnknown      Reason = "channel-unknown"      // channel
	WrongAddressee      Reason = "wrong-addressee"      // side: the writer itself, or not of this office
	NumberOutOfTurn     Reason = "number-out-of-turn"   // number, expected
	DispatchUnknown     Reason = "dispatch-unknown"     // dispatch
	NotAddressed        Reason = "not-addressed"        // dispatch: it is for others
	AlreadyAcknowledged Reason = "already-acknowledged" // dispatch, by

	// Dispatches, since rules version 2.
	InfoAboveAction  Reason = "info-above-action" // precedence, info
	AddresseeMissing Reason = "addressee-missing" // side, dispatch: who has that must have this
	MarkDiffers      Reason = "mark-differs"      // dispatch, mark: "real", "exercise" or "test"
	NotOwnDispatch   Reason = "not-own-dispatch"  // dispatch: only its own side mends it
	OwnDispatch      Reason = "own-dispatch"      // dispatch: this is for the other side's
	NotInEffect      Reason = "not-in-effect"     // dispatch, by: it was cancelled or superseded
	NotLater         Reason = "not-later"         // value: not after the entry itself
	AlreadyAnswered  Reason = "already-answered"  // dispatch, by
	AlreadyClosed    Reason = "already-closed"    // dispatch, by
	EnclosureUnknown Reason = "enclosure-unknown" // dispatch, hash
	AlreadyStored    Reason = "already-stored"    // dispatch, hash, by

	// Forms, since rules version 3.
	FormNotInForce   Reason = "form-not-in-force"  // form, replaces, hash: another form is in force for this code
	FormSame         Reason = "form-same"          // form, hash: it is in force already
	FormProposed     Reason = "form-proposed"      // form, hash: the same form is proposed already
	FormUnknown      Reason = "form-unknown"       // hash: no such form, or not agreed by all
	FormNotOpen      Reason = "form-not-open"      // form, hash, state
	FormLacks        Reason = "form-lacks"         // form, field: it must be filled in
	FormValue        Reason = "form-value"         // form, field, value, type
	FormFieldUnknown Reason = "form-field-unknown" // form, field
	AnswerAwaited    Reason = "answer-awaited"     // dispatch, side: its form lists answers, and this side has given none
	ObjectionAwaited Reason = "objection-awaited"  // dispatch, side: its form asks for objection, and this side still has time for one; since rules version 6
	AnswerUnknown    Reason = "answer-unknown"     // dispatch, answer: not one of those that its form allows this side

	// Relations, since rules version 3.
	AlreadySuspended  Reason = "already-suspended"  // channel, by: its side has suspended it and not resumed it
	SuspensionUnknown Reason = "suspension-unknown" // suspension: none of the writer's side
	NotSuspended      Reason = "not-suspended"      // channel, suspension: not by this one, or no longer
	NotYet            Reason = "not-yet"            // value: after the entry itself
	AttemptUnknown    Reason = "attempt-unknown"    // attempt
	AttemptOfOthers   Reason = "attempt-of-others"  // attempt: it was not meant to reach the writer's side

	// Tenders, since rules version 3.
	NeverTendered  Reason = "never-tendered"   // value: FLASH, or the code of a form for distress
	TenderUnknown  Reason = "tender-unknown"   // tender
	TenderOfOthers Reason = "tender-of-others" // tender: it was not meant for the writer's side
	TenderAnswered Reason = "tender-answered"  // tender, by
	TenderOver     Reason = "tender-over"      // tender, by: it was withdrawn or served
	TenderDiffers  Reason = "tender-differs"   // tender, field: the dispatch is not what was tendered
	TenderWaits    Reason = "tender-waits"     // tender, side, until: this side has not answered, and may until then
	TenderFirst    Reason = "tender-first"     // form: a dispatch of this form is tendered first

	// Watches, since rules version 3.
	WatchUnknown   Reason = "watch-unknown"    // watch: not one of this side
	WatchOver      Reason = "watch-over"       // watch, by: it has ended
	AlreadyOnWatch Reason = "already-on-watch" // post, watch

	// Line checks, since rules version 3.
	TextUnknown   Reason = "text-unknown"   // channel, text: not one of the channel's test texts
	CheckNotDue   Reason = "check-not-due"  // channel, due: not a time of this channel, or not now
	NotYourTurn   Reason = "not-your-turn"  // channel, due, side: whose turn it is
	AlreadyCalled Reason = "already-called" // channel, due, by
	CheckUnknown  Reason = "check-unknown"  // check
	OwnCheck      Reason = "own-check"      // check: the other sides answer it
	CheckAnswered Reason = "check-answered" // check, by

	// Read-backs, since rules version 4.
	ReadbackNotAsked Reason = "readback-not-asked" // dispatch: it asks for none
	ReadbackWaits    Reason = "readback-waits"     // dispatch, by: its sender has said nothing to that one yet
	AlreadyConfirmed Reason = "already-confirmed"  // dispatch, by: the read-back that was confirmed
	ReadbackUnknown  Reason = "readback-unknown"   // readback
	ReadbackOfOthers Reason = "readback-of-others" // readback, dispatch: it is of another side's dispatch
	ReadbackAnswered Reason = "readback-answered"  // readback, by
)

// Reasons lists all of them, in the order above.
var Reasons = []Reason{
	NeedsNewerRules, Malformed, TooLong, TooMany, TooFew, Missing, BadText, BadName, BadValue, NotInOrder,
	OfficeNotOpen, NotASide, PostUnknown, PostEnded, PostReserved,
	CharterNotFirst, CharterOtherOffice, CharterWithoutWriter, CharterDiffers, CharterNotInForce, CharterSame,
	SidesChanged, RulesLowered, ProposalExists, ProposalUnknown, ProposalNotOpen, AlreadyAgreed, TooFarAhead, OtherFrom,
	ChannelUnknown, WrongAddressee, NumberOutOfTurn, DispatchUnknown, NotAddressed, AlreadyAcknowledged,
	InfoAboveAction, AddresseeMissing, MarkDiffers, NotOwnDispatch, OwnDispatch, NotInEffect,
	NotLater, AlreadyAnswered, AlreadyClosed, EnclosureUnknown, AlreadyStored,
	FormNotInForce, FormSame, FormProposed, FormUnknown, FormNotOpen, FormLacks, FormValue, FormFieldUnknown, AnswerAwaited, ObjectionAwaited, AnswerUnknown,
	AlreadySuspended, SuspensionUnknown, NotSuspended, NotYet, AttemptUnknown, AttemptOfOthers,
	NeverTendered, TenderUnknown, TenderOfOthers, TenderAnswered, TenderOver, TenderDiffers, TenderWaits, TenderFirst,
	WatchUnknown, WatchOver, AlreadyOnWatch,
	TextUnknown, CheckNotDue, NotYourTurn, AlreadyCalled, CheckUnknown, OwnCheck, CheckAnswered,
	ReadbackNotAsked, ReadbackWaits, AlreadyConfirmed, ReadbackUnknown, ReadbackOfOthers, ReadbackAnswered,
}

// void makes a verdict from a reason and pairs of names and values.
func void(reason Reason, detail ...string) Verdict {
	v := Verdict{Void: reason, Detail: make(map[string]string, len(detail)/2)}
	for i := 0; i+1 < len(detail); i += 2 {
		v.Detail[detail[i]] = detail[i+1]
	}
	return v
}
