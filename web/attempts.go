package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"liaison.example/office"
	"liaison.example/records"
)

const (
	attemptsLength  = 30 // attempts on one page
	attemptsOfOne   = 10 // on the page of a dispatch
	attemptsWaiting = "ours"
)

// attemptsPage is what the sides have tried beside the line.
type attemptsPage struct {
	Frame
	Filter   attemptFilter
	Attempts []attemptLine // the last first
	Older    string        // address; empty if there are none
	Newest   string        // address, if this is not the newest page
	Known    bool          // the rules in force know attempts
	MayLog   bool
	Typed    typedAttempt
	Channels []choice
	Means    []choice
	Outcomes []choice
	To       []choice // empty if there is one other side only
	Marks    []choice
	Confirm  *confirmForm // nil if none is to be confirmed
	Example  string       // of a moment
	Max      int
	Once     string
	Refused  string
}

// attemptFilter is what is chosen of them.
type attemptFilter struct {
	Channel, From, Waiting []choice
	Dispatch               string // entry id
}

// typedAttempt is what a person typed to log an attempt, or to say something of
// one.
type typedAttempt struct {
	Channel, Means, Outcome, Moment, Text, Mark, Dispatch string
	To                                                    []office.Side
	Of, Confirms, View                                    string // the attempt, what is said of it
}

type confirmForm struct {
	Line  attemptLine
	Views []choice
}

// attemptLine is one attempt as it is read.
type attemptLine struct {
	ID         office.EntryID
	From, By   string
	To         string
	Channel    string
	Clocks     []onClock // of the attempt
	Means      string
	Outcome    string
	Shape      string
	Text, Lang string
	Mark       string
	About      template.HTML
	Views      []attemptView
	Held       bool
	Confirm    string // address of the form that says what we know; empty if it is not ours to say
}

// attemptView is what one side says of it.
type attemptView struct {
	Side, By   string
	Shape      string
	Words      string
	Text, Lang string
	ID         string
}

func (s *site) attempts(v *visit) error {
	query := v.r.URL.Query()
	return s.showAttempts(v, http.StatusOK, typedAttempt{Channel: query.Get("channel"), Dispatch: query.Get("dispatch"), Of: query.Get("confirm")}, "")
}

func (s *site) showAttempts(v *visit, status int, typed typedAttempt, refused string) error {
	frame, err := s.frame(v, "line", v.t("attempt.title"))
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	page := attemptsPage{
		Frame: frame, Known: v.knowsForms(), Typed: typed, Refused: refused, Max: office.MaxStatement, Once: newKey(),
		MayLog:  v.status.Open && v.may(office.KindAttempt, "") && query.Get("before") == "",
		Example: v.now.In(v.zone(v.side)).Format(untilForm),
	}
	chosen := records.AttemptFilter{
		Channel: query.Get("channel"), From: query.Get("from"), Dispatch: query.Get("dispatch"), Before: query.Get("before"), Limit: attemptsLength,
	}
	if query.Get("waiting") == attemptsWaiting {
		chosen.Waiting = v.side
	}
	lines, next, err := s.node.Records().Attempts(v.ctx, chosen)
	if errors.Is(err, records.ErrBefore) {
		return errNothingHere
	}
	if err != nil {
		return fmt.Errorf("read the attempts: %w", err)
	}
	page.Path = attemptsHref(query, "", query.Get("before"))
	if next != "" {
		page.Older = attemptsHref(query, "", next)
	}
	if chosen.Before != "" {
		page.Newest = attemptsHref(query, "", "")
	}
	for i := range lines {
		line, err := s.attemptLine(v, &lines[i].Attempt)
		if err != nil {
			return err
		}
		page.Attempts = append(page.Attempts, line)
	}
	page.offer(v, chosen, typed)
	if typed.Of != "" {
		if page.Confirm, err = s.confirmForm(v, typed); err != nil {
			return err
		}
	}
	return s.render(v, status, "attempts", page)
}

