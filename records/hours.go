package records

import (
	"context"
	"slices"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Calendars gives the calendar of each of the sides: the hours that it has said,
// as far as readSaid reads them. That of a side which has said
// nothing is empty.
func (r *Records) Calendars(ctx context.Context, sides []office.Side) (map[office.Side]office.Calendar, error) {
	calendars := make(map[office.Side]office.Calendar, len(sides))
	err := r.view(ctx, "read the hours", func(tx *sqldb.Tx, _ *cursor) error {
		for _, side := range sides { // an office has few
			hours, err := readHours(ctx, tx, side)
			if err != nil {
				return err
			}
			calendars[side] = office.NewCalendar(hours)
		}
		return nil
	})
	return calendars, err
}

// readHours reads the sets of hours of a side.
func readHours(ctx context.Context, tx *sqldb.Tx, side office.Side) ([]office.Hours, error) {
	return readSaid[office.Hours](ctx, tx, "hours", side)
}

// readSaid reads what a side says of its times in a table, office.MaxCalendar rows
// at most, in the order in which they begin, and where two begin at once in the
// joint order: half of them those that have begun last by the end of the joint
// order, the others those that begin next. So nobody hides what holds behind what is
// to come.
func readSaid[R any](ctx context.Context, tx *sqldb.Tx, table string, side office.Side) ([]R, error) {
	var now int64
	if err := tx.QueryRow(ctx, "SELECT COALESCE((SELECT time FROM placed ORDER BY pos DESC LIMIT 1), 0)").Scan(&now); err != nil {
		return nil, err
	}
	begun, err := scanRows[R](ctx, tx, "SELECT row FROM "+table+" WHERE side = $1 AND begins <= $2 ORDER BY begins DESC, pos DESC LIMIT $3",
		side, now, office.BegunCalendar)
	if err != nil {
		return nil, err
	}
	slices.Reverse(begun)
	next, err := scanRows[R](ctx, tx, "SELECT row FROM "+table+` t WHERE side = $1 AND begins > $2
		AND NOT EXISTS (SELECT 1 FROM `+table+` WHERE side = $1 AND begins = t.begins AND pos > t.pos) ORDER BY begins LIMIT $3`, side, now, office.MaxCalendar/2)
	return append(begun, next...), err
}
