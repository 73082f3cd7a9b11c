package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// get reads a page of the listener for auditors.
func get(t *testing.T, address string) (status int, body, contentType string) {
	t.Helper()
	a, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(b), a.Header.Get("Content-Type")
}

func TestAuditorsReadTheLedgersAndNothingElse(t *testing.T) {
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
	if err := os.WriteFile(settings, []byte(strings.Replace(string(text), "\ntiles = \"\"", "\ntiles = \""+address+"\"", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	south.start()
	if _, err := south.client().WaitStatus(t.Context(), "equal", time.Minute); err != nil {
		t.Fatal(err)
	}

	url := "http://" + address
	if status, body, _ := get(t, url+"/"); status != 200 || body != "kaesong.example/north /north/\nkaesong.example/south /south/\n" {
		t.Errorf("the list of logs: %d %q", status, body)
	}
	for side, other := range map[string]string{"south": "north", "north": "south"} {
		status, body, contentType := get(t, url+"/"+side+"/checkpoint")
		if status != 200 || !strings.HasPrefix(body, "kaesong.example/"+side+"\n3\n") || !strings.HasPrefix(contentType, "text/plain") {
			t.Errorf("checkpoint of %s: %d %s %q", side, status, contentType, body)
		}
		if status, body, _ := get(t, url+"/"+side+"/tile/entries/000.p/3"); status != 200 || !strings.Contains(body, `"kind":"charter"`) {
			t.Errorf("entries of %s: %d %q", side, status, body)
		}
		if status, body, _ := get(t, url+"/"+side+"/key.pub"); status != 200 || !strings.HasPrefix(body, "kaesong.example/"+side+"+") {
			t.Errorf("key of %s: %d %q", side, status, body)
		}
		if status, body, _ := get(t, url+"/"+side+"/cosigner-"+other+".pub"); status != 200 || !strings.HasPrefix(body, "kaesong.example/"+other+"/mirror+") {
			t.Errorf("key of the receipts for %s: %d %q", side, status, body)
		}
	}
	for _, path := range []string{"/south/tile/entries/000.p/4", "/west/checkpoint", "/west/key.pub", "/south/cosigner-south.pub", "/south/cosigner-west.pub", "/south/../liaison.toml", "/api/v1/status", "/south/keys/ledger.key", "/sign-in"} {
		if status, body, _ := get(t, url+path); status != 404 {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	// Reading is all that can be done.
	a, err := http.Post(url+"/south/checkpoint", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a post is answered with %d", a.StatusCode)
	}
	north.kill()
}
