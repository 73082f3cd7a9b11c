package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	lite "modernc.org/sqlite/lib"
)

const (
	// liteReaders is how many read transactions run at once on a file. A
	// connection is opened when first needed and then costs under a mebibyte.
	liteReaders = 8
	// liteMemoryReaders is the same in memory, where all are opened at once.
	liteMemoryReaders = 4
	// closeWait is how long Close waits for transactions under way.
	closeWait = 5 * time.Second
)

// pragma is a setting of a SQLite connection. SQLite passes over a misspelt
// one in silence, so each is asked for again after opening.
type pragma struct{ name, value, want string }

// litePragmas lists the settings of a connection.
//
//   - mmap_size is 0: a read error in a mapping would kill the process, as an
//     error it only fails the statement.
//   - wal_autocheckpoint is 16 times the default: the commit that finds the WAL so
//     long copies it back and syncs twice more, and all on that disk wait. With the
//     default that met more than one dispatch in a hundred.
//   - secure_delete=FAST overwrites a row that is changed or deleted with zeros, in a
//     page that is written anyway.
//   - synchronous=FULL syncs the WAL at each commit; NORMAL only at checkpoints.
func litePragmas(durable, memory, write bool) []pragma {
	sync, cache := pragma{"synchronous", "normal", "1"}, "-512"
	switch {
	case memory:
		sync = pragma{"synchronous", "off", "0"}
	case durable:
		sync = pragma{"synchronous", "full", "2"}
	}
	if write {
		cache = "-2048"
	}
	list := []pragma{
		{"busy_timeout", "5000", "5000"},
		{"cache_size", cache, cache}, // KiB
		{"foreign_keys", "1", "1"},
		{"mmap_size", "0", "0"},
		{"temp_store", "memory", "2"},
		{"trusted_schema", "0", "0"},
		sync,
	}
	if write {
		return append(list,
			pragma{"journal_mode", "wal", "wal"},
			pragma{"secure_delete", "fast", "2"},
			pragma{"journal_size_limit", "75497472", "75497472"}, // bytes kept of a WAL that had grown: more than it should
			pragma{"wal_autocheckpoint", "16384", "16384"})       // pages of 4 KiB
	}
	return append(list, pragma{"query_only", "1", "1"})
}

// liteDB is a SQLite database: one connection that writes, some that read. Write
// transactions queue for the one connection, so they never meet SQLITE_BUSY
// among themselves; readers see the last commit and hinder nobody (WAL).
type liteDB struct {
	writer  *litePool // nil if opened for reading only
	readers *litePool
	pools   []*sql.DB
	folder  string // to be removed when closed; else ""
	memory  bool
	synced  bool // each commit is, but for those of UpdateSoon

	locks     sync.Mutex
	lockNames map[string]bool

	closing   chan struct{} // closed when Close begins
	closeOnce sync.Once
	closeErr  error
}

func openLite(ctx context.Context, path string, c Config) (_ *liteDB, err error) {
	memory := path == ":memory:"
	db := &liteDB{closing: make(chan struct{}), lockNames: map[string]bool{}, memory: memory, synced: c.Durable && !memory}
	defer func() {
		if err != nil {
			db.close()
		}
	}()
	readers := liteReaders
	switch {
	case memory && c.ReadOnly:
		return nil, errors.New("a database in memory cannot be opened for reading only")
	case memory:
		if db.folder, err = memoryFolder(); err != nil {
			return nil, err
		}
		path, readers = filepath.Join(db.folder, "memory.db"), liteMemoryReaders
	case c.ReadOnly:
		return db, db.openReadOnly(ctx, path, c)
	}
	if err := createFile(path); err != nil {
		return nil, err
	}
	// As the SQLite of every Linux distribution does: a commit waits for its
	// bytes, and not for the file's time of change as well. The switch is one
	// for the whole process. Where there is no fdatasync, fsync stays.
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return nil, err
	}
	db.writer, err = db.pool(path, "rw", 1, "BEGIN IMMEDIATE", litePragmas(c.Durable, memory, true))
	if err != nil {
		return nil, err
	}
	if err := db.writer.fill(ctx, 1); err != nil {
		return nil, fmt.Errorf("%s: %w", path, whyNot(err, path))
	}
	db.readers, err = db.pool(path, "rw", readers, "BEGIN", litePragmas(c.Durable, memory, false))
	if err != nil {
		return nil, err
	}
	if memory {
		if err := db.readers.fill(ctx, readers); err != nil {
			return nil, err
		}
		// All connections hold their files open from here on, so the folder
		// may go at once: nothing is left behind even if the process is killed.
		if runtime.GOOS != "windows" {
			if err := os.RemoveAll(db.folder); err != nil {
				return nil, err
			}
			db.folder = ""
		}
	}
	return db, nil
}

