//go:build unix

// Package pgcluster runs a throw-away PostgreSQL server, for tests and for
// measuring: it makes a cluster in a folder, starts the server in it on a local
// socket, and stops and removes both when it is stopped or when the process
// that started it ends, in whatever way.
package pgcluster

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
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config says what server to run.
type Config struct {
	// Dir is the folder in which the cluster gets a folder of its own. The
	// system user that the server runs as must be able to reach it.
	Dir string
	// Durable asks for a server that syncs its disk, as one in earnest does.
	Durable bool
}

// Cluster is a running server.
type Cluster struct {
	folder  string   // of its files
	sockets string   // of its socket
	life    *os.File // while it is open the server runs
	keeper  *exec.Cmd
}

// URL is the address of one of the server's databases. The database "postgres"
// is always there.
func (c *Cluster) URL(database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(c.sockets)
}

// Stop stops the server and removes its files.
func (c *Cluster) Stop() error {
	if err := c.life.Close(); err != nil {
		return fmt.Errorf("stop the PostgreSQL server: %w", err)
	}
	if err := c.keeper.Wait(); err != nil {
		return fmt.Errorf("stop the PostgreSQL server: %w", err)
	}
	if err := errors.Join(os.RemoveAll(c.folder), os.RemoveAll(c.sockets)); err != nil {
		return fmt.Errorf("remove the PostgreSQL cluster: %w", err)
	}
	return nil
}

// keep runs the server until its standard input ends, which happens when the
// process that started it ends, in whatever way. Then it stops the server and
// removes its folders, or what it may: a folder within one that the server's
// user cannot write stays, empty. A signal to the whole group (Ctrl-C) must not
// end it before that.
const keep = `
trap '' INT TERM HUP
folder=$1; sockets=$2; shift 2
"$@" </dev/null >"$sockets/log" 2>&1 &
server=$!
while read -r line; do :; done
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$folder" "$sockets" 2>/dev/null
true
`

// Start makes a cluster and returns once its server answers.
func Start(ctx context.Context, c Config) (_ *Cluster, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(c.Dir, "liaison-pg-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for a PostgreSQL cluster: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	// The path of a socket is limited to about 100 bytes.
	sockets, err := os.MkdirTemp("/tmp", "liaison-pg-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the socket of a PostgreSQL server: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(sockets))
		}
	}()
	who, err := owner(folder, sockets)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	initdb.Dir = "/"
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a PostgreSQL cluster: %w\n%s", err, bytes.TrimSpace(out))
	}
	cluster := &Cluster{folder: folder, sockets: sockets}
	if err := cluster.start(bin, data, who, c.Durable); err != nil {
		return nil, err
	}
	if err := cluster.wait(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(sockets, "log"))
		return nil, errors.Join(fmt.Errorf("start a PostgreSQL server: %w\n%s", err, bytes.TrimSpace(log)), cluster.Stop())
	}
	return cluster, nil
}

func (c *Cluster) start(bin, data string, who *syscall.Credential, durable bool) error {
	sync := "off"
	if durable {
		sync = "on"
	}
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start a PostgreSQL server: %w", err)
	}
	defer read.Close()
	c.life = write
	c.keeper = exec.Command("sh", "-c", keep, "sh", c.folder, c.sockets, filepath.Join(bin, "postgres"), "-D", data,
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+c.sockets, "-c", "max_connections=300",
		"-c", "shared_buffers=32MB", "-c", "autovacuum=off", "-c", "max_wal_senders=0", "-c", "wal_level=minimal",
		"-c", "fsync="+sync, "-c", "full_page_writes="+sync)
	c.keeper.Stdin = read
	c.keeper.Dir = "/"
	c.keeper.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setsid: true}
	if err := c.keeper.Start(); err != nil {
		return errors.Join(fmt.Errorf("start a PostgreSQL server: %w", err), write.Close())
	}
	return nil
}

// wait returns once the server answers.
func (c *Cluster) wait(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(ctx, c.URL("postgres")); err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// ErrNotInstalled says that there is no PostgreSQL server on this machine.
var ErrNotInstalled = errors.New("initdb and postgres were not found: install a PostgreSQL server (apt-get install postgresql)")

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
	return "", ErrNotInstalled
}

func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

// owner gives the folders to the user that the server will run as, since
// PostgreSQL refuses to run as root. It is nil if we are not root.
func owner(folders ...string) (*syscall.Credential, error) {
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
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("find the user %s: %w", name, err)
		}
		for _, folder := range folders {
			if err := os.Chown(folder, uid, gid); err != nil {
				return nil, fmt.Errorf("give a folder to the user %s: %w", name, err)
			}
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil //nolint:gosec // ids of a user
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run it")
}
