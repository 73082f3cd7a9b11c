package api_test

import (
	"strings"
	"testing"
	"time"

	"liaison.example/api"
)

// What is no text, or says a thing twice, is refused and not mended: otherwise
// something would be signed that nobody wrote.
func TestABodyThatIsNoTextIsRefused(t *testing.T) {
	o, _ := readyOffice(t)
	path := serve(t, o.Nodes["south"], nil)
	whole := `{"channel":"liaison","precedence":"ROUTINE","subject":"S","text":"TEXT","by":"duty-officer"}`
	for name, body := range map[string]string{
		"half of a surrogate pair": strings.Replace(whole, "TEXT", `\ud800`, 1),
		"bytes that are not UTF-8": strings.Replace(whole, "TEXT", "\xed\xa0\x80", 1),
		"a member twice":           strings.Replace(whole, `"by"`, `"text":"other","by"`, 1),
		"a member not known":       strings.Replace(whole, `"by"`, `"mood":"good","by"`, 1),
		"more after its end":       whole + whole,
		"nothing":                  "",
	} {
		if status, _, answer := request(t, path, "POST", api.Path+"/dispatches", body, ""); status != 400 || !strings.Contains(answer, "bad-request") {
			t.Errorf("%s: got %d %s", name, status, answer)
		}
	}
	if status, _, answer := request(t, path, "POST", api.Path+"/dispatches", strings.Replace(whole, "TEXT", `\u0000`, 1), ""); status != 422 || !strings.Contains(answer, "bad-text") {
		t.Errorf("NUL: got %d %s", status, answer)
	}
	if status, _, answer := request(t, path, "POST", api.Path+"/dispatches", whole, ""); status != 201 {
		t.Errorf("whole: got %d %s", status, answer)
	}
	if status, _, answer := request(t, path, "POST", api.Path+"/dispatches", strings.Replace(whole, `"S"`, "\"\u1100\u1161\u11a8\"", 1), ""); status != 201 || !strings.Contains(answer, `"subject":"각"`) {
		t.Errorf("a syllable in separate letters: got %d %s", status, answer)
	}
}

// A kept view speaks of days by the clock of the side; a list can be asked for in its
// words.
func TestAListIsAskedForInTheWordsOfAView(t *testing.T) {
	_, south, _ := two(t)
	d, err := south.Send(t.Context(), test, patience)
	if err != nil {
		t.Fatal(err)
	}
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	day := func(later int) string { return d.At.In(seoul).AddDate(0, 0, later).Format(time.DateOnly) }
	for view, want := range map[string]int{
		"": 1, "from=south": 1, "from=north": 0,
		"since=" + day(0): 1, "since=" + day(1): 0, "until=" + day(0): 1, "until=" + day(-1): 0,
	} {
		p, err := south.Dispatches(t.Context(), api.Query{View: view})
		if err != nil || len(p.Dispatches) != want {
			t.Errorf("%q gives %d dispatches, want %d (%v)", view, len(p.Dispatches), want, err)
		}
	}
	if p, err := south.Dispatches(t.Context(), api.Query{View: "from=north", From: "south"}); err != nil || len(p.Dispatches) != 1 {
		t.Errorf("what is asked for beside a view does not take its place: %d dispatches (%v)", len(p.Dispatches), err)
	}
	if _, err := south.Dispatches(t.Context(), api.Query{View: "since=2018-10-32"}); err == nil || !strings.Contains(err.Error(), "nor a day") {
		t.Errorf("a day that is none: %v", err)
	}
}
