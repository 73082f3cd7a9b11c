package web

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

// checksPage is how it stands with the line checks of a channel, and what became
// of them in a month.
type checksPage struct {
	Frame
	Channels    []choice // with their addresses as values
	Channel     string
	ChannelName string
	Known       bool   // the rules in force know line checks
	Agreed      bool   // the charter has times for this channel
	Zone        string // of the channel's clock: "UTC+8:30"
	IsOpen      bool   // the channel is, by its hours
	Stands      []checkNow
	Next        template.HTML
	Raised      []raisedLine // dispatches that are to be raised at the next line check
	RaisedMore  int
	Extra       bool // may be called outside of the times
	Texts       []office.TestText
	Once        string
	Refused     string

	Month         string
	Before, After string // addresses of other months; empty at the ends
	Weekdays      []string
	Weeks         [][]checkDay
	Results       []checkMark // of the legend and the columns
	Figures       []checkFigures
	CSV, JSON     string
	Calls         []checkCall
	More          int64 // calls outside of the times that are not shown
}

// checkNow is a line check that waits for a side.
type checkNow struct {
	Sentence template.HTML
	Until    template.HTML
	Ours     bool   // it waits for our side
	Call     string // when it was due, if we are to call
	Answer   string // id of the call, if we are to answer
	Words    string // the test text
	Heard    []choice
	Mark     string
	Href     string
}

// checkDay is a day of the picture; Day 0 is none of the month.
type checkDay struct {
	Day    int
	Checks []checkCell
}

// checkCell is one check in the picture.
type checkCell struct {
	checkMark
	At    string
	Says  string // all of it in a sentence
	Entry string // id of the call; empty if there was none
}

// checkMark is a result as shape and word.
type checkMark struct{ Result, Shape, Word, Short string }

// checkFigures are how many checks came to which result for one side.
type checkFigures struct {
	Side   string
	Counts []int64 // in the order of checksPage.Results
}

// checkCall is a call with its answers.
type checkCall struct {
	ID      office.EntryID
	By      string
	Clocks  []onClock
	Due     string // on the channel's clock; empty if outside of the times
	Answers []checkReply
	Silent  []string // sides without an answer
}

type checkReply struct {
	By, Heard string
	Clocks    []onClock
	Remark    string
	Lang      string
	Offset    string
	Record    string // in words
	Equal     string // names the shape
	Arrival   template.HTML
	id        office.EntryID
	at        int64
}

// checkShapes are the marks of results: each has a shape of its own, with a word
// beside it.
var checkShapes = map[office.CheckResult]string{
	office.CheckCalled: "done", office.CheckNotCalled: "void", office.CheckNoCall: "open", office.CheckInTime: "acknowledged", office.CheckLate: "considered",
	office.CheckUnanswered: "late", office.CheckNotAsked: "unknown", office.CheckAwaited: "waits", office.CheckAhead: "queued",
}

func (v *visit) checkMark(r office.CheckResult) checkMark {
	return checkMark{string(r), checkShapes[r], v.t("checks.result." + string(r)), v.t("checks.short." + string(r))}
}

func (v *visit) knowsChecks() bool { return v.office.Charter != nil && v.office.Charter.Rules >= 3 }

// checkNowLines says what there is to call and to answer now, what waits for our
// side first.
func (v *visit) checkNowLines(boards []records.CheckBoard) (list []checkNow) {
	add := func(channel office.Channel, due, ends int64, caller office.Side, call *office.LineCheck) {
		one := checkNow{Until: v.h("checks.until", "time", v.briefly(fromMillis(ends)), "left", v.left(fromMillis(ends))), Mark: "waits", Href: checksHref(channel.ID, "")}
		name := lang.Pick(v.tag, channel.Name)
		switch {
		case call == nil && caller == v.side:
			one.Ours, one.Call = true, string(office.MinuteOf(due))
			one.Sentence = v.h("checks.we-call", "channel", name, "time", v.briefly(fromMillis(due)))
		case call == nil:
			one.Sentence, one.Mark = v.h("checks.they-call", "channel", name, "side", v.sideName(caller), "time", v.briefly(fromMillis(due))), "queued"
		case call.From != v.side && call.AnswerOf(v.side) == nil:
			one.Ours, one.Answer, one.Words = true, call.ID.String(), call.Words
			one.Sentence = v.h("checks.we-answer", "channel", name, "side", v.sideName(call.From))
			for _, heard := range office.Readabilities {
				one.Heard = append(one.Heard, choice{string(heard), v.t("checks.heard." + string(heard)), "", false})
			}
		default:
			var silent []office.Side
			for _, side := range v.sides() {
				if side != call.From && call.AnswerOf(side) == nil {
					silent = append(silent, side)
				}
			}
			one.Sentence, one.Mark = v.h("checks.they-answer", "channel", name, "side", v.sideNames(silent)), "queued"
		}
		list = append(list, one)
	}
	for _, b := range boards {
		for i := range b.Open {
			add(b.Channel, b.Open[i].Due, b.Open[i].Ends, b.Open[i].Caller, b.Open[i].Check)
		}
		for i := range b.Extra {
			add(b.Channel, 0, b.Extra[i].At+time.Hour.Milliseconds(), b.Extra[i].From, &b.Extra[i])
		}
	}
	slices.SortStableFunc(list, func(a, b checkNow) int { return map[bool]int{false: 1}[a.Ours] - map[bool]int{false: 1}[b.Ours] })
	return list
}

