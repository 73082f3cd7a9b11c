package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"liaison.example/sqldb"
)

// Append signs entries of this side's own ledger and stores them with the new
// checkpoint, in one synced commit. Once it returns nil they are said, for
// ever.
//
// The entries must follow the last one stored, and each must have seen all that
// can be placed of every other side's ledger; else the answer is ErrStale, and
// the caller folds what is new and drafts again. After any other error it is
// not known whether the entries were stored: the caller reads the ledger again
// before it tells anybody anything.
func (l *Ledger) Append(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.logs[l.side]
	if own == nil || l.keys == nil {
		return errors.New("append: this ledger was opened without keys")
	}
	var next tree
	var grown checkpoint
	err := l.update(ctx, func(tx *sqldb.Tx) error {
		if l.behind() != "" {
			return ErrBehind
		}
		if entries[0].Index != own.tree.size {
			return ErrStale
		}
		if want := l.standing().Seen; !maps.Equal(entries[0].Frame.Seen, want) {
			return ErrStale
		}
		next = own.tree.clone()
		leaves := make([][]byte, len(entries))
		var full []fullTile
		for i, e := range entries {
			if e.Side != l.side || e.Index != entries[0].Index+int64(i) || !maps.Equal(e.Frame.Seen, entries[0].Frame.Seen) {
				return fmt.Errorf("entries to append do not follow each other at %s/%d", e.Side, e.Index)
			}
			leaves[i] = e.Leaf
			full = append(full, next.append(e.Hash)...)
		}
		if err := storeLeaves(ctx, tx, l.side, own.tree.size, leaves); err != nil {
			return err
		}
		if err := storeTiles(ctx, tx, l.side, &next, full); err != nil {
			return err
		}
		grown = checkpoint{origin: Origin(l.office, l.side), size: next.size, root: next.root()}
		l.keys.sign(&grown)
		return storeHead(ctx, tx, l.side, own.tree.size, &next, next.size, grown.note)
	})
	if err != nil {
		return fmt.Errorf("append to the ledger of %s: %w", l.side, err)
	}
	own.tree, own.placeable, own.seen = next, next.size, entries[0].Frame.Seen
	own.checkpoint, own.signed, own.shown = grown.note, grown.size, max(own.shown, grown.size)
	l.placeWaiting()
	l.changed()
	return nil
}

// update runs one synced write transaction with what stands in memory brought
// up to what stands in the database. l.mu is held. After an error the logs are
// read anew before they are used again, since a commit that was reported lost
// may have been stored.
func (l *Ledger) update(ctx context.Context, f func(tx *sqldb.Tx) error) error {
	err := l.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := l.refresh(ctx, tx); err != nil {
			return err
		}
		if err := f(tx); err != nil {
			return err
		}
		return tx.Notify(ctx, notifyChannel)
	})
	if err != nil && !unchanged(err) {
		l.unsure = true
	}
	return err
}

// unchanged reports whether an error came before anything was written.
func unchanged(err error) bool {
	var refusal *Refusal
	var stale *Stale
	return errors.Is(err, ErrStale) || errors.Is(err, ErrBehind) || errors.As(err, &refusal) || errors.As(err, &stale)
}

// notifyChannel wakes the other processes of this side on the same database.
const notifyChannel = "liaison_ledger"

// refresh brings the logs in memory up to the database, where another process
// of this side may have written to it, or where it is not known what was
// stored. With SQLite this process is the only one.
func (l *Ledger) refresh(ctx context.Context, tx *sqldb.Tx) error {
	if tx.Engine() != sqldb.PostgreSQL && !l.unsure {
		return nil
	}
	query := `SELECT side, size, placeable FROM head ORDER BY side`
	if tx.Engine() == sqldb.PostgreSQL {
		query += ` FOR UPDATE`
	}
	type place struct{ size, placeable int64 }
	stored := map[string]place{}
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("read heads: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var side string
		var p place
		if err := rows.Scan(&side, &p.size, &p.placeable); err != nil {
			return fmt.Errorf("read heads: %w", err)
		}
		stored[side] = p
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read heads: %w", err)
	}
	for side, lg := range l.logs {
		if l.unsure || stored[side] != (place{lg.tree.size, lg.placeable}) {
			if err := l.load(ctx, tx, lg); err != nil {
				return err
			}
		}
	}
	l.unsure = false
	l.placeWaiting()
	return nil
}

