//go:build unix

package pgcluster_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"liaison.example/internal/pgcluster"
)

func TestAClusterAnswersAndLeavesNothingBehind(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "pgcluster-") // a folder that the server's user can reach
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := pgcluster.Start(t.Context(), pgcluster.Config{Dir: dir, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	var fsync string
	if err := conn.QueryRow(t.Context(), "SHOW fsync").Scan(&fsync); err != nil {
		t.Fatal(err)
	}
	if fsync != "on" {
		t.Errorf("fsync: got %s, want on", fsync)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAServerThatIsKilledComesBackWithWhatItHeld(t *testing.T) {
	c, err := pgcluster.Start(t.Context(), pgcluster.Config{Dir: "/tmp"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	do := func(query string) (answer string, err error) {
		conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
		if err != nil {
			return "", err
		}
		defer conn.Close(t.Context())
		return answer, conn.QueryRow(t.Context(), query).Scan(&answer)
	}
	if _, err := do("CREATE TABLE kept AS SELECT 'here' AS word"); err == nil || err.Error() != pgx.ErrNoRows.Error() {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := do("SELECT 'alive'"); err == nil {
			t.Fatal("a killed server answers")
		}
		if err := c.Again(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if word, err := do("SELECT word FROM kept"); err != nil || word != "here" {
		t.Errorf("after it was killed: %q, %v", word, err)
	}
}
