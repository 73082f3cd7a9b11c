package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
)

func TestStatisticsAreTheSameOnBothSides(t *testing.T) {
	h := mixed(t, atCheck)
	h.staffed()
	h.level()
	south, north := clientOf(t, h, "south", "duty-officer"), clientOf(t, h, "north", "duty-officer")
	first := h.send("north", office.Flash, "liaison", "Fire", "The north wing burns.")
	h.level()
	h.set(atCheck.Add(4 * time.Minute))
	h.acknowledge("south", first)
	h.send("south", office.Routine, "liaison", "Works", "On Tuesday.")
	h.tendered("north", "Talks")
	h.level()
	h.level()
	h.eventually("all is settled", func() bool {
		for _, n := range h.nodes {
			if s, err := n.Records().Statistics(t.Context(), "", "", ""); err != nil || s.NotCounted > 0 {
				return false
			}
		}
		return true
	})

	page := south.get("/statistics?from=2018-09&to=2018-10")
	page.want(t, 200, "Statistics", "Settled up to", `value="2018-09"`, "FLASH", `role="img"`, "North", "South", "/statistics.csv?from=2018-09&amp;to=2018-10", "2018-10, FLASH: 1", "2018-10, not yet, still in time: 1", ">4 min<", "not whole")
	if strings.Contains(page.body, "<script>") || !strings.Contains(south.get("/watch").body, `href="/statistics"`) {
		t.Error("the desk does not lead to the statistics, or they need a script")
	}
	var files [2]statisticsFile
	for i, b := range []client{south, north} {
		file := b.get("/statistics.json?channel=liaison")
		file.want(t, 200)
		must(t, json.Unmarshal([]byte(file.body), &files[i]))
		files[i].Side = ""
	}
	if !reflect.DeepEqual(files[0], files[1]) || len(files[0].Figures) != 2 || files[0].Figures[0].Released[office.Flash] != 1 {
		t.Errorf("the files differ:\nsouth %+v\nnorth %+v", files[0], files[1])
	}
	table, err := csv.NewReader(strings.NewReader(south.get("/statistics.csv").body)).ReadAll()
	if err != nil || len(table) != 1+2*2+1 || len(table[0]) != 4+len(office.AllFigures) {
		t.Fatalf("%d rows, %v", len(table), err)
	}
	if at := slices.Index(table[0], "acknowledged.FLASH.in_time"); table[2][at] != "1" || table[2][3] != "south" {
		t.Errorf("of the South: %v", table[2])
	}
	south.get("/statistics?from=2018-10&to=2018-09").want(t, 422, "are not months such as 2018-09")
	south.get("/statistics?from=1970-01&to=1970-02&channel=liaison").want(t, 200, "1970-01")
	for _, bad := range []string{"/statistics?channel=river", "/statistics.csv?from=x", "/statistics.json?to=x", "/statistics.csv?channel=river"} {
		south.get(bad).want(t, 404)
	}
}

func TestStatisticsOfAClosedOfficeAreEmpty(t *testing.T) {
	h := open(t, []office.Side{"south"}, "north")
	h.set(at)
	south := client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "duty-officer")}
	south.get("/statistics").want(t, 200, "Nothing is settled yet")
	south.get("/statistics.json").want(t, 200, `"figures":[]`)
}

func TestTheScaleOfAPictureIsRound(t *testing.T) {
	const sec, hour = int64(1000), int64(3_600_000)
	for _, c := range []struct {
		most      int64
		long      bool
		end, step int64
	}{
		{1, false, 1, 1}, {5, false, 5, 1}, {6, false, 6, 2}, {47, false, 50, 10}, {212, false, 250, 50}, {100_000, false, 100_000, 20_000},
		{3 * sec, true, 3 * sec, sec}, {240 * sec, true, 240 * sec, 60 * sec}, {66 * hour, true, 72 * hour, 24 * hour}, {20_000 * hour, true, 21_600 * hour, 7200 * hour},
	} {
		if end, step := statScale(c.most, c.long); end < c.most || step*5 < c.most || fmt.Sprint(end, step) != fmt.Sprint(c.end, c.step) {
			t.Errorf("up to %d: %d in steps of %d, want %d, %d", c.most, end, step, c.end, c.step)
		}
	}
}
