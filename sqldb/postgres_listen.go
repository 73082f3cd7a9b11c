package sqldb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	pgRetryFirst = 100 * time.Millisecond // wait before connecting again, doubled each time
	pgRetryMost  = 10 * time.Second
	pgPing       = 5 * time.Second // how often a silent connection is asked, and how long it may take
)

// channel returns the name of a channel in the database, which all its
// schemas share.
func (db *pgDB) channel(name string) string { return db.schema + "." + name }

func (db *pgDB) listen(ctx context.Context, channel string, wake func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-db.closing:
			cancel(ErrClosed)
		case <-ctx.Done():
		}
	}()
	retry := pgRetryFirst
	for {
		connected, err := db.listenOnce(ctx, channel, wake)
		if connected {
			retry = pgRetryFirst
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		_ = err // the line to the server is down: try again
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(retry):
		}
		retry = min(2*retry, pgRetryMost)
	}
}

func (db *pgDB) listenOnce(ctx context.Context, channel string, wake func()) (connected bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, db.config)
	if err != nil {
		return false, err
	}
	defer closeConn(conn)
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{db.channel(channel)}.Sanitize()); err != nil {
		return false, err
	}
	wake()
	return true, watch(ctx, conn, wake)
}

// watch calls wake for each notification until the connection or ctx ends.
func watch(ctx context.Context, conn *pgx.Conn, wake func()) error {
	for {
		quiet, cancel := context.WithTimeout(ctx, pgPing)
		_, err := conn.WaitForNotification(quiet)
		cancel()
		switch {
		case err == nil:
			wake()
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

// errLost is the cause of a lock's context when its connection is lost.
var errLost = errors.New("the connection that held the lock is lost")

// lock ties the lock to a connection of its own: the server frees it when the
// connection ends, and we notice within twice pgPing, which is sooner than the
// server may notice that we are gone (pgSettings, tcp_keepalives).
func (db *pgDB) lock(ctx context.Context, name string) (context.Context, func(), error) {
	conn, err := pgx.ConnectConfig(ctx, db.config)
	if err != nil {
		return nil, nil, err
	}
	var got bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", db.key("lock "+name)).Scan(&got); err != nil || !got {
		closeConn(conn)
		if err == nil {
			err = ErrHeld
		}
		return nil, nil, err
	}
	held, end := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer closeConn(conn)
		err := watch(held, conn, func() {})
		end(fmt.Errorf("%w: %w", errLost, err))
	}()
	return held, sync.OnceFunc(func() {
		end(context.Canceled)
		<-ended
	}), nil
}
