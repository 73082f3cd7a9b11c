package web

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"liaison.example/office"
	"liaison.example/people"
)

// device gives the browser a device that keeps passkeys and verifies who holds it.
func device(t *testing.T, ctx context.Context) webauthn.AuthenticatorID {
	t.Helper()
	_, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{})
	must(t, err)
	made, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		},
	})
	must(t, err)
	return made.AuthenticatorID
}

// atLocalhost is the address of a server by the name at which browsers have
// passkeys.
func atLocalhost(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }

func TestAPersonEnrolsWithAPasskeyInABrowserAndSignsInWithIt(t *testing.T) {
	h, _ := ours(t)
	must(t, h.nodes["south"].People().AddAccount(t.Context(), operator, people.Account{Name: "park", Person: "박 당직", Posts: []office.Post{"duty-officer"}}))
	token, err := h.nodes["south"].People().AccountLink(t.Context(), operator, "park", time.Hour)
	must(t, err)
	at := atLocalhost(h.serve("south").URL)
	ctx, complaints := browserOf(t, chromium)
	id := device(t, ctx)

	must(t, chromedp.Do(ctx, chromedp.Navigate(at+"/sign-in?t="+token), click(`.door button`), chromedp.WaitVisible(`#waits`)))
	soon(t, ctx, "main", "You came by a one-time link. Set up a passkey")
	must(t, chromedp.Do(ctx, chromedp.Navigate(at+"/account"),
		chromedp.SendKeys(`[data-passkey=create] [name=name]`, "Telephone"), click(`[data-passkey=create] button`),
		chromedp.WaitVisible(`form[action$="/remove"]`)))
	soon(t, ctx, "[aria-labelledby=passkeys-title]", "Telephone")
	held, err := chromedp.Call(ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: id})
	must(t, err)
	if len(held.Credentials) != 1 || held.Credentials[0].RpID != "localhost" || !held.Credentials[0].IsResidentCredential || held.Credentials[0].UserName != "park" || strings.Contains(string(held.Credentials[0].UserHandle), "park") {
		t.Errorf("the device holds %+v", held.Credentials)
	}
	// The same device a second time.
	must(t, chromedp.Do(ctx, chromedp.SendKeys(`[data-passkey=create] [name=name]`, "Again"), click(`[data-passkey=create] button`)))
	soon(t, ctx, "[data-when=there]", "already holds a passkey")

	must(t, chromedp.Do(ctx, click(`form[action="/sign-out"] button`), chromedp.WaitVisible(`[data-passkey=get]`),
		click(`[data-passkey=get] button`), chromedp.WaitVisible(`#waits`), chromedp.Navigate(at+"/account")))
	soon(t, ctx, "[aria-labelledby=sessions-title]", "signed in by a passkey")

	// The only way in is not removed; half an hour later nothing is, without proof.
	must(t, chromedp.Do(ctx, click(`form[action$="/remove"] button`)))
	soon(t, ctx, "main > .error", "the only way in which you can sign in")
	h.set(h.now().Add(time.Hour))
	must(t, chromedp.Do(ctx, chromedp.Navigate(at+"/account"), chromedp.WaitVisible(`#proof-title`)))
	if n, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll('form[action$="/remove"], form[action="/account/password"], form[action="/account/codes"], [data-passkey=create]').length`)); err != nil || n != 0 {
		t.Errorf("without proof the page offers %d changes (%v)", n, err)
	}
	must(t, chromedp.Do(ctx, click(`[data-passkey=get] button`), chromedp.WaitVisible(`[data-passkey=create]`),
		chromedp.SendKeys(`[name=password]`, password), chromedp.SendKeys(`[name=again]`, password),
		click(`form[action="/account/password"] button`)))
	soon(t, ctx, "[aria-labelledby=password-title]", "A password is set")
	must(t, chromedp.Do(ctx, click(`form[action$="/remove"] button`)))
	soon(t, ctx, "[aria-labelledby=passkeys-title]", "There is none yet")
	if list := complaints.take(); len(list) != 1 || !strings.Contains(list[0], "422") { // the removal that was refused
		t.Errorf("the browser says: %q", list)
	}

	must(t, chromedp.Do(ctx, click(`form[action="/sign-out"] button`), chromedp.WaitVisible(`[data-passkey=get]`), click(`[data-passkey=get] button`)))
	soon(t, ctx, ".door .error", "This passkey does not open the door")
	var deeds []string
	lines, err := h.nodes["south"].People().Trail(t.Context(), 0, 50)
	must(t, err)
	for _, l := range lines {
		if l.Whom == "park" || l.Deed == people.SignInRefused {
			deeds = append(deeds, string(l.Deed))
		}
	}
	if got, want := strings.Join(deeds, " "), "sign-in-refused signed-out passkey-removed password-set proved signed-in signed-out passkey-added signed-in link-made account-added"; got != want {
		t.Errorf("the trail says %s, want %s", got, want)
	}
}

// asking asks the browser's device for an answer to what begin asks for.
const asking = `async (begin) => {
	const begun = await (await fetch(begin, { method: "POST", body: new URLSearchParams() })).json();
	const got = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(begun.options.publicKey) });
	return JSON.stringify(got.toJSON());
}`

// sending sends an answer and tells the page to which it leads.
const sending = `async (to, answer) => await (await fetch(to, { method: "POST", body: new URLSearchParams({ answer }) })).text()`

func TestAnAnswerOfAPasskeyOpensTheDoorForWhichItWasMadeOnce(t *testing.T) {
	h, _ := ours(t)
	p := h.nodes["south"].People()
	for _, name := range []string{"park", "choi"} {
		must(t, p.AddAccount(t.Context(), operator, people.Account{Name: name, Person: name, Posts: []office.Post{"duty-officer"}}))
	}
	at := atLocalhost(h.serve("south").URL)
	elsewhere := atLocalhost(h.serveAs("south", "http://localhost:1").URL)
	ctx, _ := browser(t)
	device(t, ctx)
	enrol := func(name string) {
		t.Helper()
		token, err := p.AccountLink(t.Context(), operator, name, time.Hour)
		must(t, err)
		must(t, chromedp.Do(ctx, chromedp.Navigate(at+"/sign-in?t="+token), click(`.door button`), chromedp.WaitVisible(`#waits`), chromedp.Navigate(at+"/account")))
	}
	enrol("park")
	must(t, chromedp.Do(ctx, chromedp.SendKeys(`[data-passkey=create] [name=name]`, "Telephone"), click(`[data-passkey=create] button`), chromedp.WaitVisible(`form[action$="/remove"]`)))

	// run asks at a page for an answer and sends it, so often.
	run := func(page, begin, to string, times int, want string) {
		t.Helper()
		script := `(async () => { const answer = await (` + asking + `)("` + begin + `"); let last = ""; for (let i = 0; i < ` + strconv.Itoa(times) + `; i++) last = await (` + sending + `)("` + to + `", answer); return last; })()`
		must(t, chromedp.Do(ctx, chromedp.Navigate(page)))
		said, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
		must(t, err)
		if !strings.Contains(said, want) || strings.Contains(said, "park") {
			t.Errorf("the page %s says %s, want %q", page, matter(said), want)
		}
	}
	const wrong, late = "This passkey does not open the door", "was answered already"
	run(at+"/sign-in", "/sign-in/passkey/begin", "/sign-in/passkey", 2, late)
	run(elsewhere+"/sign-in", "/sign-in/passkey/begin", "/sign-in/passkey", 1, wrong)
	run(at+"/sign-in", "/account/proof/begin", "/sign-in/passkey", 1, late)

	must(t, p.Suspend(t.Context(), operator, "park"))
	run(at+"/sign-in", "/sign-in/passkey/begin", "/sign-in/passkey", 1, wrong)
	must(t, p.Resume(t.Context(), operator, "park"))

	// Somebody else's passkey proves nothing of who is at choi's screen.
	_, err := chromedp.Call(ctx, network.ClearBrowserCookies, struct{}{})
	must(t, err)
	enrol("choi")
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => (`+sending+`)("/account/proof", await (`+asking+`)("/sign-in/passkey/begin")))()`, chromedp.EvalAwaitPromise))
	must(t, err)
	if !strings.Contains(said, late) {
		t.Errorf("an answer to the sign-in, sent as a proof: %s", matter(said))
	}
}

func TestWherePasskeysCannotBeHadThePagesSayWhy(t *testing.T) {
	h, south := ours(t)
	south.cookie = h.account(people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}})
	south.get("/account").want(t, 200, `data-passkey="create"`, "http://localhost:", "<noscript>")
	south.post("/account/passkeys", url.Values{"name": {"Telephone"}}).want(t, 422, "A passkey needs script")
	south.post("/account/passkeys/begin", url.Values{}).want(t, 200, `{"options":{"publicKey":`)
	south.post("/account/passkeys", url.Values{"name": {"Telephone"}, "answer": {"{}"}}).want(t, 422, "The answer of the device does not hold")
	south.post("/account/passkeys", url.Values{"name": {"Telephone"}, "answer": {"{}"}}).want(t, 422, "was answered already")
	south.post("/account/passkeys", url.Values{"name": {" "}, "answer": {"{}"}}).want(t, 422, "The name of a passkey is one line")
	south.post("/account/passkeys/1/remove", url.Values{}).want(t, 422, "has no such passkey")
	south.post("/account/passkeys/x/remove", url.Values{}).want(t, 404)
	south.post("/account/proof/begin", url.Values{}).want(t, 422, `{"problem":"The account has no such passkey."}`)
	h.set(h.now().Add(time.Hour))
	page := south.get("/account")
	page.want(t, 200, "Open a fresh one-time link", "First show who is at the screen")
	if strings.Contains(page.body, `data-passkey`) {
		t.Error("the page offers passkeys without proof")
	}
	south.post("/account/password", url.Values{"password": {password}, "again": {password}}).want(t, 422, "open a fresh one-time link")
	south.post("/account/passkeys/begin", url.Values{}).want(t, 422, `{"problem":"You signed in too long ago`)

	south.cookie = h.byLink("park")
	south.url = h.serveAs("south", "http://192.0.2.7:8410").URL
	south.get("/account").want(t, 200, "At http://192.0.2.7:8410 browsers have no passkeys")
	south.post("/account/passkeys/begin", url.Values{}).want(t, 422, `{"problem":"At http://192.0.2.7:8410`)
	south.cookie = nil
	if page := south.get("/sign-in"); strings.Contains(page.body, "passkey") {
		t.Error("the page offers a passkey where none can be had")
	}
	south.post("/sign-in/passkey", url.Values{"answer": {"{}"}}).want(t, 403, "browsers have no passkeys")
	south.url = h.serve("south").URL
	south.get("/sign-in").want(t, 200, "Sign in with a passkey", "Or with name and password")
	south.post("/sign-in/passkey", url.Values{}).want(t, 403, "A passkey needs script")
	south.post("/sign-in/passkey", url.Values{"answer": {"{}"}}).want(t, 403, "was answered already")
	begun := south.post("/sign-in/passkey/begin", url.Values{})
	begun.want(t, 200, `"challenge":`)
	if c := begun.header.Get("Set-Cookie"); !strings.HasPrefix(c, "liaison-south-attempt=") || !strings.Contains(c, "HttpOnly; SameSite=Strict") {
		t.Errorf("the attempt is kept as %q", c)
	}
}
