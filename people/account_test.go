package people_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// park is an account of two posts.
var park = people.Account{Name: "park", Person: "제2 련락관", Posts: []office.Post{"officer", "duty-officer"}, Language: "ko"}

func add(t *testing.T, p *people.People, a people.Account) {
	t.Helper()
	if err := p.AddAccount(t.Context(), byOperator, a); err != nil {
		t.Fatal(err)
	}
}

// wantRefusal checks that err refuses with the code.
func wantRefusal(t *testing.T, what string, err error, code office.Reason) *people.Refusal {
	t.Helper()
	var r *people.Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Errorf("%s: got %v, want the refusal %s", what, err, code)
		return &people.Refusal{}
	}
	return r
}

// redeem signs in to an account by a link.
func redeem(t *testing.T, p *people.People, name string) (people.Session, string) {
	t.Helper()
	token, err := p.AccountLink(t.Context(), byOperator, name, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s, cookie, err := p.Redeem(t.Context(), token, from)
	if err != nil {
		t.Fatal(err)
	}
	return s, cookie
}

func TestAccountsAreListedInTheOrderOfTheirNames(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		add(t, p, park)
		add(t, p, people.Account{Name: "choi", Person: "Administrator", Admin: true})
		list, err := p.Accounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range list {
			got = append(got, fmt.Sprint(a.Name, a.Person, a.Posts, a.Admin, a.Language, a.Made.Equal(opening), a.Suspended.IsZero(), a.Password, a.Code))
		}
		want := []string{
			fmt.Sprint("choi", "Administrator", []string{}, true, "", true, true, false, false),
			fmt.Sprint("park", "제2 련락관", []string{"officer", "duty-officer"}, false, "ko", true, true, false, false),
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if a, err := p.Account(t.Context(), "park"); err != nil || a.Person != park.Person {
			t.Errorf("got %+v, %v", a, err)
		}
		_, err = p.Account(t.Context(), "nobody")
		wantRefusal(t, "an unknown account", err, "account-unknown")
	})
}

func TestAnAccountThatCannotBeIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		add(t, p, park)
		nine := []office.Post{"a", "b", "c", "d", "e", "f", "g", "h", "i"}
		for name, row := range map[string]struct {
			account people.Account
			want    office.Reason
		}{
			"no name":              {people.Account{Person: "x"}, "account-name"},
			"upper case":           {people.Account{Name: "Park", Person: "x"}, "account-name"},
			"the operator's name":  {people.Account{Name: "operator", Person: "x"}, "account-name"},
			"too long a name":      {people.Account{Name: strings.Repeat("a", 33), Person: "x"}, "account-name"},
			"taken":                {people.Account{Name: "park", Person: "another"}, "account-exists"},
			"no person":            {people.Account{Name: "a", Person: "  "}, "account-person"},
			"two lines":            {people.Account{Name: "a", Person: "x\ny"}, "account-person"},
			"a turn of direction":  {people.Account{Name: "a", Person: "x\u202ey"}, "account-person"},
			"a Cyrillic letter":    {people.Account{Name: "a", Person: "Рark"}, "account-person"},
			"a filler of Hangul":   {people.Account{Name: "a", Person: "박\u3164"}, "account-person"},
			"an isolate":           {people.Account{Name: "a", Person: "x\u2067y"}, "account-person"},
			"not UTF-8":            {people.Account{Name: "a", Person: "x\xff"}, "account-person"},
			"too long a person":    {people.Account{Name: "a", Person: strings.Repeat("가", 81)}, "account-person"},
			"nine posts":           {people.Account{Name: "a", Person: "x", Posts: nine}, "account-posts"},
			"a post twice":         {people.Account{Name: "a", Person: "x", Posts: []office.Post{"head", "head"}}, "account-post"},
			"no post":              {people.Account{Name: "a", Person: "x", Posts: []office.Post{""}}, "account-post"},
			"the operator as post": {people.Account{Name: "a", Person: "x", Posts: []office.Post{"operator"}}, "account-post"},
			"no language":          {people.Account{Name: "a", Person: "x", Language: "한국어"}, "account-language"},
		} {
			wantRefusal(t, name, p.AddAccount(t.Context(), byOperator, row.account), row.want)
		}
		add(t, p, people.Account{Name: "a", Person: strings.Repeat("가", 80), Posts: nine[:8]})
	})
}

