package records

import (
	"context"

	"liaison.example/sqldb"
)

// Enclosing is a dispatch with enclosures, and its place in the joint order.
type Enclosing struct {
	Pos int64
	DispatchLine
}

// Enclosing lists the dispatches with enclosures after a place of the joint
// order, at most so many, with what the sides have written of them.
func (r *Records) Enclosing(ctx context.Context, after int64, limit int) (list []Enclosing, err error) {
	err = r.view(ctx, "list dispatches with enclosures", func(tx *sqldb.Tx, cur *cursor) error {
		rows, err := tx.Query(ctx, `
			SELECT d.pos, d.row, a.row, d.pos
			FROM dispatch d JOIN acknowledgement a ON a.pos = d.pos
			WHERE d.enclosed > 0 AND d.pos > $1
			ORDER BY d.pos LIMIT $2`, after, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		var lines []DispatchLine
		for rows.Next() {
			var pos int64
			line, err := scanDispatch(rows, cur, &pos)
			if err != nil {
				return err
			}
			line.Text = ""
			lines = append(lines, line)
			list = append(list, Enclosing{Pos: pos})
		}
		if err := rows.Err(); err != nil {
			return err
		}
		err = readHandling(ctx, tx, lines)
		for i := range list {
			list[i].DispatchLine = lines[i]
		}
		return err
	})
	return list, err
}
