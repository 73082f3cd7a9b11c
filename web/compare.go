package web

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"znkr.io/diff"

	"liaison.example/office"
)

// article is one point of a charter or a form as a text, to be compared with what it was.
type article struct {
	key, title, text string
}

// compared is a point that differs between two charters or forms, word by word.
type compared struct {
	Title string
	State string // "added", "removed" or "changed"
	Text  template.HTML
}

// articles puts a charter into its points, each with all that stands in it, in
// every language: what is not in the reader's language is agreed to as well.
func (v *visit) articles(c *office.Charter) []article {
	var out []article
	line := func(b *strings.Builder, name, value string) { fmt.Fprintf(b, "%s: %s\n", name, value) }
	for _, s := range c.Sides {
		var b strings.Builder
		line(&b, v.t("charter.name"), s.Name)
		line(&b, v.t("charter.zone"), s.Zone)
		line(&b, v.t("charter.languages"), strings.Join(s.Languages, " "))
		line(&b, v.t("charter.address"), s.Address)
		out = append(out, article{"side " + s.ID, v.t("charter.side", "side", s.ID), b.String()})
	}
	for i, channel := range c.Channels {
		var b strings.Builder
		line(&b, v.t("charter.place"), fmt.Sprint(i+1))
		for _, tag := range sortedKeys(channel.Name) {
			line(&b, v.t("charter.name")+" ("+tag+")", channel.Name[tag])
		}
		for _, tag := range sortedKeys(channel.Purpose) {
			line(&b, v.t("charter.purpose")+" ("+tag+")", channel.Purpose[tag])
		}
		for _, text := range v.channelText(&channel) {
			b.WriteString(text + "\n")
		}
		out = append(out, article{"channel " + channel.ID, v.t("charter.channel", "channel", channel.ID), b.String()})
	}
	for _, clock := range c.Clocks {
		var b strings.Builder
		line(&b, v.t("charter.receipt"), v.span(clock.Receipt))
		line(&b, v.t("charter.acknowledge"), v.acknowledgeWithin(c.Rules, clock))
		if clock.Readback > 0 {
			line(&b, v.t("charter.readback"), v.span(clock.Readback))
		}
		if clock.Answer > 0 {
			line(&b, v.t("charter.answer"), v.span(clock.Answer))
		}
		word := v.t("precedence." + lowerPrecedence(clock.Precedence))
		out = append(out, article{"clock " + string(clock.Precedence), v.t("charter.clock", "precedence", word), b.String()})
	}
	for _, l := range v.ladderTexts(c, nil) {
		out = append(out, article{"ladder " + string(l.Precedence), v.t("steps.ladder", "precedence", l.Word), strings.Join(l.Steps, "\n") + "\n"})
	}
	return append(out, article{"rules", v.t("charter.rules-title"), v.t("charter.rules", "n", c.Rules) + "\n"})
}

// compareCharters lists the points in which two charters differ.
func (v *visit) compareCharters(before, after *office.Charter) []compared {
	return compareArticles(v.articles(before), v.articles(after))
}

// compareArticles lists the points that differ, in the order in which they stood
// before, with what is new after them.
func compareArticles(was, now []article) []compared {
	find := func(list []article, key string) (article, bool) {
		i := slices.IndexFunc(list, func(a article) bool { return a.key == key })
		if i < 0 {
			return article{}, false
		}
		return list[i], true
	}
	var out []compared
	for _, old := range was {
		switch to, found := find(now, old.key); {
		case !found:
			out = append(out, compared{old.title, "removed", compareWords(old.text, "")})
		case to.text != old.text:
			out = append(out, compared{old.title, "changed", compareWords(old.text, to.text)})
		}
	}
	for _, a := range now {
		if _, found := find(was, a.key); !found {
			out = append(out, compared{a.title, "added", compareWords("", a.text)})
		}
	}
	return out
}

// compareWords marks in one text what was taken out and what was put in, by
// whole words: a Korean word that was cut inside could not be read.
func compareWords(before, after string) template.HTML {
	var b strings.Builder
	open := diff.Match
	turn := func(to diff.Op) {
		if to == open {
			return
		}
		b.WriteString(map[diff.Op]string{diff.Delete: "</del>", diff.Insert: "</ins>"}[open])
		b.WriteString(map[diff.Op]string{diff.Delete: "<del>", diff.Insert: "<ins>"}[to])
		open = to
	}
	for _, edit := range diff.Edits(words(before), words(after)) {
		turn(edit.Op)
		word := edit.X
		if edit.Op == diff.Insert {
			word = edit.Y
		}
		b.WriteString(template.HTMLEscapeString(word))
	}
	turn(diff.Match)
	return template.HTML(b.String())
}

// words cuts a text into words and the spaces between them.
func words(text string) []string {
	var out []string
	start, inSpace := 0, false
	for i, r := range text {
		space := r == ' ' || r == '\n' || r == '\t'
		if i > start && (space != inSpace || r == '\n') {
			out, start = append(out, text[start:i]), i
		}
		inSpace = space
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}
