package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// maxSocketPath is what the address of a local socket holds on every system,
const maxSocketPath = 99 // with ".new" after it

// ListenSocket listens on a new local socket at path, which only our own user
// may open. A socket that a killed process left behind is replaced; one on
// which a process still listens is an error.
func ListenSocket(path string) (net.Listener, error) {
	if c, err := dialSocket(context.Background(), path); err == nil {
		c.Close()
		return nil, fmt.Errorf("listen on %s: another process already listens there", path)
	}
	for _, old := range []string{path, path + ".new"} {
		if err := removeSocket(old); err != nil {
			return nil, fmt.Errorf("listen on %s: %w", path, err)
		}
	}
	address, release, err := socketAddress(path)
	if err != nil {
		return nil, err
	}
	defer release()
	// The socket appears under another name, and under its own only once its
	// mode is set: nobody else can open it in between.
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: address + ".new", Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, errors.Unwrap(err))
	}
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(path+".new", 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		l.Close()
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return &socketListener{l, path}, nil
}

// removeSocket removes a socket that a killed process has left behind, if there is one.
func removeSocket(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil // if it is there all the same, listening says so
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errors.New("a file that is no socket stands in the way")
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the old socket: %w", err)
	}
	return nil
}

// socketListener removes its socket when it is closed.
type socketListener struct {
	net.Listener
	path string
}

func (l *socketListener) Close() error {
	err := l.Listener.Close()
	_ = os.Remove(l.path) // one left behind is replaced at the next start
	return err
}

func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	address, release, err := socketAddress(path)
	if err != nil {
		return nil, err
	}
	defer release()
	d := net.Dialer{Timeout: 5 * time.Second}
	return d.DialContext(ctx, "unix", address)
}

// socketAddress returns an address of the socket at path that the system's
// limit does not cut: the path itself, or, where it is too long, the same by
// way of an open handle of its folder.
func socketAddress(path string) (address string, release func(), err error) {
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	short := filepath.Join("/proc/self/fd", strconv.Itoa(int(dir.Fd())))
	if _, err := os.Stat(short); err != nil {
		dir.Close()
		return "", nil, fmt.Errorf("the path of the socket %s has %d bytes; at most %d are allowed: use a data folder with a shorter path",
			path, len(path), maxSocketPath)
	}
	return filepath.Join(short, filepath.Base(path)), func() { dir.Close() }, nil
}
