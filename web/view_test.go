package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

func TestAPersonKeepsWhatTheListIsAskedFor(t *testing.T) {
	h, south := ours(t)
	h.account(people.Account{Name: "park", Person: "Park", Posts: []office.Post{"duty-officer"}})
	h.account(people.Account{Name: "choi", Person: "Choi", Posts: []office.Post{"duty-officer"}})
	south.cookie = h.byLink("park")
	if page := south.get("/").body; strings.Contains(page, "Keep or change choices") {
		t.Error("nothing is chosen, and it can be kept")
	}
	south.get("/?from=north&state=open").want(t, 200, "Keep this choice as", `<input type="hidden" name="from" value="north">`)
	kept := south.post("/views", url.Values{"from": {"north"}, "state": {"open"}, "q": {"수문"}, "name": {" 북측 <1> "}})
	kept.want(t, 303)
	if to := kept.header.Get("Location"); to != "/?from=north&q=%EC%88%98%EB%AC%B8&state=open" {
		t.Errorf("it leads to %s", to)
	}
	south.post("/views", url.Values{"mark": {"test"}, "name": {"tests"}}).want(t, 303)
	here := south.get("/?q=%EC%88%98%EB%AC%B8&state=open&from=north")
	here.want(t, 200, `aria-current="true">북측 &lt;1&gt;</a>`, `<a href="/?mark=test">tests</a>`)
	south.get("/").want(t, 200, "북측 &lt;1&gt;", "Choose something below first")

	other := south
	other.cookie = h.byLink("choi")
	if page := other.get("/").body; strings.Contains(page, "북측") {
		t.Error("another account sees it")
	}

	south.post("/views/raise", url.Values{"name": {"tests"}, "back": {"/?mark=test"}}).want(t, 303)
	list := south.get("/?mark=test")
	list.want(t, 200, `aria-current="true">tests</a>`)
	if strings.Index(list.body, ">tests</a>") > strings.Index(list.body, ">북측 &lt;1&gt;</a>") {
		t.Error("it has not moved forward")
	}
	south.post("/views", url.Values{"mark": {"test"}, "name": {"  "}}).want(t, 422, "A name has 1 to 40 visible characters", `role="alert"`, "<details open>")
	south.post("/views", url.Values{"name": {"nothing"}}).want(t, 404)
	south.post("/views", url.Values{"mark": {"joke"}, "name": {"x"}}).want(t, 404)
	for i := range people.MaxViews - 2 {
		south.post("/views", url.Values{"mark": {"test"}, "name": {fmt.Sprint(i)}}).want(t, 303)
	}
	south.post("/views", url.Values{"mark": {"test"}, "name": {"more"}}).want(t, 422, "There are 20 kept choices already", `value="more"`)
	south.post("/views/drop", url.Values{"name": {"tests"}}).want(t, 303)
	if page := south.get("/").body; strings.Contains(page, ">tests</a>") {
		t.Error("it is still there")
	}
}
