package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/seal"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// testSender is a sender of a test: it keeps what it was asked to send.
type testSender struct {
	mu   sync.Mutex
	sent []string
	keys []string
	last []Notice
	fail map[string]error // by the address of the person
	kill func()           // is called while it sends, as if the node were killed then
}

func (*testSender) Kind() string    { return "test" }
func (*testSender) Office() []Field { return nil }
func (*testSender) Personal() []Field {
	return []Field{{Name: "address", Type: FieldText, Required: true}}
}
func (*testSender) Retracts() {}

func (s *testSender) Send(_ context.Context, to To, n Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.last = append(s.keys, n.Key), append(s.last, n)
	if s.kill != nil {
		s.kill()
	}
	if err := s.fail[to.Personal["address"]]; err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %s %s step %d", to.Personal["address"], n.Sort, n.Dispatch, n.Step)
	if n.Withdrawn {
		text += " withdrawn"
	}
	s.sent = append(s.sent, text)
	return nil
}

func (s *testSender) take() (sent []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent, s.sent = s.sent, nil
	slices.Sort(sent)
	return sent
}

// people is the people of a side with a clock that a test turns.
type people struct {
	*Notify
	sender  *testSender
	now     time.Time
	waiting []Waiting
	persons []Person
	ours    []office.EntryID // the watches of the side that go on
}

func openPeople(t *testing.T, db *sqldb.DB) *people {
	t.Helper()
	p := &people{now: release, sender: &testSender{fail: map[string]error{}}}
	for _, person := range staff() {
		person.Means = nil
		p.persons = append(p.persons, person)
	}
	p.reopen(t, db)
	return p
}

