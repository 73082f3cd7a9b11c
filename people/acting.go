package people

import (
	"context"
	"fmt"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// head is the role whose powers can be handed over.
const head = "head"

// The limits of handing over a head's powers.
const (
	ActingLongest = 366 * 24 * time.Hour
	actingInAll   = 20                       // that have not ended
	ActingKept    = 3 * 366 * 24 * time.Hour // after they ended
)

// Acting says that a post acts with the powers of a head, beside its own, from
// one moment until another. The other sides see the post that acted, as always.
type Acting struct {
	ID           int64
	Head         office.Post // that handed its powers over, and keeps them too
	Post         office.Post
	Since, Until time.Time // Until is exclusive
	Made         Touch     // Post is not set
}

// Over reports whether it has ended at a moment.
func (a Acting) Over(now time.Time) bool { return !now.Before(a.Until) }

// NameActing hands the powers of a head over to a post for a time.
func (p *People) NameActing(ctx context.Context, by By, a Acting) error {
	now := p.now()
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		switch {
		case !office.ValidName(a.Post) || a.Post == office.Operator || a.Post == a.Head:
			return refuse("account-post", "post", clip(a.Post))
		case !a.Since.Before(a.Until) || !a.Until.After(now):
			return refuse("acting-order")
		case a.Until.Sub(a.Since) > ActingLongest:
			return refuse("acting-long")
		}
		if _, err := tx.Exec(ctx, `
			DELETE FROM acting
			WHERE until < $1 AND id < (SELECT MAX(id) FROM acting)`, now.Add(-ActingKept).UnixMilli()); err != nil {
			return err
		}
		var count, id int64
		if err := tx.QueryRow(ctx, `
			SELECT
				COUNT(CASE WHEN until > $1 THEN 1 END),
				COALESCE(MAX(id), 0) + 1
			FROM acting`, now.UnixMilli()).Scan(
			&count,
			&id); err != nil {
			return err
		}
		if count >= actingInAll {
			return refuse("acting-many", "limit", fmt.Sprint(actingInAll))
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO acting (id, head, post, since, until, made_by, made_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			id, a.Head, a.Post, a.Since.UnixMilli(), a.Until.UnixMilli(), by.Who, now.UnixMilli()); err != nil {
			return err
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: ActingNamed, Detail: fmt.Sprintf("%s for %s, %s to %s", a.Post, a.Head, utc(a.Since), utc(a.Until))})
	})
	p.rules.forget()
	if err != nil {
		return fmt.Errorf("name an acting head: %w", err)
	}
	return nil
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04Z") }

// EndActing ends at once what has been handed over, or takes it back before it
// begins. It refuses with acting-unknown if it has ended already.
func (p *People) EndActing(ctx context.Context, by By, id int64) error {
	now := p.now()
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		changed, err := tx.Exec(ctx, `
			UPDATE acting
			SET until = $1
			WHERE id = $2 AND until > $3`, now.UnixMilli(), id, now.UnixMilli())
		if err != nil {
			return err
		}
		if changed == 0 {
			return refuse("acting-unknown")
		}
		return note(ctx, tx, Line{At: now, By: by, Deed: ActingEnded, Detail: fmt.Sprint(id)})
	})
	p.rules.forget()
	if err != nil {
		return fmt.Errorf("end what was handed over: %w", err)
	}
	return nil
}

// ActingPosts returns what has been handed over, the latest first: what has not
// ended, and lately ended ones.
func (p *People) ActingPosts(ctx context.Context) (list []Acting, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT
				id,
				head,
				post,
				since,
				until,
				made_by,
				COALESCE(person, ''),
				made_at
			FROM acting
			LEFT JOIN account ON name = made_by
			ORDER BY id DESC
			LIMIT 50`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a Acting
			var since, until, made int64
			if err := rows.Scan(
				&a.ID,
				&a.Head,
				&a.Post,
				&since,
				&until,
				&a.Made.Who,
				&a.Made.Person,
				&made); err != nil {
				return err
			}
			a.Since, a.Until, a.Made.At = milliseconds(since), milliseconds(until), milliseconds(made)
			list = append(list, a)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list who acts for a head: %w", err)
	}
	return list, nil
}
