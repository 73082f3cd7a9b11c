package records

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// NoteFilter chooses coordination notes. What is empty chooses all.
type NoteFilter struct {
	Channel string
	Before  string // where to go on: the next that the call before gave
	Limit   int    // at most MaxPage; 0: DefaultPage
}

// NoteLine is a coordination note as it stands in the joint order.
type NoteLine struct {
	office.Note
	Settled bool
}

// Notes lists coordination notes, those last in the joint order first. If there
// are more than the limit, next says where to go on; else it is empty.
func (r *Records) Notes(ctx context.Context, c NoteFilter) (notes []NoteLine, next string, err error) {
	q := query{filter: &Filter{Limit: c.Limit}}
	q.where("TRUE")
	if c.Channel != "" {
		q.where("n.channel = ?", c.Channel)
	}
	if c.Before != "" {
		id, err := office.ParseEntryID(c.Before)
		if err != nil {
			return nil, "", fmt.Errorf("list notes: %w: %w", ErrBefore, err)
		}
		q.where("n.pos < (SELECT pos FROM placed WHERE side = ? AND idx = ?)", id.Side, id.Index)
	}
	text := "SELECT n.pos, n.row FROM note n WHERE " + q.all() + " ORDER BY n.pos DESC LIMIT " + q.parameter(q.filter.limit()+1)
	err = r.view(ctx, "list notes", func(tx *sqldb.Tx, cur *cursor) error {
		rows, err := tx.Query(ctx, text, q.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var pos int64
			var raw []byte
			var line NoteLine
			if err := errors.Join(rows.Scan(&pos, &raw), json.Unmarshal(raw, &line.Note)); err != nil {
				return err
			}
			line.Settled = pos <= cur.settled
			notes = append(notes, line)
		}
		return rows.Err()
	})
	if limit := q.filter.limit(); len(notes) > limit {
		notes = notes[:limit]
		next = notes[limit-1].ID.String()
	}
	return notes, next, err
}

// Note gives one coordination note, if there is one of that id.
func (r *Records) Note(ctx context.Context, id office.EntryID) (note office.Note, found bool, err error) {
	notes, err := list[office.Note](ctx, r, "read note "+id.String(),
		"SELECT n.row FROM placed p JOIN note n ON n.pos = p.pos WHERE p.side = $1 AND p.idx = $2", id.Side, id.Index)
	if err != nil || len(notes) == 0 {
		return note, false, err
	}
	return notes[0], true, nil
}
