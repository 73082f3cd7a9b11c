package people

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"liaison.example/seal"
	"liaison.example/sqldb"
)

// Key is the secret of the side from which the keys of this package follow. It
// does not stand in the database.
type Key = seal.Key

// subkey is the key for one use.
func subkey(key Key, use string) ([]byte, error) {
	return hkdf.Key(sha256.New, key[:], nil, "liaison/v1/people/"+use, 32)
}

var errSealed = errors.New("what is sealed in local.db does not open: it was sealed with other keys of the side, or for another account")

// unseal opens secrets that were sealed for an account, where they stand.
func (p *People) unseal(account string, secrets ...*string) error {
	for _, s := range secrets {
		text, opens := p.seal.Open(account, *s)
		if !opens {
			return errSealed
		}
		*s = text
	}
	return nil
}

// sealAll seals the secrets of codes that an older program has left in clear, so
// that nothing is left of them in the file.
func (p *People) sealAll(ctx context.Context) error {
	var clear []string
	err := p.db.Update(ctx, func(tx *sqldb.Tx) (err error) {
		clear, err = names(ctx, tx, `
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
				if !seal.Is(*s) {
					*s = p.seal.Close(name, *s)
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
	if err == nil && len(clear) > 0 {
		err = p.db.EmptyWAL(ctx)
	}
	return err
}
