package web

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"liaison.example/forms"
	"liaison.example/lang"
	"liaison.example/office"
)

// client asks for pages as a browser does, with or without a session.
type client struct {
	t      *testing.T
	url    string
	cookie *http.Cookie
	header http.Header
}

// answered is an answer with its body read.
type answered struct {
	status int
	header http.Header
	body   string
}

func (c client) do(method, path string, form url.Values) answered {
	c.t.Helper()
	if form == nil {
		return c.send(method, path, "", nil)
	}
	return c.send(method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// send asks with a body of a kind; there is none if the kind is empty.
func (c client) send(method, path, kind string, body io.Reader) answered {
	c.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, c.url+path, body)
	must(c.t, err)
	r.Header = c.header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
		if r.Header.Get("Sec-Fetch-Site") == "" {
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
	}
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stay.Do(r)
	must(c.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(c.t, err)
	return answered{answer.StatusCode, answer.Header, string(text)}
}

func (c client) get(path string) answered { c.t.Helper(); return c.do("GET", path, nil) }
func (c client) post(path string, form url.Values) answered {
	c.t.Helper()
	return c.do("POST", path, form)
}

// want checks the status of an answer, and that its page says all of this.
func (a answered) want(t *testing.T, status int, says ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d; the page: %.2000s", a.status, status, a.body)
	}
	for _, text := range says {
		if !strings.Contains(a.body, text) {
			t.Errorf("the page does not say %q: %s", text, matter(a.body))
		}
	}
}

// matter is the part of a page that differs from page to page.
func matter(page string) string {
	_, rest, found := strings.Cut(page, "<main")
	if !found {
		return page
	}
	main, _, _ := strings.Cut(rest, "</main>")
	return main
}

// pair is an open office of two sides, on two kinds of databases, and a client signed
// in at each.
func pair(t *testing.T) (h *house, south, north client) {
	t.Helper()
	h, south = ours(t, "north")
	return h, south, clientOf(t, h, "north", "duty-officer")
}

// ours is an open office of two sides, some of them on PostgreSQL, and a client signed
// in at the south.
func ours(t *testing.T, onPostgreSQL ...office.Side) (h *house, south client) {
	t.Helper()
	h = openOn(t, aWorkday, kept(t, onPostgreSQL...), two)
	h.staffed()
	h.level()
	return h, clientOf(t, h, "south", "duty-officer")
}

func dispatchForm(subject, text string) url.Values {
	return url.Values{"channel": {"liaison"}, "precedence": {"ROUTINE"}, "subject": {subject}, "text": {text}, "once": {newKey()}}
}

func TestASignInLinkIsUsedByTheButtonAndNotByLookingAtIt(t *testing.T) {
	h, south := ours(t)
	south.cookie = nil
	token, err := h.nodes["south"].People().NewLink(t.Context(), "duty-officer", time.Hour)
	must(t, err)
	for range 3 {
		south.get("/sign-in?t="+token).want(t, 200, "Sign in as Duty officer, South", token)
	}
	signedIn := south.post("/sign-in", url.Values{"t": {token}})
	signedIn.want(t, 303)
	cookie := signedIn.header.Get("Set-Cookie")
	for _, want := range []string{"liaison-south=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q has no %s", cookie, want)
		}
	}
	parsed, err := http.ParseSetCookie(cookie)
	must(t, err)
	south.cookie = parsed
	south.get("/").want(t, 200, "Duty officer, South")

	south.post("/sign-out", url.Values{}).want(t, 303)
	south.get("/").want(t, 403, "You are not signed in")
	south.get("/sign-in?t="+token).want(t, 403, "This link has been used already")
	south.post("/sign-in", url.Values{"t": {token}}).want(t, 403, "This link has been used already")
	south.get("/sign-in?t=nonsense").want(t, 403, "has not given out such a link")
	south.get("/sign-in").want(t, 200, "Ask the operator")

	token, err = h.nodes["south"].People().NewLink(t.Context(), "duty-officer", time.Minute)
	must(t, err)
	h.set(h.now().Add(2 * time.Minute))
	south.get("/sign-in?t="+token).want(t, 403, "This link is too old")
}

