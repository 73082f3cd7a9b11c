package records

import (
	"context"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
)

// PersonnelFilter chooses changes of personnel. What is empty chooses all.
type PersonnelFilter struct {
	Side   office.Side
	After  int64  // only those that begin after this moment, milliseconds
	Before string // where to go on: the next that the call before gave
	Limit  int    // at most MaxPage; 0: DefaultPage
}

// PersonnelLine is a change of personnel as it stands in the joint order.
type PersonnelLine struct {
	office.Personnel
	Settled bool
}

// Personnel lists changes of personnel, those of which notice was given last in the
// joint order first. If there are more than the limit, next says where to go on.
func (r *Records) Personnel(ctx context.Context, c PersonnelFilter) (changes []PersonnelLine, next string, err error) {
	q := query{filter: &Filter{Limit: c.Limit}}
	q.where("t.begins > ?", c.After)
	if c.Side != "" {
		q.where("t.side = ?", c.Side)
	}
	next, err = latest(ctx, r, "personnel", &q, c.Before, func(raw []byte, settled bool) (id office.EntryID, err error) {
		line := PersonnelLine{Settled: settled}
		err = json.Unmarshal(raw, &line.Personnel)
		changes = append(changes, line)
		return line.ID, err
	})
	return changes[:min(len(changes), q.filter.limit())], next, err
}
