package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

// behindToken serves a node where a token is needed, beside the socket, and
// returns the address.
func behindToken(t *testing.T, n *node.Node) string {
	t.Helper()
	s := httptest.NewServer(api.New(api.Config{
		Node: n, Log: discard, Now: time.Now, WithToken: true, Say: say,
		Alarmed: func(_ string, a node.Alarm) string { return a.Code },
		SignIn:  func(token string) string { return "http://pages/sign-in?t=" + token },
		Feed:    func(token string) string { return "http://pages/feed/" + token + ".ics" },
		Backup:  func(context.Context, io.Writer) error { return errors.New("no backup here") },
		Admit:   func(context.Context, string) error { return errors.New("no admission here") },
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// bearing sends a request with a token to an address.
func bearing(t *testing.T, address, method, target, body, token string) (*http.Response, api.Problem) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, address+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var p api.Problem
	if a.StatusCode >= 400 {
		if err := json.NewDecoder(a.Body).Decode(&p); err != nil {
			t.Errorf("%s %s: %v", method, target, err)
		}
	}
	return a, p
}

// rolesMay is what each role may do by our own house rules, as far as operations
// go: the scopes whose writing it may use, by itself. Everybody with a post may
// read; who administers is a matter of the account.
var rolesMay = map[string]string{
	"head":         "release acknowledge bind",
	"deputy":       "release acknowledge bind",
	"officer":      "acknowledge", // and releases what somebody else has reviewed
	"duty-officer": "release acknowledge",
	"secretary":    "", // the same
	"interpreter":  "",
	"observer":     "",
}

// draftsMay is what each role may do with drafts: read and comment, write, review,
// release.
var draftsMay = map[string]string{
	"head":         "read write review release",
	"deputy":       "read write review release",
	"officer":      "read write review release",
	"duty-officer": "read write review release",
	"secretary":    "read write release",
	"interpreter":  "read write",
	"observer":     "",
}

// draftNeeds is what the operations on drafts need of a role.
var draftNeeds = map[string]string{
	"listDrafts": "read", "getDraft": "read", "commentOnDraft": "read",
	"beginDraft": "write", "saveDraft": "write", "submitDraft": "write", "withdrawDraft": "write", "discardDraft": "write",
	"approveDraft": "review", "returnDraft": "review", "releaseDraft": "release",
}

// rosterNeeds is which roles may do what with the roster.
var rosterNeeds = map[string]string{
	"putRotation": " head deputy secretary ", "giveWatch": " head deputy secretary ",
	"offerSwap": onWatch, "acceptSwap": onWatch, "declineSwap": onWatch, "withdrawSwap": onWatch,
}

// handoverNeeds is what is signed by who can be on watch.
var handoverNeeds = map[string]bool{"writeHandover": true, "signHandover": true}

const onWatch = " head deputy officer duty-officer "

// byTheNode are operations that no role is asked for: a side has agreed that any
// of its posts may do them.
var byTheNode = []string{"clearAlarm"}

// TestEveryOperationWithEveryRole walks over all operations, with none, with the
// token of a post of each role, of an account without a post, of an
// administrator, and with tokens that lack the scope. Nobody gets further than
// their role, their scope or their account allows.
func TestEveryOperationWithEveryRole(t *testing.T) {
	o, known := readyOffice(t)
	known["declined"], known["session"] = "999", "999"
	known["sent"] = known["theirs"] // nothing is released in this walk that could be kept
	south := o.Nodes["south"]
	address := behindToken(t, south)
	ctx := t.Context()
	operator := client(t, serve(t, south, nil))
	for _, role := range office.Roles {
		if _, err := operator.Accredit(ctx, api.NewPost{Post: "the-" + role, Name: office.Words{"en": role}, Role: role, Languages: []string{"en"}, By: "head"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range []api.NewAccount{
		{Name: "nobody", Person: "No post"}, {Name: "keeper", Person: "Administrator", Admin: true},
	} {
		if _, err := operator.AddAccount(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	every := []api.Scope{}
	for _, scope := range people.Scopes {
		every = append(every, api.Scope(scope))
	}
	ofPost := []api.Scope{"read", "release", "acknowledge", "bind"}

	type bearer struct {
		name, role string
		post       office.Post
		token      string
		scopes     []api.Scope
		admin      bool
		account    bool // it is one of an account
	}
	bearers := []bearer{{name: "nobody at all"}, {name: "an invented token", token: "liaison-" + strings.Repeat("A", 43)}}
	add := func(b bearer, n api.NewToken) {
		t.Helper()
		n.Scopes = b.scopes
		made, err := operator.MakeToken(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		b.token = made.Text
		bearers = append(bearers, b)
	}
	for _, role := range office.Roles {
		post := "the-" + role
		add(bearer{name: "a " + role, role: role, post: post, scopes: ofPost}, api.NewToken{Post: post})
		add(bearer{name: "a " + role + " who may only read", role: role, post: post, scopes: []api.Scope{"read"}}, api.NewToken{Post: post})
	}
	for _, role := range office.Roles {
		post := office.Post("the-" + role)
		if _, err := operator.AddAccount(ctx, api.NewAccount{Name: "a-" + role, Person: role, Posts: []office.Post{post}}); err != nil {
			t.Fatal(err)
		}
		add(bearer{name: "an account of a " + role, role: role, post: post, scopes: every, account: true}, api.NewToken{Account: "a-" + role})
	}
	add(bearer{name: "an account without a post", scopes: every}, api.NewToken{Account: "nobody"})
	add(bearer{name: "an administrator", scopes: every, admin: true}, api.NewToken{Account: "keeper"})

	places := readDescription(t)
	for _, b := range bearers {
		known["whose"] = "nobody"
		if b.account || b.admin {
			known["whose"] = strings.ReplaceAll(strings.TrimPrefix(b.name, "an account of "), "a ", "a-")
		}
		if b.admin {
			known["whose"] = "keeper"
		}
		if b.account {
			known["draft"], known["mine"] = kimsDraft(t, o, b.name), kimsDraft(t, o, b.name+" too")
		}
		for _, c := range calls {
			p := places[c.id]
			if c.id == "getDescription" {
				continue // for everybody
			}
			scope := api.ScopeOf(c.id)
			target := fillIn(c.target, known)
			body := fillIn(c.body, known)
			// Bearers act for their own post, and on what is not there, so that what is
			// allowed is seen without changing what the next one finds.
			body = strings.ReplaceAll(strings.ReplaceAll(body, `"by":"duty-officer"`, `"by":"`+b.post+`"`), `"by":"head"`, `"by":"`+b.post+`"`)
			target = strings.NewReplacer("{token}", "1", "{webhook}", "1", "{means}", "1", "{alarm}", "999", "{swap}", "999").Replace(target)
			a, problem := bearing(t, address, p.method, api.Path+target, body, b.token)
			got := a.StatusCode

			var want []int
			switch {
			case b.scopes == nil:
				want = []int{401}
			case scope == "":
				want = []int{403}
			case !slices.Contains(b.scopes, api.Scope(scope)):
				want = []int{403}
			case scope == "administer" && b.admin:
				want = []int{200, 201, 404, 422}
			case scope == "own" && (b.account || b.admin || b.role == ""):
				want = []int{200, 201, 204, 404}
				if problem.Code == "token-no-post" && b.role == "" {
					want = []int{403} // views and feeds are for who acts for a post
				}
			case scope == "administer", b.role == "":
				want = []int{403}
			case handoverNeeds[c.id] && !b.account:
				want = []int{403} // a handover is signed by a person
			case handoverNeeds[c.id] && strings.Contains(onWatch, " "+b.role+" "):
				want = []int{200, 201, 404, 422}
			case draftNeeds[c.id] != "" && !b.account:
				want = []int{403} // drafts are written by people
			case draftNeeds[c.id] != "" && slices.Contains(strings.Fields(draftsMay[b.role]), draftNeeds[c.id]):
				want = []int{200, 201, 404, 409, 422}
				if problem.Code == "draft-alone" || problem.Code == "draft-own" {
					want = []int{403}
				}
			case slices.Contains([]string{"submitDraft", "withdrawDraft", "returnDraft", "discardDraft"}, c.id):
				want = []int{403, 409} // the version that they name may not be there
			case draftNeeds[c.id] != "":
				want = []int{403}
			case rosterNeeds[c.id] != "" && (!b.account || !strings.Contains(rosterNeeds[c.id], " "+b.role+" ")):
				want = []int{403} // the roster is kept by people
			case rosterNeeds[c.id] != "":
				want = []int{200, 201, 204, 404, 422}
			case p.method == "GET" || slices.Contains(byTheNode, c.id):
				want = []int{200, 404}
			case c.id == "beginUpload" && !slices.Contains([]string{"interpreter", "observer"}, b.role):
				want = []int{201}
			case strings.HasSuffix(c.id, "Upload") && c.id != "beginUpload":
				want = []int{404} // it is not theirs
			case c.id == "encloseFile" && !slices.Contains([]string{"interpreter", "observer"}, b.role):
				want = []int{201} // also by who releases only what somebody else has reviewed
			case (c.id == "writeNote" || c.id == "logAttempt" || c.id == "offerTender") && b.role == "officer":
				want = []int{201} // as also by who may release alone
			case c.id == "withdrawTender" && b.role == "officer":
				want = []int{201, 422} // once
			case c.id == "endWatch" && problem.Code == api.CodeNotFound:
				want = []int{404} // whoever has no watch is told so
			case slices.Contains(strings.Fields(rolesMay[b.role]), scope):
				want = []int{200, 201, 404, 422}
			default:
				want = []int{403}
			}
			if !slices.Contains(want, got) {
				t.Errorf("%s asks for %s: got %d %s %q, want one of %v", b.name, c.id, got, problem.Code, problem.Detail, want)
			}
			if got >= 400 && (problem.Detail == "" || problem.Code == "" || strings.HasPrefix(problem.Detail, "no words")) {
				t.Errorf("%s asks for %s: %d without a sentence: %+v", b.name, c.id, got, problem)
			}
			if got == 401 && !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s asks for %s: 401 without a challenge", b.name, c.id)
			}
		}
	}
	// Who names no post acts for the usual one of the token; one that is not its
	// own is refused, whatever its role.
	for _, b := range bearers {
		if b.role == "head" && len(b.scopes) > 1 {
			if a, problem := bearing(t, address, "POST", api.Path+"/dispatches", `{"channel":"liaison","precedence":"ROUTINE","subject":"x","text":"x"}`, b.token); a.StatusCode != http.StatusCreated {
				t.Errorf("%s releases without naming the post: %d %+v", b.name, a.StatusCode, problem)
			}
			line, err := o.Nodes["south"].People().Trail(t.Context(), 0, 1)
			if err != nil || b.account && (line[0].Deed != people.EntryWritten || line[0].By.Who != "a-head" || !strings.HasPrefix(line[0].Detail, "dispatch, entry south/")) {
				t.Errorf("the trail says %+v, %v", line, err)
			}
			_, problem := bearing(t, address, "POST", api.Path+"/dispatches", `{"channel":"liaison","precedence":"ROUTINE","subject":"x","text":"x","by":"duty-officer"}`, b.token)
			if problem.Code != "token-post" {
				t.Errorf("a head acts for the duty officer: %+v", problem)
			}
		}
	}
}

func TestATokenAfterItsEndIsRefusedWithASentence(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	address := behindToken(t, o.Nodes["south"])
	operator := client(t, serve(t, o.Nodes["south"], nil))
	made, err := operator.MakeToken(t.Context(), api.NewToken{Post: "duty-officer", Scopes: []api.Scope{"read", "release"}, ValidSeconds: 60})
	if err != nil {
		t.Fatal(err)
	}
	c := api.DialWeb(address, made.Text)
	defer c.Close()
	if _, err := c.Send(t.Context(), test, 0); err != nil {
		t.Fatal(err)
	}
	o.TurnClock("south", time.Minute)
	for language, says := range map[string]string{"en": "The token ended at 20", "ko": "토큰이 20"} {
		r, err := http.NewRequest("GET", address+api.Path+"/status", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+made.Text)
		r.Header.Set("Accept-Language", language)
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(a.Body)
		a.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if a.StatusCode != 401 || !strings.Contains(string(text), says) || a.Header.Get("WWW-Authenticate") != `Bearer realm="liaison", error="invalid_token"` {
			t.Errorf("after its end: %d %v %s", a.StatusCode, a.Header, text)
		}
	}
}
