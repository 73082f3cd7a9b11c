package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
)

func TestADispatchIsConsideredAnsweredAndClosed(t *testing.T) {
	h, south, north := pair(t)
	page := south.post("/dispatches", dispatchForm("Which bank?", "One.")).header.Get("Location")
	h.level()
	id, err := office.ParseEntryID(strings.TrimPrefix(page, "/dispatches/"))
	must(t, err)
	north.get(page).want(t, 200, `action="`+page+`/consider"`, `action="`+page+`/close"`, `href="/dispatches/new?reply=south%2f`)

	for typed, says := range map[string]string{
		"tomorrow":         "“tomorrow” is not a time such as",
		"2018-10-15":       "“2018-10-15” is not a time such as",
		"1990-01-01 09:00": "1990-01-01T00:00Z is not later than now",
	} {
		north.post(page+"/consider", url.Values{"until": {typed}}).want(t, 422, says, `value="`+typed+`"`)
	}
	until := h.now().Add(26 * time.Hour).In(time.FixedZone("", 9*3600)).Format("2006-01-02 15:04")
	north.post(page+"/consider", url.Values{"until": {until}}).want(t, 303)
	h.level()
	south.get(page).want(t, 200, "under consideration by North until", "Under consideration", until)
	south.get("/").want(t, 200, "under consideration by North until")
	south.post(page+"/consider", url.Values{"until": {until}}).want(t, 422, "is addressed to others")

	answer := h.act("north", "duty-officer", office.KindDispatch, &office.DispatchBody{
		Channel: "liaison", Precedence: office.Routine, Subject: "The left one", Text: "The left one.", Reply: &id,
	})
	h.level()
	south.get(page).want(t, 200, `Answered by <a href="/dispatches/`+answer.String()+`">`, "Thread", "The left one")
	north.get("/dispatches/"+answer.String()).want(t, 200, "Replies to", page)
	north.post(page+"/consider", url.Values{"until": {until}}).want(t, 422, "was answered before")
	south.post(page+"/close", url.Values{}).want(t, 303)
	south.get(page).want(t, 200, "closed", "Closed by South")
	south.post(page+"/close", url.Values{}).want(t, 422, "has closed dispatch")
	south.get("/record").want(t, 200, "Considers a dispatch", "Closes a dispatch")
}

func TestWhatIsMendedShowsItsOldTextStruck(t *testing.T) {
	h := handled(t)
	of := bySubject(t, h)
	south := client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "duty-officer")}
	south.get("/dispatches/"+of["Works on the third floor of the house"].String()).want(t, 200,
		`<div class="text struck"`, "What stands below is the old text", "Head of the office, North", "with the consent of all sides")
	south.get("/dispatches/"+of["Bus on Monday"].String()).want(t, 200, "<del>Bus on Monday</del>", "Cancelled by", "cancelled")
	south.get("/dispatches/"+of["훈련: 건물 화재 발생"].String()).want(t, 200, "Exercise", "Not meant in earnest")
	south.get("/").want(t, 200, `<strong class="unreal">Exercise</strong>`, "<del>Bus on Monday</del>")
}
