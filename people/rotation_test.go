package people_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

func want(t *testing.T, err error, code office.Reason) {
	t.Helper()
	var refusal *people.Refusal
	if code == "" && err != nil || code != "" && (!errors.As(err, &refusal) || refusal.Code != code) {
		t.Errorf("got %v, want %q", err, code)
	}
}

// crew is the side's people in the tests of the roster; opening is a Friday.
func crew(t *testing.T, p *people.People) (head, kim, park people.Hand) {
	for _, name := range []string{"boss", "kim", "park", "lee"} {
		add(t, p, people.Account{Name: name, Person: strings.ToUpper(name), Posts: []office.Post{"duty-officer"}})
	}
	hand := func(who string, post office.Post) people.Hand {
		return people.Hand{By: people.By{Who: who}, Post: post, Role: post}
	}
	return hand("boss", "head"), hand("kim", "duty-officer"), hand("park", "duty-officer")
}

var desk = people.Rotation{
	Name: "Desk", From: "2018-09-10", Starts: []string{"00:00", "08:00", "16:00"}, Minutes: 480, Each: 1,
	Turn: []people.InTurn{{Who: "kim", Languages: []string{"ko", "en"}}, {Who: "park", Languages: []string{"ko"}}, {Who: "post:duty-officer"}},
}

func whose(t *testing.T, p *people.People, id people.WatchID) string {
	t.Helper()
	r, err := p.Roster(t.Context(), nil, 0, "2018-01-01", "2019-01-01")
	if err != nil {
		t.Fatal(err)
	}
	w, found := r.Watch(id)
	if !found {
		return "none"
	}
	return string(w.Who)
}

func TestARotationIsPutInChangedAndEnded(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		head, kim, _ := crew(t, p)
		put := func(h people.Hand, r people.Rotation, code office.Reason) people.Rotation {
			t.Helper()
			r, err := p.PutRotation(ctx, h, nil, r)
			want(t, err, code)
			return r
		}
		with := func(f func(r *people.Rotation)) people.Rotation { r := desk; f(&r); return r }
		put(kim, desk, "post-may-not")
		for code, r := range map[office.Reason]people.Rotation{
			"roster-name":          with(func(r *people.Rotation) { r.Name = " " }),
			"roster-day":           with(func(r *people.Rotation) { r.From = "2018-02-30" }),
			"roster-days":          with(func(r *people.Rotation) { r.Until = "2018-09-09" }),
			"roster-instead-until": with(func(r *people.Rotation) { r.Instead = 1 }),
			"roster-starts":        with(func(r *people.Rotation) { r.Starts = nil }),
			"roster-start":         with(func(r *people.Rotation) { r.Starts = []string{"08:00", "08:00"} }),
			"roster-length":        with(func(r *people.Rotation) { r.Minutes = people.MaxWatchLength + 1 }),
			"roster-each":          with(func(r *people.Rotation) { r.Each = 0 }),
			"roster-turn":          with(func(r *people.Rotation) { r.Turn = nil }),
			"roster-weekdays":      with(func(r *people.Rotation) { r.Days = []int{7, 1} }),
			"roster-who":           with(func(r *people.Rotation) { r.Turn = []people.InTurn{{Who: "post:"}} }),
			"account-unknown":      with(func(r *people.Rotation) { r.Turn = []people.InTurn{{Who: "nobody"}} }),
			"account-language":     with(func(r *people.Rotation) { r.Turn = []people.InTurn{{Who: "kim", Languages: []string{"?"}}} }),
			"roster-unknown":       with(func(r *people.Rotation) { r.ID = 7 }),
		} {
			put(head, r, code)
		}
		one := put(head, desk, "")
		if one.ID != 1 || one.Version != 1 {
			t.Fatalf("made %+v", one)
		}
		one.Name = "The desk"
		one = put(head, one, "")
		stale := one
		stale.Version = 1
		put(head, stale, "roster-changed")
		turned := one
		turned.Each = 2
		put(head, turned, "roster-begun")
		ended := one
		ended.Until = "2018-09-14" // today
		put(head, ended, "roster-past")
		ended.Until = "2018-09-20"
		ended = put(head, ended, "")
		holidays := with(func(r *people.Rotation) {
			r.Instead, r.From, r.Until, r.Turn = 1, "2018-09-13", "2018-09-18", []people.InTurn{{Who: "lee"}}
		})
		put(head, holidays, "roster-past")
		holidays.From = "2018-09-15"
		put(head, holidays, "")
		list, err := p.Roster(ctx, nil, 0, "2018-09-01", "2018-10-01")
		if err != nil || len(list.Rotations) != 2 || list.Rotations[0].Version != 3 || list.Rotations[0].Changed.Person != "BOSS" {
			t.Fatalf("%+v, %v", list, err)
		}
		for id, name := range map[people.WatchID]string{
			{Layer: 1, Day: "2018-09-14", Start: "16:00"}: "post:duty-officer",
			{Layer: 1, Day: "2018-09-15", Start: "16:00"}: "lee",
			{Layer: 1, Day: "2018-09-18", Start: "08:00"}: "park",
			{Layer: 1, Day: "2018-09-20", Start: "08:00"}: "none",
			{Layer: 2, Day: "2018-09-15", Start: "16:00"}: "none",
		} {
			if got := whose(t, p, id); got != name {
				t.Errorf("%s: %s, want %s", id, got, name)
			}
		}
	})
}

