package web

import (
	"net/url"
	"strings"
	"testing"

	"liaison.example/office"
)

func TestAChangeOfTheCharterIsComparedPutForwardAndAgreedTo(t *testing.T) {
	h, south, north := pair(t)
	south.cookie, north.cookie = h.cookie("south", "head"), h.cookie("north", "head")
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	south.get("/charter").want(t, 200, `href="/charter/propose"`)
	south.get("/charter/propose").want(t, 200, `value="liaison"`, "The general line between the sides", `name="receipt-FLASH" value="1"`, row.Hash)

	form := url.Values{
		"amends": {row.Hash}, "once": {"key"},
		"channel-0": {"liaison"}, "name-en-0": {"Liaison"}, "name-ko-0": {"연락"},
		"purpose-en-0": {"The general line between both sides. Open at every hour."}, "purpose-ko-0": {row.Charter.Channels[0].Purpose["ko"]},
		"channel-1": {"maritime"}, "name-en-1": {"Maritime"}, "name-ko-1": {"해상"}, "purpose-en-1": {"Boats."}, "purpose-ko-1": {"선박."},
		"side-name": {"South"}, "side-zone": {"Asia/Seoul"}, "side-languages": {"ko en"}, "side-address": {row.Charter.Side("south").Address},
		"note": {"Before the season of drift."}, "do": {"compare"},
	}
	for _, clock := range row.Charter.Clocks {
		receipt, unit := inUnits(clock.Receipt)
		form.Set("receipt-"+string(clock.Precedence), receipt)
		form.Set("receipt-"+string(clock.Precedence)+"-unit", unit)
		form.Set("acknowledge-"+string(clock.Precedence), "7")
		form.Set("acknowledge-"+string(clock.Precedence)+"-unit", "h")
	}
	form.Set("side-name", row.Charter.Side("south").Name)
	south.post("/charter/propose", form).want(t, 200, "What would change", "The general line between <del>the</del><ins>both</ins> sides.",
		"Channel maritime", "added", "Before the season of drift.", "<del>10</del><ins>7</ins> <del>min</del><ins>h</ins>")

	form.Set("ladders", "FLASH 5 shout")
	south.post("/charter/propose", form).want(t, 200, "FLASH 5 shout", "“shout”")
	form.Set("ladders", "FLASH 5 alarm, 8 deputy bearer, 20 head")
	south.post("/charter/propose", form).want(t, 200, "Steps of FLASH", "after <del>10</del><ins>8</ins> min: the deputy is told, other means are tried")
	form.Del("ladders")

	form.Set("channel-2", "Not An Id")
	form.Set("do", "propose")
	south.post("/charter/propose", form).want(t, 422, "“Not An Id” is not an id", "Before the season of drift.", "Not An Id")
	form.Del("channel-2")
	south.post("/charter/propose", form).want(t, 303)
	south.post("/charter/propose", form).want(t, 303) // pressed twice
	h.level()
	proposals, err := h.nodes["north"].Records().Proposals(t.Context())
	must(t, err)
	if len(proposals) != 1 || proposals[0].State != office.ProposalOpen {
		t.Fatalf("north holds %d proposals", len(proposals))
	}
	north.get("/charter").want(t, 200, "Before the season of drift.", "<ins>both</ins>", "Agree to this charter")
	north.post("/charter/agree", url.Values{"hash": {proposals[0].Hash}}).want(t, 303)
	h.level()
	south.get("/charter").want(t, 200, "maritime")

	// The charter has changed under the form that is still open.
	form.Set("note", "Again.")
	south.post("/charter/propose", form).want(t, 422, "amends a charter that is not in force", "Again.")

	south.cookie = h.cookie("south", "duty-officer")
	south.get("/charter/propose").want(t, 200, "A head or deputy proposes")
	south.post("/charter/propose", form).want(t, 422, "may not do this")
}

func TestTheClocksOfAnswersAndThePostsOfAChannelAreProposed(t *testing.T) {
	h, south, north := pair(t)
	south.cookie, north.cookie = h.cookie("south", "head"), h.cookie("north", "head")
	south.get("/charter").want(t, 200, "Read back", "Answered, or a holding reply", ">6 h, or when the next joint working day begins</td>", ">12 h</td>", ">40 h</td>")
	south.get("/charter/propose").want(t, 200, `name="answer-ROUTINE" value="40"`, `name="opening-ROUTINE" value="1" checked`, `name="opening-PRIORITY" value="1">`, `name="posts-north-0" value=""`)
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)

	form := proposeForm(row.Charter, row.Hash)
	south.post("/charter/propose", form).want(t, 200, "Nothing in it differs")
	form.Set("served-0", "1")
	form.Set("posts-north-0", "head,  duty-officer head")
	form.Set("readback-ROUTINE", "13")
	form.Del("opening-ROUTINE")
	south.post("/charter/propose", form).want(t, 200, "Served by, North: ", "(duty-officer), ", "<del>12</del><ins>13</ins>",
		"6 <del>h, or when the next joint working day begins</del><ins>h</ins>", "Answered, or a holding reply: 40", `name="posts-north-0" value="duty-officer head"`)
	form.Set("posts-north-0", "Not An Id")
	south.post("/charter/propose", form).want(t, 200, "“An” is not an id")
	form.Set("posts-north-0", "head")
	form.Set("posts-south-0", "duty-officer")
	form.Set("answer-FLASH", "soon")
	south.post("/charter/propose", form).want(t, 200, "Time of an answer: ")
	form.Set("answer-FLASH", "1")
	form.Set("answer-ROUTINE", "")
	form.Set("do", "propose")
	south.post("/charter/propose", form).want(t, 303)
	h.level()
	proposals, err := h.nodes["north"].Records().Proposals(t.Context())
	must(t, err)
	north.get("/charter").want(t, 200, "Served by, South: ")
	north.post("/charter/agree", url.Values{"hash": {proposals[0].Hash}}).want(t, 303)
	h.level()

	south.get("/charter").want(t, 200, "Served by, South: ", ">13 h</td>", ">no time agreed</td>")
	south.get("/dispatches/new").want(t, 200, "Liaison: your post, ", "is not among those that serve this channel: ")
	if page := north.get("/dispatches/new").body; strings.Contains(page, "is not among") {
		t.Error("the head of the North serves the channel")
	}
	south.cookie = h.cookie("south", "duty-officer")
	if page := south.get("/dispatches/new").body; strings.Contains(page, "is not among") {
		t.Error("the duty officer of the South serves the channel")
	}
	south.cookie = h.cookie("south", "head")
	sent := south.post("/dispatches", url.Values{"precedence": {"ROUTINE"}, "channel": {"liaison"}, "subject": {"All the same"}, "text": {"It goes."}, "once": {"1"}, "do": {"release"}})
	sent.want(t, 303)
}

func TestWordsAreComparedWhole(t *testing.T) {
	for _, test := range []struct{ before, after, want string }{
		{"", "", ""},
		{"a b c", "a b c", "a b c"},
		{"a b c", "a x c", "a <del>b</del><ins>x</ins> c"},
		{"연락사무소를 연다", "연락사무소는 연다", "<del>연락사무소를</del><ins>연락사무소는</ins> 연다"},
		{"", "<b>", "<ins>&lt;b&gt;</ins>"},
		{"a\nb", "", "<del>a\nb</del>"},
	} {
		if got := compareWords(test.before, test.after); string(got) != test.want {
			t.Errorf("%q, %q: got %s, want %s", test.before, test.after, got, test.want)
		}
	}
}
