//go:build linux

package chaos_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// faultyDisk is a disk under a node that can be made to fail while the node
// runs, with any error of the system: "read-only" (EROFS) as after a fault in
// a file system, "input/output error" (EIO), "no space" (ENOSPC). A file system
// cannot be made read-only by hand while a file on it is open for writing; so
// the calls by which the node changes files are answered by us.
//
// The test program is started in the place of the node, lays a filter over its
// own system calls (seccomp), hands us the end at which they are answered, and
// becomes the node.
type faultyDisk struct {
	t       *testing.T
	fault   atomic.Int32 // the error of all calls that change files; 0 if they work
	refused atomic.Int64 // calls that were answered with it
}

// break makes every call that changes a file fail from now on.
func (d *faultyDisk) breakWith(e syscall.Errno) { d.fault.Store(int32(e)) }

// mend lets calls work again.
func (d *faultyDisk) mend() { d.fault.Store(0) }

// launchVariable names the program that the test program is to become.
const launchVariable = "LIAISON_CHAOS_LAUNCH"

// listenerSocket is the socket by which the launched program hands us its end.
const listenerSocket = 3

// under puts the disk under a node that does not run yet.
func (d *faultyDisk) under(n *realNode) {
	n.launch = func(c *exec.Cmd) (started func()) {
		ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			d.t.Fatal(err)
		}
		itself, err := os.Executable()
		if err != nil {
			d.t.Fatal(err)
		}
		c.Env = append(c.Env, launchVariable+"="+c.Path)
		c.Path = itself
		theirs := os.NewFile(uintptr(ends[1]), "socket")
		c.ExtraFiles = []*os.File{theirs}
		return func() {
			theirs.Close()
			listener, err := receiveFile(ends[0])
			unix.Close(ends[0])
			if err != nil {
				d.t.Errorf("the launched program has handed over nothing: %v", err)
				return
			}
			go d.answer(listener)
		}
	}
}

// receiveFile takes a file that was sent over a socket.
func receiveFile(socket int) (int, error) {
	room := make([]byte, unix.CmsgSpace(4))
	one := make([]byte, 1)
	n, oobn, _, _, err := unix.Recvmsg(socket, one, room, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, errors.New("the socket was closed")
	}
	messages, err := unix.ParseSocketControlMessage(room[:oobn])
	if err != nil || len(messages) != 1 {
		return 0, fmt.Errorf("%d messages: %w", len(messages), err)
	}
	files, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(files) != 1 {
		return 0, fmt.Errorf("%d files: %w", len(files), err)
	}
	return files[0], nil
}

// What is exchanged with the system about a call (linux/seccomp.h).
type (
	callData struct {
		nr   int32
		arch uint32
		ip   uint64
		args [6]uint64
	}
	callAsked struct {
		id         uint64
		pid, flags uint32
		data       callData
	}
	callAnswer struct {
		id    uint64
		value int64
		err   int32
		flags uint32
	}
)

const (
	ioctlAsked  = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV
	ioctlAnswer = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND
	letPass     = 1          // SECCOMP_USER_NOTIF_FLAG_CONTINUE
)

// answer answers the calls of a launched program until it ends.
func (d *faultyDisk) answer(listener int) {
	defer unix.Close(listener)
	for {
		waiting := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(waiting, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if waiting[0].Revents&unix.POLLIN == 0 {
			if waiting[0].Revents != 0 {
				return // the program has ended
			}
			continue
		}
		asked := callAsked{}
		if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), ioctlAsked, uintptr(unsafe.Pointer(&asked))); e != 0 {
			continue // the call was given up meanwhile
		}
		a := callAnswer{id: asked.id, flags: letPass}
		if fault := d.fault.Load(); fault != 0 {
			a.flags, a.err = 0, -fault
			d.refused.Add(1)
		}
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(listener), ioctlAnswer, uintptr(unsafe.Pointer(&a)))
	}
}

func launched() bool { return os.Getenv(launchVariable) != "" }

// launch lays the filter and becomes the program that is named. It returns only
// if that fails.
func launch() int {
	runtime.LockOSThread()
	path := os.Getenv(launchVariable)
	os.Unsetenv(launchVariable)
	if err := handOver(); err != nil {
		fmt.Fprintln(os.Stderr, "lay the filter:", err)
		return 1
	}
	err := syscall.Exec(path, append([]string{path}, os.Args[1:]...), os.Environ())
	fmt.Fprintln(os.Stderr, "become the node:", err)
	return 1
}

// handOver lays the filter over this thread's calls and sends the end at which
// they are answered over the socket.
func handOver() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := callFilter()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	const setFilter, newListener, waitKillable = 1, 1 << 3, 1 << 5
	listener, _, e := unix.Syscall(unix.SYS_SECCOMP, setFilter, newListener|waitKillable, uintptr(unsafe.Pointer(&program)))
	if e == unix.EINVAL { // before Linux 5.19
		listener, _, e = unix.Syscall(unix.SYS_SECCOMP, setFilter, newListener, uintptr(unsafe.Pointer(&program)))
	}
	if e != 0 {
		return fmt.Errorf("seccomp: %w", e)
	}
	if err := unix.Sendmsg(listenerSocket, []byte{1}, unix.UnixRights(int(listener)), nil, 0); err != nil {
		return err
	}
	unix.Close(int(listener))
	return unix.Close(listenerSocket)
}

// callFilter is a program for the system that picks out the calls that change
// files: those that write, and those that open with the wish to write.
func callFilter() []unix.SockFilter {
	const (
		load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equals  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		has     = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		end     = unix.BPF_RET | unix.BPF_K
		pass    = 0x7fff0000 // SECCOMP_RET_ALLOW
		ask     = 0x7fc00000 // SECCOMP_RET_USER_NOTIF
		number  = 0          // where in callData: nr
		args    = 16         // and args
		writing = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC
	)
	filter := []unix.SockFilter{{Code: load, K: number}}
	for _, nr := range changing() {
		filter = append(filter, unix.SockFilter{Code: equals, K: nr, Jf: 1}, unix.SockFilter{Code: end, K: ask})
	}
	for nr, flags := range opening() {
		filter = append(filter,
			unix.SockFilter{Code: equals, K: nr, Jf: 4},
			unix.SockFilter{Code: load, K: args + 8*flags},
			unix.SockFilter{Code: has, K: writing, Jf: 1},
			unix.SockFilter{Code: end, K: ask},
			unix.SockFilter{Code: end, K: pass})
	}
	return append(filter, unix.SockFilter{Code: end, K: pass})
}

// changing lists calls that change files. (A file is also written by write,
// but must be opened for that before; and write serves sockets too.)
func changing() []uint32 {
	calls := []uint32{
		unix.SYS_PWRITE64, unix.SYS_PWRITEV, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_TRUNCATE,
		unix.SYS_MKDIRAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT, unix.SYS_SYMLINKAT,
	}
	if runtime.GOARCH == "amd64" { // older forms of these
		const rename, mkdir, rmdir, unlink, renameat = 82, 83, 84, 87, 264
		calls = append(calls, rename, mkdir, rmdir, unlink, renameat)
	}
	return calls
}

// opening gives the calls that open files, and which argument has the flags.
func opening() map[uint32]uint32 {
	calls := map[uint32]uint32{unix.SYS_OPENAT: 2}
	if runtime.GOARCH == "amd64" {
		const open = 2
		calls[open] = 1
	}
	return calls
}
