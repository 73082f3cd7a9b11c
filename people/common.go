package people

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
)

//go:embed common.txt
var commonText string

// commonWords are the words of common.txt.
var commonWords = func() (words [][]rune) {
	for line := range strings.Lines(commonText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, word := range strings.Fields(line) {
			words = append(words, []rune(word))
		}
	}
	return words
}()

// rows are signs that fingers or thoughts run along.
var rows = [][]rune{
	[]rune("abcdefghijklmnopqrstuvwxyz"), []rune("01234567890"), []rune("qwertyuiop[]"), []rune("asdfghjkl;'"), []rune("zxcvbnm,./"),
	[]rune("!@#$%^&*()_+"), []rune("1qaz2wsx3edc4rfv5tgb6yhn7ujm"), []rune("가나다라마바사아자차카타파하"),
}

// fewPieces is how many pieces a password must have at least.
const fewPieces = 7

// isCommon reports whether a password is one of the first that anybody would
// try. It counts the pieces of which it can be put together: a common word or
// the name of the account (also with digits for letters), a run along the keys
// or the alphabet, a year, a sign that is repeated, what stood before it already;
// any other letter is a piece of its own. "Password2018!" has three.
func isCommon(password, account string) bool {
	text := []rune(strings.ToLower(password))
	plain := slices.Clone(text)
	for i, r := range plain {
		if at := strings.IndexRune("0134578@$!", r); at >= 0 {
			plain[i] = rune("oleastbasi"[at])
		}
	}
	words := append([][]rune{[]rune(account)}, commonWords...)
	pieces := make([]int, len(text)+1) // of the first so many letters, at least
	for end := 1; end <= len(text); end++ {
		pieces[end] = pieces[end-1] + 1
		take := func(length int) {
			if length > 0 && length <= end {
				pieces[end] = min(pieces[end], pieces[end-length]+1)
			}
		}
		for _, word := range words {
			if endsWith(text[:end], word) || endsWith(plain[:end], word) {
				take(len(word))
			}
		}
		for length := 2; length <= end; length++ {
			if piece := text[end-length : end]; isPiece(text[:end-length], piece) {
				take(length)
			}
		}
	}
	return pieces[len(text)] < fewPieces
}

func endsWith(text, word []rune) bool {
	return len(word) > 0 && len(text) >= len(word) && slices.Equal(text[len(text)-len(word):], word)
}

// isPiece reports whether letters that follow others are no better than one.
func isPiece(before, piece []rune) bool {
	same := !slices.ContainsFunc(piece, func(r rune) bool { return r != piece[0] })
	if same || len(piece) < 3 {
		return same
	}
	isYear := len(piece) == 4 && (piece[0] == '1' && piece[1] == '9' || piece[0] == '2' && piece[1] == '0') && unicode.IsDigit(piece[2]) && unicode.IsDigit(piece[3])
	if isYear || contains(before, piece) {
		return true
	}
	back := slices.Clone(piece)
	slices.Reverse(back)
	return slices.ContainsFunc(rows, func(row []rune) bool { return contains(row, piece) || contains(row, back) })
}

func contains(text, piece []rune) bool {
	for i := 0; i+len(piece) <= len(text); i++ {
		if slices.Equal(text[i:i+len(piece)], piece) {
			return true
		}
	}
	return false
}
