package web

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// personnelLength is how many changes of personnel stand on one page.
const personnelLength = 30

// coveragePage is what the sides promise of their watch, and their changes of
// personnel, with forms to say ours.
type coveragePage struct {
	Frame
	Known        bool // by the rules in force
	Sides        []coverageSide
	MayPromise   bool
	MayPersonnel bool
	Refused      string
	RefusedAt    string // "coverage" or "personnel": which form

	Form  url.Values
	Days  []hoursDay
	Posts []postChoice
	Zone  string
	Once  string

	Changes       []personnelLine
	Older, Newest string // addresses; empty if there are none
}

// coverageSide is what one side promises.
type coverageSide struct {
	Name, Shape string
	Stands      string
	InForce     *coverageSet
	Coming      []coverageSet
	Missing     bool // a watch is promised now, and nobody is on watch
}

// coverageSet is one promise.
type coverageSet struct {
	ID          string
	Since, Said template.HTML
	Languages   string
	Who         []string
	Week        []hoursDay
}

// personnelLine is one change of personnel.
type personnelLine struct {
	ID           office.EntryID
	Side, Post   string
	From, Said   template.HTML
	Comes, Goes  string
	Languages    string
	Text, Lang   string
	Late, Coming bool
}

// coverageNow tells how the promise of a side stands now: empty if it has none.
func (v *visit) coverageNow(side office.Side, promises office.Promises) (shape, words string, missing bool) {
	stand := promises.Stands(v.calendars[side], v.now.UnixMilli())
	if !stand.Said {
		return "open", v.t("coverage.none"), false
	}
	on := false
	for i := range v.onWatch {
		on = on || v.onWatch[i].Side == side
	}
	key, shape := "coverage.off", "open"
	switch {
	case stand.Open && on:
		key, shape = "coverage.kept", "done"
	case stand.Open:
		key, shape = "coverage.missing", "late"
	}
	if stand.Until == 0 {
		return shape, v.t(key), shape == "late"
	}
	return shape, v.t(key+"-to", "time", v.onOwnClock(side, stand.Until)), shape == "late"
}

func (s *site) coverage(v *visit) error {
	form := url.Values{}
	for i := range 7 {
		form.Set(fmt.Sprint("day-", i), "00:00-24:00")
	}
	side, _ := v.charterSide(v.side)
	form.Set("languages", strings.Join(side.Languages, " "))
	return s.showCoverage(v, http.StatusOK, form, "", "")
}

// showCoverage shows the page, with what was typed and why it was refused.
func (s *site) showCoverage(v *visit, status int, form url.Values, at, refused string) error {
	frame, err := s.frame(v, "coverage", v.t("coverage.title"))
	if err != nil {
		return err
	}
	frame.Path = "/coverage"
	page := coveragePage{
		Frame: frame, Known: v.knowsForms(), Refused: refused, RefusedAt: at, Form: form, Zone: frame.Strip.Own.Zone, Once: cmp.Or(form.Get("once"), newKey()), Posts: v.postChoices(nil),
		MayPromise: v.status.Open && v.may(office.KindCoverage, ""), MayPersonnel: v.status.Open && v.may(office.KindPersonnel, ""),
	}
	for i := range 7 {
		page.Days = append(page.Days, hoursDay{i, v.weekday(i), form.Get(fmt.Sprint("day-", i))})
	}
	if page.Known {
		for _, id := range v.sides() {
			page.Sides = append(page.Sides, v.coverageSide(id, v.promises[id]))
		}
		lines, next, err := v.records.Personnel(v.ctx, records.PersonnelFilter{Before: v.r.URL.Query().Get("before"), Limit: personnelLength})
		if errors.Is(err, records.ErrBefore) {
			return errNothingHere
		}
		if err != nil {
			return err
		}
		for i := range lines {
			page.Changes = append(page.Changes, v.personnelLine(&lines[i].Personnel))
		}
		if next != "" {
			page.Older = "/coverage?before=" + url.QueryEscape(next)
		}
		if v.r.URL.Query().Get("before") != "" {
			page.Newest = "/coverage"
		}
	}
	return s.render(v, status, "coverage", page)
}

func (v *visit) coverageSide(id office.Side, promises office.Promises) coverageSide {
	side := coverageSide{Name: v.sideName(id)}
	side.Shape, side.Stands, side.Missing = v.coverageNow(id, promises)
	now := v.now.UnixMilli()
	inForce, _ := promises.At(now)
	for i := range promises {
		c := &promises[i]
		switch {
		case c == inForce:
			set := v.coverageSet(c, "hours.in-force")
			side.InForce = &set
		case c.From > now:
			side.Coming = append(side.Coming, v.coverageSet(c, "hours.coming"))
		}
	}
	return side
}

