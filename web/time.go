package web

import (
	"fmt"
	"html/template"
	"sync"
	"time"
	_ "time/tzdata" // the sides' zones must be known on any machine

	"liaison.example/lang"
	"liaison.example/office"
)

const (
	dateForm = "2006-01-02" // the only form of a date in the pages: it cannot be misread
	timeForm = "15:04:05"
)

// zones keeps the time zones that were asked for.
type zones struct {
	mu     sync.Mutex
	byName map[string]*time.Location // under mu
}

func newZones() *zones { return &zones{byName: map[string]*time.Location{}} }

// named returns the zone of this IANA name, or UTC if there is none.
func (z *zones) named(name string) *time.Location {
	z.mu.Lock()
	defer z.mu.Unlock()
	if zone := z.byName[name]; zone != nil {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		zone = time.UTC
	}
	if len(z.byName) < 1000 { // the charters of an office name a handful
		z.byName[name] = zone
	}
	return zone
}

// zone returns the time zone of a side.
func (v *visit) zone(id office.Side) *time.Location {
	side, _ := v.charterSide(id)
	return v.zones.named(side.Zone)
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// inZone writes a time of day in a zone, with its date unless that is today there.
func inZone(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	if t.Format(dateForm) == now.Format(dateForm) {
		return t.Format(timeForm)
	}
	return t.Format(dateForm + " " + timeForm)
}

// today is the moment whose date need not be written beside a time: none on
// paper, which is read on other days.
func (v *visit) today() time.Time {
	if v.onPaper {
		return time.Time{}
	}
	return v.now
}

// element writes a <time> whose machine form and title are UTC.
func element(t time.Time, shown string) template.HTML {
	utc := t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s UTC">%s</time>`,
		utc.Format(time.RFC3339), utc.Format(dateForm+" "+timeForm), shown))
}

// when writes a time in the reader's zone.
func (v *visit) when(t time.Time) template.HTML {
	return element(t, inZone(t, v.today(), v.zone(v.side)))
}

// briefly writes a time in the reader's zone for a list: to the second if it
// was today, else to the minute.
func (v *visit) briefly(t time.Time) template.HTML {
	text := inZone(t, v.today(), v.zone(v.side))
	if len(text) > len(timeForm) {
		text = text[:len(text)-len(":05")]
	}
	return element(t, text)
}

// onClock is one moment as it stands on one side's clock.
type onClock struct {
	Side string // the side's name
	Time template.HTML
}

// clocks writes one moment in the zone of each side, the reader's first.
func (v *visit) clocks(t time.Time) []onClock {
	var out []onClock
	for _, id := range v.sides() {
		out = append(out, onClock{v.sideName(id), element(t, inZone(t, v.today(), v.zone(id)))})
	}
	return out
}

// offset writes how far a zone is from UTC at a moment: "UTC+8:30".
func offset(t time.Time, zone *time.Location) (text string, minutes int) {
	_, seconds := t.In(zone).Zone()
	minutes = seconds / 60
	sign, m := "+", minutes
	if m < 0 {
		sign, m = "\u2212", -m
	}
	switch {
	case m == 0:
		return "UTC", 0
	case m%60 == 0:
		return fmt.Sprintf("UTC%s%d", sign, m/60), minutes
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, m/60, m%60), minutes
}

// duration writes a length of time with the precision that a person needs.
// script/clock.js writes the same; both take their words from lang.
func duration(tag string, d time.Duration) string {
	seconds := int64(max(d, 0) / time.Second)
	switch {
	case seconds < 60:
		return lang.T(tag, "time.seconds", "s", seconds)
	case seconds < 3600:
		return lang.T(tag, "time.minutes", "m", seconds/60)
	case seconds < 48*3600:
		return lang.T(tag, "time.hours", "h", seconds/3600, "m", seconds%3600/60)
	}
	return lang.T(tag, "time.days", "d", seconds/86400, "h", seconds%86400/3600)
}

// age writes how long ago a moment was, and lets the script count on.
func (v *visit) age(since time.Time) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="age" data-since="%d">%s</span>`,
		since.UnixMilli(), duration(v.tag, v.now.Sub(since))))
}

// left writes how long it is until a moment, and lets the script count down.
func (v *visit) left(until time.Time) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="age" data-until="%d">%s</span>`,
		until.UnixMilli(), duration(v.tag, until.Sub(v.now))))
}

// span writes a length of time that the charter gives in seconds, in full.
func (v *visit) span(seconds int64) string {
	switch {
	case seconds <= 0:
		return v.t("time.none")
	case seconds%3600 == 0:
		return v.t("time.whole-hours", "h", seconds/3600)
	case seconds%60 == 0:
		return v.t("time.minutes", "m", seconds/60)
	}
	return v.t("time.seconds", "s", seconds)
}

// milliseconds writes a short length of time, such as a round trip.
func (v *visit) milliseconds(d time.Duration) string {
	if d > -10*time.Millisecond && d < 10*time.Millisecond {
		return v.t("time.milliseconds", "ms", fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)))
	}
	if d > -time.Second && d < time.Second {
		return v.t("time.milliseconds", "ms", d.Milliseconds())
	}
	if d > -time.Minute && d < time.Minute {
		return v.t("time.seconds", "s", fmt.Sprintf("%.1f", d.Seconds()))
	}
	return duration(v.tag, d)
}