// offer fills in what can be chosen.
func (p *attemptsPage) offer(v *visit, chosen records.AttemptFilter, typed typedAttempt) {
	p.Filter.Channel = []choice{{"", v.t("list.any-channel"), "", false}}
	p.Filter.From = []choice{{"", v.t("list.any-side"), "", false}}
	if v.office.Charter != nil {
		for _, c := range v.office.Charter.Channels {
			p.Filter.Channel = append(p.Filter.Channel, choice{c.ID, v.channelName(c.ID), "", c.ID == chosen.Channel})
			p.Channels = append(p.Channels, choice{c.ID, v.channelName(c.ID), "", c.ID == typed.Channel})
		}
	}
	for _, side := range v.sides() {
		p.Filter.From = append(p.Filter.From, choice{side, v.sideName(side), "", side == chosen.From})
	}
	p.Filter.Waiting = []choice{{"", v.t("attempt.waits-any"), "", false}, {attemptsWaiting, v.t("attempt.waits-ours"), "", chosen.Waiting != ""}}
	p.Filter.Dispatch = chosen.Dispatch
	for _, m := range office.AllMeans {
		p.Means = append(p.Means, choice{string(m), v.t("attempt.means-" + string(m)), "", string(m) == typed.Means})
	}
	p.Outcomes = []choice{{"", v.t("attempt.choose"), "", typed.Outcome == ""}}
	for _, o := range office.Outcomes {
		p.Outcomes = append(p.Outcomes, choice{string(o), v.t("attempt.outcome-" + string(o)), "", string(o) == typed.Outcome})
	}
	if others := v.others(); len(others) > 1 {
		for _, id := range others {
			p.To = append(p.To, choice{id, v.sideName(id), "", slices.Contains(typed.To, id)})
		}
	}
	p.Marks = []choice{{"", v.t("particulars.real"), "", typed.Mark == ""}}
	for _, mark := range office.Marks {
		p.Marks = append(p.Marks, choice{string(mark), v.markName(mark), "", string(mark) == typed.Mark})
	}
}

// attemptsHref is the address of the attempts that are chosen, with the form that
// says something of one, or from a place on.
func attemptsHref(chosen url.Values, confirm, before string) string {
	query := url.Values{}
	for _, name := range []string{"channel", "from", "dispatch", "waiting"} {
		if value := chosen.Get(name); value != "" {
			query.Set(name, value)
		}
	}
	if confirm != "" {
		query.Set("confirm", confirm)
	}
	if before != "" {
		query.Set("before", before)
	}
	if len(query) == 0 {
		return "/attempts"
	}
	return "/attempts?" + query.Encode()
}

func (s *site) attemptLine(v *visit, a *office.Attempt) (attemptLine, error) {
	line := attemptLine{
		ID: a.ID, From: v.sideName(a.From), By: v.officer(a.From, a.By), To: v.sideNames(a.To), Channel: v.channelName(a.Channel),
		Clocks: v.clocks(fromMillis(a.Moment)), Means: v.t("attempt.means-" + string(a.Means)), Outcome: v.t("attempt.outcome-" + string(a.Outcome)),
		Shape: "void", Text: a.Text, Lang: textLanguage(a.Text), Mark: v.markName(a.Mark), Held: s.heldByAll(v, a.ID),
	}
	if a.Outcome.Carried() {
		line.Shape = "done"
	}
	if a.Dispatch != nil {
		about, err := s.cite(v, *a.Dispatch)
		if err != nil {
			return line, err
		}
		line.About = about.link()
	}
	for _, to := range a.To {
		view := attemptView{Side: v.sideName(to), Shape: "unknown", Words: v.t("attempt.view-none")}
		if i := slices.IndexFunc(a.Views, func(x office.AttemptView) bool { return x.Side == to }); i >= 0 {
			said := a.Views[i]
			view.Words, view.By, view.ID = v.t("attempt.view-"+string(said.Confirms)), v.officer(to, said.By), said.ID.String()
			view.Text, view.Lang = said.Text, textLanguage(said.Text)
			view.Shape = map[office.View]string{office.Confirmed: "equal", office.ConfirmedInPart: "comparing", office.Denied: "unequal"}[said.Confirms]
		}
		line.Views = append(line.Views, view)
	}
	if slices.Contains(a.To, v.side) && v.status.Open && v.may(office.KindConfirm, "") {
		line.Confirm = attemptsHref(v.r.URL.Query(), a.ID.String(), "") + "#confirm"
	}
	return line, nil
}

// confirmForm is the form in which we say what we know of an attempt; nil if it is
// not ours to say.
func (s *site) confirmForm(v *visit, typed typedAttempt) (*confirmForm, error) {
	id, err := office.ParseEntryID(typed.Of)
	if err != nil {
		return nil, errNothingHere
	}
	a, found, err := s.node.Records().Attempt(v.ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errNothingHere
	}
	line, err := s.attemptLine(v, &a)
	if err != nil || line.Confirm == "" {
		return nil, err
	}
	line.Confirm = "" // its form is this one
	form := &confirmForm{Line: line}
	for _, view := range office.Views {
		form.Views = append(form.Views, choice{string(view), v.t("attempt.view-" + string(view)), "", string(view) == typed.Confirms})
	}
	return form, nil
}

