//go:build linux

// Package chaos_test does to real nodes what time will do to them: it kills
// them, cuts and stalls the line between them, fills their disks, turns their
// clocks, brings back old copies of them, and lets a hostile node speak to
// them, each while people go on writing at both sides. Then it looks at both
// records, and at each file, whether all that was reported as sent is there,
// once.
package chaos_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
)

// The programs that TestMain builds and puts on the PATH. The second has a
// clock that a file turns (cmd/liaison, build tag skew).
const (
	program = "liaison"
	skewed  = "liaison-skew"
)

// builtVariable tells a test that runs again in a process of its own that the
// programs are built.
const builtVariable = "LIAISON_CHAOS_BUILT"

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if launched() {
		return launch()
	}
	if os.Getenv(builtVariable) != "" {
		return m.Run()
	}
	bin, err := os.MkdirTemp("", "liaison-chaos-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	for name, tags := range map[string]string{program: "", skewed: "skew"} {
		build := exec.Command("go", "build", "-tags", tags, "-o", filepath.Join(bin, name), "../../cmd/liaison")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build the program:", err)
			return 1
		}
	}
	os.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	os.Setenv(builtVariable, "1")
	// The tests wait more than they work.
	flag.Parse()
	if parallel := flag.Lookup("test.parallel").Value; parallel.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := parallel.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}
