package office

import (
	"fmt"
	"strconv"
	"strings"
)

// How a person writes hours, on a page and on a command line.

// ParseSpans reads the hours of a day, such as "09:00-12:00, 13:00-17:00"; none if
// it is closed. Whether they are in order is for the rules to say.
func ParseSpans(text string) (spans []Span, ok bool) {
	spans = []Span{}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		from, until, found := strings.Cut(strings.ReplaceAll(part, "–", "-"), "-")
		_, ok := minuteOfDay(from)
		_, ok2 := minuteOfDay(until)
		if !found || !ok || !ok2 {
			return nil, false
		}
		spans = append(spans, Span{from, until})
	}
	return spans, true
}

// SpansText writes the hours of a day as ParseSpans reads them.
func SpansText(spans []Span) string {
	var parts []string
	for _, s := range spans {
		parts = append(parts, s.From+"-"+s.Until)
	}
	return strings.Join(parts, ", ")
}

// ParseHoliday reads a day on which other hours hold, such as
// "2018-10-09 | Hangul Day | 한글날" or "2018-12-24 09:00-12:00 | Christmas Eve":
// its date and hours, then its name in English, in Korean.
func ParseHoliday(text string) (h Holiday, ok bool) {
	parts := strings.Split(text, "|")
	date, hours, _ := strings.Cut(strings.TrimSpace(parts[0]), " ")
	h = Holiday{Date: date, Name: Words{}}
	if h.Hours, ok = ParseSpans(hours); !ok || !isDate(date) || len(parts) > 3 {
		return h, false
	}
	for i, name := range parts[1:] {
		if name = strings.TrimSpace(name); name != "" {
			h.Name[[]string{"en", "ko"}[i]] = name
		}
	}
	return h, len(h.Name) > 0
}

// HolidayText writes a holiday as ParseHoliday reads it.
func HolidayText(h Holiday) string {
	text := h.Date
	if len(h.Hours) > 0 {
		text += " " + SpansText(h.Hours)
	}
	text += " | " + h.Name["en"]
	if ko := h.Name["ko"]; ko != "" {
		text += " | " + ko
	}
	return text
}

// ParseOffset reads from when on a clock is ahead of UTC by how much, such as
// "2018-05-04T15:00Z +09:00".
func ParseOffset(text string) (o Offset, ok bool) {
	from, ahead, _ := strings.Cut(strings.TrimSpace(text), " ")
	ahead = strings.TrimPrefix(strings.TrimSpace(ahead), "UTC")
	sign := int64(1)
	if rest, minus := strings.CutPrefix(strings.ReplaceAll(ahead, "\u2212", "-"), "-"); minus {
		sign, ahead = -1, rest
	} else if ahead, ok = strings.CutPrefix(ahead, "+"); !ok {
		return o, false
	}
	minutes, ok := minuteOfDay(ahead)
	o = Offset{Minute(from), sign * minutes}
	_, isMinute := o.From.Millis()
	return o, ok && isMinute
}

// OffsetText writes by how much a clock is ahead of UTC: "+08:30".
func OffsetText(minutes int64) string {
	sign := "+"
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	return sign + fmt.Sprintf("%02d", minutes/60) + ":" + strconv.FormatInt(minutes%60+100, 10)[1:]
}
