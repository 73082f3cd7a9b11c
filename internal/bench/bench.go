// Package bench measures Liaison on the user's own machine. Beside each figure
// of Liaison it takes a floor: the same traffic, on the same disk, with the
// same database engine and the same settings, and nothing of Liaison in it.
// Floor and Liaison are measured by turns within one run, so that what the
// machine does meanwhile falls on both, and the ratio between them is the
// figure that counts; the milliseconds beside it are only for orientation.
//
// Everything that a run starts is a child process that ends when the run's end
// of its standard input closes, so nothing is left behind even when the run is
// killed; the folder that a run makes is removed in the same way. Each round is
// bounded in count and in time.
package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// ChildArg is the first argument with which the program is started again as
// one of the processes of a measurement. The program hands the arguments after
// it to Child.
const ChildArg = "bench-process"

// Options say what to measure and where.
type Options struct {
	Self  []string  // how to start this program again: the executable, then leading arguments if any
	Dir   string    // a folder on the disk to measure; the run makes a folder of its own in it and removes it
	Rows  []string  // names of the rows to measure, as in Rows; empty means all
	Quick bool      // smaller counts and fewer rounds: minutes become seconds, and the noise grows
	Log   io.Writer // progress, one line each; nil for none
}

// Rows lists the names of the rows in the order of the table.
func Rows() []string {
	var names []string
	for _, r := range rows() {
		names = append(names, r.name)
	}
	return names
}

// A row is one part of the table: what it measures, and how.
type row struct {
	name  string
	about string
	limit time.Duration // of the whole row; a row that takes longer is given up
	run   func(ctx context.Context, b *run) ([]Figure, error)
}

// run is one measurement under way.
type run struct {
	self    []string
	dir     string // the run's own folder
	sockets string // a folder for local sockets, whose paths must be short
	name    string // put before the names of folders
	sizes   sizes
	log     io.Writer
	engine  engine
	shared  *shared
}

// sizes says how much of everything a run does. All loops are bounded by them.
type sizes struct {
	rounds     int // how often floor and Liaison take turns
	warm       int // exchanges before the first round, not counted
	lone       int // exchanges in one round of the lone sender
	crowd      int // exchanges in one round of the 64 senders
	waiting    int // entries that wait during the cut
	ledger     int // entries of the full ledger: refold, verify, start, memory
	append     int // entries of the long ledger
	appendTurn int // appends in one round
	page       int // dispatches in one round of the open page
	rings      int // FLASH dispatches in one round of what rings
	desk       int // times that each page of a large desk is asked for
	starts     int // starts of the program in one turn
}

var (
	fullSizes = sizes{rounds: 7, warm: 300, lone: 1000, crowd: 16_000, waiting: 10_000, ledger: 100_000,
		append: 1_000_000, appendTurn: 100, page: 1000, rings: 100, desk: 500, starts: 5}
	quickSizes = sizes{rounds: 3, warm: 100, lone: 300, crowd: 5_000, waiting: 2_000, ledger: 10_000,
		append: 100_000, appendTurn: 50, page: 200, rings: 30, desk: 100, starts: 3}
)

const senders = 64 // of the crowd: writers that send at the same time

// Run measures the rows that the options name and returns the report. It
// returns what it has measured also together with an error.
func Run(ctx context.Context, o Options) (*Report, error) {
	chosen, err := choose(o.Rows)
	if err != nil {
		return nil, err
	}
	if o.Quick {
		return measure(ctx, o, quickSizes, chosen)
	}
	return measure(ctx, o, fullSizes, chosen)
}

// choose returns the rows of these names, or all if there are none.
func choose(names []string) ([]row, error) {
	for _, name := range names {
		if !slices.Contains(Rows(), name) {
			return nil, fmt.Errorf("no row %q; the rows are %s", name, strings.Join(Rows(), ", "))
		}
	}
	return slices.DeleteFunc(rows(), func(r row) bool { return len(names) > 0 && !slices.Contains(names, r.name) }), nil
}

func measure(ctx context.Context, o Options, s sizes, chosen []row) (*Report, error) {
	if len(o.Self) == 0 {
		return nil, errors.New("bench: Self is empty")
	}
	parent := o.Dir
	if parent == "" {
		parent = "."
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return nil, fmt.Errorf("find the folder to measure in: %w", err)
	}
	dir, err := os.MkdirTemp(parent, "liaison-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to measure in: %w", err)
	}
	sockets, err := os.MkdirTemp("", "liaison-bench-")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a folder for sockets: %w", err), os.RemoveAll(dir))
	}
	b := &run{self: o.Self, dir: dir, sockets: sockets, sizes: s, log: o.Log, shared: &shared{}}
	if b.log == nil {
		b.log = io.Discard
	}
	sweep, err := b.start("sweep", []string{sockets, dir})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(sockets), os.RemoveAll(dir))
	}
	report := &Report{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Quick: o.Quick}
	for _, r := range chosen {
		if err = b.row(ctx, r, report); err != nil {
			break
		}
	}
	return report, errors.Join(err, b.shared.stop(), sweep.stop())
}

// row measures one row within its time limit.
func (b *run) row(ctx context.Context, r row, report *Report) error {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	b.logf("%s: %s", r.name, r.about)
	figures, err := r.run(ctx, b)
	for i := range figures {
		figures[i].Row = r.name
	}
	report.Figures = append(report.Figures, figures...)
	if err != nil {
		return fmt.Errorf("measure %s: %w", r.name, err)
	}
	return nil
}

func (b *run) logf(format string, args ...any) { fmt.Fprintf(b.log, format+"\n", args...) }

// folder makes a folder of this name in the run's folder.
func (b *run) folder(name string) (string, error) {
	dir := filepath.Join(b.dir, b.name+name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a folder to measure in: %w", err)
	}
	return dir, nil
}

// filler is n bytes of plain text.
func filler(n int) []byte {
	const words = "The liaison office measures how long a dispatch takes from release to receipt. "
	return bytes.Repeat([]byte(words), n/len(words)+1)[:n]
}
