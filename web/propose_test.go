package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

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
	south.get("/charter").want(t, 200, "Read back", "Answered, or a holding reply", ">6 h, or the first hour of the next joint working day</td>", ">12 h</td>", ">40 h</td>")
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
		"6 <del>h, or the first hour of the next joint working day</del><ins>h</ins>", "Answered, or a holding reply: 40", `name="posts-north-0" value="duty-officer head"`)
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

func TestAnAgreedCharterWaitsForItsTimeAndIsPostponedAndTakenBack(t *testing.T) {
	h := openAt(t, time.Date(2018, 10, 15, 1, 0, 0, 0, time.UTC), []office.Side{"north", "south"}) // 10:00 in Seoul
	h.staffed()
	south, north := clientOf(t, h, "south", "head"), clientOf(t, h, "north", "head")
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	south.get("/charter/propose").want(t, 200, `name="from" value=""`, "Such as 2018-10-16 10:00")

	form := proposeForm(row.Charter, row.Hash)
	form.Set("channel-1", "maritime")
	form.Set("name-en-1", "Maritime")
	form.Set("purpose-en-1", "Boats.")
	form.Set("from", "tomorrow")
	south.post("/charter/propose", form).want(t, 422, "tomorrow")
	form.Set("from", "2018-10-15 12:00")
	south.post("/charter/propose", form).want(t, 200, "Channel maritime", `value="2018-10-15 12:00"`)
	form.Set("do", "propose")
	form.Set("from", "2018-10-15 09:00")
	south.post("/charter/propose", form).want(t, 422, "is not later than now")
	form.Set("from", "2018-10-15 12:00")
	south.post("/charter/propose", form).want(t, 303)
	h.level()
	proposals, err := h.nodes["north"].Records().Proposals(t.Context())
	must(t, err)
	hash := proposals[0].Hash
	north.get("/charter").want(t, 200, "In force from", "12:00", `name="from" value="2018-10-15T03:00Z"`)
	north.post("/charter/agree", url.Values{"hash": {hash}}).want(t, 422, "proposed from another time on")
	north.post("/charter/agree", url.Values{"hash": {hash}, "from": {"2018-10-15T03:00Z"}}).want(t, 303)
	h.level()
	for _, client := range []client{south, north} {
		page := client.get("/charter")
		page.want(t, 200, "Agreed, not yet in force", "In force from", "12:00", "Propose to take it back", "Channel maritime", groupedHash(row.Hash))
	}
	if page := south.get("/dispatches/new"); strings.Contains(page.body, "Maritime") {
		t.Error("the channel can be written on before its time")
	}

	// It is postponed by an hour.
	waits, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	form = proposeForm(row.Charter, hash)
	form.Set("channel-1", "maritime")
	form.Set("name-en-1", "Maritime")
	form.Set("purpose-en-1", "Boats.")
	form.Set("from", "2018-10-15 12:00")
	south.get("/charter/propose").want(t, 200, "waits for its time", `value="maritime"`, `name="from" value="2018-10-15 12:00"`)
	south.post("/charter/propose", form).want(t, 200, "Nothing in it differs")
	form.Set("from", "2018-10-15 13:00")
	south.post("/charter/propose", form).want(t, 200, "From when it is in force changes")
	form.Set("do", "propose")
	south.post("/charter/propose", form).want(t, 303)
	h.level()
	north.get("/charter").want(t, 200, "It takes the place of the charter that waits for its time.")
	north.post("/charter/agree", url.Values{"hash": {hash}, "from": {"2018-10-15T04:00Z"}}).want(t, 303)
	h.level()

	// From its time on it is in force on every page, without any entry.
	h.set(time.Date(2018, 10, 15, 3, 30, 0, 0, time.UTC))
	south, north = clientOf(t, h, "south", "head"), clientOf(t, h, "north", "head")
	south.get("/charter").want(t, 200, "Agreed, not yet in force", "13:00")
	h.set(time.Date(2018, 10, 15, 4, 0, 0, 0, time.UTC))
	page := north.get("/charter")
	page.want(t, 200, groupedHash(hash))
	if strings.Contains(page.body, "Agreed, not yet in force") {
		t.Error("at its time it still waits")
	}
	north.get("/dispatches/new").want(t, 200, "Maritime")
	if now, err := h.nodes["south"].Records().Office(t.Context()); err != nil || now.Hash != waits.Hash {
		t.Errorf("something was written: %s, %v", now.Hash, err)
	}
	sent := h.send("south", office.Routine, "maritime", "Boats", "Three boats.")
	h.level()
	north.get("/dispatches/"+sent.String()).want(t, 200, "Maritime")

	// Another waits, and is taken back.
	form = proposeForm(row.Charter, hash)
	form.Set("from", "2018-10-15 18:00")
	form.Set("do", "propose")
	south.post("/charter/propose", form).want(t, 303)
	h.level()
	north.post("/charter/agree", url.Values{"hash": {row.Hash}, "from": {"2018-10-15T09:00Z"}}).want(t, 303)
	h.level()
	south.get("/charter").want(t, 200, "Agreed, not yet in force", "18:00")
	south.post("/charter/propose", url.Values{"amends": {row.Hash}, "once": {"back"}, "do": {"take-back"}}).want(t, 303)
	h.level()
	north.post("/charter/agree", url.Values{"hash": {hash}}).want(t, 303)
	h.level()
	if page := south.get("/charter"); strings.Contains(page.body, "Agreed, not yet in force") || !strings.Contains(page.body, groupedHash(hash)) {
		t.Error("it was not taken back")
	}
}
