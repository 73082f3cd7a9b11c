package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// realNode is a node that runs as a process.
type realNode struct {
	t       *testing.T
	side    office.Side
	dir     string
	process *exec.Cmd
	log     *os.File
}

// liaison runs a command of the program and returns what it prints.
func liaison(t *testing.T, args ...string) string {
	t.Helper()
	c := exec.Command("liaison", args...)
	var errout strings.Builder
	c.Stderr = &errout
	out, err := c.Output()
	if err != nil {
		t.Fatalf("liaison %s: %v\n%s", strings.Join(args, " "), err, errout.String())
	}
	return string(out)
}

// realOffice makes the folders of two sides that have admitted each other.
func realOffice(t *testing.T) (south, north *realNode) {
	t.Helper()
	base := fourPorts(t)
	root := t.TempDir()
	var nodes []*realNode
	for i, side := range []string{"south", "north"} {
		n := &realNode{t: t, side: side, dir: filepath.Join(root, side)}
		liaison(t, "init", n.dir, "--office", "kaesong.example", "--side", side, "--web", portAddress(base+i), "--link", portAddress(base+2+i))
		credence := filepath.Join(root, side+".credence")
		if err := os.WriteFile(credence, []byte(liaison(t, "credence", n.dir)), 0o600); err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, n)
	}
	for i, n := range nodes {
		liaison(t, "admit", n.dir, filepath.Join(root, nodes[1-i].side+".credence"), "--yes")
		n.start()
	}
	return nodes[0], nodes[1]
}

// start starts the node and waits until it serves.
func (n *realNode) start() {
	n.t.Helper()
	var err error
	if n.log, err = os.OpenFile(n.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		n.t.Fatal(err)
	}
	n.process = exec.Command("liaison", "serve", n.dir)
	n.process.Stderr = n.log
	out, err := n.process.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.process.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(n.kill)
	tooLate := time.AfterFunc(startTime, func() { _ = n.process.Process.Kill() })
	defer tooLate.Stop()
	if lines := bufio.NewScanner(out); !lines.Scan() || !strings.HasPrefix(lines.Text(), "ready ") {
		log, _ := os.ReadFile(n.dir + ".log")
		n.t.Fatalf("%s does not serve: %q\n%s", n.side, lines.Text(), log)
	}
}

// kill kills the node as a power cut would, unless it is dead.
func (n *realNode) kill() {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Kill()
	_ = n.process.Wait()
	n.process = nil
	n.log.Close()
}

func (n *realNode) client() *api.Client { return api.Dial(filepath.Join(n.dir, socketFile)) }

// said is what was reported as sent, and what may or may not have been, by
// subject.
type said struct {
	mu       sync.Mutex
	reported map[string]office.EntryID
	unsure   map[string]bool
	again    map[*realNode][]api.NewDispatch // those under a key of which it is not known
}

// send sends dispatches from a side until ctx ends or the node dies, each under a
// key if keyed, and calls sent after each attempt.
func (s *said) send(ctx context.Context, n *realNode, prefix string, keyed bool, sent func()) {
	client := n.client()
	defer client.Close()
	for i := 0; ctx.Err() == nil; i++ {
		subject := fmt.Sprintf("%s %s %d", n.side, prefix, i)
		dispatch := api.NewDispatch{Channel: "liaison", Precedence: office.Routine, Subject: subject, Text: "시험 test", By: "duty-officer"}
		if keyed {
			dispatch.Key = strings.ReplaceAll(subject, " ", "-")
		}
		d, err := client.Send(ctx, dispatch, 0)
		var refused *api.Problem
		s.mu.Lock()
		switch {
		case err == nil:
			s.reported[subject] = d.ID
		case !errors.As(err, &refused) && keyed:
			s.again[n] = append(s.again[n], dispatch)
		case !errors.As(err, &refused):
			s.unsure[subject] = true // the connection broke: it may be written
		}
		s.mu.Unlock()
		sent()
		if err != nil && refused == nil {
			return
		}
	}
}

