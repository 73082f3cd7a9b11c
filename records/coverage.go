package records

import (
	"context"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Promises gives what each of the sides promises of its watch, of which
// as many are read as readSaid reads.
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

// readCoverage reads the promises of a side.
func readCoverage(ctx context.Context, tx *sqldb.Tx, side office.Side) ([]office.Coverage, error) {
	return readSaid[office.Coverage](ctx, tx, "coverage", side)
}
