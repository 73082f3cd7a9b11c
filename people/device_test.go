package people_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// device holds one passkey, as a telephone does, and a browser that says what
// the test wants it to say.
type device struct {
	key    *ecdsa.PrivateKey
	id     []byte // of the passkey
	handle []byte // of the account
	count  uint32 // of signatures; 0 if it does not count
	flags  byte   // of the authenticator data
	origin string // of the page
	party  string // relying party of the page
}

// flags of authenticator data (WebAuthn §6.1).
const (
	present  = 0x01
	verified = 0x04
	keepable = 0x08
	kept     = 0x10
	attested = 0x40
)

func newDevice() *device {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	d := &device{key: key, id: make([]byte, 32), count: 1, flags: present | verified, origin: "https://office.example", party: "office.example"}
	_, _ = rand.Read(d.id)
	return d
}

// asked is what a browser is asked for.
type asked struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
		Exclude []struct {
			ID string `json:"id"`
		} `json:"excludeCredentials"`
		Allow []struct {
			ID string `json:"id"`
		} `json:"allowCredentials"`
		Verification string `json:"userVerification"`
		Selection    struct {
			ResidentKey  string `json:"residentKey"`
			Verification string `json:"userVerification"`
		} `json:"authenticatorSelection"`
	} `json:"publicKey"`
}

func read(t *testing.T, options []byte) (a asked) {
	t.Helper()
	if err := json.Unmarshal(options, &a); err != nil {
		t.Fatalf("%s: %v", options, err)
	}
	return a
}

var b64 = base64.RawURLEncoding.EncodeToString

func text(head byte, s string) []byte { return append([]byte{head | byte(len(s))}, s...) }

func bytesOf(b []byte) []byte {
	return append([]byte{0x59, byte(len(b) >> 8), byte(len(b))}, b...)
}

func (d *device) clientData(kind, challenge string) []byte {
	data, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	return data
}

func (d *device) authData(flags byte) []byte {
	hash := sha256.Sum256([]byte(d.party))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), d.count)
}

// create answers to what begins the making of a passkey.
func (d *device) create(t *testing.T, options []byte) string {
	t.Helper()
	a := read(t, options)
	var err error
	if d.handle, err = base64.RawURLEncoding.DecodeString(a.PublicKey.User.ID); err != nil {
		t.Fatal(err)
	}
	point, err := d.key.PublicKey.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	xy := point.Bytes()[1:]
	// COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, xy[:32]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), xy[32:]...)
	auth := append(d.authData(d.flags|attested), make([]byte, 16)...) // with no AAGUID
	auth = binary.BigEndian.AppendUint16(auth, uint16(len(d.id)))
	auth = append(append(auth, d.id...), cose...)
	// {"fmt": "none", "attStmt": {}, "authData": auth}
	object := append([]byte{0xa3}, text(0x60, "fmt")...)
	object = append(object, text(0x60, "none")...)
	object = append(append(object, text(0x60, "attStmt")...), 0xa0)
	object = append(append(object, text(0x60, "authData")...), bytesOf(auth)...)
	return d.answer(map[string]any{
		"clientDataJSON": b64(d.clientData("webauthn.create", a.PublicKey.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"},
	})
}

// sign answers to what asks for a signature.
func (d *device) sign(t *testing.T, options []byte) string {
	t.Helper()
	client := d.clientData("webauthn.get", read(t, options).PublicKey.Challenge)
	if d.count > 0 {
		d.count++
	}
	auth := d.authData(d.flags)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, auth...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return d.answer(map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(signature), "userHandle": b64(d.handle),
	})
}

func (d *device) answer(response map[string]any) string {
	answer, _ := json.Marshal(map[string]any{
		"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	})
	return string(answer)
}
