package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

const (
	pagesDispatches = 100_000
	pagesWave       = 2000 // dispatches that are acknowledged together
	pagesWriters    = 64
)

// full is an office with many dispatches, all but the last few acknowledged, whose
// south keeps its databases on an engine.
func full(b *testing.B, engine string) *house {
	b.Helper()
	dir, server := b.TempDir(), ""
	if engine == "postgresql" {
		server = sqldbtest.DurablePostgreSQL(b)
	}
	h := openOn(b, aWorkday, func(side office.Side, name string) sqldb.Config {
		if side == "south" && server != "" {
			return sqldb.Config{URL: server, Schema: name}
		}
		return sqldb.Config{URL: "sqlite:" + filepath.Join(dir, side+"-"+name+".db")}
	}, []office.Side{"north", "south"})
	h.staffed()
	all := func(n int, write func(i int)) {
		var group sync.WaitGroup
		next := make(chan int)
		for range pagesWriters {
			group.Go(func() {
				for i := range next {
					write(i)
				}
			})
		}
		for i := range n {
			next <- i
		}
		close(next)
		group.Wait()
	}
	act := func(side office.Side, kind string, body any) office.EntryID {
		w, err := h.nodes[side].Write(context.Background(), node.Act{By: "duty-officer", Kind: kind, Body: body})
		if err != nil {
			b.Error(side, kind, err)
		}
		return w.ID
	}
	paragraph := strings.Repeat("수문을 순차로 열며 하류의 인원이 떠나도록 조치하기 바랍니다. The convoy waits at the gate. ", 4)
	for from := 0; from < pagesDispatches; from += pagesWave {
		ids := make([]office.EntryID, pagesWave)
		all(pagesWave, func(i int) {
			n := from + i
			side, text, precedence := office.Side("south"), paragraph, office.Routine
			if n%2 == 0 {
				side = "north"
			}
			if n%20_000 == 17 {
				text += "zeppelin"
			}
			if n%50 == 7 {
				precedence = office.Priority
			}
			ids[i] = act(side, office.KindDispatch, &office.DispatchBody{
				Channel: "liaison", Precedence: precedence, Subject: fmt.Sprintf("통행 일정 %d, bus %d", n, n%97), Text: fmt.Sprintf("w%d %s", n%1000, text),
			})
		})
		if from+pagesWave < pagesDispatches {
			h.eventually("the dispatches reach the other side", func() bool {
				s, n := h.status("south"), h.status("north")
				return s.Sides["north"].Placed == n.Sides["north"].Size && n.Sides["south"].Placed == s.Sides["south"].Size
			})
			all(pagesWave, func(i int) {
				side := office.Side("south")
				if ids[i].Side == "south" {
					side = "north"
				}
				act(side, office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: ids[i]})
			})
			continue
		}
		h.level()
		all(pagesWave-20, func(i int) { // the last twenty wait
			side := office.Side("south")
			if ids[i].Side == "south" {
				side = "north"
			}
			act(side, office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: ids[i]})
		})
	}
	h.level()
	for {
		if all, err := h.nodes["south"].Records().Indexed(context.Background()); err != nil {
			b.Fatal(err)
		} else if all {
			return h
		}
		time.Sleep(100 * time.Millisecond) // the node works in its own time
	}
}

// processor is the processor time that this process has used.
func processor() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPages measures whole pages over HTTP at 100,000 dispatches, and the
// weight of the first page with all that comes with it but the fonts themselves. It
// fails where a page takes longer than mostOfAPage at the 99th percentile.
func BenchmarkPages(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgresql"} {
		b.Run(engine, func(b *testing.B) { pagesOn(b, engine) })
	}
}

// mostOfAPage is how long a page may take at the 99th percentile.
const mostOfAPage = 50 * time.Millisecond

func pagesOn(b *testing.B, engine string) {
	h := full(b, engine)
	server := h.serve("south")
	cookie := h.cookie("south", "duty-officer")
	get := func(path string) string {
		r, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
		must(b, err)
		r.AddCookie(cookie)
		r.Header.Set("Accept-Encoding", "gzip") // what comes is counted as it comes
		answer, err := server.Client().Do(r)
		must(b, err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		must(b, err)
		if answer.StatusCode != http.StatusOK {
			b.Fatalf("%s: %s", path, answer.Status)
		}
		return string(body)
	}
	later := "/"
	for range 20 {
		_, rest, _ := strings.Cut(get(later), `<nav class="pages"`)
		rest, _, _ = strings.Cut(rest, `" rel="next"`)
		later = strings.ReplaceAll(rest[strings.LastIndex(rest, `"`)+1:], "&amp;", "&")
	}
	for _, page := range []struct{ name, path string }{
		{"list", "/"},
		{"list of one side and precedence", "/?from=north&precedence=PRIORITY"},
		{"list, acknowledged", "/?state=acknowledged"},
		{"list since a day", "/?since=" + h.now().Format(time.DateOnly)},
		{"later page", later},
		{"dispatch", regexp.MustCompile(`/dispatches/south/\d+`).FindString(get("/?state=acknowledged&from=south"))},
		{"search, common word", "/?q=" + url.QueryEscape("수문")},
		{"search, rare word", "/?q=zeppelin"},
		{"search, two words", "/?q=" + url.QueryEscape("w17 convoy")},
		{"search, one syllable", "/?q=" + url.QueryEscape("통")},
		{"list of one form", "/?form=an"},
		{"search, of one form", "/?form=an&q=" + url.QueryEscape("수문")},
		{"search, nothing", "/?q=" + url.QueryEscape("없는말")},
	} {
		b.Run(page.name, func(b *testing.B) {
			var took []time.Duration
			size, cpu := 0, processor()
			for b.Loop() {
				start := time.Now()
				size = len(get(page.path))
				took = append(took, time.Since(start))
			}
			b.ReportMetric(float64((processor()-cpu).Microseconds())/1000/float64(len(took)), "cpu-ms") // here, not in a database server
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			p99 := took[len(took)*99/100]
			b.ReportMetric(float64(p99.Microseconds())/1000, "p99-ms")
			if len(took) >= 100 && p99 > mostOfAPage { // of fewer it would be the slowest
				b.Errorf("%s takes %s at the 99th percentile", page.name, p99)
			}
			b.ReportMetric(float64(size)/1024, "KiB")
		})
	}
	body := get("/")
	weight := len(body)
	for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"`).FindAllStringSubmatch(body, -1) {
		weight += len(get(m[1]))
	}
	b.Logf("%s: the first page weighs %.1f KiB with all but the fonts themselves", engine, float64(weight)/1024)
	if weight > 100<<10 {
		b.Errorf("the first page weighs %d bytes", weight)
	}
}
