package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"liaison.example/forms"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// The browsers that the tests drive: chromium is the one that a person has, and is
// driven through the days and nights of the office: from door to dispatch, with keys,
// sounds and notices. shell is the same without what surrounds the page, and takes half
// the work.
const (
	chromium = "/usr/bin/chromium"
	shell    = "/usr/bin/chromium-headless-shell"
)

// browser starts one and returns a context for one page in it, and the list of
// what the page has complained of.
func browser(t *testing.T) (context.Context, *complaints) { return browserOf(t, shell) }

// browserOf is browser with a program of the caller's choice.
func browserOf(t *testing.T, program string) (context.Context, *complaints) {
	t.Helper()
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("the pages are tested in a real browser, which is not here: apt-get install %s (%v)", filepath.Base(program), err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("js-flags", "--no-turbofan --no-maglev"), // each page is there for a moment: making its script fast takes longer than it saves
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, timeout := context.WithTimeout(ctx, 12*time.Minute)
	t.Cleanup(timeout)
	c := &complaints{}
	messages := chromedp.Console(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			c.add(fmt.Sprint(message.Type, ": ", message.Text, " ", message.URL))
		}
	})
	t.Cleanup(done.Wait)
	t.Cleanup(cancel)
	return ctx, c
}

// complaints is what the browser has logged: refused scripts, missing files.
type complaints struct {
	mu   sync.Mutex
	list []string // under mu
}

func (c *complaints) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, text)
}

// take returns what was logged since it was last taken.
func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// setCookies gives the browser the cookies for a server.
func setCookies(t *testing.T, ctx context.Context, url string, cookies ...*http.Cookie) {
	t.Helper()
	for _, c := range cookies {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: url})
		must(t, err)
	}
}

// view is how a page is looked at.
type view struct {
	name          string
	width, height int64
	scheme        string
	language      string
}

var views = []view{
	{"wide", 1440, 900, "light", "en"},
	{"phone", 390, 844, "light", "en"},
	{"phone-ko", 390, 844, "dark", "ko"}, // a page is loaded again where the language changes
}

// pictureViews are looked at by eye only.
var pictureViews = []view{
	{"wide-ko", 1440, 900, "light", "ko"},
	{"dark", 1440, 900, "dark", "en"},
}

