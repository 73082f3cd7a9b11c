package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/people"
)

func TestAHeadOrAnAdministratorChangesWhoMayDoWhat(t *testing.T) {
	h, kim, _, head := desk(t)
	const cell = "officer dispatch.alone PRIORITY"
	kim.get("/account").want(t, 200, `href="/rules"`)
	kim.get("/rules").want(t, 200, "Release alone", `value="`+cell+`"`, "disabled", "A head or an administrator changes them")
	kim.post("/rules", url.Values{"may": {cell}}).want(t, 403, "Your post may not do this")

	page := kim.begins("Convoy", "Ten persons.")
	form := dispatchForm("Convoy", "Ten persons.")
	form.Set("precedence", "PRIORITY")
	kim.post("/dispatches", form).want(t, 422, "you may not release this alone")
	head.post("/rules", url.Values{"was": {"officer dispatch PRIORITY"}, "may": {cell, "officer dispatch PRIORITY"}}).want(t, 303)
	head.get("/rules").want(t, 200, `name="was" value="`+cell+`"`)
	kim.post("/dispatches", form).want(t, 303)
	kim.post(page+"/release", version(1)).want(t, 422, "you may not release this alone") // ROUTINE

	// What another has changed meanwhile stays as it is.
	admin := kim
	admin.cookie = h.account(people.Account{Name: "choi", Person: "Choi", Admin: true})
	admin.post("/rules", url.Values{"was": {"officer dispatch PRIORITY"}, "may": {}}).want(t, 303)
	admin.get("/rules").want(t, 200, `name="was" value="`+cell+`"`)
	if a := admin.get("/rules"); strings.Contains(a.body, `name="was" value="officer dispatch PRIORITY"`) {
		t.Error("what was taken away is still there")
	}
	admin.get("/accounts/trail").want(t, 200, "who may do what changed", "-officer dispatch PRIORITY")
	admin.post("/rules", url.Values{"may": {"king dance"}}).want(t, 422, "has no such place")
	admin.post("/rules", url.Values{"may": {"x"}}).want(t, 400)
}

func TestAHeadHandsThePowersOverForATime(t *testing.T) {
	h, kim, _, head := desk(t)
	seoul, err := time.LoadLocation("Asia/Seoul")
	must(t, err)
	at := func(in time.Duration) string { return h.now().Add(in).In(seoul).Format(untilForm) }
	acting := url.Values{"post": {"officer"}, "since": {""}, "until": {at(2 * time.Hour)}}
	kim.post("/rules/acting", acting).want(t, 403, "Your post may not do this")
	head.post("/rules/acting", url.Values{"post": {"officer"}, "until": {"tomorrow"}}).want(t, 422, "“tomorrow” is not a time", `value="tomorrow"`)
	head.post("/rules/acting", url.Values{"post": {"officer"}, "until": {at(-time.Hour)}}).want(t, 422, "must come after the beginning")
	head.post("/rules/acting", url.Values{"post": {"gardener"}, "until": {at(time.Hour)}}).want(t, 422, "not accredited")
	head.post("/rules/acting", acting).want(t, 303)
	kim.get("/rules").want(t, 200, "acts for the head now", "Ahn")

	flash := dispatchForm("By the acting head", "One.")
	flash.Set("precedence", "FLASH")
	released := kim.post("/dispatches", flash)
	released.want(t, 303)
	kim.get(released.header.Get("Location")).want(t, 200, "Officer, South")
	head.post("/rules/acting/1/end", url.Values{}).want(t, 303)
	flash.Set("once", newKey())
	kim.post("/dispatches", flash).want(t, http.StatusUnprocessableEntity, "may not do this")
	head.get("/rules").want(t, 200, "no longer acts for the head")
	head.post("/rules/acting/1/end", url.Values{}).want(t, 422, "It has ended already")
}
