package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Filter chooses dispatches. What is empty chooses all.
type Filter struct {
	Text         string      // words that are in number, subject, text or a name (ParseSearch)
	From         office.Side // whose
	Channel      string
	Precedence   office.Precedence
	State        State
	Mark         office.Mark // one of Marks
	Form         string      // the code of its form
	Since, Until time.Time   // of the joint order: Since <= time < Until
	Before       string      // where to go on: the next that the call before gave
	Texts        bool        // with the text of each; those found by words always have it
	Limit        int         // at most MaxPage; 0: DefaultPage
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
	Handling        office.Handling          // what else the sides have written of it
	Settled         bool
}

// ErrBefore is the answer to a Filter.Before that no list gave.
var ErrBefore = errors.New("no such place in the list")

// Dispatches lists dispatches, those last in the joint order first. If there
// are more than the limit, next says where to go on; else it is empty. What
// cannot be searched for is a *SearchError. Those that were found by words come
// with their text, and only once they are in the index (Indexed).
func (r *Records) Dispatches(ctx context.Context, c Filter) (lines []DispatchLine, next string, err error) {
	search, err := ParseSearch(c.Text)
	if err != nil {
		return nil, "", fmt.Errorf("list dispatches: %w", err)
	}
	if c.State != "" && !slices.Contains(States, c.State) {
		return nil, "", fmt.Errorf("list dispatches: there is no state %q", c.State)
	}
	if c.Form != "" && !office.ValidName(c.Form) {
		return nil, "", fmt.Errorf("list dispatches: there is no form %q", c.Form)
	}
	if c.Mark != "" && !slices.Contains(Marks, c.Mark) {
		return nil, "", fmt.Errorf("list dispatches: there is no mark %q", c.Mark)
	}
	var before *office.EntryID
	if c.Before != "" {
		id, err := office.ParseEntryID(c.Before)
		if err != nil {
			return nil, "", fmt.Errorf("list dispatches: %w: %w", ErrBefore, err)
		}
		before = &id
	}
	searching := len(search.words) > 0
	err = r.view(ctx, "list dispatches", func(tx *sqldb.Tx, cur *cursor) error {
		if err := asWritten(ctx, tx); err != nil {
			return err
		}
		if before != nil {
			if err := isPlaced(ctx, tx, *before); err != nil {
				return err
			}
		}
		q := query{own: r.config.Side, filter: &c, before: before}
		text := ""
		if searching {
			text, err = q.search(ctx, tx, search)
		} else {
			text, err = q.list(ctx, tx)
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, text, q.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			line, err := scanDispatch(rows, cur)
			if err != nil {
				return err
			}
			if !searching && !c.Texts {
				line.Text = ""
			}
			lines = append(lines, line)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		return readHandling(ctx, tx, lines)
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
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil || !found {
			return err
		}
		lines := []DispatchLine{line}
		err = readHandling(ctx, tx, lines)
		line = lines[0]
		return err
	})
	return line, found, err
}

// MaxThread is how many dispatches of a thread are listed.
const MaxThread = 200

// Thread lists the dispatches of the thread that one belongs to, with the one
// that it begins with, in the joint order and without their texts: those that
// come first, if there are more than MaxThread.
func (r *Records) Thread(ctx context.Context, of *office.Dispatch) (lines []DispatchLine, err error) {
	root := of.ID
	if of.Thread != nil {
		root = *of.Thread
	}
	err = r.view(ctx, "read the thread of "+root.String(), func(tx *sqldb.Tx, cur *cursor) error {
		rows, err := tx.Query(ctx, `
			SELECT d.pos, d.row, a.row
			FROM (
				SELECT pos FROM placed WHERE side = $2 AND idx = $3
				UNION ALL
				SELECT pos FROM (SELECT pos FROM dispatch WHERE thread = $1 AND thread <> '' ORDER BY pos LIMIT $4) AS later
			) AS one JOIN dispatch d ON d.pos = one.pos JOIN acknowledgement a ON a.pos = one.pos
			ORDER BY d.pos LIMIT $4`, root.String(), root.Side, root.Index, MaxThread)
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
		if err := rows.Err(); err != nil {
			return err
		}
		return readHandling(ctx, tx, lines)
	})
	return lines, err
}

// readHandling adds to dispatches what the sides have written of them.
func readHandling(ctx context.Context, tx *sqldb.Tx, lines []DispatchLine) error {
	if len(lines) == 0 {
		return nil
	}
	at := make(map[string]*DispatchLine, len(lines))
	var ids []string
	for i := range lines {
		key := lines[i].ID.String()
		lines[i].Handling.Dispatch = lines[i].ID
		at[key], ids = &lines[i], append(ids, key)
	}
	list, args := fewLengths(ids, "", 0)
	rows, err := tx.Query(ctx, "SELECT dispatch, row FROM handling WHERE dispatch IN ("+list+") ORDER BY dispatch", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var row []byte
		if err := rows.Scan(&key, &row); err != nil {
			return err
		}
		if err := json.Unmarshal(row, &at[key].Handling); err != nil {
			return fmt.Errorf("read the handling of %s: %w", key, err)
		}
	}
	return rows.Err()
}

// fewLengths writes a list of values for a statement, with its arguments. It is filled
// up with a value that is nowhere, so that there are few lengths and few texts: each is
// kept prepared. So many arguments stand before.
func fewLengths[T any](values []T, none T, before int) (list string, args []any) {
	var names []string
	for i := 0; i < len(values) || i&(i-1) != 0; i++ {
		value := none
		if i < len(values) {
			value = values[i]
		}
		args, names = append(args, value), append(names, "$"+strconv.Itoa(before+i+1))
	}
	return strings.Join(names, ", "), args
}

// scanDispatch reads place, dispatch and acknowledgements, and further columns
// into more.
func scanDispatch(rows *sqldb.Rows, c *cursor, more ...any) (line DispatchLine, err error) {
	var pos int64
	var dispatch, acknowledgements []byte
	if err := rows.Scan(append([]any{&pos, &dispatch, &acknowledgements}, more...)...); err != nil {
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
