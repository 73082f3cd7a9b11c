package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

// absent is what stands in the place of each name in braces of a path: things that
// are not there, and texts that can be none.
var absent = map[string][]string{
	"id":     {"999", "0", "-1", "+1", "1.5", "x", "9223372036854775807", "9223372036854775808", strings.Repeat("9", 400), "%00", "%ED%95%9C", "1%2F2", "%FF"},
	"side":   {"nowhere", "South", "%00", "%ED%95%9C", strings.Repeat("s", 400), "%FF"},
	"index":  {"999999", "-1", "x", "9223372036854775807", "9223372036854775808", strings.Repeat("9", 400), "%00", "007", "%FF"},
	"n":      {"99", "0", "-1", "x", "9223372036854775808", strings.Repeat("9", 400), "%00"},
	"hash":   {strings.Repeat("0", 64), "x", strings.Repeat("f", 400), "%00", "%FF"},
	"name":   {"nobody", "No Body", strings.Repeat("p", 400), "%00", "%FF"},
	"by":     {"nowhere", "%00", strings.Repeat("p", 400), "%FF"},
	"act":    {"forget", "%00", strings.Repeat("p", 400), "%FF"},
	"kind":   {"pigeon", "%00", strings.Repeat("p", 400), "%FF"},
	"upload": {"x", "%00", strings.Repeat("u", 400), "%FF"},
	"token":  {"x", "x.ics", strings.Repeat("p", 400) + ".ics", "%00.ics", "%FF.ics"},
}

// TestWhatIsNotThereIsAnsweredByAPageThatSaysSo walks over every route whose path
// names something, on both kinds of database, with things that are not there and
// texts that name nothing. That is no fault of ours, and is never shown as one.
func TestWhatIsNotThereIsAnsweredByAPageThatSaysSo(t *testing.T) {
	h, south, north := pair(t)
	everybody := people.Account{Name: "both", Person: "Both", Posts: []office.Post{"head"}, Admin: true}
	south.cookie = h.account(everybody)
	must(t, h.nodes["north"].People().AddAccount(t.Context(), operator, everybody))
	token, err := h.nodes["north"].People().AccountLink(t.Context(), operator, "both", 1e12)
	must(t, err)
	_, cookie, err := h.nodes["north"].People().Redeem(t.Context(), token, "192.0.2.1")
	must(t, err)
	north.cookie = &http.Cookie{Name: "liaison-north", Value: cookie}

	braces := regexp.MustCompile(`\{([a-z]+)\}`)
	for _, route := range routes {
		method, path, _ := strings.Cut(route.pattern, " ")
		var names []string
		for _, found := range braces.FindAllStringSubmatch(path, -1) {
			names = append(names, found[1])
			if absent[found[1]] == nil {
				t.Fatalf("%s: nothing is known that is not there for {%s}", route.pattern, found[1])
			}
		}
		for _, name := range names {
			for _, text := range absent[name] {
				target := path
				for _, other := range names {
					put := absent[other][0]
					if other == name {
						put = text
					}
					target = strings.Replace(target, "{"+other+"}", put, 1)
				}
				asking := []client{south}
				if text == absent[name][0] || text == "%00" || text == "%FF" { // what a database may take otherwise
					asking = append(asking, north)
				}
				for _, c := range asking {
					var answer answered
					if method == http.MethodGet {
						answer = c.get(target)
					} else {
						answer = c.post(target, url.Values{"version": {"1"}, "text": {"Words."}})
					}
					want := []int{400, 404}
					if method == http.MethodPost {
						// What was typed is kept, with a sentence; what has ended before is ended.
						want = append(want, http.StatusUnprocessableEntity, http.StatusSeeOther)
					}
					if !slices.Contains(want, answer.status) {
						t.Errorf("%s %.80s: %d %s", method, target, answer.status, alerts.FindAllString(answer.body, 3))
					}
				}
			}
		}
	}
}
