package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// MaxHandover is how long the words of a handover may be, in bytes.
const MaxHandover = 10_000

// signing is how long a handover that was signed may wait for the entry that says
// so. If none comes, it can be written and signed anew.
const signing = time.Minute

// handoverSteps is the shape of the table of handovers.
var handoverSteps = []sqldb.Migration{{Name: "handovers", SQL: `
	CREATE TABLE handover (
		watch TEXT PRIMARY KEY,      -- the entry that began the watch which is handed over
		version BIGINT NOT NULL,     -- from 1; one more with each change of the words
		words TEXT NOT NULL,
		written_by TEXT NOT NULL,    -- an account, here and below
		written_as TEXT NOT NULL,    -- the post for which it acted, here and below
		written_at BIGINT NOT NULL,
		signed_by TEXT NOT NULL,     -- who has taken over; empty if nobody has
		signed_as TEXT NOT NULL,
		signed_at BIGINT NOT NULL    -- 0 if nobody has
	);`}}

// Handover is what the outgoing watch tells the incoming one. It never crosses the
// line; that the watch was taken over is in the record.
type Handover struct {
	Watch   office.EntryID
	Version int64
	Words   string
	Written Touch
	Signed  Touch // At is zero if nobody has signed
}

// WriteHandover writes the words of the handover of a watch of our side, in the
// place of those of a version, 0 if there are none yet.
func (p *People) WriteHandover(ctx context.Context, h Hand, watch office.EntryID, version int64, words string) error {
	now := p.now()
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		rules, err := readRules(ctx, tx, now)
		switch {
		case err != nil:
			return err
		case !rules.May(h.Post, h.Role, office.KindWatch, "", ""):
			return refuse("post-may-not", "post", h.Post)
		case strings.Trim(words, " \t\n") == "":
			return refuse(office.Missing, "field", "text")
		case len(words) > MaxHandover:
			return refuse(office.TooLong, "field", "text", "size", fmt.Sprint(len(words)), "limit", fmt.Sprint(MaxHandover), "unit", "bytes")
		}
		was, signed, err := handoverState(ctx, tx, watch)
		switch {
		case err != nil:
			return err
		case was != version:
			return refuse("handover-changed")
		case signed > now.Add(-signing).UnixMilli():
			return refuse("handover-signed")
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO handover (watch, version, words, written_by, written_as, written_at, signed_by, signed_as, signed_at)
			VALUES ($1, 1, $2, $3, $4, $5, '', '', 0)
			ON CONFLICT (watch) DO UPDATE SET version = handover.version + 1, words = excluded.words,
				written_by = excluded.written_by, written_as = excluded.written_as, written_at = excluded.written_at,
				signed_by = '', signed_as = '', signed_at = 0`,
			watch.String(), words, h.Who, h.Post, now.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("write a handover: %w", err)
	}
	return nil
}

// SignHandover notes that a person has taken over a watch, having read this version
// of its handover, 0 if there was none. The entry that says so is written after it;
// if it is refused, UnsignHandover takes the signature back.
func (p *People) SignHandover(ctx context.Context, h Hand, watch office.EntryID, version int64) error {
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		now := p.now()
		was, signed, err := handoverState(ctx, tx, watch)
		switch {
		case err != nil:
			return err
		case was != version:
			return refuse("handover-changed")
		case signed > now.Add(-signing).UnixMilli():
			return refuse("handover-signed")
		}
		_, err = tx.Exec(ctx, "UPDATE handover SET signed_by = $1, signed_as = $2, signed_at = $3 WHERE watch = $4",
			h.Who, h.Post, now.UnixMilli(), watch.String())
		return err
	})
	if err != nil {
		return fmt.Errorf("sign a handover: %w", err)
	}
	return nil
}

// UnsignHandover takes the signature under a handover back.
func (p *People) UnsignHandover(ctx context.Context, watch office.EntryID) error {
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE handover SET signed_by = '', signed_as = '', signed_at = 0 WHERE watch = $1", watch.String())
		return err
	})
	if err != nil {
		return fmt.Errorf("take a signature back: %w", err)
	}
	return nil
}

// handoverState gives the version of a handover, 0 if there is none, and when it
// was signed.
func handoverState(ctx context.Context, tx *sqldb.Tx, watch office.EntryID) (version, signed int64, err error) {
	err = tx.QueryRow(ctx, "SELECT version, signed_at FROM handover WHERE watch = $1", watch.String()).Scan(&version, &signed)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	return version, signed, err
}

// Handovers gives the handovers of these watches, as far as there are any.
func (p *People) Handovers(ctx context.Context, watches []office.EntryID) (map[office.EntryID]Handover, error) {
	found := map[office.EntryID]Handover{}
	if len(watches) == 0 {
		return found, nil
	}
	var places []string
	var args []any
	for i, id := range watches {
		places = append(places, fmt.Sprintf("$%d", i+1))
		args = append(args, id.String())
	}
	err := p.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT h.watch, h.version, h.words, h.written_by, COALESCE(w.person, ''), h.written_as, h.written_at,
				h.signed_by, COALESCE(s.person, ''), h.signed_as, h.signed_at
			FROM handover h LEFT JOIN account w ON w.name = h.written_by LEFT JOIN account s ON s.name = h.signed_by
			WHERE h.watch IN (`+strings.Join(places, ", ")+`)
			ORDER BY h.watch`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var h Handover
			var watch string
			var written, signed int64
			if err := rows.Scan(&watch, &h.Version, &h.Words, &h.Written.Who, &h.Written.Person, &h.Written.Post, &written,
				&h.Signed.Who, &h.Signed.Person, &h.Signed.Post, &signed); err != nil {
				return err
			}
			if h.Watch, err = office.ParseEntryID(watch); err != nil {
				return err
			}
			h.Written.At = time.UnixMilli(written).UTC()
			if signed != 0 {
				h.Signed.At = time.UnixMilli(signed).UTC()
			}
			found[h.Watch] = h
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read handovers: %w", err)
	}
	return found, nil
}
