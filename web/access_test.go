package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

// whoMay is the one table of who may ask for which route: y who is let in.
// Whether an act is then done is for the rules of the office and of the house;
// the last lines show it for a dispatch. "post" is every role alike.
const whoMay = `
	                                                 nobody  no-post  post  suspended  admin
	GET  /sign-in                                    y       y        y     y          y
	POST /sign-in                                    y       y        y     y          y
	POST /sign-in/passkey/begin                      y       y        y     y          y
	POST /sign-in/passkey                            y       y        y     y          y
	POST /sign-out                                   y       y        y     y          y
	POST /language                                   y       y        y     y          y
	GET  /account                                    -       y        y     -          y
	POST /account/post                               -       y        y     -          y
	POST /account/password                           -       y        y     -          y
	POST /account/codes                              -       y        y     -          y
	GET  /account/codes.svg                          -       y        y     -          y
	POST /account/codes/confirm                      -       y        y     -          y
	POST /account/codes/remove                       -       y        y     -          y
	POST /account/passkeys/begin                     -       y        y     -          y
	POST /account/passkeys                           -       y        y     -          y
	POST /account/passkeys/{id}/remove               -       y        y     -          y
	POST /account/proof/begin                        -       y        y     -          y
	POST /account/proof                              -       y        y     -          y
	POST /account/sessions/{id}/revoke               -       y        y     -          y
	POST /account/tokens                             -       y        y     -          y
	POST /account/tokens/{id}/revoke                 -       y        y     -          y
	GET  /ranks                                      -       y        y     -          y
	POST /ranks                                      -       y        y     -          y
	GET  /told                                       -       y        y     -          y
	POST /told/means                                 -       y        y     -          y
	POST /told/means/{id}/remove                     -       y        y     -          y
	POST /told/means/{id}/test                       -       y        y     -          y
	POST /told/quiet                                 -       y        y     -          y
	POST /told/senders/{kind}                        -       -        -     -          y
	POST /told/whom                                  -       -        -     -          y
	GET  /acknowledge                                y       y        y     y          y
	POST /acknowledge                                y       y        y     y          y
	GET  /worker.js                                  y       y        y     y          y
	GET  /rules                                      -       y        y     -          y
	POST /rules                                      -       y        y     -          y
	POST /rules/acting                               -       y        y     -          y
	POST /rules/acting/{id}/end                      -       y        y     -          y
	GET  /accounts                                   -       -        -     -          y
	POST /accounts                                   -       -        -     -          y
	GET  /accounts/name/{name}                       -       -        -     -          y
	POST /accounts/name/{name}                       -       -        -     -          y
	POST /accounts/name/{name}/suspend               -       -        -     -          y
	POST /accounts/name/{name}/resume                -       -        -     -          y
	POST /accounts/name/{name}/link                  -       -        -     -          y
	POST /accounts/name/{name}/sessions/{id}/revoke  -       -        -     -          y
	GET  /accounts/trail                             -       -        -     -          y
	GET  /{$}                                        -       -        y     -          -
	POST /views                                      -       -        y     -          -
	POST /views/raise                                -       -        y     -          -
	POST /views/drop                                 -       -        y     -          -
	GET  /export.csv                                 -       -        y     -          -
	GET  /export.json                                -       -        y     -          -
	GET  /dispatches/new                             -       -        y     -          -
	POST /dispatches                                 -       -        y     -          -
	POST /enclosures                                 -       -        y     -          -
	POST /uploads                                    -       -        y     -          -
	GET  /uploads/{upload}                           -       -        y     -          -
	POST /uploads/{upload}                           -       -        y     -          -
	GET  /dispatches/{side}/{index}/enclosures/{n}   -       -        y     -          -
	GET  /drafts/{id}/enclosures/{n}                 -       -        y     -          -
	GET  /dispatches/{side}/{index}                  -       -        y     -          -
	GET  /dispatches/{side}/{index}/sheet            -       -        y     -          -
	POST /dispatches/{side}/{index}/acknowledge      -       -        y     -          -
	POST /dispatches/{side}/{index}/consider         -       -        y     -          -
	POST /dispatches/{side}/{index}/close            -       -        y     -          -
	POST /dispatches/{side}/{index}/readback         -       -        y     -          -
	POST /readbacks/{side}/{index}/answer            -       -        y     -          -
	GET  /drafts                                     -       -        y     -          -
	GET  /drafts/{id}                                -       -        y     -          -
	GET  /drafts/{id}/edit                           -       -        y     -          -
	POST /drafts/{id}                                -       -        y     -          -
	POST /drafts/{id}/submit                         -       -        y     -          -
	POST /drafts/{id}/withdraw                       -       -        y     -          -
	POST /drafts/{id}/approve                        -       -        y     -          -
	POST /drafts/{id}/return                         -       -        y     -          -
	POST /drafts/{id}/comment                        -       -        y     -          -
	POST /drafts/{id}/discard                        -       -        y     -          -
	POST /drafts/{id}/release                        -       -        y     -          -
	GET  /record                                     -       -        y     -          -
	GET  /record/{side}/{index}                      -       -        y     -          -
	GET  /check                                      -       -        y     -          -
	GET  /leaf/{side}/{index}                        -       -        y     -          -
	GET  /proof/{side}/{index}                       -       -        y     -          -
	GET  /receipts/{side}/{index}/{by}               -       -        y     -          -
	GET  /line                                       -       -        y     -          -
	POST /line/cut                                   -       -        y     -          -
	POST /alarms/{id}/clear                          -       -        y     -          -
	GET  /notes                                      -       -        y     -          -
	POST /notes                                      -       -        y     -          -
	GET  /relations                                  -       -        y     -          -
	POST /relations/suspend                          -       -        y     -          -
	POST /relations/resume                           -       -        y     -          -
	GET  /attempts                                   -       -        y     -          -
	POST /attempts                                   -       -        y     -          -
	POST /attempts/confirm                           -       -        y     -          -
	GET  /silence                                    -       -        y     -          -
	GET  /silence/proof                              -       -        y     -          -
	GET  /tenders                                    -       -        y     -          -
	POST /tenders                                    -       -        y     -          -
	GET  /tenders/{side}/{index}                     -       -        y     -          -
	POST /tenders/{side}/{index}/answer              -       -        y     -          -
	POST /tenders/{side}/{index}/withdraw            -       -        y     -          -
	GET  /help                                       -       -        y     -          -
	GET  /watch                                      -       -        y     -          -
	POST /watch                                      -       -        y     -          -
	POST /watch/end                                  -       -        y     -          -
	POST /watch/handover                             -       -        y     -          -
	GET  /roster                                     -       -        y     -          -
	POST /roster/rotations                           -       -        y     -          -
	POST /roster/rotations/{id}/end                  -       -        y     -          -
	POST /roster/give                                -       -        y     -          -
	POST /roster/swaps                               -       -        y     -          -
	POST /roster/swaps/{id}/{act}                    -       -        y     -          -
	POST /roster/feeds                               -       -        y     -          -
	GET  /coverage                                   -       -        y     -          -
	POST /coverage                                   -       -        y     -          -
	POST /personnel                                  -       -        y     -          -
	GET  /checks                                     -       -        y     -          -
	GET  /checks.csv                                 -       -        y     -          -
	GET  /checks.json                                -       -        y     -          -
	GET  /codes                                      -       -        y     -          -
	POST /codes                                      -       -        y     -          -
	GET  /statistics                                 -       -        y     -          -
	GET  /statistics.csv                             -       -        y     -          -
	GET  /statistics.json                            -       -        y     -          -
	POST /checks                                     -       -        y     -          -
	POST /checks/{side}/{index}/answer               -       -        y     -          -
	GET  /hours                                      -       -        y     -          -
	POST /hours                                      -       -        y     -          -
	GET  /charter                                    -       -        y     -          -
	GET  /charter/propose                            -       -        y     -          -
	POST /charter/propose                            -       -        y     -          -
	POST /charter/agree                              -       -        y     -          -
	GET  /forms                                      -       -        y     -          -
	POST /forms/propose                              -       -        y     -          -
	POST /forms/agree                                -       -        y     -          -
	GET  /forms/propose                              -       -        y     -          -
	POST /forms/propose-text                         -       -        y     -          -
	GET  /forms/{hash}                               -       -        y     -          -
	GET  /feed/{token}                               y       y        y     y          y
	POST /sound                                      -       -        y     -          -
	GET  /events                                     -       -        y     -          -
	/                                                y       y        y     y          y`

