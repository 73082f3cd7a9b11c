package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	"liaison.example/ledger"
)

// How far the clock of another side may be from ours, and the alarm that the
// link raises: a little is worth a look, much puts the order of entries in
// doubt.
const (
	clockOff  = 5 * time.Second
	clockWild = 2 * time.Minute
)

func lookAtClock(_ context.Context, p *patient) []finding {
	var findings []finding
	if synced, known := clockSynced(); known && !synced {
		findings = append(findings, warning("Run chrony or systemd-timesyncd.", "no time service is visible: the system does not hold its clock for right"))
	} else if !known {
		findings = append(findings, warning("See yourself that a time service runs.", "whether a time service runs cannot be seen here"))
	}
	compared := 0
	if p.status != nil {
		for _, side := range slices.Sorted(maps.Keys(p.status.Link)) {
			line := p.status.Link[side]
			if line.LastSeen == nil {
				continue
			}
			compared++
			off := time.Duration(line.OffsetMS) * time.Millisecond
			const do = "Compare both clocks with a third, and put the wrong one right."
			switch {
			case off.Abs() > clockWild:
				findings = append(findings, bad(do, "the clock of %s differs from ours by %s", side, off))
			case off.Abs() > clockOff:
				findings = append(findings, warning(do, "the clock of %s differs from ours by %s", side, off))
			}
		}
	}
	switch {
	case len(findings) > 0:
		return findings
	case compared == 0:
		return []finding{ok("a time service holds it; no other side's clock was seen to compare")}
	}
	return []finding{ok("a time service holds it, and it agrees with that of every side that was heard")}
}

// port is an address on which the node listens.
type port struct{ what, setting, address string }

func (p *patient) ports() []port {
	list := []port{{"the server of pages", "web", p.settings.Web}, {"the link", "link", p.settings.Link}}
	if p.settings.Tiles != "" {
		list = append(list, port{"the ledgers for auditors", "tiles", p.settings.Tiles})
	}
	if p.settings.Metrics != "" {
		list = append(list, port{"the measures for Prometheus", "metrics", p.settings.Metrics})
	}
	return list
}

func lookAtPorts(ctx context.Context, p *patient) []finding {
	var findings []finding
	for _, l := range p.ports() {
		if p.stands() {
			listener, err := listen(l.address, l.what)
			if err != nil {
				findings = append(findings, bad(fmt.Sprintf("Stop the other program, or set another address for %q.", l.setting), "%v", err))
				continue
			}
			listener.Close()
			findings = append(findings, ok("%s can listen on %s", l.what, l.address))
			continue
		}
		if err := dialAddress(ctx, reachable(l.address)); err != nil {
			findings = append(findings, bad("Look into the node's log. If it was started with other addresses than those in liaison.toml, look there.", "%s does not answer on %s: %v", l.what, l.address, err))
			continue
		}
		findings = append(findings, ok("%s answers on %s", l.what, l.address))
	}
	return findings
}

// reachable is an address at which a listener of this machine is reached.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// dialTime is how long a connection may take.
const dialTime = 5 * time.Second

// dialAddress makes a TCP connection and closes it.
func dialAddress(ctx context.Context, address string) error {
	c, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return c.Close()
}

// soonExpires is how long before its end a certificate of the pages is worth a
// word.
const soonExpires = 21 * 24 * time.Hour

func lookAtCertificates(ctx context.Context, p *patient) []finding {
	var findings []finding
	if p.noKeys == nil {
		findings = append(findings, p.linkCertificate(ctx))
	}
	if p.settings.WebCertificate != "" {
		findings = append(findings, p.webCertificate())
	}
	if p.settings.WebACME != "" {
		findings = append(findings, p.acmeCertificate())
	}
	if len(findings) == 0 {
		return []finding{ok("not looked at: the keys cannot be read")}
	}
	return findings
}

