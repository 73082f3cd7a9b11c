package web

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"liaison.example/node"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// toldPage is how a person is told, and what they were told; for administrators
// also how the side tells, and whom.
type toldPage struct {
	Frame
	Refused  string
	Done     string // what was done just now
	Made     string // a secret that was drawn just now
	Own      []toldMeans
	Page     toldMeans // the open page; without an id until it is set, or its person was on watch
	PageForm toldKind  // how it is set
	Kinds    []toldKind
	Quiet    notify.Quiet
	From     string // of the quiet hours, "22:00"
	Until    string
	Zone     string
	Notices  []toldNotice
	Admin    bool
	Senders  []toldKind
	Failing  []toldMeans // of others, for administrators
	Ladders  []toldLadder
	Accounts []string
}

type toldMeans struct {
	ID             int64
	Label, Kind    string
	Whose          string
	Facts          []toldFact
	Failed         string
	Worked, Tested template.HTML // empty if it never was
}

type toldFact struct{ Name, Value string }

// toldKind is a kind of means, with what is to be set for it.
type toldKind struct {
	Kind, Word, About string
	Ready             bool
	Fields            []toldField
	Key               string // with which a browser subscribes
}

type toldField struct {
	Name, Word, Type, Value string
	Required, Set           bool
	Choices                 []toldChoice
}

type toldChoice struct {
	Value, Word string
	Chosen      bool
}

type toldNotice struct {
	Time         template.HTML
	Title, Means string
	State, Word  string
	Failed       string
	Href         string
}

// toldLadder is the ladder of a precedence with who is told at each step.
type toldLadder struct {
	Precedence office.Precedence
	Word       string
	ID         string
	Channel    string // that has it of its own; empty for those that have none
	Rungs      []toldRung
}

type toldRung struct {
	When   string // "at once", "after 5 min"
	Acts   string
	Would  []string // who would be told now
	Tries  bool     // other means are tried, by the side that has sent it
	Try    []string // who of ours would be told so, of a dispatch of ours
	Places []toldPlace
}

type toldPlace struct {
	Field, Word, Value, Usual string
}

const toldShown = 50 // notices

func (s *site) told(v *visit) error { return s.showTold(v, http.StatusOK, toldPage{}) }

func (s *site) showTold(v *visit, status int, page toldPage) (err error) {
	if page.Frame, err = s.personFrame(v, "told", v.t("told.title")); err != nil {
		return err
	}
	page.Path, page.Admin = "/told", v.session.Admin
	tell := s.node.Notify()
	desk, all, err := tell.Stand(v.ctx)
	if err != nil {
		return err
	}
	labels := map[int64]string{}
	for i := range all {
		m := &all[i]
		labels[m.ID] = m.Label
		switch {
		case m.Account == v.session.Account && m.Kind == notify.PageKind:
			page.Page = v.toldMeans(tell, m)
			labels[m.ID] = v.t("sender.page")
		case m.Account == v.session.Account:
			page.Own = append(page.Own, v.toldMeans(tell, m))
		case page.Admin && m.Failures > 0:
			page.Failing = append(page.Failing, v.toldMeans(tell, m))
		}
	}
	quiet, err := tell.QuietHours(v.ctx)
	if err != nil {
		return err
	}
	page.Quiet = quiet[v.session.Account]
	page.From, page.Until = page.Quiet.Texts()
	page.Zone = desk.Zone.String()
	settings, err := tell.PageSettings(v.ctx, v.session.Account)
	if err != nil {
		return err
	}
	for _, sender := range tell.SenderKinds() {
		if sender.Kind() == notify.PageKind {
			page.PageForm = toldKind{Kind: sender.Kind(), Fields: v.toldFields(sender.Kind(), sender.Personal(), settings)}
			continue
		}
		shown, ready, err := tell.Office(v.ctx, sender.Kind())
		if err != nil {
			return err
		}
		kind := toldKind{Kind: sender.Kind(), Word: v.t("sender." + sender.Kind()), About: v.t("sender." + sender.Kind() + ".about"), Ready: ready}
		personal := kind
		personal.Fields = v.toldFields(sender.Kind(), sender.Personal(), nil)
		if sender.Kind() == "push" {
			if personal.Key, err = tell.PushKey(v.ctx); err != nil {
				return err
			}
		}
		page.Kinds = append(page.Kinds, personal)
		if kind.Fields = v.toldFields(sender.Kind(), sender.Office(), shown); page.Admin && len(kind.Fields) > 0 {
			page.Senders = append(page.Senders, kind)
		}
	}
	lines, err := tell.Notices(v.ctx, v.session.Account, toldShown)
	if err != nil {
		return err
	}
	for i := range lines {
		page.Notices = append(page.Notices, v.toldNotice(&lines[i], labels))
	}
	page.Ladders = v.toldLadders(&desk)
	if page.Admin {
		for _, person := range desk.Persons {
			page.Accounts = append(page.Accounts, "@"+person.Account)
		}
	}
	return s.render(v, status, "told", page)
}

