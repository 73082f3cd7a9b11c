package web

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
)

// hoursPage is the calendars of all sides, and a form to say ours.
type hoursPage struct {
	Frame
	Joint  template.HTML // when all sides are open
	Sides  []hoursSide   // ours first
	Known  bool          // by the rules in force
	MayAct bool

	Days                        []hoursDay // Monday first
	Holidays, Zone, From, Ahead string
	Spans                       int
	Errors                      map[string]string // by field; nil if nothing was refused
	Once                        string
}

// hoursDay is one day of the week, as it is typed or shown.
type hoursDay struct {
	N          int
	Name, Text string
}

// hoursSide is the calendar of one side.
type hoursSide struct {
	ID, Name, Shape string
	Stands          string
	InForce         *hoursSet
	Coming          []hoursSet
	Before          []hoursSet
}

// hoursSet is which hours a side keeps from a moment on.
type hoursSet struct {
	ID       string
	Since    template.HTML
	Said     template.HTML
	Zone     string
	Ahead    string   // "UTC+9"
	Changes  []string // "UTC+8 from 2018-10-28"
	Week     []hoursDay
	Holidays []holidayText
	More     int // holidays that are not shown
}

type holidayText struct{ Date, Name, Hours string }

// hoursShown bounds the holidays and changes that are shown of each set.
const hoursShown = 12

func (s *site) hours(v *visit) error {
	form := url.Values{}
	zone, _ := v.charterSide(v.side)
	form.Set("zone", zone.Zone)
	if c := v.calendars[v.side]; len(c) > 0 {
		h := c.At(v.now.UnixMilli())
		if h == nil {
			h = &c[len(c)-1]
		}
		form = v.hoursForm(h)
	}
	return s.showHours(v, http.StatusOK, form, nil)
}

// hoursForm writes hours as they are typed. Changes of the clock are named only
// where the table of the zone has others.
func (v *visit) hoursForm(h *office.Hours) url.Values {
	form := url.Values{"zone": {h.Zone}}
	for i, day := range h.Week {
		form.Set(fmt.Sprint("day-", i), office.SpansText(day))
	}
	var lines []string
	for _, day := range h.Holidays {
		lines = append(lines, office.HolidayText(day))
	}
	form.Set("holidays", strings.Join(lines, "\n"))
	if table, err := node.ZoneOffsets(h.Zone, fromMillis(h.From)); err != nil || !slices.Equal(table, h.Offsets) {
		lines = nil
		for _, o := range h.Offsets {
			lines = append(lines, string(o.From)+" "+office.OffsetText(o.Minutes))
		}
		form.Set("ahead", strings.Join(lines, "\n"))
	}
	return form
}

// showHours shows the calendars, and the form as it was typed.
func (s *site) showHours(v *visit, status int, form url.Values, errs map[string]string) error {
	frame, err := s.frame(v, "charter", v.t("hours.title"))
	if err != nil {
		return err
	}
	frame.Path = "/hours"
	page := hoursPage{
		Frame: frame, Joint: v.jointWords(), Spans: office.MaxSpans, Errors: errs, Once: cmp.Or(form.Get("once"), newKey()),
		Known:    v.office.Charter != nil && v.office.Charter.Rules >= 3,
		MayAct:   v.status.Open && v.may(office.KindHours, ""),
		Holidays: form.Get("holidays"), Zone: form.Get("zone"), From: form.Get("from"), Ahead: form.Get("ahead"),
	}
	for i := range 7 {
		page.Days = append(page.Days, hoursDay{i, v.weekday(i), form.Get(fmt.Sprint("day-", i))})
	}
	for _, id := range v.sides() {
		page.Sides = append(page.Sides, v.hoursSide(id))
	}
	return s.render(v, status, "hours", page)
}

func (v *visit) weekday(i int) string { return v.t(fmt.Sprint("time.weekday.", i+1)) }

