package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

// desk is an open office of two sides, and clients for people of the south: two
// officers, who release nothing alone, and the head. Some sides are on PostgreSQL.
func desk(t *testing.T, onPostgreSQL ...office.Side) (h *house, kim, lee, head client) {
	t.Helper()
	h, south := ours(t, onPostgreSQL...)
	as := func(account string, post office.Post) client {
		c := south
		c.cookie = h.account(people.Account{Name: account, Person: strings.ToUpper(account[:1]) + account[1:], Posts: []office.Post{post}})
		return c
	}
	h.act("south", "head", office.KindPost, &office.PostBody{Post: "officer", Role: "officer", Languages: []string{"en"}, Name: office.Words{"en": "Officer"}})
	return h, as("kim", "officer"), as("lee", "officer"), as("ahn", "head")
}

// begins begins a draft and returns its page.
func (c client) begins(subject, text string) string {
	c.t.Helper()
	form := dispatchForm(subject, text)
	form.Set("do", "save")
	a := c.post("/dispatches", form)
	a.want(c.t, 303)
	return strings.TrimSuffix(a.header.Get("Location"), "/edit")
}

func version(n int) url.Values { return url.Values{"version": {strconv.Itoa(n)}} }

func TestADraftIsReviewedAndReleasedByOthers(t *testing.T) {
	h, kim, lee, head := desk(t)
	page := kim.begins("Convoy", "Ten persons.\n\nTwo cars.")
	kim.get(page+"/edit").want(t, 200, "Ten persons.", `action="`+page+`"`, `name="version" value="1"`, "Send for review")
	kim.post(page+"/release", version(1)).want(t, 422, "you may not release this alone")
	kim.get("/drafts").want(t, 200, "No draft waits for your review")
	kim.get("/drafts?show=mine").want(t, 200, "Convoy", "being drafted")
	lee.get("/").want(t, 200, "Nothing waits for your side")
	kim.post(page+"/submit", version(1)).want(t, 303)

	lee.get("/").want(t, 200, "Drafts that wait for you", "Convoy", "1 draft waits for you")
	lee.get(page).want(t, 200, "in review", "Kim (Officer)", `<span class="mark-number">2</span><p>Two cars.</p>`, page+"/approve", page+"/return")
	lee.post(page+"/return", url.Values{"version": {"1"}, "reason": {" "}}).want(t, 422, "It must say something")
	lee.post(page+"/return", url.Values{"version": {"1"}, "reason": {"Which <cars>?"}}).want(t, 303)
	kim.get("/drafts").want(t, 200, "Convoy", "returned to who drafted it")
	kim.get(page).want(t, 200, "Which &lt;cars&gt;?", "Lee (Officer)")
	form := dispatchForm("Convoy", "Ten persons.\n\nTwo cars, both white.")
	form.Set("version", "1")
	form.Set("do", "review")
	kim.post(page, form).want(t, 303)
	lee.post(page+"/approve", version(1)).want(t, 422, "changed meanwhile")
	lee.post(page+"/approve", version(2)).want(t, 303)
	lee.post(page+"/comment", url.Values{"comment": {"The cars are known."}}).want(t, 303)
	head.get("/drafts").want(t, 200, "approved, ready for release")
	head.get(page).want(t, 200, "Approved as it stands: Lee (Officer)", "The cars are known.", "Release to North")

	released := head.post(page+"/release", version(2))
	released.want(t, 303)
	head.get(released.header.Get("Location")).want(t, 200, "Two cars, both white.", "Head of the office, South")
	lee.get(page).want(t, 200, "released", released.header.Get("Location"))
	kim.get("/drafts?show=former").want(t, 200, "Convoy")
	kim.post(page+"/release", version(2)).want(t, 422, "has been released already")
	if got := head.post(page+"/release", version(2)).header.Get("Location"); got != released.header.Get("Location") {
		t.Errorf("the same once more leads to %q", got)
	}
	form.Set("version", "2")
	form.Set("text", "Typed into a tab that stayed open.")
	kim.post(page, form).want(t, 422, "has been released already", "saving it begins a new draft", "Typed into a tab that stayed open.", `action="/dispatches"`)
	line, err := h.nodes["south"].People().Trail(t.Context(), 0, 1)
	if err != nil || line[0].Deed != people.DraftReleased || line[0].By.Who != "ahn" || !strings.Contains(line[0].Detail, strings.TrimPrefix(released.header.Get("Location"), "/dispatches/")) {
		t.Errorf("the trail says %+v, %v", line, err)
	}
	// The other side sees the post; who it was stands in our trail alone.
	lee.post(released.header.Get("Location")+"/close", url.Values{}).want(t, 303)
	line, err = h.nodes["south"].People().Trail(t.Context(), 0, 1)
	if err != nil || line[0].Deed != people.EntryWritten || line[0].By.Who != "lee" || !strings.HasPrefix(line[0].Detail, "close, entry south/") || !strings.HasSuffix(line[0].Detail, ", officer") {
		t.Errorf("the trail says %+v, %v", line, err)
	}
}

