package web

import (
	"html/template"
	"slices"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

// strip is the top of every page: all sides with their clocks, the line between
// them, and whether they hold the same record.
type strip struct {
	Own     stripSide
	Others  []stripLine
	UTC     clock
	Failing int           // means of telling of our side that do not work
	Ours    string        // channels that our side suspends, in words; empty if none
	Joint   template.HTML // the next moment at which all sides are open; empty if they are, or none has said its hours
	Settled int64         // entries of all sides
	Digest  string        // short
}

// stripSide is one side in the strip.
type stripSide struct {
	ID, Name string
	Clock    clock
	Zone     string // "UTC+9"
	ZoneName string // "Asia/Seoul"

	Hours   string // "open until 17:00"; empty if it has said none
	Shut    bool   // by its own calendar
	Watches bool   // the rules in force know watches
	OnWatch []stripWatch
	OnMore  int  // more are on watch
	Broken  bool // nobody is, though the side promises it
}

// clock is a clock that the script lets tick: Minutes east of UTC.
type clock struct {
	Time, Date string
	Minutes    int
}

// stripLine is another side and the line to it.
type stripLine struct {
	stripSide
	State    string        // "up", "down", "halted": names the shape
	Words    string        // the state in words
	Since    template.HTML // a sentence; empty if not known
	Waiting  template.HTML // what has no receipt yet; empty if nothing
	Silent   template.HTML // the most urgent that it owes us, and why nothing has come; empty if it owes nothing
	Theirs   string        // channels that it suspends, in words; empty if none
	Equal    string        // "equal", "unequal", "comparing", "unknown": names the shape
	Record   string        // the same in words
	Cut      bool          // by our own switch
	Switched bool          // there is a switch (demonstration)
}

func clockAt(now time.Time, zone *time.Location) clock {
	local := now.In(zone)
	_, minutes := offset(now, zone)
	return clock{local.Format(timeForm), local.Format(dateForm), minutes}
}

func (v *visit) stripSide(id office.Side) stripSide {
	zone := v.zone(id)
	text, _ := offset(v.now, zone)
	one := stripSide{ID: id, Name: v.sideName(id), Clock: clockAt(v.now, zone), Zone: text, ZoneName: zone.String(), Watches: v.knowsForms()}
	one.OnWatch, one.OnMore = v.stripWatches(id)
	one.Broken = len(one.OnWatch) == 0 && v.promises[id].Stands(v.calendars[id], v.now.UnixMilli()).Open
	if stand := v.calendars[id].Stands(v.now.UnixMilli()); stand.Said {
		one.Hours, one.Shut = v.standWords(id, stand), !stand.Open
	}
	return one
}

func (v *visit) strip() strip {
	s := strip{
		Own: v.stripSide(v.side), UTC: clockAt(v.now, time.UTC),
		Ours: v.suspendedBy(v.side), Settled: v.status.Count, Digest: shortHash(v.status.Digest),
	}
	for _, id := range v.others() {
		line := v.status.Lines[id]
		one := stripLine{stripSide: v.stripSide(id), Cut: line.Cut, Switched: v.status.Demo}
		one.State, one.Words, one.Since = v.lineWords(line)
		one.Equal, one.Record = v.equalWords(line)
		one.Theirs, one.Silent = v.suspendedBy(id), v.silentShort(id)
		if line.Waiting > 0 {
			one.Waiting = v.h("strip.waiting", "n", line.Waiting, "age", v.age(line.WaitingSince))
		}
		s.Others = append(s.Others, one)
	}
	if joint, ok := office.Joint(v.jointly(), v.now.UnixMilli()); ok && joint.From > v.now.UnixMilli() {
		s.Joint = v.h("hours.joint", "time", v.moment(joint.From))
	}
	return s
}

// lineWords tells the state of a line: its shape, its words, since when.
func (v *visit) lineWords(line node.LineState) (state, words string, since template.HTML) {
	switch {
	case line.Halted != "":
		state, words = "halted", v.t("strip.halted")
	case line.Cut:
		state, words = "down", v.t("strip.cut")
	case line.Up && line.TheirMode != "" && line.TheirMode != node.Ready:
		state, words = "up", v.t("strip.up-reading")
	case line.Up:
		state, words = "up", v.t("strip.up")
	default:
		state, words = "down", v.t("strip.down")
	}
	if !line.Since.IsZero() {
		since = v.h("strip.since", "time", element(line.Since, inZoneShort(line.Since, v.now, v.zone(v.side))))
	}
	return state, words, since
}

// equalWords tells whether both hold the same record, as far as it was compared.
func (v *visit) equalWords(line node.LineState) (state, words string) {
	switch {
	case v.differs(line.Side):
		return "unequal", v.t("strip.unequal")
	case line.LastSeen.IsZero() || !line.Up:
		return "unknown", v.t("strip.not-compared")
	case line.Equal:
		return "equal", v.t("strip.equal")
	}
	return "comparing", v.t("strip.comparing")
}

// The codes of the alarms that two sides' records differ.
const (
	recordsDiffer = "records-differ"
	checkDiffers  = "check-differs"
)

// differs reports whether it was found that a side holds another record.
func (v *visit) differs(side office.Side) bool {
	return slices.ContainsFunc(v.alarms, func(a node.Alarm) bool { return (a.Code == recordsDiffer || a.Code == checkDiffers) && a.Side == side })
}

// inZoneShort is inZone without the seconds.
func inZoneShort(t, now time.Time, zone *time.Location) string {
	text := inZone(t, now, zone)
	return text[:len(text)-len(":05")]
}

// shortHash writes the beginning of a hash, enough to compare at a glance.
func shortHash(hex string) string {
	if len(hex) < 12 {
		return hex
	}
	return hex[:4] + "\u2009" + hex[4:8] + "\u2009" + hex[8:12]
}
