//go:build linux

package chaos_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/sqldb/sqldbtest"
)

// A disk that takes nothing, at south. While it lasts south must say so and why,
// refuse to write with a sentence, and serve all that can be read. When it is
// over south must go on by itself.
type badDisk struct {
	begin, end func() // of the fault
	why        string // the code of the mode, and of the alarm
	says       string // a part of the sentence
	again      bool   // south is killed and started meanwhile
}

func (d *badDisk) pass(t *testing.T, south, north *realNode) {
	t.Helper()
	s := newSaid()
	if _, err := s.send(t.Context(), south.client(), "before", patience); err != nil {
		t.Fatal(err)
	}
	officer := south.signIn()
	officers := s.officers(t)
	officers.at("disk", south, north)
	officers.attempt(50)
	process := south.process

	d.begin()
	was := south.until("says that its disk takes nothing", func(now api.Status) bool { return now.Mode == "read-only" && now.Why == d.why })
	c := south.client()
	for range 3 {
		_, err := s.send(t.Context(), c, "refused", 0)
		var p *api.Problem
		if !errors.As(err, &p) || p.Status != http.StatusUnprocessableEntity || p.Code != d.why || !strings.Contains(p.Detail, d.says) {
			t.Errorf("a dispatch was answered with %v, want the refusal %s", err, d.why)
		}
	}
	if _, errout, code := south.try("send", south.dir, "--channel", "liaison", "--subject", "refused", "--text-file", south.dir+".text"); code != 1 || !strings.Contains(errout, d.says) {
		t.Errorf("the command ended with %d and said %q", code, errout)
	}
	if page := officer.writes(http.StatusUnprocessableEntity, "typed at night"); !strings.Contains(page, "typed at night") {
		t.Errorf("what was typed is not kept:\n%s", page)
	}
	officer.shows()
	for _, command := range [][]string{{"list"}, {"record"}, {"show", "south/3"}, {"charter", "show"}, {"status"}} {
		south.do(append(command[:len(command):len(command)], "--dir", south.dir)...)
	}
	if state := north.status(); state.Mode != "ready" {
		t.Errorf("north is %s: %s", state.Mode, state.Why)
	}
	if state := south.status(); state.Sides["south"].Size < was.Sides["south"].Size {
		t.Errorf("south holds %d entries, and had %d", state.Sides["south"].Size, was.Sides["south"].Size)
	}

	if d.again {
		south.kill()
		south.start()
		south.until("says so again", func(now api.Status) bool { return now.Mode == "read-only" && now.Why == d.why })
		south.do("list", south.dir)
		process = south.process
	}

	d.end()
	mended := time.Now()
	south.becomes("ready")
	t.Logf("ready %.1f s after the end", time.Since(mended).Seconds())
	officers.attempt(50)
	officers.end()
	if _, err := s.send(t.Context(), c, "afterwards", patience); err != nil {
		t.Errorf("a dispatch afterwards: %v", err)
	}
	if south.process != process {
		t.Error("south was started again")
	}
	equal(south, north)
	t.Logf("equal %.1f s after the end", time.Since(mended).Seconds())
	for _, n := range []*realNode{south, north} {
		s.check(n)
		verified(n)
	}
	if south.alarms()[d.why].Count == 0 {
		t.Errorf("south raised no alarm %s", d.why)
	}
	// SQLite says of any of them that there was an I/O error. Which one it is, the
	// node finds out a moment later, and by then the disk may be mended.
	south.noAlarms(d.why, "disk-broken")
	north.noAlarms()
	t.Log(s)
}

func TestAFullDiskRefusesToWriteAndLosesNothing(t *testing.T) {
	t.Parallel()
	const size = 24 << 20
	sqldbtest.SmallDisk(t, size, func(t *testing.T, disk *sqldbtest.Disk) {
		root := t.TempDir()
		south, north := newNode(t, disk.Folder, "south"), newNode(t, root, "north")
		south.log = filepath.Join(root, "south.log")
		admitEach(south, north)
		south.start()
		north.start()
		staffed(south, north)
		filler := filepath.Join(disk.Folder, "filler")
		d := badDisk{why: "disk-full", says: "full", again: true}
		d.begin = func() { fill(t, filler) }
		d.end = func() {
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
		}
		d.pass(t, south, north)
	})
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		n, err := f.Write(block)
		if errors.Is(err, syscall.ENOSPC) {
			block = block[:(len(block)-n)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestADiskThatFailsWhileTheNodeRunsLosesNothing(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		fault     syscall.Errno
		why, says string
	}{
		{"read-only", syscall.EROFS, "disk-read-only", "cannot be written"},
		{"errors", syscall.EIO, "disk-broken", "errors"},
		{"full", syscall.ENOSPC, "disk-full", "full"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			south, north := newNode(t, root, "south"), newNode(t, root, "north")
			disk := &faultyDisk{t: t}
			disk.under(south)
			admitEach(south, north)
			south.start()
			north.start()
			staffed(south, north)
			d := badDisk{why: row.why, says: row.says, end: disk.mend}
			d.begin = func() { disk.breakWith(row.fault) }
			d.pass(t, south, north)
			if disk.refused.Load() == 0 {
				t.Error("no call was refused: that is no test")
			}
		})
	}
}

func TestANodeIsNotStartedOnAReadOnlyDiskAndFindsAllAfterwards(t *testing.T) {
	t.Parallel()
	const size = 24 << 20
	sqldbtest.SmallDisk(t, size, func(t *testing.T, disk *sqldbtest.Disk) {
		root := t.TempDir()
		south, north := newNode(t, disk.Folder, "south"), newNode(t, root, "north")
		south.log, south.socket = filepath.Join(root, "south.log"), filepath.Join(root, "s.sock")
		south.args = []string{"--socket", south.socket}
		admitEach(south, north)
		south.start()
		north.start()
		staffed(south, north)
		s := newSaid()
		c := south.client()
		for _, subject := range []string{"first", "second", "third"} {
			if _, err := s.send(t.Context(), c, subject, patience); err != nil {
				t.Fatal(err)
			}
		}
		south.kill() // the databases are left as they were
		disk.ReadOnly()
		_, errout, code := south.try("serve", south.dir)
		if code != 1 || !strings.Contains(errout, "read-only file system") {
			t.Errorf("started on a read-only disk it ended with %d and said %q", code, errout)
		}
		if _, err := s.send(t.Context(), north.client(), "from north meanwhile", 0); err != nil {
			t.Errorf("north: %v", err)
		}
		disk.Grow(size)
		south.start()
		equal(south, north)
		for _, n := range []*realNode{south, north} {
			s.check(n)
			n.noAlarms()
		}
		verified(south, north)
	})
}
