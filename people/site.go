package people

import (
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Site is where browsers reach the pages. A passkey is bound to the name of the
// machine in it: made at one, it opens no other.
type Site struct {
	Origin string // such as "https://office.example:8410"
	party  *webauthn.WebAuthn
}

// NewSite returns the site of the pages at an address, under the name by which
// devices show it. It refuses with passkey-address if browsers have no passkeys
// there: they want https and a name, or localhost. Where the address is the
// number of this machine itself, the site is localhost.
func NewSite(name, address string) (*Site, error) {
	refused := refuse("passkey-address", "address", clip(address))
	u, err := url.Parse(address)
	if err != nil {
		return nil, refused
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if host == "" {
		return nil, refused
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() && u.Scheme == "http" {
		host = "localhost"
	}
	here := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return nil, refused
	}
	origin := u.Scheme + "://" + host
	if port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		origin += ":" + port
	}
	required := true
	party, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: []string{origin},
		// The device holds the passkey with the account, so that no name is typed,
		// and asks for finger, face or number, so that having it is not enough.
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: &required,
			UserVerification: protocol.VerificationRequired,
		},
		// Some keepers of passkeys tell more than they were asked.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, refused
	}
	return &Site{origin, party}, nil
}
