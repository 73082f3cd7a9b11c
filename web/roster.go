package web

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

const (
	rosterDays   = 14 // days of the picture
	gapsShown    = 8  // that are named above it
	swapsShown   = 10 // that have ended
	swapsOffered = 60 // watches to choose from in return
)

// rosterPage is the plan of who shall be on watch of our side.
type rosterPage struct {
	Frame
	Refused string
	Known   bool // the rules in force know the watch
	MayKeep bool
	MaySwap bool

	From, Before, After, Today string // days; Today is empty if the picture has it
	Clock                      string // by which the times are

	Should  []rosterNow // who should be on watch now
	Is      []string    // who is
	Gaps    []rosterGap
	More    int // gaps that are not named
	Twice   []rosterGap
	Offers  []swapLine
	Ended   []swapLine
	Chosen  *chosenWatch
	Layers  []string // names, in the order of the bars
	Height  int      // of the bars of a day
	Days    []rosterDay
	Plans   []rotationLine
	Form    url.Values // of a rotation, as it was typed
	Week    []weekdayChoice
	People  []whoChoice
	Feeds   []feedLine
	Address string // of a feed that was made just now
	Once    string
}

type rosterNow struct {
	Who, Name string
	Until     template.HTML
	Mine      bool
}

// rosterGap is a time during which nobody is on the roster, or one has two watches.
type rosterGap struct {
	When     string
	Who      string
	Promised bool
}

type whoChoice struct {
	Value, Name string
	Chosen      bool
}

type weekdayChoice struct {
	N      int
	Name   string
	Chosen bool
}

// swapLine is the offer of a watch.
type swapLine struct {
	ID                        int64
	Watch, Holder, To, Back   string
	Words, State              string
	Offered, Ended            template.HTML
	Accept, Decline, Withdraw bool
}

type rotationLine struct {
	ID             int64
	Name, Days     string
	Instead        string // name of the layer
	Starts, Length string
	Each           int
	Turn           []string
	Begun, MayEnd  bool
	Ended          bool
	Changed        template.HTML
}

type feedLine struct {
	Whole bool
	Made  template.HTML // empty if there is none
}

func (s *site) roster(v *visit) error {
	return s.showRoster(v, http.StatusOK, url.Values{"starts": {"00:00, 08:00, 16:00"}, "hours": {"8"}, "each": {"1"}}, "", "")
}

