package sqldb_test

import (
	"context"
	"errors"
	"testing"

	"liaison.example/internal/pgcluster"
	"liaison.example/sqldb"
)

// TestAServerThatIsAwayIsKnown kills a server under an open database, and asks it
// again while it comes back.
func TestAServerThatIsAwayIsKnown(t *testing.T) {
	server, err := pgcluster.Start(t.Context(), pgcluster.Config{Dir: "/tmp"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	db := openPG(t, server.URL("postgres"), "away")
	ask := func(ctx context.Context) error {
		return db.Update(ctx, func(tx *sqldb.Tx) error {
			var one int
			return tx.QueryRow(ctx, "SELECT 1").Scan(&one)
		})
	}
	if err := ask(t.Context()); err != nil {
		t.Fatal(err)
	}
	// In the middle of a transaction.
	err = db.Update(t.Context(), func(tx *sqldb.Tx) error {
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		var one int
		return tx.QueryRow(t.Context(), "SELECT 1").Scan(&one)
	})
	if !sqldb.IsAway(err) {
		t.Errorf("killed in the middle: %v", err)
	}
	for range 3 { // whatever connections are left, and none
		if err := ask(t.Context()); !sqldb.IsAway(err) {
			t.Errorf("while it is away: %v", err)
		}
	}
	back := make(chan error)
	go func() { back <- server.Again(t.Context()) }()
	for waiting := true; waiting; {
		select {
		case err := <-back:
			if err != nil {
				t.Fatal(err)
			}
			waiting = false
		default:
			if err := ask(t.Context()); err != nil && !sqldb.IsAway(err) {
				t.Errorf("while it comes back: %v", err)
			}
		}
	}
	if err := ask(t.Context()); err != nil {
		t.Errorf("when it is back: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{ask(gone), context.DeadlineExceeded, errors.New("else"), nil} {
		if sqldb.IsAway(err) {
			t.Errorf("%v says that the server is away", err)
		}
	}
}
