//go:build linux

package chaos_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// maxGrowth is by how much a node's memory may grow while an enclosure crosses,
// in MiB.
const maxGrowth = 32

func TestAnEnclosureOf100MiBSurvivesTenCutsAndTwoKills(t *testing.T) {
	t.Parallel()
	chance := chanceOf(t)
	o := openStrung(t)
	held := func(d office.EntryID) (e api.Enclosed) {
		t.Helper()
		await(t, "north shows the dispatch", func() (bool, string) { // which it has; it is shown once it is placed
			d, err := o.north.client().Dispatch(t.Context(), d)
			if err == nil && len(d.Enclosures) == 1 {
				e = d.Enclosures[0]
			}
			return e.Hash != "", fmt.Sprintf("%+v, %v", d.Enclosures, err)
		})
		return e
	}
	// What a node needs for any enclosure, it needs for a small one too.
	small := o.encloses("sketch.bin", 2<<20)
	await(t, "the small enclosure", func() (bool, string) { e := held(small); return e.Whole, fmt.Sprint(e.Held) })

	memory := watchMemory(t, o.south, o.north)
	o.toSouth.cutAfter(8 << 20)
	d := o.encloses("map.bin", office.MaxEnclosure) // the receipt does not wait for the file
	last := int64(0)
	for cuts := 1; cuts <= 10; cuts++ {
		await(t, fmt.Sprint("cut ", cuts), func() (bool, string) { return o.toSouth.isCut(), fmt.Sprint(held(d).Held) })
		switch cuts {
		case 4:
			o.north.kill()
			o.north.begin()
			o.north.serves()
		case 7:
			o.south.kill()
			o.south.begin()
			o.south.serves()
		}
		if now := held(d); now.Whole || now.Held < last {
			t.Fatalf("after cut %d north holds %d bytes (whole: %v), before %d", cuts, now.Held, now.Whole, last)
		} else {
			last = now.Held
		}
		if cuts < 10 {
			o.toSouth.cutAfter(chance.IntN(8<<20) + 1<<20)
		}
	}
	o.mend()
	await(t, "the whole enclosure", func() (bool, string) { e := held(d); return e.Whole, fmt.Sprint(e.Held) })
	if last == 0 {
		t.Error("nothing was kept over the cuts")
	}
	await(t, "the word of north that it has it", func() (bool, string) {
		d, err := o.south.client().Dispatch(t.Context(), d)
		return err == nil && len(d.Enclosures[0].Stored) == 1, fmt.Sprint(err)
	})
	memory.check()
	equal(o.south, o.north)
	for _, n := range o.nodes() {
		n.noAlarms()
	}
	verified(o.south, o.north) // it reads every byte and finds the hash that the dispatch names
}

// killing is a file on the machine of a person that is being read in by a node, which
// is killed once the client has read as far as at.
type killing struct {
	*bytes.Reader
	n      *realNode
	at     int64
	killed bool
	lowest int64 // where the client has read from after the kill
}

func (k *killing) ReadAt(b []byte, offset int64) (int, error) {
	switch {
	case k.killed:
		k.lowest = min(k.lowest, offset)
	case offset >= k.at:
		k.killed = true
		k.n.kill()
	}
	return k.Reader.ReadAt(b, offset)
}

func TestAnUploadGoesOnWhereItWasAfterItsNodeWasKilled(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), "south")
	n.start()
	content := make([]byte, 4*api.MaxPart+12345)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(content)
	file := &killing{Reader: bytes.NewReader(content), n: n, at: 2*api.MaxPart + api.MaxPart/2, lowest: int64(len(content))}
	before := int64(-1) // how much the node had acknowledged when it was killed
	e, err := n.client().Upload(t.Context(), "map.bin", int64(len(content)), file, func(_ error, held int64, _ time.Duration) {
		if before < 0 {
			before = held
			n.start()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(content)); e.Hash != sum || e.Size != int64(len(content)) {
		t.Errorf("read in are %d bytes with the hash %s, want %d with %s", e.Size, e.Hash, len(content), sum)
	}
	if !file.killed || before != 2*api.MaxPart || file.lowest < before {
		t.Errorf("killed: %v, with %d bytes acknowledged; then it was sent again from byte %d", file.killed, before, file.lowest)
	}
	n.noAlarms()
}

// encloses sends a dispatch from south with an enclosure of so many bytes.
func (o *strung) encloses(name string, size int64) office.EntryID {
	o.t.Helper()
	client := o.south.client()
	e, err := client.Enclose(o.t.Context(), name, size, io.LimitReader(rand.NewChaCha8([32]byte{1}), size))
	if err != nil {
		o.t.Fatal(err)
	}
	d, err := client.Send(o.t.Context(), api.NewDispatch{
		Channel: "liaison", Precedence: office.Flash, Subject: name, Text: "It is enclosed.", By: "duty-officer", Enclosures: []office.Enclosure{e},
	}, patience)
	if err != nil || d.State != api.Received {
		o.t.Fatalf("released: %+v, %v", d.State, err)
	}
	return d.ID
}

// isCut reports whether the wire is cut now.
func (w *wire) isCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now == cut
}

// memories watches by how much the memory of nodes grows, from when they serve.
type memories struct {
	t    *testing.T
	stop chan struct{}
	done sync.WaitGroup

	mu    sync.Mutex
	first map[int]int64 // by process, KiB
	most  map[int]int64
}

func watchMemory(t *testing.T, nodes ...*realNode) *memories {
	m := &memories{t: t, stop: make(chan struct{}), first: map[int]int64{}, most: map[int]int64{}}
	for _, n := range nodes {
		pid := n.process.Process.Pid
		m.first[pid] = resident(pid)
	}
	m.done.Go(func() {
		look := time.NewTicker(20 * time.Millisecond)
		defer look.Stop()
		for {
			select {
			case <-m.stop:
				return
			case <-look.C:
			}
			m.mu.Lock()
			for pid := range m.first {
				m.most[pid] = max(m.most[pid], resident(pid))
			}
			m.mu.Unlock()
		}
	})
	return m
}

// check ends the watch and holds the growth of each process against maxGrowth.
func (m *memories) check() {
	m.t.Helper()
	close(m.stop)
	m.done.Wait()
	for pid, first := range m.first {
		grown := (m.most[pid] - first) >> 10
		m.t.Logf("process %d grew by %d MiB from %d MiB", pid, grown, first>>10)
		if grown >= maxGrowth {
			m.t.Errorf("process %d grew by %d MiB, and may by less than %d", pid, grown, maxGrowth)
		}
	}
}

// resident is the memory of a process in KiB that the system cannot take back,
// which its program on the disk is not; 0 if it has ended.
func resident(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "RssAnon:"); found {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n
		}
	}
	return 0
}
