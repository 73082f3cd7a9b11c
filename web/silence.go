package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

const silenceLength = 30 // questions on one page

// silencePage is what the sides wait for from each other, and why nothing has come.
type silencePage struct {
	Frame
	Lines      []silenceLine
	All        string // how many there are, and how many of them are overdue
	More       int    // so many of one side and precedence are looked at; 0 if these are all
	Filter     silenceFilter
	Filtered   bool
	First      string // address of the first page, if this is a later one
	Next       string // address of the next page; empty at the end
	Statements []silenceStatement
	Refused    string
}

// silenceFilter is the choices of the filter as they stand.
type silenceFilter struct {
	Way, Channel, Precedence, Cause []choice
	Overdue                         bool
}

// silenceLine is one question.
type silenceLine struct {
	ID         office.EntryID
	Href       string
	Precedence office.Precedence
	Word       string
	Mark       string // "Exercise" or "Test", in words
	Number     string // "No. 12", or that it is a tender
	Channel    string
	Subject    string
	Lang       string
	Way        string // "north owes us an acknowledgement"
	Theirs     bool   // it is for them
	Shape      string // names the mark of the cause
	Cause      template.HTML
	Due, Left  template.HTML
	Late       bool
	Declined   bool   // it is for the side that asked to go on
	Proof      string // address; empty if it is not ours to state
}

// silenceStatement offers a statement about all that a side owes us.
type silenceStatement struct{ Side, Href, Whole string }

// causeShapes are the marks of causes: each has words beside it.
var causeShapes = map[office.Cause]string{
	office.NotAccepting: "unequal", office.LinkDown: "line-down", office.NotReceived: "queued", office.StationClosed: "closed",
	office.NobodyOnWatch: "open", office.NotAcknowledged: "waits", office.NotAnswered: "acknowledged",
}

// why says in one sentence why nothing has come.
func (v *visit) why(s *node.Silence) template.HTML {
	args := []any{"side", v.sideName(s.To), "view", v.sideName(v.side)}
	key := string(s.Cause)
	switch {
	case s.Awaits == office.AwaitsDecision:
		key, args = "declined", append(args, "reason", v.t("tender.reason-"+string(s.Declined)), "time", v.briefly(fromMillis(s.Silence.Since)))
	case s.Cause == office.StationClosed && s.Until == 0:
		key = "closed"
	case s.Cause == office.StationClosed:
		args = append(args, "time", v.moment(s.Until))
	case s.Silence.Since == 0:
		key = "link-unknown" // of nothing else it is not known
	default:
		args = append(args, "time", v.briefly(fromMillis(s.Silence.Since)))
	}
	if s.Cause == office.NotAnswered && s.Awaits != office.AwaitsAnswer {
		key = string(s.Awaits)
	}
	if s.Cause == office.LinkDown && s.To == v.side { // what we have not said is known here
		key = strings.Replace(key, "link-", "our-link-", 1)
	}
	sentence := v.h("silence.why-"+key, args...)
	if s.Silence.Late > 0 {
		sentence += " " + v.h("silence.unreceived", "time", v.briefly(fromMillis(s.Silence.Late)))
	}
	if s.Step > 0 {
		sentence += " " + v.h("silence.step", "n", s.Step, "of", s.Steps, "time", v.briefly(fromMillis(s.Stepped)))
	}
	return sentence
}

// whyShort says the same in few words.
func (v *visit) whyShort(s *node.Silence) template.HTML {
	key, time := string(s.Cause), template.HTML("")
	switch {
	case s.Awaits == office.AwaitsDecision:
		key = "declined"
	case s.Cause == office.NotReceived && s.Silence.Late > 0:
		key, time = "unreceived", v.briefly(fromMillis(s.Silence.Late))
	case s.Cause == office.StationClosed && s.Until > 0:
		key, time = "closed-until", v.moment(s.Until)
	case s.Cause == office.NotAnswered && s.Awaits != office.AwaitsAnswer:
		key = string(s.Awaits)
	}
	return v.h("silence.short-"+key, "time", time)
}

// silentShort is what the strip says of a side: the most urgent that it owes us.
func (v *visit) silentShort(side office.Side) template.HTML {
	i := slices.IndexFunc(v.silences.List, func(s node.Silence) bool { return s.To == side && s.Awaits != office.AwaitsDecision })
	if i < 0 {
		return ""
	}
	s := &v.silences.List[i]
	return template.HTML(template.HTMLEscapeString(v.aboutShort(s))+": ") + v.whyShort(s)
}

