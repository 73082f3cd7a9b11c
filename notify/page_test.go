package notify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// opens opens a page of a person, which answers all that it is asked until the test
// ends. What it is asked comes out of the channel.
func (p *people) opens(t *testing.T, account string, answer PageAnswer) (asked <-chan PageAsk, leave func()) {
	t.Helper()
	asks, gone := p.OpenPage(account)
	heard, ended := make(chan PageAsk, 100), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case ask := <-asks:
				heard <- ask
				if err := p.AnswerAsk(ctx, account, ask.Key, answer); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	leave = func() { stop(); <-ended; gone() }
	t.Cleanup(func() { stop(); <-ended })
	return heard, leave
}

// watches lets a person take the watch.
func (p *people) watches(t *testing.T, account, watch string) {
	t.Helper()
	id, err := office.ParseEntryID(watch)
	if err != nil {
		t.Fatal(err)
	}
	p.ours = append(p.ours, id)
	if err := p.TakesWatch(t.Context(), account, id); err != nil {
		t.Fatal(err)
	}
}

// on turns the clock to nine on a day and tells until nothing is due at once.
func (p *people) on(t *testing.T, day int) {
	t.Helper()
	p.now = time.Date(2018, 10, day, 9, 0, 0, 0, time.UTC)
	for range 5 {
		p.mustTell(t)
		p.now = p.now.Add(retryFirst * 4)
	}
}

func (p *people) page(t *testing.T, account string) Means {
	t.Helper()
	list, err := p.Means(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return list[slices.IndexFunc(list, func(m Means) bool { return m.Kind == PageKind })]
}

// TestTheOpenPageIsTestedOnceADayWhileItsPersonIsOnWatch has a page that answers, one
// in which nobody has armed the sound, and none.
func TestTheOpenPageIsTestedOnceADayWhileItsPersonIsOnWatch(t *testing.T) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := openPeople(t, db)
	p.add(t, "park", "park")
	p.watches(t, "park", "south/1")
	asked, leave := p.opens(t, "park", PagePlayed)
	p.on(t, 15)
	if m := p.page(t, "park"); len(asked) != 1 || (<-asked).Sound != SoundProbe || m.Tested.IsZero() || m.Worked.IsZero() || m.Failures != 0 {
		t.Errorf("after the first day: %+v", m)
	}
	leave()
	p.sender.take()
	p.on(t, 16)
	if m := p.page(t, "park"); m.Failures < faultAfter || m.Failed != errAway.Error() {
		t.Errorf("with no page open: %+v", m)
	}
	p.told(t, "park: fault /0 step 0", "park: probe /0 step 0")
	_, leave = p.opens(t, "park", PageUnarmed)
	if err := p.TestMeans(t.Context(), "park", p.page(t, "park").ID); !errors.Is(err, errUnarmed) {
		t.Errorf("a page that is not armed: %v", err)
	}
	_, other := p.opens(t, "park", PagePlayed) // in another browser
	if err := p.TestMeans(t.Context(), "park", p.page(t, "park").ID); err != nil {
		t.Errorf("one of two is armed: %v", err)
	}
	if m := p.page(t, "park"); m.Failures != 0 {
		t.Errorf("afterwards: %+v", m)
	}
	leave()
	other()
	p.ours = nil // the watch is over: a closed page is no fault
	p.on(t, 18)
	if m := p.page(t, "park"); m.Failures != 0 {
		t.Errorf("off watch: %+v", m)
	}
}

// TestTheOpenPageSoundsOnceForWhatDoesNotRing has dispatches and a line check.
func TestTheOpenPageSoundsOnceForWhatDoesNotRing(t *testing.T) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := openPeople(t, db)
	p.watches(t, "park", "south/1")
	asked, _ := p.opens(t, "park", PagePlayed)
	_, deputy, err := p.AddMeans(t.Context(), "lee", PageKind, "", Settings{"volume": "low", "rings": "flash", "desktop": "1"})
	if err != nil || len(deputy) != 0 {
		t.Fatal(deputy, err)
	}
	askedDeputy, _ := p.opens(t, "lee", PagePlayed)
	for i, precedence := range office.Precedences {
		p.waiting = append(p.waiting, waiting("north/"+string(rune('1'+i)), precedence))
	}
	p.mustTell(t)
	if len(asked)+len(askedDeputy) != 0 {
		t.Errorf("what rings, or has only come, sounds: %+v", <-asked)
	}
	p.waiting = append(p.waiting, Waiting{Channel: "liaison", At: p.now.UnixMilli(), Check: &Check{Duty: office.DutyCall, Due: p.now, At: "09:00"}})
	p.mustTell(t)
	p.mustTell(t)
	if ask := <-asked; len(asked) != 0 || ask.Sound != SoundSoft || !ask.Desktop || !strings.Contains(ask.Title, "Line check on liaison") {
		t.Errorf("of a line check it is asked %+v", ask)
	}
	p.now = release.Add(3 * time.Hour) // the deputy is told of the PRIORITY
	p.mustTell(t)
	p.mustTell(t)
	if ask := <-askedDeputy; len(asked)+len(askedDeputy) != 0 || ask.Sound != SoundNone || ask.Title != "PRIORITY: north/3 waits for acknowledgement" {
		t.Errorf("the deputy, who has it shown alone, is asked %+v", ask)
	}
	if list, err := p.Notices(t.Context(), "lee", 10); err != nil || len(list) != 1 || list[0].State != StateSent {
		t.Errorf("the deputy was told %+v, %v", list, err)
	}
	if _, _, err := p.AddMeans(t.Context(), "lee", PageKind, "", Settings{"volume": "full", "rings": "both"}); err != nil {
		t.Fatal(err)
	}
	if list, err := p.Means(t.Context(), "lee"); err != nil || len(list) != 1 || list[0].settings["soft"] != "" || list[0].settings["volume"] != "full" {
		t.Errorf("set otherwise: %+v, %v", list, err)
	}
}

// TestAPageThatIsOpenInAnotherProcessIsAsked has two processes of a side.
func TestAPageThatIsOpenInAnotherProcessIsAsked(t *testing.T) {
	url := sqldbtest.PostgreSQL(t)
	open := func() *people {
		db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url, Schema: "local"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return openPeople(t, db)
	}
	here, there := open(), open()
	here.watches(t, "park", "south/1")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	for _, p := range []*people{here, there} {
		go func() { p.HearPages(ctx); ended <- struct{}{} }()
	}
	asked, _ := there.opens(t, "park", PagePlayed)
	if err := here.TestMeans(t.Context(), "park", here.page(t, "park").ID); err != nil {
		t.Errorf("the button says %v", err)
	}
	if ask := <-asked; len(asked) != 0 || ask.Sound != SoundTest || ask.Title == "" {
		t.Errorf("it is asked %+v", ask)
	}
	stop()
	<-ended
	<-ended
}
