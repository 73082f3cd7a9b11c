package records

import (
	"context"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
)

// NoteFilter chooses coordination notes. What is empty chooses all.
type NoteFilter struct {
	Channel string
	About   string // the entry id of the dispatch that they are about
	Before  string // where to go on: the next that the call before gave
	Limit   int    // at most MaxPage; 0: DefaultPage
}

// NoteLine is a coordination note as it stands in the joint order.
type NoteLine struct {
	office.Note
	Settled bool
}

func noteColumns(row office.Row) []any {
	n := row.(*office.Note)
	about := ""
	if n.About != nil {
		about = n.About.String()
	}
	return []any{n.Channel, about}
}

// Notes lists coordination notes, those last in the joint order first. If there
// are more than the limit, next says where to go on; else it is empty.
func (r *Records) Notes(ctx context.Context, c NoteFilter) (notes []NoteLine, next string, err error) {
	q := query{filter: &Filter{Limit: c.Limit}}
	q.where("TRUE")
	if c.Channel != "" {
		q.where("t.channel = ?", c.Channel)
	}
	if c.About != "" {
		q.where("t.about = ? AND t.about <> ''", c.About)
	}
	next, err = latest(ctx, r, "note", &q, c.Before, func(raw []byte, settled bool) (id office.EntryID, err error) {
		line := NoteLine{Settled: settled}
		err = json.Unmarshal(raw, &line.Note)
		notes = append(notes, line)
		return line.ID, err
	})
	return notes[:min(len(notes), q.filter.limit())], next, err
}

// Note gives one coordination note, if there is one of that id.
func (r *Records) Note(ctx context.Context, id office.EntryID) (note office.Note, found bool, err error) {
	return ofEntry[office.Note](ctx, r, "note", id)
}
