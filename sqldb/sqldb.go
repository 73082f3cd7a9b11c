// Package sqldb opens one database, SQLite or PostgreSQL, behind one small
// face: transactions, placeholders $1, $2, ..., and numbered migrations. Who
// writes SQL against it writes it once, for both.
//
// What holds on both engines:
//
//   - One write transaction at a time for each database (PostgreSQL: for each
//     schema, over all processes). What a write transaction has read is still
//     true when it writes.
//   - A read transaction sees one state of the database from its beginning to
//     its end and never waits for a writer.
//   - A transaction commits wholly or not at all. It is rolled back when its
//     function returns an error or panics, when its context ends, and when one
//     of its statements was refused: after that it can only be rolled back.
//   - With Config.Durable, a commit that returned nil is on disk; that of
//     UpdateSoon a moment later.
package sqldb

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Engine is the kind of database behind a DB.
type Engine string

// The two engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgresql"
)

// Config says which database to open and how.
type Config struct {
	// URL is "sqlite:/path/name.db", "sqlite::memory:" for a database that is
	// gone when closed, or "postgres://user@host/database".
	URL string
	// Schema is the PostgreSQL schema that holds all tables; it is made if it
	// is missing. SQLite does not use it.
	Schema string
	// Durable asks that every commit is synced to disk before it returns.
	// Without it a crash of the machine may lose the latest commits, but never
	// leaves half of one.
	Durable bool
	// ReadOnly opens an existing database, which another process may be
	// writing, for View alone.
	ReadOnly bool
	// Still reads a SQLite file that nobody writes, exactly as it lies, and makes
	// and changes nothing beside it. With ReadOnly only. A file that was not
	// closed, with a -wal that is not folded in, is refused.
	Still bool
	// Fault is for tests of what is built on this package; else nil. It is
	// asked at each Point of each write transaction, and an error from it
	// breaks the transaction there.
	Fault func(p Point) error
}

// A Point is a place in a write transaction where Config.Fault may break it.
type Point string

// The points, in the order in which a transaction passes them.
const (
	BeforeExec   Point = "before a statement" // the statement is not run
	AfterExec    Point = "after a statement"  // it was run, and its answer is lost
	BeforeCommit Point = "before the commit"  // nothing is stored
	AfterCommit  Point = "after the commit"   // all is stored, and reported as not known (ErrUnsure)
	BeforeSync   Point = "before the sync"    // of what UpdateSoon has written: it is not synced
)

// ErrClosed is the answer of a DB that has been closed.
var ErrClosed = errors.New("the database is closed")

// errReadOnly is the answer to a write on a DB opened with Config.ReadOnly, or
// within View.
var errReadOnly = errors.New("opened for reading only")

// driver is what stands behind a DB: one of the two engines.
type driver interface {
	begin(ctx context.Context, as access) (session, error)
	sync(ctx context.Context) error // what is committed and may not be on disk
	reset(ctx context.Context) error
	listen(ctx context.Context, channel string, wake func()) error
	lock(ctx context.Context, name string) (held context.Context, release func(), err error)
	vacuumInto(ctx context.Context, path string) error
	emptyWAL(ctx context.Context) error
	close() error
}

// access is what a transaction is for.
type access int

const (
	reads      access = iota
	writes            // and its commit is as durable as the database is
	writesSoon        // and its commit need not be
)

// DB is an open database. It may be used by many goroutines.
type DB struct {
	engine   Engine
	readOnly bool
	durable  bool
	fault    func(p Point) error // Config.Fault, or one that breaks nothing
	driver   driver
	soon     sooner
}

