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

// A dispatch is read back in two real browser pages, one of each side: asked for, read
// back, disputed, read back again and confirmed, with each step appearing on the page of
// the other side as it comes.
func TestADispatchIsReadBackAndConfirmedInTheBrowser(t *testing.T) {
	h := open(t, []office.Side{"north", "south"})
	h.staffed()
	h.level()
	southURL, northURL := h.serve("south").URL, h.serve("north").URL
	south, complaints := browser(t)
	north, stop := chromedp.NewContext(south)
	defer stop()
	signInBy(t, south, h, "south", southURL, "duty-officer")
	signInBy(t, north, h, "north", northURL, "duty-officer")

	for _, page := range []context.Context{south, north} {
		_, err := chromedp.Call(page, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // both stand side by side
		must(t, err)
	}

	must(t, chromedp.Do(south, chromedp.Navigate(southURL+"/dispatches/new"), chromedp.WaitVisible(`#subject`),
		chromedp.SendKeys(`#subject`, "월요일 통행"), chromedp.SendKeys(`#text`, "월요일에 차량 4대가 통행합니다."),
		chromedp.Evaluate[chromedp.Void](`document.querySelector('input[name=readback]').click()`),
		chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.WaitVisible(`#readbacks`)))
	h.level()
	address, err := chromedp.Run(south, chromedp.Location())
	must(t, err)
	page := strings.TrimPrefix(address, southURL)
	soon(t, south, "#restated", "It was not read back yet")

	restate := func(words string) {
		t.Helper()
		must(t, chromedp.Do(north, chromedp.WaitVisible(`#readback-text`), chromedp.SendKeys(`#readback-text`, words), click(`#readback-own button`)))
		soon(t, north, "#restated", words)
		soon(t, south, "#restated", words)
	}
	must(t, chromedp.Do(north, chromedp.Navigate(northURL+page)))
	restate("월요일에 차량 3대가 지나갑니다.")
	gone(t, north, "#readback-text")

	must(t, chromedp.Do(south, chromedp.WaitVisible(`#readback-of-north textarea`), chromedp.SendKeys(`#readback-of-north textarea`, "3대가 아니라 4대입니다."),
		click(`#readback-of-north button[value=disputed]`)))
	soon(t, south, "#restated", "3대가 아니라 4대입니다.")
	soon(t, north, "#restated", "3대가 아니라 4대입니다.")
	restate("월요일에 차량 4대가 지나갑니다.")

	must(t, chromedp.Do(south, chromedp.WaitVisible(`#readback-of-north button[value=confirmed]`), click(`#readback-of-north button[value=confirmed]`)))
	soon(t, south, "#restated", "Confirmed")
	soon(t, north, "#restated", "Confirmed")
	gone(t, south, "#readback-of-north form")
	gone(t, north, "#readback-text")
	for _, complaint := range complaints.take() {
		t.Error("the browser says: ", complaint)
	}
	h.level()
}

// gone waits until an element is no longer on a page.
func gone(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	if err := comesTrue(ctx, `document.querySelector('`+selector+`') === null`); err != nil {
		t.Fatalf("%s stays on the page: %v", selector, err)
	}
}
