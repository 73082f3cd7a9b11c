package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// enclosedSize is how large an enclosure is: the largest there may be.
const enclosedSize = office.MaxEnclosure

// crossLimit is how long an enclosure may take to cross when nothing else does.
const crossLimit = 5 * time.Minute

// enclosureRow times the journey of FLASH dispatches while an enclosure crosses,
// beside the same without one, and reads how the memory of the nodes grows.
func enclosureRow(ctx context.Context, b *run) (_ []Figure, err error) {
	p, err := b.startPair(ctx, "enclosure")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	peak := p.watchMemory(ctx)
	defer peak.stop()
	if _, err := load(ctx, 1, 2*b.sizes.lone, p.flash); err != nil {
		return nil, err
	}
	var p50, p99 pairs
	var quiet, grown []float64
	for round := range b.sizes.rounds {
		peak.take()
		without, err := load(ctx, 1, b.sizes.lone, p.flash)
		if err != nil {
			return nil, err
		}
		before := peak.take()
		sent, err := p.enclose(ctx, uint64(round))
		if err != nil {
			return nil, err
		}
		with, err := load(ctx, 1, b.sizes.lone, p.flash)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		held, err := p.crossed(ctx, sent, 0)
		if err != nil {
			return nil, err
		}
		if held == 0 || held == enclosedSize {
			return nil, fmt.Errorf("the enclosure did not cross beside the dispatches: %d bytes were there at the end", held)
		}
		if _, err := p.crossed(ctx, sent, crossLimit); err != nil {
			return nil, err
		}
		most := 0.0
		for i, after := range peak.take() {
			most = max(most, after-before[i])
		}
		grown = append(grown, most)
		quiet = append(quiet, float64(enclosedSize-held)/float64(1<<20)/time.Since(began).Seconds())
		p50.add(without.quantile(.5), with.quantile(.5))
		p99.add(without.quantile(.99), with.quantile(.99))
	}
	figures := []Figure{
		p50.figure("FLASH, release to receipt held, while 100 MiB cross, p50", "ms", 1.5, RatioAtMost),
		p99.figure("FLASH, release to receipt held, while 100 MiB cross, p99", "ms", 1.5, RatioAtMost),
		{Name: "an enclosure crosses, nothing else does", Unit: "MiB/s", Liaison: median(quiet), Rounds: len(quiet)},
		{Name: "memory, growth of a node while 100 MiB cross", Unit: "MiB", Liaison: median(grown), Target: 32, Rule: AtMost, Rounds: len(grown)},
	}
	for i := range figures[:2] {
		figures[i].Against = "the same without"
	}
	return figures, p.equal(ctx)
}

// flash releases a FLASH dispatch and waits for its receipt.
func (p *pair) flash(ctx context.Context, _ int) error {
	d := p.dispatch()
	d.Precedence = office.Flash
	sent, err := p.near.calls.Send(ctx, d, openLimit)
	if err == nil && sent.State != api.Received {
		err = fmt.Errorf("the dispatch %s is %s, want received", sent.ID, sent.State)
	}
	return err
}

// enclose reads in a file that was not there before, and releases a dispatch
// that names it.
func (p *pair) enclose(ctx context.Context, seed uint64) (office.EntryID, error) {
	file := io.LimitReader(rand.NewChaCha8([32]byte{0: byte(seed), 31: 1}), enclosedSize)
	enclosed, err := p.near.calls.Enclose(ctx, "measurement.bin", enclosedSize, file)
	if err != nil {
		return office.EntryID{}, err
	}
	d := p.dispatch()
	d.Enclosures = []office.Enclosure{enclosed}
	sent, err := p.near.calls.Send(ctx, d, openLimit)
	return sent.ID, err
}

// crossed tells how many bytes of a dispatch's enclosure are at the far side.
// With a limit it waits until it is whole.
func (p *pair) crossed(ctx context.Context, id office.EntryID, limit time.Duration) (held int64, err error) {
	for began := time.Now(); ; {
		d, err := p.far.calls.Dispatch(ctx, id)
		switch {
		case err != nil:
			return 0, err
		case len(d.Enclosures) != 1:
			return 0, fmt.Errorf("the dispatch %s has %d enclosures at the far side", id, len(d.Enclosures))
		case limit == 0 || d.Enclosures[0].Whole:
			return d.Enclosures[0].Held, nil
		case time.Since(began) > limit:
			return 0, fmt.Errorf("the enclosure of %s has not crossed in %s", id, limit)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, err
		}
	}
}

// memoryPeak watches the memory of nodes.
type memoryPeak struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu   sync.Mutex
	most []float64 // of each node since take was last called, in MiB
}

// watchMemory watches from now on until stop.
func (p *pair) watchMemory(ctx context.Context) *memoryPeak {
	const lookEvery = 20 * time.Millisecond
	ctx, cancel := context.WithCancel(ctx)
	hosts := []*host{p.near, p.far}
	m := &memoryPeak{cancel: cancel, most: make([]float64, len(hosts))}
	m.wait.Go(func() {
		for pause(ctx, lookEvery) == nil {
			for i, h := range hosts {
				if now, err := resident(ctx, h.node.cmd.Process.Pid); err == nil {
					m.mu.Lock()
					m.most[i] = max(m.most[i], now)
					m.mu.Unlock()
				}
			}
		}
	})
	return m
}

// take gives the most that each node has had since take was last called.
func (m *memoryPeak) take() []float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := m.most
	m.most = make([]float64, len(most))
	return most
}

// stop ends the watch.
func (m *memoryPeak) stop() {
	m.cancel()
	m.wait.Wait()
}
