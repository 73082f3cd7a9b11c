package api_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/liaisontest"
	"liaison.example/office"
)

// bigFile looks like nothing that is known.
func bigFile(n int) []byte {
	return append([]byte{0xff}, bytes.Repeat([]byte("seven bytes, and more. "), n/23+1)[:n-1]...)
}

func TestAFileGoesOnAfterCutsAndTheEndOfTheNodeInBetween(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	socket := client(t, serve(t, o.Nodes["south"], nil))
	made, err := socket.MakeToken(t.Context(), api.NewToken{Post: "duty-officer", Scopes: []api.Scope{"read", "release"}})
	if err != nil {
		t.Fatal(err)
	}
	// Between the client and the node stands what cuts the line, and the address of
	// the node changes when it is started anew.
	var target atomic.Pointer[url.URL]
	point := func() {
		u, err := url.Parse(behindToken(t, o.Nodes["south"]))
		if err != nil {
			t.Fatal(err)
		}
		target.Store(u)
	}
	point()
	var parts atomic.Int64
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			switch parts.Add(1) {
			case 2: // in the middle of a part
				r.Body = io.NopCloser(io.LimitReader(r.Body, 300_000))
			case 4: // the answer is lost
				rec := httptest.NewRecorder()
				httputil.NewSingleHostReverseProxy(target.Load()).ServeHTTP(rec, r)
				panic(http.ErrAbortHandler)
			case 5: // the node is killed and started anew
				o.Stop("south")
				o.Start("south")
				point()
				panic(http.ErrAbortHandler)
			}
		}
		httputil.NewSingleHostReverseProxy(target.Load()).ServeHTTP(w, r)
	}))
	defer between.Close()
	c := api.DialWeb(between.URL, made.Text)
	defer c.Close()
	file := bigFile(5<<20 + 77)
	waited := 0
	e, err := c.Upload(t.Context(), "map.bin", int64(len(file)), bytes.NewReader(file), func(error, int64, time.Duration) { waited++ })
	if err != nil {
		t.Fatal(err)
	}
	if e.Size != int64(len(file)) || e.Name != "map.bin" || waited == 0 || parts.Load() > 12 {
		t.Errorf("got %+v after %d pauses and %d parts", e, waited, parts.Load())
	}
	asked, err := client(t, serve(t, o.Nodes["south"], nil)).Enclose(t.Context(), "map.bin", int64(len(file)), bytes.NewReader(file))
	if err != nil || asked != e {
		t.Errorf("in one go it is %+v, %v", asked, err)
	}
}

func TestAnUploadIsItsOwnersAndHasAnOrder(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	operator := client(t, serve(t, o.Nodes["south"], nil))
	address := behindToken(t, o.Nodes["south"])
	as := func(post office.Post) *api.Client {
		made, err := operator.MakeToken(t.Context(), api.NewToken{Post: post, Scopes: []api.Scope{"release"}})
		if err != nil {
			t.Fatal(err)
		}
		c := api.DialWeb(address, made.Text)
		t.Cleanup(c.Close)
		return c
	}
	head, duty, ctx := as("head"), as("duty-officer"), t.Context()
	refused := func(what string, err error, status int, code string) {
		t.Helper()
		var p *api.Problem
		if !errors.As(err, &p) || p.Status != status || p.Code != code || p.Detail == "" {
			t.Errorf("%s: %v, want %d %s", what, err, status, code)
		}
	}
	_, err := head.BeginUpload(ctx, api.NewUpload{Name: "a.txt", Size: office.MaxEnclosure + 1})
	refused("too large", err, 422, "enclosure-too-large")
	_, err = head.BeginUpload(ctx, api.NewUpload{Name: "a.txt"})
	refused("empty", err, 422, "enclosure-empty")
	_, err = head.BeginUpload(ctx, api.NewUpload{Name: "рlan.txt", Size: 3})
	refused("a name that misleads", err, 422, "enclosure-name")
	_, err = head.BeginUpload(ctx, api.NewUpload{Name: strings.Repeat("가", office.MaxNamed-3) + ".txt", Size: 3})
	refused("a name that no dispatch may have", err, 422, "enclosure-name")
	u, err := head.BeginUpload(ctx, api.NewUpload{Name: "a.txt", Size: 11})
	if err != nil {
		t.Fatal(err)
	}
	_, err = duty.Uploaded(ctx, u.ID)
	refused("somebody else looks", err, 404, "upload-unknown")
	_, err = duty.AppendUpload(ctx, u.ID, 0, 5, strings.NewReader("hello"))
	refused("somebody else goes on", err, 404, "upload-unknown")
	_, err = head.AppendUpload(ctx, u.ID, 5, 6, strings.NewReader(" world"))
	refused("a wrong offset", err, 409, "upload-offset")
	_, err = head.FinishUpload(ctx, u.ID)
	refused("finished too soon", err, 409, "upload-offset")
	_, err = head.AppendUpload(ctx, u.ID, 0, 12, strings.NewReader("hello world!"))
	refused("longer than was said", err, 422, "upload-longer")
	if u, err = head.Uploaded(ctx, u.ID); err != nil || u.Offset != 11 {
		t.Fatalf("got %+v, %v", u, err)
	}
	first, err := head.FinishUpload(ctx, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := head.FinishUpload(ctx, u.ID); err != nil || again != first {
		t.Errorf("finished twice: %+v, %v", again, err)
	}
	_, err = duty.FinishUpload(ctx, u.ID)
	refused("somebody else finishes", err, 404, "upload-unknown")
	refused("somebody else drops", duty.DropUpload(ctx, u.ID), 404, "upload-unknown")
}
