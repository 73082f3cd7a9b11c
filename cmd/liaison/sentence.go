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
	for _, key := range []string{"void." + string(reason), "refused." + string(reason)} {
		if _, ok := lang.Lookup(key); ok {
			return phrase(key, detail)
		}
	}
	return "refused: " + string(reason)
}

// modeSentence gives the words for why a node is not ready.
func modeSentence(why string) string {
	if _, ok := lang.Lookup("mode." + why); ok {
		return phrase("mode."+why, nil)
	}
	return why
}

// alarmSentence gives the words for an alarm.
func alarmSentence(a node.Alarm) string {
	key := "alarm." + a.Code
	if _, ok := lang.Lookup(key); !ok {
		return a.Code
	}
	detail := map[string]string{"side": a.Side}
	maps.Copy(detail, a.Detail)
	return phrase(key, detail)
}

func phrase(key string, detail map[string]string) string {
	args := make([]any, 0, 2*len(detail))
	for name, value := range detail {
		args = append(args, name, value)
	}
	return strings.TrimSpace(lang.T(lang.English, key, args...))
}

// isProblem reports whether the node answered with a problem of this code.
func isProblem(err error, code string) bool {
	var p *api.Problem
	return errors.As(err, &p) && p.Code == code
}
