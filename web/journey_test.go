package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"liaison.example/office"
)

// signInBy opens a one-time link in the browser and presses its button.
func signInBy(t *testing.T, ctx context.Context, h *house, side office.Side, url string, post office.Post) {
	t.Helper()
	token, err := h.nodes[side].People().NewLink(t.Context(), post, time.Hour)
	must(t, err)
	must(t, chromedp.Do(ctx,
		chromedp.Navigate(url+"/sign-in?t="+token),
		click(`.door button`), chromedp.WaitVisible(`#waits`)))
}

// text reads what an element shows.
func text(t *testing.T, ctx context.Context, selector string) string {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('`+selector+`')?.innerText ?? "nothing"`))
	must(t, err)
	return got
}

// soon waits until an element shows a text, without loading the page again.
func soon(t *testing.T, ctx context.Context, selector, want string) {
	t.Helper()
	if err := comesTrue(ctx, `document.querySelector('`+selector+`')?.innerText.includes('`+want+`')`); err != nil {
		t.Fatalf("%s does not come to show %q (%v); it shows: %s", selector, want, err, text(t, ctx, selector))
	}
}

// comesTrue waits until a page says that something is so.
func comesTrue(ctx context.Context, what string) error {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := chromedp.Run(waiting, chromedp.Poll[bool](what))
	for err != nil && waiting.Err() == nil { // the page in which it looked has gone: a form was sent
		_, err = chromedp.Run(waiting, chromedp.Poll[bool](what))
	}
	return err
}

// click clicks on an element, of a page that may just be renewing the part in which it
// stands, and so give the browser another one for it.
func click(selector string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, page *chromedp.Target) (done chromedp.Void, err error) {
		for {
			done, err = chromedp.Click(selector)(ctx, page)
			if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "Could not find node") {
				return done, err
			}
		}
	}
}

// press presses a key once the page has begun to listen, as a person does who
// sees it before them.
func press(t *testing.T, ctx context.Context, key string) {
	t.Helper()
	must(t, comesTrue(ctx, `document.readyState === "complete"`))
	must(t, chromedp.Do(ctx, chromedp.KeyEvent(key)))
}

// The main journey, in two real browser pages, one of each side: sign in by the
// link, write, see it appear on the other side and acknowledged here, with no page
// loaded again; then with the line cut.
func TestADispatchGoesFromOneBrowserToTheOther(t *testing.T) {
	h := mixed(t, aWorkday)
	h.staffed()
	h.level()
	southURL, northURL := h.serve("south").URL, h.serve("north").URL
	south, complaints := browserOf(t, chromium)
	north, stop := chromedp.NewContext(south)
	defer stop()

	signInBy(t, south, h, "south", southURL, "duty-officer")
	signInBy(t, north, h, "north", northURL, "duty-officer")
	// Both are signed in, though the browser keeps cookies by host alone.
	must(t, chromedp.Do(south, chromedp.Navigate(southURL+"/"), chromedp.WaitVisible(`#waits`)))
	if got := text(t, north, "#waits"); !strings.Contains(got, "Nothing waits") {
		t.Fatalf("before anything is sent: %s", got)
	}
	for _, page := range []context.Context{south, north} {
		must(t, chromedp.Do(page, chromedp.Evaluate[chromedp.Void](`window.notLoadedAgain = true`)))
		_, err := chromedp.Call(page, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // both stand side by side
		must(t, err)
	}

	// A key goes to the form; the form goes out by a key.
	must(t, chromedp.Do(south, chromedp.KeyEvent("w"), chromedp.WaitVisible(`#subject`),
		click(`.card.flash`),
		chromedp.SendKeys(`#subject`, "총성 관련 문의"),
		chromedp.SendKeys(`#text`, "세 차례 들렸습니다.\n\n무엇이었는지 알려 주기 바랍니다."),
	))
	if got := text(t, south, `[data-size-of="text"]`); !strings.HasPrefix(got, "7") && !strings.HasPrefix(got, "8") {
		t.Errorf("the size of the text is not counted: %q", got)
	}
	must(t, chromedp.Do(south, chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.WaitVisible(`.ladder`)))
	soon(t, south, ".ladder", "Received by the node of North")

	soon(t, north, "#waits", "총성 관련 문의")
	soon(t, north, "#list", "waits for our acknowledgement")
	title, err := chromedp.Run(north, chromedp.Title())
	must(t, err)
	if !strings.HasPrefix(title, "(1)") {
		t.Errorf("the title does not count what waits: %q", title)
	}
	if again, err := chromedp.Run(north, chromedp.Evaluate[bool](`window.notLoadedAgain !== true`)); err != nil || again {
		t.Errorf("the page was loaded again (%v)", err)
	}
	// From row to row by keys, into it, and acknowledge by a key.
	must(t, chromedp.Do(north, chromedp.KeyEvent("j"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`.ladder`)))
	press(t, north, "a")
	soon(t, south, "#receipts", "Duty officer, North")
	soon(t, south, "#state", "acknowledged")

	// An action without a letter has a digit that leads to it.
	must(t, chromedp.Do(north, chromedp.Navigate(northURL+"/tenders"), chromedp.WaitReady(`kbd[data-digit]`), chromedp.KeyEvent("1")))
	if led, err := chromedp.Run(north, chromedp.Evaluate[string](`document.activeElement.querySelector("kbd[data-digit]")?.innerText ?? document.activeElement.outerHTML`)); err != nil || led != "1" {
		t.Errorf("the key 1 leads to %q (%v)", led, err)
	}
	must(t, chromedp.Do(north, chromedp.Navigate(northURL+"/")))

	// The line is cut by the switch: writing goes on.
	must(t, chromedp.Do(south, click(`.demo .switch`), chromedp.WaitVisible(`.wire.down`),
		chromedp.Navigate(southURL+"/dispatches/new"),
		chromedp.SendKeys(`#subject`, "While the line is cut"), chromedp.SendKeys(`#text`, "One."),
		click(`.release button`), chromedp.WaitVisible(`.ladder`)))
	soon(t, south, "#state", "queued at our node, not yet received by North")
	soon(t, north, "#strip", "line down")
	must(t, chromedp.Do(south, click(`.demo .switch`)))
	soon(t, south, ".ladder", "Received by the node of North") // ("received by North" is a part of "not yet received by North")
	soon(t, north, "#strip", "line up")
	press(t, north, "d")
	must(t, chromedp.Do(north, chromedp.WaitVisible(`#waits`)))
	soon(t, north, "#waits", "While the line is cut")

	// The record is shown to be the same on both sides, once all is settled.
	for _, page := range []context.Context{south, north} {
		soon(t, page, "#strip", "same record on both sides")
	}
	for _, complaint := range complaints.take() {
		t.Error("the browser says: ", complaint)
	}
	h.level()
}

// The same pages do without script.
func TestADispatchIsWrittenAndAcknowledgedWithoutScript(t *testing.T) {
	h := open(t, two)
	h.staffed()
	h.level()
	url := h.serve("south").URL
	page, _ := browser(t)
	_, err := chromedp.Call(page, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	must(t, err)
	signInBy(t, page, h, "south", url, "duty-officer")
	must(t, chromedp.Do(page, click(`.head .button`), chromedp.WaitVisible(`#subject`),
		chromedp.SendKeys(`#subject`, "Without script"), chromedp.SendKeys(`#text`, "One."),
		click(`.release button`), chromedp.WaitVisible(`.ladder`),
		click(`.languages button`), chromedp.WaitVisible(`html[lang=ko] .ladder`)))
	id := h.send("north", office.Routine, "liaison", "To be acknowledged", "One.")
	h.level()
	must(t, chromedp.Do(page, chromedp.Navigate(url+"/dispatches/"+id.String()), click(`.acknowledge button`),
		chromedp.WaitNotPresent(`.acknowledge`), click(`.person form:last-child button`), chromedp.WaitVisible(`.door`)))
	h.level()
}

// A session that ends while somebody writes: the form is kept, and goes out when
// it is sent again after signing in elsewhere.
func TestWhatWasTypedOutlivesTheSessionInTheBrowser(t *testing.T) {
	h := open(t, two)
	h.staffed()
	h.level()
	url := h.serve("south").URL
	page, _ := browser(t)
	signInBy(t, page, h, "south", url, "duty-officer")
	must(t, chromedp.Do(page, chromedp.Navigate(url+"/dispatches/new"),
		chromedp.SendKeys(`#subject`, "Long in the writing"), chromedp.SendKeys(`#text`, "첫 단락.\n\nSecond.")))
	must(t, h.nodes["south"].People().RevokePost(t.Context(), "duty-officer"))
	must(t, chromedp.Do(page, click(`.release button`), chromedp.WaitVisible(`.door`)))
	if got := text(t, page, ".door"); !strings.Contains(got, "nothing is lost") {
		t.Fatalf("the page says: %s", got)
	}
	cookie := h.cookie("south", "duty-officer")
	_, err := chromedp.Call(page, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: url, SameSite: network.CookieSameSiteStrict})
	must(t, err)
	must(t, chromedp.Do(page, click(`.door button`), chromedp.WaitVisible(`.ladder`)))
	if got := text(t, page, ".dispatch"); !strings.Contains(got, "첫 단락.") || !strings.Contains(got, "Long in the writing") {
		t.Errorf("the dispatch says: %s", got)
	}
	h.level()
}

// A link in a mail leads from another site to a page of ours, and the strict
// cookie comes along with the second request.
func TestALinkFromAnotherSiteOpensThePageForWhoIsSignedIn(t *testing.T) {
	h := open(t, two)
	h.staffed()
	h.level()
	url := h.serve("south").URL
	page, _ := browser(t)
	signInBy(t, page, h, "south", url, "duty-officer")
	elsewhere := strings.Replace(h.serve("north").URL, "127.0.0.1", "localhost", 1)
	must(t, chromedp.Do(page, chromedp.Navigate(elsewhere+"/sign-in"),
		chromedp.Evaluate[chromedp.Void](`location.href = "`+url+`/record"`), chromedp.WaitVisible(`#entries`)))
}
