package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/forms"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// tendered offers a dispatch of a side and gives its id.
func (h *house) tendered(side office.Side, subject string) office.EntryID {
	now := h.status(side).Now.UnixMilli()
	to := office.Side("north")
	if side == to {
		to = "south"
	}
	return h.act(side, "duty-officer", office.KindTender, &office.TenderBody{
		Attention: "Ri S., Chairman", Channel: "liaison", Name: "Cho M.", Rank: "Minister", Precedence: office.Routine, Subject: subject,
		To: []office.Side{to}, Until: office.MinuteOf(now + 2*60*60_000),
	})
}

func TestADispatchIsTenderedAcceptedAndServed(t *testing.T) {
	h, south, north := pair(t)
	head := client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "head")}
	south.get("/tenders").want(t, 200, "Nothing was tendered yet", "Tender it", "FLASH and distress are never tendered")
	south.get("/ranks").want(t, 200, "The table is empty")
	south.post("/ranks", url.Values{"here": {"Minister"}, "side": {"north"}, "there": {"Chairman"}}).want(t, 403)
	head.post("/ranks", url.Values{"here": {"Minister"}, "side": {"north"}, "there": {" "}}).want(t, 422, "must not be empty", `value="Minister"`)
	head.post("/ranks", url.Values{"here": {"Minister"}, "side": {"north"}, "there": {"Chairman"}}).want(t, 303)

	form := url.Values{
		"channel": {"liaison"}, "precedence": {"ROUTINE"}, "name": {"Cho M., Minister"}, "attention": {"Ri S. <of the committee>"}, "subject": {"Talks <soon>"}, "once": {newKey()},
	}
	page := south.post("/tenders", form)
	page.want(t, 200, "does not know the rank of who is addressed", "Tender it all the same", "Talks &lt;soon&gt;")
	if lines, _, err := h.nodes["south"].Records().Tenders(t.Context(), records.TenderFilter{}); err != nil || len(lines) != 0 {
		t.Fatalf("it was tendered before anybody looked again: %v, %v", lines, err)
	}
	form.Set("looked", "Cho M., Minister /  / Ri S. <of the committee>")
	south.post("/tenders", form).want(t, 303)
	south.post("/tenders", form).want(t, 303) // pressed twice
	h.level()
	lines, _, err := h.nodes["north"].Records().Tenders(t.Context(), records.TenderFilter{})
	must(t, err)
	if len(lines) != 1 {
		t.Fatalf("north has %d tenders", len(lines))
	}
	id := lines[0].ID
	href := tenderHref(id)
	south.get(href).want(t, 200, "North has not answered", "A tender has no text", "Withdraw it")
	if page := south.get(href); strings.Contains(page.body, "/dispatches/new?tender=") {
		t.Error("a tender that waits is offered to be served")
	}
	north.get("/").want(t, 200, "Tenders that wait for our answer", "Talks &lt;soon&gt;", href)
	north.get("/tenders?waiting=ours&state=waiting&from=south").want(t, 200, "Talks &lt;soon&gt;", "answer asked by")
	north.get(href).want(t, 200, "Answer the tender", "name or rank", "Talks &lt;soon&gt;")
	north.post(href+"/answer", url.Values{"answer": {"declined"}, "reason": {"other"}, "text": {""}}).want(t, 422, "must not be empty", `value="other" selected`)
	north.post(href+"/withdraw", url.Values{}).want(t, 422)
	north.post(href+"/answer", url.Values{"answer": {"accepted"}, "reason": {"form"}, "text": {"Send <it>."}}).want(t, 303)
	h.level()
	if page := north.get("/"); strings.Contains(page.body, "Tenders that wait") {
		t.Error("what was answered still waits")
	}
	page = south.get(href)
	page.want(t, 200, "Accepted by North", "Send &lt;it&gt;.", "/dispatches/new?tender="+id.String(), "Write the dispatch")
	north.get("/dispatches/new?tender="+id.String()).want(t, 404)

	page = south.get("/dispatches/new?tender=" + id.String())
	page.want(t, 200, `name="tender" value="`+id.String()+`"`, `value="Talks &lt;soon&gt;"`, `value="Cho M., Minister"`, "accepted")
	draft := url.Values{
		"channel": {"liaison"}, "precedence": {"ROUTINE"}, "name": {"Cho M., Minister"}, "attention": {"Ri S. <of the committee>"}, "subject": {"Other talks"}, "text": {"We propose talks."},
		"tender": {id.String()}, "once": {newKey()}, "do": {"release"},
	}
	south.post("/dispatches", draft).want(t, 200, "does not know the rank of who is addressed", "This hinders nothing")
	draft.Set("looked", "Cho M., Minister / Ri S. <of the committee>")
	south.post("/dispatches", draft).want(t, 422, "The dispatch is not what was tendered")
	draft.Set("subject", "Talks <soon>")
	draft.Set("once", newKey())
	released := south.post("/dispatches", draft)
	released.want(t, 303)
	at := released.header.Get("Location")
	south.get(at).want(t, 200, href, "Tender "+id.String()+"</a>: served")
	h.level()
	north.get(at).want(t, 200, href, "served")
	north.get(href).want(t, 200, "served", at)
	north.get("/record").want(t, 200, "Offers a dispatch", "Answers the offer of a dispatch", id.String()+" · accepted")
}

