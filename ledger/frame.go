package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

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
// size, canonical form, NFC, integers, and the form of each member. The frame's
// body is a part of leaf.
func ParseLeaf(leaf []byte) (Frame, error) {
	if len(leaf) > MaxLeaf {
		return Frame{}, fmt.Errorf("the entry has %d bytes; at most %d are allowed", len(leaf), MaxLeaf)
	}
	canonical := jsontext.Value(bytes.Clone(leaf))
	if err := canonical.Canonicalize(); err != nil {
		return Frame{}, fmt.Errorf("not JSON: %w", err)
	}
	if !bytes.Equal(canonical, leaf) {
		return Frame{}, errors.New("not in canonical form (RFC 8785)")
	}
	if !norm.NFC.IsNormal(leaf) {
		return Frame{}, errors.New("not in Unicode normal form C")
	}
	if err := checkNumbers(leaf); err != nil {
		return Frame{}, err
	}
	return parseFrame(leaf)
}

// parseFrame reads the members of a leaf that is canonical JSON.
func parseFrame(leaf []byte) (f Frame, err error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(leaf))
	r := frameReader{d: d}
	r.open('{')
	at := r.text("at")
	f.Body = r.object("body")
	f.By = r.text("by")
	f.Kind = r.text("kind")
	f.Office = r.text("office")
	f.Seen = r.counts("seen")
	f.Side = r.text("side")
	r.open('}')
	switch {
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
	if f.At, err = time.Parse(timeLayout, at); err != nil || FormatTime(f.At) != at {
		return Frame{}, fmt.Errorf("%q is not a time in the form %s", at, timeLayout)
	}
	if f.At.UnixMilli() < 0 {
		return Frame{}, fmt.Errorf("%q is before 1970", at)
	}
	return f, nil
}

// frameReader reads the members of a frame in their order and keeps the first
// error.
type frameReader struct {
	d   *jsontext.Decoder
	err error
}

func (r *frameReader) open(kind jsontext.Kind) {
	if r.err != nil {
		return
	}
	t, err := r.d.ReadToken()
	if err != nil || t.Kind() != kind {
		r.err = errors.New("the frame is not an object with the members at, body, by, kind, office, seen, side")
	}
}

func (r *frameReader) name(name string) bool {
	if r.err != nil {
		return false
	}
	t, err := r.d.ReadToken()
	if err != nil || t.Kind() != '"' || t.String() != name {
		r.err = fmt.Errorf("the frame's member %q is missing or out of place", name)
	}
	return r.err == nil
}

func (r *frameReader) text(name string) string {
	if !r.name(name) {
		return ""
	}
	t, err := r.d.ReadToken()
	if err != nil || t.Kind() != '"' {
		r.err = fmt.Errorf("the frame's member %q is not text", name)
		return ""
	}
	return t.String()
}

func (r *frameReader) object(name string) jsontext.Value {
	if !r.name(name) {
		return nil
	}
	v, err := r.d.ReadValue()
	if err != nil || v.Kind() != '{' {
		r.err = fmt.Errorf("the frame's member %q is not an object", name)
		return nil
	}
	return v.Clone()
}

func (r *frameReader) counts(name string) map[string]int64 {
	if !r.name(name) {
		return nil
	}
	counts := map[string]int64{}
	r.open('{')
	for r.err == nil && r.d.PeekKind() == '"' {
		side := ""
		if t, err := r.d.ReadToken(); err == nil {
			side = t.String()
		}
		v, err := r.d.ReadValue()
		n, errNumber := strconv.ParseInt(string(v), 10, 64)
		if err != nil || errNumber != nil || n < 1 || !ValidName(side) || len(counts) == maxSides {
			r.err = fmt.Errorf("the frame's member %q does not map sides to counts of 1 or more", name)
			return nil
		}
		counts[side] = n
	}
	r.open('}')
	return counts
}

// checkNumbers refuses numbers that are not integers of at most maxInteger.
// The text is valid JSON.
func checkNumbers(text []byte) error {
	inString := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '-' || c >= '0' && c <= '9':
			start := i
			for i+1 < len(text) && isNumber(text[i+1]) {
				i++
			}
			n, err := strconv.ParseInt(string(text[start:i+1]), 10, 64)
			if err != nil || n > maxInteger || n < -maxInteger {
				return fmt.Errorf("the number %s is not an integer of at most %d", text[start:i+1], int64(maxInteger))
			}
		}
	}
	return nil
}

func isNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// ValidName reports whether text has the form of the id of a side or post: one
// lower case letter, then at most 30 lower case letters, digits or hyphens.
func ValidName(text string) bool { return validWord(text, 31, "-") }

// validKind reports whether text has the form of a kind: like a name, with
// dots, and up to 64 characters.
func validKind(text string) bool { return validWord(text, 64, "-.") }

// ValidOffice reports whether text has the form of an office's name: a lower
// case domain name, such as "kaesong.example", of at most 100 characters.
func ValidOffice(text string) bool { return validWord(text, 100, "-.") }

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
