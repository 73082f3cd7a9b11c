package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"liaison.example/seal"
	"liaison.example/sqldb"
)

// errSealed says why a webhook whose secret does not open is told nothing.
var errSealed = errors.New("its secret was sealed with other keys of this side: remove the webhook and add it again")

// closeSecret seals the secret of a webhook, for it alone.
func (n *Notify) closeSecret(hook int64, secret []byte) []byte {
	return []byte(n.seal.Close(strconv.FormatInt(hook, 10), string(secret)))
}

// openSecret opens the secret of a webhook; it is nil if it does not open.
func (n *Notify) openSecret(hook int64, sealed []byte) []byte {
	secret, opens := n.seal.Open(strconv.FormatInt(hook, 10), string(sealed))
	if !opens || secret == "" {
		return nil
	}
	return []byte(secret)
}

// sealAll seals the secrets that an older program has left in clear, so that
// nothing is left of them in the file.
func (n *Notify) sealAll(ctx context.Context) error {
	clear := map[int64][]byte{}
	err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if err := readClear(ctx, tx, clear); err != nil {
			return err
		}
		for hook, secret := range clear {
			if _, err := tx.Exec(ctx, `
				UPDATE webhook
				SET sealed = $1
				WHERE id = $2`, n.closeSecret(hook, secret), hook); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(clear) > 0 {
		err = n.DB.EmptyWAL(ctx)
	}
	if err != nil {
		return fmt.Errorf("seal the secrets of webhooks: %w", err)
	}
	return nil
}

// readClear reads the secrets that stand in clear.
func readClear(ctx context.Context, tx *sqldb.Tx, clear map[int64][]byte) error {
	rows, err := tx.Query(ctx, `
		SELECT
			id,
			sealed
		FROM webhook
		ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var hook int64
		var secret []byte
		if err := rows.Scan(
			&hook,
			&secret); err != nil {
			return err
		}
		if !seal.Is(string(secret)) {
			clear[hook] = secret
		}
	}
	return rows.Err()
}
