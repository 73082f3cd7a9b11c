package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// session is one transaction under way on one connection.
type session interface {
	exec(ctx context.Context, query string, args []any) (affected int64, err error)
	// later runs a statement now, or keeps it until flush, or until any other
	// method that runs one is called. one may be nil.
	later(ctx context.Context, one error, query string, args []any) error
	flush(ctx context.Context) error
	query(ctx context.Context, query string, args []any) (*sql.Rows, error)
	notify(ctx context.Context, channel string) error
	// commit and rollback give the connection back. After a commit that failed
	// nothing of the transaction is left on the connection. ctx is for what has
	// still to be run before: the commit itself is carried through.
	commit(ctx context.Context) error
	rollback()
}

// errRowsOpen is the answer to a statement while the rows of the one before
// are still open: PostgreSQL cannot do that, so nobody shall come to rely on it.
var errRowsOpen = errors.New("the rows of the query before must be read to the end or closed first")

// Tx is a transaction, for one goroutine. Its statements run one after the
// other: the rows of a query must be closed, or read to the end, before the
// next statement.
type Tx struct {
	ctx     context.Context // given to Begin; the transaction lives in it
	session session
	engine  Engine
	write   bool
	fault   func(p Point) error // of a write transaction
	ended   bool
	broken  error // why it can only be rolled back
	open    *Rows // not closed yet; nil if there are none
}

// Engine says on which engine the transaction runs.
func (tx *Tx) Engine() Engine { return tx.engine }

// ready reports why no statement may run, if so.
func (tx *Tx) ready(ctx context.Context) error {
	switch {
	case tx.ended:
		return sql.ErrTxDone
	case tx.broken != nil:
		return fmt.Errorf("the transaction has failed before: %w", tx.broken)
	case tx.open != nil:
		return tx.fail(errRowsOpen)
	}
	if err := context.Cause(tx.ctx); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (tx *Tx) fail(err error) error {
	if tx.broken == nil {
		tx.broken = err
	}
	return err
}

// Exec runs a statement and returns how many rows it changed.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	if err := tx.ready(ctx); err != nil {
		return 0, err
	}
	if !tx.write {
		return 0, tx.fail(errReadOnly)
	}
	if err := tx.fault(BeforeExec); err != nil {
		return 0, tx.fail(err)
	}
	affected, err = tx.session.exec(ctx, query, args)
	if err == nil {
		err = tx.fault(AfterExec)
	}
	if err != nil {
		return 0, tx.fail(err)
	}
	return affected, nil
}

// Later runs a statement for whose answer nobody waits now: what is wrong with
// it may only be said by the next call on the transaction, at the latest by
// Commit, which then has committed nothing. If one is not nil, the statement
// must change (a SELECT: find) exactly one row, and one is the error if it does
// not. On PostgreSQL all statements that wait go to the server in one message,
// at the end together with the commit. On SQLite those with many arguments run
// beside the caller.
func (tx *Tx) Later(ctx context.Context, one error, query string, args ...any) error {
	if err := tx.ready(ctx); err != nil {
		return err
	}
	if !tx.write {
		return tx.fail(errReadOnly)
	}
	if err := tx.fault(BeforeExec); err != nil {
		return tx.fail(err)
	}
	err := tx.session.later(ctx, one, query, args)
	if err == nil {
		err = tx.fault(AfterExec)
	}
	if err != nil {
		return tx.fail(err)
	}
	return nil
}

// ownBytes gives the arguments of a statement that is run later copies of the
// caller's bytes, which may be used again by then.
func ownBytes(args []any) []any {
	for i, arg := range args {
		if text, ok := arg.([]byte); ok {
			args[i] = bytes.Clone(text)
		}
	}
	return args
}

// Flush runs the statements that wait (Later).
func (tx *Tx) Flush(ctx context.Context) error {
	if err := tx.ready(ctx); err != nil {
		return err
	}
	if err := tx.session.flush(ctx); err != nil {
		return tx.fail(err)
	}
	return nil
}

// Query runs a statement that returns rows. They are closed when the
// transaction ends, if not before.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if err := tx.ready(ctx); err != nil {
		return nil, err
	}
	rows, err := tx.session.query(ctx, query, args)
	if err != nil {
		return nil, tx.fail(err)
	}
	tx.open = &Rows{Rows: rows, tx: tx}
	return tx.open, nil
}

// QueryRow runs a statement that returns at most one row that is of interest.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) Row {
	rows, err := tx.Query(ctx, query, args...)
	return Row{rows, err}
}

// Damage says what is wrong with the pages of a table and of its indexes, so that
// rows may be passed over without an error, or "" if SQLite finds them whole.
// PostgreSQL is not asked.
func (tx *Tx) Damage(ctx context.Context, table string) (string, error) {
	if tx.engine != SQLite {
		return "", nil
	}
	var got string
	if err := tx.QueryRow(ctx, `PRAGMA integrity_check('`+table+`')`).Scan(&got); err != nil {
		return "", fmt.Errorf("check the pages of table %s: %w", table, err)
	}
	if got == "ok" {
		return "", nil
	}
	return got, nil
}

// Notify wakes those who Listen on the channel in other processes once the
// transaction has committed. With SQLite there are none, and it does nothing.
func (tx *Tx) Notify(ctx context.Context, channel string) error {
	if err := tx.ready(ctx); err != nil {
		return err
	}
	if !tx.write {
		return tx.fail(errReadOnly)
	}
	if err := tx.session.notify(ctx, channel); err != nil {
		return tx.fail(err)
	}
	return nil
}

// Commit makes all that the transaction wrote last. If it returns an error,
// nothing was written, unless errors.Is(err, ErrUnsure). Before the commit is
// begun ctx may still end the transaction; once begun it is carried through.
func (tx *Tx) Commit() error {
	if tx.ended {
		return fmt.Errorf("commit: %w", sql.ErrTxDone)
	}
	tx.closeRows()
	if err := tx.ready(tx.ctx); err != nil {
		tx.Rollback()
		return fmt.Errorf("commit: %w", err)
	}
	if tx.write {
		if err := tx.fault(BeforeCommit); err != nil {
			tx.Rollback()
			return fmt.Errorf("commit: %w", err)
		}
	}
	tx.ended = true
	if err := tx.session.commit(tx.ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if tx.write {
		if err := tx.fault(AfterCommit); err != nil {
			return fmt.Errorf("commit: %w", unsure{err})
		}
	}
	return nil
}

// Rollback ends the transaction without a trace. On one that has ended it does
// nothing, so it may be deferred.
func (tx *Tx) Rollback() {
	if tx.ended {
		return
	}
	tx.closeRows()
	tx.ended = true
	tx.session.rollback()
}

func (tx *Tx) closeRows() {
	if tx.open != nil {
		tx.open.Close()
	}
}

// Rows are the rows of a query, read as those of database/sql.
type Rows struct {
	*sql.Rows
	tx *Tx
}

// Next moves to the next row, and closes the rows when there is none.
func (r *Rows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Close frees the statement. It may be called again.
func (r *Rows) Close() error {
	if r.tx.open != r {
		return nil
	}
	r.tx.open = nil
	err := r.Rows.Close()
	if e := r.Err(); e != nil {
		r.tx.fail(e)
	}
	return err
}

// Row is the answer to QueryRow.
type Row struct {
	rows *Rows
	err  error
}

// Scan copies the columns of the row into dest. It returns sql.ErrNoRows if
// there was no row.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	return r.rows.Close()
}
