package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/liaisontest"
)

// listening is a program that hears the stream of events.
type listening struct {
	t     *testing.T
	lines *bufio.Scanner
	stop  context.CancelFunc
	last  string // id of the last event that had one
}

func listen(t *testing.T, address, token, last string) *listening {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	t.Cleanup(stop)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+api.Path+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Body.Close() })
	if a.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(a.Body)
		t.Fatalf("got %d %s", a.StatusCode, text)
	}
	return &listening{t: t, lines: bufio.NewScanner(a.Body), stop: stop, last: last}
}

// next returns the next event of a kind.
func (l *listening) next(kind string) api.Event {
	l.t.Helper()
	for l.lines.Scan() {
		if id, is := strings.CutPrefix(l.lines.Text(), "id: "); is {
			l.last = id
		}
		data, is := strings.CutPrefix(l.lines.Text(), "data: ")
		if !is {
			continue
		}
		var e api.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			l.t.Fatal(err)
		}
		if e.Kind == kind {
			return e
		}
	}
	l.t.Fatalf("the stream ended before %s: %v", kind, l.lines.Err())
	return api.Event{}
}

func TestTheStreamOfEventsLosesNoEntryAndTellsNoneTwice(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	address := behindToken(t, o.Nodes["south"])
	operator := client(t, serve(t, o.Nodes["south"], nil))
	made, err := operator.MakeToken(t.Context(), api.NewToken{Post: "duty-officer", Scopes: []api.Scope{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t, address, made.Text, "")
	if e := l.next("receipt"); e.Side != "north" || e.ID == nil || e.ID.Side != "south" {
		t.Errorf("what they hold at the beginning: %+v", e)
	}
	var sent, heard []string
	for i := range 5 {
		side := []string{"south", "north"}[i%2]
		w := o.Send(side, "x")
		sent = append(sent, w.ID.String())
		e := l.next("entry")
		heard = append(heard, e.ID.String())
		if i == 2 { // the program goes, and comes back after more was said
			last := l.last
			l.stop()
			for range 3 {
				sent = append(sent, o.Send("south", "y").ID.String())
			}
			o.Equal()
			l = listen(t, address, made.Text, last)
			for range 3 {
				heard = append(heard, l.next("entry").ID.String())
			}
		}
	}
	if strings.Join(sent, " ") != strings.Join(heard, " ") {
		t.Errorf("sent %v\nheard %v", sent, heard)
	}
	// From nothing, all of it.
	l = listen(t, address, made.Text, "north:0,south:0")
	total := o.Status("south").Sides["north"].Size + o.Status("south").Sides["south"].Size
	seen := map[string]bool{}
	for range total {
		seen[l.next("entry").ID.String()] = true
	}
	if int64(len(seen)) != total {
		t.Errorf("heard %d entries of %d", len(seen), total)
	}
	for _, last := range []string{"7", "north:-1", "North:1", "north:1;south:1", strings.Repeat("north:1,", 200)} {
		a, problem := bearingWith(t, address, made.Text, last)
		if a.StatusCode != 400 || !strings.Contains(problem.Detail, "Last-Event-ID") {
			t.Errorf("Last-Event-ID %.20q: %d %+v", last, a.StatusCode, problem)
		}
	}
}

func TestAProgramThatGoesBeforeTheFirstEntryLosesNone(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	address := behindToken(t, o.Nodes["south"])
	operator := client(t, serve(t, o.Nodes["south"], nil))
	made, err := operator.MakeToken(t.Context(), api.NewToken{Post: "duty-officer", Scopes: []api.Scope{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t, address, made.Text, "")
	l.next("receipt")
	l.stop()
	sent := o.Send("south", "x")
	o.Equal()
	if got := listen(t, address, made.Text, l.last).next("entry"); *got.ID != sent.ID {
		t.Errorf("got %s, sent was %s", got.ID, sent.ID)
	}
}

func bearingWith(t *testing.T, address, token, last string) (*http.Response, api.Problem) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+api.Path+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Last-Event-ID", last)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var p api.Problem
	if err := json.NewDecoder(a.Body).Decode(&p); err != nil {
		t.Error(err)
	}
	return a, p
}

func TestOneBearerCannotTakeAllPlacesForWaiting(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	address := behindToken(t, o.Nodes["south"])
	operator := client(t, serve(t, o.Nodes["south"], nil))
	tokens := []string{}
	for range 2 {
		made, err := operator.MakeToken(t.Context(), api.NewToken{Post: "duty-officer", Scopes: []api.Scope{"read"}})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, made.Text)
	}
	var streams []*listening
	for range 32 {
		streams = append(streams, listen(t, address, tokens[0], ""))
	}
	a, problem := bearing(t, address, "GET", api.Path+"/events", "", tokens[1])
	if a.StatusCode != 503 || problem.Code != api.CodeTooBusy {
		t.Errorf("one too many: %d %+v", a.StatusCode, problem)
	}
	streams[0].stop()
	for deadline := time.Now().Add(patience); ; {
		if a, _ := bearing(t, address, "GET", api.Path+"/events", "", tokens[1]); a.StatusCode == 200 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a place is not given back")
		}
	}
}
