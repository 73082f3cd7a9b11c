package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How much may be allocated before the collector of garbage runs, in percent of
// what is kept. Both keep little: at the collector's own setting, 100, it ran so
// often that one dispatch in a hundred met it, and that verifying took a sixth
// longer. Folding from nothing, before a node serves, makes much that is soon garbage.
// GOGC overrules it.
const (
	garbageOfNode   = 150
	garbageOfFold   = 400
	garbageOfVerify = 400
)

func setGarbage(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// A node that many look at keeps more, of which that many percent would be too
// much. So the collector runs earlier from smallNode on, but never so early that
// less than half of what is kept may be allocated before it runs again.
const (
	smallNode = 72 << 20 // bytes that the program takes for itself, without SQLite's
	lookKept  = 5 * time.Second
)

// keepSmall bounds what the program takes, until ctx ends. GOMEMLIMIT overrules it.
func keepSmall(ctx context.Context) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	kept := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	look := time.NewTicker(lookKept)
	defer look.Stop()
	for {
		metrics.Read(kept)
		debug.SetMemoryLimit(memoryLimit(int64(kept[0].Value.Uint64())))
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// memoryLimit is what a program that keeps so many bytes may take.
func memoryLimit(kept int64) int64 { return max(smallNode, kept+kept/2+smallNode/4) }
