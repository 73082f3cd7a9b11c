package link

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
)

// The link trusts keys, not names: each side's credence carries the SHA-256 of
// the SubjectPublicKeyInfo of its link key, and that is all that is looked at
// in a certificate. There is no authority, no expiry and no revocation list; a
// key is changed by a new charter (spec/link.md §1).

// keyHash is the hash by which a side's key is known, in base64.
func keyHash(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// wrongKey says that the node at the other end does not have the key it must.
type wrongKey struct {
	hash   string
	caller bool // it called us
}

func (e *wrongKey) Error() string {
	if e.caller {
		return fmt.Sprintf("no side has the key %s of the caller", e.hash)
	}
	return fmt.Sprintf("the node that answers has the key %s, which is not the side's", e.hash)
}

// presented is the hash of the key that the other end has proven to hold.
func presented(state tls.ConnectionState) (string, error) {
	if len(state.PeerCertificates) == 0 {
		return "", errors.New("no certificate was presented")
	}
	return keyHash(state.PeerCertificates[0]), nil
}

// callerTLS is the configuration for calling the side with the given key.
func callerTLS(own tls.Certificate, key string) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{own},
		NextProtos:             []string{"http/1.1"},
		SessionTicketsDisabled: true,
		// The names and dates in the certificate mean nothing; VerifyConnection
		// checks the key, which the handshake proves.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			hash, err := presented(state)
			if err == nil && hash != key {
				err = &wrongKey{hash: hash}
			}
			return err
		},
	}
}

// answererTLS is the configuration for being called. known says whether a key
// is that of a side.
func answererTLS(own tls.Certificate, known func(key string) bool) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{own},
		NextProtos:             []string{"http/1.1"},
		SessionTicketsDisabled: true,
		ClientAuth:             tls.RequireAnyClientCert, // VerifyConnection checks the key
		VerifyConnection: func(state tls.ConnectionState) error {
			hash, err := presented(state)
			if err == nil && !known(hash) {
				err = &wrongKey{hash: hash, caller: true}
			}
			return err
		},
	}
}

// whyNoAnswer tells why a call brought no answer, from its error.
func whyNoAnswer(err error) Why {
	var wrong *wrongKey
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &wrong):
		return WhyWrongKey
	case errors.As(err, &op) && op.Op == "remote error":
		return WhyNotAdmitted // its TLS has refused our key
	case errors.Is(err, errMessage):
		return WhyBadAnswer
	case errors.As(err, &timeout) && timeout.Timeout():
		return WhyTimeout
	}
	return WhyUnreachable
}