// Each page fits its screen without sideways scrolling, in both languages, keeps
// to the guidelines of accessibility, and loads nothing that its policy refuses. With LIAISON_PICTURES set to a folder,
// a picture of each is kept there, to be looked at.
func TestPagesFitTheirScreensAndKeepToTheirPolicy(t *testing.T) {
	folder, only := os.Getenv("LIAISON_PICTURES"), os.Getenv("LIAISON_PICTURES_ONLY")

	usual := busy(t, "north", "south")
	noticed(usual)
	checked(usual)
	usual.indexed("south")
	ids := bySubject(t, usual)
	cut := busy(t, "north", "south")
	queued := cut.waiting()
	three := busy(t, "north", "south", "third")
	mended := handled(t)
	of := bySubject(t, mended)
	enclosed := mended.enclose("north")
	notice, request := mended.filledIn()
	inForce, changed := mended.formed()
	for _, code := range []string{"sc02", "sc06", "sc09"} {
		mended.agreeOn(code)
	}
	strained := handled(t)
	about, waits := strained.strained()
	offered := strained.tenderTold()
	closed := open(t, []office.Side{"south"}, "north")
	closed.set(at)

	token, err := usual.nodes["south"].People().NewLink(t.Context(), "duty-officer", time.Hour)
	must(t, err)

	type page struct {
		name  string
		house *house
		path  string
	}
	d := func(subject string) string { return "/dispatches/" + ids[subject].String() }
	pages := []page{
		{"list", usual, "/"},
		{"search", usual, "/?q=" + url.QueryEscape("통행 17") + "&since=2018-10-01&state=acknowledged"},
		{"search-none", usual, "/?q=zeppelin&from=north&precedence=FLASH"},
		{"search-refused", usual, "/?q=" + url.QueryEscape("?!")},
		{"filtered", usual, "/?state=theirs&channel=liaison"},
		{"filtered-form", usual, "/?form=an"},
		{"write", usual, "/dispatches/new"},
		{"write-reply", usual, "/dispatches/new?reply=" + ids["동부 지구 지뢰 제거 작업장 부근 총성 관련 문의"].String()},
		{"write-mend", usual, "/dispatches/new?relation=correction&dispatch=" + ids["산림 협력 공동 조사단의 통행 일정"].String()},
		{"drafts", usual, "/drafts"},
		{"drafts-open", usual, "/drafts?show=open"},
		{"drafts-none", cut, "/drafts"},
		{"draft", usual, "/drafts/1"},
		{"draft-returned", usual, "/drafts/3"},
		{"draft-edit", usual, "/drafts/3/edit"},
		{"draft-empty", usual, "/drafts/4"},
		{"rules", usual, "/rules"},
		{"rules-form", usual, "/rules?form=an"},
		{"rules-admin", three, "/rules"},
		{"dispatch", usual, d("산림 협력 공동 조사단의 통행 일정")},
		{"incoming", usual, d("동부 지구 지뢰 제거 작업장 부근 총성 관련 문의")},
		{"record", usual, "/record"},
		{"entry", usual, "/record/" + ids["산림 협력 공동 조사단의 통행 일정"].String()},
		{"line", usual, "/line"},
		{"charter", usual, "/charter"},
		{"sign-in", usual, "/sign-in?t=" + token},
		{"sign-in-name", usual, "/sign-in"},
		{"account", usual, "/account"},
		{"account-codes", cut, "/account"},
		{"accounts", three, "/accounts"},
		{"account-one", three, "/accounts/name/third-desk"},
		{"trail", three, "/accounts/trail"},
		{"nothing", usual, "/nothing"},
		{"list-handled", mended, "/"},
		{"sheet", mended, "/dispatches/" + of["Works on the third floor of the house"].String() + "/sheet"},
		{"notes", mended, "/notes"},
		{"watch", mended, "/watch"},
		{"watch-asked", mended, "/watch?at=2018-10-15+10:40"},
		{"watch-none", three, "/watch"},
		{"codes", mended, "/codes?number=06"},
		{"statistics", mended, "/statistics?from=2018-03&to=2019-02"},
		{"roster", mended, "/roster?watch=" + url.QueryEscape(mended.planned())},
		{"coverage", mended, "/coverage"},
		{"checks", usual, "/checks"},
		{"checks-three", three, "/checks?month=2018-08"},
		{"checks-closed", closed, "/checks"},
		{"relations", strained, "/relations"},
		{"relations-none", closed, "/relations"},
		{"attempts", strained, "/attempts?confirm=" + waits.String()},
		{"tenders", strained, "/tenders"},
		{"tender", strained, "/tenders/" + offered.String()},
		{"ranks", strained, "/ranks"},
		{"silence", strained, "/silence"},
		{"dispatch-carried", strained, "/dispatches/" + about.String()},
		{"write-suspended", strained, "/dispatches/new"},
		{"line-suspended", strained, "/line"},
		{"hours", mended, "/hours"},
		{"help", mended, "/help"},
		{"write-form", mended, "/dispatches/new?form=ve"},
		{"write-answer", mended, "/dispatches/new?reply=" + request.String()},
		{"dispatch-form", mended, "/dispatches/" + notice.String()},
		{"dispatch-asks", mended, "/dispatches/" + request.String()},
		{"sheet-form", mended, "/dispatches/" + notice.String() + "/sheet"},
		{"check", mended, "/check?code=LIAISON+1+kaesong.example+south%2F3+" + strings.Repeat("ab", 32)},
		{"list-kept", mended, "/?state=answered&mark=exercise"},
		{"propose", mended, "/charter/propose"},
		{"forms", mended, "/forms"},
		{"forms-none", usual, "/forms"},
		{"forms-closed", closed, "/forms"},
		{"form", mended, "/forms/" + changed},
		{"form-in-force", mended, "/forms/" + inForce},
		{"form-brought", mended, "/forms/" + office.HashForm(forms.Catalog()[6])},
		{"form-duty", usual, "/forms/" + office.HashForm(forms.Catalog()[4])},
		{"form-text", mended, "/forms/propose?from=" + inForce},
		{"corrected", mended, "/dispatches/" + of["Works on the third floor of the house"].String()},
		{"exercise", mended, "/dispatches/" + of["훈련: 건물 화재 발생"].String()},
		{"enclosed", mended, "/dispatches/" + enclosed.String()},
		{"answer", mended, "/dispatches/" + of["3층 공사 기간 중 회의 장소 문의"].String()},
		{"cancelled", mended, "/dispatches/" + of["Bus on Monday"].String()},
		{"list-cut", cut, "/"},
		{"queued", cut, "/dispatches/" + queued.String()},
		{"line-cut", cut, "/line"},
		{"list-closed", closed, "/"},
		{"record-closed", closed, "/record"},
		{"charter-closed", closed, "/charter"},
		{"line-closed", closed, "/line"},
		{"list-three", three, "/"},
		{"write-three", three, "/dispatches/new"},
		{"dispatch-three", three, "/dispatches/" + bySubject(t, three)["산림 협력 공동 조사단의 통행 일정"].String()},
		{"line-three", three, "/line"},
	}
	drafted(t, usual)
	mended.watched()
	flash := of["훈련: 건물 화재 발생"]
	mended.act("north", "duty-officer", office.KindNote, &office.NoteBody{About: &flash, Channel: "liaison", Mark: office.Exercise, Text: "1층 북쪽 계단입니까? 우리 측 사람이 거기에 있습니다.", To: []office.Side{"south"}})
	mended.level()
	servers, cookies := map[*house]string{}, map[*house]*http.Cookie{}
	for _, h := range []*house{usual, cut, three, mended, strained, closed} {
		servers[h], cookies[h] = h.serve("south").URL, h.cookie("south", "duty-officer")
	}
	cookies[mended], cookies[strained] = mended.cookie("south", "head"), strained.cookie("south", "head")
	_, err = cut.nodes["south"].People().NewSecret(t.Context(), cookies[cut].Value, "", "")
	must(t, err)
	for name, query := range map[string]string{"훈련 중 답한 것": "mark=exercise&state=answered", "Open, from the north": "from=north&state=open"} {
		must(t, mended.nodes["south"].People().KeepView(t.Context(), "head", people.View{Name: name, Query: query}))
	}
	admin := true
	must(t, three.nodes["south"].People().ChangeAccount(t.Context(), operator, "duty-officer", people.Change{Admin: &admin}))
	three.account(people.Account{Name: "third-desk", Person: "야간 당직 담당자", Posts: []office.Post{"duty-officer", "head"}})
	for _, note := range []string{"야간 당직 화면", "A program with a rather long name that watches the line and rings the bell"} {
		_, _, err = usual.nodes["south"].People().AddToken(t.Context(), operator, people.NewToken{Account: "duty-officer", Scopes: people.Scopes[:4], Note: note})
		must(t, err)
	}
	three.account(people.Account{Name: "keeper", Person: "Keeper of the accounts", Admin: true})
	three.account(people.Account{Name: "left-us", Person: "Interpreter until last year"})
	must(t, three.nodes["south"].People().Suspend(t.Context(), people.By{Who: "keeper", From: "2001:db8:1111:2222:3333:4444:5555:6666"}, "left-us"))
	pages = append(pages, page{"told", three, "/told"}, page{"acknowledge", three, "/acknowledge?t=" + three.telling()})
	looked := views
	if folder != "" {
		looked = slices.Concat(views, pictureViews)
	}
	// Two browsers share the pages, one for each processor that a small machine has.
	for n := range 2 {
		t.Run(fmt.Sprint("browser ", n+1), func(t *testing.T) {
			t.Parallel()
			ctx, complaints := browser(t)
			var asked *house // whose page the browser shows
			for i, p := range pages {
				shows := "" // the language in which the page is there
				for _, v := range looked {
					name := p.name + "-" + v.name
					if i%2 != n || only != "" && !strings.Contains(","+only+",", ","+p.name+",") && !strings.Contains(","+only+",", ","+name+",") {
						continue
					}
					url := servers[p.house]
					if v.language != shows {
						if p.house != asked {
							// The browser has one set of cookies for all ports: the page before
							// must not ask for its news with those of another house.
							must(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")))
						}
						asked = p.house
						setCookies(t, ctx, url, cookies[p.house], &http.Cookie{Name: languageCookie, Value: v.language})
						must(t, chromedp.Do(ctx, chromedp.Navigate(url+p.path)))
						shows = v.language
					}
					fits(t, ctx, name, v)
					for _, complaint := range complaints.take() {
						if !strings.Contains(complaint, "/nothing") && !strings.Contains(complaint, "/?q=%3F%21") { // their answers are an error by design
							t.Errorf("%s: the browser says: %s", name, complaint)
						}
					}
					if folder != "" {
						picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
						must(t, err)
						must(t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
					}
				}
			}
		})
	}
}

// enlarged is how wide a page is on a screen of 1280 px at 400 % (WCAG 2.2, 1.4.10).
const enlarged = 320

// fits looks at one page as it is seen in one way: it is no wider than its screen,
// also where that is enlarged,
// a finger meets its targets, and, in light and dark and both languages, it keeps to
// the guidelines of accessibility.
func fits(t *testing.T, ctx context.Context, name string, v view) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.scheme}},
	})
	must(t, err)
	widths := []int64{v.width}
	if v.name == "phone" {
		widths = []int64{enlarged, v.width}
	}
	for _, most := range widths {
		must(t, chromedp.Do(ctx, chromedp.EmulateViewport(most, v.height),
			chromedp.Evaluate[chromedp.Void](`document.fonts.ready.then(() => 1)`, chromedp.EvalAwaitPromise)))
		width, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
		must(t, err)
		if width > most {
			t.Errorf("%s is %d px wide, want at most %d", name, width, most)
		}
	}
	if small, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](tooSmall)); err != nil || len(small) > 0 {
		t.Errorf("%s has targets that a finger misses: %q (%v)", name, small, err)
	}
	switch v.name {
	case "wide":
		if without, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](keyless)); err != nil || len(without) > 0 {
			t.Errorf("%s has actions without a visible key: %q (%v)", name, without, err)
		}
		accessible(t, ctx, name, allRules)
	case "phone-ko":
		if !strings.Contains(strings.TrimSuffix(name, "-phone-ko"), "-") { // of each page in one state
			accessible(t, ctx, name, viewRules)
		}
	}
}

