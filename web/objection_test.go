package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

// A side proposes a form of its own to which the other may object within hours, the other
// agrees, and of three notices one finds an objection in time, one a late one, and one
// none: at both nodes silence has then become the answer, and nothing is overdue.
func TestWhoDoesNotObjectInTimeHasNotObjected(t *testing.T) {
	h := openAt(t, time.Date(2018, 10, 15, 1, 0, 0, 0, time.UTC), two)
	h.staffed()
	h.level()
	south, north := clientOf(t, h, "south", "head"), clientOf(t, h, "north", "head")
	south.get("/forms/propose").want(t, 200, `href="/forms/propose?example=objection"`)
	south.get("/forms/propose?example=objection").want(t, 200, "&#34;asks&#34;: &#34;objection&#34;", "&#34;hours&#34;: 48")
	form := exampleObjection()
	form.Precedence = office.Immediate // its hours run at every hour
	text := url.Values{"text": {indentedForm(form)}, "do": {"compare"}, "once": {newKey()}}
	south.post("/forms/propose-text", text).want(t, 200, "Asks for objections, within 48 hours.", "Whoever does not object within that time has not objected.")
	text.Set("do", "propose")
	south.post("/forms/propose-text", text).want(t, 303)
	h.level()
	hash := office.HashForm(form)
	north.get("/forms/"+hash).want(t, 200, "Proposed form", "Asks for objections, within 48 hours.", "Agree to this form")
	north.post("/forms/agree", url.Values{"hash": {hash}, "page": {hash}}).want(t, 303)
	h.level()

	notice := func(what string) office.EntryID {
		t.Helper()
		typed := dispatchForm("Works", "")
		typed.Set("form", hash)
		typed.Set("precedence", "IMMEDIATE")
		typed.Set("field-what", what)
		typed.Set("field-from", "2018-10-20 09:00")
		typed.Set("do", "release")
		sent := south.post("/dispatches", typed)
		sent.want(t, 303)
		id, err := office.ParseEntryID(strings.TrimPrefix(strings.TrimSuffix(sent.header.Get("Location"), "?sent=1"), "/dispatches/"))
		if err != nil {
			t.Fatalf("%v: %s", err, sent.header.Get("Location"))
		}
		h.level()
		north.post("/dispatches/"+id.String()+"/acknowledge", nil).want(t, 303)
		h.level()
		return id
	}
	object := func(to office.EntryID) {
		t.Helper()
		typed := dispatchForm("Re: Works", "The road is ours.")
		typed.Set("precedence", "IMMEDIATE")
		typed.Set("reply", to.String())
		typed.Set("answer", "object")
		typed.Set("do", "release")
		north.post("/dispatches", typed).want(t, 303)
		h.level()
	}
	open := func(id office.EntryID) bool {
		t.Helper()
		waits := map[office.Side]bool{}
		for side, n := range h.nodes {
			page, err := n.Silences(t.Context(), node.SilenceFilter{}, h.now())
			must(t, err)
			for _, s := range page.List {
				if waits[side] = waits[side] || s.About == id; s.About == id && s.Overdue {
					t.Errorf("%s: %s is overdue", side, id)
				}
			}
		}
		if waits["north"] != waits["south"] {
			t.Errorf("the nodes differ on %s: %v", id, waits)
		}
		return waits["south"]
	}
	inTime, late, never := notice("A bridge"), notice("A road"), notice("A fence")
	closing := `action="/dispatches/` + never.String() + `/close"`
	for _, c := range []client{south, north} {
		c.get("/dispatches/"+never.String()).lacks(t, closing)
		c.post("/dispatches/"+never.String()+"/close", nil).want(t, 422, "North may still object to it. It can be closed once the hours for that are over.")
	}
	object(inTime)
	south.get("/dispatches/"+inTime.String()).want(t, 200, "We object")
	if open(inTime) || !open(late) || !open(never) {
		t.Error("before the time is over an objection is waited for where none has come")
	}
	h.set(h.now().Add(49 * time.Hour))
	south, north = clientOf(t, h, "south", "head"), clientOf(t, h, "north", "head")
	if open(late) || open(never) {
		t.Error("the time is over, and something is still waited for")
	}
	south.get("/dispatches/"+never.String()).want(t, 200, "That time is over, and North has not objected.")
	north.get("/dispatches/"+never.String()).want(t, 200, "That time is over, and North has not objected.")
	object(late)
	north.get("/dispatches/"+never.String()).want(t, 200, closing)
	south.get("/dispatches/"+never.String()).want(t, 200, closing)
	south.post("/dispatches/"+never.String()+"/close", nil).want(t, 303)
	h.level()
	for _, c := range []client{south, north} { // silence was the answer: the sender closes it alone
		c.get("/dispatches/"+never.String()).want(t, 200, "closed ")
		c.get("/?state=closed").want(t, 200, `/dispatches/`+never.String())
	}
	for _, c := range []client{south, north} {
		c.get("/dispatches/"+late.String()).want(t, 200, "North has said something only after that time", "We object")
	}
	stats, err := h.nodes["south"].Records().Statistics(t.Context(), "2018-10", "2018-10", "")
	must(t, err)
	var counted office.Answering
	for _, f := range stats.Figures {
		if f.Side == "north" && f.Channel == "" {
			counted = f.Answers
		}
	}
	if want := (office.Answering{Asked: 3, InTime: 1, Late: 1, Unobjected: 1}); counted != want && stats.NotCounted == 0 {
		t.Errorf("counted %+v, want %+v", counted, want)
	}
}