func (v *visit) aboutShort(s *node.Silence) string {
	if s.Tender != nil {
		return v.t("tender.one", "id", s.About)
	}
	return v.t("list.number", "number", s.Line.Number)
}

// silentLine is why nothing has come of a dispatch of ours in a list; empty if
// nothing is waited for.
func (v *visit) silentLine(id office.EntryID) template.HTML {
	i := slices.IndexFunc(v.silences.List, func(s node.Silence) bool { return s.About == id })
	if i < 0 {
		return ""
	}
	return v.whyShort(&v.silences.List[i])
}

// silenceLines puts into words what is waited for.
func (v *visit) silenceLines(silences []node.Silence) (list []silenceLine) {
	for i := range silences {
		list = append(list, v.silenceLine(&silences[i]))
	}
	return list
}

func (v *visit) silenceLine(s *node.Silence) silenceLine {
	one := silenceLine{
		ID: s.About, Href: "/dispatches/" + s.About.String(), Precedence: s.Precedence, Word: v.t("precedence." + lowerPrecedence(s.Precedence)),
		Number: v.aboutShort(s), Channel: v.channelName(s.Channel), Subject: s.Subject(), Lang: textLanguage(s.Subject()), Theirs: s.From == v.side,
		Shape: causeShapes[s.Cause], Cause: v.why(s), Late: s.Overdue, Declined: s.Awaits == office.AwaitsDecision,
	}
	if s.Tender != nil {
		one.Href, one.Mark = "/tenders/"+s.About.String(), v.markName(s.Tender.Mark)
	} else {
		one.Href = "/dispatches/" + s.Line.ID.String()
		one.Mark = v.markName(s.Line.Mark)
	}
	what := v.t("silence.awaits-" + string(s.Awaits))
	switch {
	case one.Declined && one.Theirs:
		one.Theirs, one.Way = false, v.t("silence.we-decide")
	case one.Declined:
		one.Theirs, one.Way = true, v.t("silence.decides", "side", v.sideName(s.From))
	case one.Theirs:
		one.Way = v.t("silence.theirs", "side", v.sideName(s.To), "what", what)
		one.Proof = silenceProofHref(s.About.String(), "", false)
	default:
		one.Way = v.t("silence.ours", "side", v.sideName(s.From), "what", what)
	}
	if s.Due > 0 {
		due := fromMillis(s.Due)
		if one.Due = v.briefly(due); s.Due < v.now.UnixMilli() {
			one.Left = v.age(due)
		} else {
			one.Left = v.left(due)
		}
	}
	return one
}

// askedSilences reads what the address asks for. The way is "from-SIDE", what that
// side owes us, or "to-SIDE", what we owe it.
func (v *visit) askedSilences() (f node.SilenceFilter, way string, err error) {
	query := v.r.URL.Query()
	way = query.Get("way")
	f = node.SilenceFilter{
		Channel: query.Get("channel"), Precedence: office.Precedence(query.Get("precedence")), Cause: office.Cause(query.Get("cause")),
		Overdue: query.Get("overdue") != "", Before: query.Get("before"), Limit: silenceLength,
	}
	side, _ := strings.CutPrefix(way, "from-")
	theirs, ours := strings.CutPrefix(way, "to-")
	switch {
	case ours && slices.Contains(v.others(), theirs):
		f.From, f.To = theirs, v.side
	case way != "" && !ours && slices.Contains(v.others(), side):
		f.From, f.To = v.side, side
	case way != "":
		return f, way, errNothingHere
	}
	if f.Channel != "" && !office.ValidName(f.Channel) || f.Precedence != "" && !slices.Contains(office.Precedences, f.Precedence) ||
		f.Cause != "" && !slices.Contains(office.Causes, f.Cause) || len(f.Before) > 256 {
		return f, way, errNothingHere
	}
	return f, way, nil
}

// silenceHref is the address of a page of what is chosen.
func silenceHref(f *node.SilenceFilter, way, before string) string {
	query := url.Values{}
	overdue := ""
	if f.Overdue {
		overdue = "yes"
	}
	for name, value := range map[string]string{
		"way": way, "channel": f.Channel, "precedence": string(f.Precedence), "cause": string(f.Cause), "overdue": overdue, "before": before,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return "/silence"
	}
	return "/silence?" + query.Encode()
}

