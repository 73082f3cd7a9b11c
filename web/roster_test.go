package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

func TestTheRosterIsBegunGivenAndSwapped(t *testing.T) {
	h, duty, north := pair(t)
	head := client{t: t, url: duty.url, cookie: h.cookie("south", "head")}
	duty.get("/roster").want(t, 200, "There is no roster yet", "your post does not keep the roster")
	today := h.now().In(time.FixedZone("", 9*3600))
	day := func(n int) string { return today.AddDate(0, 0, n).Format(dateForm) }
	begin := url.Values{
		"name": {"The <desk>"}, "begins": {day(-3)}, "starts": {"00:00, 08:00 16:00"}, "hours": {"8"}, "each": {"1"},
		"turn": {"post:duty-officer ko en\r\npost:head ko"}, "once": {newKey()},
	}
	duty.post("/roster/rotations", begin).want(t, 422, "may not do this")
	begin.Set("starts", "8 o'clock")
	head.post("/roster/rotations", begin).want(t, 422, "is no time of day", "The &lt;desk&gt;", "8 o&#39;clock")
	begin.Set("starts", "00:00, 08:00 16:00")
	head.post("/roster/rotations", begin).want(t, 303)
	head.post("/roster/rotations", begin).want(t, 303) // pressed twice
	duty.get("/roster").want(t, 200, "The &lt;desk&gt;", "Somebody is on the roster at every hour", "My watch", `aria-current="date"`, day(0), "Should be on watch")
	north.get("/roster").want(t, 200, "There is no roster yet")

	// Tomorrow, the first watch or the second is the duty officer's.
	plan, err := h.nodes["south"].Plan(t.Context(), h.now(), h.now().Add(48*time.Hour))
	must(t, err)
	var mine, other people.WatchID
	for _, w := range plan.Watches {
		if w.From > h.now().UnixMilli() && w.Who == "post:duty-officer" && mine.Layer == 0 {
			mine = w.WatchID
		} else if w.From > h.now().UnixMilli() && other.Layer == 0 && w.Who == "post:head" {
			other = w.WatchID
		}
	}
	duty.get("/roster?watch="+url.QueryEscape(mine.String())).want(t, 200, "Offer this watch", `value="`+other.String()+`"`)
	duty.get("/roster?watch="+url.QueryEscape(other.String())).want(t, 200, "This is not your watch")
	duty.post("/roster/give", url.Values{"watch": {mine.String()}, "who": {"post:head"}}).want(t, 422, "may not do this")
	duty.post("/roster/swaps", url.Values{"watch": {other.String()}}).want(t, 422, "not yours to offer")
	duty.post("/roster/swaps", url.Values{"watch": {mine.String()}, "back": {other.String()}, "words": {"A <train>."}, "once": {newKey()}}).want(t, 303)
	duty.get("/roster").want(t, 200, "Watches on offer", "A &lt;train&gt;.", "Take the offer back", "on offer")
	duty.post("/roster/swaps/1/accept", url.Values{}).want(t, 422, "yours already")
	duty.post("/roster/swaps/1/eat", url.Values{}).want(t, 404)
	head.get("/roster").want(t, 200, "Take this watch", "Decline")
	head.post("/roster/swaps/1/accept", url.Values{"once": {newKey()}}).want(t, 303)
	head.get("/roster").want(t, 200, "Offers that have ended", "accepted")
	head.post("/roster/give", url.Values{"watch": {mine.String()}, "why": {"After all <not>."}, "once": {newKey()}, "back-from": {day(-3)}}).want(t, 303)
	head.post("/roster/give", url.Values{"watch": {"x"}}).want(t, 422, "The roster has no watch")

	// A temporary schedule with a gap, in the place of the desk; a watch is promised.
	h.act("south", "head", office.KindCoverage, &office.CoverageBody{From: office.MinuteOf(h.now().UnixMilli()), Languages: []string{"ko"}, Week: weekOf("00:00-24:00"), Who: []string{}})
	head.post("/roster/rotations", url.Values{
		"name": {"Holidays"}, "instead": {"1"}, "begins": {day(1)}, "ends": {day(2)}, "starts": {"09:00"}, "hours": {"8"}, "each": {"1"}, "turn": {"post:head"}, "once": {newKey()},
	}).want(t, 303)
	duty.get("/roster").want(t, 200, "Nobody is on the roster:", "though we promise a watch", "in the place of The &lt;desk&gt;")
	head.post("/roster/rotations/1/end", url.Values{"ends": {day(-1)}}).want(t, 422, "lies in the past")
	head.post("/roster/rotations/9/end", url.Values{"ends": {day(9)}}).want(t, 422, "There is no rotation 9")
	head.post("/roster/rotations/1/end", url.Values{"ends": {day(9)}, "once": {newKey()}}).want(t, 303)
	duty.get("/roster").want(t, 200, "to before "+day(9))
	duty.get("/roster?from=1900-01-01").want(t, 404)
	duty.get("/roster?from=2199-01-01").want(t, 200, "00:00–24:00")

	// The address of a feed is shown once.
	made := duty.post("/roster/feeds", url.Values{"whole": {"1"}})
	made.want(t, 200, "It is shown this once", feedPath)
	_, address, _ := strings.Cut(made.body, feedPath)
	address, _, _ = strings.Cut(address, "<")
	client{t: t, url: duty.url}.get(feedPath+address).want(t, 200, "BEGIN:VCALENDAR")
	duty.get("/roster").want(t, 200, "Make a new address", "address made")
	duty.post("/roster/feeds", url.Values{"whole": {"1"}, "end": {"1"}}).want(t, 303)
	client{t: t, url: duty.url}.get(feedPath+address).want(t, 404)
}

