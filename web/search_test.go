package web

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/records"
)

// indexed waits until all that a node has folded can be searched for.
func (h *house) indexed(side office.Side) {
	h.t.Helper()
	h.eventually("all dispatches are indexed", func() bool {
		all, err := h.nodes[side].Records().Indexed(context.Background())
		return err == nil && all
	})
}

func TestDispatchesAreSearchedForOnEveryPage(t *testing.T) {
	h := busy(t, "north", "south")
	h.indexed("south")
	c := client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "duty-officer")}
	for _, path := range []string{"/", "/record", "/line", "/charter", "/dispatches/new", "/nothing"} {
		if page := c.get(path).body; !strings.Contains(page, `<form class="search" method="get" action="/" role="search">`) {
			t.Errorf("%s has no search box", path)
		}
	}
	find := func(pairs ...string) answered {
		query := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			query.Set(pairs[i], pairs[i+1])
		}
		return c.get("/?" + query.Encode())
	}
	// What is found is marked, in the subject and in the text.
	a := find("q", "수문")
	a.want(t, 200, "임진강 상류 <mark>수문</mark> 개방 예고", "06시부터 <mark>수문</mark>을 순차로", `value="수문"`, "Found for “수문”")
	if strings.Count(a.body, "<tr data-row>") != 1 || strings.Contains(a.body, "railways") {
		t.Errorf("more is found than there is: %s", matter(a.body))
	}
	// A search and what it is narrowed to stay in the address, and can be taken away.
	a = find("q", "the", "from", "south", "precedence", "ROUTINE", "since", "2018-10-01", "until", "2018-10-15")
	a.want(t, 200, `<input type="hidden" name="q" value="the">`, "from South", "since 2018-10-01", "until 2018-10-15",
		`href="/?from=south&amp;precedence=ROUTINE&amp;since=2018-10-01&amp;until=2018-10-15"`, "Staff of <mark>the</mark> office")
	find("q", "the", "from", "north", "until", "2018-10-01").want(t, 200,
		"Nothing was found for “the”", "Only the dispatches of the choice above", `<a href="/?q=the">Search all dispatches for “the”</a>`)
	find("q", "zeppelin").want(t, 200, "Nothing was found for “zeppelin”", "Number, subject and text of all dispatches", "fewer words find more")
	find("q", `<script>"&`).want(t, 200, "Nothing was found for “&lt;script&gt;&#34;&amp;”")
	find("state", "acknowledged", "channel", "military-east").want(t, 200, "산림 협력 공동 조사단", "acknowledged", "Military, east")
	find("state", "ours", "precedence", "ROUTINE").want(t, 200, "No dispatch fits this choice")
	// The days are those of our side: it is one already while it is still the day
	// before in UTC.
	find("since", "2018-10-15").want(t, 200, "동부 지구 지뢰 제거")
	find("since", "2018-10-16").want(t, 200, "No dispatch fits this choice")

	find("q", "?!").want(t, 422, "There is no word in it", `role="alert"`, `value="?!"`)
	find("q", strings.Repeat("가", 201)).want(t, 422, "That is too long to be searched for")
	find("since", "yesterday").want(t, 422, "“yesterday” is not a date", `value="yesterday"`)
	find("q", "the", "state", "lost").want(t, 404)
	find("q", "the", "before", "x").want(t, 404)
}

func TestAnExtractShowsWhatWasFoundFirst(t *testing.T) {
	long := strings.Repeat("aaaa bbbb ", 30)
	for _, row := range []struct{ search, text, want string }{
		{"convoy", "The convoy\n\nwaits.", "The convoy waits."},
		{"nothing", "The convoy", ""},
		{"convoy", long + "convoy " + long, "…bbbb aaaa bbbb aaaa bbbb aaaa bbbb convoy " + strings.Repeat("aaaa bbbb ", 9)[:89] + "…"},
		{"강물", strings.Repeat("가", 100) + "강물" + strings.Repeat("나", 200), "…" + strings.Repeat("가", 40) + "강물" + strings.Repeat("나", 98) + "…"},
	} {
		search, err := records.ParseSearch(row.search)
		must(t, err)
		if got := extract(search, row.text); got != row.want {
			t.Errorf("%q: %q, want %q", row.search, got, row.want)
		}
	}
}
