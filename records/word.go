package records

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Here a text is cut into the tokens by which it is found. Korean puts particles
// behind a word without a space, and Chinese characters stand without any, so a
// run of such letters becomes pairs of neighbours: 연락소에서 gives 연락, 락소, 소에,
// 에서 and 서_, and 연락소 is found in it as 연락 followed by 락소. The last letter
// with _ lets every letter begin a token, so that a single one is found as a
// beginning. Any other run of letters and digits is one token, in lower case.

// maxToken is how many letters of a word are looked at: what is longer is found
// by its beginning alone.
const maxToken = 64

// token is one token of a text, and where it stands there, in bytes.
type token struct {
	text              string
	start, first, end int // first is where its first letter ends
}

// letter is a letter as the index sees it, and where it stands in the text.
type letter struct {
	r          rune
	start, end int
}

// letters are those of a text in compatibility form (NFKC) and lower case.
func letters(text string) iter.Seq[letter] {
	return func(yield func(letter) bool) {
		var it norm.Iter
		for it.InitString(norm.NFKC, text); !it.Done(); {
			start := it.Pos()
			part := it.Next()
			_, n := utf8.DecodeRuneInString(text[start:])
			end := max(it.Pos(), start+n) // one sign may come in several parts
			for len(part) > 0 {
				r, n := utf8.DecodeRune(part)
				if !yield(letter{unicode.ToLower(r), start, end}) {
					return
				}
				part = part[n:]
			}
		}
	}
}

// script says which letters make a run together.
type script int

const (
	none script = iota // between words
	mark               // belongs to the letter before it
	paired
	spaced // written with spaces between words
)

func scriptOf(r rune) script {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return spaced
		}
		return none
	case r == utf8.RuneError:
		return none
	case unicode.IsMark(r):
		return mark
	case !unicode.IsLetter(r) && !unicode.IsNumber(r):
		return none
	case r == 'ー' || unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return paired
	}
	return spaced
}

// tokens cuts a text into tokens, in their order.
func tokens(text string) iter.Seq[token] {
	return func(yield func(token) bool) {
		kind, run := none, []letter(nil)
		for l := range letters(text) {
			s := scriptOf(l.r)
			if len(run) > 0 && (s == kind || s == mark) {
				run = append(run, l)
				continue
			}
			if !cutRun(kind, run, yield) {
				return
			}
			if run = run[:0]; s == paired || s == spaced {
				kind, run = s, append(run, l)
			}
		}
		cutRun(kind, run, yield)
	}
}

// cutRun yields the tokens of one run, and says whether to go on.
func cutRun(kind script, run []letter, yield func(token) bool) bool {
	switch {
	case len(run) == 0:
		return true
	case kind == spaced:
		return yield(tokenOf(run[:min(len(run), maxToken)], ""))
	}
	for i := range len(run) - 1 {
		if !yield(tokenOf(run[i:i+2], "")) {
			return false
		}
	}
	return yield(tokenOf(run[len(run)-1:], last))
}

// last marks the last letter of a run. No letter of a text is like it.
const last = "_"

func tokenOf(letters []letter, end string) token {
	var b strings.Builder
	for _, l := range letters {
		b.WriteRune(l.r)
	}
	return token{b.String() + end, letters[0].start, letters[0].end, letters[len(letters)-1].end}
}

// A Search is what is searched for: words, all of which must be in a dispatch.
type Search struct {
	words []phrase
}

// phrase is one word of a search: tokens that follow each other. If begins, the
// last is the beginning of a token.
type phrase struct {
	tokens []string
	begins bool
}

// The limits of a search.
const (
	MaxSearch      = 200 // characters
	MaxSearchWords = 16
)

// A SearchError says why a text cannot be searched for.
type SearchError struct {
	Code string // words in lang under "refused.<code>"
}

func (e *SearchError) Error() string { return "cannot be searched for: " + e.Code }

// The codes of a SearchError.
const (
	SearchTooLong = "search-too-long" // over MaxSearch or MaxSearchWords
	SearchNoWord  = "search-no-word"  // neither letters nor digits
)

// ParseSearch reads what a person searches for. A text without anything but
// space searches for nothing: all that is asked is then found.
func ParseSearch(text string) (s Search, err error) {
	if utf8.RuneCountInString(text) > MaxSearch {
		return Search{}, &SearchError{SearchTooLong}
	}
	words := strings.Fields(text)
	for _, word := range words {
		if p := phraseOf(word); len(p.tokens) > 0 {
			s.words = append(s.words, p)
		}
	}
	switch {
	case len(s.words) > MaxSearchWords:
		return Search{}, &SearchError{SearchTooLong}
	case len(s.words) == 0 && len(words) > 0:
		return Search{}, &SearchError{SearchNoWord}
	}
	return s, nil
}

// phraseOf reads one word. At its end a run of pairs need not end: a particle may
// follow it.
func phraseOf(word string) (p phrase) {
	for t := range tokens(word) {
		p.tokens = append(p.tokens, t.text)
	}
	n := len(p.tokens)
	if n == 0 {
		return p
	}
	alone, ends := strings.CutSuffix(p.tokens[n-1], last)
	switch {
	case !ends:
	case n > 1 && isPair(p.tokens[n-2]) && strings.HasSuffix(p.tokens[n-2], alone):
		p.tokens = p.tokens[:n-1]
	default:
		p.tokens[n-1], p.begins = alone, true
	}
	return p
}

// isPair reports whether a token is two neighbours of one run.
func isPair(token string) bool {
	first, _ := utf8.DecodeRuneInString(token)
	return scriptOf(first) == paired && !strings.HasSuffix(token, last)
}

// Span is a part of a text, in bytes: text[From:To].
type Span struct{ From, To int }

// Find gives the parts of a text that a search has found, from its beginning,
// none touching another.
func (s Search) Find(text string) []Span {
	if len(s.words) == 0 {
		return nil
	}
	tokens := slices.Collect(tokens(text))
	found := make([]bool, len(text)+1) // of each byte
	for _, p := range s.words {
		for i := range tokens {
			if p.at(tokens[i:]) {
				n := len(p.tokens)
				end := tokens[i+n-1].end
				if p.begins {
					end = tokens[i+n-1].first
				}
				for at := tokens[i].start; at < end; at++ {
					found[at] = true
				}
			}
		}
	}
	var spans []Span
	for at, yes := range found {
		switch n := len(spans); {
		case !yes:
		case n > 0 && spans[n-1].To == at:
			spans[n-1].To++
		default:
			spans = append(spans, Span{at, at + 1})
		}
	}
	return spans
}

// First gives the part of a text that a search finds first, and cuts no more of
// it than it must.
func (s Search) First(text string) (span Span, found bool) {
	var recent []token // as many as the longest phrase has
	longest := 0
	for _, p := range s.words {
		longest = max(longest, len(p.tokens))
	}
	for t := range tokens(text) {
		if recent = append(recent, t); len(recent) > longest {
			recent = recent[1:]
		}
		for _, p := range s.words {
			if n := len(recent) - len(p.tokens); n >= 0 && p.at(recent[n:]) {
				end := t.end
				if p.begins {
					end = t.first
				}
				return Span{recent[n].start, end}, true
			}
		}
	}
	return Span{}, false
}

// at reports whether a phrase stands at the beginning of tokens.
func (p *phrase) at(tokens []token) bool {
	n := len(p.tokens)
	if n > len(tokens) {
		return false
	}
	for i, want := range p.tokens {
		got := tokens[i].text
		if got != want && !(p.begins && i == n-1 && strings.HasPrefix(got, want)) {
			return false
		}
	}
	return true
}
