package sqldb

import (
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lite "modernc.org/sqlite/lib"
)

// ErrUnsure is in the error of a commit of which nobody can say whether it was
// stored: the disk or the connection failed in the middle of it. Who gets it
// must read again, in a new transaction, what has become of it.
var ErrUnsure = errors.New("it is not known whether the transaction was stored")

// ErrHeld is the answer to Lock when another holds the lock.
var ErrHeld = errors.New("another process holds the lock")

// ErrNotClosed says that a SQLite file has a -wal beside it that is not folded
// in, so that it cannot be read as it lies: read a copy of both.
var ErrNotClosed = errors.New("the database was not closed: read a copy of it and of its -wal file")

// ErrLost is the cause of a lock's context when its connection was lost.
var ErrLost = errors.New("the connection that held the lock is lost")

// ErrNewer is in the error of Migrate when the database was written by a newer
// version of the program.
var ErrNewer = errors.New("the database was written by a newer version of this program")

// unsure marks err as ErrUnsure without changing its text.
type unsure struct{ error }

func (u unsure) Unwrap() []error { return []error{u.error, ErrUnsure} }

// liteCode returns the extended result code of SQLite in err, or 0.
func liteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// sqlState returns the SQLSTATE of PostgreSQL in err, or "".
func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// IsFull reports whether err says that the disk, or the space granted to the
// database, is full.
func IsFull(err error) bool {
	code := liteCode(err)
	return code&0xff == lite.SQLITE_FULL || code == lite.SQLITE_IOERR_SHMSIZE || sqlState(err) == "53100" ||
		errors.Is(err, syscall.ENOSPC)
}

// IsReadOnly reports whether err says that the database cannot be written:
// opened for reading only, a read-only disk, a PostgreSQL standby.
func IsReadOnly(err error) bool {
	return liteCode(err)&0xff == lite.SQLITE_READONLY || sqlState(err) == "25006" ||
		errors.Is(err, errReadOnly) || errors.Is(err, syscall.EROFS)
}

// IsBusy reports whether err says that others held what was needed for too
// long, so that trying again later may help.
func IsBusy(err error) bool {
	switch liteCode(err) & 0xff {
	case lite.SQLITE_BUSY, lite.SQLITE_LOCKED:
		return true
	}
	switch sqlState(err) {
	case "55P03", "40001", "40P01", "53300": // lock not available, serialization, deadlock, too many connections
		return true
	}
	return false
}

// IsAway reports whether err says that the server of the database cannot be
// reached, is starting or stopping, or went away in the middle of a statement.
func IsAway(err error) bool {
	if _, is := errors.AsType[*pgconn.ConnectError](err); is {
		return true
	}
	if _, is := errors.AsType[*net.OpError](err); is {
		return true
	}
	state := sqlState(err)
	return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P") || state == "25P03" || // connection; shutdown and start; we were silent in a transaction
		errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)
}

// IsDamaged reports whether err says that a file of SQLite was read, and is not
// what SQLite has written there.
func IsDamaged(err error) bool {
	code := liteCode(err) & 0xff
	return code == lite.SQLITE_CORRUPT || code == lite.SQLITE_NOTADB
}

// IsBroken reports whether err says that the disk failed to read or write, or
// that what it gave back is damaged.
func IsBroken(err error) bool {
	if errors.Is(err, syscall.EIO) {
		return true
	}
	switch liteCode(err) & 0xff {
	case lite.SQLITE_IOERR, lite.SQLITE_CORRUPT, lite.SQLITE_NOTADB:
		return !IsFull(err) && !IsReadOnly(err)
	}
	switch sqlState(err) {
	case "58030", "XX001", "XX002": // I/O error, data corrupted, index corrupted
		return true
	}
	return false
}