// linkCertificate holds the link key against the charter, and against what the
// running node shows.
func (p *patient) linkCertificate(ctx context.Context) finding {
	key := p.keys.LinkKeyHash()
	const do = "Bring the right link.key back from a backup, and start the node again. The other sides refuse any other key."
	chartered, err := p.chartered(ctx)
	if err != nil && p.settings.Database != "" {
		return bad(seeToServer, "not looked at: the charter cannot be read from the database")
	}
	if err != nil {
		return bad(remedies[ledgerFile], "the charter cannot be read: %v", err)
	}
	if chartered != "" && chartered != key {
		return bad(do, "the link key is not the one in the charter")
	}
	if p.status != nil {
		shown, err := shownKey(ctx, reachable(p.settings.Link))
		if err != nil {
			return bad("Look into the node's log.", "the link on %s shows no certificate: %v", p.settings.Link, err)
		}
		if shown != key {
			return bad(do, "what answers on %s shows another key than the one in the folder", p.settings.Link)
		}
		return ok("the link shows the key that the other sides know")
	}
	if chartered == "" {
		return ok("the link key is not yet in a charter")
	}
	return ok("the link key is the one in the charter")
}

// errSeen ends a handshake when the certificate was seen: the node hears no key
// of ours, and raises no alarm.
var errSeen = errors.New("seen")

// shownKey is the hash of the key of whoever answers at an address.
func shownKey(ctx context.Context, address string) (hash string, err error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"},
		InsecureSkipVerify: true, // only the key is looked at
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) > 0 {
				hash = ledger.HashLinkKey(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
			}
			return errSeen
		},
	}}
	_, err = d.DialContext(ctx, "tcp", address)
	if hash != "" {
		return hash, nil
	}
	return "", err
}

func (p *patient) webCertificate() finding {
	const do = "Put a valid certificate chain and its key where web_certificate and web_key say, and start the node again."
	pair, err := p.webPair()
	if err != nil {
		return bad(do, "the certificate of the pages: %v", err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return bad(do, "the certificate of the pages: %v", err)
	}
	return certificateEnds(do, leaf)
}

// certificateEnds tells until when a certificate of the pages is valid.
func certificateEnds(do string, leaf *x509.Certificate) finding {
	left := time.Until(leaf.NotAfter)
	switch {
	case left < 0:
		return bad(do, "the certificate of the pages has ended on %s", stamp(leaf.NotAfter))
	case left < soonExpires:
		return warning(do, "the certificate of the pages ends on %s", stamp(leaf.NotAfter))
	}
	return ok("the certificate of the pages is valid until %s", stamp(leaf.NotAfter))
}

// lineReasons says why a line is down, by the codes of package link.
var lineReasons = map[string]string{
	"not-yet":      "nothing was heard since the node started",
	"unreachable":  "no connection",
	"timeout":      "connected, and no answer in time",
	"wrong-key":    "whoever answers there does not have its key",
	"not-admitted": "it does not know our key: has it admitted this side?",
	"bad-answer":   "its answer has not the form that it must have",
	"silent":       "it has not called for a while",
	"cut":          "cut by our own switch",
}

func lookAtLines(ctx context.Context, p *patient) []finding {
	admitted, err := p.admitted()
	if err != nil || len(admitted) == 0 {
		return []finding{ok("no side is admitted yet")}
	}
	var findings []finding
	for _, c := range admitted {
		address := c.Address
		if own := p.settings.Dial[c.Side]; own != "" {
			address = own
		}
		const do = "Telephone them: does their node run, and may this machine reach that address? What is said meanwhile waits, and is not lost."
		if p.status != nil {
			line := p.status.Link[c.Side]
			switch {
			case line.Halted != "":
				findings = append(findings, bad("See the alarms.", "%s: its ledger is no longer taken: %s", c.Side, line.Halted))
				continue
			case line.State == "up":
				findings = append(findings, ok("%s: up since %s, %d entries without receipt", c.Side, stamp(line.Since), line.Waiting))
				continue
			}
			reason, known := lineReasons[line.Why]
			if !known {
				reason = line.Why
			}
			findings = append(findings, bad(do, "%s: down since %s: %s; at %s %s", c.Side, stamp(line.Since), reason, address, answers(ctx, address)))
			continue
		}
		if err := dialAddress(ctx, address); err != nil {
			findings = append(findings, bad(do, "%s does not answer on %s: %v", c.Side, address, err))
			continue
		}
		findings = append(findings, ok("%s answers on %s", c.Side, address))
	}
	return findings
}

// answers says whether anybody takes a connection at an address.
func answers(ctx context.Context, address string) string {
	if err := dialAddress(ctx, address); err != nil {
		return "nobody answers"
	}
	return "somebody answers"
}
