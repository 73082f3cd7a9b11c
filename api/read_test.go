package api_test

import (
	"strings"
	"testing"

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
