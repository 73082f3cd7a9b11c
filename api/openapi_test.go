package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"liaison.example/api"
	"liaison.example/liaisontest"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// described is the description as a program reads it.
type described struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Responses   map[string]struct {
			Content map[string]any `json:"content"`
		} `json:"responses"`
		RequestBody *struct{} `json:"requestBody"`
		Parameters  []struct{ Name, In string }
	} `json:"paths"`
}

// place is where an operation stands in the description.
type place struct {
	method, path string
	status       string // of its good answer
	media        string // of that; empty if it has no body
	body         bool   // it takes one
	inPath       []string
	inQuery      []string
}

func readDescription(t *testing.T) map[string]place {
	t.Helper()
	var d described
	if err := json.Unmarshal(api.OpenAPI(), &d); err != nil {
		t.Fatal(err)
	}
	places := map[string]place{}
	for path, methods := range d.Paths {
		for method, o := range methods {
			p := place{method: strings.ToUpper(method), path: path, body: o.RequestBody != nil}
			for _, parameter := range o.Parameters {
				switch parameter.In {
				case "path":
					p.inPath = append(p.inPath, parameter.Name)
				case "query":
					p.inQuery = append(p.inQuery, parameter.Name)
				}
			}
			for status, answer := range o.Responses {
				if status == "default" {
					continue
				}
				p.status = status
				for media := range answer.Content {
					p.media = media
				}
			}
			if _, twice := places[o.OperationID]; twice || o.OperationID == "" {
				t.Errorf("%s %s: the name %q is not its own", method, path, o.OperationID)
			}
			places[o.OperationID] = p
		}
	}
	return places
}

func TestTheDescriptionInTheDocsIsThatOfTheProgram(t *testing.T) {
	kept, err := os.ReadFile("../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, api.OpenAPI()) {
		t.Error("docs/openapi.json is not what the program says: run 'make manual'")
	}
}

