package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"liaison.example/forms"
	"liaison.example/office"
	"liaison.example/records"
)

// brought finds a form that Liaison brings along, and its hash.
func brought(t testing.TB, code string) (*office.Form, string) {
	t.Helper()
	for _, form := range forms.Catalog() {
		if form.Code == code {
			return form, office.HashForm(form)
		}
	}
	t.Fatalf("there is no form %s", code)
	return nil, ""
}

// agreed brings a form in force.
func (h *house) agreed(form *office.Form, replaces string) {
	h.t.Helper()
	h.act("south", "head", office.KindProposeForm, &office.ProposeFormBody{Form: form, Replaces: replaces})
	h.level()
	for side := range h.nodes {
		if side != "south" {
			h.act(side, "head", office.KindAgreeForm, &office.AgreeFormBody{Hash: office.HashForm(form)})
		}
	}
	h.level()
}

// formed brings forms in force, ends one, and has others proposed from both sides.
// It gives the hashes of one in force and of one proposed to be changed.
func (h *house) formed() (inForce, changed string) {
	h.t.Helper()
	for _, code := range []string{"ds", "fl", "rt", "lc"} {
		form, _ := brought(h.t, code)
		h.agreed(form, "")
	}
	lc, lcHash := brought(h.t, "lc")
	ended := *lc
	ended.Ended = true
	h.agreed(&ended, lcHash)
	rt, rtHash := brought(h.t, "rt")
	other := *rt
	other.Precedence = office.Priority
	other.Fields = slices.Clone(rt.Fields[:len(rt.Fields)-1])
	other.Fields[0].Help = office.Words{"en": "As it stands in the papers that are shown at the gate.", "ko": "출입구에서 제시하는 서류에 적힌 대로 적습니다."}
	h.act("north", "head", office.KindProposeForm, &office.ProposeFormBody{Form: &other, Replaces: rtHash, Note: "출입구에서 대조하기 쉽게 하고, 쓰지 않는 항목을 뺍니다."})
	ep, _ := brought(h.t, "ep")
	h.act("north", "head", office.KindProposeForm, &office.ProposeFormBody{Form: ep})
	in, _ := brought(h.t, "in")
	h.act("south", "head", office.KindProposeForm, &office.ProposeFormBody{Form: in, Note: "So that both accounts of an incident stand side by side."})
	h.level()
	return rtHash, office.HashForm(&other)
}

// heads are the heads of two sides at their pages.
func heads(t *testing.T) (h *house, south, north client) {
	t.Helper()
	h, south, north = pair(t)
	south.cookie, north.cookie = h.cookie("south", "head"), h.cookie("north", "head")
	return h, south, north
}

func (a answered) lacks(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("the page says %q: %s", text, matter(a.body))
		}
	}
}

func TestFormsOfTheCatalogAreProposedAndAgreedTo(t *testing.T) {
	h, south, north := heads(t)
	_, an := brought(t, "an")
	_, ve := brought(t, "ve")
	south.get("/charter").want(t, 200, `href="/forms"`)
	south.get("/forms").want(t, 200, "Advance notice of activity", "No form is proposed", "No form is in force", `name="hash" value="`+an+`"`, "Propose the chosen forms", "Informs; no answer")
	south.get("/forms/"+an).want(t, 200, "AN · Advance notice of activity", "It has never been proposed", "Sort of activity", "활동 종류", "one of these", "may be left out", "Propose this form", groupedHash(an))

	south.post("/forms/propose", url.Values{}).want(t, 422, "Nothing was chosen")
	both := url.Values{"hash": {an, ve}}
	sent := south.post("/forms/propose", both)
	sent.want(t, 303)
	if to := sent.header.Get("Location"); to != "/forms" {
		t.Errorf("two were proposed; the answer leads to %s", to)
	}
	south.post("/forms/propose", both).want(t, 303) // pressed twice
	h.level()
	south.get("/forms").lacks(t, "Agree to the chosen forms", `name="hash" value="`+an+`"`)

	page := north.get("/forms")
	page.want(t, 200, "Agree to the chosen forms", `name="hash" value="`+an+`"`, "Head of the office, South", "North has not agreed", "South agrees")
	north.get("/forms/"+ve).want(t, 200, "Proposed form", "Agree to this form", "Silence is not consent.")
	alone := north.post("/forms/agree", url.Values{"hash": {an}, "page": {an}})
	alone.want(t, 303)
	if to := alone.header.Get("Location"); to != "/forms/"+an {
		t.Errorf("one was agreed to; the answer leads to %s", to)
	}
	north.post("/forms/agree", url.Values{"hash": {an, ve}}).want(t, 303) // the first once more
	h.level()
	for _, side := range []client{south, north} {
		for _, hash := range []string{an, ve} {
			side.get("/forms/"+hash).want(t, 200, "In force since", "North agrees", "South agrees", "Propose to end the use of this form")
		}
		side.get("/forms").want(t, 200, "No form is proposed", "since <time")
	}
	south.get("/record").want(t, 200, "AN · Advance notice of activity")

	// The use of one is ended, and it is brought along once more.
	ended := south.post("/forms/propose", url.Values{"hash": {an}, "page": {an}, "end": {"1"}, "note": {"Nobody <uses> it."}})
	ended.want(t, 303)
	h.level()
	to := ended.header.Get("Location")
	north.get(to).want(t, 200, "By this form the sides agree to use its code no longer", "Nobody &lt;uses&gt; it.", "Compared with the form in its place", "<ins>By")
	north.post("/forms/agree", url.Values{"hash": {strings.TrimPrefix(to, "/forms/")}}).want(t, 303)
	h.level()
	south.get("/forms").want(t, 200, "no longer used", `name="hash" value="`+an+`"`)
	south.get(to).want(t, 200, "Since <time")
	south.get("/forms/"+an).want(t, 200, "It was in force until another took its place", "Propose this form")
	south.post("/forms/propose", url.Values{"hash": {an}}).want(t, 303)
	south.get("/forms/"+an).want(t, 200, "Proposed form")
}

