package bench

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// floorKeys is the floor's one key: both processes sign with it, and each
// accepts only a peer with it, so that TLS does the work of pinned keys.
type floorKeys struct {
	Seed        []byte
	Certificate []byte // DER, signed by the key itself
}

func newFloorKeys() (floorKeys, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return floorKeys{}, fmt.Errorf("make the floor's key: %w", err)
	}
	now := time.Now()
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "floor"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(48 * time.Hour), DNSNames: []string{"floor"}}
	der, err := x509.CreateCertificate(rand.Reader, about, about, public, private)
	if err != nil {
		return floorKeys{}, fmt.Errorf("make the floor's certificate: %w", err)
	}
	return floorKeys{Seed: private.Seed(), Certificate: der}, nil
}

// floorSigner is floorKeys made ready for use.
type floorSigner struct {
	floorKeys
	private ed25519.PrivateKey
	public  ed25519.PublicKey
}

func (k floorKeys) signer() (floorSigner, error) {
	if len(k.Seed) != ed25519.SeedSize {
		return floorSigner{}, errors.New("the floor's key has a wrong length")
	}
	s := floorSigner{floorKeys: k, private: ed25519.NewKeyFromSeed(k.Seed)}
	s.public = ed25519.PublicKey(s.private[ed25519.SeedSize:])
	return s, nil
}

func (s floorSigner) sign(message []byte) []byte { return ed25519.Sign(s.private, message) }

// receipt signs that a message was stored.
func (s floorSigner) receipt(message []byte) []byte {
	sum := sha256.Sum256(message)
	return s.sign(sum[:])
}

// received checks what receipt made.
func (s floorSigner) received(message, receipt []byte) error {
	sum := sha256.Sum256(message)
	if !ed25519.Verify(s.public, sum[:], receipt) {
		return errFloorSignature
	}
	return nil
}

var errFloorSignature = errors.New("the signature is wrong")

// open checks the signature before packed rows and unpacks them.
func (s floorSigner) open(message []byte) ([][]byte, error) {
	if len(message) < ed25519.SignatureSize {
		return nil, errPacked
	}
	signature, packed := message[:ed25519.SignatureSize], message[ed25519.SignatureSize:]
	if !ed25519.Verify(s.public, packed, signature) {
		return nil, errFloorSignature
	}
	return unpackRows(packed)
}

// tls returns the configuration of either end: TLS 1.3, both ends with a
// certificate, the peer's key pinned.
func (s floorSigner) tls() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		Certificates:       []tls.Certificate{{Certificate: [][]byte{s.Certificate}, PrivateKey: s.private}},
		ClientAuth:         tls.RequireAnyClientCert,
		InsecureSkipVerify: true, //nolint:gosec // VerifyPeerCertificate pins the peer's key
		VerifyPeerCertificate: func(certificates [][]byte, _ [][]*x509.Certificate) error {
			if len(certificates) == 0 || subtle.ConstantTimeCompare(certificates[0], s.Certificate) != 1 {
				return errors.New("not the floor's other end")
			}
			return nil
		},
	}
}
