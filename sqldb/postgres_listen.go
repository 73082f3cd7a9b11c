package sqldb

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	pgRetryFirst = 100 * time.Millisecond // wait before connecting again, doubled each time
	pgRetryMost  = 10 * time.Second
	pgPing       = 5 * time.Second // how often a silent connection is asked, and how long it may take
	pgSilence    = 4 * pgPing      // for which one that holds a lock may be silent
)

// channel returns the name of a channel in the database, which all its
// schemas share.
func (db *pgDB) channel(name string) string { return db.schema + "." + name }

// connect opens a connection outside the pool, and a context that ends with
// ctx and with db.
func (db *pgDB) connect(ctx context.Context) (*pgx.Conn, context.Context, context.CancelCauseFunc, error) {
	if db.life.Err() != nil {
		return nil, nil, nil, ErrClosed
	}
	ctx, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(db.life, func() { end(ErrClosed) })
	context.AfterFunc(ctx, func() { stop() })
	conn, err := pgx.ConnectConfig(ctx, db.config)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		end(nil)
		return nil, nil, nil, err
	}
	return conn, ctx, end, nil
}

func (db *pgDB) listen(ctx context.Context, channel string, wake func()) error {
	retry := pgRetryFirst
	for {
		if db.listenOnce(ctx, channel, wake) {
			retry = pgRetryFirst
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-db.life.Done():
			return ErrClosed
		case <-time.After(retry): // the line to the server is down
		}
		retry = min(2*retry, pgRetryMost)
	}
}

// listenOnce listens on one connection until it ends.
func (db *pgDB) listenOnce(ctx context.Context, channel string, wake func()) (connected bool) {
	conn, ctx, end, err := db.connect(ctx)
	if err != nil {
		return false
	}
	defer end(nil)
	defer closeConn(conn)
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{db.channel(channel)}.Sanitize()); err != nil {
		return false
	}
	wake()
	watch(ctx, conn, func(by string) {
		if by != db.name {
			wake()
		}
	})
	return true
}

// watch calls notified for each notification, with what it says, until the
// connection or ctx ends.
func watch(ctx context.Context, conn *pgx.Conn, notified func(text string)) error {
	for {
		quiet, cancel := context.WithTimeout(ctx, pgPing)
		notification, err := conn.WaitForNotification(quiet)
		cancel()
		switch {
		case err == nil:
			notified(notification.Payload)
			continue
		case ctx.Err() != nil || conn.IsClosed():
			return err
		}
		asked, cancel := context.WithTimeout(ctx, pgPing)
		err = conn.Ping(asked)
		cancel()
		if err != nil {
			return err
		}
	}
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), pgPing)
	defer cancel()
	conn.Close(ctx)
}

// lock ties the lock to a connection of its own: the server frees it when the
// connection ends, and we notice within twice pgPing, which is sooner than the
// server may notice that we are gone (pgSettings, tcp_keepalives). Of a process
// that hangs nothing is heard for pgSilence: the server then ends the connection,
// and the process finds that out as soon as it goes on.
func (db *pgDB) lock(ctx context.Context, name string) (context.Context, func(), error) {
	conn, held, end, err := db.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	// PostgreSQL has this since version 14; before, the lock waits with the process.
	_, _ = conn.Exec(held, fmt.Sprintf("SET idle_session_timeout = %d", pgSilence.Milliseconds()))
	var got bool
	if err := conn.QueryRow(held, "SELECT pg_try_advisory_lock($1)", db.key("lock "+name)).Scan(&got); err != nil || !got {
		closeConn(conn)
		end(nil)
		if err == nil {
			err = ErrHeld
		}
		return nil, nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer closeConn(conn)
		err := watch(held, conn, func(string) {})
		end(fmt.Errorf("%w: %w", ErrLost, err))
		// The server frees the lock a moment after the connection has ended;
		// who is told that it is released may take it at once.
		if !conn.IsClosed() {
			ctx, cancel := context.WithTimeout(context.Background(), pgPing)
			defer cancel()
			conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", db.key("lock "+name))
		}
	}()
	return held, sync.OnceFunc(func() {
		end(context.Canceled)
		<-ended
	}), nil
}
