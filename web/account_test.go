package web

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"liaison.example/office"
	"liaison.example/people"
)

var operator = people.By{Who: people.Operator}

const password = "three words and more"

// account adds an account to the south and signs it in by a link.
func (h *house) account(a people.Account) *http.Cookie {
	h.t.Helper()
	must(h.t, h.nodes["south"].People().AddAccount(h.t.Context(), operator, a))
	return h.byLink(a.Name)
}

func (h *house) byLink(name string) *http.Cookie {
	h.t.Helper()
	token, err := h.nodes["south"].People().AccountLink(h.t.Context(), operator, name, time.Hour)
	must(h.t, err)
	_, cookie, err := h.nodes["south"].People().Redeem(h.t.Context(), token, "192.0.2.1")
	must(h.t, err)
	return &http.Cookie{Name: "liaison-south", Value: cookie}
}

// signIn sends the form of the sign-in page and takes the cookie.
func (c *client) signIn(name, password, code string) answered {
	c.t.Helper()
	c.cookie = nil
	a := c.post("/sign-in", url.Values{"name": {name}, "password": {password}, "code": {code}})
	if a.status == http.StatusSeeOther {
		cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
		must(c.t, err)
		c.cookie = cookie
	}
	return a
}

func TestWhoCameByALinkSetsAPasswordAndSignsInWithIt(t *testing.T) {
	h, south := ours(t)
	h.alone = true
	south.url = h.serve("south").URL
	south.cookie = h.account(people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer", "head"}})
	south.get("/").want(t, 200, "You came by a one-time link", `href="/account"`)
	south.get("/account").want(t, 200, "Park", "No password is set", "Set the password", "This screen", "signed in by a link")
	set := func(old, new, again string) answered {
		return south.post("/account/password", url.Values{"old": {old}, "password": {new}, "again": {again}})
	}
	set("", "short", "short").want(t, 422, "too short: it needs at least 12 characters")
	set("", password, "another password").want(t, 422, "are not the same")
	set("", password, password).want(t, 303)
	if page := south.get("/"); strings.Contains(page.body, "You came by") {
		t.Error("the page offers to set a password though there is one")
	}
	south.post("/sign-out", url.Values{}).want(t, 303)

	south.signIn("park", "wrong", "").want(t, 403, "The name, the password or the code is not right", `name="name" value="park"`)
	south.signIn(`"><b>`, "wrong", "").want(t, 403, `value="&#34;&gt;&lt;b&gt;"`)
	south.signIn("park", password, "").want(t, 303)
	south.get("/").want(t, 200, "Duty officer, South")
	south.get("/account").want(t, 200, "signed in by password", "Present password")
	set("wrong", password+"!", password+"!").want(t, 422, "The present password is not right")
	set(password, password+"!", password+"!").want(t, 303)

	south.post("/account/post", url.Values{"post": {"head"}}).want(t, 303)
	south.get("/").want(t, 200, "Head of the office, South")
	south.post("/account/post", url.Values{"post": {"observer"}}).want(t, 422, "cannot act for the post")
}

func TestAPasswordAloneOpensTheOwnAccountOnly(t *testing.T) {
	h, south := ours(t)
	p := h.nodes["south"].People()
	byLink := h.account(people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}, Admin: true})
	must(t, p.SetPassword(t.Context(), byLink.Value, "", "", password))
	linked := south
	linked.cookie = byLink
	linked.get("/").want(t, 200) // a link is enough

	south.signIn("park", password, "").want(t, 303)
	held := south.get("/account")
	held.want(t, 200, "You have signed in by a password alone", "Set up codes")
	held.lacks(t, `href="/accounts"`, "Duty officer, South", `action="/account/tokens"`)
	if a := south.get("/record"); a.status != 303 || a.header.Get("Location") != "/account" {
		t.Errorf("the record is answered with %d %q", a.status, a.header.Get("Location"))
	}
	for _, route := range routes {
		if method, path, _ := strings.Cut(route.pattern, " "); method == "POST" && route.access != anyone && !slices.Contains(whileHeld, route.pattern) {
			path = strings.NewReplacer("{side}", "south", "{index}", "0", "{id}", "1", "{name}", "park").Replace(path)
			if a := south.post(path, url.Values{}); a.status != 403 || !strings.Contains(a.body, "A password alone is not enough") {
				t.Errorf("%s is answered with %d", path, a.status)
			}
		}
	}
	south.get("/events").want(t, 403)

	// Codes that are confirmed free this session too, and so does a sign-in with one.
	south.post("/account/codes", url.Values{"old": {password}}).want(t, 303)
	south.get("/").want(t, 303)
	secret := strings.ReplaceAll(html.UnescapeString(secretShown.FindStringSubmatch(south.get("/account").body)[1]), " ", "")
	code, err := totp.GenerateCode(secret, h.now())
	must(t, err)
	south.post("/account/codes/confirm", url.Values{"code": {code}, "old": {password}}).want(t, 303)
	south.get("/").want(t, 200, "Duty officer, South")
	h.set(h.now().Add(time.Minute))
	code, err = totp.GenerateCode(secret, h.now())
	must(t, err)
	south.signIn("park", password, code).want(t, 303)
	south.get("/").want(t, 200, "Duty officer, South")
}

