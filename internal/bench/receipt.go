package bench

import (
	"context"
	"time"
)

// Names of the figures that Report.MarshalJSON puts first.
const (
	receiptP50  = "release to receipt held, one sender, p50"
	receiptP99  = "release to receipt held, one sender, p99"
	receiptRate = "receipted dispatches per second, 64 senders"
)

// receiptRow times the journey of a lone sender's dispatch: from the request to
// release it until the answer that its receipt is held.
func receiptRow(ctx context.Context, b *run) ([]Figure, error) {
	f, p, err := b.both(ctx)
	if err != nil {
		return nil, err
	}
	var p50, p99 pairs
	for range b.sizes.rounds {
		floor, err := load(ctx, 1, b.sizes.lone, f.send)
		if err != nil {
			return nil, err
		}
		liaison, err := load(ctx, 1, b.sizes.lone, p.send)
		if err != nil {
			return nil, err
		}
		p50.add(floor.quantile(.5), liaison.quantile(.5))
		p99.add(floor.quantile(.99), liaison.quantile(.99))
	}
	p50Target := 1.5
	if b.engine.cluster != nil {
		p50Target = 2
	}
	return []Figure{
		p50.figure(receiptP50, "ms", p50Target, RatioAtMost),
		p99.figure(receiptP99, "ms", 2.5, RatioAtMost),
	}, p.equal(ctx)
}

// rateRow counts what 64 senders carry, each waiting for its receipt. Both
// nodes fold meanwhile; at the end their digests must be the same.
func rateRow(ctx context.Context, b *run) ([]Figure, error) {
	f, p, err := b.both(ctx)
	if err != nil {
		return nil, err
	}
	var rate pairs
	for range b.sizes.rounds {
		floor, err := load(ctx, senders, b.sizes.crowd, f.send)
		if err != nil {
			return nil, err
		}
		liaison, err := load(ctx, senders, b.sizes.crowd/2, p.send)
		if err != nil {
			return nil, err
		}
		rate.add(floor.rate(), liaison.rate())
	}
	return []Figure{rate.figure(receiptRate, "/s", 0.3, RatioAtLeast)}, p.equal(ctx)
}

// catchUpRow cuts the line, lets entries wait, mends it, and counts how quickly
// both sides hold and have folded them, with all receipts held.
func catchUpRow(ctx context.Context, b *run) ([]Figure, error) {
	f, p, err := b.both(ctx)
	if err != nil {
		return nil, err
	}
	var rate pairs
	count := float64(b.sizes.waiting)
	for range b.sizes.rounds {
		if err := f.fill(ctx, b.sizes.waiting); err != nil {
			return nil, err
		}
		start := time.Now()
		if err := f.catchUp(ctx); err != nil {
			return nil, err
		}
		floor := count / time.Since(start).Seconds()

		if err := p.near.calls.CutLine(ctx, p.far.side, true); err != nil {
			return nil, err
		}
		if _, err := load(ctx, senders, b.sizes.waiting, p.queue); err != nil {
			return nil, err
		}
		start = time.Now()
		if err := p.near.calls.CutLine(ctx, p.far.side, false); err != nil {
			return nil, err
		}
		if err := p.caughtUp(ctx); err != nil {
			return nil, err
		}
		rate.add(floor, count/time.Since(start).Seconds())
	}
	return []Figure{rate.figure("catch-up after a cut, entries per second", "/s", 0.3, RatioAtLeast)}, p.equal(ctx)
}

// caughtUp waits until every entry of the near side is folded at the far side
// and its receipt is held at the near side.
func (p *pair) caughtUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	status, err := p.near.calls.Status(ctx)
	if err != nil {
		return err
	}
	size := status.Sides[p.near.side].Size
	for {
		near, err := p.near.calls.Status(ctx)
		if err != nil {
			return err
		}
		far, err := p.far.calls.Status(ctx)
		if err != nil {
			return err
		}
		if near.Sides[p.near.side].Cosigned >= size && far.Sides[p.near.side].Placed >= size {
			return nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}
