package people

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// SwapState is how far the offer of a watch has come.
type SwapState string

// The states of an offer. Time alone makes it expired: when the first of its watches
// begins and nobody has answered.
const (
	SwapOffered   SwapState = "offered"
	SwapAccepted  SwapState = "accepted"
	SwapDeclined  SwapState = "declined"
	SwapWithdrawn SwapState = "withdrawn"
	SwapExpired   SwapState = "expired"
)

// SwapStates is all of them.
var SwapStates = []SwapState{SwapOffered, SwapAccepted, SwapDeclined, SwapWithdrawn, SwapExpired}

// The limits of offers.
const (
	MaxSwaps   = 200 // that wait for an answer
	SwapsShown = 50  // that a list has at most
)

// Swap is a watch that one officer offers to another, or to all, for another watch
// or for none. It is about these watches, whatever their hours become.
type Swap struct {
	ID      int64
	Watch   WatchID
	Holder  Who     // who had it when it was offered
	To      Who     // empty: to all who may take the watch
	Back    WatchID // Layer is 0 if no watch is asked for it
	Words   string
	State   SwapState
	Expires time.Time
	Offered Touch
	Ended   Touch // At is zero while it waits
}

// Is reports whether somebody in the roster is meant who acts by this account, for
// these posts.
func (w Who) Is(account string, posts ...office.Post) bool {
	if post := w.Post(); post != "" {
		return slices.Contains(posts, post)
	}
	return account != "" && w.Account() == account
}

// OfferSwap offers a watch of one's own. Of s the watches, To and Words are used.
func (p *People) OfferSwap(ctx context.Context, h Hand, clock Clock, s Swap) (Swap, error) {
	now := p.now()
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := may(ctx, tx, h, office.KindWatch, now); err != nil {
			return err
		}
		if utf8.RuneCountInString(s.Words) > MaxWhy || !oneLine(s.Words) {
			return refuse("roster-why", "limit", fmt.Sprint(MaxWhy))
		}
		w, err := p.watch(ctx, tx, clock, s.Watch, now)
		switch {
		case err != nil:
			return err
		case !w.Who.Is(h.Who, h.Post):
			return refuse("swap-not-yours")
		case w.From <= now.UnixMilli():
			return refuse("roster-past")
		}
		s.Holder, s.Expires, s.State = w.Who, milliseconds(w.From), SwapOffered
		if s.To != "" {
			if err := known(ctx, tx, s.To); err != nil {
				return err
			}
			if s.To == s.Holder {
				return refuse("swap-yourself")
			}
		}
		if s.Back.Layer != 0 {
			back, err := p.watch(ctx, tx, clock, s.Back, now)
			switch {
			case err != nil:
				return err
			case back.From <= now.UnixMilli():
				return refuse("roster-past")
			case back.Who == s.Holder || s.To != "" && back.Who != s.To:
				return refuse("swap-not-theirs")
			}
			s.To, s.Expires = back.Who, milliseconds(min(w.From, back.From))
		}
		var waiting, twice int64
		if err := tx.QueryRow(ctx, `
			SELECT COUNT(*), COALESCE(SUM(CASE WHEN layer = $1 AND day = $2 AND start = $3 THEN 1 ELSE 0 END), 0)
			FROM swap
			WHERE state = 'offered' AND expires > $4`, s.Watch.Layer, s.Watch.Day, s.Watch.Start, now.UnixMilli()).Scan(&waiting, &twice); err != nil {
			return err
		}
		switch {
		case twice > 0:
			return refuse("swap-offered")
		case waiting >= MaxSwaps:
			return refuse("swap-many", "limit", fmt.Sprint(MaxSwaps))
		}
		if err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(id), 0) + 1 FROM swap").Scan(&s.ID); err != nil {
			return err
		}
		s.Offered = Touch{Who: h.Who, Post: h.Post, At: milliseconds(now.UnixMilli())}
		_, err = tx.Exec(ctx, `
			INSERT INTO swap (id, layer, day, start, holder, recipient, back_layer, back_day, back_start, words, state, expires,
				offered_by, offered_as, offered_at, ended_by, ended_as, ended_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'offered', $11, $12, $13, $14, '', '', 0)`,
			s.ID, s.Watch.Layer, s.Watch.Day, s.Watch.Start, string(s.Holder), string(s.To), s.Back.Layer, s.Back.Day, s.Back.Start, s.Words,
			s.Expires.UnixMilli(), h.Who, h.Post, now.UnixMilli())
		return err
	})
	if err != nil {
		return Swap{}, fmt.Errorf("offer a watch: %w", err)
	}
	return s, nil
}