func TestATenderThatIsDeclinedIsServedInsteadOrWithdrawn(t *testing.T) {
	h, south, north := pair(t)
	first, second := h.tendered("south", "Works"), h.tendered("south", "More works")
	h.level()
	north.post(tenderHref(first)+"/answer", url.Values{"answer": {"declined"}, "reason": {"name-or-rank"}, "text": {"Write to the vice chairman."}}).want(t, 303)
	h.level()
	south.get(tenderHref(first)).want(t, 200, "Declined by North: name or rank", "Write to the vice chairman.", "Serve it instead", "although it was not accepted")
	south.post(tenderHref(second)+"/withdraw", url.Values{"text": {"Not now."}}).want(t, 303)
	south.get(tenderHref(second)).want(t, 200, "withdrawn", "Not now.")
	south.post(tenderHref(second)+"/withdraw", url.Values{"text": {"Once more."}}).want(t, 422, "was withdrawn or served before")
	draft := url.Values{
		"channel": {"liaison"}, "precedence": {"ROUTINE"}, "name": {"Cho M."}, "attention": {"Ri S., Chairman"}, "subject": {"Works"}, "text": {"They begin."},
		"tender": {first.String()}, "once": {newKey()}, "do": {"release"},
	}
	released := south.post("/dispatches", draft)
	released.want(t, 303)
	h.level()
	north.get(released.header.Get("Location")).want(t, 200, "served instead, after it was declined (name or rank)")
	south.get("/tenders?state=served-instead").want(t, 200, "Works", "served instead")
	south.get("/tenders?state=unanswered").want(t, 200, "There is no such tender")
	south.get("/tenders?state=x").want(t, 404)
	south.get("/tenders?before=x").want(t, 404)
	south.get("/tenders/south/999").want(t, 404)
	for _, test := range []struct{ field, value, says string }{
		{"precedence", "FLASH", "“FLASH” is never tendered"},
		{"name", " ", "must not be empty"},
		{"attention", "turned \u2066 round", "hides or turns"},
		{"until", "soon", "is not a time"},
		{"until", "2018-01-01 09:00", "not later than now"},
		{"channel", "river", "no channel “river”"},
	} {
		bad := url.Values{"channel": {"liaison"}, "precedence": {"ROUTINE"}, "name": {"Cho M."}, "attention": {"Ri S."}, "subject": {"Kept words"}, "once": {newKey()}}
		bad.Set(test.field, test.value)
		south.post("/tenders", bad).want(t, 422, test.says, "Kept words")
	}
}

