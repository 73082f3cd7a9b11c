//go:build linux

package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// said is what those who sent were told. Each dispatch has a subject of its own.
type said struct {
	mu sync.Mutex
	// reported were answered as sent: exit code 0 or 3, status 201.
	reported map[string]api.Dispatch
	// refused were answered with a refusal: they must not be there.
	refused map[string]string
	// unknown are those whose connection broke: they may be there, once.
	unknown map[string]string
}

func newSaid() *said {
	return &said{reported: map[string]api.Dispatch{}, refused: map[string]string{}, unknown: map[string]string{}}
}

func (s *said) count() (reported, refused, unknown int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.reported), len(s.refused), len(s.unknown)
}

func (s *said) String() string {
	reported, refused, unknown := s.count()
	return fmt.Sprintf("%d dispatches were reported as sent, %d refused; of %d it was not known", reported, refused, unknown)
}

// text is what the dispatches say.
const text = "시험 test\n가나다 ABC 123"

// answer takes note of what became of a dispatch.
func (s *said) answer(subject string, d api.Dispatch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p *api.Problem
	switch {
	case err == nil:
		s.reported[subject] = d
	case errors.Is(err, api.ErrNotRunning):
		s.refused[subject] = err.Error()
	case errors.As(err, &p) && p.Status == http.StatusUnprocessableEntity:
		s.refused[subject] = p.Code
	default:
		s.unknown[subject] = err.Error()
	}
}

// send sends one dispatch over the node's socket. With wait it waits for the
// receipt, at most so long.
func (s *said) send(ctx context.Context, c *api.Client, subject string, wait time.Duration) (api.Dispatch, error) {
	d, err := c.Send(ctx, api.NewDispatch{
		Channel: "liaison", Precedence: office.Routine, Subject: subject, Text: text, By: "duty-officer",
	}, wait)
	s.answer(subject, d, err)
	return d, err
}

// command sends one dispatch with the program, as an officer at a terminal.
func (s *said) command(n *realNode, file, subject string, wait time.Duration) {
	args := []string{"send", n.dir, "--channel", "liaison", "--subject", subject, "--text-file", file, "--json"}
	if wait > 0 {
		args = append(args, "--wait", "--timeout", wait.String())
	}
	out, errout, code := n.try(args...)
	var d api.Dispatch
	var err error
	switch {
	case code == 0 || code == 3:
		if e := json.Unmarshal([]byte(out), &d); e != nil {
			n.t.Errorf("%q: exit code %d, and it printed %q, %q", subject, code, out, errout)
		}
		if wait > 0 && (code == 0) != (d.State != api.Queued) {
			n.t.Errorf("%q: exit code %d, and it printed %q", subject, code, out)
		}
	case strings.Contains(errout, "not running"):
		err = fmt.Errorf("%w: %s", api.ErrNotRunning, errout)
	default:
		err = errors.New(errout)
	}
	s.answer(subject, d, err)
}

// pace is the least time between two dispatches of one sender: the ledgers
// must stay small enough to be looked at whole in the end. The senders of a node
// together still send thirty in a second, and tests wait for attempts, not for
// time: a faster pace gives larger ledgers, busier processors and no other moments.
const pace = 90 * time.Millisecond

// officers send at nodes until they are told to end, whatever becomes of the
// nodes.
type officers struct {
	said    *said
	ctx     context.Context
	stop    context.CancelFunc
	sending sync.WaitGroup
	sent    chan struct{} // a token for each attempt, if there is room
}

// officers are some who have not begun. They end with the test at the latest.
func (s *said) officers(t *testing.T) *officers {
	o := &officers{said: s, sent: make(chan struct{}, 1)}
	o.ctx, o.stop = context.WithCancel(t.Context())
	t.Cleanup(o.stop)
	return o
}

// attempt waits until so many attempts have been made.
func (o *officers) attempt(times int) {
	for range times {
		<-o.sent
	}
}

// end lets them end, and waits until they have.
func (o *officers) end() {
	o.stop()
	o.sending.Wait()
}

// at lets some begin at nodes.
func (o *officers) at(name string, nodes ...*realNode) {
	for _, n := range nodes {
		o.begin(name, n)
	}
}

// begin lets some begin at a node: some over the socket, with and without
// waiting for the receipt, in bursts, and one with the program.
func (o *officers) begin(name string, n *realNode) {
	s, ctx := o.said, o.ctx
	attempt := func(after time.Duration, send func(subject string, i int)) {
		id := fmt.Sprint(n.side, " ", name, " ", after, " ")
		o.sending.Go(func() {
			tick := time.NewTicker(after)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
				send(id+fmt.Sprint(i), i)
				select {
				case o.sent <- struct{}{}:
				default:
				}
			}
		})
	}
	c := n.client()
	background := context.WithoutCancel(ctx) // who has begun to send hears the answer
	const wait = 2 * time.Second
	attempt(pace, func(subject string, i int) { _, _ = s.send(background, c, subject, 0) })
	attempt(pace+time.Millisecond, func(subject string, i int) { _, _ = s.send(background, c, subject, wait) })
	attempt(8*pace, func(subject string, i int) {
		var burst sync.WaitGroup
		for j := range 8 {
			burst.Go(func() { _, _ = s.send(background, c, fmt.Sprint(subject, ".", j), time.Duration(i%2)*wait) })
		}
		burst.Wait()
	})
	file := n.dir + ".text"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		n.t.Fatal(err)
	}
	attempt(10*pace, func(subject string, i int) { s.command(n, file, subject, time.Duration(i%2)*wait) })
}

