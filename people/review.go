package people

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"liaison.example/sqldb"
)

// StepName says what a step on the way of a draft was.
type StepName string

// The steps.
const (
	StepSubmitted StepName = "submitted" // for review
	StepWithdrawn StepName = "withdrawn" // from review
	StepApproved  StepName = "approved"
	StepReturned  StepName = "returned" // with a reason
	StepComment   StepName = "comment"
)

// StepNames is all of them.
var StepNames = []StepName{StepSubmitted, StepWithdrawn, StepApproved, StepReturned, StepComment}

// Step is one step on the way of a draft, as its own side sees it.
type Step struct {
	Touch
	What    StepName
	Version int64  // of the draft at that moment
	Words   string // of a comment, or the reason of a return
}

// Submit sends a draft to review.
func (p *People) Submit(ctx context.Context, h Hand, id, version int64) (Draft, error) {
	return p.step(ctx, h, id, version, Step{What: StepSubmitted}, ActDraft, InReview, Drafting, Returned)
}

// Withdraw takes a draft back from review.
func (p *People) Withdraw(ctx context.Context, h Hand, id, version int64) (Draft, error) {
	return p.step(ctx, h, id, version, Step{What: StepWithdrawn}, ActDraft, Drafting, InReview)
}

// Return sends a draft back to who began it, with a reason.
func (p *People) Return(ctx context.Context, h Hand, id, version int64, reason string) (Draft, error) {
	return p.step(ctx, h, id, version, Step{What: StepReturned, Words: reason}, ActReview, Returned, InReview)
}

// Approve says yes to a draft as it stands. Nobody approves what they have
// changed last.
func (p *People) Approve(ctx context.Context, h Hand, id, version int64) (Draft, error) {
	return p.step(ctx, h, id, version, Step{What: StepApproved}, ActReview, InReview, InReview)
}

// Comment says something about a draft, to our own side alone.
func (p *People) Comment(ctx context.Context, h Hand, id int64, words string) (Draft, error) {
	return p.onDraft(ctx, "comment on a draft", id, func(tx *sqldb.Tx, d *Draft, now time.Time) error {
		return d.add(ctx, tx, h, Step{What: StepComment, Words: words}, now)
	})
}

// Discard ends a draft without a release.
func (p *People) Discard(ctx context.Context, h Hand, id, version int64) (Draft, error) {
	return p.onDraft(ctx, "discard a draft", id, func(tx *sqldb.Tx, d *Draft, now time.Time) error {
		if err := d.mustBeOpen(version); err != nil {
			return err
		}
		if err := mayWrite(ctx, tx, h, now, d.Content); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE draft
			SET state = 'discarded', ended_by = $1, ended_as = $2, ended_at = $3
			WHERE id = $4 AND version = $5`, h.Who, h.Post, now.UnixMilli(), id, version)
		return err
	})
}

// step moves a draft from one of the states to another.
func (p *People) step(ctx context.Context, h Hand, id, version int64, s Step, act string, to DraftState, from ...DraftState) (Draft, error) {
	return p.onDraft(ctx, fmt.Sprintf("note a draft as %s", s.What), id, func(tx *sqldb.Tx, d *Draft, now time.Time) error {
		if err := d.mustBeOpen(version); err != nil {
			return err
		}
		if err := mayAct(ctx, tx, h, act, d.Content, now); err != nil {
			return err
		}
		if !isOneOf(d.State, from) {
			return refuse("draft-moved")
		}
		approved := Touch{}
		if s.What == StepApproved {
			if d.Changed.Who == h.Who {
				return refuse("draft-own")
			}
			if d.Approved.Who == h.Who {
				return nil
			}
			approved = Touch{Who: h.Who, Post: h.Post, At: now}
			if err := note(ctx, tx, Line{At: now, By: h.By, Deed: DraftApproved, Detail: fmt.Sprintf("draft %d, version %d, %s", id, version, h.Post)}); err != nil {
				return err
			}
		}
		approvedAt := int64(0)
		if approved.Who != "" {
			approvedAt = approved.At.UnixMilli()
		}
		if _, err := tx.Exec(ctx, `
			UPDATE draft
			SET state = $1, approved_by = $2, approved_as = $3, approved_at = $4
			WHERE id = $5 AND version = $6`,
			string(to), approved.Who, approved.Post, approvedAt, id, version); err != nil {
			return err
		}
		return d.add(ctx, tx, h, s, now)
	})
}

func isOneOf(state DraftState, states []DraftState) bool {
	for _, s := range states {
		if s == state {
			return true
		}
	}
	return false
}

// add notes a step. Comments and returns must say something.
func (d *Draft) add(ctx context.Context, tx *sqldb.Tx, h Hand, s Step, now time.Time) error {
	if s.What == StepComment || s.What == StepReturned {
		if err := checkWords(s.Words); err != nil {
			return err
		}
	}
	var place int64
	if err := tx.QueryRow(ctx, `
		SELECT COUNT(*) + 1
		FROM draft_step
		WHERE draft = $1`, d.ID).Scan(&place); err != nil {
		return err
	}
	if place > StepsPerDraft {
		return refuse("draft-steps", "limit", fmt.Sprint(StepsPerDraft))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO draft_step (draft, place, at, account, post, what, version, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		d.ID, place, now.UnixMilli(), h.Who, h.Post, string(s.What), d.Version, s.Words)
	return err
}

func checkWords(words string) error {
	if strings.TrimSpace(words) == "" {
		return refuse("draft-no-words")
	}
	if len(words) > MaxComment || !utf8.ValidString(words) ||
		strings.ContainsFunc(words, func(r rune) bool { return unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' }) {
		return refuse("draft-words", "limit", fmt.Sprint(MaxComment))
	}
	return nil
}

// Steps returns the steps of a draft, the first one first.
func (p *People) Steps(ctx context.Context, id int64) (steps []Step, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT
				at,
				account,
				COALESCE(person, ''),
				post,
				what,
				version,
				words
			FROM draft_step
			LEFT JOIN account ON name = account
			WHERE draft = $1
			ORDER BY place
			LIMIT $2`, id, StepsPerDraft)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s Step
			var at int64
			if err := rows.Scan(
				&at,
				&s.Who,
				&s.Person,
				&s.Post,
				&s.What,
				&s.Version,
				&s.Words); err != nil {
				return err
			}
			s.At = milliseconds(at)
			steps = append(steps, s)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read the steps of draft %d: %w", id, err)
	}
	return steps, nil
}
