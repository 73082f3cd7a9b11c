package node

import (
	"fmt"
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
	for _, f := range []struct {
		field, text string
		not         []*unicode.RangeTable
	}{
		{"subject", d.Subject, []*unicode.RangeTable{turning, unseen}},
		{"name", d.Name, []*unicode.RangeTable{turning, unseen}},
		{"attention", d.Attention, []*unicode.RangeTable{turning, unseen}},
		{"party", d.Party, []*unicode.RangeTable{turning, unseen}},
		{"text", d.Text, []*unicode.RangeTable{turning}},
	} {
		i := strings.IndexFunc(f.text, func(r rune) bool { return unicode.In(r, f.not...) })
		if i < 0 {
			continue
		}
		r, _ := utf8.DecodeRuneInString(f.text[i:])
		return &Refusal{Code: "character-misleads", Detail: map[string]string{
			"field": f.field, "after": lastOf(f.text[:i]), "code": fmt.Sprintf("U+%04X", r),
		}}
	}
	for _, e := range d.Enclosures {
		if !enclosure.GoodName(e.Name) {
			return &Refusal{Code: "enclosure-name", Detail: map[string]string{"name": enclosure.Legible(e.Name)}}
		}
	}
	return nil
}

// lastOf gives the end of the line before a place in a text.
func lastOf(text string) string {
	const most = 20
	line := []rune(text[strings.LastIndexByte(text, '\n')+1:])
	return string(line[max(0, len(line)-most):])
}
