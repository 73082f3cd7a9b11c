package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"liaison.example/sqldb"
)

// maxStandings bounds the promises of one side that are remembered. Of those
// about entries that are all here one is kept, which says all of them; when
// there are too many about entries that are not, no more are taken until these
// come. So what is remembered is never forgotten.
const maxStandings = 256

// binding is what a promise that has come now adds to those remembered: from
// which entry on it holds its side, and all that the side will then have seen.
// The second result is false if it adds nothing. l.mu is held.
//
// A promise binds what is still to come. About entries that are here it says
// nothing new, and a liar could say of them what is not so; so it begins behind
// them, and behind the promises before it. An honest side always promises for
// what comes after all that.
func (l *Ledger) binding(lg *log, s Standing) (Standing, bool) {
	b := Standing{Own: max(s.Own, lg.tree.size), Seen: map[string]int64{}}
	n := len(lg.standings)
	if n > 0 {
		last := lg.standings[n-1]
		b.Own = max(b.Own, last.Own)
		maps.Copy(b.Seen, last.Seen)
		if n >= maxStandings && b.Own > last.Own {
			return Standing{last.Own, b.Seen}, false
		}
	}
	news := false
	for side, n := range s.Seen {
		if l.logs[side] != nil && side != lg.side && n > b.Seen[side] {
			b.Seen[side], news = n, true
		}
	}
	return b, news
}

// promise remembers a promise that is bound.
func (lg *log) promise(b Standing) {
	n := len(lg.standings)
	if n > 0 {
		last := lg.standings[n-1]
		seen := maps.Clone(last.Seen)
		for side, least := range b.Seen {
			seen[side] = max(seen[side], least)
		}
		b = Standing{max(b.Own, last.Own), seen}
		if b.Own == last.Own {
			n--
		}
	}
	lg.standings = append(lg.standings[:n:n], b)
}

// passed lets go of promises about entries that are all placeable, but for the
// last, which says what the others do.
func (lg *log) passed() {
	n := 0
	for n < len(lg.standings) && lg.standings[n].Own <= lg.placeable {
		n++
	}
	lg.standings = lg.standings[max(n-1, 0):]
}

// standing is what this side may promise as its log and replicas stand: its
// next entry will have seen all that can be placed. Of entries that it has
// signed and lacks it promises nothing. l.mu is held.
func (l *Ledger) standing() Standing {
	s := Standing{Seen: map[string]int64{}}
	for side, lg := range l.logs {
		if side == l.side {
			s.Own = max(lg.tree.size, lg.mustHold)
		} else if lg.placeable > 0 {
			s.Seen[side] = lg.placeable
		}
	}
	return s
}

// Standing is what this side may promise now: its next entry will have seen all
// that can be placed. Append holds to it.
func (l *Ledger) Standing() Standing {
	s := l.view.Load().standing
	return Standing{s.Own, maps.Clone(s.Seen)}
}

// Standings are the promises that another side has given, as far as they bind
// what is still to come: Own and Seen ascend. Of those about entries that can
// all be placed only the last is among them.
func (l *Ledger) Standings(side string) []Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	lg := l.logs[side]
	if lg == nil {
		return nil
	}
	standings := make([]Standing, len(lg.standings))
	for i, s := range lg.standings {
		standings[i] = Standing{s.Own, maps.Clone(s.Seen)}
	}
	return standings
}

// Stand stores a promise that another side gave by itself, as with a heartbeat.
// It is on disk when Stand returns, so that what is settled by it stays so. A
// promise that cannot be true is passed over.
func (l *Ledger) Stand(ctx context.Context, side string, s Standing) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	lg := l.logs[side]
	if lg == nil || side == l.side {
		return nil
	}
	if _, news := l.binding(lg, s); !news {
		return nil
	}
	next := *lg
	err := l.update(ctx, func(tx *sqldb.Tx) error {
		b, news := l.binding(lg, s)
		if !news || !l.plausible(s) {
			return errNothing
		}
		next = *lg
		next.promise(b)
		next.passed()
		return storeStandings(ctx, tx, side, next.standings)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("store the standing of %s: %w", side, err)
	}
	*lg = next
	l.changed()
	return nil
}

// storeStandings replaces the stored promises of a side by those remembered.
func storeStandings(ctx context.Context, tx *sqldb.Tx, side string, standings []Standing) error {
	if _, err := tx.Exec(ctx, `DELETE FROM standing WHERE side = $1`, side); err != nil {
		return err
	}
	for _, s := range standings {
		seen, err := json.Marshal(s.Seen)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO standing (side, own, seen, sum) VALUES ($1, $2, $3, $4)`,
			side, s.Own, string(seen), rowSum(side, s.Own, string(seen)))
		if err != nil {
			return err
		}
	}
	return nil
}

// plausible reports whether a promise could be true: nobody can have seen
// entries of ours that we have not written.
func (l *Ledger) plausible(s Standing) bool {
	own := l.logs[l.side]
	return s.Own >= 0 && s.Own <= maxInteger && len(s.Seen) <= maxSides && (own == nil || s.Seen[l.side] <= own.tree.size)
}