// AcceptSwap takes the watch that is offered, and gives the one that is asked for
// it: both change hands in one act. It refuses if either is no longer whose it was.
func (p *People) AcceptSwap(ctx context.Context, h Hand, clock Clock, id int64) error {
	return p.endSwap(ctx, h, id, SwapAccepted, func(tx *sqldb.Tx, s Swap, now time.Time) error {
		taker := s.To
		switch {
		case s.Holder.Is(h.Who, h.Post) && !s.To.Is(h.Who, h.Post):
			return refuse("swap-yourself")
		case taker != "" && !taker.Is(h.Who, h.Post):
			return refuse("swap-not-to-you")
		case taker == "" && h.Who == Operator:
			taker = Who(postMark + h.Post) // an account has the watch else
		case taker == "":
			taker = Who(h.Who)
		}
		w, err := p.watch(ctx, tx, clock, s.Watch, now)
		if err != nil {
			return err
		}
		if w.Who != s.Holder {
			return refuse("swap-changed")
		}
		given := []Given{{Watch: s.Watch, Who: taker, Swap: s.ID}}
		if s.Back.Layer != 0 {
			back, err := p.watch(ctx, tx, clock, s.Back, now)
			if err != nil {
				return err
			}
			if back.Who != taker {
				return refuse("swap-changed")
			}
			given = append(given, Given{Watch: s.Back, Who: s.Holder, Swap: s.ID})
		}
		for _, g := range given {
			if err := give(ctx, tx, h, g, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeclineSwap says no to a watch that is offered to oneself alone.
func (p *People) DeclineSwap(ctx context.Context, h Hand, id int64) error {
	return p.endSwap(ctx, h, id, SwapDeclined, func(_ *sqldb.Tx, s Swap, _ time.Time) error {
		if !s.To.Is(h.Who, h.Post) {
			return refuse("swap-not-to-you")
		}
		return nil
	})
}

// WithdrawSwap takes one's own offer back.
func (p *People) WithdrawSwap(ctx context.Context, h Hand, id int64) error {
	return p.endSwap(ctx, h, id, SwapWithdrawn, func(_ *sqldb.Tx, s Swap, _ time.Time) error {
		if !s.Holder.Is(h.Who, h.Post) && s.Offered.Who != h.Who {
			return refuse("swap-not-yours")
		}
		return nil
	})
}

// endSwap ends an offer that waits, if f does not refuse.
func (p *People) endSwap(ctx context.Context, h Hand, id int64, state SwapState, f func(tx *sqldb.Tx, s Swap, now time.Time) error) error {
	now := p.now()
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := may(ctx, tx, h, office.KindWatch, now); err != nil {
			return err
		}
		list, err := readSwaps(ctx, tx, "s.id = $1", now, id)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return refuse("swap-unknown", "id", fmt.Sprint(id))
		case list[0].State != SwapOffered:
			return refuse("swap-ended", "state", string(list[0].State))
		}
		if err := f(tx, list[0], now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE swap SET state = $1, ended_by = $2, ended_as = $3, ended_at = $4 WHERE id = $5",
			string(state), h.Who, h.Post, now.UnixMilli(), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("answer the offer of a watch: %w", err)
	}
	return nil
}

// Swaps lists offers, the last made first: SwapsShown at most.
func (p *People) Swaps(ctx context.Context) (list []Swap, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		list, err = readSwaps(ctx, tx, "s.id > $1", p.now(), 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the offers of watches: %w", err)
	}
	return list, nil
}

func readSwaps(ctx context.Context, tx *sqldb.Tx, which string, now time.Time, arg int64) (list []Swap, err error) {
	rows, err := tx.Query(ctx, `
		SELECT s.id, s.layer, s.day, s.start, s.holder, s.recipient, s.back_layer, s.back_day, s.back_start, s.words, s.state, s.expires,
			s.offered_by, COALESCE(o.person, ''), s.offered_as, s.offered_at, s.ended_by, COALESCE(e.person, ''), s.ended_as, s.ended_at
		FROM swap s LEFT JOIN account o ON o.name = s.offered_by LEFT JOIN account e ON e.name = s.ended_by
		WHERE `+which+`
		ORDER BY s.id DESC
		LIMIT $2`, arg, SwapsShown)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s Swap
		var expires, offered, ended int64
		if err := rows.Scan(&s.ID, &s.Watch.Layer, &s.Watch.Day, &s.Watch.Start, &s.Holder, &s.To, &s.Back.Layer, &s.Back.Day, &s.Back.Start, &s.Words, &s.State, &expires,
			&s.Offered.Who, &s.Offered.Person, &s.Offered.Post, &offered, &s.Ended.Who, &s.Ended.Person, &s.Ended.Post, &ended); err != nil {
			return nil, err
		}
		s.Expires, s.Offered.At = milliseconds(expires), milliseconds(offered)
		if ended != 0 {
			s.Ended.At = milliseconds(ended)
		}
		if s.State == SwapOffered && !now.Before(s.Expires) {
			s.State = SwapExpired
		}
		list = append(list, s)
	}
	return list, rows.Err()
}