// checkWaits are the line checks that wait for our side.
func (s *site) checkWaits(v *visit) ([]checkNow, error) {
	if !v.knowsChecks() {
		return nil, nil
	}
	boards, err := s.node.Records().CheckBoards(v.ctx, v.now, false)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(v.checkNowLines(boards), func(c checkNow) bool { return !c.Ours }), nil
}

func checksHref(channel, month string) string {
	query := url.Values{"channel": {channel}}
	if month != "" {
		query.Set("month", month)
	}
	return "/checks?" + query.Encode()
}

func (s *site) checks(v *visit) error { return s.showChecks(v, http.StatusOK, "") }

// askedChecks reads which channel and month the address asks for: the first
// channel and the running month of its clock unless it says otherwise.
func (v *visit) askedChecks() (channel office.Channel, month string, err error) {
	query := v.r.URL.Query()
	if v.office.Charter == nil {
		return channel, "", nil
	}
	channel = v.office.Charter.Channels[0]
	if id := v.r.FormValue("channel"); id != "" {
		known := false
		if channel, known = v.channel(id); !known {
			return channel, "", errNothingHere
		}
	}
	if month = query.Get("month"); month == "" {
		month = v.now.In(channelZone(channel.Offset)).Format("2006-01")
	}
	if _, _, ok := office.MonthBounds(month); !ok {
		return channel, "", errNothingHere
	}
	return channel, month, nil
}

func channelZone(offset int64) *time.Location { return time.FixedZone("", int(offset)*60) }

// zoneWords writes the clock of a channel: "UTC+8:30".
func zoneWords(minutes int64) string {
	text, _ := offset(time.Unix(0, 0), channelZone(minutes))
	return text
}

func (s *site) showChecks(v *visit, status int, refused string) error {
	frame, err := s.frame(v, "checks", v.t("checks.title"))
	if err != nil {
		return err
	}
	channel, month, err := v.askedChecks()
	if err != nil {
		return err
	}
	page := checksPage{
		Frame: frame, Channel: channel.ID, ChannelName: v.channelName(channel.ID), Known: v.knowsChecks(), Agreed: channel.Checks != nil,
		Zone: zoneWords(channel.Offset), Month: month, Refused: refused, Once: newKey(),
	}
	if v.office.Charter == nil {
		return s.render(v, status, "checks", page)
	}
	page.Path, page.Extra, page.Texts = checksHref(channel.ID, month), v.status.Open && page.Known && v.may(office.KindCheck, ""), channel.TestTexts()
	for _, c := range v.office.Charter.Channels {
		page.Channels = append(page.Channels, choice{checksHref(c.ID, month), v.channelName(c.ID), lang.Pick(v.tag, c.Purpose), c.ID == channel.ID})
	}
	if page.Known {
		if page.Raised, page.RaisedMore, err = s.raised(v, channel.ID); err != nil {
			return err
		}
	}
	opening, ok := channel.Calendar().From(v.now.UnixMilli())
	page.IsOpen = ok && opening.From <= v.now.UnixMilli()
	boards, err := s.node.Records().CheckBoards(v.ctx, v.now, true)
	if err != nil {
		return err
	}
	boards = slices.DeleteFunc(boards, func(b records.CheckBoard) bool { return b.Channel.ID != channel.ID })
	page.Stands = v.checkNowLines(boards)
	for i := range page.Stands {
		one := &page.Stands[i]
		if !v.may(office.KindCheck, "") {
			one.Call = ""
		}
		if !v.may(office.KindCheckAnswer, "") {
			one.Answer = ""
		}
	}
	for _, b := range boards {
		if b.Next != nil {
			page.Next = v.h("checks.next", "time", v.briefly(fromMillis(b.Next.Due)), "side", v.sideName(b.Next.Caller))
		}
	}
	m, _, err := s.node.Records().CheckMonth(v.ctx, channel.ID, month, v.now)
	if err != nil {
		return err
	}
	v.showMonth(&page, &m, channel.Offset)
	for i := range page.Calls {
		for j := range page.Calls[i].Answers {
			a := &page.Calls[i].Answers[j]
			if a.Arrival, err = s.arrival(v, a.id, a.at); err != nil {
				return err
			}
		}
	}
	return s.render(v, status, "checks", page)
}

