//go:build linux

package chaos_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/internal/pgcluster"
)

// shared is an office whose south keeps its record on a PostgreSQL server, with
// two processes at work on it at once. North keeps files.
type shared struct {
	server               *pgcluster.Cluster
	south, second, north *realNode
}

func openShared(t *testing.T) *shared {
	t.Helper()
	server, err := pgcluster.Start(t.Context(), pgcluster.Config{Dir: "/tmp"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	root := t.TempDir()
	o := &shared{server: server}
	o.south, o.north = newNode(t, root, "south", "--database", server.URL("postgres")), newNode(t, root, "north")
	admitEach(o.south, o.north)
	second := *o.south
	o.second = &second
	o.second.socket, o.second.log = filepath.Join(root, "second.sock"), filepath.Join(root, "second.log")
	o.second.address = host()
	o.second.args = []string{"--socket", o.second.socket, "--web", o.second.address + webPort, "--link", o.second.address + linkPort}
	t.Cleanup(o.second.kill)
	for _, n := range o.all() {
		n.start()
	}
	staffed(o.all()...)
	return o
}

func (o *shared) all() []*realNode { return []*realNode{o.south, o.second, o.north} }

// staff puts officers at both processes of south and at north.
func (o *shared) staff(officers *officers) {
	officers.at("at the first", o.south)
	officers.at("at the second", o.second)
	officers.at("alone", o.north)
}

// sound checks that all is there, once, and that nobody took anything amiss.
func (o *shared) sound(s *said) {
	equal(o.all()...)
	for _, n := range o.all() {
		s.check(n)
		n.noAlarms()
	}
	verified(o.south, o.north)
	o.south.t.Log(s)
}

func TestTwoProcessesOnOneDatabaseWriteInTurnsAndEitherCarriesTheLink(t *testing.T) {
	t.Parallel()
	chance := chanceOf(t)
	o := openShared(t)
	s := newSaid()
	officers := s.officers(t)
	o.staff(officers)
	for i := range 6 {
		officers.attempt(20 + chance.IntN(40))
		// One of the two dies. The other goes on writing, and takes the line over
		// if it did not have it.
		dies, stays := o.south, o.second
		if i%2 == 1 {
			dies, stays = stays, dies
		}
		dies.kill()
		if d, err := s.send(t.Context(), stays.client(), fmt.Sprint("the other has died ", i), patience); err != nil || d.State != api.Received {
			t.Fatalf("with the other process dead: %+v, %v\n%s", d, err, stays.tail())
		}
		dies.start()
		if d, err := s.send(t.Context(), dies.client(), fmt.Sprint("it is back ", i), patience); err != nil || d.State != api.Received {
			t.Fatalf("with the other process back: %+v, %v\n%s", d, err, dies.tail())
		}
	}
	officers.end()
	o.sound(s)
}

func TestAProcessThatHangsHoldsUpNobodyForLongAndForksNothing(t *testing.T) {
	t.Parallel()
	o := openShared(t)
	s := newSaid()
	for i := range 4 {
		officers := s.officers(t)
		officers.at(fmt.Sprint("at the first ", i), o.south)
		officers.at(fmt.Sprint("at the second ", i), o.second)
		officers.attempt(40)
		hangs, works := o.south, o.second
		if i%2 == 1 {
			hangs, works = works, hangs
		}
		signal(t, hangs, syscall.SIGSTOP) // amid a transaction, perhaps, and perhaps with the line
		if d, err := s.send(t.Context(), works.client(), fmt.Sprint("the other hangs ", i), patience); err != nil || d.State != api.Received {
			t.Errorf("while the other process hangs: %+v, %v\n%s", d, err, works.tail())
		}
		signal(t, hangs, syscall.SIGCONT) // and it does not know that it was away
		if d, err := s.send(t.Context(), hangs.client(), fmt.Sprint("it goes on ", i), patience); err != nil || d.State != api.Received {
			t.Errorf("when it goes on: %+v, %v\n%s", d, err, hangs.tail())
		}
		officers.end()
	}
	o.sound(s)
}

func signal(t *testing.T, n *realNode, s syscall.Signal) {
	t.Helper()
	if err := n.process.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func TestWhatOneProcessFindsOutTheOthersKnow(t *testing.T) {
	t.Parallel()
	o := openShared(t)
	l := takeOverFrom(t, o.south, o.north)
	north := l.leaves["north"]
	other := append(north[:len(north)-1:len(north)-1], leaf(time.Now(), l.all(), "other-history"))
	l.greet(nil)
	l.greet(func(hello map[string]any) {
		hello["ledgers"].(map[string]any)["north"].(map[string]any)["checkpoint"] = l.checkpoint(other)
	})
	both := []*realNode{o.south, o.second}
	for _, n := range both {
		n.until("has ended the replication of north's ledger", func(s api.Status) bool { return s.Link["north"].Halted == "fork" })
	}
	alarm, raised := o.second.alarms()["fork"]
	if !raised || alarm.Side != "north" {
		t.Fatalf("the second process knows the alarm %+v", alarm)
	}
	o.second.do("alarms", "clear", o.second.dir, strconv.FormatInt(alarm.ID, 10))
	for _, n := range both {
		n.until("tries again", func(s api.Status) bool { return s.Link["north"].Halted == "" })
	}
	o.north.start()
	for _, n := range o.all() {
		if d, err := l.said.send(t.Context(), n.client(), "afterwards, at "+n.socket, patience); err != nil || d.State != api.Received {
			t.Errorf("%s afterwards: %+v, %v", n.side, d, err)
		}
	}
	equal(o.all()...)
	for _, n := range o.all() {
		l.said.check(n)
	}
	verified(o.south, o.north)
}

func TestNodesRecoverByThemselvesWhenTheirDatabaseServerIsKilled(t *testing.T) {
	t.Parallel()
	chance := chanceOf(t)
	o := openShared(t)
	s := newSaid()
	officers := s.officers(t)
	o.staff(officers)
	for i := range 4 {
		officers.attempt(20 + chance.IntN(60))
		if err := o.server.Kill(); err != nil {
			t.Fatal(err)
		}
		officers.attempt(chance.IntN(60)) // people go on trying
		if d, err := s.send(t.Context(), o.north.client(), fmt.Sprint("to a south without database ", i), 0); err != nil {
			t.Errorf("north, whose database is well, sends: %+v, %v", d, err)
		}
		if err := o.server.Again(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, n := range []*realNode{o.south, o.second} {
			c := n.client()
			tries := 0
			await(t, n.side+" sends again", func() (bool, string) {
				tries++
				d, err := s.send(t.Context(), c, fmt.Sprint(n.socket, " again ", i, ".", tries), patience)
				return err == nil && d.State == api.Received, fmt.Sprintf("%+v, %v\n%s", d, err, n.tail())
			})
		}
	}
	officers.end()
	for _, n := range o.all() {
		select {
		case <-n.ended:
			t.Errorf("a process of %s has ended\n%s", n.side, n.tail())
		default:
		}
	}
	o.sound(s)
}
