//go:build linux

package chaos_test

import (
	"os"
	"path/filepath"
	"testing"

	"liaison.example/api"
)

func TestClocksThatJumpByAnHourLoseNothing(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	south, north := newNode(t, root, "south"), newNode(t, root, "north")
	nodes := []*realNode{south, north}
	turn := func(n *realNode, by string) {
		t.Helper()
		path := filepath.Join(root, n.side+".skew")
		if err := os.WriteFile(path+".new", []byte(by), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		n.program = skewed
		n.env = []string{"LIAISON_SKEW=" + filepath.Join(root, n.side+".skew")}
		turn(n, "0s")
	}
	admitEach(south, north)
	south.start()
	north.start()
	staffed(south, north)
	officer := south.signIn()

	s := newSaid()
	officers := s.officers(t)
	officers.at("clock", nodes...)
	some := func() {
		officers.attempt(40)
	}
	some()
	for _, jump := range []struct{ south, north string }{
		{"1h", "0s"}, {"-1h", "0s"}, {"-1h", "1h"}, {"0s", "-1h"}, {"1h", "-1h"}, {"1h", "1h"},
	} {
		turn(south, jump.south)
		turn(north, jump.north)
		some()
		// Both are ready, and what is said goes through.
		for _, n := range nodes {
			if state := n.status(); state.Mode != "ready" {
				t.Errorf("with clocks off by %v %s is %s: %s", jump, n.side, state.Mode, state.Why)
			}
			if d, err := s.send(t.Context(), n.client(), n.side+" at "+jump.south+" "+jump.north, patience); err != nil || d.State != api.Received {
				t.Errorf("with clocks off by %v %s sends: %+v, %v", jump, n.side, d, err)
			}
		}
		officer.shows()
		if jump.south == "1h" {
			south.kill() // it starts again by another clock than it died by
			turn(south, "-1h")
			south.start()
		}
	}
	officers.end()
	// With the clocks apart both become equal; and when they are right again.
	equal(south, north)
	for _, n := range nodes {
		turn(n, "0s")
		if _, err := s.send(t.Context(), n.client(), n.side+" with a right clock", patience); err != nil {
			t.Error(err)
		}
	}
	equal(south, north)
	for _, n := range nodes {
		s.check(n)
		n.noAlarms("clocks-apart")
	}
	verified(south, north)
	t.Log(s)
}
