package lang

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func TestEveryPhraseIsThereInEveryLanguage(t *testing.T) {
	for _, key := range Keys() {
		phrase, _ := Lookup(key)
		for _, tag := range Tags {
			text := phrase.In(tag)
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no words in %s", key, tag)
			}
			if !norm.NFC.IsNormalString(text) {
				t.Errorf("%s in %s is not in composed form", key, tag)
			}
			if strings.ContainsAny(text, `<>&"`) {
				t.Errorf("%s in %s holds a character that cannot stand in HTML: %q", key, tag, text)
			}
		}
		if !strings.ContainsFunc(phrase.Ko, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) && strings.Trim(placeholder.ReplaceAllString(phrase.Ko, ""), " ,·.") != "" {
			t.Errorf("%s is not in Korean: %q", key, phrase.Ko)
		}
	}
}

var placeholder = regexp.MustCompile(`\{([a-z]+)(:[^}]*)?\}`)

// shown returns the placeholders of a phrase that put a value in, and those that
// choose a form by one.
func shown(phrase string) (values, choices []string) {
	for _, m := range placeholder.FindAllStringSubmatch(phrase, -1) {
		if m[2] == "" {
			values = append(values, m[1])
		} else {
			choices = append(choices, m[1])
		}
	}
	slices.Sort(values)
	return slices.Compact(values), choices
}

func TestAPhraseHasTheSamePlaceholdersInEveryLanguage(t *testing.T) {
	for _, key := range Keys() {
		phrase, _ := Lookup(key)
		en, enChoices := shown(phrase.En)
		ko, koChoices := shown(phrase.Ko)
		if !slices.Equal(en, ko) {
			t.Errorf("%s: English has %q, Korean %q", key, en, ko)
		}
		for _, choice := range slices.Concat(enChoices, koChoices) {
			if !slices.Contains(en, choice) {
				t.Errorf("%s chooses a form by {%s}, which it does not show", key, choice)
			}
		}
		for _, tag := range Tags {
			rest := placeholder.ReplaceAllString(phrase.In(tag), "")
			if strings.ContainsAny(rest, "{}") {
				t.Errorf("%s in %s has a bracket that is no placeholder: %q", key, tag, phrase.In(tag))
			}
		}
	}
}

func TestPlaceholdersAreFilledIn(t *testing.T) {
	for _, test := range []struct {
		name, tag, pattern string
		args               []any
		want               string
	}{
		{"a value", English, "received by {side} {time}", []any{"side", "North", "time", "14:32:05"}, "received by North 14:32:05"},
		{"one", English, "{n} {n:entry/entries}", []any{"n", 1}, "1 entry"},
		{"several", English, "{n} {n:entry/entries}", []any{"n", int64(2)}, "2 entries"},
		{"none", English, "{n} {n:entry/entries}", []any{"n", 0}, "0 entries"},
		{"a consonant before a particle", Korean, "{side}{side:이/가}", []any{"side", "남측"}, "남측이"},
		{"a vowel before a particle", Korean, "{side}{side:을/를}", []any{"side", "우리"}, "우리를"},
		{"ㄹ takes 로", Korean, "{side}{side:으로/로}", []any{"side", "서울"}, "서울로"},
		{"a consonant takes 으로", Korean, "{side}{side:으로/로}", []any{"side", "개성"}, "개성으로"},
		{"ㄹ is a consonant to other particles", Korean, "{side}{side:은/는}", []any{"side", "서울"}, "서울은"},
		{"a digit is read", Korean, "{id}{id:은/는}", []any{"id", "south/17"}, "south/17은"},
		{"another digit", Korean, "{id}{id:은/는}", []any{"id", "south/12"}, "south/12는"},
		{"a Latin word leaves both", Korean, "{side}{side:이/가}", []any{"side", "North"}, "North이(가)"},
		{"and so with 으로", Korean, "{side}{side:으로/로}", []any{"side", "North"}, "North(으)로"},
		{"markup", Korean, "{side}{side:이/가}", []any{"side", Marked{Markup: "<b>남측</b>", Text: "남측"}}, "<b>남측</b>이"},
		{"a value that is not given stays visible", English, "by {side}", nil, "by {side}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := fill(test.tag, test.pattern, test.args); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAKeyWithoutPhraseIsShownInBrackets(t *testing.T) {
	if got, want := T(English, "no.such"), "[no.such]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheBrowsersLanguageIsMatched(t *testing.T) {
	for header, want := range map[string]string{
		"":                               English,
		"ko":                             Korean,
		"ko-KP":                          Korean,
		"ko-KR,ko;q=0.9,en;q=0.8":        Korean,
		"en-GB,en;q=0.9,ko;q=0.8":        English,
		"de-CH,de;q=0.9,ko;q=0.5":        Korean,
		"de":                             English,
		"en;q=0.1, ko;q=0.2":             Korean,
		"ko;q=0, en":                     English,
		"ko;q=x":                         English,
		strings.Repeat("de,", 40) + "ko": English,
	} {
		if got := Match(header); got != want {
			t.Errorf("%.40q: got %s, want %s", header, got, want)
		}
	}
}

func TestWordsOfTheSidesArePickedInTheReadersLanguage(t *testing.T) {
	both := map[string]string{"en": "Duty officer", "ko": "당직관"}
	if got := Pick(Korean, both); got != "당직관" {
		t.Errorf("got %q", got)
	}
	if got := Pick(Korean, map[string]string{"en": "Duty officer"}); got != "Duty officer" {
		t.Errorf("without Korean: got %q", got)
	}
	if got := Pick(Korean, map[string]string{"ru": "дежурный", "de": "Offizier"}); got != "Offizier" {
		t.Errorf("without both: got %q", got)
	}
	if got := Pick(Korean, nil); got != "" {
		t.Errorf("without words: got %q", got)
	}
}
