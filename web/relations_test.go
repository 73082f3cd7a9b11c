package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

func TestChannelsAreSuspendedAndResumedAndAllPasses(t *testing.T) {
	h, _, north := pair(t)
	south := client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "head")}
	south.get("/relations").want(t, 200, "No channel was ever suspended", "Declare the suspension", "distress traffic, and all else, passes")
	north.get("/relations").want(t, 200, "your post may not suspend")

	form := url.Values{"channel": {"liaison"}, "reason": {"Works at the <crossing>."}, "stays": {"The sick."}, "from": {""}, "once": {newKey()}}
	south.post("/relations/suspend", form).want(t, 303)
	south.post("/relations/suspend", form).want(t, 303) // pressed twice
	h.level()
	page := north.get("/relations")
	page.want(t, 200, "Works at the &lt;crossing&gt;.", "The sick.", "suspended since", "suspended by South: ")
	if strings.Contains(page.body, "resume=south") {
		t.Error("north may end what south suspends")
	}
	north.get("/line").want(t, 200, "suspended since")
	north.get("/dispatches/new").want(t, 200, "is suspended by South since", "Works at the &lt;crossing&gt;.", "All still passes, distress first.")
	sent := h.act("north", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Subject: "Distress", Text: "A boat drifts.", To: []office.Side{"south"}})
	h.level()
	south.get("/dispatches/"+sent.String()).want(t, 200, "is suspended by South since", "The sick.")

	lines, _, err := h.nodes["south"].Records().Suspensions(t.Context(), "", 0)
	must(t, err)
	id := lines[0].ID.String()
	south.get("/relations?resume="+id).want(t, 200, "Declare the resumption", `value="liaison" checked`)
	if page := north.get("/relations?resume=" + id); strings.Contains(page.body, "Declare the resumption") {
		t.Error("north is offered to end what south suspends")
	}
	south.get("/relations?resume=south/999").want(t, 404)
	south.get("/relations?before=x").want(t, 404)
	resume := url.Values{"of": {id}, "from": {"soon"}, "channel": {"liaison"}, "once": {newKey()}}
	south.post("/relations/resume", resume).want(t, 422, "“soon” is not a time", `value="soon"`)
	north.post("/relations/resume", url.Values{"of": {id}, "channel": {"liaison"}}).want(t, 422)
	resume.Set("from", "")
	south.post("/relations/resume", resume).want(t, 303)
	h.level()
	page = north.get("/relations")
	page.want(t, 200, "resumed from", "open")
	if strings.Contains(page.body, "suspended since") {
		t.Error("what was resumed is still suspended")
	}
	for _, test := range []struct{ field, value, says string }{
		{"reason", "", "Reason: it must not be empty"},
		{"reason", "turned \u2066 round", "hides or turns"},
		{"from", "soon", "is not a time"},
		{"from", "2018-01-01 09:00", "not later than now"},
		{"channel", "river", "no channel “river”"},
	} {
		bad := url.Values{"channel": {"liaison"}, "reason": {"Kept words."}, "once": {newKey()}}
		bad.Set(test.field, test.value)
		page := south.post("/relations/suspend", bad)
		page.want(t, 422, test.says)
		if test.field != "reason" {
			page.want(t, 422, "Kept words.")
		}
	}
	south.post("/relations/suspend", url.Values{"reason": {"None."}}).want(t, 422, "at least 1")
	north.get("/record").want(t, 200, "Suspends channels", "Resumes channels")
}

func TestAttemptsAreLoggedAndBothViewsStandSideBySide(t *testing.T) {
	h, south, north := pair(t)
	south.get("/attempts").want(t, 200, "No attempt is logged", "Put it on record")
	sent := h.act("south", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Routine, Subject: "Works", Text: "They begin.", To: []office.Side{"north"}})
	south.get("/dispatches/"+sent.String()).want(t, 200, "By other means", "/attempts?dispatch="+sent.String())
	south.get("/attempts?dispatch="+sent.String()+"&channel=liaison").want(t, 200, `name="dispatch" value="`+sent.String()+`"`)
	form := url.Values{
		"channel": {"liaison"}, "means": {"telephone"}, "outcome": {"no-answer"}, "text": {"Rang <twice>."}, "dispatch": {sent.String()}, "once": {newKey()},
	}
	south.post("/attempts", form).want(t, 303)
	south.post("/attempts", form).want(t, 303) // pressed twice
	form.Set("means", "courier")
	form.Set("outcome", "handed-over")
	form.Set("text", "")
	south.post("/attempts", form).want(t, 303)
	h.level()
	lines, _, err := h.nodes["north"].Records().Attempts(t.Context(), records.AttemptFilter{})
	must(t, err)
	if len(lines) != 2 {
		t.Fatalf("%d attempts", len(lines))
	}
	tried := lines[1].ID.String()
	north.get("/attempts").want(t, 200, "Rang &lt;twice&gt;.", "Telephone: no answer", "has said nothing of it", "Say what we know of it")
	north.get("/dispatches/"+sent.String()).want(t, 200, "Carried by other means, as South says: Courier", "Telephone: no answer")
	north.get("/attempts?confirm="+tried).want(t, 200, "confirms it in part", "Say so")
	if page := south.get("/attempts?confirm=" + tried); strings.Contains(page.body, "Say so") {
		t.Error("south may confirm its own attempt")
	}
	north.get("/attempts?confirm=south/999").want(t, 404)
	north.get("/attempts?before=x").want(t, 404)
	view := url.Values{"of": {tried}, "confirms": {"no"}, "text": {""}, "once": {newKey()}}
	north.post("/attempts/confirm", view).want(t, 422, "it must not be empty", "does not confirm it")
	view.Set("text", "No telephone <rang>.")
	north.post("/attempts/confirm", view).want(t, 303)
	h.level()
	south.get("/attempts").want(t, 200, "does not confirm it", "No telephone &lt;rang&gt;.", "North says", "South says")
	waiting := north.get("/attempts?waiting=ours")
	waiting.want(t, 200, "Courier")
	if strings.Contains(waiting.body, "Rang") {
		t.Error("what was contested still waits for a word")
	}
	south.get("/attempts?from=north").want(t, 200, "No attempt is logged")
	north.get("/record").want(t, 200, "Tells of an attempt by other means", "Says what it knows of an attempt")
	for _, test := range []struct{ field, value, says string }{
		{"dispatch", "nothing", "There is no dispatch nothing"},
		{"dispatch", "south/999", "There is no dispatch"},
		{"moment", "soon", "is not a time"},
		{"moment", "2199-01-01 09:00", "later than now"},
		{"means", "pigeon", "not one of the values allowed"},
		{"text", "turned \u2066 round", "hides or turns"},
	} {
		bad := url.Values{"channel": {"liaison"}, "means": {"radio"}, "outcome": {"reached"}, "text": {"Kept."}, "once": {newKey()}}
		bad.Set(test.field, test.value)
		south.post("/attempts", bad).want(t, 422, test.says)
	}
}

