package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	lite "modernc.org/sqlite/lib"
)

// litePool hands out connections, each to one transaction at a time. A pool of
// size 1 is the queue of the writers.
type litePool struct {
	source  *sql.DB
	path    string // of the file
	pragmas []pragma
	begin   string
	closing <-chan struct{}
	room    chan struct{}  // one token per open connection; len(room) <= cap(room)
	free    chan *liteConn // open and not in use; len(free) <= len(room)
}

// get waits for a connection until ctx ends.
func (p *litePool) get(ctx context.Context) (*liteConn, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	select {
	case <-p.closing:
		return nil, ErrClosed
	default:
	}
	select {
	case conn := <-p.free:
		return conn, nil
	default:
	}
	select {
	case conn := <-p.free:
		return conn, nil
	case p.room <- struct{}{}:
		conn, err := p.connect(ctx)
		if err != nil {
			<-p.room
			return nil, err
		}
		return conn, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.closing:
		return nil, ErrClosed
	}
}

func (p *litePool) put(conn *liteConn) {
	if conn.broken {
		conn.close()
		<-p.room
		return
	}
	p.free <- conn
}

// fill opens n connections now.
func (p *litePool) fill(ctx context.Context, n int) error {
	for range n {
		p.room <- struct{}{}
		conn, err := p.connect(ctx)
		if err != nil {
			<-p.room
			return err
		}
		p.free <- conn
	}
	return nil
}

// close closes all connections as they become free, until the limit.
func (p *litePool) close(limit <-chan time.Time) error {
	for len(p.room) > 0 {
		select {
		case conn := <-p.free:
			conn.close()
			<-p.room
		case <-limit:
			return errStillOpen
		}
	}
	return nil
}

func (p *litePool) connect(ctx context.Context) (_ *liteConn, err error) {
	conn, err := p.source.Conn(ctx)
	if err != nil {
		return nil, err
	}
	c := &liteConn{conn: conn, stmts: make(map[string]*sql.Stmt)}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	for _, pragma := range p.pragmas {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma.name).Scan(&got); err != nil {
			return nil, fmt.Errorf("read the setting %s: %w", pragma.name, err)
		}
		if got != pragma.want {
			return nil, fmt.Errorf("the setting %s is %s, must be %s", pragma.name, got, pragma.want)
		}
	}
	for query, stmt := range map[string]**sql.Stmt{p.begin: &c.begin, "COMMIT": &c.commit, "ROLLBACK": &c.rollback} {
		if *stmt, err = conn.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
	}
	// Touch the file, so that what is wrong with it shows now.
	var tables int64
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return nil, err
	}
	return c, nil
}

// errStillOpen is the answer of Close when it would not wait any longer.
var errStillOpen = errors.New("a transaction was still open")

// liteConn is one connection with its prepared statements.
type liteConn struct {
	conn                    *sql.Conn
	begin, commit, rollback *sql.Stmt
	stmts                   map[string]*sql.Stmt // by query text; len <= maxStmts
	broken                  bool                 // must not be used again
	soon                    bool                 // its commits are not synced
}

// maxStmts bounds the prepared statements of one connection. Query texts are
// constants of the program; it has fewer.
const maxStmts = 256

// prepare returns the statement for the text. It serves until the next call.
func (c *liteConn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := c.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(c.stmts) >= maxStmts {
		c.forget()
	}
	c.stmts[query] = stmt
	return stmt, nil
}

// copyInto writes a copy of the database into an empty file. To a connection
// that only reads, SQLite would refuse even that.
func (c *liteConn) copyInto(ctx context.Context, path string) (err error) {
	if _, err := c.conn.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return err
	}
	defer func() {
		if _, e := c.conn.ExecContext(context.Background(), "PRAGMA query_only = 1"); e != nil {
			c.broken = true
			err = errors.Join(err, e)
		}
	}()
	_, err = c.conn.ExecContext(ctx, "VACUUM INTO $1", path)
	return err
}

// commitSoon says whether the commits to come are left to a later sync.
func (c *liteConn) commitSoon(soon bool) error {
	if c.soon == soon {
		return nil
	}
	level := "full"
	if soon {
		level = "normal"
	}
	// SQLite sets it when the statement is prepared, so it cannot be kept.
	if _, err := c.conn.ExecContext(context.Background(), "PRAGMA synchronous = "+level); err != nil {
		c.broken = true
		return fmt.Errorf("set synchronous to %s: %w", level, err)
	}
	c.soon = soon
	return nil
}

func (c *liteConn) forget() {
	for _, stmt := range c.stmts {
		stmt.Close()
	}
	clear(c.stmts)
}

func (c *liteConn) close() {
	c.forget()
	for _, stmt := range []*sql.Stmt{c.begin, c.commit, c.rollback} {
		if stmt != nil {
			stmt.Close()
		}
	}
	c.conn.Close()
}