func TestAWatchIsGivenAndGivenBack(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		head, kim, _ := crew(t, p)
		if _, err := p.PutRotation(ctx, head, nil, desk); err != nil {
			t.Fatal(err)
		}
		next := people.WatchID{Layer: 1, Day: "2018-09-15", Start: "00:00"} // of kim
		want(t, p.GiveWatch(ctx, kim, nil, next, "park", ""), "post-may-not")
		want(t, p.GiveWatch(ctx, head, nil, next, "nobody", ""), "account-unknown")
		want(t, p.GiveWatch(ctx, head, nil, next, "park", strings.Repeat("x", people.MaxWhy+1)), "roster-why")
		want(t, p.GiveWatch(ctx, head, nil, people.WatchID{Layer: 1, Day: "2018-09-15", Start: "09:00"}, "park", ""), "roster-no-watch")
		want(t, p.GiveWatch(ctx, head, nil, people.WatchID{Layer: 1, Day: "2018-09-13", Start: "08:00"}, "lee", ""), "roster-past")
		for _, who := range []people.Who{"park", "lee", ""} {
			want(t, p.GiveWatch(ctx, head, nil, next, who, "ill"), "")
			if got := whose(t, p, next); got != string(who) && !(who == "" && got == "kim") {
				t.Errorf("given to %q: %s", who, got)
			}
		}
		if trail, err := p.Trail(ctx, 0, 1); err != nil || trail[0].Deed != people.RosterChanged || trail[0].Detail != "watch 1/2018-09-15/00:00 to whose turn it is" {
			t.Errorf("the trail: %+v, %v", trail, err)
		}
	})
}

