package people_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/sqldb"
)

func newToken(t *testing.T, p *people.People, n people.NewToken) (people.Token, string) {
	t.Helper()
	token, text, err := p.AddToken(t.Context(), byOperator, n)
	if err != nil {
		t.Fatal(err)
	}
	return token, text
}

func addPark(t *testing.T, p *people.People, admin bool, posts ...office.Post) {
	t.Helper()
	if err := p.AddAccount(t.Context(), byOperator, people.Account{Name: "park", Person: "Park", Posts: posts, Admin: admin}); err != nil {
		t.Fatal(err)
	}
}

func TestATokenActsForItsAccountUntilItsEnd(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		addPark(t, p, false, "officer", "duty-officer")
		token, text := newToken(t, p, people.NewToken{Account: "park", Scopes: []people.Scope{people.ScopeRelease, people.ScopeRead}, Note: "night watch"})
		if !strings.HasPrefix(text, "liaison-") || len(text) != len("liaison-")+43 || !token.Ends.Equal(opening.Add(people.TokenUsual)) {
			t.Errorf("got %q that ends at %s", text, token.Ends)
		}
		b, err := p.Bearer(ctx, text)
		if err != nil || b.Account != "park" || !slices.Equal(b.Posts, []office.Post{"officer", "duty-officer"}) || b.Admin || b.ID != token.ID {
			t.Fatalf("got %+v, %v", b, err)
		}
		if err := errors.Join(b.Allows(people.ScopeRead), b.Allows(people.ScopeRelease), b.ActsFor("duty-officer")); err != nil {
			t.Error(err)
		}
		wantRefusal(t, "another scope", b.Allows(people.ScopeBind), "token-scope")
		wantRefusal(t, "another post", b.ActsFor("head"), "token-post")

		c.turn(people.TokenUsual - time.Millisecond)
		if b, err = p.Bearer(ctx, text); err != nil || !b.LastUsed.Equal(c.Now().Truncate(time.Millisecond)) {
			t.Errorf("just before its end: %+v, %v", b, err)
		}
		c.turn(time.Millisecond)
		_, err = p.Bearer(ctx, text)
		wantRefusal(t, "at its end", err, "token-ended")
		if list, err := p.Tokens(ctx); err != nil || len(list) != 1 || list[0].Working(c.Now()) || list[0].Note != "night watch" {
			t.Errorf("the list: %+v, %v", list, err)
		}
	})
}

func TestATokenFollowsWhatItsAccountMay(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, _ *clock) {
		ctx := t.Context()
		addPark(t, p, true, "officer")
		_, text := newToken(t, p, people.NewToken{Account: "park", Scopes: people.Scopes})
		b, err := p.Bearer(ctx, text)
		if err != nil || b.Allows(people.ScopeAdminister) != nil {
			t.Errorf("of an administrator: %+v, %v", b, err)
		}
		no, none := false, []office.Post{}
		if err := p.ChangeAccount(ctx, byOperator, "park", people.Change{Admin: &no, Posts: &none}); err != nil {
			t.Fatal(err)
		}
		if b, err = p.Bearer(ctx, text); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, "no longer an administrator", b.Allows(people.ScopeAdminister), "token-not-admin")
		wantRefusal(t, "no longer with a post", b.Allows(people.ScopeRead), "token-no-post")
		if err := p.Suspend(ctx, byOperator, "park"); err != nil {
			t.Fatal(err)
		}
		_, err = p.Bearer(ctx, text)
		wantRefusal(t, "suspended", err, "token-revoked")
		if err := p.Resume(ctx, byOperator, "park"); err != nil {
			t.Fatal(err)
		}
		_, err = p.Bearer(ctx, text)
		wantRefusal(t, "after that", err, "token-revoked")
	})
}

func TestATokenOfAPostEndsWithThePost(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, _ *clock) {
		ctx := t.Context()
		_, text := newToken(t, p, people.NewToken{Post: "duty-officer", Scopes: []people.Scope{people.ScopeAcknowledge}})
		_, other := newToken(t, p, people.NewToken{Post: "head", Scopes: []people.Scope{people.ScopeBind}})
		b, err := p.Bearer(ctx, text)
		if err != nil || b.Account != "" || b.ActsFor("duty-officer") != nil || b.Allows(people.ScopeAcknowledge) != nil {
			t.Errorf("got %+v, %v", b, err)
		}
		if err := p.RevokePost(ctx, "duty-officer"); err != nil {
			t.Fatal(err)
		}
		_, err = p.Bearer(ctx, text)
		wantRefusal(t, "after the post has ended", err, "token-revoked")
		if _, err := p.Bearer(ctx, other); err != nil {
			t.Errorf("that of another post: %v", err)
		}
	})
}

