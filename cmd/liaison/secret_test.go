package main

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// TestLogsHoldNothingThatWasSaidAndNoSecret lets two nodes log all that they can,
// while everything is asked of one of them well and badly, and looks for the
// words of dispatches, for tokens, links and passwords: in the logs, and what is
// our own also in the ledgers and the records of both sides.
func TestLogsHoldNothingThatWasSaidAndNoSecret(t *testing.T) {
	south, north := realOffice(t)
	nodes := []*realNode{south, north}
	for _, n := range nodes {
		n.kill()
		settings := filepath.Join(n.dir, settingsFile)
		text, err := os.ReadFile(settings)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(settings, bytes.Replace(text, []byte("\nlog_level = \"info\""), []byte("\nlog_level = \"debug\""), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		n.start()
	}
	ctx := t.Context()
	c := south.client()
	if _, err := c.WaitStatus(ctx, "equal", time.Minute); err != nil {
		t.Fatal(err)
	}
	said := []string{"SAIDSUBJECT", "SAIDTEXT", "SAIDSEARCH", "SAIDKEY"}
	own := []string{"OWNPASSWORD", "OWNPERSON", "OWNNOTE"}

	good := api.NewDispatch{Channel: "liaison", Precedence: office.Routine, Subject: "SAIDSUBJECT", Text: "SAIDTEXT", By: "duty-officer", Key: "SAIDKEY"}
	if _, err := c.Send(ctx, good, time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(d *api.NewDispatch){
		func(d *api.NewDispatch) { d.Channel = "SAIDTEXT" },
		func(d *api.NewDispatch) { d.Text = strings.Repeat("SAIDTEXT ", 10_000) },
		func(d *api.NewDispatch) { d.Subject = "SAIDSUBJECT\nSAIDSUBJECT" },
		func(d *api.NewDispatch) { d.Text = "SAIDTEXT\x00" },
		func(d *api.NewDispatch) { d.Precedence = "SAIDTEXT" },
		func(d *api.NewDispatch) { d.By = "SAIDTEXT" },
		func(d *api.NewDispatch) { d.To = []office.Side{"SAIDTEXT"} },
		func(d *api.NewDispatch) { d.Text = "SAIDTEXT of another request" },
	} {
		d := good
		change(&d)
		if _, err := c.Send(ctx, d, 0); err == nil {
			t.Errorf("%+v was released", d)
		}
	}
	if _, err := c.Dispatches(ctx, api.Query{Text: "SAIDSEARCH"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AddAccount(ctx, api.NewAccount{Name: "park", Person: "OWNPERSON", Posts: []office.Post{"duty-officer"}}); err != nil {
		t.Fatal(err)
	}
	link, err := c.AccountLink(ctx, "park", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimPrefix(link.URL, link.URL[:strings.Index(link.URL, "?t=")+3])
	own = append(own, secret)
	var tokens []string
	for _, scope := range []api.Scope{"read", "release"} {
		made, err := c.MakeToken(ctx, api.NewToken{Account: "park", Scopes: []api.Scope{scope}, Note: "OWNNOTE"})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, made.Text)
		own = append(own, strings.TrimPrefix(made.Text, "liaison-"))
		if scope == "release" {
			if err := c.RevokeToken(ctx, made.Token.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	s, err := readSettings(filepath.Join(south.dir, settingsFile))
	if err != nil {
		t.Fatal(err)
	}
	pages := "http://" + s.Web
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path, token, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, method, pages+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		if strings.Contains(body, "password=") {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		a, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		if _, err := io.Copy(io.Discard, a.Body); err != nil {
			t.Fatal(err)
		}
	}
	for _, token := range append(tokens, "liaison-OWNNOTE", "") {
		ask("GET", "/api/v1/dispatches?q=SAIDSEARCH", token, "")
		ask("GET", "/api/v1/dispatches?cursor=SAIDSEARCH", token, "")
		ask("POST", "/api/v1/dispatches", token, `{"subject":"SAIDSUBJECT","text":`)
		ask("POST", "/api/v1/dispatches", token, `{"subject":"SAIDSUBJECT","text":"SAIDTEXT","SAIDTEXT":1}`)
		ask("GET", "/api/v1/SAIDSEARCH", token, "")
	}
	ask("GET", "/?q=SAIDSEARCH", "", "")
	ask("GET", "/sign-in?t="+secret, "", "")
	ask("POST", "/sign-in", "", url.Values{"name": {"park"}, "password": {"OWNPASSWORD"}}.Encode())
	ask("POST", "/sign-in", "", url.Values{"t": {secret}, "password": {"OWNPASSWORD"}}.Encode())
	north.kill()
	if _, err := c.Send(ctx, api.NewDispatch{Channel: "liaison", Precedence: office.Flash, Subject: "SAIDSUBJECT", Text: "SAIDTEXT", By: "duty-officer"}, 0); err != nil {
		t.Fatal(err)
	}
	north.start()
	for _, n := range nodes {
		if _, err := n.client().WaitStatus(ctx, "equal", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		n.kill()
		log, err := os.ReadFile(n.dir + ".log")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(log, []byte("level=INFO")) {
			t.Errorf("%s has logged nothing: %s", n.side, log)
		}
		for _, secret := range append(said, own...) {
			if at := bytes.Index(log, []byte(secret)); at >= 0 {
				t.Errorf("%s stands in the log of %s: %s", secret, n.side, lineAt(log, at))
			}
		}
		err = filepath.WalkDir(n.dir, func(path string, d fs.DirEntry, err error) error {
			name := d.Name()
			if err != nil || !d.Type().IsRegular() || n == south && strings.HasPrefix(name, localFile) {
				return err
			}
			content, err := os.ReadFile(path)
			for _, secret := range own {
				if bytes.Contains(content, []byte(secret)) {
					t.Errorf("%s stands in %s of %s", secret, name, n.side)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// lineAt is the line of a text around a place.
func lineAt(text []byte, at int) []byte {
	begin := bytes.LastIndexByte(text[:at], '\n') + 1
	end := bytes.IndexByte(text[at:], '\n')
	return text[begin : at+max(end, 0)]
}
