package records

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Office gives the charter in force by the last entry and whether the office is open.
// Before a side has founded it, its Charter is nil. What is in force now is what
// OfficeAt says.
func (r *Records) Office(ctx context.Context) (row office.OfficeRow, err error) {
	err = r.view(ctx, "read the office", func(tx *sqldb.Tx, _ *cursor) error {
		row, err = readOffice(ctx, tx)
		return err
	})
	return row, err
}

// OfficeAt is Office at a moment: with the charter that waited, if its time has come
// and no entry was written since.
func (r *Records) OfficeAt(ctx context.Context, now time.Time) (office.OfficeRow, error) {
	row, err := r.Office(ctx)
	return *row.At(now.UnixMilli()), err
}

func readOffice(ctx context.Context, tx *sqldb.Tx) (row office.OfficeRow, err error) {
	var raw []byte
	err = tx.QueryRow(ctx, "SELECT row FROM office WHERE name = $1", row.Key()).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return row, nil
	}
	return row, errors.Join(err, json.Unmarshal(raw, &row))
}

// readOfficeAt reads the office as it stands at a moment, in milliseconds.
func readOfficeAt(ctx context.Context, tx *sqldb.Tx, at int64) (*office.OfficeRow, error) {
	row, err := readOffice(ctx, tx)
	return row.At(at), err
}

// Summary is how far the records have come, all of it at one moment.
type Summary struct {
	Open    bool // the office is
	Digest  Digest
	Placed  map[office.Side]int64 // of each ledger, the entries that stand in the joint order; sides with none are not named
	Settled map[office.Side]int64 // of these, the settled ones
}

// Summary tells how far the records have come.
func (r *Records) Summary(ctx context.Context) (s Summary, err error) {
	err = r.view(ctx, "sum up the records", func(tx *sqldb.Tx, c *cursor) error {
		row, err := readOffice(ctx, tx)
		if err != nil {
			return err
		}
		sides, err := placedSides(ctx, tx)
		if err != nil {
			return err
		}
		s = Summary{Open: row.Open, Digest: Digest{Count: c.settled}, Placed: (&state{sides: sides}).placedCounts(), Settled: c.counts}
		s.Digest.Hash, _, err = digestAt(ctx, tx, c.settled)
		return err
	})
	return s, err
}

// Proposals lists proposed charters: the open ones, then the one that waits, then the
// latest of the others, at most MaxPage in all.
func (r *Records) Proposals(ctx context.Context) ([]office.Proposal, error) {
	return list[office.Proposal](ctx, r, "list proposed charters",
		"SELECT row FROM proposal ORDER BY state = 'open' DESC, state = 'pending' DESC, time DESC, hash LIMIT $1", MaxPage)
}

// list reads rows from a query that selects them as they are kept.
func list[R any](ctx context.Context, r *Records, doing, query string, args ...any) (found []R, err error) {
	err = r.view(ctx, doing, func(tx *sqldb.Tx, _ *cursor) error {
		found, err = scanRows[R](ctx, tx, query, args...)
		return err
	})
	return found, err
}

// scanRows reads rows from such a query.
func scanRows[R any](ctx context.Context, tx *sqldb.Tx, query string, args ...any) (found []R, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		var row R
		if err := errors.Join(rows.Scan(&raw), json.Unmarshal(raw, &row)); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}
