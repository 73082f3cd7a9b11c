package node_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
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