func TestASuspendedAccountHasNoSessionAndNoLinkFromThenOn(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		_, cookie := redeem(t, p, "park")
		token, err := p.AccountLink(ctx, byOperator, "park", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Suspend(ctx, byOperator, "park"); err != nil {
			t.Fatal(err)
		}
		wantEnded(t, p, "its session", cookie)
		if _, _, err := p.Redeem(ctx, token, from); !errors.Is(err, people.ErrLinkExpired) {
			t.Errorf("its link: got %v, want ErrLinkExpired", err)
		}
		_, err = p.AccountLink(ctx, byOperator, "park", time.Hour)
		wantRefusal(t, "a new link", err, "account-suspended")
		wantRefusal(t, "again", p.Suspend(ctx, byOperator, "park"), "account-suspended")
		wantRefusal(t, "its name for another", p.AddAccount(ctx, byOperator, people.Account{Name: "park", Person: "another"}), "account-exists")
		if err := p.Resume(ctx, byOperator, "park"); err != nil {
			t.Fatal(err)
		}
		wantEnded(t, p, "its session after it was resumed", cookie)
		wantRefusal(t, "resumed twice", p.Resume(ctx, byOperator, "park"), "account-not-suspended")
		redeem(t, p, "park")
		wantRefusal(t, "an unknown account", p.Suspend(ctx, byOperator, "nobody"), "account-unknown")
	})
}

func TestASessionActsForOnePostOfItsAccount(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		s, cookie := redeem(t, p, "park")
		if s.Post != "officer" || s.Language != "ko" || s.Person != park.Person {
			t.Errorf("got %+v, want the first post of the account", s)
		}
		acts := func(what string, want office.Post) {
			t.Helper()
			if s, err := p.Session(ctx, cookie); err != nil || s.Post != want {
				t.Errorf("%s: got %q, %v, want %q", what, s.Post, err, want)
			}
		}
		if err := p.Act(ctx, cookie, from, "duty-officer"); err != nil {
			t.Fatal(err)
		}
		acts("after choosing another post", "duty-officer")
		if l := lastDeed(t, p); l.Deed != people.PostTaken || l.Detail != "duty-officer" || l.By != (people.By{Who: "park", From: from}) {
			t.Errorf("the trail says %+v", l)
		}
		wantRefusal(t, "a post of others", p.Act(ctx, cookie, from, "head"), "account-post")
		acts("after a refusal", "duty-officer")
		if err := p.ChangeAccount(ctx, byOperator, "park", people.Change{Posts: &[]office.Post{"officer"}}); err != nil {
			t.Fatal(err)
		}
		acts("after the post was taken away", "")
		if err := p.Act(ctx, cookie, from, "officer"); err != nil {
			t.Fatal(err)
		}
		person, admin := "Park, officer", true
		if err := p.ChangeAccount(ctx, byOperator, "park", people.Change{Person: &person, Admin: &admin}); err != nil {
			t.Fatal(err)
		}
		if s, err := p.Session(ctx, cookie); err != nil || s.Person != person || !s.Admin || s.Post != "officer" || s.Language != "ko" {
			t.Errorf("after a change: got %+v, %v", s, err)
		}
	})
}

func TestALinkForAPostIsOneForAnAccountOfThatName(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		newLink(t, p, "head", time.Hour)
		newLink(t, p, "head", time.Hour)
		a, err := p.Account(ctx, "head")
		if err != nil || !slices.Equal(a.Posts, []office.Post{"head"}) || a.Admin {
			t.Errorf("got %+v, %v, want an account with that post alone", a, err)
		}
		// A post that was withdrawn does not come back by itself, only by a link.
		if err := p.RevokePost(ctx, "head"); err != nil {
			t.Fatal(err)
		}
		if a, err := p.Account(ctx, "head"); err != nil || len(a.Posts) != 0 {
			t.Errorf("after the post ended: got %+v, %v, want no posts", a, err)
		}
		if s, _ := signIn(t, p, "head"); s.Post != "head" {
			t.Errorf("after a new link: got %+v", s)
		}
	})
}

func TestThereAreSoManyAccountsAndNoMore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		p, _ := openPeople(t, open(sqldb.Config{}))
		for i := range people.AccountsInAll {
			add(t, p, people.Account{Name: fmt.Sprintf("a-%d", i), Person: "x"})
		}
		wantRefusal(t, "one more", p.AddAccount(t.Context(), byOperator, people.Account{Name: "more", Person: "x"}), "account-many")
	})
}

