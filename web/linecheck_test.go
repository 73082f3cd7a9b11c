package web

import (
	"encoding/csv"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// atCheck is shortly before a line check: 17:00 in Seoul on Monday, 15 October
// 2018, an odd day, on which the North calls.
var atCheck = time.Date(2018, 10, 15, 7, 56, 0, 0, time.UTC)

func TestALineCheckIsCalledAnsweredAndCounted(t *testing.T) {
	h := mixed(t, atCheck)
	h.staffed()
	h.level()
	south, north := clientOf(t, h, "south", "duty-officer"), clientOf(t, h, "north", "duty-officer")
	south.get("/checks").want(t, 200, "Line checks", "North is to call at", "UTC&#43;9", "2018-10")
	page := north.get("/checks")
	page.want(t, 200, "our call of", `name="due" value="2018-10-15T08:00Z"`, "Call now")
	north.get("/").want(t, 200, "Line checks that wait for us", "our call of", `href="/checks?channel=liaison"`)
	if strings.Contains(south.get("/").body, "Line checks that wait for us") {
		t.Error("a call of the North waits for the South")
	}
	call := url.Values{"channel": {"liaison"}, "due": {"2018-10-15T08:00Z"}, "text": {""}, "once": {newKey()}}
	south.post("/checks", call).want(t, 422, "It is the turn of North")
	north.post("/checks", call).want(t, 303)
	north.post("/checks", call).want(t, 303) // pressed twice
	h.level()
	checks, _, err := h.nodes["south"].Records().LineChecks(t.Context(), records.CheckFilter{})
	must(t, err)
	if len(checks) != 1 {
		t.Fatalf("%d calls", len(checks))
	}
	id := checks[0].ID.String()
	south.get("/").want(t, 200, "North has called and waits for our answer")
	south.get("/checks").want(t, 200, "North has called and waits for our answer", "통신 점검", `action="/checks/`+id+`/answer"`, "Loud and clear")
	answer := url.Values{"channel": {"liaison"}, "heard": {"weak"}, "remark": {"<boxes>"}, "once": {newKey()}}
	south.post("/checks/"+id+"/answer", url.Values{"channel": {"liaison"}, "heard": {"fine"}}).want(t, 422, "fine")
	south.post("/checks/"+id+"/answer", answer).want(t, 303)
	h.level()
	answer.Set("once", newKey())
	south.post("/checks/"+id+"/answer", answer).want(t, 422, "was answered by this side before")
	north.get("/checks?month=2018-10").want(t, 200, "Weak: understood in part", "&lt;boxes&gt;", "2018-10-15 17:00", `<a href="/record/`+id+`"`, "answered")
	north.get("/record").want(t, 200, "Calls for a line check", "Answers a line check")

	// Both sides have the same figures.
	var files [2]checksFile
	for i, b := range []client{south, north} {
		file := b.get("/checks.json?channel=liaison&month=2018-10")
		file.want(t, 200)
		must(t, json.Unmarshal([]byte(file.body), &files[i]))
	}
	for _, f := range files {
		if f.Figures["north"][office.CheckCalled] != 1 || f.Figures["south"][office.CheckInTime] != 1 || f.Month != "2018-10" {
			t.Errorf("figures of %s: %v", f.Side, f.Figures)
		}
	}
	table, err := csv.NewReader(strings.NewReader(south.get("/checks.csv?channel=liaison&month=2018-10").body)).ReadAll()
	if err != nil || len(table) != 1+len(files[0].Checks)+len(office.CheckResults)+1 {
		t.Errorf("%d rows, %v", len(table), err)
	}
	for _, bad := range []string{"/checks?channel=river", "/checks?month=2018-13", "/checks.csv?month=x", "/checks.json?channel=river"} {
		south.get(bad).want(t, 404)
	}
	south.get("/checks?month=1970-01").want(t, 200, "Nobody has called")
}

func TestHoursAndChecksOfAChannelAreProposed(t *testing.T) {
	h, _ := ours(t)
	head := clientOf(t, h, "south", "head")
	page := head.get("/charter/propose")
	page.want(t, 200, "Hours, line checks, steps", `name="checks-1-0" value="09:00 17:00"`, `name="offset-0" value="540"`)
	head.get("/charter").want(t, 200, "Mon 09:00 17:00", "UTC&#43;9")
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	form := proposeForm(row.Charter, row.Hash)
	form.Set("hours-1-0", "09:00-12:00, 13:00–17:00")
	form.Set("checks-6-0", "11:00")
	form.Set("offset-0", "510")
	form.Set("do", "compare")
	head.post("/charter/propose", form).want(t, 200, "<ins>", "11:00", "UTC+8:30", "13:00-17:00")
	form.Set("checks-6-0", "25:00")
	head.post("/charter/propose", form).want(t, 200, "25:00", "is not")
	form.Set("checks-6-0", "11:00")
	form.Set("do", "propose")
	head.post("/charter/propose", form).want(t, 303)
	proposals, err := h.nodes["south"].Records().Proposals(t.Context())
	must(t, err)
	channel := proposals[0].Charter.Channels[0]
	if channel.Offset != 510 || len(channel.Hours[0]) != 2 || len(channel.Hours[1]) != 0 || len(channel.Checks.Times) != 3 || channel.Checks.Texts[0] != office.DefaultTexts[0] {
		t.Errorf("proposed: %+v", channel)
	}
}

func clientOf(t *testing.T, h *house, side office.Side, post office.Post) client {
	return client{t: t, url: h.serve(side).URL, cookie: h.cookie(side, post)}
}

// proposeForm is the form of a charter as the page shows it.
func proposeForm(c *office.Charter, hash string) url.Values {
	form := url.Values{"amends": {hash}, "once": {newKey()}, "note": {""}}
	for _, tag := range charterTags(c) {
		form.Set("name-"+tag+"-0", c.Channels[0].Name[tag])
		form.Set("purpose-"+tag+"-0", c.Channels[0].Purpose[tag])
	}
	form.Set("channel-0", c.Channels[0].ID)
	times := timesFormOf(&c.Channels[0])
	form.Set("times-0", "1")
	form.Set("offset-0", times.Offset)
	form.Set("grace-0", times.Grace)
	form.Set("until-0", times.Until)
	form.Set("texts-0", times.Texts)
	for day := range 7 {
		form.Set("hours-"+string(rune('1'+day))+"-0", times.Hours[day])
		form.Set("checks-"+string(rune('1'+day))+"-0", times.Checks[day])
	}
	for _, clock := range c.Clocks {
		if clock.Opening {
			form.Set("opening-"+string(clock.Precedence), "1")
		}
		for name, seconds := range map[string]int64{"receipt": clock.Receipt, "acknowledge": clock.Acknowledge, "readback": clock.Readback, "answer": clock.Answer} {
			number, unit := inUnitsOrNone(seconds)
			form.Set(name+"-"+string(clock.Precedence), number)
			form.Set(name+"-"+string(clock.Precedence)+"-unit", unit)
		}
	}
	own := c.Side("south")
	form.Set("side-name", own.Name)
	form.Set("side-zone", own.Zone)
	form.Set("side-address", own.Address)
	form.Set("side-languages", strings.Join(own.Languages, " "))
	return form
}
