package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

// alerts are what a page says was wrong.
var alerts = regexp.MustCompile(`(?s)role="alert".*?</p>`)

// anyPost are the acts of the pages for which no role is asked: they write nothing
// that is the side's, or their rules ask for something else than a role.
var anyPost = strings.Fields(`
	/views /views/raise /views/drop /codes /line/cut /sound /alarms/{id}/clear /roster/feeds /drafts/{id}/comment /uploads/{upload}
`)

// TestEachActOfThePagesIsForTheRolesOfTheTable walks over every act of the pages as a
// post of each role: whom the house rules forbid it is refused, and nobody else is.
func TestEachActOfThePagesIsForTheRolesOfTheTable(t *testing.T) {
	h, south := ours(t)
	sent := h.send("north", office.Routine, "liaison", "Water", "It rises.")
	offered := h.tendered("north", "Talks")
	tried := h.act("north", "duty-officer", office.KindAttempt, &office.AttemptBody{Channel: "liaison", Means: "telephone", Outcome: "reached", Text: "Spoke.", Moment: office.MinuteOf(h.now().UnixMilli()), To: []office.Side{"south"}})
	h.level()
	own := h.tendered("south", "Talks of ours")
	asks := func(from, to office.Side) office.EntryID {
		id := h.act(from, "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Routine, To: []office.Side{to}, Subject: "Water", Text: "It falls.", Readback: true})
		h.level()
		return id
	}
	toRead := asks("north", "south")
	read := h.act("north", "duty-officer", office.KindReadback, &office.ReadbackBody{Dispatch: asks("south", "north"), Text: "It falls."})
	h.level()
	row, err := h.nodes["south"].Records().Office(t.Context())
	must(t, err)
	charter := proposeForm(row.Charter, row.Hash)
	charter.Set("do", "propose")
	charter.Set("side-name", "South of the river")
	writer := south
	writer.cookie = h.account(people.Account{Name: "writer", Person: "Writer", Posts: []office.Post{"duty-officer"}})

	text := func(form url.Values, more ...string) url.Values {
		out := url.Values{"channel": {"liaison"}, "text": {"Words."}, "version": {"1"}}
		for name, values := range form {
			out[name] = values
		}
		for i := 0; i < len(more); i += 2 {
			out.Set(more[i], more[i+1])
		}
		return out
	}
	type walked struct {
		act  string // of the table
		path string // if it is not the pattern
		form url.Values
	}
	saved := dispatchForm("Saved", "As a draft.")
	saved.Set("do", "save")
	changed := dispatchForm("Changed", "In a draft.")
	changed.Set("do", "save")
	changed.Set("version", "1")
	acts := map[string]walked{
		"/dispatches":                            {people.ActDraft, "", saved},
		enclosuresPath:                           {people.ActDraft, "", nil},
		uploadsPath:                              {people.ActDraft, "", url.Values{"name": {"a.txt"}, "size": {"5"}}},
		"/dispatches/{side}/{index}/acknowledge": {office.KindAcknowledge, "/dispatches/" + sent.String() + "/acknowledge", url.Values{}},
		"/dispatches/{side}/{index}/consider":    {office.KindConsider, "/dispatches/" + sent.String() + "/consider", url.Values{"until": {"2199-01-01 09:00"}}},
		"/dispatches/{side}/{index}/close":       {office.KindClose, "/dispatches/" + sent.String() + "/close", url.Values{}},
		"/dispatches/{side}/{index}/readback":    {office.KindReadback, "/dispatches/" + toRead.String() + "/readback", url.Values{"text": {"It falls."}}},
		"/readbacks/{side}/{index}/answer":       {office.KindReadbackReply, "/readbacks/" + read.String() + "/answer", url.Values{"answer": {string(office.ReadbackConfirm)}}},
		"/drafts/{id}":                           {people.ActDraft, "", changed},
		"/drafts/{id}/submit":                    {people.ActDraft, "", version(1)},
		"/drafts/{id}/withdraw":                  {people.ActDraft, "", version(1)},
		"/drafts/{id}/discard":                   {people.ActDraft, "", version(1)},
		"/drafts/{id}/approve":                   {people.ActReview, "", version(1)},
		"/drafts/{id}/return":                    {people.ActReview, "", url.Values{"version": {"1"}, "reason": {"Why?"}}},
		"/drafts/{id}/release":                   {office.KindDispatch, "", version(1)},
		"/notes":                                 {office.KindNote, "", text(nil)},
		"/relations/suspend":                     {office.KindSuspension, "", url.Values{"channel": {"liaison"}, "reason": {"Works."}, "stays": {""}, "from": {""}}},
		"/relations/resume":                      {office.KindResumption, "", url.Values{"of": {"south/999"}, "channel": {"liaison"}, "from": {""}}},
		"/attempts":                              {office.KindAttempt, "", text(url.Values{"means": {"telephone"}, "outcome": {"no-answer"}})},
		"/attempts/confirm":                      {office.KindConfirm, "", text(url.Values{"of": {tried.String()}, "confirms": {"no"}})},
		"/tenders":                               {office.KindTender, "", url.Values{"channel": {"liaison"}, "precedence": {"ROUTINE"}, "name": {"Cho"}, "attention": {"Ri"}, "subject": {"Talks"}, "looked": {"Cho /  / Ri"}}},
		"/tenders/{side}/{index}/answer":         {office.KindTenderReply, tenderHref(offered) + "/answer", url.Values{"answer": {string(office.TenderAccept)}}},
		"/tenders/{side}/{index}/withdraw":       {office.KindTenderEnd, tenderHref(own) + "/withdraw", url.Values{}},
		"/watch":                                 {office.KindWatch, "", url.Values{"name": {"Kim"}, "until": {"2199-01-01 09:00"}}},
		"/watch/end":                             {office.KindWatchEnd, "", nil},
		"/watch/handover":                        {office.KindWatch, "", nil},
		"/roster/rotations":                      {people.ActRoster, "", url.Values{"name": {"Desk"}, "begins": {"2199-01-01"}, "starts": {"08:00"}, "hours": {"8"}, "each": {"1"}, "turn": {"post:head ko"}}},
		"/roster/rotations/{id}/end":             {people.ActRoster, "/roster/rotations/999/end", url.Values{}},
		"/roster/give":                           {people.ActRoster, "", url.Values{"watch": {"1/2199-01-01/08:00"}, "who": {"post:head"}}},
		"/coverage":                              {office.KindCoverage, "", url.Values{"from": {""}, "until": {""}, "who": {"Kim"}, "languages": {"ko"}, "day-0": {"09:00-17:00"}}},
		"/personnel":                             {office.KindPersonnel, "", url.Values{"post": {"duty-officer"}, "comes": {"Park"}, "goes": {""}, "from": {"2199-01-01 09:00"}, "languages": {"ko"}}},
		"/checks":                                {office.KindCheck, "", text(nil, "text", "")},
		"/checks/{side}/{index}/answer":          {office.KindCheckAnswer, "/checks/north/999/answer", url.Values{"channel": {"liaison"}, "heard": {"clear"}}},
		"/hours":                                 {office.KindHours, "", sayHours("Asia/Seoul")},
		"/charter/propose":                       {office.KindPropose, "", charter},
		"/charter/agree":                         {office.KindAgree, "", url.Values{"hash": {strings.Repeat("0", 64)}}},
		"/forms/propose":                         {office.KindProposeForm, "", nil},
		"/forms/agree":                           {office.KindAgreeForm, "", nil},
		"/forms/propose-text":                    {office.KindProposeForm, "", url.Values{"text": {indentedForm(noticeAhead())}, "note": {"Times."}, "do": {"propose"}}},
	}
	rules, err := h.nodes["south"].People().Rules(t.Context())
	must(t, err)
	watch := h.act("south", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
	_, brought := brought(t, "an")
	acts["/watch/end"] = walked{office.KindWatchEnd, "", url.Values{"watch": {watch.String()}}}
	kept := h.act("south", "head", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
	acts["/watch/handover"] = walked{office.KindWatch, "", url.Values{"watch": {kept.String()}, "version": {"0"}, "text": {"Words."}}}
	acts["/forms/propose"] = walked{office.KindProposeForm, "", url.Values{"hash": {brought}}}
	acts["/forms/agree"] = walked{office.KindAgreeForm, "", url.Values{"hash": {brought}}}
	onWatch := map[string]url.Values{ // for who can be on watch: they take and give up their own
		"/roster/swaps":            {"watch": {"1/2199-01-01/08:00"}},
		"/roster/swaps/{id}/{act}": {},
	}

	// Nobody does these here: there is nothing to do them with.
	notDone := []string{"/drafts/{id}/withdraw", "/charter/agree", "/relations/resume", "/checks/{side}/{index}/answer", "/roster/swaps", "/roster/swaps/{id}/{act}", "/roster/rotations/{id}/end", "/roster/give"}
	did := map[string]bool{}

	// Observers are walked first, and heads, who may do everything, last.
	roles := []string{"observer", "interpreter", "secretary", "officer", "duty-officer", "deputy", "head"}
	if len(roles) != len(office.Roles) {
		t.Fatal("there are other roles")
	}
	for _, role := range roles {
		post := office.Post("the-" + role)
		h.act("south", "head", office.KindPost, &office.PostBody{Post: post, Role: role, Languages: []string{"en"}, Name: office.Words{"en": "The " + role}})
		south.cookie = h.account(people.Account{Name: post, Person: role, Posts: []office.Post{post}})
		for _, route := range routes {
			path, is := strings.CutPrefix(route.pattern, "POST ")
			if !is || route.access != signedIn {
				continue
			}
			one, known := acts[path]
			form, watches := onWatch[path]
			switch {
			case watches:
				one = walked{office.KindWatch, strings.NewReplacer("{id}", "999", "{act}", "accept").Replace(path), form}
			case !known:
				for _, any := range anyPost {
					known = known || any == path
				}
				if !known {
					t.Errorf("nothing says which roles may do %s", path)
				}
				continue
			}
			to := path
			if one.path != "" {
				to = one.path
			}
			if act, is := strings.CutPrefix(path, "/drafts/{id}"); is { // each has a draft of its own, of another person
				to = writer.begins("Begun", "By another.") + act
				if slices.Contains([]string{"/withdraw", "/approve", "/return", "/release"}, act) {
					writer.post(strings.TrimSuffix(to, act)+"/submit", version(1)).want(t, 303)
				}
			}
			if one.form != nil {
				one.form.Set("once", newKey())
			}
			var answer answered
			if path == enclosuresPath {
				answer = south.upload(saved, [2]string{"a.txt", "hello"})
			} else {
				answer = south.post(to, one.form)
			}
			may := rules.May(post, role, one.act, "", "") || rules.MayAny(post, role, one.act)
			switch done := answer.status == http.StatusSeeOther || (path == enclosuresPath || path == uploadsPath) && answer.status == http.StatusOK; {
			case done && !may:
				t.Errorf("%s does %s, which the table (%s) does not allow", role, path, one.act)
			case may && strings.Contains(answer.body, "may not do this"):
				t.Errorf("%s is refused %s, which the table (%s) allows", role, path, one.act)
			case done:
				did[path] = true
			case role == "head" && !did[path] && !slices.Contains(notDone, path):
				t.Errorf("nobody does %s: %d %s", path, answer.status, alerts.FindAllString(answer.body, -1))
			}
		}
	}
}