// Refresh brings the logs in memory up to the database and wakes the
// subscribers. It is called when another process of this side has written.
func (l *Ledger) Refresh(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unsure = true
	err := l.db.View(ctx, func(tx *sqldb.Tx) error {
		for _, lg := range l.logs {
			if err := l.load(ctx, tx, lg); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the ledgers anew: %w", err)
	}
	l.unsure = false
	l.placeWaiting()
	l.changed()
	return nil
}

// Listen keeps the ledger up to what other processes of this side write to the
// same database, until ctx ends.
func (l *Ledger) Listen(ctx context.Context, failed func(error)) error {
	return l.db.Listen(ctx, notifyChannel, func() {
		if err := l.Refresh(ctx); err != nil {
			failed(err)
		}
	})
}

// rowsPerInsert is how many entries go into one INSERT, when there are as many.
const rowsPerInsert = 32

var insertOne, insertMany = insertEntries(1), insertEntries(rowsPerInsert)

func insertEntries(rows int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO entry (side, idx, leaf) VALUES `)
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "($%d,$%d,$%d)", 3*i+1, 3*i+2, 3*i+3)
	}
	return b.String()
}

// storeLeaves stores entries from an index on.
func storeLeaves(ctx context.Context, tx *sqldb.Tx, side string, at int64, leaves [][]byte) error {
	for len(leaves) > 0 {
		n, query := 1, insertOne
		if len(leaves) >= rowsPerInsert {
			n, query = rowsPerInsert, insertMany
		}
		args := make([]any, 0, 3*n)
		for i, leaf := range leaves[:n] {
			args = append(args, side, at+int64(i), leaf)
		}
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return fmt.Errorf("store entries from %s/%d: %w", side, at, err)
		}
		leaves, at = leaves[n:], at+int64(n)
	}
	return nil
}

// storeTiles stores the tiles that were filled on the way to t, and the partial
// tiles above them.
func storeTiles(ctx context.Context, tx *sqldb.Tx, side string, t *tree, full []fullTile) error {
	raised := 0 // levels whose partial tile has changed
	for _, tile := range full {
		if err := storeTile(ctx, tx, side, tile); err != nil {
			return err
		}
		raised = max(raised, tile.level+1)
	}
	for level := 1; level <= raised && level < len(t.edge); level++ {
		if data := t.edgeOf(level); len(data) > 0 {
			if err := storeTile(ctx, tx, side, fullTile{level, t.size >> (tileHeight * (level + 1)), data}); err != nil {
				return err
			}
		}
	}
	return nil
}

func storeTile(ctx context.Context, tx *sqldb.Tx, side string, t fullTile) error {
	_, err := tx.Exec(ctx, `INSERT INTO tile (side, level, n, data) VALUES ($1, $2, $3, $4)
		ON CONFLICT (side, level, n) DO UPDATE SET data = excluded.data`, side, t.level, t.n, t.data)
	if err != nil {
		return fmt.Errorf("store tile %d/%d of %s: %w", t.level, t.n, side, err)
	}
	return nil
}

// storeHead moves the head of a ledger from the size it is known to have.
func storeHead(ctx context.Context, tx *sqldb.Tx, side string, from int64, t *tree, placeable int64, checkpoint []byte) error {
	root := t.root()
	moved, err := tx.Exec(ctx, `UPDATE head SET size = $1, placeable = $2, root = $3, checkpoint = $4 WHERE side = $5 AND size = $6`,
		t.size, placeable, root[:], checkpoint, side, from)
	if err != nil {
		return fmt.Errorf("move the head of %s: %w", side, err)
	}
	if moved != 1 {
		return ErrStale
	}
	return nil
}
