package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/text/unicode/norm"
)

// MaxLeaf is the largest size of an entry in bytes: the most that an entry
// bundle of c2sp.org/tlog-tiles can carry.
const MaxLeaf = 65535

// MaxAhead is how far an entry may be dated ahead of the clock of a node that
// is asked to store it.
const MaxAhead = 24 * time.Hour

// maxInteger is the largest number that stands in an entry: beyond it, JSON
// readers disagree (RFC 8785, appendix D).
const maxInteger = 1<<53 - 1

// maxDepth is how deep objects and lists may lie in each other in an entry, the
// frame included, so that every reader can follow.
const maxDepth = 64

// maxSides bounds the other sides that a frame can name.
const maxSides = 16

// Frame is what every entry says, whatever its kind (spec/entries.md §2):
//
//	{"at":"2018-09-14T01:30:00.000Z","body":{...},"by":"duty-officer","kind":"dispatch",
//	 "office":"kaesong.example","seen":{"north":3},"side":"south"}
//
// in canonical JSON (RFC 8785) on one line. These seven members may never
// change their names or meaning: entries are signed for ever.
type Frame struct {
	At     time.Time        // the writer's clock, whole milliseconds UTC
	Body   jsontext.Value   // a JSON object, which only package office reads
	By     string           // the officer or post that acts
	Kind   string           // what kind of entry it is
	Office string           // the office
	Seen   map[string]int64 // how many entries of each other side's ledger the writer had placed; never 0
	Side   string           // the writer
}

// timeLayout is RFC 3339 with exactly three digits after the second, and Z.
const timeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes a time as it stands in entries.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// AppendLeaf appends the canonical bytes of the frame.
func (f *Frame) appendLeaf(b []byte) []byte {
	b = append(b, `{"at":"`...)
	b = f.At.UTC().AppendFormat(b, timeLayout)
	b = append(b, `","body":`...)
	b = append(b, f.Body...)
	b = append(b, `,"by":"`...)
	b = append(b, f.By...)
	b = append(b, `","kind":"`...)
	b = append(b, f.Kind...)
	b = append(b, `","office":"`...)
	b = append(b, f.Office...)
	b = append(b, `","seen":{`...)
	for i, side := range slices.Sorted(maps.Keys(f.Seen)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, side...)
		b = append(b, `":`...)
		b = strconv.AppendInt(b, f.Seen[side], 10)
	}
	b = append(b, `},"side":"`...)
	b = append(b, f.Side...)
	return append(b, `"}`...)
}

// Draft makes an entry of this side's ledger, not yet signed. The body must be
// canonical JSON.
func (l *Ledger) Draft(index int64, seen map[string]int64, at time.Time, by, kind string, body []byte) (Entry, error) {
	seen = maps.Clone(seen)
	maps.DeleteFunc(seen, func(_ string, n int64) bool { return n == 0 })
	f := Frame{
		At: at.UTC().Truncate(time.Millisecond), Body: body, By: by, Kind: kind,
		Office: l.office, Seen: seen, Side: l.side,
	}
	leaf := f.appendLeaf(make([]byte, 0, 256+len(body)))
	if _, err := ParseLeaf(leaf); err != nil {
		return Entry{}, fmt.Errorf("draft entry %s/%d: %w", l.side, index, err)
	}
	return Entry{Side: l.side, Index: index, Hash: tlog.RecordHash(leaf), Leaf: leaf, Frame: f}, nil
}

// ParseLeaf reads the frame of an entry and checks every rule on its bytes:
// size, canonical form, NFC, integers, and the form of each member
// (spec/entries.md §1, §2). The frame's body is a part of leaf.
func ParseLeaf(leaf []byte) (Frame, error) {
	if len(leaf) > MaxLeaf {
		return Frame{}, fmt.Errorf("the entry has %d bytes; at most %d are allowed", len(leaf), MaxLeaf)
	}
	if err := CheckCanonical(leaf); err != nil {
		return Frame{}, err
	}
	if !isComposed(leaf) && !norm.NFC.IsNormal(leaf) {
		return Frame{}, errors.New("not in Unicode normal form C")
	}
	return parseFrame(leaf)
}

// isComposed reports whether text is in normal form C for the simplest of
// reasons: it has nothing but ASCII and Hangul syllables, and none of those
// combines with another. (Most texts do not need to be asked about further.)
func isComposed(text []byte) bool {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r < '가' || r > '힣' {
			return false
		}
		i += n
	}
	return true
}

// parseTime reads a time as FormatTime writes it, and no other writing of it:
// the library's parser takes a comma for the point, and a sign.
func parseTime(text string) (time.Time, error) {
	if len(text) != len(timeLayout) {
		return time.Time{}, errTime
	}
	for i := range len(text) {
		isDigit := text[i] >= '0' && text[i] <= '9'
		if wantDigit := timeLayout[i] >= '0' && timeLayout[i] <= '9'; isDigit != wantDigit || !wantDigit && text[i] != timeLayout[i] {
			return time.Time{}, errTime
		}
	}
	return time.Parse(timeLayout, text)
}

var errTime = errors.New("not a time")