func (v *visit) hoursSide(id office.Side) hoursSide {
	c, now := v.calendars[id], v.now.UnixMilli()
	side := hoursSide{ID: id, Name: v.sideName(id)}
	stand := c.Stands(now)
	side.Shape, side.Stands = "open", v.t("hours.unsaid")
	if stand.Said {
		side.Stands = v.standWords(id, stand)
	}
	if stand.Open {
		side.Shape = "done"
	}
	inForce := c.At(now)
	for i := range c {
		h := &c[i]
		switch {
		case h == inForce:
			set := v.hoursSet(h, "hours.in-force")
			side.InForce = &set
		case h.From > now:
			side.Coming = append(side.Coming, v.hoursSet(h, "hours.coming"))
		default:
			side.Before = append(side.Before, v.hoursSet(h, "hours.began"))
		}
	}
	slices.Reverse(side.Before)
	return side
}

func (v *visit) hoursSet(h *office.Hours, since string) hoursSet {
	at := max(h.From, v.now.UnixMilli())
	minutes, next := h.Offset(at)
	set := hoursSet{
		ID: h.ID.String(), Since: v.h(since, "time", v.briefly(fromMillis(h.From))), Zone: h.Zone, Ahead: "UTC" + office.OffsetText(minutes),
		Said: v.h("hours.said", "by", v.officer(h.Side, h.By), "time", v.briefly(fromMillis(h.At))),
	}
	for next != 0 && len(set.Changes) < 4 {
		when := next
		minutes, next = h.Offset(when)
		// On the new clock: the first moment at which it shows it.
		set.Changes = append(set.Changes, fromMillis(when+minutes*60_000).Format("2006-01-02 15:04")+" UTC"+office.OffsetText(minutes))
	}
	for i, day := range h.Week {
		set.Week = append(set.Week, hoursDay{i, v.weekday(i), cmp.Or(office.SpansText(day), v.t("hours.closed"))})
	}
	minutes, _ = h.Offset(at)
	today := fromMillis(at + minutes*60_000).Format(dateForm)
	for _, day := range h.Holidays {
		switch {
		case day.Date < today:
		case len(set.Holidays) == hoursShown:
			set.More++
		default:
			set.Holidays = append(set.Holidays, holidayText{v.dated(day.Date), lang.Pick(v.tag, day.Name), cmp.Or(office.SpansText(day.Hours), v.t("hours.closed"))})
		}
	}
	return set
}

// dated writes a date with its day of the week.
func (v *visit) dated(date string) string {
	t, err := time.Parse(dateForm, date)
	if err != nil {
		return date
	}
	return date + " " + v.shortDay(t)
}

func (v *visit) shortDay(t time.Time) string {
	return v.t(fmt.Sprint("time.weekday-short.", (int(t.Weekday())+6)%7+1))
}

// standWords tells how a side stands by its own calendar, on its own clock.
func (v *visit) standWords(id office.Side, stand office.Stand) string {
	always, until := "hours.shut", "hours.shut-to"
	if stand.Open {
		always, until = "hours.open", "hours.open-to"
	}
	if stand.Until == 0 {
		return v.t(always)
	}
	return v.t(until, "time", v.onOwnClock(id, stand.Until))
}