// sendAgain sends once more what may or may not have been sent under a key.
func (s *said) sendAgain(t *testing.T, n *realNode) {
	t.Helper()
	client := n.client()
	defer client.Close()
	for _, dispatch := range s.again[n] {
		for range 2 {
			d, err := client.Send(t.Context(), dispatch, 0)
			if err != nil {
				t.Errorf("%s: %q again: %v", n.side, dispatch.Subject, err)
				break
			}
			if id, there := s.reported[dispatch.Subject]; there && id != d.ID {
				t.Errorf("%s: %q is answered with %s and %s", n.side, dispatch.Subject, id, d.ID)
			}
			s.reported[dispatch.Subject] = d.ID
		}
	}
	s.again[n] = nil
}

func TestNodesKilledAtAnyMomentLoseNothingAndBecomeEqual(t *testing.T) {
	const rounds = 12
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	south, north := realOffice(t)
	nodes := []*realNode{south, north}
	for _, n := range nodes {
		if _, err := n.client().WaitStatus(t.Context(), "equal", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	s := &said{reported: map[string]office.EntryID{}, unsure: map[string]bool{}, again: map[*realNode][]api.NewDispatch{}}
	repeated := 0
	for round := range rounds {
		// Both sides send, and one of them dies after some number of attempts;
		// now and then both.
		ctx, stop := context.WithCancel(t.Context())
		after := make(chan struct{}, 1<<16)
		var sending sync.WaitGroup
		for _, n := range nodes {
			for worker := range 2 {
				sending.Go(func() {
					s.send(ctx, n, fmt.Sprintf("%d.%d", round, worker), worker == 0, func() { after <- struct{}{} })
				})
			}
		}
		quiet := make(chan struct{}) // closed when nobody sends any more
		go func() { sending.Wait(); close(quiet) }()
		for range 1 + chance.IntN(150) {
			select {
			case <-after:
			case <-quiet:
			}
		}
		first := chance.IntN(2)
		nodes[first].kill()
		if chance.IntN(3) == 0 {
			nodes[1-first].kill()
		}
		stop()
		<-quiet
		for _, n := range nodes {
			if n.process == nil {
				n.start()
			}
			repeated += len(s.again[n])
			s.sendAgain(t, n)
		}
	}
	states := make([]api.Status, len(nodes))
	for range 2 { // the first may not have known, when it was equal, what the other still had for it
		for i, n := range nodes {
			var err error
			if states[i], err = n.client().WaitStatus(t.Context(), "equal", time.Minute); err != nil {
				log, _ := os.ReadFile(n.dir + ".log")
				t.Fatalf("%s: %v\n%s", n.side, err, log)
			}
		}
	}
	if states[0].Digest != states[1].Digest || !maps.Equal(states[0].Settled, states[1].Settled) {
		t.Errorf("south has %v with digest %s, north has %v with %s", states[0].Settled, states[0].Digest, states[1].Settled, states[1].Digest)
	}
	for _, n := range nodes {
		s.check(t, n)
		alarms, err := n.client().Alarms(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range alarms {
			t.Errorf("%s raised an alarm: %s %s %v", n.side, a.Code, a.Sentence, a.Detail)
		}
		liaison(t, "verify", n.dir)
	}
	t.Logf("%d dispatches were reported as sent, %d of them when they were sent again, of %d it was not known", len(s.reported), repeated, len(s.unsure))
}

// check holds what a node's record shows against what was reported.
func (s *said) check(t *testing.T, n *realNode) {
	t.Helper()
	found := map[string]office.EntryID{}
	numbers := map[string]bool{}
	q := api.Query{Limit: api.MaxList}
	for {
		page, err := n.client().Dispatches(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Dispatches {
			if before, twice := found[d.Subject]; twice {
				t.Errorf("%s shows %q twice: %s and %s", n.side, d.Subject, before, d.ID)
			}
			if number := fmt.Sprint(d.From, d.Number); numbers[number] {
				t.Errorf("%s shows number %d of %s twice", n.side, d.Number, d.From)
			} else {
				numbers[number] = true
			}
			found[d.Subject] = d.ID
			if _, reported := s.reported[d.Subject]; !reported && !s.unsure[d.Subject] {
				t.Errorf("%s shows %q, which was never sent", n.side, d.Subject)
			}
			if d.State != api.Received {
				t.Errorf("%s shows %s as %s", n.side, d.ID, d.State)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	for subject, id := range s.reported {
		if found[subject] != id {
			t.Errorf("%s: %q was reported as %s and is %s", n.side, subject, id, found[subject])
		}
	}
}