func TestARefusedFormStopsTheOthersAndIsNamed(t *testing.T) {
	h, south, north := heads(t)
	_, an := brought(t, "an")
	_, ve := brought(t, "ve")
	_, ds := brought(t, "ds")
	h.act("north", "head", office.KindProposeForm, &office.ProposeFormBody{Form: catalog()[ve]})
	h.level()
	page := south.post("/forms/propose", url.Values{"hash": {an, ve, ds}})
	page.want(t, 422, "“VE · Request to cross” was not proposed: The same form “ve” is proposed already.", "Before it, 1 was proposed: AN · Advance notice of activity.",
		"The 1 after it was not tried and stays chosen.", `value="`+ds+`" checked`)
	if _, found, err := h.nodes["south"].Records().Form(t.Context(), ds); err != nil || found {
		t.Errorf("the form after it is in the record: %v, %v", found, err)
	}
	south.post("/forms/agree", url.Values{"hash": {ve, strings.Repeat("0", 64)}}).want(t, 422, "was not agreed to: There is no such form", "Before it, 1 was agreed to: VE · Request to cross.")
	many := url.Values{}
	for range maxChosen + 1 {
		many.Add("hash", an)
	}
	north.post("/forms/agree", many).want(t, 422, "101 forms were chosen; at most 100")
	south.post("/forms/agree", url.Values{"hash": {ds}, "page": {ds}, "note": {"x"}}).want(t, 422, "DS · Distress", "was not agreed to")
	south.post("/forms/propose", url.Values{"hash": {ve}, "page": {ve}, "note": {"As <talked> over."}}).want(t, 422, "This form “ve” is in force already", "As &lt;talked&gt; over.")
	north.get("/forms/"+strings.Repeat("0", 64)).want(t, 404)
	for _, path := range []string{"/forms/%00", "/forms/propose?from=%00"} { // no text
		north.get(path).want(t, 400)
	}

	duty, observer := south, south
	duty.cookie = h.cookie("south", "duty-officer")
	observer.cookie = nil
	for _, path := range []string{"/forms", "/forms/" + ds, "/forms/" + an, "/forms/propose"} {
		page := duty.get(path)
		page.want(t, 200)
		page.lacks(t, "<button type=\"submit\">", `type="checkbox"`, "/forms/propose?from", "<textarea")
		observer.get(path).want(t, 403)
	}
	duty.get("/forms").want(t, 200, "A head or deputy proposes forms for your side.")
	for path, form := range map[string]url.Values{
		"/forms/propose":      {"hash": {ds}},
		"/forms/agree":        {"hash": {an}},
		"/forms/propose-text": {"text": {indentedForm(catalog()[ds])}},
	} {
		if path == "/forms/agree" {
			_, hash := brought(t, "in")
			h.act("north", "head", office.KindProposeForm, &office.ProposeFormBody{Form: catalog()[hash]})
			h.level()
			form = url.Values{"hash": {hash}}
		}
		duty.post(path, form).want(t, 422, "may not do this")
	}
}

