package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// restTime is how long a node rests before its memory is read.
const restTime = 10 * time.Second

// memory returns the resident memory of the larger of the two nodes, in MiB,
// after a rest.
func (p *pair) memory(ctx context.Context) (float64, error) {
	if err := pause(ctx, restTime); err != nil {
		return 0, err
	}
	most := 0.0
	for _, h := range []*host{p.near, p.far} {
		mib, err := resident(ctx, h.node.cmd.Process.Pid)
		if err != nil {
			return 0, err
		}
		most = max(most, mib)
	}
	return most, nil
}

// resident returns the resident memory of a process in MiB: from the system's
// process files where there are such, else from ps.
func resident(ctx context.Context, pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if errors.Is(err, os.ErrNotExist) {
		output, err := exec.CommandContext(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
		if err != nil {
			return 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
		}
		return kibibytes(string(output))
	}
	if err != nil {
		return 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			return kibibytes(strings.TrimSuffix(strings.TrimSpace(rest), "kB"))
		}
	}
	return 0, fmt.Errorf("read the memory of process %d: no VmRSS", pid)
}

func kibibytes(text string) (float64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the memory of a process: %w", err)
	}
	return float64(n) / 1024, nil
}

// memoryRow reads the memory of nodes that rest.
func memoryRow(ctx context.Context, b *run) (_ []Figure, err error) {
	idle, err := b.startPair(ctx, "idle")
	if err != nil {
		return nil, err
	}
	resting, err := idle.memory(ctx)
	if err := errors.Join(err, idle.stop()); err != nil {
		return nil, err
	}
	full, err := b.full(ctx)
	if err != nil {
		return nil, err
	}
	if err := full.restart(ctx, full.near, full.far); err != nil {
		return nil, err
	}
	again, err := full.memory(ctx)
	if err != nil {
		return nil, err
	}
	return []Figure{
		{Name: "memory, idle", Unit: "MiB", Liaison: resting, Target: 60, Rule: AtMost, Rounds: 1},
		{Name: fmt.Sprintf("memory, after writing %d entries", b.sizes.ledger), Unit: "MiB", Liaison: full.filled, Target: 120, Rule: AtMost, Rounds: 1},
		{Name: fmt.Sprintf("memory, started with %d entries", b.sizes.ledger), Unit: "MiB", Liaison: again, Target: 120, Rule: AtMost, Rounds: 1},
	}, nil
}