// shutOut are the headings of the pages that let nobody in.
var shutOut = []string{
	"You are not signed in", "Your session has ended", "Your account has no post", "This is for administrators",
}

func TestEachRouteLetsInWhoMayAndNobodyElse(t *testing.T) {
	h, south := ours(t)
	names := map[string][]string{ // column -> accounts
		"nobody": {""}, "no-post": {"no-post"}, "suspended": {"suspended"}, "admin": {"admin"},
	}
	for _, role := range office.Roles {
		post := office.Post("the-" + role)
		h.act("south", "head", office.KindPost, &office.PostBody{
			Post: post, Role: role, Languages: []string{"en"}, Name: office.Words{"en": "The " + role},
		})
		h.account(people.Account{Name: post, Person: role, Posts: []office.Post{post}})
		names["post"] = append(names["post"], post)
	}
	h.account(people.Account{Name: "no-post", Person: "No post"})
	h.account(people.Account{Name: "admin", Person: "Administrator", Admin: true})
	h.account(people.Account{Name: "other", Person: "Somebody else"})
	suspended := h.account(people.Account{Name: "suspended", Person: "Suspended", Posts: []office.Post{"head"}, Admin: true})
	must(t, h.nodes["south"].People().Suspend(t.Context(), operator, "suspended"))

	lines := strings.Split(strings.TrimSpace(whoMay), "\n")
	columns := strings.Fields(lines[0])
	table := map[string][]string{} // pattern -> cells
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		cut := len(fields) - len(columns)
		table[strings.Join(fields[:cut], " ")] = fields[cut:]
	}
	for _, route := range routes {
		cells, ok := table[route.pattern]
		if !ok {
			t.Errorf("the table does not say who may ask for %s", route.pattern)
			continue
		}
		delete(table, route.pattern)
		for i, column := range columns {
			for _, name := range names[column] {
				south.cookie = nil
				switch name {
				case "":
				case "suspended":
					south.cookie = suspended
				default: // a new session: some routes end the one before
					south.cookie = h.byLink(name)
				}
				if got, want := south.isLetIn(route.pattern), cells[i] == "y"; got != want {
					t.Errorf("%s is let in to %s: %v, want %v", column+" "+name, route.pattern, got, want)
				}
			}
		}
	}
	for pattern := range table {
		t.Errorf("the table names %s, which is no route", pattern)
	}

	// An account that may sign in as a post does what its role may, and no more.
	rules, err := h.nodes["south"].People().Rules(t.Context())
	must(t, err)
	for _, role := range office.Roles {
		south.cookie = h.byLink("the-" + role)
		answer := south.post("/dispatches", dispatchForm("By "+role, "Text."))
		if got, want := answer.status == http.StatusSeeOther, rules.May("", role, people.ActAlone, office.Routine, ""); got != want {
			t.Errorf("%s releases a dispatch: %v (status %d), want %v", role, got, answer.status, want)
		}
	}
}

