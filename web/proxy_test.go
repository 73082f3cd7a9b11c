package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"liaison.example/people"
)

var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.2/32"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::2/128")}

func TestAnAddressIsBelievedOfTrustedProxiesOnly(t *testing.T) {
	for name, row := range map[string]struct {
		from, header string
		lines        http.Header
		want         string
	}{
		"a browser":                        {"192.0.2.9:4711", ForwardedFor, nil, "192.0.2.9:4711"},
		"a browser that lies":              {"192.0.2.9:4711", ForwardedFor, http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "192.0.2.9:4711"},
		"a browser that lies in the other": {"192.0.2.9:4711", Forwarded, http.Header{"Forwarded": {"for=198.51.100.1"}}, "192.0.2.9:4711"},
		"the proxy":                        {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1:0"},
		"the proxy, mapped":                {"[::ffff:10.0.0.2]:80", ForwardedFor, http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1:0"},
		"the proxy over IPv6":              {"[2001:db8::2]:80", ForwardedFor, http.Header{"X-Forwarded-For": {"2001:db8:1::1"}}, "[2001:db8:1::1]:0"},
		"the proxy itself":                 {"10.0.0.2:80", ForwardedFor, nil, "10.0.0.2:0"},
		"a lie before the proxy":           {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"127.0.0.1, 198.51.100.1"}}, "198.51.100.1:0"},
		"a lie in a line of its own":       {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"127.0.0.1", "198.51.100.1"}}, "198.51.100.1:0"},
		"a lie that names the proxy":       {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"10.1.2.3, 198.51.100.1"}}, "198.51.100.1:0"},
		"a lie in the header not used":     {"10.0.0.2:80", ForwardedFor, http.Header{"Forwarded": {"for=127.0.0.1"}, "X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1:0"},
		"only the header not used":         {"10.0.0.2:80", ForwardedFor, http.Header{"Forwarded": {"for=198.51.100.1"}}, "10.0.0.2:0"},
		"two proxies":                      {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"127.0.0.1, 198.51.100.1, 10.1.2.3"}}, "198.51.100.1:0"},
		"nothing but proxies":              {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"10.1.0.1, 10.1.0.2"}}, "10.1.0.1:0"},
		"nonsense before a proxy":          {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"198.51.100.1, unknown, 10.1.2.3"}}, "10.1.2.3:0"},
		"with a port":                      {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"198.51.100.1:999"}}, "198.51.100.1:0"},
		"in brackets":                      {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"[2001:db8:1::1]"}}, "[2001:db8:1::1]:0"},
		"RFC 7239":                         {"10.0.0.2:80", Forwarded, http.Header{"Forwarded": {`for=127.0.0.1, proto=https;For="[2001:db8:1::1]:4711";by=10.0.0.2`}}, "[2001:db8:1::1]:0"},
		"RFC 7239, hidden":                 {"10.0.0.2:80", Forwarded, http.Header{"Forwarded": {`for=127.0.0.1, for=_hidden`}}, "10.0.0.2:0"},
		"RFC 7239, without for":            {"10.0.0.2:80", Forwarded, http.Header{"Forwarded": {`for=127.0.0.1, proto=https`}}, "10.0.0.2:0"},
		"very many hops":                   {"10.0.0.2:80", ForwardedFor, http.Header{"X-Forwarded-For": {"198.51.100.1" + strings.Repeat(", 10.1.0.7", 4000)}}, "10.1.0.7:0"},
	} {
		var got string
		handler := BehindProxies(proxies, row.header, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header = row.from, row.lines
		handler.ServeHTTP(nil, r)
		if got != row.want {
			t.Errorf("%s: got %s, want %s", name, got, row.want)
		}
	}
}

func TestAddressesOfProxiesStandInTheTrailOnlyIfTheyAreTrusted(t *testing.T) {
	h, south := ours(t)
	south.header = http.Header{"X-Forwarded-For": {"198.51.100.1"}}
	for _, row := range []struct {
		trusted []netip.Prefix
		want    string
	}{{nil, "127.0.0.1"}, {proxies, "127.0.0.1"}, {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "198.51.100.1"}} {
		server := h.serve("south")
		server.Config.Handler = BehindProxies(row.trusted, ForwardedFor, server.Config.Handler)
		south.url = server.URL
		token, err := h.nodes["south"].People().NewLink(t.Context(), "duty-officer", 3600e9)
		must(t, err)
		south.post("/sign-in", url.Values{"t": {token}}).want(t, 303)
		lines, err := h.nodes["south"].People().Trail(t.Context(), 0, 1)
		must(t, err)
		if lines[0].Deed != people.SignedIn || lines[0].By.From != row.want {
			t.Errorf("with %v: the trail says %+v, want %s", row.trusted, lines[0], row.want)
		}
	}
}
