package ledger

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// CheckCanonical refuses what is not canonical JSON (RFC 8785) as entries have
// it (spec/entries.md §1): numbers are integers up to 2^53-1 either way, and
// nothing lies more than 64 deep. It does so in one pass over the bytes, since
// each entry is checked by its writer, by each side that stores it, and by
// whoever verifies a ledger. FuzzCanonical holds it against the general
// canonicalizer.
func CheckCanonical(text []byte) error {
	s := scanner{text: text}
	if err := s.value(0); err != nil {
		return err
	}
	if s.at < len(text) {
		return s.wrong("more after the end of the value")
	}
	return nil
}

// scanner reads canonical JSON.
type scanner struct {
	text []byte
	at   int // the next byte
}

// wrong says what is not canonical at the next byte.
func (s *scanner) wrong(what string) error {
	return fmt.Errorf("not in canonical form (RFC 8785): %s at byte %d", what, s.at)
}

// next is the next byte, or 0 at the end.
func (s *scanner) next() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

// word passes over a text that must stand here.
func (s *scanner) word(text string) error {
	if !bytes.HasPrefix(s.text[s.at:], []byte(text)) {
		return s.wrong("no value")
	}
	s.at += len(text)
	return nil
}

// value passes over a value that lies in so many objects and lists.
func (s *scanner) value(depth int) error {
	switch c := s.next(); {
	case c == '"':
		_, err := s.string()
		return err
	case c == '{' || c == '[':
		if depth == maxDepth {
			return fmt.Errorf("objects and lists lie more than %d deep", maxDepth)
		}
		if c == '{' {
			return s.object(depth + 1)
		}
		return s.list(depth + 1)
	case c == '-' || c >= '0' && c <= '9':
		return s.integer()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.wrong("no value")
}

func (s *scanner) list(depth int) error {
	s.at++
	if s.next() == ']' {
		s.at++
		return nil
	}
	for {
		if err := s.value(depth); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.wrong("neither a comma nor the end of a list")
		}
	}
}

func (s *scanner) object(depth int) error {
	s.at++
	if s.next() == '}' {
		s.at++
		return nil
	}
	var before []byte // the name before, as it is written
	for first := true; ; first = false {
		if s.next() != '"' {
			return s.wrong("no name")
		}
		name, err := s.string()
		if err != nil {
			return err
		}
		if !first && compareNames(before, name) >= 0 {
			return s.wrong("a name that is not after the one before it")
		}
		before = name
		if s.next() != ':' {
			return s.wrong("no colon")
		}
		s.at++
		if err := s.value(depth); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.wrong("neither a comma nor the end of an object")
		}
	}
}

// integer passes over an integer of at most maxInteger.
func (s *scanner) integer() error {
	start := s.at
	for s.at < len(s.text) && isNumber(s.text[s.at]) {
		s.at++
	}
	digits := string(s.text[start:s.at])
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil || n > maxInteger || n < -maxInteger:
		return fmt.Errorf("the number %.40s is not an integer of at most %d", digits, int64(maxInteger))
	case strconv.FormatInt(n, 10) != digits:
		s.at = start
		return s.wrong("a number in another writing")
	}
	return nil
}

func isNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// literal are the bytes that stand in a string for themselves, and are ASCII.
var literal = func() (p [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

// string passes over a string and returns what stands between its quotation
// marks.
func (s *scanner) string() ([]byte, error) {
	s.at++
	start := s.at
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case literal[c]:
			s.at++
		case c == '"':
			s.at++
			return s.text[start : s.at-1], nil
		case c == '\\':
			n := escape(s.text[s.at:])
			if n == 0 {
				return nil, s.wrong("an escape in another writing")
			}
			s.at += n
		case c < ' ':
			return nil, s.wrong("a control character")
		default:
			r, n := utf8.DecodeRune(s.text[s.at:])
			if r == utf8.RuneError && n == 1 {
				return nil, s.wrong("no UTF-8")
			}
			s.at += n
		}
	}
	return nil, s.wrong("no end of the string")
}

// escape is the length of the escape that text begins with, or 0 if RFC 8785
// §3.2.2.2 has no such escape: it has short ones where there are, and \u00xx in
// lower case for the other control characters.
func escape(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return 2
	}
	const hex = "0123456789abcdef"
	if len(text) < 6 || string(text[1:4]) != "u00" || text[4] != '0' && text[4] != '1' {
		return 0
	}
	low := bytes.IndexByte([]byte(hex), text[5])
	if low < 0 || text[4] == '0' && slices.Contains([]byte("\b\t\n\f\r"), byte(low)) {
		return 0
	}
	return 6
}

// compareNames compares two names, as they are written, by the UTF-16 code units
// that they stand for (RFC 8785 §3.2.3).
func compareNames(a, b []byte) int {
	if isLiteral(a) && isLiteral(b) {
		return bytes.Compare(a, b)
	}
	return slices.Compare(codeUnits(a), codeUnits(b))
}

func isLiteral(name []byte) bool {
	for _, c := range name {
		if !literal[c] {
			return false
		}
	}
	return true
}

// codeUnits are the UTF-16 code units of a name that was passed over.
func codeUnits(name []byte) []uint16 {
	unquoted, err := strconv.Unquote(`"` + string(name) + `"`) // JSON's canonical escapes are Go's too
	if err != nil {
		return nil
	}
	return utf16.Encode([]rune(unquoted))
}