func (v *visit) toldMeans(tell *notify.Notify, m *notify.Means) toldMeans {
	one := toldMeans{ID: m.ID, Label: m.Label, Kind: v.t("sender." + m.Kind), Whose: m.Account, Failed: notify.Why(v.tag, m.Failed)}
	if m.Kind == notify.PageKind {
		one.Label = one.Kind
	}
	if sender := tell.Sender(m.Kind); sender != nil && m.Kind != notify.PageKind {
		shown := m.Shown(sender.Personal())
		for _, f := range sender.Personal() {
			if shown[f.Name] != "" {
				one.Facts = append(one.Facts, toldFact{v.t("sender." + m.Kind + "." + f.Name), shown[f.Name]})
			}
		}
	}
	if !m.Worked.IsZero() {
		one.Worked = v.briefly(m.Worked)
	}
	if !m.Tested.IsZero() {
		one.Tested = v.briefly(m.Tested)
	}
	return one
}

func (v *visit) toldFields(kind string, fields []notify.Field, values notify.Settings) (list []toldField) {
	for _, f := range fields {
		if f.Type == notify.FieldMade {
			continue
		}
		one := toldField{Name: f.Name, Word: v.t("sender." + kind + "." + f.Name), Type: string(f.Type), Value: values[f.Name], Required: f.Required}
		if one.Value == "" && (f.Type != notify.FieldCheck || values == nil) { // a check may be taken away
			one.Value = f.Default
		}
		for _, choice := range f.Choices {
			one.Choices = append(one.Choices, toldChoice{choice, v.t("sender." + kind + "." + f.Name + "-" + choice), choice == one.Value})
		}
		list = append(list, one)
	}
	return list
}

func (v *visit) toldNotice(l *notify.Line, labels map[int64]string) toldNotice {
	one := toldNotice{Time: v.briefly(l.Planned), Title: l.Notice.Title(v.tag), Means: labels[l.Means], State: string(l.State), Word: v.t("told.state-" + string(l.State)), Failed: notify.Why(v.tag, l.Failed)}
	if l.Notice.Sort == notify.SortDispatch {
		one.Href = "/dispatches/" + l.Notice.Dispatch.String()
		if l.Notice.Step > 0 {
			one.Title += " · " + v.t("told.step", "n", l.Notice.Step, "of", l.Notice.Of)
		}
	}
	if l.Notice.Sort == notify.SortMatter {
		one.Href = l.Notice.Matter.Page
	}
	if l.Notice.Sort == notify.SortCheck {
		one.Href = "/checks?" + url.Values{"channel": {l.Notice.Channel}}.Encode()
		if l.Notice.Step > 0 && l.Notice.Check.Duty != office.DutySilent { // which has no step before
			one.Title += " · " + v.t("told.step", "n", l.Notice.Step, "of", l.Notice.Of)
		}
	}
	return one
}

// toldLadders draws the ladders of the charter, those that hold on channels without
// one of their own and then those that a channel has, with who is told at each step.
func (v *visit) toldLadders(desk *notify.Desk) (list []toldLadder) {
	charter := v.office.Charter
	if charter == nil {
		return nil
	}
	for _, p := range office.Precedences {
		list = append(list, v.toldLadder(desk, p, charter.Steps("", p)))
	}
	for i := range charter.Channels {
		ch := &charter.Channels[i]
		for _, own := range ch.Ladders {
			ladder := v.toldLadder(desk, own.Precedence, own.Steps)
			ladder.ID, ladder.Channel = ladder.ID+"-"+ch.ID, v.channelName(ch.ID)
			for i := range ladder.Rungs { // the table of whom is one for all channels
				ladder.Rungs[i].Places = nil
			}
			list = append(list, ladder)
		}
	}
	return list
}

