package office

import (
	"fmt"
	"strconv"
)

// The rules see no clock and no zone, and do without package time: what they
// need of the calendar is here.

// Minute is a moment as it stands in an entry: UTC, to the minute, such as
// "2018-09-14T09:00Z".
type Minute string

const minute = 60_000 // milliseconds

// MinuteOf gives the minute that a moment, in milliseconds since 1970, lies in.
func MinuteOf(ms int64) Minute {
	y, mo, d, h, mi := civil(ms)
	return Minute(fmt.Sprintf("%04d-%02d-%02dT%02d:%02dZ", y, mo, d, h, mi))
}

// Millis gives the beginning of the minute in milliseconds since 1970, and
// whether it is one, from 1970 to 9999.
func (m Minute) Millis() (ms int64, ok bool) {
	if len(m) != len("2018-09-14T09:00Z") {
		return 0, false
	}
	digits := func(from, to int) int64 {
		n := int64(0)
		for _, c := range []byte(m[from:to]) {
			n = 10*n + int64(c) - '0' // what is no digit is not written again in the same way
		}
		return n
	}
	year, month, day := digits(0, 4), digits(5, 7), digits(8, 10)
	if year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	ms = ((days(year, month, day)*24+digits(11, 13))*60 + digits(14, 16)) * minute
	return ms, ms >= 0 && MinuteOf(ms) == m
}

// isDate reports whether a text is a date of the Gregorian calendar, from
// 0001-01-01 to 9999-12-31, such as "2018-09-14".
func isDate(text string) bool {
	if len(text) != len("2018-09-14") || text[4] != '-' || text[7] != '-' {
		return false
	}
	year, err := strconv.ParseUint(text[:4], 10, 14)
	month, err2 := strconv.ParseUint(text[5:7], 10, 7)
	day, err3 := strconv.ParseUint(text[8:], 10, 7)
	if err != nil || err2 != nil || err3 != nil || year < 1 || month < 1 || month > 12 || day < 1 {
		return false
	}
	y, m := int64(year), int64(month)
	next := days(y, m+1, 1)
	if m == 12 {
		next = days(y+1, 1, 1)
	}
	return int64(day) <= next-days(y, m, 1)
}

// days counts the days from 1970-01-01 to a date of the Gregorian calendar. A
// year is taken to begin in March, so that its odd day is its last.
func days(year, month, day int64) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468
}

// civil gives date and time of day, in UTC, of a moment from 1970 on.
func civil(ms int64) (year, month, day, hour, min int64) {
	at := ms / minute
	n := at / (24 * 60)
	year = 1970 + n/366 // never too late, and at most some years too early
	for days(year+1, 1, 1) <= n {
		year++
	}
	month = 1
	for month < 12 && days(year, month+1, 1) <= n {
		month++
	}
	return year, month, n - days(year, month, 1) + 1, at / 60 % 24, at % 60
}

// DTG is a date-time group: the minute of release by the sender's clock, and
// which dispatch of its side it is in that minute. No two dispatches of a side
// have the same, and it never goes back, whatever the clock does.
type DTG struct {
	Minute int64 `json:"minute"` // milliseconds since 1970, a whole minute
	Nth    int64 `json:"nth"`    // from 1
}

// String writes the group as messages bear it, "140130Z SEP 18", and after it,
// from the second of a minute on, which one it is: "140130Z SEP 18/2".
func (g DTG) String() string {
	const months = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
	year, month, day, hour, min := civil(g.Minute)
	text := fmt.Sprintf("%02d%02d%02dZ %s %02d", day, hour, min, months[3*month-3:3*month], year%100)
	if g.Nth > 1 {
		text += "/" + strconv.FormatInt(g.Nth, 10)
	}
	return text
}

// after gives the group of the dispatch after this one, released at a moment in
// milliseconds.
func (g DTG) after(at int64) DTG {
	if at -= at % minute; at > g.Minute || g.Nth == 0 {
		return DTG{Minute: at, Nth: 1}
	}
	return DTG{Minute: g.Minute, Nth: g.Nth + 1}
}

// dateText writes a date as entries hold it.
func dateText(year, month, day int64) string { return fmt.Sprintf("%04d-%02d-%02d", year, month, day) }
