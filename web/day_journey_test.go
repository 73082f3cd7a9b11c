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

// A day's formal work in real browser pages: an officer of one side signs in by
// passkey and drafts with a file enclosed, the head approves, the officer releases;
// the other side reads it, takes the file, acknowledges and replies; the head
// corrects; the other side sees the old text struck, prints the sheet, and finds it
// all by a Korean word. South keeps its records in files, north in PostgreSQL, and
// each has such a day, both at once.
func TestADaysWorkGoesFromDeskToDeskAndBack(t *testing.T) {
	h := mixed(t, aWorkday)
	h.staffed()
	addresses := map[office.Side]string{}
	for _, side := range two {
		h.act(side, "head", office.KindPost, &office.PostBody{Post: "officer", Role: "officer", Languages: []string{"ko", "en"}, Name: office.Words{"en": "Officer", "ko": "연락관"}})
		must(t, h.nodes[side].People().AddAccount(t.Context(), operator, people.Account{Name: "park", Person: "Park", Posts: []office.Post{"officer"}}))
		addresses[side] = h.serve(side).URL
	}
	h.level()
	t.Run("both sides", func(t *testing.T) {
		for _, d := range []day{
			{from: "south", to: "north", word: "공사", subject: "3층 공사 계획", text: "공사는 22일에 시작하여 26일에 끝납니다.", file: "3층 평면도.csv",
				reply: "공사 계획에 대한 회신", asks: "회의는 2층에서 합니까?", correction: "26일을 27일로 고칩니다."},
			{from: "north", to: "south", word: "조사", subject: "철도 조사 일정", text: "조사는 5일에 시작하여 12일에 끝납니다.", file: "조사 렬차.csv",
				reply: "조사 일정에 대한 회신", asks: "열차는 몇 량입니까?", correction: "12일을 13일로 고칩니다."},
		} {
			t.Run(d.from, func(t *testing.T) {
				t.Parallel()
				d.passes(t, h, addresses)
			})
		}
	})
	h.level()
}

// day is what one side sends in a day, and what is said of it.
type day struct {
	from, to                                     office.Side
	word                                         string // stands in what is sent that day, and in nothing else
	subject, text, file, reply, asks, correction string
}

