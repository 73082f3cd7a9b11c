// Package seal closes what stands in local.db and must be read again, such as the
// secrets that are shared with a telephone or a program, so that the database alone
// does not give it. The key follows from the keys of the side and does not stand in
// the database.
//
// What holds:
//
//   - What was sealed for one owner opens for no other, and what one package has
//     sealed opens in no other.
//   - What was sealed with other keys of the side, or changed since, does not open;
//     it never opens to something else.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Key is the secret of the side from which the keys of seals follow.
type Key = [32]byte

// Seal closes and opens texts: AES-256-GCM, with the name of the owner.
type Seal struct{ aead cipher.AEAD }

// prefix begins what is sealed; the rest is base64 of nonce and ciphertext.
const prefix = "sealed:"

// New is the seal of one package of ours. Its key may never change.
func New(key Key, pkg string) (Seal, error) {
	k, err := hkdf.Key(sha256.New, key[:], nil, "liaison/v1/"+pkg+"/seal", 32)
	if err != nil {
		return Seal{}, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return Seal{}, err
	}
	aead, err := cipher.NewGCM(block)
	return Seal{aead}, err
}

// Close seals a text for an owner; an empty one stays empty.
func (s Seal) Close(owner, text string) string {
	if text == "" {
		return ""
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return prefix + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(text), []byte(owner)))
}

// Open reads what Close has written, if it was for this owner and with this key.
func (s Seal) Open(owner, sealed string) (text string, opens bool) {
	if sealed == "" {
		return "", true
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(sealed, prefix))
	if err != nil || !Is(sealed) || len(raw) < s.aead.NonceSize() {
		return "", false
	}
	nonce, cipherText := raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():]
	clear, err := s.aead.Open(nil, nonce, cipherText, []byte(owner))
	return string(clear), err == nil
}

// Is reports whether a text is a sealed one.
func Is(text string) bool { return strings.HasPrefix(text, prefix) }