// baseOfOpenAPI is the schema that the OpenAPI Initiative publishes, with the
// schemas that stand in a description held against JSON schema itself.
const baseOfOpenAPI = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"$ref": "https://spec.openapis.org/oas/3.1/schema/2022-10-07",
	"$defs": {"schema": {"$dynamicAnchor": "meta", "$ref": "https://json-schema.org/draft/2020-12/schema"}}
}`

func TestTheDescriptionIsWhatOpenAPIAllows(t *testing.T) {
	published, err := os.ReadFile("testdata/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	for url, text := range map[string]string{"https://spec.openapis.org/oas/3.1/schema/2022-10-07": string(published), "http://node/base": baseOfOpenAPI} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(url, doc); err != nil {
			t.Fatal(err)
		}
	}
	base, err := c.Compile("http://node/base")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(api.OpenAPI()))
	if err != nil {
		t.Fatal(err)
	}
	if err := base.Validate(doc); err != nil {
		t.Error(err)
	}
}

// TestWhatStandsInBracesIsDescribed holds what no schema can: a path and its
// parameters name the same.
func TestWhatStandsInBracesIsDescribed(t *testing.T) {
	braces := regexp.MustCompile(`\{([^}]*)\}`)
	for name, p := range readDescription(t) {
		var want []string
		for _, found := range braces.FindAllStringSubmatch(p.path, -1) {
			want = append(want, found[1])
		}
		if !slices.Equal(p.inPath, want) {
			t.Errorf("%s: %s has the parameters %q", name, p.path, p.inPath)
		}
	}
}

func TestTheMuxHasWhatIsDescribedAndNothingElse(t *testing.T) {
	want := []string{"/"}
	for _, p := range readDescription(t) {
		want = append(want, p.method+" "+p.path)
	}
	got := api.Patterns()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the mux has\n%s\nand the description\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// schemas compiles the schemas of the description. What it does not name is
// refused, so that nothing is answered that is not described.
type schemas struct {
	t *testing.T
	c *jsonschema.Compiler
}

func readSchemas(t *testing.T) schemas {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(api.OpenAPI()))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range doc.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		s.(map[string]any)["additionalProperties"] = false
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("http://node/openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return schemas{t, c}
}

// check holds a text against the schema at a place in the description.
func (s schemas) check(what, text string, at ...string) {
	s.t.Helper()
	pointer := ""
	for _, step := range at {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
	}
	compiled, err := s.c.Compile("http://node/openapi.json#" + pointer)
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		s.t.Errorf("%s: %v: %s", what, err, text)
		return
	}
	if err := compiled.Validate(value); err != nil {
		s.t.Errorf("%s: %v\n%s", what, err, text)
	}
}

// call is one request of a walk over all operations.
type call struct {
	id     string // of the operation
	target string // what stands behind /api/v1; its names in braces are filled in from answers before
	body   string
	keep   string // under which name a member of the answer is kept, as "name=member" or "name=member.member"
}

// calls is every operation once, in an order in which each has what it needs.
// What it leaves stands: it may be called again.
var calls = []call{
	{"getDescription", "/openapi.json", "", ""},
	{"getStatus", "/status?wait=open&timeout=30s", "", ""},
	{"beginUpload", "/uploads", `{"name":"b.txt","size":9}`, "upload=id"},
	{"getUpload", "/uploads/{upload}", "", ""},
	{"appendUpload", "/uploads/{upload}?offset=0", "나다라", ""},
	{"finishUpload", "/uploads/{upload}/finish", "", ""},
	{"finishUpload", "/uploads/{upload}/finish", "", ""},
	{"dropUpload", "/uploads/{upload}/drop", "", ""},
	{"encloseFile", "/enclosures?name=a.txt", "가나다", "file=hash"},
	{"releaseDispatch", "/dispatches?wait=30s", `{"channel":"liaison","precedence":"ROUTINE","subject":"Test 시험","text":"가나다","by":"duty-officer","enclosures":[{"hash":"{file}","name":"a.txt","size":9,"type":"text/plain"}]}`, "sent=id"},
	{"listDispatches", "/dispatches?limit=1", "", ""},
	{"getDispatch", "/dispatches/{sent}", "", ""},
	{"getEnclosure", "/dispatches/{sent}/enclosures/1", "", ""},
	{"listEntries", "/entries?limit=2", "", ""},
	{"getEntry", "/entries/{sent}", "", ""},
	{"discloseEntry", "/entries/{sent}/disclosure", "", ""},
	{"acknowledgeDispatch", "/dispatches/{theirs}/acknowledgement", `{"by":"duty-officer"}`, ""},
	{"considerDispatch", "/dispatches/{theirs}/consideration", `{"by":"duty-officer","until":"2199-01-01T09:00:00Z"}`, ""},
	{"releaseDispatch", "/dispatches?wait=30s", `{"channel":"liaison","precedence":"ROUTINE","subject":"Re","text":"가나다","by":"duty-officer","reply":"{theirs}","references":["{sent}"],"name":"Head of the office","attention":"Head of the office","releasable":"party","party":"A court"}`, ""},
	{"readBackDispatch", "/dispatches/{theirs}/readback", `{"text":"가나다","by":"duty-officer"}`, ""},
	{"answerReadback", "/readbacks/{restated}/answer", `{"answer":"disputed","text":"나다라","by":"duty-officer"}`, ""},
	{"getDispatch", "/dispatches/{order}", "", ""},
	{"closeDispatch", "/dispatches/{theirs}/closing", `{"by":"duty-officer"}`, ""},
	{"releaseDispatch", "/dispatches?wait=30s", `{"channel":"liaison","precedence":"ROUTINE","subject":"Anew","text":"가나다","by":"duty-officer","relation":{"dispatch":"{sent}","kind":"supersession"}}`, ""},
	{"getDispatch", "/dispatches/{theirs}", "", ""},
	{"getDispatch", "/dispatches/{sent}", "", ""},
	{"getThread", "/dispatches/{theirs}/thread", "", ""},
	{"streamEvents", "/events", "", ""},
	{"getCharter", "/charter", "", ""},
	{"proposeCharter", "/charter/proposals", `{"charter":{charter},"note":"Ships.","by":"head"}`, ""},
	{"agreeToCharter", "/charter/agreements", `{"hash":"{hash}","by":"head"}`, ""},
	{"writeNote", "/notes", `{"channel":"liaison","text":"승강기가 움직입니까?","about":"{theirs}","by":"duty-officer"}`, ""},
	{"sayHours", "/hours", `{"zone":"Asia/Seoul","week":[[{"from":"09:00","until":"17:00"}],[],[],[],[],[],[]],"holidays":[{"date":"2018-10-09","hours":[],"name":{"en":"Hangul Day"}}],"by":"head"}`, ""},
	{"getHours", "/hours", "", ""},
	{"listNotes", "/notes?channel=liaison&about=north/1&limit=3", "", ""},
	{"listChannels", "/channels", "", ""},
	{"resumeChannels", "/suspensions/{suspended}/resumption", `{"by":"head"}`, ""},
	{"suspendChannels", "/suspensions", `{"channels":["liaison"],"from":"2199-01-01T09:00:00Z","reason":"공사","stays":"The sick.","by":"head"}`, ""},
	{"listChannels", "/channels", "", ""},
	{"listSuspensions", "/suspensions?limit=2", "", ""},
	{"logAttempt", "/attempts", `{"channel":"liaison","means":"telephone","outcome":"no-answer","dispatch":"{theirs}","text":"두 번","by":"duty-officer"}`, ""},
	{"confirmAttempt", "/attempts/{tried}/confirmation", `{"confirms":"in-part","text":"한 번","by":"duty-officer"}`, ""},
	{"listAttempts", "/attempts?channel=liaison&from=north&waiting=east&dispatch=south/1&limit=3", "", ""},
	{"listAttempts", "/attempts", "", ""},
	{"offerTender", "/tenders", `{"channel":"liaison","precedence":"ROUTINE","name":"조명균","rank":"Minister","attention":"Ri S.","subject":"회담","by":"duty-officer"}`, ""},
	{"answerTender", "/tenders/{tendered}/answer", `{"answer":"declined","reason":"name-or-rank","text":"직급","by":"duty-officer"}`, ""},
	{"listSilences", "/silences", "", ""},
	{"listSilences", "/silences?from=south&to=north&channel=liaison&precedence=ROUTINE&cause=nobody-on-watch&overdue=false&limit=1", "", ""},
	{"proveSilence", "/silences/proof?entries=true", "", ""},
	{"proveSilence", "/silences/proof?to=north", "", ""},
	{"withdrawTender", "/tenders/{offered}/withdrawal", `{"text":"Not now.","by":"duty-officer"}`, ""},
	{"getTender", "/tenders/{tendered}", "", ""},
	{"getTender", "/tenders/{offered}", "", ""},
	{"listTenders", "/tenders?channel=liaison&from=south&state=unanswered&waiting=north&limit=3", "", ""},
	{"listTenders", "/tenders?state=withdrawn", "", ""},
	{"changeRanks", "/ranks", `{"add":[{"here":"Minister","side":"north","there":"Chairman"}]}`, ""},
	{"getRanks", "/ranks", "", ""},
	{"writeHandover", "/handovers/{leaving}", `{"version":0,"words":"승강기는 고쳤습니다.","by":"head"}`, ""},
	{"listHandovers", "/handovers?limit=50", "", ""},
	{"signHandover", "/handovers/{leaving}/signature", `{"version":1,"name":"김명철","languages":["ko"],"until":"2199-01-01T09:00:00Z","by":"head"}`, "taken=id"},
	{"endWatch", "/watch/end", `{"by":"head"}`, ""},
	{"startWatch", "/watch", `{"name":"김명철","until":"2199-01-01T09:00:00Z","by":"duty-officer"}`, ""},
	{"getWatch", "/watch", "", ""},
	{"getWatch", "/watch?at=2018-09-14T09:00:00Z", "", ""},
	{"endWatch", "/watch/end", `{"by":"duty-officer"}`, ""},
	{"listWatches", "/watch/history?side=south&limit=3", "", ""},
	{"putRotation", "/roster/rotations", `{"name":"Second","from":"2018-01-01","starts":["08:00"],"days":[1,2,3,4,5],"minutes":480,"turn":[{"who":"post:duty-officer","languages":["ko","en"]},{"who":"kim"}],"by":"head"}`, ""},
	{"getRoster", "/roster", "", ""},
	{"offerSwap", "/roster/swaps", `{"watch":"1/2199-01-01/00:00","words":"A train comes late.","by":"duty-officer"}`, "swap=id"},
	{"acceptSwap", "/roster/swaps/{swap}/accept", `{"by":"head"}`, ""},
	{"offerSwap", "/roster/swaps", `{"watch":"1/2199-01-02/00:00","back":"1/2199-01-02/12:00","by":"duty-officer"}`, "swap=id"},
	{"withdrawSwap", "/roster/swaps/{swap}/withdraw", `{"by":"duty-officer"}`, ""},
	{"declineSwap", "/roster/swaps/{declined}/decline", `{"by":"duty-officer"}`, ""},
	{"giveWatch", "/roster/watches", `{"watch":"1/2199-01-03/00:00","who":"kim","why":"병가","by":"head"}`, ""},
	{"getRoster", "/roster?from=2198-12-31T00:00:00Z&until=2199-01-02T00:00:00Z", "", ""},
	{"promiseCoverage", "/coverage", `{"languages":["ko"],"week":[[{"from":"00:00","until":"24:00"}],[],[],[],[],[],[]],"who":["당직관"],"by":"head"}`, ""},
	{"getCoverage", "/coverage", "", ""},
	{"changePersonnel", "/personnel", `{"post":"duty-officer","from":"2199-01-01T09:00Z","comes":"박서연","languages":["ko"],"by":"head"}`, ""},
	{"listPersonnel", "/personnel?side=south&limit=3", "", ""},
	{"callCheck", "/checks", `{"channel":"liaison","by":"duty-officer"}`, ""},
	{"answerCheck", "/checks/{called}/answer", `{"heard":"weak","remark":"상자로 보이는 글자가 있다.","by":"duty-officer"}`, ""},
	{"listChecks", "/checks?channel=liaison&limit=3", "", ""},
	{"getCheckSchedule", "/checks/schedule", "", ""},
	{"getCheckMonth", "/checks/months/2018-10?channel=liaison", "", ""},
	{"getStatistics", "/statistics", "", ""},
	{"getStatistics", "/statistics?from=2018-09&to=2018-10&channel=liaison", "", ""},
	{"proposeForm", "/forms", `{"form":{form},"note":"For works.","by":"head"}`, ""},
	{"agreeToForm", "/forms/{formHash}/agreement", `{"by":"head"}`, ""},
	{"listForms", "/forms?state=open&code=an&limit=5", "", ""},
	{"getForm", "/forms/{formHash}", "", ""},
	{"listPosts", "/posts", "", ""},
	{"accreditPost", "/posts", `{"post":"interpreter","name":{"en":"Interpreter"},"role":"interpreter","languages":["ko"],"by":"head"}`, ""},
	{"makeSignInLink", "/sign-in-links", `{"post":"interpreter"}`, ""},
	{"addAccount", "/accounts", `{"name":"park","person":"Park","posts":["duty-officer"]}`, ""},
	{"listAccounts", "/accounts", "", ""},
	{"changeAccount", "/accounts/park", `{"person":"Park, P."}`, ""},
	{"makeAccountLink", "/accounts/park/sign-in-links", `{"valid_seconds":3600}`, ""},
	{"makeToken", "/tokens", `{"account":"park","scopes":["read"],"note":"for a test"}`, "token=token.id"},
	{"listTokens", "/tokens", "", ""},
	{"revokeToken", "/tokens/{token}/revoke", "", ""},
	{"getRules", "/rules", "", ""},
	{"changeRules", "/rules", `{"rules":[{"role":"officer","act":"dispatch.alone","precedence":"ROUTINE","allowed":true}]}`, ""},
	{"nameActing", "/acting", `{"head":"head","post":"duty-officer","until":"2100-01-01T00:00:00Z","since":"2099-12-01T00:00:00Z"}`, ""},
	{"listActing", "/acting", "", ""},
	{"endActing", "/acting/1/end", "", ""},
	{"addWebhook", "/webhooks", `{"url":"{hook}"}`, "webhook=webhook.id"},
	{"listWebhooks", "/webhooks", "", ""},
	{"testWebhook", "/webhooks/{webhook}/test", "", ""},
	{"removeWebhook", "/webhooks/{webhook}/remove", "", ""},
	{"addMeans", "/told/means", `{"account":"park","kind":"webhook","label":"SMS","settings":{"url":"{hook}"}}`, "means=means.id"},
	{"listMeans", "/told/means?account=park", "", ""},
	{"testMeans", "/told/means/{means}/test", "", ""},
	{"listNotices", "/told/notices?limit=5", "", ""},
	{"getQuiet", "/told/quiet?account={whose}", "", ""},
	{"setQuiet", "/told/quiet?account={whose}", `{"from":"22:00","until":"07:00"}`, ""},
	{"listSessions", "/sessions?account={whose}&limit=3", "", "session=sessions.0.id"},
	{"revokeSession", "/sessions/{session}/revoke?account={whose}", "", ""},
	{"listAccountSessions", "/accounts/kim/sessions", "", "session=sessions.0.id"},
	{"revokeAccountSession", "/accounts/kim/sessions/{session}/revoke", "", ""},
	{"keepView", "/views?account={whose}", `{"name":"강","query":"q=물&from=north&state=ours"}`, ""},
	{"keepView", "/views?account={whose}", `{"name":"North","query":"from=north"}`, ""},
	{"raiseView", "/views/North/raise?account={whose}", "", ""},
	{"listViews", "/views?account={whose}", "", ""},
	{"dropView", "/views/North/drop?account={whose}", "", ""},
	{"makeFeed", "/feeds?account={whose}", `{"whole":true}`, ""},
	{"listFeeds", "/feeds?account={whose}", "", ""},
	{"endFeed", "/feeds/end?account={whose}", `{"whole":true}`, ""},
	{"beginDraft", "/drafts", `{"content":{"channel":"liaison","subject":"초안"},"by":"duty-officer"}`, "mine=id"},
	{"listDrafts", "/drafts?shelf=open&limit=1", "", ""},
	{"getDraft", "/drafts/{draft}", "", ""},
	{"saveDraft", "/drafts/{mine}", `{"version":1,"content":{"channel":"liaison","precedence":"ROUTINE","subject":"초안","text":"가나다"},"by":"duty-officer"}`, ""},
	{"submitDraft", "/drafts/{mine}/submit", `{"version":2,"by":"duty-officer"}`, ""},
	{"withdrawDraft", "/drafts/{mine}/withdraw", `{"version":2,"by":"duty-officer"}`, ""},
	{"submitDraft", "/drafts/{mine}/submit", `{"version":2,"by":"duty-officer"}`, ""},
	{"returnDraft", "/drafts/{mine}/return", `{"version":2,"words":"The date is missing.","by":"head"}`, ""},
	{"commentOnDraft", "/drafts/{draft}/comments", `{"words":"Good.","by":"head"}`, ""},
	{"approveDraft", "/drafts/{draft}/approve", `{"version":1,"by":"head"}`, ""},
	{"discardDraft", "/drafts/{mine}/discard", `{"version":2,"by":"duty-officer"}`, ""},
	{"releaseDraft", "/drafts/{draft}/release", `{"version":1,"by":"head"}`, ""},
	{"suspendAccount", "/accounts/park/suspend", "", ""},
	{"resumeAccount", "/accounts/park/resume", "", ""},
	{"listTrail", "/trail?limit=3", "", ""},
	{"endPost", "/posts/interpreter/end", `{"by":"head"}`, ""},
	{"cutLine", "/lines/north/cut", `{"cut":true}`, ""},
	{"listAlarms", "/alarms?all=true", "", "alarm=alarms.0.id"},
	{"clearAlarm", "/alarms/{alarm}/clear", `{"by":"duty-officer"}`, ""},
	{"admitSide", "/admissions", `{"credence":"x"}`, ""},
	{"makeBackup", "/backup", "", ""},
}

func TestEachOperationAnswersAsItIsDescribed(t *testing.T) {
	o, known := readyOffice(t)
	path := serve(t, o.Nodes["south"], func(c *api.Config) {
		c.Backup = func(_ context.Context, w io.Writer) error { _, err := w.Write([]byte("tar")); return err }
		c.Admit = func(context.Context, string) error { return nil }
	})
	places, schemas := readDescription(t), readSchemas(t)
	called := map[string]bool{}
	for _, c := range calls {
		p, there := places[c.id]
		if !there {
			t.Errorf("%s is not described", c.id)
			continue
		}
		called[c.id] = true
		target, body := fillIn(c.target, known), fillIn(c.body, known)
		if p.body != (body != "") {
			t.Errorf("%s: it is described with a body: %v; it is called with %q", c.id, p.body, body)
		}
		if body != "" && c.id != "encloseFile" && c.id != "appendUpload" {
			schemas.check("the request of "+c.id, body, "paths", p.path, strings.ToLower(p.method), "requestBody", "content", "application/json", "schema")
		}
		status, header, answer := request(t, path, p.method, api.Path+target, body, "")
		if got := fmt.Sprint(status); got != p.status {
			t.Errorf("%s: got %s, described is %s: %s", c.id, got, p.status, answer)
			continue
		}
		if got := header.Get("Content-Type"); got != p.media {
			t.Errorf("%s: got %q, described is %q", c.id, got, p.media)
		}
		if p.media == "application/json" {
			schemas.check("the answer of "+c.id, answer, "paths", p.path, strings.ToLower(p.method), "responses", p.status, "content", p.media, "schema")
		}
		keep(t, c, answer, known)
	}
	for _, id := range slices.Sorted(maps.Keys(places)) {
		if !called[id] {
			t.Errorf("%s is described and was not called", id)
		}
	}
	for _, row := range []struct{ method, target, body string }{
		{"GET", "/nowhere", ""}, {"GET", "/dispatches/south/9999", ""}, {"POST", "/dispatches", "{"},
		{"POST", "/dispatches", `{"channel":"nowhere","precedence":"ROUTINE","subject":"x","text":"x","by":"head"}`},
	} {
		_, _, answer := request(t, path, row.method, api.Path+row.target, row.body, "")
		schemas.check("the problem of "+row.target, answer, "components", "responses", "Problem", "content", "application/problem+json", "schema")
	}
}

// readyOffice opens an office in which south has what the calls need: a dispatch
// of north, an alarm, and a charter that north proposes.
func readyOffice(t *testing.T) (*liaisontest.Office, map[string]string) {
	t.Helper()
	o, south, north := two(t)
	ctx := t.Context()
	asks := test
	asks.Readback = true
	theirs, err := north.Send(ctx, asks, patience)
	if err != nil {
		t.Fatal(err)
	}
	called, err := north.CallCheck(ctx, api.NewCheck{Channel: "liaison", By: "duty-officer"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := south.Enclose(ctx, "a.txt", 9, strings.NewReader("가나다"))
	if err != nil {
		t.Fatal(err)
	}
	now, err := south.Charter(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wanted, other := *now.Charter, *now.Charter
	wanted.Channels = append(slices.Clone(wanted.Channels), office.Channel{ID: "maritime", Name: office.Words{"en": "Maritime"}, Purpose: office.Words{"en": "Ships."}})
	other.Channels = append(slices.Clone(other.Channels), office.Channel{ID: "river", Name: office.Words{"en": "River"}, Purpose: office.Words{"en": "Floods."}})
	if _, err := north.Propose(ctx, api.NewProposal{Charter: &other, By: "head"}); err != nil {
		t.Fatal(err)
	}
	crossing := noticeForm("ve")
	if _, err := north.ProposeForm(ctx, api.NewForm{Form: crossing, By: "head"}); err != nil {
		t.Fatal(err)
	}
	order, err := south.Send(ctx, api.NewDispatch{Channel: "liaison", Precedence: office.Routine, Subject: "Crossing", Text: "네 대", By: "duty-officer", Particulars: api.Particulars{Readback: true}}, patience)
	if err != nil {
		t.Fatal(err)
	}
	o.Equal()
	restated, err := north.ReadBack(ctx, order.ID, api.NewReadback{Text: "세 대", By: "duty-officer"})
	if err != nil {
		t.Fatal(err)
	}
	tried, err := north.LogAttempt(ctx, api.NewAttempt{Channel: "liaison", Means: office.Radio, Outcome: office.NoAnswer, By: "duty-officer"})
	if err != nil {
		t.Fatal(err)
	}
	tendered, err := north.OfferTender(ctx, api.NewTender{Channel: "liaison", Precedence: office.Routine, Name: "Ri S.", Attention: "Cho M.", Subject: "Talks", By: "duty-officer"})
	if err != nil {
		t.Fatal(err)
	}
	offered, err := south.OfferTender(ctx, api.NewTender{Channel: "liaison", Precedence: office.Routine, Name: "Cho M.", Attention: "Ri S.", Subject: "Talks", By: "duty-officer"})
	if err != nil {
		t.Fatal(err)
	}
	suspended, err := south.Suspend(ctx, api.NewSuspension{Channels: []string{"liaison"}, Reason: "Works.", By: "head"})
	if err != nil {
		t.Fatal(err)
	}
	notice, err := json.Marshal(noticeForm("an"))
	if err != nil {
		t.Fatal(err)
	}
	o.Equal()
	// A clock that is far off raises an alarm at the next greeting.
	o.TurnClock("north", 3*60*60*1e9)
	o.Stop("north")
	o.Start("north")
	events, cancel := o.Nodes["south"].Watch()
	defer cancel()
	for alarms := []api.Alarm(nil); len(alarms) == 0; {
		if alarms, err = south.Alarms(ctx, true); err != nil {
			t.Fatal(err)
		}
		if len(alarms) == 0 {
			<-events
		}
	}
	charter, err := json.Marshal(&wanted)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := south.AddAccount(ctx, api.NewAccount{Name: "kim", Person: "Kim", Posts: []office.Post{"duty-officer"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := south.PutRotation(ctx, api.NewRotation{
		Name: "Desk", From: "2018-01-01", Starts: []string{"00:00", "12:00"}, Minutes: 720, Turn: []api.InTurn{{Who: "post:duty-officer"}, {Who: "kim"}}, By: "head",
	}); err != nil {
		t.Fatal(err)
	}
	kim := people.Hand{By: people.By{Who: "kim"}, Post: "duty-officer", Role: "duty-officer"}
	declined, err := o.Nodes["south"].People().OfferSwap(ctx, kim, nil, people.Swap{Watch: people.WatchID{Layer: 1, Day: "2199-01-04", Start: "12:00"}, To: "post:duty-officer"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // sessions, to be ended
		link, err := o.Nodes["south"].People().AccountLink(ctx, people.By{Who: people.Operator}, "kim", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := o.Nodes["south"].People().Redeem(ctx, link, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	leaving, err := south.StartWatch(ctx, api.NewWatch{By: "head"})
	if err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(hook.Close)
	if err := o.Nodes["south"].Notify().SetOffice(t.Context(), "webhook", notify.Settings{"private": "1"}); err != nil {
		t.Fatal(err)
	}
	return o, map[string]string{"file": file.Hash, "hook": hook.URL, "whose": "kim", "leaving": leaving.ID.String(), "draft": kimsDraft(t, o, "ready"), "theirs": theirs.ID.String(), "order": order.ID.String(), "restated": restated.ID.String(), "tried": tried.ID.String(), "tendered": tendered.ID.String(), "offered": offered.ID.String(), "suspended": suspended.ID.String(),
		"declined": strconv.FormatInt(declined.ID, 10), "called": called.ID.String(), "charter": string(charter), "hash": office.HashCharter(&other),
		"form": string(notice), "formHash": office.HashForm(crossing)}
}

// kimsDraft makes a draft of another person of south, sends it to review and
// returns its number.
func kimsDraft(t *testing.T, o *liaisontest.Office, key string) string {
	t.Helper()
	kim := people.Hand{By: people.By{Who: "kim"}, Post: "duty-officer", Role: "duty-officer"}
	p := o.Nodes["south"].People()
	draft, err := p.NewDraft(t.Context(), kim, key, people.Content{Channel: "liaison", Precedence: office.Routine, Subject: "Draft", Text: "Draft", To: []office.Side{"north"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Submit(t.Context(), kim, draft.ID, draft.Version); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(draft.ID, 10)
}

func fillIn(text string, known map[string]string) string {
	for name, value := range known {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// keep keeps what later calls need of an answer.
func keep(t *testing.T, c call, answer string, known map[string]string) {
	t.Helper()
	name, member, wanted := strings.Cut(c.keep, "=")
	if !wanted {
		return
	}
	d := json.NewDecoder(strings.NewReader(answer))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		t.Fatal(err)
	}
	for _, step := range strings.Split(member, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			value = v[0]
		}
	}
	known[name] = fmt.Sprint(value)
}

// request sends a request to a socket, with a token if it is not empty. Of a
// stream it reads nothing.
func request(t *testing.T, path, method, target, body, token string) (status int, header http.Header, answer string) {
	t.Helper()
	h := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://node"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := h.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream") {
		return a.StatusCode, a.Header, ""
	}
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, a.Header, string(text)
}