func TestAFormThatIsSentAfterTheSessionEndedIsKeptAndCanBeSentAgain(t *testing.T) {
	h, south := ours(t)
	south.cookie = &http.Cookie{Name: "liaison-south", Value: "ended"}
	form := dispatchForm("조사단 <명단>", "First.\n\nSecond & last.")
	ended := south.post("/dispatches", form)
	ended.want(t, 403, "Your session has ended; nothing is lost", "조사단 &lt;명단&gt;", "First.\n\nSecond &amp; last.", `action="/dispatches"`, `name="once" value="`+form.Get("once")+`"`)
	south.cookie = h.cookie("south", "duty-officer")
	again := south.post("/dispatches", form)
	again.want(t, 303)
	south.get(again.header.Get("Location")).want(t, 200, "조사단 &lt;명단&gt;", "Second &amp; last.")
}

func TestALinkFromElsewhereIsOpenedAgainByAPageOfOurs(t *testing.T) {
	_, south := ours(t)
	south.cookie = nil
	south.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	a := south.get("/record")
	a.want(t, 403, "You came by a link from elsewhere")
	if got, want := a.header.Get("Refresh"), "0; url=/record"; got != want {
		t.Errorf("Refresh is %q, want %q", got, want)
	}
	south.header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
	if a := south.get("/record"); a.header.Get("Refresh") != "" {
		t.Error("a page of ours is refreshed for ever")
	}
}

func TestADispatchIsReleasedReceivedAndAcknowledged(t *testing.T) {
	h, south, north := pair(t)
	a := south.post("/dispatches", dispatchForm("Hours of the house", "One.\r\n\r\nTwo."))
	a.want(t, 303)
	page := a.header.Get("Location")
	h.level()
	south.get(page).want(t, 200, "Hours of the house", "Released", "Received by the node of North", "Not yet acknowledged by North", `<span class="mark-number">2</span><p>Two.</p>`)
	north.get("/").want(t, 200, "Hours of the house", "waits for our acknowledgement", "left")
	north.get(page).want(t, 200, "Received by our node", page+"/acknowledge")
	north.post(page+"/acknowledge", url.Values{}).want(t, 303)
	h.level()
	south.get(page).want(t, 200, "acknowledged", "Duty officer, North")
	south.get("/").want(t, 200, "Nothing waits for your side")
	north.post(page+"/acknowledge", url.Values{}).want(t, 422, "was acknowledged before")

	id := strings.TrimPrefix(page, "/dispatches/")
	for path, says := range map[string]string{
		"/leaf/" + id: `"subject":"Hours of the house"`, "/proof/" + id: "kaesong.example/south", "/receipts/" + id + "/north": "kaesong.example/north/mirror",
	} {
		a := south.get(path)
		a.want(t, 200, says)
		if disposition := a.header.Get("Content-Disposition"); !strings.HasPrefix(disposition, "attachment; filename=") {
			t.Errorf("%s is not a file to keep: %q", path, disposition)
		}
	}
	south.get("/record/"+id).want(t, 200, "Leaf hash", "kaesong.example/north/mirror", "in the joint order")
	south.get("/record").want(t, 200, "Releases a dispatch", "Hours of the house", "Acknowledges a dispatch")
}

