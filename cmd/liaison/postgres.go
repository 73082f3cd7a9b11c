package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"liaison.example/ledger"
	"liaison.example/node"
	"liaison.example/sqldb"
)

// With PostgreSQL a backup holds the same two SQLite files as without: the rows
// are copied out of the server, and back in by a restore. So a backup can be
// looked at and verified anywhere.

// basePair is the two databases that a backup holds.
type basePair struct{ ledger, local *sqldb.DB }

// openPair opens the two databases and makes their tables where they are
// missing.
func (f *folder) openPair(ctx context.Context, ledgerBase, localBase sqldb.Config) (p basePair, err error) {
	if p.ledger, err = sqldb.Open(ctx, ledgerBase); err != nil {
		return p, err
	}
	if p.local, err = sqldb.Open(ctx, localBase); err != nil {
		return p, errors.Join(err, p.ledger.Close())
	}
	if err := node.Prepare(ctx, ledger.Credence{Office: f.settings.Office, Side: f.settings.Side}, p.ledger, p.local, time.Now); err != nil {
		return p, errors.Join(err, p.close())
	}
	return p, nil
}

func (p basePair) close() error { return errors.Join(p.ledger.Close(), p.local.Close()) }

// copyOut copies the rows of the database server into two new SQLite files.
func (f *folder) copyOut(ctx context.Context, ledgerPath, localPath string) (err error) {
	from, err := f.openPair(ctx, f.database(ledgerFile), f.database(localFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	to, err := f.openPair(ctx, sqldb.Config{URL: "sqlite:" + ledgerPath, Durable: true}, sqldb.Config{URL: "sqlite:" + localPath, Durable: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.close()) }()
	if err := copyRows(ctx, to.ledger, from.ledger, to.ledger); err != nil {
		return err
	}
	return copyRows(ctx, to.local, from.local, to.local)
}

// copyIn copies the rows of the two SQLite files of a backup into the database
// server, and removes the files. It refuses a database that holds anything.
func (f *folder) copyIn(ctx context.Context) (err error) {
	to, err := f.openPair(ctx, f.database(ledgerFile), f.database(localFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.close()) }()
	err = to.ledger.View(ctx, func(tx *sqldb.Tx) error {
		var sides int64
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM party`).Scan(&sides); err != nil {
			return fmt.Errorf("look into the database: %w", err)
		}
		if sides > 0 {
			return fmt.Errorf("the database holds ledgers already, in the schemas %s_...: nothing in it was changed", f.settings.Schema)
		}
		return nil
	})
	if err != nil {
		return err
	}
	from, err := f.openPair(ctx, sqldb.Config{URL: "sqlite:" + f.file(ledgerFile)}, sqldb.Config{URL: "sqlite:" + f.file(localFile)})
	if err != nil {
		return err
	}
	err = errors.Join(copyRows(ctx, from.ledger, from.ledger, to.ledger), copyRows(ctx, from.local, from.local, to.local), from.close())
	if err != nil {
		return err
	}
	for _, name := range []string{ledgerFile, localFile} {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(f.file(name) + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove the copied file: %w", err)
			}
		}
	}
	return nil
}

// marks is the table in which sqldb notes which migrations are done. Both
// databases have their own.
const marks = "migration"

// copyRows copies all rows of all tables from one database to another that has
// the same tables, without rows. lite is whichever of the two is SQLite: it
// tells the tables and columns.
func copyRows(ctx context.Context, lite, from, to *sqldb.DB) error {
	tables, err := listTables(ctx, lite)
	if err != nil {
		return err
	}
	return from.View(ctx, func(source *sqldb.Tx) error {
		return to.Update(ctx, func(target *sqldb.Tx) error {
			for _, t := range tables {
				if err := copyTable(ctx, t, source, target); err != nil {
					return fmt.Errorf("copy the table %s: %w", t.name, err)
				}
			}
			return nil
		})
	})
}

type table struct {
	name    string
	columns []string
}

func listTables(ctx context.Context, lite *sqldb.DB) (tables []table, err error) {
	err = lite.View(ctx, func(tx *sqldb.Tx) error {
		names, err := texts(ctx, tx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name <> $1 AND name NOT LIKE 'sqlite%' ORDER BY name`, marks)
		if err != nil {
			return err
		}
		for _, name := range names {
			columns, err := texts(ctx, tx, `SELECT name FROM pragma_table_info($1) ORDER BY cid`, name)
			if err != nil {
				return err
			}
			tables = append(tables, table{name, columns})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	return tables, nil
}

func texts(ctx context.Context, tx *sqldb.Tx, query string, args ...any) (list []string, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

func copyTable(ctx context.Context, t table, source, target *sqldb.Tx) error {
	columns := strings.Join(t.columns, ", ")
	marks := make([]string, len(t.columns))
	values, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range t.columns {
		marks[i] = "$" + strconv.Itoa(i+1)
		into[i] = &values[i]
	}
	insert := "INSERT INTO " + t.name + " (" + columns + ") VALUES (" + strings.Join(marks, ", ") + ")"
	rows, err := source.Query(ctx, "SELECT "+columns+" FROM "+t.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, value := range values {
			// SQLite's driver reads bytes of no length as a nil slice, which would
			// be written as NULL.
			if bytes, is := value.([]byte); is && bytes == nil {
				values[i] = []byte{}
			}
		}
		if _, err := target.Exec(ctx, insert, values...); err != nil {
			return err
		}
	}
	return rows.Err()
}
