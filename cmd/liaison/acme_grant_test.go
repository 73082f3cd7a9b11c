package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
)

// authority gives certificates by ACME (RFC 8555), once it has seen the proof of the
// name at an address (tls-alpn-01, RFC 8737).
type authority struct {
	t       *testing.T
	url     string
	pages   string // where the proof is looked for
	key     *ecdsa.PrivateKey
	root    *x509.Certificate
	mu      sync.Mutex
	account crypto.PublicKey // under mu, as all below
	proved  bool
	chain   []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	var err error
	a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Authority of the test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour * 24 * 90),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &a.key.PublicKey, a.key)
	must(t, err)
	a.root, err = x509.ParseCertificate(der)
	must(t, err)
	server := httptest.NewServer(http.HandlerFunc(a.answer))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *authority) answer(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var signed struct{ Protected, Payload string }
	_ = json.NewDecoder(r.Body).Decode(&signed)
	protected, _ := base64.RawURLEncoding.DecodeString(signed.Protected)
	payload, _ := base64.RawURLEncoding.DecodeString(signed.Payload)
	state := map[bool]string{true: "valid", false: "pending"}[a.proved]
	order := `{"status":"` + map[bool]string{true: "ready", false: "pending"}[a.proved] + `","authorizations":["URL/proof"],"finalize":"URL/end"}`
	if a.chain != nil {
		order = `{"status":"valid","authorizations":["URL/proof"],"finalize":"URL/end","certificate":"URL/certificate"}`
	}
	challenge := `{"type":"tls-alpn-01","url":"URL/try","token":"a-token","status":"` + state + `"}`
	status, location, text := 200, "", ""
	switch r.URL.Path {
	case "/directory":
		text = `{"newNonce":"URL/nonce","newAccount":"URL/account","newOrder":"URL/orders"}`
	case "/nonce":
	case "/account":
		var head struct{ JWK struct{ X, Y string } }
		_ = json.Unmarshal(protected, &head)
		x, _ := base64.RawURLEncoding.DecodeString(head.JWK.X)
		y, _ := base64.RawURLEncoding.DecodeString(head.JWK.Y)
		var err error
		if a.account, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y)); err != nil {
			a.t.Errorf("the key of the account: %v", err)
		}
		status, location, text = 201, "/account/1", `{"status":"valid"}`
	case "/orders":
		status, location, text = 201, "/order", order
	case "/order":
		text = order
	case "/proof":
		text = `{"status":"` + state + `","identifier":{"type":"dns","value":"office.example"},"challenges":[` + challenge + `]}`
	case "/try":
		if err := a.look(); err != nil {
			a.t.Errorf("the proof of the name: %v", err)
		}
		a.proved, text = true, challenge
	case "/end":
		var asked struct{ CSR string }
		_ = json.Unmarshal(payload, &asked)
		if err := a.certify(asked.CSR); err != nil {
			a.t.Errorf("make the certificate: %v", err)
		}
		location, text = "/order", `{"status":"valid","authorizations":["URL/proof"],"finalize":"URL/end","certificate":"URL/certificate"}`
	case "/certificate":
		text = string(a.chain)
	}
	w.Header().Set("Replay-Nonce", "x")
	if location != "" {
		w.Header().Set("Location", a.url+location)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strings.ReplaceAll(text, "URL", a.url))
}

// look looks for the proof: a certificate of the name with the hash of the token and
// of the account's key, shown to who speaks acme-tls/1.
func (a *authority) look() error {
	c, err := tls.Dial("tcp", a.pages, &tls.Config{ServerName: "office.example", NextProtos: []string{acme.ALPNProto}, InsecureSkipVerify: true})
	if err != nil {
		return err
	}
	defer c.Close()
	thumb, err := acme.JWKThumbprint(a.account)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte("a-token." + thumb))
	for _, e := range c.ConnectionState().PeerCertificates[0].Extensions {
		if e.Id.String() == "1.3.6.1.5.5.7.1.31" && bytes.Equal(e.Value, append([]byte{4, 32}, sum[:]...)) {
			return nil
		}
	}
	return errors.New("it is not there")
}

func (a *authority) certify(csr string) error {
	der, err := base64.RawURLEncoding.DecodeString(csr)
	if err != nil {
		return err
	}
	asked, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return err
	}
	if fmt.Sprint(asked.DNSNames) != "[office.example]" {
		return fmt.Errorf("it is for %v", asked.DNSNames)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: asked.DNSNames, NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(80 * 24 * time.Hour)}
	if der, err = x509.CreateCertificate(rand.Reader, leaf, a.root, asked.PublicKey, a.key); err != nil {
		return err
	}
	for _, der := range [][]byte{der, a.root.Raw} {
		a.chain = append(a.chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return nil
}

// visited serves pages as the settings say, and gets one with only this root trusted.
func visited(t *testing.T, f *folder, root *x509.Certificate, at func(address string)) (string, error) {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	at(plain.Addr().String())
	l, err := f.secure(plain, slog.New(slog.NewTextHandler(t.Output(), nil)))
	must(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the pages") }), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	roots := x509.NewCertPool()
	roots.AddCert(root)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{ServerName: "office.example", RootCAs: roots}}}
	answer, err := client.Get("https://" + plain.Addr().String())
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func TestACertificateIsHadFromAnAuthorityAndKept(t *testing.T) {
	a := newAuthority(t)
	s := sound()
	s.WebURL, s.WebACME = "https://office.example", a.url+"/directory"
	f := &folder{path: t.TempDir(), settings: &s}
	if said, err := visited(t, f, a.root, func(at string) { a.pages = at }); err != nil || said != "the pages" {
		t.Fatalf("the pages say %q: %v", said, err)
	}
	if found := (&patient{folder: f}).acmeCertificate(); found.State != isOK {
		t.Errorf("the doctor says %+v", found)
	}
	// It is kept: after a start the authority is not asked again.
	a.mu.Lock()
	a.proved, a.chain = false, nil
	a.mu.Unlock()
	if said, err := visited(t, f, a.root, func(string) {}); err != nil || said != "the pages" {
		t.Errorf("after a start the pages say %q: %v", said, err)
	}
	if a.chain != nil {
		t.Error("another certificate was asked for")
	}
}

func TestPagesAreServedWithOwnCertificateFiles(t *testing.T) {
	a := newAuthority(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"office.example"}}, key)
	must(t, err)
	must(t, a.certify(base64.RawURLEncoding.EncodeToString(csr)))
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	s := sound()
	s.WebCertificate, s.WebKey = "web.pem", "web.key"
	f := &folder{path: t.TempDir(), settings: &s}
	if _, err := f.secure(nil, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("pages are served without the certificate that the settings name")
	}
	must(t, os.WriteFile(f.file("web.pem"), a.chain, 0o600))
	must(t, os.WriteFile(f.file("web.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	if said, err := visited(t, f, a.root, func(string) {}); err != nil || said != "the pages" {
		t.Errorf("the pages say %q: %v", said, err)
	}
}
