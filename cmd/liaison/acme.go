package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// acmeName is the folder of the certificates that were had by ACME, and their
// keys. What is lost of it is had again.
const acmeName = "acme"

// acmeHost is the name for which certificates are had.
func (s *settings) acmeHost() string {
	u, err := url.Parse(s.WebURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func (s *settings) checkACME() error {
	if s.WebACME == "" {
		return nil
	}
	if s.WebCertificate != "" {
		return errors.New("web_acme and web_certificate do not go together")
	}
	if u, err := url.Parse(s.WebACME); err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("web_acme: %q is not an address such as https://acme.example/directory", s.WebACME)
	}
	if host := s.acmeHost(); !s.secureWeb() || host == "" || host == "localhost" || net.ParseIP(host) != nil {
		return errors.New("web_acme: web_url must begin with https and a name, for which the certificate is to be")
	}
	return nil
}

// acmeConfig has the certificate of the pages from an authority when a browser
// first asks for it, and anew a month before it ends. That the authority cannot be
// reached keeps browsers out while there is no certificate, and nothing else; it is
// logged at most once a minute.
func (f *folder) acmeConfig(log *slog.Logger) *tls.Config {
	host := f.settings.acmeHost()
	var says authorityAnswers
	manager := &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(f.file(acmeName)), HostPolicy: autocert.HostWhitelist(host),
		Client: &acme.Client{DirectoryURL: f.settings.WebACME, HTTPClient: &http.Client{Transport: &says}},
	}
	var mu sync.Mutex
	var told time.Time
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1", acme.ALPNProto},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			certificate, err := manager.GetCertificate(hello)
			if err == nil || hello.ServerName != host { // anybody may ask for other names
				return certificate, err
			}
			mu.Lock()
			defer mu.Unlock()
			if now := clock(); now.Sub(told) >= time.Minute {
				told = now
				log.Warn("there is no certificate for the pages, so browsers cannot reach them", "name", host, "authority", f.settings.WebACME, "error", err, "found", says.take())
			}
			return nil, err
		},
	}
}

// authorityAnswers asks an authority and keeps what it last found wrong when it
// looked for the proof of a name: autocert goes on to the next way of proving it,
// and when there is none says only that.
type authorityAnswers struct {
	mu    sync.Mutex
	found string // under mu
}

// maxACME bounds what is read of an answer here, in bytes.
const maxACME = 1 << 20

func (a *authorityAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxACME))
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(text))
	var proof struct { // RFC 8555 §7.1.4
		Challenges []struct{ Error struct{ Detail string } }
	}
	if json.Unmarshal(text, &proof) == nil {
		for _, c := range proof.Challenges {
			if c.Error.Detail != "" {
				a.mu.Lock()
				a.found = c.Error.Detail
				a.mu.Unlock()
			}
		}
	}
	return answer, nil
}

// take returns what was found wrong since it was last asked.
func (a *authorityAnswers) take() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	found := a.found
	a.found = ""
	return found
}

func (p *patient) acmeCertificate() finding {
	host := p.settings.acmeHost()
	const do = "See that the authority in web_acme can be reached, and that port 443 of the name in web_url leads to the pages from everywhere; the log of the node says what it answered."
	text, err := os.ReadFile(filepath.Join(p.file(acmeName), host))
	if err != nil {
		return warning(do, "no certificate for %s has been had from %s yet; it is asked for when a browser first comes", host, p.settings.WebACME)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			break
		}
		return certificateEnds(do, leaf)
	}
	return bad("Remove this file; the certificate is then had again.", "the certificate of the pages in %s cannot be read", filepath.Join(p.file(acmeName), host))
}
