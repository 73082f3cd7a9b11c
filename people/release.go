package people

import (
	"context"
	"fmt"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// BeginRelease claims a draft for the one release that it can have: whoever
// comes later is refused. It asks whether the person may release it, and alone
// if nobody else has a hand in it. Size is how many entries our ledger holds:
// if the draft is written, it stands behind them.
//
// Whoever has claimed it ends with NoteReleased or GiveUpRelease.
func (p *People) BeginRelease(ctx context.Context, h Hand, id, version, size int64) (Draft, error) {
	return p.onDraft(ctx, "begin the release of a draft", id, func(tx *sqldb.Tx, d *Draft, now time.Time) error {
		if err := d.mustBeOpen(version); err != nil {
			return err
		}
		rules, err := readRules(ctx, tx, now)
		if err != nil {
			return err
		}
		if !rules.May(h.Post, h.Role, office.KindDispatch, d.Content.urgency(), d.Content.code()) {
			return refuse("post-may-not", "post", h.Post)
		}
		if !rules.May(h.Post, h.Role, ActAlone, d.Content.urgency(), d.Content.code()) && !d.SecondPerson(h.Who) {
			return refuse("draft-alone")
		}
		_, err = tx.Exec(ctx, `
			UPDATE draft
			SET state = 'releasing', was = state, claimed = $1, ended_by = $2, ended_as = $3, ended_at = $4
			WHERE id = $5 AND version = $6`, size, h.Who, h.Post, now.UnixMilli(), id, version)
		return err
	})
}

// GiveUpRelease opens a draft again whose release was begun and which, for
// certain, was not written.
func (p *People) GiveUpRelease(ctx context.Context, id int64) (Draft, error) {
	return p.onDraft(ctx, "give up the release of a draft", id, func(tx *sqldb.Tx, d *Draft, _ time.Time) error {
		_, err := tx.Exec(ctx, `
			UPDATE draft
			SET state = was, was = '', claimed = 0, ended_by = '', ended_as = '', ended_at = 0
			WHERE id = $1 AND state = 'releasing'`, id)
		return err
	})
}

// NoteReleased notes the entry that a draft has become.
func (p *People) NoteReleased(ctx context.Context, from string, id int64, entry office.EntryID) (Draft, error) {
	return p.onDraft(ctx, "note the release of a draft", id, func(tx *sqldb.Tx, d *Draft, now time.Time) error {
		changed, err := tx.Exec(ctx, `
			UPDATE draft
			SET state = 'released', was = '', entry = $1
			WHERE id = $2 AND state = 'releasing'`, entry.String(), id)
		if err != nil || changed == 0 {
			return err
		}
		return note(ctx, tx, Line{At: now, By: By{d.Ended.Who, from}, Deed: DraftReleased, Detail: fmt.Sprintf("draft %d, entry %s, %s", id, entry, d.Ended.Post)})
	})
}

// IsReleased reports whether a draft is known to have become this entry.
func (p *People) IsReleased(ctx context.Context, entry office.EntryID) (is bool, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		list, err := drafts(ctx, tx, "entry = $1", 1, entry.String())
		is = len(list) > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look up the draft of %s: %w", entry, err)
	}
	return is, nil
}
