package records

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestATextIsCutIntoTokens(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"words", "The convoy, delayed", "the convoy delayed"},
		{"a Korean word", "통행", "통행 행_"},
		{"one syllable", "물", "물_"},
		{"a particle behind it", "통행을", "통행 행을 을_"},
		{"two words", "통행 일정", "통행 행_ 일정 정_"},
		{"Hangul, digits and Latin together", "제3호DMZ구역", "제_ 3 호_ dmz 구역 역_"},
		{"Chinese characters", "板門店", "板門 門店 店_"},
		{"kana with its long sound", "コーヒー", "コー ーヒ ヒー ー_"},
		{"full width", "ＤＭＺ　２７", "dmz 27"},
		{"half-width Hangul", "\uffa4\uffc2\uffae", "낥_"},
		{"half-width kana", "ｶﾞ", "ガ_"},
		{"Hangul taken apart", "\u1110\u1169\u11bc\u1112\u1162\u11bc", "통행 행_"},
		{"a letter taken apart", "Cafe\u0301", "café"},
		{"punctuation", "A-1, B/2: “셋”.", "a 1 b 2 셋_"},
		{"an underscore is none of a text", "_물_", "물_"},
		{"a mark without a letter", "\u0301 a", "a"},
		{"one sign that is several", "㈜", "주_"},
		{"bytes that are no text", "a\xffb", "a b"},
		{"a very long word", strings.Repeat("x", 100), strings.Repeat("x", maxToken)},
	} {
		var got []string
		for _, token := range slices.Collect(tokens(row.text)) {
			got = append(got, token.text)
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: %q gives %q, want %q", row.name, row.text, strings.Join(got, " "), row.want)
		}
	}
}

// marked puts brackets around what was found.
func marked(text string, spans []Span) string {
	for i := len(spans) - 1; i >= 0; i-- {
		s := spans[i]
		text = text[:s.From] + "[" + text[s.From:s.To] + "]" + text[s.To:]
	}
	return text
}

func TestWhatIsFoundIsShownInTheText(t *testing.T) {
	for _, row := range []struct{ search, text, want string }{
		{"convoy", "The Convoy waits.", "The [Convoy] waits."},
		{"convoy", "The convoys wait.", "The convoys wait."},
		{"통행", "차량 통행을 허가", "차량 [통행]을 허가"},
		{"사무소", "연락사무소에서", "연락[사무소]에서"},
		{"연락사무소", "연락 사무소", "연락 사무소"},
		{"물", "물길과 강물", "[물]길과 강[물]"},
		{"제3호", "제3호선, 3호", "[제3호]선, 3호"},
		{"3", "제3호", "제[3]호"},
		{"호1", "번호1", "번[호1]"},
		{"a-1", "A 1 and a/1", "[A 1] and [a/1]"},
		{"２７", "am 27.", "am [27]."},
		{"27", "am ２７.", "am [２７]."},
		{"통행", "\u1110\u1169\u11bc\u1112\u1162\u11bc을", "[\u1110\u1169\u11bc\u1112\u1162\u11bc]을"},
		{"차량 통행", "통행 차량", "[통행] [차량]"},
		{"店", "板門店", "板門[店]"},
		{"", "물", "물"},
	} {
		s, err := ParseSearch(row.search)
		if err != nil {
			t.Errorf("%q: %v", row.search, err)
			continue
		}
		if got := marked(row.text, s.Find(row.text)); got != row.want {
			t.Errorf("%q in %q: %q, want %q", row.search, row.text, got, row.want)
		}
		if first, found := s.First(row.text); found != strings.Contains(row.want, "[") || found && !strings.HasPrefix(row.want, row.text[:first.From]+"[") {
			t.Errorf("%q is first found in %q at %v, %v", row.search, row.text, first, found)
		}
	}
}

func TestWhatCannotBeSearchedForIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		" \u3000\n":                       "",
		"...":                             SearchNoWord,
		"— \u0301 _":                      SearchNoWord,
		strings.Repeat("물", MaxSearch):    "",
		strings.Repeat("물", MaxSearch+1):  SearchTooLong,
		strings.Repeat("a ", 16):          "",
		strings.Repeat("a ", 17):          SearchTooLong,
		strings.Repeat(". ", 17) + "word": "",
	} {
		got := ""
		if _, err := ParseSearch(text); err != nil {
			got = err.(*SearchError).Code
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever stands in a text is found in it, and at no place outside of it.
func FuzzSearch(f *testing.F) {
	for _, text := range []string{
		"연락사무소 개소", "제3호DMZ", "＿", "a\u0301\u0301", "\u1100\u1161\u11a8", "가\u302e나", "İı", "ﷺ", "𝟘x", "𪜀字", "a\xff", "물_물",
	} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, search, text string) {
		for _, token := range slices.Collect(tokens(text)) {
			if token.text == "" || strings.ContainsAny(token.text, " \"'\\") || !utf8.ValidString(token.text) {
				t.Fatalf("token %q of %q", token.text, text)
			}
			if token.start < 0 || token.start >= token.first || token.first > token.end || token.end > len(text) {
				t.Fatalf("token %+v of %q", token, text)
			}
		}
		if s, err := ParseSearch(search); err == nil {
			at := -1
			for _, span := range s.Find(text) {
				if span.From <= at || span.From >= span.To || span.To > len(text) {
					t.Fatalf("%q in %q: %v", search, text, span)
				}
				at = span.To
			}
		}
		for _, word := range strings.Fields(text) {
			s, err := ParseSearch(word)
			if err == nil && len(s.Find(text)) == 0 {
				t.Fatalf("%q is not found in %q", word, text)
			}
		}
	})
}
