package web

import (
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

// rosterDay is one day of the picture.
type rosterDay struct {
	Date, Weekday string
	Today         bool
	Bars          []rosterBar
	NowX          int // -1 if it is not today
	Lines         []rosterLine
}

// rosterBar is a watch or a gap as it is drawn: minutes of the day across, layers
// down.
type rosterBar struct {
	X, Width, Y, Height int
	Class               string
}

// rosterLine is a watch that begins on the day, or a gap.
type rosterLine struct {
	When     string
	Who      string
	Name     string // of the rotation
	Tongues  string
	Turn     string // whose turn it was, if it was given to another
	Why      string
	Href     string // empty if it is over
	Mine     bool
	Gap      bool
	Promised bool
	Chosen   bool
	Offered  bool
}

// chosenWatch is a watch about which something is done.
type chosenWatch struct {
	ID, When, Who, Name, Turn, Why string
	Given                          bool
	Changed                        template.HTML
	Mine                           bool
	Back                           []whoChoice // watches of others that may be asked in return
}

// rosterNames are the names of who stands in a roster.
type rosterNames struct {
	v        *visit
	accounts map[string]people.Account
}

func (s *site) rosterNames(v *visit) (n rosterNames, err error) {
	list, err := s.node.People().Accounts(v.ctx)
	n = rosterNames{v, make(map[string]people.Account, len(list))}
	for _, a := range list {
		n.accounts[a.Name] = a
	}
	return n, err
}

// of names a person, or the holder of a post.
func (n rosterNames) of(who people.Who) string {
	if post := who.Post(); post != "" {
		return n.v.postName(n.v.side, post)
	}
	return cmp.Or(n.accounts[who.Account()].Person, who.Account())
}

// mine reports whether the reader is meant, who acts for one post at a time.
func (n rosterNames) mine(who people.Who) bool {
	return who.Is(n.v.session.Account, n.v.session.Post)
}

// choices are all who can stand in a roster: the persons who have a post, then the
// posts.
func (n rosterNames) choices() (list []whoChoice) {
	for _, name := range sortedKeys(n.accounts) {
		if a := n.accounts[name]; a.Suspended.IsZero() && len(a.Posts) > 0 {
			list = append(list, whoChoice{Value: name, Name: a.Person})
		}
	}
	for _, post := range n.v.postChoices(nil) {
		list = append(list, whoChoice{Value: "post:" + post.ID, Name: n.v.t("roster.holder", "post", post.Name)})
	}
	return list
}

// drawing is what the picture is drawn from.
type drawing struct {
	v        *visit
	names    rosterNames
	clock    people.Clock
	plan     people.Plan
	promised []office.Opening
	layers   []int64
	offered  map[people.WatchID]bool
	chosen   people.WatchID
	from     string // first day, for the addresses of watches
	now      int64
}

// between writes a stretch of time on the roster's clock. The day stands there where
// it is another than the one before.
func (d *drawing) between(from, until int64, day string) string {
	text := ""
	for i, ms := range []int64{from, until} {
		date, at := d.clock.Shows(ms)
		if i > 0 {
			text += "–"
		}
		if i == 1 && at == "00:00" {
			if before, _ := d.clock.Shows(ms - 1); before == day {
				text += "24:00"
				continue
			}
		}
		t, err := time.Parse(dateForm, date)
		switch {
		case date == day:
		case i == 1 && until-from < 6*24*60*60*1000 && err == nil:
			text += d.v.shortDay(t) + " "
		default:
			text += d.v.dated(date) + " "
		}
		text += at
		day = date
	}
	return text
}

// x gives where a moment stands in a day of 1,440 parts, also if the day has another
// length.
func x(ms, from, until int64) int {
	return int((min(max(ms, from), until) - from) * 1440 / max(1, until-from))
}

const barHeight = 14

func (d *drawing) day(date string) rosterDay {
	from, until, _ := d.clock.Day(date)
	today, _ := d.clock.Shows(d.now)
	day := rosterDay{Date: date, Today: date == today, NowX: -1}
	if t, err := time.Parse(dateForm, date); err == nil {
		day.Weekday = d.v.shortDay(t)
	}
	if day.Today {
		day.NowX = x(d.now, from, until)
	}
	type placed struct {
		at   int64
		line rosterLine
	}
	var lines []placed
	for i := range d.plan.Watches {
		w := &d.plan.Watches[i]
		if w.From >= until || w.Until <= from {
			continue
		}
		mine := d.names.mine(w.Who)
		class := "watch"
		if mine {
			class += " mine"
		}
		if w.Given != nil {
			class += " given"
		}
		layer := slices.Index(d.layers, w.Layer)
		left := x(w.From, from, until)
		day.Bars = append(day.Bars, rosterBar{X: left, Width: max(2, x(w.Until, from, until)-left-4), Y: layer * barHeight, Height: barHeight - 2, Class: class})
		if w.From < from {
			continue
		}
		line := rosterLine{
			When: d.between(w.From, w.Until, date), Who: d.names.of(w.Who), Name: w.Name, Tongues: strings.Join(w.Languages, " "), Mine: mine,
			Chosen: w.WatchID == d.chosen, Offered: d.offered[w.WatchID],
		}
		if w.Given != nil {
			line.Turn, line.Why = d.names.of(w.Turn), w.Given.Why
		}
		if w.Until > d.now {
			line.Href = "/roster?from=" + d.from + "&watch=" + url.QueryEscape(w.WatchID.String()) + "#chosen"
		}
		lines = append(lines, placed{w.From, line})
	}
	for _, g := range d.plan.Gaps {
		if g.From >= until || g.Until <= from {
			continue
		}
		left := x(g.From, from, until)
		day.Bars = append(day.Bars, rosterBar{X: left, Width: max(2, x(g.Until, from, until)-left), Height: max(1, len(d.layers))*barHeight - 2, Class: "gap"})
		part := people.Stretch{From: max(g.From, from), Until: min(g.Until, until)}
		lines = append(lines, placed{part.From, rosterLine{When: d.between(part.From, part.Until, date), Gap: true, Promised: part.Within(d.promised)}})
	}
	slices.SortStableFunc(lines, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	for _, one := range lines {
		day.Lines = append(day.Lines, one.line)
	}
	return day
}

func (d *drawing) chosenWatch() *chosenWatch {
	for i := range d.plan.Watches {
		w := &d.plan.Watches[i]
		if w.WatchID != d.chosen || w.Until <= d.now {
			continue
		}
		c := &chosenWatch{ID: w.WatchID.String(), When: d.between(w.From, w.Until, ""), Who: d.names.of(w.Who), Name: w.Name, Turn: d.names.of(w.Turn), Mine: d.names.mine(w.Who) && w.From > d.now}
		if w.Given != nil {
			c.Given, c.Why, c.Changed = true, w.Given.Why, d.v.signed(w.Given.Changed)
		}
		for j := range d.plan.Watches {
			other := &d.plan.Watches[j]
			if other.From > d.now && other.Who != w.Who && len(c.Back) < swapsOffered {
				c.Back = append(c.Back, whoChoice{Value: other.WatchID.String(), Name: d.between(other.From, other.Until, "") + " " + d.names.of(other.Who)})
			}
		}
		return c
	}
	return nil
}
