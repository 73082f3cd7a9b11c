package web

import (
	"context"
	"encoding/csv"
	"net/url"
	"slices"
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

func TestTheListIsFilteredByForm(t *testing.T) {
	h, south := ours(t)
	if page := matter(south.get("/").body); strings.Contains(page, "form-code") || !strings.Contains(page, `<select name="form"><option value="" selected>with or without</option></select>`) {
		t.Error("there are forms, and none is in force: ", page)
	}
	h.agreeForm(noticeAhead())
	h.send("south", office.Routine, "liaison", "Bus on Monday", "The bus comes at 08:40.")
	h.fill("south", office.Routine, "Works at the gate", "Digging, one metre deep")
	h.fill("north", office.Priority, "북문 공사", "굴착")
	h.level()
	h.indexed("south")

	south.get("/").want(t, 200, `<option value="an">AN · Advance notice</option>`, "Bus on Monday",
		`<span class="form-code" title="Advance notice">AN</span> <a href="/dispatches/south/`)
	some := south.get("/?form=an")
	some.want(t, 200, `<option value="an" selected>`, "Form: AN · Advance notice", "Works at the gate", "북문 공사",
		`href="/export.csv?form=an"`, `<input type="hidden" name="form" value="an">`)
	if strings.Contains(some.body, "Bus on Monday") || strings.Count(some.body, "<tr data-row>") != 2 {
		t.Errorf("it shows others: %s", matter(some.body))
	}
	if waits, _, _ := strings.Cut(some.body, `id="list"`); !strings.Contains(waits, `<span class="form-code" title="Advance notice">AN</span> <a href="/dispatches/north/`) {
		t.Errorf("what waits does not show its form: %s", waits)
	}
	south.get("/?form=an&q=metre").want(t, 200, "Works at the gate", "one <mark>metre</mark> deep", `href="/?q=metre"`, `href="/?form=an"`)
	south.get("/?form=zz").want(t, 200, `<option value="zz" selected>ZZ</option>`, "Form: ZZ", "No dispatch fits this choice")
	south.get("/?form=%3F").want(t, 404)
	south.get("/export.csv?form=%3F").want(t, 404)

	south.post("/views", url.Values{"form": {"an"}, "from": {"north"}, "name": {"Their notices"}}).want(t, 303)
	south.get("/").want(t, 200, `<a href="/?form=an&amp;from=north">Their notices</a>`)

	file := south.get("/export.csv?form=an&from=south")
	file.want(t, 200, `"Filter: form=an, from=south"`)
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	must(t, err)
	if len(rows) != 3 {
		t.Fatalf("%d rows: %q", len(rows), rows)
	}
	for column, want := range map[string]string{"form": "an", "values of the form": "what: Digging, one metre deep", "answer": ""} {
		if at := slices.Index(rows[0], column); at < 0 || rows[1][at] != want {
			t.Errorf("%s is not %q in %q", column, want, rows[1])
		}
	}
	south.get("/export.json?form=an&from=north").want(t, 200, `"filter":{"form":"an","from":"north"}`, `"values":{"what":"굴착"}`, `"dispatches":1,`)
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