func TestAFormThatIsTenderedLeadsToATender(t *testing.T) {
	h, south, north := pair(t)
	forms := forms.Catalog()
	meeting := forms[slices.IndexFunc(forms, func(f *office.Form) bool { return f.Code == "mt" })]
	distress := forms[slices.IndexFunc(forms, func(f *office.Form) bool { return f.Code == "ds" })]
	for _, form := range []*office.Form{meeting, distress} {
		h.act("south", "head", office.KindProposeForm, &office.ProposeFormBody{Form: form})
		h.level()
		h.act("north", "head", office.KindAgreeForm, &office.AgreeFormBody{Hash: office.HashForm(form)})
	}
	h.level()
	south.get("/forms/"+office.HashForm(meeting)).want(t, 200, "It is tendered before it is served.")
	south.get("/forms/"+office.HashForm(distress)).want(t, 200, "served at once, and never tendered")
	south.get("/dispatches/new?form=mt").want(t, 200, "/tenders?form=mt#offer", "It is tendered before it is served.")
	page := south.get("/tenders?form=mt")
	page.want(t, 200, `<option value="mt" selected`)
	if strings.Contains(page.body, `<option value="ds"`) {
		t.Error("a form for distress is offered to be tendered")
	}
	id := h.act("south", "duty-officer", office.KindTender, &office.TenderBody{
		Attention: "Head", Channel: "liaison", Form: &office.FormName{Code: "mt"}, Name: "Head", Precedence: office.Routine, Subject: "Weekly meeting", To: []office.Side{"north"},
		Until: office.MinuteOf(h.status("south").Now.UnixMilli() + 2*60*60_000),
	})
	h.level()
	north.get("/record/"+id.String()).want(t, 200, tenderHref(id), "Open the tender")
	north.post(tenderHref(id)+"/answer", url.Values{"answer": {"accepted"}}).want(t, 303)
	h.level()
	page = south.get("/dispatches/new?tender=" + id.String())
	page.want(t, 200, `name="form" value="`+office.HashForm(meeting)+`"`, `value="Weekly meeting"`)
	if strings.Contains(page.body, "/tenders?form=mt#offer") {
		t.Error("what was tendered is to be tendered again")
	}
}

// tenderTold writes tenders in several states. One of north waits for the answer of
// south.
func (h *house) tenderTold() (waits office.EntryID) {
	h.t.Helper()
	until := office.MinuteOf(h.now().Add(3 * time.Hour).UnixMilli())
	offer := func(side, to office.Side, subject, name, rank, attention string) office.EntryID {
		return h.act(side, "head", office.KindTender, &office.TenderBody{
			Attention: attention, Channel: "liaison", Name: name, Rank: rank, Precedence: office.Routine, Subject: subject, To: []office.Side{to}, Until: until,
		})
	}
	declined := offer("south", "north", "이산가족 상봉 일정 협의를 위한 회담 제의", "조명균", "통일부 장관", "조국평화통일위원회 위원장")
	taken := offer("south", "north", "Works on the third floor of the house, from Monday on", "Chun H.", "Vice Minister", "Vice Chairman of the committee")
	back := offer("south", "north", "Visit to the house", "Chun H.", "", "Head of the office")
	h.level()
	h.act("north", "head", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderDecline, Reason: office.DeclineRank, Tender: declined, Text: "급이 맞지 않습니다. 부위원장에게 보내십시오."})
	h.act("north", "head", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderAccept, Tender: taken})
	h.act("south", "head", office.KindTenderEnd, &office.TenderWithdrawBody{Tender: back})
	waits = offer("north", "south", "제2차 고위급 회담 대표단 명단 통보", "리선권", "위원장", "통일부 장관")
	h.level()
	must(h.t, h.nodes["south"].People().SetRanks(h.t.Context(), people.By{Who: people.Operator}, []people.Rank{
		{Here: "통일부 장관", Side: "north", There: "위원장"}, {Here: "Vice Minister", Side: "north", There: "Vice Chairman"},
	}, nil))
	return waits
}