func TestTwoTabsNeverOverwriteEachOther(t *testing.T) {
	_, kim, lee, _ := desk(t)
	page := kim.begins("Convoy", "First.")
	save := func(c client, version, text string) answered {
		form := dispatchForm("Convoy", text)
		form.Set("version", version)
		form.Set("do", "save")
		return c.post(page, form)
	}
	save(lee, "1", "Theirs <b>.").want(t, 303)
	save(kim, "1", "Mine & mine.").want(t, 409, "Theirs &lt;b&gt;.", "Lee (Officer)", "Mine &amp; mine.", `name="version" value="2"`, "Put mine in its place")
	kim.get(page).want(t, 200, "Theirs &lt;b&gt;.")
	release := dispatchForm("Convoy", "Mine.")
	release.Set("version", "1")
	kim.post(page, release).want(t, 409, "nothing was released", "Mine.", "Theirs")
	save(kim, "2", "Mine after all.").want(t, 303)
	lee.get(page).want(t, 200, "Mine after all.", "Kim (Officer)")
}

func TestAScriptThatSavesIsToldInJSON(t *testing.T) {
	_, kim, lee, _ := desk(t)
	kim.header, lee.header = http.Header{"Accept": {"application/json"}}, http.Header{"Accept": {"application/json"}}
	save := func(c client, path, version, text string) (status int, said saved) {
		t.Helper()
		form := dispatchForm("Convoy", text)
		form.Set("version", version)
		form.Set("do", "save")
		a := c.post(path, form)
		if err := json.Unmarshal([]byte(a.body), &said); err != nil {
			t.Errorf("%s: %v", a.body, err)
		}
		return a.status, said
	}
	status, said := save(kim, "/dispatches", "0", "First.")
	if status != 200 || said.Version != 1 || !strings.HasPrefix(said.Href, "/drafts/") || !strings.Contains(said.Sentence, "Saved") {
		t.Fatalf("the first save: %d %+v", status, said)
	}
	page := said.Href
	if status, said := save(kim, page, "1", "Second."); status != 200 || said.Version != 2 {
		t.Errorf("the second save: %d %+v", status, said)
	}
	if status, said := save(lee, page, "1", "Other."); status != 409 || !strings.Contains(said.Sentence, "both texts") {
		t.Errorf("a conflict: %d %+v", status, said)
	}
	if status, said := save(lee, "/drafts/99", "1", "Other."); status != 422 || !strings.Contains(said.Sentence, "no such draft") {
		t.Errorf("no such draft: %d %+v", status, said)
	}
	kim.cookie = &http.Cookie{Name: "liaison-south", Value: "ended"}
	form := dispatchForm("Convoy", "Third.")
	form.Set("version", "2")
	kim.post(page, form).want(t, 403, "nothing is lost", "Third.", `action="`+page+`"`)
}

