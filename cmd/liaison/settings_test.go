package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sound are settings in which nothing is wrong.
func sound() settings {
	s := defaults()
	s.Office, s.Side, s.Name = "kaesong.example", "south", "South"
	return s
}

func TestTrustedProxiesAreAddressesAndNetworks(t *testing.T) {
	s := sound()
	s.TrustedProxies = []string{"10.0.0.2", "10.1.2.3/16", "2001:db8::2"}
	dir := t.TempDir()
	text, err := s.text()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, settingsFile), []byte(text), 0o600))
	read, err := readSettings(filepath.Join(dir, settingsFile))
	must(t, err)
	list, err := read.proxies()
	if got := fmt.Sprint(list); err != nil || got != "[10.0.0.2/32 10.1.0.0/16 2001:db8::2/128]" {
		t.Errorf("got %s, %v", got, err)
	}
	for _, one := range []string{"", "proxy.example", "10.0.0.2:80", "0.0.0.0/0", "::/0", "10.0.0.0/33", "fe80::1%eth0", "::ffff:10.0.0.2"} {
		s.TrustedProxies = []string{one}
		if err := s.check(); err == nil || !strings.Contains(err.Error(), "trusted_proxies") {
			t.Errorf("%q: got %v", one, err)
		}
	}
	s = sound()
	s.ProxyHeader = "X-Real-IP"
	if err := s.check(); err == nil || !strings.Contains(err.Error(), "proxy_header") {
		t.Errorf("another header: got %v", err)
	}
}