// showRoster shows the page: the picture of a fortnight, with what was typed and why
// it was refused, and the address of a feed that was made.
func (s *site) showRoster(v *visit, status int, typed url.Values, refused, address string) error {
	frame, err := s.frame(v, "roster", v.t("roster.title"))
	if err != nil {
		return err
	}
	frame.Path = "/roster"
	page := rosterPage{
		Frame: frame, Refused: refused, Known: v.knowsForms(), Form: typed, Address: address, Once: newKey(),
		MayKeep: v.status.Open && v.may(people.ActRoster, ""), MaySwap: v.status.Open && v.may(office.KindWatch, ""),
	}
	d := drawing{v: v, now: v.now.UnixMilli(), offered: map[people.WatchID]bool{}}
	if d.names, err = s.rosterNames(v); err != nil {
		return err
	}
	if d.clock, _, err = s.node.RosterClock(v.ctx); err != nil {
		return err
	}
	today, _ := d.clock.Shows(d.now)
	first, err := time.Parse(dateForm, cmp.Or(v.r.URL.Query().Get("from"), v.r.PostForm.Get("back-from"), monday(today)))
	if err != nil || first.Year() < 1971 || first.Year() > 9000 {
		return errNothingHere
	}
	date := func(n int) string { return first.AddDate(0, 0, n).Format(dateForm) }
	d.from = date(0)
	from, _, _ := d.clock.Day(date(0))
	until, _, _ := d.clock.Day(date(rosterDays))
	page.From, page.Before, page.After = date(0), date(-rosterDays), date(rosterDays)
	if d.now < from || d.now >= until {
		page.Today = today
	}
	minutes := int64(0)
	for i, a := range d.clock {
		if i == 0 || a.From <= d.now {
			minutes = a.Minutes
		}
	}
	page.Clock = "UTC" + office.OffsetText(minutes)
	roster, err := s.node.Roster(v.ctx, fromMillis(from), fromMillis(until))
	if err != nil {
		return err
	}
	if d.plan, err = roster.Plan(from, until); err != nil {
		return err
	}
	if d.promised, err = s.node.Promised(v.ctx, fromMillis(from), fromMillis(until)); err != nil {
		return err
	}
	swaps, err := s.node.People().Swaps(v.ctx)
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for i := range roster.Rotations {
		r := &roster.Rotations[i]
		names[r.ID] = r.Name
		if r.Instead == 0 && (r.Until == "" || r.Until > date(0)) && r.From < date(rosterDays) {
			d.layers, page.Layers = append(d.layers, r.ID), append(page.Layers, r.Name)
		}
		page.Plans = append(page.Plans, v.rotationLine(d.names, r, names, today, page.MayKeep))
	}
	slices.Reverse(page.Plans)
	page.Height = max(1, len(d.layers)) * barHeight
	for _, one := range swaps {
		line := v.swapLine(d.names, &one, page.MaySwap)
		if one.State == people.SwapOffered {
			d.offered[one.Watch] = true
			page.Offers = append(page.Offers, line)
		} else if len(page.Ended) < swapsShown {
			page.Ended = append(page.Ended, line)
		}
	}
	if page.Should, _, err = s.shouldWatch(v); err != nil {
		return err
	}
	for i := range v.onWatch {
		if w := &v.onWatch[i]; w.Side == v.side {
			page.Is = append(page.Is, cmp.Or(w.Name, v.postName(w.Side, w.By)))
		}
	}
	if id, ok := people.ParseWatchID(cmp.Or(v.r.URL.Query().Get("watch"), typed.Get("watch"))); ok {
		d.chosen = id
		page.Chosen = d.chosenWatch()
	}
	for n := range rosterDays {
		page.Days = append(page.Days, d.day(date(n)))
	}
	for _, g := range d.plan.Gaps {
		if len(page.Gaps) == gapsShown {
			page.More = len(d.plan.Gaps) - gapsShown
			break
		}
		page.Gaps = append(page.Gaps, rosterGap{When: d.between(g.From, g.Until, ""), Promised: g.Within(d.promised)})
	}
	for _, o := range d.plan.Overlaps {
		if who := o.Twice(); who != "" && len(page.Twice) < gapsShown {
			page.Twice = append(page.Twice, rosterGap{When: d.between(o.From, o.Until, ""), Who: d.names.of(who)})
		}
	}
	for n := 1; n <= 7; n++ {
		page.Week = append(page.Week, weekdayChoice{n, v.weekday(n - 1), slices.Contains(typed["day"], strconv.Itoa(n))})
	}
	if page.MayKeep || page.MaySwap {
		page.People = d.names.choices()
	}
	if page.Feeds, err = s.feedLines(v); err != nil {
		return err
	}
	return s.render(v, status, "roster", page)
}

// monday gives the Monday of the week that a day lies in.
func monday(date string) string {
	t, err := time.Parse(dateForm, date)
	if err != nil {
		return date
	}
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format(dateForm)
}

// shouldWatch tells who should be on watch now by the roster, and whether there is
// one.
func (s *site) shouldWatch(v *visit) (should []rosterNow, rostered bool, err error) {
	roster, err := s.node.Roster(v.ctx, v.now, v.now)
	if err != nil || len(roster.Rotations) == 0 {
		return nil, false, err
	}
	plan, err := roster.Plan(v.now.UnixMilli(), v.now.UnixMilli()+1)
	if err != nil {
		return nil, false, err
	}
	names, err := s.rosterNames(v)
	for _, w := range plan.Watches {
		should = append(should, rosterNow{Who: names.of(w.Who), Name: w.Name, Until: v.moment(w.Until), Mine: names.mine(w.Who)})
	}
	return should, true, err
}

