package office

// The limits of what an entry may hold. They are rules (spec/entries.md §7):
// an entry beyond one of them is void, with the size and the limit named, so a
// number here is changed only together with the rules version.
const (
	MaxText               = 40_000            // bytes of a dispatch's text
	MaxSubject            = 200               // characters of a dispatch's subject
	MaxUrgentWords        = 200               // words of the text of a FLASH or IMMEDIATE dispatch
	MaxNamed              = 200               // characters: in whose name, for whose attention, third party, name of a file
	MaxReferences         = 16                // dispatches that one refers to
	MaxRelations          = 100               // dispatches that point back to one
	MaxEnclosures         = 20                // of a dispatch
	MaxEnclosure          = 100 << 20         // bytes of an enclosure
	MaxMediaType          = 100               // bytes of the type of an enclosure
	MaxAhead              = 366               // days from a proposal to the from-when of its charter
	MaxNote               = 4_000             // bytes of the note on a proposed charter or form
	MaxForm               = 24 << 10          // bytes of a form's canonical form
	MaxFields             = 40                // fields of a form
	MaxSlots              = 6                 // fields of a short code
	MaxChoices            = 40                // choices of a field, answers to a form
	MaxValue              = 10_000            // bytes of the value of a field
	MaxCoordination       = 2_000             // bytes of a coordination note
	MaxReadback           = 4_000             // bytes of a read-back, and of what is said where it is disputed
	MaxReadbacks          = 5                 // read-backs of a dispatch by one side
	MaxStatement          = 2_000             // bytes: of a reason to suspend, of what stays open, of what is said of an attempt
	MaxHolidays           = 400               // days of a calendar that differ from their day of the week
	MaxOffsets            = 64                // changes of a side's clock against UTC that a calendar names
	MaxCalendar           = 64                // sets of hours of a side that are reckoned with: those that begin last
	BegunCalendar         = MaxCalendar / 2   // of those, such as have begun
	MaxSpans              = 4                 // parts of a day during which a side is open
	MaxWatchName          = 80                // characters of the name shown of who is on watch
	MaxOnWatch            = 16                // posts of a side that are on watch at once
	MaxCheckTimes         = 48                // times of day at which a channel is checked
	MaxChannelPosts       = 32                // posts of a side that serve a channel
	MaxCheckTexts         = 8                 // test texts of a channel
	MaxTestText           = 1_000             // bytes of a test text
	MaxCheckUntil         = 720               // minutes within which a line check is answered
	MaxRemark             = 400               // bytes of the remark on a line check
	MaxClockApart         = 10_000_000_000    // milliseconds by which an answer says that two clocks differ
	MaxSteps              = 8                 // steps of a ladder
	MaxHours              = 720               // hours within which to answer or object
	MaxCharter            = 48 << 10          // bytes of a charter's canonical form
	MinSides              = 2                 // sides of an office
	MaxSides              = 16                // sides of an office
	MaxChannels           = 64                // channels of a charter
	MaxLanguages          = 8                 // languages of a side, of a post, of one phrase
	MaxLanguageTag        = 35                // bytes of a language tag
	MaxWords              = 200               // characters of a name, in one language
	MaxPurpose            = 1_000             // characters of a channel's purpose, in one language
	MaxSideName           = 80                // characters of a side's name
	MaxAddress            = 255               // bytes of the address of a node
	MaxZone               = 64                // bytes of the name of a time zone
	MaxVkey               = 256               // bytes of a public key in its text form
	MaxOffice             = 100               // bytes of an office's name
	MaxName               = 31                // bytes of the id of a side, post or channel
	MaxPosts              = 500               // posts that a side ever accredits; one accredited again counts once
	MaxClock              = 30 * 24 * 60 * 60 // seconds of a clock
	MaxRules              = 1_000_000         // a rules version
	maxInteger      int64 = 1<<53 - 1         // the largest integer in an entry
)
