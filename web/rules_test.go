package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
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

func TestAFormHasRulesOfItsOwn(t *testing.T) {
	h, kim, _, head := desk(t)
	if page := matter(kim.get("/rules").body); strings.Contains(page, "Forms") {
		t.Error("no form is in force, and one can be chosen: ", page)
	}
	kim.get("/rules?form=an").want(t, 404)
	h.agreeForm(noticeAhead())
	kim.get("/rules?form=AN").want(t, 404)
	kim.get("/rules?form=zz").want(t, 404)
	const mark, cell = "set for this form", "officer dispatch.alone PRIORITY an"
	head.get("/rules").want(t, 200, `<option value="" selected>All dispatches</option><option value="an">AN · Advance notice</option>`, "Accredit posts", "Acting head")
	form := head.get("/rules?form=an")
	form.want(t, 200, "<h1>Who may do what with AN · Advance notice</h1>", `<input type="hidden" name="form" value="an">`, `<option value="an" selected>`,
		`name="was" value="officer dispatch PRIORITY an"`, `name="may" value="`+cell+`"`, "follows that table from then on", "Officer, PRIORITY</span>")
	for _, absent := range []string{"Accredit posts", "Acting head", mark + "</span>"} {
		if strings.Contains(matter(form.body), absent) {
			t.Errorf("the page of a form says %q", absent)
		}
	}
	kim.get("/rules?form=an").want(t, 200, "disabled", "A head or an administrator changes them")
	kim.post("/rules", url.Values{"form": {"an"}, "may": {cell}}).want(t, 403, "Your post may not do this")
	head.post("/rules", url.Values{"form": {"zz"}, "may": {"officer draft ROUTINE zz"}}).want(t, 404)
	head.post("/rules", url.Values{"form": {"an"}, "may": {"officer close an"}}).want(t, 422, "has no such place", `<option value="an" selected>`)

	// A draft of kim's own with this form, or with none, and its page.
	hand := people.Hand{By: people.By{Who: "kim"}, Post: "officer", Role: "officer"}
	begins := func(form *office.Filled) string {
		t.Helper()
		d, err := h.nodes["south"].People().NewDraft(t.Context(), hand, newKey(), people.Content{Channel: "liaison", To: []office.Side{"north"},
			Precedence: office.Priority, Subject: "Convoy", Text: "Ten persons.", Form: form})
		must(t, err)
		return "/drafts/" + strconv.FormatInt(d.ID, 10)
	}
	filled := &office.Filled{Code: "an", Hash: office.HashForm(noticeAhead()), Values: map[string]string{"what": "A convoy"}}
	with, without := begins(filled), begins(nil)
	kim.post(with+"/release", version(1)).want(t, 422, "you may not release this alone")
	saved := head.post("/rules", url.Values{"form": {"an"}, "was": {"officer dispatch PRIORITY an"}, "may": {cell, "officer dispatch PRIORITY an"}})
	saved.want(t, 303)
	if to := saved.header.Get("Location"); to != "/rules?form=an" {
		t.Errorf("it leads to %s", to)
	}
	head.get("/rules?form=an").want(t, 200, `name="was" value="`+cell+`"`, "Officer, PRIORITY, "+mark+"</span>")
	head.get("/rules").want(t, 200, `These forms have rules of their own: <a href="/rules?form=an">AN · Advance notice</a>`)
	kim.post(without+"/release", version(1)).want(t, 422, "you may not release this alone")
	kim.post(with+"/release", version(1)).want(t, 303)

	// What the form says for itself stays when the table for all comes to say the same.
	head.post("/rules", url.Values{"may": {"officer dispatch.alone PRIORITY"}}).want(t, 303)
	head.get("/rules?form=an").want(t, 200, "Officer, PRIORITY, "+mark+"</span>")
	head.post("/rules", url.Values{"was": {"officer dispatch.alone PRIORITY"}}).want(t, 303)

	// Set back, it follows the table for all, and the mark is gone.
	with = begins(filled)
	head.post("/rules", url.Values{"form": {"an"}, "was": {cell}}).want(t, 303)
	if page := head.get("/rules?form=an"); strings.Contains(page.body, mark+"</span>") || strings.Contains(page.body, `name="was" value="`+cell+`"`) {
		t.Error("what was set back is still marked: ", matter(page.body))
	}
	if page := head.get("/rules"); strings.Contains(page.body, "have rules of their own") {
		t.Error("no form has rules of its own, and the page says so")
	}
	kim.post(with+"/release", version(1)).want(t, 422, "you may not release this alone")

	// Of a code that is not in force rules may be set by program; they can be looked
	// at until they are gone.
	admin := kim
	admin.cookie = h.account(people.Account{Name: "choi", Person: "Choi", Admin: true})
	admin.get("/accounts/trail").want(t, 200, "&#43;"+cell, "-"+cell)
	must(t, h.nodes["south"].People().SetMay(t.Context(), operator, map[people.Cell]bool{{Role: "observer", Act: people.ActDraft, Precedence: office.Routine, Form: "zz"}: true}))
	admin.get("/rules?form=zz").want(t, 200, `<option value="zz" selected>ZZ</option>`, "Observer, ROUTINE, "+mark+"</span>")
	gone := admin.post("/rules", url.Values{"form": {"zz"}, "was": {"observer draft ROUTINE zz"}})
	gone.want(t, 303)
	if to := gone.header.Get("Location"); to != "/rules" {
		t.Errorf("it leads to %s", to)
	}
	admin.get("/rules?form=zz").want(t, 404)
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