// openReadOnly opens a database that another process may be writing. If
// nobody can be, because the medium is read-only and there is no WAL, it is
// read as it lies.
func (db *liteDB) openReadOnly(ctx context.Context, path string, c Config) (err error) {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	pragmas := litePragmas(false, false, false)
	if c.Still {
		return db.openStill(ctx, path, pragmas)
	}
	if db.readers, err = db.pool(path, "ro", liteReaders, "BEGIN", pragmas); err != nil {
		return err
	}
	if err = db.readers.fill(ctx, 1); err == nil {
		return nil
	}
	if liteCode(err)&0xff != lite.SQLITE_CANTOPEN && !IsReadOnly(err) {
		return fmt.Errorf("%s: %w", path, err)
	}
	if e := db.openStill(ctx, path, pragmas); errors.Is(e, ErrNotClosed) {
		return fmt.Errorf("%w, and the disk cannot be written: %w", e, err)
	} else {
		return e
	}
}

// openStill reads a database that nobody writes as it lies.
func (db *liteDB) openStill(ctx context.Context, path string, pragmas []pragma) (err error) {
	switch wal, e := os.Stat(path + "-wal"); {
	case e == nil && wal.Size() > 0:
		return fmt.Errorf("%s: %w", path, ErrNotClosed)
	case e != nil && !errors.Is(e, os.ErrNotExist):
		return e
	}
	if db.readers, err = db.pool(path, "ro&immutable=1", liteReaders, "BEGIN", pragmas); err != nil {
		return err
	}
	if err = db.readers.fill(ctx, 1); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// memoryFolder makes a folder for a database in memory. SQLite's own in-memory
// databases have no WAL: readers there would wait for writers and the other
// way round, so that code could hang in a test that runs on a file.
func memoryFolder() (string, error) {
	pattern := fmt.Sprintf("liaison-memory-%d-*", os.Getpid())
	if folder, err := os.MkdirTemp("/dev/shm", pattern); err == nil {
		return folder, nil
	}
	return os.MkdirTemp("", pattern)
}

// createFile makes an empty database file that only its owner can read, if it
// is missing, so that it lasts (SQLite syncs files, but not the folder). It
// must not open a file that is there: on closing it the process would lose all
// locks on it, those of SQLite too.
func createFile(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case errors.Is(err, os.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return errors.Join(file.Close(), syncFile(filepath.Dir(path)))
}

// Discard removes the file of a SQLite database that nobody has open, with what
// lies beside it.
func (c Config) Discard() error {
	path, is := strings.CutPrefix(c.URL, "sqlite:")
	if !is || path == ":memory:" {
		return errors.New("only a file of SQLite can be discarded")
	}
	for _, beside := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// whyNot adds to SQLite's "unable to open" what the folder says about it: that
// it is read-only, full, or not ours.
func whyNot(err error, path string) error {
	if liteCode(err)&0xff != lite.SQLITE_CANTOPEN {
		return err
	}
	return probe(err, path)
}

// probe tries to make a file beside that of the database, and adds to err why
// that cannot be done, if so.
func probe(err error, path string) error {
	file, e := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-probe-*")
	if e != nil {
		return fmt.Errorf("%w: %w", err, e)
	}
	file.Close()
	if e := os.Remove(file.Name()); e != nil {
		return fmt.Errorf("%w: %w", err, e)
	}
	return err
}

// syncFile syncs a file or folder. Windows cannot sync a folder.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.IsDir() && runtime.GOOS == "windows" {
		return err
	}
	return file.Sync()
}

// pool makes a pool of at most size connections to the file. Mode is the end
// of its URI's "?mode=".
func (db *liteDB) pool(path, mode string, size int, begin string, pragmas []pragma) (*litePool, error) {
	slashes := filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		slashes = "/" + slashes
	}
	uri := "file:" + (&url.URL{Path: slashes}).EscapedPath() + "?mode=" + mode
	for _, p := range pragmas {
		uri += "&_pragma=" + url.QueryEscape(p.name+"("+p.value+")")
	}
	source, err := sql.Open("sqlite", uri)
	if err != nil {
		return nil, err
	}
	db.pools = append(db.pools, source)
	return &litePool{
		source: source, path: path, pragmas: pragmas, begin: begin, closing: db.closing,
		room: make(chan struct{}, size), free: make(chan *liteConn, size),
	}, nil
}

