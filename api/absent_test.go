package api_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"liaison.example/api"
)

// absent is what stands in the place of each name in braces of a path: things that
// are not there, and texts that can be none.
var absent = map[string][]string{
	"id":     {"999", "0", "-1", "1.5", "x", "9223372036854775807", "9223372036854775808", strings.Repeat("9", 400), "%00", "%ED%95%9C", "1%2F2", "1%20", "+1", "%FF"},
	"side":   {"south", "nowhere", "South", "%00", "%ED%95%9C", strings.Repeat("s", 400), "%FF"},
	"index":  {"999999", "-1", "x", "9223372036854775807", "9223372036854775808", strings.Repeat("9", 400), "%00", "007"},
	"n":      {"99", "0", "-1", "x", "9223372036854775808", strings.Repeat("9", 400), "%00"},
	"hash":   {strings.Repeat("0", 64), strings.Repeat("0", 63), "x", strings.Repeat("f", 400), "%00", "%FF"},
	"post":   {"nobody", "No Body", strings.Repeat("p", 400), "%00", "%FF"},
	"upload": {"NONE", "%ED%95%9C", strings.Repeat("U", 400), "%00", "%FF"},
	"view":   {"none", "%ED%95%9C", strings.Repeat("v", 400), "%00", "%FF"},
	"name":   {"nobody", "No Body", strings.Repeat("p", 400), "%00", "%FF"},
	"month":  {"2018-13", "0000-01", "x", strings.Repeat("9", 400), "%00", "99999-01"},
}

// TestWhatIsNotThereIsAnsweredWithASentence walks over every operation whose path
// names something, with things that are not there and texts that name nothing.
// That is no fault of ours, and is never answered as one.
func TestWhatIsNotThereIsAnsweredWithASentence(t *testing.T) {
	o, known := readyOffice(t)
	path := serve(t, o.Nodes["south"], nil)
	bodies := map[string]string{}
	for _, c := range calls {
		bodies[c.id] = fillIn(c.body, known)
	}
	places := readDescription(t)
	for _, id := range slices.Sorted(maps.Keys(places)) {
		p := places[id]
		if len(p.inPath) == 0 {
			continue
		}
		for _, name := range p.inPath {
			if absent[name] == nil {
				t.Fatalf("%s: nothing is known that is not there for {%s}", id, name)
			}
			for _, text := range absent[name] {
				target := p.path
				for _, other := range p.inPath {
					put := absent[other][0]
					if other == name {
						put = text
					}
					target = strings.Replace(target, "{"+other+"}", put, 1)
				}
				if name == "side" && slices.Contains(p.inPath, "index") && text == "south" {
					continue // that is walked for {index}
				}
				if id == "cutLine" && text == "south" {
					target = strings.Replace(target, "south", "nobody", 1)
				}
				if slices.Contains(p.inQuery, "offset") {
					target += "?offset=0"
				}
				if slices.Contains(p.inQuery, "account") {
					target += "?account=kim"
				}
				status, header, answer := request(t, path, p.method, target, bodies[id], "")
				var problem api.Problem
				if err := json.Unmarshal([]byte(answer), &problem); err != nil {
					t.Errorf("%s %s: %d %.200q: %v", p.method, target, status, answer, err)
					continue
				}
				if status != 400 && status != 404 || header.Get("Content-Type") != "application/problem+json" || problem.Detail == "" || strings.HasPrefix(problem.Detail, "no words") {
					t.Errorf("%s %.80s: %d %s %s %q", p.method, target, status, header.Get("Content-Type"), problem.Code, problem.Detail)
				}
			}
		}
	}
}

func TestAnAlarmThatWasSeenToIsNotSeenToAgain(t *testing.T) {
	o, _ := readyOffice(t)
	c := client(t, serve(t, o.Nodes["south"], nil))
	alarms, err := c.Alarms(t.Context(), false)
	if err != nil || len(alarms) == 0 {
		t.Fatalf("alarms: %+v, %v", alarms, err)
	}
	if err := c.ClearAlarm(t.Context(), alarms[0].ID, "head"); err != nil {
		t.Fatal(err)
	}
	var p *api.Problem
	if err := c.ClearAlarm(t.Context(), alarms[0].ID, "head"); !errors.As(err, &p) || p.Status != 404 || p.Code != api.CodeNotFound {
		t.Errorf("cleared once more: %v", err)
	}
}
