//go:build linux

package chaos_test

import (
	"math/rand/v2"
	"testing"
	"time"
)

// chanceOf is a source of chance whose seed stands in the log of the test.
func chanceOf(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// kills is how many nodes are killed.
const kills = 40

func TestNodesKilledAtAnyMomentLoseNothingAndBecomeEqual(t *testing.T) {
	t.Parallel()
	chance := chanceOf(t)
	south, north := openOffice(t)
	nodes := []*realNode{south, north}
	s := newSaid()
	officers := s.officers(t)
	officers.at("kill", nodes...)
	killed := 0
	for killed < kills {
		// After some attempts of the senders one node dies, now and then both,
		// and now and then one that has not yet come up again. Some are stopped
		// in good order.
		officers.attempt(chance.IntN(60))
		victims := nodes[chance.IntN(2):][:1]
		if chance.IntN(4) == 0 {
			victims = nodes
		}
		for _, n := range victims {
			if chance.IntN(5) == 0 {
				n.stop() // in good order, for once
			} else {
				n.kill()
				killed++
			}
		}
		for chance.IntN(3) == 0 {
			n := victims[chance.IntN(len(victims))]
			if n.process != nil {
				n.kill()
				killed++
			}
			n.begin()
			select {
			case <-n.ready:
			case <-time.After(time.Duration(chance.IntN(80)) * time.Millisecond):
			}
			n.kill()
			killed++
		}
		for _, n := range victims {
			n.begin()
		}
		for _, n := range victims {
			n.serves()
		}
	}
	officers.end()
	mended := time.Now()
	equal(south, north)
	took := time.Since(mended)
	for _, n := range nodes {
		s.check(n)
		n.noAlarms()
	}
	verified(south, north)
	t.Logf("%d kills; equal %.1f s after the last; %s", killed, took.Seconds(), s)
	if reported, _, _ := s.count(); reported < 10*kills {
		t.Errorf("only %d dispatches were sent: that is no test", reported)
	}
}

func TestAnOfficeIsFoundedOnceThoughItsNodesAreKilledMeanwhile(t *testing.T) {
	t.Parallel()
	chance := chanceOf(t)
	root := t.TempDir()
	south, north := newNode(t, root, "south"), newNode(t, root, "north")
	nodes := []*realNode{south, north}
	admitEach(south, north)
	killed := 0
	for killed < 20 {
		for _, n := range nodes {
			if n.process == nil {
				n.begin()
			}
		}
		pause := time.NewTimer(time.Duration(chance.IntN(120)) * time.Millisecond)
		<-pause.C
		for _, n := range nodes[chance.IntN(2):] {
			n.kill()
			killed++
		}
	}
	for _, n := range nodes {
		if n.process == nil {
			n.begin()
		}
		n.serves()
	}
	staffed(south, north)
	equal(south, north)
	kinds := map[string]int{}
	for _, id := range south.record() {
		e, err := south.client().Entry(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		kinds[id.Side+" "+e.Kind]++
	}
	for _, side := range []string{"south", "north"} {
		if kinds[side+" charter"] != 1 || kinds[side+" post"] != 2 {
			t.Errorf("the ledgers hold %v", kinds)
		}
	}
	for _, n := range nodes {
		n.noAlarms()
	}
	verified(south, north)
}
