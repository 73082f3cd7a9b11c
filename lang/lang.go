// Package lang holds the words of the interface, in each language. Every
// sentence that a person reads in a page stands here and nowhere else, one file
// per subject, with its languages side by side so that whoever changes one sees
// the other. No language is first; a test finds what is missing.
//
// A phrase may hold placeholders:
//
//	{n}                 the argument of that name
//	{n:entry/entries}   in English: the first word if the argument is 1, else the second
//	{side:이/가}          in Korean: the particle that fits the end of the argument
//
// Phrases hold none of the characters < > & and ", so that they may stand in
// HTML as they are.
package lang

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Phrase is one phrase in every language of the interface.
type Phrase struct {
	En string
	Ko string
}

// In returns the phrase in the language tag.
func (p Phrase) In(tag string) string {
	if tag == Korean {
		return p.Ko
	}
	return p.En
}

// The languages of the interface, as tags of BCP 47.
const (
	English = "en"
	Korean  = "ko"
)

// Tags lists the languages in the order in which they are offered.
var Tags = []string{English, Korean}

// Name returns the name of a language in that language.
func Name(tag string) string {
	if tag == Korean {
		return "한국어"
	}
	return "English"
}

// Known reports whether tag is a language of the interface.
func Known(tag string) bool { return slices.Contains(Tags, tag) }

// Marked is an argument that is put in as markup, while particles are chosen by
// the text that a reader sees of it.
type Marked struct {
	Markup string
	Text   string
}

// phrases is all subjects in one table. It is never written to.
var phrases = join(
	accountWords, alarmWords, charterWords, codeWords, commonWords, dispatchWords, draftWords, enclosureWords, entryWords, failureWords, fillWords,
	formWords, helpWords, hoursWords, kindWords, lineCheckWords, lineWords, listWords, modeWords, noteWords, passkeyWords, problemWords, readbackWords, recordWords, refusalWords,
	relationsWords, rosterWords, sheetWords, signInWords, silenceWords, statisticsWords, stepWords, stripWords, tenderWords, timeWords, toldCheckWords, toldMatterWords, toldWords,
	watchWords, writeWords,
)

func join(subjects ...map[string]Phrase) map[string]Phrase {
	all := map[string]Phrase{}
	for _, subject := range subjects {
		for key, phrase := range subject {
			if _, twice := all[key]; twice {
				panic("lang: two phrases for " + key)
			}
			all[key] = phrase
		}
	}
	return all
}

// Keys returns the keys of all phrases, in order.
func Keys() []string { return slices.Sorted(maps.Keys(phrases)) }

// Lookup returns the phrase with this key.
func Lookup(key string) (Phrase, bool) {
	phrase, ok := phrases[key]
	return phrase, ok
}

// RefusalKey returns the key of the sentence for a code, of the rules or of a node,
// or for a key of the table. The sentence says more if the detail names what is allowed.
func RefusalKey(code string, detail map[string]string) (key string, ok bool) {
	if detail["allowed"] != "" {
		if key := "void." + code + "-of"; phrases[key].En != "" {
			return key, true
		}
	}
	for _, key := range []string{"void." + code, "refused." + code, code} {
		if _, ok := phrases[key]; ok {
			return key, true
		}
	}
	return "", false
}

// T returns the phrase with this key in the language tag. The arguments are
// pairs of a placeholder's name and its value. A key that is not in the table
// is returned in brackets, so that the page still stands; tests look for it.
func T(tag, key string, args ...any) string {
	phrase, ok := phrases[key]
	if !ok {
		return "[" + key + "]"
	}
	return fill(tag, phrase.In(tag), args)
}

func fill(tag, pattern string, args []any) string {
	if !strings.Contains(pattern, "{") {
		return pattern
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return out.String() + "{" + rest
		}
		pattern = after
		name, forms, choice := strings.Cut(inside, ":")
		shown, text := argument(name, args)
		if !choice {
			out.WriteString(shown)
			continue
		}
		first, second, _ := strings.Cut(forms, "/")
		if tag == Korean {
			out.WriteString(particle(text, first, second))
		} else if text == "1" {
			out.WriteString(first)
		} else {
			out.WriteString(second)
		}
	}
}

// argument returns what is shown for the placeholder name, and the text by
// which forms are chosen.
func argument(name string, args []any) (shown, text string) {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		if m, ok := args[i+1].(Marked); ok {
			return m.Markup, m.Text
		}
		shown = fmt.Sprint(args[i+1])
		return shown, shown
	}
	return "{" + name + "}", ""
}

// Pick returns what words, a phrase that the sides have agreed on, says in the
// language tag; if it does not, what it says in another language, English first.
func Pick(tag string, words map[string]string) string {
	if text := words[tag]; text != "" {
		return text
	}
	if text := words[English]; text != "" {
		return text
	}
	for _, other := range slices.Sorted(maps.Keys(words)) {
		if words[other] != "" {
			return words[other]
		}
	}
	return ""
}

// Match returns the language of the interface that fits a browser's
// Accept-Language header best. It honours the order and the weights, and
// answers English when nothing fits.
func Match(header string) string {
	best, bestWeight := English, 0
	for i, item := range strings.Split(header, ",") {
		if i == 32 {
			break // no browser sends as many
		}
		name, params, _ := strings.Cut(strings.TrimSpace(item), ";")
		primary, _, _ := strings.Cut(strings.ToLower(name), "-")
		weight := 1000
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			weight = thousandths(q)
		}
		if Known(primary) && weight > bestWeight {
			best, bestWeight = primary, weight
		}
	}
	return best
}

// thousandths reads a weight such as "0.8" as 800; what is not a weight is 0.
func thousandths(q string) int {
	whole, fraction, _ := strings.Cut(q, ".")
	if len(whole) != 1 || whole[0] < '0' || whole[0] > '1' || len(fraction) > 3 {
		return 0
	}
	n := int(whole[0]-'0') * 1000
	for i, unit := 0, 100; i < len(fraction); i, unit = i+1, unit/10 {
		if fraction[i] < '0' || fraction[i] > '9' {
			return 0
		}
		n += int(fraction[i]-'0') * unit
	}
	return min(n, 1000)
}
