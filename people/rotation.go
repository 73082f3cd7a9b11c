package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"liaison.example/sqldb"
)

// ActRoster is keeping the roster: its rotations, and giving watches to others.
const ActRoster = "roster"

// MaxWhy is how many characters the reason for giving a watch, or the words of a
// swap, may have.
const MaxWhy = 200

// rosterSteps is the shape of the tables of the roster.
var rosterSteps = []sqldb.Migration{{Name: "the roster", SQL: `
	CREATE TABLE rotation (
		id BIGINT PRIMARY KEY,       -- from 1
		version BIGINT NOT NULL,     -- from 1; one more with each change
		name TEXT NOT NULL,
		instead BIGINT NOT NULL,     -- the layer that it stands in for; 0 if it is one
		begins TEXT NOT NULL,        -- its first day
		ends TEXT NOT NULL,          -- the first day after it; empty if it goes on
		turns TEXT NOT NULL,         -- JSON of turns
		changed_by TEXT NOT NULL,    -- an account, here and below
		changed_as TEXT NOT NULL,    -- the post for which it acted, here and below
		changed_at BIGINT NOT NULL
	);
	CREATE TABLE given_watch (
		layer BIGINT NOT NULL,       -- the watch, here and below: rotation, day, time of day
		day TEXT NOT NULL,
		start TEXT NOT NULL,
		who TEXT NOT NULL,           -- who has it now; empty if it was given back
		why TEXT NOT NULL,
		swap BIGINT NOT NULL,        -- that gave it; 0 if none
		times BIGINT NOT NULL,       -- how often it was given, or given back
		changed_by TEXT NOT NULL,
		changed_as TEXT NOT NULL,
		changed_at BIGINT NOT NULL,
		PRIMARY KEY (layer, day, start)
	);
	CREATE INDEX given_watch_day ON given_watch (day);
	CREATE TABLE swap (
		id BIGINT PRIMARY KEY,       -- from 1
		layer BIGINT NOT NULL,       -- the watch that is offered
		day TEXT NOT NULL,
		start TEXT NOT NULL,
		holder TEXT NOT NULL,        -- who has it in the roster
		recipient TEXT NOT NULL,     -- to whom it is offered; empty if to all
		back_layer BIGINT NOT NULL,  -- the watch that is asked for it; 0 if none is
		back_day TEXT NOT NULL,
		back_start TEXT NOT NULL,
		words TEXT NOT NULL,
		state TEXT NOT NULL,         -- one of SwapStates but "expired"
		expires BIGINT NOT NULL,     -- when the first of the two watches begins
		offered_by TEXT NOT NULL,
		offered_as TEXT NOT NULL,
		offered_at BIGINT NOT NULL,
		ended_by TEXT NOT NULL,      -- who accepted, declined or withdrew it; empty if nobody has
		ended_as TEXT NOT NULL,
		ended_at BIGINT NOT NULL
	);
	CREATE INDEX swap_state ON swap (state, expires);
	CREATE TABLE feed (
		hash BYTEA PRIMARY KEY,      -- SHA-256 of the token
		account TEXT NOT NULL,       -- whose it is
		whole BIGINT NOT NULL,       -- 1: of the whole desk; 0: of the account's own watches
		made BIGINT NOT NULL,
		UNIQUE (account, whole)
	);`}}

// turns is what a rotation keeps as JSON.
type turns struct {
	Days    []int    `json:"days"`
	Starts  []string `json:"starts"`
	Minutes int      `json:"minutes"`
	Each    int      `json:"each"`
	Turn    []InTurn `json:"turn"`
}

// Roster reads the roster, with what was given of the watches that begin from one
// day to before another; the clock is the side's.
func (p *People) Roster(ctx context.Context, clock Clock, said int64, from, until string) (r Roster, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		r, err = readRoster(ctx, tx, clock, from, until)
		return err
	})
	if err != nil {
		return Roster{}, fmt.Errorf("read the roster: %w", err)
	}
	r.Said = said
	return r, nil
}

func readRoster(ctx context.Context, tx *sqldb.Tx, clock Clock, from, until string) (r Roster, err error) {
	r = Roster{Given: map[WatchID]Given{}, Clock: clock}
	if r.Rotations, err = readRotations(ctx, tx); err != nil {
		return r, err
	}
	rows, err := tx.Query(ctx, `
		SELECT g.layer, g.day, g.start, g.who, g.why, g.swap, g.times, g.changed_by, COALESCE(a.person, ''), g.changed_as, g.changed_at
		FROM given_watch g LEFT JOIN account a ON a.name = g.changed_by
		WHERE g.day >= $1 AND g.day < $2
		ORDER BY g.day, g.start, g.layer`, from, until)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	for rows.Next() {
		var g Given
		var at int64
		if err := rows.Scan(&g.Watch.Layer, &g.Watch.Day, &g.Watch.Start, &g.Who, &g.Why, &g.Swap, &g.Times,
			&g.Changed.Who, &g.Changed.Person, &g.Changed.Post, &at); err != nil {
			return r, err
		}
		g.Changed.At = milliseconds(at)
		r.Given[g.Watch] = g
	}
	return r, rows.Err()
}

