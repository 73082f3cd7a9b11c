package people_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// clock is turned by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// from is the address of every browser, and byOperator who acts in every test.
const from = "192.0.2.7"

// key is the side's, in every test.
var key = people.Key{1, 2, 3}

var byOperator = people.By{Who: people.Operator}

var opening = time.Date(2018, 9, 14, 10, 30, 0, 0, time.UTC)

// each runs f on every kind of database, with a clock that stands at opening.
func each(t *testing.T, f func(t *testing.T, p *people.People, c *clock)) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		p, c := openPeople(t, open(sqldb.Config{Durable: true}))
		f(t, p, c)
	})
}

func openPeople(t *testing.T, db *sqldb.DB) (*people.People, *clock) {
	t.Helper()
	c := &clock{now: opening}
	p, err := people.Open(t.Context(), db, key, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

func newLink(t *testing.T, p *people.People, post office.Post, validFor time.Duration) string {
	t.Helper()
	token, err := p.NewLink(t.Context(), post, validFor)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func signIn(t *testing.T, p *people.People, post office.Post) (people.Session, string) {
	t.Helper()
	s, cookie, err := p.Redeem(t.Context(), newLink(t, p, post, time.Hour), from)
	if err != nil {
		t.Fatal(err)
	}
	return s, cookie
}

// wantEnded checks that the cookie opens no session.
func wantEnded(t *testing.T, p *people.People, what, cookie string) {
	t.Helper()
	if s, err := p.Session(t.Context(), cookie); !errors.Is(err, people.ErrSessionEnded) {
		t.Errorf("%s: got %+v, %v, want ErrSessionEnded", what, s, err)
	}
}

// wantOpen checks that the cookie opens a session.
func wantOpen(t *testing.T, p *people.People, what, cookie string) {
	t.Helper()
	if _, err := p.Session(t.Context(), cookie); err != nil {
		t.Errorf("%s: got %v, want the session", what, err)
	}
}

func TestALinkOpensOneSession(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		token := newLink(t, p, "duty-officer", time.Hour)
		c.turn(time.Minute)
		s, cookie, err := p.Redeem(t.Context(), token, from)
		if err != nil {
			t.Fatal(err)
		}
		want := people.Session{
			ID: s.ID, Account: "duty-officer", Person: "duty-officer", Post: "duty-officer", ByLink: true,
			Proved: c.Now(), Since: c.Now(), LastSeen: c.Now(), Ends: c.Now().Add(people.SessionLongest),
		}
		if s != want || s.ID <= 0 {
			t.Errorf("redeem: got %+v, want %+v", s, want)
		}
		if got, err := p.Session(t.Context(), cookie); err != nil || got != want {
			t.Errorf("session: got %+v, %v, want %+v", got, err, want)
		}
		if _, _, err := p.Redeem(t.Context(), token, from); !errors.Is(err, people.ErrLinkUsed) {
			t.Errorf("a second time: got %v, want ErrLinkUsed", err)
		}
		c.turn(24 * time.Hour)
		if _, _, err := p.Redeem(t.Context(), token, from); !errors.Is(err, people.ErrLinkUsed) {
			t.Errorf("a second time, a day later: got %v, want ErrLinkUsed", err)
		}
	})
}

func TestLookingAtALinkDoesNotUseItUp(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		token := newLink(t, p, "duty-officer", time.Hour)
		for range 2 {
			if a, err := p.LinkAccount(t.Context(), token); err != nil || a.Name != "duty-officer" {
				t.Fatalf("the link is for %+v, %v; want the duty officer", a, err)
			}
		}
		if _, _, err := p.Redeem(t.Context(), token, from); err != nil {
			t.Fatal(err)
		}
		if _, err := p.LinkAccount(t.Context(), token); !errors.Is(err, people.ErrLinkUsed) {
			t.Errorf("a used link: got %v, want %v", err, people.ErrLinkUsed)
		}
		if _, err := p.LinkAccount(t.Context(), "nonsense"); !errors.Is(err, people.ErrLinkUnknown) {
			t.Errorf("no link: got %v, want %v", err, people.ErrLinkUnknown)
		}
	})
}

func TestALinkThatDoesNotWorkSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		token := newLink(t, p, "duty-officer", time.Hour)
		last := token[:42] + map[bool]string{true: "A", false: "E"}[token[42] != 'A']
		for name, unknown := range map[string]string{
			"empty":         "",
			"another":       base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
			"too short":     token[:42],
			"too long":      token + "A",
			"not base64url": token[:42] + "+",
			"a letter off":  last,
			"with a NUL":    token[:42] + "\x00",
		} {
			if _, _, err := p.Redeem(t.Context(), unknown, from); !errors.Is(err, people.ErrLinkUnknown) {
				t.Errorf("%s: got %v, want ErrLinkUnknown", name, err)
			}
		}
		c.turn(time.Hour)
		if _, _, err := p.Redeem(t.Context(), token, from); !errors.Is(err, people.ErrLinkExpired) {
			t.Errorf("an hour later: got %v, want ErrLinkExpired", err)
		}
		// It is remembered for a week, and then forgotten when another is made.
		c.turn(6 * 24 * time.Hour)
		newLink(t, p, "duty-officer", time.Hour)
		if _, _, err := p.Redeem(t.Context(), token, from); !errors.Is(err, people.ErrLinkExpired) {
			t.Errorf("six days later: got %v, want ErrLinkExpired", err)
		}
		c.turn(2 * 24 * time.Hour)
		newLink(t, p, "duty-officer", time.Hour)
		if _, _, err := p.Redeem(t.Context(), token, from); !errors.Is(err, people.ErrLinkUnknown) {
			t.Errorf("eight days later: got %v, want ErrLinkUnknown", err)
		}
	})
}

func TestALinkIsMadeOnlyForAPostAndATime(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		for _, row := range []struct {
			post     office.Post
			validFor time.Duration
		}{
			{"", time.Hour}, {"Head", time.Hour}, {"a b", time.Hour}, {office.Post(strings.Repeat("a", 32)), time.Hour},
			{"head", 0}, {"head", -time.Hour}, {"head", people.LinkLongest + 1},
		} {
			if token, err := p.NewLink(t.Context(), row.post, row.validFor); err == nil || token != "" {
				t.Errorf("%q for %v: got %q, %v, want an error", row.post, row.validFor, token, err)
			}
		}
	})
}

func TestTwoBrowsersCannotUseOneLink(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		token := newLink(t, p, "duty-officer", time.Hour)
		errs := make([]error, 6)
		var done sync.WaitGroup
		for i := range errs {
			done.Go(func() { _, _, errs[i] = p.Redeem(t.Context(), token, from) })
		}
		done.Wait()
		opened := 0
		for _, err := range errs {
			switch {
			case err == nil:
				opened++
			case !errors.Is(err, people.ErrLinkUsed):
				t.Errorf("got %v, want ErrLinkUsed", err)
			}
		}
		if list, err := p.Sessions(t.Context()); opened != 1 || len(list) != 1 || err != nil {
			t.Errorf("got %d opened and %d sessions, %v, want 1", opened, len(list), err)
		}
	})
}

func TestASessionEndsWhenItIsNotUsed(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		_, used := signIn(t, p, "duty-officer")
		_, unused := signIn(t, p, "duty-officer")
		c.turn(people.SessionIdle - time.Second)
		wantOpen(t, p, "used after nearly twelve hours", used)
		c.turn(time.Second)
		wantEnded(t, p, "not used for twelve hours", unused)
		wantOpen(t, p, "used a second ago", used)
		if list, err := p.Sessions(t.Context()); len(list) != 1 || err != nil {
			t.Errorf("got %d sessions, %v, want 1", len(list), err)
		}
	})
}

func TestASessionEndsAfterADayThoughItIsUsed(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		_, cookie := signIn(t, p, "duty-officer")
		for range 23 {
			c.turn(time.Hour)
			wantOpen(t, p, "used every hour", cookie)
		}
		c.turn(time.Hour)
		wantEnded(t, p, "after a day", cookie)
		if err := p.SetLanguage(t.Context(), cookie, "ko"); !errors.Is(err, people.ErrSessionEnded) {
			t.Errorf("choose a language after a day: got %v, want ErrSessionEnded", err)
		}
	})
}