func (v *visit) swapLine(names rosterNames, s *people.Swap, may bool) swapLine {
	line := swapLine{
		ID: s.ID, Watch: v.watchNamed(s.Watch), Holder: names.of(s.Holder), To: v.t("roster.to-all"), Words: s.Words, State: v.t("roster.swap-" + string(s.State)), Offered: v.signed(s.Offered),
	}
	if s.To != "" {
		line.To = names.of(s.To)
	}
	if s.Back.Layer != 0 {
		line.Back = v.watchNamed(s.Back)
	}
	if !s.Ended.At.IsZero() {
		line.Ended = v.signed(s.Ended)
	}
	if may && s.State == people.SwapOffered {
		line.Withdraw = names.mine(s.Holder) || s.Offered.Who == v.session.Account
		line.Accept = names.mine(s.To) || s.To == "" && !names.mine(s.Holder)
		line.Decline = names.mine(s.To)
	}
	return line
}

// watchNamed writes a watch by its day and its time of day.
func (v *visit) watchNamed(id people.WatchID) string { return v.dated(id.Day) + " " + id.Start }

func (v *visit) rotationLine(names rosterNames, r *people.Rotation, layers map[int64]string, today string, may bool) rotationLine {
	line := rotationLine{
		ID: r.ID, Name: r.Name, Instead: layers[r.Instead], Starts: strings.Join(r.Starts, ", "), Each: r.Each, Changed: v.signed(r.Changed),
		Begun: r.From <= today, Ended: r.Until != "" && r.Until <= today,
	}
	line.Length = v.t("roster.length", "hours", strconv.FormatFloat(float64(r.Minutes)/60, 'f', -1, 64))
	line.Days = v.t("roster.from-on", "day", r.From)
	if r.Until != "" {
		line.Days = v.t("roster.from-until", "day", r.From, "until", r.Until)
	}
	for i, n := range r.Days {
		sep := " · "
		if i > 0 {
			sep = " "
		}
		line.Days += sep + v.t(fmt.Sprint("time.weekday-short.", n))
	}
	for _, in := range r.Turn {
		line.Turn = append(line.Turn, strings.TrimSpace(names.of(in.Who)+" "+strings.Join(in.Languages, " ")))
	}
	line.MayEnd = may && !line.Ended
	return line
}

func (s *site) feedLines(v *visit) ([]feedLine, error) {
	lines := []feedLine{{}, {Whole: true}}
	feeds, err := s.node.People().Feeds(v.ctx, v.session.Account)
	for _, f := range feeds {
		i := 0
		if f.Whole {
			i = 1
		}
		lines[i].Made = v.briefly(f.Made)
	}
	return lines, err
}

