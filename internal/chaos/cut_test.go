//go:build linux

package chaos_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"liaison.example/api"
)

// strung is an office whose two nodes call each other over wires.
type strung struct {
	t                *testing.T
	south, north     *realNode
	toNorth, toSouth *wire
	said             *said
}

func openStrung(t *testing.T) *strung {
	t.Helper()
	root := t.TempDir()
	o := &strung{t: t, south: newNode(t, root, "south"), north: newNode(t, root, "north"), said: newSaid()}
	o.toNorth, o.toSouth = wireTo(o.north), wireTo(o.south)
	o.south.args = append(o.south.args, "--dial", "north="+o.toNorth.from)
	o.north.args = append(o.north.args, "--dial", "south="+o.toSouth.from)
	admitEach(o.south, o.north)
	o.south.start()
	o.north.start()
	staffed(o.south, o.north)
	return o
}

func (o *strung) nodes() []*realNode { return []*realNode{o.south, o.north} }

func (o *strung) mend() {
	o.toNorth.becomes(fair)
	o.toSouth.becomes(fair)
}

// queues checks that writing goes on at a node whose line is gone: what is said
// is queued, with its age, and not more.
func (o *strung) queues(n *realNode, subject string) {
	o.t.Helper()
	const soon = 200 * time.Millisecond
	d, err := o.said.send(o.t.Context(), n.client(), subject, soon)
	if err != nil || d.State != api.Queued {
		o.t.Errorf("%s sends %q without a line: %+v, %v", n.side, subject, d, err)
		return
	}
	out := n.do("show", d.ID.String(), "--dir", n.dir)
	if !strings.Contains(out, "State: queued") {
		o.t.Errorf("%s shows %s, which waits: %s", n.side, d.ID, out)
	}
	for _, line := range n.status().Link {
		if line.Waiting < 1 || line.WaitingSince == nil || line.WaitingSince.After(d.At) {
			o.t.Errorf("%s has sent %s at %v, and of its line is said: %+v", n.side, d.ID, d.At, line)
		}
	}
}

// received waits until everything that was said is received at both ends, and
// checks it with one dispatch each.
func (o *strung) received(name string) {
	o.t.Helper()
	for _, n := range o.nodes() {
		d, err := o.said.send(o.t.Context(), n.client(), n.side+" "+name, patience)
		if err != nil || d.State != api.Received {
			o.t.Fatalf("%s, %s: %+v, %v\n%s", n.side, name, d, err, n.tail())
		}
	}
	for _, n := range o.nodes() {
		n.becomes("received")
	}
}

// sound checks that all is there, once, and that nobody took anything amiss.
func (o *strung) sound() {
	equal(o.nodes()...)
	for _, n := range o.nodes() {
		o.said.check(n)
		n.noAlarms()
		if files, most := n.files(), 200; files > most {
			o.t.Errorf("%s has %d files open", n.side, files)
		}
	}
	verified(o.nodes()...)
	o.t.Log(o.said)
}

func TestAfterAnyCutOfTheLineBothSidesCatchUp(t *testing.T) {
	t.Parallel()
	chance := chanceOf(t)
	o := openStrung(t)
	officers := o.said.officers(t)
	officers.at("weather", o.nodes()...)
	some := func() {
		officers.attempt(10 + chance.IntN(30))
	}
	wires := []*wire{o.toNorth, o.toSouth}
	for round := range 3 {
		name := func(what string) string { return fmt.Sprint(what, " ", round) }

		// In one direction only: whoever can call carries both.
		one := chance.IntN(2)
		wires[one].becomes(cut)
		some()
		o.received(name("with one direction"))

		// In both. The first to be heard again is one or the other.
		wires[1-one].becomes(cut)
		some()
		for _, n := range o.nodes() {
			n.until("sees that the line is down", func(s api.Status) bool {
				for _, line := range s.Link {
					return line.State == "down"
				}
				return false
			})
			o.queues(n, n.side+" "+name("while the line is cut"))
		}
		if chance.IntN(2) == 0 {
			n := o.nodes()[chance.IntN(2)]
			n.kill()
			n.start()
		}
		wires[one].becomes(fair)
		o.received(name("after the cut"))
		o.mend()

		// In the middle of messages, some of them again and again.
		for range 6 {
			w := wires[chance.IntN(2)]
			w.cutAfter(chance.IntN(1 << (2 + chance.IntN(14))))
			some()
			w.becomes(fair)
		}
		o.received(name("after cuts in the middle"))
	}
	officers.end()
	o.sound()
}

func TestALineThatHangsStopsNobodyAndIsMadeUpFor(t *testing.T) {
	for name, w := range map[string]weather{"stalled": stalled, "swallows": swallows, "dripping": dripping} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := openStrung(t)
			officers := o.said.officers(t)
			officers.at("weather", o.nodes()...)
			officers.attempt(20)
			o.toNorth.becomes(w)
			o.toSouth.becomes(w)
			for _, n := range o.nodes() {
				o.queues(n, n.side+" while the line hangs")
				n.until("sees that the line is down", func(s api.Status) bool {
					for _, line := range s.Link {
						return line.State == "down"
					}
					return false
				})
				o.queues(n, n.side+" while the line is known to hang")
			}
			// A node that is started while the line hangs serves its people.
			o.north.kill()
			o.north.start()
			o.queues(o.north, "north has just been started")
			o.mend()
			o.received("after the line hung")
			officers.end()
			o.sound()
		})
	}
}
