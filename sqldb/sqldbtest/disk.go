//go:build linux

package sqldbtest

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Disk is a small disk of a test's own.
type Disk struct {
	t      testing.TB
	Folder string // where it is mounted
}

// SmallDisk runs f in a process of its own, with a disk of the given size in
// bytes that f may fill or make read-only. The disk lives in memory and is gone
// with the process. Call it from a top-level test, and do nothing else there.
func SmallDisk(t *testing.T, size int64, f func(t *testing.T, disk *Disk)) {
	t.Helper()
	const inside = "LIAISON_TEST_SMALL_DISK"
	if os.Getenv(inside) == "" {
		again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
		again.Env = append(os.Environ(), inside+"=1")
		again.SysProcAttr = &syscall.SysProcAttr{
			// A mount in a mount namespace of one's own needs no rights, and
			// goes with the last process in it.
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
			Pdeathsig:   syscall.SIGKILL,
		}
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("in a process with a small disk (which needs user namespaces): %v\n%s", err, out)
		}
		return
	}
	disk := &Disk{t, t.TempDir()}
	if err := unix.Mount("none", disk.Folder, "tmpfs", 0, "size="+strconv.FormatInt(size, 10)); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(disk.Folder, unix.MNT_DETACH) })
	f(t, disk)
}

// ReadOnly makes the disk read-only. No file may be open for writing.
func (d *Disk) ReadOnly() {
	d.t.Helper()
	if err := unix.Mount("", d.Folder, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		d.t.Fatalf("make the small disk read-only: %v", err)
	}
}

// Grow gives the disk another size in bytes.
func (d *Disk) Grow(size int64) {
	d.t.Helper()
	if err := unix.Mount("", d.Folder, "", unix.MS_REMOUNT, "size="+strconv.FormatInt(size, 10)); err != nil {
		d.t.Fatalf("resize the small disk: %v", err)
	}
}
