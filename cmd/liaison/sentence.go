package main

import (
	"errors"
	"maps"
	"strings"

	"liaison.example/api"
	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
)

// sentence gives the words for a reason of the rules, from package lang.
func sentence(reason office.Reason, detail map[string]string) string {
	return say(lang.English, string(reason), detail)
}

// say gives the words for a reason of the rules, or for a key of package lang, in
// the language that fits the header best.
func say(languages, code string, detail map[string]string) string {
	if key, ok := lang.RefusalKey(code, detail); ok {
		return phrase(lang.Match(languages), key, detail)
	}
	return "refused: " + code
}

// modeSentence gives the words for why a node is not ready.
func modeSentence(why string) string {
	if _, ok := lang.Lookup("mode." + why); ok {
		return phrase(lang.English, "mode."+why, nil)
	}
	return why
}

// alarmSentence gives the words for an alarm, in the language that fits the
// header best.
func alarmSentence(languages string, a node.Alarm) string {
	key := "alarm." + a.Code
	if _, ok := lang.Lookup(key); !ok {
		return a.Code
	}
	detail := map[string]string{"side": a.Side}
	maps.Copy(detail, a.Detail)
	return phrase(lang.Match(languages), key, detail)
}

func phrase(tag, key string, detail map[string]string) string {
	args := make([]any, 0, 2*len(detail))
	for name, value := range detail {
		args = append(args, name, value)
	}
	return strings.TrimSpace(lang.T(tag, key, args...))
}

// isProblem reports whether the node answered with a problem of this code.
func isProblem(err error, code string) bool {
	var p *api.Problem
	return errors.As(err, &p) && p.Code == code
}
