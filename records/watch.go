package records

import (
	"context"
	"math"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
)

// WatchFilter chooses watches. What is empty chooses all.
type WatchFilter struct {
	Side   office.Side
	Before string // where to go on: the next that the call before gave
	Limit  int    // at most MaxPage; 0: DefaultPage
}

// WatchLine is a watch as it stands in the joint order.
type WatchLine struct {
	office.Watch
	Settled bool // that it began; its end may not be
}

// notEnded stands in the column ended for a watch that goes on.
const notEnded = math.MaxInt64

// OnWatch lists who is on watch, in order of side, who began first before the
// others.
func (r *Records) OnWatch(ctx context.Context) ([]office.Watch, error) {
	return list[office.Watch](ctx, r, "list who is on watch",
		"SELECT row FROM watch WHERE ended = $1 ORDER BY side, pos", int64(notEnded))
}

// OnWatchAt lists who was on watch at a moment, in milliseconds, in the same
// order. What has not reached us by now may still change the answer for moments
// after the settled line.
func (r *Records) OnWatchAt(ctx context.Context, moment int64) ([]office.Watch, error) {
	return list[office.Watch](ctx, r, "list who was on watch",
		"SELECT row FROM watch WHERE ended > $1 AND began <= $1 ORDER BY side, pos", moment)
}

// Watches lists watches, those that began last in the joint order first. If there
// are more than the limit, next says where to go on; else it is empty.
func (r *Records) Watches(ctx context.Context, c WatchFilter) (watches []WatchLine, next string, err error) {
	q := query{filter: &Filter{Limit: c.Limit}}
	q.where("TRUE")
	if c.Side != "" {
		q.where("t.side = ?", c.Side)
	}
	next, err = latest(ctx, r, "watch", &q, c.Before, func(raw []byte, settled bool) (id office.EntryID, err error) {
		line := WatchLine{Settled: settled}
		err = json.Unmarshal(raw, &line.Watch)
		watches = append(watches, line)
		return line.ID, err
	})
	return watches[:min(len(watches), q.filter.limit())], next, err
}

// Watch gives one watch, if there is one of that id.
func (r *Records) Watch(ctx context.Context, id office.EntryID) (watch office.Watch, found bool, err error) {
	return ofEntry[office.Watch](ctx, r, "watch", id)
}
