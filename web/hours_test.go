package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
)

// hoursAt opens an office at a moment of Korean time, with both sides staffed and
// some on PostgreSQL.
func hoursAt(t *testing.T, at string, onPostgreSQL ...office.Side) (h *house, head client) {
	t.Helper()
	h = openOn(t, koreanMoment(t, at), kept(t, onPostgreSQL...), two)
	h.staffed()
	return h, client{t: t, url: h.serve("south").URL, cookie: h.cookie("south", "head")}
}

// turn sets the clock, and signs in again: a session does not last so long.
func (h *house) turn(c *client, side office.Side, at time.Time) {
	h.set(at)
	c.cookie = h.cookie(side, "head")
}

func koreanMoment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, time.FixedZone("", 9*3600))
	must(t, err)
	return at
}

func sayHours(zone string) url.Values {
	form := url.Values{"zone": {zone}, "once": {newKey()}, "holidays": {""}, "from": {""}, "ahead": {""}, "day-5": {""}, "day-6": {""}}
	for _, day := range []string{"0", "1", "2", "3", "4"} {
		form.Set("day-"+day, "09:00-17:00")
	}
	return form
}

func TestARoutineDispatchOfFridayIsNotOverdueOnSunday(t *testing.T) {
	h, head := hoursAt(t, "2018-10-12 15:50", "north") // a Friday
	north := client{t: t, url: h.serve("north").URL, cookie: h.cookie("north", "head")}
	head.get("/").want(t, 200)
	if page := head.get("/"); strings.Contains(page.body, "open until") {
		t.Error("something is said of hours that nobody has said")
	}
	head.post("/hours", sayHours("Asia/Seoul")).want(t, 303)
	form := sayHours("Asia/Pyongyang")
	form.Set("holidays", "2018-10-15 | A day off")
	north.post("/hours", form).want(t, 303)
	h.level()
	h.turn(&head, "south", koreanMoment(t, "2018-10-12 16:00"))
	h.send("north", office.Routine, "liaison", "Before the weekend", "One.")
	h.send("north", office.Immediate, "liaison", "Of the weekend", "One.")
	h.level()
	head.get("/").want(t, 200, "open until 17:00", "due <time datetime=\"2018-10-16T01:00", "2018-10-16 10:00") // in the first hour of the next joint working day
	head.get("/dispatches/new").want(t, 200, "of joint hours")

	h.turn(&head, "south", koreanMoment(t, "2018-10-14 12:00")) // Sunday
	head.get("/").want(t, 200, "closed until Mon 09:00", "closed until Tue 09:00", "All open next:", "Tue 09:00")
	// What is IMMEDIATE is overdue since Friday, what is ROUTINE is due on Tuesday.
	head.get("/").want(t, 200, "was due <time datetime=\"2018-10-12T07:3", ">due <time datetime=\"2018-10-16T01:00")
	if page := head.get("/"); strings.Count(page.body, "was due") != 1 {
		t.Error("the ROUTINE dispatch is overdue on Sunday")
	}
	csv := head.get("/export.csv")
	csv.want(t, 200, "Before the weekend")
	h.turn(&head, "south", koreanMoment(t, "2018-10-16 14:30"))
	head.get("/").want(t, 200, "was due")
}

