package ledger

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// SeedSize is the size of a recovery key in bytes.
const SeedSize = 32

// Keys are the three private keys of a side. They follow from one seed, the
// recovery key, which is printed once and locked away, and is not kept on the
// node.
type Keys struct {
	office, side string
	ledger       ed25519.PrivateKey // signs the checkpoints of the side's own ledger
	cosigner     ed25519.PrivateKey // cosigns the checkpoints of the others'
	link         ed25519.PrivateKey // proves the node to other nodes on the link

	ledgerVerifier, cosignerVerifier *noteVerifier
}

// NewSeed makes a new recovery key.
func NewSeed() [SeedSize]byte {
	var seed [SeedSize]byte
	rand.Read(seed[:])
	return seed
}

// DeriveKeys makes the keys of a side from its recovery key, with HKDF (RFC
// 5869, SHA-256) and the info "liaison/v1/<use>/<office>/<side>", where use is
// ledger, cosigner or link. The same recovery key always gives the same keys.
func DeriveKeys(seed [SeedSize]byte, office, side string) (*Keys, error) {
	var keys [3]ed25519.PrivateKey
	for i, use := range []string{"ledger", "cosigner", "link"} {
		secret, err := hkdf.Key(sha256.New, seed[:], nil, "liaison/v1/"+use+"/"+office+"/"+side, ed25519.SeedSize)
		if err != nil {
			return nil, fmt.Errorf("derive the %s key: %w", use, err)
		}
		keys[i] = ed25519.NewKeyFromSeed(secret)
	}
	return newKeys(office, side, keys[0], keys[1], keys[2]), nil
}

func newKeys(office, side string, ledger, cosigner, link ed25519.PrivateKey) *Keys {
	return &Keys{
		office: office, side: side, ledger: ledger, cosigner: cosigner, link: link,
		ledgerVerifier:   newVerifier(Origin(office, side), algEd25519, ledger.Public().(ed25519.PublicKey)),
		cosignerVerifier: newVerifier(CosignerName(office, side), algCosignature, cosigner.Public().(ed25519.PublicKey)),
	}
}

// LocalKey is the secret with which the node seals what is its side's own affair
// in its databases. It follows from the ledger key, and so comes back with the
// recovery key: HKDF as above, from the seed of the ledger key, with the use
// "local".
func (k *Keys) LocalKey() (secret [32]byte) {
	key, err := hkdf.Key(sha256.New, k.ledger.Seed(), nil, "liaison/v1/local/"+k.office+"/"+k.side, len(secret))
	if err != nil {
		panic("ledger: a key of 32 bytes cannot be derived: " + err.Error())
	}
	copy(secret[:], key)
	return secret
}

// Party gives the public keys.
func (k *Keys) Party() Party {
	return Party{Side: k.side, Key: k.ledgerVerifier.vkey(), CosignerKey: k.cosignerVerifier.vkey()}
}

// sign makes the signed checkpoint of the side's own ledger.
func (k *Keys) sign(c *checkpoint) {
	body := c.body()
	signature := ed25519.Sign(k.ledger, []byte(body))
	k.ledgerVerifier.made.Store(&signedText{body, string(signature)})
	c.note = []byte(body + "\n" + signatureLine(k.ledgerVerifier.name, k.ledgerVerifier.hash, signature))
}

// cosign makes the note with the log's signatures as they came and this side's
// cosignature at the end.
func (k *Keys) cosign(c *checkpoint, at time.Time) []byte {
	seconds := uint64(at.Unix())
	signature := binary.BigEndian.AppendUint64(nil, seconds)
	signature = append(signature, ed25519.Sign(k.cosigner, cosignatureText(seconds, c.body()))...)
	return append(c.note[:len(c.note):len(c.note)], signatureLine(k.cosignerVerifier.name, k.cosignerVerifier.hash, signature)...)
}