func (v *visit) toldLadder(desk *notify.Desk, p office.Precedence, steps []office.Step) toldLadder {
	ladder := toldLadder{Precedence: p, Word: v.t("precedence." + lowerPrecedence(p)), ID: "ladder-" + string(p)}
	for i := range len(steps) + 1 {
		rung := toldRung{When: v.t("told.at-once"), Acts: v.t("told.act-release"), Would: desk.Would(p, steps, i)}
		acts := []office.StepAct{notify.ActRelease}
		if i > 0 {
			rung.When, rung.Acts, acts = v.t("told.after", "time", v.span(steps[i-1].After*60)), v.stepActs(steps[i-1]), steps[i-1].Do
		}
		if rung.Tries = slices.Contains(acts, office.StepBearer); rung.Tries {
			rung.Try = desk.WouldTry(p)
		}
		for _, act := range acts {
			rung.Places = append(rung.Places, toldPlace{
				Field: "whom-" + string(p) + "-" + string(act), Word: v.t("told.act-" + string(act)),
				Value: whomText(desk.Whom.Of(p, act)), Usual: whomText(notify.Whom{}.Of(p, act)),
			})
		}
		ladder.Rungs = append(ladder.Rungs, rung)
	}
	return ladder
}

func whomText(who []notify.Who) string {
	words := make([]string, len(who))
	for i, one := range who {
		words[i] = string(one)
	}
	return strings.Join(words, " ")
}

// toldDone goes back to the page after an act; a refusal shows it with its sentence.
func (s *site) toldDone(v *visit, done toldPage, err error) error {
	if refused, is := errors.AsType[*notify.Refusal](err); is {
		return s.showTold(v, http.StatusUnprocessableEntity, toldPage{Refused: v.coded("refused", string(refused.Code), refused.Detail)})
	}
	if errors.Is(err, notify.ErrNoMeans) {
		return errNothingHere
	}
	if err != nil {
		return err
	}
	if done.Done != "" || done.Made != "" {
		return s.showTold(v, http.StatusOK, done)
	}
	return v.redirect("/told")
}

// typedSettings reads the fields of a form that begin with "set-".
func (v *visit) typedSettings() notify.Settings {
	settings := notify.Settings{}
	for name := range v.r.PostForm {
		if field, is := strings.CutPrefix(name, "set-"); is {
			settings[field] = v.r.PostForm.Get(name)
		}
	}
	return settings
}

func (s *site) postMeans(v *visit) error {
	m, made, err := s.node.Notify().AddMeans(v.ctx, v.session.Account, v.r.PostFormValue("kind"), typed(v.r.PostFormValue("label")), v.typedSettings())
	if err != nil {
		return s.toldDone(v, toldPage{}, err)
	}
	done := toldPage{}
	for _, secret := range made {
		done.Done, done.Made = v.t("told.made", "label", m.Label), secret
	}
	return s.toldDone(v, done, nil)
}

// meansID reads which means an act is about.
func (v *visit) meansID() (int64, error) {
	id, err := v.pathNumber()
	if err != nil {
		return 0, err
	}
	return id, nil
}

func (s *site) postRemoveMeans(v *visit) error {
	id, err := v.meansID()
	if err != nil {
		return err
	}
	return s.toldDone(v, toldPage{}, s.node.Notify().RemoveMeans(v.ctx, v.session.Account, id))
}

