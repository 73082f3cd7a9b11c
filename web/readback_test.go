package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
)

func TestADispatchIsReadBackDisputedAndConfirmed(t *testing.T) {
	h, south, north := pair(t)
	south.get("/dispatches/new").want(t, 200, `name="readback"`, "Ask for a read-back")
	form := dispatchForm("Crossing", "Four vehicles cross on Monday.\n\nNot before 09:00.")
	form.Set("readback", "yes")
	page := south.post("/dispatches", form).header.Get("Location")
	h.level()
	id, err := office.ParseEntryID(strings.TrimPrefix(page, "/dispatches/"))
	must(t, err)
	shown := south.get(page)
	shown.want(t, 200, "It was not read back yet", "Not yet read back by North", "asked for")
	shown.lacks(t, `action="`+page+`/readback"`)
	north.get(page).want(t, 200, `action="`+page+`/readback"`, "As it was written", "<p>Four vehicles cross on Monday.</p>")

	north.post(page+"/readback", url.Values{"text": {" "}}).want(t, 422, "must not be empty")
	north.post(page+"/readback", url.Values{"text": {strings.Repeat("x", office.MaxReadback+1)}}).want(t, 422, "xxxx</textarea>")
	north.post(page+"/readback", url.Values{"text": {"<b>Three</b> vehicles\r\ncross on Monday."}}).want(t, 303)
	h.acknowledge("north", id)
	first := h.latest(t, "north", id)
	shown = north.get(page)
	shown.want(t, 200, "&lt;b&gt;Three&lt;/b&gt; vehicles", "South has neither confirmed nor disputed it yet")
	shown.lacks(t, "/answer\"", `action="`+page+`/readback"`)
	answer := "/readbacks/" + first.String() + "/answer"
	south.get(page).want(t, 200, `action="`+answer+`"`, "Not yet confirmed or disputed by South", "read back by North")
	south.get("/silence").want(t, 200, "we owe North a word on the read-back", `href="`+page+`"`)

	north.post(answer, url.Values{"answer": {"confirmed"}}).want(t, 422, "only the side that wrote that can confirm or dispute it")
	south.post(answer, url.Values{"answer": {"disputed"}, "text": {" "}}).want(t, 422, "must not be empty")
	south.post(answer, url.Values{"answer": {"perhaps"}}).want(t, 422)
	south.post("/readbacks/north/999/answer", url.Values{"answer": {"confirmed"}}).want(t, 404)
	south.post(answer, url.Values{"answer": {"disputed"}, "text": {"Four, not three."}}).want(t, 303)
	h.level()
	north.get(page).want(t, 200, "Read-back disputed", "<p>Four, not three.</p>", `action="`+page+`/readback"`, "Not yet read back by North")
	north.get("/?state=disputed").want(t, 200, "Crossing")
	south.get("/silence").want(t, 200, "North owes us a read-back", "it is for North to read it back")

	north.post(page+"/readback", url.Values{"text": {"Four vehicles cross on Monday, after 09:00."}}).want(t, 303)
	h.level()
	second := h.latest(t, "north", id)
	south.post("/readbacks/"+second.String()+"/answer", url.Values{"answer": {"confirmed"}, "text": {"left over"}}).want(t, 303)
	h.level()
	south.get(page).want(t, 200, "Read-back confirmed", "read-back of North confirmed")
	shown = south.get("/silence")
	shown.want(t, 200)
	shown.lacks(t, "read-back")
	north.get("/record").want(t, 200, "Reads a dispatch back", "Confirms or disputes a read-back", first.String()+" · disputed Four, not three.")
	south.get("/export.csv").want(t, 200, "north: confirmed")
	form = dispatchForm("Lunch", "At noon.")
	page = south.post("/dispatches", form).header.Get("Location")
	shown = south.get(page)
	shown.want(t, 200)
	shown.lacks(t, "readbacks-title")
}

func TestAReadbackThatIsOverdueSaysSo(t *testing.T) {
	h, south, north := pair(t)
	form := dispatchForm("Crossing", "Four vehicles.")
	form.Set("readback", "yes")
	form.Set("precedence", string(office.Flash))
	page := south.post("/dispatches", form).header.Get("Location")
	h.level()
	id, err := office.ParseEntryID(strings.TrimPrefix(page, "/dispatches/"))
	must(t, err)
	h.acknowledge("north", id)
	clock, _ := office.FoundingCharter("x", office.Version, nil).Clock(office.Flash)
	north.get("/").want(t, 200, "to be read back, due")
	h.set(h.now().Add(time.Duration(clock.Readback+60) * time.Second))
	south.get("/").want(t, 200, "read-back overdue since")
	north.get(page).want(t, 200, "overdue for", "Not yet read back by North")
}

// latest is the last read-back of a dispatch.
func (h *house) latest(t *testing.T, side office.Side, of office.EntryID) office.EntryID {
	t.Helper()
	h.level()
	list, err := h.nodes[side].Records().Readbacks(t.Context(), of)
	must(t, err)
	if len(list) == 0 {
		t.Fatalf("%s was not read back", of)
	}
	return list[len(list)-1].ID
}
