package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// pgReaders is how many read transactions run at once. One connection
	// more is for the writer.
	pgReaders = 8
	// pgAnswer is how long the server may take for what needs no work: to
	// connect, to commit, to answer a ping.
	pgAnswer = 30 * time.Second
)

// pgSettings are the settings of each connection.
var pgSettings = map[string]string{
	"application_name":                    "liaison",
	"timezone":                            "UTC",
	"statement_timeout":                   "120000", // ms
	"lock_timeout":                        "60000",  // ms; the longest wait for the writer of another process
	"idle_in_transaction_session_timeout": "300000", // ms; a process that hangs must not hold the writers' lock for ever
	"tcp_keepalives_idle":                 "30",     // s; so that the server notices a machine that is gone
	"tcp_keepalives_interval":             "10",
	"tcp_keepalives_count":                "3",
}

// pgDB is one schema of a PostgreSQL database. Writers queue in the process,
// and then, with those of other processes, for an advisory lock on the schema.
type pgDB struct {
	pool    *sql.DB
	config  *pgx.ConnConfig // for connections outside the pool
	schema  string
	begun   string        // statements that begin a write transaction
	writer  chan struct{} // holds a token while a write transaction runs
	readers chan struct{} // holds a token for each read transaction
	life    context.Context
	end     context.CancelCauseFunc // ends life, with ErrClosed
	once    sync.Once
	err     error // of close
}

var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func openPostgres(ctx context.Context, c Config) (_ *pgDB, err error) {
	if !schemaName.MatchString(c.Schema) || c.Schema == "public" || c.Schema[:min(3, len(c.Schema))] == "pg_" {
		return nil, fmt.Errorf("%q cannot be the schema: want a name of its own, of lower case letters, digits and _", c.Schema)
	}
	config, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return nil, err
	}
	config.ConnectTimeout = pgAnswer
	for name, value := range pgSettings {
		config.RuntimeParams[name] = value
	}
	config.RuntimeParams["search_path"] = c.Schema
	config.RuntimeParams["synchronous_commit"] = "off"
	if c.Durable {
		config.RuntimeParams["synchronous_commit"] = "on"
	}
	if c.ReadOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	plain := config.Copy()
	// A statement whose context ends is cancelled at the server too; else it
	// would go on there and might keep the writers' lock.
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: pgPing}
	}
	db := &pgDB{
		pool: stdlib.OpenDB(*config), config: plain, schema: c.Schema,
		writer: make(chan struct{}, 1), readers: make(chan struct{}, pgReaders),
	}
	db.life, db.end = context.WithCancelCause(context.Background())
	db.begun = fmt.Sprintf("BEGIN; SELECT pg_advisory_xact_lock(%d)", db.key("writer"))
	db.pool.SetMaxOpenConns(pgReaders + 1)
	db.pool.SetMaxIdleConns(pgReaders + 1)
	db.pool.SetConnMaxIdleTime(5 * time.Minute)
	defer func() {
		if err != nil {
			db.close()
		}
	}()
	if err := db.assert(ctx, c); err != nil {
		return nil, err
	}
	return db, nil
}

// assert makes the schema if it is missing and checks the settings.
func (db *pgDB) assert(ctx context.Context, c Config) error {
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var there bool
	var encoding, commit string
	if err := conn.QueryRowContext(ctx, `
		SELECT
			EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1),
			current_setting('server_encoding'),
			current_setting('synchronous_commit')`, db.schema).Scan(&there, &encoding, &commit); err != nil {
		return err
	}
	switch {
	case encoding != "UTF8":
		return fmt.Errorf("the encoding of the database is %s, must be UTF8", encoding)
	case commit != db.config.RuntimeParams["synchronous_commit"]:
		return fmt.Errorf("the setting synchronous_commit is %s, must be %s", commit, db.config.RuntimeParams["synchronous_commit"])
	case there:
		return nil
	case c.ReadOnly:
		return fmt.Errorf("the schema %s does not exist", db.schema)
	}
	// Two processes may start at once, and IF NOT EXISTS alone does not stand that.
	_, err = conn.ExecContext(ctx, db.begun+"; CREATE SCHEMA IF NOT EXISTS "+db.schema+"; COMMIT", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return fmt.Errorf("create the schema %s: %w", db.schema, err)
	}
	return nil
}

// key makes the number of an advisory lock out of a name. The locks of a
// database are shared by all its schemas.
func (db *pgDB) key(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte("liaison\x00" + db.schema + "\x00" + name))
	return int64(h.Sum64())
}

