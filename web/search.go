package web

import (
	"errors"
	"html"
	"html/template"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"liaison.example/office"
	"liaison.example/records"
)

// What is searched for is shown where it was found: marked in the subject, and in
// a short extract of the text. Dates are days of the reader's own side.

// asked is what the address of the list asks for, as it was typed.
type asked struct {
	Text         string
	From         office.Side
	Channel      string
	Precedence   office.Precedence
	Form         string // its code
	State        records.State
	Mark         office.Mark // one of records.Marks
	Since, Until string      // dates, both included; empty: none
}

// ask reads the address.
func ask(v *visit) asked { return askIn(v.r.URL.Query()) }

// askIn reads it from an address or a form.
func askIn(query url.Values) asked {
	return asked{
		Text: strings.TrimSpace(query.Get("q")), From: query.Get("from"), Channel: query.Get("channel"),
		Precedence: office.Precedence(query.Get("precedence")), Form: query.Get("form"), State: records.State(query.Get("state")),
		Mark: office.Mark(query.Get("mark")), Since: query.Get("since"), Until: query.Get("until"),
	}
}

// refused says in a sentence why this cannot be looked for; empty if it can.
func (a *asked) refused(v *visit) string {
	if _, err := records.ParseSearch(a.Text); err != nil {
		refusal, _ := errors.AsType[*records.SearchError](err)
		return v.coded("refused", refusal.Code, nil)
	}
	for _, date := range []string{a.Since, a.Until} {
		if _, err := time.Parse(dateForm, date); date != "" && err != nil {
			return v.t("list.no-date", "date", shorten(date, 40))
		}
	}
	return ""
}

// filter is what the records are asked for. Nothing of it is refused.
func (a *asked) filter(v *visit) records.Filter {
	f := records.Filter{Text: a.Text, From: a.From, Channel: a.Channel, Precedence: a.Precedence, Form: a.Form, State: a.State, Mark: a.Mark}
	zone := v.zone(v.side)
	if day, err := time.ParseInLocation(dateForm, a.Since, zone); err == nil {
		f.Since = day
	}
	if day, err := time.ParseInLocation(dateForm, a.Until, zone); err == nil {
		f.Until = day.AddDate(0, 0, 1)
	}
	return f
}

// narrowed reports whether words are looked for among some dispatches only.
func (a *asked) narrowed() bool { return *a != asked{Text: a.Text} }

// chosen is one thing that was asked for, and the address of the list without it.
type chosen struct {
	Words   string
	Without string
}

// chosen tells what is asked for, word by word.
func (a *asked) chosen(v *visit) (list []chosen) {
	add := func(is bool, words string, drop func(*asked)) {
		if is {
			without := *a
			drop(&without)
			list = append(list, chosen{words, without.address("")})
		}
	}
	add(a.Text != "", v.t("list.chosen-text", "text", a.Text), func(a *asked) { a.Text = "" })
	add(a.From != "", v.t("list.chosen-from", "side", v.sideName(a.From)), func(a *asked) { a.From = "" })
	add(a.Channel != "", v.channelName(a.Channel), func(a *asked) { a.Channel = "" })
	add(a.Precedence != "", v.t("precedence."+lowerPrecedence(a.Precedence)), func(a *asked) { a.Precedence = "" })
	add(a.Form != "", v.t("list.chosen-form", "form", v.codeTitle(a.Form)), func(a *asked) { a.Form = "" })
	add(a.State != "", v.stateName(a.State), func(a *asked) { a.State = "" })
	add(a.Mark != "", v.markChoice(a.Mark), func(a *asked) { a.Mark = "" })
	add(a.Since != "", v.t("list.chosen-since", "date", a.Since), func(a *asked) { a.Since = "" })
	add(a.Until != "", v.t("list.chosen-until", "date", a.Until), func(a *asked) { a.Until = "" })
	return list
}

func (v *visit) stateName(s records.State) string {
	return v.t("choice." + string(s))
}

// markChoice names a mark by which dispatches are chosen.
func (v *visit) markChoice(m office.Mark) string { return v.t("choice." + string(m)) }

// shorten cuts a text that came with a request to so many characters.
func shorten(text string, most int) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if utf8.RuneCountInString(text) > most {
		return string([]rune(text)[:most]) + "…"
	}
	return text
}

// mark writes a text with what was found in it marked.
func mark(text string, spans []records.Span) template.HTML {
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(html.EscapeString(text[at:s.From]))
		b.WriteString("<mark>" + html.EscapeString(text[s.From:s.To]) + "</mark>")
		at = s.To
	}
	b.WriteString(html.EscapeString(text[at:]))
	return template.HTML(b.String())
}

// How much of a text an extract shows before and after the first thing found.
const (
	extractBefore = 40 // characters
	extractAfter  = 100
)

// extract is the part of a text where something was found first; empty if
// nothing was.
func extract(search records.Search, text string) string {
	first, found := search.First(text)
	if !found {
		return ""
	}
	before, after := []rune(text[:first.From]), []rune(text[first.From:])
	start, end := "", ""
	if n := len(before) - extractBefore; n > 0 {
		before, start = fromWord(before[n:]), "…"
	}
	if len(after) > extractAfter {
		after, end = toWord(after[:extractAfter]), "…"
	}
	return start + strings.Join(strings.Fields(string(before)+string(after)), " ") + end
}

// fromWord and toWord cut off the rest of a word at the beginning, or the end, of
// a part of a text, if a space is near.
func fromWord(part []rune) []rune {
	for i := range min(len(part), 15) {
		if part[i] == ' ' || part[i] == '\n' {
			return part[i+1:]
		}
	}
	return part
}

func toWord(part []rune) []rune {
	for i := len(part) - 1; i > len(part)-15; i-- {
		if part[i] == ' ' || part[i] == '\n' {
			return part[:i]
		}
	}
	return part
}