// SignNote signs a text as the side, with its ledger key. The text must not
// look like a checkpoint; credences are signed so.
func (k *Keys) signNote(text string) []byte {
	return []byte(text + "\n" + signatureLine(k.ledgerVerifier.name, k.ledgerVerifier.hash, ed25519.Sign(k.ledger, []byte(text))))
}

// LinkCertificate makes a self-signed certificate for the link. Other nodes
// look at the public key in it and nothing else.
func (k *Keys) LinkCertificate() (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: Origin(k.office, k.side)},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(nil, template, template, k.link.Public(), k.link)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the link certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k.link}, nil
}

// LinkKeyHash is the base64 SHA-256 of the link key's SubjectPublicKeyInfo, by
// which other nodes know this one.
func (k *Keys) LinkKeyHash() string {
	spki, err := x509.MarshalPKIXPublicKey(k.link.Public())
	if err != nil {
		panic("ledger: an Ed25519 public key cannot be encoded: " + err.Error())
	}
	return HashLinkKey(spki)
}

// HashLinkKey is the form in which link keys stand in credences and the
// charter: the base64 SHA-256 of the SubjectPublicKeyInfo in a certificate.
func HashLinkKey(subjectPublicKeyInfo []byte) string {
	sum := sha256.Sum256(subjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// keyFiles are the files of a key folder, in the order of newKeys.
var keyFiles = [3]string{"ledger.key", "cosigner.key", "link.key"}

// Save writes the keys as PEM files that only their owner can read. It refuses
// to overwrite any.
func (k *Keys) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the key folder: %w", err)
	}
	for i, key := range []ed25519.PrivateKey{k.ledger, k.cosigner, k.link} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return fmt.Errorf("encode %s: %w", keyFiles[i], err)
		}
		block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		f, err := os.OpenFile(filepath.Join(dir, keyFiles[i]), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("write a key: %w", err)
		}
		_, err = f.Write(block)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("write %s: %w", keyFiles[i], err)
		}
	}
	return nil
}

// LoadKeys reads the keys that Save wrote.
func LoadKeys(dir, office, side string) (*Keys, error) {
	var keys [3]ed25519.PrivateKey
	for i, name := range keyFiles {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("the key %s is missing", path)
		}
		if err != nil {
			return nil, fmt.Errorf("read a key: %w", err)
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, fmt.Errorf("%s is not a PEM file", path)
		}
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		key, ok := parsed.(ed25519.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("%s is not an Ed25519 key", path)
		}
		keys[i] = key
	}
	return newKeys(office, side, keys[0], keys[1], keys[2]), nil
}

// recoveryAlphabet is Crockford's base 32: no I, L, O or U, which are easily
// misread on paper.
var recoveryAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// recoveryCheck is the number of check bytes at the end of a recovery key.
const recoveryCheck = 3

// FormatRecoveryKey writes a recovery key for paper: 14 groups of four
// characters, the last of which check the others.
func FormatRecoveryKey(seed [SeedSize]byte) string {
	sum := sha256.Sum256(seed[:])
	text := recoveryAlphabet.EncodeToString(append(seed[:], sum[:recoveryCheck]...))
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(append(groups, text), "-")
}

// ParseRecoveryKey reads what FormatRecoveryKey wrote, with any spacing, in
// either case, and with the usual misreadings (O for 0, I and L for 1) put
// right.
func ParseRecoveryKey(text string) (seed [SeedSize]byte, err error) {
	clean := strings.Map(func(r rune) rune {
		switch r {
		case '-', ' ', '\t', '\n', '\r':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(text))
	raw, err := recoveryAlphabet.DecodeString(clean)
	if err != nil || len(raw) != SeedSize+recoveryCheck {
		return seed, errors.New("a recovery key has 14 groups of four letters and digits")
	}
	sum := sha256.Sum256(raw[:SeedSize])
	if string(sum[:recoveryCheck]) != string(raw[SeedSize:]) {
		return seed, errors.New("the recovery key has a mistake in it: its check characters do not fit")
	}
	return [SeedSize]byte(raw[:SeedSize]), nil
}