// parseFrame reads the members of a leaf that is canonical JSON.
func parseFrame(leaf []byte) (f Frame, err error) {
	r := frameReader{rest: leaf}
	at := r.text(`{"at":"`, "at")
	f.Body = r.object(`,"body":`, "body")
	f.By = r.text(`,"by":"`, "by")
	f.Kind = r.text(`,"kind":"`, "kind")
	f.Office = r.text(`,"office":"`, "office")
	f.Seen = r.counts(`,"seen":{`, "seen")
	f.Side = r.text(`,"side":"`, "side")
	switch {
	case r.err == nil && string(r.rest) != "}":
		return Frame{}, errors.New("the frame has more than the members at, body, by, kind, office, seen, side")
	case r.err != nil:
		return Frame{}, r.err
	case !ValidName(f.By):
		return Frame{}, fmt.Errorf("%q cannot be the name of a post", f.By)
	case !validKind(f.Kind):
		return Frame{}, fmt.Errorf("%q cannot be a kind", f.Kind)
	case !ValidOffice(f.Office):
		return Frame{}, fmt.Errorf("%q cannot be the name of an office", f.Office)
	case !ValidName(f.Side):
		return Frame{}, fmt.Errorf("%q cannot be the id of a side", f.Side)
	case f.Seen[f.Side] != 0:
		return Frame{}, errors.New("it names its own side among those it has seen")
	}
	if f.At, err = parseTime(at); err != nil {
		return Frame{}, fmt.Errorf("%q is not a time in the form %s", at, timeLayout)
	}
	if f.At.UnixMilli() < 0 {
		return Frame{}, fmt.Errorf("%q is before 1970", at)
	}
	return f, nil
}

// frameReader reads the members of a frame, which is canonical JSON, in their
// order, and keeps the first error. No text of the frame may hold a character
// that JSON escapes, so each ends at the next quotation mark.
type frameReader struct {
	rest []byte
	err  error
}

// member passes over what stands before a member's value.
func (r *frameReader) member(before, name string) bool {
	if r.err != nil {
		return false
	}
	if !bytes.HasPrefix(r.rest, []byte(before)) {
		r.err = fmt.Errorf("the frame's member %q is missing, out of place or of the wrong type", name)
		return false
	}
	r.rest = r.rest[len(before):]
	return true
}

func (r *frameReader) text(before, name string) string {
	if !r.member(before, name) {
		return ""
	}
	value, rest, ok := bytes.Cut(r.rest, []byte{'"'})
	if !ok {
		r.err = fmt.Errorf("the frame's member %q does not end", name)
		return ""
	}
	r.rest = rest
	return string(value)
}

func (r *frameReader) object(before, name string) jsontext.Value {
	if !r.member(before, name) {
		return nil
	}
	n := 0
	if len(r.rest) > 0 && r.rest[0] == '{' {
		n = valueLength(r.rest)
	}
	if n == 0 {
		r.err = fmt.Errorf("the frame's member %q is not an object", name)
		return nil
	}
	v := r.rest[:n:n]
	r.rest = r.rest[n:]
	return jsontext.Value(v)
}

func (r *frameReader) counts(before, name string) map[string]int64 {
	if !r.member(before, name) {
		return nil
	}
	counts := map[string]int64{}
	for first := true; len(r.rest) > 0 && r.rest[0] != '}'; first = false {
		opening := `,"`
		if first {
			opening = `"`
		}
		side := r.text(opening, name)
		if !r.member(":", name) {
			return nil
		}
		end := bytes.IndexAny(r.rest, ",}")
		n, err := strconv.ParseInt(string(r.rest[:max(end, 0)]), 10, 64)
		if err != nil || n < 1 || !ValidName(side) || len(counts) == maxSides {
			r.err = fmt.Errorf("the frame's member %q does not map at most %d sides to counts of 1 or more", name, maxSides)
			return nil
		}
		counts[side] = n
		r.rest = r.rest[end:]
	}
	r.member("}", name)
	return counts
}

// stringEnd is the index after the end of the JSON string that begins at
// text[0], or 0 if it does not end.
func stringEnd(text []byte) int {
	for i := 1; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			return 0
		}
		escape := bytes.IndexByte(text[i:i+n], '\\')
		if escape < 0 {
			return i + n + 1
		}
		i += escape + 1 // past the escaped character
	}
	return 0
}

// valueLength is the length of the object at the beginning of text, or 0 if it
// does not end.
func valueLength(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			n := stringEnd(text[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// ValidName reports whether text has the form of the id of a side or post: one
// lower case letter, then at most 30 lower case letters, digits or hyphens.
func ValidName(text string) bool { return validWord(text, 31, "-") }

// validKind reports whether text has the form of a kind: like a name, with
// dots, and up to 64 characters.
func validKind(text string) bool { return validWord(text, 64, "-.") }

// ValidOffice reports whether text has the form of an office's name: lower case
// words with dots between, such as "kaesong.example", of at most 100 characters.
func ValidOffice(text string) bool {
	return validWord(text, 100, "-.") && !strings.Contains(text, "..") && !strings.HasSuffix(text, ".")
}

func validWord(text string, maxLen int, extra string) bool {
	if len(text) == 0 || len(text) > maxLen || text[0] < 'a' || text[0] > 'z' {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !bytes.ContainsRune([]byte(extra), rune(c)) {
			return false
		}
	}
	return true
}
