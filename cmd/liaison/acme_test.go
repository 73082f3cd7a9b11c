package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAnAuthorityThatFailsKeepsBrowsersOutAndNothingElse(t *testing.T) {
	var asked atomic.Int64
	authority := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, "no", http.StatusNotFound)
	}))
	t.Cleanup(authority.Close)
	s := sound()
	s.WebURL, s.WebACME = "https://office.example", authority.URL
	f := &folder{path: t.TempDir(), settings: &s}
	var log logged
	serve := func() string {
		plain, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		l, err := f.secure(plain, slog.New(slog.NewTextHandler(&log, nil)))
		must(t, err)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the pages") }), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
		go server.Serve(l)
		t.Cleanup(func() { server.Close() })
		return "https://" + plain.Addr().String()
	}
	address := serve()
	visit := func(name string) (string, error) {
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{ServerName: name, InsecureSkipVerify: true}}}
		answer, err := client.Get(address)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return string(text), err
	}
	for range 2 {
		if _, err := visit("office.example"); err == nil {
			t.Error("a browser came in without a certificate")
		}
	}
	if said := log.String(); asked.Load() == 0 || strings.Count(said, "there is no certificate for the pages") != 1 || !strings.Contains(said, "office.example") {
		t.Errorf("the authority was asked %d times, and the log says %q", asked.Load(), said)
	}
	asked.Store(0)
	if _, err := visit("elsewhere.example"); err == nil || asked.Load() > 0 {
		t.Errorf("for another name the authority was asked %d times (%v)", asked.Load(), err)
	}
	if found := (&patient{folder: f}).acmeCertificate(); found.State != isWarning || !strings.Contains(found.Found, "no certificate for office.example has been had") {
		t.Errorf("the doctor says %+v", found)
	}

	// With one that was had before, the pages are served though it still fails.
	address = serve()
	keepCertificate(t, filepath.Join(f.file(acmeName), "office.example"), "office.example")
	if said, err := visit("office.example"); err != nil || said != "the pages" {
		t.Errorf("with a kept certificate: %q, %v", said, err)
	}
	if found := (&patient{folder: f}).acmeCertificate(); found.State != isOK {
		t.Errorf("the doctor says %+v", found)
	}
	must(t, os.WriteFile(filepath.Join(f.file(acmeName), "office.example"), []byte("nonsense"), 0o600))
	if found := (&patient{folder: f}).acmeCertificate(); found.State != isBad {
		t.Errorf("the doctor says %+v", found)
	}
}

// refusingAuthority is an authority for ACME that asks for the proof of a name and
// then says that it found none.
func refusingAuthority(t *testing.T, why string) (address string) {
	t.Helper()
	var tried atomic.Bool
	mux := http.NewServeMux()
	authority := httptest.NewServer(mux)
	t.Cleanup(authority.Close)
	for path, answer := range map[string]func() (status int, text string){
		"/directory": func() (int, string) {
			return 200, `{"newNonce":"URL/nonce","newAccount":"URL/account","newOrder":"URL/order"}`
		},
		"/nonce":   func() (int, string) { return 200, "" },
		"/account": func() (int, string) { return 201, `{"status":"valid"}` },
		"/order": func() (int, string) {
			return 201, fmt.Sprintf(`{"status":"pending","authorizations":["URL/proof?again=%v"],"finalize":"URL/end"}`, tried.Load())
		},
		"/proof": func() (int, string) {
			return 200, `{"status":"pending","challenges":[{"type":"tls-alpn-01","url":"URL/try","token":"x","status":"pending"}]}`
		},
		"/try": func() (int, string) {
			tried.Store(true)
			return 200, `{"type":"tls-alpn-01","url":"URL/try","token":"x","status":"pending"}`
		},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			status, text := answer()
			if path == "/proof" && tried.Load() && r.URL.Query().Get("again") == "false" {
				text = `{"status":"invalid","challenges":[{"type":"tls-alpn-01","url":"URL/try","token":"x","status":"invalid","error":{"type":"urn:ietf:params:acme:error:connection","detail":"` + why + `"}}]}`
			}
			w.Header().Set("Replay-Nonce", "x")
			w.Header().Set("Location", authority.URL+path+"/1")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.ReplaceAll(text, "URL", authority.URL))
		})
	}
	return authority.URL + "/directory"
}

func TestTheLogSaysWhyAnAuthorityGaveNoCertificate(t *testing.T) {
	s := sound()
	s.WebURL, s.WebACME = "https://office.example", refusingAuthority(t, "192.0.2.7: connection refused")
	f := &folder{path: t.TempDir(), settings: &s}
	var log logged
	config := f.acmeConfig(slog.New(slog.NewTextHandler(&log, nil)))
	hello := &tls.ClientHelloInfo{ServerName: "office.example", SupportedProtos: []string{"http/1.1"}}
	if _, err := config.GetCertificate(hello); err == nil {
		t.Error("there is a certificate")
	}
	if said := log.String(); !strings.Contains(said, "192.0.2.7: connection refused") {
		t.Errorf("the log says %q", said)
	}
}

// logged keeps what several goroutines log.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer // under mu
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// keepCertificate writes a key and a certificate for a name as they are kept.
func keepCertificate(t *testing.T, path, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(80 * 24 * time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	private, err := x509.MarshalECPrivateKey(key)
	must(t, err)
	text := append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})...)
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, text, 0o600))
}

func TestACMENeedsANameAndNoCertificateBesides(t *testing.T) {
	s := sound()
	s.WebURL, s.WebACME = "https://office.example", "https://acme.example/directory"
	if err := s.check(); err != nil || !s.secureWeb() || s.openWeb() {
		t.Errorf("got %v", err)
	}
	for name, change := range map[string]func(s *settings){
		"no web_url":        func(s *settings) { s.WebURL = "" },
		"plain http":        func(s *settings) { s.WebURL = "http://office.example" },
		"a number":          func(s *settings) { s.WebURL = "https://192.0.2.7" },
		"localhost":         func(s *settings) { s.WebURL = "https://localhost" },
		"a certificate too": func(s *settings) { s.WebCertificate, s.WebKey = "a", "b" },
		"no https":          func(s *settings) { s.WebACME = "http://acme.example/directory" },
		"no address":        func(s *settings) { s.WebACME = "letsencrypt" },
	} {
		changed := s
		change(&changed)
		if err := changed.check(); err == nil || !strings.Contains(err.Error(), "web_acme") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
