package records

import (
	"context"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Calendars gives the calendar of each of the sides: the hours that it has said,
// of which office.MaxCalendar are read at most. That of a side which has said
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

// readHours reads the sets of hours of a side that begin last, in the order in
// which they begin, and where two begin at once in the joint order.
func readHours(ctx context.Context, tx *sqldb.Tx, side office.Side) (hours []office.Hours, err error) {
	rows, err := tx.Query(ctx, "SELECT row FROM hours WHERE side = $1 ORDER BY begins DESC, pos DESC LIMIT $2", side, office.MaxCalendar)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		var h office.Hours
		if err := errors.Join(rows.Scan(&raw), json.Unmarshal(raw, &h)); err != nil {
			return nil, err
		}
		hours = append(hours, h)
	}
	slices.Reverse(hours)
	return hours, rows.Err()
}