func (db *pgDB) begin(ctx context.Context, write bool) (_ session, err error) {
	begin := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	s := &pgSession{turn: db.readers, channel: db.channel}
	if write {
		// READ COMMITTED: the snapshot of a stricter level would be taken
		// before the lock is granted. With the lock nobody else writes.
		begin, s.turn = db.begun, db.writer
	}
	if db.life.Err() != nil {
		return nil, ErrClosed
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-db.life.Done():
		return nil, ErrClosed
	}
	// Each connection of the pool may have been lost unnoticed, as when the
	// server was started again.
	for range 1 + cap(db.readers) + cap(db.writer) {
		var lost bool
		if lost, err = s.begin(ctx, db.pool, begin); err == nil {
			return s, nil
		}
		if !lost || ctx.Err() != nil {
			break
		}
	}
	<-s.turn
	return nil, cancelled(ctx, err)
}

// pgDropAll drops all tables, views, sequences and functions of the schema.
const pgDropAll = `
	DO $$
	DECLARE d TEXT;
	BEGIN
		FOR d IN
			SELECT format('DROP %s IF EXISTS %I.%I CASCADE',
				CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
				current_schema(), relname)
			FROM pg_class
			WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
			UNION ALL
			SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', oid::regprocedure)
			FROM pg_proc
			WHERE pronamespace = current_schema()::regnamespace
		LOOP
			EXECUTE d;
		END LOOP;
	END $$`

func (db *pgDB) reset(ctx context.Context) error {
	s, err := db.begin(ctx, true)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, pgDropAll, nil); err != nil {
		s.rollback()
		return err
	}
	err = s.commit()
	// Statements prepared before would find other tables under the old names.
	db.pool.SetMaxIdleConns(0)
	db.pool.SetMaxIdleConns(pgReaders + 1)
	return err
}

// errNoCopy is the answer to VacuumInto.
var errNoCopy = errors.New("only a SQLite database can be copied into a file")

func (db *pgDB) vacuumInto(context.Context, string) error { return errNoCopy }

func (db *pgDB) close() error {
	db.once.Do(func() {
		db.end(ErrClosed)
		limit := time.NewTimer(closeWait)
		defer limit.Stop()
		for _, turns := range []chan struct{}{db.readers, db.writer} {
			for range cap(turns) {
				select {
				case turns <- struct{}{}:
				case <-limit.C:
					limit.Reset(0)
					db.err = errStillOpen
				}
			}
		}
		db.err = errors.Join(db.err, db.pool.Close())
	})
	return db.err
}

// pgSession is one transaction on a connection. The driver keeps prepared
// statements by their text.
type pgSession struct {
	conn    *sql.Conn
	turn    chan struct{} // holds our token
	channel func(name string) string
}

// begin takes a connection and begins a transaction on it. If that fails it
// gives the connection back and says whether it was lost.
func (s *pgSession) begin(ctx context.Context, pool *sql.DB, query string) (lost bool, err error) {
	if s.conn, err = pool.Conn(ctx); err != nil {
		return false, err
	}
	if err = s.do(ctx, query); err == nil {
		return false, nil
	}
	e := s.conn.Raw(func(conn any) error {
		lost = conn.(*stdlib.Conn).Conn().IsClosed()
		return nil
	})
	lost = lost || errors.Is(e, sql.ErrConnDone) // the driver found it lost before
	if !lost {
		s.undo()
	}
	s.conn.Close()
	return lost, err
}

// cancelled says that the statement failed because its context ended, if so:
// the server only says that somebody asked for it.
func cancelled(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && sqlState(err) == "57014" {
		return cause
	}
	return err
}

// do runs plain statements without arguments.
func (s *pgSession) do(ctx context.Context, query string) error {
	_, err := s.conn.ExecContext(ctx, query, pgx.QueryExecModeSimpleProtocol)
	return err
}

func (s *pgSession) exec(ctx context.Context, query string, args []any) (int64, error) {
	if len(args) == 0 {
		args = []any{pgx.QueryExecModeSimpleProtocol} // may be a script
	}
	result, err := s.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, cancelled(ctx, err)
	}
	return result.RowsAffected()
}

func (s *pgSession) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, cancelled(ctx, err)
	}
	return rows, nil
}

func (s *pgSession) notify(ctx context.Context, channel string) error {
	_, err := s.exec(ctx, "SELECT pg_notify($1, '')", []any{s.channel(channel)})
	return err
}

// commit is carried through, whatever becomes of the caller's context. If the
// server did not answer, nobody knows what it did.
func (s *pgSession) commit() error {
	ctx, cancel := context.WithTimeout(context.Background(), pgAnswer)
	defer cancel()
	err := s.do(ctx, "COMMIT")
	s.free()
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Severity == "ERROR" {
		return err // refused; a FATAL may come after the commit
	}
	return unsure{err}
}

func (s *pgSession) rollback() {
	s.undo()
	s.free()
}

func (s *pgSession) undo() {
	ctx, cancel := context.WithTimeout(context.Background(), pgAnswer)
	defer cancel()
	_ = s.do(ctx, "ROLLBACK") // if it fails, the driver does not use the connection again
}

func (s *pgSession) free() {
	s.conn.Close()
	<-s.turn
}
