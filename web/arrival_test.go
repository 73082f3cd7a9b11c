package web

import (
	"strings"
	"testing"
	"time"

	"liaison.example/office"
)

// An acknowledgement that bears an earlier time than the line explains is marked where it
// is read, at the side to which it came.
func TestAnEntryThatCameLaterThanItsTimeSaysSo(t *testing.T) {
	h, south, north := pair(t)
	h.eventually("the line is up", func() bool { return h.status("south").Lines["north"].Up })
	h.set(h.now().Add(10 * time.Hour))
	id := h.send("south", office.Flash, "liaison", "Fire", "A fire.")
	h.level()
	h.skew("north", -16*time.Minute)
	back := h.act("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id})
	h.level()
	for _, page := range []string{"/record/" + back.String(), "/dispatches/" + id.String()} {
		south.get(page).want(t, 200, "later than the clock of North explains")
		if got := north.get(page); strings.Contains(got.body, "later than the clock") {
			t.Errorf("%s: it is said to its writer too", page)
		}
	}
	south.get("/record/"+back.String()).want(t, 200, "As seen here", "Our node alone has seen this")
}
