package office

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A checker looks at one body and remembers the first thing that is wrong.
// It never asks a table of the Unicode standard, which changes with the years.
type checker struct {
	verdict Verdict
}

// fail remembers the refusal unless there is one already.
func (c *checker) fail(reason Reason, detail ...string) {
	if c.verdict.Done() {
		c.verdict = void(reason, detail...)
	}
}

// name checks the id of a side, post or channel.
func (c *checker) name(field, text string) {
	if !ValidName(text) {
		c.fail(BadName, "field", field, "value", clip(text))
	}
}

// oneOf checks a value of a closed list.
func oneOf[T ~string](c *checker, field string, value T, allowed []T) {
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	if c.verdict.Done() {
		c.fail(BadValue, "field", field, "value", clip(string(value)))
		for _, a := range allowed {
			c.verdict.Allowed = append(c.verdict.Allowed, string(a))
		}
	}
}

// count checks the length of a list. Where it reports false the list may be of
// any length, and is not looked at further.
func (c *checker) count(field string, n, least, most int) bool {
	if n > most {
		c.fail(TooMany, "field", field, "size", strconv.Itoa(n), "limit", strconv.Itoa(most))
	} else if n < least {
		c.fail(TooFew, "field", field, "size", strconv.Itoa(n), "limit", strconv.Itoa(least))
	}
	return n >= least && n <= most
}

// number checks that a number lies within bounds.
func (c *checker) number(field string, n, least, most int64) {
	if n < least || n > most {
		c.fail(BadValue, "field", field, "value", strconv.FormatInt(n, 10))
	}
}

// bytes checks the length of a text in bytes of UTF-8.
func (c *checker) bytes(field, text string, limit int) {
	if len(text) > limit {
		c.fail(TooLong, "field", field, "size", strconv.Itoa(len(text)), "limit", strconv.Itoa(limit), "unit", "bytes")
	}
}

// line checks a text of one line: not empty, at most limit characters, none of
// them a control character.
func (c *checker) line(field, text string, limit int) {
	if strings.Trim(text, " ") == "" {
		c.fail(Missing, "field", field)
	}
	if n := utf8.RuneCountInString(text); n > limit {
		c.fail(TooLong, "field", field, "size", strconv.Itoa(n), "limit", strconv.Itoa(limit), "unit", "characters")
	}
	if !plain(text, false) {
		c.fail(BadText, "field", field)
	}
}

// text checks a text of several lines: not empty, at most limit bytes, no
// control characters but line feed and tab.
func (c *checker) text(field, text string, limit int) {
	if strings.Trim(text, " \t\n") == "" {
		c.fail(Missing, "field", field)
	}
	c.bytes(field, text, limit)
	if !plain(text, true) {
		c.fail(BadText, "field", field)
	}
}

// words checks a phrase: one to eight languages, one line in each.
func (c *checker) words(field string, words Words, limit int) {
	if !c.count(field, len(words), 1, MaxLanguages) {
		return
	}
	for _, tag := range sortedKeys(words) {
		c.language(field, tag)
		c.line(field+"."+clip(tag), words[tag], limit)
	}
}

// languages checks a list of language tags, the first preferred.
func (c *checker) languages(field string, tags []string) {
	if !c.count(field, len(tags), 1, MaxLanguages) {
		return
	}
	for i, tag := range tags {
		c.language(field, tag)
		for _, before := range tags[:i] {
			if before == tag {
				c.fail(NotInOrder, "field", field, "value", tag)
			}
		}
	}
}

// language checks the form of a language tag, such as "ko" or "zh-Hant".
func (c *checker) language(field, tag string) {
	parts := strings.Split(tag, "-")
	good := len(tag) <= MaxLanguageTag && len(parts[0]) >= 2 && len(parts[0]) <= 3 && all(parts[0], lower)
	for _, part := range parts[1:] {
		good = good && len(part) >= 1 && len(part) <= 8 && all(part, letterOrDigit)
	}
	if !good {
		c.fail(BadValue, "field", field, "value", clip(tag))
	}
}

// plain reports whether a text is UTF-8 without control characters: U+0000 to
// U+001F, U+007F to U+009F, the line and paragraph separators U+2028 and
// U+2029, the overrides of direction U+202D and U+202E, the byte order mark
// U+FEFF. If lines is set, line feed and tab are allowed.
func plain(text string, lines bool) bool {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < 0x20 && (!lines || c != '\n' && c != '\t') || c == 0x7f {
				return false
			}
			i++
			continue
		}
		switch r, size := utf8.DecodeRuneInString(text[i:]); {
		case r == utf8.RuneError && size == 1:
			return false
		case r <= 0x9f, r == 0x2028, r == 0x2029, r == 0x202d, r == 0x202e, r == 0xfeff:
			return false
		default:
			i += size
		}
	}
	return true
}

// all reports whether all bytes of the text are of the given sort.
func all(text string, sort func(c byte) bool) bool {
	for i := range len(text) {
		if !sort(text[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) bool         { return c >= 'a' && c <= 'z' }
func letterOrDigit(c byte) bool { return lower(c) || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' }
func nameByte(c byte) bool      { return lower(c) || c >= '0' && c <= '9' || c == '-' }

// clip shortens a value from outside for the detail of a verdict.
func clip(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// ValidOffice reports whether text has the form of an office's name: words of
// lower case letters, digits and hyphens, with dots between them, such as
// "kaesong.example".
func ValidOffice(text string) bool {
	if len(text) == 0 || len(text) > MaxOffice || text[0] < 'a' || text[0] > 'z' {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || !all(label, nameByte) {
			return false
		}
	}
	return true
}
