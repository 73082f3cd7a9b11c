package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"liaison.example/api"
	"liaison.example/liaisontest"
)

func TestTheSameRequestUnderAKeyIsDoneOnceAndAnsweredTheSame(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	address := behindToken(t, o.Nodes["south"])
	operator := client(t, serve(t, o.Nodes["south"], nil))
	if _, err := operator.AddAccount(t.Context(), api.NewAccount{Name: "keeper", Person: "Administrator", Admin: true, Posts: []string{"duty-officer"}}); err != nil {
		t.Fatal(err)
	}
	token := func(n api.NewToken) string {
		t.Helper()
		made, err := operator.MakeToken(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		return made.Text
	}
	one := token(api.NewToken{Account: "keeper", Scopes: []api.Scope{"read", "release", "administer"}})
	other := token(api.NewToken{Post: "duty-officer", Scopes: []api.Scope{"release"}})
	ask := func(token, method, target, key, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address+api.Path+target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Idempotency-Key", key)
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		text, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, string(text)
	}
	const dispatch = `{"channel":"liaison","precedence":"ROUTINE","subject":"once","text":"once","by":"duty-officer"}`
	const account = `{"name":"park","person":"Park"}`
	drafted, another := "/drafts/"+kimsDraft(t, o, "once")+"/release", "/drafts/"+kimsDraft(t, o, "another")+"/release"
	for _, row := range []struct{ target, key, body, another string }{
		{"/dispatches", "8e03978e-40d5", dispatch, strings.Replace(dispatch, `"text":"once"`, `"text":"twice"`, 1)},
		{"/accounts", "5ae4b5a0-11f1", account, `{"name":"kim","person":"Kim"}`},
		{drafted, "c2b5e1f0-7d6a", `{"version":1}`, `{"version":1,"by":"duty-officer"}`},
	} {
		status, first := ask(one, "POST", row.target, row.key, row.body)
		if status != 201 {
			t.Fatalf("%s: %d %s", row.target, status, first)
		}
		for _, key := range []string{row.key, `"` + row.key + `"`} {
			if status, again := ask(one, "POST", row.target, key, row.body); status != 201 || again != first {
				t.Errorf("%s again: %d %s, want 201 %s", row.target, status, again, first)
			}
		}
		if status, text := ask(one, "POST", row.target, row.key, row.another); status != 422 || !strings.Contains(text, `"once-differs"`) {
			t.Errorf("%s, another request: %d %s", row.target, status, text)
		}
	}
	if status, text := ask(one, "POST", "/accounts", "8e03978e-40d5", account); status != 422 || !strings.Contains(text, `"once-differs"`) {
		t.Errorf("the key of a dispatch for an account: %d %s", status, text)
	}
	if status, text := ask(one, "POST", another, "c2b5e1f0-7d6a", `{"version":1}`); status != 422 || !strings.Contains(text, `"once-differs"`) {
		t.Errorf("the key of a draft for another one: %d %s", status, text)
	}
	for range 2 {
		if status, text := ask(one, "POST", another, "", `{"version":1}`); status != 201 || !strings.Contains(text, `"number":3`) {
			t.Errorf("a draft without a key: %d %s", status, text)
		}
	}
	if status, text := ask(one, "POST", another, "", `{"version":2}`); status != 422 || !strings.Contains(text, `"draft-released"`) {
		t.Errorf("another version of it without a key: %d %s", status, text)
	}
	if status, text := ask(other, "POST", "/dispatches", "8e03978e-40d5", dispatch); status != 201 || !strings.Contains(text, `"number":4`) {
		t.Errorf("with the key of somebody else: %d %s", status, text)
	}
	page, err := operator.Dispatches(t.Context(), api.Query{})
	if err != nil || len(page.Dispatches) != 4 {
		t.Errorf("released: %+v, %v", page, err)
	}

	// What is shown once is not kept.
	if status, text := ask(one, "POST", "/accounts/park/sign-in-links", "link", `{}`); status != 201 || !strings.Contains(text, "sign-in?t=") {
		t.Errorf("a link: %d %s", status, text)
	}
	if status, text := ask(one, "POST", "/accounts/park/sign-in-links", "link", `{}`); status != 409 || !strings.Contains(text, `"once-secret"`) {
		t.Errorf("the link again: %d %s", status, text)
	}
	if status, _ := ask(one, "POST", "/accounts/park/suspend", "s", ""); status != 200 {
		t.Errorf("suspend: %d", status)
	}
	if status, text := ask(one, "POST", "/accounts/park/suspend", "s", ""); status != 200 || !strings.Contains(text, "suspended") {
		t.Errorf("suspend again: %d %s", status, text)
	}
	for _, key := range []string{`""`, "two words", strings.Repeat("x", 129)} {
		if status, text := ask(one, "POST", "/dispatches", key, dispatch); status != 400 || !strings.Contains(text, "Idempotency-Key") {
			t.Errorf("key %q: %d %s", key, status, text)
		}
	}
}
