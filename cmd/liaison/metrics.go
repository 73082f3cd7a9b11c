package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"liaison.example/node"
	"liaison.example/notify"
)

// meters counts what this process does, for Prometheus. Nothing in it tells what
// was said or who said it: sides stand in it, and neither posts nor persons.
type meters struct {
	set                      *metrics.Set
	writeTime                *metrics.PrometheusHistogram
	written, refused, failed *metrics.Counter
	linkIn, linkOut          *metrics.Counter
}

// writeBounds are the steps of the time that a write takes, in seconds: from a
// quick disk to what a person waits for.
var writeBounds = []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// means says of each measure of ours what it tells. The library leaves that out of
// the HELP lines.
var means = map[string]string{
	"liaison_build_info":                "The version of the program; always 1.",
	"liaison_mode":                      "1 for the mode in which the node is: it may sign only if ready.",
	"liaison_office_open":               "1 if the office is open.",
	"liaison_entries":                   "Entries of the ledger of a side that are held here.",
	"liaison_entries_placed":            "Of these, those that have a place in the joint order.",
	"liaison_entries_cosigned":          "Of these, those that every other side has cosigned.",
	"liaison_entries_settled":           "Of these, those whose place can no longer change.",
	"liaison_line_up":                   "1 if the line to a side is up.",
	"liaison_line_equal":                "1 if the records of a side and ours were shown to be the same.",
	"liaison_line_halted":               "1 if a ledger is no longer taken from a side.",
	"liaison_line_waiting_entries":      "Our entries without the receipt of a side.",
	"liaison_line_waiting_seconds":      "How long the oldest of them has waited.",
	"liaison_line_silent_seconds":       "How long ago a side was last heard.",
	"liaison_line_round_trip_seconds":   "How long the last exchange with a side took.",
	"liaison_line_clock_offset_seconds": "The clock of a side minus ours.",
	"liaison_writes_total":              "Acts that were written, refused by the rules, or failed.",
	"liaison_write_seconds":             "How long it took to write an act.",
	"liaison_link_bytes_total":          "Bytes of the link to all sides, with TLS.",
	"liaison_alarms_open":               "Alarms that are not seen to.",
	"liaison_sessions_open":             "People who are signed in.",
	"liaison_tokens_working":            "Tokens with which programs may act.",
	"liaison_webhooks":                  "Programs that are told of entries.",
	"liaison_webhooks_failing":          "Of these, those that do not answer well.",
}

// withMeanings writes measures with what ours mean.
func withMeanings(w io.Writer, measures string) {
	for line := range strings.Lines(measures) {
		if name, is := strings.CutPrefix(line, "# HELP "); is && means[strings.TrimSpace(name)] != "" {
			name = strings.TrimSpace(name)
			line = "# HELP " + name + " " + means[name] + "\n"
		}
		_, _ = io.WriteString(w, line) // who is gone reads nothing
	}
}

func newMeters() *meters {
	metrics.ExposeMetadata(true)
	set := metrics.NewSet()
	return &meters{
		set:       set,
		writeTime: set.NewPrometheusHistogramExt("liaison_write_seconds", writeBounds),
		written:   set.NewCounter(`liaison_writes_total{outcome="written"}`),
		refused:   set.NewCounter(`liaison_writes_total{outcome="refused"}`),
		failed:    set.NewCounter(`liaison_writes_total{outcome="failed"}`),
		linkIn:    set.NewCounter(`liaison_link_bytes_total{direction="in"}`),
		linkOut:   set.NewCounter(`liaison_link_bytes_total{direction="out"}`),
	}
}

// wrote notes one write of the node.
func (m *meters) wrote(took time.Duration, err error) {
	var refusal *node.Refusal
	switch {
	case err == nil:
		m.written.Inc()
		m.writeTime.Update(took.Seconds())
	case errors.As(err, &refusal):
		m.refused.Inc()
	default:
		m.failed.Inc()
	}
}

// connect opens connections of the link whose bytes are counted.
func (m *meters) connect(ctx context.Context, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: 15 * time.Second}
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &countedConn{c, m}, nil
}

// counted listens for connections whose bytes are counted.
type counted struct {
	net.Listener
	meters *meters
}

func (l *counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countedConn{c, l.meters}, nil
}