func TestLastSeenIsExactToTheMinute(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		_, cookie := signIn(t, p, "duty-officer")
		for _, row := range []struct{ turn, want time.Duration }{
			{59 * time.Second, 0}, {time.Second, time.Minute}, {30 * time.Second, time.Minute}, {2 * time.Hour, 2*time.Hour + 90*time.Second},
			{-time.Hour, 2*time.Hour + 90*time.Second}, // the clock was set back
		} {
			c.turn(row.turn)
			if s, err := p.Session(t.Context(), cookie); err != nil || !s.LastSeen.Equal(opening.Add(row.want)) {
				t.Errorf("after %v more: got last seen %v, %v, want %v after the beginning", row.turn, s.LastSeen, err, row.want)
			}
		}
	})
}

func TestSignOutAndRevokeEndASession(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		_, out := signIn(t, p, "duty-officer")
		revoked, cookie := signIn(t, p, "duty-officer")
		_, other := signIn(t, p, "head")
		if err := errors.Join(p.SignOut(ctx, out, from), p.SignOut(ctx, out, from), p.SignOut(ctx, "nonsense", from)); err != nil {
			t.Errorf("sign out: %v", err)
		}
		wantEnded(t, p, "signed out", out)
		if err := p.Revoke(ctx, byOperator, revoked.Account, revoked.ID); err != nil {
			t.Errorf("revoke: %v", err)
		}
		wantEnded(t, p, "revoked", cookie)
		if err := p.Revoke(ctx, byOperator, revoked.Account, revoked.ID); !errors.Is(err, people.ErrSessionEnded) {
			t.Errorf("revoke again: got %v, want ErrSessionEnded", err)
		}
		wantOpen(t, p, "another", other)
		wantEnded(t, p, "no cookie", "")
		wantEnded(t, p, "a strange cookie", strings.Repeat("A", 43))
	})
}

func TestRevokePostEndsItsSessionsAndLinks(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		_, cookie := signIn(t, p, "officer")
		_, other := signIn(t, p, "head")
		token, otherToken := newLink(t, p, "officer", time.Hour), newLink(t, p, "head", time.Hour)
		if err := p.RevokePost(t.Context(), "officer"); err != nil {
			t.Fatal(err)
		}
		wantEnded(t, p, "the post's session", cookie)
		wantOpen(t, p, "another post's session", other)
		if _, _, err := p.Redeem(t.Context(), token, from); !errors.Is(err, people.ErrLinkExpired) {
			t.Errorf("the post's link: got %v, want ErrLinkExpired", err)
		}
		if _, _, err := p.Redeem(t.Context(), otherToken, from); err != nil {
			t.Errorf("another post's link: %v", err)
		}
	})
}

func TestSessionsAreListedLatestUsedFirst(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		var cookies []string
		for _, post := range []office.Post{"head", "deputy", "duty-officer"} {
			_, cookie := signIn(t, p, post)
			cookies = append(cookies, cookie)
			c.turn(time.Hour)
		}
		wantOpen(t, p, "the head's session", cookies[0])
		if err := p.SetLanguage(t.Context(), cookies[1], "ko"); err != nil {
			t.Fatal(err)
		}
		list, err := p.Sessions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range list {
			got = append(got, s.Post+" "+s.Language+" "+s.Since.Format("15:04")+" "+s.LastSeen.Format("15:04"))
		}
		if want := []string{"head  10:30 13:30", "duty-officer  12:30 12:30", "deputy ko 11:30 11:30"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestTheLanguageIsRemembered(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		_, cookie := signIn(t, p, "interpreter")
		for _, tag := range []string{"ko", "en", "zh-Hant-TW"} {
			if err := p.SetLanguage(ctx, cookie, tag); err != nil {
				t.Errorf("%s: %v", tag, err)
			}
			if s, err := p.Session(ctx, cookie); err != nil || s.Language != tag {
				t.Errorf("got %q, %v, want %s", s.Language, err, tag)
			}
		}
		for _, tag := range []string{"", "ko_KR", "한국어", strings.Repeat("a", 36), "<b>"} {
			if err := p.SetLanguage(ctx, cookie, tag); err == nil {
				t.Errorf("%q: got no error", tag)
			}
		}
		if err := p.SetLanguage(ctx, "nonsense", "ko"); !errors.Is(err, people.ErrSessionEnded) {
			t.Errorf("without a session: got %v, want ErrSessionEnded", err)
		}
	})
}

