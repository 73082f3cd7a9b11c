// Package legible finds what makes words look like other words: characters that
// turn the direction of what stands around them, characters that nobody sees, and
// letters of one alphabet that pass for those of another.
//
// What must stay true:
//
//   - It judges what our own side is about to write, and what a page has to warn of.
//     Whether an entry is valid never depends on it.
//   - Words that a Korean or English writer types in good faith pass.
package legible

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Flaw is the first thing in a text that misleads: a character, or a word.
type Flaw struct {
	Rune  rune   // hides or turns what is read; 0 if it is a word
	After string // what stands before it in its line, at most 20 characters
	Word  string // has letters that pass for those of another alphabet
}

// turning are the characters that turn what stands around them (Unicode UAX #9,
// the explicit formatting characters but for the plain marks).
var turning = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x202a, Hi: 0x202e, Stride: 1}, {Lo: 0x2066, Hi: 0x2069, Stride: 1}}}

// unseen are characters that take no room and join nothing: soft hyphen, fillers
// of Hangul, zero-width spaces, tags.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00ad, Hi: 0x00ad, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x200b, Hi: 0x200b, Stride: 1}, {Lo: 0x2060, Hi: 0x2065, Stride: 1},
		{Lo: 0x206a, Hi: 0x206f, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, {Lo: 0xfff9, Hi: 0xfffb, Stride: 1},
	},
	R32:         []unicode.Range32{{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}},
	LatinOffset: 1,
}

// marks are the characters that join or direct what stands beside them, and are not
// seen themselves. Some scripts need them in a word; a name in ours never does.
var marks = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x061c, Hi: 0x061c, Stride: 1}, {Lo: 0x180b, Hi: 0x180f, Stride: 1}, {Lo: 0x200c, Hi: 0x200f, Stride: 1}, {Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, {Lo: 0xfeff, Hi: 0xfeff, Stride: 1}}}

// Text looks through words of several lines: only what turns them misleads there.
// Unseen characters do no harm in a text, and many programs put soft hyphens there.
func Text(text string) *Flaw { return character(text, turning) }

// Line looks through words that are read at one glance, such as a subject.
func Line(text string) *Flaw { return character(text, turning, unseen) }

// Name looks through a name, or several, each in a line of its own: of a person, a
// post, a side, a channel. Nobody may pass for somebody else.
func Name(text string) *Flaw {
	if flaw := character(text, turning, unseen, marks); flaw != nil {
		return flaw
	}
	for line := range strings.Lines(text) {
		if word := Alike(line); word != "" {
			return &Flaw{Word: word}
		}
	}
	return nil
}

// Marked is a name with a mark in the place of each character that hides or turns
// what is read, so that what stands beside it reads as it should.
func Marked(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, turning, unseen, marks) {
			return utf8.RuneError
		}
		return r
	}, name)
}

// character finds the first character of some sorts.
func character(text string, sorts ...*unicode.RangeTable) *Flaw {
	i := strings.IndexFunc(text, func(r rune) bool { return unicode.In(r, sorts...) })
	if i < 0 {
		return nil
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return &Flaw{Rune: r, After: lastOf(text[:i])}
}

// lastOf gives the end of the line before a place in a text.
func lastOf(text string) string {
	const most = 20
	line := []rune(text[strings.LastIndexByte(text, '\n')+1:])
	return string(line[max(0, len(line)-most):])
}

// Hidden reports whether a character of a file's name hides or turns what is read.
func Hidden(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// Alike gives the word of a name whose letters pass for those of another alphabet:
// one that mixes scripts that do not belong together, such as a Cyrillic letter among
// Latin ones; or the name, if the whole of it reads as Latin and is not. It is empty
// if there is none.
func Alike(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if i := slices.IndexFunc(words, mixed); i >= 0 {
		return words[i]
	}
	if disguised(name) {
		return strings.TrimSpace(name)
	}
	return ""
}

// together are the scripts that one word may mix with Latin letters: what
// Unicode UTS #39 calls "highly restrictive". Others have letters that look like
// Latin ones.
var together = []*unicode.RangeTable{unicode.Latin, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo}

func mixed(word string) bool {
	first := ""
	for _, r := range word {
		script := scriptOf(r)
		if first == "" {
			first = script
		}
		if script != "" && script != first {
			return true
		}
	}
	return false
}

// disguises are the Cyrillic and Greek letters that have the very shape of a Latin
// one in nearly every typeface (from Unicode UTS #39, confusables.txt).
const disguises = "асԁеһіјӏорԛѕԝхуѵ" + "АВСЕНІЈКМОРԚЅТԜХУѴӀ" + "οϳ" + "ΑΒΕΗΙΚΜΝΟΡΤΥΧΖ"

// disguised reports whether a name has Cyrillic or Greek letters, and none by which
// one could see it: the whole of it reads as Latin.
func disguised(name string) bool {
	other := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cyrillic, unicode.Greek) {
			return r
		}
		return -1
	}, name)
	return other != "" && strings.Trim(other, disguises) == ""
}

// scriptOf names the script of a letter, one name for all that stand together;
// empty for what belongs to no script.
func scriptOf(r rune) string {
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	if unicode.In(r, together...) {
		return "together"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}
