package office

import (
	"fmt"
	"testing"
)

func TestHoursAreReadAsAPersonWritesThem(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"09:00-17:00":              "09:00-17:00",
		"09:00–12:00,13:00-24:00":  "09:00-12:00, 13:00-24:00",
		" 09:00-12:00 13:00-17:00": "09:00-12:00, 13:00-17:00",
		"9-17":                     "wrong",
		"09:00":                    "wrong",
		"09:00-25:00":              "wrong",
	} {
		got := "wrong"
		if spans, ok := ParseSpans(text); ok {
			got = SpansText(spans)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"2018-10-09 | Hangul Day | 한글날":        "2018-10-09 | Hangul Day | 한글날",
		"2018-12-24 09:00-12:00|Christmas Eve": "2018-12-24 09:00-12:00 | Christmas Eve",
		"2018-10-10 | | 당창건일":                  "2018-10-10 |  | 당창건일",
		"2018-10-09":                           "wrong",
		"2018-02-30 | No day":                  "wrong",
		"2018-10-09 noon | Hangul Day":         "wrong",
		"2018-10-09 | Hangul Day | 한글날 | Tag":  "wrong",
	} {
		got := "wrong"
		if h, ok := ParseHoliday(text); ok {
			got = HolidayText(h)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"2018-05-04T15:00Z +09:00":    "{2018-05-04T15:00Z 540} +09:00",
		"2015-08-14T15:00Z UTC+08:30": "{2015-08-14T15:00Z 510} +08:30",
		"2018-11-04T06:00Z -05:00":    "{2018-11-04T06:00Z -300} -05:00",
		"2018-11-04T06:00Z 05:00":     "wrong",
		"2018-11-04 06:00 +05:00":     "wrong",
		"2018-11-04T06:00Z":           "wrong",
	} {
		got := "wrong"
		if o, ok := ParseOffset(text); ok {
			got = fmt.Sprint(o, " ", OffsetText(o.Minutes))
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