// showMonth draws a month.
func (v *visit) showMonth(page *checksPage, m *records.CheckMonth, minutes int64) {
	begin, _ := time.Parse("2006-01", m.Month)
	if before := begin.AddDate(0, -1, 0); before.Year() >= 1970 {
		page.Before = checksHref(m.Channel, before.Format("2006-01"))
	}
	if after := begin.AddDate(0, 1, 0); after.Year() <= 9999 {
		page.After = checksHref(m.Channel, after.Format("2006-01"))
	}
	for _, r := range office.CheckResults {
		page.Results = append(page.Results, v.checkMark(r))
	}
	for day := range 7 {
		page.Weekdays = append(page.Weekdays, strconv.Itoa(day+1))
	}
	byDay := map[int][]checkCell{}
	for i := range m.Due {
		j := &m.Due[i]
		day, _ := strconv.Atoi(j.Date[len("2018-10-"):])
		cell := checkCell{checkMark: v.checkMark(j.Result), At: j.At}
		cell.Says = v.t("checks.day", "date", j.Date, "at", j.At, "result", cell.Word, "side", v.sideName(j.Caller))
		if j.Check != nil {
			cell.Entry = j.Check.ID.String()
			page.Calls = append(page.Calls, v.checkCall(j.Check, j.Date+" "+j.At))
		}
		byDay[day] = append(byDay[day], cell)
	}
	week := make([]checkDay, (int(begin.Weekday())+6)%7, 7)
	for day := begin; day.Month() == begin.Month(); day = day.AddDate(0, 0, 1) {
		if week = append(week, checkDay{day.Day(), byDay[day.Day()]}); len(week) == 7 {
			page.Weeks, week = append(page.Weeks, week), nil
		}
	}
	if len(week) > 0 {
		page.Weeks = append(page.Weeks, append(week, make([]checkDay, 7-len(week))...))
	}
	for _, side := range v.sides() {
		one := checkFigures{Side: v.sideName(side)}
		for _, r := range office.CheckResults {
			one.Counts = append(one.Counts, m.Figures[side][r])
		}
		page.Figures = append(page.Figures, one)
	}
	for i := range m.Extra {
		page.Calls = append(page.Calls, v.checkCall(&m.Extra[i], ""))
	}
	page.More = m.Extras - int64(len(m.Extra))
	query := url.Values{"channel": {m.Channel}, "month": {m.Month}}.Encode()
	page.CSV, page.JSON = "/checks.csv?"+query, "/checks.json?"+query
}

func (v *visit) checkCall(c *office.LineCheck, due string) checkCall {
	call := checkCall{ID: c.ID, By: v.officer(c.From, c.By), Clocks: v.clocks(fromMillis(c.At)), Due: due}
	for i := range c.Answers {
		a := &c.Answers[i]
		reply := checkReply{
			By: v.officer(a.Side, a.By), Heard: v.t("checks.heard." + string(a.Heard)), Clocks: v.clocks(fromMillis(a.At)),
			Remark: a.Remark, Lang: textLanguage(a.Remark), Record: v.t("checks.not-compared"), Equal: "unknown", id: a.ID, at: a.At,
		}
		if same, compared := c.SameRecord(a); same {
			reply.Record, reply.Equal = v.t("checks.equal"), "equal"
		} else if compared {
			reply.Record, reply.Equal = v.t("checks.differ"), "unequal"
		}
		if a.Offset != nil {
			reply.Offset = v.t("checks.offset", "side", v.sideName(c.From), "offset", v.aheadBy(*a.Offset))
		}
		call.Answers = append(call.Answers, reply)
	}
	for _, side := range v.sides() {
		if side != c.From && c.AnswerOf(side) == nil {
			call.Silent = append(call.Silent, v.sideName(side))
		}
	}
	return call
}

// aheadBy writes by how many milliseconds a clock is ahead or behind.
func (v *visit) aheadBy(ms int64) string {
	switch {
	case ms > 0:
		return "+" + v.milliseconds(time.Duration(ms)*time.Millisecond)
	case ms < 0:
		return "\u2212" + v.milliseconds(time.Duration(-ms)*time.Millisecond)
	}
	return v.milliseconds(0)
}

// postCheck calls the other sides.
func (s *site) postCheck(v *visit) error {
	form := v.r.PostForm
	body := &office.CheckBody{Channel: form.Get("channel"), Due: office.Minute(form.Get("due")), Text: form.Get("text")}
	return s.actOnCheck(v, office.KindCheck, body, body.Channel, string(body.Due), body.Text)
}

