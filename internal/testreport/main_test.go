package main

import (
	"strings"
	"testing"
)

func TestReportCountsAndDemandsThatEveryTestRan(t *testing.T) {
	const pass = `{"Action":"run","Package":"liaison.example/office","Test":"TestA"}
{"Action":"output","Package":"liaison.example/office","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"liaison.example/office","Test":"TestA","Elapsed":2.5}
{"Action":"output","Package":"liaison.example/office","Output":"PASS\n"}
{"Action":"output","Package":"liaison.example/office","Output":"ok  \tliaison.example/office\t0.1s\n"}
{"Action":"pass","Package":"liaison.example/office","Elapsed":0.1}
`
	for _, test := range []struct {
		name, events string
		sound        bool
		says         string
	}{
		{"all pass", pass, true, "ok  \tliaison.example/office\t0.1s\nslow:    2.5 s  office TestA\n1 passed, 0 failed\n"},
		{"nothing ran", "", false, "0 passed, 0 failed\n"},
		{"one is left out", pass + `{"Action":"skip","Package":"liaison.example/web","Test":"TestB"}`, false,
			"LEFT OUT web TestB: a test that cannot run counts as failed\n1 passed, 0 failed, 1 skipped\n"},
		{"one fails", pass + `{"Action":"output","Package":"liaison.example/web","Test":"TestB","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"liaison.example/web","Test":"TestB"}
{"Action":"fail","Package":"liaison.example/web"}`, false, "FAILED web TestB\ngot 1, want 2\n"},
		{"one is cut off", pass + `{"Action":"output","Package":"liaison.example/web","Test":"TestB","Output":"begun\n"}`, false,
			"NOT ENDED web TestB\nbegun\n"},
		{"a package does not build", pass + `{"ImportPath":"liaison.example/web","Action":"build-output","Output":"web.go:1: no such name\n"}
{"ImportPath":"liaison.example/web","Action":"build-fail"}`, false, "web.go:1: no such name\n"},
		{"the tool itself speaks", pass + "no such tool\n", true, "no such tool\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said strings.Builder
			sound, err := report(strings.NewReader(test.events), &said)
			if err != nil || sound != test.sound {
				t.Errorf("got sound %v, error %v; want sound %v", sound, err, test.sound)
			}
			if !strings.Contains(said.String(), test.says) {
				t.Errorf("got:\n%s\nwant in it:\n%s", said.String(), test.says)
			}
		})
	}
}