// liteSession is one transaction on a connection. BEGIN goes before its first
// statement: until then it holds the connection, and so the turn to write.
type liteSession struct {
	pool  *litePool
	conn  *liteConn
	write bool
	begun bool
	lent  bool // the connection is given back by another

	// Statements that run beside the caller; while aside is not nil nobody else
	// may use the connection. See later.
	aside chan liteStatement
	ended chan error // how they ended, once aside is closed
}

func (s *liteSession) begin() error {
	if s.begun {
		return nil
	}
	// It may wait only for another process; with a context it would cost a
	// goroutine, and litePool.get has looked at ctx.
	s.begun = true // even if it fails: then ROLLBACK finds out whether the connection can be trusted
	if _, err := s.conn.begin.ExecContext(context.Background()); err != nil {
		return s.pool.whyFailed(err)
	}
	return nil
}

// within returns the context for one statement. Statements of a write
// transaction are short and are not interrupted: watching a context costs the
// driver a goroutine per statement. Tx looks at ctx before each of them.
func (s *liteSession) within(ctx context.Context) context.Context {
	if s.write {
		return context.Background()
	}
	return ctx
}

func (s *liteSession) exec(ctx context.Context, query string, args []any) (int64, error) {
	if err := s.flush(ctx); err != nil {
		return 0, err
	}
	if err := s.begin(); err != nil {
		return 0, err
	}
	return s.run(liteStatement{query, args})
}

// liteStatement is a statement that changes something.
type liteStatement struct {
	query string
	args  []any
}

func (s *liteSession) run(statement liteStatement) (affected int64, err error) {
	ctx := context.Background() // see within
	stmt, err := s.conn.prepare(ctx, statement.query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, statement.args...)
	if err != nil {
		return 0, s.pool.whyFailed(err)
	}
	return result.RowsAffected()
}

const (
	// asideFrom is how many arguments a statement has that runs beside the
	// caller: those that write many rows at once. For shorter ones the way to
	// another goroutine costs more than it gains, unless others run there already,
	// which would have to be waited for.
	asideFrom = 64
	maxAside  = 64 // statements that may wait there
)

func (s *liteSession) later(ctx context.Context, one error, query string, args []any) error {
	if one == nil && (len(args) >= asideFrom || s.aside != nil) {
		return s.putAside(liteStatement{query, ownBytes(args)})
	}
	affected, err := s.exec(ctx, query, args)
	if err == nil && one != nil && affected != 1 {
		err = one
	}
	return err
}

// putAside has a statement run beside the caller, after those put aside before.
func (s *liteSession) putAside(statement liteStatement) error {
	if s.aside == nil {
		if err := s.begin(); err != nil {
			return err
		}
		aside, ended := make(chan liteStatement, maxAside), make(chan error, 1)
		s.aside, s.ended = aside, ended
		go func() {
			var failed error
			for statement := range aside {
				if failed == nil {
					_, failed = s.run(statement)
				}
			}
			ended <- failed
		}()
	}
	s.aside <- statement
	return nil
}

// flush waits for the statements that run beside the caller.
func (s *liteSession) flush(context.Context) error {
	if s.aside == nil {
		return nil
	}
	close(s.aside)
	s.aside = nil
	return <-s.ended
}

func (s *liteSession) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if err := s.flush(ctx); err != nil {
		return nil, err
	}
	if err := s.begin(); err != nil {
		return nil, err
	}
	ctx = s.within(ctx)
	stmt, err := s.conn.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (s *liteSession) notify(context.Context, string) error { return nil }

// commit carries the commit through, whatever becomes of the caller's context:
// a commit given up half-way might be stored and reported lost.
func (s *liteSession) commit(ctx context.Context) error {
	if !s.begun {
		s.free()
		return nil
	}
	if err := s.flush(ctx); err != nil {
		s.rollback()
		return err
	}
	_, err := s.conn.commit.ExecContext(context.Background())
	if err != nil {
		s.rollback()
		if liteCode(err)&0xff == lite.SQLITE_IOERR {
			return unsure{s.pool.whyFailed(err)}
		}
		return err
	}
	s.free()
	return nil
}

// whyFailed adds to SQLite's "disk I/O error" what the folder says about it. To
// SQLite a disk that has become read-only is one that fails.
func (p *litePool) whyFailed(err error) error {
	if liteCode(err)&0xff != lite.SQLITE_IOERR {
		return err
	}
	return probe(err, p.path)
}

func (s *liteSession) rollback() {
	_ = s.flush(context.Background()) // whatever it is, it is undone
	if !s.begun {
		s.free()
		return
	}
	// After some errors (disk full, I/O) SQLite has rolled back by itself, and
	// ROLLBACK answers with a plain SQLITE_ERROR. Any other answer means that
	// the connection cannot be trusted.
	_, err := s.conn.rollback.ExecContext(context.Background())
	if err != nil && liteCode(err) != lite.SQLITE_ERROR {
		s.conn.broken = true
	}
	s.free()
}

func (s *liteSession) free() {
	if !s.lent {
		s.pool.put(s.conn)
	}
}
