package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/liaisontest"
	"liaison.example/office"
)

// measure reads one measure out of a page for Prometheus.
func measure(t *testing.T, page, name string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(page)
	if found == nil {
		t.Errorf("there is no measure %s", name)
		return -1
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Error(err)
	}
	return value
}

func TestHealthAndMeasuresTellHowTheNodeIsAndNothingThatWasSaid(t *testing.T) {
	south, north := realOffice(t)
	for _, n := range []*realNode{north, south} {
		if _, err := n.client().WaitStatus(t.Context(), "equal", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	south.kill()
	address := portAddress(fourPorts(t))
	settings := filepath.Join(south.dir, settingsFile)
	text, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "\nmetrics = \"\"", "\nmetrics = \""+address+"\"", 1)
	if err := os.WriteFile(settings, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	south.start()
	c := south.client()
	if _, err := c.WaitStatus(t.Context(), "equal", time.Minute); err != nil {
		t.Fatal(err)
	}
	s, err := readSettings(settings)
	if err != nil {
		t.Fatal(err)
	}
	pages := "http://" + s.Web
	if status, body, _ := get(t, pages+"/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("healthz: %d %q", status, body)
	}
	if status, body, kind := get(t, pages+"/readyz"); status != 200 || kind != "application/json" || body != `{"ready":true,"ledger":"ok","records":"ok","signing":"ok"}`+"\n" {
		t.Errorf("readyz: %d %s %q", status, kind, body)
	}

	_, before, kind := get(t, "http://"+address+"/metrics")
	if !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Errorf("the measures come as %s", kind)
	}
	dispatch := api.NewDispatch{Channel: "liaison", Precedence: office.Routine, Subject: "SECRETSUBJECT", Text: "SECRETTEXT", By: "duty-officer"}
	if _, err := c.Send(t.Context(), dispatch, time.Minute); err != nil {
		t.Fatal(err)
	}
	north.kill()
	if _, err := c.Send(t.Context(), dispatch, 0); err != nil {
		t.Fatal(err)
	}
	dispatch.Channel = "nowhere"
	if _, err := c.Send(t.Context(), dispatch, 0); err == nil {
		t.Fatal("a dispatch on no channel is released")
	}
	_, after, _ := get(t, "http://"+address+"/metrics")
	for name, want := range map[string]float64{
		`liaison_mode{mode="ready"}`:                    1,
		`liaison_mode{mode="behind"}`:                   0,
		`liaison_office_open`:                           1,
		`liaison_line_waiting_entries{side="north"}`:    1,
		`liaison_alarms_open`:                           0,
		`liaison_webhooks_failing`:                      0,
		`liaison_sessions_open`:                         0,
		`liaison_writes_total{outcome="refused"}`:       measure(t, before, `liaison_writes_total{outcome="refused"}`) + 1,
		`liaison_writes_total{outcome="written"}`:       measure(t, before, `liaison_writes_total{outcome="written"}`) + 2,
		`liaison_write_seconds_count`:                   measure(t, before, `liaison_write_seconds_count`) + 2,
		`liaison_entries{side="south"}`:                 measure(t, before, `liaison_entries{side="south"}`) + 2,
		`liaison_entries_cosigned{side="south"}`:        measure(t, before, `liaison_entries_cosigned{side="south"}`) + 1,
		`liaison_build_info{version="` + version + `"}`: 1,
	} {
		if got := measure(t, after, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	families := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (\S+) \w+$`).FindAllStringSubmatch(after, -1) {
		if families[line[1]] {
			t.Errorf("the type of %s is told twice", line[1])
		}
		families[line[1]] = true
	}
	if !families["liaison_write_seconds"] || !families["liaison_line_up"] {
		t.Errorf("types are told of %v", families)
	}
	explained := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^# HELP (liaison_\S+)(.*)$`).FindAllStringSubmatch(after, -1) {
		explained[line[1]] = len(line[2]) > 1
		if !explained[line[1]] {
			t.Errorf("nothing is said of what %s tells", line[1])
		}
	}
	for name := range means {
		if !explained[name] {
			t.Errorf("%s is explained and not there", name)
		}
	}
	for _, direction := range []string{"in", "out"} {
		name := `liaison_link_bytes_total{direction="` + direction + `"}`
		if measure(t, after, name) <= measure(t, before, name) {
			t.Errorf("%s does not grow", name)
		}
	}
	for _, never := range []string{"SECRETSUBJECT", "SECRETTEXT", "duty-officer", "kaesong"} {
		if strings.Contains(after, never) {
			t.Errorf("%s stands in the measures", never)
		}
	}
	for _, path := range []string{"/", "/sign-in", "/api/v1/status"} {
		if status, _, _ := get(t, "http://"+address+path); status != 404 {
			t.Errorf("beside the measures %s is answered with %d", path, status)
		}
	}
}

func TestANodeThatMayNotSignIsNotReadyAndSaysWhy(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	ready := func() (int, string) {
		turn := &turn{node: o.Nodes["south"], log: slog.New(slog.DiscardHandler)}
		turn.idle = sync.NewCond(&turn.mu)
		w := httptest.NewRecorder()
		turn.withHealth(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
		return w.Code, w.Body.String()
	}
	if status, body := ready(); status != 200 {
		t.Errorf("of a sound node: %d %s", status, body)
	}
	o.Stop("south")
	o.Wire.Cut("south", "north")
	if err := os.WriteFile(filepath.Join(o.Dir("south"), "restored"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Start("south")
	if status, body := ready(); status != 503 || !strings.Contains(body, `"ready":false`) || !strings.Contains(body, `"signing":"read-only: restored"`) {
		t.Errorf("after a restore: %d %s", status, body)
	}
	closing := &turn{closing: true}
	w := httptest.NewRecorder()
	closing.withHealth(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	if w.Code != 503 || !strings.Contains(w.Body.String(), `"ledger":"closed"`) {
		t.Errorf("between two turns: %d %s", w.Code, w.Body.String())
	}
}
