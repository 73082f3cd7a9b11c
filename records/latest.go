package records

import (
	"context"
	"fmt"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// ofEntry gives the row of a table that an entry has made.
func ofEntry[R any](ctx context.Context, r *Records, table string, id office.EntryID) (row R, found bool, err error) {
	rows, err := list[R](ctx, r, "read "+table+" "+id.String(),
		"SELECT t.row FROM placed p JOIN "+table+" t ON t.pos = p.pos WHERE p.side = $1 AND p.idx = $2", id.Side, id.Index)
	if err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[0], true, nil
}

// isPlaced answers ErrBefore if there is no such entry: a page that went on after it
// would be empty, and read as the end of the list.
func isPlaced(ctx context.Context, tx *sqldb.Tx, id office.EntryID) error {
	var there int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM placed WHERE side = $1 AND idx = $2", id.Side, id.Index).Scan(&there)
	if err == nil && there == 0 {
		err = fmt.Errorf("%w: %s is not in the record", ErrBefore, id)
	}
	return err
}

// latest reads rows of a table that belong to entries, the last in the joint
// order first, one more than the limit if there is one; next is then the entry of
// the last within it.
func latest(ctx context.Context, r *Records, table string, q *query, before string, take func(raw []byte, settled bool) (office.EntryID, error)) (next string, err error) {
	var id office.EntryID
	if before != "" {
		if id, err = office.ParseEntryID(before); err != nil {
			return "", fmt.Errorf("list table %s: %w: %w", table, ErrBefore, err)
		}
		q.where("t.pos < (SELECT pos FROM placed WHERE side = ? AND idx = ?)", id.Side, id.Index)
	}
	limit := q.filter.limit()
	text := "SELECT t.pos, t.row FROM " + table + " t WHERE " + q.all() + " ORDER BY t.pos DESC LIMIT " + q.parameter(limit+1)
	err = r.view(ctx, "list table "+table, func(tx *sqldb.Tx, cur *cursor) error {
		if before != "" {
			if err := isPlaced(ctx, tx, id); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, text, q.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for n, last := 1, ""; rows.Next(); n++ {
			var pos int64
			var raw []byte
			if err := rows.Scan(&pos, &raw); err != nil {
				return err
			}
			id, err := take(raw, pos <= cur.settled)
			if err != nil {
				return err
			}
			if n > limit {
				next = last
			}
			last = id.String()
		}
		return rows.Err()
	})
	return next, err
}
