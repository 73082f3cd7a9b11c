package people

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// The limits of the table of ranks.
const (
	MaxRanks = 200 // lines
	maxRank  = 100 // characters of the words for a rank
)

// rankSteps is the shape of the table of ranks.
var rankSteps = []sqldb.Migration{{Name: "ranks", SQL: `
	CREATE TABLE equal_rank (
		side TEXT NOT NULL,      -- of the other rank
		here TEXT NOT NULL,      -- a rank of ours, in the words by which it is found in a name
		there TEXT NOT NULL,     -- the rank of that side that we deem equal
		PRIMARY KEY (side, here, there)
	);`}}

// Rank says that our side deems a rank of its own equal to one of another side:
// who bears the one writes to who bears the other. It is our own view and never
// crosses the line.
type Rank struct {
	Here  string
	Side  office.Side
	There string
}

// Ranks is the whole table, in order of side and of our rank.
type Ranks []Rank

// A Mismatch says that a letter does not go from a rank to its equal: which rank
// was found in either name, and which the table has beside ours.
type Mismatch struct {
	Side        office.Side
	Here, There string   // as the table words them; empty if there is none in the name
	Equal       []string // to ours, or those of ours that are equal to theirs, if ours is not known
}

// Mismatch looks at in whose name something goes to a side and for whose attention
// it is. A rank is known by its words in the name, the longest that are there. It
// gives nil if they fit, if the table says nothing of either, or if one of both is
// not named. It is a reason to look again, and hinders nothing.
func (r Ranks) Mismatch(side office.Side, name, attention string) *Mismatch {
	if strings.TrimSpace(name) == "" || strings.TrimSpace(attention) == "" {
		return nil
	}
	m := &Mismatch{Side: side}
	for _, one := range r {
		if one.Side == side {
			m.Here, m.There = longer(m.Here, one.Here, name), longer(m.There, one.There, attention)
		}
	}
	for _, one := range r {
		switch {
		case one.Side != side:
		case one.Here == m.Here && one.There == m.There:
			return nil
		case m.Here != "" && one.Here == m.Here:
			m.Equal = append(m.Equal, one.There)
		case m.Here == "" && one.There == m.There:
			m.Equal = append(m.Equal, one.Here)
		}
	}
	if m.Here == "" && m.There == "" {
		return nil
	}
	return m
}

// longer gives the words if they stand in the name and are longer than those found
// before.
func longer(found, words, name string) string {
	if len(words) > len(found) && strings.Contains(strings.ToLower(name), strings.ToLower(words)) {
		return words
	}
	return found
}

// Ranks returns the table of ranks.
func (p *People) Ranks(ctx context.Context) (list Ranks, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		list, err = readRanks(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the table of ranks: %w", err)
	}
	return list, nil
}

func readRanks(ctx context.Context, tx *sqldb.Tx) (list Ranks, err error) {
	rows, err := tx.Query(ctx, `
		SELECT
			here,
			side,
			there
		FROM equal_rank
		ORDER BY side, here, there`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one Rank
		if err := rows.Scan(
			&one.Here,
			&one.Side,
			&one.There); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

// SetRanks adds lines to the table and takes others out of it, in one act.
func (p *People) SetRanks(ctx context.Context, by By, add, remove []Rank) error {
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		before, err := readRanks(ctx, tx)
		if err != nil {
			return err
		}
		list := slices.DeleteFunc(slices.Clone(before), func(one Rank) bool { return slices.Contains(remove, one) })
		for _, one := range add {
			one.Here, one.There = strings.TrimSpace(one.Here), strings.TrimSpace(one.There)
			switch {
			case !office.ValidName(one.Side):
				return refuse(office.BadName, "field", "side", "value", clip(one.Side))
			case one.Here == "" || one.There == "":
				return refuse(office.Missing, "field", "rank")
			case len([]rune(one.Here)) > maxRank || len([]rune(one.There)) > maxRank:
				return refuse(office.TooLong, "field", "rank", "size", fmt.Sprint(max(len([]rune(one.Here)), len([]rune(one.There)))), "limit", fmt.Sprint(maxRank), "unit", "characters")
			}
			if !slices.Contains(list, one) {
				list = append(list, one)
			}
		}
		if len(list) > MaxRanks {
			return refuse(office.TooMany, "field", "rank", "size", fmt.Sprint(len(list)), "limit", fmt.Sprint(MaxRanks))
		}
		slices.SortFunc(list, func(a, b Rank) int {
			return cmp.Or(cmp.Compare(a.Side, b.Side), cmp.Compare(a.Here, b.Here), cmp.Compare(a.There, b.There))
		})
		if slices.Equal(list, before) {
			return nil
		}
		if _, err := tx.Exec(ctx, "DELETE FROM equal_rank"); err != nil {
			return err
		}
		for _, one := range list {
			if _, err := tx.Exec(ctx, `
				INSERT INTO equal_rank (side, here, there)
				VALUES ($1, $2, $3)`, one.Side, one.Here, one.There); err != nil {
				return err
			}
		}
		return note(ctx, tx, Line{At: p.now(), By: by, Deed: RanksChanged, Detail: fmt.Sprintf("%d lines", len(list))})
	})
	if err != nil {
		return fmt.Errorf("change the table of ranks: %w", err)
	}
	return nil
}
