package records

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// SuspensionLine is a suspension as it stands in the joint order.
type SuspensionLine struct {
	office.Suspension
	Settled bool
}

// AttemptFilter chooses attempts by other means. What is empty chooses all.
type AttemptFilter struct {
	Channel  string
	From     office.Side
	Dispatch string      // the entry id of the dispatch that they are about
	Waiting  office.Side // this side has said nothing of them yet
	Before   string      // where to go on: the next that the call before gave
	Limit    int         // at most MaxPage; 0: DefaultPage
}

// AttemptLine is an attempt as it stands in the joint order.
type AttemptLine struct {
	office.Attempt
	Settled bool
}

func attemptColumns(row office.Row) []any {
	a := row.(*office.Attempt)
	dispatch := ""
	if a.Dispatch != nil {
		dispatch = a.Dispatch.String()
	}
	return []any{a.Channel, a.From, dispatch, "/" + strings.Join(a.Waiting(), "/") + "/"}
}

// Channels gives what is kept of the suspensions of each channel that was ever
// suspended, in order of id.
func (r *Records) Channels(ctx context.Context) ([]office.ChannelRow, error) {
	return list[office.ChannelRow](ctx, r, "read the state of the channels", "SELECT row FROM channel ORDER BY channel")
}

// Suspension gives one suspension, if there is one of that id.
func (r *Records) Suspension(ctx context.Context, id office.EntryID) (s office.Suspension, found bool, err error) {
	return ofEntry[office.Suspension](ctx, r, "suspension", id)
}

// Attempt gives one attempt, if there is one of that id.
func (r *Records) Attempt(ctx context.Context, id office.EntryID) (a office.Attempt, found bool, err error) {
	return ofEntry[office.Attempt](ctx, r, "attempt", id)
}

// ofEntry gives the row of a table that an entry has made.
func ofEntry[R any](ctx context.Context, r *Records, table string, id office.EntryID) (row R, found bool, err error) {
	rows, err := list[R](ctx, r, "read "+table+" "+id.String(),
		"SELECT t.row FROM placed p JOIN "+table+" t ON t.pos = p.pos WHERE p.side = $1 AND p.idx = $2", id.Side, id.Index)
	if err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[0], true, nil
}

// Suspensions lists suspensions, those last in the joint order first. If there
// are more than the limit, next says where to go on; else it is empty.
func (r *Records) Suspensions(ctx context.Context, before string, limit int) (lines []SuspensionLine, next string, err error) {
	q := query{filter: &Filter{Limit: limit}}
	q.where("TRUE")
	next, err = latest(ctx, r, "suspension", &q, before, func(raw []byte, settled bool) (id office.EntryID, err error) {
		line := SuspensionLine{Settled: settled}
		err = json.Unmarshal(raw, &line.Suspension)
		lines = append(lines, line)
		return line.ID, err
	})
	return lines[:min(len(lines), q.filter.limit())], next, err
}

// Attempts lists attempts, those last in the joint order first. If there are more
// than the limit, next says where to go on; else it is empty.
func (r *Records) Attempts(ctx context.Context, c AttemptFilter) (lines []AttemptLine, next string, err error) {
	q := query{filter: &Filter{Limit: c.Limit}}
	q.where("TRUE")
	for _, one := range []struct{ column, value string }{{"channel", c.Channel}, {"side", c.From}, {"dispatch", c.Dispatch}} {
		if one.value != "" {
			q.where("t."+one.column+" = ?", one.value)
		}
	}
	if c.Waiting != "" {
		q.where("t.sides LIKE ?", "%/"+c.Waiting+"/%")
	}
	next, err = latest(ctx, r, "attempt", &q, c.Before, func(raw []byte, settled bool) (id office.EntryID, err error) {
		line := AttemptLine{Settled: settled}
		err = json.Unmarshal(raw, &line.Attempt)
		lines = append(lines, line)
		return line.ID, err
	})
	return lines[:min(len(lines), q.filter.limit())], next, err
}

// latest reads rows of a table that belong to entries, the last in the joint
// order first, one more than the limit if there is one; next is then the entry of
// the last within it.
func latest(ctx context.Context, r *Records, table string, q *query, before string, take func(raw []byte, settled bool) (office.EntryID, error)) (next string, err error) {
	if before != "" {
		id, err := office.ParseEntryID(before)
		if err != nil {
			return "", fmt.Errorf("list table %s: %w: %w", table, ErrBefore, err)
		}
		q.where("t.pos < (SELECT pos FROM placed WHERE side = ? AND idx = ?)", id.Side, id.Index)
	}
	limit := q.filter.limit()
	text := "SELECT t.pos, t.row FROM " + table + " t WHERE " + q.all() + " ORDER BY t.pos DESC LIMIT " + q.parameter(limit+1)
	err = r.view(ctx, "list table "+table, func(tx *sqldb.Tx, cur *cursor) error {
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