// weekOf is a week of which every day has these hours.
func weekOf(hours string) (week [][]office.Span) {
	spans, _ := office.ParseSpans(hours)
	for range 7 {
		week = append(week, spans)
	}
	return week
}

func TestTheOtherSideSeesWhatIsPromisedAndWhoChanges(t *testing.T) {
	h, duty, north := pair(t)
	head := client{t: t, url: duty.url, cookie: h.cookie("south", "head")}
	north.get("/coverage").want(t, 200, "has promised nothing of its watch", "No change of personnel has been notified yet", "may not promise a watch", "may not give notice")
	promise := url.Values{"languages": {"ko en"}, "who": {"The duty <officer>\r\nKim"}, "once": {newKey()}, "day-0": {"always"}}
	head.post("/coverage", promise).want(t, 422, "Monday: ", "always")
	for i := range 7 {
		promise.Set("day-"+string(rune('0'+i)), "00:00-24:00")
	}
	promise.Set("from", "2018-01-01 09:00")
	head.post("/coverage", promise).want(t, 422, "error", `value="2018-01-01 09:00"`)
	promise.Set("from", "")
	head.post("/coverage", promise).want(t, 303)
	head.post("/personnel", url.Values{"post": {"duty-officer"}, "from": {"soon"}, "comes": {"Park"}}).want(t, 422, "soon", `value="Park"`)
	head.post("/personnel", url.Values{"post": {"duty-officer"}, "from": {"2199-01-01 09:00"}}).want(t, 422, "Who comes")
	head.post("/personnel", url.Values{"post": {"duty-officer"}, "from": {"2199-01-01 09:00"}, "comes": {"Park <S.>"}, "languages": {"ko en"}, "once": {newKey()}}).want(t, 303)
	h.level()
	north.get("/coverage").want(t, 200, "Park &lt;S.&gt;", "to come")
	if page := north.get("/coverage"); strings.Contains(page.body, "Late: less than") {
		t.Error("notice in time is shown as late")
	}
	head.post("/personnel", url.Values{"post": {"duty-officer"}, "from": {h.now().In(time.FixedZone("", 9*3600)).AddDate(0, 0, 6).Format(untilForm)}, "goes": {"Kim"}, "text": {"교대합니다."}, "once": {newKey()}}).want(t, 303)
	h.set(h.now().Add(2 * time.Minute))
	h.level()
	north.get("/coverage").want(t, 200, "Late: less than seven days", "교대합니다.", "The duty &lt;officer&gt;", "promises a watch now, and nobody is on watch", "In force since")
	north.get("/watch").want(t, 200, "promises a watch now, and nobody is on watch", "though a watch is promised")
	h.act("south", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
	h.level()
	north.get("/coverage").want(t, 200, "promises a watch now, and somebody is on watch")
	north.get("/record").want(t, 200, "Promises a watch", "Gives notice of a change of personnel")
	north.get("/coverage?before=x").want(t, 404)
}

// planned fills south with a roster that is full: gaps, a given watch, offers of
// others and of its own, what is promised and who changes. It returns a watch of the
// head that is to come.
func (h *house) planned() string {
	h.t.Helper()
	keeper, _ := h.rostered()
	p, ctx := h.nodes["south"].People(), h.t.Context()
	clock, _, err := h.nodes["south"].RosterClock(ctx)
	must(h.t, err)
	plan, err := h.nodes["south"].Plan(ctx, h.now(), h.now().AddDate(0, 0, 7))
	must(h.t, err)
	var heads, kims, parks []people.WatchID
	for _, w := range plan.Watches {
		switch {
		case w.From <= h.now().UnixMilli():
		case w.Who == "post:head":
			heads = append(heads, w.WatchID)
		case w.Who == "kim":
			kims = append(kims, w.WatchID)
		case w.Who == "park":
			parks = append(parks, w.WatchID)
		}
	}
	must(h.t, p.GiveWatch(ctx, keeper, clock, parks[0], "post:head", "교육 참가. A course that cannot be moved to another day."))
	hand := func(who string, post office.Post) people.Hand {
		return people.Hand{By: people.By{Who: who}, Post: post, Role: post}
	}
	_, err = p.OfferSwap(ctx, hand("kim", "duty-officer"), clock, people.Swap{Watch: kims[0], Back: heads[1], Words: "어머니가 오십니다."})
	must(h.t, err)
	_, err = p.OfferSwap(ctx, hand("park", "duty-officer"), clock, people.Swap{Watch: parks[1], Words: "Anybody?"})
	must(h.t, err)
	declined, err := p.OfferSwap(ctx, hand("park", "duty-officer"), clock, people.Swap{Watch: parks[2], To: "post:head"})
	must(h.t, err)
	must(h.t, p.DeclineSwap(ctx, hand("head", "head"), declined.ID))
	minute := func(days int) office.Minute { return office.MinuteOf(h.now().AddDate(0, 0, days).UnixMilli()) }
	h.act("south", "head", office.KindCoverage, &office.CoverageBody{From: minute(0), Languages: []string{"ko", "en"}, Week: weekOf("00:00-24:00"), Who: []string{"당직관", "Kim M."}})
	h.act("south", "head", office.KindCoverage, &office.CoverageBody{From: minute(20), Languages: []string{"ko"}, Week: weekOf("08:00-12:00, 13:00-20:00"), Who: []string{}})
	h.act("north", "head", office.KindCoverage, &office.CoverageBody{From: minute(1), Languages: []string{"ko"}, Week: weekOf("09:00-17:00"), Who: []string{}})
	h.act("south", "head", office.KindPersonnel, &office.PersonnelBody{Comes: "Park Seo-yeon / 박서연", From: minute(10), Goes: "Kim M. / 김명철", Languages: []string{"ko", "en"}, Post: "duty-officer"})
	h.act("north", "head", office.KindPersonnel, &office.PersonnelBody{Goes: strings.Repeat("아주 긴 이름 ", 6), From: minute(3), Post: "deputy", Text: "상부의 지시에 따라 교대합니다.\nAt the request of the officer."})
	h.level()
	return heads[0].String()
}
