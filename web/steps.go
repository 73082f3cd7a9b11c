package web

import (
	"html/template"
	"strings"

	"liaison.example/office"
	"liaison.example/records"
)

// ladderText is what is done about dispatches of one precedence that nobody has
// acknowledged.
type ladderText struct {
	Precedence office.Precedence
	Word       string
	Steps      []string
	Changed    bool
}

// ladderTexts puts the ladders that hold by a charter into words, for a channel or
// for all that have none of their own ("").
func (v *visit) ladderTexts(c, before *office.Charter) (list []ladderText) {
	if c.Rules < 3 {
		return nil
	}
	for _, p := range office.Precedences {
		one := ladderText{Precedence: p, Word: v.t("precedence." + lowerPrecedence(p)), Steps: v.stepTexts(c.Steps("", p))}
		one.Changed = before != nil && (before.Rules < 3 || strings.Join(one.Steps, "\n") != strings.Join(v.stepTexts(before.Steps("", p)), "\n"))
		list = append(list, one)
	}
	return list
}

// stepTexts puts the steps of a ladder into words: "after 10 min: the deputy is
// told, other means are tried".
func (v *visit) stepTexts(steps []office.Step) (list []string) {
	for _, step := range steps {
		list = append(list, v.t("steps.after", "time", v.span(step.After*60), "acts", v.stepActs(step)))
	}
	if list == nil {
		list = []string{v.t("steps.none")}
	}
	return list
}

func (v *visit) stepActs(step office.Step) string {
	var acts []string
	for _, act := range step.Do {
		acts = append(acts, v.t("step."+string(act)))
	}
	return strings.Join(acts, v.t("common.list-comma"))
}

// ownLadders writes the ladders that a channel has of its own, each in a line.
func (v *visit) ownLadders(ch *office.Channel) (lines []string) {
	for _, l := range ch.Ladders {
		lines = append(lines, v.t("steps.own", "precedence", v.t("precedence."+lowerPrecedence(l.Precedence)))+": "+strings.Join(v.stepTexts(l.Steps), "; "))
	}
	return lines
}

// climbs says on which step a dispatch stands that is waited for, and which are ahead:
// "step 2 of 3 since 10:10", "10:20: the head is told". It is empty of one that was
// withdrawn, and where nothing is done.
func (v *visit) climbs(line *records.DispatchLine) template.HTML {
	if _, withdrawn := line.Handling.Withdrawn(); withdrawn || v.office.Charter == nil || v.office.Charter.Rules < 3 {
		return ""
	}
	climb := v.office.Charter.Climb(line.Channel, line.Precedence, line.At, v.jointly())
	n, since := climb.Reached(v.now.UnixMilli())
	var list template.HTML
	if n > 0 {
		list = v.h("steps.now", "n", n, "of", len(climb.Steps), "time", v.briefly(fromMillis(since)), "acts", v.stepActs(climb.Steps[n-1]))
	}
	for i, due := range climb.Due[n:] {
		if list != "" {
			list += v.h("steps.then")
		}
		at := fromMillis(due)
		list += v.h("steps.at", "time", element(at, inZoneShort(at, v.now, v.zone(v.side))), "acts", v.stepActs(climb.Steps[n+i]))
	}
	return list
}
