package records

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Filter chooses dispatches. What is empty chooses all.
type Filter struct {
	From       office.Side // whose
	Channel    string
	Precedence office.Precedence
	Open       bool   // not acknowledged by all that it was addressed to
	Before     string // where to go on: the next that the call before gave
	Limit      int    // at most MaxPage; 0: DefaultPage
}

// How many lines a list has.
const (
	DefaultPage = 50
	MaxPage     = 500
)

// DispatchLine is a dispatch as lists show it.
type DispatchLine struct {
	office.Dispatch                          // without its text in lists
	Acknowledged    []office.Acknowledgement // in the joint order
	Waiting         []office.Side            // sides that have not acknowledged, in order of id
	Settled         bool
}

// ErrBefore is the answer to a Filter.Before that no list gave.
var ErrBefore = errors.New("no such place in the list")

// Dispatches lists dispatches, those last in the joint order first. If there
// are more than the limit, next says where to go on; else it is empty.
func (r *Records) Dispatches(ctx context.Context, c Filter) (lines []DispatchLine, next string, err error) {
	query, args, err := c.query()
	if err != nil {
		return nil, "", fmt.Errorf("list dispatches: %w", err)
	}
	err = r.view(ctx, "list dispatches", func(tx *sqldb.Tx, cur *cursor) error {
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			line, err := scanDispatch(rows, cur)
			if err != nil {
				return err
			}
			line.Text = ""
			lines = append(lines, line)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, "", err
	}
	if limit := c.limit(); len(lines) > limit {
		lines = lines[:limit]
		next = lines[limit-1].ID.String()
	}
	return lines, next, nil
}

// query writes the query for a page and one line more. It says in which way the
// list is to be found: neither engine can know what is rare in an office.
// Urgent dispatches are; then those that are waited for; then those of one
// channel, or of one side.
func (c *Filter) query() (string, []any, error) {
	urgent := c.Precedence != "" && c.Precedence != office.Routine
	tables, place := "dispatch d CROSS JOIN acknowledgement a", "d.pos"
	if c.Open && !urgent {
		tables, place = "acknowledgement a CROSS JOIN dispatch d", "a.pos"
	}
	conditions := []string{"d.pos = a.pos"}
	var args []any
	where := func(condition string, values ...any) {
		for _, value := range values {
			args = append(args, value)
			condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		conditions = append(conditions, condition)
	}
	if c.Open {
		where("a.waiting > 0")
	}
	found := c.Open && !urgent // an index is chosen; columns of others are hidden from it by an expression
	column := func(name, value string) {
		switch {
		case value == "":
		case found:
			where("d."+name+" || '' = ?", value)
		default:
			where("d."+name+" = ?", value)
			found = true
		}
	}
	if urgent {
		column("precedence", string(c.Precedence))
	}
	column("channel", c.Channel)
	column("side", c.From)
	if !urgent {
		column("precedence", string(c.Precedence))
	}
	if c.Before != "" {
		before, err := office.ParseEntryID(c.Before)
		if err != nil {
			return "", nil, fmt.Errorf("%w: %w", ErrBefore, err)
		}
		// Places change while they are not settled; the entry stays.
		where(place+" < (SELECT pos FROM placed WHERE side = ? AND idx = ?)", before.Side, before.Index)
	}
	args = append(args, c.limit()+1)
	return "SELECT d.pos, d.row, a.row FROM " + tables + " WHERE " + strings.Join(conditions, " AND ") +
		" ORDER BY " + place + " DESC LIMIT $" + strconv.Itoa(len(args)), args, nil
}

func (c *Filter) limit() int {
	if c.Limit <= 0 {
		return DefaultPage
	}
	return min(c.Limit, MaxPage)
}

// Dispatch gives one dispatch with its text, if there is one of that id.
func (r *Records) Dispatch(ctx context.Context, id office.EntryID) (line DispatchLine, found bool, err error) {
	err = r.view(ctx, "read dispatch "+id.String(), func(tx *sqldb.Tx, cur *cursor) error {
		rows, err := tx.Query(ctx, `
			SELECT d.pos, d.row, a.row
			FROM placed p JOIN dispatch d ON d.pos = p.pos JOIN acknowledgement a ON a.pos = p.pos
			WHERE p.side = $1 AND p.idx = $2`, id.Side, id.Index)
		if err != nil {
			return err
		}
		defer rows.Close()
		if found = rows.Next(); found {
			line, err = scanDispatch(rows, cur)
		}
		return errors.Join(err, rows.Err())
	})
	return line, found, err
}

func scanDispatch(rows *sqldb.Rows, c *cursor) (line DispatchLine, err error) {
	var pos int64
	var dispatch, acknowledgements []byte
	if err := rows.Scan(&pos, &dispatch, &acknowledgements); err != nil {
		return line, err
	}
	var a office.Acknowledgements
	if err := errors.Join(json.Unmarshal(dispatch, &line.Dispatch), json.Unmarshal(acknowledgements, &a)); err != nil {
		return line, err
	}
	line.Acknowledged, line.Waiting = a.Given, a.Waiting
	line.Settled = pos <= c.settled
	return line, nil
}
