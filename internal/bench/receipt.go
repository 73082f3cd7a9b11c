package bench

import (
	"context"
	"errors"
	"time"
)

// Names of the figures that Report.MarshalJSON puts first.
const (
	receiptP50  = "release to receipt held, one sender, p50"
	receiptP99  = "release to receipt held, one sender, p99"
	receiptRate = "receipted dispatches per second, 64 senders"
)

var rows = []row{
	{"floor", "the floor alone", 5 * time.Minute, floorAlone},
	{"append", "one append to a long ledger", 20 * time.Minute, appendRow},
}

// floorAlone measures the floor by itself.
func floorAlone(ctx context.Context, b *run) (_ []Figure, err error) {
	f, err := b.startFloor(ctx, "floor-alone", sqliteIn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	if _, err := load(ctx, 1, b.sizes.warm, f.send); err != nil {
		return nil, err
	}
	var p50, p99, rate, batched []float64
	for range b.sizes.rounds {
		lone, err := load(ctx, 1, b.sizes.lone, f.send)
		if err != nil {
			return nil, err
		}
		crowd, err := load(ctx, senders, b.sizes.crowd, f.send)
		if err != nil {
			return nil, err
		}
		if err := f.fill(ctx, b.sizes.waiting); err != nil {
			return nil, err
		}
		start := time.Now()
		if err := f.catchUp(ctx); err != nil {
			return nil, err
		}
		p50, p99 = append(p50, lone.quantile(.5)), append(p99, lone.quantile(.99))
		rate = append(rate, crowd.rate())
		batched = append(batched, float64(b.sizes.waiting)/time.Since(start).Seconds())
	}
	return []Figure{
		{Name: "floor p50", Unit: "ms", Floor: median(p50)},
		{Name: "floor p99", Unit: "ms", Floor: median(p99)},
		{Name: "floor rate64", Unit: "/s", Floor: median(rate)},
		{Name: "floor batched", Unit: "/s", Floor: median(batched)},
	}, nil
}
