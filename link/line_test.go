package link_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/link"
)

// TestWhatPassesOverTheLine plays testdata/line: whole links with real ledgers,
// over wires with faults, by a clock turned by hand.
func TestWhatPassesOverTheLine(t *testing.T) {
	runTranscripts(t, "line", func(t *testing.T, text string) (got string) {
		synctest.Test(t, func(t *testing.T) {
			d := &lineDesk{}
			got = playTranscript(t, text, d.do)
		})
		return got
	})
}

// lineDesk reads what happens to an office, and writes what follows.
type lineDesk struct{ o *office }

func (d *lineDesk) do(t *testing.T, command string) []string {
	w := strings.Fields(command)
	o := d.o
	switch w[0] {
	case "office":
		d.o = newOffice(t, w[1:]...)
		return nil
	case "start":
		for _, side := range w[1:] {
			o.nodes[side].start()
		}
	case "write":
		if err := o.nodes[w[1]].write(int(number(t, w[2]))); err != nil {
			return []string{"not written: " + err.Error()}
		}
		synctest.Wait()
		return nil // what follows is read with the next turn of the clock
	case "turn":
		time.Sleep(duration(t, w[1]))
	case "cut", "mend":
		cut := w[0] == "cut"
		o.wire.Change(w[1], w[len(w)-1], func(y *liaisontest.Way) { y.Cut = cut })
		if w[2] != ">" {
			o.wire.Change(w[2], w[1], func(y *liaisontest.Way) { y.Cut = cut })
		}
		return nil
	case "switch": // our own switch: "switch south north off"
		o.nodes[w[1]].link.Cut(w[2], w[3] == "off")
	case "double", "late": // "double south > north on"
		on := w[4] == "on"
		o.wire.Change(w[1], w[3], func(y *liaisontest.Way) {
			if w[0] == "double" {
				y.Double = on
			} else {
				y.Late = on
			}
		})
		return nil
	case "lose": // "lose answer south > north"
		o.wire.Change(w[2], w[4], func(y *liaisontest.Way) {
			if w[1] == "answer" {
				y.DropAnswer++
			} else {
				y.DropRequest++
			}
		})
		return nil
	case "bend": // "bend south > north request oversize"
		o.bend(t, w[1], w[3], w[4], w[5])
		return nil
	case "backup":
		if err := o.nodes[w[1]].backup(); err != nil {
			t.Fatal(err)
		}
		return nil
	case "restore":
		o.nodes[w[1]].restore()
		return nil
	case "settle": // "settle south 10", "settle south 10 spoilt 7"
		n := o.nodes[w[1]]
		n.mu.Lock()
		n.settled, n.spoilt = number(t, w[2]), 0
		if len(w) > 3 {
			n.spoilt = number(t, w[4])
		}
		n.mu.Unlock()
		return nil
	case "holdings":
		return o.holdings()
	case quietly:
		synctest.Wait()
		o.read()
		return nil
	default:
		t.Fatalf("nothing like %q can happen to an office", command)
	}
	synctest.Wait()
	return o.read()
}

// bend makes one side's requests or answers what no honest node would send.
func (o *office) bend(t *testing.T, from, to, what, how string) {
	body := func(body []byte) []byte {
		switch how {
		case "straight":
			return body
		case "oversize":
			return append(body, make([]byte, link.Defaults().Body)...)
		case "garbage":
			return []byte("good morning\n")
		case "not-canonical":
			return append([]byte(" "), body...)
		case "trailing":
			return append(body, "one more thing"...)
		case "half":
			return body[:len(body)/2]
		}
		t.Fatalf("no way to bend it %q", how)
		return nil
	}
	o.wire.Change(from, to, func(y *liaisontest.Way) {
		y.BendRequest, y.BendAnswer = nil, nil
		switch {
		case how == "straight":
		case what == "request":
			y.BendRequest = func(q link.Request) link.Request {
				q.Body = body(q.Body)
				return q
			}
		case what == "answer":
			y.BendAnswer = func(q link.Request, a link.Answer) link.Answer {
				a.Body = body(a.Body)
				return a
			}
		case what == "status":
			y.BendAnswer = func(_ link.Request, a link.Answer) link.Answer {
				a.Status, _ = strconv.Atoi(how)
				return a
			}
		}
	})
}
