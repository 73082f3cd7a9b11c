//go:build unix

// Package pgcluster runs a throw-away PostgreSQL server, for tests and for
// measuring: it makes a cluster in a folder, starts the server in it on a local
// socket, and stops and removes both when it is stopped or when the process
// that started it ends, in whatever way.
package pgcluster

import (
	"bufio"
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
	folder  string        // of its files
	sockets string        // of its socket
	life    *os.File      // while it is open the server runs; orders go to it
	done    *bufio.Reader // a line for each order that is done
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

// Kill ends all processes of the server at once, as a power cut would.
func (c *Cluster) Kill() error { return c.order("kill") }

// Again starts a server that was killed, and returns once it answers.
func (c *Cluster) Again(ctx context.Context) error {
	if err := c.order("start"); err != nil {
		return err
	}
	if err := c.wait(ctx); err != nil {
		return fmt.Errorf("start the PostgreSQL server again: %w", err)
	}
	return nil
}

func (c *Cluster) order(what string) error {
	if _, err := fmt.Fprintln(c.life, what); err != nil {
		return fmt.Errorf("%s the PostgreSQL server: %w", what, err)
	}
	if _, err := c.done.ReadString('\n'); err != nil {
		return fmt.Errorf("%s the PostgreSQL server: %w", what, err)
	}
	return nil
}

// keep runs the server until its standard input ends, which happens when the
// process that started it ends, in whatever way. Then it stops the server and
// removes its folders, or what it may: a folder within one that the server's
// user cannot write stays, empty. A signal to the whole group (Ctrl-C) must not
// end it before that. On the way it takes orders, a line each, and says when
// each is done.
const keep = `
trap '' INT TERM HUP
folder=$1; sockets=$2; shift 2
start() {
	"$@" </dev/null >>"$sockets/log" 2>&1 &
	server=$!
}
start "$@"
while read -r order; do
	case $order in
	kill)
		all="$server $(cat /proc/$server/task/$server/children 2>/dev/null)"
		kill -KILL $all 2>/dev/null
		wait $server 2>/dev/null
		for one in $all; do # the next server finds none of this one's memory
			tries=100
			while [ $tries -gt 0 ] && kill -0 $one 2>/dev/null; do sleep 0.02; tries=$((tries - 1)); done
		done
		;;
	start) start "$@" ;;
	esac
	echo done
done
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
	out, err := c.keeper.StdoutPipe()
	if err != nil {
		return errors.Join(fmt.Errorf("start a PostgreSQL server: %w", err), write.Close())
	}
	c.done = bufio.NewReader(out)
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
