package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// holds reports whether a JSON value still says all that an older program said.
// Members may have been added.
func holds(was, is any) bool {
	switch was := was.(type) {
	case map[string]any:
		now, same := is.(map[string]any)
		for name, value := range was {
			same = same && holds(value, now[name])
		}
		return same
	case []any:
		now, same := is.([]any)
		same = same && len(now) == len(was)
		for i := 0; same && i < len(was); i++ {
			same = holds(was[i], now[i])
		}
		return same
	}
	return reflect.DeepEqual(was, is)
}

// readValues reads all JSON values of a text.
func readValues(t *testing.T, text string) (values []map[string]any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	for {
		var v any
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return values
		} else if err != nil {
			t.Fatal(err)
		}
		list, is := v.([]any)
		if !is {
			list = []any{v}
		}
		for _, v := range list {
			values = append(values, v.(map[string]any))
		}
	}
}

// TestFoldersOfAnOlderProgramAreServedAndLoseNothing opens what the programs of
// testdata/upgrade/ORIGIN have left behind.
func TestFoldersOfAnOlderProgramAreServedAndLoseNothing(t *testing.T) {
	t.Run("before", func(t *testing.T) { upgraded(t, "before", "number 6  received") })
	t.Run("desk", func(t *testing.T) {
		south := upgraded(t, "desk", "number 7  received")
		for _, list := range []string{"draft list", "officer list", "roster rotation list", "token list", "tender list"} {
			text, err := os.ReadFile(filepath.Join(filepath.Dir(south.dir), "south."+strings.ReplaceAll(list, " ", "-")+".json"))
			must(t, err)
			was, is := readValues(t, string(text)), readValues(t, liaison(t, append(strings.Fields(list), south.dir, "--json")...))
			if len(was) == 0 || len(was) != len(is) {
				t.Errorf("%s: there were %d and there are %d", list, len(was), len(is))
				continue
			}
			for i := range was {
				for _, member := range []string{"unanswered", "works"} { // which time alone changes
					delete(was[i], member)
				}
				if !holds(was[i], is[i]) {
					t.Errorf("%s: it was\n%v\nand is\n%v", list, was[i], is[i])
				}
			}
		}
		for list, want := range map[string]string{"webhook list": "http://127.0.0.1:1/hook", "told list": "SMS"} {
			if got := liaison(t, append(strings.Fields(list), south.dir)...); !strings.Contains(got, want) {
				t.Errorf("%s does not say %q: %s", list, want, got)
			}
		}
		for _, d := range readValues(t, liaison(t, "list", south.dir, "--json")) {
			if d["subject"] == "With a file" {
				if got := liaison(t, "fetch", south.dir, d["id"].(string), "1", "--output", "-"); got != "day,level\n1,4.2\n" {
					t.Errorf("the enclosure is %q", got)
				}
				return
			}
		}
		t.Error("the dispatch with a file is not in the list")
	})
}

// upgraded opens the folders of an archive, compares what the program says of them with
// what the older one said, and sends a dispatch. It gives the node of the south, which runs.
func upgraded(t *testing.T, archive, next string) (south *realNode) {
	dir, ports := t.TempDir(), fourPorts(t)
	if out, err := exec.Command("tar", "-xzf", "testdata/upgrade/"+archive+".tar.gz", "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("unpack the older folders: %v\n%s", err, out)
	}
	nodes := map[string]*realNode{}
	for i, side := range []string{"south", "north"} {
		n := &realNode{t: t, side: side, dir: filepath.Join(dir, side)}
		other := map[string]string{"south": "north", "north": "south"}[side]
		toml := filepath.Join(n.dir, settingsFile)
		for _, c := range [][2]string{
			{`web = "127.0.0.1:981`, `web = "` + portAddress(ports+i) + `" # `},
			{`link = "127.0.0.1:981`, `link = "` + portAddress(ports+2+i) + `" # `},
			{"[dial]", "[dial]\n" + other + ` = "` + portAddress(ports+3-i) + `"`},
		} {
			change(t, toml, c[0], c[1])
		}
		liaison(t, "verify", n.dir)
		for _, f := range look(t, n.dir, "") {
			if f.State == isBad && f.Check != "lines" {
				t.Errorf("%s, before it is started: %s is bad: %s", side, f.Check, f.Found)
			}
		}
		nodes[side] = n
	}
	for _, n := range nodes {
		n.start()
	}
	for range 2 {
		for side, n := range nodes {
			if _, err := n.client().WaitStatus(t.Context(), "equal", time.Minute); err != nil {
				t.Fatalf("%s: %v", side, err)
			}
		}
	}
	for side, n := range nodes {
		recorded := func(what string) []map[string]any {
			text, err := os.ReadFile(filepath.Join(dir, side+"."+what+".json"))
			must(t, err)
			return readValues(t, string(text))
		}
		was, is := recorded("status")[0], readValues(t, liaison(t, "status", n.dir, "--json"))[0]
		for _, member := range []string{"office", "side", "mode", "digest", "count", "settled", "sides"} {
			if !holds(was[member], is[member]) {
				t.Errorf("%s: %s was %v and is %v", side, member, was[member], is[member])
			}
		}
		entries := recorded("entries")
		if len(entries) < 15 {
			t.Errorf("%s: only %d entries were recorded", side, len(entries))
		}
		for _, entry := range entries {
			id := entry["id"].(string)
			if shown := readValues(t, liaison(t, "show", n.dir, id, "--json"))[0]; !holds(entry, shown) {
				t.Errorf("%s: %s was\n%v\nand is\n%v", side, id, entry, shown)
			}
		}
		dispatches, shown := recorded("list"), readValues(t, liaison(t, "list", n.dir, "--json"))
		if len(dispatches) != len(shown) {
			t.Fatalf("%s had %d dispatches and shows %d", side, len(dispatches), len(shown))
		}
		for i := range dispatches {
			if !holds(dispatches[i], shown[i]) {
				t.Errorf("%s: a dispatch was\n%v\nand is\n%v", side, dispatches[i], shown[i])
			}
		}
	}
	text := filepath.Join(dir, "text")
	must(t, os.WriteFile(text, []byte("시험"), 0o600))
	if sent := liaison(t, "send", nodes["south"].dir, "--channel", "liaison", "--subject", "After", "--text-file", text, "--wait"); !strings.Contains(sent, next) {
		t.Errorf("the next dispatch: %s", sent)
	}
	for _, n := range nodes {
		liaison(t, "verify", n.dir)
	}
	return nodes["south"]
}