func TestWhatIsRefusedComesBackAsItWasTypedWithTheSentenceAtItsField(t *testing.T) {
	_, south := ours(t)
	long := strings.Repeat("가", 14_000) // 42,000 bytes
	for _, test := range []struct {
		name   string
		change func(url.Values)
		says   []string
	}{
		{"text too long", func(f url.Values) { f.Set("text", long) }, []string{`id="text-error"`, "42\u202f000 bytes; the limit is 40\u202f000", "A subject that is kept", long}},
		{"no subject", func(f url.Values) { f.Set("subject", " ") }, []string{`id="subject-error"`, "Subject: it must not be empty", "A text that is kept"}},
		{"subject too long", func(f url.Values) { f.Set("subject", strings.Repeat("x", 201)) }, []string{`id="subject-error"`, "201 characters; the limit is 200", "A text that is kept"}},
		{"subject of 60,000 letters", func(f url.Values) { f.Set("subject", strings.Repeat("가", 60_000)) }, []string{`id="subject-error"`, "60\u202f000 characters; the limit is 200", strings.Repeat("가", 60_000), "A text that is kept"}},
		{"NUL", func(f url.Values) { f.Set("text", "A text\x00 that is kept") }, []string{`id="text-error"`, "characters that text must not have", "A subject that is kept"}},
		{"a lone surrogate", func(f url.Values) { f.Set("text", "A text \xed\xa0\x80 that is kept") }, []string{`id="text-error"`, "characters that text must not have", "A subject that is kept", "A text "}},
		{"a lone surrogate in the subject", func(f url.Values) { f.Set("subject", "A \xed\xa0\x80 subject") }, []string{`id="subject-error"`, "characters that text must not have", "A text that is kept"}},
		{"direction turned around", func(f url.Values) { f.Set("subject", "A \u202eteseb\u202c subject") }, []string{`id="subject-error"`, "characters that text must not have", "A text that is kept"}},
		{"text that is turned around", func(f url.Values) { f.Set("text", "A text \u2067that is kept") }, []string{`id="text-error"`, "after “A text ”", "2067", "A subject that is kept"}},
		{"a letter that nobody sees", func(f url.Values) { f.Set("subject", "A sub\u3164ject") }, []string{`id="subject-error"`, "after “A sub”", "3164", "A text that is kept"}},
		{"FLASH of many words", func(f url.Values) {
			f.Set("precedence", "FLASH")
			f.Set("text", "A text that is kept "+strings.Repeat("word ", 200))
		}, []string{`id="text-error"`, "205 words; the limit is 200", "A text that is kept word"}},
		{"unknown channel", func(f url.Values) { f.Set("channel", "maritime") }, []string{"has no channel “maritime”", "A text that is kept"}},
		{"wrong addressee", func(f url.Values) { f.Set("to", "south") }, []string{"cannot be addressed to South", "A text that is kept"}},
		{"no such precedence", func(f url.Values) { f.Set("precedence", "OVERRIDE") }, []string{"“OVERRIDE” is not one of the values allowed", "A text that is kept"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			form := dispatchForm("A subject that is kept", "A text that is kept")
			test.change(form)
			south.t = t
			south.post("/dispatches", form).want(t, 422, test.says...)
		})
	}
}

func TestAFormThatIsPostedTwiceActsOnce(t *testing.T) {
	_, south := ours(t)
	form := dispatchForm("Once", "One.")
	first, second := south.post("/dispatches", form), south.post("/dispatches", form)
	if one, two := first.header.Get("Location"), second.header.Get("Location"); one == "" || one != two {
		t.Errorf("the second post leads to %q, want %q", two, one)
	}
	form.Set("text", "Other words.")
	if third := south.post("/dispatches", form).header.Get("Location"); third == first.header.Get("Location") {
		t.Error("other words under the same key were not sent")
	}
}

func TestAnObserverIsOfferedNothingAndMayNothing(t *testing.T) {
	h, south, north := pair(t)
	h.act("south", office.Operator, office.KindPost, &office.PostBody{Languages: []string{"en"}, Name: office.Words{"en": "Observer"}, Post: "observer", Role: "observer"})
	a := north.post("/dispatches", dispatchForm("To be read", "One."))
	h.level()
	page := a.header.Get("Location")
	south.cookie = h.cookie("south", "observer")
	south.get("/dispatches/new").want(t, 200, "your post may not write dispatches")
	south.get(page).want(t, 200, "Your post may not acknowledge")
	south.post("/dispatches", dispatchForm("No", "No.")).want(t, 422, "may not do this")
	south.post(page+"/acknowledge", url.Values{}).want(t, 422, "may not do this")
	south.post("/alarms/1/clear", url.Values{}).want(t, 403, "Your post may not do this")
	south.post("/charter/agree", url.Values{"hash": {strings.Repeat("0", 64)}}).want(t, 422, "may not do this")
}

