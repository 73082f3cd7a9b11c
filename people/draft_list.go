package people

import (
	"context"
	"fmt"
	"math"
	"strings"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Shelf is one way of looking at the drafts of a side, for one person.
type Shelf string

// The shelves.
const (
	ShelfWaits  Shelf = "waits"  // for my review or my release, or returned to me
	ShelfMine   Shelf = "mine"   // open, begun by me or changed by me last
	ShelfOpen   Shelf = "open"   // all that are open
	ShelfFormer Shelf = "former" // released or discarded
)

// Shelves is all of them, in the order in which they are shown.
var Shelves = []Shelf{ShelfWaits, ShelfMine, ShelfOpen, ShelfFormer}

// MaxDrafts is the most drafts that Drafts returns.
const MaxDrafts = 200

// Drafts returns drafts on a shelf as the person sees it, the latest begun first
// and without the hands: at most limit, with ids below before, or the latest of
// all if before is 0.
func (p *People) Drafts(ctx context.Context, h Hand, shelf Shelf, before int64, limit int) (list []Draft, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		which, args, err := p.shelved(ctx, tx, h, shelf)
		if err != nil {
			return err
		}
		which += fmt.Sprintf(" AND id < $%d", len(args)+1)
		list, err = drafts(ctx, tx, which, min(max(limit, 1), MaxDrafts), append(args, before)...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the drafts: %w", err)
	}
	return list, nil
}

// CountDrafts says how many there are on a shelf as the person sees it.
func (p *People) CountDrafts(ctx context.Context, h Hand, shelf Shelf) (count int, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		which, args, err := p.shelved(ctx, tx, h, shelf)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			SELECT COUNT(*)
			FROM draft
			WHERE `+which, args...).Scan(&count)
	})
	if err != nil {
		return 0, fmt.Errorf("count the drafts: %w", err)
	}
	return count, nil
}

// shelved is the condition for the drafts on a shelf, and its arguments.
func (p *People) shelved(ctx context.Context, tx *sqldb.Tx, h Hand, shelf Shelf) (which string, args []any, err error) {
	switch shelf {
	case ShelfMine:
		return "state NOT IN ('released', 'discarded') AND (drafted_by = $1 OR changed_by = $2)", []any{h.Who, h.Who}, nil
	case ShelfOpen:
		return "state NOT IN ('released', 'discarded')", nil, nil
	case ShelfFormer:
		return "state IN ('released', 'discarded')", nil, nil
	}
	rules, err := readRules(ctx, tx, p.now())
	if err != nil {
		return "", nil, err
	}
	return `(state = 'returned' AND drafted_by = $1
		OR state = 'in-review' AND approved_by = '' AND changed_by <> $2 AND ` + rules.allowed(h, ActReview) + `
		OR state = 'in-review' AND ` + rules.allowed(h, office.KindDispatch) + `
			AND (approved_by <> '' OR NOT ` + rules.allowed(h, ActReview) + `)
			AND (` + rules.allowed(h, ActAlone) + `
				OR approved_by NOT IN ('', $3)
				OR EXISTS (SELECT 1 FROM draft_hand WHERE draft = id AND account <> $4)))`,
		[]any{h.Who, h.Who, h.Who, h.Who}, nil
}

// allowed writes the condition of SQL that a person may do an act with a draft:
// by its precedence, and by its form where the table says something of that.
func (r *Rules) allowed(h Hand, act string) string {
	precedences := func(form string) string {
		list := []string{"'-'"} // none
		for _, p := range office.Precedences {
			if r.May(h.Post, h.Role, act, p, form) {
				list = append(list, "'"+string(p)+"'")
			}
		}
		return "precedence IN (" + strings.Join(list, ", ") + ")"
	}
	conditions, codes := []string(nil), []string{"'-'"}
	for _, form := range r.Forms() {
		conditions = append(conditions, "form = '"+form+"' AND "+precedences(form))
		codes = append(codes, "'"+form+"'")
	}
	conditions = append(conditions, "form NOT IN ("+strings.Join(codes, ", ")+") AND "+precedences(""))
	return "(" + strings.Join(conditions, " OR ") + ")"
}
