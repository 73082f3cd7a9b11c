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
			return fmt.Errorf("%d transactions were still open", len(p.room)-len(p.free))
		}
	}
	return nil
}

func (p *litePool) connect(ctx context.Context) (_ *liteConn, err error) {
	conn, err := p.source.Conn(ctx)
	if err != nil {
		return nil, err
	}
	c := &liteConn{conn: conn, stmts: make(map[string]*liteStmt)}
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

// liteConn is one connection with its prepared statements.
type liteConn struct {
	conn                    *sql.Conn
	begin, commit, rollback *sql.Stmt
	stmts                   map[string]*liteStmt // by query text; len <= maxStmts
	broken                  bool                 // must not be used again
}

// liteStmt is a prepared statement. It can run once at a time: while rows of
// it are open, the same text needs a second statement.
type liteStmt struct {
	stmt *sql.Stmt
	busy bool
}

// maxStmts bounds the prepared statements of one connection. Query texts are
// constants of the program, of which there are fewer.
const maxStmts = 256

// prepare returns the statement for the text, and what gives it back.
func (c *liteConn) prepare(ctx context.Context, query string) (*sql.Stmt, func(), error) {
	s, ok := c.stmts[query]
	if ok && !s.busy {
		s.busy = true
		return s.stmt, func() { s.busy = false }, nil
	}
	stmt, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	if ok || len(c.stmts) >= maxStmts {
		return stmt, func() { stmt.Close() }, nil
	}
	s = &liteStmt{stmt: stmt, busy: true}
	c.stmts[query] = s
	return stmt, func() { s.busy = false }, nil
}

func (c *liteConn) close() {
	for _, s := range c.stmts {
		s.stmt.Close()
	}
	for _, stmt := range []*sql.Stmt{c.begin, c.commit, c.rollback} {
		if stmt != nil {
			stmt.Close()
		}
	}
	c.conn.Close()
}

// liteSession is one transaction on a connection.
type liteSession struct {
	pool  *litePool
	conn  *liteConn
	write bool
	keep  bool // the connection is given back by another
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
	ctx = s.within(ctx)
	stmt, done, err := s.conn.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	defer done()
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *liteSession) query(ctx context.Context, query string, args []any) (*sql.Rows, func(), error) {
	ctx = s.within(ctx)
	stmt, done, err := s.conn.prepare(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		done()
		return nil, nil, err
	}
	return rows, done, nil
}

func (s *liteSession) notify(context.Context, string) error { return nil }

// commit carries the commit through, whatever becomes of the caller's context:
// a commit given up half-way might be stored and reported lost.
func (s *liteSession) commit() error {
	_, err := s.conn.commit.ExecContext(context.Background())
	if err != nil {
		s.rollback()
		if liteCode(err)&0xff == lite.SQLITE_IOERR {
			return unsure{err}
		}
		return err
	}
	s.free()
	return nil
}

func (s *liteSession) rollback() {
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
	if !s.keep {
		s.pool.put(s.conn)
	}
}

var errNoCopy = errors.New("only a SQLite database can be copied into a file")