// isLetIn asks for a route with an empty form and looks whether the door is
// shut. It does not wait for the end of a stream.
func (c client) isLetIn(pattern string) bool {
	c.t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	if path == "" {
		method, path = http.MethodGet, "/nothing"
	}
	path = strings.NewReplacer("{$}", "", "{side}", "south", "{index}", "0", "{by}", "north", "{id}", "1", "{name}", "other").Replace(path)
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(url.Values{}.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	must(c.t, err)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	answer, err := (&http.Transport{}).RoundTrip(r)
	must(c.t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		return true
	}
	text, err := io.ReadAll(answer.Body)
	must(c.t, err)
	for _, heading := range shutOut {
		if strings.Contains(string(text), heading) {
			return false
		}
	}
	return path != "/events" // which answers a script, without a page
}

func TestAnAdministratorKeepsTheAccounts(t *testing.T) {
	h, south := ours(t)
	admin := h.account(people.Account{Name: "choi", Person: "최 관리자", Admin: true})
	south.cookie = admin
	south.get("/account").want(t, 200, `href="/accounts"`)
	south.get("/accounts").want(t, 200, "최 관리자", "Add an account", `value="duty-officer"`)
	south.post("/accounts", url.Values{"name": {"Park"}, "person": {"Park <1>"}, "post": {"duty-officer"}}).
		want(t, 422, "cannot be the name of an account", `value="Park"`, `value="Park &lt;1&gt;"`, `value="duty-officer" checked`)
	south.post("/accounts", url.Values{"name": {"park"}, "person": {"Park"}, "post": {"duty-officer", "gardener", "head"}}).want(t, 303)
	south.get("/accounts/name/park").want(t, 200, `value="Park"`, `value="head" checked`, "by one-time links", "Nowhere at this moment")
	south.get("/accounts/name/nobody").want(t, 404)
	made := south.post("/accounts/name/park/link", url.Values{})
	made.want(t, 200, "http://pages/sign-in?t=", "It is shown only now")
	_, token, _ := strings.Cut(made.body, "http://pages/sign-in?t=")
	token, _, _ = strings.Cut(token, "<")

	park := south
	park.cookie = nil
	signedIn := park.post("/sign-in", url.Values{"t": {token}})
	signedIn.want(t, 303)
	cookie, err := http.ParseSetCookie(signedIn.header.Get("Set-Cookie"))
	must(t, err)
	park.cookie = cookie
	park.get("/").want(t, 200, "Duty officer, South")
	south.post("/accounts/name/park", url.Values{"person": {"Park, officer"}, "post": {"head"}}).want(t, 303)
	park.get("/").want(t, 403, "Your account has no post")
	south.post("/accounts/name/park/suspend", url.Values{}).want(t, 303)
	park.get("/account").want(t, 403, "You are not signed in")
	south.get("/accounts").want(t, 200, "Park, officer", "suspended since")
	south.post("/accounts/name/park/link", url.Values{}).want(t, 422, "is suspended")
	south.post("/accounts/name/park/resume", url.Values{}).want(t, 303)

	// Nobody gives themselves a post, or shuts themselves out.
	south.post("/accounts/name/choi", url.Values{"person": {"Choi"}, "post": {"head"}}).want(t, 303)
	south.get("/").want(t, 403, "Your account has no post")
	south.get("/accounts").want(t, 200, "Choi")
	south.post("/accounts/name/choi/suspend", url.Values{}).want(t, 422, "Nobody suspends their own account")

	south.get("/accounts/trail").want(t, 200, "account suspended", "link made", "signed in", "choi", "127.0.0.1")
	for range 60 {
		must(t, h.nodes["south"].People().ChangeAccount(t.Context(), operator, "park", people.Change{}))
	}
	first := south.get("/accounts/trail")
	first.want(t, 200, `rel="next"`, "Operator")
	_, next, _ := strings.Cut(first.body, `href="/accounts/trail?before=`)
	next, _, _ = strings.Cut(next, `"`)
	south.get("/accounts/trail?before="+next).want(t, 200, "account suspended", `href="/accounts/trail"`)
}
