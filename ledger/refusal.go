package ledger

import (
	"errors"
	"fmt"
)

// A Refusal says what another side sent that its ledger cannot hold. Nothing of
// it was stored. If Lasting, the same bytes will be refused for ever, and the
// evidence is worth keeping.
type Refusal struct {
	Code     string // one of the Refused constants
	Side     string // whose ledger it concerns
	Index    int64  // the entry, or the size of a tree, that is wrong
	Detail   string // what was found, in plain words, for the log and the evidence
	Evidence []byte // readable text with the signed statements that prove it; may be nil
	Lasting  bool
}

// The codes of refusals. Their sentences stand in package lang under "alarm.<code>".
const (
	RefusedFork       = "fork"            // two signed checkpoints of one ledger that cannot both be true
	RefusedCheckpoint = "bad-checkpoint"  // not a checkpoint of this ledger signed by its key
	RefusedProof      = "bad-proof"       // the entries handed on are not those that the checkpoint covers
	RefusedLeaf       = "bad-entry"       // not canonical, malformed, too long, of another office or side
	RefusedSeenBack   = "seen-back"       // has seen less than its writer had promised: backdated
	RefusedUnwritten  = "seen-unwritten"  // has seen entries of ours that we never wrote
	RefusedAhead      = "clock-ahead"     // dated more than MaxAhead ahead of our clock: held back
	RefusedCosigner   = "bad-cosignature" // not a cosignature by this side over what we hold
	RefusedUnknown    = "unknown-ledger"  // of a side that is not admitted
	RefusedOwnFork    = "own-fork"        // signed by our own key, and not our history
	RefusedReturn     = "bad-return"      // handed back to us as ours, and not what follows on what is here: false, or we are an old copy that signed anew
)

func (r *Refusal) Error() string {
	return fmt.Sprintf("ledger of %s at %d: %s: %s", r.Side, r.Index, r.Code, r.Detail)
}

// Stale answers an extension that does not start where the replica ends.
type Stale struct {
	Side string
	Size int64 // how many entries of the ledger are held
}

func (s *Stale) Error() string {
	return fmt.Sprintf("extension does not start at %d, where the replica of %s's ledger ends", s.Size, s.Side)
}

// plain gives the answers that have a meaning to the caller as they are, and
// says of other errors what was being done.
func plain(err error, doing string) error {
	var refusal *Refusal
	var stale *Stale
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &stale):
		return stale
	}
	return fmt.Errorf("%s: %w", doing, err)
}
