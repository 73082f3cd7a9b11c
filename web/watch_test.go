package web

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"liaison.example/office"
	"liaison.example/people"
)

func TestTheWatchIsTakenHandedOverAndEnded(t *testing.T) {
	h, south, north := pair(t)
	south.get("/watch").want(t, 200, "Nobody on watch", "Start the watch", "Nobody has been on watch yet")
	south.post("/watch", url.Values{"name": {"Kim <M.>"}, "until": {"tonight"}}).want(t, 422, "tonight", `value="Kim &lt;M.&gt;"`)
	start := url.Values{"name": {"Kim <M.>"}, "until": {"2199-01-01 09:00"}, "once": {newKey()}}
	south.post("/watch", start).want(t, 303)
	south.post("/watch", start).want(t, 303) // pressed twice
	h.level()
	north.get("/").want(t, 200, "<bdi>Kim &lt;M.&gt;</bdi>", "until", "2199-01-01 09:00", "Nobody on watch")
	north.get("/record").want(t, 200, "Takes the watch", "Kim &lt;M.&gt;")
	start.Set("once", newKey())
	south.post("/watch", start).want(t, 422, "is on watch already")

	on, err := h.nodes["south"].Records().OnWatch(t.Context())
	must(t, err)
	watch := on[0].ID.String()
	south.post("/watch/handover", url.Values{"watch": {watch}, "version": {"0"}, "text": {"The lift <is> out.\r\nCall at six."}}).want(t, 303)
	south.post("/watch/handover", url.Values{"watch": {watch}, "version": {"0"}, "text": {"In another tab."}}).want(t, 422, "was changed meanwhile")
	south.post("/watch/handover", url.Values{"watch": {"north/0"}, "text": {"x"}}).want(t, 422, "There is no watch")
	h.send("north", office.Immediate, "liaison", "Water rises", "It rises.")
	h.level()
	south.get("/watch").want(t, 200, "The lift &lt;is&gt; out.\nCall at six.", "Water rises", "I have read this and take over")
	if page := north.get("/watch"); strings.Contains(page.body, "Call at six") {
		t.Error("the handover has crossed the line")
	}

	take := url.Values{"name": {"박선희"}, "relieves": {watch}, "version": {"0"}, "once": {newKey()}}
	south.post("/watch", take).want(t, 422, "was changed meanwhile")
	take.Set("version", "1")
	south.post("/watch", take).want(t, 303)
	take.Set("once", newKey())
	south.post("/watch", take).want(t, 422, "has ended")
	south.post("/watch/handover", url.Values{"watch": {watch}, "version": {"1"}, "text": {"Too late."}}).want(t, 422, "has ended")
	south.get("/watch").want(t, 200, "taken over:", "relieved by", "박선희")
	h.level()
	now := h.now().In(time.FixedZone("", 9*3600)).Format(untilForm)
	north.get("/watch?at="+url.QueryEscape("2018-01-01 09:00")).want(t, 200, "Nobody was on watch")
	north.get("/watch?at="+url.QueryEscape(now)).want(t, 200, `value="`+now+`"`)
	north.get("/watch?at=now").want(t, 200, "now", "error")
	south.get("/watch?before=x").want(t, 404)

	on, err = h.nodes["south"].Records().OnWatch(t.Context())
	must(t, err)
	north.post("/watch/end", url.Values{"watch": {on[0].ID.String()}}).want(t, 422, "There is no watch")
	south.post("/watch/end", url.Values{"watch": {on[0].ID.String()}}).want(t, 303)
	south.get("/watch").want(t, 200, "Nobody on watch")
}

