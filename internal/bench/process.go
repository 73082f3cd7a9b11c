package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 2 * time.Minute  // for a child to say that it is there
	stopLimit  = 20 * time.Second // for a child to end by itself, before it is killed
	lineLimit  = 64 << 10         // bytes of one line from a child
)

// child is a process that the run started. It ends when its standard input
// closes, so also when the run dies.
type child struct {
	cmd   *exec.Cmd
	input io.Closer
	lines chan string // its standard output; closed at its end
	log   string      // file with its standard error
}

// start starts this program again in a role, with an argument that the role
// knows how to read.
func (b *run) start(role string, argument any) (*child, error) {
	text, err := json.Marshal(argument)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	args := append(append([]string{}, b.self[1:]...), ChildArg, role, string(text))
	cmd := exec.Command(b.self[0], args...) //nolint:gosec // our own program
	cmd.Env = append(os.Environ(), "LIAISON_BENCH=1")
	log, err := os.CreateTemp(b.dir, role+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	defer log.Close()
	cmd.Stderr = log
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	c := &child{cmd: cmd, input: input, lines: make(chan string, 64), log: log.Name()}
	go c.read(output)
	return c, nil
}

// read hands on the child's output line by line until its end. Lines that
// nobody has room for are dropped.
func (c *child) read(output io.Reader) {
	defer close(c.lines)
	s := bufio.NewScanner(output)
	s.Buffer(nil, lineLimit)
	for s.Scan() {
		select {
		case c.lines <- s.Text():
		default:
		}
	}
}

// await returns the rest of the first line that begins with the word.
func (c *child) await(ctx context.Context, word string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		select {
		case line, open := <-c.lines:
			if !open {
				return "", fmt.Errorf("the process ended before it said %q: %s", word, c.complaint())
			}
			if rest, found := strings.CutPrefix(line, word+" "); found {
				return rest, nil
			}
		case <-ctx.Done():
			return "", fmt.Errorf("wait for %q: %w: %s", word, ctx.Err(), c.complaint())
		}
	}
}

// complaint returns the end of what the child wrote to its standard error.
func (c *child) complaint() string {
	text, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// stop closes the child's input and waits for its end; after a while it kills it.
func (c *child) stop() error {
	if c == nil {
		return nil
	}
	_ = c.input.Close()
	timer := time.AfterFunc(stopLimit, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	for range c.lines { // until its output closes
	}
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("stop a process of the measurement: %w: %s", err, c.complaint())
	}
	return nil
}

// Child plays one role of a measurement in a process of its own, as the
// arguments after ChildArg say, until its standard input closes.
func Child(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("this command is for the program's own use")
	}
	play, known := roles[args[0]]
	if !known {
		return fmt.Errorf("no role %q", args[0])
	}
	// Ctrl-C at the terminal is for the run, which then closes our input.
	signal.Ignore(os.Interrupt)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return play(ctx, []byte(args[1]))
}

// roles are what a child process can be. Each runs until its context ends.
var roles = map[string]func(ctx context.Context, argument []byte) error{
	"sweep":      sweep,
	"keep":       keep,
	"floor-near": floorNear,
	"floor-far":  floorFar,
}

// say writes one line to the run.
func say(word string, rest any) error {
	text, err := json.Marshal(rest)
	if err != nil {
		return fmt.Errorf("say %s: %w", word, err)
	}
	if _, err := fmt.Printf("%s %s\n", word, text); err != nil {
		return fmt.Errorf("say %s: %w", word, err)
	}
	return nil
}

// sweep removes the run's folders when the run has ended. Other children may
// still be ending, so it tries for a while.
func sweep(ctx context.Context, argument []byte) error {
	var dirs []string
	if err := json.Unmarshal(argument, &dirs); err != nil {
		return fmt.Errorf("read the role: %w", err)
	}
	<-ctx.Done()
	var errs error
	for range 2 * int(stopLimit/time.Second) {
		errs = nil
		for _, dir := range dirs {
			errs = errors.Join(errs, os.RemoveAll(dir))
		}
		if errs == nil {
			return nil
		}
		time.Sleep(500 * time.Millisecond)
	}
	return fmt.Errorf("remove the run's folders: %w", errs)
}

// kept is a command that a keeper runs, and what it tells of it.
type kept struct {
	Command []string
	Env     []string
}

type started struct {
	PID int
	At  int64 // nanoseconds since 1970, just before the command was started
}

// keep runs a command that knows nothing of measurements, passes its output
// on, and stops it (SIGTERM, later SIGKILL) when the run closes our input.
func keep(ctx context.Context, argument []byte) error {
	var k kept
	if err := json.Unmarshal(argument, &k); err != nil || len(k.Command) == 0 {
		return fmt.Errorf("read the role: %w", err)
	}
	cmd := exec.CommandContext(ctx, k.Command[0], k.Command[1:]...) //nolint:gosec // given by the run
	cmd.Env = append(os.Environ(), k.Env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopLimit - 5*time.Second
	at := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", k.Command[0], err)
	}
	if err := say("started", started{cmd.Process.Pid, at.UnixNano()}); err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	err := cmd.Wait()
	if ctx.Err() != nil {
		return nil // stopped as asked
	}
	return fmt.Errorf("%s ended by itself: %w", strings.Join(k.Command, " "), err)
}