func TestAChangedFormIsTypedComparedAndProposed(t *testing.T) {
	h, south, north := heads(t)
	form, an := brought(t, "an")
	h.agreed(form, "")
	south.get("/forms/"+an).want(t, 200, "/forms/propose?from="+an)
	south.get("/forms/propose").want(t, 200, "&#34;code&#34;: &#34;example&#34;", "방문 요청")
	south.get("/forms/propose?from="+strings.Repeat("0", 64)).want(t, 404)
	south.get("/forms/propose?from="+an).want(t, 200, "&#34;code&#34;: &#34;an&#34;", "활동 사전 통보", "Form AN")

	text := indentedForm(form)
	say := func(text string) url.Values {
		return url.Values{"from": {an}, "text": {text}, "note": {"Times matter."}, "once": {"key"}}
	}
	for name, row := range map[string]struct{ text, says string }{
		"comma":     {strings.Replace(text, `"asks": "nothing",`, `"asks": "nothing"`, 1), "Line 3 cannot be read as JSON"},
		"type":      {strings.Replace(text, `"asks": "nothing"`, `"asks": 7`, 1), "Line 2: “asks” cannot hold this (number)"},
		"unknown":   {strings.Replace(text, `"asks"`, `"askz"`, 1), "A form has no “askz”."},
		"short":     {text[:len(text)-4], "The text ends before the form does"},
		"empty":     {"", "The text ends before the form does"},
		"more":      {text + "{}", "there is more after the end"},
		"list":      {"[]", "The text is not a form"},
		"long":      {strings.Repeat(" ", maxFormText+1), "the limit is 65\u202f536"},
		"rules":     {strings.Replace(text, `"code": "an"`, `"code": "A N"`, 1), "Code of the form: “A N” is not an id"},
		"no name":   {strings.Replace(text, `"en": "Sort of activity"`, `"en": ""`, 1), "Name of a field (en): it must not be empty."},
		"the same":  {text, "This form “an” is in force already."},
		"wrong ask": {strings.Replace(text, `"asks": "nothing"`, `"asks": "money"`, 1), "What the form asks: “money” is not one of the values allowed: nothing, answer, consent, objection."},
	} {
		page := south.post("/forms/propose-text", say(row.text))
		page.want(t, 422, row.says, "Times matter.", `name="from" value="`+an+`"`)
		if name == "comma" {
			page.want(t, 422, "&#34;ko&#34;: &#34;시작 시각&#34;")
		}
	}

	changed := strings.Replace(text, `"en": "Sort of activity"`, `"en": "Kind of activity"`, 1)
	look := say(changed)
	look.Set("do", "compare")
	south.post("/forms/propose-text", look).want(t, 200, "What would change", "<del>Sort</del><ins>Kind</ins> of activity", "Field sort", "Times matter.")
	anew := say(strings.Replace(text, `"code": "an"`, `"code": "new"`, 1))
	anew.Set("do", "compare")
	south.post("/forms/propose-text", anew).want(t, 200, "No form is in force for this code", "Sort of activity")

	sent := south.post("/forms/propose-text", say(changed))
	sent.want(t, 303)
	to := sent.header.Get("Location")
	south.post("/forms/propose-text", say(changed)).want(t, 303) // pressed twice
	h.level()
	open, _, err := h.nodes["north"].Records().Forms(t.Context(), records.FormFilter{State: office.FormOpen})
	must(t, err)
	if len(open) != 1 || open[0].Replaces != an || open[0].Note != "Times matter." || "/forms/"+open[0].Hash != to {
		t.Fatalf("north holds %+v; the page leads to %s", open, to)
	}
	north.get("/forms").want(t, 200, "takes the place of another", "Times matter.")
	north.get(to).want(t, 200, "What is different", "<del>Sort</del><ins>Kind</ins> of activity", "Agree to this form", `href="/forms/`+an+`"`)
	north.post("/forms/agree", url.Values{"hash": {open[0].Hash}, "page": {open[0].Hash}}).want(t, 303)
	h.level()
	south.get("/forms/"+an).want(t, 200, "It was in force until another took its place")
	south.get("/forms").want(t, 200, "Show 1 former form", "in force until another took its place")
}