func TestAnotherSitesPageCannotActInSomebodysName(t *testing.T) {
	_, south := ours(t)
	for name, header := range map[string]http.Header{
		"by the browser's word": {"Sec-Fetch-Site": {"cross-site"}},
		"from another port":     {"Sec-Fetch-Site": {"same-site"}},
		"by its origin":         {"Sec-Fetch-Site": {"none"}, "Origin": {"http://elsewhere.example"}},
	} {
		south.header = header
		if name == "by its origin" {
			south.header = http.Header{"Origin": {"http://elsewhere.example"}, "Sec-Fetch-Site": {"cross-site"}}
		}
		south.post("/dispatches", dispatchForm("Forged", "One.")).want(t, 403, "This form came from elsewhere")
	}
	south.header = nil
	if strings.Contains(south.get("/").body, "Forged") {
		t.Error("a forged dispatch was released")
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	_, south := ours(t)
	for _, path := range []string{"/", "/sign-in", "/nothing", "/static/x/y", "/leaf/south/0"} {
		header := south.get(path).header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if !strings.Contains(header.Get(name), want) {
				t.Errorf("%s: %s is %q, want %q in it", path, name, header.Get(name), want)
			}
		}
	}
	if csp := south.get("/").header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is %q", csp)
	}
}

func TestWhatIsWrongWithARequestIsASentence(t *testing.T) {
	_, south := ours(t)
	south.get("/nothing").want(t, 404, "There is no such page")
	south.get("/dispatches/south/999").want(t, 404, "has not reached this node yet")
	south.get("/record/south/x").want(t, 404, "There is no such page")
	south.get("/receipts/south/0/nobody").want(t, 404, "There is no such page")
	south.get("/?before=nonsense").want(t, 404, "There is no such page")
	south.get("/?precedence=OVERRIDE").want(t, 404, "There is no such page")
	south.get("/record?before=-1").want(t, 404, "There is no such page")
	big := dispatchForm("Big <things>", strings.Repeat("x", maxForm))
	for _, page := range []answered{south.post("/dispatches", big), south.upload(big, [2]string{"a.txt", "x"})} {
		page.want(t, 413, "That is too large", `value="Big &lt;things&gt;"`, "copy it from here", big.Get("text")+"</textarea>")
	}
	south.post("/rules", url.Values{"may": {strings.Repeat("x", maxForm)}}).want(t, 413, "copy it from here")
	south.post("/dispatches", dispatchForm("Big", strings.Repeat("x", maxKept))).want(t, 413, "That is too large", "among your drafts")
	south.without().post("/dispatches", big).want(t, 413, "That is too large", "among your drafts")
	south.post("/language", url.Values{"language": {"xx"}}).want(t, 400, "could not be read")
	south.post("/line/cut", url.Values{"side": {"nobody"}}).want(t, 404)
}

func TestTheLanguageIsTheReadersChoice(t *testing.T) {
	_, south := ours(t)
	south.get("/").want(t, 200, `<html lang="en"`, "Dispatches")
	south.header = http.Header{"Accept-Language": {"ko-KR,ko;q=0.9"}}
	south.get("/").want(t, 200, `<html lang="ko"`, "우리 측이 처리할 것", "남측", "당직관")
	a := south.post("/language", url.Values{"language": {"en"}, "back": {"/record"}})
	a.want(t, 303)
	if got := a.header.Get("Location"); got != "/record" {
		t.Errorf("the choice leads to %q", got)
	}
	south.get("/").want(t, 200, `<html lang="en"`)
	for _, back := range []string{"//elsewhere.example", "https://elsewhere.example", `/\elsewhere.example`, ""} {
		if got := south.post("/language", url.Values{"language": {"ko"}, "back": {back}}).header.Get("Location"); got != "/" {
			t.Errorf("back %q leads to %q, want /", back, got)
		}
	}
}

