package records

import (
	"context"

	"liaison.example/office"
)

// Posts lists the posts of a side, in order of id, also those that have ended.
func (r *Records) Posts(ctx context.Context, side office.Side) ([]office.PostRow, error) {
	return list[office.PostRow](ctx, r, "list the posts of "+side,
		"SELECT row FROM post WHERE side = $1 ORDER BY post", side)
}
