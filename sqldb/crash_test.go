//go:build unix

package sqldb_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// envCrash tells a process started by TestWhatWasReportedStoredOutlivesAKill
// which database it shall write until it is killed.
const envCrash = "LIAISON_TEST_CRASH"

func TestWhatWasReportedStoredOutlivesAKill(t *testing.T) {
	if url := os.Getenv(envCrash); url != "" {
		writeUntilKilled(t, url)
	}
	for name, url := range map[string]string{
		"file":       "sqlite:" + t.TempDir() + "/crash.db",
		"file soon":  "sqlite:" + t.TempDir() + "/soon.db",
		"postgresql": sqldbtest.PostgreSQL(t),
	} {
		t.Run(name, func(t *testing.T) {
			c := sqldb.Config{URL: url, Schema: "crash", Durable: true}
			db, err := sqldb.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			migrate(t, db)
			reported := 0
			for round := range 5 {
				process := exec.Command(os.Args[0], "-test.run=^TestWhatWasReportedStoredOutlivesAKill$")
				process.Env = append(os.Environ(), envCrash+"="+url)
				out, err := process.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := process.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(out)
				for lines.Scan() && strings.HasPrefix(lines.Text(), "stored ") {
					reported++
					if reported%20 == 19-round {
						break
					}
				}
				if err := process.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				for lines.Scan() { // what it reported before it died
					if strings.HasPrefix(lines.Text(), "stored ") {
						reported++
					}
				}
				_ = process.Wait() // killed

				// The rows are the pairs (0, 0), (1, 1), ...: all that were
				// reported, at most one more, and no half of a pair. Being the
				// next writer, we wait until the server has noticed the death.
				var rows, pairs int
				if err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
					return tx.QueryRow(t.Context(), "SELECT COUNT(*), COUNT(DISTINCT name) FROM shelf").Scan(&rows, &pairs)
				}); err != nil {
					t.Fatal(err)
				}
				if rows != 2*pairs || pairs < reported || pairs > reported+1 {
					t.Fatalf("round %d: got %d rows of %d pairs, want %d pairs or one more", round, rows, pairs, reported)
				}
				reported = pairs
			}
		})
	}
}

// writeUntilKilled writes pairs of rows and reports each.
func writeUntilKilled(t *testing.T, url string) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url, Schema: "crash", Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	for {
		update := db.Update
		if strings.HasSuffix(url, "/soon.db") && n%4 == 0 { // as receipts do between entries
			update = db.UpdateSoon
		}
		if err := update(t.Context(), func(tx *sqldb.Tx) error {
			if err := tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM shelf").Scan(&n); err != nil {
				return err
			}
			if err := put(tx, n, fmt.Sprint(n/2)); err != nil {
				return err
			}
			return put(tx, n+1, fmt.Sprint(n/2))
		}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("stored", n/2)
	}
}