func TestWhatIsTickedStaysTickedWhileTheListChanges(t *testing.T) {
	h, _ := ours(t)
	_, an := brought(t, "an")
	ve, _ := brought(t, "ve")
	url := h.serve("south").URL
	ctx, complaints := browser(t)
	setCookies(t, ctx, url, h.cookie("south", "head"))
	ticked := func() string {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("#forms-brought input:checked")].map((c) => c.value).join()`))
		must(t, err)
		return got
	}
	must(t, chromedp.Do(ctx, chromedp.Navigate(url+"/forms"), click(`input[value="`+an+`"]`)))
	h.act("north", "head", office.KindProposeForm, &office.ProposeFormBody{Form: ve})
	h.eventually("the page hears of it", func() bool { // which it does from when it listens
		h.send("north", office.Routine, "liaison", "Still here", "Still here.")
		return strings.Contains(text(t, ctx, "#forms-proposed"), "Request to cross")
	})
	if got := ticked(); got != an {
		t.Errorf("ticked are %q, want %s alone", got, an)
	}
	must(t, chromedp.Do(ctx, click(`#forms-brought [data-tick-all]`)))
	if got, want := strings.Count(ticked(), ",")+1, len(forms.Catalog())-1; got != want {
		t.Errorf("%d are ticked, want all %d", got, want)
	}
	must(t, chromedp.Do(ctx, click(`#forms-brought button[type=submit]`)))
	soon(t, ctx, "#forms-brought", "For each of them a form is proposed or in force.")
	must(t, chromedp.Do(ctx, click(`#forms-proposed [data-tick-all]`), click(`#forms-proposed button[type=submit]`)))
	soon(t, ctx, "#form-stands", "In force since") // one alone leads to its page
	if list := complaints.take(); len(list) > 0 {
		t.Errorf("the browser says: %q", list)
	}
}

// A form may say something in a language in which the page is not.
func TestAFormIsReadInEveryLanguageThatItHas(t *testing.T) {
	h, south := ours(t)
	south.cookie = h.cookie("south", "head")
	form := &office.Form{
		Asks: office.AsksObjection, Hours: 1, Code: "fr", Precedence: office.Immediate,
		Name: office.Words{"fr": "Avis <1>"}, Purpose: office.Words{"en": "A notice.", "fr": "Un avis."},
		Answers: []office.Choice{{ID: "yes", Name: office.Words{"fr": "Oui"}}, {ID: "no", Name: office.Words{"ko": "아니요"}}},
		Fields:  []office.FormField{{ID: "n", Name: office.Words{"fr": "Nombre"}, Type: office.FieldNumber}},
	}
	h.act("south", "head", office.KindProposeForm, &office.ProposeFormBody{Form: form})
	south.get("/forms/"+office.HashForm(form)).want(t, 200, "FR · Avis &lt;1&gt;", `<span lang="fr">Nombre</span>`, "Asks for objections, within 1 hour.", "Whoever does not object",
		"In 한국어", "In fr", `<span lang="ko">아니요</span>`, "A notice.", "Un avis.", "a number")
}

func TestOlderRulesAreRaisedFirst(t *testing.T) {
	files, err := loadAssets()
	must(t, err)
	var out strings.Builder
	must(t, newPages(files)["en"].write(&out, "forms", "main", formsPage{Frame: Frame{Open: true}, Rules: 2, NeedsRules: formsRules, MayRaise: true}))
	for _, want := range []string{"The rules in force, version 2, know no forms.", "raised to rules version 3 first", `href="/charter/propose"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page does not say %q: %s", want, out.String())
		}
	}
	v := &visit{office: office.OfficeRow{Open: true, Charter: &office.Charter{Rules: 2}}}
	if v.knowsForms() || v.mayForm(office.KindProposeForm) {
		t.Error("version 2 of the rules knows forms")
	}
}

// Within how many hours to answer is agreed to as well: it is read, and compared.
func TestTheHoursOfAFormAreReadAndCompared(t *testing.T) {
	h, _, _, head := desk(t)
	hash := h.agreeOn("cq")
	head.get("/forms/"+hash).want(t, 200, "Asks for an answer. The answer is due within 48 hours. Its time runs while the sides are jointly open.", "Silence is no answer.")
	changed := *catalog()[hash]
	changed.Hours = 24
	head.post("/forms/propose-text", url.Values{"text": {indentedForm(&changed)}, "do": {"compare"}, "once": {newKey()}}).
		want(t, 200, "<del>48</del><ins>24</ins>")
}
