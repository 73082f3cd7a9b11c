package people_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/text/unicode/norm"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/sqldb"
)

const secret = "한강 물은 오늘도 흐른다" // 13 characters

func TestAPersonSignsInWithNameAndPassword(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		setPassword(t, p, secret)
		s, cookie, err := p.SignIn(ctx, "park", secret, "", from)
		if err != nil || s.Post != "officer" || s.Account != "park" || s.ByLink {
			t.Fatalf("got %+v, %v", s, err)
		}
		wantOpen(t, p, "the session", cookie)
		if l := lastDeed(t, p); l.Deed != people.SignedIn || l.Detail != "password officer" || l.By != (people.By{Who: "park", From: from}) {
			t.Errorf("the trail says %+v", l)
		}
		// Another keyboard writes the same syllables in pieces.
		if _, _, err := p.SignIn(ctx, "park", norm.NFD.String(secret), "", from); err != nil {
			t.Errorf("with conjoining letters: %v", err)
		}
	})
}

func TestEverySignInThatIsRefusedIsRefusedAlike(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		setPassword(t, p, secret)
		add(t, p, people.Account{Name: "yun", Person: "Yun"})
		add(t, p, people.Account{Name: "lim", Person: "Lim"})
		if err := p.Suspend(ctx, byOperator, "lim"); err != nil {
			t.Fatal(err)
		}
		for i, row := range [][3]string{
			{"park", "한강 물은 오늘도 흐르나", ""}, {"nobody", secret, ""}, {"yun", "", ""}, {"lim", secret, ""},
			{"", "", ""}, {"Park", secret, ""}, {"park", secret + "\x00", ""}, {"park", strings.Repeat("x", 5000), ""},
			{strings.Repeat("x", 5000), secret, ""}, {"park\xff", secret, ""},
		} {
			_, cookie, err := p.SignIn(ctx, row[0], row[1], row[2], fmt.Sprintf("192.0.2.%d", i))
			if r := wantRefusal(t, fmt.Sprintf("%.20q", row), err, "sign-in-wrong"); len(r.Detail) > 0 || cookie != "" {
				t.Errorf("%.20q: got %v and the cookie %q", row, r.Detail, cookie)
			}
		}
	})
}

func TestGuessingIsSlowedMoreAndMore(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		setPassword(t, p, secret)
		guess := func(name, password, address string) error {
			_, _, err := p.SignIn(ctx, name, password, "", address)
			return err
		}
		for range 5 {
			wantRefusal(t, "one of five guesses", guess("park", "wrong", from), "sign-in-wrong")
		}
		for _, want := range []time.Duration{10, 20, 40, 80, 160, 320, 640, 900, 900} {
			r := wantRefusal(t, "too early", guess("park", secret, from), "sign-in-wait")
			if r.Detail["seconds"] != fmt.Sprint(int(want)) {
				t.Errorf("got %v, want %d seconds", r.Detail, want)
			}
			wantRefusal(t, "the same account from elsewhere", guess("park", secret, "198.51.100.9"), "sign-in-wait")
			wantRefusal(t, "another account from there", guess("nobody", secret, from), "sign-in-wait")
			c.turn(want * time.Second)
			wantRefusal(t, "late enough", guess("park", "wrong", from), "sign-in-wrong")
		}
		c.turn(15 * time.Minute)
		if err := guess("park", secret, from); err != nil {
			t.Errorf("the right password: %v", err)
		}
		wantRefusal(t, "after a success", guess("park", "wrong", from), "sign-in-wrong")
		c.turn(25 * time.Hour)
		if err := guess("park", secret, from); err != nil {
			t.Errorf("a day later: %v", err)
		}
	})
}

func TestAnAddressIsSlowedWhicheverAccountItTries(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		try := func(i int, address string) error {
			_, _, err := p.SignIn(t.Context(), fmt.Sprintf("name-%d", i), "wrong", "", address)
			return err
		}
		for i := range 5 {
			wantRefusal(t, "one of five names", try(i, fmt.Sprintf("2001:db8::%d", i)), "sign-in-wrong")
		}
		wantRefusal(t, "a sixth from the same network", try(6, "2001:db8::ffff"), "sign-in-wait")
		wantRefusal(t, "one from another network", try(7, "2001:db8:1::1"), "sign-in-wrong")
		for i := range 8 {
			wantRefusal(t, "behind a proxy on this machine", try(10+i, "127.0.0.1"), "sign-in-wrong")
		}
	})
}

func TestManyGuessesAtOnceAreCountedEach(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		add(t, p, park)
		errs := make([]error, 12)
		var done sync.WaitGroup
		for i := range errs {
			done.Go(func() { _, _, errs[i] = p.SignIn(t.Context(), "park", "wrong", "", from) })
		}
		done.Wait()
		tried := 0
		for _, err := range errs {
			var r *people.Refusal
			if !errors.As(err, &r) {
				t.Fatal(err)
			}
			if r.Code == "sign-in-wrong" {
				tried++
			}
		}
		if tried != 5 {
			t.Errorf("got %d guesses at once, want 5", tried)
		}
	})
}

func TestRefusedSignInsAreNotedOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		add(t, p, park)
		for i, row := range []struct {
			turn time.Duration
			name string
			want int
		}{{0, "park", 1}, {time.Second, "park", 1}, {time.Second, "nobody", 2}, {time.Second, "no-one", 2}, {time.Minute, "park", 3}} {
			c.turn(row.turn)
			_, _, err := p.SignIn(t.Context(), row.name, "wrong", "", from)
			wantRefusal(t, row.name, err, "sign-in-wrong")
			lines, err := p.Trail(t.Context(), 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			if got := len(lines) - 1; got != row.want {
				t.Errorf("after guess %d: got %d lines, want %d", i+1, got, row.want)
			}
		}
		if l := lastDeed(t, p); l.Deed != people.SignInRefused || l.Whom != "park" || l.By != (people.By{From: from}) {
			t.Errorf("the trail says %+v", l)
		}
	})
}

