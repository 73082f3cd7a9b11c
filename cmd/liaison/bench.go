package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"liaison.example/internal/bench"
)

type benchCommand struct {
	Folder string   `name:"dir" default:"." placeholder:"DIR" help:"A folder on the disk to measure; a folder in it is made and removed. Default: the current one."`
	Row    []string `placeholder:"NAME" help:"Measure only this row; may be given several times. Default: all."`
	Quick  bool     `help:"Smaller counts and fewer rounds: minutes become seconds, and the noise grows."`
	Strict bool     `help:"End with exit code 1 if a figure does not reach its target."`
	JSON   bool     `name:"json" help:"Print the figures as JSON."`
}

func (c *benchCommand) Help() string {
	return `Measures Liaison on this machine. Beside each figure stands a floor taken in the same run: the same traffic, on the same disk and with the same database, with nothing of Liaison in it. The ratio between them is what counts. The rows are: ` +
		strings.Join(bench.Rows(), ", ") + `. See docs/performance.md.`
}

func (c *benchCommand) Run(ctx context.Context, t *terminal) error {
	for _, row := range c.Row {
		if !slices.Contains(bench.Rows(), row) {
			return usagef("there is no row %q; the rows are %s", row, strings.Join(bench.Rows(), ", "))
		}
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	report, err := bench.Run(ctx, bench.Options{Self: []string{program}, Dir: c.Folder, Rows: c.Row, Quick: c.Quick, Log: t.err})
	if report == nil {
		return err
	}
	if c.JSON {
		err = errors.Join(err, t.printJSON(report))
	} else {
		err = errors.Join(err, report.WriteTable(t.out))
	}
	if err == nil && c.Strict && !report.Met() {
		err = errors.New("a figure does not reach its target")
	}
	return err
}

// benchProcess plays one of the processes of a measurement, if the arguments
// ask for it.
func benchProcess(ctx context.Context, t *terminal, args []string) (code int, asked bool) {
	if len(args) == 0 || args[0] != bench.ChildArg {
		return 0, false
	}
	return report(t, bench.Child(ctx, args[1:])), true
}
