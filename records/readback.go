package records

import (
	"context"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// maxReadbacks is how many read-backs a dispatch can have: the rules allow no more.
const maxReadbacks = office.MaxSides * office.MaxReadbacks

// Readbacks lists the read-backs of a dispatch with what was said to them, in the
// joint order.
func (r *Records) Readbacks(ctx context.Context, dispatch office.EntryID) (list []office.Readback, err error) {
	err = r.view(ctx, "list the read-backs of "+dispatch.String(), func(tx *sqldb.Tx, _ *cursor) (err error) {
		list, err = scanRows[office.Readback](ctx, tx, "SELECT row FROM readback WHERE dispatch = $1 ORDER BY pos LIMIT $2", dispatch.String(), maxReadbacks)
		return err
	})
	return list, err
}

// Readback gives one read-back, if there is one of that id.
func (r *Records) Readback(ctx context.Context, id office.EntryID) (readback office.Readback, found bool, err error) {
	return ofEntry[office.Readback](ctx, r, "readback", id)
}