// keyless lists the actions of a page that has keys which show none, though 0 is
// pressed until all have had their turn.
const keyless = `!document.querySelector(".keys") ? [] : (() => {
	const acts = [...document.querySelectorAll("main button[type=submit], main a.button")].filter((act) => act.checkVisibility() && !act.disabled);
	const keyed = new Set();
	for (let turn = 0; turn * 9 <= acts.length; turn++) {
		for (const act of acts) if ([...act.querySelectorAll("kbd")].some((key) => key.checkVisibility())) keyed.add(act);
		if (document.querySelector("[data-keys-more]").checkVisibility()) document.body.dispatchEvent(new KeyboardEvent("keydown", { code: "Digit0", key: "0", bubbles: true }));
	}
	return acts.filter((act) => !keyed.has(act)).map((act) => act.innerText);
})()`

// telling sets up means for the duty officer of the South: one that works and one
// that does not. It gives the token of a link to acknowledge.
func (h *house) telling() (token string) {
	h.t.Helper()
	tell, ctx := h.nodes["south"].Notify(), h.t.Context()
	address, heard := hears(h.t)
	must(h.t, tell.SetOffice(ctx, "webhook", notify.Settings{"private": "1"}))
	_, _, err := tell.AddMeans(ctx, "duty-officer", "webhook", "당직 전화 문자 중계", notify.Settings{"url": address})
	must(h.t, err)
	mail, _, err := tell.AddMeans(ctx, "duty-officer", "mail", "E-mail at the desk of the watch", notify.Settings{"address": "the-watch@liaison-office.south.example"})
	must(h.t, err)
	if err := tell.TestMeans(ctx, "duty-officer", mail.ID); err == nil {
		h.t.Error("a means that is not set up has told")
	}
	must(h.t, tell.SetQuiet(ctx, "duty-officer", notify.Quiet{From: 22 * 60, Until: 6 * 60}))
	for token == "" {
		_, err := h.nodes["south"].Tell(ctx)
		must(h.t, err)
		select {
		case message := <-heard:
			link, _ := message["data"].(map[string]any)["acknowledge"].(string)
			_, token, _ = strings.Cut(link, "t=")
		case <-time.After(time.Minute):
			h.t.Fatal("nobody is told")
		}
	}
	return token
}

