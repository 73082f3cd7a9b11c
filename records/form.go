package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// FormFilter chooses forms. What is empty chooses all.
type FormFilter struct {
	State string // one of the states of an office.FormRow
	Code  string
	After string // hash of the last form of the page before
	Limit int    // at most MaxPage; 0: MaxPage
}

// Forms lists forms: open ones, those in force, and then the others, each by
// their codes. If there are more than the limit, more is true.
func (r *Records) Forms(ctx context.Context, c FormFilter) (forms []office.FormRow, more bool, err error) {
	const rank = "CASE f.state WHEN 'open' THEN 0 WHEN 'in-force' THEN 1 ELSE 2 END"
	limit := c.Limit
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	after := ""
	if c.After != "" {
		after = `AND (` + rank + `, f.code, f.hash) > (SELECT ` + rank + `, f.code, f.hash FROM form f WHERE f.hash = $4)`
	}
	args := []any{c.State, c.Code, limit + 1}
	if after != "" {
		args = append(args, c.After)
	}
	forms, err = list[office.FormRow](ctx, r, "list forms", `
		SELECT f.row FROM form f
		WHERE ($1 = '' OR f.state = $1) AND ($2 = '' OR f.code = $2) `+after+`
		ORDER BY `+rank+`, f.code, f.hash LIMIT $3`, args...)
	if len(forms) > limit {
		forms, more = forms[:limit], true
	}
	return forms, more, err
}

// InForceForm gives the form in force for a code; false if there is none, or the
// sides have agreed to use it no longer.
func (r *Records) InForceForm(ctx context.Context, code string) (row office.FormRow, found bool, err error) {
	forms, _, err := r.Forms(ctx, FormFilter{State: office.FormInForce, Code: code, Limit: 1})
	if err != nil || len(forms) == 0 {
		return row, false, err
	}
	return forms[0], !forms[0].Form.Ended, nil
}

// DistressForms lists the codes of the forms in force that are about lives at risk,
// as the sides have agreed: what bears one of them is held up by no flood and by no
// quiet hours.
func (r *Records) DistressForms(ctx context.Context) (codes []string, err error) {
	forms, err := list[office.FormRow](ctx, r, "list the forms of distress", "SELECT row FROM form WHERE state = $1 ORDER BY code LIMIT $2",
		office.FormInForce, scanned)
	for i := range forms {
		if forms[i].AboutLives() {
			codes = append(codes, forms[i].Form.Code)
		}
	}
	return codes, err
}

// InForceSince gives the times, in the joint order, of the entries that put these
// forms in force, by the hashes of the forms; of those that never were, none.
func (r *Records) InForceSince(ctx context.Context, forms []office.FormRow) (map[string]int64, error) {
	since := map[string]int64{}
	byEntry := map[office.EntryID]string{}
	var which []string
	var args []any
	for _, f := range forms {
		if f.Since != nil {
			byEntry[*f.Since] = f.Hash
			which = append(which, fmt.Sprintf("side = $%d AND idx = $%d", len(args)+1, len(args)+2))
			args = append(args, f.Since.Side, f.Since.Index)
		}
	}
	if len(which) == 0 {
		return since, nil
	}
	err := r.view(ctx, "read since when forms are in force", func(tx *sqldb.Tx, _ *cursor) error {
		rows, err := tx.Query(ctx, "SELECT side, idx, time FROM placed WHERE "+strings.Join(which, " OR ")+" ORDER BY pos", args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id office.EntryID
			var time int64
			if err := rows.Scan(&id.Side, &id.Index, &time); err != nil {
				return err
			}
			since[byEntry[id]] = time
		}
		return rows.Err()
	})
	return since, err
}

// Form gives the form with a hash, if there is one.
func (r *Records) Form(ctx context.Context, hash string) (row office.FormRow, found bool, err error) {
	err = r.view(ctx, "read a form", func(tx *sqldb.Tx, _ *cursor) error {
		var raw []byte
		err := tx.QueryRow(ctx, "SELECT row FROM form WHERE hash = $1", hash).Scan(&raw)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		found = true
		return errors.Join(err, json.Unmarshal(raw, &row))
	})
	return row, found && err == nil, err
}