// onOwnClock writes a moment on the clock that a side has named in its calendar:
// "17:00", "Mon 09:00" within a week, else with its date.
func (v *visit) onOwnClock(id office.Side, ms int64) string {
	minutes := func(at int64) int64 {
		if h := v.calendars[id].At(at); h != nil {
			m, _ := h.Offset(at)
			return m
		}
		return 0
	}
	now := v.now.UnixMilli()
	t, today := fromMillis(ms+minutes(ms)*60_000), fromMillis(now+minutes(now)*60_000)
	switch {
	case t.Format(dateForm) == today.Format(dateForm):
		return t.Format("15:04")
	case t.Sub(today) < 6*24*time.Hour:
		return v.shortDay(t) + " " + t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// jointWords tells when all sides are open, in the reader's zone.
func (v *visit) jointWords() template.HTML {
	now := v.now.UnixMilli()
	joint, ok := office.Joint(v.jointly(), now)
	switch {
	case !ok:
		return v.h("hours.joint-no")
	case joint.From > now:
		return v.h("hours.joint", "time", v.moment(joint.From))
	case joint.Until > now+office.Always:
		return v.h("hours.joint-now")
	}
	return v.h("hours.joint-to", "time", v.moment(joint.Until))
}

// moment writes a time in the reader's zone to the minute, with the day of the
// week unless it is today.
func (v *visit) moment(ms int64) template.HTML {
	t := fromMillis(ms)
	local, now := t.In(v.zone(v.side)), v.now.In(v.zone(v.side))
	text := local.Format("15:04")
	if local.Format(dateForm) != now.Format(dateForm) {
		if text = v.shortDay(local) + " " + text; local.Sub(now) > 6*24*time.Hour {
			text = local.Format(dateForm) + " " + text
		}
	}
	return element(t, text)
}

// typedHours reads the form; what cannot be read is named at its field.
func (v *visit) typedHours(form url.Values) (b office.HoursBody, errs map[string]string) {
	errs = map[string]string{}
	bad := func(field, key, value string) {
		if errs[field] == "" {
			errs[field] = v.t(key, "value", shorten(value, 60))
		}
	}
	for i := range 7 {
		name := fmt.Sprint("day-", i)
		spans, ok := office.ParseSpans(form.Get(name))
		if !ok {
			bad(name, "hours.bad-span", form.Get(name))
		}
		b.Week = append(b.Week, spans)
	}
	b.Holidays = []office.Holiday{}
	for _, line := range linesOf(form.Get("holidays")) {
		day, ok := office.ParseHoliday(line)
		if !ok {
			bad("holidays", "hours.bad-day", line)
		}
		b.Holidays = append(b.Holidays, day)
	}
	slices.SortStableFunc(b.Holidays, func(a, b office.Holiday) int { return strings.Compare(a.Date, b.Date) })
	for _, line := range linesOf(form.Get("ahead")) {
		o, ok := office.ParseOffset(line)
		if !ok {
			bad("ahead", "hours.bad-ahead", line)
		}
		b.Offsets = append(b.Offsets, o)
	}
	b.Zone = strings.TrimSpace(form.Get("zone"))
	if from := strings.TrimSpace(form.Get("from")); from != "" {
		t, err := time.ParseInLocation("2006-01-02 15:04", strings.Replace(from, "T", " ", 1), v.zones.named(b.Zone))
		if err != nil {
			bad("from", "hours.bad-from", from)
		}
		b.From = office.MinuteOf(max(0, t.UnixMilli()))
		if len(b.Offsets) > 0 { // on the clock that is named by hand
			wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC).UnixMilli()
			b.From = office.MinuteOf(max(0, onClockOf(b.Offsets, wall)))
		}
	}
	return b, errs
}

// onClockOf gives the moment at which a clock with these changes shows a time.
func onClockOf(offsets []office.Offset, wall int64) int64 {
	at := wall - offsets[0].Minutes*60_000
	for _, o := range offsets {
		if from, _ := o.From.Millis(); wall-o.Minutes*60_000 >= from {
			at = wall - o.Minutes*60_000
		}
	}
	return at
}

func linesOf(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// postHours says our hours. What is refused comes back as it was typed.
func (s *site) postHours(v *visit) error {
	form := v.r.PostForm
	for name, values := range form {
		form[name] = []string{typed(values[0])}
	}
	body, errs := v.typedHours(form)
	if len(errs) > 0 {
		return s.showHours(v, http.StatusUnprocessableEntity, form, errs)
	}
	err := node.CompleteHours(s.now(), &body)
	if err == nil {
		_, err = s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: office.KindHours, Body: &body, Once: v.once(form.Encode())})
	}
	if refusal, is := refusalOf(err); is {
		return s.showHours(v, http.StatusUnprocessableEntity, form, map[string]string{hoursField(refusal): v.refused(refusal)})
	}
	if err != nil {
		return fmt.Errorf("say our hours: %w", err)
	}
	return v.redirect("/hours")
}

// hoursField names the field that a refusal speaks of; empty if none does.
func hoursField(r *node.Refusal) string {
	switch r.Code {
	case office.NotLater:
		return "from"
	case "zone-unknown":
		return "zone"
	}
	field, _, _ := strings.Cut(r.Detail["field"], ".")
	switch field {
	case "offsets":
		return "ahead"
	case "week", "holidays", "zone", "from":
		return field
	}
	return ""
}