func TestAWatchIsOfferedAndTaken(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		head, kim, park := crew(t, p)
		lee := people.Hand{By: people.By{Who: "lee"}, Post: "observer", Role: "observer"}
		if _, err := p.PutRotation(ctx, head, nil, desk); err != nil {
			t.Fatal(err)
		}
		kims := people.WatchID{Layer: 1, Day: "2018-09-15", Start: "00:00"}
		parks := people.WatchID{Layer: 1, Day: "2018-09-15", Start: "08:00"}
		offer := func(h people.Hand, s people.Swap, code office.Reason) people.Swap {
			t.Helper()
			s, err := p.OfferSwap(ctx, h, nil, s)
			want(t, err, code)
			return s
		}
		state := func(id int64, state people.SwapState) {
			t.Helper()
			list, err := p.Swaps(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				if s.ID == id && s.State != state {
					t.Errorf("offer %d is %s, want %s", id, s.State, state)
				}
			}
		}
		offer(park, people.Swap{Watch: kims}, "swap-not-yours")
		offer(kim, people.Swap{Watch: kims, To: "kim"}, "swap-yourself")
		offer(kim, people.Swap{Watch: kims, To: "lee", Back: parks}, "swap-not-theirs")
		offer(kim, people.Swap{Watch: people.WatchID{Layer: 1, Day: "2018-09-13", Start: "00:00"}}, "roster-past")

		// For another watch: both change hands.
		s := offer(kim, people.Swap{Watch: kims, Back: parks, Words: "My mother comes."}, "")
		offer(kim, people.Swap{Watch: kims}, "swap-offered")
		want(t, p.AcceptSwap(ctx, kim, nil, s.ID), "swap-yourself")
		want(t, p.AcceptSwap(ctx, head, nil, s.ID), "swap-not-to-you")
		want(t, p.DeclineSwap(ctx, kim, s.ID), "swap-not-to-you")
		want(t, p.AcceptSwap(ctx, park, nil, s.ID), "")
		if a, b := whose(t, p, kims), whose(t, p, parks); a != "park" || b != "kim" {
			t.Errorf("after the swap: %s, %s", a, b)
		}
		state(s.ID, people.SwapAccepted)
		want(t, p.AcceptSwap(ctx, park, nil, s.ID), "swap-ended")
		want(t, p.AcceptSwap(ctx, park, nil, 99), "swap-unknown")

		// To all, for none: whoever may take the watch.
		s = offer(park, people.Swap{Watch: kims}, "")
		want(t, p.AcceptSwap(ctx, lee, nil, s.ID), "post-may-not")
		want(t, p.DeclineSwap(ctx, kim, s.ID), "swap-not-to-you")
		want(t, p.WithdrawSwap(ctx, kim, s.ID), "swap-not-yours")
		want(t, p.WithdrawSwap(ctx, park, s.ID), "")
		state(s.ID, people.SwapWithdrawn)
		s = offer(park, people.Swap{Watch: kims, To: "kim"}, "")
		want(t, p.DeclineSwap(ctx, kim, s.ID), "")
		state(s.ID, people.SwapDeclined)

		// The watch was given to another meanwhile.
		s = offer(park, people.Swap{Watch: kims}, "")
		want(t, p.GiveWatch(ctx, head, nil, kims, "lee", ""), "")
		want(t, p.AcceptSwap(ctx, kim, nil, s.ID), "swap-changed")

		// Time alone ends an offer when its watch begins.
		c.turn(13*time.Hour + 30*time.Minute)
		state(s.ID, people.SwapExpired)
		want(t, p.AcceptSwap(ctx, kim, nil, s.ID), "swap-ended")
	})
}

func TestAFeedIsKnownByItsAddressAlone(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		_, kim, _ := crew(t, p)
		gone := func(what, token string) {
			t.Helper()
			if _, _, err := p.Feed(ctx, token); !errors.Is(err, people.ErrNoFeed) {
				t.Errorf("%s: got %v", what, err)
			}
		}
		made := func(whole bool) string {
			t.Helper()
			token, err := p.MakeFeed(ctx, kim.By, kim.Who, whole)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		own, whole := made(false), made(true)
		if f, a, err := p.Feed(ctx, whole); err != nil || !f.Whole || a.Name != "kim" {
			t.Errorf("%+v, %+v, %v", f, a, err)
		}
		gone("no token", "x")
		gone("another", strings.Repeat("A", 43))
		again := made(false)
		gone("renewed", own)
		if f, _, err := p.Feed(ctx, again); err != nil || f.Whole {
			t.Errorf("%+v, %v", f, err)
		}
		if list, err := p.Feeds(ctx, "kim"); err != nil || len(list) != 2 || list[0].Whole {
			t.Errorf("%+v, %v", list, err)
		}
		want(t, p.EndFeed(ctx, kim.By, kim.Who, true), "")
		gone("ended", whole)
		want(t, p.Suspend(ctx, byOperator, "kim"), "")
		gone("of a suspended account", again)
		_, err := p.MakeFeed(ctx, people.By{Who: "nobody"}, "nobody", true)
		want(t, err, "account-unknown")
	})
}
