//go:build unix

package sqldbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is the PostgreSQL server of this test process, started when first
// asked for.
var server = sync.OnceValues(func() (*cluster, error) { return start(nil) })

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
	c, err := start([]string{"-c", "fsync=on", "-c", "full_page_writes=on"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.stop(t) })
	return c.database(t)
}

// cluster is a throw-away PostgreSQL server.
type cluster struct {
	folder string   // of its files and its socket
	life   *os.File // while it is open the server runs
	keeper *exec.Cmd

	mu   sync.Mutex
	free []string // names of empty databases to be used again: making one takes a quarter of a second
}

func (c *cluster) url(database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(c.folder)
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
	return c.url(name)
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
	conn, err := pgx.Connect(ctx, c.url(database))
	if err != nil {
		t.Fatalf("connect to the PostgreSQL server of the tests: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (c *cluster) stop(t testing.TB) {
	c.life.Close()
	if err := c.keeper.Wait(); err != nil {
		t.Errorf("stop the PostgreSQL server of the tests: %v", err)
	}
}

// keep runs the server until its standard input ends, which happens when the
// test process ends, in whatever way. Then it stops the server and removes its
// folder. A signal to the whole group (Ctrl-C) must not end it before that.
const keep = `
trap '' INT TERM HUP
folder=$1; shift
"$@" </dev/null >"$folder/log" 2>&1 &
server=$!
while read -r line; do :; done
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$folder"
`

// start makes a cluster in a folder of its own and waits until it answers.
func start(options []string) (_ *cluster, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	// Not t.TempDir: the path of a socket is limited to about 100 bytes.
	folder, err := os.MkdirTemp("/tmp", "liaison-pg-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(folder)
		}
	}()
	who, err := owner(folder)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	initdb.Dir = folder
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a PostgreSQL cluster: %w\n%s", err, out)
	}
	command := slices.Concat([]string{"-c", keep, "sh", folder, filepath.Join(bin, "postgres"), "-D", data,
		"-c", "listen_addresses=", "-c", "unix_socket_directories=" + folder, "-c", "max_connections=300",
		"-c", "shared_buffers=32MB", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off",
		"-c", "max_wal_senders=0", "-c", "wal_level=minimal"}, options)
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	c := &cluster{folder: folder, life: write, keeper: exec.Command("sh", command...)}
	c.keeper.Stdin = read
	c.keeper.Dir = "/"
	c.keeper.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setsid: true}
	if err := c.keeper.Start(); err != nil {
		return nil, fmt.Errorf("start a PostgreSQL server: %w", err)
	}
	if err := c.wait(); err != nil {
		log, _ := os.ReadFile(filepath.Join(folder, "log"))
		write.Close()
		return nil, fmt.Errorf("start a PostgreSQL server: %w\n%s", err, bytes.TrimSpace(log))
	}
	return c, nil
}

// wait returns once the server answers.
func (c *cluster) wait() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(ctx, c.url("postgres")); err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// binaries finds the folder of initdb and postgres: the newest version where
// Debian puts them, or where the PATH leads.
func binaries() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	for _, folder := range folders {
		_, err1 := os.Stat(filepath.Join(folder, "initdb"))
		_, err2 := os.Stat(filepath.Join(folder, "postgres"))
		if err1 == nil && err2 == nil {
			return folder, nil
		}
	}
	return "", errors.New("these tests need a PostgreSQL server, and initdb and postgres were not found: install it (apt-get install postgresql)")
}

func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

// owner gives the folder to the user that the server will run as, since
// PostgreSQL refuses to run as root. It is nil if we are not root.
func owner(folder string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2, os.Chown(folder, uid, gid)); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run it")
}