func TestHoursAreSaidShownAndKept(t *testing.T) {
	h, head := hoursAt(t, "2018-10-15 10:00", "north")
	head.get("/hours").want(t, 200, "has said no hours", "Say our hours", `value="Asia/Seoul"`, "All sides are open now.")
	form := sayHours("Asia/Seoul")
	form.Set("day-0", "09:00-12:00, 13:00-17:00")
	form.Set("holidays", "2018-12-25 | Christmas | 성탄절\r\n2018-10-22 13:00-17:00 | Half a day")
	head.post("/hours", form).want(t, 303)
	head.post("/hours", form).want(t, 303) // pressed twice
	h.turn(&head, "south", koreanMoment(t, "2018-10-15 10:05"))
	page := head.get("/hours")
	page.want(t, 200, "open until 12:00", "In force since", "Christmas", "Half a day", "09:00-12:00, 13:00-17:00", "2018-10-22 Mon", "none is known")
	if strings.Contains(page.body, "Earlier hours") {
		t.Error("they are said twice")
	}
	korean := client{t: t, url: head.url, cookie: head.cookie, header: map[string][]string{"Accept-Language": {"ko"}}}
	korean.get("/hours").want(t, 200, "성탄절", "12:00까지 근무", "월요일")

	later := sayHours("Asia/Seoul")
	later.Set("from", "2018-11-01 00:00")
	later.Set("ahead", "2018-01-01T00:00Z +09:00\n2018-10-31T15:30Z +08:30")
	head.post("/hours", later).want(t, 303)
	head.get("/hours").want(t, 200, "From <time", "UTC&#43;08:30")
	h.turn(&head, "south", koreanMoment(t, "2018-11-05 10:00"))
	head.get("/hours").want(t, 200, "Earlier hours", "2018-10-31T15:30Z &#43;08:30", "open until 17:00")
	h.level()
	north := client{t: t, url: h.serve("north").URL, cookie: h.cookie("north", "duty-officer")}
	north.get("/hours").want(t, 200, "By the house rules", "Earlier hours")
	north.post("/hours", sayHours("Asia/Seoul")).want(t, 422, "may not")
}

func TestWrongHoursComeBackAsTheyWereTyped(t *testing.T) {
	_, head := hoursAt(t, "2018-10-15 10:00")
	for _, test := range []struct{ field, value, says string }{
		{"day-2", "nine to five", "is not such as 09:00-17:00"},
		{"day-2", "17:00-09:00", "End in the week"},
		{"day-2", "00:00-01:00,02:00-03:00,04:00-05:00,06:00-07:00,08:00-09:00", "Week"},
		{"holidays", "some day", "is no date with a name"},
		{"holidays", "2018-10-22 | Tree\u202eday", "Name of a holiday"},
		{"zone", "Asia/Nowhere", "There is no time zone"},
		{"from", "tomorrow", "is no time such as"},
		{"from", "2018-10-15 09:00", "2018-10-15"},
		{"ahead", "+9", "is not such as 2018-05-04T15:00Z"},
	} {
		form := sayHours("Asia/Seoul")
		form.Set(test.field, test.value)
		a := head.post("/hours", form)
		a.want(t, 422, test.says, "Nothing has been said yet")
		if kept := strings.ReplaceAll(test.value, "+", "&#43;"); !strings.Contains(a.body, kept) && !strings.Contains(a.body, test.value) {
			t.Errorf("%s %q is lost", test.field, test.value)
		}
	}
}

func TestTheNightsInWhichAClockIsChanged(t *testing.T) {
	h, head := hoursAt(t, "2018-10-01 10:00")
	form := sayHours("Europe/Berlin")
	form.Set("day-6", "01:00-04:00")
	head.post("/hours", form).want(t, 303)
	h.turn(&head, "south", time.Date(2018, 10, 28, 0, 30, 0, 0, time.UTC)) // 02:30, for the first time
	head.get("/hours").want(t, 200, "open until 04:00", "2018-10-28 02:00 UTC&#43;01:00")
	h.turn(&head, "south", time.Date(2018, 10, 28, 2, 59, 0, 0, time.UTC)) // 03:59
	head.get("/hours").want(t, 200, "open until 04:00")
	h.turn(&head, "south", time.Date(2018, 10, 28, 3, 0, 0, 0, time.UTC))
	head.get("/hours").want(t, 200, "closed until Mon 09:00")
	h.turn(&head, "south", time.Date(2019, 3, 31, 1, 0, 0, 0, time.UTC)) // 03:00: the hour after 02:00 is left out
	head.get("/hours").want(t, 200, "open until 04:00", "the hour that is left out")
	h.turn(&head, "south", time.Date(2019, 3, 31, 2, 0, 0, 0, time.UTC))
	head.get("/hours").want(t, 200, "closed until Mon 09:00")
}
