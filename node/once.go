package node

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"liaison.example/ledger"
	"liaison.example/office"
	"liaison.example/sqldb"
)

// Once marks a request that may come again, because its answer was lost: what it
// asks for is done once, also if the node is killed in between.
//
// Of an act that becomes an entry, the entry's place and hash are kept before it
// is appended. Whether it was is then seen in the ledger, whatever was heard of
// it; and the answer is made from the entry.
type Once struct {
	Key     [32]byte // hash of who asks and of the key that they chose
	Request [32]byte // hash of what they ask for
}

// onceKept is how long a key is remembered.
const onceKept = 48 * time.Hour

var onceMigrations = []sqldb.Migration{{Name: "once", SQL: `
-- What was asked for under a key, so that it is not done again.
CREATE TABLE once (
	key     BYTEA  PRIMARY KEY, -- hash of who asked and of the key that they chose
	request BYTEA  NOT NULL,    -- hash of what was asked for
	at      BIGINT NOT NULL,
	idx     BIGINT NOT NULL,    -- in our ledger, of the entry that was signed for it; -1 if it is none
	hash    BYTEA  NOT NULL,    -- of that entry
	status  BIGINT NOT NULL,    -- of the answer; 0 if it is not known, and of entries
	answer  BYTEA  NOT NULL
);
CREATE INDEX once_at ON once (at);
`}}

// onces is the requests with a key that are under way in this process: the same
// one waits for the first.
type onces struct {
	mu    sync.Mutex
	turns map[[32]byte]*turn
}

type turn struct {
	free    chan struct{} // holds a token while nobody has the turn
	holders int           // that have it or wait for it
}

func (o *onces) enter(ctx context.Context, key [32]byte) (leave func(), err error) {
	o.mu.Lock()
	if o.turns == nil {
		o.turns = map[[32]byte]*turn{}
	}
	t := o.turns[key]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		o.turns[key] = t
	}
	t.holders++
	o.mu.Unlock()
	gone := func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if t.holders--; t.holders == 0 {
			delete(o.turns, key)
		}
	}
	select {
	case <-t.free:
		return func() { t.free <- struct{}{}; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, fmt.Errorf("wait for the same request: %w", context.Cause(ctx))
	}
}

// signed is an entry that was signed under a key. It may be in the ledger.
type signed struct {
	index int64
	hash  [32]byte
}

// unsigned stands for a key under which no entry was signed.
var unsigned = signed{index: -1}

// kept is what is remembered of a key.
type kept struct {
	signed
	known  bool
	status int
	answer []byte
}

// readOnce reads what is remembered of a key. It refuses with once-differs if
// something else was asked for under it.
func readOnce(ctx context.Context, tx *sqldb.Tx, o *Once) (k kept, err error) {
	var request, hash []byte
	err = tx.QueryRow(ctx, `
		SELECT
			request,
			idx,
			hash,
			status,
			answer
		FROM once
		WHERE key = $1`, o.Key[:]).Scan(
		&request,
		&k.index,
		&hash,
		&k.status,
		&k.answer)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return kept{signed: unsigned}, nil
	case err != nil:
		return kept{}, fmt.Errorf("look up a key: %w", err)
	case string(request) != string(o.Request[:]):
		return kept{}, &Refusal{Code: "once-differs"}
	}
	copy(k.hash[:], hash)
	k.known = true
	return k, nil
}

// lookOnce reads, before an act with a key is written, what was signed under it.
func (n *Node) lookOnce(ctx context.Context, w *write) error {
	return n.bases[1].View(ctx, func(tx *sqldb.Tx) error {
		k, err := readOnce(ctx, tx, w.act.Once)
		if err == nil {
			w.remember(k.signed)
		}
		return err
	})
}

// remember notes an entry that was signed under the act's key; the last is what
// the database has.
func (w *write) remember(s signed) { w.signed = append(w.signed, s) }

// doneBefore looks whether an entry that was signed for the act is in the ledger,
// and answers from it.
func (n *Node) doneBefore(ctx context.Context, w *write) (written Written, done bool, err error) {
	for _, s := range w.signed {
		if s.index < 0 || s.index >= n.ledger.Head(n.side).Size {
			continue
		}
		e, err := n.ledger.Entry(ctx, n.side, s.index)
		if err != nil {
			return Written{}, false, fmt.Errorf("look for an entry that was signed before: %w", err)
		}
		if e.Hash != s.hash {
			continue
		}
		written, err := writtenBefore(e)
		return written, err == nil, err
	}
	return Written{}, false, nil
}

