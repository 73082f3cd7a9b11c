// Testreport reads what `go test -json` prints and tells it to a person: one
// line for each package as it ends, the whole output of each test that failed,
// the slowest tests, and a closing line with the counts. It exits 1 if a test
// failed, and also if a test was left out or no test ran: in this project a
// test that cannot run has failed.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() {
	sound, err := report(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
	}
	if err != nil || !sound {
		os.Exit(1)
	}
}

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// name is the test with its package, cut to what differs.
func (e event) name() string {
	pkg := strings.TrimPrefix(strings.TrimPrefix(e.Package, "liaison.example"), "/")
	return strings.TrimPrefix(pkg+" "+e.Test, " ")
}

// slowest is how many of the slowest tests are named.
const slowest = 5

// longestLine is the most that one line of events may be.
const longestLine = 16 << 20

// report tells what the events say, and whether every test ran and passed.
func report(from io.Reader, to io.Writer) (sound bool, err error) {
	var (
		passed, failed int
		packageFailed  bool
		left, took     []event                 // tests that were left out; whole tests that passed
		outputs        = map[string][]string{} // what each test under way has printed
		lines          = bufio.NewScanner(from)
		say            = func(format string, args ...any) { fmt.Fprintf(to, format, args...) }
	)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" {
			say("%s\n", lines.Text()) // not an event: the tool itself speaks
			continue
		}
		switch name := e.name(); {
		case e.Action == "build-output":
			say("%s", e.Output)
		case e.Action == "build-fail":
			packageFailed = true
		case e.Test == "":
			switch e.Action {
			case "output":
				if e.Output != "PASS\n" {
					say("%s", e.Output)
				}
			case "fail":
				packageFailed = true
			}
		case e.Action == "output":
			outputs[name] = append(outputs[name], e.Output)
		case e.Action == "pass":
			passed++
			delete(outputs, name)
			if !strings.Contains(e.Test, "/") {
				took = append(took, e)
			}
		case e.Action == "skip":
			left = append(left, e)
			delete(outputs, name)
		case e.Action == "fail":
			failed++
			say("FAILED %s\n%s", name, strings.Join(outputs[name], ""))
			delete(outputs, name)
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("read the events: %w", err)
	}
	// What is left was under way when the process of its package ended.
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		packageFailed = true
		say("NOT ENDED %s\n%s", name, strings.Join(outputs[name], ""))
	}
	slices.SortFunc(took, func(a, b event) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	for _, e := range took[:min(slowest, len(took))] {
		if e.Elapsed >= 1 {
			say("slow: %6.1f s  %s\n", e.Elapsed, e.name())
		}
	}
	for _, e := range left {
		say("LEFT OUT %s: a test that cannot run counts as failed\n", e.name())
	}
	say("%d passed, %d failed", passed, failed)
	if len(left) > 0 {
		say(", %d skipped", len(left))
	}
	say("\n")
	return passed > 0 && failed == 0 && len(left) == 0 && !packageFailed, nil
}
