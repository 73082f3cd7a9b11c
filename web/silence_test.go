package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"liaison.example/ledger"
	"liaison.example/office"
)

func TestASilenceIsExplainedOnEveryPageThatTellsOfIt(t *testing.T) {
	h, south, north := pair(t)
	south.get("/silence").want(t, 200, "Silence explained", "Nothing is waited for, on either side", "Nothing is waited for from another side")
	south.get("/silence?way=from-north").want(t, 200, "Nothing of that kind is waited for", `href="/silence"`)
	id := h.send("south", office.Immediate, "liaison", "Water <rises>", "It rises.").String()
	h.level()
	h.eventually("north has received it", func() bool { return !strings.Contains(south.get("/silence").body, "Line up, not received</span>") })
	south.get("/silence").want(t, 200, "Water &lt;rises&gt;", "North owes us an acknowledgement", "North is open, and since", "nobody on watch", "1 open, 0 overdue", "/silence/proof?about="+url.QueryEscape(id), "due")
	north.get("/silence").want(t, 200, "Water &lt;rises&gt;", "we owe South an acknowledgement", "North is open, and since")
	if strings.Contains(north.get("/silence").body, "/silence/proof?") {
		t.Error("north may state what it owes itself")
	}
	south.get("/").want(t, 200, `href="/silence"><span>No. 1: nobody on watch</span></a>`, `<small class="silent">nobody on watch</small>`)
	south.get("/dispatches/"+id).want(t, 200, "North is open, and since", "Proof of silence")
	south.get("/record/"+id).want(t, 200, "North is open, and since", "Proof of silence")
	south.get("/record").want(t, 200, `<small class="silent">nobody on watch</small>`)
	if page := north.get("/record/" + id); !strings.Contains(page.body, "North is open, and since") || strings.Contains(page.body, "Proof of silence") {
		t.Error("the entry does not say at north why north is silent, or lets it state what it owes itself")
	}

	watch := h.act("north", "duty-officer", office.KindWatch, &office.WatchBody{})
	h.level()
	south.get("/").want(t, 200, "No. 1: on watch, not acknowledged")
	south.get("/silence?cause=not-acknowledged&precedence=IMMEDIATE&channel=liaison&way=from-north").want(t, 200, "North is on watch, and has not acknowledged it since", `value="not-acknowledged" selected`)
	south.get("/silence?cause=nobody-on-watch").want(t, 200, "Nothing of that kind is waited for")
	south.get("/silence?way=to-north").want(t, 200, "Nothing of that kind is waited for")
	south.get("/silence?overdue=yes").want(t, 200, "Nothing of that kind is waited for", "checked")
	for _, bad := range []string{"way=to-east", "way=south", "cause=sloth", "precedence=Z", "before=x", "before=" + strings.Repeat("x", 300), "channel=%3C"} {
		south.get("/silence?"+bad).want(t, 404)
	}
	h.set(h.now().Add(40 * 60 * 1e9))
	south.get("/silence?overdue=yes").want(t, 200, "Water &lt;rises&gt;", "1 open, 1 overdue", "overdue", "Step 1 of 1 of the ladder since")
	h.act("north", "duty-officer", office.KindWatchEnd, &office.WatchEndBody{Watch: watch})

	// While the line is down each side knows what it has not said itself.
	h.cutOff("south", true)
	south.get("/silence").want(t, 200, "The line is down since", "Whether North has answered cannot be known")
	h.eventually("north sees it too", func() bool { return strings.Contains(north.get("/silence").body, "The line is down since") })
	if page := north.get("/silence"); strings.Contains(page.body, "cannot be known") || !strings.Contains(page.body, "as North sees it. What is owed can be written all the same") {
		t.Errorf("north is told that it cannot know what it has answered itself: %s", page.body)
	}
	h.cutOff("south", false)

	south.post("/language", url.Values{"language": {"ko"}, "back": {"/silence"}})
	h.acknowledge("north", h.send("south", office.Routine, "liaison", "Calm", "Calm."))
	h.level()
	if page := south.get("/silence"); strings.Contains(page.body, "Calm") {
		t.Error("what was acknowledged and asks nothing stands there")
	}
}

func TestTheSilenceOfATenderIsExplainedWhileItIsOpen(t *testing.T) {
	h, south, north := pair(t)
	h.act("north", "duty-officer", office.KindWatch, &office.WatchBody{})
	tender := h.tendered("south", "Talks")
	h.level()
	for _, page := range []string{tenderHref(tender), "/record/" + tender.String()} {
		h.eventually(page+" tells it", func() bool { return strings.Contains(south.get(page).body, "It was offered to North") })
		south.get(page).want(t, 200, "Proof of silence")
		north.get(page).want(t, 200, "It was offered to North")
	}
	h.act("north", "duty-officer", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderDecline, Reason: office.DeclineSubject, Tender: tender})
	h.level()
	south.get(tenderHref(tender)).want(t, 200, "North has declined it")
	south.get("/record/"+tender.String()).want(t, 200, "North has declined it")
	end := h.act("south", "duty-officer", office.KindTenderEnd, &office.TenderWithdrawBody{Tender: tender})
	for _, page := range []string{tenderHref(tender), "/record/" + tender.String(), "/record/" + end.String()} {
		if strings.Contains(south.get(page).body, `class="cause"`) {
			t.Errorf("%s explains a silence, though nothing is waited for any more", page)
		}
	}
}

func TestSilencesArePaged(t *testing.T) {
	h, south := ours(t)
	for range silenceLength + 2 {
		h.send("south", office.Routine, "liaison", "Paged", "x")
	}
	next := regexp.MustCompile(`/silence\?before=[^"]+`).FindString(south.get("/silence").body)
	if next == "" {
		t.Fatal("there is no way to the less urgent ones")
	}
	page := south.get(strings.ReplaceAll(next, "&#43;", "+"))
	page.want(t, 200, "The most urgent", "32 open")
	if n := strings.Count(page.body, ">Paged</a>"); n != 2 {
		t.Errorf("the second page has %d, want 2", n)
	}
}

func TestAProofOfSilenceIsDownloaded(t *testing.T) {
	h, south := ours(t)
	south.get("/silence/proof?to=north").want(t, 422, "Nothing is waited for from another side")
	south.get("/silence/proof?to=../x").want(t, 404)
	south.get("/silence/proof?about=x").want(t, 404)
	id := h.send("south", office.Routine, "liaison", "Which bank?", "강")
	h.send("south", office.Routine, "liaison", "Which hour?", "때")
	h.level()
	var keys []string
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	for _, side := range row.Charter.Sides {
		keys = append(keys, side.Ledger, side.Cosigner)
	}
	for path, want := range map[string]int{
		"/silence/proof?about=" + url.QueryEscape(id.String()): 1, "/silence/proof?to=north": 2, "/silence/proof?to=north&entries=yes": 2,
	} {
		file := south.get(path)
		file.want(t, http.StatusOK)
		v, err := ledger.VerifySilence(t.Context(), []byte(file.body), keys)
		if err != nil || len(v.Awaits) != want || (v.Leaves != nil) != strings.Contains(path, "entries") {
			t.Errorf("%s: %d dispatches, %d entries, %v", path, len(v.Awaits), len(v.Leaves), err)
		}
	}
}