func (db *liteDB) begin(ctx context.Context, as access) (session, error) {
	pool := db.readers
	if as != reads {
		pool = db.writer
	}
	conn, err := pool.get(ctx)
	if err != nil {
		return nil, err
	}
	if err := conn.commitSoon(as == writesSoon && db.synced); err != nil {
		pool.put(conn)
		return nil, err
	}
	return &liteSession{pool: pool, conn: conn, write: as != reads}, nil
}

// sync syncs the WAL, in which all stands that has not been synced. Where there is
// none any more it has been copied back, with a sync.
func (db *liteDB) sync(context.Context) error {
	if err := syncFile(db.writer.path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// reset drops all tables. Dropping a table deletes its rows, which foreign keys
// would hinder, and that setting can only be changed outside a transaction.
func (db *liteDB) reset(ctx context.Context) (err error) {
	conn, err := db.writer.get(ctx)
	if err != nil {
		return err
	}
	defer db.writer.put(conn)
	if err := conn.commitSoon(false); err != nil {
		return err
	}
	background := context.Background()
	if _, err := conn.conn.ExecContext(background, "PRAGMA foreign_keys = 0"); err != nil {
		conn.broken = true
		return err
	}
	defer func() {
		if _, e := conn.conn.ExecContext(background, "PRAGMA foreign_keys = 1"); e != nil {
			conn.broken = true
			err = errors.Join(err, e)
		}
	}()
	if _, err := conn.begin.ExecContext(background); err != nil {
		return err
	}
	s := &liteSession{pool: db.writer, conn: conn, write: true, lent: true, begun: true}
	if err := dropAll(ctx, s); err != nil {
		s.rollback()
		return err
	}
	return s.commit(ctx)
}

// dropAll drops tables and views, one after the other, until there are none.
func dropAll(ctx context.Context, s *liteSession) error {
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		var kind, name string
		// Virtual tables first: they take their shadow tables with them.
		err := s.conn.conn.QueryRowContext(context.Background(), `
			SELECT type, name
			FROM sqlite_schema
			WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
			ORDER BY type, sql LIKE 'CREATE VIRTUAL%' DESC, name
			LIMIT 1`).Scan(&kind, &name)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		drop := "DROP " + strings.ToUpper(kind) + ` "` + strings.ReplaceAll(name, `"`, `""`) + `"`
		if _, err := s.conn.conn.ExecContext(context.Background(), drop); err != nil {
			return err
		}
	}
}

func (db *liteDB) listen(ctx context.Context, _ string, wake func()) error {
	wake()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-db.closing:
		return ErrClosed
	}
}

func (db *liteDB) lock(ctx context.Context, name string) (context.Context, func(), error) {
	select {
	case <-db.closing:
		return nil, nil, ErrClosed
	default:
	}
	db.locks.Lock()
	defer db.locks.Unlock()
	if db.lockNames[name] {
		return nil, nil, ErrHeld
	}
	db.lockNames[name] = true
	held, cancel := context.WithCancel(ctx)
	return held, sync.OnceFunc(func() {
		cancel()
		db.locks.Lock()
		defer db.locks.Unlock()
		delete(db.lockNames, name)
	}), nil
}

func (db *liteDB) vacuumInto(ctx context.Context, path string) error {
	conn, err := db.readers.get(ctx)
	if err != nil {
		return err
	}
	defer db.readers.put(conn)
	// The new file gets the rights of this one, and VACUUM accepts an empty one.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	file.Close()
	if err := conn.copyInto(ctx, path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return errors.Join(syncFile(path), syncFile(filepath.Dir(path)))
}

func (db *liteDB) emptyWAL(ctx context.Context) error {
	conn, err := db.writer.get(ctx)
	if err != nil {
		return err
	}
	defer db.writer.put(conn)
	_, err = conn.conn.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func (db *liteDB) close() error {
	db.closeOnce.Do(func() {
		close(db.closing)
		limit := time.NewTimer(closeWait)
		defer limit.Stop()
		var errs []error
		for _, pool := range []*litePool{db.readers, db.writer} { // the writer last: it folds the WAL in
			if pool != nil {
				errs = append(errs, pool.close(limit.C))
			}
		}
		for _, source := range db.pools {
			errs = append(errs, source.Close())
		}
		if db.folder != "" {
			errs = append(errs, os.RemoveAll(db.folder))
		}
		db.closeErr = errors.Join(errs...)
	})
	return db.closeErr
}
