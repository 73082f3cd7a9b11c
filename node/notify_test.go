package node_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
)

func TestAWebhookIsToldOfDispatchesWithoutTheirTextAlsoAfterARestart(t *testing.T) {
	type told struct {
		Type string    `json:"type"`
		Data node.Told `json:"data"`
	}
	heard := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard <- string(body)
	}))
	defer hook.Close()
	o := liaisontest.Open(t, "north", "south")
	if _, _, err := o.Nodes["south"].Notify().Add(t.Context(), hook.URL, false); err != nil {
		t.Fatal(err)
	}
	next := func(kind string) told {
		t.Helper()
		select {
		case text := <-heard:
			var got told
			if err := json.Unmarshal([]byte(text), &got); err != nil || got.Type != "entry."+kind || strings.Contains(text, "SECRET") || strings.Contains(text, "abc 123") {
				t.Errorf("told %s, want %s, %v", text, kind, err)
			}
			return got
		case <-time.After(30 * time.Second):
			t.Fatalf("not told of %s", kind)
		}
		return told{}
	}
	w := o.Send("south", "SECRET")
	if got := next(office.KindDispatch); got.Data.ID != w.ID || got.Data.Dispatch == nil || got.Data.Dispatch.Number != 1 || got.Data.Dispatch.State != "open" || got.Data.Dispatch.Precedence != office.Routine {
		t.Errorf("told %+v %+v", got, got.Data.Dispatch)
	}
	o.Equal()
	if _, err := o.Nodes["north"].Write(context.Background(), node.Act{By: "duty-officer", Kind: office.KindAcknowledge, Body: &office.AcknowledgeBody{Dispatch: w.ID}}); err != nil {
		t.Fatal(err)
	}
	if got := next(office.KindAcknowledge); got.Data.Side != "north" || got.Data.Dispatch == nil || got.Data.Dispatch.ID != w.ID || got.Data.Dispatch.State != "acknowledged" {
		t.Errorf("told %+v %+v", got, got.Data.Dispatch)
	}
	o.Equal()
	o.Stop("south")
	w = o.Send("north", "SECRET")
	o.Start("south")
	if got := next(office.KindDispatch); got.Data.ID != w.ID {
		t.Errorf("after a restart: told %+v, want %s", got, w.ID)
	}
	o.Equal()
	select {
	case text := <-heard:
		t.Errorf("told once more: %s", text)
	default:
	}
}

// A backup has the keys of the side, from which that of the seal follows; so does
// the recovery key.
func TestAWebhookGoesOnAfterARestoreWithTheSecretThatItHad(t *testing.T) {
	signed := make(chan string, 100) // how each event was
	var text string                  // the secret; set before anything is told
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		secret, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
		if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			signed <- "badly"
			return
		}
		signed <- "well"
	}))
	defer hook.Close()
	o := liaisontest.Open(t, "north", "south")
	var err error
	if _, text, err = o.Nodes["south"].Notify().Add(t.Context(), hook.URL, false); err != nil {
		t.Fatal(err)
	}
	told := func(when string) {
		t.Helper()
		o.Send("north", when)
		select {
		case how := <-signed:
			if how != "well" {
				t.Errorf("%s: it was signed %s", when, how)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: it was not told", when)
		}
		o.Equal()
	}
	told("before")
	o.NewDir("south")
	if err := o.Nodes["south"].Copy(t.Context(), filepath.Join(o.Dir("south"), "ledger.db"), filepath.Join(o.Dir("south"), "local.db")); err != nil {
		t.Fatal(err)
	}
	o.Stop("south")
	o.Start("south")
	told("after")
}
