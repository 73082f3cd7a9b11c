package web

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"liaison.example/office"
)

// value reads what a field holds.
func value(t *testing.T, ctx context.Context, selector string) string {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('`+selector+`').value`))
	must(t, err)
	return got
}

// Two people of one side in two real browser pages: one writes, the other sends
// it back, approves and releases; what is typed is saved meanwhile.
func TestADraftGoesFromOneDeskToAnotherInTheBrowser(t *testing.T) {
	h, kim, _, head := desk(t)
	h.level()
	writer, complaints := browser(t)
	// A browser keeps cookies by host: under two names of one host it is two people.
	releaser, stop := chromedp.NewContext(writer)
	defer stop()
	there := strings.Replace(kim.url, "127.0.0.1", "localhost", 1)
	setCookies(t, writer, kim.url, kim.cookie)
	setCookies(t, writer, there, head.cookie)
	must(t, chromedp.Do(releaser, chromedp.Navigate(there+"/"), chromedp.WaitVisible(`#waits`)))
	for _, page := range []context.Context{writer, releaser} {
		_, err := chromedp.Call(page, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // both stand side by side
		must(t, err)
	}

	must(t, chromedp.Do(writer, chromedp.Navigate(kim.url+"/dispatches/new"), chromedp.WaitVisible(`#subject`),
		chromedp.SendKeys(`#subject`, "조사단의 통행"), chromedp.SendKeys(`#text`, "10명이 통행합니다.")))
	soon(t, writer, "#saved", "Saved")
	address, err := chromedp.Run(writer, chromedp.Location())
	must(t, err)
	if !strings.HasSuffix(address, "/drafts/1/edit") {
		t.Errorf("the page of the saved draft is %s", address)
	}
	must(t, chromedp.Do(writer, chromedp.SendKeys(`#text`, " 차량은 2대입니다.")))
	soon(t, writer, "#saved", "Saved")
	must(t, chromedp.Do(writer, chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.WaitVisible(`.steps-of-draft`)))
	soon(t, writer, "#state", "in review")

	// It appears on the other desk without loading the page again.
	soon(t, releaser, "#drafts", "조사단의 통행")
	must(t, chromedp.Do(releaser, chromedp.KeyEvent("t"), chromedp.WaitVisible(`.shelves`)))
	press(t, releaser, "j")
	must(t, chromedp.Do(releaser, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`#reason`), chromedp.SendKeys(`#reason`, "며칠입니까?"), click(`form[action$="/return"] button`)))
	soon(t, writer, "#state", "returned")
	soon(t, writer, "#steps", "며칠입니까?")
	must(t, chromedp.Do(writer, chromedp.KeyEvent("e"), chromedp.WaitVisible(`#text`), chromedp.SendKeys(`#text`, " 17일입니다."),
		click(`button[value=review]`), chromedp.WaitVisible(`.steps-of-draft`)))
	soon(t, releaser, "#draft-text", "17일입니다.")
	must(t, chromedp.Do(releaser, chromedp.Navigate(there+"/drafts/1"), chromedp.WaitVisible(`form[action$="/release"]`),
		click(`form[action$="/release"] button`), chromedp.WaitVisible(`.ladder`)))
	if got := text(t, releaser, ".dispatch"); !strings.Contains(got, "17일입니다.") || !strings.Contains(got, "차량은 2대") {
		t.Errorf("the dispatch says: %s", got)
	}
	soon(t, writer, "#state", "released")
	for _, complaint := range complaints.take() {
		t.Error("the browser says: ", complaint)
	}
	h.level()
}

