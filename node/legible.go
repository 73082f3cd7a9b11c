package node

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"liaison.example/enclosure"
	"liaison.example/office"
)

// What the rules allow can still show something else than it says: characters
// that turn the direction of what stands around them, or that nobody sees. Our
// own side writes none of them. What another side writes is shown as it is.

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

// illegible says what of a dispatch of ours would mislead who reads it: nil if
// nothing. Unseen characters in the text itself do no harm: many programs put
// soft hyphens there.
func illegible(d *office.DispatchBody) *Refusal {
	for _, f := range []struct{ field, text string }{
		{"subject", d.Subject}, {"name", d.Name}, {"attention", d.Attention}, {"party", d.Party},
	} {
		if r := misleads(f.field, f.text, turning, unseen); r != nil {
			return r
		}
	}
	if r := misleads("text", d.Text, turning); r != nil {
		return r
	}
	if d.Form != nil {
		for _, id := range slices.Sorted(maps.Keys(d.Form.Values)) {
			if r := misleads(id, d.Form.Values[id], turning); r != nil {
				return r
			}
		}
	}
	for _, e := range d.Enclosures {
		if !enclosure.GoodName(e.Name) {
			return &Refusal{Code: "enclosure-name", Detail: map[string]string{"name": enclosure.Legible(e.Name)}}
		}
	}
	return nil
}

// illegibleTender is illegible for the offer of a dispatch.
func illegibleTender(b *office.TenderBody) *Refusal {
	for _, f := range []struct{ field, text string }{{"subject", b.Subject}, {"name", b.Name}, {"rank", b.Rank}, {"attention", b.Attention}} {
		if r := misleads(f.field, f.text, turning, unseen); r != nil {
			return r
		}
	}
	return nil
}

// illegibleForm is illegible for the words of a form that is put forward.
func illegibleForm(f *office.Form) *Refusal {
	text, err := office.Encode(f)
	if err != nil {
		return nil // which the rules refuse
	}
	return misleads("form", string(text), turning)
}

// misleads refuses a text that has characters of some sort.
func misleads(field, text string, not ...*unicode.RangeTable) *Refusal {
	i := strings.IndexFunc(text, func(r rune) bool { return unicode.In(r, not...) })
	if i < 0 {
		return nil
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return &Refusal{Code: "character-misleads", Detail: map[string]string{
		"field": field, "after": lastOf(text[:i]), "code": fmt.Sprintf("U+%04X", r),
	}}
}

// lastOf gives the end of the line before a place in a text.
func lastOf(text string) string {
	const most = 20
	line := []rune(text[strings.LastIndexByte(text, '\n')+1:])
	return string(line[max(0, len(line)-most):])
}

// illegibleHours says the same of the names of holidays.
func illegibleHours(b *office.HoursBody) *Refusal {
	for _, h := range b.Holidays {
		for _, tag := range slices.Sorted(maps.Keys(h.Name)) {
			if r := misleads("holidays.name", h.Name[tag], turning, unseen); r != nil {
				return r
			}
		}
	}
	return nil
}
