package sqldb_test

import (
	"context"
	"errors"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

func TestATransactionBrokenByAFaultIsStoredOnlyAfterItsCommit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		broken := errors.New("broken")
		var at sqldb.Point
		db := open(sqldb.Config{Fault: func(p sqldb.Point) error {
			if p == at {
				return broken
			}
			return nil
		}})
		migrate(t, db)
		ctx := context.Background()
		for i, p := range []sqldb.Point{sqldb.BeforeExec, sqldb.AfterExec, sqldb.BeforeCommit, sqldb.AfterCommit} {
			at = p
			err := db.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, i, string(p)) })
			if !errors.Is(err, broken) || errors.Is(err, sqldb.ErrUnsure) != (p == sqldb.AfterCommit) {
				t.Errorf("broken %s: got %v", p, err)
			}
			at = ""
		}
		wantNames(t, db, string(sqldb.AfterCommit))
		if err := db.Update(ctx, func(tx *sqldb.Tx) error { return put(tx, 9, "whole") }); err != nil {
			t.Fatalf("after the faults: %v", err)
		}
		wantNames(t, db, string(sqldb.AfterCommit), "whole")
	})
}