// postCheckAnswer answers a call.
func (s *site) postCheckAnswer(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	form := v.r.PostForm
	body := &office.CheckAnswerBody{Check: id, Heard: office.Readability(form.Get("heard")), Remark: strings.TrimSpace(typed(form.Get("remark")))}
	return s.actOnCheck(v, office.KindCheckAnswer, body, id.String(), string(body.Heard), body.Remark)
}

func (s *site) actOnCheck(v *visit, kind string, body any, parts ...string) error {
	_, err := s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: kind, Body: body, Once: v.once(append([]string{kind}, parts...)...)})
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		return s.showChecks(v, http.StatusUnprocessableEntity, v.refused(refusal))
	}
	if err != nil {
		return fmt.Errorf("write a %s: %w", kind, err)
	}
	return v.redirect(checksHref(v.r.PostForm.Get("channel"), ""))
}

// checksFile is what became of the line checks of a month, as a file.
type checksFile struct {
	Office  string                                       `json:"office"`
	Side    office.Side                                  `json:"side"` // whose node has made it
	Channel string                                       `json:"channel"`
	Month   string                                       `json:"month"`
	Judged  string                                       `json:"judged"`
	Settled int64                                        `json:"settled"` // entries of the joint order that were settled
	Digest  string                                       `json:"digest"`  // of these entries
	Figures map[office.Side]map[office.CheckResult]int64 `json:"figures"`
	Extra   int64                                        `json:"extra"` // calls outside of the times
	Checks  []checksFileLine                             `json:"checks"`
}

type checksFileLine struct {
	Date    string                             `json:"date"`
	Time    string                             `json:"time"`
	Due     string                             `json:"due"` // UTC
	Caller  office.Side                        `json:"caller"`
	Call    string                             `json:"call,omitempty"` // its entry
	Result  office.CheckResult                 `json:"result"`
	Results map[office.Side]office.CheckResult `json:"results"`
}

func (s *site) checksFile(v *visit, kind, media string) (f checksFile, err error) {
	channel, month, err := v.askedChecks()
	if err != nil || channel.ID == "" {
		return f, errors.Join(err, errNothingHere)
	}
	m, _, err := s.node.Records().CheckMonth(v.ctx, channel.ID, month, v.now)
	if err != nil {
		return f, err
	}
	f = checksFile{
		Office: v.status.Office, Side: v.side, Channel: channel.ID, Month: month, Judged: records.UTC(v.now.UnixMilli()),
		Settled: v.status.Count, Digest: v.status.Digest, Figures: m.Figures, Extra: m.Extras, Checks: []checksFileLine{},
	}
	for _, j := range m.Due {
		line := checksFileLine{Date: j.Date, Time: j.At, Due: records.UTC(j.Due), Caller: j.Caller, Result: j.Result, Results: j.Results}
		if j.Check != nil {
			line.Call = j.Check.ID.String()
		}
		f.Checks = append(f.Checks, line)
	}
	v.exports("checks-"+channel.ID+"-"+month, kind, media)
	return f, nil
}

func (s *site) checksJSON(v *visit) error {
	f, err := s.checksFile(v, "json", "application/json")
	if err != nil {
		return err
	}
	return json.NewEncoder(v.w).Encode(f)
}

// checksCSV writes a row for each check with the result of each side, then one of
// sums for each side.
func (s *site) checksCSV(v *visit) error {
	f, err := s.checksFile(v, "csv", "text/csv; charset=utf-8; header=present")
	if err != nil {
		return err
	}
	sides := sortedKeys(f.Figures)
	if len(sides) == 0 {
		sides = v.sides()
	}
	w := csv.NewWriter(v.w)
	w.UseCRLF = true
	rows := [][]string{append([]string{"row", "date", "time", "due (UTC)", "caller", "call", "result"}, sides...)}
	for _, c := range f.Checks {
		row := []string{"check", c.Date, c.Time, c.Due, c.Caller, c.Call, string(c.Result)}
		for _, side := range sides {
			row = append(row, string(c.Results[side]))
		}
		rows = append(rows, row)
	}
	for _, r := range office.CheckResults {
		row := []string{"sum", f.Month, "", "", "", "", string(r)}
		for _, side := range sides {
			row = append(row, strconv.FormatInt(f.Figures[side][r], 10))
		}
		rows = append(rows, row)
	}
	about := fmt.Sprintf("%s, from the node of %s. Settled: %d entries. Digest: %s.", f.Channel, f.Side, f.Settled, f.Digest)
	rows = append(rows, append([]string{"about", f.Month, "", f.Judged, "", "", about}, make([]string, len(sides))...))
	return w.WriteAll(rows)
}
