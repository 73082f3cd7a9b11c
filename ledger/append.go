package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

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
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.append(ctx, func() ([]Entry, error) { return entries, nil })
}

// AppendAlone is Append of what draft makes of the standing that it is given.
// Until it ends nothing else is stored in the ledgers, by this process or by
// another, so what is drafted is never stale: it is for who was told ErrStale
// again and again, because entries arrive faster than they are folded. draft may
// read the ledgers with Heads, Entries and Entry, and nothing else of them.
// It must be quick, since the other sides' entries wait meanwhile.
func (l *Ledger) AppendAlone(ctx context.Context, draft func(Standing) ([]Entry, error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.changed() // whatever becomes of it, more may have been found stored
	l.unsure = true   // read what is stored first, and keep others from storing
	return l.append(ctx, func() ([]Entry, error) { return draft(l.standing()) })
}

// append appends what draft makes within the transaction. l.mu is held.
func (l *Ledger) append(ctx context.Context, draft func() ([]Entry, error)) error {
	own := l.logs[l.side]
	if own == nil || l.keys == nil {
		return errors.New("append: this ledger was opened without keys")
	}
	var entries []Entry
	var next tree
	var grown checkpoint
	err := l.update(ctx, func(tx *sqldb.Tx) (err error) {
		if entries, err = draft(); err != nil {
			return err
		}
		if len(entries) == 0 {
			return errNothing
		}
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
		return storeHead(ctx, tx, own.tree.size, &log{side: l.side, tree: next, placeable: next.size, recovered: own.recovered, checkpoint: grown.note})
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("append to the ledger of %s: %w", l.side, err)
	}
	own.tree, own.placeable = next, next.size
	own.recent = own.recent.with(entries)
	own.saw(entries[0].Frame.Seen)
	own.checkpoint, own.signed, own.shown = grown.note, grown.size, max(own.shown, grown.size)
	l.placeWaiting()
	l.changed()
	return nil
}

// errMoved says that another process has written to a database that is this
// process's alone: memory is read anew.
var errMoved = fmt.Errorf("another process has moved its head: %w", ErrStale)

// errNothing ends a write transaction in which there is nothing to write.
var errNothing = errors.New("there is nothing to store")

// update runs one synced write transaction with what stands in memory brought
// up to what stands in the database. l.mu is held. After an error the logs are
// read anew before they are used again, since a commit that was reported lost
// may have been stored.
func (l *Ledger) update(ctx context.Context, f func(tx *sqldb.Tx) error) error {
	return l.updateBy(ctx, l.db.Update, f)
}

// updateBy is update with Update or UpdateSoon of the database.
func (l *Ledger) updateBy(ctx context.Context, update func(context.Context, func(*sqldb.Tx) error) error, f func(tx *sqldb.Tx) error) error {
	turn := l.turn
	try := func(tx *sqldb.Tx) (err error) {
		if turn, err = l.refresh(ctx, tx); err != nil {
			return err
		}
		if err := f(tx); err != nil {
			if e := tx.Flush(ctx); errors.Is(e, errTurned) {
				return e // f has spoken of what is no longer so
			}
			return err
		}
		return tx.Notify(ctx, notifyChannel)
	}
	err := update(ctx, try)
	if errors.Is(err, errTurned) {
		l.unsure = true
		err = update(ctx, try)
	}
	switch {
	case err == nil:
		l.turn = turn
	case !unchanged(err):
		l.unsure = true
	}
	return err
}

// unchanged reports whether an error came before anything was written.
func unchanged(err error) bool {
	var refusal *Refusal
	var stale *Stale
	if errors.Is(err, errMoved) {
		return false
	}
	return errors.Is(err, ErrStale) || errors.Is(err, ErrBehind) || errors.Is(err, errNothing) ||
		errors.As(err, &refusal) || errors.As(err, &stale)
}

// notifyChannel wakes the other processes of this side on the same database.
const notifyChannel = "liaison_ledger"

// errTurned says that another process has written since memory was read.
var errTurned = errors.New("another process has taken the turn")

// refresh brings the logs in memory up to the database at the beginning of a
// write transaction, where another process of this side may have written to
// it, or where it is not known what was stored. It gives the turn that memory
// will be of if the transaction is stored. With SQLite this process is the only
// one, and there are no turns.
//
// Mostly nobody else has written, so memory is taken to be right, and whether it
// is comes with the answer to the first write: errTurned if not.
func (l *Ledger) refresh(ctx context.Context, tx *sqldb.Tx) (turn int64, err error) {
	shared := tx.Engine() == sqldb.PostgreSQL
	switch {
	case !l.unsure && shared:
		return l.turn + 1, tx.Later(ctx, errTurned, `UPDATE turn SET n = $1 WHERE n = $2`, l.turn+1, l.turn)
	case !l.unsure:
		return 0, nil
	case shared:
		if err := tx.QueryRow(ctx, `UPDATE turn SET n = n + 1 RETURNING n`).Scan(&turn); err != nil {
			return 0, fmt.Errorf("take a turn: %w", err)
		}
	}
	if err := l.load(ctx, tx); err != nil {
		return 0, err
	}
	l.turn = max(turn-1, 0)
	return turn, nil
}

// Refresh brings the logs in memory up to the database and wakes the
// subscribers. It is called when another process of this side has written, or
// when it must be known what became of a write that ended in an error.
func (l *Ledger) Refresh(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	again := false
	err := l.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		again, err = l.reread(ctx, tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the ledgers anew: %w", err)
	}
	if again {
		l.changed()
	}
	return nil
}

// reread brings the logs in memory up to the database, and reports whether
// there was a reason to. l.mu is held.
func (l *Ledger) reread(ctx context.Context, tx *sqldb.Tx) (bool, error) {
	turn := l.turn
	if tx.Engine() == sqldb.PostgreSQL {
		if err := tx.QueryRow(ctx, `SELECT n FROM turn`).Scan(&turn); err != nil {
			return false, fmt.Errorf("look at the turn: %w", err)
		}
	}
	if !l.unsure && turn == l.turn {
		return false, nil
	}
	if err := l.load(ctx, tx); err != nil {
		return false, err
	}
	l.turn = turn
	return true, nil
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
		if err := tx.Later(ctx, nil, query, args...); err != nil {
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
	err := tx.Later(ctx, nil, `INSERT INTO tile (side, level, n, data) VALUES ($1, $2, $3, $4)
		ON CONFLICT (side, level, n) DO UPDATE SET data = excluded.data`, side, t.level, t.n, t.data)
	if err != nil {
		return fmt.Errorf("store tile %d/%d of %s: %w", t.level, t.n, side, err)
	}
	return nil
}

// storeHead moves the head of a ledger from the size it is known to have to
// where next stands.
func storeHead(ctx context.Context, tx *sqldb.Tx, from int64, next *log) error {
	root := next.tree.root()
	err := tx.Later(ctx, errMoved, `UPDATE head SET size = $1, placeable = $2, recovered = $3, root = $4, checkpoint = $5, sum = $6 WHERE side = $7 AND size = $8`,
		next.tree.size, next.placeable, next.recovered, root[:], next.checkpoint,
		headSum(next.side, next.tree.size, next.placeable, next.recovered, root, next.checkpoint), next.side, from)
	if err != nil {
		return fmt.Errorf("move the head of %s: %w", next.side, err)
	}
	return nil
}

func headSum(side string, size, placeable, recovered int64, root tlog.Hash, checkpoint []byte) int64 {
	return rowSum(side, size, placeable, recovered, root[:], checkpoint)
}
