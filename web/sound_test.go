package web

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"liaison.example/office"
)

// desktop takes the place of what shows notices on the desktop: it allows them, and
// keeps what was shown.
const desktop = `
window.Notification = class {
	static permission = "granted";
	constructor(title, options) {
		const shown = JSON.parse(sessionStorage.shown ?? "[]");
		sessionStorage.shown = JSON.stringify([...shown, [title, options.body ?? ""].join("|")]);
	}
	close() {}
};
document.addEventListener("play", (event) => { sessionStorage.played = (sessionStorage.played ?? "") + " " + event.target.src.split("/").pop(); }, true);
`

// The page sounds once for what does not ring, shows a notice on the desktop without
// the text of a dispatch, and says by itself whether it could be heard.
func TestTheOpenPageTellsAndReportsThatItWasHeard(t *testing.T) {
	h := openAt(t, atCheck, two)
	h.staffed()
	url := h.serve("south").URL
	south, complaints := browserOf(t, chromium)
	_, err := chromedp.Call(south, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: desktop})
	must(t, err)
	signInBy(t, south, h, "south", url, "duty-officer")
	must(t, chromedp.Do(south, chromedp.Navigate(url+"/told"), chromedp.WaitVisible(`#means-page`)))
	if got := text(t, south, "#means-page"); strings.Contains(got, "Not tried yet") {
		t.Errorf("before the first watch: %s", got)
	}
	press(t, south, "u")
	must(t, chromedp.Do(south, chromedp.WaitVisible(`[data-arms] button`), click(`[data-arms] button`), chromedp.WaitVisible(`.watch-card`)))
	must(t, comesTrue(south, `document.querySelector("#sound").dataset.armed === "yes"`))
	must(t, chromedp.Do(south, chromedp.Navigate(url+"/told"), chromedp.WaitVisible(`[form="test-page"]`), click(`.told-about`))) // any touch arms it again
	must(t, comesTrue(south, `document.querySelector("#sound").dataset.armed === "yes"`))
	must(t, chromedp.Do(south, click(`[form="test-page"]`)))
	soon(t, south, ".offer", "it reports that the sound was played")
	soon(t, south, "#means-page", "Worked")
	must(t, comesTrue(south, `sessionStorage.played.includes(" test.wav")`))

	const soft = `sessionStorage.played.split(" ").filter((s) => s === "soft.wav").length === `
	h.act("north", "duty-officer", office.KindCheck, &office.CheckBody{Channel: "liaison"})
	must(t, comesTrue(south, soft+"1"))
	h.act("north", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Mark: office.Exercise, Subject: "A secret subject", Text: "A secret text."})
	must(t, comesTrue(south, `sessionStorage.played.includes(" flash.wav")`))
	must(t, comesTrue(south, `sessionStorage.shown.includes("FLASH Exercise 1|not acknowledged")`))
	shown, err := chromedp.Run(south, chromedp.Evaluate[string](`sessionStorage.shown`))
	must(t, err)
	if strings.Contains(shown, "secret") || !strings.Contains(shown, "liaison 통신 점검: 시각 외 호출이 우리 측 응답 대기|") || !strings.Contains(shown, "시험: 이 수단으로 알림을 받을 수 있습니다|") {
		t.Errorf("on the desktop was shown %s", shown)
	}

	// Who wants no notices and only FLASH is given that.
	must(t, chromedp.Do(south, chromedp.Evaluate[chromedp.Void](`window.before = true`),
		click(`#means-page summary`), click(`#means-page [name="set-desktop"]`), click(`#means-page form.settings button`)))
	must(t, comesTrue(south, `window.before !== true && document.querySelector('#means-page [name="set-desktop"]')?.checked === false`))
	settings, err := h.nodes["south"].Notify().PageSettings(t.Context(), "duty-officer")
	must(t, err)
	if settings["desktop"] != "" || settings["soft"] != "1" || settings["rings"] != "both" {
		t.Errorf("it is set %v", settings)
	}
	for _, complaint := range complaints.take() {
		t.Error("the browser says: ", complaint)
	}
	h.level()
}
