package people

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"liaison.example/sqldb"
)

// Key is the secret of the side from which the keys of this package follow. It
// does not stand in the database.
type Key = [32]byte

// seal closes what stands in the database and must be read again, so that the
// database alone does not give it. AES-256-GCM with the name of the account, so
// that nothing that was sealed for one account opens for another.
type seal struct{ aead cipher.AEAD }

// sealedPrefix begins what is sealed; the rest is base64 of nonce and ciphertext.
const sealedPrefix = "sealed:"

func newSeal(key Key) (seal, error) {
	k, err := subkey(key, "seal")
	if err != nil {
		return seal{}, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return seal{}, err
	}
	aead, err := cipher.NewGCM(block)
	return seal{aead}, err
}

// subkey is the key for one use.
func subkey(key Key, use string) ([]byte, error) {
	return hkdf.Key(sha256.New, key[:], nil, "liaison/v1/people/"+use, 32)
}

// close seals a text for an account; an empty one stays empty.
func (s seal) close(account, text string) string {
	if text == "" {
		return ""
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return sealedPrefix + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(text), []byte(account)))
}

var errSealed = errors.New("what is sealed in local.db does not open: it was sealed with other keys of the side, or for another account")

// open reads what close has written.
func (s seal) open(account, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	text, is := strings.CutPrefix(sealed, sealedPrefix)
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if !is || err != nil || len(raw) < s.aead.NonceSize() {
		return "", errSealed
	}
	nonce, cipherText := raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():]
	clear, err := s.aead.Open(nil, nonce, cipherText, []byte(account))
	if err != nil {
		return "", errSealed
	}
	return string(clear), nil
}

// sealAll seals the secrets of codes that an older program has left in clear.
func (p *People) sealAll(ctx context.Context) error {
	return p.db.Update(ctx, func(tx *sqldb.Tx) error {
		clear, err := names(ctx, tx, `
			SELECT name
			FROM account
			WHERE secret <> '' AND SUBSTR(secret, 1, 7) <> 'sealed:' OR new_secret <> '' AND SUBSTR(new_secret, 1, 7) <> 'sealed:'
			ORDER BY name`)
		if err != nil {
			return err
		}
		for _, name := range clear {
			var secret, newSecret string
			if err := tx.QueryRow(ctx, `
				SELECT
					secret,
					new_secret
				FROM account
				WHERE name = $1`, name).Scan(
				&secret,
				&newSecret); err != nil {
				return err
			}
			for _, s := range []*string{&secret, &newSecret} {
				if !strings.HasPrefix(*s, sealedPrefix) {
					*s = p.seal.close(name, *s)
				}
			}
			if _, err := tx.Exec(ctx, `
				UPDATE account
				SET secret = $1, new_secret = $2
				WHERE name = $3`, secret, newSecret, name); err != nil {
				return fmt.Errorf("seal the secret of %s: %w", name, err)
			}
		}
		return nil
	})
}
