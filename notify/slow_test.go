package notify

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// deafSender is a means that takes what it is told, and never answers.
type deafSender struct {
	testSender
	asked atomic.Int64
}

func (s *deafSender) Kind() string { return "deaf" }

func (s *deafSender) Send(ctx context.Context, _ To, _ Notice) error {
	s.asked.Add(1)
	<-ctx.Done()
	return ctx.Err()
}

func TestMeansThatNeverAnswerHoldUpNoOtherForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := &deafSender{}
		n := &Notify{senders: []Sender{deaf}}
		lines := make([]Line, sendPass)
		for i := range lines {
			lines[i].Means = 1
		}
		start := time.Now()
		results := n.sendAll(t.Context(), lines, map[int64]*Means{1: {ID: 1, Kind: "deaf", settings: Settings{}}}, nil, nil, &Gathered{Language: "en"})
		if took := time.Since(start); took > passLongest+sendLongest {
			t.Errorf("it took %s", took)
		}
		if int64(len(results)) != deaf.asked.Load() || len(results) < sendAtOnce {
			t.Errorf("%d results, %d were sent", len(results), deaf.asked.Load())
		}
		for i, r := range results {
			if r.line != &lines[i] || r.err == nil {
				t.Errorf("result %d: %+v", i, r)
			}
		}
	})
}