func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	text, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestACodeIsNeededOnceItIsConfirmedAndCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		cookie := setPassword(t, p, secret)
		shared, err := p.NewSecret(ctx, cookie, from, "")
		if err != nil {
			t.Fatal(err)
		}
		if pending, err := p.PendingSecret(ctx, cookie); pending != shared || err != nil {
			t.Errorf("got %q, %v, want the secret that was drawn", pending, err)
		}
		if _, _, err := p.SignIn(ctx, "park", secret, "", from); err != nil {
			t.Errorf("before it is confirmed: %v", err)
		}
		wantRefusal(t, "a wrong code", p.ConfirmSecret(ctx, cookie, from, "000000"), "code-wrong")
		if err := p.ConfirmSecret(ctx, cookie, from, code(t, shared, c.Now())); err != nil {
			t.Fatal(err)
		}
		try := func(code string) error {
			_, _, err := p.SignIn(ctx, "park", secret, code, "127.0.0.1")
			return err
		}
		wantRefusal(t, "no code", try(""), "sign-in-wrong")
		wantRefusal(t, "the code that confirmed it", try(code(t, shared, c.Now())), "sign-in-wrong")
		wantRefusal(t, "a code of two steps ahead", try(code(t, shared, c.Now().Add(time.Minute))), "sign-in-wrong")
		next := code(t, shared, c.Now().Add(30*time.Second))
		if err := try(next[:3] + " " + next[3:]); err != nil {
			t.Errorf("a clock half a minute ahead: %v", err)
		}
		c.turn(time.Minute)
		wantRefusal(t, "the same code again", try(next), "sign-in-wrong")
		if err := try(code(t, shared, c.Now())); err != nil {
			t.Errorf("the next code: %v", err)
		}
		if err := p.RemoveSecret(ctx, cookie, from, secret); err != nil {
			t.Fatal(err)
		}
		if err := try(""); err != nil {
			t.Errorf("after the codes were removed: %v", err)
		}
	})
}

func TestAPasswordIsChangedWithTheOneBeforeOrByAFreshLink(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		cookie := setPassword(t, p, secret)
		_, other, err := p.SignIn(ctx, "park", secret, "", from)
		if err != nil {
			t.Fatal(err)
		}
		for password, want := range map[string]office.Reason{
			"eleven char": "password-short", strings.Repeat("가", 86): "password-text", "with\x00a control": "password-text",
			strings.Repeat("x", 9000): "password-text", "not UTF-8 here \xff": "password-text",
		} {
			wantRefusal(t, fmt.Sprintf("%.20q", password), p.SetPassword(ctx, cookie, from, "", password), want)
		}
		c.turn(people.ProofFresh)
		const second = "the second password"
		wantRefusal(t, "without the one before", p.SetPassword(ctx, cookie, from, "", second), "password-wrong")
		_, err = p.NewSecret(ctx, cookie, from, "wrong")
		wantRefusal(t, "a secret without it", err, "password-wrong")
		if err := p.SetPassword(ctx, cookie, from, secret, second); err != nil {
			t.Fatal(err)
		}
		wantOpen(t, p, "the session that set it", cookie)
		wantEnded(t, p, "another session", other)
		_, _, err = p.SignIn(ctx, "park", secret, "", from)
		wantRefusal(t, "the password before", err, "sign-in-wrong")
		if _, _, err = p.SignIn(ctx, "park", second, "", from); err != nil {
			t.Errorf("the new password: %v", err)
		}
		setPassword(t, p, secret) // by a fresh link
	})
}

func TestAPasswordThatIsSetEndsTheTokensOfItsAccount(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, _ *clock) {
		ctx := t.Context()
		add(t, p, park)
		add(t, p, people.Account{Name: "choi", Person: "Choi", Posts: park.Posts})
		read := []people.Scope{people.ScopeRead}
		_, own := newToken(t, p, people.NewToken{Account: "park", Scopes: read})
		_, another := newToken(t, p, people.NewToken{Account: "choi", Scopes: read})
		_, posts := newToken(t, p, people.NewToken{Post: park.Posts[0], Scopes: read})
		cookie := setPassword(t, p, secret)
		_, err := p.Bearer(ctx, own)
		wantRefusal(t, "after the first password", err, "token-revoked")
		_, own = newToken(t, p, people.NewToken{Account: "park", Scopes: read})
		wantRefusal(t, "a password too short", p.SetPassword(ctx, cookie, from, "", "short"), "password-short")
		if _, err := p.Bearer(ctx, own); err != nil {
			t.Errorf("after a refusal: %v", err)
		}
		if err := p.SetPassword(ctx, cookie, from, "", "the second password"); err != nil {
			t.Fatal(err)
		}
		_, err = p.Bearer(ctx, own)
		wantRefusal(t, "after the second one", err, "token-revoked")
		for whose, text := range map[string]string{"somebody else": another, "the post": posts} {
			if _, err := p.Bearer(ctx, text); err != nil {
				t.Errorf("that of %s: %v", whose, err)
			}
		}
	})
}

func TestWhoReadsTheDatabaseHasNoPassword(t *testing.T) {
	path := t.TempDir() + "/local.db"
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := openPeople(t, db)
	add(t, p, park)
	setPassword(t, p, "a password in clear")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(file), "$argon2id$v=19$m=32768,t=2,p=4$") || strings.Contains(string(file), "a password in clear") {
		t.Errorf("the database holds the password, or no hash of it: %v", err)
	}
}
