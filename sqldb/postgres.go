package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
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
	// pgThrough is how long it may take for the last statements of a transaction,
	// which may have to wait for the writer of another process.
	pgThrough = 2 * time.Minute
)

// pgSettings are the settings of each connection.
var pgSettings = map[string]string{
	"application_name":                    "liaison",
	"timezone":                            "UTC",
	"jit":                                 "off",    // it takes 30 ms to compile what then runs for 1
	"enable_seqscan":                      "off",    // statements are written to go by an index; statistics that lag behind must not say otherwise
	"statement_timeout":                   "120000", // ms
	"lock_timeout":                        "60000",  // ms; the longest wait for the writer of another process
	"idle_in_transaction_session_timeout": "15000",  // ms; a process that hangs holds up the writers of the others for so long
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
	name    string        // of this pgDB alone; by it others tell its notifications from their own
	waits   string        // the statement that waits for the writers of other processes
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
		pool: stdlib.OpenDB(*config), config: plain, schema: c.Schema, name: rand.Text(),
		writer: make(chan struct{}, 1), readers: make(chan struct{}, pgReaders),
	}
	db.life, db.end = context.WithCancelCause(context.Background())
	db.waits = fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", db.key("writer"))
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
	_, err = conn.ExecContext(ctx, "BEGIN; "+db.waits+"; CREATE SCHEMA IF NOT EXISTS "+db.schema+"; COMMIT", pgx.QueryExecModeSimpleProtocol)
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

func (db *pgDB) begin(ctx context.Context, as access) (_ session, err error) {
	s := &pgSession{db: db, turn: db.readers, begin: []pgStatement{{query: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}}}
	if as != reads {
		// READ COMMITTED: the snapshot of a stricter level would be taken
		// before the lock is granted. With the lock nobody else writes.
		s = &pgSession{db: db, turn: db.writer, begin: []pgStatement{{query: "BEGIN"}, {query: db.waits}}}
	}
	if as == writesSoon {
		s.begin = append(s.begin, pgStatement{query: "SET LOCAL synchronous_commit TO off"})
	}
	if db.life.Err() != nil {
		return nil, ErrClosed
	}
	select {
	case s.turn <- struct{}{}:
		return s, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-db.life.Done():
		return nil, ErrClosed
	}
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
	s, err := db.begin(ctx, writes)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, pgDropAll, nil); err != nil {
		s.rollback()
		return err
	}
	err = s.commit(ctx)
	// Statements prepared before would find other tables under the old names.
	db.pool.SetMaxIdleConns(0)
	db.pool.SetMaxIdleConns(pgReaders + 1)
	return err
}

// errNoCopy is the answer to VacuumInto.
var errNoCopy = errors.New("only a SQLite database can be copied into a file")

func (db *pgDB) vacuumInto(context.Context, string) error { return errNoCopy }

// sync writes a message that nobody reads into the server's log, since a commit
// that is synced takes all with it that was committed before.
func (db *pgDB) sync(ctx context.Context) error {
	_, err := db.pool.ExecContext(ctx, `SELECT pg_logical_emit_message(true, 'liaison', '')`)
	return err
}

func (db *pgDB) emptyWAL(context.Context) error { return nil }

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

// pgSession is one transaction. It takes a connection, and sends BEGIN, with its
// first statement. The driver keeps prepared statements by their text.
type pgSession struct {
	db      *pgDB
	conn    *sql.Conn     // nil until the first statement
	turn    chan struct{} // holds our token
	begin   []pgStatement // what begins it; sent once there is a connection
	waiting []pgStatement // not yet sent
}

// pgStatement is a statement whose answer nobody waits for yet.
type pgStatement struct {
	query    string
	args     []any
	one      error  // if not nil, the error if it does not change exactly one row
	affected *int64 // if not nil, where to write how many rows it changed
}

func (s *pgSession) wait(statement pgStatement) {
	s.waiting = append(s.waiting, statement)
}

func (s *pgSession) later(_ context.Context, one error, query string, args []any) error {
	args = ownBytes(args)
	if one != nil {
		query = pgOne(query)
	}
	s.wait(pgStatement{query: query, args: args, one: one})
	return nil
}

// pgOne makes a statement that fails, with a division by zero, unless it changes
// or finds exactly one row. The server then runs nothing of what was sent behind
// it, a COMMIT least of all, and so nobody has to look at the answer first.
func pgOne(query string) string {
	if !strings.HasPrefix(strings.TrimSpace(query), "SELECT") {
		query += " RETURNING 1"
	}
	return "WITH hit AS (" + query + ") SELECT 1 / (COUNT(*) = 1)::INT FROM hit"
}

// flush sends what waits in one message.
func (s *pgSession) flush(ctx context.Context) error {
	statements := s.waiting
	s.waiting = nil
	return cancelled(ctx, s.sendOn(ctx, statements))
}

