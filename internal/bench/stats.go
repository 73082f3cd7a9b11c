package bench

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// turn is what one party, floor or Liaison, did in one round.
type turn struct {
	took    []time.Duration // of each exchange, sorted
	elapsed time.Duration   // of the round
}

// quantile returns the duration that a share q of the exchanges did not
// exceed, in milliseconds.
func (t turn) quantile(q float64) float64 {
	if len(t.took) == 0 {
		return 0
	}
	i := int(q * float64(len(t.took)))
	return milliseconds(t.took[min(i, len(t.took)-1)])
}

// rate returns exchanges per second.
func (t turn) rate() float64 {
	if t.elapsed <= 0 {
		return 0
	}
	return float64(len(t.took)) / t.elapsed.Seconds()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// load lets that many senders make count exchanges between them, each sender
// its next one as soon as the last is answered. The first error ends it.
func load(ctx context.Context, senders, count int, send func(ctx context.Context, i int) error) (turn, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	took := make([]time.Duration, count)
	start := time.Now()
	var wait sync.WaitGroup
	for range senders {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= count {
					return
				}
				sent := time.Now()
				if err := send(ctx, i); err != nil {
					cancel(err)
					return
				}
				took[i] = time.Since(sent)
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return turn{}, context.Cause(ctx)
	}
	t := turn{took: took, elapsed: time.Since(start)}
	slices.Sort(t.took)
	return t, nil
}

// median returns the middle value, of two middle values the mean; 0 for none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

// pairs collects what floor and Liaison did, round by round.
type pairs struct{ floor, liaison []float64 }

func (p *pairs) add(floor, liaison float64) {
	p.floor = append(p.floor, floor)
	p.liaison = append(p.liaison, liaison)
}

// ratio returns the median of the rounds' ratios, Liaison to floor.
func (p *pairs) ratio() float64 {
	var ratios []float64
	for i, f := range p.floor {
		if f > 0 {
			ratios = append(ratios, p.liaison[i]/f)
		}
	}
	return median(ratios)
}

// figure makes a figure of the pairs, held against a target ratio: at most the
// target, or at least it.
func (p *pairs) figure(name, unit string, target float64, rule Rule) Figure {
	return Figure{Name: name, Unit: unit, Floor: median(p.floor), Liaison: median(p.liaison), Ratio: p.ratio(),
		Target: target, Rule: rule, Rounds: len(p.floor)}
}
