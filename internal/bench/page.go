package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"liaison.example/api"
)

const (
	pageRate = 100 // dispatches a second
	pageLag  = 5 * time.Second
)

// browser is somebody's browser at a node's pages.
type browser struct {
	*http.Client
	host string
}

// signIn signs in at a node's pages as a browser does, with a one-time link.
func (h *host) signIn(ctx context.Context, link api.Link) (*browser, error) {
	address, err := url.Parse(link.URL)
	if err != nil {
		return nil, fmt.Errorf("read the sign-in link: %w", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("open a page: %w", err)
	}
	b := &browser{&http.Client{Jar: jar}, h.web}
	form := url.Values{"t": {address.Query().Get("t")}}
	sign, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.web+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	sign.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sign.Header.Set("Origin", "http://"+h.web)
	sign.Header.Set("Sec-Fetch-Site", "same-origin")
	signed, err := b.Do(sign)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if err := signed.Body.Close(); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if signed.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("sign in: %s", signed.Status)
	}
	return b, nil
}

// get asks for a page. Its body is to be closed.
func (b *browser) get(ctx context.Context, path, accept string) (*http.Response, error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.host+path, nil)
	if err != nil {
		return nil, fmt.Errorf("open a page: %w", err)
	}
	ask.Header.Set("Accept", accept)
	answer, err := b.Do(ask)
	if err != nil {
		return nil, fmt.Errorf("open a page: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("open %s: %s", path, answer.Status), answer.Body.Close())
	}
	return answer, nil
}

// openPage signs in and opens the stream of events that the pages listen to.
func (h *host) openPage(ctx context.Context) (*http.Response, error) {
	link, err := h.calls.SignInLink(ctx, poster, time.Hour)
	if err != nil {
		return nil, err
	}
	b, err := h.signIn(ctx, link)
	if err != nil {
		return nil, err
	}
	return b.get(ctx, "/events", "text/event-stream")
}

// arrivals notes when each entry was released and when its event came.
type arrivals struct {
	mu       sync.Mutex
	released map[string]time.Time
	arrived  map[string]time.Time
	lost     bool // the page was told that it lost events
}

// events reads a stream of events until it ends, or until heard answers an error.
func events(stream *http.Response, heard func(kind string, data []byte) error) error {
	lines := bufio.NewScanner(stream.Body)
	lines.Buffer(nil, 1<<20)
	kind := ""
	for lines.Scan() {
		if name, found := bytes.CutPrefix(lines.Bytes(), []byte("event: ")); found {
			kind = string(name)
			continue
		}
		if data, found := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); found {
			if err := heard(kind, data); err != nil {
				return err
			}
		}
	}
	return errors.Join(errors.New("the stream of the open page ended"), lines.Err())
}

// heard notes what an event says.
func (a *arrivals) heard(kind string, data []byte) error {
	now := time.Now()
	var event struct{ ID string }
	if err := json.Unmarshal(data, &event); err != nil {
		return fmt.Errorf("read an event: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch kind {
	case "entry":
		a.arrived[event.ID] = now
	case "lost":
		a.lost = true
	}
	return nil
}

// pageRow releases dispatches at a steady pace and times when the event of each
// is received in the other side's open page.
func pageRow(ctx context.Context, b *run) ([]Figure, error) {
	_, p, err := b.both(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.far.openPage(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.Body.Close()
	a := &arrivals{released: map[string]time.Time{}, arrived: map[string]time.Time{}}
	var wait sync.WaitGroup
	defer wait.Wait()
	defer stream.Body.Close()
	wait.Go(func() { _ = events(stream, a.heard) }) // that it ended early is seen by what did not come

	tick := time.NewTicker(time.Second / pageRate)
	defer tick.Stop()
	failed := make(chan error, b.sizes.page)
	var sending sync.WaitGroup
	for range b.sizes.page {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		sending.Go(func() {
			released := time.Now()
			sent, err := p.near.calls.Send(ctx, p.dispatch(), 0)
			if err != nil {
				failed <- err
				return
			}
			a.mu.Lock()
			a.released[sent.ID.String()] = released
			a.mu.Unlock()
		})
	}
	sending.Wait()
	select {
	case err := <-failed:
		return nil, err
	default:
	}
	t, err := a.latencies(ctx)
	if err != nil {
		return nil, err
	}
	return []Figure{
		{Name: "event in the other side's open page, 100 dispatches a second, p50", Unit: "ms", Liaison: t.quantile(.5), Rounds: 1},
		{Name: "event in the other side's open page, 100 dispatches a second, p99", Unit: "ms", Liaison: t.quantile(.99),
			Target: 100, Rule: AtMost, Rounds: 1},
	}, p.equal(ctx)
}

// latencies waits until all events have come and returns how long they took.
func (a *arrivals) latencies(ctx context.Context) (turn, error) {
	ctx, cancel := context.WithTimeout(ctx, pageLag)
	defer cancel()
	for {
		a.mu.Lock()
		var t turn
		for id, released := range a.released {
			if arrived, here := a.arrived[id]; here {
				t.took = append(t.took, arrived.Sub(released))
			}
		}
		all, lost := len(t.took) == len(a.released), a.lost
		a.mu.Unlock()
		if lost {
			return turn{}, errors.New("the open page lost events")
		}
		if all {
			slices.Sort(t.took)
			return t, nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return turn{}, fmt.Errorf("%d of %d events came: %w", len(t.took), len(a.released), err)
		}
	}
}