// equal waits until all nodes hold the same, and checks that they do: states,
// digests, and of each ledger the whole list of entries.
func equal(nodes ...*realNode) {
	t := nodes[0].t
	t.Helper()
	var states []api.Status
	for _, n := range nodes {
		states = append(states, n.becomes("equal"))
	}
	// The first may have grown or settled more while the others became equal.
	for i, n := range nodes {
		states[i] = n.becomes("equal")
	}
	for i, s := range states[1:] {
		if s.Digest != states[0].Digest || !maps.Equal(s.Settled, states[0].Settled) {
			t.Errorf("%s has settled %v with digest %s, %s has %v with %s", states[0].Side, states[0].Settled, states[0].Digest,
				nodes[i+1].side, s.Settled, s.Digest)
		}
	}
	first := nodes[0].record()
	for _, n := range nodes[1:] {
		if record := n.record(); !slices.Equal(first, record) {
			t.Errorf("the joint orders of %s and %s differ", nodes[0].side, n.side)
		}
	}
}

// record lists the entries of all ledgers in their joint order, the newest
// first, and checks that no place and no id is missing or there twice, that all
// is settled, and that nothing is void.
func (n *realNode) record() (ids []office.EntryID) {
	n.t.Helper()
	c := n.client()
	next := map[office.Side]int64{} // lowest index seen
	before := int64(0)
	for cursor := ""; ; {
		page, err := c.Record(n.t.Context(), cursor, api.MaxList)
		if err != nil {
			n.t.Fatalf("record of %s: %v", n.side, err)
		}
		for _, e := range page.Entries {
			if before != 0 && e.Place != before-1 {
				n.t.Errorf("%s: place %d follows %d", n.side, e.Place, before)
			}
			if lowest, seen := next[e.ID.Side]; seen && e.ID.Index != lowest-1 {
				n.t.Errorf("%s: %s comes before %s/%d", n.side, e.ID, e.ID.Side, lowest)
			}
			if !e.Settled || e.Void != "" {
				n.t.Errorf("%s: %s is settled: %v, void: %q", n.side, e.ID, e.Settled, e.Void)
			}
			before, next[e.ID.Side] = e.Place, e.ID.Index
			ids = append(ids, e.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for side, lowest := range next {
		if lowest != 0 {
			n.t.Errorf("%s: the ledger of %s begins at %d", n.side, side, lowest)
		}
	}
	return ids
}

// check holds what a node's record shows against what the senders were told:
// all that was reported is there once, under its id and number, and received;
// nothing that was refused is there; numbers have no gaps.
func (s *said) check(n *realNode) {
	n.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := n.client()
	found := map[string]api.Dispatch{}
	numbers := map[office.Side]map[int64]bool{}
	for q := (api.Query{Limit: api.MaxList}); ; {
		page, err := c.Dispatches(n.t.Context(), q)
		if err != nil {
			n.t.Fatalf("dispatches of %s: %v", n.side, err)
		}
		for _, d := range page.Dispatches {
			if before, twice := found[d.Subject]; twice {
				n.t.Errorf("%s shows %q twice: %s and %s", n.side, d.Subject, before.ID, d.ID)
			}
			if numbers[d.From] == nil {
				numbers[d.From] = map[int64]bool{}
			}
			if numbers[d.From][d.Number] {
				n.t.Errorf("%s shows number %d of %s twice", n.side, d.Number, d.From)
			}
			if why, refused := s.refused[d.Subject]; refused {
				n.t.Errorf("%s shows %q, which was refused: %s", n.side, d.Subject, why)
			}
			if _, reported := s.reported[d.Subject]; !reported && s.unknown[d.Subject] == "" {
				n.t.Errorf("%s shows %q, which was never sent", n.side, d.Subject)
			}
			if d.State != api.Received {
				n.t.Errorf("%s shows %s as %s", n.side, d.ID, d.State)
			}
			numbers[d.From][d.Number], found[d.Subject] = true, d
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	for subject, d := range s.reported {
		if is := found[subject]; is.ID != d.ID || is.Number != d.Number {
			n.t.Errorf("%s: %q was reported as %s, number %d, and is %s, number %d", n.side, subject, d.ID, d.Number, is.ID, is.Number)
		}
	}
	for side, has := range numbers {
		for number := int64(1); number <= int64(len(has)); number++ {
			if !has[number] {
				n.t.Errorf("%s: number %d of %s is missing", n.side, number, side)
			}
		}
	}
}

// verified has the program verify data folders from nothing.
func verified(nodes ...*realNode) {
	for _, n := range nodes {
		n.t.Helper()
		n.do("verify", n.dir)
	}
}
