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
	err = r.view(ctx, "list dispatches", func(tx *sqldb.Tx, s *state) error {
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			line, err := scanDispatch(rows, s)
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
		last := lines[limit-1]
		next = pageMark(position{last.Time, last.ID})
	}
	return lines, next, nil
}

// query writes the query for a page and one line more. A list of open ones is
// read from the acknowledgements that are waited for, which are few.
func (c *Filter) query() (string, []any, error) {
	first, second := "dispatch", "acknowledgement"
	if c.Open {
		first, second = second, first
	}
	conditions := []string{"TRUE"}
	var args []any
	arg := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	if c.Open {
		conditions = append(conditions, "a.waiting > 0")
	}
	if c.From != "" {
		conditions = append(conditions, first[:1]+".side = "+arg(c.From))
	}
	if c.Channel != "" {
		conditions = append(conditions, "d.channel = "+arg(c.Channel))
	}
	if c.Precedence != "" {
		conditions = append(conditions, "d.precedence = "+arg(string(c.Precedence)))
	}
	if c.Before != "" {
		before, err := parsePageMark(c.Before)
		if err != nil {
			return "", nil, err
		}
		conditions = append(conditions, fmt.Sprintf("(%[1]s.time, %[1]s.side, %[1]s.idx) < (%s, %s, %s)",
			first[:1], arg(before.time), arg(before.id.Side), arg(before.id.Index)))
	}
	return fmt.Sprintf(`
		SELECT d.row, a.row
		FROM %[1]s %[2]s JOIN %[3]s %[4]s ON %[4]s.side = %[2]s.side AND %[4]s.idx = %[2]s.idx
		WHERE %[5]s
		ORDER BY %[2]s.time DESC, %[2]s.side DESC, %[2]s.idx DESC
		LIMIT %[6]d`,
		first, first[:1], second, second[:1], strings.Join(conditions, " AND "), c.limit()+1), args, nil
}

func (c *Filter) limit() int {
	if c.Limit <= 0 {
		return DefaultPage
	}
	return min(c.Limit, MaxPage)
}

// Dispatch gives one dispatch with its text, if there is one of that id.
func (r *Records) Dispatch(ctx context.Context, id office.EntryID) (line DispatchLine, found bool, err error) {
	err = r.view(ctx, "read dispatch "+id.String(), func(tx *sqldb.Tx, s *state) error {
		rows, err := tx.Query(ctx, `
			SELECT d.row, a.row
			FROM dispatch d JOIN acknowledgement a ON a.side = d.side AND a.idx = d.idx
			WHERE d.side = $1 AND d.idx = $2`, id.Side, id.Index)
		if err != nil {
			return err
		}
		defer rows.Close()
		if found = rows.Next(); found {
			line, err = scanDispatch(rows, s)
		}
		return errors.Join(err, rows.Err())
	})
	return line, found, err
}

func scanDispatch(rows *sqldb.Rows, s *state) (line DispatchLine, err error) {
	var dispatch, acknowledgements []byte
	if err := rows.Scan(&dispatch, &acknowledgements); err != nil {
		return line, err
	}
	var a office.Acknowledgements
	if err := errors.Join(json.Unmarshal(dispatch, &line.Dispatch), json.Unmarshal(acknowledgements, &a)); err != nil {
		return line, err
	}
	line.Acknowledged, line.Waiting = a.Given, a.Waiting
	line.Settled = line.Time <= s.line
	return line, nil
}

// pageMark writes where a page of a list ended: "1536888600000/south/17".
func pageMark(p position) string {
	return strconv.FormatInt(p.time, 10) + "/" + p.id.String()
}

func parsePageMark(mark string) (p position, err error) {
	time, id, _ := strings.Cut(mark, "/")
	if p.time, err = strconv.ParseInt(time, 10, 64); err != nil {
		return p, ErrBefore
	}
	if p.id, err = office.ParseEntryID(id); err != nil {
		return p, ErrBefore
	}
	return p, nil
}