func TestAPostHasSoManyLinksAndSessionsAndNoMore(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		bystander := newLink(t, p, "head", time.Hour)
		var tokens []string
		for range 10 {
			tokens = append(tokens, newLink(t, p, "duty-officer", time.Hour))
			c.turn(time.Second)
		}
		for i, token := range tokens {
			_, _, err := p.Redeem(ctx, token, from)
			if i < 2 && !errors.Is(err, people.ErrLinkExpired) || i >= 2 && err != nil {
				t.Errorf("link %d of 10: got %v, want the first two to have expired", i+1, err)
			}
			c.turn(time.Second)
		}
		if _, _, err := p.Redeem(ctx, bystander, from); err != nil {
			t.Errorf("another post's link: %v", err)
		}

		var cookies []string
		for range 20 {
			_, cookie := signIn(t, p, "secretary")
			cookies = append(cookies, cookie)
			c.turn(time.Second)
		}
		for i, cookie := range cookies {
			if i < 4 {
				wantEnded(t, p, fmt.Sprintf("session %d of 20", i+1), cookie)
			} else {
				wantOpen(t, p, fmt.Sprintf("session %d of 20", i+1), cookie)
			}
		}
	})
}

func TestAllPostsTogetherHaveSoManyLinksAndNoMore(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		var err error
		made := 0
		for ; err == nil && made < 3000; made++ {
			_, err = p.NewLink(t.Context(), fmt.Sprintf("post-%d", made/8), 24*time.Hour)
		}
		if made-1 != 2000 || !errors.Is(err, people.ErrTooMany) {
			t.Errorf("got %d links and %v, want 2000 and ErrTooMany", made-1, err)
		}
		c.turn(24 * time.Hour) // those make room
		newLink(t, p, "head", time.Hour)
	})
}

func TestWhoReadsTheDatabaseCannotSignIn(t *testing.T) {
	path := t.TempDir() + "/local.db"
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := openPeople(t, db)
	token := newLink(t, p, "head", time.Hour)
	_, cookie := signIn(t, p, "duty-officer")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(file, []byte("duty-officer")) {
		t.Fatalf("the database holds no session: %v", err)
	}
	for name, text := range map[string]string{"link": token, "cookie": cookie} {
		secret, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(secret) != 32 {
			t.Errorf("%s: got %d bytes, %v, want 32", name, len(secret), err)
		}
		if bytes.Contains(file, []byte(text)) || bytes.Contains(file, secret) {
			t.Errorf("the token of the %s stands in the database", name)
		}
	}
}

func TestSessionsOutliveARestart(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		p, _ := openPeople(t, db)
		_, cookie := signIn(t, p, "head")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		p, _ = openPeople(t, open(sqldb.Config{Durable: true}))
		wantOpen(t, p, "after a restart", cookie)
	})
}

func TestASessionIsOpenThoughItCannotBeNoted(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		p, c := openPeople(t, db)
		_, cookie := signIn(t, p, "head")
		// A table that refuses every change, as a full disk does.
		if err := db.Migrate(t.Context(), "refusal", []sqldb.Migration{{
			Name:     "refuse",
			OnSQLite: `CREATE TRIGGER refuse BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'no'); END`,
			OnPostgreSQL: `
				CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
				CREATE TRIGGER refuse BEFORE UPDATE ON session EXECUTE FUNCTION refuse()`,
		}}); err != nil {
			t.Fatal(err)
		}
		c.turn(time.Hour)
		wantOpen(t, p, "when the use cannot be noted", cookie)
	})
}

func TestErrorsOfTheDatabaseAreNotTakenForEndedSessions(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		_, cookie := signIn(t, p, "head")
		token := newLink(t, p, "head", time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Session(ctx, cookie); !errors.Is(err, context.Canceled) || errors.Is(err, people.ErrSessionEnded) {
			t.Errorf("session: got %v, want context.Canceled", err)
		}
		if _, _, err := p.Redeem(ctx, token, from); !errors.Is(err, context.Canceled) || errors.Is(err, people.ErrLinkUnknown) {
			t.Errorf("redeem: got %v, want context.Canceled", err)
		}
		if _, _, err := p.Redeem(t.Context(), token, from); err != nil {
			t.Errorf("the link after that: %v", err)
		}
	})
}
