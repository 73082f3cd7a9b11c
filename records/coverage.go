package records

import (
	"context"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Promises gives what each of the sides promises of its watch, of which
// office.MaxCalendar promises are read at most.
func (r *Records) Promises(ctx context.Context, sides []office.Side) (map[office.Side]office.Promises, error) {
	promises := make(map[office.Side]office.Promises, len(sides))
	err := r.view(ctx, "read the promises of coverage", func(tx *sqldb.Tx, _ *cursor) error {
		for _, side := range sides { // an office has few
			said, err := readCoverage(ctx, tx, side)
			if err != nil {
				return err
			}
			promises[side] = office.NewPromises(said)
		}
		return nil
	})
	return promises, err
}

// readCoverage reads the promises of a side that begin last, in the order in which
// they begin, and where two begin at once in the joint order.
func readCoverage(ctx context.Context, tx *sqldb.Tx, side office.Side) (said []office.Coverage, err error) {
	rows, err := tx.Query(ctx, "SELECT row FROM coverage WHERE side = $1 ORDER BY begins DESC, pos DESC LIMIT $2", side, office.MaxCalendar)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		var c office.Coverage
		if err := errors.Join(rows.Scan(&raw), json.Unmarshal(raw, &c)); err != nil {
			return nil, err
		}
		said = append(said, c)
	}
	slices.Reverse(said)
	return said, rows.Err()
}