func (d day) passes(t *testing.T, h *house, addresses map[office.Side]string) {
	token, err := h.nodes[d.from].People().AccountLink(t.Context(), operator, "park", time.Hour)
	must(t, err)
	fromURL, toURL, to := addresses[d.from], addresses[d.to], sideFixtures[d.to].Name
	// A browser keeps cookies by host: under two names of one host it is two people.
	at := atLocalhost(fromURL)
	officer, complaints := browserOf(t, chromium)
	head, stopHead := chromedp.NewContext(officer)
	defer stopHead()
	other, stopOther := chromedp.NewContext(officer)
	defer stopOther()

	// The officer comes by a link, and from then on by a passkey.
	device(t, officer)
	must(t, chromedp.Do(officer, chromedp.Navigate(at+"/sign-in?t="+token), click(`.door button`), chromedp.WaitVisible(`#waits`),
		chromedp.Navigate(at+"/account"), chromedp.SendKeys(`[data-passkey=create] [name=name]`, "Key"), click(`[data-passkey=create] button`),
		chromedp.WaitVisible(`form[action$="/remove"]`), click(`form[action="/sign-out"] button`), chromedp.WaitVisible(`[data-passkey=get]`),
		click(`[data-passkey=get] button`), chromedp.WaitVisible(`#waits`)))
	signInBy(t, head, h, d.from, fromURL, "head")
	signInBy(t, other, h, d.to, toURL, "duty-officer")
	for _, page := range []context.Context{officer, head, other} {
		_, err := chromedp.Call(page, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		must(t, err)
	}

	// Draft with a file, review, release.
	plan := filepath.Join(t.TempDir(), d.file)
	must(t, os.WriteFile(plan, []byte("room,use\n301,meeting\n"), 0o600))
	must(t, chromedp.Do(officer, chromedp.Navigate(at+"/dispatches/new"), chromedp.WaitVisible(`#subject`),
		chromedp.SendKeys(`#subject`, d.subject), chromedp.SendKeys(`#text`, d.text),
		chromedp.SetUploadFiles("#file", []string{plan})))
	soon(t, officer, "#enclosing .files", d.file)
	soon(t, officer, "#saved", "Saved")
	must(t, chromedp.Do(officer, click(`button[value=review]`), chromedp.WaitVisible(`.steps-of-draft`)))
	address, err := chromedp.Run(officer, chromedp.Location())
	must(t, err)
	draft := strings.TrimPrefix(address, at)
	must(t, chromedp.Do(head, chromedp.Navigate(fromURL+draft), chromedp.WaitVisible(`button[formaction$="/approve"]`), click(`button[formaction$="/approve"]`), chromedp.WaitVisible(`.stands`)))
	must(t, chromedp.Do(officer, chromedp.Navigate(at+draft), chromedp.WaitVisible(`form[action$="/release"] button`), click(`form[action$="/release"] button`), chromedp.WaitVisible(`.ladder`)))
	soon(t, officer, ".ladder", "Received by the node of "+to)
	soon(t, officer, "#enclosed", to)
	address, err = chromedp.Run(officer, chromedp.Location())
	must(t, err)
	path := strings.TrimPrefix(address, at)

	// The other side reads it, takes the file, acknowledges and replies.
	soon(t, other, "#waits", d.subject)
	must(t, chromedp.Do(other, chromedp.Navigate(toURL+path), chromedp.WaitVisible(`#enclosed`)))
	soon(t, other, "#enclosed", d.file)
	must(t, chromedp.Do(other, chromedp.WaitVisible(`#enclosed a[download]`)))
	file, err := chromedp.Run(other, chromedp.Evaluate[string](`fetch(document.querySelector("#enclosed a[download]").href).then(async (a) => a.headers.get("Content-Disposition") + " " + await a.text())`, chromedp.EvalAwaitPromise))
	must(t, err)
	if !strings.HasPrefix(file, "attachment;") || !strings.HasSuffix(file, "room,use\n301,meeting\n") {
		t.Errorf("the file comes as %q", file)
	}
	press(t, other, "a")
	soon(t, other, "#state", "acknowledged")
	press(t, other, "y")
	must(t, chromedp.Do(other, chromedp.WaitVisible(`#subject`), chromedp.Evaluate[chromedp.Void](`document.getElementById("subject").value = ""`),
		chromedp.SendKeys(`#subject`, d.reply), chromedp.SendKeys(`#text`, d.asks),
		click(`.release button[value=release]`), chromedp.WaitVisible(`.ladder`)))
	soon(t, officer, "#state", "answered by "+to)
	soon(t, officer, ".ladder", "Acknowledged")

	// The head corrects it; both sides see the old text struck.
	must(t, chromedp.Do(head, chromedp.Navigate(fromURL+path), chromedp.WaitVisible(`a[href*="relation=correction"]`), click(`a[href*="relation=correction"]`),
		chromedp.WaitVisible(`#text`), chromedp.Evaluate[chromedp.Void](`document.getElementById("text").value = ""`),
		chromedp.SendKeys(`#text`, d.correction), click(`.release button[value=release]`), chromedp.WaitVisible(`.ladder`)))
	must(t, chromedp.Do(other, chromedp.Navigate(toURL+path), chromedp.WaitVisible(`.notice`)))
	if got := text(t, other, "#notices"); !strings.Contains(got, "Corrected by") {
		t.Errorf("the other side sees: %s", got)
	}

	// On paper, and found again.
	press(t, other, "p")
	must(t, chromedp.Do(other, chromedp.WaitVisible(`.sheet-code svg`)))
	printed, err := chromedp.Call(other, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: new(true)})
	must(t, err)
	if !strings.HasPrefix(string(printed.Data), "%PDF-") {
		t.Errorf("printed is %.20q", printed.Data)
	}
	h.indexed(d.to)
	press(t, other, "/")
	must(t, chromedp.Do(other, chromedp.SendKeys(`#search`, d.word+"\r"), chromedp.WaitVisible(`.dispatches mark`)))
	found, err := chromedp.Run(other, chromedp.Evaluate[string](`JSON.stringify([...document.querySelectorAll(".dispatches .subject a")].map((a) => a.innerText))`))
	must(t, err)
	var subjects []string
	must(t, json.Unmarshal([]byte(found), &subjects))
	if len(subjects) != 3 || subjects[2] != d.subject || subjects[1] != d.reply {
		t.Errorf("found are %q", subjects)
	}
	for _, complaint := range complaints.take() {
		// While the officer signs out, their page may just be asking for its news.
		if !strings.Contains(complaint, "403") || !strings.HasSuffix(complaint, at+"/account") {
			t.Error("the browser says: ", complaint)
		}
	}
}