func TestGuessingIsAnsweredWithTheTimeToWait(t *testing.T) {
	h, south := ours(t)
	h.account(people.Account{Name: "park", Person: "Park"})
	for range 5 {
		south.signIn("park", "wrong", "").want(t, 403, "is not right")
	}
	south.signIn("park", "wrong", "").want(t, 403, "Try again in 10 seconds", `value="park"`)
}

var secretShown = regexp.MustCompile(`<code class="secret-text">([A-Z2-7 ]+)</code>`)

func TestCodesCountOnceOneHasConfirmedThem(t *testing.T) {
	h, south := ours(t)
	south.cookie = h.account(people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}})
	must(t, h.nodes["south"].People().SetPassword(t.Context(), south.cookie.Value, "", "", password))
	south.get("/account/codes.svg").want(t, 404)
	south.post("/account/codes", url.Values{}).want(t, 303)
	page := south.get("/account")
	page.want(t, 200, `src="/account/codes.svg"`)
	found := secretShown.FindStringSubmatch(page.body)
	if found == nil {
		t.Fatalf("the page shows no secret: %s", matter(page.body))
	}
	secret := strings.ReplaceAll(html.UnescapeString(found[1]), " ", "")
	picture := south.get("/account/codes.svg")
	picture.want(t, 200, "<svg", "#000000")
	if picture.header.Get("Content-Type") != "image/svg+xml" || picture.header.Get("Cache-Control") != "no-store" || strings.Contains(picture.body, secret) {
		t.Errorf("the picture comes with %v", picture.header)
	}
	south.post("/account/codes/confirm", url.Values{"code": {"000000"}}).want(t, 422, "The code is not right")
	code, err := totp.GenerateCode(secret, h.now())
	must(t, err)
	south.post("/account/codes/confirm", url.Values{"code": {code}}).want(t, 303)
	south.get("/account").want(t, 200, "also needs a code")

	other := south
	other.signIn("park", password, "").want(t, 403, "or the code is not right")
	h.set(h.now().Add(time.Minute))
	code, err = totp.GenerateCode(secret, h.now())
	must(t, err)
	other.signIn("park", password, code).want(t, 303)
	other.signIn("park", password, code).want(t, 403)
	south.post("/account/codes/remove", url.Values{}).want(t, 303)
	other.signIn("park", password, "").want(t, 303)
}

var revokeForm = regexp.MustCompile(`action="(/account/sessions/\d+/revoke)"`)

func TestAPersonEndsTheirOtherSessions(t *testing.T) {
	h, south := ours(t)
	here := h.account(people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}})
	there := h.byLink("park")
	stranger := h.account(people.Account{Name: "choi", Person: "Choi"})
	south.cookie = here
	found := revokeForm.FindAllStringSubmatch(south.get("/account").body, -1)
	if len(found) != 1 {
		t.Fatalf("the page offers to end %d sessions, want the other one", len(found))
	}
	south.cookie = stranger
	south.post(found[0][1], url.Values{}).want(t, 303)
	south.cookie = there
	south.get("/").want(t, 200)
	south.cookie = here
	south.post(found[0][1], url.Values{}).want(t, 303)
	south.cookie = there
	south.get("/").want(t, 403)
	south.cookie = here
	south.get("/").want(t, 200)
}

var tokenShown = regexp.MustCompile(`<code class="secret-text">(liaison-[A-Za-z0-9_-]{43})</code>`)