func (v *visit) coverageSet(c *office.Coverage, since string) coverageSet {
	set := coverageSet{
		ID: c.ID.String(), Since: v.h(since, "time", v.briefly(fromMillis(c.From))), Who: v.namedAll(c.Who),
		Said: v.h("hours.said", "by", v.officer(c.Side, c.By), "time", v.briefly(fromMillis(c.At))), Languages: v.tongues(c.Languages),
	}
	for i, day := range c.Week {
		set.Week = append(set.Week, hoursDay{i, v.weekday(i), cmp.Or(office.SpansText(day), v.t("coverage.nobody"))})
	}
	return set
}

// tongues names languages.
func (v *visit) tongues(tags []string) string {
	var names []string
	for _, tag := range tags {
		names = append(names, languageName(tag))
	}
	return strings.Join(names, v.t("common.list-comma"))
}

func (v *visit) personnelLine(p *office.Personnel) personnelLine {
	return personnelLine{
		ID: p.ID, Side: v.sideName(p.Side), Post: v.postName(p.Side, p.Post), From: v.briefly(fromMillis(p.From)), Comes: v.named(p.Comes), Goes: v.named(p.Goes),
		Said:      v.h("hours.said", "by", v.officer(p.Side, p.By), "time", v.briefly(fromMillis(p.Time))),
		Languages: v.tongues(p.Languages), Text: p.Text, Lang: textLanguage(p.Text), Late: p.Late, Coming: p.From > v.now.UnixMilli(),
	}
}

func (s *site) postCoverage(v *visit) error {
	form := v.r.PostForm
	for name, values := range form {
		form[name] = []string{typed(values[0])}
	}
	body := office.CoverageBody{Languages: strings.Fields(form.Get("languages")), Who: linesOf(form.Get("who"))}
	if body.Who == nil {
		body.Who = []string{}
	}
	refuse := func(sentence string) error {
		return s.showCoverage(v, http.StatusUnprocessableEntity, form, "coverage", sentence)
	}
	for i := range 7 {
		text := form.Get(fmt.Sprint("day-", i))
		spans, ok := office.ParseSpans(text)
		if !ok {
			return refuse(v.weekday(i) + ": " + v.t("hours.bad-span", "value", shorten(text, 60)))
		}
		body.Week = append(body.Week, spans)
	}
	for name, into := range map[string]*office.Minute{"from": &body.From, "until": &body.Until} {
		m, wrong := v.typedMinute(form.Get(name))
		if wrong != "" {
			return refuse(wrong)
		}
		*into = m
	}
	if body.From == "" {
		body.From = office.MinuteOf(v.now.Add(time.Minute).UnixMilli())
	}
	return s.said(v, office.KindCoverage, &body, refuse)
}

func (s *site) postPersonnel(v *visit) error {
	form := v.r.PostForm
	for name, values := range form {
		form[name] = []string{typed(values[0])}
	}
	refuse := func(sentence string) error {
		return s.showCoverage(v, http.StatusUnprocessableEntity, form, "personnel", sentence)
	}
	body := office.PersonnelBody{Comes: strings.TrimSpace(form.Get("comes")), Goes: strings.TrimSpace(form.Get("goes")), Post: strings.TrimSpace(form.Get("post")), Text: strings.TrimSpace(form.Get("text"))}
	if tags := strings.Fields(form.Get("languages")); len(tags) > 0 {
		body.Languages = tags
	}
	from, wrong := v.typedMinute(form.Get("from"))
	if wrong != "" {
		return refuse(wrong)
	}
	body.From = from
	return s.said(v, office.KindPersonnel, &body, refuse)
}

// said answers a form whose act was written, or says why it was refused.
func (s *site) said(v *visit, kind string, body any, refuse func(string) error) error {
	refused, err := s.actOnce(v, kind, body)
	switch {
	case err != nil:
		return err
	case refused != "":
		return refuse(refused)
	}
	return v.redirect("/coverage")
}

// promisedWatch says of each side what it promises of its watch, and of ours who
// should be on it by the roster. The sides are in the order of v.sides.
func (s *site) promisedWatch(v *visit, on []watchSide) (err error) {
	if !v.knowsForms() {
		return nil
	}
	for i, id := range v.sides() {
		if len(v.promises[id]) > 0 {
			on[i].Shape, on[i].Promise, on[i].Missing = v.coverageNow(id, v.promises[id])
		}
		if id != v.side {
			continue
		}
		if on[i].Should, on[i].Rostered, err = s.shouldWatch(v); err != nil {
			return err
		}
	}
	return nil
}
