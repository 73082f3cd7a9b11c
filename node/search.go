package node

import (
	"context"
	"time"
)

// The search index is filled beside the folds. indexAfter lets what was just
// released or received go its way first. After each step the indexing rests at
// least indexRest; while there is news it rests indexShare times as long as the
// step took, so that those who write and read notice nothing of it.
const (
	indexAfter = 200 * time.Millisecond
	indexRest  = 5 * time.Millisecond
	indexShare = 40
)

// mayIndex says that there may be more to index.
func (n *Node) mayIndex() {
	select {
	case n.index <- struct{}{}:
	default:
	}
}

// indexFromTimeToTime puts into the search index what was folded, until ctx ends.
func (n *Node) indexFromTimeToTime(ctx context.Context) {
	n.mayIndex()
	pause := time.NewTimer(indexAfter)
	defer pause.Stop()
	failed := false // the last time
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.index:
		}
		rest := indexAfter
		for {
			pause.Reset(rest)
			select {
			case <-ctx.Done():
				return
			case <-pause.C:
			}
			started := time.Now()
			some, err := n.records.Index(ctx)
			if err != nil && ctx.Err() == nil && !failed {
				n.log.Error("dispatches are not indexed: the newest are not found by their words", "error", err)
			}
			failed = err != nil
			if !failed && some == 0 {
				break
			}
			rest = max(indexRest, time.Since(started))
			select {
			case <-n.index:
				rest = max(indexAfter, indexShare*time.Since(started))
			default:
			}
			if failed {
				rest = foldAgain
			}
		}
	}
}
