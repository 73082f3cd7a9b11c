package link

import "time"

// An Event is something that a session is told.
type Event interface{ event() }

// What a session can be told.
type (
	// Tick says only what time it is.
	Tick struct{}
	// Active says whether we may call the other side.
	Active struct{ Yes bool }
	// Switched says that our own switch cuts or mends the line.
	Switched struct{ Cut bool }
	// Grew says what we hold now.
	Grew struct {
		Ours      map[string]Holding
		Placeable map[string]int64
		Behind    bool
	}
	// News says that the next hello would say something new of this node.
	News struct{}
	// Lines says to which sides our line is down.
	Lines struct{ Down []string }
	// Halted says that the replication of a ledger has ended for good.
	Halted struct{ Ledger string }
	// Resumed says that an operator has seen to it, and that it is tried again.
	Resumed struct{ Ledger string }
	// Compared answers Compare. Known is false if so many are not settled here.
	Compared struct {
		Point Point
		Known bool
		Same  bool
	}
)

// What the other side can ask of us.
type (
	// Asked says that it asked for something, and has its answer.
	Asked struct{}
	// Storing says that it pushed entries, which are being stored.
	Storing struct{}
	// AskedHello says that it said hello.
	AskedHello struct{ Told Told }
	// AskedToStore says that the entries that it pushed are stored, that we now
	// hold so many of that ledger, and whether our receipt for all of them is
	// in the answer.
	AskedToStore struct {
		Ledger  string
		Size    int64
		Receipt bool
	}
)

// How a question of ours can end: each ends in exactly one of these.
type (
	// Greeted answers SayHello.
	Greeted struct{ Told Told }
	// Pushed answers Push: the other side now holds so many. Receipt says that
	// its receipt for them came too, Own how many entries it says it has
	// written itself.
	Pushed struct {
		Size    int64
		Receipt bool
		Own     int64
	}
	// Pulled answers Pull: so many entries came and were stored here.
	Pulled struct{ Got int }
	// ToldDigest answers AskDigest. Known is false if we have no digest there.
	ToldDigest struct {
		Count        int64
		Known        bool
		Ours, Theirs Mark
	}
	// Refused says that the answer was a refusal.
	Refused struct {
		Code     Code
		Size     int64
		After    time.Duration
		Detail   string
		Evidence []byte
	}
	// Failed says that there was no answer that we could take.
	Failed struct{ Why Why }
	// Stuck says that we could not ask, for a reason of our own.
	Stuck struct{}
)

// Mark is the digest at a place of the joint order, and the entry there.
type Mark struct{ Digest, Entry string }

// A Do is something that a session wants done.
type Do interface{ do() }

// A Question is a Do that asks the other side for something. Only one is asked
// at a time.
type Question interface {
	Do
	question()
}

// What a session can want.
type (
	// SayHello greets, with the cosignatures of Offer.
	SayHello struct{}
	// Push sends entries of a ledger to a side that holds From of it.
	Push struct {
		Ledger  string
		From    int64
		Entries int
		Bytes   int
	}
	// Pull fetches entries of a ledger of which we hold From.
	Pull struct {
		Ledger  string
		From    int64
		Entries int
		Bytes   int
	}
	// AskDigest asks for the other side's digest at a count of entries.
	AskDigest struct{ Count int64 }

	// Compare holds the other side's digest against ours at the same count.
	Compare struct{ Point Point }
	// Show says that the line is now in this state.
	Show struct{ Line Line }
	// Raise raises an alarm about the other side.
	Raise struct {
		Code     string
		Ledger   string
		Detail   map[string]string
		Evidence []byte
	}
	// WakeAt asks for a Tick at this time, or earlier.
	WakeAt struct{ At time.Duration }
)

func (Tick) event()         {}
func (Active) event()       {}
func (Switched) event()     {}
func (Grew) event()         {}
func (News) event()         {}
func (Lines) event()        {}
func (Halted) event()       {}
func (Resumed) event()      {}
func (Compared) event()     {}
func (Asked) event()        {}
func (Storing) event()      {}
func (AskedHello) event()   {}
func (AskedToStore) event() {}
func (Greeted) event()      {}
func (Pushed) event()       {}
func (Pulled) event()       {}
func (ToldDigest) event()   {}
func (Refused) event()      {}
func (Failed) event()       {}
func (Stuck) event()        {}

func (SayHello) do()  {}
func (Push) do()      {}
func (Pull) do()      {}
func (AskDigest) do() {}
func (Compare) do()   {}
func (Show) do()      {}
func (Raise) do()     {}
func (WakeAt) do()    {}

func (SayHello) question()  {}
func (Push) question()      {}
func (Pull) question()      {}
func (AskDigest) question() {}
