package web

import (
	"net/url"
	"strings"
	"testing"
)

func TestAFormThatIsSentAgainToAServerStartedAnewActsOnce(t *testing.T) {
	h, _ := ours(t)
	before := client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "head")}
	after := before
	after.url = h.serve("south").URL
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	charter := proposeForm(row.Charter, row.Hash)
	charter.Set("side-name", "South of the river")
	charter.Set("do", "propose")
	watch := url.Values{"name": {"Kim"}, "until": {"2199-01-01 09:00"}}
	for _, one := range []struct {
		path string
		form url.Values
	}{
		{"/notes", url.Values{"channel": {"liaison"}, "text": {"Is the lift working?"}}},
		{"/relations/suspend", url.Values{"channel": {"liaison"}, "reason": {"Works at the crossing."}, "stays": {""}, "from": {""}}},
		{"/attempts", url.Values{"channel": {"liaison"}, "means": {"telephone"}, "outcome": {"no-answer"}, "text": {"Rang twice."}}},
		{"/tenders", url.Values{"channel": {"liaison"}, "precedence": {"ROUTINE"}, "name": {"Cho"}, "attention": {"Ri"}, "subject": {"Talks"}, "looked": {"Cho /  / Ri"}}},
		{"/hours", sayHours("Asia/Seoul")},
		{"/checks", url.Values{"channel": {"liaison"}, "text": {""}}},
		{"/watch", watch},
		{"/charter/propose", charter},
		{"/forms/propose-text", url.Values{"text": {indentedForm(noticeAhead())}, "note": {"Times matter."}, "do": {"propose"}}},
	} {
		one.form.Set("once", newKey())
		size := h.status("south").Sides["south"].Size
		before.post(one.path, one.form).want(t, 303)
		after.post(one.path, one.form).want(t, 303)
		if got := h.status("south").Sides["south"].Size - size; got != 1 {
			t.Errorf("%s: sent twice it made %d entries", one.path, got)
		}
	}

	// Whoever takes over signs the handover once.
	on, err := h.nodes["south"].Records().OnWatch(t.Context())
	must(t, err)
	before.post("/watch/handover", url.Values{"watch": {on[0].ID.String()}, "version": {"0"}, "text": {"The lift is out."}}).want(t, 303)
	take := url.Values{"name": {"Park"}, "relieves": {on[0].ID.String()}, "version": {"1"}, "once": {newKey()}}
	before.post("/watch", take).want(t, 303)
	after.post("/watch", take).want(t, 303)

	day := func(days int) string { return h.now().AddDate(0, 0, days).UTC().Format("2006-01-02") }
	begin := url.Values{"name": {"The desk"}, "begins": {day(1)}, "starts": {"08:00"}, "hours": {"8"}, "each": {"1"}, "turn": {"post:head ko"}, "once": {newKey()}}
	before.post("/roster/rotations", begin).want(t, 303)
	after.post("/roster/rotations", begin).want(t, 303)
	if n := strings.Count(after.get("/roster").body, `action="/roster/rotations/`); n != 1 {
		t.Errorf("sent twice it made %d rotations", n)
	}

	// Other words under the same key, or another person's, are another act.
	note := url.Values{"channel": {"liaison"}, "text": {"First."}, "once": {newKey()}}
	before.post("/notes", note).want(t, 303)
	other := after
	other.cookie = h.cookie("south", "duty-officer")
	size := h.status("south").Sides["south"].Size
	other.post("/notes", note).want(t, 303)
	note.Set("text", "Second.")
	after.post("/notes", note).want(t, 303)
	if got := h.status("south").Sides["south"].Size - size; got != 2 {
		t.Errorf("%d entries, want 2", got)
	}
}