// writtenBefore is the answer for an entry of ours that stands in the ledger.
func writtenBefore(e ledger.Entry) (Written, error) {
	written := Written{ID: office.EntryID{Side: e.Side, Index: e.Index}, At: e.Frame.At}
	if e.Frame.Kind == office.KindDispatch {
		var d office.DispatchBody
		if err := json.Unmarshal(e.Frame.Body, &d); err != nil {
			return Written{}, fmt.Errorf("read a dispatch that was released before: %w", err)
		}
		written.Number, written.To = d.Number, d.To
	}
	return written, nil
}

// keepOnce keeps which entries are about to be appended for acts with keys, before
// they are. It returns ledger.ErrStale if another process has signed for one of
// the keys meanwhile: then it is looked at anew.
func (n *Node) keepOnce(ctx context.Context, acts map[*write]ledger.Entry, now time.Time) error {
	if len(acts) == 0 {
		return nil
	}
	stale := false
	err := n.bases[1].Update(ctx, func(tx *sqldb.Tx) error {
		if err := sweepOnce(ctx, tx, now); err != nil {
			return err
		}
		for w, e := range acts {
			last := w.signed[len(w.signed)-1]
			changed, err := tx.Exec(ctx, `
				INSERT INTO once (key, request, at, idx, hash, status, answer)
				VALUES ($1, $2, $3, $4, $5, 0, $6)
				ON CONFLICT (key) DO UPDATE SET at = excluded.at, idx = excluded.idx, hash = excluded.hash
				WHERE once.idx = $7 AND once.hash = $8`,
				w.act.Once.Key[:], w.act.Once.Request[:], now.UnixMilli(), e.Index, e.Hash[:], []byte{}, last.index, last.hash[:])
			if err != nil {
				return err
			}
			if changed == 0 {
				stale = true
				return ledger.ErrStale
			}
		}
		return nil
	})
	if stale {
		var refusal *Refusal
		for w := range acts {
			if err := n.lookOnce(ctx, w); errors.As(err, &refusal) {
				w.differs = refusal
			} else if err != nil {
				return err
			}
		}
		return ledger.ErrStale
	}
	if err != nil {
		return fmt.Errorf("keep the keys of requests: %w", err)
	}
	for w, e := range acts {
		w.remember(signed{e.Index, e.Hash})
	}
	return nil
}

func sweepOnce(ctx context.Context, tx *sqldb.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM once
		WHERE at < $1`, now.Add(-onceKept).UnixMilli())
	return err
}

// Answer is what was answered to a request with a key, as it is kept.
type Answer struct {
	Status int
	Body   []byte
}

// Once does what is no entry once. do answers what is to be kept, with the status
// 0 if nothing was done; then the key is free again. If the request came before,
// its answer comes back with again true. Once refuses with once-differs if
// something else was asked for under the key, and with once-unknown if the node
// stopped while it was done.
func (n *Node) Once(ctx context.Context, o Once, do func() Answer) (answer Answer, again bool, err error) {
	leave, err := n.onces.enter(ctx, o.Key)
	if err != nil {
		return Answer{}, false, err
	}
	defer leave()
	const doing = "do a request once: %w"
	now := n.now()
	var k kept
	if err := n.bases[1].Update(ctx, func(tx *sqldb.Tx) (err error) {
		if k, err = readOnce(ctx, tx, &o); err != nil || k.known {
			return err
		}
		if err := sweepOnce(ctx, tx, now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO once (key, request, at, idx, hash, status, answer)
			VALUES ($1, $2, $3, $4, $5, 0, $6)`, o.Key[:], o.Request[:], now.UnixMilli(), unsigned.index, unsigned.hash[:], []byte{})
		return err
	}); err != nil {
		return Answer{}, false, fmt.Errorf(doing, err)
	}
	if k.known && k.status == 0 {
		return Answer{}, false, &Refusal{Code: "once-unknown"}
	}
	if k.known {
		return Answer{k.status, k.answer}, true, nil
	}
	answer = do()
	lasting := context.WithoutCancel(ctx) // what was done is kept also for who has gone meanwhile
	if err := n.bases[1].Update(lasting, func(tx *sqldb.Tx) error {
		if answer.Status == 0 {
			_, err := tx.Exec(lasting, `
				DELETE FROM once
				WHERE key = $1`, o.Key[:])
			return err
		}
		_, err := tx.Exec(lasting, `
			UPDATE once
			SET status = $1, answer = $2
			WHERE key = $3`, int64(answer.Status), append([]byte{}, answer.Body...), o.Key[:])
		return err
	}); err != nil {
		n.log.Error("the answer to a request with a key is not kept", "error", err)
	}
	return answer, false, nil
}
