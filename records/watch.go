package records

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
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
		q.where("w.side = ?", c.Side)
	}
	if c.Before != "" {
		id, err := office.ParseEntryID(c.Before)
		if err != nil {
			return nil, "", fmt.Errorf("list watches: %w: %w", ErrBefore, err)
		}
		q.where("w.pos < (SELECT pos FROM placed WHERE side = ? AND idx = ?)", id.Side, id.Index)
	}
	text := "SELECT w.pos, w.row FROM watch w WHERE " + q.all() + " ORDER BY w.pos DESC LIMIT " + q.parameter(q.filter.limit()+1)
	err = r.view(ctx, "list watches", func(tx *sqldb.Tx, cur *cursor) error {
		rows, err := tx.Query(ctx, text, q.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var pos int64
			var raw []byte
			var line WatchLine
			if err := errors.Join(rows.Scan(&pos, &raw), json.Unmarshal(raw, &line.Watch)); err != nil {
				return err
			}
			line.Settled = pos <= cur.settled
			watches = append(watches, line)
		}
		return rows.Err()
	})
	if limit := q.filter.limit(); len(watches) > limit {
		watches = watches[:limit]
		next = watches[limit-1].ID.String()
	}
	return watches, next, err
}

// Watch gives one watch, if there is one of that id.
func (r *Records) Watch(ctx context.Context, id office.EntryID) (watch office.Watch, found bool, err error) {
	watches, err := list[office.Watch](ctx, r, "read watch "+id.String(),
		"SELECT w.row FROM placed p JOIN watch w ON w.pos = p.pos WHERE p.side = $1 AND p.idx = $2", id.Side, id.Index)
	if err != nil || len(watches) == 0 {
		return watch, false, err
	}
	return watches[0], true, nil
}