type countedConn struct {
	net.Conn
	meters *meters
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meters.linkIn.Add(n)
	return n, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.meters.linkOut.Add(n)
	return n, err
}

// handler answers with all measures of a node at this moment.
func (m *meters) handler(n *node.Node, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, err := n.Status(r.Context())
		var alarms []node.Alarm
		if err == nil {
			alarms, err = n.Alarms(r.Context())
		}
		var sessions, tokens int
		if err == nil {
			sessions, tokens, err = n.People().Open(r.Context())
		}
		var hooks []notify.Webhook
		if err == nil {
			hooks, err = n.Notify().Webhooks(r.Context())
		}
		if err != nil {
			log.Error("the measures cannot be taken", "error", err)
			http.Error(w, "the measures cannot be taken; the log says why", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		alarms = slices.DeleteFunc(alarms, func(a node.Alarm) bool { return a.Cleared })
		now := metrics.NewSet()
		setStatus(now, &status)
		gauge(now, "liaison_alarms_open", "", float64(len(alarms)))
		gauge(now, "liaison_sessions_open", "", float64(sessions))
		gauge(now, "liaison_tokens_working", "", float64(tokens))
		gauge(now, "liaison_webhooks", "", float64(len(hooks)))
		hooks = slices.DeleteFunc(hooks, func(h notify.Webhook) bool { return h.Failures == 0 })
		gauge(now, "liaison_webhooks_failing", "", float64(len(hooks)))
		var ours strings.Builder
		now.WritePrometheus(&ours)
		m.set.WritePrometheus(&ours)
		withMeanings(w, ours.String())
		metrics.WriteProcessMetrics(w)
	})
}

func gauge(to *metrics.Set, name, labels string, value float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	to.NewGauge(name+labels, func() float64 { return value })
}

// setStatus puts into a set what the status of the node tells.
func setStatus(to *metrics.Set, s *node.Status) {
	gauge(to, "liaison_build_info", fmt.Sprintf("version=%q", s.Version), 1)
	for _, mode := range []node.Mode{node.Ready, node.Behind, node.ReadOnly} {
		gauge(to, "liaison_mode", fmt.Sprintf("mode=%q", mode), one(s.Mode == mode))
	}
	gauge(to, "liaison_office_open", "", one(s.Open))
	sides := slices.Sorted(maps.Keys(s.Sides))
	for _, measure := range []struct {
		name string
		of   func(node.SideState) int64
	}{
		{"liaison_entries", func(side node.SideState) int64 { return side.Size }},
		{"liaison_entries_placed", func(side node.SideState) int64 { return side.Placed }},
		{"liaison_entries_cosigned", func(side node.SideState) int64 { return side.Cosigned }},
		{"liaison_entries_settled", func(side node.SideState) int64 { return side.Settled }},
	} {
		for _, side := range sides {
			gauge(to, measure.name, fmt.Sprintf("side=%q", side), float64(measure.of(s.Sides[side])))
		}
	}
	lines := slices.Sorted(maps.Keys(s.Lines))
	for _, measure := range []struct {
		name string
		of   func(node.LineState) float64
	}{
		{"liaison_line_up", func(l node.LineState) float64 { return one(l.Up) }},
		{"liaison_line_equal", func(l node.LineState) float64 { return one(l.Equal) }},
		{"liaison_line_halted", func(l node.LineState) float64 { return one(l.Halted != "") }},
		{"liaison_line_waiting_entries", func(l node.LineState) float64 { return float64(l.Waiting) }},
		{"liaison_line_waiting_seconds", func(l node.LineState) float64 { return age(s.Now, l.WaitingSince) }},
		{"liaison_line_silent_seconds", func(l node.LineState) float64 { return age(s.Now, l.LastSeen) }},
		{"liaison_line_round_trip_seconds", func(l node.LineState) float64 { return l.RoundTrip.Seconds() }},
		{"liaison_line_clock_offset_seconds", func(l node.LineState) float64 { return l.Offset.Seconds() }},
	} {
		for _, side := range lines {
			gauge(to, measure.name, fmt.Sprintf("side=%q", side), measure.of(s.Lines[side]))
		}
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// age is how many seconds ago something was; 0 if it was not.
func age(now, since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, now.Sub(since).Seconds())
}
