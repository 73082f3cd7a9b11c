package web

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"liaison.example/office"
	"liaison.example/people"
)

// A day's formal work in real browser pages: an officer of south signs in by
// passkey and drafts with a file enclosed, the head approves, the officer
// releases; north reads it, takes the file, acknowledges and replies; the head
// corrects; north sees the old text struck, prints the sheet, and finds it all by
// a Korean word. South keeps its records in files, north in PostgreSQL.
func TestADaysWorkGoesFromDeskToDeskAndBack(t *testing.T) {
	h := mixed(t, time.Now())
	h.staffed()
	h.act("south", "head", office.KindPost, &office.PostBody{Post: "officer", Role: "officer", Languages: []string{"ko", "en"}, Name: office.Words{"en": "Officer", "ko": "연락관"}})
	h.level()
	must(t, h.nodes["south"].People().AddAccount(t.Context(), operator, people.Account{Name: "park", Person: "Park", Posts: []office.Post{"officer"}}))
	token, err := h.nodes["south"].People().AccountLink(t.Context(), operator, "park", time.Hour)
	must(t, err)
	southURL, northURL := h.serve("south").URL, h.serve("north").URL
	// A browser keeps cookies by host: under two names of one host it is two people.
	at := atLocalhost(southURL)
	officer, complaints := browser(t)
	head, stopHead := chromedp.NewContext(officer)
	defer stopHead()
	north, stopNorth := chromedp.NewContext(officer)
	defer stopNorth()

	// The officer comes by a link, and from then on by a passkey.
	device(t, officer)
	must(t, chromedp.Do(officer, chromedp.Navigate(at+"/sign-in?t="+token), chromedp.Click(`.door button`), chromedp.WaitVisible(`#waits`),
		chromedp.Navigate(at+"/account"), chromedp.SendKeys(`[data-passkey=create] [name=name]`, "Key"), chromedp.Click(`[data-passkey=create] button`),
		chromedp.WaitVisible(`form[action$="/remove"]`), chromedp.Click(`form[action="/sign-out"] button`), chromedp.WaitVisible(`[data-passkey=get]`),
		chromedp.Click(`[data-passkey=get] button`), chromedp.WaitVisible(`#waits`)))
	signInBy(t, head, h, "south", southURL, "head")
	signInBy(t, north, h, "north", northURL, "duty-officer")
	for _, page := range []context.Context{officer, head, north} {
		_, err := chromedp.Call(page, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		must(t, err)
	}

	// Draft with a file, review, release.
	plan := filepath.Join(t.TempDir(), "3층 평면도.csv")
	must(t, os.WriteFile(plan, []byte("room,use\n301,meeting\n"), 0o600))
	must(t, chromedp.Do(officer, chromedp.Navigate(at+"/dispatches/new"), chromedp.WaitVisible(`#subject`),
		chromedp.SendKeys(`#subject`, "3층 공사 계획"), chromedp.SendKeys(`#text`, "공사는 22일에 시작하여 26일에 끝납니다."),
		chromedp.SetUploadFiles("#file", []string{plan})))
	soon(t, officer, "#enclosing .files", "3층 평면도.csv")
	soon(t, officer, "#saved", "Saved")
	must(t, chromedp.Do(officer, chromedp.Click(`button[value=review]`), chromedp.WaitVisible(`.steps-of-draft`)))
	must(t, chromedp.Do(head, chromedp.Navigate(southURL+"/drafts/1"), chromedp.WaitVisible(`button[formaction$="/approve"]`), chromedp.Click(`button[formaction$="/approve"]`), chromedp.WaitVisible(`.stands`)))
	must(t, chromedp.Do(officer, chromedp.Navigate(at+"/drafts/1"), chromedp.WaitVisible(`form[action$="/release"] button`), chromedp.Click(`form[action$="/release"] button`), chromedp.WaitVisible(`.ladder`)))
	soon(t, officer, ".ladder", "Received by the node of North")
	soon(t, officer, "#enclosed", "North")
	address, err := chromedp.Run(officer, chromedp.Location())
	must(t, err)
	path := strings.TrimPrefix(address, at)

	// North reads it, takes the file, acknowledges and replies.
	soon(t, north, "#waits", "3층 공사 계획")
	must(t, chromedp.Do(north, chromedp.Navigate(northURL+path), chromedp.WaitVisible(`#enclosed`)))
	soon(t, north, "#enclosed", "3층 평면도.csv")
	must(t, chromedp.Do(north, chromedp.WaitVisible(`#enclosed a[download]`)))
	file, err := chromedp.Run(north, chromedp.Evaluate[string](`fetch(document.querySelector("#enclosed a[download]").href).then(async (a) => a.headers.get("Content-Disposition") + " " + await a.text())`, chromedp.EvalAwaitPromise))
	must(t, err)
	if !strings.HasPrefix(file, "attachment;") || !strings.HasSuffix(file, "room,use\n301,meeting\n") {
		t.Errorf("the file comes as %q", file)
	}
	press(t, north, "a")
	soon(t, north, "#state", "acknowledged")
	press(t, north, "y")
	must(t, chromedp.Do(north, chromedp.WaitVisible(`#subject`), chromedp.Evaluate[chromedp.Void](`document.getElementById("subject").value = ""`),
		chromedp.SendKeys(`#subject`, "공사 계획에 대한 회신"), chromedp.SendKeys(`#text`, "회의는 2층에서 합니까?"),
		chromedp.Click(`.release button[value=release]`), chromedp.WaitVisible(`.ladder`)))
	soon(t, officer, "#state", "answered by North")
	soon(t, officer, ".ladder", "Acknowledged")

	// The head corrects it; both sides see the old text struck.
	must(t, chromedp.Do(head, chromedp.Navigate(southURL+path), chromedp.WaitVisible(`a[href*="relation=correction"]`), chromedp.Click(`a[href*="relation=correction"]`),
		chromedp.WaitVisible(`#text`), chromedp.Evaluate[chromedp.Void](`document.getElementById("text").value = ""`),
		chromedp.SendKeys(`#text`, "26일을 27일로 고칩니다."), chromedp.Click(`.release button[value=release]`), chromedp.WaitVisible(`.ladder`)))
	must(t, chromedp.Do(north, chromedp.Navigate(northURL+path), chromedp.WaitVisible(`.notice`)))
	if got := text(t, north, "#notices"); !strings.Contains(got, "Corrected by") {
		t.Errorf("north sees: %s", got)
	}

	// On paper, and found again.
	press(t, north, "p")
	must(t, chromedp.Do(north, chromedp.WaitVisible(`.sheet-code svg`)))
	printed, err := chromedp.Call(north, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
	must(t, err)
	if !strings.HasPrefix(string(printed.Data), "%PDF-") {
		t.Errorf("printed is %.20q", printed.Data)
	}
	h.indexed("north")
	press(t, north, "/")
	must(t, chromedp.Do(north, chromedp.SendKeys(`#search`, "공사\r"), chromedp.WaitVisible(`.dispatches mark`)))
	found, err := chromedp.Run(north, chromedp.Evaluate[string](`JSON.stringify([...document.querySelectorAll(".dispatches .subject a")].map((a) => a.innerText))`))
	must(t, err)
	var subjects []string
	must(t, json.Unmarshal([]byte(found), &subjects))
	if len(subjects) != 3 || subjects[2] != "3층 공사 계획" || subjects[1] != "공사 계획에 대한 회신" {
		t.Errorf("found are %q", subjects)
	}
	for _, complaint := range complaints.take() {
		t.Error("the browser says: ", complaint)
	}
	h.level()
}