func TestTheTrailTellsWhoDidWhatAndIsReadByPages(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		c.turn(time.Minute)
		s, cookie := redeem(t, p, "park")
		admin := people.By{Who: "choi", From: "2001:db8::1"}
		if err := errors.Join(p.Revoke(ctx, admin, "park", s.ID), p.SignOut(ctx, cookie, from), p.Suspend(ctx, admin, "park"), p.Resume(ctx, admin, "park")); err != nil {
			t.Fatal(err)
		}
		_, cookie = redeem(t, p, "park")
		if err := errors.Join(p.SignOut(ctx, cookie, from), p.RevokePost(ctx, "officer")); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"1 10:30 operator account-added park  officer duty-officer",
			"2 10:31 operator link-made park  ",
			"3 10:31 park signed-in park 192.0.2.7 link officer",
			"4 10:31 choi session-revoked park 2001:db8::1 ",
			"5 10:31 choi account-suspended park 2001:db8::1 ",
			"6 10:31 choi account-resumed park 2001:db8::1 ",
			"7 10:31 operator link-made park  ",
			"8 10:31 park signed-in park 192.0.2.7 link officer",
			"9 10:31 park signed-out park 192.0.2.7 ",
			"10 10:31 operator post-withdrawn park  officer",
		}
		slices.Reverse(want)
		var got []string
		for before := int64(0); ; {
			page, err := p.Trail(ctx, before, 4)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, l := range page {
				got = append(got, fmt.Sprint(l.ID, " ", l.At.Format("15:04"), " ", l.By.Who, " ", l.Deed, " ", l.Whom, " ", l.By.From, " ", l.Detail))
				before = l.ID
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestTheDatabaseItselfRefusesToChangeTheTrail(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		p, _ := openPeople(t, db)
		add(t, p, park)
		for _, statement := range []string{`UPDATE trail SET who = 'nobody'`, `DELETE FROM trail`} {
			if err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), statement)
				return err
			}); err == nil {
				t.Errorf("%s: got no error", statement)
			}
		}
		if lines, err := p.Trail(t.Context(), 0, 10); len(lines) != 1 || err != nil {
			t.Errorf("got %v, %v, want the one line", lines, err)
		}
	})
}

// A database from before there were accounts: the step that makes them drops
// what ran then.
func TestSessionsFromBeforeThereWereAccountsAreDropped(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		ctx := t.Context()
		if err := db.Migrate(ctx, "people", []sqldb.Migration{{Name: "links and sessions", SQL: `
			CREATE TABLE sign_in_link (
				hash BYTEA PRIMARY KEY,
				post TEXT NOT NULL,
				made BIGINT NOT NULL,
				expires BIGINT NOT NULL,
				used BIGINT NOT NULL
			);
			CREATE INDEX sign_in_link_post ON sign_in_link (post, made);
			CREATE INDEX sign_in_link_expires ON sign_in_link (expires);
			CREATE TABLE session (
				hash BYTEA PRIMARY KEY,
				id BIGINT NOT NULL UNIQUE,
				post TEXT NOT NULL,
				language TEXT NOT NULL,
				since BIGINT NOT NULL,
				last_seen BIGINT NOT NULL,
				ends BIGINT NOT NULL
			);
			CREATE INDEX session_post ON session (post, last_seen);
			CREATE INDEX session_ends ON session (ends);`}}); err != nil {
			t.Fatal(err)
		}
		if err := db.Update(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO session (hash, id, post, language, since, last_seen, ends) VALUES ($1, 1, 'head', '', 0, 9000000000000, 9000000000000)`, []byte("hash"))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		p, _ := openPeople(t, db)
		if list, err := p.Sessions(ctx); len(list) != 0 || err != nil {
			t.Errorf("got %v, %v, want no sessions", list, err)
		}
		signIn(t, p, "head")
	})
}

// setPassword gives park a password by a link.
func setPassword(t *testing.T, p *people.People, password string) string {
	t.Helper()
	_, cookie := redeem(t, p, "park")
	if err := p.SetPassword(t.Context(), cookie, from, "", password); err != nil {
		t.Fatal(err)
	}
	return cookie
}

func lastDeed(t *testing.T, p *people.People) people.Line {
	t.Helper()
	lines, err := p.Trail(context.WithoutCancel(t.Context()), 0, 1)
	if err != nil || len(lines) != 1 {
		t.Fatalf("got %v, %v", lines, err)
	}
	return lines[0]
}