func silenceProofHref(about, to string, entries bool) string {
	query := url.Values{}
	if about != "" {
		query.Set("about", about)
	}
	if to != "" {
		query.Set("to", to)
	}
	if entries {
		query.Set("entries", "yes")
	}
	return "/silence/proof?" + query.Encode()
}

func (s *site) silence(v *visit) error { return s.showSilence(v, http.StatusOK, "") }

func (s *site) showSilence(v *visit, status int, refused string) error {
	f, way, err := v.askedSilences()
	if err != nil {
		return err
	}
	frame, err := s.frame(v, "silence", v.t("silence.title"))
	if err != nil {
		return err
	}
	frame.Path = silenceHref(&f, way, f.Before)
	found, err := s.node.Silences(v.ctx, f, v.now)
	if errors.Is(err, records.ErrBefore) {
		return errNothingHere
	}
	if err != nil {
		return fmt.Errorf("read what is waited for: %w", err)
	}
	page := silencePage{
		Frame: frame, All: v.t("silence.all", "n", found.All, "late", found.Overdue), Filter: v.silenceFilter(&f, way), Refused: refused,
		Filtered: silenceHref(&f, way, "") != "/silence",
	}
	if found.More {
		page.More = records.MaxOpen
	}
	for i := range found.List {
		page.Lines = append(page.Lines, v.silenceLine(&found.List[i]))
	}
	if f.Before != "" {
		page.First = silenceHref(&f, way, "")
	}
	if found.Next != "" {
		page.Next = silenceHref(&f, way, found.Next)
	}
	for _, side := range v.others() {
		if v.silentShort(side) != "" {
			page.Statements = append(page.Statements, silenceStatement{v.sideName(side), silenceProofHref("", side, false), silenceProofHref("", side, true)})
		}
	}
	return s.render(v, status, "silence", page)
}

func (v *visit) silenceFilter(f *node.SilenceFilter, way string) (out silenceFilter) {
	out.Overdue = f.Overdue
	out.Way = append(out.Way, choice{"", v.t("silence.any-way"), "", way == ""})
	for _, side := range v.others() {
		out.Way = append(out.Way,
			choice{"from-" + side, v.t("silence.way-theirs", "side", v.sideName(side)), "", way == "from-"+side},
			choice{"to-" + side, v.t("silence.way-ours", "side", v.sideName(side)), "", way == "to-"+side})
	}
	out.Channel = append(out.Channel, choice{"", v.t("list.any-channel"), "", f.Channel == ""})
	if v.office.Charter != nil {
		for _, c := range v.office.Charter.Channels {
			out.Channel = append(out.Channel, choice{c.ID, lang.Pick(v.tag, c.Name), "", f.Channel == c.ID})
		}
	}
	out.Precedence = append(out.Precedence, choice{"", v.t("list.any-precedence"), "", f.Precedence == ""})
	for _, p := range office.Precedences {
		out.Precedence = append(out.Precedence, choice{string(p), v.t("precedence." + lowerPrecedence(p)), "", f.Precedence == p})
	}
	out.Cause = append(out.Cause, choice{"", v.t("silence.any-cause"), "", f.Cause == ""})
	for _, c := range office.Causes {
		out.Cause = append(out.Cause, choice{string(c), v.t("silence.cause-" + string(c)), "", f.Cause == c})
	}
	return out
}

// silenceProof answers with a statement, signed by our side, of what it waits for.
func (s *site) silenceProof(v *visit) error {
	query := v.r.URL.Query()
	var about []office.EntryID
	name := query.Get("to")
	if text := query.Get("about"); text != "" {
		id, err := office.ParseEntryID(text)
		if err != nil {
			return errNothingHere
		}
		about, name = append(about, id), fmt.Sprintf("%s-%d", id.Side, id.Index)
	}
	if name != "" && len(about) == 0 && !slices.Contains(v.others(), name) {
		return errNothingHere
	}
	text, err := s.node.SilenceProof(v.ctx, about, query.Get("to"), query.Get("entries") != "", v.now)
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		v.r.URL.RawQuery = ""
		return s.showSilence(v, http.StatusUnprocessableEntity, v.refused(refusal))
	}
	if err != nil {
		return fmt.Errorf("state a silence: %w", err)
	}
	return v.download(fmt.Sprintf("%s-silence-%s.txt", v.side, name), text)
}
