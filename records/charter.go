package records

import (
	"context"
	"database/sql"
	"errors"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Office gives the charter in force and whether the office is open. Before a
// side has founded it, its Charter is nil.
func (r *Records) Office(ctx context.Context) (row office.OfficeRow, err error) {
	err = r.view(ctx, "read the office", func(tx *sqldb.Tx, _ *cursor) error {
		var raw []byte
		err := tx.QueryRow(ctx, "SELECT row FROM office WHERE name = $1", row.Key()).Scan(&raw)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return errors.Join(err, json.Unmarshal(raw, &row))
	})
	return row, err
}

// Proposals lists proposed charters: the open ones, then the latest of the
// others, at most MaxPage in all.
func (r *Records) Proposals(ctx context.Context) ([]office.Proposal, error) {
	return list[office.Proposal](ctx, r, "list proposed charters",
		"SELECT row FROM proposal ORDER BY state = 'open' DESC, time DESC, hash LIMIT $1", MaxPage)
}

// list reads rows from a query that selects them as they are kept.
func list[R any](ctx context.Context, r *Records, doing, query string, args ...any) (found []R, err error) {
	err = r.view(ctx, doing, func(tx *sqldb.Tx, _ *cursor) error {
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var raw []byte
			var row R
			if err := rows.Scan(&raw); err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &row); err != nil {
				return err
			}
			found = append(found, row)
		}
		return rows.Err()
	})
	return found, err
}
