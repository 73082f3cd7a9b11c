//go:build linux

package chaos_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison.example/api"
)

// readOnly checks that a node signs nothing, says why, and can be read.
func (n *realNode) readOnly(s *said, mode, why, code string) {
	n.t.Helper()
	if state := n.status(); state.Mode != mode || state.Why != why {
		n.t.Errorf("%s is %q (%q), want %q (%q)", n.side, state.Mode, state.Why, mode, why)
	}
	_, err := s.send(n.t.Context(), n.client(), "too early", 0)
	var p *api.Problem
	if !errors.As(err, &p) || p.Code != code || len(p.Detail) < 20 {
		n.t.Errorf("%s answered a dispatch with %v, want the refusal %s", n.side, err, code)
	}
	n.do("list", n.dir)
	n.signIn().shows()
}

// onlyOneHistory checks that neither node has seen two histories signed.
func onlyOneHistory(nodes ...*realNode) {
	for _, n := range nodes {
		n.t.Helper()
		n.noAlarms("peer-lost") // it had lost entries, and the other side may say so
	}
	verified(nodes...)
}

// copied copies a folder, as cp does.
func copied(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copy %s: %v\n%s", from, err, out)
	}
}

// work lets officers at nodes send for a while.
func work(s *said, name string, attempts int, nodes ...*realNode) {
	officers := s.officers(nodes[0].t)
	officers.at(name, nodes...)
	officers.attempt(attempts)
	officers.end()
}

func TestANodeRestoredFromABackupOfARunningNodeFetchesTheRestBack(t *testing.T) {
	t.Parallel()
	chance := chanceOf(t)
	south, north := openOffice(t)
	s := newSaid()
	officers := s.officers(t)
	officers.at("before the fire", south, north)
	officers.attempt(30 + chance.IntN(60))
	backup := filepath.Join(t.TempDir(), "south.tar")
	south.do("backup", south.dir, backup)
	officers.attempt(30 + chance.IntN(60))
	officers.end()
	south.becomes("received")
	before := south.status().Sides["south"].Size

	// South burns down. While north cannot be reached, the restored node knows
	// that it may lack something.
	south.kill()
	north.kill()
	south.dir += "-restored"
	south.do("restore", backup, south.dir)
	verified(south)
	south.start()
	south.readOnly(s, "read-only", "restored", "node-restored")
	if size := south.status().Sides["south"].Size; size >= before {
		t.Fatalf("the backup has %d entries of %d: that is no test", size, before)
	}
	// North comes back; south dies now and then on its way to what it lacks.
	north.start()
	for range 4 {
		pause := time.NewTimer(time.Duration(chance.IntN(60)) * time.Millisecond)
		<-pause.C
		south.kill()
		south.begin()
	}
	south.serves()
	south.becomes("ready")
	if size := south.status().Sides["south"].Size; size < before {
		t.Errorf("south is ready with %d entries of %d", size, before)
	}
	work(s, "after the fire", 60, south, north)
	equal(south, north)
	for _, n := range []*realNode{south, north} {
		s.check(n)
	}
	onlyOneHistory(south, north)
	t.Log(s)
}

func TestANodeComesBackFromItsKeysAlone(t *testing.T) {
	t.Parallel()
	chance := chanceOf(t)
	south, north := openOffice(t)
	s := newSaid()
	work(s, "before the fire", 60, south, north)
	equal(south, north)
	credence := filepath.Join(t.TempDir(), "north.credence")
	if err := os.WriteFile(credence, []byte(north.do("credence", north.dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	south.kill()
	fresh := south.dir + "-again"
	if err := os.Mkdir(fresh, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"liaison.toml", "keys"} {
		copied(t, filepath.Join(south.dir, name), filepath.Join(fresh, name))
	}
	south.dir = fresh
	south.do("admit", south.dir, credence, "--yes")

	// North's officers go on while the ledger is fetched. The first attempts die
	// on the way.
	officers := s.officers(t)
	officers.at("during the restore", north)
	for range 3 {
		c := south.command("restore", "--from-peer", south.dir)
		if err := spawn()(c); err != nil {
			t.Fatal(err)
		}
		pause := time.NewTimer(time.Duration(20+chance.IntN(150)) * time.Millisecond)
		<-pause.C
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	if out := south.do("restore", "--from-peer", south.dir); !strings.Contains(out, "nothing is missing") {
		t.Errorf("the restore said %q", out)
	}
	verified(south)
	south.start()
	officers.at("after the restore", south)
	officers.attempt(60)
	officers.end()
	equal(south, north)
	for _, n := range []*realNode{south, north} {
		s.check(n)
	}
	onlyOneHistory(south, north)
	t.Log(s)
}

func TestANodeWhoseLedgerIsGoneSignsNothingUntilItIsBack(t *testing.T) {
	t.Parallel()
	south, north := openOffice(t)
	s := newSaid()
	work(s, "before the loss", 40, south, north)
	equal(south, north)
	south.kill()
	north.kill()
	for _, pattern := range []string{"ledger.db*", "local.db*", "records.db*"} {
		files, err := filepath.Glob(filepath.Join(south.dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	south.start()
	// No post is known here yet, so nobody can sign in.
	if state := south.status(); state.Mode != "read-only" || state.Why != "restored" {
		t.Errorf("without its ledger south is %q (%q)", state.Mode, state.Why)
	}
	if d, err := s.send(t.Context(), south.client(), "too early", 0); err == nil {
		t.Errorf("without its ledger south has sent %+v", d)
	}
	north.start()
	began := time.Now()
	south.becomes("ready")
	t.Log("ready again after", time.Since(began))
	work(s, "after the loss", 40, south, north)
	equal(south, north)
	for _, n := range []*realNode{south, north} {
		s.check(n)
	}
	onlyOneHistory(south, north)
}

func TestAnOldCopyOfADataFolderPutBackByHandFindsThatItIsBehind(t *testing.T) {
	for _, how := range []string{"of a node that was stopped", "of a node that was killed"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			south, north := openOffice(t)
			s := newSaid()
			work(s, "before the copy", 40, south, north)
			equal(south, north)
			if strings.Contains(how, "killed") {
				south.kill() // its last commits are beside the databases
			} else {
				south.stop()
			}
			old := south.dir + "-old"
			copied(t, south.dir, old)
			south.start()
			work(s, "after the copy", 60, south, north)
			equal(south, north)
			before := south.status().Sides["south"].Size
			south.kill()
			south.dir = old

			// Its officers send from the first moment: nothing is signed before
			// north has been heard.
			officers := s.officers(t)
			officers.at("at the old copy", south)
			officers.at("with the old copy", north)
			south.start()
			south.becomes("ready")
			await(t, "south has all again", func() (bool, string) {
				state := south.status()
				return state.Sides["south"].Size >= before, fmt.Sprintf("%+v", state)
			})
			officers.attempt(60)
			officers.end()
			equal(south, north)
			for _, n := range []*realNode{south, north} {
				s.check(n)
			}
			onlyOneHistory(south, north)
			t.Log(s)
		})
	}
}
