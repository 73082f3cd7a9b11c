package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"liaison.example/sqldb"
)

// stand remembers a promise of the log's side. l.mu is held. It reports whether
// the promise says anything that is not said by those remembered.
func (lg *log) stand(s Standing) bool {
	if len(s.Seen) > maxSides {
		return false
	}
	i, found := slices.BinarySearchFunc(lg.standings, s.Own, func(have Standing, own int64) int { return int(have.Own - own) })
	news := false
	if found {
		have := lg.standings[i].Seen
		for side, n := range s.Seen {
			if n > have[side] {
				have[side] = n
				news = true
			}
		}
		return news
	}
	for side, n := range s.Seen {
		news = news || i == 0 || n > lg.standings[i-1].Seen[side]
	}
	if !news {
		return false
	}
	lg.standings = slices.Insert(lg.standings, i, Standing{s.Own, maps.Clone(s.Seen)})
	if len(lg.standings) > maxStandings {
		lg.standings = lg.standings[1:]
	}
	return true
}

// passed keeps of the promises about entries that are all here only their sum.
func (lg *log) passed() {
	n := 0
	for n < len(lg.standings) && lg.standings[n].Own <= lg.tree.size {
		n++
	}
	if n < 2 {
		return
	}
	sum := Standing{lg.standings[n-1].Own, map[string]int64{}}
	for _, s := range lg.standings[:n] {
		for side, least := range s.Seen {
			sum.Seen[side] = max(sum.Seen[side], least)
		}
	}
	lg.standings = append([]Standing{sum}, lg.standings[n:]...)
}

// standing is what this side may promise as its log and replicas stand: its
// next entry will have seen all that can be placed. l.mu is held.
func (l *Ledger) standing() Standing {
	s := Standing{Seen: map[string]int64{}}
	for side, lg := range l.logs {
		if side == l.side {
			s.Own = lg.tree.size
		} else if lg.placeable > 0 {
			s.Seen[side] = lg.placeable
		}
	}
	return s
}

// Standing is what this side may promise now: its next entry will have seen all
// that can be placed. Append holds to it.
func (l *Ledger) Standing() Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.standing()
}

// Standings are the promises that another side has given, oldest first. Of
// those about entries that are all here only the latest matters.
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
// It is on disk when Stand returns, so that what is settled by it stays so.
func (l *Ledger) Stand(ctx context.Context, side string, s Standing) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	lg := l.logs[side]
	if lg == nil || side == l.side || !l.plausible(s) {
		return nil
	}
	if !lg.stand(s) {
		return nil
	}
	seen, err := json.Marshal(s.Seen)
	if err != nil {
		return fmt.Errorf("store standing of %s: %w", side, err)
	}
	err = l.db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO standing (side, own, seen) VALUES ($1, $2, $3)
			ON CONFLICT (side, own) DO UPDATE SET seen = excluded.seen`, side, s.Own, string(seen))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM standing WHERE side = $1 AND own < $2`, side, lg.standings[0].Own)
		return err
	})
	if err != nil {
		return fmt.Errorf("store standing of %s: %w", side, err)
	}
	l.changed()
	return nil
}

// plausible reports whether a promise could be true: nobody can have seen
// entries of ours that we have not written.
func (l *Ledger) plausible(s Standing) bool {
	own := l.logs[l.side]
	return s.Own >= 0 && len(s.Seen) <= maxSides && (own == nil || s.Seen[l.side] <= own.tree.size)
}