// postAttempt logs an attempt. What is refused comes back as it was typed.
func (s *site) postAttempt(v *visit) error {
	form := v.r.PostForm
	t := typedAttempt{
		Channel: form.Get("channel"), Means: form.Get("means"), Outcome: form.Get("outcome"), Moment: form.Get("moment"), Text: typed(form.Get("text")),
		Mark: form.Get("mark"), Dispatch: form.Get("dispatch"), To: slices.Compact(slices.Sorted(slices.Values(form["to"]))),
	}
	body := &office.AttemptBody{
		Channel: t.Channel, Mark: office.Mark(t.Mark), Means: office.Means(t.Means), Outcome: office.Outcome(t.Outcome), Text: t.Text, To: t.To,
	}
	if others := v.others(); len(others) == 1 {
		body.To = others
	}
	var refused string
	if len(body.To) == 0 { // the node would take it to mean all; a person must say so
		refused = v.t("void.missing", "field", v.t("field.to"))
	}
	if t.Dispatch != "" {
		id, err := office.ParseEntryID(t.Dispatch)
		if err != nil {
			refused = v.t("void.dispatch-unknown", "dispatch", shorten(t.Dispatch, 40))
		}
		body.Dispatch = &id
	}
	moment, wrong := v.typedMinute(t.Moment)
	if body.Moment = moment; moment == "" {
		body.Moment = office.MinuteOf(v.now.UnixMilli())
	}
	if refused == "" {
		refused = wrong
	}
	var err error
	if refused == "" {
		refused, err = s.actOnce(v, office.KindAttempt, body)
	}
	if err != nil {
		return err
	}
	if refused != "" {
		return s.showAttempts(v, http.StatusUnprocessableEntity, t, refused)
	}
	if t.Dispatch != "" {
		return v.redirect("/dispatches/" + t.Dispatch)
	}
	return v.redirect("/attempts")
}

// postConfirm says what our side knows of an attempt.
func (s *site) postConfirm(v *visit) error {
	form := v.r.PostForm
	t := typedAttempt{Of: form.Get("of"), Confirms: form.Get("confirms"), View: typed(form.Get("text"))}
	id, err := office.ParseEntryID(t.Of)
	if err != nil {
		return errNothingHere
	}
	refused, err := s.actOnce(v, office.KindConfirm, &office.ConfirmBody{Attempt: id, Confirms: office.View(t.Confirms), Text: t.View})
	if err != nil {
		return err
	}
	if refused != "" {
		return s.showAttempts(v, http.StatusUnprocessableEntity, t, refused)
	}
	return v.redirect("/attempts")
}

// attemptsAbout is what the page of a dispatch says of other means.
type attemptsAbout struct {
	Lines []attemptLine
	All   string // address of all of them
	Log   string // address of the form; empty if the reader may not
	More  bool
	By    template.HTML // by whose word it was carried by other means; empty if nobody's
}

func (s *site) attemptsAbout(v *visit, d *office.Dispatch) (out attemptsAbout, err error) {
	if !v.knowsForms() {
		return out, nil
	}
	lines, next, err := s.node.Records().Attempts(v.ctx, records.AttemptFilter{Dispatch: d.ID.String(), Limit: attemptsOfOne})
	if err != nil {
		return out, fmt.Errorf("read the attempts about %s: %w", d.ID, err)
	}
	out.All, out.More = "/attempts?dispatch="+d.ID.String(), next != ""
	if v.status.Open && v.may(office.KindAttempt, "") {
		out.Log = out.All + "&channel=" + d.Channel + "#log"
	}
	for i := range lines {
		a := &lines[i].Attempt
		line, err := s.attemptLine(v, a)
		if err != nil {
			return out, err
		}
		line.About = ""
		out.Lines = append(out.Lines, line)
		if out.By == "" && a.From == d.From && a.Outcome.Carried() {
			out.By = v.h("attempt.carried", "side", v.sideName(a.From), "means", line.Means, "time", v.briefly(fromMillis(a.Moment)))
		}
	}
	return out, nil
}