// typedRotation reads the form of a rotation. What it cannot read it leaves as it
// is, to be refused with a sentence.
func (v *visit) typedRotation(form url.Values) people.Rotation {
	words := func(text string) []string {
		return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(strings.TrimSpace(form.Get(name)), 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	r := people.Rotation{
		Name: strings.TrimSpace(form.Get("name")), Instead: number("instead"), From: strings.TrimSpace(form.Get("begins")), Until: strings.TrimSpace(form.Get("ends")),
		Starts: words(form.Get("starts")), Each: int(min(number("each"), people.MaxEach+1)),
	}
	if hours, err := strconv.ParseFloat(strings.TrimSpace(form.Get("hours")), 64); err == nil && hours > 0 && hours < 1000 {
		r.Minutes = int(hours * 60)
	}
	for _, text := range form["day"] {
		if n, err := strconv.Atoi(text); err == nil {
			r.Days = append(r.Days, n)
		}
	}
	for _, line := range linesOf(form.Get("turn")) {
		parts := words(line)
		if len(parts) > 0 {
			r.Turn = append(r.Turn, people.InTurn{Who: people.Who(parts[0]), Languages: append([]string{}, parts[1:]...)})
		}
	}
	return r
}

// onRoster does something with the roster, once for each form, and shows the page
// again: with the sentence, if it is refused.
func (s *site) onRoster(v *visit, do func(clock people.Clock) error) error {
	form := v.r.PostForm
	for name, values := range form {
		for i := range values {
			form[name][i] = typed(values[i])
		}
	}
	clock, _, err := s.node.RosterClock(v.ctx)
	if err != nil {
		return err
	}
	if once := v.once(form.Encode()); once == nil {
		err = do(clock)
	} else {
		var failed error
		_, _, err = s.node.Once(v.ctx, *once, func() node.Answer {
			if failed = do(clock); failed != nil {
				return node.Answer{}
			}
			return node.Answer{Status: http.StatusSeeOther}
		})
		err = errors.Join(err, failed)
	}
	if refusal, is := refusalOf(err); is {
		return s.showRoster(v, http.StatusUnprocessableEntity, form, v.refused(refusal), "")
	}
	if err != nil {
		return fmt.Errorf("the roster: %w", err)
	}
	s.node.TellRoster()
	to := "/roster"
	if from := form.Get("back-from"); from != "" {
		to += "?from=" + url.QueryEscape(from)
	}
	return v.redirect(to)
}

func (s *site) postRotation(v *visit) error {
	return s.onRoster(v, func(clock people.Clock) error {
		_, err := s.node.People().PutRotation(v.ctx, v.hand(), clock, v.typedRotation(v.r.PostForm))
		return err
	})
}

func (s *site) postEndRotation(v *visit) error {
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	return s.onRoster(v, func(clock people.Clock) error {
		roster, err := s.node.Roster(v.ctx, v.now, v.now)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(roster.Rotations, func(r people.Rotation) bool { return r.ID == id })
		if i < 0 {
			return &node.Refusal{Code: "roster-unknown", Detail: map[string]string{"id": fmt.Sprint(id)}}
		}
		r := roster.Rotations[i]
		r.Until = strings.TrimSpace(v.r.PostForm.Get("ends"))
		_, err = s.node.People().PutRotation(v.ctx, v.hand(), clock, r)
		return err
	})
}

// ownPlanned reads which watch of the roster a field names.
func ownPlanned(form url.Values, name string) (people.WatchID, error) {
	id, ok := people.ParseWatchID(form.Get(name))
	if !ok {
		return id, &node.Refusal{Code: "roster-no-watch", Detail: map[string]string{"watch": shorten(form.Get(name), 40)}}
	}
	return id, nil
}

func (s *site) postGive(v *visit) error {
	return s.onRoster(v, func(clock people.Clock) error {
		form := v.r.PostForm
		id, err := ownPlanned(form, "watch")
		if err == nil {
			err = s.node.People().GiveWatch(v.ctx, v.hand(), clock, id, people.Who(form.Get("who")), strings.TrimSpace(form.Get("why")))
		}
		return err
	})
}

func (s *site) postOffer(v *visit) error {
	return s.onRoster(v, func(clock people.Clock) error {
		form := v.r.PostForm
		id, err := ownPlanned(form, "watch")
		if err != nil {
			return err
		}
		offer := people.Swap{Watch: id, To: people.Who(form.Get("to")), Words: strings.TrimSpace(form.Get("words"))}
		if form.Get("back") != "" {
			if offer.Back, err = ownPlanned(form, "back"); err != nil {
				return err
			}
		}
		_, err = s.node.People().OfferSwap(v.ctx, v.hand(), clock, offer)
		return err
	})
}

func (s *site) postSwap(v *visit) error {
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	return s.onRoster(v, func(clock people.Clock) error {
		p, h := s.node.People(), v.hand()
		switch v.r.PathValue("act") {
		case "accept":
			return p.AcceptSwap(v.ctx, h, clock, id)
		case "decline":
			return p.DeclineSwap(v.ctx, h, id)
		case "withdraw":
			return p.WithdrawSwap(v.ctx, h, id)
		}
		return errNothingHere
	})
}

// postFeed makes a feed, whose address is shown this once.
func (s *site) postFeed(v *visit) error {
	whole := v.r.PostForm.Get("whole") == "1"
	if v.r.PostForm.Get("end") == "1" {
		if err := s.node.People().EndFeed(v.ctx, v.by(), v.session.Account, whole); err != nil {
			return err
		}
		return v.redirect("/roster#feeds")
	}
	token, err := s.node.People().MakeFeed(v.ctx, v.by(), v.session.Account, whole)
	var refused *people.Refusal
	if errors.As(err, &refused) {
		return s.showRoster(v, http.StatusUnprocessableEntity, url.Values{}, v.coded("refused", string(refused.Code), refused.Detail), "")
	}
	if err != nil {
		return err
	}
	return s.showRoster(v, http.StatusOK, url.Values{}, "", FeedURL(s.address, token))
}
