//go:build unix

package sqldbtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liaison.example/internal/pgcluster"
)

// server is the PostgreSQL server of this test process, started when first
// asked for.
var server = sync.OnceValues(func() (*cluster, error) { return start(false) })

var databases atomic.Int64 // numbers the databases on the servers

// PostgreSQL returns the URL of a new, empty database on a real server, for
// this test alone. The server runs without fsync.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	c, err := server()
	if err != nil {
		t.Fatal(err)
	}
	return c.database(t)
}

// DurablePostgreSQL is PostgreSQL on a server of its own that syncs its disk,
// for measuring. The server is stopped when the test ends.
func DurablePostgreSQL(t testing.TB) string {
	t.Helper()
	c, err := start(true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c.database(t)
}

// cluster is a throw-away PostgreSQL server with its databases.
type cluster struct {
	*pgcluster.Cluster

	mu   sync.Mutex
	free []string // names of empty databases to be used again: making one takes a quarter of a second
}

func start(durable bool) (*cluster, error) {
	c, err := pgcluster.Start(context.Background(), pgcluster.Config{Dir: "/tmp", Durable: durable})
	if err != nil {
		return nil, fmt.Errorf("these tests need a PostgreSQL server: %w", err)
	}
	return &cluster{Cluster: c}, nil
}

func (c *cluster) database(t testing.TB) string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var name string
	if n := len(c.free); n > 0 {
		name, c.free = c.free[n-1], c.free[:n-1]
	} else {
		name = fmt.Sprintf("test%d", databases.Add(1))
		c.do(t, "postgres", "CREATE DATABASE "+name)
	}
	t.Cleanup(func() {
		c.do(t, name, empty)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.free = append(c.free, name)
	})
	return c.URL(name)
}

// empty ends all other connections to a database and drops all schemas in it.
const empty = `
	DO $$
	DECLARE s TEXT;
	BEGIN
		PERFORM pg_terminate_backend(pid, 10000)
		FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid();
		FOR s IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' LOOP
			EXECUTE format('DROP SCHEMA %I CASCADE', s);
		END LOOP;
		CREATE SCHEMA public;
	END $$`

func (c *cluster) do(t testing.TB, database, query string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL(database))
	if err != nil {
		t.Fatalf("connect to the PostgreSQL server of the tests: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