func (p *people) reopen(t *testing.T, db *sqldb.DB) {
	t.Helper()
	var err error
	p.Notify, err = Open(t.Context(), Config{
		DB: db, Key: seal.Key{1, 2, 3}, Now: func() time.Time { return p.now }, Log: slog.New(slog.DiscardHandler), Pages: "https://south.example",
		Placed: func(context.Context) (map[office.Side]int64, error) { return nil, nil },
		Gather: func(context.Context, time.Time) (Gathered, error) {
			return Gathered{Waiting: slices.Clone(p.waiting), Persons: slices.Clone(p.persons), Admins: []string{"kim"}, Watches: p.ours, Zone: time.UTC, Language: "en"}, nil
		},
		Waits: func(_ context.Context, id office.EntryID) (bool, error) {
			return slices.ContainsFunc(p.waiting, func(w Waiting) bool { return w.ID == id }), nil
		},
		Senders: []Sender{p.sender},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (p *people) add(t *testing.T, account, address string) Means {
	t.Helper()
	m, _, err := p.AddMeans(t.Context(), account, "test", address, Settings{"address": address})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (p *people) mustTell(t *testing.T) time.Time {
	t.Helper()
	next, err := p.Tell(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func (p *people) told(t *testing.T, want ...string) {
	t.Helper()
	if got := p.sender.take(); !slices.Equal(got, want) {
		t.Errorf("at %s told\n%s\nwant\n%s", p.now.Format(time.DateTime), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPeopleAreToldOnceUntilSomebodyAcknowledges(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		p := openPeople(t, db)
		p.add(t, "park", "park")
		p.add(t, "lee", "lee")
		p.waiting = []Waiting{waiting("north/1", office.Flash)}
		p.mustTell(t)
		p.told(t, "park: dispatch north/1 step 0")
		p.mustTell(t)
		p.reopen(t, db) // as after a restart
		if next := p.mustTell(t); !next.Equal(release.Add(5 * time.Minute)) {
			t.Errorf("the next look is at %s", next)
		}
		p.told(t)
		p.now = release.Add(10 * time.Minute)
		p.mustTell(t)
		p.told(t, "lee: dispatch north/1 step 2", "park: dispatch north/1 step 1")
		p.waiting = nil // somebody acknowledges
		p.mustTell(t)
		p.told(t, "lee: dispatch north/1 step 2 withdrawn", "park: dispatch north/1 step 0 withdrawn", "park: dispatch north/1 step 1 withdrawn")
		p.now = release.Add(time.Hour)
		p.mustTell(t)
		p.told(t)
		p.waiting = []Waiting{waiting("north/2", office.Routine)}
		suspended := p.persons[0]
		p.persons = p.persons[1:]
		p.mustTell(t)
		p.told(t, "lee: dispatch north/2 step 0") // as there is no duty officer
		p.persons, p.waiting = append([]Person{suspended}, p.persons...), nil
		p.mustTell(t)
		p.told(t, "lee: dispatch north/2 step 0 withdrawn")
		list, err := p.Notices(t.Context(), "park", 10)
		if err != nil || len(list) != 2 || list[0].State != StateWithdrawn || list[0].Open {
			t.Errorf("listed: %+v, %v", list, err)
		}
	})
}

func TestAMeansThatFailsIsTriedAgainAndToldOfByAnother(t *testing.T) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := openPeople(t, db)
	p.add(t, "park", "broken")
	p.add(t, "park", "good")
	p.sender.fail["broken"] = errors.New("nobody there")
	p.waiting = []Waiting{waiting("north/1", office.Immediate)}
	next := p.mustTell(t)
	p.told(t, "good: dispatch north/1 step 0")
	if !next.Equal(release.Add(retryFirst)) {
		t.Errorf("it is tried again at %s", next)
	}
	var tries int
	for p.now = next; p.now.Before(release.Add(25 * time.Minute)); p.now = next {
		tries++
		next = p.mustTell(t)
	}
	if tries < 5 || tries > 9 {
		t.Errorf("tried again %d times", tries)
	}
	p.told(t, "good: fault /0 step 0")
	failing, err := p.Failing(t.Context())
	if err != nil || len(failing) != 1 || failing[0].Label != "broken" || failing[0].Failed != "nobody there" {
		t.Errorf("failing: %+v, %v", failing, err)
	}
	delete(p.sender.fail, "broken")
	for range 3 { // what was not sent of the release is not sent any more
		p.mustTell(t)
		p.now = p.now.Add(retryLongest)
	}
	p.told(t, "broken: dispatch north/1 step 1", "good: dispatch north/1 step 1")
	if failing, err := p.Failing(t.Context()); err != nil || len(failing) != 0 {
		t.Errorf("failing afterwards: %+v, %v", failing, err)
	}
}

// TestAKillBetweenSendingAndNotingSendsAgainUnderTheSameKey says what "at least
// once" means.
func TestAKillBetweenSendingAndNotingSendsAgainUnderTheSameKey(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		p := openPeople(t, db)
		p.add(t, "park", "park")
		p.waiting = []Waiting{waiting("north/1", office.Flash)}
		ctx, kill := context.WithCancel(t.Context())
		p.sender.fail["park"] = errors.New("killed")
		p.sender.kill = kill
		_, _ = p.Tell(ctx)
		delete(p.sender.fail, "park")
		p.sender.kill = nil
		p.reopen(t, db)
		p.mustTell(t)
		p.told(t) // the first attempt may still be under way elsewhere
		p.now = p.now.Add(retryFirst)
		p.mustTell(t)
		p.told(t, "park: dispatch north/1 step 0")
		p.now = p.now.Add(retryFirst)
		p.mustTell(t)
		p.told(t)
		if len(p.sender.keys) != 2 || p.sender.keys[0] != p.sender.keys[1] {
			t.Errorf("sent under %v", p.sender.keys)
		}
	})
}

func TestEachMeansIsTestedOnceADay(t *testing.T) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := openPeople(t, db)
	broken := p.add(t, "park", "park")
	p.add(t, "kim", "kim")
	next := p.mustTell(t)
	p.told(t)
	if want := time.Date(2018, 10, 15, 9, 0, 0, 0, time.UTC); !next.Equal(want) {
		t.Errorf("the first test is at %s", next)
	}
	p.now = next
	p.mustTell(t)
	p.told(t, "kim: probe /0 step 0", "park: probe /0 step 0")
	p.sender.fail["park"] = errors.New("nobody there")
	p.now = p.now.Add(24 * time.Hour)
	for range 10 {
		next := p.mustTell(t)
		p.now = next
		if next.Sub(p.now) > time.Hour {
			break
		}
	}
	sent := p.sender.take()
	if !slices.Contains(sent, "kim: fault /0 step 0") {
		t.Errorf("who has no other means: the administrator is told by %v", sent)
	}
	if err := p.TestMeans(t.Context(), "park", broken.ID); err == nil || !strings.Contains(err.Error(), "nobody there") {
		t.Errorf("the button says %v", err)
	}
	delete(p.sender.fail, "park")
	if err := p.TestMeans(t.Context(), "park", broken.ID); err != nil {
		t.Errorf("the button says %v", err)
	}
	if err := p.TestMeans(t.Context(), "kim", broken.ID); !errors.Is(err, ErrNoMeans) {
		t.Errorf("the means of another: %v", err)
	}
}

func TestALinkAcknowledgesOnceAndNotLate(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		p := openPeople(t, open(sqldb.Config{Durable: true}))
		p.add(t, "park", "park")
		p.add(t, "lee", "lee") // who may not acknowledge
		p.waiting = []Waiting{waiting("north/1", office.Flash), waiting("north/2", office.Flash)}
		p.now = release.Add(10 * time.Minute)
		p.mustTell(t)
		var tokens []string
		for _, n := range p.sender.last {
			if n.Link != "https://south.example/dispatches/"+n.Dispatch.String() {
				t.Errorf("the link is %s", n.Link)
			}
			if token, found := strings.CutPrefix(n.Ack, "https://south.example/acknowledge?t="); found {
				tokens = append(tokens, token)
			}
		}
		if len(p.sender.last) != 4 || len(tokens) != 2 {
			t.Fatalf("%d messages with %d links", len(p.sender.last), len(tokens))
		}
		for range 2 {
			if a, err := p.LookAtAck(t.Context(), tokens[0]); err != nil || a.Account != "park" {
				t.Errorf("looked at: %+v, %v", a, err)
			}
		}
		failed := errors.New("it could not be written")
		if _, err := p.UseAck(t.Context(), tokens[0], func(Ack) error { return failed }); !errors.Is(err, failed) {
			t.Errorf("used in vain: %v", err)
		}
		if _, err := p.UseAck(t.Context(), tokens[0], func(Ack) error { return nil }); err != nil {
			t.Errorf("used: %v", err)
		}
		if _, err := p.UseAck(t.Context(), tokens[0], func(Ack) error { t.Error("done twice"); return nil }); !errors.Is(err, ErrAckUsed) {
			t.Errorf("used again: %v", err)
		}
		p.now = p.now.Add(ackLasts)
		if _, err := p.UseAck(t.Context(), tokens[1], func(Ack) error { t.Error("done late"); return nil }); !errors.Is(err, ErrAckExpired) {
			t.Errorf("used late: %v", err)
		}
		for _, wrong := range []string{"", "x", strings.Repeat("A", 43)} {
			if _, err := p.LookAtAck(t.Context(), wrong); !errors.Is(err, ErrAckUnknown) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		var hashes int
		if err := p.DB.View(t.Context(), func(tx *sqldb.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM ack_link WHERE hash = $1`, []byte(tokens[0])).Scan(&hashes)
		}); err != nil || hashes != 0 {
			t.Errorf("the token itself stands in the database: %v", err)
		}
	})
}

// TestAYearOfDispatchesIsToldInSeconds is about the work of a pass, not about a figure.
func TestAYearOfDispatchesIsToldInSeconds(t *testing.T) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := openPeople(t, db)
	for _, account := range []string{"park", "lee", "kim"} {
		p.add(t, account, account)
	}
	const dispatches = 500 // a tenth of a year
	told := 0
	for i := range dispatches {
		p.now = release.Add(time.Duration(i) * 105 * time.Minute)
		w := waiting(fmt.Sprintf("north/%d", i+1), office.Precedences[i%4])
		w.At = p.now.UnixMilli()
		w.Climb = (&office.Charter{Rules: 3}).Climb(w.Channel, w.Precedence, w.At, nil)
		p.waiting = append(p.waiting, w)
		p.mustTell(t)
		p.now = p.now.Add(12 * time.Minute)
		p.mustTell(t)
		p.waiting = nil
		p.mustTell(t)
		for _, s := range p.sender.take() {
			if strings.Contains(s, ": dispatch ") && !strings.Contains(s, "withdrawn") {
				told++
			}
		}
	}
	if want := dispatches + dispatches/4*2; told != want {
		t.Errorf("told %d times, want %d", told, want)
	}
}
