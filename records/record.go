package records

import (
	"context"
	"errors"
	"math"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// PlacedEntry is an entry at its place in the joint order, and what the rules
// have said to it.
type PlacedEntry struct {
	Pos     int64 // place in the joint order, from 1; final if Settled
	ID      office.EntryID
	Time    int64 // its time in the joint order, milliseconds
	At      int64 // the writer's clock, milliseconds
	By      office.Post
	Kind    string
	Verdict office.Verdict
	Settled bool
	Effect  [32]byte // of the verdict and the rows put (spec/entries.md §6)
	Digest  [32]byte // of all entries up to this one
}

const selectPlaced = "SELECT pos, side, idx, time, at, post, kind, void, detail, effect, digest FROM placed "

// OutOfTurn lists the dispatches of a side's ledger, from an index on, that are
// void because their number was not the next; at most limit.
func (r *Records) OutOfTurn(ctx context.Context, side office.Side, from int64, limit int) (entries []PlacedEntry, err error) {
	return r.placedFrom(ctx, "void = $4", side, from, limit, string(office.NumberOutOfTurn))
}

// CheckAnswers lists the answers to line checks of a side's ledger, from an index
// on, that are done; at most limit.
func (r *Records) CheckAnswers(ctx context.Context, side office.Side, from int64, limit int) (entries []PlacedEntry, err error) {
	return r.placedFrom(ctx, "void = '' AND kind = $4", side, from, limit, office.KindCheckAnswer)
}

// placedFrom lists the entries of a side's ledger, from an index on, that a
// condition chooses; at most limit.
func (r *Records) placedFrom(ctx context.Context, condition string, side office.Side, from int64, limit int, arg string) (entries []PlacedEntry, err error) {
	err = r.view(ctx, "read the entries of a side", func(tx *sqldb.Tx, c *cursor) error {
		rows, err := tx.Query(ctx, selectPlaced+"WHERE side = $1 AND idx >= $2 AND "+condition+" ORDER BY idx LIMIT $3", side, from, limit, arg)
		if err != nil {
			return err
		}
		entries, err = scanAllPlaced(rows, c)
		return err
	})
	return entries, err
}

// Record lists the joint order, the last entry first: those before the place
// given, or from the end if that is 0; at most limit (MaxPage; 0: DefaultPage).
func (r *Records) Record(ctx context.Context, before int64, limit int) (entries []PlacedEntry, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = r.view(ctx, "read the record", func(tx *sqldb.Tx, c *cursor) error {
		rows, err := tx.Query(ctx, selectPlaced+"WHERE pos < $1 ORDER BY pos DESC LIMIT $2",
			before, (&Filter{Limit: limit}).limit())
		if err != nil {
			return err
		}
		entries, err = scanAllPlaced(rows, c)
		return err
	})
	return entries, err
}

// PlacedEntry gives one entry at its place, if it has one.
func (r *Records) PlacedEntry(ctx context.Context, id office.EntryID) (e PlacedEntry, found bool, err error) {
	err = r.view(ctx, "read the place of "+id.String(), func(tx *sqldb.Tx, c *cursor) error {
		rows, err := tx.Query(ctx, selectPlaced+"WHERE side = $1 AND idx = $2", id.Side, id.Index)
		if err != nil {
			return err
		}
		defer rows.Close()
		if found = rows.Next(); found {
			e, err = scanPlaced(rows, c)
		}
		return errors.Join(err, rows.Err())
	})
	return e, found, err
}

func scanAllPlaced(rows *sqldb.Rows, c *cursor) (entries []PlacedEntry, err error) {
	defer rows.Close()
	for rows.Next() {
		e, err := scanPlaced(rows, c)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

func scanPlaced(rows *sqldb.Rows, c *cursor) (e PlacedEntry, err error) {
	var void, detail string
	var effect, digest []byte
	err = rows.Scan(&e.Pos, &e.ID.Side, &e.ID.Index, &e.Time, &e.At, &e.By, &e.Kind, &void, &detail, &effect, &digest)
	if err != nil {
		return e, err
	}
	e.Verdict.Void = office.Reason(void)
	if detail != "" {
		if err := json.Unmarshal([]byte(detail), &e.Verdict.Detail); err != nil {
			return e, err
		}
	}
	copy(e.Effect[:], effect)
	copy(e.Digest[:], digest)
	e.Settled = e.Pos <= c.settled
	return e, nil
}