func TestTheLineIsCutAndMendedInADemonstration(t *testing.T) {
	h, south, north := pair(t)
	south.post("/line/cut", url.Values{"side": {"north"}, "cut": {"1"}, "back": {"/line"}}).want(t, 303)
	h.eventually("the line is down", func() bool { return !h.status("south").Lines["north"].Up })
	south.get("/line").want(t, 200, "line cut by the switch", "Mend the line to North", "record cannot be compared now")
	a := south.post("/dispatches", dispatchForm("While it is cut", "One."))
	page := a.header.Get("Location")
	south.get(page).want(t, 200, "queued at our node, not yet received by North", "Not yet received by the node of North")
	north.get(page).want(t, 404)
	south.post("/line/cut", url.Values{"side": {"north"}, "cut": {"0"}}).want(t, 303)
	h.level()
	south.get(page).want(t, 200, "Received by the node of North")
	north.get(page).want(t, 200, "While it is cut")
}

func TestAPageHearsOfWhatHappens(t *testing.T) {
	h, south, north := pair(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", north.url+"/events", nil)
	must(t, err)
	r.AddCookie(north.cookie)
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("the stream is %q", got)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Scan() // the stream is open, and the node watched
	page := south.post("/dispatches", dispatchForm("Heard at once", "One.")).header.Get("Location")
	id := strings.TrimPrefix(page, "/dispatches/")
	for lines.Scan() {
		if lines.Text() == "event: entry" && lines.Scan() && lines.Text() == `data: {"id":"`+id+`"}` {
			north.get(page).want(t, 200, "Heard at once") // what is told can be read
			cancel()
			h.level()
			return
		}
	}
	t.Error("the stream ended before the dispatch was told: ", lines.Err())
}

func TestAStreamIsForTheSignedIn(t *testing.T) {
	_, south := ours(t)
	south.cookie = nil
	if a := south.get("/events"); a.status != 403 || a.body != "" {
		t.Errorf("status %d, %q", a.status, a.body)
	}
}

// Every page in both languages, of an office in the middle of its work and of
// one that is not open: all fields of its struct are there, all phrases too.
func TestEveryPageIsWholeInEveryLanguage(t *testing.T) {
	full := busyOn(t, kept(t, "south"), two...)
	full.waiting()
	ids := bySubject(t, full)
	closed := open(t, []office.Side{"south"}, "north")
	bracket := regexp.MustCompile(`\[[a-z]+\.[a-z.-]+\]|\{[a-z]+\}|%!`)
	for name, h := range map[string]*house{"full": full, "closed": closed} {
		url := h.serve("south").URL
		for _, tag := range lang.Tags {
			for _, post := range []office.Post{"duty-officer", "head", "observer"} {
				c := client{t: t, url: url, cookie: h.cookie("south", post), header: http.Header{"Accept-Language": {tag}}}
				paths := []string{"/", "/?state=open&from=south&channel=liaison&precedence=FLASH&since=2018-10-01&until=2018-10-31", "/?q=convoy", "/?q=%EB%8B%B9%EC%A7%81", "/dispatches/new", "/record", "/record?before=9", "/line", "/charter", "/hours", "/forms", "/forms/propose", "/forms/" + office.HashForm(forms.Catalog()[0])}
				if name == "full" {
					for _, id := range ids {
						paths = append(paths, "/dispatches/"+id.String(), "/record/"+id.String())
					}
				}
				for _, path := range paths {
					a := c.get(path)
					a.want(t, 200, "</html>")
					visible := regexp.MustCompile(`data-[a-z-]+="[^"]*"`).ReplaceAllString(a.body, "")
					visible = regexp.MustCompile(`(?s)<pre.*?</pre>`).ReplaceAllString(visible, "")
					if found := bracket.FindString(visible); found != "" {
						t.Errorf("%s %s in %s holds %q", name, path, tag, found)
					}
				}
			}
		}
	}
}
