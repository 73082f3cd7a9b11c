package web

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"liaison.example/office"
)

func TestAShortCodeIsChosenSeenAndReleased(t *testing.T) {
	h, kim, _, head := desk(t, "north")
	head.get("/").want(t, 200, `href="/codes" data-key="S"`)
	head.get("/codes").want(t, 200, "have agreed on no short codes yet", `href="/forms"`)
	head.get("/codes?number=6").want(t, 404, "No short code with the number 6")
	hash := h.agreeOn("sc06")
	h.agreeOn("sc04")
	page := head.get("/codes")
	page.want(t, 200, "Ours crosses by mistake", "We are calling you now", `href="/codes?number=06"`, `<span class="form-code">04</span>`)
	for _, bad := range []string{"7", "x", "0", "100", "-6"} {
		head.get("/codes?number="+url.QueryEscape(bad)).want(t, 404, "is agreed on")
	}
	head.get("/codes?number=6").want(t, 200, "Of ours, [What or who] has crossed or drifts across at [Position]", "우리 측 [무엇 또는 누구], 위치 [위치]", `name="field-place"`, "FLASH", "See what it will say")

	form := url.Values{"once": {newKey()}, "form": {hash}, "form-code": {"sc06"}, "channel": {"liaison"}, "mark": {"exercise"}, "field-what": {"a <boat>"}, "do": {"look"}}
	head.post("/codes", form).want(t, 422, "must be filled in", "a &lt;boat&gt;")
	form.Set("field-place", "37.9, 126.5")
	seen := head.post("/codes", form)
	seen.want(t, 200, "Of ours, a &lt;boat&gt; has crossed or drifts across at 37.9,126.5, by mistake.", "우리 측 a &lt;boat&gt;, 위치 37.9,126.5에서", "This is what the other side will read", "Release to North", `action="/dispatches"`)
	form.Set("do", "change")
	head.post("/codes", form).want(t, 200, `value="37.9,126.5"`, "See what it will say")
	if n := h.status("south").Sides["south"].Size; n != h.status("north").Sides["south"].Size {
		t.Errorf("something was written by looking: %d", n)
	}

	// The page that asks for confirmation holds all that the release needs.
	released := head.post("/dispatches", confirmed(seen.body))
	released.want(t, 303)
	at := released.header.Get("Location")
	head.get(at).want(t, 200, "Of ours, a &lt;boat&gt; has crossed", "우리 측 a &lt;boat&gt;", "06 Ours crosses by mistake", "SC06", "Exercise", "FLASH")
	head.get(at+"/sheet").want(t, 200, "Of ours, a &lt;boat&gt; has crossed", "우리 측 a &lt;boat&gt;")
	head.get("/forms/"+hash).want(t, 200, "Of ours, {what} has crossed or drifts across at {place}")
	h.level()
	north := client{t: t, url: h.serve("north").URL, cookie: h.cookie("north", "duty-officer")}
	north.get(at).want(t, 200, "Of ours, a &lt;boat&gt; has crossed", "우리 측 a &lt;boat&gt;")

	// Who may not release alone sends it to a second person.
	form.Set("do", "look")
	form.Set("once", newKey())
	if page := kim.post("/codes", form); page.status == 200 && strings.Contains(page.body, `value="release"`) != strings.Contains(kim.get("/dispatches/new?form=sc06").body, `value="release"`) {
		t.Error("by a short code more, or less, may be released than by the editor")
	}
	head.post("/codes", url.Values{"form": {strings.Repeat("0", 64)}, "do": {"look"}}).want(t, 404)
	head.post("/codes", url.Values{"do": {"look"}}).want(t, 404)
	form.Set("field-what", "\xff")
	head.post("/codes", form).want(t, 422)
}

func TestAShortCodeThatWasReplacedIsNotOfferedAnyMore(t *testing.T) {
	h, _, _, head := desk(t)
	hash := h.agreeOn("sc04")
	form := url.Values{"once": {newKey()}, "form": {hash}, "channel": {"liaison"}, "field-means": {"radio"}, "do": {"look"}}
	head.post("/codes", form).want(t, 200, "by radio", "무선 연락")
	brought, _ := brought(t, "sc04")
	ended := *brought
	ended.Ended = true
	h.agreed(&ended, hash)
	head.get("/codes?number=4").want(t, 404)
	head.post("/codes", form).want(t, 422)
	head.get("/codes").want(t, 200, "have agreed on no short codes yet")
}

func TestAShortCodeThatIsTooLateSaysSoBeforeItIsReleased(t *testing.T) {
	h, _, _, head := desk(t, "north")
	form := office.Form{
		Ahead: &office.Ahead{Field: "from", Release: 48}, Asks: office.AsksNothing, Code: "sc21", Name: office.Words{"en": "Blasting", "ko": "발파"}, Precedence: office.Priority, Purpose: office.Words{"en": "Works.", "ko": "공사."},
		Fields: []office.FormField{{ID: "from", Name: office.Words{"en": "First blast", "ko": "첫 발파"}, Required: true, Type: office.FieldMinute}}, Says: office.Words{"en": "We blast from {from}.", "ko": "{from}부터 발파함."},
	}
	h.agreed(&form, "")
	for _, test := range []struct{ from, late string }{
		{"2018-10-15 09:30", "Released now, it is late: “First blast” is past; at least 48 hours before are agreed."},
		{"2118-10-15 09:30", ""},
	} {
		typed := url.Values{"once": {newKey()}, "form": {office.HashForm(&form)}, "form-code": {"sc21"}, "channel": {"liaison"}, "field-from": {test.from}, "do": {"look"}}
		seen := head.post("/codes", typed)
		seen.want(t, 200, "We blast from "+test.from[:4], test.late)
		if test.late == "" && strings.Contains(seen.body, "it is late") {
			t.Errorf("of one that is early enough it is said that it is late: %s", seen.body)
		}
		released := head.post("/dispatches", confirmed(seen.body))
		released.want(t, 303)
		head.get(released.header.Get("Location")+"/sheet").want(t, 200, "We blast from "+test.from[:4])
		if n := strings.Count(head.get("/").body, "Released late: only after “First blast”"); n != 1 {
			t.Errorf("after %s the list says %d times that one was late", test.from, n)
		}
	}
}

// confirmed is what the page that asks for confirmation sends.
func confirmed(page string) url.Values {
	form := url.Values{"do": {"release"}}
	main := page[strings.Index(page, `action="/dispatches"`):]
	for _, input := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(main, -1) {
		form.Add(input[1], html.UnescapeString(input[2]))
	}
	return form
}
