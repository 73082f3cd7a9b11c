package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"liaison.example/internal/outside"
	"liaison.example/office"
	"liaison.example/people"
)

// rostered gives south a roster: a desk around the clock from two weeks ago on, of
// the duty officer, two persons and the head in turn, with a second on working days.
// It returns who keeps it, and the day of today on the clock of south.
func (h *house) rostered() (keeper people.Hand, today time.Time) {
	h.t.Helper()
	p, ctx := h.nodes["south"].People(), h.t.Context()
	for name, person := range map[string]string{"kim": "김명철", "park": "Park Seo-yeon"} {
		must(h.t, p.AddAccount(ctx, people.By{Who: people.Operator}, people.Account{Name: name, Person: person, Posts: []office.Post{"duty-officer"}}))
	}
	keeper = people.Hand{By: people.By{Who: people.Operator}, Post: "head", Role: "head"}
	clock, _, err := h.nodes["south"].RosterClock(ctx)
	must(h.t, err)
	today = h.now().In(time.FixedZone("", 9*3600)).Truncate(time.Second)
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	for _, r := range []people.Rotation{
		{Name: "당직실", From: day(-14), Starts: []string{"00:00", "08:00", "16:00"}, Minutes: 480, Each: 1, Turn: []people.InTurn{
			{Who: "kim", Languages: []string{"ko", "en"}}, {Who: "park", Languages: []string{"ko"}}, {Who: "post:duty-officer", Languages: []string{"ko", "en"}}, {Who: "post:head"},
		}},
		{Name: "Second", From: day(-14), Days: []int{1, 2, 3, 4, 5}, Starts: []string{"09:00"}, Minutes: 480, Each: 5, Turn: []people.InTurn{{Who: "park"}, {Who: "kim"}}},
		{Name: "Holidays", Instead: 1, From: day(2), Until: day(4), Starts: []string{"06:00", "18:00"}, Minutes: 660, Each: 1, Turn: []people.InTurn{{Who: "post:duty-officer"}, {Who: "park"}}},
	} {
		_, err := p.PutRotation(ctx, keeper, clock, r)
		must(h.t, err)
	}
	return keeper, today
}

func TestACalendarFeedIsReadByOthersWithoutASession(t *testing.T) {
	h, south := ours(t)
	keeper, today := h.rostered()
	ctx, p := t.Context(), h.nodes["south"].People()
	kim := people.By{Who: "kim"}
	token, err := p.MakeFeed(ctx, kim, kim.Who, false)
	must(t, err)
	whole, err := p.MakeFeed(ctx, kim, kim.Who, true)
	must(t, err)
	reader := client{t: t, url: south.url} // nobody
	read := func(token string) (events map[string]string, text string) {
		t.Helper()
		a := reader.get(feedPath + token + feedSuffix)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/calendar; charset=utf-8" {
			t.Fatalf("%d %v %s", a.status, a.header, a.body)
		}
		for _, line := range strings.SplitAfter(a.body, "\r\n") {
			if len(line) > 77 || strings.ContainsAny(strings.TrimSuffix(line, "\r\n"), "\r\n") {
				t.Errorf("a line of RFC 5545 is not so: %q", line)
			}
		}
		lines, err := outside.ReadCalendar(t, []byte(a.body))
		must(t, err)
		events = map[string]string{}
		for _, line := range lines {
			uid, rest, _ := strings.Cut(line, " ")
			if _, twice := events[uid]; twice {
				t.Errorf("%s comes twice", uid)
			}
			events[uid] = rest
		}
		return events, a.body
	}
	all, _ := read(whole)
	own, text := read(token)
	if again := reader.get(feedPath + token + feedSuffix); again.body != text {
		t.Error("the same roster gives another feed")
	}
	if len(all) < 3*180 || len(own) < 180/2 || len(own) >= len(all) {
		t.Errorf("%d watches, of which %d of kim", len(all), len(own))
	}
	for uid, rest := range own {
		if !strings.HasPrefix(uid, "watch-") || !strings.HasSuffix(uid, "@south."+h.status("south").Office) || !strings.Contains(rest, "CONFIRMED Watch: ") {
			t.Errorf("%s %s", uid, rest)
		}
	}
	plan, err := h.nodes["south"].Plan(ctx, today.AddDate(0, 0, 8), today.AddDate(0, 0, 20))
	must(t, err)
	clock, _, err := h.nodes["south"].RosterClock(ctx)
	must(t, err)
	for _, w := range plan.Watches {
		if w.Who != "kim" {
			continue
		}
		uid := "watch-" + strings.NewReplacer("/", "-", ":", "").Replace(w.WatchID.String()) + "@south." + h.status("south").Office
		before := own[uid]
		if want := fromMillis(w.From).Format(time.RFC3339) + " " + fromMillis(w.Until).Format(time.RFC3339); !strings.Contains(before, want) {
			t.Errorf("%s: %q, want %s", uid, before, want)
		}
		must(t, p.GiveWatch(ctx, keeper, clock, w.WatchID, "park", ""))
		own, _ = read(token)
		was, is := strings.SplitN(before, " ", 2), strings.SplitN(own[uid], " ", 2)
		if is[0] <= was[0] || !strings.Contains(is[1], "CANCELLED Given to Park Seo-yeon: ") { // both have one digit
			t.Errorf("a watch that was given away: %q, then %q", before, own[uid])
		}
		all, _ = read(whole)
		if !strings.Contains(all[uid], "CONFIRMED Park Seo-yeon: ") {
			t.Errorf("for the desk: %s", all[uid])
		}
		break
	}

	cached := client{t: t, url: south.url, header: http.Header{"If-None-Match": {reader.get(feedPath + token + feedSuffix).header.Get("ETag")}}}
	cached.get(feedPath+token+feedSuffix).want(t, http.StatusNotModified)
	hint := reader.get("/nowhere")
	for what, path := range map[string]string{"unknown": strings.Repeat("A", 43) + feedSuffix, "short": "A" + feedSuffix, "without its end": token, "nothing": ""} {
		if a := reader.get(feedPath + path); a.status != http.StatusNotFound || matter(a.body) != matter(hint.body) {
			t.Errorf("%s: %d, unlike any other address: %s", what, a.status, matter(a.body))
		}
	}
	for range feedLimit {
		reader.get(feedPath + token + feedSuffix)
	}
	if a := reader.get(feedPath + token + feedSuffix); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("asked too often: %d", a.status)
	}
	reader.get(feedPath+whole+feedSuffix).want(t, 200)
	must(t, p.EndFeed(ctx, kim, kim.Who, true))
	reader.get(feedPath+whole+feedSuffix).want(t, 404)
}

func TestTheTokenOfAFeedStandsInNoLog(t *testing.T) {
	if got := loggable(feedPath + "secret.ics"); got != feedPath {
		t.Error(got)
	}
	if got := loggable("/watch"); got != "/watch" {
		t.Error(got)
	}
}
