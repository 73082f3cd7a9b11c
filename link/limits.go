package link

import "time"

// Limits bound what a node takes from another, in size, count and time. They
// stand in one table, Defaults, and in spec/link.md §8. A test may tighten
// them; a node uses them as they are, so that honest peers never meet one.
type Limits struct {
	// Sizes, in bytes.
	Header   int // of the header line of any message
	Body     int // of a whole message
	Batch    int // of the entries in one extension
	Note     int // of one signed note
	Evidence int // of the evidence in a refusal
	Part     int // of the bytes in one part of an enclosure
	Head     int // of the HTTP request or answer line and fields

	// Counts.
	Entries int // in one extension
	Ledgers int // in one hello
	Notes   int // cosignatures in one hello
	Awaits  int // enclosures in one hello
	Proof   int // hashes in one consistency proof
	Steps   int // questions in one search for the entry where two records part

	// Times.
	Exchange  time.Duration // for one exchange, to which a second is added for each Pace bytes
	Pace      int           // bytes a second that the slowest usable line carries
	Dial      time.Duration // to connect, and again for the handshake
	Handshake time.Duration // for a caller to prove its key
	Request   time.Duration // for a caller to send the request line and fields
	Stall     time.Duration // for each part of a body to arrive
	Idle      time.Duration // before an unused connection is closed

	// How many may be at it at once.
	Strangers   int // connections that have not proven a key; the oldest makes room
	Connections int // of one side that has proven its key; the oldest makes room
	AtOnce      int // requests of one side that are being answered

	// What one side may ask of us. A request that brings entries costs nothing
	// here, so that an honest side, which sends only what is new and one
	// request at a time, never runs short.
	Requests   float64       // a second, in the long run
	Burst      float64       // at once, after a rest
	FetchUnit  int           // bytes handed out that cost as much as one request
	Hold       time.Duration // for which a request too many waits for its 429
	Growth     float64       // bytes of new entries a second, in the long run
	GrowthRoom float64       // bytes of new entries at once, after a rest
	EntryCost  int           // bytes counted for each entry beside its own
	Parts      float64       // bytes of enclosures a second, in and out, in the long run
	PartsRoom  float64       // bytes of enclosures at once, after a rest
	PartCost   int           // bytes counted for each part beside its own
	Strange    float64       // failed handshakes a second from one address
	StrangeMax float64       // failed handshakes at once from one address, after a rest
}

// Defaults is the table of limits (spec/link.md §8).
func Defaults() Limits {
	return Limits{
		Header:   256 << 10,
		Body:     2 << 20,
		Batch:    1 << 20,
		Note:     8 << 10,
		Evidence: 128 << 10,
		Part:     1 << 20,
		Head:     8 << 10,

		Entries: 4096,
		Ledgers: 17, // a frame names at most 16 other sides
		Notes:   16,
		Awaits:  16,
		Proof:   64,
		Steps:   64,

		Exchange:  10 * time.Second,
		Pace:      16 << 10,
		Dial:      5 * time.Second,
		Handshake: 5 * time.Second,
		Request:   10 * time.Second,
		Stall:     10 * time.Second,
		Idle:      3 * time.Minute,

		Strangers:   64,
		Connections: 8,
		AtOnce:      4,

		Requests:   400,
		Burst:      4000,
		FetchUnit:  64 << 10,
		Hold:       250 * time.Millisecond,
		Growth:     256 << 10,
		GrowthRoom: 4 << 30,
		EntryCost:  256,
		Parts:      32 << 20,
		PartsRoom:  512 << 20,
		PartCost:   16 << 10,
		Strange:    4,
		StrangeMax: 64,
	}
}

// exchange is how long one exchange may take that carries so many bytes.
func (l *Limits) exchange(bytes int) time.Duration {
	return l.Exchange + time.Duration(bytes/l.Pace)*time.Second
}