func readRotations(ctx context.Context, tx *sqldb.Tx) (list []Rotation, err error) {
	rows, err := tx.Query(ctx, `
		SELECT r.id, r.version, r.name, r.instead, r.begins, r.ends, r.turns, r.changed_by, COALESCE(a.person, ''), r.changed_as, r.changed_at
		FROM rotation r LEFT JOIN account a ON a.name = r.changed_by
		ORDER BY r.id
		LIMIT $1`, MaxRotations)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r Rotation
		var raw []byte
		var t turns
		var at int64
		if err := rows.Scan(&r.ID, &r.Version, &r.Name, &r.Instead, &r.From, &r.Until, &raw,
			&r.Changed.Who, &r.Changed.Person, &r.Changed.Post, &at); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, fmt.Errorf("rotation %d: %w", r.ID, err)
		}
		r.Days, r.Starts, r.Minutes, r.Each, r.Turn = t.Days, t.Starts, t.Minutes, t.Each, t.Turn
		r.Changed.At = milliseconds(at)
		list = append(list, r)
	}
	return list, rows.Err()
}

// PutRotation makes a rotation, if it has no id, or changes the one of that id and
// version. Of one that has begun only its name, and a day to come on which it ends,
// can be changed: what was planned stays. Another begins in its place. A layer may
// be put in later than it began, what stands in for it may not.
func (p *People) PutRotation(ctx context.Context, h Hand, clock Clock, r Rotation) (Rotation, error) {
	now := p.now()
	today := dateOf(floor(clock.local(now.UnixMilli()), minutesOfDay))
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := mayKeep(ctx, tx, h, now); err != nil {
			return err
		}
		if err := r.check(); err != nil {
			return err
		}
		list, err := readRotations(ctx, tx)
		if err != nil {
			return err
		}
		for _, in := range r.Turn {
			if err := known(ctx, tx, in.Who); err != nil {
				return err
			}
		}
		i := slices.IndexFunc(list, func(one Rotation) bool { return one.ID == r.ID })
		layer := slices.IndexFunc(list, func(one Rotation) bool { return one.ID == r.Instead && one.Instead == 0 })
		switch {
		case r.ID != 0 && i < 0:
			return refuse("roster-unknown", "id", fmt.Sprint(r.ID))
		case r.ID != 0 && list[i].Version != r.Version:
			return refuse("roster-changed")
		case r.Instead != 0 && layer < 0:
			return refuse("roster-unknown", "id", fmt.Sprint(r.Instead))
		case r.ID == 0 && len(list) >= MaxRotations:
			return refuse("roster-many", "limit", fmt.Sprint(MaxRotations))
		case r.ID == 0 && r.Instead != 0 && r.From < today:
			return refuse("roster-past")
		case r.ID != 0 && r.Instead != list[i].Instead:
			return refuse("roster-begun")
		case r.ID != 0 && list[i].From <= today:
			if err := onlyEnds(&list[i], &r, today); err != nil {
				return err
			}
		case r.ID != 0 && r.From <= today:
			return refuse("roster-past")
		}
		if r.Version++; r.ID == 0 {
			r.ID, r.Version = int64(len(list)+1), 1 // none is ever removed
		}
		r.Changed = Touch{Who: h.Who, Post: h.Post, At: milliseconds(now.UnixMilli())}
		raw, err := json.Marshal(turns{r.Days, r.Starts, r.Minutes, r.Each, r.Turn})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO rotation (id, version, name, instead, begins, ends, turns, changed_by, changed_as, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name, begins = excluded.begins, ends = excluded.ends,
				turns = excluded.turns, changed_by = excluded.changed_by, changed_as = excluded.changed_as, changed_at = excluded.changed_at`,
			r.ID, r.Version, r.Name, r.Instead, r.From, r.Until, string(raw), h.Who, h.Post, now.UnixMilli()); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: h.By, Deed: RosterChanged, Detail: fmt.Sprintf("rotation %d, version %d", r.ID, r.Version)})
	})
	if err != nil {
		return Rotation{}, fmt.Errorf("put a rotation: %w", err)
	}
	return r, nil
}

// onlyEnds refuses a change of a rotation that has begun, other than of its name
// and of a day to come on which it ends.
func onlyEnds(was, is *Rotation, today string) error {
	same := slices.EqualFunc(was.Turn, is.Turn, func(a, b InTurn) bool { return a.Who == b.Who && slices.Equal(a.Languages, b.Languages) })
	switch {
	case !same || was.From != is.From || was.Minutes != is.Minutes || was.Each != is.Each || !slices.Equal(was.Days, is.Days) || !slices.Equal(was.Starts, is.Starts):
		return refuse("roster-begun")
	case was.Until != is.Until && (was.Until != "" && was.Until <= today || is.Until != "" && is.Until <= today):
		return refuse("roster-past")
	}
	return nil
}

// mayKeep refuses who may not keep the roster.
func mayKeep(ctx context.Context, tx *sqldb.Tx, h Hand, now time.Time) error {
	return may(ctx, tx, h, ActRoster, now)
}

func may(ctx context.Context, tx *sqldb.Tx, h Hand, act string, now time.Time) error {
	rules, err := readRules(ctx, tx, now)
	if err == nil && !rules.May(h.Post, h.Role, act, "", "") {
		err = refuse("post-may-not", "post", clip(h.Post))
	}
	return err
}

// known refuses an account that there is not, or that is suspended. What posts there
// are stands in the record.
func known(ctx context.Context, tx *sqldb.Tx, who Who) error {
	if !who.valid() {
		return refuse("roster-who", "who", clip(string(who)))
	}
	if who.Post() != "" {
		return nil
	}
	a, err := account(ctx, tx, who.Account())
	if err == nil && !a.Suspended.IsZero() {
		err = refuse("account-suspended", "name", a.Name)
	}
	return err
}

// Watch finds a planned watch, if the plan has it.
func (r *Roster) Watch(id WatchID) (Planned, bool) {
	day, ok := dayOf(id.Day)
	i := slices.IndexFunc(r.Rotations, func(one Rotation) bool { return one.ID == id.Layer && one.Instead == 0 })
	if !ok || i < 0 {
		return Planned{}, false
	}
	for _, w := range r.layer(&r.Rotations[i], r.Clock, day, day+MaxWatchLength/minutesOfDay+2) {
		if w.WatchID == id {
			return w, true
		}
	}
	return Planned{}, false
}

// watch reads a planned watch that is not over.
func (p *People) watch(ctx context.Context, tx *sqldb.Tx, clock Clock, id WatchID, now time.Time) (Planned, error) {
	day, ok := dayOf(id.Day)
	if !ok {
		return Planned{}, refuse("roster-no-watch", "watch", clip(id.String()))
	}
	r, err := readRoster(ctx, tx, clock, id.Day, dateOf(day+1))
	if err != nil {
		return Planned{}, err
	}
	w, found := r.Watch(id)
	switch {
	case !found:
		return w, refuse("roster-no-watch", "watch", clip(id.String()))
	case w.Until <= now.UnixMilli():
		return w, refuse("roster-past")
	}
	return w, nil
}

// GiveWatch gives one watch to another than has it, or back to whose turn it is, if
// who is empty. The watch keeps that, whatever becomes of the clock.
func (p *People) GiveWatch(ctx context.Context, h Hand, clock Clock, id WatchID, who Who, why string) error {
	now := p.now()
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := mayKeep(ctx, tx, h, now); err != nil {
			return err
		}
		if utf8.RuneCountInString(why) > MaxWhy || !oneLine(why) {
			return refuse("roster-why", "limit", fmt.Sprint(MaxWhy))
		}
		w, err := p.watch(ctx, tx, clock, id, now)
		if err == nil && who != "" {
			err = known(ctx, tx, who)
		}
		if err != nil {
			return err
		}
		if who == w.Turn {
			who = ""
		}
		return give(ctx, tx, h, Given{Watch: id, Who: who, Why: why}, now)
	})
	if err != nil {
		return fmt.Errorf("give a watch: %w", err)
	}
	return nil
}

func give(ctx context.Context, tx *sqldb.Tx, h Hand, g Given, now time.Time) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO given_watch (layer, day, start, who, why, swap, times, changed_by, changed_as, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)
		ON CONFLICT (layer, day, start) DO UPDATE SET who = excluded.who, why = excluded.why, swap = excluded.swap, times = given_watch.times + 1,
			changed_by = excluded.changed_by, changed_as = excluded.changed_as, changed_at = excluded.changed_at`,
		g.Watch.Layer, g.Watch.Day, g.Watch.Start, string(g.Who), g.Why, g.Swap, h.Who, h.Post, now.UnixMilli()); err != nil {
		return err
	}
	to := string(g.Who)
	if to == "" {
		to = "whose turn it is"
	}
	return note(ctx, tx, Line{At: now, By: h.By, Deed: RosterChanged, Detail: fmt.Sprintf("watch %s to %s", g.Watch, to)})
}
