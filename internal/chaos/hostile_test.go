//go:build linux

package chaos_test

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/api"
)

// attack is something that a hostile node does, and what must come of it.
type attack struct {
	name   string
	do     func(l *liar)
	alarm  string   // the code that names it; empty if there is nothing to say
	by     string   // the side that the alarm accuses; north unless said otherwise
	proof  []string // what the evidence file must hold; none is wanted if empty
	signed int      // how many statements with north's signature
	halts  bool     // it ends the replication of north's ledger
	lost   bool     // south is made to believe that north holds what it does not
}

func TestAHostileNodeStopsNothingButItself(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			l := takeOver(t)
			a.pass(l)
		})
	}
}

// quickly is within how long own people must be served while the attack goes
// on: some milliseconds were measured. Many tests share a slow machine; an attack
// that worked would hold them up for ever.
const quickly = 5 * time.Second

func (a *attack) pass(l *liar) {
	t, south := l.t, l.south
	honest := south.status().Sides["north"].Size
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.do(l)
	}()
	officer := south.signIn()
	c := south.client()
	var longest time.Duration
	for i := 0; i < 20 || !isClosed(done); i++ {
		began := time.Now()
		if _, err := l.said.send(t.Context(), c, fmt.Sprint("during the attack ", i), 0); err != nil {
			t.Errorf("a dispatch during the attack: %v", err)
		}
		longest = max(longest, time.Since(began))
		if i%10 == 0 {
			officer.shows()
			south.do("list", south.dir)
		}
		pause := time.NewTimer(pace)
		<-pause.C
	}
	if t.Logf("the slowest dispatch during the attack took %v", longest); longest > quickly {
		t.Errorf("it took more than %v", quickly)
	}
	if a.alarm != "" {
		a.alarmed(l)
	}
	s := south.status()
	if s.Mode != "ready" || s.Sides["north"].Size != honest {
		t.Errorf("south is %s (%s) and holds %d entries of north, it held %d", s.Mode, s.Why, s.Sides["north"].Size, honest)
	}
	if halted := s.Link["north"].Halted; (halted != "") != a.halts {
		t.Errorf("the replication of north's ledger: halted %q", halted)
	}
	if most, resident := int64(200<<20), south.resident(); resident > most {
		t.Errorf("south takes %d bytes of memory", resident)
	}
	verified(south)

	// The true north comes back. Once an officer has seen to the alarm, all is
	// as it was.
	if l.stop != nil {
		l.stop()
	}
	for _, alarm := range south.alarms() {
		if !alarm.Cleared {
			south.do("alarms", "clear", south.dir, strconv.FormatInt(alarm.ID, 10))
		}
	}
	l.north.start()
	if d, err := l.said.send(t.Context(), c, "to the true north", patience); err != nil || d.State != api.Received {
		t.Fatalf("to the true north: %+v, %v\n%s", d, err, south.tail())
	}
	equal(south, l.north)
	for _, n := range []*realNode{south, l.north} {
		l.said.check(n)
		if files, most := n.files(), 200; files > most {
			t.Errorf("%s has %d files open", n.side, files)
		}
	}
	verified(south, l.north)
	if _, raised := south.alarms()["peer-lost"]; a.lost && !raised {
		t.Errorf("the true north does not hold what the liar gave receipts for, and south does not say so: %v\n%s", south.alarms(), south.tail())
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// alarmed checks that south has raised the alarm, in words, and kept the proof.
func (a *attack) alarmed(l *liar) {
	t, south := l.t, l.south
	t.Helper()
	await(t, "south raises "+a.alarm, func() (bool, string) {
		_, raised := south.alarms()[a.alarm]
		return raised, fmt.Sprintf("%+v\n%s", south.alarms(), south.tail())
	})
	alarm := south.alarms()[a.alarm]
	by := "north"
	if a.by != "" {
		by = strings.TrimSpace(a.by)
	}
	if alarm.Side != by || len(alarm.Sentence) < 20 {
		t.Errorf("the alarm names %q and says %q", alarm.Side, alarm.Sentence)
	}
	if len(a.proof) == 0 && a.signed == 0 {
		return
	}
	text, err := os.ReadFile(filepath.Join(south.dir, "evidence", alarm.Evidence))
	if err != nil {
		t.Errorf("the evidence of %+v: %v", alarm, err)
		return
	}
	if n := bytes.Count(text, []byte("\n— "+officeName+"/north ")); n < a.signed {
		t.Errorf("the evidence holds %d signatures of north, want %d:\n%s", n, a.signed, text)
	}
	for _, part := range a.proof {
		if !bytes.Contains(text, []byte(part)) {
			t.Errorf("the evidence does not hold %q:\n%s", part, text)
		}
	}
}

// files is how many files and connections the node's process has open.
func (n *realNode) files() int {
	n.t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", n.process.Process.Pid))
	if err != nil {
		n.t.Fatal(err)
	}
	return len(open)
}

// resident is the memory that the node's process takes, in bytes.
func (n *realNode) resident() int64 {
	n.t.Helper()
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", n.process.Process.Pid))
	if err != nil {
		n.t.Fatal(err)
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		var kilobytes int64
		if _, err := fmt.Sscanf(lines.Text(), "VmRSS: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	n.t.Fatal("the system does not say how much memory a process takes")
	return 0
}

// refused checks how south answered.
func (l *liar) refused(door string, body []byte, status int, word string) {
	l.t.Helper()
	if got, answer := l.ask(door, body); got != status || !strings.Contains(answer, word) {
		l.t.Errorf("%s was answered %d, want %d %s: %s", door, got, status, word, answer)
	}
}

var attacks = []attack{
	{name: "a fork of the size that is held", alarm: "fork", halts: true, signed: 2, do: func(l *liar) {
		north := l.leaves["north"]
		other := append(north[:len(north)-1:len(north)-1], leaf(time.Now(), l.all(), "other-history"))
		l.greet(nil)
		l.greet(func(hello map[string]any) {
			hello["ledgers"].(map[string]any)["north"].(map[string]any)["checkpoint"] = l.checkpoint(other)
		})
	}},
	{name: "a fork of what follows", alarm: "fork", halts: true, signed: 2, do: func(l *liar) {
		north := l.leaves["north"]
		fresh := leaf(time.Now(), l.all(), "fresh")
		other := append(north[:len(north)-1:len(north)-1], leaf(time.Now(), l.all(), "other-history"), fresh)
		l.greet(nil)
		l.refused("extend", extension(len(north), l.checkpoint(other), fresh), 422, `"fork"`)
	}},
	{name: "a ledger rolled back and written anew", alarm: "fork", halts: true, signed: 2, do: func(l *liar) {
		north := l.leaves["north"]
		short := north[:len(north)-2]
		l.greet(func(hello map[string]any) {
			holds := hello["ledgers"].(map[string]any)["north"].(map[string]any)
			holds["checkpoint"], holds["size"] = l.checkpoint(short), len(short)
		})
		anew := append(short[:len(short):len(short)], leaf(time.Now(), l.all(), "a"), leaf(time.Now(), l.all(), "b"), leaf(time.Now(), l.all(), "c"))
		l.refused("extend", extension(len(short), l.checkpoint(anew), anew[len(short):]...), 409, `"stale"`)
		l.refused("extend", extension(len(north), l.checkpoint(anew), anew[len(north):]...), 422, `"fork"`)
	}},
	{name: "a copy that is rolled back", alarm: "peer-lost", do: func(l *liar) {
		back := func(hello map[string]any) {
			hello["ledgers"].(map[string]any)["south"].(map[string]any)["size"] = 1
		}
		l.answers(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			if door(r) == "hello" {
				_, _ = w.Write(l.hello(back))
				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write(header(map[string]any{"code": "busy", "size": 0}))
		})
		l.greet(back)
	}},
	{name: "an entry dated back", alarm: "seen-back", halts: true, proof: []string{`"kind":"dated-back"`}, do: func(l *liar) {
		l.greet(func(hello map[string]any) {
			hello["standing"] = map[string]any{"own": len(l.leaves["north"]), "seen": map[string]int{"south": len(l.leaves["south"])}}
		})
		l.refused("extend", l.next(leaf(time.Now(), l.seen(), "dated-back")), 422, "seen-back")
	}},
	{name: "an entry that has seen what was never written", alarm: "seen-unwritten", proof: []string{`"seen":{"south":1000000}`}, do: func(l *liar) {
		l.greet(nil)
		l.refused("extend", l.next(leaf(time.Now(), 1000000, "dreamt")), 422, "seen-unwritten")
	}},
	{name: "an entry from the day after tomorrow", alarm: "clock-ahead", do: func(l *liar) {
		l.greet(nil)
		l.refused("extend", l.next(leaf(time.Now().Add(50*time.Hour), l.all(), "tomorrow")), 422, "clock-ahead")
	}},
	{name: "an entry not in canonical form", alarm: "bad-entry", halts: true, proof: []string{`"kind": "spaced"`}, do: func(l *liar) {
		l.greet(nil)
		spaced := bytes.Replace(leaf(time.Now(), l.all(), "spaced"), []byte(`"kind":`), []byte(`"kind": `), 1)
		l.refused("extend", l.next(spaced), 422, "bad-entry")
	}},
	{name: "an entry of another office", alarm: "bad-entry", halts: true, proof: []string{"elsewhere.example"}, do: func(l *liar) {
		l.greet(nil)
		other := bytes.Replace(leaf(time.Now(), l.all(), "other"), []byte(officeName), []byte("elsewhere.example"), 1)
		l.refused("extend", l.next(other), 422, "bad-entry")
	}},
	{name: "a checkpoint that is not signed", alarm: "bad-checkpoint", do: func(l *liar) {
		l.greet(nil)
		north := l.leaves["north"]
		fresh := leaf(time.Now(), l.all(), "fresh")
		text, _, _ := strings.Cut(l.checkpoint(append(north[:len(north):len(north)], fresh)), "\n\n")
		l.refused("extend", extension(len(north), text+"\n\n", fresh), 422, "bad-checkpoint")
		_, stranger, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			l.t.Error(err)
			return
		}
		l.refused("extend", extension(len(north), signed(stranger, append(north[:len(north):len(north)], fresh)), fresh), 422, "bad-checkpoint")
	}},
	{name: "messages that are none", alarm: "bad-message", do: func(l *liar) {
		l.greet(nil)
		for _, body := range []string{"", "\n", "{}", "{}\n", "good morning\n", `{"beat":1e3}` + "\n", strings.Repeat("[", 100_000) + "\n", "\x00\xff\n"} {
			for _, door := range []string{"hello", "extend", "fetch", "digest"} {
				l.refused(door, []byte(body), 400, "malformed")
			}
		}
		push := l.next(leaf(time.Now(), l.all(), "cut"))
		l.refused("extend", push[:len(push)-1], 400, "malformed")
		l.refused("extend", append(push, 0), 400, "malformed")
	}},
	{name: "too much", do: func(l *liar) {
		l.greet(nil)
		l.refused("extend", bytes.Repeat([]byte("x"), 3<<20), 413, "too-large")
		many := make([][]byte, 5000)
		for i := range many {
			many[i] = leaf(time.Now(), l.all(), "many")
		}
		l.refused("extend", l.next(many...), 400, "malformed")
		if status, _ := l.ask("hello", l.hello(func(hello map[string]any) { hello["software"] = strings.Repeat("x", 1<<20) })); status != 400 {
			l.t.Errorf("a hello of a mebibyte was answered %d", status)
		}
	}},
	{name: "bodies without end", do: func(l *liar) {
		// One of no length, one of a length that never comes, one byte at a time.
		endless := func(length int64, each int, every time.Duration) {
			r, err := http.NewRequest(http.MethodPost, doorOf(l.south, "hello"), io.NopCloser(&drip{each, every}))
			if err != nil {
				l.t.Error(err)
				return
			}
			r.Header.Set("Content-Type", contentType)
			r.ContentLength = length
			answer, err := l.http.Do(r)
			if err == nil { // south has given up
				if answer.StatusCode < 400 {
					l.t.Errorf("a body without end was answered %d", answer.StatusCode)
				}
				answer.Body.Close()
			}
		}
		var all sync.WaitGroup
		all.Go(func() { endless(-1, 64<<10, 0) })
		for range 10 {
			all.Go(func() { endless(2<<20, 1, time.Second) })
		}
		all.Wait()
	}},
	{name: "answers without end", alarm: "bad-message", do: func(l *liar) {
		var calls sync.WaitGroup
		calls.Add(3)
		var once sync.Mutex
		n := 0
		l.answers(func(w http.ResponseWriter, r *http.Request) {
			once.Lock()
			n++
			call := n
			once.Unlock()
			if call <= 3 {
				defer calls.Done()
			}
			w.Header().Set("Content-Type", contentType)
			switch call % 3 {
			case 0:
				w.Header().Set("Content-Length", "9000000000000")
			case 1: // of no length
			case 2:
				w.Header().Set("Content-Length", "100000")
			}
			for block := bytes.Repeat([]byte("x"), 64<<10); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
				if call%3 == 2 {
					<-r.Context().Done() // a part of the answer, and no more
					return
				}
			}
		})
		calls.Wait()
	}},
	{name: "receipts with a false key", alarm: "bad-cosignature", do: func(l *liar) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			l.t.Error(err)
			return
		}
		l.mirror(key, nil)
		const soon = 500 * time.Millisecond
		if d, err := l.said.send(l.t.Context(), l.south.client(), "with a false receipt", soon); err != nil || d.State != api.Queued {
			l.t.Errorf("with a false receipt: %+v, %v", d, err)
		}
	}},
	{name: "receipts that are good", do: func(l *liar) {
		// So that it is known that the liar can do it right: south believes the
		// key, as it must, whoever has it.
		l.mirror(l.keys["cosigner"], nil)
		if d, err := l.said.send(l.t.Context(), l.south.client(), "with a receipt", patience); err != nil || d.State != api.Received {
			l.t.Errorf("with a good receipt: %+v, %v", d, err)
		}
	}, lost: true},
	{name: "refusals of all that is sent", alarm: "peer-refuses", do: func(l *liar) {
		l.mirror(nil, map[string]func([]byte) (int, []byte){"extend": func([]byte) (int, []byte) {
			return http.StatusUnprocessableEntity, header(map[string]any{"code": "refused", "detail": "we do not like it", "evidence": "because", "size": 0})
		}})
	}},
	{name: "a digest that is not ours", alarm: "records-differ", do: func(l *liar) {
		const wrong = "00000000000000000000000000000000000000000000000000000000000000ff"
		l.mirror(l.keys["cosigner"], map[string]func([]byte) (int, []byte){
			"hello": func([]byte) (int, []byte) {
				return http.StatusOK, l.hello(func(hello map[string]any) { hello["settled"] = map[string]any{"count": 5, "digest": wrong} })
			},
			"digest": func(body []byte) (int, []byte) {
				var q struct{ Count int }
				if err := json.Unmarshal(body, &q); err != nil {
					l.t.Errorf("south asks %q: %v", body, err)
				}
				return http.StatusOK, header(map[string]any{"count": q.Count, "digest": wrong, "entry": "north/0"})
			},
		})
	}},
	{name: "claims of entries that do not exist", do: func(l *liar) {
		var fetches atomic.Int64
		claim := func([]byte) (int, []byte) {
			return http.StatusOK, l.hello(func(hello map[string]any) {
				for _, side := range []string{"north", "south"} {
					hello["ledgers"].(map[string]any)[side].(map[string]any)["size"] = int64(1) << 52
				}
				hello["standing"] = map[string]any{"own": int64(1) << 52, "seen": map[string]any{"south": int64(1) << 52, "nobody": 7}}
			})
		}
		l.mirror(nil, map[string]func([]byte) (int, []byte){"hello": claim, "fetch": func([]byte) (int, []byte) {
			fetches.Add(1)
			return http.StatusConflict, header(map[string]any{"code": "stale", "size": int64(1) << 52})
		}})
		l.greet(func(hello map[string]any) {
			hello["ledgers"].(map[string]any)["north"].(map[string]any)["size"] = int64(1) << 52
		})
		await(l.t, "south asks for them", func() (bool, string) { return fetches.Load() > 0, "" })
		began := time.Now()
		await(l.t, "some time passes", func() (bool, string) { return time.Since(began) > 3*time.Second, "" })
		if n := fetches.Load(); n > 10 {
			l.t.Errorf("south asks %d times in three seconds for what does not exist", n)
		}
	}},
	{name: "a flood of questions", alarm: "flood", do: func(l *liar) {
		l.greet(nil)
		// More askers than may ask at once, and more questions than may be asked
		// in a minute: however slow the machine is, one of the two comes first.
		var all sync.WaitGroup
		var stopped atomic.Bool
		for range 6 {
			all.Go(func() {
				for began := time.Now(); !stopped.Load() && time.Since(began) < patience; {
					status, answer := l.ask("digest", []byte(`{"count":1}`+"\n"))
					if status == http.StatusTooManyRequests && strings.Contains(answer, `"flood"`) {
						stopped.Store(true)
					}
				}
			})
		}
		if all.Wait(); !stopped.Load() {
			l.t.Error("no flood was stopped")
		}
	}},
	{name: "silence", do: func(l *liar) {
		l.accepts()
		l.south.until("sees that the line is down", func(s api.Status) bool { return s.Link["north"].State == "down" })
		// Its own calls are begun and never end.
		for range 20 {
			c, err := l.dial()
			if err != nil {
				l.t.Error(err)
				return
			}
			defer c.Close()
			fmt.Fprintf(c, "POST /liaison/link/v1/hello HTTP/1.1\r\nHost: south\r\n")
		}
	}},
	{name: "strangers", alarm: "unknown-caller", by: " ", do: func(l *liar) {
		for range 30 {
			_, key, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				l.t.Error(err)
				return
			}
			r, err := caller(l.t, certificateOf(l.t, key)).Post(doorOf(l.south, "hello"), contentType, bytes.NewReader(l.hello(nil)))
			if err == nil {
				r.Body.Close()
				l.t.Errorf("a stranger was answered %d", r.StatusCode)
			}
		}
	}},
}

// drip is text without end, so many bytes at a time.
type drip struct {
	each  int
	every time.Duration
}

func (d *drip) Read(to []byte) (int, error) {
	if d.every > 0 {
		pause := time.NewTimer(d.every)
		<-pause.C
	}
	n := min(d.each, len(to))
	for i := range n {
		to[i] = 'x'
	}
	return n, nil
}
