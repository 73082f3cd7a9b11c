package lang

import (
	"strings"
	"unicode/utf8"
)

// The last sound of a word, as far as it decides the Korean particle after it.
type ending int

const (
	endingUnknown   ending = iota // a word in Latin letters, for instance
	endingVowel                   // 가, 를, 는, 와, 로
	endingRieul                   // a final ㄹ: 이, 을, 은, 과, but 로
	endingConsonant               // 이, 을, 은, 과, 으로
)

// particle chooses between the form after a consonant and the form after a
// vowel. Where the sound is not known it writes both, as Korean forms do:
// "이(가)", "(으)로".
func particle(text, afterConsonant, afterVowel string) string {
	directional := afterConsonant == "으로"
	switch lastSound(text) {
	case endingVowel:
		return afterVowel
	case endingConsonant:
		return afterConsonant
	case endingRieul:
		if directional {
			return afterVowel
		}
		return afterConsonant
	}
	if directional {
		return "(으)로"
	}
	return afterConsonant + "(" + afterVowel + ")"
}

// lastSound looks at the last letter or digit, past closing brackets and quotes.
func lastSound(text string) ending {
	text = strings.TrimRight(text, ` )]}’”"'`)
	r, _ := utf8.DecodeLastRuneInString(text)
	const firstSyllable, lastSyllable, finals, finalRieul = '가', '힣', 28, 8
	switch {
	case r >= firstSyllable && r <= lastSyllable:
		switch (r - firstSyllable) % finals {
		case 0:
			return endingVowel
		case finalRieul:
			return endingRieul
		}
		return endingConsonant
	case strings.ContainsRune("2459", r): // 이 사 오 구
		return endingVowel
	case strings.ContainsRune("178", r): // 일 칠 팔
		return endingRieul
	case strings.ContainsRune("036", r): // 영 삼 육
		return endingConsonant
	}
	return endingUnknown
}
