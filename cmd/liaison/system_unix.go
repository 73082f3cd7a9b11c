//go:build unix

package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockHandle takes an advisory lock that ends with the process, however it
// ends.
func lockHandle(f *os.File, alone bool) error {
	how := unix.LOCK_SH
	if alone {
		how = unix.LOCK_EX
	}
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errInUse
	}
	return err
}

// freeSpace is what this user may still write on the disk of a folder, in bytes.
func freeSpace(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}

// ownerOf is the user to whom a file belongs.
func ownerOf(info fs.FileInfo) (uid int, known bool) {
	s, is := info.Sys().(*syscall.Stat_t)
	if !is {
		return 0, false
	}
	return int(s.Uid), true
}

// apart keeps a child out of the terminal's group, so that Ctrl-C reaches the
// parent alone, which then ends its children in good order.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