// watched fills an office with watches: one that was relieved with a handover, two
// that go on, and one of the other side, under a long name.
func (h *house) watched() {
	h.t.Helper()
	write := func(side office.Side, by office.Post, body *office.WatchBody) office.EntryID {
		h.t.Helper()
		return h.act(side, by, office.KindWatch, body)
	}
	first := write("south", "duty-officer", &office.WatchBody{Name: "김 당직관", Until: "2199-01-01T09:00Z"})
	duty := people.Hand{By: people.By{Who: "duty-officer"}, Post: "duty-officer", Role: "duty-officer"}
	must(h.t, h.nodes["south"].People().WriteHandover(h.t.Context(), duty, first, 0, "승강기 수리는 10시에 시작한다.\n북측의 회신을 기다리는 통지문이 둘 있다."))
	must(h.t, h.nodes["south"].People().SignHandover(h.t.Context(), duty, first, 1))
	second := write("south", "duty-officer", &office.WatchBody{Name: "Park S.", Relieves: &first, Until: office.MinuteOf(h.now().Add(8 * time.Hour).UnixMilli())})
	must(h.t, h.nodes["south"].People().WriteHandover(h.t.Context(), duty, second, 0, "All is calm. The lift is out of order until noon."))
	write("north", "head", &office.WatchBody{Name: strings.Repeat("아주 긴 이름 ", 6)})
	write("north", "duty-officer", &office.WatchBody{Languages: []string{"ko", "ru", "zh-Hant"}})
	h.level()
}

func TestWatchesArePaged(t *testing.T) {
	h, south := ours(t)
	for range watchesLength + 1 {
		id := h.act("south", "duty-officer", office.KindWatch, &office.WatchBody{Name: "Kim"})
		h.act("south", "duty-officer", office.KindWatchEnd, &office.WatchEndBody{Watch: id})
	}
	older := regexp.MustCompile(`/watch\?before=[^"]+`).FindString(south.get("/watch").body)
	if older == "" {
		t.Fatal("there is no way to the older ones")
	}
	if n := strings.Count(south.get(older).body, "<bdi>Kim</bdi>"); n != 1 {
		t.Errorf("the second page has %d, want 1", n)
	}
}