func TestATokenIsRevokedByWhomItBelongsTo(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, _ *clock) {
		ctx := t.Context()
		addPark(t, p, false, "officer")
		token, text := newToken(t, p, people.NewToken{Account: "park", Scopes: []people.Scope{people.ScopeRead}})
		if err := p.RevokeToken(ctx, people.By{Who: "choi"}, token.ID, "choi"); !errors.Is(err, people.ErrNoToken) {
			t.Errorf("by somebody else: %v", err)
		}
		if err := p.RevokeToken(ctx, people.By{Who: "park", From: from}, token.ID, "park"); err != nil {
			t.Error(err)
		}
		if l := lastDeed(t, p); l.Deed != people.TokenRevoked || l.Whom != "park" || l.Detail != "read" {
			t.Errorf("the trail: %+v", l)
		}
		_, err := p.Bearer(ctx, text)
		wantRefusal(t, "after that", err, "token-revoked")
		if err := p.RevokeToken(ctx, byOperator, token.ID, ""); !errors.Is(err, people.ErrNoToken) {
			t.Errorf("again: %v", err)
		}
	})
}

func TestAPersonMakesATokenWithTheirPassword(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		addPark(t, p, false, "officer")
		cookie := setPassword(t, p, "correct horse battery")
		c.turn(people.ProofFresh)
		wanted := people.NewToken{Account: "choi", Scopes: []people.Scope{people.ScopeRead}}
		_, _, err := p.AddOwnToken(ctx, cookie, from, "wrong", wanted)
		wantRefusal(t, "with a wrong password", err, "password-wrong")
		token, text, err := p.AddOwnToken(ctx, cookie, from, "correct horse battery", wanted)
		if err != nil || token.Account != "park" || token.MadeBy != "park" {
			t.Errorf("got %+v, %v", token, err)
		}
		if b, err := p.Bearer(ctx, text); err != nil || b.Account != "park" {
			t.Errorf("got %+v, %v", b, err)
		}
		if list, err := p.AccountTokens(ctx, "park"); err != nil || len(list) != 1 {
			t.Errorf("its list: %+v, %v", list, err)
		}
	})
}

func TestTokensThatCannotBeAreRefused(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, _ *clock) {
		ctx := t.Context()
		addPark(t, p, false, "officer")
		read := []people.Scope{people.ScopeRead}
		for _, row := range []struct {
			code office.Reason
			n    people.NewToken
		}{
			{"token-holder", people.NewToken{Scopes: read}},
			{"token-holder", people.NewToken{Account: "park", Post: "head", Scopes: read}},
			{"account-unknown", people.NewToken{Account: "choi", Scopes: read}},
			{"account-post", people.NewToken{Post: "operator", Scopes: read}},
			{"token-no-scope", people.NewToken{Account: "park"}},
			{"token-scope-unknown", people.NewToken{Account: "park", Scopes: []people.Scope{"everything"}}},
			{"token-not-admin", people.NewToken{Post: "head", Scopes: []people.Scope{people.ScopeAdminister}}},
			{"token-of-a-person", people.NewToken{Post: "head", Scopes: []people.Scope{people.ScopeRead, people.ScopeDraft}}},
			{"token-of-a-person", people.NewToken{Post: "head", Scopes: []people.Scope{people.ScopeOwn}}},
			{"token-note", people.NewToken{Account: "park", Scopes: read, Note: strings.Repeat("x", people.MaxNote+1)}},
			{"token-note", people.NewToken{Account: "park", Scopes: read, Note: "two\nlines"}},
			{"token-valid", people.NewToken{Account: "park", Scopes: read, ValidFor: people.TokenLongest + 1}},
			{"token-valid", people.NewToken{Account: "park", Scopes: read, ValidFor: -1}},
		} {
			_, _, err := p.AddToken(ctx, byOperator, row.n)
			wantRefusal(t, string(row.code), err, row.code)
		}
		for range 32 {
			newToken(t, p, people.NewToken{Account: "park", Scopes: read})
		}
		_, _, err := p.AddToken(ctx, byOperator, people.NewToken{Account: "park", Scopes: read})
		wantRefusal(t, "one too many", err, "token-many")
		for _, text := range []string{"", "liaison-", "liaison-" + strings.Repeat("A", 43), strings.Repeat("A", 43), strings.Repeat("x", 1<<20)} {
			_, err := p.Bearer(ctx, text)
			wantRefusal(t, "a token that is none", err, "token-unknown")
		}
	})
}

func TestTheDatabaseHoldsNoToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "local.db")
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + file, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := openPeople(t, db)
	_, text := newToken(t, p, people.NewToken{Post: "head", Scopes: []people.Scope{people.ScopeRead}})
	if _, err := p.Bearer(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte(strings.TrimPrefix(text, "liaison-"))) {
		t.Error("the token stands in local.db")
	}
}
