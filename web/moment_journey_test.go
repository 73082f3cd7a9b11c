package web

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"liaison.example/office"
	"liaison.example/people"
)

// Pages of both sides stand open while a charter comes into force and the clock of a
// side is set back: nobody writes anything, and each shows it without being loaded again.
func TestAnOpenPageShowsWhatChangesByTimeAlone(t *testing.T) {
	begins := time.Date(2018, 10, 27, 22, 0, 0, 0, time.UTC)
	h := openAt(t, begins, []office.Side{"north", "south"})
	h.staffed()
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	later := *row.Charter
	later.Sides = slices.Clone(later.Sides)
	later.Sides[0].Zone = "Europe/Berlin" // of north; its clock is set back in this night
	later.Channels = append(slices.Clone(later.Channels), office.Channel{ID: "maritime", Name: office.Words{"en": "Maritime"}, Purpose: office.Words{"en": "Boats."}})
	from := begins.Add(time.Hour)
	minute := office.MinuteOf(from.UnixMilli())
	h.act("south", "head", office.KindPropose, &office.ProposeBody{Amends: row.Hash, Charter: &later, From: minute})
	h.level()
	h.act("north", "head", office.KindAgree, &office.AgreeBody{From: minute, Hash: office.HashCharter(&later)})
	h.level()

	southURL, northURL := h.serve("south").URL, h.serve("north").URL
	south, complaints := browser(t)
	north, stop := chromedp.NewContext(south)
	defer stop()
	pages := []context.Context{south, north}
	signInBy(t, south, h, "south", southURL, "head")
	signInBy(t, north, h, "north", northURL, "head")
	for i, url := range []string{southURL, northURL} {
		must(t, chromedp.Do(pages[i], chromedp.Navigate(url+"/charter"), chromedp.WaitVisible(`#charter`)))
		must(t, chromedp.Do(pages[i], chromedp.Evaluate[chromedp.Void](`window.notLoadedAgain = true`)))
		_, err := chromedp.Call(pages[i], emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // both stand side by side
		must(t, err)
		soon(t, pages[i], "#pending", "Maritime")
	}

	// comes lets a moment come, of which the nodes tell the pages that stand open.
	comes := func(at time.Time) {
		t.Helper()
		for _, to := range []time.Time{at.Add(-time.Second), at.Add(time.Millisecond)} {
			h.set(to)
			for _, n := range h.nodes {
				_, err := n.TellTime(t.Context())
				must(t, err)
			}
		}
	}
	shows := func(selector, want string) {
		t.Helper()
		for _, page := range pages {
			soon(t, page, selector, want)
		}
	}
	comes(from)
	shows("#charter", "Maritime")
	shows("#strip", "UTC+2")
	comes(time.Date(2018, 10, 28, 1, 0, 0, 0, time.UTC)) // which is told by the name of the zone alone
	shows("#strip", "UTC+1")
	for _, page := range pages {
		stands, err := chromedp.Run(page, chromedp.Evaluate[bool](`window.notLoadedAgain === true`))
		if must(t, err); !stands {
			t.Error("a page was loaded again")
		}
	}
	for _, complaint := range complaints.take() {
		t.Error(complaint)
	}
}

// A watch that is offered comes to the page of a colleague while it stands open, and the
// button that has the focus keeps it: whoever presses Enter answers the offer they read.
func TestAnOfferOfAWatchComesToAnOpenPageAndTheFocusStays(t *testing.T) {
	h, duty, _ := pair(t)
	head := client{t: t, url: duty.url, cookie: h.cookie("south", "head")}
	head.post("/roster/rotations", url.Values{
		"name": {"Desk"}, "begins": {h.now().In(time.FixedZone("", 9*3600)).Format(dateForm)}, "starts": {"00:00 08:00 16:00"}, "hours": {"8"}, "each": {"1"}, "turn": {"post:duty-officer"}, "once": {newKey()},
	}).want(t, 303)
	plan, err := h.nodes["south"].Plan(t.Context(), h.now(), h.now().Add(48*time.Hour))
	must(t, err)
	var watches []people.WatchID
	for _, w := range plan.Watches {
		if w.From > h.now().UnixMilli() {
			watches = append(watches, w.WatchID)
		}
	}
	offer := func(i int) {
		duty.post("/roster/swaps", url.Values{"watch": {watches[i].String()}, "to": {"post:head"}, "once": {newKey()}}).want(t, 303)
	}
	ctx, complaints := browser(t)
	signInBy(t, ctx, h, "south", duty.url, "head")
	must(t, chromedp.Do(ctx, chromedp.Navigate(duty.url+"/roster"), chromedp.WaitVisible(`#roster-picture`)))
	offer(0)
	offer(1)
	decline := `form[action="/roster/swaps/1/decline"] button`
	must(t, chromedp.Do(ctx, chromedp.WaitVisible(decline), chromedp.WaitVisible(`form[action="/roster/swaps/2/accept"] button`)))
	must(t, chromedp.Do(ctx, chromedp.Focus(decline)))
	offer(2)
	must(t, chromedp.Do(ctx, chromedp.WaitVisible(`form[action="/roster/swaps/3/accept"] button`)))
	focus, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.form?.action ?? "nowhere"`))
	if must(t, err); !strings.HasSuffix(focus, "/roster/swaps/1/decline") {
		t.Errorf("the focus has gone to %s", focus)
	}
	for _, complaint := range complaints.take() {
		t.Error(complaint)
	}
}