// Open opens the database that c names, and makes it if it is missing (the
// file of SQLite, the schema of PostgreSQL). The settings on which the
// promises of this package rest are asserted; if one does not hold, Open fails.
func Open(ctx context.Context, c Config) (*DB, error) {
	db := &DB{readOnly: c.ReadOnly, durable: c.Durable, fault: c.Fault}
	if db.fault == nil {
		db.fault = func(Point) error { return nil }
	}
	var err error
	switch scheme, rest, _ := strings.Cut(c.URL, ":"); {
	case scheme == "sqlite" && rest != "":
		db.engine = SQLite
		db.driver, err = openLite(ctx, rest, c)
	case scheme == "postgres" || scheme == "postgresql":
		db.engine = PostgreSQL
		db.driver, err = openPostgres(ctx, c)
	default:
		return nil, errors.New(`open database: the address must begin with "sqlite:" or "postgres:"`)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// Engine says which engine stands behind db.
func (db *DB) Engine() Engine { return db.engine }

// Beside names a file beside that of a SQLite database, for what belongs to it and is
// not in it. It is "" where there is no such place: in memory, with PostgreSQL, and
// when it is opened for reading only.
func (db *DB) Beside(name string) string {
	if lite, ok := db.driver.(*liteDB); ok && !lite.memory && !db.readOnly {
		return lite.writer.path + "-" + name
	}
	return ""
}

// Close waits for the transactions that are under way, a few seconds at most,
// and closes the database. Closing again does nothing.
func (db *DB) Close() error {
	if err := errors.Join(db.syncNow(), db.driver.close()); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Update runs f in a write transaction and commits it if f returns nil;
// otherwise, and if f panics, it is rolled back. It waits for the writer
// before it, or until ctx ends. For errors of the commit see Tx.Commit.
func (db *DB) Update(ctx context.Context, f func(tx *Tx) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// View runs f in a read transaction. All its queries see the same state.
func (db *DB) View(ctx context.Context, f func(tx *Tx) error) error {
	s, err := db.driver.begin(ctx, reads)
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	tx := &Tx{ctx: ctx, session: s, engine: db.engine}
	defer tx.Rollback()
	return f(tx)
}

// Begin opens a write transaction that the caller must end with Commit or
// Rollback. Until then no other write transaction runs. ctx governs it to its
// end: once ctx has ended, it can only be rolled back.
func (db *DB) Begin(ctx context.Context) (*Tx, error) { return db.begin(ctx, writes) }

func (db *DB) begin(ctx context.Context, as access) (*Tx, error) {
	if db.readOnly {
		return nil, fmt.Errorf("begin writing: %w", errReadOnly)
	}
	s, err := db.driver.begin(ctx, as)
	if err != nil {
		return nil, fmt.Errorf("begin writing: %w", err)
	}
	if err := db.unsynced(); err != nil {
		s.rollback()
		return nil, fmt.Errorf("begin writing: %w", err)
	}
	return &Tx{ctx: ctx, session: s, engine: db.engine, write: true, fault: db.fault}, nil
}

// Listen calls wake each time a transaction that called Notify with this
// channel has committed in another process (on another DB), until ctx ends. It
// calls wake too whenever it has (again) connected, since it may have missed some.
// Calls do not overlap. With SQLite there is no other process: it only waits.
func (db *DB) Listen(ctx context.Context, channel string, wake func()) error {
	return db.driver.listen(ctx, channel, wake)
}

// Lock takes the lock of this name, for work that only one of several
// processes may do, or answers ErrHeld at once if another has it. The lock is
// held until release is called, ctx ends, or the connection that holds it is
// lost; the context held ends with it, and the work must stop then. With
// SQLite it is a lock within this DB.
func (db *DB) Lock(ctx context.Context, name string) (held context.Context, release func(), err error) {
	held, release, err = db.driver.lock(ctx, name)
	if err != nil {
		return nil, nil, fmt.Errorf("lock %q: %w", name, err)
	}
	return held, release, nil
}

// Reset drops everything in the database (PostgreSQL: in the schema), the
// marks of migrations too, in one transaction.
func (db *DB) Reset(ctx context.Context) error {
	if db.readOnly {
		return fmt.Errorf("reset database: %w", errReadOnly)
	}
	if err := db.driver.reset(ctx); err != nil {
		return fmt.Errorf("reset database: %w", err)
	}
	return nil
}

// VacuumInto writes a consistent, compact and synced copy of a SQLite database
// to a new file, while others read and write. PostgreSQL has its own means.
func (db *DB) VacuumInto(ctx context.Context, path string) error {
	if err := db.driver.vacuumInto(ctx, path); err != nil {
		return fmt.Errorf("copy database to %s: %w", path, err)
	}
	return nil
}

// EmptyWAL writes what stands in the write-ahead log of a SQLite database into its
// file, and empties the log, so that neither holds what was overwritten or deleted
// before. What somebody is reading meanwhile is left to a later commit. PostgreSQL
// sees to its log itself.
func (db *DB) EmptyWAL(ctx context.Context) error {
	if db.readOnly {
		return fmt.Errorf("empty the write-ahead log: %w", errReadOnly)
	}
	if err := db.driver.emptyWAL(ctx); err != nil {
		return fmt.Errorf("empty the write-ahead log: %w", err)
	}
	return nil
}
