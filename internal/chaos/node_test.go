//go:build linux

package chaos_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// patience is how long a test waits for what must come by itself. It is long
// because many tests may share a slow machine, and costs nothing when all is
// well.
const patience = 90 * time.Second

// spawn starts processes from one system thread, which lives as long as the
// test process: a process that is to die with its parent dies in truth with
// the thread that started it.
var spawn = sync.OnceValue(func() func(*exec.Cmd) error {
	type start struct {
		command *exec.Cmd
		err     chan error
	}
	starts := make(chan start)
	go func() {
		runtime.LockOSThread()
		for s := range starts {
			s.err <- s.command.Start()
		}
	}()
	return func(c *exec.Cmd) error {
		if c.SysProcAttr == nil {
			c.SysProcAttr = &syscall.SysProcAttr{}
		}
		c.SysProcAttr.Pdeathsig = syscall.SIGKILL
		s := start{c, make(chan error)}
		starts <- s
		return <-s.err
	}
})

// realNode is a process that serves a side.
type realNode struct {
	t       *testing.T
	side    office.Side
	dir     string   // the data folder
	args    []string // of serve, beside the folder
	env     []string // beside the test's own
	program string
	address string // its own, of this machine
	socket  string
	log     string // where its log goes
	// launch changes how the process is started; what it returns is called
	// once it is. It may be nil.
	launch func(*exec.Cmd) (started func())

	process *exec.Cmd     // nil while it does not run
	ready   chan struct{} // closed when it serves
	ended   chan struct{} // closed when it has ended; ready is closed then, too
}

// begin starts the node and does not wait until it serves.
func (n *realNode) begin() {
	n.t.Helper()
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	defer log.Close()
	n.process = n.command(append([]string{"serve", n.dir}, n.args...)...)
	n.process.Stderr = log
	out, err := n.process.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	started := func() {}
	if n.launch != nil {
		started = n.launch(n.process)
	}
	if err := spawn()(n.process); err != nil {
		n.t.Fatal(err)
	}
	started()
	process, ready, ended := n.process, make(chan struct{}), make(chan struct{})
	n.ready, n.ended = ready, ended
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(out)
		if lines.Scan() && strings.HasPrefix(lines.Text(), "ready ") {
			close(ready)
			ready = nil
		}
		_, _ = io.Copy(io.Discard, out)
		_ = process.Wait()
		if ready != nil {
			close(ready)
		}
	}()
}

// start starts the node and waits until it serves.
func (n *realNode) start() {
	n.t.Helper()
	n.begin()
	n.serves()
}

// serves waits until the node serves.
func (n *realNode) serves() {
	n.t.Helper()
	select {
	case <-n.ready:
	case <-time.After(patience):
		n.t.Fatalf("%s does not become ready\n%s", n.side, n.tail())
	}
	select {
	case <-n.ended:
		n.t.Fatalf("%s has ended\n%s", n.side, n.tail())
	default:
	}
}

// kill ends the node as a power cut would, unless it has ended.
func (n *realNode) kill() {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Kill()
	<-n.ended
	n.process = nil
}

// stop ends the node in good order.
func (n *realNode) stop() {
	n.t.Helper()
	if err := n.process.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Fatal(err)
	}
	select {
	case <-n.ended:
	case <-time.After(patience):
		n.t.Fatalf("%s does not stop\n%s", n.side, n.tail())
	}
	if code := n.process.ProcessState.ExitCode(); code != 0 {
		n.t.Errorf("%s stopped with %d\n%s", n.side, code, n.tail())
	}
	n.process = nil
}

// tail is the end of the node's log.
func (n *realNode) tail() string {
	const most = 6000
	log, _ := os.ReadFile(n.log)
	if len(log) > most {
		log = log[len(log)-most:]
	}
	return fmt.Sprintf("--- the end of the log of %s ---\n%s", n.side, log)
}

// command is a command of the program, for this node.
func (n *realNode) command(args ...string) *exec.Cmd {
	c := exec.Command(n.program, args...)
	c.Env = append(append(os.Environ(), "LIAISON_SOCKET="+n.socket), n.env...)
	return c
}

// try runs a command of the program and returns what it prints and its exit
// code.
func (n *realNode) try(args ...string) (out, errout string, code int) {
	n.t.Helper()
	c := n.command(args...)
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	if err := spawn()(c); err != nil {
		n.t.Fatal(err)
	}
	var failed *exec.ExitError
	if err := c.Wait(); err != nil && !errors.As(err, &failed) {
		n.t.Fatal(err)
	}
	return o.String(), e.String(), c.ProcessState.ExitCode()
}

// do runs a command of the program that must succeed.
func (n *realNode) do(args ...string) string {
	n.t.Helper()
	out, errout, code := n.try(args...)
	if code != 0 {
		n.t.Fatalf("liaison %s ended with %d: %s%s\n%s", strings.Join(args, " "), code, out, errout, n.tail())
	}
	return out
}

// client makes a client of the node.
func (n *realNode) client() *api.Client {
	c := api.Dial(n.socket)
	n.t.Cleanup(c.Close)
	return c
}