func TestTwoTabsShowBothTextsInTheBrowser(t *testing.T) {
	h, kim, _, _ := desk(t)
	h.level()
	page := kim.url + kim.begins("Convoy", "First.") + "/edit"
	one, _ := browser(t)
	two, stop := chromedp.NewContext(one)
	defer stop()
	setCookies(t, one, kim.url, kim.cookie)
	must(t, chromedp.Do(one, chromedp.Navigate(page), chromedp.WaitVisible(`#text`)))
	must(t, chromedp.Do(two, chromedp.Navigate(page), chromedp.WaitVisible(`#text`), chromedp.SendKeys(`#text`, " In the second tab.")))
	soon(t, two, "#saved", "Saved")
	must(t, chromedp.Do(one, chromedp.SendKeys(`#text`, " In the first tab.")))
	soon(t, one, "#saved", "changed elsewhere")
	must(t, chromedp.Do(one, chromedp.KeyEvent("s", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.WaitVisible(`.theirs`)))
	if theirs, mine := text(t, one, ".theirs"), value(t, one, "#text"); !strings.Contains(theirs, "In the second tab.") || !strings.Contains(mine, "In the first tab.") {
		t.Errorf("theirs: %q, mine: %q", theirs, mine)
	}
	must(t, chromedp.Do(one, click(`.release button`), chromedp.WaitNotPresent(`.theirs`), chromedp.WaitVisible(`#text`)))
	if got := value(t, one, "#text"); !strings.Contains(got, "In the first tab.") {
		t.Errorf("the draft holds %q", got)
	}
}

func TestADraftIsSavedAndReviewedWithoutScript(t *testing.T) {
	h, kim, _, _ := desk(t)
	h.level()
	page, _ := browser(t)
	_, err := chromedp.Call(page, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	must(t, err)
	setCookies(t, page, kim.url, kim.cookie)
	must(t, chromedp.Do(page, chromedp.Navigate(kim.url+"/dispatches/new"), chromedp.WaitVisible(`#subject`),
		chromedp.SendKeys(`#subject`, "Without script"), chromedp.SendKeys(`#text`, "One."),
		click(`button[value=save]`), chromedp.WaitVisible(`form[action="/drafts/1"]`),
		chromedp.SendKeys(`#text`, " Two."), click(`button[value=review]`), chromedp.WaitVisible(`.steps-of-draft`),
		chromedp.SendKeys(`#comment`, "Is it right?"), click(`form[action$="/comment"] button`), chromedp.WaitVisible(`.steps-of-draft .words`),
		click(`form[action$="/release"] button[formaction$="/withdraw"]`), chromedp.WaitVisible(`button[formaction$="/submit"]`)))
	kim.get("/drafts/1").want(t, 200, "Two.", "Is it right?", "Taken back from review")
}

// Reply, review, return, approval, release, correction, the sheet and a search: each
// is done in a browser that runs no script.
func TestAReplyGoesFromReviewToCorrectionWithoutScript(t *testing.T) {
	h, kim, lee, head := desk(t)
	asked := h.send("north", office.Routine, "liaison", "Which gate", "By which gate do you come?")
	h.level()
	page, _ := browser(t)
	_, err := chromedp.Call(page, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	must(t, err)
	as := func(c client, path string, does ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		setCookies(t, page, c.url, c.cookie)
		must(t, chromedp.Do(page, append([]chromedp.Action[chromedp.Void]{chromedp.Navigate(c.url + path)}, does...)...))
	}
	as(kim, "/dispatches/"+asked.String(), click(`.acts a[href*="reply="]`), chromedp.WaitVisible(`#text`),
		chromedp.SendKeys(`#text`, "By the gate."), click(`button[value=review]`), chromedp.WaitVisible(`.steps-of-draft`))
	as(lee, "/drafts/1", chromedp.SendKeys(`#reason`, "By which?"), click(`form[action$="/return"] button`), chromedp.WaitNotPresent(`#reason`))
	kim.get("/drafts/1").want(t, 200, "By which?", "returned to who drafted it")
	as(kim, "/drafts/1/edit", chromedp.SendKeys(`#text`, " The northern one."), click(`button[value=review]`), chromedp.WaitVisible(`.steps-of-draft`))
	as(lee, "/drafts/1", click(`button[formaction$="/approve"]`), chromedp.WaitNotPresent(`button[formaction$="/approve"]`))
	as(head, "/drafts/1", click(`form[action$="/release"] button:not([formaction])`), chromedp.WaitVisible(`.ladder`),
		click(`a[href*="relation=correction"]`), chromedp.WaitVisible(`#text`),
		chromedp.SendKeys(`#text`, "By the southern gate."), click(`button[value=release]`), chromedp.WaitVisible(`.ladder`),
		click(`a[href$="/sheet"]`), chromedp.WaitVisible(`article.sheet`))
	if got := text(t, page, "article.sheet"); !strings.Contains(got, "By the southern gate.") {
		t.Errorf("the sheet says: %s", got)
	}
	h.indexed("south")
	as(kim, "/", chromedp.SendKeys(`.search input`, "southern\r"), chromedp.WaitVisible(`.search input[value="southern"]`))
	if got := text(t, page, "#main"); !strings.Contains(got, "By the southern gate") {
		t.Errorf("the search finds: %s", got)
	}
	h.level()
}
