package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
)

// guard says which addresses may be connected to. What a person or another machine
// has named must not lead into the network of the side.
type guard struct {
	private  bool // any address
	loopback bool // this machine, where the address names it by itself
}

// allowed reports whether a host may be at an address.
func (g guard) allowed(host string, ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap() // no prefix holds an address with a zone
	if g.private || g.loopback && isLoopback(host) && ip.IsLoopback() {
		return true
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !insidePrefix(ip)
}

// inside are addresses that look public and lead into somebody's own network.
var inside = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), // shared by providers, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), // for measuring, RFC 2544
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("64:ff9b::/96"), // IPv4 in IPv6, RFC 6052
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("2001::/32"),       // Teredo
	netip.MustParsePrefix("::/96"),           // IPv4 in IPv6 as it was once
	netip.MustParsePrefix("::ffff:0:0:0/96"), // IPv4 translated, RFC 2765
	netip.MustParsePrefix("192.88.99.0/24"),  // relays of 6to4
	netip.MustParsePrefix("fec0::/10"),       // of a site
	netip.MustParsePrefix("2001:db8::/32"),   // for documents
}

func insidePrefix(ip netip.Addr) bool {
	for _, p := range inside {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// dial looks up the host once and connects to the first of its addresses that is
// allowed.
func (g guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if g.allowed(host, ip) {
			var d net.Dialer
			return d.DialContext(ctx, network, net.JoinHostPort(ip.Unmap().String(), port))
		}
	}
	return nil, errPrivate
}

var errPrivate = errors.New("its address is a private one, which was not allowed")

// client asks an address through the guard: no redirects, no proxy, and nothing is
// kept open.
func (g guard) client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DialContext: g.dial, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// without takes the address out of an error of the client: it may hold a secret.
func without(err error) error {
	if u, is := errors.AsType[*url.Error](err); is {
		return u.Err
	}
	return err
}