// status is the state of the node.
func (n *realNode) status() api.Status {
	n.t.Helper()
	s, err := n.client().Status(n.t.Context())
	if err != nil {
		n.t.Fatalf("status of %s: %v\n%s", n.side, err, n.tail())
	}
	return s
}

// until waits until the status of the node is as wanted.
func (n *realNode) until(what string, so func(s api.Status) bool) api.Status {
	n.t.Helper()
	c := n.client()
	var s api.Status
	await(n.t, n.side+" "+what, func() (bool, string) {
		var err error
		if s, err = c.Status(n.t.Context()); err != nil {
			return false, err.Error() + "\n" + n.tail()
		}
		return so(s), fmt.Sprintf("%+v\n%s", s, n.tail())
	})
	return s
}

// becomes waits for one of the states that "liaison status --wait" knows.
func (n *realNode) becomes(state string) api.Status {
	n.t.Helper()
	s, err := n.client().WaitStatus(n.t.Context(), state, patience)
	if err != nil {
		now, _ := n.client().Status(context.Background())
		n.t.Fatalf("%s does not become %s: %v\nstatus: %+v\n%s", n.side, state, err, now, n.tail())
	}
	return s
}

// alarms lists the alarms of the node, cleared ones too, by code.
func (n *realNode) alarms() map[string]api.Alarm {
	n.t.Helper()
	list, err := n.client().Alarms(n.t.Context(), true)
	if err != nil {
		n.t.Fatalf("alarms of %s: %v\n%s", n.side, err, n.tail())
	}
	alarms := map[string]api.Alarm{}
	for _, a := range list {
		alarms[a.Code] = a
	}
	return alarms
}

// noAlarms checks that the node has raised no alarms but those allowed.
func (n *realNode) noAlarms(allowed ...string) {
	n.t.Helper()
	alarms := n.alarms()
	for _, code := range allowed {
		delete(alarms, code)
	}
	for _, a := range alarms {
		n.t.Errorf("%s raised an alarm: %+v", n.side, a)
	}
}

// await waits until something is so. It looks often, and fails with the last
// that was said when it does not come to be.
func await(t *testing.T, what string, so func() (yes bool, now string)) {
	t.Helper()
	const lookEvery = 25 * time.Millisecond
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for end := time.Now().Add(patience); ; {
		yes, now := so()
		switch {
		case yes:
			return
		case time.Now().After(end):
			t.Fatalf("waited in vain: %s\n%s", what, now)
		}
		select {
		case <-look.C:
		case <-t.Context().Done():
			t.Fatalf("waited in vain: %s\n%s", what, now)
		}
	}
}

// hosts numbers the addresses of this test process.
var hosts atomic.Int32

// host is an address of this machine that nobody else uses: every node has one
// of its own, with the same ports, so that a port which is free while its node
// is dead cannot be taken by a connection of somebody else.
func host() string {
	const first = 64 // 127.64.0.0 and up: below, people put things by hand
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", first+pid>>8&127, pid&255, hosts.Add(1))
}

// The ports of every node.
const (
	webPort  = ":8410"
	linkPort = ":8411"
)

// newNode makes the data folder of a side. Its office has two sides.
func newNode(t *testing.T, root string, side office.Side, init ...string) *realNode {
	t.Helper()
	n := &realNode{
		t: t, side: side, dir: filepath.Join(root, side), program: program,
		socket: filepath.Join(root, side+".sock"), log: filepath.Join(root, side+".log"),
	}
	n.args = []string{"--socket", n.socket}
	n.address = host()
	n.do(append([]string{"init", n.dir, "--office", officeName, "--side", side,
		"--web", n.address + webPort, "--link", n.address + linkPort}, init...)...)
	t.Cleanup(n.kill)
	return n
}

const officeName = "kaesong.example"

// admitEach lets two sides admit each other.
func admitEach(a, b *realNode) {
	for _, pair := range [][2]*realNode{{a, b}, {b, a}} {
		credence := pair[1].dir + ".credence"
		if err := os.WriteFile(credence, []byte(pair[1].do("credence", pair[1].dir)), 0o600); err != nil {
			pair[0].t.Fatal(err)
		}
		pair[0].do("admit", pair[0].dir, credence, "--yes")
	}
}

// openOffice makes an office of two sides that run and are equal.
func openOffice(t *testing.T) (south, north *realNode) {
	t.Helper()
	root := t.TempDir()
	south, north = newNode(t, root, "south"), newNode(t, root, "north")
	admitEach(south, north)
	south.start()
	north.start()
	staffed(south, north)
	return south, north
}

// staffed waits until the office is open, with its first posts, and equal.
func staffed(nodes ...*realNode) {
	const entries = 2 * 3 // at least: of each side a charter and two posts
	for _, n := range nodes {
		n.t.Helper()
		n.until("has its first posts", func(s api.Status) bool { return s.Open && s.Count >= entries })
	}
	for _, n := range nodes {
		n.becomes("equal")
	}
}
