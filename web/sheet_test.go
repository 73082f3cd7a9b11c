package web

import (
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"liaison.example/office"
)

func TestAPaperIsCheckedAgainstTheRecordByItsCode(t *testing.T) {
	h := handledOn(t, kept(t, "north"))
	of := bySubject(t, h)
	id := of["Works on the third floor of the house"]
	south := client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "duty-officer")}
	north := client{t: t, url: h.serve("north").URL, cookie: h.cookie("north", "duty-officer")}
	leaf, err := h.nodes["south"].Leaf(t.Context(), id)
	must(t, err)
	code := office.SheetCode{Office: "kaesong.example", ID: id, Hash: hashLeaf(leaf)}
	south.get("/dispatches/"+id.String()).want(t, 200, "/dispatches/"+id.String()+"/sheet")
	south.get("/dispatches/"+id.String()+"/sheet").want(t, 200, "<svg", groupedHash(hex.EncodeToString(code.Hash[:])),
		"142032Z OCT 18", "For the attention of", "Corrected by", "<del>Works on the third floor of the house</del>", "2018-10-22")
	south.get("/dispatches/"+of["훈련: 건물 화재 발생"].String()+"/sheet").want(t, 200, "Exercise — Not meant in earnest — Exercise")
	south.get("/dispatches/south/999/sheet").want(t, 404)

	ask := func(code string) string { return "/check?code=" + url.QueryEscape(code) }
	for _, side := range []client{south, north} {
		side.get(ask(code.String())).want(t, 200, "The code is that of "+id.String(), "/dispatches/"+id.String())
		side.get(ask(strings.ToUpper(code.String()))).want(t, 200, "The code is that of "+id.String())
	}
	forged := code
	forged.Hash[0] ^= 1
	south.get(ask(forged.String())).want(t, 200, "this paper does not come from it")
	forged = code
	forged.ID.Index = 999
	south.get(ask(forged.String())).want(t, 200, "There is no entry south/999")
	forged = code
	forged.Office = "geneva.example"
	south.get(ask(forged.String())).want(t, 200, "another office, geneva.example")
	south.get(ask("LIAISON 1 <b>")).want(t, 422, "This is not the code of a sheet", "LIAISON 1 &lt;b&gt;")
	south.get("/check").want(t, 200, "Check a sheet")
	if to := south.get("/?q=" + url.QueryEscape(code.String())).header.Get("Location"); to != ask(code.String()) {
		t.Errorf("a code in the search box leads to %q", to)
	}
}

// On paper there is the sheet and nothing of the page around it, and each time
// with its date.
func TestASheetIsPrintedOnOnePage(t *testing.T) {
	ctx, complaints := browser(t)
	h := handled(t)
	url := h.serve("south").URL
	setCookies(t, ctx, url, h.cookie("south", "duty-officer"))
	must(t, chromedp.Do(ctx, chromedp.Navigate(url+"/dispatches/"+bySubject(t, h)["Works on the third floor of the house"].String()+"/sheet"),
		chromedp.Evaluate[chromedp.Void](`document.fonts.ready.then(() => 1)`, chromedp.EvalAwaitPromise)))
	printed, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
	must(t, err)
	if pages := regexp.MustCompile(`/Type\s*/Page\b`).FindAll(printed.Data, -1); len(pages) != 1 {
		t.Errorf("it has %d pages, want 1", len(pages))
	}
	if box := regexp.MustCompile(`/MediaBox \[0 0 (\S+) (\S+)\]`).FindSubmatch(printed.Data); box == nil || !strings.HasPrefix(string(box[1]), "59") || !strings.HasPrefix(string(box[2]), "84") {
		t.Errorf("it is not A4, 595 by 842 points: %q", box)
	}
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	must(t, err)
	if folder := os.Getenv("LIAISON_PICTURES"); folder != "" {
		must(t, os.WriteFile(filepath.Join(folder, "sheet.pdf"), printed.Data, 0o644))
		must(t, chromedp.Do(ctx, chromedp.EmulateViewport(658, 971))) // what A4 leaves between the margins
		picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(folder, "sheet-paper.png"), picture, 0o644))
	}
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	must(t, err)
	if strings.Contains(seen, "Sign out") || strings.Contains(seen, "Demonstration") || !strings.Contains(seen, "2018-10-15 05:32:17 South") {
		t.Errorf("on paper stands:\n%s", seen)
	}
	must(t, chromedp.Do(ctx, chromedp.Navigate(url+"/dispatches/"+bySubject(t, h)["Works on the third floor of the house"].String())))
	if shown, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("input, textarea, button")].filter((e) => e.checkVisibility()).map((e) => e.outerHTML)`)); err != nil || len(shown) > 0 {
		t.Errorf("of a dispatch paper shows what only a screen can use: %q (%v)", shown, err)
	}
	if said := complaints.take(); len(said) > 0 {
		t.Errorf("the browser says: %q", said)
	}
}

// A long text begins below the particulars and goes on where the paper ends: no sheet
// is left empty.
func TestALongSheetFillsItsPages(t *testing.T) {
	ctx, _ := browser(t)
	h := busy(t, "north", "south")
	id := h.send("south", office.Routine, "liaison", "긴 통지문", strings.Repeat("회의는 개성에서 오전 10시에 연다.\n", 60))
	h.level()
	url := h.serve("south").URL
	setCookies(t, ctx, url, h.cookie("south", "duty-officer"))
	must(t, chromedp.Do(ctx, chromedp.Navigate(url+"/dispatches/"+id.String()+"/sheet"),
		chromedp.Evaluate[chromedp.Void](`document.fonts.ready.then(() => 1)`, chromedp.EvalAwaitPromise)))
	printed, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
	must(t, err)
	if pages := regexp.MustCompile(`/Type\s*/Page\b`).FindAll(printed.Data, -1); len(pages) != 2 {
		t.Errorf("sixty lines take %d pages, want 2", len(pages))
	}
	if folder := os.Getenv("LIAISON_PICTURES"); folder != "" {
		must(t, os.WriteFile(filepath.Join(folder, "sheet-long.pdf"), printed.Data, 0o644))
	}
}

func TestACodeFitsAFax(t *testing.T) {
	longest := office.SheetCode{Office: "a" + strings.Repeat("b", office.MaxOffice-1), ID: office.EntryID{Side: strings.Repeat("s", office.MaxName), Index: 1<<53 - 1}}
	picture, err := drawCode(longest.String())
	must(t, err)
	// 36 mm at 204 dots to the inch are 289 dots; three to a module can be read.
	_, rest, _ := strings.Cut(string(picture), `viewBox="0 0 `)
	width, _, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(width); err != nil || n/4 > 289/3 {
		t.Errorf("the longest code is drawn with %s/4 modules and its border (%v)", width, err)
	}
}
