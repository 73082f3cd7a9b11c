package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"liaison.example/api"
	"liaison.example/sqldb/sqldbtest"
)

// The program is tested as a program: the scripts under testdata/script call
// the real binary, and run real nodes as processes.

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	bin, err := os.MkdirTemp("", "liaison-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	name := "liaison"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	build := exec.Command("go", append(append([]string{"build"}, buildFlags...), "-o", filepath.Join(bin, name), ".")...)
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		return 1
	}
	os.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return m.Run()
}

func TestScripts(t *testing.T) { runScripts(t, "testdata/script", nil) }

func TestScriptsOnPostgreSQL(t *testing.T) {
	runScripts(t, "testdata/postgres", map[string]string{"PG": sqldbtest.PostgreSQL(t), "PG2": sqldbtest.PostgreSQL(t)})
}

func runScripts(t *testing.T, dir string, env map[string]string) {
	deadline, _ := t.Deadline()
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Deadline:            deadline,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"soon":  soon,
			"start": start,
			"halt":  halt,
			"ports": ports,
			"json":  jsonValue,
			"same":  same,
			"fill":  fillFile,
			"flip":  flip,
			"due":   due,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("LIAISON_DIR", "")
			for name, value := range env {
				e.Setenv(name, value)
			}
			e.Values[startedKey{}] = map[string]*started{}
			return nil
		},
	})
}

// soon runs a command again and again until what it prints matches, at most for
// half a minute: soon '^sound' liaison verify south
func soon(ts *testscript.TestScript, _ bool, args []string) {
	const lookEvery, within = 100 * time.Millisecond, 30 * time.Second
	want := regexp.MustCompile("(?m)" + args[0])
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for began := time.Now(); ; <-look.C {
		ts.Check(ts.Exec(args[1], args[2:]...))
		if out := ts.ReadFile("stdout"); want.MatchString(out) {
			return
		} else if time.Since(began) > within {
			ts.Fatalf("no match for %s within %s in: %s", want, within, out)
		}
	}
}

// exits runs a command that must end with an exit code: exits 2 liaison frob
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &ended):
		got = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != code {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, code)
	}
}

// started is a process that serves.
type started struct {
	command     *exec.Cmd
	out, errout bytes.Buffer
	ended       chan error
}

type startedKey struct{}

// startTime is how long a command may take to be ready on a busy machine.
const startTime = 3 * time.Minute

// start starts a command that serves, and goes on when it is ready:
// start NAME liaison serve south
func start(ts *testscript.TestScript, _ bool, args []string) {
	p := &started{command: exec.Command(args[1], args[2:]...), ended: make(chan error, 1)}
	p.command.Dir, p.command.Stderr = ts.MkAbs("."), &p.errout
	p.command.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"), "LIAISON_DIR="+ts.Getenv("LIAISON_DIR"))
	out, err := p.command.StdoutPipe()
	ts.Check(err)
	ts.Check(p.command.Start())
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			fmt.Fprintln(&p.out, lines.Text())
			if strings.HasPrefix(lines.Text(), "ready ") {
				ready <- true
			}
		}
		p.ended <- p.command.Wait()
	}()
	ts.Value(startedKey{}).(map[string]*started)[args[0]] = p
	ts.Defer(func() {
		_ = p.command.Process.Kill() // most have ended long since
		for err := range p.ended {
			p.ended <- err
			break
		}
		ts.Logf("[%s]\n%s", args[0], p.errout.String())
	})
	select {
	case <-ready:
	case <-time.After(startTime):
		ts.Fatalf("%s is not ready after %s\n%s", args[0], startTime, p.errout.String())
	case err := <-p.ended:
		p.ended <- err
		ts.Fatalf("%s ended before it was ready: %v\n%s", args[0], err, p.errout.String())
	}
}

// halt sends a signal to a started command and waits for its exit code; its
// output can be looked at then: halt NAME INT 0
func halt(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(startedKey{}).(map[string]*started)[args[0]]
	signal := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}[args[1]]
	ts.Check(p.command.Process.Signal(signal))
	err := <-p.ended
	p.ended <- err
	if got := p.command.ProcessState.ExitCode(); strconv.Itoa(got) != args[2] {
		ts.Fatalf("%s ended with %d, want %s\n%s", args[0], got, args[2], p.errout.String())
	}
	_, err = io.Copy(ts.Stdout(), &p.out)
	ts.Check(err)
	_, err = ts.Stderr().Write(p.errout.Bytes())
	ts.Check(err)
}

// ports puts the base of four free ports that follow each other into a
// variable, and the single ports into NAME0 to NAME3.
func ports(ts *testscript.TestScript, _ bool, args []string) {
	base := fourPorts(ts)
	ts.Setenv(args[0], strconv.Itoa(base))
	for i := range 4 {
		ts.Setenv(args[0]+strconv.Itoa(i), strconv.Itoa(base+i))
	}
}

// lastPorts is where fourPorts looked last. It begins anywhere below the ports
// that the system gives out by itself.
var lastPorts atomic.Int64

// fourPorts finds four free ports that follow each other and that no other test
// of this run is given.
func fourPorts(t interface{ Fatalf(string, ...any) }) int {
	const first, step, tries = 10_000, 4, 5_000
	lastPorts.CompareAndSwap(0, int64(rand.IntN(tries)))
	for range tries {
		base := first + step*int(lastPorts.Add(1)%tries)
		if free(base) && free(base+1) && free(base+2) && free(base+3) {
			return base
		}
	}
	t.Fatalf("no four free ports follow each other")
	return 0
}

func free(port int) bool {
	l, err := net.Listen("tcp", portAddress(port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func portAddress(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// jsonValue puts a value of a JSON file into a variable: json stdout link.north.state STATE
func jsonValue(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for _, step := range strings.Split(args[1], ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[step]
		case []any:
			i, err := strconv.Atoi(step)
			ts.Check(err)
			if i >= len(at) {
				ts.Fatalf("%s has %d members", args[0], len(at))
			}
			v = at[i]
		}
	}
	text, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		ts.Check(err)
		text = string(b)
	}
	ts.Setenv(args[2], text)
}

// due looks into what "liaison check list --json" has printed for a line check that
// has not come yet and is due within a time: due stdout 2m
func due(ts *testscript.TestScript, _ bool, args []string) {
	within, err := time.ParseDuration(args[1])
	ts.Check(err)
	var printed struct{ Channels []api.ChannelChecks }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &printed))
	var seen []string
	for _, ch := range printed.Channels {
		list := ch.Now
		if ch.Next != nil {
			list = append(list, *ch.Next)
		}
		for _, check := range list {
			if ahead := time.Until(check.Due); ahead > 0 && ahead <= within {
				return
			}
			seen = append(seen, check.Due.String())
		}
	}
	ts.Fatalf("no line check is due within %s, only %q", within, seen)
}

// same compares texts: same $A $B
func same(ts *testscript.TestScript, neg bool, args []string) {
	if (args[0] == args[1]) == neg {
		ts.Fatalf("got %q and %q", args[0], args[1])
	}
}

// fillFile writes a file of so many bytes of text: fill FILE 50000
func fillFile(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat("가나다 ", n/10+1)[:n-n%10]), 0o600))
}

// flip changes one byte of a file, at a place counted from its end: flip FILE 40
func flip(ts *testscript.TestScript, _ bool, args []string) {
	back, err := strconv.Atoi(args[1])
	ts.Check(err)
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	b[len(b)-back] ^= 1
	ts.Check(os.Chmod(path, 0o600))
	ts.Check(os.WriteFile(path, b, 0o600))
}
