package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"liaison.example/office"
)

// What is searched for and chosen stays in the address: while one pages, changes
// the language, and loads the page again.
func TestASearchIsKeptInTheAddressOfTheBrowser(t *testing.T) {
	h := open(t, two)
	h.staffed()
	for i := range listLength + 5 {
		h.send("south", office.Routine, "liaison", fmt.Sprintf("수문 %d", i+1), "The gate.")
	}
	h.send("north", office.Routine, "liaison", "수문", "Not of the south.")
	h.level()
	h.indexed("south")
	ctx, complaints := browser(t)
	signInBy(t, ctx, h, "south", h.serve("south").URL, "duty-officer")
	at := func(want ...string) {
		t.Helper()
		address, err := chromedp.Run(ctx, chromedp.Evaluate[string](`decodeURIComponent(location.search)`))
		must(t, err)
		for _, part := range want {
			if !strings.Contains(address, part) {
				t.Errorf("the address is %s, without %s", address, part)
			}
		}
	}

	// "/" goes to the search box, from wherever one is; within a field it is a sign.
	_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyDown", Key: "/", Code: "Slash", Text: "/"})
	must(t, err)
	if focused, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.id`)); err != nil || focused != "search" {
		t.Fatalf("after / the focus is on %q (%v)", focused, err)
	}
	must(t, chromedp.Do(ctx, chromedp.KeyEvent("수문"+kb.Enter)))
	soon(t, ctx, "#list-title", "수문")
	at("q=수문")

	must(t, chromedp.Do(ctx, chromedp.SetValue(`.filter select[name=from]`, "south"), chromedp.Submit(`.filter`)))
	soon(t, ctx, ".chosen", "South")
	at("q=수문", "from=south")
	must(t, chromedp.Do(ctx, click(`.pages a[rel=next]`)))
	soon(t, ctx, ".pages", "Newest")
	at("q=수문", "from=south", "before=south/")
	if rows, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.querySelectorAll("#list [data-row]").length`)); err != nil || rows != 5 {
		t.Errorf("the second page has %d rows (%v)", rows, err)
	}
	must(t, chromedp.Do(ctx, click(`form[action="/language"] button[value=ko]`)))
	soon(t, ctx, "#list-title", "찾은 결과")
	at("q=수문", "from=south", "before=south/")
	must(t, chromedp.Do(ctx, chromedp.Reload()))
	soon(t, ctx, ".chosen", "수문")
	at("q=수문", "from=south", "before=south/")
	for _, complaint := range complaints.take() {
		t.Errorf("the browser says: %s", complaint)
	}
}