// What happened between the making of a page and the opening of its stream is told
// when the stream opens.
func TestAStreamSaysWhatRingsWhenItOpens(t *testing.T) {
	h, _, north := pair(t)
	h.send("south", office.Routine, "liaison", "Calm", "Calm.")
	flash := h.send("south", office.Flash, "liaison", "Shots", "Shots heard.")
	test := h.act("south", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Immediate, Mark: office.Test, Subject: "Test", Text: "Test."})
	h.level()
	rings, cancel := north.rings(t)
	defer cancel()
	both := `data: {"now":[{"id":"` + flash.String() + `","channel":"liaison","precedence":"flash"},{"id":"` + test.String() + `","channel":"liaison","precedence":"immediate","mark":"test"}],"more":false}`
	if got := rings(); got != both {
		t.Errorf("got  %s\nwant %s", got, both)
	}
	h.acknowledge("north", flash)
	if got, want := rings(), `data: {"now":[{"id":"`+test.String()+`","channel":"liaison","precedence":"immediate","mark":"test"}],"more":false}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	cancel()
	h.level()
}

// rings opens the stream of a page, and gives what waits for what it says next of
// what rings.
func (c client) rings(t *testing.T) (next func() string, cancel func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", c.url+"/events", nil)
	must(t, err)
	r.AddCookie(c.cookie)
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	return func() string {
		for lines.Scan() {
			if lines.Text() == "event: rings" && lines.Scan() {
				return lines.Text()
			}
		}
		t.Fatal("the stream ended: ", lines.Err())
		return ""
	}, cancel
}

// However many another side sends on one channel, what rings on another is named,
// and what is about lives at risk, by whatever form the sides have agreed on for it.
func TestAFloodOnOneChannelHidesNoOther(t *testing.T) {
	h, _, north := pair(t)
	rescue := noticeAhead()
	rescue.Code, rescue.Mode = "sar", office.ModeDistress
	h.agreeForm(rescue)
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	second := *row.Charter
	second.Channels = append(slices.Clone(second.Channels), office.Channel{ID: "maritime", Name: office.Words{"en": "Maritime"}, Purpose: office.Words{"en": "The sea."}})
	h.amend("south", office.HashCharter(row.Charter), &second, "")
	h.level()
	h.act("north", "head", office.KindAgree, &office.AgreeBody{Hash: office.HashCharter(&second)})
	h.level()
	adrift := h.act("south", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Subject: "Adrift",
		Form: &office.Filled{Code: "sar", Hash: office.HashForm(rescue), Values: map[string]string{"what": "A boat is adrift."}}})
	first := h.send("south", office.Flash, "maritime", "Shots", "Shots at sea.")
	for range ringsShown + 10 {
		h.send("south", office.Flash, "liaison", "Again", "Again.")
	}
	h.level()
	rings, cancel := north.rings(t)
	said := rings()
	cancel()
	if n := strings.Count(said, `"id"`); n > ringsShown+1+2*ringsOfOne || !strings.Contains(said, `"more":true`) {
		t.Errorf("%d are named: %s", n, said)
	}
	if !strings.Contains(said, `{"id":"`+first.String()+`","channel":"maritime"`) {
		t.Errorf("what rings on the other channel is not named: %s", said)
	}
	if !strings.Contains(said, `{"id":"`+adrift.String()+`","channel":"liaison","precedence":"flash","distress":true`) {
		t.Errorf("what is about lives at risk is not named: %s", said)
	}
	h.level()
}

// The watch is started by a click, a FLASH from the other node rings, and stops when
// it is acknowledged in another browser.
func TestAFlashRingsUntilSomebodyOfTheSideAcknowledges(t *testing.T) {
	h := open(t, two)
	h.staffed()
	url := h.serve("south").URL
	watch, complaints := browserOf(t, chromium)
	other, stop := chromedp.NewContext(watch, chromedp.WithNewBrowserContext())
	defer stop()
	signInBy(t, watch, h, "south", url, "duty-officer")
	signInBy(t, other, h, "south", url, "head")
	for _, page := range []context.Context{watch, other} {
		_, err := chromedp.Call(page, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		must(t, err)
	}
	soon(t, watch, "#sound .state", "not armed")
	press(t, watch, "u")
	must(t, chromedp.Do(watch, chromedp.WaitVisible(`[data-arms] button`), click(`[data-arms] button`), chromedp.WaitVisible(`.watch-card`)))
	must(t, comesTrue(watch, `document.querySelector("#sound").dataset.armed === "yes"`))
	must(t, comesTrue(watch, `document.querySelector("#sound .state").textContent === "armed"`))
	soon(t, other, ".strip .own .on-watch", "Duty officer")

	const rings, quiet = `!document.querySelector("#sound audio").paused && document.querySelector("#sound audio").src.endsWith("/flash.wav")`, `document.querySelector("#sound audio").paused`
	flash := h.act("north", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Mark: office.Exercise, Subject: "Shots", Text: "Shots heard."})
	must(t, comesTrue(watch, rings))
	must(t, comesTrue(watch, `document.querySelector("#sound audio").currentTime > 0`))
	soon(t, watch, "#sound .ringing", "Exercise 1")
	// It goes on ringing in the next page, without a touch.
	must(t, chromedp.Do(watch, click(`.places a[href="/record"]`), chromedp.WaitVisible(`#entries`)))
	must(t, comesTrue(watch, rings))

	// In the other browser nobody has armed the sound; it is acknowledged there.
	soon(t, other, "#sound .ringing", "FLASH")
	if silent, err := chromedp.Run(other, chromedp.Evaluate[bool](quiet)); err != nil || !silent {
		t.Errorf("the other browser rings: %v, %v", !silent, err)
	}
	must(t, chromedp.Do(other, chromedp.Navigate(url+"/dispatches/"+flash.String()), chromedp.WaitVisible(`#state`)))
	press(t, other, "a")
	soon(t, other, "#state", "acknowledged")
	must(t, comesTrue(watch, quiet+` && document.querySelector("#sound .ringing").hidden`))

	// The person may silence one, and the next one rings again.
	h.send("north", office.Flash, "liaison", "More shots", "More.")
	must(t, comesTrue(watch, rings))
	must(t, chromedp.Do(watch, click(`[data-silence]`)))
	must(t, comesTrue(watch, quiet+` && !document.querySelector("#sound .ringing").hidden`))
	h.send("north", office.Flash, "liaison", "Still more shots", "Still more.")
	must(t, comesTrue(watch, rings))
	for _, complaint := range complaints.take() {
		t.Error("the browser says: ", complaint)
	}
	h.level()
}