func TestTwoPeopleWhoReleaseAtOnceReleaseOnce(t *testing.T) {
	h, kim, _, head := desk(t)
	duty := kim
	duty.cookie = h.cookie("south", "duty-officer")
	page := kim.begins("Convoy", "Ten persons.")
	answers := make([]answered, 8)
	var done sync.WaitGroup
	for i := range answers {
		done.Go(func() { answers[i] = []client{head, duty}[i%2].post(page+"/release", version(1)) })
	}
	done.Wait()
	to := ""
	for i, a := range answers {
		switch {
		case a.status == 303:
			if to == "" {
				to = a.header.Get("Location")
			}
			if a.header.Get("Location") != to {
				t.Errorf("released as %s and as %s", to, a.header.Get("Location"))
			}
		default:
			t.Logf("answer %d", i)
			a.want(t, 422, "has been released already")
		}
	}
	if count := strings.Count(head.get("/").body, `class="subject"`); count != 1 {
		t.Errorf("%d dispatches stand in the list, want 1", count)
	}
}

func TestDraftsAreNoBusinessOfAnObserver(t *testing.T) {
	h, kim, _, _ := desk(t)
	page := kim.begins("Convoy", "Ten persons.")
	h.act("south", office.Operator, office.KindPost, &office.PostBody{Languages: []string{"en"}, Name: office.Words{"en": "Observer"}, Post: "observer", Role: "observer"})
	observer := kim
	observer.cookie = h.cookie("south", "observer")
	for _, path := range []string{"/drafts", page, page + "/edit"} {
		observer.get(path).want(t, 403, "Your post may not do this")
	}
	observer.post(page+"/comment", url.Values{"comment": {"x"}}).want(t, 403, "Your post may not do this")
	if a := observer.get("/"); strings.Contains(a.body, `href="/drafts"`) {
		t.Error("drafts are offered to an observer")
	}
	kim.get("/drafts/99").want(t, 404)
	kim.get("/drafts/x").want(t, 404)
	kim.get("/drafts?show=x").want(t, 404)
}

func TestAReplyBeginsWithWhatItAnswers(t *testing.T) {
	h, kim, _, _ := desk(t)
	id := h.send("north", office.Immediate, "liaison", "Two boats <drift>", "Help.")
	h.level()
	kim.get("/dispatches/"+id.String()).want(t, 200, "/dispatches/new?reply="+strings.Replace(id.String(), "/", "%2f", 1))
	kim.get("/dispatches/new?reply="+id.String()).want(t, 200, `value="IMMEDIATE" checked`, "Re No. 1 of North: Two boats &lt;drift&gt;")
	for _, wrong := range []string{"x", "north/999", "south/0"} {
		kim.get("/dispatches/new?reply="+wrong).want(t, 404)
	}
}

func TestDraftsArePaged(t *testing.T) {
	h, kim, _, _ := desk(t)
	rows, err := h.nodes["south"].Records().Posts(t.Context(), "south")
	must(t, err)
	if len(rows) == 0 {
		t.Fatal("the south has no posts")
	}
	hand := people.Hand{By: people.By{Who: "kim"}, Post: "officer", Role: "officer"}
	for i := range draftsLength + 2 {
		_, err := h.nodes["south"].People().NewDraft(t.Context(), hand, newKey(), people.Content{Subject: "Draft " + strconv.Itoa(i)})
		must(t, err)
	}
	first := kim.get("/drafts?show=open")
	first.want(t, 200, `rel="next"`, "Draft 31")
	_, next, _ := strings.Cut(first.body, `href="/drafts?show=open&amp;before=`)
	next, _, _ = strings.Cut(next, `"`)
	kim.get("/drafts?show=open&before="+next).want(t, 200, "Draft 0", "Draft 1", `href="/drafts?show=open"`)
}
