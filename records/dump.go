package records

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"liaison.example/sqldb"
)

// Dump writes all that follows from the placed entries as text, one line for
// each row: the joint order and every table, in an order that depends on
// nothing else. Two records with the same entries placed give the same text,
// whatever is settled in them.
func (r *Records) Dump(ctx context.Context, w io.Writer) error {
	return r.view(ctx, "dump the records", func(tx *sqldb.Tx, _ *cursor) error {
		columns := slices.DeleteFunc(slices.Clone(placedColumns), func(name string) bool { return name == "undo" })
		if err := dumpTable(ctx, tx, w, "placed", columns, 1); err != nil {
			return err
		}
		for _, name := range sortedSides(tables) {
			t := tables[name]
			if err := dumpTable(ctx, tx, w, name, t.columnNames(), len(t.keys)); err != nil {
				return err
			}
		}
		return nil
	})
}

func dumpTable(ctx context.Context, tx *sqldb.Tx, w io.Writer, table string, columns []string, keys int) error {
	rows, err := tx.Query(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+table+
		" ORDER BY "+strings.Join(columns[:keys], ", "))
	if err != nil {
		return err
	}
	defer rows.Close()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		line := table
		for _, value := range values {
			switch v := value.(type) {
			case int64:
				line += " " + strconv.FormatInt(v, 10)
			case []byte:
				line += fmt.Sprintf(" %x", v)
			default:
				line += fmt.Sprintf(" %q", v)
			}
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return rows.Err()
}
