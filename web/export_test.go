package web

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/records"
)

func TestTheListLeavesAsAFile(t *testing.T) {
	h := handled(t)
	c := client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "duty-officer")}
	h.send("south", office.Routine, "liaison", `=HYPERLINK("http://x")`, "@sum(1)\n\n\"quoted\", 임진강")
	h.level()
	h.indexed("south")

	c.get("/?state=closed").want(t, 200, `href="/export.csv?state=closed" download`, `href="/export.json?state=closed" download`)
	whole := c.get("/export.csv")
	whole.want(t, 200, `"'=HYPERLINK(""http://x"")"`, "임진강")
	if kind := whole.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv; charset=utf-8") {
		t.Errorf("its type is %q", kind)
	}
	if name := whole.header.Get("Content-Disposition"); !strings.Contains(name, "-south-dispatches-20181015T01") || !strings.HasSuffix(name, `.csv"`) {
		t.Errorf("its name is %q", name)
	}
	if strings.HasPrefix(whole.body, "\uFEFF") || !strings.Contains(whole.body, "\r\n") {
		t.Error("it is not as RFC 4180 has it, without a byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(whole.body)).ReadAll()
	must(t, err)
	lines, _, err := h.nodes["south"].Records().Dispatches(t.Context(), records.Filter{})
	must(t, err)
	if len(rows) != len(lines)+2 || len(rows[0]) != len(records.ExportColumns) {
		t.Fatalf("%d rows of %d cells for %d dispatches", len(rows), len(rows[0]), len(lines))
	}
	at := func(row []string, column string) string {
		for i, name := range records.ExportColumns {
			if name == column {
				return row[i]
			}
		}
		t.Fatalf("no column %q", column)
		return ""
	}
	first, about, status := rows[1], rows[len(rows)-1], h.status("south")
	if at(first, "text") != "'@sum(1)\n\n\"quoted\", 임진강" || at(first, "state") != "north: released" || at(first, "zone") != "Asia/Seoul" {
		t.Errorf("the newest is %q", first)
	}
	for column, want := range map[string]string{"row": "about", "number": "9", "from": "south", "text": "Filter: none", "for attention": ""} {
		if got := at(about, column); got != want {
			t.Errorf("%s of the last row is %q, want %q", column, got, want)
		}
	}
	if text := at(about, "subject"); !strings.Contains(text, status.Digest) || !strings.HasSuffix(text, "Whole.") {
		t.Errorf("the last row says %q, the digest is %s", text, status.Digest)
	}
	if made := at(about, "released (UTC)"); !strings.HasPrefix(made, "2018-10-15T01:") {
		t.Errorf("it was made %q", made)
	}
	closed := rows[len(rows)-2]
	for column, want := range map[string]string{
		"released (UTC)": "2018-10-14T20:32:17", "released (its clock)": "2018-10-15T05:32:17", "state": "north: closed",
		"in whose name": "Head of the office, South", "acknowledged by": "north duty-officer", "acknowledged (zone)": "Asia/Pyongyang",
	} {
		if got := at(closed, column); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q, want %q", column, got, want)
		}
	}

	var file struct {
		About      exportAbout
		Dispatches []struct {
			ID       string
			Subject  string
			Text     string
			Zone     string
			Stages   map[office.Side]office.Stage
			Handling office.Handling
		}
		End exportEnd
	}
	some := c.get("/export.json?mark=exercise&from=north")
	some.want(t, 200)
	must(t, json.Unmarshal([]byte(some.body), &file))
	if len(file.Dispatches) != 1 || file.Dispatches[0].Subject != "훈련: 건물 화재 발생" || file.Dispatches[0].Text == "" ||
		file.Dispatches[0].Stages["south"] != office.StageAnswered || len(file.Dispatches[0].Handling.Answered) != 1 {
		t.Errorf("got %+v", file.Dispatches)
	}
	if a := file.About; a.Side != "south" || a.Digest != status.Digest || a.Filter["mark"] != "exercise" || a.Filter["from"] != "north" || a.Most != exportMost ||
		!file.End.Whole || file.End.Dispatches != 1 {
		t.Errorf("it says %+v, %+v", file.About, file.End)
	}
	c.get("/export.json?q=훈련&from=north").want(t, 200, `"q":"훈련"`, "훈련 상황")
	c.get("/export.json?state=withdrawn").want(t, 200, "Bus on Monday", `"whole":true`)
	c.get("/export.csv?q=%3F").want(t, 422, "There is no word in it")
	c.get("/export.csv?state=lost").want(t, 404)
}
