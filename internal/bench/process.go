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
	began time.Time // just before it was started
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
	return b.program(ChildArg, role, string(text))
}

// program starts this program again with these arguments. It must end when its
// standard input does.
func (b *run) program(args ...string) (*child, error) {
	fail := func(err error) (*child, error) { return nil, fmt.Errorf("start %s: %w", args[0], err) }
	cmd := exec.Command(b.self[0], append(append([]string{}, b.self[1:]...), args...)...) //nolint:gosec // our own program
	log, err := os.CreateTemp(b.dir, "child-*.log")
	if err != nil {
		return fail(err)
	}
	defer log.Close()
	cmd.Stderr = log
	input, err := cmd.StdinPipe()
	if err != nil {
		return fail(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return fail(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return fail(err)
	}
	c := &child{cmd: cmd, began: began, input: input, lines: make(chan string, 64), log: log.Name()}
	go c.read(output)
	return c, nil
}

// once runs this program with these arguments to its end and returns its
// standard output.
func (b *run) once(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, b.self[0], append(append([]string{}, b.self[1:]...), args...)...) //nolint:gosec // our own program
	output, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("run %s: %w", args[0], err)
	}
	return output, nil
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