// checked lets the sides call and answer on some days, and leaves a call that waits
// for the South.
func checked(h *house) {
	h.t.Helper()
	for _, one := range []struct {
		due     string
		caller  office.Side
		minutes int // until the answer; 0: none
		heard   office.Readability
		remark  string
	}{
		{"2018-10-10T00:00Z", "south", 2, office.LoudAndClear, ""},
		{"2018-10-10T08:00Z", "south", 25, office.Readable, "“뷁” 자가 상자로 보입니다."},
		{"2018-10-11T00:00Z", "north", 3, office.LoudAndClear, ""},
		{"2018-10-11T08:00Z", "north", 0, "", ""},
		{"2018-10-12T00:00Z", "south", 1, office.LoudAndClear, "Good morning."},
		{"2018-10-15T00:00Z", "north", 4, office.LoudAndClear, ""},
	} {
		due, _ := office.Minute(one.due).Millis()
		h.set(fromMillis(due))
		id := h.act(one.caller, "duty-officer", office.KindCheck, &office.CheckBody{Channel: "liaison", Due: office.Minute(one.due)})
		h.level()
		if one.minutes > 0 {
			h.set(fromMillis(due).Add(time.Duration(one.minutes) * time.Minute))
			other := map[office.Side]office.Side{"north": "south", "south": "north"}[one.caller]
			h.act(other, "duty-officer", office.KindCheckAnswer, &office.CheckAnswerBody{Check: id, Heard: one.heard, Remark: one.remark})
			h.level()
		}
	}
	h.set(at.Add(-3 * time.Minute))
	h.act("north", "duty-officer", office.KindCheck, &office.CheckBody{Channel: "liaison"})
	h.level()
	h.set(at)
}

