package link

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"liaison.example/ledger"
)

// Alarm is something that the operator must know.
type Alarm struct {
	Code     string // one of the Alarm constants, or of ledger's Refused constants
	Side     string // the side that is to blame; empty for an unknown caller
	Ledger   string // the ledger that it concerns; may be empty
	Detail   map[string]string
	Evidence []byte // readable text; may be nil
	Count    int    // how often it was raised since it was last told
}

const (
	alarmEach    = time.Minute // between alarms of one code about one side
	evidenceEach = time.Hour   // between pieces of evidence, after the first few
	evidenceFew  = 8
	alarmKinds   = 256 // remembered at once
)

// alarms holds back what repeats, so that nobody can fill a log or a disk by
// doing the same wrong again and again.
type alarms struct {
	l *Link

	mu    sync.Mutex
	known map[[3]string]*known
	shown map[[32]byte]struct{} // evidence that was told
}

// known is an alarm that was raised before.
type known struct {
	told     bool
	at       time.Duration
	waiting  int // raised since
	evidence bucket
}

func newAlarms(l *Link) alarms {
	return alarms{l: l, known: map[[3]string]*known{}, shown: map[[32]byte]struct{}{}}
}

// raise tells an alarm, unless it was told a moment ago.
func (l *Link) raise(a Alarm) {
	if !l.alarms.due(&a, l.elapsed()) {
		return
	}
	attrs := []any{slog.String("code", a.Code), slog.String("side", a.Side), slog.Int("count", a.Count)}
	for _, key := range sortedKeys(a.Detail) {
		attrs = append(attrs, slog.String(key, a.Detail[key]))
	}
	l.c.Log.Warn("link alarm", attrs...)
	if l.c.OnAlarm != nil {
		l.c.OnAlarm(a)
	}
}

func (s *alarms) due(a *Alarm, now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [3]string{a.Code, a.Side, a.Ledger}
	k := s.known[key]
	if k == nil {
		if len(s.known) >= alarmKinds {
			clear(s.known)
		}
		k = &known{evidence: newBucket(1/evidenceEach.Seconds(), evidenceFew)}
		s.known[key] = k
	}
	k.waiting++
	if k.told && now-k.at < alarmEach {
		return false
	}
	a.Count, k.waiting, k.told, k.at = k.waiting, 0, true, now
	if a.Evidence != nil {
		sum := sha256.Sum256(a.Evidence)
		if _, again := s.shown[sum]; again || !k.evidence.take(now, 1) {
			a.Evidence = nil
		} else {
			if len(s.shown) >= alarmKinds {
				clear(s.shown)
			}
			s.shown[sum] = struct{}{}
		}
	}
	return true
}

// SeenTo says that an operator has seen to an alarm: if there is cause for it
// again, it is told at once. Held back, it might end a replication for the second
// time without anybody knowing.
func (l *Link) SeenTo(code, side string) {
	s := &l.alarms
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, k := range s.known {
		if key[0] == code && key[1] == side {
			k.told = false
		}
	}
	clear(s.shown)
}

// accuse raises the alarm that a refusal of the ledger calls for. by is the side
// that sent what was refused.
//
// Two signed histories of a ledger convict the side that signed them, whoever
// shows them; of all else that is wrong with entries only its sender is known.
// If that is their writer, or if there are two histories, the replication of
// the ledger ends: the same would come again for ever.
func (l *Link) accuse(by string, err error) {
	var r *ledger.Refusal
	if !errors.As(err, &r) {
		return
	}
	side := by
	switch r.Code {
	case ledger.RefusedUnknown:
		return // not yet admitted here, most likely
	case ledger.RefusedUnwritten:
		if l.c.Ledger.Behind() != "" {
			return // it was written, and we have lost it
		}
	case ledger.RefusedFork, ledger.RefusedOwnFork:
		side = r.Side
	}
	l.raise(Alarm{Code: r.Code, Side: side, Ledger: r.Side, Evidence: r.Evidence,
		Detail: map[string]string{"ledger": r.Side, "index": itoa(r.Index), "detail": r.Detail, "by": by}})
	if r.Lasting && side == r.Side {
		l.Halt(r.Side)
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
