package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test program play the roles of a measurement, as the
// program does, and run the floor for a test that kills it.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == ChildArg:
		if err := Child(context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	case len(os.Args) > 2 && os.Args[1] == "measure-for-ever":
		sizes := tiny
		sizes.rounds, sizes.lone = 1_000_000, 1_000
		_, err := measure(context.Background(), Options{Self: os.Args[:1], Dir: os.Args[2], Log: os.Stdout}, sizes, floorOnly)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var tiny = sizes{rounds: 2, warm: 5, lone: 20, crowd: 200, waiting: 2_500}

// floorOnly exercises the floor by itself, which needs no node.
var floorOnly = []row{{"floor", "the floor alone", time.Hour, func(ctx context.Context, b *run) (_ []Figure, err error) {
	f, err := b.startFloor(ctx, "floor")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	var figures []Figure
	for range b.sizes.rounds {
		lone, err := load(ctx, 1, b.sizes.lone, f.send)
		if err != nil {
			return nil, err
		}
		crowd, err := load(ctx, senders, b.sizes.crowd, f.send)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(f.fill(ctx, b.sizes.waiting), f.catchUp(ctx)); err != nil {
			return nil, err
		}
		figures = []Figure{{Name: "p50", Floor: lone.quantile(.5)}, {Name: "rate", Floor: crowd.rate()}}
	}
	return figures, nil
}}}

func TestTheFloorIsMeasuredAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	report, err := measure(t.Context(), Options{Self: os.Args[:1], Dir: dir}, tiny, floorOnly)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Figures) != 2 {
		t.Errorf("got %d figures, want 2", len(report.Figures))
	}
	for _, f := range report.Figures {
		if f.Floor <= 0 {
			t.Errorf("%s: got %v, want more than 0", f.Name, f.Floor)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestARunThatIsKilledLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "measure-for-ever", dir)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := output.Read(make([]byte, 1)); err != nil { // its first line of progress
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	until := time.Now().Add(time.Minute)
	for {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("left behind: %v", left)
		}
		<-time.After(20 * time.Millisecond) // another process removes it
	}
}

func TestARowThatIsNotThereIsRefused(t *testing.T) {
	_, err := Run(t.Context(), Options{Self: os.Args[:1], Dir: t.TempDir(), Rows: []string{"nothing"}})
	if err == nil || !strings.Contains(err.Error(), `no row "nothing"`) {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestTheReportPutsTheReceiptFirst(t *testing.T) {
	r := &Report{Figures: []Figure{
		{Row: "receipt", Name: receiptP50, Unit: "ms", Floor: 1, Liaison: 1.4, Ratio: 1.4, Target: 1.5, Rule: RatioAtMost},
		{Row: "receipt", Name: receiptP99, Unit: "ms", Floor: 2, Liaison: 6, Ratio: 3, Target: 2.5, Rule: RatioAtMost},
		{Row: "rate", Name: receiptRate, Unit: "/s", Floor: 12_000, Liaison: 6_000, Ratio: .5, Target: .3, Rule: RatioAtLeast},
	}}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"floor":{"p50_ms":1,"p99_ms":2,"rate64":12000},"receipt":{"p50_ms":1.4,"p99_ms":6,"rate64":6000},` +
		`"ratio":{"p50":1.4,"p99":3,"rate64":0.5},`
	if !strings.HasPrefix(string(text), want) {
		t.Errorf("got  %s\nwant %s...", text, want)
	}
	var table bytes.Buffer
	if err := r.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"≤ 1.5 × floor  met", "≤ 2.5 × floor  MISSED", "≥ 0.3 × floor  met"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
	if r.Met() {
		t.Error("the report says that all targets are met, want that one is missed")
	}
}
