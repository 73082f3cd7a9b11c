package records

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
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