// noticed fills an office with a form, dispatches that fill it in, and rules of its
// own.
func noticed(h *house) {
	h.t.Helper()
	h.agreeForm(noticeAhead())
	h.set(at.Add(-5 * time.Minute))
	h.fill("south", office.Routine, "Works at the south gate of the house", "Digging, one metre deep")
	h.level()
	h.set(at.Add(-4 * time.Minute))
	h.fill("north", office.Priority, "북문 앞 도로 굴착 공사", "굴착, 깊이 1미터")
	h.level()
	h.set(at)
	must(h.t, h.nodes["south"].People().SetMay(h.t.Context(), operator, map[people.Cell]bool{
		{Role: "officer", Act: people.ActAlone, Precedence: office.Priority, Form: "an"}:        true,
		{Role: "secretary", Act: office.KindDispatch, Precedence: office.Routine, Form: "an"}:   false,
		{Role: "officer", Act: office.KindAcknowledge, Precedence: office.Priority, Form: "an"}: false,
	}))
}

// drafted fills an office with drafts of the south, in every state.
func drafted(t *testing.T, h *house) {
	t.Helper()
	p, ctx := h.nodes["south"].People(), t.Context()
	h.account(people.Account{Name: "park", Person: "제2 련락관", Posts: []office.Post{"head"}})
	park := people.Hand{By: people.By{Who: "park"}, Post: "head", Role: "head"}
	duty := people.Hand{By: people.By{Who: "duty-officer"}, Post: "duty-officer", Role: "duty-officer"}
	begin := func(hand people.Hand, c people.Content) people.Draft {
		c.Channel, c.To = "liaison", []office.Side{"north"}
		d, err := p.NewDraft(ctx, hand, newKey(), c)
		must(t, err)
		return d
	}
	done := func(_ people.Draft, err error) { t.Helper(); must(t, err) }
	survey := begin(park, people.Content{Precedence: office.Priority, Subject: "북측 철도 구간 공동 조사 일정 변경 제의",
		Text: "11월 30일부터 시작하기로 한 경의선 북측 구간 공동 조사를 이틀 늦추기를 제의합니다.\n\n조사 열차 6량과 인원 28명은 변함이 없습니다.\n\n귀측의 의견을 26일까지 알려 주기 바랍니다."})
	done(p.Submit(ctx, park, survey.ID, 1))
	done(p.Comment(ctx, duty, survey.ID, "열차 편성은 지난번 통지문과 맞는지 확인하였습니다."))
	lists := begin(park, people.Content{Precedence: office.Routine, Subject: "List of the staff who take over on Monday", Text: "Eleven persons."})
	done(p.Submit(ctx, park, lists.ID, 1))
	done(p.Approve(ctx, duty, lists.ID, 1))
	water := begin(duty, people.Content{Precedence: office.Immediate, Subject: "Water level at the upper gauge", Text: "The level rises by 40 cm an hour since 04:00.\n\nWe ask for the times at which you open the gates."})
	done(p.Submit(ctx, duty, water.ID, 1))
	done(p.Return(ctx, park, water.ID, 1, "Give the level itself, not only the rise,\nand say by which gauge."))
	begin(duty, people.Content{Precedence: office.Routine})
}

// tooSmall lists the controls that are lower than 44 px. Links within a text or a
// row are not controls by themselves.
const tooSmall = `[...document.querySelectorAll("button, select, textarea, input:not([type=hidden], [type=radio], [type=checkbox]), label.card, .check, .button, .places a, .proofs a, .pages a, summary")]
	.filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.9)
	.map((e) => e.outerHTML.slice(0, 80) + " " + e.getBoundingClientRect().height)`

// bySubject finds the dispatches that the south holds by their subjects.
func bySubject(t *testing.T, h *house) map[string]office.EntryID {
	t.Helper()
	lines, _, err := h.nodes["south"].Records().Dispatches(context.Background(), records.Filter{})
	must(t, err)
	ids := map[string]office.EntryID{}
	for _, line := range lines {
		ids[line.Subject] = line.ID
	}
	return ids
}
