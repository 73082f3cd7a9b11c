package api

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCursor bounds a cursor, in bytes.
const maxCursor = 256

// cursor writes where the next page of a list begins: after the line with the
// key. Programs take it as it is.
func cursor(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + " " + key))
}

// readCursor reads the key back; it is empty at the beginning of the list.
func readCursor(list string, query url.Values) (key string, err error) {
	text := query.Get("cursor")
	if text == "" {
		return "", nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	key, of := strings.CutPrefix(string(plain), list+" ")
	if err != nil || !of || key == "" || len(text) > maxCursor {
		return "", badCursor(text)
	}
	return key, nil
}

// numberCursor is readCursor for a list whose lines have numbers; 0 at its
// beginning.
func numberCursor(list string, query url.Values) (before int64, err error) {
	key, err := readCursor(list, query)
	if err != nil || key == "" {
		return 0, err
	}
	if before, err = strconv.ParseInt(key, 10, 64); err != nil || before < 1 {
		return 0, badCursor(query.Get("cursor"))
	}
	return before, nil
}

func badCursor(text string) error { return problem(CodeBadRequest, "cursor", "value", clip(text)) }

// listLimit reads the limit of a list.
func listLimit(query url.Values) (int, error) {
	text := query.Get("limit")
	if text == "" {
		return DefaultList, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxList {
		return 0, problem(CodeBadRequest, "limit", "value", clip(text), "limit", strconv.Itoa(MaxList))
	}
	return n, nil
}

// paged cuts the page that a request asks for out of a whole list, whose lines
// have keys that stay theirs.
func paged[T any](r *http.Request, list string, all []T, key func(*T) string) (page []T, next string, err error) {
	query := r.URL.Query()
	limit, err := listLimit(query)
	if err != nil {
		return nil, "", err
	}
	after, err := readCursor(list, query)
	if err != nil {
		return nil, "", err
	}
	begin := 0
	if after != "" {
		for begin < len(all) && key(&all[begin]) != after {
			begin++
		}
		if begin++; begin > len(all) {
			return nil, "", badCursor(query.Get("cursor"))
		}
	}
	page = append([]T{}, all[begin:]...)
	if len(page) > limit {
		page = page[:limit]
		next = cursor(list, key(&page[limit-1]))
	}
	return page, next, nil
}

// clip shortens what somebody sent, for the sentence about it, with a mark in the
// place of each character that hides or turns what is read.
func clip(text string) string {
	const most = 40
	runes := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, text))
	return string(runes[:min(len(runes), most)])
}