// postTestMeans tells a person of nothing, and says on the page whether the means
// took it.
func (s *site) postTestMeans(v *visit) error {
	id, err := v.meansID()
	if err != nil {
		return err
	}
	err = s.node.Notify().TestMeans(v.ctx, v.session.Account, id)
	switch {
	case errors.Is(err, notify.ErrNoMeans):
		return errNothingHere
	case err != nil:
		return s.showTold(v, http.StatusOK, toldPage{Refused: v.t("told.test-failed", "why", notify.Why(v.tag, firstLine(err.Error())))})
	}
	if v.r.PostFormValue("kind") == notify.PageKind {
		return s.showTold(v, http.StatusOK, toldPage{Done: v.t("told.page-tested")})
	}
	return s.showTold(v, http.StatusOK, toldPage{Done: v.t("told.tested")})
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (s *site) postQuiet(v *visit) error {
	q, ok := notify.ReadQuiet(strings.TrimSpace(v.r.PostFormValue("from")), strings.TrimSpace(v.r.PostFormValue("until")))
	if !ok {
		q.From = -1 // which is refused
	}
	return s.toldDone(v, toldPage{}, s.node.Notify().SetQuiet(v.ctx, v.session.Account, q))
}

func (s *site) postSender(v *visit) error {
	return s.toldDone(v, toldPage{}, s.node.Notify().SetOffice(v.ctx, v.r.PathValue("kind"), v.typedSettings()))
}

// postWhom says who is told at the steps of the ladders. What is as usual is not
// said.
func (s *site) postWhom(v *visit) error {
	for _, p := range office.Precedences {
		for _, act := range notify.Acts {
			name := "whom-" + string(p) + "-" + string(act)
			if !v.r.PostForm.Has(name) {
				continue
			}
			who := []notify.Who{}
			for _, word := range strings.Fields(v.r.PostForm.Get(name)) {
				who = append(who, notify.Who(word))
			}
			if slices.Equal(who, notify.Whom{}.Of(p, act)) {
				who = nil
			}
			if err := s.node.Notify().SetWhom(v.ctx, notify.Place{Precedence: p, Act: act}, who); err != nil {
				return s.toldDone(v, toldPage{}, err)
			}
		}
	}
	return s.toldDone(v, toldPage{}, nil)
}

// acknowledgePage asks a person who came by a link in a message whether they
// acknowledge. Opening it does nothing, so that a program which previews links
// cannot.
type acknowledgePage struct {
	Frame
	Token      string // empty if there is nothing to be done
	Problem    string
	Done       string
	Dispatch   office.EntryID
	Number     int64
	Precedence office.Precedence
	Word       string
	Mark       string
	From       string
	Channel    string
	Released   template.HTML
	Whom       string // as whom it is acknowledged
	Post       string
}

func (s *site) acknowledge(v *visit) error {
	return s.showAcknowledge(v, v.r.URL.Query().Get("t"), nil)
}

func (s *site) showAcknowledge(v *visit, token string, failed error) error {
	page := acknowledgePage{Frame: s.bareFrame(v, v.t("told.ack-title"))}
	err := failed
	if err == nil {
		ack, line, post, looked := s.node.AckBy(v.ctx, token)
		if err = looked; err == nil {
			page.Token, page.Dispatch, page.Number, page.Precedence, page.From = token, line.ID, line.Number, line.Precedence, v.sideName(line.From)
			page.Word, page.Channel, page.Released = v.t("precedence."+lowerPrecedence(line.Precedence)), v.channelName(line.Channel), v.when(fromMillis(line.At))
			if line.Mark != "" {
				page.Mark = v.t("mark." + string(line.Mark))
			}
			page.Whom, page.Post = ack.Account, v.postName(v.side, post)
			if a, err := s.node.People().Account(v.ctx, ack.Account); err == nil {
				page.Whom = a.Person
			}
		}
	}
	status := http.StatusOK
	if err != nil {
		if page.Problem = v.ackProblem(err); page.Problem == "" {
			return err
		}
		status = http.StatusForbidden
	}
	return s.render(v, status, "acknowledge", page)
}

// ackProblem says what is wrong with a link to acknowledge, if err says that.
func (v *visit) ackProblem(err error) string {
	var refused *node.Refusal
	var unknown *people.Refusal
	switch {
	case errors.Is(err, notify.ErrAckUsed):
		return v.t("told.ack-used")
	case errors.Is(err, notify.ErrAckExpired):
		return v.t("told.ack-expired")
	case errors.Is(err, notify.ErrAckUnknown), errors.As(err, &unknown):
		return v.t("told.ack-unknown")
	case errors.Is(err, node.ErrNotWaiting):
		return v.t("told.ack-not-waiting")
	case errors.As(err, &refused):
		return v.refused(refused)
	}
	return ""
}

func (s *site) postAcknowledgeByLink(v *visit) error {
	written, err := s.node.AcknowledgeByLink(v.ctx, v.r.PostFormValue("t"), v.from())
	if err != nil {
		return s.showAcknowledge(v, "", err)
	}
	page := acknowledgePage{Frame: s.bareFrame(v, v.t("told.ack-title")), Done: v.t("told.ack-done", "entry", written.ID)}
	return s.render(v, http.StatusOK, "acknowledge", page)
}

// pushWorker is what a browser runs when it is pushed to (script/worker.js). It
// stands at the root, so that it may serve all pages.
func (s *site) pushWorker(v *visit) error {
	text, err := files.ReadFile("script/worker.js")
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	v.w.Header().Set("Cache-Control", "no-cache")
	v.w.Write(text) // if it cannot be written, nobody is left to be told
	return nil
}
