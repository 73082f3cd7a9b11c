package web

import (
	"slices"
	"strconv"
	"strings"

	"liaison.example/office"
)

// timesForm is the hours and line checks of a channel as they are typed, day by
// day.
type timesForm struct {
	Offset, Grace, Until string
	Hours, Checks        [7]string
	Texts                string // each in a line: id, a space, the text
	Ladders              string // each in a line
}

func timesFormOf(ch *office.Channel) timesForm {
	f := timesForm{Offset: strconv.FormatInt(ch.Offset, 10), Ladders: office.LaddersText(ch.Ladders)}
	for day, spans := range ch.Hours[:min(7, len(ch.Hours))] {
		for _, s := range spans {
			f.Hours[day] += s.From + "-" + s.Until + " "
		}
		f.Hours[day] = strings.TrimSpace(f.Hours[day])
	}
	checks := ch.Checks
	if checks == nil {
		checks = office.DefaultChecks() // what is offered with the first time that is typed
		checks.Times = nil
	}
	f.Grace, f.Until = strconv.FormatInt(checks.Grace, 10), strconv.FormatInt(checks.Until, 10)
	for _, t := range checks.Times {
		for _, day := range t.Days {
			if day >= 1 && day <= 7 {
				f.Checks[day-1] = strings.TrimSpace(f.Checks[day-1] + " " + t.At)
			}
		}
	}
	for _, t := range checks.Texts {
		f.Texts += t.ID + " " + strings.ReplaceAll(t.Text, "\n", " ") + "\n"
	}
	f.Texts = strings.TrimSuffix(f.Texts, "\n")
	return f
}

// typedTimes fills in the hours and checks of a channel from what was typed, which
// the rules then judge; where nothing could be typed, from what was before. A
// channel with neither times nor checks before has none.
func typedTimes(ch, was *office.Channel, shown bool, field func(string) string) {
	ch.Hours, ch.Offset, ch.Checks, ch.Ladders = was.Hours, was.Offset, was.Checks, was.Ladders
	if !shown {
		return
	}
	ch.Ladders = office.ReadLadders(field("ladders"))
	number := func(name string) int64 {
		n, err := strconv.ParseInt(field(name), 10, 32)
		if err != nil && field(name) != "" {
			return -1 << 20 // which the rules refuse
		}
		return n
	}
	ch.Offset, ch.Hours, ch.Checks = number("offset"), nil, nil
	hours, open := make([][]office.Span, 7), false
	times := map[string][]int64{}
	for day := range hours {
		hours[day] = []office.Span{}
		name := strconv.Itoa(day + 1)
		for _, part := range strings.Fields(strings.NewReplacer(",", " ", "–", "-").Replace(field("hours-" + name))) {
			from, until, _ := strings.Cut(part, "-")
			hours[day], open = append(hours[day], office.Span{From: from, Until: until}), true
		}
		for _, at := range strings.Fields(strings.ReplaceAll(field("checks-"+name), ",", " ")) {
			if !slices.Contains(times[at], int64(day+1)) {
				times[at] = append(times[at], int64(day+1))
			}
		}
	}
	if open {
		ch.Hours = hours
	}
	if len(times) == 0 {
		return
	}
	ch.Checks = &office.Checks{Grace: number("grace"), Until: number("until"), Texts: []office.TestText{}}
	for _, at := range sortedKeys(times) {
		ch.Checks.Times = append(ch.Checks.Times, office.CheckTime{At: at, Days: times[at]})
	}
	for line := range strings.Lines(field("texts")) {
		if line = strings.TrimSpace(line); line != "" {
			id, text, _ := strings.Cut(line, " ")
			ch.Checks.Texts = append(ch.Checks.Texts, office.TestText{ID: id, Text: strings.TrimSpace(text)})
		}
	}
	if was.Checks != nil && slices.Equal(timesFormTexts(was), timesFormTexts(ch)) {
		ch.Checks.Texts = was.Checks.Texts // a text of several lines stays as it is
	}
}

func timesFormTexts(ch *office.Channel) []string { return strings.Split(timesFormOf(ch).Texts, "\n") }

// timesText writes the hours, line checks and ladders of a channel, each in a line.
func (v *visit) timesText(ch *office.Channel) (lines []string) {
	if len(ch.Hours) == 0 && ch.Checks == nil && ch.Offset == 0 {
		return v.ownLadders(ch)
	}
	defer func() { lines = append(lines, v.ownLadders(ch)...) }()
	lines = append(lines, v.t("charter.offset")+": "+zoneWords(ch.Offset))
	f := timesFormOf(ch)
	days := func(of [7]string, none string) (said []string) {
		for day, text := range of {
			if text == "" {
				text = none
			}
			if text != "" {
				said = append(said, v.t("time.weekday-short."+strconv.Itoa(day+1))+" "+text)
			}
		}
		return said
	}
	if len(ch.Hours) > 0 {
		lines = append(lines, v.t("charter.hours")+": "+strings.Join(days(f.Hours, v.t("charter.checks-closed")), "; "))
	}
	if ch.Checks == nil {
		return lines
	}
	lines = append(lines, v.t("charter.checks")+": "+strings.Join(days(f.Checks, ""), "; "),
		v.t("charter.checks-grace")+": "+v.span(ch.Checks.Grace*60)+"; "+v.t("charter.checks-until")+": "+v.span(ch.Checks.Until*60))
	for _, t := range ch.Checks.Texts {
		lines = append(lines, v.t("charter.checks-text")+" "+t.ID+": "+t.Text)
	}
	return lines
}
