package sqldb_test

import (
	"errors"
	"syscall"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// TestWhatIsWrittenSoonIsSyncedOnce writes several times and waits for the sync
// that takes all of it.
func TestWhatIsWrittenSoonIsSyncedOnce(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		syncs := make(chan struct{}, 10)
		db := open(sqldb.Config{Durable: true, Fault: func(p sqldb.Point) error {
			if p == sqldb.BeforeSync {
				syncs <- struct{}{}
			}
			return nil
		}})
		migrate(t, db)
		for i, name := range []string{"one", "two"} {
			if err := db.UpdateSoon(t.Context(), func(tx *sqldb.Tx) error { return put(tx, i, name) }); err != nil {
				t.Fatal(err)
			}
		}
		wantNames(t, db, "one", "two")
		<-syncs
		if err := db.UpdateSoon(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 3, "three") }); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil { // it does not leave without the sync
			t.Fatal(err)
		}
		if len(syncs) == 0 {
			t.Error("what was written last is not synced when the database is closed")
		}
	})
}

func TestAFailedUpdateSoonWritesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		migrate(t, db)
		refused := errors.New("refused")
		if err := db.UpdateSoon(t.Context(), func(tx *sqldb.Tx) error {
			return errors.Join(put(tx, 1, "one"), refused)
		}); !errors.Is(err, refused) {
			t.Errorf("got %v, want the error of the function", err)
		}
		wantNames(t, db)
	})
}

// TestASyncThatFailsIsToldToTheNextWriter breaks the sync as a disk would.
func TestASyncThatFailsIsToldToTheNextWriter(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		broken := make(chan struct{})
		db := open(sqldb.Config{Durable: true, Fault: func(p sqldb.Point) error {
			if p != sqldb.BeforeSync {
				return nil
			}
			close(broken)
			return syscall.EIO
		}})
		migrate(t, db)
		if err := db.UpdateSoon(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 1, "one") }); err != nil {
			t.Fatal(err)
		}
		<-broken
		var err error
		for i := 2; err == nil; i++ { // until the sync has ended
			err = db.Update(t.Context(), func(tx *sqldb.Tx) error { return put(tx, i, "more") })
		}
		if !errors.Is(err, sqldb.ErrUnsure) || !sqldb.IsBroken(err) {
			t.Errorf("the next writer: got %v, want a broken disk, and that what was written is not sure", err)
		}
		if err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return put(tx, 0, "after") }); err != nil {
			t.Errorf("the writer after it: %v", err)
		}
	})
}