func TestAPersonMakesATokenThatIsShownOnceAndEndsIt(t *testing.T) {
	h, south := ours(t)
	south.cookie = h.account(people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}})
	must(t, h.nodes["south"].People().SetPassword(t.Context(), south.cookie.Value, "", "", password))
	page := south.get("/account")
	page.want(t, 200, "Tokens for programs", "There is none.", `name="scope" value="read"`)
	if strings.Contains(page.body, `value="administer"`) {
		t.Error("a scope for administrators is offered to somebody else")
	}
	form := url.Values{"scope": {"read", "release"}, "note": {"desk & display"}, "days": {"30"}}
	made := south.post("/account/tokens", form)
	made.want(t, 200, "The token is shown only now", "desk &amp; display", "read · release dispatches", "never used")
	found := tokenShown.FindStringSubmatch(made.body)
	if found == nil {
		t.Fatalf("the page shows no token: %s", matter(made.body))
	}
	if b, err := h.nodes["south"].People().Bearer(t.Context(), found[1]); err != nil || b.Account != "park" || len(b.Scopes) != 2 {
		t.Errorf("the token: %+v, %v", b, err)
	}
	page = south.get("/account")
	if strings.Contains(page.body, found[1]) {
		t.Error("the token is shown a second time")
	}
	// What was refused keeps what was typed.
	south.post("/account/tokens", url.Values{"note": {"kept"}, "days": {"7"}}).want(t, 422, "at least one scope", `value="kept"`, `value="7" selected`)
	south.post("/account/tokens", url.Values{"scope": {"administer"}, "days": {"8"}}).want(t, 400)
	h.set(h.now().Add(people.ProofFresh))
	south.post("/account/tokens", form).want(t, 422, "The present password is not right", `value="read" checked`)

	end := regexp.MustCompile(`action="(/account/tokens/\d+/revoke)"`).FindStringSubmatch(page.body)
	stranger := h.account(people.Account{Name: "choi", Person: "Choi"})
	mine := south.cookie
	south.cookie = stranger
	south.post(end[1], url.Values{}).want(t, 303)
	if _, err := h.nodes["south"].People().Bearer(t.Context(), found[1]); err != nil {
		t.Errorf("somebody else has ended it: %v", err)
	}
	south.cookie = mine
	south.post(end[1], url.Values{}).want(t, 303)
	if _, err := h.nodes["south"].People().Bearer(t.Context(), found[1]); err == nil {
		t.Error("the token goes on")
	}
	south.get("/account").want(t, 200, "There is none.")
}

func TestANewPasswordEndsTheTokensAndThePageSaysSo(t *testing.T) {
	h, south := ours(t)
	south.cookie = h.account(people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}})
	south.get("/account").want(t, 200, "Setting one ends all other sessions, links and tokens of the account.")
	south.post("/account/tokens", url.Values{"scope": {"read"}, "days": {"30"}}).want(t, 200, "End this token")
	south.post("/account/password", url.Values{"password": {password}, "again": {password}}).want(t, 303)
	south.get("/account").want(t, 200, "Changing it ends all other sessions, links and tokens of the account.", "There is none.")
}

func TestAnAccountWithoutAPostSeesItselfAndNothingElse(t *testing.T) {
	h, south := ours(t)
	south.cookie = h.account(people.Account{Name: "choi", Person: "최 관리자", Admin: true})
	south.get("/account").want(t, 200, "최 관리자", "Only who acts for a post", "Sign out")
	for _, route := range routes {
		method, path, _ := strings.Cut(route.pattern, " ")
		if route.access != signedIn {
			continue
		}
		path = strings.NewReplacer("{$}", "", "{side}", "south", "{index}", "0", "{by}", "north", "{id}", "1").Replace(path)
		form := url.Values(nil)
		if method == "POST" {
			form = url.Values{}
		}
		south.do(method, path, form).want(t, 403, "Your account has no post")
	}
}

func TestAPasswordIsNotSentBackWhenTheSessionHasEnded(t *testing.T) {
	_, south := ours(t)
	south.cookie = nil
	ended := south.post("/account/password", url.Values{"old": {"the one before"}, "password": {password}, "again": {password}})
	ended.want(t, 403)
	if strings.Contains(ended.body, password) || strings.Contains(ended.body, "the one before") {
		t.Error("the page holds the password")
	}
}