func TestAttemptsArePaged(t *testing.T) {
	h, south := ours(t)
	for i := range attemptsLength + 1 {
		h.act("south", "duty-officer", office.KindAttempt, &office.AttemptBody{
			Channel: "liaison", Means: office.Radio, Moment: "2018-09-14T00:00Z", Outcome: office.NoAnswer, Text: "try " + strings.Repeat("i", i+1) + ".", To: []office.Side{"north"},
		})
	}
	page := south.get("/attempts?channel=liaison")
	page.want(t, 200, "Older attempts", "try ii.")
	if strings.Contains(page.body, "try i.") {
		t.Error("the first attempt stands on the newest page")
	}
	start := strings.Index(page.body, "/attempts?before=")
	if start < 0 {
		t.Fatal("there is no way to the older ones")
	}
	older := strings.ReplaceAll(page.body[start:start+strings.IndexByte(page.body[start:], '"')], "&amp;", "&")
	south.get(older).want(t, 200, "try i.", "The newest attempts")
}

// strained fills an office with suspensions and attempts, and gives a dispatch of
// which these tell and an attempt that waits for the word of the south.
func (h *house) strained() (about, waits office.EntryID) {
	h.t.Helper()
	about = h.act("south", "duty-officer", office.KindDispatch, &office.DispatchBody{
		Channel: "liaison", Precedence: office.Immediate, To: []office.Side{"north"}, Subject: "Water level at the upper gauge", Text: "The level rises by 40 cm an hour since 04:00.", Readback: true,
	})
	h.level()
	restated := h.act("north", "duty-officer", office.KindReadback, &office.ReadbackBody{Dispatch: about, Text: "4시부터 수위가 14 cm씩 오르는 것으로 이해합니다."})
	h.level()
	h.act("south", "duty-officer", office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackDispute, Readback: restated, Text: "It is 40 cm an hour, not 14."})
	h.level()
	h.act("north", "duty-officer", office.KindReadback, &office.ReadbackBody{Dispatch: about, Text: "4시부터 한 시간에 40 cm씩 수위가 오르는 것으로 이해합니다."})
	h.level()
	was := h.act("north", "head", office.KindSuspension, &office.SuspensionBody{Channels: []string{"liaison"}, Reason: "설비 점검"})
	h.act("north", "head", office.KindResumption, &office.ResumptionBody{Channels: []string{"liaison"}, Suspension: was})
	h.act("north", "head", office.KindSuspension, &office.SuspensionBody{
		Channels: []string{"liaison"}, Reason: "공동조사 일정에 대한 합의가 지켜지지 않고 있습니다.\n합의대로 진행될 때까지 통로를 중단합니다.", Stays: "환자의 통행과 유해 송환.",
	})
	h.level()
	moment := office.MinuteOf(h.now().Add(-20 * time.Minute).UnixMilli())
	try := func(side, to office.Side, means office.Means, outcome office.Outcome, text string) office.EntryID {
		return h.act(side, "duty-officer", office.KindAttempt, &office.AttemptBody{
			Channel: "liaison", Dispatch: &about, Means: means, Moment: moment, Outcome: outcome, Text: text, To: []office.Side{to},
		})
	}
	rang := try("south", "north", office.Telephone, office.NoAnswer, "Rang for two minutes on the first and the second line. Nobody picked up.")
	try("south", "north", office.ThirdParty, office.HandedOver, "The text was handed over at the conference row.")
	h.level()
	h.act("north", "duty-officer", office.KindConfirm, &office.ConfirmBody{Attempt: rang, Confirms: office.ConfirmedInPart, Text: "첫째 선의 전화만 한 번 울렸습니다."})
	waits = try("north", "south", office.Loudspeaker, office.Reached, "귀측 초소에서 손을 들어 답하였습니다.")
	h.level()
	return about, waits
}
