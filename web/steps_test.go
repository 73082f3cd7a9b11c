package web

import (
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
)

// The ladders are drawn with times before they are needed, and what they put on the
// list of the next line check stands there.
func TestTheStepsAheadAreShownWithTheirTimes(t *testing.T) {
	h := mixed(t, time.Date(2018, 10, 15, 1, 0, 0, 0, time.UTC)) // 10:00 in Seoul
	h.staffed()
	south, north := clientOf(t, h, "south", "duty-officer"), clientOf(t, h, "north", "duty-officer")
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	second := *row.Charter
	second.Channels = append(slices.Clone(second.Channels), office.Channel{
		ID: "maritime", Name: office.Words{"en": "Maritime"}, Purpose: office.Words{"en": "The sea."},
		Ladders: []office.Ladder{{Precedence: office.Flash, Steps: []office.Step{{After: 2, Do: []office.StepAct{office.StepHead}}}}},
	})
	h.amend("south", office.HashCharter(row.Charter), &second, "")
	h.level()
	h.act("north", "head", office.KindAgree, &office.AgreeBody{Hash: office.HashCharter(&second)})
	h.level()

	flash := h.send("north", office.Flash, "liaison", "Fire", "A fire.")
	routine := h.send("north", office.Routine, "liaison", "A <visit>", "A visit.")
	h.level()
	page := south.get("/dispatches/" + flash.String())
	page.want(t, 200, "10:05</time> the watch is told again; then ", "10:10</time> the deputy is told, other means are tried; then ", "10:20</time> the head is told")
	if strings.Contains(page.body, "step 0") {
		t.Error("before the first step one is said to be reached")
	}
	h.set(time.Date(2018, 10, 15, 1, 11, 0, 0, time.UTC))
	north.get("/dispatches/"+flash.String()).want(t, 200, "step 2 of 3 since", ": the deputy is told, other means are tried; then ", "10:20</time> the head is told")

	south.get("/told").want(t, 200, "on Maritime, which has steps of its own", `id="ladder-FLASH-maritime"`, "After 2 min", "If we have sent it, told to try other means:")
	if page := south.get("/checks"); strings.Contains(page.body, "To be raised") {
		t.Error("something is to be raised too early")
	}
	h.set(time.Date(2018, 10, 22, 1, 0, 0, 0, time.UTC)) // a week later
	south, north = clientOf(t, h, "south", "duty-officer"), clientOf(t, h, "north", "duty-officer")
	south.get("/checks").want(t, 200, "To be raised at the next line check", `href="/dispatches/`+routine.String()+`"`, "A &lt;visit&gt;", "South has not acknowledged it")
	north.get("/checks").want(t, 200, "To be raised at the next line check", `href="/dispatches/`+routine.String()+`"`)
	h.acknowledge("south", routine)
	h.level()
	if page := north.get("/checks"); strings.Contains(page.body, "To be raised") {
		t.Error("what is acknowledged is still to be raised")
	}
}
