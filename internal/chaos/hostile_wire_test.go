//go:build linux

package chaos_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/api"
)

// wireAttacks are about the form of what is said, and about saying again what
// was true once.
var wireAttacks = []attack{
	{name: "an old receipt for new entries", do: func(l *liar) {
		// The true north gave a receipt for what there was; it is shown again for
		// all that follows.
		status, answer := l.ask("hello", l.hello(nil))
		var hello struct {
			Ledgers map[string]struct{ Checkpoint string }
		}
		line, _, _ := strings.Cut(answer, "\n")
		if err := json.Unmarshal([]byte(line), &hello); status != http.StatusOK || err != nil {
			l.t.Errorf("a hello was answered %d, %v: %s", status, err, answer)
			return
		}
		old := l.cosigned(hello.Ledgers["south"].Checkpoint, l.keys["cosigner"])
		var shown atomic.Int64
		l.mirror(nil, map[string]func([]byte) (int, []byte){"extend": func(body []byte) (int, []byte) {
			var push struct{ Count, From int }
			line, _, _ := strings.Cut(string(body), "\n")
			if err := json.Unmarshal([]byte(line), &push); err != nil {
				l.t.Errorf("south pushes %q: %v", line, err)
			}
			shown.Add(1)
			return http.StatusOK, header(map[string]any{"receipt": old, "size": push.From + push.Count})
		}})
		await(l.t, "the old receipt is shown", func() (bool, string) { return shown.Load() > 0, "" })
		const soon = 500 * time.Millisecond
		if d, err := l.said.send(l.t.Context(), l.south.client(), "with an old receipt", soon); err != nil || d.State != api.Queued {
			l.t.Errorf("with an old receipt: %+v, %v", d, err)
		}
	}},
	{name: "entries that leave gaps, overlap or are not the sender's", do: func(l *liar) {
		l.greet(nil)
		north := l.leaves["north"]
		fresh := leaf(time.Now(), l.all(), "fresh")
		over := l.checkpoint(append(north[:len(north):len(north)], fresh))
		l.refused("extend", extension(len(north)+5, over, fresh), 422, "bad-proof")
		l.refused("extend", extension(1<<52, over, fresh), 422, "bad-proof")
		l.refused("extend", extension(len(north)+1, l.checkpoint(append(north[:len(north):len(north)], fresh, fresh)), fresh), 409, `"stale"`)
		l.refused("extend", extension(-1, over, fresh), 400, "malformed")
		l.refused("extend", extension(0, over, fresh), 409, `"stale"`)
		push := func(change func(map[string]any)) []byte {
			head := map[string]any{"checkpoint": over, "count": 1, "from": len(north), "ledger": "north", "proof": []string{}}
			change(head)
			return append(header(head), append([]byte{byte(len(fresh) >> 8), byte(len(fresh))}, fresh...)...)
		}
		l.refused("extend", push(func(h map[string]any) { h["count"] = 2 }), 400, "malformed")
		l.refused("extend", push(func(h map[string]any) { h["count"] = 0 }), 400, "malformed")
		l.refused("extend", push(func(h map[string]any) {
			h["proof"] = strings.Split(strings.Repeat("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,", 65)+"A", ",")
		}), 400, "malformed")
		l.refused("extend", push(func(h map[string]any) { h["ledger"] = "east" }), 404, "unknown-ledger")
		// South's own ledger, continued by north.
		status, answer := l.ask("extend", push(func(h map[string]any) { h["ledger"], h["from"] = "south", len(l.leaves["south"]) }))
		if status < 400 {
			l.t.Errorf("south's own ledger was continued by north: %d %s", status, answer)
		}
	}},
	{name: "greetings that nobody can mean", do: func(l *liar) {
		north := func(size any) func(map[string]any) {
			return func(hello map[string]any) { hello["ledgers"].(map[string]any)["north"].(map[string]any)["size"] = size }
		}
		many := func(member string, of any, n int) func(map[string]any) {
			return func(hello map[string]any) {
				list := make([]any, n)
				for i := range list {
					list[i] = of
				}
				hello[member] = list
			}
		}
		for name, change := range map[string]func(map[string]any){
			"a size below nothing": north(-1),
			"a size as text":       north("5"),
			"half a size":          north(1.5),
			"many ledgers": func(hello map[string]any) {
				for i := range 200 {
					hello["ledgers"].(map[string]any)[fmt.Sprint("side-", i)] = map[string]any{"checkpoint": "", "cosigned": map[string]int{}, "size": 1}
				}
			},
			"many notes":      many("notes", map[string]any{"by": "north", "ledger": "south", "note": "x", "size": 1}, 17),
			"many enclosures": many("awaits", map[string]any{"hash": strings.Repeat("0", 64), "held": 0, "size": 55}, 17),
			"another side":    func(hello map[string]any) { hello["side"] = "south" },
			"another office":  func(hello map[string]any) { hello["office"] = "elsewhere.example" },
		} {
			if status, answer := l.ask("hello", l.hello(change)); status != http.StatusBadRequest && status != http.StatusForbidden {
				l.t.Errorf("%s: answered %d: %s", name, status, answer)
			}
		}
		// What is only strange is taken, and believed in nothing.
		for _, change := range []func(map[string]any){
			north(int64(1) << 60), north(0),
			func(hello map[string]any) { hello["time"] = -1 }, func(hello map[string]any) { hello["time"] = int64(1) << 53 },
			func(hello map[string]any) { hello["beat"] = 0 }, func(hello map[string]any) { hello["beat"] = int64(1) << 53 },
			func(hello map[string]any) { hello["rules"] = int64(1) << 53 }, func(hello map[string]any) { hello["mode"] = "" },
			func(hello map[string]any) { hello["want"] = []string{"south", "north", "nobody"} },
		} {
			if status, answer := l.ask("hello", l.hello(change)); status == 0 || status >= 500 {
				l.t.Errorf("answered %d: %s", status, answer)
			}
		}
	}},
	{name: "requests that two readers read in two ways", do: func(l *liar) {
		const post = "POST /liaison/link/v1/hello HTTP/1.1\r\nHost: south\r\nContent-Type: " + contentType + "\r\n"
		hello := string(l.hello(nil))
		sized := fmt.Sprintf("Content-Length: %d\r\n", len(hello))
		for name, request := range map[string]string{
			"a length and chunks":    post + sized + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"two lengths":            post + sized + "Content-Length: 1\r\n\r\n" + hello,
			"an encoding":            post + sized + "Content-Encoding: gzip\r\n\r\n" + hello,
			"another type":           strings.Replace(post, contentType, "text/plain", 1) + sized + "\r\n" + hello,
			"fields without end":     post + strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 100) + sized + "\r\n" + hello,
			"HTTP/2 without asking":  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
			"a door that is none":    strings.Replace(post, "/hello", "/../../../etc/passwd", 1) + sized + "\r\n" + hello,
			"a length below nothing": post + "Content-Length: -5\r\n\r\n" + hello,
			"no HTTP":                "\x00\x01\x02\r\n\r\n",
		} {
			if status := l.raw(request); strings.Contains(status, " 200") {
				l.t.Errorf("%s: answered %q", name, status)
			}
		}
		if status := l.raw(post + sized + "\r\n" + hello); !strings.Contains(status, " 200") {
			l.t.Errorf("an honest hello was answered %q", status)
		}
	}},
	{name: "a flood of questions for files", alarm: "flood", do: func(l *liar) {
		l.greet(nil)
		var all sync.WaitGroup
		var stopped atomic.Bool
		for i := range 6 {
			door, body := "enclosure", fmt.Sprintf(`{"from":0,"hash":"%064d","max":1048576,"size":104857600}`+"\n", i)
			if i%2 == 1 {
				door, body = "part", fmt.Sprintf(`{"from":0,"hash":"%064d","size":104857600}`+"\n", i)+strings.Repeat("x", 64<<10)
			}
			all.Go(func() {
				for began := time.Now(); !stopped.Load() && time.Since(began) < patience; {
					status, answer := l.ask(door, []byte(body))
					switch {
					case status == http.StatusTooManyRequests:
						stopped.Store(true)
					case status == http.StatusOK:
						l.t.Errorf("%s was answered with %.100q", door, answer)
						return
					}
				}
			})
		}
		if all.Wait(); !stopped.Load() {
			l.t.Error("no flood was stopped")
		}
	}},
}

// raw sends south bytes that are meant for a request, and returns the first line
// of the answer, or why there was none.
func (l *liar) raw(request string) string {
	l.t.Helper()
	c, err := l.dial()
	if err != nil {
		l.t.Error(err)
		return ""
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		l.t.Error(err)
	}
	_, _ = io.WriteString(c, request) // south may close before it has heard all
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return line
}

func TestAHostileNodeThatSpeaksInOddFormsStopsNothingButItself(t *testing.T) {
	for _, a := range wireAttacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			l := takeOver(t)
			a.pass(l)
		})
	}
}
