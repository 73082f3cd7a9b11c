package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// The headers in which a proxy says from where it was asked.
const (
	ForwardedFor = "X-Forwarded-For"
	Forwarded    = "Forwarded" // RFC 7239
)

// maxHops is how many addresses of a header are read, from the last one on.
const maxHops = 32

// BehindProxies lets a request that comes from one of the proxies count as coming
// from the address that the header names, for the trail and for slowing who
// guesses. Anybody can write such a header: it is believed only as far as trusted
// proxies have added to it, and from nobody else. The other of the two headers
// never counts, since a proxy that does not write it may pass it on.
func BehindProxies(proxies []netip.Prefix, header string, next http.Handler) http.Handler {
	if len(proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := new(http.Request)
		*asked = *r
		asked.RemoteAddr = askedFrom(proxies, header, r)
		next.ServeHTTP(w, asked)
	})
}

// askedFrom is the nearest address that is not a trusted proxy's, as a RemoteAddr.
// What cannot be read ends the search: then the proxy before it is the client.
func askedFrom(proxies []netip.Prefix, header string, r *http.Request) string {
	trusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	near, ok := readHop(r.RemoteAddr)
	if !ok || !trusted(near) {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values(header), ","), ",")
	for i, hop := range slices.Backward(hops) {
		if len(hops)-i > maxHops {
			break
		}
		if header == Forwarded {
			hop = forwardedFor(hop)
		}
		a, ok := readHop(strings.TrimSpace(hop))
		if !ok {
			break
		}
		if near = a; !trusted(a) {
			break
		}
	}
	return netip.AddrPortFrom(near, 0).String()
}

// forwardedFor is the value of "for" in one element of a Forwarded header.
func forwardedFor(element string) string {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, "for") {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

// readHop reads an address with or without a port.
func readHop(text string) (a netip.Addr, ok bool) {
	if both, err := netip.ParseAddrPort(text); err == nil {
		a = both.Addr()
	} else if a, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}
