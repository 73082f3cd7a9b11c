//go:build linux

package chaos_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"liaison.example/api"
)

// browser is a person at the pages of a node, signed in.
type browser struct {
	t    *testing.T
	http *http.Client
	base string // such as "http://127.64.0.1:8410"
}

// signIn signs in to a node's pages as its duty officer.
func (n *realNode) signIn() *browser {
	n.t.Helper()
	var link api.Link
	if err := json.Unmarshal([]byte(n.do("sign-in", n.dir, "--post", "duty-officer", "--json")), &link); err != nil {
		n.t.Fatal(err)
	}
	address, err := url.Parse(link.URL)
	if err != nil {
		n.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		n.t.Fatal(err)
	}
	b := &browser{n.t, &http.Client{Jar: jar, Timeout: 30 * time.Second}, address.Scheme + "://" + address.Host}
	b.read(http.StatusOK, func() (*http.Response, error) {
		return b.http.PostForm(b.base+"/sign-in", url.Values{"t": {address.Query().Get("t")}})
	})
	return b
}

func (b *browser) read(status int, ask func() (*http.Response, error)) string {
	b.t.Helper()
	r, err := ask()
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.StatusCode != status {
		b.t.Errorf("%s: answered %d, want %d\n%s", r.Request.URL, r.StatusCode, status, page)
	}
	return string(page)
}

// page reads a page.
func (b *browser) page(path string) string {
	b.t.Helper()
	return b.read(http.StatusOK, func() (*http.Response, error) { return b.http.Get(b.base + path) })
}

// writes posts a dispatch and returns the page that answers it.
func (b *browser) writes(status int, subject string) string {
	b.t.Helper()
	return b.read(status, func() (*http.Response, error) {
		return b.http.PostForm(b.base+"/dispatches", url.Values{
			"channel": {"liaison"}, "precedence": {"ROUTINE"}, "subject": {subject}, "text": {text}, "to": {"north"},
		})
	})
}

// shows checks that the pages are served, whatever the node may not do.
func (b *browser) shows() {
	b.t.Helper()
	for _, path := range []string{"/", "/record", "/line", "/charter", "/dispatches/new"} {
		if page := b.page(path); !strings.Contains(page, "</html>") {
			b.t.Errorf("%s is not whole:\n%s", path, page)
		}
	}
}