// sendOn sends statements in one message. If they begin the transaction, it
// finds a connection first: each of the pool may have been lost unnoticed, as
// when the server was started again, and is left for another one as long as it
// is sure that nothing has been done on it.
func (s *pgSession) sendOn(ctx context.Context, statements []pgStatement) (err error) {
	if s.conn != nil {
		return s.send(ctx, statements)
	}
	statements = slices.Concat(s.begin, statements)
	commits := statements[len(statements)-1].query == pgCommit
	for range 1 + cap(s.db.readers) + cap(s.db.writer) {
		if s.conn, err = s.db.pool.Conn(ctx); err != nil {
			return err
		}
		if err = s.send(ctx, statements); err == nil || !s.lost() || ctx.Err() != nil || commits && !untouched(err) {
			break
		}
		s.conn.Close()
		s.conn = nil
	}
	return err
}

// pgCommit makes what a transaction wrote last.
const pgCommit = "COMMIT"

// untouched reports whether a connection was lost before the server began what
// was sent last on it.
func untouched(err error) bool {
	e, ok := errors.AsType[firstAnswer](err)
	return pgconn.SafeToRetry(err) || ok && sqlState(e) != ""
}

// firstAnswer is an error that came in the place of the first answer to a
// message. If the server itself gives it, as it does to all whose connections it
// ends, it has run nothing of the message: answers come in order.
type firstAnswer struct{ error }

func (e firstAnswer) Unwrap() error { return e.error }

// lost reports whether the connection is gone.
func (s *pgSession) lost() (lost bool) {
	err := s.conn.Raw(func(conn any) error {
		lost = conn.(*stdlib.Conn).Conn().IsClosed()
		return nil
	})
	return lost || errors.Is(err, sql.ErrConnDone) // the driver found it lost before
}

// send sends statements in one message and looks at all answers. After the first
// that the server refuses it has run none of those behind.
func (s *pgSession) send(ctx context.Context, statements []pgStatement) error {
	if len(statements) == 0 {
		return nil
	}
	return s.conn.Raw(func(conn any) error {
		batch := &pgx.Batch{}
		for _, statement := range statements {
			batch.Queue(statement.query, statement.args...)
		}
		answers := conn.(*stdlib.Conn).Conn().SendBatch(ctx, batch)
		for i, statement := range statements {
			tag, err := answers.Exec()
			switch {
			case err == nil:
				if statement.affected != nil {
					*statement.affected = tag.RowsAffected()
				}
				continue
			case statement.one != nil && sqlState(err) == "22012": // division by zero
				err = refused{statement.one}
			case i == 0:
				err = firstAnswer{err}
			}
			answers.Close()
			return err
		}
		return answers.Close()
	})
}

// refused is the error that a statement was given for the case that it does not
// change exactly one row.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

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

func (s *pgSession) exec(ctx context.Context, query string, args []any) (affected int64, err error) {
	if len(args) > 0 {
		s.wait(pgStatement{query: query, args: args, affected: &affected})
		err = s.flush(ctx)
		return affected, err
	}
	if err := s.flush(ctx); err != nil {
		return 0, err
	}
	result, err := s.conn.ExecContext(ctx, query, pgx.QueryExecModeSimpleProtocol) // may be a script
	if err != nil {
		return 0, cancelled(ctx, err)
	}
	return result.RowsAffected()
}

func (s *pgSession) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if err := s.flush(ctx); err != nil {
		return nil, err
	}
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, cancelled(ctx, err)
	}
	return rows, nil
}

func (s *pgSession) notify(_ context.Context, channel string) error {
	s.wait(pgStatement{query: "SELECT pg_notify($1, $2)", args: []any{s.db.channel(channel), s.db.name}})
	return nil
}

// commit sends what waits and COMMIT in one message. If the server did not
// answer, nobody knows what it did.
func (s *pgSession) commit(ctx context.Context) error {
	defer s.free()
	if s.conn == nil && len(s.waiting) == 0 {
		return nil // nothing was begun
	}
	if len(s.waiting) == 0 {
		ctx = context.WithoutCancel(ctx) // there is nothing left that ctx might end
	}
	ctx, cancel := context.WithTimeout(ctx, pgThrough)
	defer cancel()
	err := s.sendOn(ctx, append(s.waiting, pgStatement{query: pgCommit}))
	if err == nil {
		return nil
	}
	s.undo() // if it is still open
	if _, ok := errors.AsType[refused](err); ok || s.conn == nil {
		return err
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Severity == "ERROR" {
		return cancelled(ctx, err) // a FATAL may come after the commit
	}
	return unsure{err}
}

func (s *pgSession) rollback() {
	s.undo()
	s.free()
}

func (s *pgSession) undo() {
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pgAnswer)
	defer cancel()
	_ = s.do(ctx, "ROLLBACK") // if it fails, the driver does not use the connection again
}

func (s *pgSession) free() {
	if s.conn != nil {
		s.conn.Close()
	}
	<-s.turn
}
